//! Weeks and months of the hotline's own calendar.

use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Language;

/// The longest range in days: a year and a month, so that a chart by day stays a chart.
const RANGE_DAYS_MAX: i32 = 400;

/// Which stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PeriodKind {
    /// An ISO 8601 week, Monday to Sunday. Week 1 holds the year's first Thursday, so the last days of December can
    /// belong to week 1 of the next year and the first of January to week 52 or 53 of the year before.
    Week {
        /// ISO year, which is not always the calendar year.
        year: i16,
        /// 1 to 52 or 53.
        week: i8,
    },
    /// A calendar month.
    Month {
        /// Year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// Days from `first` to `last`, both included.
    Range {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
}

/// Why a period is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// The text is no period.
    #[error(
        "`{0}` is no period: write a week (2026-W41), a month (2026-10), a day (2026-10-06) or a range (2026-10-01..2026-10-15)"
    )]
    Syntax(String),
    /// The calendar has no such week, month or day.
    #[error("the calendar has no {0}")]
    NoSuchDate(String),
    /// The range ends before it begins.
    #[error("the range {first}..{last} ends before it begins: swap the two days")]
    Backwards {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
    /// The range is too long for one report.
    #[error("the range {first}..{last} has {days} days: one report takes at most {RANGE_DAYS_MAX}")]
    TooLong {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
        /// Its length.
        days: i32,
    },
}

/// A stretch of the calendar in a time zone. A day begins where that zone's day begins, so a call on Sunday at 23:59 in
/// Shanghai belongs to that Sunday, although it is still Sunday afternoon in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    kind: PeriodKind,
    zone: TimeZone,
    first: Date,
    last: Date,
    start: Timestamp,
    end: Timestamp,
}

impl Period {
    /// The ISO week of that number.
    pub fn week(year: i16, week: i8, zone: TimeZone) -> Result<Self, PeriodError> {
        let monday = ISOWeekDate::new(year, week, Weekday::Monday)
            .map_err(|_| PeriodError::NoSuchDate(format!("week {year}-W{week:02}")))?
            .date();
        Self::days(PeriodKind::Week { year, week }, monday, plus_days(monday, 6)?, zone)
    }

    /// The ISO week that holds `date`.
    pub fn week_of(date: Date, zone: TimeZone) -> Result<Self, PeriodError> {
        let week = date.iso_week_date();
        Self::week(week.year(), week.week(), zone)
    }

    /// The calendar month of that number.
    pub fn month(year: i16, month: i8, zone: TimeZone) -> Result<Self, PeriodError> {
        let first = Date::new(year, month, 1)
            .map_err(|_| PeriodError::NoSuchDate(format!("month {year}-{month:02}: months run from 1 to 12")))?;
        Self::days(PeriodKind::Month { year, month }, first, first.last_of_month(), zone)
    }

    /// The calendar month that holds `date`.
    pub fn month_of(date: Date, zone: TimeZone) -> Result<Self, PeriodError> {
        Self::month(date.year(), date.month(), zone)
    }

    /// Any days, both ends included.
    pub fn range(first: Date, last: Date, zone: TimeZone) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError::Backwards { first, last });
        }
        let days = day_number(last) - day_number(first) + 1;
        if days > RANGE_DAYS_MAX {
            return Err(PeriodError::TooLong { first, last, days });
        }
        Self::days(PeriodKind::Range { first, last }, first, last, zone)
    }

    /// Reads `2026-W41`, `2026-10`, `2026-10-06` (that one day) or `2026-10-01..2026-10-15`.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, PeriodError> {
        let text = text.trim();
        let syntax = || PeriodError::Syntax(text.to_owned());
        let date = |text: &str| {
            let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            if !digits {
                return Err(syntax());
            }
            Date::from_str(text).map_err(|_| PeriodError::NoSuchDate(format!("day {text}")))
        };
        if let Some((first, last)) = text.split_once("..") {
            return Self::range(date(first.trim())?, date(last.trim())?, zone);
        }
        if let Some((year, week)) = text.split_once(['W', 'w']) {
            let year = year.strip_suffix('-').unwrap_or(year);
            return Self::week(number(year, 4).ok_or_else(syntax)?, number(week, 2).ok_or_else(syntax)? as i8, zone);
        }
        match text.split('-').collect::<Vec<_>>().as_slice() {
            [year, month] => {
                Self::month(number(year, 4).ok_or_else(syntax)?, number(month, 2).ok_or_else(syntax)? as i8, zone)
            }
            [_, _, _] => {
                let day = date(text)?;
                Self::range(day, day, zone)
            }
            _ => Err(syntax()),
        }
    }

    /// The period of the same kind just before; for a range, as many days just before.
    pub fn previous(&self) -> Result<Self, PeriodError> {
        let day_before = plus_days(self.first, -1)?;
        match self.kind {
            PeriodKind::Week { .. } => Self::week_of(day_before, self.zone.clone()),
            PeriodKind::Month { .. } => Self::month_of(day_before, self.zone.clone()),
            PeriodKind::Range { first, last } => {
                let days = day_number(last) - day_number(first);
                Self::range(plus_days(day_before, -days)?, day_before, self.zone.clone())
            }
        }
    }

    /// Which stretch of the calendar.
    pub fn kind(&self) -> PeriodKind {
        self.kind
    }

    /// In whose days it is counted.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// First day and last day, both included.
    pub fn first_and_last(&self) -> (Date, Date) {
        (self.first, self.last)
    }

    /// First instant, and first instant after (half-open).
    pub fn bounds(&self) -> (Timestamp, Timestamp) {
        (self.start, self.end)
    }

    /// Whether `instant` lies inside.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Its days in order.
    pub fn dates(&self) -> impl Iterator<Item = Date> {
        let last = self.last;
        self.first.series(Span::new().days(1)).take_while(move |day| *day <= last)
    }

    /// The stable name used in file names: `2026-W41`, `2026-10`, `2026-10-01..2026-10-15`.
    pub fn key(&self) -> String {
        match self.kind {
            PeriodKind::Week { year, week } => format!("{year}-W{week:02}"),
            PeriodKind::Month { year, month } => format!("{year}-{month:02}"),
            PeriodKind::Range { first, last } => format!("{first}..{last}"),
        }
    }

    /// The name shown to people.
    pub fn label(&self, language: Language) -> String {
        label(self.kind, self.first, self.last, language)
    }

    fn days(kind: PeriodKind, first: Date, last: Date, zone: TimeZone) -> Result<Self, PeriodError> {
        let start = start_of(first, &zone)?;
        let end = start_of(plus_days(last, 1)?, &zone)?;
        Ok(Period { kind, zone, first, last, start, end })
    }
}

/// The name of a period shown to people.
pub(crate) fn label(kind: PeriodKind, first: Date, last: Date, language: Language) -> String {
    let span = span_label(first, last, language);
    match (kind, language) {
        (PeriodKind::Week { year, week }, Language::Zh) => format!("{year}年第{week}周（{span}）"),
        (PeriodKind::Week { year, week }, Language::En) => format!("Week {week} of {year} ({span})"),
        (PeriodKind::Month { year, month }, Language::Zh) => format!("{year}年{month}月"),
        (PeriodKind::Month { year, .. }, Language::En) => format!("{} {year}", first.strftime("%B")),
        (PeriodKind::Range { .. }, Language::Zh) => format!("{}年{span}", first.year()),
        (PeriodKind::Range { .. }, Language::En) if first.year() == last.year() => format!("{span} {}", last.year()),
        (PeriodKind::Range { .. }, Language::En) => span,
    }
}

/// Days from 1970-01-01.
pub(crate) fn day_number(date: Date) -> i32 {
    // Both ends of jiff's calendar lie within some 4 million days of the epoch, so the difference in days always exists.
    const EPOCH: Date = jiff::civil::date(1970, 1, 1);
    date.since(EPOCH).map_or(0, |span| span.get_days())
}

fn span_label(first: Date, last: Date, language: Language) -> String {
    let years = first.year() != last.year();
    match language {
        Language::Zh if first == last => format!("{}月{}日", first.month(), first.day()),
        Language::Zh if years => {
            format!("{}月{}日–{}年{}月{}日", first.month(), first.day(), last.year(), last.month(), last.day())
        }
        Language::Zh => format!("{}月{}日–{}月{}日", first.month(), first.day(), last.month(), last.day()),
        Language::En if first == last => first.strftime("%-d %b").to_string(),
        Language::En if years => format!("{}–{}", first.strftime("%-d %b %Y"), last.strftime("%-d %b %Y")),
        Language::En => format!("{}–{}", first.strftime("%-d %b"), last.strftime("%-d %b")),
    }
}

fn start_of(day: Date, zone: &TimeZone) -> Result<Timestamp, PeriodError> {
    // Where the clocks go forward at midnight, this is the first instant that exists.
    let zoned = day.to_zoned(zone.clone()).map_err(|_| PeriodError::NoSuchDate(format!("day {day}")))?;
    Ok(zoned.timestamp())
}

fn plus_days(day: Date, days: i32) -> Result<Date, PeriodError> {
    let outside = |_| PeriodError::NoSuchDate(format!("day {days} days after {day}"));
    day.checked_add(Span::new().try_days(days).map_err(outside)?).map_err(outside)
}

fn number(text: &str, digits_max: usize) -> Option<i16> {
    let plain = !text.is_empty() && text.len() <= digits_max && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn parse(text: &str) -> Result<Period, PeriodError> {
        Period::parse(text, zone("Asia/Shanghai"))
    }

    #[test]
    fn periods_have_the_days_of_the_calendar() {
        let cases = [
            ("2026-W41", "2026-10-05", "2026-10-11", "2026-W40"),
            ("2026w01", "2025-12-29", "2026-01-04", "2025-W52"),
            ("2026-W53", "2026-12-28", "2027-01-03", "2026-W52"),
            ("2027-W01", "2027-01-04", "2027-01-10", "2026-W53"),
            ("2026-10", "2026-10-01", "2026-10-31", "2026-09"),
            ("2027-01", "2027-01-01", "2027-01-31", "2026-12"),
            ("2028-02", "2028-02-01", "2028-02-29", "2028-01"),
            ("2026-10-06", "2026-10-06", "2026-10-06", "2026-10-05..2026-10-05"),
            ("2026-10-01..2026-10-10", "2026-10-01", "2026-10-10", "2026-09-21..2026-09-30"),
        ];
        for (text, first, last, previous) in cases {
            let period = parse(text).unwrap();
            assert_eq!(period.first_and_last(), (first.parse().unwrap(), last.parse().unwrap()), "{text}");
            assert_eq!(period.previous().unwrap().key(), previous, "{text}");
            assert_eq!(period.previous().unwrap().bounds().1, period.bounds().0, "{text}");
            let (first, last) = period.first_and_last();
            assert_eq!(period.dates().count() as i32, day_number(last) - day_number(first) + 1, "{text}");
        }
    }

    #[test]
    fn every_day_lies_in_the_week_of_its_own_key() {
        let mut day = jiff::civil::date(2019, 12, 20);
        while day < jiff::civil::date(2033, 1, 15) {
            let week = Period::week_of(day, TimeZone::UTC).unwrap();
            let (first, last) = week.first_and_last();
            assert!(first <= day && day <= last, "{day}");
            assert_eq!(parse(&week.key()).unwrap().first_and_last(), (first, last), "{day}");
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn days_begin_where_the_clock_of_the_zone_says() {
        // In Brazil the clocks went forward at midnight on 2018-11-04: that day began at 01:00.
        let day = Period::parse("2018-11-04", zone("America/Sao_Paulo")).unwrap();
        assert_eq!(day.bounds().0, "2018-11-04T03:00:00Z".parse().unwrap());
        // A day of 23 hours, and one of 25.
        for (text, hours) in [("2026-03-29", 23), ("2026-10-25", 25)] {
            let (start, end) = Period::parse(text, zone("Europe/Berlin")).unwrap().bounds();
            assert_eq!(end.as_second() - start.as_second(), hours * 3600, "{text}");
        }
        let fixed = Period::parse("2026-10-05", TimeZone::fixed(jiff::tz::offset(8))).unwrap();
        assert_eq!(fixed.bounds(), parse("2026-10-05").unwrap().bounds());
    }

    #[test]
    fn sunday_before_midnight_belongs_to_its_week() {
        let sunday: Timestamp = "2026-10-11T23:59:59.999+08:00".parse().unwrap();
        let monday: Timestamp = "2026-10-12T00:00:00+08:00".parse().unwrap();
        let week = parse("2026-W41").unwrap();
        assert!(week.contains(sunday) && !week.contains(monday));
        let utc = Period::parse("2026-W41", TimeZone::UTC).unwrap();
        assert!(utc.contains(sunday) && utc.contains(monday));
    }

    #[test]
    fn what_is_no_period_says_so() {
        for text in
            ["", "2026", "W41", "2026-W", "2026-W4x", "2026-10-1", "last week", "2026-10..", "12026-W01", "2026-W041"]
        {
            assert!(matches!(parse(text), Err(PeriodError::Syntax(_))), "{text}");
        }
        for text in ["2026-W54", "2025-W53", "2026-W00", "2026-13", "2026-02-29", "2026-00"] {
            assert!(matches!(parse(text), Err(PeriodError::NoSuchDate(_))), "{text}");
        }
        assert!(matches!(parse("2026-10-02..2026-10-01"), Err(PeriodError::Backwards { .. })));
        assert!(matches!(parse("2020-01-01..2026-01-01"), Err(PeriodError::TooLong { .. })));
        assert!(parse("9999-W50").and_then(|p| p.previous()).is_ok());
        assert!(parse("9999-12").is_err() && parse("0000-W01").is_ok());
    }

    #[test]
    fn labels_read_well() {
        let cases = [
            ("2026-W41", "2026年第41周（10月5日–10月11日）", "Week 41 of 2026 (5 Oct–11 Oct)"),
            ("2026-W53", "2026年第53周（12月28日–2027年1月3日）", "Week 53 of 2026 (28 Dec 2026–3 Jan 2027)"),
            ("2026-10", "2026年10月", "October 2026"),
            ("2026-10-06", "2026年10月6日", "6 Oct 2026"),
            ("2026-12-30..2027-01-02", "2026年12月30日–2027年1月2日", "30 Dec 2026–2 Jan 2027"),
        ];
        for (text, zh, en) in cases {
            let period = parse(text).unwrap();
            assert_eq!((period.label(Language::Zh).as_str(), period.label(Language::En).as_str()), (zh, en));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,24}|[0-9W.-]{0,24}") {
            let _ = parse(&text);
        }
    }
}
