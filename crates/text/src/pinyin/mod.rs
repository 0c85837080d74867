//! Sounds: toneless syllables, and how easily one is heard for another.
//!
//! Recognisers write homophones and near-sounds (冰海心区 for 滨海新区); comparing syllables finds them. Tones are left
//! out: over the telephone they are what recognisers and listeners get wrong first, and context puts them right.

mod cost;
mod parts;
mod table;

use hotline_model::TextSpan;

pub use cost::{cost, mean_cost, near, syllable_cost};
pub use table::SyllableId;

use table::TABLE;

/// Most readings a character has here.
const MAX_READINGS: usize = 3;

/// One spoken syllable of a text: a Han character, an ASCII digit (with the sound of its Chinese reading) or a letter.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Syllable {
    /// The character in the text that was given.
    pub span: TextSpan,
    readings: [SyllableId; MAX_READINGS],
    count: u8,
}

impl Syllable {
    /// Its readings, the commonest first; at least one, no two alike. Tones are left out.
    pub fn readings(&self) -> &[SyllableId] {
        self.readings.get(..usize::from(self.count)).unwrap_or(&self.readings)
    }
}

impl std::fmt::Debug for Syllable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.readings().iter().map(|id| id.name()).collect();
        write!(f, "{}@{}", names.join("/"), self.span.start)
    }
}

/// The syllables of `text` in order. Punctuation, spaces and scripts without a reading give none. Traditional and
/// full-width forms read like the ordinary ones. To hear `128` as 一百二十八, pass
/// [`number::readings`](crate::number::readings)`(text).characters` first.
pub fn syllables(text: &str) -> Vec<Syllable> {
    text.char_indices()
        .filter_map(|(at, c)| {
            let ids = TABLE.readings(c)?;
            let mut readings = [*ids.first()?; MAX_READINGS];
            for (slot, id) in readings.iter_mut().zip(ids) {
                *slot = *id;
            }
            let count = u8::try_from(ids.len().min(MAX_READINGS)).unwrap_or(1);
            Some(Syllable { span: TextSpan::new(at, at + c.len_utf8()), readings, count })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        syllables(text).iter().map(|s| s.readings().iter().map(|id| id.name()).collect::<Vec<_>>().join("/")).collect()
    }

    #[test]
    fn reads_characters_digits_and_letters() {
        assert_eq!(names("您好，吕1G"), ["nin", "hao", "lü", "yi/yao", "'g"]);
        assert_eq!(names("銀行"), ["yin", "xing/hang"]);
        assert_eq!(names("！？ é"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn spans_are_single_characters_of_the_text(text in "\\PC{0,40}|[\u{4e00}-\u{9fa5}a-z0-9，]{0,40}") {
            let mut end = 0;
            for syllable in syllables(&text) {
                prop_assert!(syllable.span.start >= end);
                end = syllable.span.end;
                prop_assert!(syllable.span.slice(&text).is_some_and(|s| s.chars().count() == 1));
                prop_assert!(!syllable.readings().is_empty());
            }
        }
    }
}
