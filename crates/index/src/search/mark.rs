//! Where in an utterance a text was hit. Says the same as the lookup, from the text alone.

use hotline_model::TextSpan;
use hotline_text::{Folded, number, skeleton};

use super::lookup::{Numbers, is_long};
use crate::document::in_digits;
use crate::query::TextTerm;
use crate::tokens::{classes, sounds};

/// All stretches of `text` that `term` hits, in order of their start; they may overlap.
pub(super) fn find(term: &TextTerm, text: &str) -> Vec<TextSpan> {
    let mut spans = as_asked(term, text);
    if term.sound {
        spans.extend(alike(&term.text, text));
    }
    spans.sort();
    spans.dedup();
    spans
}

/// Whether `text` answers `term` only by sound.
pub(super) fn is_alike_only(term: &TextTerm, text: &str) -> bool {
    term.sound && as_asked(term, text).is_empty()
}

/// The same without sound-alikes, in no particular order.
fn as_asked(term: &TextTerm, text: &str) -> Vec<TextSpan> {
    let folded = skeleton(text);
    let mut spans = runs(&skeleton(&term.text).text, &folded);
    match Numbers::in_query(&term.text) {
        Numbers::None => {}
        Numbers::Whole(value) => {
            spans.extend(number::find(text).into_iter().filter(|n| n.value == value).map(|n| n.span));
            if is_long(&value) {
                spans.extend(runs(&value, &folded));
                spans.extend(in_digits(text).iter().flat_map(|digits| runs(&value, digits)));
            }
        }
        Numbers::Among(wanted) => {
            spans.extend(runs(&wanted, &folded));
            spans.extend(in_digits(text).iter().flat_map(|digits| runs(&wanted, digits)));
        }
    }
    spans
}

/// Unites stretches that overlap; neighbours stay apart.
pub(super) fn merge(mut spans: Vec<TextSpan>) -> Vec<TextSpan> {
    spans.sort();
    let mut merged: Vec<TextSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => *last = last.hull(span),
            _ => merged.push(span),
        }
    }
    merged
}

fn runs(wanted: &str, folded: &Folded) -> Vec<TextSpan> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(at) = folded.text.get(from..).and_then(|rest| rest.find(wanted)) {
        let start = from + at;
        spans.push(folded.to_original(TextSpan::new(start, start + wanted.len())));
        from = start + folded.text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
    spans
}

fn alike(wanted: &str, text: &str) -> Vec<TextSpan> {
    let wanted: Vec<Vec<&str>> = sounds(wanted).iter().map(|(syllable, _)| classes(syllable)).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let heard: Vec<(Vec<&str>, TextSpan)> =
        sounds(text).iter().map(|(syllable, span)| (classes(syllable), *span)).collect();
    heard
        .windows(wanted.len())
        .filter(|window| {
            window.iter().zip(&wanted).all(|((heard, _), wanted)| heard.iter().any(|name| wanted.contains(name)))
        })
        .filter_map(|window| Some(window.first()?.1.hull(window.last()?.1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, sound: bool, text: &str) -> Vec<String> {
        let term = TextTerm { sound, ..TextTerm::new(query) };
        merge(find(&term, text)).iter().map(|span| span.slice(text).unwrap().to_owned()).collect()
    }

    #[test]
    fn marks_runs_numbers_and_sounds() {
        assert_eq!(marked("断网了", false, "又斷，網了！断网了"), ["斷，網了", "断网了"]);
        assert_eq!(marked("哈哈", false, "哈哈哈"), ["哈哈哈"]);
        assert_eq!(marked("128.5", false, "扣了一百二十八块五"), ["一百二十八块五"]);
        assert_eq!(marked("8002", false, "幺三八，零零幺三"), Vec::<String>::new());
        assert_eq!(marked("0013", false, "幺三八，零零幺三"), ["幺三八，零零幺三"]);
        assert_eq!(marked("3个工作日", false, "要三个工作日"), ["三个工作日"]);
        assert_eq!(marked("扣二十元", false, "扣20块钱"), ["扣20块钱"]);
        assert_eq!(marked("投诉", true, "我要头数你"), ["头数"]);
        assert_eq!(marked("投诉", false, "我要头数你"), Vec::<String>::new());
        assert_eq!(marked("一百二十八", true, "打128了"), ["128"]);
    }
}
