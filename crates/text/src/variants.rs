//! Variants of characters: OpenCC's table of Traditional characters (through hanconv) and a short one of our own.

use std::collections::HashMap;
use std::sync::LazyLock;

const OWN: &str = include_str!("../assets/variants.tsv");

/// The block that holds nearly all Han characters in use, for which the table is flat.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9fff;

struct CharTable {
    flat: Vec<char>,
    rest: HashMap<char, char>,
}

impl CharTable {
    fn get(&self, c: char) -> char {
        let code = u32::from(c);
        match code.checked_sub(FIRST).and_then(|index| self.flat.get(index as usize)) {
            Some(&folded) => folded,
            None if code > LAST => self.rest.get(&c).copied().unwrap_or(c),
            None => c,
        }
    }

    fn set(&mut self, from: char, to: char) {
        let code = u32::from(from);
        match code.checked_sub(FIRST).and_then(|i| self.flat.get_mut(i as usize)) {
            Some(slot) => *slot = to,
            None => {
                self.rest.insert(from, to);
            }
        }
    }
}

/// One line of the own table that changes stored text.
pub(crate) struct PhraseVariant {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Words that keep `from`.
    pub(crate) except: Vec<&'static str>,
}

static MATCHING: LazyLock<CharTable> = LazyLock::new(|| {
    let flat = (FIRST..=LAST).map(|code| char::from_u32(code).unwrap_or('\u{fffd}')).collect();
    let mut table = CharTable { flat, rest: HashMap::new() };
    for (from, to) in hanconv::TSCharacters.iter() {
        if let (Some(from), Some(to)) = (only_char(from), only_char(to)) {
            table.set(from, to);
        }
    }
    let own: Vec<(char, char)> = own_lines()
        .filter(|(kind, ..)| matches!(*kind, "fold" | "both"))
        .filter_map(|(_, from, to, _)| Some((only_char(from)?, only_char(to)?)))
        .collect();
    for &(from, to) in &own {
        table.set(from, to);
    }
    // 帳 → 帐 → 账: what OpenCC makes of a character may have a variant of our own.
    for slot in table.flat.iter_mut().chain(table.rest.values_mut()) {
        if let Some(&(_, to)) = own.iter().find(|(from, _)| from == slot) {
            *slot = to;
        }
    }
    // A few of OpenCC's pairs are chains (薴 → 苧 → 苎); folding twice must change nothing.
    for code in FIRST..=LAST {
        if let Some(c) = char::from_u32(code) {
            let end = table.get(table.get(c));
            table.set(c, end);
        }
    }
    table
});

static STORED: LazyLock<Vec<PhraseVariant>> = LazyLock::new(|| {
    own_lines()
        .filter(|(kind, ..)| matches!(*kind, "phrase" | "both"))
        .map(|(_, from, to, except)| PhraseVariant { from, to, except: except.split_whitespace().collect() })
        .collect()
});

/// The character that stands for `c` and all its variants when texts are compared. Does not look at its neighbours, and
/// applying it twice changes nothing.
pub(crate) fn for_matching(c: char) -> char {
    MATCHING.get(c)
}

/// Variants to replace in stored text after OpenCC's conversion.
pub(crate) fn for_storing() -> &'static [PhraseVariant] {
    &STORED
}

fn own_lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    OWN.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?, fields.next()?, fields.next().unwrap_or("")))
    })
}

fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let c = chars.next()?;
    chars.next().is_none().then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_variants_are_final() {
        for code in 0..=0x2ffff {
            if let Some(c) = char::from_u32(code) {
                let once = for_matching(c);
                assert_eq!(for_matching(once), once, "{c} → {once}");
            }
        }
    }

    #[test]
    fn own_table_keeps_the_number_of_characters() {
        for (kind, from, to, _) in own_lines() {
            assert_eq!(from.chars().count(), to.chars().count(), "{from} → {to}");
            assert!(matches!(kind, "fold" | "both" | "phrase"), "{kind}");
        }
    }
}
