//! An utterance as phrases see it: folded, without punctuation, and on demand without fillers.

use hotline_model::TextSpan;
use hotline_text::{fold_char, is_spoken};

use crate::sound::class_of;

/// Single characters that carry no meaning between others; 儿 as in 这个点儿.
const MURMURS: &[char] = &['嗯', '呃', '啊', '哦', '噢', '喔', '唔', '诶', '欸', '呀', '呐', '哎', '唉', '儿'];
/// Words that people use to win time.
const FILLER_WORDS: &[&str] = &["就是说", "那个", "这个", "就是", "然后", "那么"];

/// The folded characters of a text that are spoken, each with its way back and with what stood before it. Reused from
/// text to text.
#[derive(Debug, Default)]
pub(crate) struct Skeleton {
    text: String,
    /// One a byte of `text` (bytes within a character repeat it).
    places: Vec<Place>,
}

/// A character of the skeleton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Bytes of the original character.
    start: u32,
    end: u32,
    /// Number of pauses (any punctuation), sentence ends and dropped fillers before it, from the beginning of the text.
    pauses: u16,
    ends: u16,
    fillers: u16,
}

impl Skeleton {
    /// Takes a new text, with all its fillers.
    pub(crate) fn fill(&mut self, text: &str) {
        self.text.clear();
        self.places.clear();
        let (mut pauses, mut ends) = (0u16, 0u16);
        for (at, original) in text.char_indices() {
            let c = fold_char(original);
            if is_spoken(c) {
                let start = u32::try_from(at).unwrap_or(u32::MAX);
                let end = u32::try_from(at + original.len_utf8()).unwrap_or(u32::MAX);
                self.push(c, Place { start, end, pauses, ends, fillers: 0 });
            } else {
                pauses = pauses.saturating_add(1);
                ends = ends.saturating_add(u16::from(matches!(c, '。' | '!' | '?' | ';' | '！' | '？' | '；' | '\n')));
            }
        }
    }

    /// Leaves out single-character fillers; whether there were any.
    pub(crate) fn drop_murmurs(&mut self) -> bool {
        self.drop(|rest| rest.chars().next().filter(|c| MURMURS.contains(c)).map_or(0, char::len_utf8))
    }

    /// Leaves out filler words; whether there were any.
    pub(crate) fn drop_filler_words(&mut self) -> bool {
        self.drop(|rest| FILLER_WORDS.iter().find(|word| rest.starts_with(**word)).map_or(0, |word| word.len()))
    }

    /// Replaces every character by that of its sound.
    pub(crate) fn become_sounds(&mut self) {
        let text = std::mem::take(&mut self.text);
        let places = std::mem::take(&mut self.places);
        for (at, c) in text.char_indices() {
            if let Some(&place) = places.get(at) {
                self.push(class_of(c), place);
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The stretch of the original behind bytes `start..end`.
    pub(crate) fn original(&self, start: usize, end: usize) -> TextSpan {
        match (self.places.get(start), self.places.get(end.saturating_sub(1))) {
            (Some(first), Some(last)) => TextSpan { start: first.start, end: last.end },
            _ => TextSpan::default(),
        }
    }

    pub(crate) fn pause_within(&self, start: usize, end: usize) -> bool {
        self.differs(start, end, |place| place.pauses)
    }

    pub(crate) fn sentence_ends_within(&self, start: usize, end: usize) -> bool {
        self.differs(start, end, |place| place.ends)
    }

    pub(crate) fn filler_within(&self, start: usize, end: usize) -> bool {
        self.differs(start, end, |place| place.fillers)
    }

    /// Characters in bytes `start..end`.
    pub(crate) fn chars_between(&self, start: usize, end: usize) -> usize {
        self.text.get(start..end).map_or(0, |text| text.chars().count())
    }

    fn differs(&self, start: usize, end: usize, count: impl Fn(&Place) -> u16) -> bool {
        let at = |index: usize| self.places.get(index).map(&count);
        at(start) != at(end.saturating_sub(1))
    }

    fn push(&mut self, c: char, place: Place) {
        self.text.push(c);
        self.places.resize(self.text.len(), place);
    }

    fn drop(&mut self, filler_at: impl Fn(&str) -> usize) -> bool {
        let starts = |text: &str| text.char_indices().any(|(at, _)| text.get(at..).is_some_and(|r| filler_at(r) > 0));
        if !starts(&self.text) {
            return false;
        }
        let text = std::mem::take(&mut self.text);
        let places = std::mem::take(&mut self.places);
        let (mut at, mut dropped) = (0, 0u16);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let len = filler_at(rest);
            if len > 0 {
                dropped = dropped.saturating_add(1);
                at += len;
                continue;
            }
            let Some(c) = rest.chars().next() else { break };
            if let Some(&place) = places.get(at) {
                self.push(c, Place { fillers: place.fillers.saturating_add(dropped), ..place });
            }
            at += c.len_utf8();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use hotline_text::fold;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fillers_go_in_two_steps() {
        let mut skeleton = Skeleton::default();
        skeleton.fill("嗯，那个，我ＯＫ。");
        assert_eq!(skeleton.text(), "嗯那个我ok");
        assert!(skeleton.drop_murmurs());
        assert_eq!(skeleton.text(), "那个我ok");
        assert!(skeleton.drop_filler_words());
        assert_eq!(skeleton.text(), "我ok");
        assert!(!skeleton.drop_filler_words());
    }

    proptest! {
        #[test]
        fn every_stretch_leads_back_to_its_characters(text in "[嗯那个就是不归我管，。 a-zＡ]{0,30}|\\PC{0,20}") {
            let mut skeleton = Skeleton::default();
            skeleton.fill(&text);
            for step in 0..3 {
                for (at, c) in skeleton.text().char_indices() {
                    let span = skeleton.original(at, at + c.len_utf8());
                    let original = span.slice(&text).unwrap();
                    prop_assert_eq!(original.chars().count(), 1);
                    prop_assert_eq!(fold(original).text.chars().next(), Some(c), "step {}", step);
                }
                if step == 0 { skeleton.drop_murmurs() } else { skeleton.drop_filler_words() };
            }
        }
    }
}
