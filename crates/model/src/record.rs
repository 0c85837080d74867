//! Everything that is known of one processed call, as it is stored.

use serde::{Deserialize, Serialize};

use crate::{Acoustics, Call, Finding, ScoreCard, Transcript};

/// Totals of who spoke when, derived from [`Acoustics`] and [`Transcript`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TalkMetrics {
    /// Voiced milliseconds of the agent (of the mixed channel, on a mono recording).
    pub agent_ms: u32,
    /// Voiced milliseconds of the customer; 0 on a mono recording.
    pub customer_ms: u32,
    /// Milliseconds in which nobody speaks.
    pub silence_ms: u32,
    /// Longest stretch in which nobody speaks, in milliseconds.
    pub longest_silence_ms: u32,
    /// Milliseconds in which both speak.
    pub overlap_ms: u32,
    /// Times the agent cut the customer short.
    pub interruptions_by_agent: u32,
    /// Agent's spoken characters per minute of voiced time; `None` where too little was said to tell.
    pub agent_chars_per_min: Option<f32>,
    /// Customer's spoken characters per minute of voiced time.
    pub customer_chars_per_min: Option<f32>,
    /// Median milliseconds from the end of the customer's turn to the agent's answer.
    pub response_ms_median: Option<u32>,
}

/// A complaint (投诉) taken from a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Complaint {
    /// What happened.
    pub matter: Option<String>,
    /// What the customer wants.
    pub demand: Option<String>,
    /// Who has to deal with it.
    pub department: Option<String>,
    /// By when an answer was promised.
    pub promised_time: Option<String>,
    /// When it happened, as the customer said it.
    pub happened: Option<String>,
    /// Who complains.
    pub person: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// Kind of complaint, by the configured mapping (服务态度).
    pub kind: Option<String>,
    /// Utterance in which the complaint begins: an index into [`crate::Transcript::utterances`].
    pub begins: Option<u32>,
    /// How sure the extraction is that the call is a complaint, 0…1.
    pub certainty: f32,
}

/// What kind of trouble an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// The recording itself: dropped blocks, clipping, an odd header that could still be read.
    Audio,
    /// Speech that could not be transcribed.
    Transcription,
    /// Metadata that could not be read.
    Metadata,
}

/// Something that went less than well while a call was processed, without stopping it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallIssue {
    /// What kind.
    pub kind: IssueKind,
    /// What happened, for people, in lower case without a final stop.
    pub message: String,
}

/// Everything that is known of one processed call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: Call,
    /// What was said.
    pub transcript: Transcript,
    /// What was heard.
    pub acoustics: Acoustics,
    /// Who spoke how much.
    pub metrics: TalkMetrics,
    /// What the rules found, in the order of the rule set.
    pub findings: Vec<Finding>,
    /// The score.
    pub score_card: ScoreCard,
    /// The complaint, if the call is one and extraction ran.
    pub complaint: Option<Complaint>,
    /// What went less than well.
    pub issues: Vec<CallIssue>,
}
