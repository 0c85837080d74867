//! Times that are promised in a call, reckoned from it: 二十四小时内, 明天中午之前, 三个工作日.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::DeadlinePolicy;

/// A time of day up to which something is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// So many minutes after midnight. On the day of the call, a time in the morning that has passed is the one twelve hours later: 五点.
    Minute(u16),
    /// The end of the working day (下班前).
    Closing,
    /// Midnight: nothing but the day was said.
    DayEnd,
}

/// By when something is promised, as far as words tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// So many minutes from the promise (半个小时).
    Minutes(u32),
    /// By the end of so many working days, that of the promise not counted.
    Workdays(u32),
    /// So many days after that of the promise (三天内, 明天中午之前).
    Days {
        /// 0 is the same day.
        days: u32,
        /// Up to when on it.
        until: Moment,
    },
    /// A day of a week.
    Weekday {
        /// 0 is the week of the promise, 1 the next; `None` the next such day (周三).
        weeks: Option<u8>,
        /// 1 is Monday, 7 Sunday.
        weekday: i8,
        /// Up to when on it.
        until: Moment,
    },
    /// A day of a month.
    MonthDay {
        /// 1 to 12; `None` is that of the promise, or the next one where the day has passed.
        month: Option<i8>,
        /// 1 to 31; 31 is the last (月底).
        day: i8,
        /// Up to when on it.
        until: Moment,
    },
    /// So many months later.
    Months(u32),
}

impl Promise {
    /// When what was promised at `from` is due; `None` beyond the calendar.
    pub fn by(self, from: Timestamp, policy: &DeadlinePolicy, zone: &TimeZone) -> Option<Timestamp> {
        let local = from.to_zoned(zone.clone());
        let today = local.date();
        let on = |day: Date, until: Moment| moment(day, until, local.datetime(), policy, zone);
        match self {
            Promise::Minutes(minutes) => from.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok(),
            Promise::Workdays(days) => policy.after_workdays(from, days, zone),
            Promise::Days { days, until } => on(today.checked_add(Span::new().try_days(days).ok()?).ok()?, until),
            Promise::Weekday { weeks, weekday, until } => {
                let ahead = i64::from(weekday) - i64::from(today.weekday().to_monday_one_offset());
                let days = match weeks {
                    Some(weeks) => ahead + 7 * i64::from(weeks),
                    None if ahead <= 0 => ahead + 7,
                    None => ahead,
                };
                on(today.checked_add(days.days()).ok()?, until)
            }
            Promise::MonthDay { month, day, until } => {
                let first = today.first_of_month();
                let of = |month: Date| month.with().day(day.min(month.days_in_month())).build().ok();
                // A day that has passed comes again: next month, or next year where the month was named.
                let (this, again) = match month {
                    None => (first, first.checked_add(1.month()).ok()?),
                    Some(month) => {
                        let this = first.with().month(month).build().ok()?;
                        (this, this.checked_add(1.year()).ok()?)
                    }
                };
                let chosen = of(this).filter(|day| *day >= today);
                on(if let Some(day) = chosen { day } else { of(again)? }, until)
            }
            Promise::Months(months) => {
                on(today.checked_add(Span::new().try_months(months).ok()?).ok()?, Moment::DayEnd)
            }
        }
    }
}

fn moment(day: Date, until: Moment, now: DateTime, policy: &DeadlinePolicy, zone: &TimeZone) -> Option<Timestamp> {
    let at = |day: Date, time: Time| Some(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
    match until {
        Moment::DayEnd => at(day.tomorrow().ok()?, Time::midnight()),
        Moment::Closing => at(day, policy.closing_time),
        Moment::Minute(minute) => {
            let noon = 12 * 60;
            let clock = |minute: u16| Time::new((minute / 60 % 24) as i8, (minute % 60) as i8, 0, 0).ok();
            let time = clock(minute)?;
            let passed = day == now.date() && time <= now.time() && minute < noon;
            at(day, if passed { clock(minute + noon)? } else { time })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each promise made on Thursday 15 October 2026 at 10:20 in Shanghai, and when it is due there.
    #[test]
    fn promises_are_reckoned_from_the_call() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let policy = DeadlinePolicy { holidays: vec!["2026-10-16".parse().unwrap()], ..DeadlinePolicy::default() };
        let from: Timestamp = "2026-10-15T02:20:00Z".parse().unwrap();
        let day = |days, until| Promise::Days { days, until };
        let week = |weeks, weekday| Promise::Weekday { weeks, weekday, until: Moment::DayEnd };
        let month_day = |day| Promise::MonthDay { month: None, day, until: Moment::DayEnd };
        let new_year = Promise::MonthDay { month: Some(1), day: 5, until: Moment::DayEnd };
        let cases = [
            (Promise::Minutes(24 * 60), "2026-10-16T10:20"),
            (Promise::Workdays(1), "2026-10-20T00:00"),
            (Promise::Workdays(3), "2026-10-22T00:00"),
            (day(1, Moment::Minute(12 * 60)), "2026-10-16T12:00"),
            (day(0, Moment::Minute(17 * 60)), "2026-10-15T17:00"),
            (day(0, Moment::Minute(5 * 60)), "2026-10-15T17:00"),
            (day(0, Moment::Minute(11 * 60)), "2026-10-15T11:00"),
            (day(0, Moment::Closing), "2026-10-15T18:00"),
            (day(3, Moment::DayEnd), "2026-10-19T00:00"),
            (week(Some(1), 1), "2026-10-20T00:00"),
            (week(None, 6), "2026-10-18T00:00"),
            (week(None, 4), "2026-10-23T00:00"),
            (week(None, 1), "2026-10-20T00:00"),
            (month_day(31), "2026-11-01T00:00"),
            (month_day(20), "2026-10-21T00:00"),
            (month_day(3), "2026-11-04T00:00"),
            (new_year, "2027-01-06T00:00"),
            (Promise::Months(1), "2026-11-16T00:00"),
        ];
        for (promise, due) in cases {
            let wanted = due.parse::<DateTime>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
            assert_eq!(promise.by(from, &policy, &zone), Some(wanted), "{promise:?}");
        }
        for beyond in [Promise::Months(u32::MAX), day(u32::MAX, Moment::DayEnd)] {
            assert_eq!(beyond.by(from, &policy, &zone), None, "{beyond:?}");
        }
    }
}
