//! Flat rows for counting: what reports and lists need, without transcripts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Call, Grade, Outcome, Severity, TalkMetrics};

/// One call as a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The call with its metadata.
    pub call: Call,
    /// When it was processed.
    pub processed_at: Timestamp,
    /// Talk totals.
    pub metrics: TalkMetrics,
    /// Score of its score card.
    pub score: f32,
    /// Grade of its score card.
    pub grade: Grade,
    /// Version of the rule set that made the score.
    pub rule_set_version: String,
    /// Number of violated findings.
    pub violations: u32,
    /// Number of undecided findings.
    pub undecided: u32,
    /// Number of utterances.
    pub utterances: u32,
    /// Speech without text (quarantined), in milliseconds.
    pub gap_ms: u32,
    /// Mean confidence over utterances, 0…1; `None` without utterances.
    pub confidence: Option<f32>,
}

/// One finding as a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingFacts {
    /// Id of the call.
    pub call_id: crate::CallId,
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// Title of the rule.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How it came out.
    pub outcome: Outcome,
    /// How sure, 0…1.
    pub certainty: f32,
    /// Points off.
    pub points: f32,
}

/// A recording that could not be processed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedCall {
    /// Path of the recording as it was given.
    pub source: String,
    /// SHA-256 of its bytes, if they could be read.
    pub audio_sha256: Option<String>,
    /// What went wrong and the cure, for people.
    pub error: String,
    /// When it failed last.
    pub failed_at: Timestamp,
    /// How many times it has failed.
    pub attempts: u32,
}
