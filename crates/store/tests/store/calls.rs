//! Single calls: names, sources, failures, changes, deletion.

use hotline_model::{CallId, CallMeta, Satisfaction};
use hotline_store::{Resolved, StoreError};

use crate::arbitrary::plain;
use crate::{new_store, save_all};

#[test]
fn a_second_path_of_the_same_call_is_noted_beside_the_first() {
    let (_folder, store) = new_store();
    let first = store.save(&plain(1)).unwrap();
    let mut copy = plain(1);
    copy.call.source = "elsewhere/copy.wav".into();
    let second = store.save(&copy).unwrap();
    assert!(second.unchanged);
    assert_eq!(second.change, first.change);
    assert_eq!(store.record(&copy.call.id).unwrap(), Some(plain(1)));
    assert_eq!(store.sources(&copy.call.id).unwrap(), ["in/0001.wav", "elsewhere/copy.wav"]);
    assert_eq!(store.resolve("copy").unwrap(), Resolved::One(copy.call.id));
}

#[test]
fn the_first_of_equal_recordings_does_not_show_in_the_fingerprint() {
    let mut copy = plain(1);
    copy.call.source = "elsewhere/copy.wav".into();
    let print = |records: [&hotline_model::CallRecord; 2]| {
        let (_folder, store) = new_store();
        save_all(&store, records.into_iter().cloned());
        store.fingerprint().unwrap()
    };
    assert_eq!(print([&plain(1), &copy]), print([&copy, &plain(1)]));
    assert_ne!(print([&plain(1), &copy]), print([&plain(1), &plain(1)]));
}

#[test]
fn a_person_names_a_call_in_many_ways() {
    let (_folder, store) = new_store();
    let ids: Vec<CallId> = (1..=40).map(|n| plain(n).call.id).collect();
    save_all(&store, (1..=40).map(plain));
    let mut same_name = plain(41);
    same_name.call.source = r"other\0007.wav".into();
    store.save(&same_name).unwrap();

    let one = |text: &str| match store.resolve(text).unwrap() {
        Resolved::One(id) => Some(id),
        _ => None,
    };
    assert_eq!(one(ids[4].as_str()), Some(ids[4].clone()));
    assert_eq!(one(&ids[4].as_str().to_uppercase()), Some(ids[4].clone()));
    assert_eq!(one(ids[4].short()), Some(ids[4].clone()));
    assert_eq!(one("in/0005.wav"), Some(ids[4].clone()));
    assert_eq!(one(" 0005.wav "), Some(ids[4].clone()));
    assert_eq!(one("0005"), Some(ids[4].clone()));
    assert_eq!(one("in/0007.wav"), Some(ids[6].clone()));
    let mut both = vec![ids[6].clone(), same_name.call.id];
    both.sort();
    assert_eq!(store.resolve("0007").unwrap(), Resolved::Many(both));
    for unknown in ["", "5", &ids[4].as_str()[..3], "%", "zzzz", "0005.mp3"] {
        assert_eq!(store.resolve(unknown).unwrap(), Resolved::None, "{unknown:?}");
    }
}

#[test]
fn a_failure_counts_up_and_goes_when_its_recording_succeeds() {
    let (_folder, store) = new_store();
    let good = plain(1);
    store.record_failure(&good.call.source, None, "cannot be read").unwrap();
    store.record_failure(&good.call.source, Some("aa"), "empty").unwrap();
    store.record_failure("copy.wav", Some(&good.call.audio_sha256), "cut short").unwrap();
    store.record_failure("bad.wav", None, "no audio").unwrap();
    let failures = store.failures().unwrap();
    let seen: Vec<_> = failures.iter().map(|f| (f.source.as_str(), f.error.as_str(), f.attempts)).collect();
    assert_eq!(seen, [("bad.wav", "no audio", 1), ("copy.wav", "cut short", 1), ("in/0001.wav", "empty", 2)]);
    store.save(&good).unwrap();
    assert_eq!(store.failures().unwrap().iter().map(|f| f.source.as_str()).collect::<Vec<_>>(), ["bad.wav"]);
    assert!(store.forget_failure("bad.wav").unwrap());
    assert!(!store.forget_failure("bad.wav").unwrap());
}

#[test]
fn changes_are_told_once_in_order_and_deletions_too() {
    let (_folder, store) = new_store();
    let ids: Vec<CallId> = (0..4).map(|n| plain(n).call.id).collect();
    save_all(&store, (0..4).map(plain));
    assert_eq!(store.change().unwrap(), 4);
    let rated = CallMeta { satisfaction: Some(Satisfaction::Neutral), ..CallMeta::default() };
    let update = store.update_meta(&ids[0], &rated, "survey").unwrap();
    assert!(store.update_meta(&ids[0], &rated, "survey").unwrap().unchanged);
    assert!(store.delete(&ids[2]).unwrap());
    assert!(!store.delete(&ids[2]).unwrap());

    let told = |since, limit| {
        let changed = store.changed_since(since, limit).unwrap();
        changed.into_iter().map(|c| (c.change, c.call_id, c.deleted)).collect::<Vec<_>>()
    };
    let all = vec![
        (2, ids[1].clone(), false),
        (4, ids[3].clone(), false),
        (update.change, ids[0].clone(), false),
        (6, ids[2].clone(), true),
    ];
    assert_eq!(told(0, usize::MAX), all);
    assert_eq!(told(2, 2), all[1..3]);
    assert_eq!(told(6, 10), []);
    assert_eq!(told(u64::MAX, 10), []);

    let again = store.save(&plain(2)).unwrap();
    assert_eq!(again.call_no, 5, "the number of a deleted call is not given to another");
    assert_eq!(told(6, 10), [(7, ids[2].clone(), false)]);
    assert_eq!(store.call_id(5).unwrap(), Some(ids[2].clone()));
    assert_eq!(store.call_no(&ids[2]).unwrap(), Some(5));
    assert_eq!(store.call_id(3).unwrap(), None);
}

#[test]
fn nothing_of_a_deleted_call_stays_in_the_file() {
    let (folder, store) = new_store();
    let mut secret = plain(1);
    secret.transcript.utterances[0].text = "我的卡号是六二二八四八".into();
    secret.call.meta.customer_number = Some("19912345678".into());
    secret.transcript.provenance.model = "only-this-one.bin".into();
    store.save(&secret).unwrap();
    store.save(&plain(2)).unwrap();
    store.delete(&secret.call.id).unwrap();
    let path = store.path().to_owned();
    drop(store);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files, std::slice::from_ref(&path), "the log is gone with the last connection");
    let bytes = std::fs::read(path).unwrap();
    for trace in ["六二二八四八", "19912345678", "only-this-one"] {
        assert!(!bytes.windows(trace.len()).any(|window| window == trace.as_bytes()), "{trace} is still there");
    }
}

#[test]
fn what_is_not_there_is_said_so() {
    let (_folder, store) = new_store();
    let id = plain(1).call.id;
    assert_eq!(store.record(&id).unwrap(), None);
    assert_eq!(store.processed_with(&id).unwrap(), None);
    assert_eq!(store.facts(&id).unwrap(), None);
    assert!(!store.contains(&id).unwrap());
    assert!(matches!(store.update_meta(&id, &CallMeta::default(), ""), Err(StoreError::UnknownCall { .. })));
    let card = plain(1).score_card;
    assert!(matches!(store.save_judgement(&id, &[], &card, &Default::default()), Err(StoreError::UnknownCall { .. })));
}

#[test]
fn the_same_audio_under_other_metadata_is_found() {
    let (_folder, store) = new_store();
    let one = plain(1);
    let mut two = plain(1);
    two.call.meta.agent_id = Some("B2".into());
    two.call.id = CallId::derive(b"whatever", &two.call.meta);
    store.save(&one).unwrap();
    store.save(&two).unwrap();
    assert_eq!(store.calls_with_audio(&one.call.audio_sha256).unwrap(), [one.call.id, two.call.id]);
    assert_eq!(store.calls_with_audio("00").unwrap(), []);
}

#[test]
fn stats_add_up() {
    let (_folder, store) = new_store();
    let empty = store.stats().unwrap();
    assert_eq!((empty.calls, empty.audio_ms, empty.first_started_at, empty.change), (0, 0, None, 0));
    save_all(&store, (1..=3).map(plain));
    let mut copy = plain(9);
    copy.call.meta.variant_of = Some("0001.wav".into());
    store.save(&copy).unwrap();
    store.record_failure("bad.wav", None, "no audio").unwrap();
    let stats = store.stats().unwrap();
    assert_eq!((stats.calls, stats.variants, stats.utterances, stats.failures), (4, 1, 4, 1));
    assert_eq!((stats.audio_ms, stats.change, stats.schema_version), (240_000, 4, 5));
    assert_eq!(stats.first_started_at, plain(1).call.meta.started_at);
    assert_eq!(stats.last_started_at, copy.call.meta.started_at);
    assert!(stats.db_bytes > 0);
}
