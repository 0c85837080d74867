//! Searches over a few calls, from case files, and what results hold.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hotline_index::{CallDocument, Index, Order, SearchFilters, SearchOptions, parse};
use hotline_model::{CallMeta, Channel, TimeSpan, Utterance};
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
fn what_sounds_alike_is_the_last_resort_and_said_so() {
    let options = SearchOptions { or_alike: true, limit: usize::MAX, ..SearchOptions::default() };
    let mut wrong = Vec::new();
    for line in lines(include_str!("cases/alike.tsv")) {
        let results = INDEX.1.search(&parse(line[0]).unwrap(), &options).unwrap();
        let mut found: Vec<u64> = results.calls.iter().map(|call| call.call_no).collect();
        found.sort();
        let found = found.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let found = if found.is_empty() { "-" } else { &found };
        let how = if results.alike { "alike" } else { "exact" };
        let hits = results.calls.iter().flat_map(|call| &call.hits).filter(|hit| hit.alike).count().to_string();
        if [how, found, hits.as_str()] != line[1..] {
            wrong.push(format!("{}: expected {:?}, found {how} {found} {hits}", line[0], &line[1..]));
        }
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
