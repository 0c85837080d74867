//! What can be a topic: content words, and phrases of two to four words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use hotline_text::{Lexicon, WordTag, fold};

use crate::TopicCall;
use crate::rising::TermKind;

/// Words of a phrase.
const PHRASE_WORDS: std::ops::RangeInclusive<usize> = 2..=4;
/// Characters of a phrase.
const PHRASE_CHARS: std::ops::RangeInclusive<usize> = 3..=10;

static COMMON: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../assets/common_words.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

/// A text without what was masked, so that placeholders are no words.
pub(crate) fn without_placeholders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('〔') {
        out.push_str(before);
        // What stood there keeps its neighbours apart.
        out.push('，');
        rest = after.split_once('〕').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// The content words of `text` that are more than one character long, folded.
pub(crate) fn content_words(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let words = lexicon.words(text).into_iter().filter(|word| word.tag.is_content());
    let words = words.filter_map(|word| word.span.slice(text)).map(|word| fold(word).text);
    words.filter(|word| word.chars().count() > 1).collect()
}

/// Everything said in a call that can be a topic, each once.
pub(crate) fn of_call(call: &TopicCall, lexicon: &Lexicon) -> BTreeMap<String, TermKind> {
    let mut terms = BTreeMap::new();
    for remark in &call.remarks {
        let text = without_placeholders(&remark.text);
        for stretch in stretches(&text, lexicon) {
            for (text, tag) in &stretch {
                if tag.is_content() && text.chars().count() > 1 && !COMMON.contains(text.as_str()) {
                    terms.insert(text.clone(), TermKind::Word);
                }
            }
            for words in PHRASE_WORDS.flat_map(|n| stretch.windows(n)) {
                if let Some(phrase) = phrase(words) {
                    terms.entry(phrase).or_insert(TermKind::Phrase);
                }
            }
        }
    }
    terms
}

/// Words that follow each other without a pause, folded.
fn stretches(text: &str, lexicon: &Lexicon) -> Vec<Vec<(String, WordTag)>> {
    let mut stretches: Vec<Vec<(String, WordTag)>> = Vec::new();
    let mut end = None;
    for word in lexicon.words(text) {
        let Some(slice) = word.span.slice(text) else { continue };
        let entry = (fold(slice).text, word.tag);
        match stretches.last_mut() {
            Some(stretch) if end == Some(word.span.start) => stretch.push(entry),
            _ => stretches.push(vec![entry]),
        }
        end = Some(word.span.end);
    }
    stretches
}

/// A phrase of these words, if they can be one: something is meant, and nothing hangs over at the ends.
fn phrase(words: &[(String, WordTag)]) -> Option<String> {
    let negation = |word: &str| matches!(word, "不" | "没" | "没有" | "不能" | "不到");
    let (first, last) = (words.first()?, words.last()?);
    let begins = first.1.is_content() || negation(&first.0);
    let matters = |(text, tag): &(String, WordTag)| tag.is_content() && !COMMON.contains(text.as_str());
    let text: String = words.iter().map(|(text, _)| text.as_str()).collect();
    let long_enough = PHRASE_CHARS.contains(&text.chars().count());
    let own = !COMMON.contains(text.as_str());
    (begins && last.1.is_content() && words.iter().any(matters) && long_enough && own).then_some(text)
}
