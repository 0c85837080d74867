//! Topics of typed calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

use hotline_text::Lexicon;
use hotline_topics::{Level, Remark, TermKind, TopicCall, TopicSettings, Topics, Window, topics};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
struct Typed {
    calls: Vec<TypedCall>,
}

#[derive(Deserialize)]
struct TypedCall {
    id: String,
    day: i64,
    caller: Option<String>,
    said: Vec<String>,
}

fn monday() -> Timestamp {
    "2026-10-05T00:00:00+08:00".parse().unwrap()
}

fn day(n: i64) -> Timestamp {
    monday() + SignedDuration::from_hours(24 * n)
}

fn window() -> Window {
    Window { before: day(-28), start: day(0), end: day(7) }
}

fn calls() -> Vec<TopicCall> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls.json");
    let typed: Typed = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let call = |typed: TypedCall| TopicCall {
        call: typed.id,
        started_at: day(typed.day) + SignedDuration::from_hours(9),
        caller: typed.caller,
        remarks: (typed.said.into_iter().enumerate())
            .map(|(utterance, text)| Remark { utterance, start_ms: utterance as u32 * 5000, text })
            .collect(),
    };
    typed.calls.into_iter().map(call).collect()
}

fn found(calls: &[TopicCall]) -> Topics {
    topics(calls, window(), &Lexicon::built_in(), &TopicSettings::default())
}

#[test]
fn what_rises_is_found_and_what_always_is_there_is_not() {
    let topics = found(&calls());
    assert_eq!((topics.calls, topics.calls_before), (6, 8));
    let rising: Vec<&str> = topics.rising.iter().map(|term| term.term.as_str()).collect();
    assert!(rising.iter().any(|term| term.contains("断网")), "{rising:?}");
    assert!(!rising.iter().any(|term| term.contains("话费") || term.contains("套餐")), "{rising:?}");
    for term in &topics.rising {
        assert!(term.share > term.share_before.unwrap() && term.g2.unwrap() >= Level::Five.least(), "{term:?}");
    }
    let broken = topics.rising.iter().find(|term| term.term.contains("断网")).unwrap();
    assert_eq!((broken.calls, broken.calls_before), (4, 0));
    assert_eq!(broken.examples[0], "w4", "the newest first");
    assert!(
        topics.frequent.iter().any(|term| term.term == "宽带断网" && term.kind == TermKind::Phrase),
        "{:?}",
        topics.frequent
    );
}

#[test]
fn a_part_of_a_longer_term_says_nothing_more() {
    let topics = found(&calls());
    for list in [&topics.rising, &topics.frequent] {
        for term in list {
            let longer = list.iter().filter(|other| other.term != term.term && other.term.contains(&term.term));
            for other in longer {
                assert_ne!(
                    (other.calls, &other.examples),
                    (term.calls, &term.examples),
                    "{} {}",
                    term.term,
                    other.term
                );
            }
        }
    }
}

#[test]
fn placeholders_are_no_words() {
    let topics = found(&calls());
    let all = topics.rising.iter().chain(&topics.frequent);
    for term in all {
        assert!(!term.term.contains("姓名") && !term.term.contains('〔'), "{term:?}");
    }
}

#[test]
fn sentences_that_say_the_same_are_one_group() {
    let topics = found(&calls());
    let group = &topics.groups[0];
    assert!(group.representative.text.contains("断网"), "{group:?}");
    let members: Vec<&str> = group.members.iter().map(|said| said.call.as_str()).collect();
    let pair = ["w1", "w3"];
    assert!(pair.iter().all(|call| group.representative.call == *call || members.contains(call)), "{group:?}");
    assert!(group.words.iter().any(|word| word == "断网" || word == "宽带"), "{group:?}");
    for group in &topics.groups {
        assert!(group.calls >= 2 && group.sentences > group.members.len().min(1), "{group:?}");
        let said = group.members.iter().chain([&group.representative]);
        assert!(said.clone().all(|said| !said.call.starts_with('b')), "only the week: {group:?}");
        assert!(said.clone().all(|said| said.text.chars().count() >= 6), "{group:?}");
    }
}

#[test]
fn callers_who_call_again() {
    let topics = found(&calls());
    let again: Vec<(&str, Vec<&str>)> = (topics.callers.iter())
        .map(|caller| (caller.caller.as_str(), caller.calls.iter().map(|call| call.call.as_str()).collect()))
        .collect();
    // 0004 called a fortnight before: not again. 0007 is written in two ways.
    assert_eq!(again, [("19900000007", vec!["b7", "w1"]), ("19900000008", vec!["w2", "w3"])]);
    assert_eq!((topics.known_callers, topics.again), (6, 2));
    assert_eq!(topics.again_share, Some(2.0 / 6.0));
    let week: Vec<bool> = topics.callers[0].calls.iter().map(|call| call.this_week).collect();
    assert_eq!(week, [false, true]);
}

#[test]
fn the_order_of_the_calls_does_not_matter() {
    let mut calls = calls();
    let first = serde_json::to_string(&found(&calls)).unwrap();
    calls.reverse();
    assert_eq!(first, serde_json::to_string(&found(&calls)).unwrap());
    calls.swap(2, 7);
    assert_eq!(first, serde_json::to_string(&found(&calls)).unwrap());
}

#[test]
fn without_weeks_before_nothing_rises_and_without_calls_there_is_nothing() {
    let week: Vec<TopicCall> = calls().into_iter().filter(|call| call.call.starts_with('w')).collect();
    let topics = found(&week);
    assert!(topics.rising.is_empty() && !topics.frequent.is_empty());
    assert!(topics.frequent.iter().all(|term| term.g2.is_none() && term.share_before.is_none()));
    let nothing = found(&[]);
    assert_eq!(nothing, Topics::default());
    assert_eq!(nothing.again_share, None);
}
