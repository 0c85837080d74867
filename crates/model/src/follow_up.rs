//! What a call left open, on its way: an inquiry to be answered (DUE-04), an incident to be put right (DUE-05).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::due::{DeadlinePolicy, Due, due};
use crate::{FollowUp, FollowUpKind, Promise, overdue_event};

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpState {
    /// Taken from a call; nobody has it in hand.
    Open,
    /// With the department responsible.
    HandedOver,
    /// The question is answered, the incident put right.
    Done,
    /// The customer could not be reached.
    GivenUp,
    /// A person found that nothing was left open.
    Dismissed,
}

impl FollowUpState {
    /// All states, in the order they are usually passed.
    pub const ALL: [FollowUpState; 5] = [
        FollowUpState::Open,
        FollowUpState::HandedOver,
        FollowUpState::Done,
        FollowUpState::GivenUp,
        FollowUpState::Dismissed,
    ];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            FollowUpState::Open => "open",
            FollowUpState::HandedOver => "handed_over",
            FollowUpState::Done => "done",
            FollowUpState::GivenUp => "given_up",
            FollowUpState::Dismissed => "dismissed",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            FollowUpState::Open => "待处理",
            FollowUpState::HandedOver => "已转办",
            FollowUpState::Done => "已办结",
            FollowUpState::GivenUp => "未联系上",
            FollowUpState::Dismissed => "无需跟进",
        }
    }

    /// Whether somebody still has to do something.
    pub const fn is_open(self) -> bool {
        matches!(self, FollowUpState::Open | FollowUpState::HandedOver)
    }
}

/// Something that happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum FollowUpEvent {
    /// Given to the department responsible.
    HandedOver {
        /// Which.
        department: String,
    },
    /// Somebody tried to reach the customer, in vain.
    Missed {
        /// More, for people.
        note: String,
    },
    /// The question was answered, the incident put right.
    Done {
        /// What the answer or the remedy was.
        result: String,
    },
    /// The customer could not be reached; needs as many attempts as DUE-02.
    GivenUp {
        /// Why.
        reason: String,
    },
    /// Taken up again.
    Reopened {
        /// Why.
        reason: String,
    },
    /// A person found that nothing was left open.
    Dismissed {
        /// Why.
        reason: String,
    },
    /// A person set right what it is.
    Sorted {
        /// Inquiry or incident.
        kind: FollowUpKind,
    },
    /// A person set right by when it was promised.
    Promised {
        /// As it was said.
        words: String,
        /// Reckoned from the call; `None` if it says nothing definite.
        promise: Option<Promise>,
    },
    /// A person set a field right.
    Corrected {
        /// Name of the field of [`FollowUp`]: `matter`, `department`, `person`, `contact`.
        field: String,
        /// Its new text.
        value: String,
    },
}

/// Why something cannot happen to it now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowUpError {
    /// Its state does not allow it.
    #[error("what is {} cannot be {wanted}", state.name())]
    State {
        /// Where it stands.
        state: FollowUpState,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Giving up needs so many attempts and a reason.
    #[error("giving up needs at least {needed} attempts ({made} made) and a reason")]
    TooEarly {
        /// Attempts needed.
        needed: u32,
        /// Attempts made.
        made: u32,
    },
    /// No such field.
    #[error("`{0}` is no field of what was left open")]
    Field(String),
}

/// What a call left open, with all that was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpRecord {
    /// What it is about, as extracted and set right.
    pub follow_up: FollowUp,
    /// Where it stands.
    pub state: FollowUpState,
    /// When the agent promised to see to it.
    pub received: Timestamp,
    /// When it was handed over, first.
    #[serde(default)]
    pub handed_over: Option<Timestamp>,
    /// When it was answered, put right or given up.
    #[serde(default)]
    pub done: Option<Timestamp>,
    /// What the answer or the remedy was.
    #[serde(default)]
    pub result: Option<String>,
    /// Attempts to reach the customer in vain since it was received or reopened.
    #[serde(default)]
    pub attempts: u32,
    /// Why it was given up, reopened or dismissed, last.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many times it was reopened.
    #[serde(default)]
    pub reopened: u32,
}

impl FollowUpRecord {
    /// A new one.
    pub fn new(follow_up: FollowUp, received: Timestamp) -> Self {
        FollowUpRecord {
            follow_up,
            state: FollowUpState::Open,
            received,
            handed_over: None,
            done: None,
            result: None,
            attempts: 0,
            reason: None,
            reopened: 0,
        }
    }

    /// Lets something happen to it at `at`.
    ///
    /// # Errors
    /// [`FollowUpError`] if that cannot happen now; then nothing has changed.
    pub fn apply(
        &mut self,
        event: &FollowUpEvent,
        at: Timestamp,
        policy: &DeadlinePolicy,
    ) -> Result<(), FollowUpError> {
        let state = self.state;
        let open = |wanted| if state.is_open() { Ok(()) } else { Err(FollowUpError::State { state, wanted }) };
        let text = |text: &String| Some(text.clone()).filter(|text| !text.trim().is_empty());
        match event {
            FollowUpEvent::HandedOver { department } => {
                open("handed over")?;
                self.follow_up.department = Some(department.clone());
                self.handed_over.get_or_insert(at);
                self.state = FollowUpState::HandedOver;
            }
            FollowUpEvent::Missed { .. } => {
                open("called about")?;
                self.attempts += 1;
            }
            FollowUpEvent::Done { result } => {
                open("done")?;
                self.done = Some(at);
                self.result = text(result);
                self.state = FollowUpState::Done;
            }
            FollowUpEvent::GivenUp { reason } => {
                open("given up")?;
                if self.attempts < policy.least_attempts || reason.trim().is_empty() {
                    return Err(FollowUpError::TooEarly { needed: policy.least_attempts, made: self.attempts });
                }
                self.done = Some(at);
                self.reason = text(reason);
                self.state = FollowUpState::GivenUp;
            }
            FollowUpEvent::Reopened { reason } => {
                if state.is_open() {
                    return Err(FollowUpError::State { state, wanted: "reopened" });
                }
                self.done = None;
                self.result = None;
                self.attempts = 0;
                self.reopened += 1;
                self.reason = text(reason);
                let taken = self.handed_over.is_some();
                self.state = if taken { FollowUpState::HandedOver } else { FollowUpState::Open };
            }
            FollowUpEvent::Dismissed { reason } => {
                open("dismissed")?;
                self.reason = text(reason);
                self.state = FollowUpState::Dismissed;
            }
            FollowUpEvent::Sorted { kind } => self.follow_up.kind = *kind,
            FollowUpEvent::Promised { words, promise } => {
                self.follow_up.promised_time = text(words);
                self.follow_up.promise = *promise;
            }
            FollowUpEvent::Corrected { field, value } => {
                let slot = match field.as_str() {
                    "matter" => &mut self.follow_up.matter,
                    "department" => &mut self.follow_up.department,
                    "person" => &mut self.follow_up.person,
                    "contact" => &mut self.follow_up.contact,
                    other => return Err(FollowUpError::Field(other.to_owned())),
                };
                *slot = text(value);
            }
        }
        Ok(())
    }

    /// Its deadline as it stands at `now`: DUE-04 of an inquiry, DUE-05 of an incident. What was dismissed has none.
    pub fn due(&self, now: Timestamp, policy: &DeadlinePolicy, zone: &TimeZone) -> Option<Due> {
        if self.state == FollowUpState::Dismissed {
            return None;
        }
        let within = |minutes: i64| self.received.checked_add(SignedDuration::from_mins(minutes)).ok();
        let promised = self.follow_up.promise.and_then(|promise| promise.by(self.received, policy, zone));
        let (clause, by) = match self.follow_up.kind {
            FollowUpKind::Inquiry => ("DUE-04", promised.or_else(|| within(i64::from(policy.inquiry_hours) * 60))),
            FollowUpKind::Incident => {
                // The process binds the department, whatever an agent promised.
                let process = policy.process(self.follow_up.matter.as_deref().unwrap_or_default());
                let by = match process {
                    Some(process) => within(i64::from(process.minutes)),
                    None => promised.or_else(|| within(i64::from(policy.incident_minutes))),
                };
                ("DUE-05", by)
            }
        };
        Some(due(clause, by?, self.done, now))
    }

    /// The event of SCO-03 that an incident's lateness amounts to. Of one that is not done only the gravest, which more time cannot change.
    pub fn offence(&self, due: &Due) -> Option<&'static str> {
        let event = overdue_event(due.minutes_over).filter(|_| due.clause == "DUE-05")?;
        (due.done.is_some() || overdue_event(i64::MAX) == Some(event)).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DueState, Moment, ProcessTime};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    /// Received on a Friday at 16:00 in Shanghai.
    fn record(kind: FollowUpKind, matter: &str, promise: Option<Promise>) -> FollowUpRecord {
        let follow_up = FollowUp { kind, matter: Some(matter.into()), promise, ..FollowUp::default() };
        FollowUpRecord::new(follow_up, at("2026-10-16T08:00:00Z"))
    }

    fn stands(record: &FollowUpRecord, now: &str, policy: &DeadlinePolicy) -> (String, Timestamp, DueState, i64) {
        let due = record.due(at(now), policy, &zone()).unwrap();
        (due.clause, due.by, due.state, due.minutes_over)
    }

    #[test]
    fn an_inquiry_is_due_when_it_was_promised() {
        let policy = DeadlinePolicy::default();
        let noon = Promise::Days { days: 1, until: Moment::Minute(12 * 60) };
        let mut promised = record(FollowUpKind::Inquiry, "公积金", Some(noon));
        let by = at("2026-10-17T04:00:00Z");
        assert_eq!(stands(&promised, "2026-10-17T04:00:00Z", &policy), ("DUE-04".into(), by, DueState::Open, 0));
        assert_eq!(stands(&promised, "2026-10-17T04:05:00Z", &policy).2, DueState::Overdue);
        promised.apply(&FollowUpEvent::Done { result: "已答复".into() }, at("2026-10-17T04:07:30Z"), &policy).unwrap();
        assert_eq!(stands(&promised, "2026-11-01T00:00:00Z", &policy), ("DUE-04".into(), by, DueState::Missed, 8));
        let late = promised.due(at("2026-11-01T00:00:00Z"), &policy, &zone()).unwrap();
        assert_eq!(promised.offence(&late), None, "SCO-03 is about incidents");
        let vague = record(FollowUpKind::Inquiry, "公积金", None);
        assert_eq!(stands(&vague, "2026-10-17T04:00:00Z", &policy).1, at("2026-10-17T08:00:00Z"));
    }

    #[test]
    fn an_incident_is_due_by_its_process_and_late_in_three_grades() {
        let process =
            ProcessTime { name: "断网".into(), words: vec!["宽带".into(), "断网".into()], minutes: 240 };
        let policy = DeadlinePolicy { processes: vec![process], ..DeadlinePolicy::default() };
        let promise = Some(Promise::Minutes(60));
        let mut net = record(FollowUpKind::Incident, "家里断网了", promise);
        assert_eq!(stands(&net, "2026-10-16T08:00:00Z", &policy).1, at("2026-10-16T12:00:00Z"));
        let other = record(FollowUpKind::Incident, "电梯坏了", promise);
        assert_eq!(stands(&other, "2026-10-16T08:00:00Z", &policy).1, at("2026-10-16T09:00:00Z"));
        let neither = record(FollowUpKind::Incident, "电梯坏了", None);
        assert_eq!(stands(&neither, "2026-10-16T08:00:00Z", &policy).1, at("2026-10-17T08:00:00Z"));
        let offence = |net: &FollowUpRecord, now: &str| net.offence(&net.due(at(now), &policy, &zone()).unwrap());
        assert_eq!(offence(&net, "2026-10-16T12:10:00Z"), None, "it may still grow");
        assert_eq!(offence(&net, "2026-10-16T12:31:00Z"), Some("overdue_over_30"));
        net.apply(&FollowUpEvent::Done { result: String::new() }, at("2026-10-16T12:10:00Z"), &policy).unwrap();
        assert_eq!(offence(&net, "2026-12-01T00:00:00Z"), Some("overdue_1_10"));
        assert_eq!(net.result, None);
    }

    #[test]
    fn giving_up_needs_attempts_and_reopening_begins_again() {
        let policy = DeadlinePolicy::default();
        let now = at("2026-10-16T09:00:00Z");
        let mut one = record(FollowUpKind::Inquiry, "公积金", None);
        let give_up = |reason: &str| FollowUpEvent::GivenUp { reason: reason.into() };
        let missed = FollowUpEvent::Missed { note: String::new() };
        assert_eq!(one.apply(&give_up("停机"), now, &policy), Err(FollowUpError::TooEarly { needed: 3, made: 0 }));
        for _ in 0..3 {
            one.apply(&missed, now, &policy).unwrap();
        }
        assert!(one.apply(&give_up(" "), now, &policy).is_err(), "a reason is needed");
        one.apply(&FollowUpEvent::HandedOver { department: "业务部".into() }, now, &policy).unwrap();
        one.apply(&give_up("停机"), now, &policy).unwrap();
        assert_eq!((one.state, one.done), (FollowUpState::GivenUp, Some(now)));
        let refused = FollowUpError::State { state: FollowUpState::GivenUp, wanted: "called about" };
        assert_eq!(one.apply(&missed, now, &policy), Err(refused));
        let reopen = FollowUpEvent::Reopened { reason: "客户来电".into() };
        one.apply(&reopen, now, &policy).unwrap();
        assert_eq!((one.state, one.attempts, one.done, one.reopened), (FollowUpState::HandedOver, 0, None, 1));
        assert!(one.apply(&reopen, now, &policy).is_err(), "it is open already");
        one.apply(&FollowUpEvent::Dismissed { reason: "已答".into() }, now, &policy).unwrap();
        assert_eq!(one.due(now, &policy, &zone()), None);
    }

    #[test]
    fn people_set_right_what_was_extracted() {
        let policy = DeadlinePolicy::default();
        let now = at("2026-10-16T09:00:00Z");
        let mut one = record(FollowUpKind::Inquiry, "公积金", None);
        one.apply(&FollowUpEvent::Sorted { kind: FollowUpKind::Incident }, now, &policy).unwrap();
        let promise = Some(Promise::Minutes(30));
        one.apply(&FollowUpEvent::Promised { words: "半小时".into(), promise }, now, &policy).unwrap();
        let set = |field: &str, value: &str| FollowUpEvent::Corrected { field: field.into(), value: value.into() };
        one.apply(&set("matter", "电梯困人"), now, &policy).unwrap();
        assert_eq!(stands(&one, "2026-10-16T09:00:00Z", &policy).1, at("2026-10-16T08:30:00Z"));
        assert_eq!(one.follow_up.matter.as_deref(), Some("电梯困人"));
        assert_eq!(one.apply(&set("colour", "red"), now, &policy), Err(FollowUpError::Field("colour".into())));
    }
}
