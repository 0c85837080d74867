//! A file of every released schema version still opens, and says the same as on the day it was written.
//!
//! `fixtures/vN.db` is a store as schema version N wrote it; `fixtures/vN.json` holds its records. Neither is ever changed.

use std::fs;
use std::path::{Path, PathBuf};

use hotline_model::{
    Acoustics, CallIssue, CallRecord, Channel, ChannelAcoustics, Complaint, Deduction, Evidence, FollowUp, Gap,
    GapReason, IssueKind, Matched, Moment, Outcome, Promise, Quote, Satisfaction, ScoreCard, SecondListen, Severity,
    TextSpan, TimeSpan,
};
use hotline_store::{Store, StoreError};

use crate::arbitrary::plain;

/// The newest schema version.
const NEWEST: u32 = 5;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/fixtures").join(name)
}

#[test]
fn stores_of_all_versions_open_with_all_they_held() {
    for version in 1..=NEWEST {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        fs::copy(fixture(&format!("v{version}.db")), &path).unwrap();
        if version < NEWEST {
            assert!(matches!(Store::open_read_only(&path), Err(StoreError::Older { .. })), "v{version}");
        }
        let store = Store::open(&path).unwrap();
        assert_eq!(store.stats().unwrap().schema_version, NEWEST);
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
        let json = fs::read_to_string(fixture(&format!("v{version}.json"))).unwrap();
        let records: Vec<CallRecord> = serde_json::from_str(&json).unwrap();
        assert_eq!(store.call_ids().unwrap().len(), records.len());
        for record in records {
            assert_eq!(store.record(&record.call.id).unwrap().as_ref(), Some(&record), "v{version}");
            assert!(store.save(&record).unwrap().unchanged, "v{version}");
        }
        assert_eq!(store.failures().unwrap().len(), 1);
        // Since version 3.
        let saved = store.saved_searches().unwrap();
        assert_eq!(saved.iter().map(|s| (s.calls, s.new)).collect::<Vec<_>>(), vec![(2, 2); usize::from(version >= 3)]);
        assert_eq!(store.changed_since(0, 100).unwrap().iter().filter(|c| c.deleted).count(), 1);
    }
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    drop(Store::open(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", NEWEST + 1).unwrap();
    drop(raw);
    let before = fs::read(&path).unwrap();
    for opened in [Store::open(&path), Store::open_read_only(&path)] {
        match opened {
            Err(error @ StoreError::Newer { found, known, .. }) => {
                assert_eq!((found, known), (NEWEST + 1, NEWEST));
                assert!(error.to_string().contains("update hotline"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Writes the fixture of the newest version. Run it once, when that version is released:
/// `cargo test -p hotline-store --test store -- --ignored write_fixture`.
#[test]
#[ignore = "writes a fixture; only for a new schema version that has none"]
fn write_fixture() {
    let path = fixture(&format!("v{NEWEST}.db"));
    if path.exists() {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let store = Store::open(&path).unwrap();
    store.save(&full()).unwrap();
    store.save(&plain(2)).unwrap();
    store.save(&plain(3)).unwrap();
    store.delete(&plain(3).call.id).unwrap();
    store.record_failure("in/broken.wav", None, "empty file").unwrap();
    let rated = hotline_model::CallMeta { satisfaction: Some(Satisfaction::Neutral), ..Default::default() };
    store.update_meta(&plain(2).call.id, &rated, "survey").unwrap();
    let search = store.save_search("退款", "退款 OR 退钱", "{}", true, "qa").unwrap();
    store.answer_search(search, &[1, 2]).unwrap();
    let records: Vec<CallRecord> =
        store.call_ids().unwrap().iter().map(|id| store.record(id).unwrap().unwrap()).collect();
    fs::write(path.with_extension("json"), serde_json::to_string_pretty(&records).unwrap()).unwrap();
    drop(store);
    // Small pages make a small file.
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM").unwrap();
}

/// A record with something in every field.
fn full() -> CallRecord {
    let mut record = plain(1);
    let text = str::to_owned;
    record.call.meta.agent_name = Some(text("林晓燕"));
    record.call.meta.satisfaction = Some(Satisfaction::Dissatisfied);
    record.call.meta.answered_after_s = Some(4.1);
    record.call.meta.variant_of = Some(text("0000.wav"));
    record.call.meta.extra.insert(text("工单号"), text("T-17"));
    record.transcript.utterances[0].raw_text = text("您好 很高興為您服務");
    let quote = Quote {
        utterance: 0,
        text: TextSpan::new(0, 6),
        time: TimeSpan::from_ms(0, 540),
        channel: Channel::Agent,
        words: text("您好"),
        matched: Matched::Phonetic { heard: text("您号"), meant: text("您好"), distance: 0.25 },
    };
    record.transcript.second_listens = vec![SecondListen {
        utterance: 0,
        text: TextSpan::new(0, 6),
        heard: text("您好"),
        meant: text("您号"),
        log_ratio: -7.5,
    }];
    record.findings[0].evidence = vec![
        Evidence::Quote(quote.clone()),
        Evidence::Interval {
            time: TimeSpan::from_ms(5_000, 17_250),
            channel: None,
            measure: text("silence"),
            value: 12.25,
            unit: text("s"),
        },
        Evidence::Absence {
            searched: TimeSpan::from_ms(0, 15_000),
            channel: Channel::Agent,
            wanted: text("欢迎致电"),
            best: Some(quote),
        },
        Evidence::Metadata { field: text("hangup_by"), value: text("agent") },
    ];
    record.findings[0].outcome = Outcome::Violated;
    record.transcript.gaps.push(Gap {
        channel: Channel::Customer,
        span: TimeSpan::from_ms(20_000, 22_000),
        reason: GapReason::Boilerplate,
        rejected_text: text("字幕由志愿者提供"),
    });
    record.acoustics = Acoustics {
        channels: vec![ChannelAcoustics {
            channel: Channel::Agent,
            voiced: vec![TimeSpan::from_ms(0, 1_800), TimeSpan::from_ms(30_000, 31_000)],
            speech_dbfs: -23.5,
            peak_dbfs: -3.25,
            clipped: 0.001,
        }],
    };
    record.metrics.agent_chars_per_min = Some(221.7);
    let deduction =
        Deduction { rule: text("greeting"), clause: text("REQ-01"), severity: Severity::Slight, points: 2.5, times: 1 };
    record.score_card = ScoreCard::sum(text("starter"), text("1"), 80.0, 110.0, vec![deduction], 1);
    record.complaint = Some(Complaint { matter: Some(text("断网三天")), ..Complaint::default() });
    record.follow_up = Some(FollowUp {
        matter: Some(text("过户材料")),
        promised_time: Some(text("明天中午之前")),
        promise: Some(Promise::Days { days: 1, until: Moment::Minute(12 * 60) }),
        begins: Some(0),
        ..FollowUp::default()
    });
    record.issues.push(CallIssue { kind: IssueKind::Audio, message: text("clipped for 0.2 s") });
    record
}
