//! Searches over a few calls, from case files, and what results hold.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hotline_index::{CallDocument, Flag, How, Index, IndexError, Order, SearchFilters, SearchOptions, Traits, parse};
use hotline_model::{CallId, CallMeta, Channel, Outcome, Severity, TimeSpan, Utterance};
use support::{calls, document, open, search, utterance};

fn lines(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn meta(text: &str) -> (CallMeta, Vec<&str>) {
    let (mut meta, mut violated) = (CallMeta::default(), Vec::new());
    for (key, value) in text.split(' ').map(|pair| pair.split_once('=').unwrap()) {
        let text = Some(value.to_owned());
        match key {
            "agent_id" => meta.agent_id = text,
            "agent_name" => meta.agent_name = text,
            "team" => meta.team = text,
            "hotline" => meta.hotline = text,
            "business_type" => meta.business_type = text,
            "started_at" => meta.started_at = value.parse().ok(),
            "direction" => meta.direction = value.parse().ok(),
            "satisfaction" => meta.satisfaction = value.parse().ok(),
            "violated" => violated = value.split(',').collect(),
            other => panic!("unknown {other}"),
        }
    }
    (meta, violated)
}

fn documents() -> Vec<CallDocument> {
    let mut made: BTreeMap<u64, (CallMeta, Vec<&str>, Vec<Utterance>)> = BTreeMap::new();
    for line in lines(include_str!("cases/calls.tsv")) {
        let call = made.entry(line[0].parse().unwrap()).or_default();
        match line.as_slice() {
            [_, text] => (call.0, call.1) = meta(text),
            [_, channel, start, text] => {
                let channel = if *channel == "agent" { Channel::Agent } else { Channel::Customer };
                call.2.push(utterance(channel, start.parse().unwrap(), text));
            }
            _ => panic!("{line:?}"),
        }
    }
    made.into_iter().map(|(no, (meta, violated, said))| document(no, meta, said, &violated)).collect()
}

static INDEX: LazyLock<(tempfile::TempDir, Index)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    index.apply(documents(), &[], 1).unwrap();
    (folder, index)
});

#[test]
fn other_words_and_sound_alikes_follow_what_was_typed() {
    let options = SearchOptions { or_alike: true, limit: usize::MAX, ..SearchOptions::default() };
    let mut wrong = Vec::new();
    for line in lines(include_str!("cases/alike.tsv")) {
        let results = INDEX.1.search(&parse(line[0]).unwrap(), &options).unwrap();
        let how = |how: How| match how {
            How::Exact => 'e',
            How::Variant => 'v',
            How::Alike => 'a',
        };
        let found: Vec<String> =
            results.calls.iter().map(|call| format!("{}{}", call.call_no, how(call.how))).collect();
        let marked: Vec<&str> = results
            .calls
            .iter()
            .flat_map(|call| &call.hits)
            .flat_map(|hit| hit.highlights.iter().map(|span| span.slice(&hit.text).unwrap()))
            .collect();
        let mut told = if found.is_empty() { "-".to_owned() } else { found.join(" ") };
        if line[1].contains('|') {
            told += &format!(" | {}", marked.join(" "));
        }
        if told != line[1] {
            wrong.push(format!("{}: expected {}, found {told}", line[0], line[1]));
        }
        let counted = results.exact_calls + results.variant_calls + results.alike_calls;
        assert_eq!(counted, results.total_calls, "{}", line[0]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nobody gets them who has not asked for them.
    assert!(calls(&INDEX.1, "滨海新区").is_empty());
}

#[test]
fn cases() {
    let index = &INDEX.1;
    let mut wrong = Vec::new();
    for line in lines(include_str!("cases/searches.tsv")) {
        let found = calls(index, line[0]).iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let found = if found.is_empty() { "-".to_owned() } else { found };
        let mut results = search(index, line[0]).calls;
        results.sort_by_key(|call| call.call_no);
        let marked: Vec<&str> = results
            .iter()
            .flat_map(|call| &call.hits)
            .flat_map(|hit| hit.highlights.iter().map(|span| span.slice(&hit.text).unwrap()))
            .collect();
        let marked_as_expected = line.get(2).is_none_or(|expected| *expected == marked.join(" "));
        if found != line[1] || !marked_as_expected {
            wrong.push(format!("{}: expected {:?}, found {found} {marked:?}", line[0], &line[1..]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_hit_tells_who_when_and_where() {
    let results = search(&INDEX.1, "光猫 不归我管");
    assert_eq!((results.total_calls, results.total_hits), (1, 2));
    let call = &results.calls[0];
    assert_eq!(call.file_name, "call-1.wav");
    assert_eq!(call.agent_name.as_deref(), Some("林晓"));
    let hit = &call.hits[0];
    assert_eq!((hit.utterance, hit.channel), (1, Channel::Customer));
    // 我家宽带断网了，光猫: eight characters at 200 ms before it, the comma counted.
    assert_eq!(hit.time, TimeSpan::from_ms(7600, 8000));
    assert_eq!(hit.utterance_time.start.ms, 6000);
    assert_eq!(call.hits[1].channel, Channel::Agent);
}

#[test]
fn a_call_without_a_word_still_comes_if_no_call_has_all() {
    let options = SearchOptions { or_alike: true, ..SearchOptions::default() };
    let results = INDEX.1.search(&parse("宽带 光猫 红灯 量子纠缠").unwrap(), &options).unwrap();
    assert!(results.partial && results.calls[0].call_no == 1, "{results:?}");
    assert!(!INDEX.1.search(&parse("宽带 光猫").unwrap(), &options).unwrap().partial);
}

#[test]
fn facets_count_all_calls_that_answer() {
    let options = SearchOptions { facets: true, limit: 1, ..SearchOptions::default() };
    let facets = INDEX.1.search(&parse("").unwrap(), &options).unwrap().facets.unwrap();
    let told = |counts: &[hotline_index::Count]| {
        counts.iter().map(|count| format!("{} {}", count.value, count.count)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(told(&facets.team), "一组 3, 二组 1");
    assert_eq!(told(&facets.agent), "1001 2, 1002 1, 1003 1");
    assert_eq!(told(&facets.flag), "FRB-02 2, REQ-04 1");
    assert_eq!(told(&facets.satisfaction), "dissatisfied 1, satisfied 1");
    assert_eq!(told(&facets.complaint), "false 4");
    assert_eq!(told(&facets.role), "");
    let facets = INDEX.1.search(&parse("宽带 OR 喂").unwrap(), &options).unwrap().facets.unwrap();
    assert_eq!((told(&facets.role), told(&facets.business)), ("agent 2, customer 1".into(), "套餐 1, 宽带 1".into()));
}

#[test]
fn pages_do_not_shift_while_calls_come_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    index.apply((1..=25).map(|no| support::monologue(no, &["宽带断网", "再见"])), &[], 1).unwrap();
    for order in [Order::Best, Order::Newest, Order::Oldest, Order::Certainty, Order::Severity] {
        let (mut seen, mut after) = (Vec::new(), None);
        for page in 0..40 {
            let options = SearchOptions { limit: 10, order, after: after.take(), ..SearchOptions::default() };
            let results = index.search(&parse("宽带").unwrap(), &options).unwrap();
            seen.extend(results.calls.iter().map(|call| call.call_no));
            // More calls, which change what the words weigh, and an older call edited.
            let new = 1000 + page * 10 + order as u64 * 1000;
            index.apply((new..new + 5).map(|no| support::monologue(no, &["宽带"])), &[], 1).unwrap();
            index.apply([support::monologue(1, &["宽带断网", "再见"])], &[], 1).unwrap();
            after = results.next;
            if after.is_none() {
                break;
            }
        }
        assert!(after.is_none(), "{order:?}: pages without end");
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), seen.len(), "{order:?}: a call came twice");
        assert!((1..=25).all(|no| seen.contains(&no)), "{order:?}: a call was left out: {seen:?}");
    }
    let options = SearchOptions { after: Some("nonsense".into()), ..SearchOptions::default() };
    assert!(matches!(index.search(&parse("宽带").unwrap(), &options), Err(IndexError::Cursor(_))));
}

#[test]
fn orders_by_certainty_and_severity() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    let traits = |severity, score| Traits {
        flags: vec![Flag { rule: "r".into(), clause: "FRB-01".into(), outcome: Outcome::Violated, severity }],
        score: Some(score),
        complaint: true,
        longest_silence_ms: 12_000,
        silence_ms: 3_000,
    };
    let sure = |no: u64, confidence: f32| {
        let mut call = support::monologue(no, &["我要投诉"]);
        call.utterances[0].confidence = confidence;
        call
    };
    let calls = [
        CallDocument { traits: traits(Severity::Slight, 70.0), ..sure(1, 0.95) },
        CallDocument { traits: traits(Severity::Fatal, 60.0), ..sure(2, 0.5) },
        CallDocument { traits: traits(Severity::Fatal, 40.0), ..sure(3, 0.7) },
        sure(4, 0.9),
    ];
    index.apply(calls, &[], 1).unwrap();
    let order = |order| {
        let options = SearchOptions { order, ..SearchOptions::default() };
        let results = index.search(&parse("投诉").unwrap(), &options).unwrap();
        results.calls.iter().map(|call| call.call_no).collect::<Vec<_>>()
    };
    assert_eq!(order(Order::Certainty), [1, 4, 3, 2]);
    assert_eq!(order(Order::Severity), [3, 2, 1, 4]);
    for (query, expected) in [
        ("score:<65", vec![2, 3]),
        ("score:60..70", vec![1, 2]),
        ("complaint:true", vec![1, 2, 3]),
        ("complaint:false", vec![4]),
        ("silence:>10s", vec![1, 2, 3]),
        ("silence:>=12s", vec![1, 2, 3]),
        ("silence:>12s", vec![]),
        ("silence:>50%", vec![1, 2, 3]),
        ("duration:>1m", vec![]),
        ("flag:FRB-01 -score:<65", vec![1]),
    ] {
        assert_eq!(calls_of(&index, query, &[]), expected, "{query}");
    }
    assert_eq!(calls_of(&index, "reviewed:true", &[2, 4]), [2, 4]);
    assert_eq!(calls_of(&index, "reviewed:false 投诉", &[2, 4]), [1, 3]);
    assert_eq!(calls_of(&index, "-reviewed:true", &[]), [1, 2, 3, 4]);
}

fn calls_of(index: &Index, query: &str, reviewed: &[u64]) -> Vec<u64> {
    let reviewed = reviewed.iter().map(|no| CallId::from_stored(format!("{no:032x}"))).collect();
    let options = SearchOptions { reviewed, ..SearchOptions::default() };
    let results = index.search(&parse(query).unwrap(), &options).unwrap();
    let mut found: Vec<u64> = results.calls.iter().map(|call| call.call_no).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_copy_of_a_call_is_no_result_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    let mut copy = support::monologue(2, &["宽带断网"]);
    copy.call.meta.variant_of = Some("call-1".into());
    index.apply([support::monologue(1, &["宽带断网"]), copy], &[], 1).unwrap();
    assert_eq!(calls(&index, "断网"), [1]);
    assert_eq!(calls(&index, ""), [1]);
    let options = SearchOptions { copies: true, ..SearchOptions::default() };
    assert_eq!(index.search(&parse("断网").unwrap(), &options).unwrap().total_calls, 2);
}

#[test]
fn calls_about_the_same_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    let said = [
        ["我家宽带断网了，光猫一直亮红灯", "师傅上门维修"],
        ["宽带又断网，光猫红灯闪", "请师傅上门维修"],
        ["社保公积金怎么提取", "带身份证到窗口办理"],
        ["您好，请问有什么可以帮您", "感谢来电，再见"],
    ];
    index.apply((1..).zip(&said).map(|(no, said)| support::monologue(no, said)), &[], 1).unwrap();
    let id = CallId::from_stored(format!("{:032x}", 1));
    let like = index.like(&id, &SearchOptions::default()).unwrap().unwrap();
    assert_eq!(like.calls.iter().map(|call| call.call_no).collect::<Vec<_>>(), [2]);
    assert!(like.words.iter().any(|word| word == "光猫"), "{:?}", like.words);
    let hit = &like.calls[0].hits[0];
    assert!(hit.highlights.iter().any(|span| span.slice(&hit.text) == Some("光猫")));
    assert_eq!(index.like(&CallId::from_stored("0"), &SearchOptions::default()).unwrap(), None);
}

#[test]
fn whole_words_rank_before_chance_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    // 网络 as a word, and across the words 联网 and 络绎不绝.
    let said = ["请联网络绎不绝", "我家网络坏了", "没有关系"];
    let made = said.iter().enumerate().map(|(i, text)| support::monologue(i as u64 + 1, &[text]));
    index.apply(made, &[], 1).unwrap();
    let order: Vec<u64> = search(&index, "网络").calls.iter().map(|call| call.call_no).collect();
    assert_eq!(order, [2, 1]);
}

#[test]
fn filters_of_the_options_count_too() {
    let index = &INDEX.1;
    let with = |filters: SearchFilters| {
        let options = SearchOptions { filters, ..SearchOptions::default() };
        let mut found: Vec<u64> = index
            .search(&parse("宽带 OR 投诉 OR 喂").unwrap(), &options)
            .unwrap()
            .calls
            .iter()
            .map(|call| call.call_no)
            .collect();
        found.sort();
        found
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(with(SearchFilters::default()), [1, 2, 3]);
    assert_eq!(with(SearchFilters { team: text("一组"), ..SearchFilters::default() }), [1, 3]);
    assert_eq!(with(SearchFilters { channel: Some(Channel::Customer), ..SearchFilters::default() }), [1]);
    assert_eq!(with(SearchFilters { clause: text("REQ-04"), ..SearchFilters::default() }), [3]);
    let from = "2026-10-08T15:59:00Z".parse().ok();
    let to = "2026-10-08T16:30:00Z".parse().ok();
    assert_eq!(with(SearchFilters { from, to, ..SearchFilters::default() }), [2]);
    let both = SearchFilters { channel: Some(Channel::Agent), ..SearchFilters::default() };
    let options = SearchOptions { filters: both, ..SearchOptions::default() };
    assert_eq!(index.search(&parse("cust:投诉").unwrap(), &options).unwrap().total_calls, 0);
}

#[test]
fn pages_and_orders() {
    let index = &INDEX.1;
    let page = |order, offset, limit| {
        let options = SearchOptions { order, offset, limit, ..SearchOptions::default() };
        let results = index.search(&parse("").unwrap(), &options).unwrap();
        assert_eq!(results.total_calls, 4);
        results.calls.iter().map(|call| call.call_no).collect::<Vec<_>>()
    };
    assert_eq!(page(Order::Newest, 0, 10), [3, 2, 1, 4]);
    assert_eq!(page(Order::Oldest, 0, 10), [1, 2, 3, 4]);
    assert_eq!(page(Order::Oldest, 1, 2), [2, 3]);
    assert_eq!(page(Order::Oldest, 9, 2), Vec::<u64>::new());
}
