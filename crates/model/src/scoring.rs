//! Points of people over a month, and what supervisors add to them (SCO-01 to SCO-09).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A calendar month, written `2026-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    /// Year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month before.
    pub fn previous(self) -> Month {
        if self.month == 1 { Month { year: self.year - 1, month: 12 } } else { Month { month: self.month - 1, ..self } }
    }

    /// The month after.
    pub fn next(self) -> Month {
        if self.month == 12 { Month { year: self.year + 1, month: 1 } } else { Month { month: self.month + 1, ..self } }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A month that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month: write one like 2026-10")]
pub struct ParseMonthError(pub String);

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseMonthError(text.to_owned());
        let (year, month) = text.trim().split_once('-').ok_or_else(wrong)?;
        let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(wrong());
        }
        let (year, month): (i16, i8) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        if (1..=12).contains(&month) { Ok(Month { year, month }) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for Month {
    type Error = ParseMonthError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

/// Points of a month that no call shows: a bonus (SCO-04) or a deduction from records (SCO-03).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreEvent {
    /// What for: the id of an event of the scheme (`exam`, `wrong_record`).
    pub kind: String,
    /// Points if they differ from the scheme's; negative is a deduction.
    #[serde(default)]
    pub points: Option<f32>,
    /// Why, for people.
    pub reason: String,
    /// Number of the late incident it is for, if it is for one (DUE-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<u64>,
}

/// A mark on the service-quality sheet (SCO-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetMark {
    /// Id of the item (`attitude`).
    pub item: String,
    /// 1 to 5; `None` where the person could not tell.
    pub mark: Option<u8>,
    /// What the machine had suggested.
    #[serde(default)]
    pub suggested: Option<u8>,
}

/// A service-quality sheet as a person completed it (SCO-08).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualitySheet {
    /// Version of the sheet.
    pub sheet_version: String,
    /// Version of the rules whose findings made the suggestions.
    pub rule_set_version: String,
    /// Marks, in the order of the sheet.
    pub marks: Vec<SheetMark>,
    /// Comments.
    pub comments: String,
}

impl QualitySheet {
    /// Mean of the marks that were given; `None` without any.
    pub fn mean(&self) -> Option<f64> {
        let marks: Vec<f64> = self.marks.iter().filter_map(|mark| mark.mark).map(f64::from).collect();
        (!marks.is_empty()).then(|| marks.iter().sum::<f64>() / marks.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_written_and_follow_each_other() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(month.to_string(), "2026-12");
        assert_eq!(month.next().to_string(), "2027-01");
        assert_eq!(month.next().previous(), month);
        for wrong in ["2026-13", "2026-1", "2026", "26-01", "2026-00", "２026-01", "2026-+1"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
