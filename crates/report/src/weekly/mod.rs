//! The weekly quality report (CAD-01, CAD-02, CAD-06).

mod count;

use hotline_model::{Grade, Severity};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use count::weekly;
pub(crate) use count::{grade_counts, trend};

use crate::{CallLine, Coverage, Head, Note, Trend};

/// Quality over a period, usually a week. Shares are 0…1, lists are sorted, `None` means that there is nothing to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeeklyReport {
    /// Which period, counted with what.
    pub head: Head,
    /// What was counted and what was not.
    pub coverage: Coverage,
    /// The headline numbers.
    pub figures: WeeklyFigures,
    /// Every day of the period.
    pub days: Vec<DayRow>,
    /// Who spoke how long.
    pub talk: TalkShares,
    /// Calls by grade of their score.
    pub grades: Vec<GradeCount>,
    /// Every rule, the most violated first.
    pub rules: Vec<RuleRow>,
    /// Ids of the most violated rules on what must be said (REQ), the most violated first.
    pub top_missing: Vec<String>,
    /// Ids of the most violated rules on what must not be said or done (FRB), the most violated first.
    pub top_forbidden: Vec<String>,
    /// Violated rules with their running share of all violations.
    pub pareto: Vec<ParetoRow>,
    /// By team, most calls first.
    pub teams: Vec<GroupRow>,
    /// By hotline, most calls first.
    pub hotlines: Vec<GroupRow>,
    /// By kind of business, most calls first.
    pub businesses: Vec<GroupRow>,
    /// By agent, lowest mean score first.
    pub agents: Vec<AgentRow>,
    /// How well the recogniser did.
    pub asr: AsrHealth,
    /// What a reader has to know.
    pub notes: Vec<Note>,
    /// Every violation, by call, then rule.
    pub violations: Vec<ViolationLine>,
    /// Every call of the period by its number.
    pub calls: Vec<CallLine>,
}

/// The headline numbers beside those of the period before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeeklyFigures {
    /// Calls.
    pub calls: Trend,
    /// Length of the recordings in minutes.
    pub audio_minutes: Trend,
    /// Mean score over scored calls (SCO-01).
    pub mean_score: Trend,
    /// Grade of the mean score (SCO-02).
    pub grade: Option<Grade>,
    /// Violations, each rule counted once a call.
    pub violations: Trend,
    /// Share of scored calls with a violation.
    pub violated_call_share: Trend,
    /// Share of "cannot tell" among the verdicts on rules in play.
    pub undecided_share: Trend,
    /// Agent's part of both parties' voiced time (ACU-06).
    pub agent_talk_share: Trend,
    /// Share of time in which nobody speaks (ACU-03).
    pub silence_share: Trend,
    /// Share of time in which both speak (ACU-05).
    pub overlap_share: Trend,
    /// Agents' spoken characters per minute of voiced time (ACU-01).
    pub agent_chars_per_min: Trend,
    /// Median over calls of the call's median response time in milliseconds (ACU-04).
    pub response_ms: Trend,
    /// Share of satisfied among rated calls.
    pub satisfied_share: Trend,
    /// Rated calls, the sample of `satisfied_share`.
    pub rated: Trend,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayRow {
    /// The day.
    pub date: Date,
    /// Calls.
    pub calls: u64,
    /// Length of the recordings in minutes.
    pub minutes: f64,
    /// Mean score.
    pub mean_score: Option<f64>,
    /// Violations.
    pub violations: u64,
    /// Its calls, lowest score first.
    pub call_nos: Vec<u32>,
}

/// Parts of the time of calls with one party a channel; they add up to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TalkShares {
    /// Calls with one party a channel, the sample.
    pub calls: u64,
    /// Agent alone speaks.
    pub agent: Trend,
    /// Customer alone speaks.
    pub customer: Trend,
    /// Both speak.
    pub overlap: Trend,
    /// Nobody speaks.
    pub silence: Trend,
    /// Times an agent cut the customer short, per call.
    pub interruptions_per_call: Trend,
}

/// How many have a grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradeCount {
    /// The grade.
    pub grade: Grade,
    /// How many.
    pub count: u64,
}

/// How a rule came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleRow {
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// Title.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// Calls on which it is in play: met, violated or undecided.
    pub applicable: u64,
    /// Calls that keep it.
    pub met: u64,
    /// Calls that violate it.
    pub violated: u64,
    /// Calls on which nobody can tell.
    pub undecided: u64,
    /// `violated / applicable`.
    pub rate: Trend,
    /// `(violated + undecided) / applicable`: the rate if every undecided call were a violation.
    pub rate_at_most: Option<f64>,
    /// Points taken off for it.
    pub points: f64,
    /// Mean certainty of its violations.
    pub certainty: Option<f64>,
    /// Whether it was in play on few calls.
    pub small_sample: bool,
    /// Calls that violate it, the surest first.
    pub call_nos: Vec<u32>,
}

/// A bar of the Pareto chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParetoRow {
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// Title.
    pub title: String,
    /// Violations.
    pub violations: u64,
    /// Share of all violations.
    pub share: f64,
    /// Share of this and all bars before.
    pub cumulative: f64,
}

/// A team, a hotline or a kind of business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Its name; `None` for calls without one.
    pub name: Option<String>,
    /// Calls.
    pub calls: Trend,
    /// Length of the recordings in minutes.
    pub minutes: f64,
    /// Calls with a score.
    pub scored: u64,
    /// Mean score.
    pub mean_score: Trend,
    /// Grade of the mean score.
    pub grade: Option<Grade>,
    /// Violations.
    pub violations: u64,
    /// Share of scored calls with a violation.
    pub violated_call_share: Trend,
    /// Share of time in which nobody speaks.
    pub silence_share: Option<f64>,
    /// Rated calls.
    pub rated: u64,
    /// Share of satisfied among them.
    pub satisfied_share: Option<f64>,
    /// Whether few of its calls have a score.
    pub small_sample: bool,
    /// Its calls, lowest score first.
    pub call_nos: Vec<u32>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentRow {
    /// Staff number.
    pub agent_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Length of the recordings in minutes.
    pub minutes: f64,
    /// Calls with a score.
    pub scored: u64,
    /// Mean score.
    pub mean_score: Trend,
    /// Grade of the mean score (SCO-02).
    pub grade: Option<Grade>,
    /// Violations.
    pub violations: u64,
    /// Share of scored calls with a violation.
    pub violated_call_share: Trend,
    /// Share of "cannot tell" among the verdicts.
    pub undecided_share: Option<f64>,
    /// Agent's part of both parties' voiced time.
    pub talk_share: Option<f64>,
    /// Spoken characters per minute of voiced time.
    pub chars_per_min: Option<f64>,
    /// Median over calls of the call's median response time in milliseconds.
    pub response_ms: Option<f64>,
    /// Times the customer was cut short, per call.
    pub interruptions_per_call: Option<f64>,
    /// Rated calls.
    pub rated: u64,
    /// Share of satisfied among them.
    pub satisfied_share: Option<f64>,
    /// Whether few calls have a score.
    pub small_sample: bool,
    /// The agent's calls, lowest score first.
    pub call_nos: Vec<u32>,
}

/// How well the recogniser did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AsrHealth {
    /// Mean confidence over utterances.
    pub confidence: Trend,
    /// Calls whose mean confidence is below `low_confidence_below`.
    pub low_confidence: Trend,
    /// The setting.
    pub low_confidence_below: f64,
    /// Share of voiced time whose text was quarantined.
    pub gap_share: Trend,
    /// Calls with speech and without a word.
    pub wordless: Trend,
    /// Recordings that could not be processed.
    pub failed: u64,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViolationLine {
    /// Number of the call.
    pub call: u32,
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// How sure the rule is.
    pub certainty: f64,
    /// Points taken off.
    pub points: f64,
}
