//! Text with its personal data taken out.

use hotline_model::TextSpan;

use super::{Entity, EntityKind};
use crate::map::{Folded, FoldedBuilder};

/// Language of the placeholders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese: `〔电话〕`.
    #[default]
    Zh,
    /// English: `[phone]`.
    En,
}

/// What to put in the place of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masking {
    /// By line: the stretches to take out, sorted and disjoint.
    lines: Vec<Vec<(TextSpan, EntityKind)>>,
    /// The words themselves, longest first, to take out of what quotes them.
    words: Vec<(String, EntityKind)>,
    language: Language,
}

impl Masking {
    /// The personal data of a call: `entities` as [`find`](super::find) found them in `texts`.
    pub fn new(texts: &[&str], entities: &[Entity], language: Language) -> Self {
        let mut lines = vec![Vec::new(); texts.len()];
        let mut words = Vec::new();
        for entity in entities.iter().filter(|entity| entity.kind.is_personal()) {
            for part in &entity.parts {
                if let (Some(line), Some(text)) = (lines.get_mut(part.line), texts.get(part.line)) {
                    line.push((part.span, entity.kind));
                    words.extend(part.span.slice(text).map(|word| (word.to_owned(), entity.kind)));
                }
            }
        }
        for line in &mut lines {
            line.sort();
        }
        // A lone digit or character is in every second sentence.
        words.retain(|(word, _)| word.chars().count() >= 2);
        words.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        words.dedup();
        Masking { lines, words, language }
    }

    /// Whether there is nothing to take out.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.lines.iter().all(Vec::is_empty)
    }

    /// Line number `line`, whose text is `text`, without its personal data, with the way back to the positions of the original.
    pub fn line(&self, line: usize, text: &str) -> Folded {
        self.lines.get(line).map_or_else(|| Folded::identity(text), |spans| mask(text, spans, self.language))
    }

    /// Any other text that may quote the call, without the words taken out of the call.
    pub fn quoting(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (word, kind) in &self.words {
            if text.contains(word.as_str()) {
                text = text.replace(word.as_str(), &placeholder(*kind, self.language));
            }
        }
        text
    }
}

/// What stands in the place of an entity.
pub fn placeholder(kind: EntityKind, language: Language) -> String {
    match language {
        Language::Zh => format!("〔{}〕", kind.name_zh()),
        Language::En => format!("[{}]", kind.name()),
    }
}

/// `text` with placeholders for `spans` (sorted), and the way back. Spans that overlap an earlier one or do not fit are left out.
pub fn mask(text: &str, spans: &[(TextSpan, EntityKind)], language: Language) -> Folded {
    let mut out = FoldedBuilder::new(text);
    let mut at = 0;
    for (span, kind) in spans {
        let range = span.range();
        if range.start < at || span.is_empty() || span.slice(text).is_none() {
            continue;
        }
        out.keep(at, range.start);
        out.push_str(&placeholder(*kind, language), range.start, span.len());
        at = range.end;
    }
    out.keep(at, text.len());
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::find_in;

    #[test]
    fn placeholders_lead_back_to_what_they_stand_for() {
        let text = "我叫王丽，电话幺三八零零幺三八零零零。";
        let masking = Masking::new(&[text], &find_in(text), Language::Zh);
        let masked = masking.line(0, text);
        assert_eq!(masked.text, "我叫〔姓名〕，电话〔电话〕。");
        let at = masked.text.find("〔姓名〕").unwrap();
        assert_eq!(masked.to_original(TextSpan::new(at, at + 3)).slice(text), Some("王丽"));
        assert_eq!(masking.quoting("“王丽”没有被核对"), "“〔姓名〕”没有被核对");
        assert!(Masking::new(&["您好"], &find_in("您好"), Language::Zh).is_empty());
    }

    #[test]
    fn wild_spans_are_left_out() {
        let phone = EntityKind::Phone;
        let spans = [(TextSpan::new(0, 3), phone), (TextSpan::new(1, 6), phone), (TextSpan::new(90, 95), phone)];
        assert_eq!(mask("您好", &spans, Language::En).text, "[phone]好");
    }
}
