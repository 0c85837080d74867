//! The same in other words: synonyms, and the words of a phrase in another order.

use std::sync::LazyLock;

use hotline_model::TextSpan;
use hotline_text::{Lexicon, WordTag, skeleton};
use tantivy::query::Query;

use super::lookup;
use super::mark;
use super::rows::How;
use crate::query::TextTerm;
use crate::schema::Fields;

const SYNONYMS: &str = include_str!("../../assets/synonyms.tsv");

/// Most ways of saying a phrase that are tried.
const MOST_WAYS: usize = 12;

/// Costs in hundredths, as [`super::rows::Row::cost`] has them: what is nearer to what was typed comes first.
const SYNONYM_COST: u8 = 5;
const UNIT_COST: u8 = 10;
const SHORT_COST: u8 = 15;
const ORDER_COST: u8 = 20;

static GROUPS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let lines = SYNONYMS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_whitespace().map(|word| skeleton(word).text).collect()).collect()
});

/// Ways of saying `text` with a synonym in the place of a word; skeletons.
fn other_words(text: &str) -> Vec<String> {
    let text = skeleton(text).text;
    let mut ways = Vec::new();
    for group in GROUPS.iter() {
        // The longest word that stands there is the one that was meant: 电话费 and not 话费.
        let Some(word) = group.iter().filter(|word| text.contains(word.as_str())).max_by_key(|word| word.len()) else {
            continue;
        };
        ways.extend(group.iter().filter(|other| *other != word).map(|other| text.replacen(word, other, 1)));
    }
    ways.retain(|way| *way != text);
    ways.truncate(MOST_WAYS);
    ways
}

/// The words of `text` that carry its matter, if there are at least two: found in one utterance in any order they say the same.
fn words_in_any_order(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let folded = skeleton(text).text;
    if folded.chars().count() < 4 || matches!(lookup::Numbers::in_query(text), lookup::Numbers::Whole(_)) {
        return Vec::new();
    }
    let mut words: Vec<String> = lexicon
        .words(&folded)
        .into_iter()
        .filter_map(|word| Some((word.span.slice(&folded)?.to_owned(), word.tag)))
        // Little words come and go with the order.
        .filter(|(said, tag)| {
            said.chars().count() >= 2 || tag.is_content() || matches!(tag, WordTag::Number | WordTag::Time)
        })
        .map(|(said, _)| said)
        .collect();
    words.sort();
    words.dedup();
    // Two single characters stand together in too many sentences.
    let long = words.iter().filter(|word| word.chars().count() >= 2).count();
    if long >= 2 || (long == 1 && words.len() >= 3) { words } else { Vec::new() }
}

/// The lookups of a text in other words, with how they answer and what they cost. `found`: it was said as it was typed.
pub(super) fn queries(
    fields: &Fields,
    term: &TextTerm,
    found: bool,
    lexicon: &Lexicon,
) -> Vec<(Box<dyn Query>, How, u8)> {
    let mut queries: Vec<(Box<dyn Query>, How, u8)> = Vec::new();
    for way in other_words(&term.text) {
        queries.push((lookup::run(fields.grams, &way), How::Variant, SYNONYM_COST));
    }
    // The number of a house is not that sum of money, but a recogniser leaves the unit out now and then.
    if !found && let Some(bare) = lookup::bare_number(fields, &term.text) {
        queries.push((bare, How::Variant, UNIT_COST));
    }
    if !found
        && let lookup::Numbers::Whole(number) = lookup::Numbers::in_query(&term.text)
        && let Some(written) = lookup::said_short(&number.value)
    {
        queries.push((lookup::exact(fields.numbers, &written), How::Variant, SHORT_COST));
    }
    let words = words_in_any_order(&term.text, lexicon);
    if !words.is_empty() {
        let parts = words.iter().map(|word| lookup::text(fields, &TextTerm::new(word.as_str()))).collect();
        queries.push((lookup::all_of(parts), How::Variant, ORDER_COST));
    }
    queries
}

/// Where an utterance answers a text in other words; empty if it does not.
pub(super) fn spans(term: &TextTerm, text: &str, lexicon: &Lexicon) -> Vec<TextSpan> {
    let folded = skeleton(text);
    let mut spans: Vec<TextSpan> = other_words(&term.text).iter().flat_map(|way| mark::runs(way, &folded)).collect();
    if let lookup::Numbers::Whole(number) = lookup::Numbers::in_query(&term.text) {
        let others = hotline_text::number::find(text).into_iter();
        let short = lookup::said_short(&number.value);
        let is_same = |value: &String| *value == number.value || short.as_ref() == Some(value);
        spans.extend(others.filter(|other| is_same(&other.value)).map(|other| other.span));
    }
    if spans.is_empty() {
        let words = words_in_any_order(&term.text, lexicon);
        let found: Vec<Vec<TextSpan>> =
            words.iter().map(|word| mark::as_asked(&TextTerm::new(word.as_str()), text)).collect();
        if found.iter().all(|spans| !spans.is_empty()) {
            spans = found.concat();
        }
    }
    spans.sort();
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_are_words_and_stand_in_one_group() {
        let mut seen = std::collections::HashSet::new();
        for group in GROUPS.iter() {
            assert!(group.len() >= 2, "{group:?}");
            for word in group {
                assert!(word.chars().count() >= 2 && seen.insert(word.clone()), "{word}");
            }
        }
    }

    #[test]
    fn numbers_that_are_said_short_are_written_long() {
        let cases =
            [("3280", Some("32008")), ("350", Some("3005")), ("12000", Some("100002")), ("3285", None), ("300", None)];
        for (value, expected) in cases.into_iter().chain([("3080", None), ("0350", None), ("12.50", None), ("", None)])
        {
            assert_eq!(lookup::said_short(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn other_ways_of_saying_it() {
        assert!(other_words("我要退款").contains(&"我要退钱".to_owned()));
        assert_eq!(other_words("电话费"), ["话费"]);
        assert!(other_words("您好").is_empty());
        let lexicon = Lexicon::built_in();
        assert_eq!(words_in_any_order("退款的进度", &lexicon), ["进度", "退款"]);
        assert!(words_in_any_order("投诉", &lexicon).is_empty());
    }
}
