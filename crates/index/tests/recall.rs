//! Nothing missed, nothing found by mistake: searches against a plain scan of the same text.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::sync::LazyLock;

use hotline_index::{How, Index, Query, SearchOptions, TextTerm};
use hotline_text::number::{NumberKind, NumberSpan};
use hotline_text::{number, skeleton};
use proptest::prelude::*;
use support::{monologue, open};

const CALLS: usize = 60;
const UTTERANCES: usize = 6;

/// Words, numbers, letters, punctuation and forms as calls have them.
const PARTS: [&str; 48] = [
    "服务",
    "态度",
    "太差",
    "了",
    "断网",
    "宽带",
    "网络",
    "联网",
    "的",
    "我",
    "我要",
    "要",
    "投诉",
    "诉求",
    "不",
    "归",
    "管",
    "，",
    "。",
    "？",
    "！",
    " ",
    "套餐",
    "月租",
    "一百二十八块五",
    "128.5",
    "元",
    "三",
    "百分之八十",
    "WiFi",
    "ｗｉｆｉ",
    "密碼",
    "密码",
    "電話",
    "电话",
    "幺三八",
    "2026年10月1日",
    "10086",
    "哈",
    "哈哈",
    "、",
    "……",
    "A",
    "b",
    "滨海新区",
    "公积金",
    "乾隆",
    "后",
];

/// Texts made by a small generator with a fixed beginning, so that every run searches the same calls.
fn texts(seed: u64, parts: &[&str]) -> Vec<Vec<String>> {
    let mut state = seed;
    let mut next = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut text = || (0..2 + next(14)).map(|_| parts[next(parts.len())]).collect::<String>();
    (0..CALLS).map(|_| (0..UTTERANCES).map(|_| text()).collect()).collect()
}

struct Corpus {
    _folder: tempfile::TempDir,
    index: Index,
    texts: Vec<Vec<String>>,
}

fn corpus(seed: u64, parts: &[&str]) -> Corpus {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    let texts = texts(seed, parts);
    let calls = texts
        .iter()
        .enumerate()
        .map(|(i, said)| monologue(i as u64 + 1, &said.iter().map(String::as_str).collect::<Vec<_>>()));
    index.apply(calls, &[], 1).unwrap();
    Corpus { _folder: folder, index, texts }
}

/// Ordinary text, and text of three characters only, where runs repeat and overlap.
static CORPORA: LazyLock<[Corpus; 2]> =
    LazyLock::new(|| [corpus(7, &PARTS), corpus(11, &["哈", "网", "网哈", "a", "，"])]);

fn scan(corpus: &Corpus, wanted: &str) -> Vec<(u64, usize)> {
    let folded = skeleton(wanted).text;
    let number = number::parse(wanted);
    let value = number.as_ref().map(|n| n.value.clone());
    // Money is not the number of a house.
    let has_unit = |kind: NumberKind| matches!(kind, NumberKind::Amount | NumberKind::Percent | NumberKind::Ordinal);
    let has_numbers = value.is_none() && !number::find(wanted).is_empty();
    let in_digits = |text: &str| skeleton(&number::readings(text).digits.text).text;
    let digits = in_digits(wanted);
    let hit = |text: &str| {
        (!folded.is_empty() && skeleton(text).text.contains(&folded))
            || (has_numbers && (skeleton(text).text.contains(&digits) || in_digits(text).contains(&digits)))
            || value.as_ref().is_some_and(|v| {
                let is_long = v.len() >= 4 && v.bytes().all(|b| b.is_ascii_digit());
                is_long && (skeleton(text).text.contains(v) || in_digits(text).contains(v))
            })
            || number.as_ref().is_some_and(|wanted| {
                let same =
                    |n: &NumberSpan| n.value == wanted.value && (!has_unit(wanted.kind) || n.kind == wanted.kind);
                number::find(text).iter().any(same)
            })
    };
    let mut hits = Vec::new();
    for (call, said) in corpus.texts.iter().enumerate() {
        hits.extend(said.iter().enumerate().filter(|(_, text)| hit(text)).map(|(i, _)| (call as u64 + 1, i)));
    }
    hits
}

fn lookup(corpus: &Corpus, wanted: &str) -> Vec<(u64, usize)> {
    let options = SearchOptions { limit: usize::MAX, ..SearchOptions::default() };
    // Quoted: parts of numbers too.
    let mut term = TextTerm::new(wanted);
    term.quoted = true;
    let results = corpus.index.search(&Query::Text(term), &options).unwrap();
    let mut hits = Vec::new();
    for call in &results.calls {
        for hit in &call.hits {
            assert_eq!(hit.text, corpus.texts[call.call_no as usize - 1][hit.utterance]);
            assert!(!hit.highlights.is_empty(), "`{wanted}` not marked in `{}`", hit.text);
            assert!(hit.highlights.iter().all(|span| span.slice(&hit.text).is_some()));
            hits.push((call.call_no, hit.utterance));
        }
    }
    assert_eq!(hits.len(), results.total_hits);
    hits.sort();
    hits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_part_of_every_text_is_found(which in 0usize..2, call in 0..CALLS, utterance in 0..UTTERANCES, from in 0usize..40, n in 1usize..14) {
        let corpus = &CORPORA[which];
        let text = &corpus.texts[call][utterance];
        let from = from % text.chars().count();
        let part: String = text.chars().skip(from).take(n).collect();
        let found = lookup(corpus, &part);
        prop_assert_eq!(&found, &scan(corpus, &part), "{}", part);
        prop_assert!(found.contains(&(call as u64 + 1, utterance)) || skeleton(&part).text.is_empty(), "{}", part);
        // Nor is it lost among other words and sound-alikes; parts of numbers have to be quoted.
        if number::find(&part).is_empty() && !skeleton(&part).text.is_empty() {
            let options = SearchOptions { limit: usize::MAX, or_alike: true, ..SearchOptions::default() };
            let results = corpus.index.search(&Query::Text(TextTerm::new(part.as_str())), &options).unwrap();
            let own = results.calls.iter().find(|found| found.call_no == call as u64 + 1).unwrap();
            prop_assert_eq!(own.how, How::Exact);
            for hit in results.calls.iter().flat_map(|call| &call.hits) {
                prop_assert!(hit.highlights.iter().all(|span| span.slice(&hit.text).is_some_and(|s| !s.is_empty())));
            }
        }
    }

    #[test]
    fn parts_put_together_are_found_where_they_stand(which in 0usize..2, parts in proptest::collection::vec(0..PARTS.len(), 1..4)) {
        let corpus = &CORPORA[which];
        let text: String = parts.iter().map(|i| PARTS[*i]).collect();
        prop_assert_eq!(lookup(corpus, &text), scan(corpus, &text), "{}", text);
    }
}
