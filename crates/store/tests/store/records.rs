//! What is saved comes back, equal to the last bit.

use hotline_model::{CallRecord, Evidence, TimeSpan};
use hotline_store::{Store, StoreError};
use proptest::prelude::*;

use crate::arbitrary::{meta, plain, record, text};
use crate::{new_store, save_all};

/// The stored record of the same call.
fn held(store: &Store, record: &CallRecord) -> Option<CallRecord> {
    store.record(&record.call.id).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_saved_record_comes_back_equal(record in record()) {
        let (_folder, store) = new_store();
        store.save(&record).unwrap();
        prop_assert_eq!(held(&store, &record), Some(record.clone()));
        let with = store.processed_with(&record.call.id).unwrap().unwrap();
        prop_assert_eq!(with.provenance, record.transcript.provenance);
        prop_assert_eq!(with.rule_set_version, record.score_card.rule_set_version);
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn saving_again_changes_nothing_and_another_record_replaces(one in record(), two in record()) {
        let (_folder, store) = new_store();
        let first = store.save(&one).unwrap();
        prop_assert!(!first.replaced && !first.unchanged);
        let print = store.fingerprint().unwrap();
        let again = store.save(&one).unwrap();
        prop_assert!(again.unchanged && !again.replaced);
        prop_assert_eq!((again.call_no, again.change), (first.call_no, first.change));
        prop_assert_eq!(store.fingerprint().unwrap(), print.clone());

        let other = CallRecord { call: one.call.clone(), ..two };
        let replaced = store.save(&other).unwrap();
        prop_assert_eq!(replaced.unchanged, other == one);
        prop_assert_eq!(replaced.replaced, other != one);
        prop_assert_eq!(replaced.call_no, first.call_no);
        prop_assert_eq!(held(&store, &one), Some(other.clone()));
        prop_assert_eq!(store.fingerprint().unwrap() == print, other == one);
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_order_of_saving_does_not_show(records in proptest::collection::vec(record(), 1..5)) {
        let (_one, forward) = new_store();
        let (_two, backward) = new_store();
        save_all(&forward, records.iter().cloned());
        save_all(&backward, records.into_iter().rev());
        prop_assert_eq!(forward.fingerprint().unwrap(), backward.fingerprint().unwrap());
        let filter = hotline_store::CallFilter { include_variants: true, ..Default::default() };
        prop_assert_eq!(forward.finding_facts(&filter).unwrap(), backward.finding_facts(&filter).unwrap());
    }

    #[test]
    fn later_metadata_survives_processing_again(record in record(), later in meta(), origin in text()) {
        let (_folder, store) = new_store();
        store.save(&record).unwrap();
        store.update_meta(&record.call.id, &later, &origin).unwrap();
        let mut wanted = record.clone();
        wanted.call.meta.overlay(later);
        prop_assert_eq!(held(&store, &record), Some(wanted.clone()));
        prop_assert!(store.save(&record).unwrap().unchanged);
        let mut heard_anew = record.clone();
        heard_anew.transcript.utterances.clear();
        wanted.transcript.utterances.clear();
        store.save(&heard_anew).unwrap();
        prop_assert_eq!(held(&store, &record), Some(wanted));
    }

    #[test]
    fn judging_again_leaves_what_was_said(one in record(), two in record()) {
        let (_folder, store) = new_store();
        let saved = store.save(&one).unwrap();
        let judged = store.save_judgement(&one.call.id, &two.findings, &two.score_card, &two.metrics).unwrap();
        prop_assert_eq!(judged.call_no, saved.call_no);
        prop_assert_eq!(judged.change > saved.change, !judged.unchanged);
        let wanted = CallRecord { findings: two.findings, score_card: two.score_card, metrics: two.metrics, ..one };
        prop_assert_eq!(held(&store, &wanted), Some(wanted.clone()));
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_number_that_would_be_lost_is_refused_and_nothing_is_saved() {
    type Spoil = fn(&mut CallRecord);
    let spoil: [(&str, Spoil); 5] = [
        ("confidence", |r| r.transcript.utterances[0].confidence = f32::NAN),
        ("confidence", |r| r.transcript.utterances[0].tokens[0].p = f32::INFINITY),
        ("answered_after_s", |r| r.call.meta.answered_after_s = Some(f64::NAN)),
        ("score", |r| r.score_card.score = f32::NEG_INFINITY),
        ("measured value", |r| {
            let (time, channel) = (TimeSpan::default(), None);
            let (measure, unit) = ("silence".into(), "s".into());
            r.findings[0].evidence = vec![Evidence::Interval { time, channel, measure, value: f64::NAN, unit }];
        }),
    ];
    let (_folder, store) = new_store();
    for (field, spoil) in spoil {
        let mut record = plain(1);
        spoil(&mut record);
        match store.save(&record) {
            Err(StoreError::NotFinite { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert!(store.call_ids().unwrap().is_empty());
}

#[test]
fn a_read_only_store_reads_and_does_not_write() {
    let (_folder, store) = new_store();
    store.save(&plain(1)).unwrap();
    let reader = Store::open_read_only(store.path()).unwrap();
    assert_eq!(reader.record(&plain(1).call.id).unwrap(), Some(plain(1)));
    store.save(&plain(2)).unwrap();
    assert_eq!(reader.call_ids().unwrap().len(), 2, "it sees what others save meanwhile");
    assert!(reader.save(&plain(3)).is_err());
}
