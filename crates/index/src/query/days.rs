//! Days, weeks, months and years as people write them.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Whole days, from one to before another; an end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Option<Date>,
    /// The first day after.
    pub to: Option<Date>,
}

impl Days {
    /// `2026-10-01`, `2026-10`, `2026-W41` or `2026` (with `/`, `.` or nothing between too for days). `None` for anything else.
    pub fn parse(text: &str) -> Option<Days> {
        let text = text.trim().replace(['/', '.'], "-");
        let parts: Vec<&str> = text.split('-').collect();
        let number = |text: &str| if text.len() <= 4 { text.parse::<i16>().ok() } else { None };
        let month_of = |text: &str| number(text).and_then(|n| i8::try_from(n).ok());
        let span =
            |first: Date, next: Result<Date, jiff::Error>| Some(Days { from: Some(first), to: Some(next.ok()?) });
        match parts.as_slice() {
            [year] if year.len() == 4 => {
                let first = Date::new(number(year)?, 1, 1).ok()?;
                span(first, first.checked_add(1.year()))
            }
            [day] if day.len() == 8 && day.is_ascii() => {
                let first =
                    Date::new(number(day.get(..4)?)?, month_of(day.get(4..6)?)?, month_of(day.get(6..)?)?).ok()?;
                span(first, first.checked_add(1.day()))
            }
            [year, week] if year.len() == 4 && week.starts_with(['W', 'w']) => {
                let week = month_of(week.get(1..)?)?;
                let first = ISOWeekDate::new(number(year)?, week, Weekday::Monday).ok()?.date();
                span(first, first.checked_add(1.week()))
            }
            [year, month] if year.len() == 4 => {
                let first = Date::new(number(year)?, month_of(month)?, 1).ok()?;
                span(first, first.checked_add(1.month()))
            }
            [year, month, day] if year.len() == 4 => {
                let first = Date::new(number(year)?, month_of(month)?, month_of(day)?).ok()?;
                span(first, first.checked_add(1.day()))
            }
            _ => None,
        }
    }

    /// What [`Days::parse`] reads, and from one such to another: `2026-10-05..2026-10-11` with both ends, `2026-10-05..`,
    /// `..2026-10`.
    pub fn parse_range(text: &str) -> Option<Days> {
        let Some((from, to)) = text.split_once("..") else { return Days::parse(text) };
        let end = |text: &str| if text.trim().is_empty() { Some(None) } else { Days::parse(text).map(Some) };
        let (from, to) = (end(from)?, end(to)?);
        if from.is_none() && to.is_none() {
            return None;
        }
        Some(Days { from: from.and_then(|days| days.from), to: to.and_then(|days| days.to) })
    }

    /// The same as instants in `zone`; open where a date is out of the calendar's range.
    pub(crate) fn instants(self, zone: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
        let instant = |day: Date| day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
        (self.from.and_then(instant), self.to.and_then(instant))
    }
}

/// The zone of Chinese hotlines.
pub(crate) fn china() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        let days = |from, to| Some(Days { from: Some(from), to: Some(to) });
        let cases = [
            ("2026-10-01", days(date(2026, 10, 1), date(2026, 10, 2))),
            ("2026/10/1", days(date(2026, 10, 1), date(2026, 10, 2))),
            ("20261001", days(date(2026, 10, 1), date(2026, 10, 2))),
            ("2026-12", days(date(2026, 12, 1), date(2027, 1, 1))),
            ("2026-W41", days(date(2026, 10, 5), date(2026, 10, 12))),
            ("2026", days(date(2026, 1, 1), date(2027, 1, 1))),
            ("2026-13", None),
            ("2026-02-30", None),
            ("昨天", None),
            ("2026-W99", None),
            ("", None),
            ("２０２６", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Days::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_have_both_ends() {
        let days = |from, to| Some(Days { from, to });
        let (first, after) = (date(2026, 10, 5), date(2026, 10, 12));
        assert_eq!(Days::parse_range("2026-10-05..2026-10-11"), days(Some(first), Some(after)));
        assert_eq!(Days::parse_range("2026-10-05.."), days(Some(first), None));
        assert_eq!(Days::parse_range("..2026-W41"), days(None, Some(after)));
        assert_eq!(Days::parse_range(".."), None);
        assert_eq!(Days::parse_range("2026-10-05..x"), None);
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_zone() {
        let (from, _) = Days::parse("2026-10-01").unwrap().instants(&china());
        assert_eq!(from.unwrap().to_string(), "2026-09-30T16:00:00Z");
    }
}
