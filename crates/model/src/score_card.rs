//! Points and grades (SCO-01, SCO-02).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Severity;

/// Grade of a score (SCO-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Above 90.
    A,
    /// 80 to 90, both included.
    B,
    /// 70 to below 80.
    C,
    /// 65 to below 70.
    D,
    /// 60 to below 65.
    E,
    /// Below 60: flagged for dismissal review.
    F,
}

impl Grade {
    /// The grade of `score`. A score on a boundary belongs to the higher grade, except exactly 90, which is B (SCO-02).
    pub fn of(score: f64) -> Grade {
        match score {
            s if s > 90.0 => Grade::A,
            s if s >= 80.0 => Grade::B,
            s if s >= 70.0 => Grade::C,
            s if s >= 65.0 => Grade::D,
            s if s >= 60.0 => Grade::E,
            _ => Grade::F,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One entry of a score card: points off (or, negative, a bonus) for one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deduction {
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// How bad.
    pub severity: Severity,
    /// Points off; a bonus is negative.
    pub points: f32,
    /// How many times the rule was broken.
    pub times: u32,
}

/// The score of one call, and the rule set that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCard {
    /// Name of the rule set.
    pub rule_set: String,
    /// Version of the rule set: its own number and the hash of its text (`1.0+3fa9c2d1`).
    pub rule_set_version: String,
    /// Score before deductions (SCO-01: 80).
    pub base: f32,
    /// Highest score possible (SCO-01: 110).
    pub cap: f32,
    /// Deductions and bonuses.
    pub deductions: Vec<Deduction>,
    /// `base` less the deductions, within 0…`cap`.
    pub score: f32,
    /// Grade of `score`.
    pub grade: Grade,
    /// How many applicable rules came out undecided: a score with many is worth little.
    pub undecided: u32,
}

impl ScoreCard {
    /// Base score of SCO-01.
    pub const BASE: f32 = 80.0;
    /// Cap of SCO-01.
    pub const CAP: f32 = 110.0;

    /// Adds up a score card.
    pub fn sum(
        rule_set: String,
        rule_set_version: String,
        base: f32,
        cap: f32,
        deductions: Vec<Deduction>,
        undecided: u32,
    ) -> Self {
        let off: f32 = deductions.iter().map(|d| d.points).sum();
        let score = (base - off).clamp(0.0, cap);
        ScoreCard {
            rule_set,
            rule_set_version,
            base,
            cap,
            deductions,
            score,
            grade: Grade::of(f64::from(score)),
            undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_belong_to_the_higher_grade_except_ninety() {
        let cases = [
            (90.1, Grade::A),
            (90.0, Grade::B),
            (80.0, Grade::B),
            (79.9, Grade::C),
            (70.0, Grade::C),
            (65.0, Grade::D),
            (60.0, Grade::E),
            (59.9, Grade::F),
        ];
        for (score, grade) in cases {
            assert_eq!(Grade::of(score), grade, "{score}");
        }
    }

    #[test]
    fn score_stays_between_zero_and_cap() {
        let deduction = |points| Deduction {
            rule: "r".into(),
            clause: "FRB-06".into(),
            severity: Severity::Serious,
            points,
            times: 1,
        };
        let card = |points| {
            ScoreCard::sum("s".into(), "1".into(), ScoreCard::BASE, ScoreCard::CAP, vec![deduction(points)], 0)
        };
        assert_eq!(card(20.0).score, 60.0);
        assert_eq!(card(500.0).score, 0.0);
        assert_eq!(card(-500.0).score, 110.0);
    }
}
