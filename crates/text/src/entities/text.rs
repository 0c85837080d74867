//! A text as folded characters with the way back to bytes.

use std::cell::OnceCell;
use std::collections::HashMap;

use hotline_model::TextSpan;

use crate::{fold, pinyin};

/// The characters of a text. Folding keeps their number, so an index means the same in both.
pub(super) struct Text {
    pub(super) chars: Vec<char>,
    /// First byte of each character in the original, and the length of the original at the end.
    starts: Vec<usize>,
    /// Commonest toneless syllable of each character, when somebody asks.
    syllables: OnceCell<Vec<Option<&'static str>>>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let chars = fold(text).text.chars().collect();
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Text { chars, starts, syllables: OnceCell::new() }
    }

    /// The commonest toneless syllable of each character; `None` for what is not spoken.
    pub(super) fn syllables(&self) -> &[Option<&'static str>] {
        self.syllables.get_or_init(|| {
            let folded = self.slice(0, self.len());
            let mut of_byte: HashMap<usize, &'static str> = HashMap::new();
            for syllable in pinyin::syllables(&folded) {
                of_byte.extend(syllable.readings().first().map(|id| (syllable.span.range().start, id.name())));
            }
            folded.char_indices().map(|(at, _)| of_byte.get(&at).copied()).collect()
        })
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// The character before `at`.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|at| self.get(at))
    }

    /// Bytes of characters `from..to` of the original; cut to the text.
    pub(super) fn span(&self, from: usize, to: usize) -> TextSpan {
        let byte = |at: usize| self.starts.get(at.min(self.len())).copied().unwrap_or_default();
        TextSpan::new(byte(from), byte(to))
    }

    /// The character that begins at or holds byte `at`.
    pub(super) fn index_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1).min(self.len())
    }

    /// Whether `word` stands at `at`.
    pub(super) fn has(&self, at: usize, word: &str) -> bool {
        let mut rest = self.chars.get(at..).unwrap_or_default().iter();
        word.chars().all(|c| rest.next() == Some(&c))
    }

    /// Whether `word` ends at `end`.
    pub(super) fn has_before(&self, end: usize, word: &str) -> bool {
        end.checked_sub(word.chars().count()).is_some_and(|at| self.has(at, word))
    }

    /// The folded characters `from..to` as a string.
    pub(super) fn slice(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to.min(self.len())).unwrap_or_default().iter().collect()
    }
}

/// Whether `c` is a Chinese character.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '〇')
}

/// What separates groups of digits: pauses as a recogniser writes them.
pub(super) fn is_pause(c: char) -> bool {
    matches!(c, ',' | '、' | ' ' | '-' | '.' | '。' | '…' | '·' | '—' | '~')
}
