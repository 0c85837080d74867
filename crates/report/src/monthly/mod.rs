//! The monthly satisfaction report (CAD-01, CAD-05, CAD-06) with the monthly scores (SCO-01, SCO-02, SCO-05).

mod count;

use hotline_model::{Grade, Satisfaction};
use serde::{Deserialize, Serialize};

pub use count::monthly;

use crate::{CallLine, Coverage, GradeCount, Head, Interval, Note, Trend};

/// Satisfaction over a period, usually a month. Shares are 0…1, lists are sorted, `None` means that there is nothing to
/// count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlyReport {
    /// Which period, counted with what.
    pub head: Head,
    /// What was counted and what was not.
    pub coverage: Coverage,
    /// The headline numbers.
    pub figures: MonthlyFigures,
    /// Every ISO week that has a day in the period, cut to the period; `key` is the week (`2026-W41`).
    pub weeks: Vec<SatisfactionRow>,
    /// By kind of business, most calls first.
    pub businesses: Vec<SatisfactionRow>,
    /// By team, most calls first.
    pub teams: Vec<SatisfactionRow>,
    /// By hotline, most calls first.
    pub hotlines: Vec<SatisfactionRow>,
    /// By agent, most calls first; `key` is the staff number, or the name where there is none.
    pub agents: Vec<SatisfactionRow>,
    /// Quality of the calls by the rating the customer gave.
    pub ratings: Vec<RatingRow>,
    /// Monthly score of every agent, highest first.
    pub scores: Vec<ScoreRow>,
    /// Agents by grade of their monthly score.
    pub grades: Vec<GradeCount>,
    /// Numbers of the calls rated 3 (不满意), lowest score first.
    pub dissatisfied: Vec<u32>,
    /// What a reader has to know.
    pub notes: Vec<Note>,
    /// Every call of the period by its number.
    pub calls: Vec<CallLine>,
}

/// The headline numbers beside those of the period before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlyFigures {
    /// Calls.
    pub calls: Trend,
    /// Answered calls.
    pub answered: Trend,
    /// Rated calls.
    pub rated: Trend,
    /// `rated / answered`.
    pub response_rate: Trend,
    /// Share of satisfied (1) among rated calls.
    pub satisfied_share: Trend,
    /// Its 95 % interval.
    pub satisfied_interval: Option<Interval>,
    /// Share of neutral (2) among rated calls.
    pub neutral_share: Trend,
    /// Share of dissatisfied (3) among rated calls.
    pub dissatisfied_share: Trend,
    /// Mean of the keys pressed: 1 is best, 3 worst.
    pub mean_key: Trend,
    /// Mean score over scored calls (SCO-01).
    pub mean_score: Trend,
    /// Grade of the mean score (SCO-02).
    pub grade: Option<Grade>,
    /// Whether few calls are rated.
    pub small_sample: bool,
}

/// Satisfaction with a week, a team, a hotline, a kind of business or an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SatisfactionRow {
    /// What it is known by; `None` for calls without it.
    pub key: Option<String>,
    /// Name for people, where it is not the key itself: of an agent, the days of a week.
    pub name: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Answered calls.
    pub answered: u64,
    /// Rated calls.
    pub rated: u64,
    /// Rated 1.
    pub satisfied: u64,
    /// Rated 2.
    pub neutral: u64,
    /// Rated 3.
    pub dissatisfied: u64,
    /// `rated / answered`.
    pub response_rate: Option<f64>,
    /// `satisfied / rated`; without a figure before in rows of weeks.
    pub satisfied_share: Trend,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Mean of the keys pressed: 1 is best, 3 worst.
    pub mean_key: Option<f64>,
    /// Whether few calls are rated.
    pub small_sample: bool,
    /// The rated calls, worst rating first.
    pub call_nos: Vec<u32>,
}

/// Quality of the calls that got one rating, or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatingRow {
    /// The rating; `None` for calls without one.
    pub rating: Option<Satisfaction>,
    /// Calls.
    pub calls: u64,
    /// Mean score.
    pub mean_score: Option<f64>,
    /// Share of scored calls with a violation.
    pub violated_call_share: Option<f64>,
    /// Share of time in which nobody speaks.
    pub silence_share: Option<f64>,
    /// The calls, lowest score first.
    pub call_nos: Vec<u32>,
}

/// Violations by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCounts {
    /// 轻微.
    pub slight: u64,
    /// 中等.
    pub medium: u64,
    /// 严重.
    pub serious: u64,
    /// 致命.
    pub fatal: u64,
}

/// Why SCO-02 wants a person to look at an agent's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Below 60.
    BelowSixty,
    /// Last and below 70 in this period and in the one before.
    LastTwice,
}

/// Monthly score of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreRow {
    /// Staff number.
    pub agent_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Calls with a score.
    pub scored: u64,
    /// Mean score over them, rounded to tenths.
    pub score: Trend,
    /// Its grade (SCO-02).
    pub grade: Option<Grade>,
    /// Its effect on pay in yuan (SCO-05).
    pub pay_yuan: Option<f64>,
    /// Violations by severity (SCO-03).
    pub violations: SeverityCounts,
    /// Whether SCO-02 wants a person to look; never on a small sample.
    pub review: Option<Review>,
    /// Whether few calls have a score.
    pub small_sample: bool,
    /// The agent's calls, lowest score first.
    pub call_nos: Vec<u32>,
}
