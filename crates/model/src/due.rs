//! Deadlines of the process (DUE-01 to DUE-05): the limits, and how they stand.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// The limits a hotline sets itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadlinePolicy {
    /// DUE-01: minutes until a complaint has to be with its department.
    pub hand_over_minutes: u32,
    /// DUE-02: hours until the customer has to be told the result.
    pub answer_hours: u32,
    /// DUE-03: working days the department has.
    pub investigation_days: u32,
    /// DUE-02: attempts after which a customer who cannot be reached may be given up.
    pub least_attempts: u32,
    /// DUE-04: hours until an inquiry has to be answered where the agent promised an answer without a time.
    pub inquiry_hours: u32,
    /// DUE-05: minutes an incident may take that none of `processes` is about and for which the agent promised no time.
    pub incident_minutes: u32,
    /// When the working day ends: what 下班前 means.
    pub closing_time: Time,
    /// Days that are no working days besides Saturdays and Sundays.
    pub holidays: Vec<Date>,
    /// Saturdays and Sundays that are worked on.
    pub extra_workdays: Vec<Date>,
    /// DUE-05: how long incidents may take, by what they are about; the first that fits.
    pub processes: Vec<ProcessTime>,
}

/// How long incidents of one kind may take (DUE-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessTime {
    /// What they are called, for people.
    pub name: String,
    /// Words of which one stands in the matter.
    pub words: Vec<String>,
    /// Minutes from the call.
    pub minutes: u32,
}

impl Default for DeadlinePolicy {
    fn default() -> Self {
        DeadlinePolicy {
            hand_over_minutes: 60,
            answer_hours: 72,
            investigation_days: 5,
            least_attempts: 3,
            inquiry_hours: 24,
            incident_minutes: 24 * 60,
            closing_time: Time::constant(18, 0, 0, 0),
            holidays: Vec::new(),
            extra_workdays: Vec::new(),
            processes: Vec::new(),
        }
    }
}

impl DeadlinePolicy {
    /// Whether people work on `day`.
    pub fn is_workday(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        (!weekend || self.extra_workdays.contains(&day)) && !self.holidays.contains(&day)
    }

    /// The process an incident about `matter` goes through.
    pub fn process(&self, matter: &str) -> Option<&ProcessTime> {
        self.processes.iter().find(|process| process.words.iter().any(|word| matter.contains(word.as_str())))
    }

    /// The end of the `days`-th working day after `from`, in `zone`; `None` beyond the calendar.
    pub fn after_workdays(&self, from: Timestamp, days: u32, zone: &TimeZone) -> Option<Timestamp> {
        let mut day = from.to_zoned(zone.clone()).date();
        let mut left = days;
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u32::from(self.is_workday(day));
        }
        let end = day.checked_add(1.day()).ok()?.to_zoned(zone.clone()).ok()?;
        Some(end.timestamp())
    }
}

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueState {
    /// There is time left.
    Open,
    /// Done in time.
    Kept,
    /// Done too late.
    Missed,
    /// Not done, and the time is over.
    Overdue,
}

/// A deadline of a complaint or of something else that was left open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Clause: `DUE-01` …
    pub clause: String,
    /// By when.
    pub by: Timestamp,
    /// When it was done.
    pub done: Option<Timestamp>,
    /// How it stands.
    pub state: DueState,
    /// Minutes over the limit, 0 in time.
    pub minutes_over: i64,
}

/// A deadline by its end, and when it was done.
pub(crate) fn due(clause: &str, by: Timestamp, done: Option<Timestamp>, now: Timestamp) -> Due {
    let end = done.unwrap_or(now);
    let late = end > by;
    let state = match (done.is_some(), late) {
        (true, false) => DueState::Kept,
        (true, true) => DueState::Missed,
        (false, false) => DueState::Open,
        (false, true) => DueState::Overdue,
    };
    // Begun minutes count: one second over is a minute over.
    let seconds = end.as_second() - by.as_second();
    let minutes_over = if late { (seconds.max(1) + 59) / 60 } else { 0 };
    Due { clause: clause.to_owned(), by, done, state, minutes_over }
}

/// The event of SCO-03 that an incident handled so many minutes late amounts to (DUE-05); `None` in time.
pub fn overdue_event(minutes_over: i64) -> Option<&'static str> {
    match minutes_over {
        i64::MIN..=0 => None,
        1..=10 => Some("overdue_1_10"),
        11..=30 => Some("overdue_11_30"),
        _ => Some("overdue_over_30"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_has_three_grades() {
        let grades = [0, 1, 10, 11, 30, 31].map(overdue_event);
        let [none, a, b, c, d, e] = grades;
        assert_eq!(none, None);
        assert_eq!((a, b), (Some("overdue_1_10"), Some("overdue_1_10")));
        assert_eq!((c, d), (Some("overdue_11_30"), Some("overdue_11_30")));
        assert_eq!(e, Some("overdue_over_30"));
    }
}
