//! What a rule found on a call, and on what evidence.

use serde::{Deserialize, Serialize};

use crate::{Channel, TextSpan, TimeSpan};

/// How a rule came out. Three-valued where it applies: speech recognition errs, and an honest judge can say "cannot tell".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The standard was kept (for a forbidden expression: it was not said).
    Met,
    /// The standard was broken.
    Violated,
    /// The call does not show enough to tell.
    Undecided,
    /// The rule is not in play on this call.
    NotApplicable,
}

impl Outcome {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::Violated => "violated",
            Outcome::Undecided => "undecided",
            Outcome::NotApplicable => "not_applicable",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Outcome::Met => "符合",
            Outcome::Violated => "违规",
            Outcome::Undecided => "无法判断",
            Outcome::NotApplicable => "不适用",
        }
    }
}

/// How bad a violation is (SCO-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 轻微.
    Slight,
    /// 中等.
    Medium,
    /// 严重.
    Serious,
    /// 致命: one is enough.
    Fatal,
}

impl Severity {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Slight => "slight",
            Severity::Medium => "medium",
            Severity::Serious => "serious",
            Severity::Fatal => "fatal",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Severity::Slight => "轻微",
            Severity::Medium => "中等",
            Severity::Serious => "严重",
            Severity::Fatal => "致命",
        }
    }
}

/// How the words of a quote relate to the words that were looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Matched {
    /// The phrase itself.
    Exact {
        /// The phrase of the rule.
        phrase: String,
    },
    /// A listed variant or a wording with fillers in between.
    Variant {
        /// The phrase of the rule.
        phrase: String,
    },
    /// Words that sound like the phrase.
    Phonetic {
        /// What the recogniser wrote.
        heard: String,
        /// The phrase of the rule.
        meant: String,
        /// Confusion cost per syllable, 0 = same sound.
        distance: f32,
    },
    /// No phrase: a pattern or a measurement pointed here.
    Pattern {
        /// The pattern or the name of the measurement.
        pattern: String,
    },
}

/// Words of the transcript, cited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Index into [`crate::Transcript::utterances`].
    pub utterance: u32,
    /// Which bytes of its text.
    pub text: TextSpan,
    /// When they were spoken.
    pub time: TimeSpan,
    /// Who spoke.
    pub channel: Channel,
    /// The words themselves, so that evidence stays readable alone.
    pub words: String,
    /// How they were matched.
    pub matched: Matched,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// Words that were said.
    Quote(Quote),
    /// A stretch of the call (silence, overlap, fast speech) with its measure.
    Interval {
        /// When.
        time: TimeSpan,
        /// Whose, if it is somebody's.
        channel: Option<Channel>,
        /// What was measured: `silence`, `overlap`, `response_time`, `speech_rate` and so on.
        measure: String,
        /// How much, in `unit`.
        value: f64,
        /// Unit of `value`: `s`, `chars/min`, `dBFS`, `count`.
        unit: String,
    },
    /// Words that were looked for and not heard.
    Absence {
        /// Where was looked.
        searched: TimeSpan,
        /// On which channel.
        channel: Channel,
        /// What was looked for, for people.
        wanted: String,
        /// The nearest thing that was heard, if any came near.
        best: Option<Quote>,
    },
    /// A metadata field.
    Metadata {
        /// Column name.
        field: String,
        /// Its text.
        value: String,
    },
}

impl Evidence {
    /// Where in the call the evidence lies, if it lies anywhere.
    pub fn time(&self) -> Option<TimeSpan> {
        match self {
            Evidence::Quote(quote) => Some(quote.time),
            Evidence::Interval { time, .. } => Some(*time),
            Evidence::Absence { searched, .. } => Some(*searched),
            Evidence::Metadata { .. } => None,
        }
    }
}

/// A rule's outcome on one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule (`greeting`).
    pub rule: String,
    /// Clause of the service standard it serves (`REQ-01`).
    pub clause: String,
    /// Title of the rule, for people.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// How it came out.
    pub outcome: Outcome,
    /// How sure the judge is of the outcome, 0…1.
    pub certainty: f32,
    /// Points off the score card for this call; 0 unless violated.
    pub points: f32,
    /// Why it came out so, in one sentence for people.
    pub reason: String,
    /// What it rests on, the most telling first.
    pub evidence: Vec<Evidence>,
}
