//! A complaint on its way: states, deadlines, what people did (DUE-01 to DUE-03).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Complaint;
use crate::due::{DeadlinePolicy, Due, due};

/// Where a complaint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintState {
    /// Taken from a call; nobody has it in hand.
    Received,
    /// With the department responsible.
    HandedOver,
    /// The department has found a result; the customer does not know it yet.
    Investigated,
    /// The customer has been told.
    Answered,
    /// Done.
    Closed,
    /// A person found that it is no complaint.
    Dismissed,
}

impl ComplaintState {
    /// All states, in the order they are usually passed.
    pub const ALL: [ComplaintState; 6] = [
        ComplaintState::Received,
        ComplaintState::HandedOver,
        ComplaintState::Investigated,
        ComplaintState::Answered,
        ComplaintState::Closed,
        ComplaintState::Dismissed,
    ];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            ComplaintState::Received => "received",
            ComplaintState::HandedOver => "handed_over",
            ComplaintState::Investigated => "investigated",
            ComplaintState::Answered => "answered",
            ComplaintState::Closed => "closed",
            ComplaintState::Dismissed => "dismissed",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            ComplaintState::Received => "已受理",
            ComplaintState::HandedOver => "已转办",
            ComplaintState::Investigated => "已查明",
            ComplaintState::Answered => "已回访",
            ComplaintState::Closed => "已办结",
            ComplaintState::Dismissed => "非投诉",
        }
    }

    /// Whether somebody still has to do something.
    pub const fn is_open(self) -> bool {
        !matches!(self, ComplaintState::Closed | ComplaintState::Dismissed)
    }
}

/// Something that happened to a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ComplaintEvent {
    /// Given to the department responsible.
    HandedOver {
        /// Which.
        department: String,
    },
    /// The department has a result.
    Investigated {
        /// What it found and did.
        result: String,
    },
    /// Somebody tried to reach the customer (DUE-02).
    Attempt {
        /// Whether the customer was reached and told.
        reached: bool,
        /// Whether the customer is satisfied, if they said.
        satisfied: Option<bool>,
        /// More, for people.
        note: String,
    },
    /// Closed.
    Closed {
        /// Why; needed where the customer was never reached.
        reason: String,
    },
    /// Taken up again, because the customer is not satisfied (DUE-03).
    Reopened {
        /// Why.
        reason: String,
    },
    /// A person found that it is no complaint.
    Dismissed {
        /// Why.
        reason: String,
    },
    /// A person set a field right.
    Corrected {
        /// Name of the field of [`Complaint`]: `matter`, `demand`, `department`, `promised_time`, `person`, `contact`, `kind`, `happened`.
        field: String,
        /// Its new text.
        value: String,
    },
}

/// Why something cannot happen to a complaint now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplaintError {
    /// Its state does not allow it.
    #[error("a complaint that is {} cannot be {wanted}", state.name())]
    State {
        /// Where it stands.
        state: ComplaintState,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Closing without having told the customer needs so many attempts and a reason (DUE-02).
    #[error("the customer was not reached: closing needs at least {needed} attempts ({made} made) and a reason")]
    NotReached {
        /// Attempts needed.
        needed: u32,
        /// Attempts made.
        made: u32,
    },
    /// The customer is not satisfied: reopen it (DUE-03).
    #[error("the customer is not satisfied: it has to be reopened, not closed")]
    NotSatisfied,
    /// No such field.
    #[error("`{0}` is no field of a complaint")]
    Field(String),
}

/// A complaint with all that was done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComplaintRecord {
    /// What it is about, as extracted and set right.
    pub complaint: Complaint,
    /// Where it stands.
    pub state: ComplaintState,
    /// When the customer complained.
    pub received: Timestamp,
    /// When it was handed over, first.
    #[serde(default)]
    pub handed_over: Option<Timestamp>,
    /// When the department had a result, last.
    #[serde(default)]
    pub investigated: Option<Timestamp>,
    /// What it found.
    #[serde(default)]
    pub result: Option<String>,
    /// When the customer was told, first.
    #[serde(default)]
    pub answered: Option<Timestamp>,
    /// Attempts to reach the customer since it was received or reopened.
    #[serde(default)]
    pub attempts: u32,
    /// Whether the customer is satisfied, as last said.
    #[serde(default)]
    pub satisfied: Option<bool>,
    /// When it was closed.
    #[serde(default)]
    pub closed: Option<Timestamp>,
    /// Why it was closed, reopened or dismissed, last.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many times it was reopened.
    #[serde(default)]
    pub reopened: u32,
}

impl ComplaintRecord {
    /// A new one.
    pub fn new(complaint: Complaint, received: Timestamp) -> Self {
        ComplaintRecord {
            complaint,
            state: ComplaintState::Received,
            received,
            handed_over: None,
            investigated: None,
            result: None,
            answered: None,
            attempts: 0,
            satisfied: None,
            closed: None,
            reason: None,
            reopened: 0,
        }
    }

    /// Lets something happen to it at `at`.
    ///
    /// # Errors
    /// [`ComplaintError`] if that cannot happen now; then nothing has changed.
    pub fn apply(
        &mut self,
        event: &ComplaintEvent,
        at: Timestamp,
        policy: &DeadlinePolicy,
    ) -> Result<(), ComplaintError> {
        let state = self.state;
        let open = |wanted| if state.is_open() { Ok(()) } else { Err(ComplaintError::State { state, wanted }) };
        match event {
            ComplaintEvent::HandedOver { department } => {
                open("handed over")?;
                self.complaint.department = Some(department.clone());
                self.handed_over.get_or_insert(at);
                self.state = ComplaintState::HandedOver;
            }
            ComplaintEvent::Investigated { result } => {
                open("investigated")?;
                self.investigated = Some(at);
                self.result = Some(result.clone());
                self.state = ComplaintState::Investigated;
            }
            ComplaintEvent::Attempt { reached, satisfied, .. } => {
                open("followed up")?;
                self.attempts += 1;
                if *reached {
                    self.answered.get_or_insert(at);
                    self.satisfied = *satisfied;
                    self.state = ComplaintState::Answered;
                }
            }
            ComplaintEvent::Closed { reason } => {
                open("closed")?;
                if self.satisfied == Some(false) {
                    return Err(ComplaintError::NotSatisfied);
                }
                let given_up = self.attempts >= policy.least_attempts && !reason.trim().is_empty();
                if self.answered.is_none() && !given_up {
                    return Err(ComplaintError::NotReached { needed: policy.least_attempts, made: self.attempts });
                }
                self.closed = Some(at);
                self.reason = Some(reason.clone()).filter(|reason| !reason.trim().is_empty());
                self.state = ComplaintState::Closed;
            }
            ComplaintEvent::Reopened { reason } => {
                if !matches!(state, ComplaintState::Closed | ComplaintState::Answered | ComplaintState::Dismissed) {
                    return Err(ComplaintError::State { state, wanted: "reopened" });
                }
                self.closed = None;
                self.investigated = None;
                self.attempts = 0;
                self.satisfied = None;
                self.answered = None;
                self.reopened += 1;
                self.reason = Some(reason.clone());
                let taken = self.handed_over.is_some();
                self.state = if taken { ComplaintState::HandedOver } else { ComplaintState::Received };
            }
            ComplaintEvent::Dismissed { reason } => {
                open("dismissed")?;
                self.reason = Some(reason.clone());
                self.state = ComplaintState::Dismissed;
            }
            ComplaintEvent::Corrected { field, value } => self.correct(field, value)?,
        }
        Ok(())
    }

    fn correct(&mut self, field: &str, value: &str) -> Result<(), ComplaintError> {
        let complaint = &mut self.complaint;
        let slot = match field {
            "matter" => &mut complaint.matter,
            "demand" => &mut complaint.demand,
            "department" => &mut complaint.department,
            "promised_time" => &mut complaint.promised_time,
            "person" => &mut complaint.person,
            "contact" => &mut complaint.contact,
            "kind" => &mut complaint.kind,
            "happened" => &mut complaint.happened,
            other => return Err(ComplaintError::Field(other.to_owned())),
        };
        *slot = Some(value.to_owned()).filter(|value| !value.trim().is_empty());
        Ok(())
    }

    /// Its deadlines as they stand at `now`: DUE-01, DUE-02, DUE-03. A complaint that was dismissed has none.
    pub fn dues(&self, now: Timestamp, policy: &DeadlinePolicy, zone: &TimeZone) -> Vec<Due> {
        if self.state == ComplaintState::Dismissed {
            return Vec::new();
        }
        let within = |minutes: i64| self.received.checked_add(SignedDuration::from_mins(minutes)).ok();
        let hand_over = within(i64::from(policy.hand_over_minutes));
        let answer = within(i64::from(policy.answer_hours) * 60);
        let begun = self.handed_over.unwrap_or(self.received);
        let investigation = policy.after_workdays(begun, policy.investigation_days, zone);
        // A customer who was given up has been told as far as anybody could.
        let told = self.answered.or(self.closed);
        [
            ("DUE-01", hand_over, self.handed_over),
            ("DUE-02", answer, told),
            ("DUE-03", investigation, self.investigated.or(told)),
        ]
        .into_iter()
        .filter_map(|(clause, by, done)| Some(due(clause, by?, done, now)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DueState;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn record() -> ComplaintRecord {
        // A Friday afternoon in Shanghai.
        ComplaintRecord::new(Complaint::default(), at("2026-10-16T08:00:00Z"))
    }

    fn states(record: &ComplaintRecord, now: &str) -> Vec<(String, DueState, i64)> {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let dues = record.dues(at(now), &DeadlinePolicy::default(), &zone);
        dues.into_iter().map(|due| (due.clause, due.state, due.minutes_over)).collect()
    }

    #[test]
    fn deadlines_run_from_the_call() {
        let mut record = record();
        let policy = DeadlinePolicy::default();
        assert!(states(&record, "2026-10-16T08:59:00Z").iter().all(|(_, state, _)| *state == DueState::Open));
        assert_eq!(states(&record, "2026-10-16T09:00:01Z")[0], ("DUE-01".into(), DueState::Overdue, 1));
        let hand_over = ComplaintEvent::HandedOver { department: "维修部".into() };
        record.apply(&hand_over, at("2026-10-16T09:30:00Z"), &policy).unwrap();
        assert_eq!(states(&record, "2026-10-17T00:00:00Z")[0], ("DUE-01".into(), DueState::Missed, 30));
        // Five working days from Friday: the next Friday, to its end in Shanghai.
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let due = &record.dues(at("2026-10-17T00:00:00Z"), &policy, &zone)[2];
        assert_eq!(due.by, at("2026-10-23T16:00:00Z"));
        let holidays = DeadlinePolicy { holidays: vec!["2026-10-19".parse().unwrap()], ..policy.clone() };
        assert_eq!(record.dues(at("2026-10-17T00:00:00Z"), &holidays, &zone)[2].by, at("2026-10-26T16:00:00Z"));
        assert_eq!(record.complaint.department.as_deref(), Some("维修部"));
    }

    #[test]
    fn closing_needs_a_told_customer_or_enough_attempts() {
        let mut record = record();
        let policy = DeadlinePolicy::default();
        let now = at("2026-10-18T08:00:00Z");
        let close = |reason: &str| ComplaintEvent::Closed { reason: reason.into() };
        let tried = ComplaintEvent::Attempt { reached: false, satisfied: None, note: String::new() };
        assert_eq!(
            record.apply(&close("无人接听"), now, &policy),
            Err(ComplaintError::NotReached { needed: 3, made: 0 })
        );
        for _ in 0..3 {
            record.apply(&tried, now, &policy).unwrap();
        }
        assert!(record.apply(&close(" "), now, &policy).is_err(), "a reason is needed");
        record.apply(&close("三次无人接听"), now, &policy).unwrap();
        assert_eq!(record.state, ComplaintState::Closed);
        assert!(record.apply(&tried, now, &policy).is_err());
        assert!(states(&record, "2026-10-30T00:00:00Z").iter().any(|(c, s, _)| c == "DUE-02" && *s == DueState::Kept));
    }

    #[test]
    fn a_customer_who_is_not_satisfied_reopens_it() {
        let mut record = record();
        let policy = DeadlinePolicy::default();
        let now = at("2026-10-17T08:00:00Z");
        let told =
            |satisfied| ComplaintEvent::Attempt { reached: true, satisfied: Some(satisfied), note: String::new() };
        record.apply(&told(false), now, &policy).unwrap();
        let close = ComplaintEvent::Closed { reason: String::new() };
        assert_eq!(record.apply(&close, now, &policy), Err(ComplaintError::NotSatisfied));
        record.apply(&ComplaintEvent::Reopened { reason: "不满意".into() }, now, &policy).unwrap();
        assert_eq!((record.state, record.reopened, record.answered), (ComplaintState::Received, 1, None));
        record.apply(&told(true), now, &policy).unwrap();
        record.apply(&close, now, &policy).unwrap();
        let fix = ComplaintEvent::Corrected { field: "colour".into(), value: "red".into() };
        assert_eq!(record.apply(&fix, now, &policy), Err(ComplaintError::Field("colour".into())));
    }
}
