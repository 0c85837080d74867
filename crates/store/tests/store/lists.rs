//! Facts: filters, order, counts.

use hotline_model::{CallRecord, Channel, Finding, Gap, GapReason, Outcome, TimeSpan};
use hotline_store::{CallFilter, CallOrder, Store};

use crate::arbitrary::plain;
use crate::new_store;

/// Ten calls, a minute apart, of two agents and teams; the third violates FRB-04, the fifth is undecided on it, the seventh is a
/// copy, the ninth has no start.
fn filled() -> (tempfile::TempDir, Store) {
    let (folder, store) = new_store();
    for n in 0..10 {
        store.save(&one_of_ten(n)).unwrap();
    }
    (folder, store)
}

fn one_of_ten(n: u32) -> CallRecord {
    let mut record = plain(n);
    let meta = &mut record.call.meta;
    meta.agent_id = Some(if n.is_multiple_of(2) { "A1" } else { "B2" }.into());
    meta.agent_name = Some(if n.is_multiple_of(2) { "林晓燕" } else { "周建军" }.into());
    meta.team = Some(if n < 5 { "一组" } else { "二组" }.into());
    meta.hotline = Some("12345".into());
    meta.business_type = (n == 4).then(|| "宽带".into());
    meta.variant_of = (n == 7).then(|| "0001.wav".into());
    if n == 9 {
        meta.started_at = None;
    }
    let outcome = match n {
        3 => Outcome::Violated,
        5 => Outcome::Undecided,
        _ => Outcome::NotApplicable,
    };
    record.findings.push(Finding {
        rule: "curt".into(),
        clause: "FRB-04".into(),
        outcome,
        ..record.findings[0].clone()
    });
    record.score_card.score = if n == 3 { 60.0 } else { 80.0 };
    record
}

/// The numbers of the calls that pass.
fn numbers(store: &Store, filter: &CallFilter) -> Vec<u32> {
    let name = |f: hotline_model::CallFacts| f.call.file_name()[..4].parse().unwrap();
    store.call_facts(filter).unwrap().into_iter().map(name).collect()
}

#[test]
fn every_filter_keeps_what_it_says() {
    let (_folder, store) = filled();
    let at = |n: u32| plain(n).call.meta.started_at;
    let text = |text: &str| Some(text.to_owned());
    let all = CallFilter::default;
    let cases: Vec<(CallFilter, &[u32])> = vec![
        (all(), &[9, 0, 1, 2, 3, 4, 5, 6, 8]),
        (CallFilter { include_variants: true, ..all() }, &[9, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (CallFilter { from: at(2), to: at(4), ..all() }, &[2, 3]),
        (CallFilter { from: at(6), ..all() }, &[6, 8]),
        (CallFilter { to: at(0), ..all() }, &[]),
        (CallFilter { agent: text("B2"), ..all() }, &[9, 1, 3, 5]),
        (CallFilter { agent: text("林晓燕"), ..all() }, &[0, 2, 4, 6, 8]),
        (CallFilter { team: text("二组"), ..all() }, &[9, 5, 6, 8]),
        (CallFilter { hotline: text("110"), ..all() }, &[]),
        (CallFilter { business: text("宽带"), ..all() }, &[4]),
        (CallFilter { outcome: Some(Outcome::Violated), ..all() }, &[3]),
        (CallFilter { outcome: Some(Outcome::Undecided), ..all() }, &[5]),
        (CallFilter { outcome: Some(Outcome::Met), limit: Some(2), ..all() }, &[9, 0]),
        (
            CallFilter { clause: text("FRB-04"), outcome: Some(Outcome::NotApplicable), team: text("一组"), ..all() },
            &[0, 1, 2, 4],
        ),
        (CallFilter { clause: text("REQ-01"), outcome: Some(Outcome::Violated), ..all() }, &[]),
        (CallFilter { clause: text("REQ-01"), order: CallOrder::NewestFirst, limit: Some(3), ..all() }, &[8, 6, 5]),
        (CallFilter { order: CallOrder::WorstFirst, limit: Some(3), ..all() }, &[3, 9, 0]),
        (CallFilter { agent: text("' OR 1=1 --"), ..all() }, &[]),
    ];
    for (filter, wanted) in cases {
        assert_eq!(numbers(&store, &filter), wanted, "{filter:?}");
    }
}

#[test]
fn windows_that_touch_share_the_calls_out() {
    let (_folder, store) = new_store();
    let cut = plain(0).call.meta.started_at.unwrap();
    for (n, ns) in [(1, -1), (2, 0), (3, 1), (4, 999_999), (5, 1_000_000)] {
        let mut record = plain(n);
        record.call.meta.started_at = Some(cut + jiff::SignedDuration::from_nanos(ns));
        store.save(&record).unwrap();
    }
    let before = numbers(&store, &CallFilter { to: Some(cut), ..CallFilter::default() });
    let after = numbers(&store, &CallFilter { from: Some(cut), ..CallFilter::default() });
    assert_eq!(before, [1]);
    assert_eq!(after.len(), 4);
}

#[test]
fn findings_follow_their_calls_and_the_filter() {
    let (_folder, store) = filled();
    let filter = CallFilter { team: Some("二组".into()), ..CallFilter::default() };
    let findings = store.finding_facts(&filter).unwrap();
    let rules: Vec<&str> = findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["greeting", "curt"].repeat(4));
    assert_eq!(findings[0].call_id, one_of_ten(9).call.id);
    let newest = CallFilter { order: CallOrder::NewestFirst, limit: Some(3), ..CallFilter::default() };
    let ids: Vec<_> = store.finding_facts(&newest).unwrap().into_iter().map(|f| f.call_id).collect();
    assert_eq!(ids, [8, 8, 6].map(|n| one_of_ten(n).call.id), "a limit counts findings, not calls");
    let undecided = CallFilter { outcome: Some(Outcome::Undecided), ..CallFilter::default() };
    let findings = store.finding_facts(&undecided).unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].clause.as_str(), &findings[0].call_id), ("FRB-04", &one_of_ten(5).call.id));
}

#[test]
fn facts_count_what_the_record_holds() {
    let (_folder, store) = new_store();
    let mut record = one_of_ten(3);
    let utterance = record.transcript.utterances[0].clone();
    record.transcript.utterances.push(hotline_model::Utterance { confidence: 0.5, ..utterance });
    for (start, end) in [(0, 1_500), (9_000, 9_500)] {
        let span = TimeSpan::from_ms(start, end);
        record.transcript.gaps.push(Gap {
            channel: Channel::Customer,
            span,
            reason: GapReason::Loop,
            rejected_text: "啊啊".into(),
        });
    }
    record.metrics.agent_ms = 1_234;
    store.save(&record).unwrap();
    let facts = store.facts(&record.call.id).unwrap().unwrap();
    assert_eq!(facts.call, record.call);
    assert_eq!((facts.violations, facts.undecided, facts.utterances, facts.gap_ms), (1, 0, 2, 2_000));
    assert_eq!((facts.score, facts.grade, facts.rule_set_version.as_str()), (60.0, record.score_card.grade, "1"));
    assert_eq!(facts.metrics, record.metrics);
    assert!((facts.confidence.unwrap() - 0.7).abs() < 1e-6);

    record.transcript.utterances.clear();
    record.findings.clear();
    store.save(&record).unwrap();
    let facts = store.facts(&record.call.id).unwrap().unwrap();
    assert_eq!((facts.violations, facts.utterances, facts.confidence), (0, 0, None));
}
