//! What people do with calls: added, never overwritten.

use hotline_model::{
    Complaint, ComplaintEvent, ComplaintState, DeadlinePolicy, FollowUp, FollowUpEvent, FollowUpKind, FollowUpState,
    Month, Outcome, Review, ReviewVerdict, ScoreEvent,
};
use hotline_store::{AuditEntry, Decided, Store};
use jiff::Timestamp;

use crate::arbitrary::plain;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("s.db")).unwrap();
    (folder, store)
}

fn review(rule: &str, verdict: ReviewVerdict) -> Review {
    Review {
        call: plain(1).call.id,
        rule: rule.into(),
        clause: "REQ-01".into(),
        rule_set_version: "1".into(),
        outcome: Outcome::Violated,
        verdict,
        reason: "听过".into(),
        words: None,
        in_full: false,
    }
}

#[test]
fn the_audit_log_outlives_the_call() {
    let (_folder, store) = store();
    let record = plain(1);
    store.save(&record).unwrap();
    let entry = |action: &str, call| AuditEntry {
        who: "qa".into(),
        action: action.into(),
        call,
        unmasked: true,
        detail: "—".into(),
    };
    store.record_audit(&[entry("show", Some(record.call.id.clone())), entry("search", None)]).unwrap();
    store.add_reviews("qa", &[review("r", ReviewVerdict::Right)]).unwrap();
    store.delete(&record.call.id).unwrap();
    assert_eq!(store.audit(None, 10).unwrap().len(), 2);
    assert_eq!(store.audit(None, 1).unwrap()[0].action, "search", "the newest first");
    assert_eq!(store.audit(Some(&record.call.id), 10).unwrap().len(), 1);
    assert!(store.reviews(None).unwrap().is_empty(), "quotes of a deleted call are gone");
}

#[test]
fn a_complaint_follows_its_call_until_a_person_has_it_in_hand() {
    let (_folder, store) = store();
    let complaint = |matter: &str| Some(Complaint { matter: Some(matter.into()), ..Complaint::default() });
    let mut record = plain(1);
    record.complaint = complaint("断网");
    store.save(&record).unwrap();
    store.save(&record).unwrap();
    let one = store.complaints(None).unwrap();
    assert_eq!(one.len(), 1, "saving twice makes one complaint");
    let id = &record.call.id;
    assert!(store.save_complaint(id, complaint("断网三天").as_ref()).unwrap());
    assert!(!store.save_complaint(id, complaint("断网三天").as_ref()).unwrap());
    let current = |store: &Store| store.complaints(None).unwrap()[0].clone();
    assert_eq!(current(&store).record.complaint.matter.as_deref(), Some("断网三天"));
    let number = current(&store).complaint_no;
    let event = ComplaintEvent::HandedOver { department: "维修部".into() };
    let now = Timestamp::now();
    let policy = DeadlinePolicy::default();
    let updated = store.update_complaint(number, "qa", &event, now, |r| r.apply(&event, now, &policy)).unwrap();
    assert_eq!(updated.unwrap().unwrap().record.state, ComplaintState::HandedOver);
    // Looking again finds nothing, or something else: the person's work stays.
    store.save_complaint(id, None).unwrap();
    assert_eq!(current(&store).record.complaint.matter.as_deref(), Some("断网三天"));
    assert_eq!(store.record(id).unwrap().unwrap().complaint, None);
    // What is refused leaves no trace.
    let close = ComplaintEvent::Closed { reason: String::new() };
    let refused = store.update_complaint(number, "qa", &close, now, |r| r.apply(&close, now, &policy)).unwrap();
    assert!(refused.unwrap().is_err());
    assert_eq!(store.complaint_history(number).unwrap().len(), 1);
    assert!(store.complaints(Some(ComplaintState::Received)).unwrap().is_empty());
    let unknown = store.update_complaint(99, "qa", &event, now, |r| r.apply(&event, now, &policy)).unwrap();
    assert!(unknown.is_none());
}

#[test]
fn what_a_call_left_open_follows_it_until_a_person_has_it_in_hand() {
    let (_folder, store) = store();
    let open = |matter: &str| Some(FollowUp { matter: Some(matter.into()), begins: Some(0), ..FollowUp::default() });
    let mut record = plain(1);
    record.follow_up = open("公积金");
    store.save(&record).unwrap();
    store.save(&record).unwrap();
    let current = |store: &Store| store.follow_ups(None).unwrap();
    assert_eq!(current(&store).len(), 1, "saving twice leaves one thing open");
    assert_eq!(Some(current(&store)[0].record.received), record.call.meta.started_at);
    let id = &record.call.id;
    let incident = FollowUp { kind: FollowUpKind::Incident, ..open("断网").unwrap() };
    assert!(store.save_follow_up(id, Some(&incident)).unwrap());
    assert!(!store.save_follow_up(id, Some(&incident)).unwrap());
    assert_eq!(store.record(id).unwrap().unwrap().follow_up, Some(incident.clone()));
    assert!(store.follow_ups(Some(FollowUpKind::Inquiry)).unwrap().is_empty());
    let number = store.follow_ups(Some(FollowUpKind::Incident)).unwrap()[0].follow_up_no;
    let (now, policy) = (Timestamp::now(), DeadlinePolicy::default());
    let done = FollowUpEvent::Done { result: "已修复".into() };
    let updated = store.update_follow_up(number, "qa", &done, now, |r| r.apply(&done, now, &policy)).unwrap();
    assert_eq!(updated.unwrap().unwrap().record.state, FollowUpState::Done);
    let refused = store.update_follow_up(number, "qa", &done, now, |r| r.apply(&done, now, &policy)).unwrap();
    assert!(refused.unwrap().is_err());
    assert_eq!(store.follow_up_history(number).unwrap().len(), 1, "what is refused leaves no trace");
    store.save_follow_up(id, None).unwrap();
    assert_eq!(store.follow_up(number).unwrap().unwrap().record.follow_up, incident, "the person's work stays");
    assert!(store.update_follow_up(99, "qa", &done, now, |r| r.apply(&done, now, &policy)).unwrap().is_none());
    store.delete(id).unwrap();
    assert!(current(&store).is_empty());
    // One that nobody touched goes with what it was taken from.
    let mut other = plain(2);
    other.follow_up = open("过户");
    store.save(&other).unwrap();
    store.save_follow_up(&other.call.id, None).unwrap();
    assert!(current(&store).is_empty());
}

#[test]
fn the_latest_review_counts_and_a_second_person_decides() {
    let (_folder, store) = store();
    store.save(&plain(1)).unwrap();
    let id = plain(1).call.id;
    store.add_reviews("qa", &[review("r", ReviewVerdict::Wrong)]).unwrap();
    assert_eq!(store.struck().unwrap().len(), 1);
    store.add_reviews("qa", &[review("r", ReviewVerdict::Right)]).unwrap();
    assert!(store.struck().unwrap().is_empty());
    assert_eq!(store.reviews(Some(&id)).unwrap().len(), 2, "both are kept");
    let appeal = store.add_appeal(&id, "r", "agent", "没有说过").unwrap();
    for (who, came) in [("agent", Decided::NotSecond), ("qa", Decided::NotSecond), ("boss", Decided::Recorded)] {
        assert_eq!(store.decide_appeal(appeal, true, who, "").unwrap(), came, "{who}");
    }
    assert_eq!(store.decide_appeal(99, true, "boss", "").unwrap(), Decided::Unknown);
    assert!(store.struck().unwrap().contains(&(id.clone(), "r".to_owned())));
    store.decide_appeal(appeal, false, "other", "再听").unwrap();
    assert!(store.struck().unwrap().is_empty());
    assert_eq!(store.appeals().unwrap()[0].decisions.len(), 2);
}

#[test]
fn points_are_taken_back_once_and_stay_on_record() {
    let (_folder, store) = store();
    let month: Month = "2026-10".parse().unwrap();
    let event = ScoreEvent { kind: "exam".into(), points: None, reason: "满分".into(), follow_up: None };
    let number = store.add_score_event("A1", month, "boss", &event).unwrap();
    store.add_score_event("A2", month, "boss", &event).unwrap();
    assert!(store.take_back_score_event(number, "boss", "记错").unwrap());
    assert!(!store.take_back_score_event(number, "boss", "记错").unwrap());
    let events = store.score_events(month, Some("A1")).unwrap();
    assert_eq!((events.len(), events[0].taken_back), (1, true));
    assert_eq!(store.score_events(month, None).unwrap().len(), 2);
    assert!(store.score_events(month.next(), None).unwrap().is_empty());
}

#[test]
fn rules_are_published_once_and_assigned_by_hotline() {
    let (_folder, store) = store();
    let sources = vec![("a.toml".to_owned(), "text".to_owned())];
    assert!(store.publish_rules("1+aa", "own", "boss", "初版", &sources).unwrap());
    assert!(!store.publish_rules("1+aa", "own", "boss", "again", &[]).unwrap());
    assert_eq!(store.rule_sources("1+aa").unwrap(), Some(sources));
    assert_eq!(store.rule_sources("2+bb").unwrap(), None);
    assert!(!store.assign_rules(None, "2+bb", "boss").unwrap());
    store.publish_rules("2+bb", "own", "boss", "", &[]).unwrap();
    store.assign_rules(None, "1+aa", "boss").unwrap();
    store.assign_rules(Some("热线"), "1+aa", "boss").unwrap();
    store.assign_rules(Some("热线"), "2+bb", "boss").unwrap();
    let assigned = store.rule_assignments().unwrap();
    assert_eq!(assigned[&None], "1+aa");
    assert_eq!(assigned[&Some("热线".to_owned())], "2+bb");
    assert_eq!(store.rule_versions().unwrap()[0].version, "2+bb");
    assert_eq!(store.rule_versions().unwrap()[1].note, "初版");
}
