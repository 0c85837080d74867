//! Everything that is known of one processed call, as it is stored.

use serde::{Deserialize, Serialize};

use crate::{Acoustics, Call, Finding, Promise, ScoreCard, Transcript};

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

/// What was left open when a call that is no complaint ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpKind {
    /// A question that could not be answered at once, and an answer that was promised (DUE-04).
    #[default]
    Inquiry,
    /// Something out of order that somebody was sent to put right (DUE-05).
    Incident,
}

impl FollowUpKind {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            FollowUpKind::Inquiry => "inquiry",
            FollowUpKind::Incident => "incident",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            FollowUpKind::Inquiry => "咨询",
            FollowUpKind::Incident => "事件",
        }
    }
}

/// What a call left open, taken from its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUp {
    /// Inquiry or incident.
    pub kind: FollowUpKind,
    /// What the customer asked or reported.
    pub matter: Option<String>,
    /// By when an answer or a remedy was promised, as the agent said it.
    pub promised_time: Option<String>,
    /// The same, reckoned from the call; `None` where no time was said or it says nothing definite (尽快).
    pub promise: Option<Promise>,
    /// Who has to deal with it.
    pub department: Option<String>,
    /// Who called.
    pub person: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// Utterance from which time is reckoned, the agent's promise: an index into [`crate::Transcript::utterances`].
    pub begins: Option<u32>,
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
    /// What the call left open, if it is no complaint.
    #[serde(default)]
    pub follow_up: Option<FollowUp>,
    /// What went less than well.
    pub issues: Vec<CallIssue>,
}
