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

    /// The commonest reading of a character; `None` if it has none.
    pub fn of_char(c: char) -> Option<SyllableId> {
        TABLE.readings(c)?.first().copied()
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
    /// Readings by character from [`FIRST`] on: first place and number in `pool`.
    flat: Vec<(u32, u32)>,
    /// The same for ASCII.
    ascii: Vec<(u32, u32)>,
    /// The same for what is neither.
    rest: HashMap<char, (u32, u32)>,
    pool: Vec<SyllableId>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

impl Table {
    pub(super) fn readings(&self, c: char) -> Option<&[SyllableId]> {
        let c = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xfee0)?,
            _ => c,
        };
        let slot = if c.is_ascii() {
            self.ascii.get(u32::from(c.to_ascii_lowercase()) as usize)
        } else {
            let c = variants::for_matching(c);
            let index = u32::from(c).checked_sub(FIRST);
            index.and_then(|index| self.flat.get(index as usize)).or_else(|| self.rest.get(&c))
        };
        let (first, count) = *slot?;
        self.pool.get(first as usize..(first + count) as usize).filter(|readings| !readings.is_empty())
    }

    fn new() -> Table {
        let mut table = Table {
            names: Vec::new(),
            ids: HashMap::new(),
            folded: Vec::new(),
            flat: Vec::new(),
            ascii: vec![(0, 0); 128],
            rest: HashMap::new(),
            pool: Vec::new(),
        };
        for code in FIRST..=LAST {
            let reading = char::from_u32(code).and_then(|c| c.to_pinyin());
            let ids: Vec<SyllableId> = reading.map(|reading| table.intern(reading.plain())).into_iter().collect();
            let slot = table.keep(&ids);
            table.flat.push(slot);
        }
        for line in POLYPHONES.lines().filter(|line| !line.starts_with('#')) {
            let Some((chars, readings)) = line.split_once('\t') else { continue };
            let readings: Vec<SyllableId> = readings.split_whitespace().map(|name| table.intern(name)).collect();
            let slot = table.keep(&readings);
            for c in chars.chars() {
                table.set(c, slot);
            }
        }
        for letter in 'a'..='z' {
            // The letter `e` must not be the syllable `e`, hence the mark.
            let id = table.intern(&format!("'{letter}"));
            let slot = table.keep(&[id]);
            table.set(letter, slot);
        }
        for index in 0.. {
            let Some(name) = table.names.get(index) else { break };
            let class = parts::fold_name(name);
            let id = table.intern(&class);
            table.folded.push(id);
        }
        table
    }

    /// Puts readings into the pool.
    fn keep(&mut self, readings: &[SyllableId]) -> (u32, u32) {
        let first = self.pool.len() as u32;
        self.pool.extend_from_slice(readings);
        (first, readings.len() as u32)
    }

    fn set(&mut self, c: char, slot: (u32, u32)) {
        let code = u32::from(c);
        let slots = if c.is_ascii() { self.ascii.get_mut(code as usize) } else { None };
        let place = match slots {
            Some(place) => Some(place),
            None => code.checked_sub(FIRST).and_then(|index| self.flat.get_mut(index as usize)),
        };
        match place {
            Some(place) => *place = slot,
            None => {
                self.rest.insert(c, slot);
            }
        }
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
