//! Where in an utterance a text was hit. Says the same as the lookup, from the text alone.

use hotline_model::TextSpan;
use hotline_text::{Folded, Lexicon, number, skeleton};

use super::align::{self, Ear};
use super::lookup::{self, Numbers, is_long};
use super::rows::How;
use super::widen;
use crate::document::{in_digits, number_key};
use crate::query::{Near, NotIn, TextTerm};

/// What a list of rows was looked up for.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Text(TextTerm),
    Near(Near),
    NotIn(NotIn),
}

/// Where something was hit, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marks {
    pub(super) spans: Vec<TextSpan>,
    pub(super) how: How,
}

/// All stretches of `text` that answer `source`, in order of their start; they may overlap. `widened`: other words and
/// sound-alikes were tried as well.
pub(super) fn marks(source: &Source, text: &str, widened: bool, lexicon: &Lexicon) -> Marks {
    match source {
        Source::Text(term) => of_term(term, text, widened, lexicon),
        Source::Near(near) => Marks { spans: near_spans(near, text, lexicon), how: How::Exact },
        Source::NotIn(not_in) => Marks { spans: not_in_spans(not_in, text, lexicon), how: How::Exact },
    }
}

fn of_term(term: &TextTerm, text: &str, widened: bool, lexicon: &Lexicon) -> Marks {
    let widened = widened && !term.quoted;
    let mut spans = as_asked(term, text);
    if !spans.is_empty() && !term.sound {
        return Marks { spans, how: How::Exact };
    }
    let exact = !spans.is_empty();
    if !exact && widened {
        spans = widen::spans(term, text, lexicon);
        if !spans.is_empty() {
            return Marks { spans, how: How::Variant };
        }
    }
    if term.sound || widened {
        // What was farther off was listened for as such only where nothing nearer was found.
        let ears: &[Ear] = if term.sound { &[Ear::Asked] } else { &[Ear::Strict, Ear::Alone, Ear::Loose] };
        let found = ears
            .iter()
            .map(|ear| align::heard(&term.text, *ear, text, lexicon))
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        spans.extend(found.into_iter().map(|found| found.span));
        spans.sort();
        spans.dedup();
    }
    Marks { spans, how: if exact { How::Exact } else { How::Alike } }
}

/// The stretches that answer any of `terms`; sound-alikes only where asked for.
fn of_any(terms: &[TextTerm], text: &str, lexicon: &Lexicon) -> Vec<TextSpan> {
    let mut spans: Vec<TextSpan> = Vec::new();
    for term in terms {
        spans.extend(as_asked(term, text));
        if term.sound {
            let found = align::heard(&term.text, Ear::Asked, text, lexicon);
            spans.extend(found.into_iter().map(|found| found.span));
        }
    }
    spans.sort();
    spans.dedup();
    spans
}

/// The stretches of both sides that stand close enough to each other.
pub(super) fn near_spans(near: &Near, text: &str, lexicon: &Lexicon) -> Vec<TextSpan> {
    let (left, right) = (of_any(&near.left, text, lexicon), of_any(&near.right, text, lexicon));
    let mut spans = Vec::new();
    for one in &left {
        for other in &right {
            let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
            if first.end > second.start {
                continue;
            }
            let between = text.get(first.end as usize..second.start as usize).unwrap_or_default();
            if skeleton(between).text.chars().count() <= near.chars as usize {
                spans.extend([*one, *other]);
            }
        }
    }
    spans.sort();
    spans.dedup();
    spans
}

/// The stretches that are no part of a longer phrase.
pub(super) fn not_in_spans(not_in: &NotIn, text: &str, lexicon: &Lexicon) -> Vec<TextSpan> {
    let longer = of_any(&not_in.longer, text, lexicon);
    let mut spans = of_any(&not_in.wanted, text, lexicon);
    spans.retain(|span| !longer.iter().any(|long| long.start <= span.start && span.end <= long.end));
    spans
}

/// What was said as it was typed, in no particular order.
pub(super) fn as_asked(term: &TextTerm, text: &str) -> Vec<TextSpan> {
    let folded = skeleton(text);
    let wanted = skeleton(&term.text).text;
    match Numbers::in_query(&term.text) {
        Numbers::None => runs(&wanted, &folded),
        Numbers::Whole(wanted_number) => {
            let key = lookup::exact_number(&wanted_number);
            let numbers = number::find(text).into_iter();
            let mut spans: Vec<TextSpan> =
                numbers.filter(|n| n.value == key || number_key(n) == key).map(|n| n.span).collect();
            let value = &wanted_number.value;
            if is_long(value) {
                spans.extend(runs(value, &folded));
                spans.extend(in_digits(text).iter().flat_map(|digits| runs(value, digits)));
            }
            if term.quoted || is_long(value) || spans.is_empty() {
                spans.extend(runs(&wanted, &folded));
            }
            spans
        }
        Numbers::Among(digits_wanted) => {
            let mut spans = runs(&wanted, &folded);
            spans.extend(runs(&digits_wanted, &folded));
            spans.extend(in_digits(text).iter().flat_map(|digits| runs(&digits_wanted, digits)));
            spans
        }
    }
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

/// Every place of `wanted`, a skeleton, in a folded text.
pub(super) fn runs(wanted: &str, folded: &Folded) -> Vec<TextSpan> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &Source, text: &str) -> Vec<String> {
        let marks = marks(source, text, false, &Lexicon::built_in());
        merge(marks.spans).iter().map(|span| span.slice(text).unwrap().to_owned()).collect()
    }

    fn marked(query: &str, sound: bool, text: &str) -> Vec<String> {
        of(&Source::Text(TextTerm { sound, ..TextTerm::new(query) }), text)
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
        assert_eq!(marked("15", false, "挂号费十五，2015年"), ["十五"]);
        assert_eq!(marked("投诉", true, "我要头数你"), ["头数"]);
        assert_eq!(marked("投诉", false, "我要头数你"), Vec::<String>::new());
        assert_eq!(marked("一百二十八", true, "打128了"), ["128"]);
    }

    #[test]
    fn marks_what_is_near_and_what_is_not_part_of_more() {
        let terms = |text: &str| vec![TextTerm::new(text)];
        let near = |chars| Source::Near(Near { left: terms("宽带"), right: terms("断"), chars });
        assert_eq!(of(&near(2), "断了，宽带又，断，宽带"), ["断", "宽带", "断", "宽带"]);
        assert_eq!(of(&near(0), "宽带，断了，我的宽带"), ["宽带", "断"]);
        assert_eq!(of(&near(0), "宽带又断了"), Vec::<String>::new());
        let not_in = Source::NotIn(NotIn { wanted: terms("归我管"), longer: terms("不归我管") });
        assert_eq!(of(&not_in, "不归我管，归我管"), ["归我管"]);
        assert_eq!(of(&not_in, "这个不归我管"), Vec::<String>::new());
    }
}
