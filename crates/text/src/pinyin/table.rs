//! Characters → interned syllables.

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::ToPinyin;

use super::parts;
use crate::variants;

/// Readings of characters that are really spoken in more than one way, in the order of how often. For all other characters
/// only the commonest reading counts: rare ones (服 bì) would make unlike words sound alike.
const POLYPHONES: &str = include_str!("../../assets/polyphones.tsv");

const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9fff;

/// A toneless syllable, interned: comparing two is comparing two small integers. Valid within one process; write
/// [`SyllableId::name`] to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyllableId(u16);

impl SyllableId {
    /// Pinyin without tone (`zhong`, `lü`); for letters the letter after an apostrophe (`'g`).
    pub fn name(self) -> &'static str {
        TABLE.names.get(self.index()).map_or("", String::as_str)
    }

    /// The class of syllables that are taken for one another: zh = z, ch = c, sh = s, n = l = r, hu… = f…, -ng = -n.
    /// Classes have ids of their own; folding twice changes nothing.
    pub fn folded(self) -> SyllableId {
        TABLE.folded.get(self.index()).copied().unwrap_or(self)
    }

    /// A small number, for tables: below [`SyllableId::count`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// How many ids there are.
    pub fn count() -> usize {
        TABLE.names.len()
    }

    /// All ids, those of classes included.
    pub fn all() -> impl Iterator<Item = SyllableId> {
        (0..SyllableId::count()).map(SyllableId::from_index)
    }

    /// The id of a toneless syllable.
    pub fn of(name: &str) -> Option<SyllableId> {
        TABLE.ids.get(name).copied()
    }

    pub(super) fn from_index(index: usize) -> SyllableId {
        SyllableId(u16::try_from(index).unwrap_or(u16::MAX))
    }
}

pub(super) struct Table {
    names: Vec<String>,
    ids: HashMap<String, SyllableId>,
    folded: Vec<SyllableId>,
    /// Commonest reading by character from [`FIRST`] on.
    flat: Vec<Option<SyllableId>>,
    /// Characters with several readings, and those outside the block.
    several: HashMap<char, Vec<SyllableId>>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

impl Table {
    pub(super) fn readings(&self, c: char) -> Option<&[SyllableId]> {
        let c = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xfee0)?,
            _ => c,
        };
        if let Some(several) = self.several.get(&c.to_ascii_lowercase()) {
            return Some(several);
        }
        let index = u32::from(variants::for_matching(c)).checked_sub(FIRST)?;
        if let Some(several) = self.several.get(&variants::for_matching(c)) {
            return Some(several);
        }
        self.flat.get(index as usize)?.as_ref().map(std::slice::from_ref)
    }

    fn new() -> Table {
        let mut table = Table {
            names: Vec::new(),
            ids: HashMap::new(),
            folded: Vec::new(),
            flat: Vec::new(),
            several: HashMap::new(),
        };
        for code in FIRST..=LAST {
            let reading = char::from_u32(code).and_then(|c| c.to_pinyin());
            let id = reading.map(|reading| table.intern(reading.plain()));
            table.flat.push(id);
        }
        for line in POLYPHONES.lines().filter(|line| !line.starts_with('#')) {
            let Some((chars, readings)) = line.split_once('\t') else { continue };
            let readings: Vec<SyllableId> = readings.split_whitespace().map(|name| table.intern(name)).collect();
            for c in chars.chars() {
                table.several.insert(c, readings.clone());
            }
        }
        for letter in 'a'..='z' {
            // The letter `e` must not be the syllable `e`, hence the mark.
            let id = table.intern(&format!("'{letter}"));
            table.several.insert(letter, vec![id]);
        }
        for index in 0.. {
            let Some(name) = table.names.get(index) else { break };
            let class = parts::fold_name(name);
            let id = table.intern(&class);
            table.folded.push(id);
        }
        table
    }

    fn intern(&mut self, name: &str) -> SyllableId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = SyllableId::from_index(self.names.len());
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_twice_is_folding_once() {
        for index in 0..SyllableId::count() {
            let once = SyllableId::from_index(index).folded();
            assert_eq!(once.folded(), once, "{} → {} → {}", index, once.name(), once.folded().name());
        }
    }

    #[test]
    fn confusable_syllables_share_a_class() {
        let class = |name: &str| SyllableId::of(name).unwrap().folded();
        let pairs = [
            ("zhi", "zi"),
            ("cheng", "cen"),
            ("shan", "sang"),
            ("liu", "niu"),
            ("lan", "ran"),
            ("hua", "fa"),
            ("bing", "bin"),
            ("huang", "fan"),
            ("hu", "fu"),
        ];
        for (a, b) in pairs {
            assert_eq!(class(a), class(b), "{a} {b}");
        }
        for (a, b) in [("ba", "pa"), ("zhi", "ji"), ("li", "lü"), ("he", "fei")] {
            assert_ne!(class(a), class(b), "{a} {b}");
        }
    }
}
