//! Where in a text something that sounds like a query was said: alignment by syllables, with what recognisers confuse,
//! leave out and put in counted by how likely it is.

use hotline_model::TextSpan;
use hotline_text::pinyin::{Syllable, syllable_cost};
use hotline_text::skeleton;

use crate::tokens::sounds;

/// Most syllables of a query that are compared; what is longer is compared by its beginning.
pub(super) const MOST_SYLLABLES: usize = 32;

/// What a recogniser drops and adds most easily.
const WEAK: &str = "的了啊呢吧嘛吗呀哦嗯呃额那这个就是一我您你他给在";
const NUMERALS: &str = "零一二三四五六七八九十百千万幺两0123456789";

/// One syllable and how it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) syllable: Syllable,
    written: char,
    /// In the text it comes from.
    span: TextSpan,
}

/// A stretch of a text that sounds like the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    pub(super) span: TextSpan,
    /// Mean difference a syllable of the query; 0 is the same sound.
    pub(super) cost: f32,
}

/// The syllables of a text.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let folded = skeleton(text);
    sounds(&folded.text)
        .into_iter()
        .map(|(syllable, span)| {
            let written = span.slice(&folded.text).and_then(|c| c.chars().next()).unwrap_or(' ');
            Unit { syllable, written, span: folded.to_original(span) }
        })
        .collect()
}

/// The most that a match may cost a syllable. Short words sound like too many others: only what is practically the same
/// counts; in long ones a whole syllable may be wrong.
pub(super) fn limit(syllables: usize) -> f32 {
    match syllables {
        0 | 1 => 0.02,
        2 => 0.13,
        3 => 0.18,
        4 => 0.22,
        5 | 6 => 0.26,
        _ => 0.30,
    }
}

fn substitution(query: Unit, text: Unit) -> f32 {
    if query.written == text.written {
        return 0.0;
    }
    let cost = syllable_cost(&query.syllable, &text.syllable);
    // Another number is another matter, however alike the rest is.
    let is_numeral = |c: char| NUMERALS.contains(c);
    if cost > 0.3 && is_numeral(query.written) && is_numeral(text.written) {
        return 2.0;
    }
    (cost + 0.01).min(1.0)
}

fn left_out(query: Unit) -> f32 {
    if NUMERALS.contains(query.written) {
        1.2
    } else if WEAK.contains(query.written) {
        0.4
    } else {
        0.8
    }
}

fn put_in(text: Unit) -> f32 {
    if NUMERALS.contains(text.written) {
        0.9
    } else if WEAK.contains(text.written) {
        0.3
    } else {
        0.6
    }
}

/// All stretches of `text` that match `query` within `most` a syllable, the best first; none overlaps a better one.
pub(super) fn matches(query: &[Unit], text: &[Unit], most: f32) -> Vec<Match> {
    let query = query.get(..query.len().min(MOST_SYLLABLES)).unwrap_or(query);
    if query.is_empty() || text.is_empty() {
        return Vec::new();
    }
    // Sellers' algorithm, column by column: a match may begin anywhere. Each cell knows where its match began.
    let budget = most * query.len() as f32 + 1e-4;
    let mut column: Vec<(f32, usize)> = Vec::with_capacity(query.len() + 1);
    column.push((0.0, 0));
    for unit in query {
        let above = column.last().map_or(0.0, |cell| cell.0);
        column.push((above + left_out(*unit), 0));
    }
    let mut found: Vec<(f32, usize, usize)> = Vec::new();
    for (j, heard) in text.iter().enumerate() {
        let mut diagonal = column.first().copied().unwrap_or((0.0, 0));
        if let Some(first) = column.first_mut() {
            *first = (0.0, j + 1);
        }
        let mut above = (0.0, j + 1);
        for (unit, cell) in query.iter().zip(column.iter_mut().skip(1)) {
            let aligned = (diagonal.0 + substitution(*unit, *heard), diagonal.1);
            let added = (cell.0 + put_in(*heard), cell.1);
            let skipped = (above.0 + left_out(*unit), above.1);
            diagonal = *cell;
            *cell = [aligned, added, skipped].into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or(aligned);
            above = *cell;
        }
        if let Some(&(cost, start)) = column.last()
            && cost <= budget
            && start <= j
        {
            found.push((cost, start, j));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.2 - a.1).cmp(&(b.2 - b.1))));
    let mut kept: Vec<(f32, usize, usize)> = Vec::new();
    for (cost, start, end) in found {
        if kept.iter().all(|other| end < other.1 || start > other.2) {
            kept.push((cost, start, end));
        }
    }
    let span = |start: usize, end: usize| Some(text.get(start)?.span.hull(text.get(end)?.span));
    kept.into_iter()
        .filter_map(|(cost, start, end)| Some(Match { span: span(start, end)?, cost: cost / query.len() as f32 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best(query: &str, text: &str) -> Option<(String, f32)> {
        let query = units(query);
        let found = matches(&query, &units(text), limit(query.len()));
        found.first().map(|m| (m.span.slice(text).unwrap().to_owned(), m.cost))
    }

    #[test]
    fn finds_what_was_misheard() {
        let cases = [
            ("滨海新区", "喂，冰海心区政务大厅吗", "冰海心区"),
            ("宽代", "我家宽带断了", "宽带"),
            ("工单", "好的公单我马上转给", "公单"),
            ("咨询", "还有其他需要资讯的吗", "资讯"),
            ("夜间施工扰民", "二七公币夜间施工绕名。您的要求", "夜间施工绕名"),
            ("区城管局", "马上转给区成馆集，三个", "区成馆集"),
            ("办居住证", "外地护口半居住正要怎么弄", "半居住正"),
            ("退款的进度", "查一下退款进度", "退款进度"),
        ];
        for (query, text, expected) in cases {
            assert_eq!(best(query, text).map(|b| b.0).as_deref(), Some(expected), "{query} in {text}");
        }
    }

    #[test]
    fn what_is_something_else_is_not_found() {
        for (query, text) in [
            ("宽带", "我要退款"),
            ("四百九十九", "扣了四百三十九"),
            ("投诉", "我要读书"),
            ("服务态度", "服务中心"),
            ("三个工作日", "五个工作日"),
            ("信用卡", "银行卡"),
        ] {
            assert_eq!(best(query, text), None, "{query} in {text}");
        }
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_for_nothing(text in "[\u{4e00}-\u{5fff}，]{2,30}", from in 0usize..20, n in 1usize..12) {
            let part: String = text.chars().skip(from).take(n).collect();
            let query = units(&part);
            prop_assume!(!query.is_empty());
            let found = matches(&query, &units(&text), limit(query.len()));
            prop_assert!(found.first().is_some_and(|m| m.cost == 0.0), "{part} in {text}");
            for found in found {
                prop_assert!(found.span.slice(&text).is_some());
            }
        }

        #[test]
        fn any_texts_can_be_compared(query in "\\PC{0,12}", text in "\\PC{0,40}") {
            for found in matches(&units(&query), &units(&text), 0.3) {
                prop_assert!(found.span.slice(&text).is_some() && !found.span.is_empty());
            }
        }
    }
}
