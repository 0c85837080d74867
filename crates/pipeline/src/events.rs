//! What a run tells whoever watches it.

use std::path::PathBuf;

use hotline_model::{CallId, Grade};
use serde::Serialize;

/// How one recording came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CallOutcome {
    /// Transcribed, judged and stored.
    Processed {
        /// Its id.
        id: CallId,
        /// Length of the recording in milliseconds.
        duration_ms: u32,
        /// Number of utterances.
        utterances: usize,
        /// Number of violated findings.
        violations: usize,
        /// Number of undecided findings.
        undecided: usize,
        /// Score of the score card.
        score: f32,
        /// Its grade.
        grade: Grade,
        /// Things that went less than well.
        issues: Vec<String>,
    },
    /// In the store already.
    Known {
        /// Its id.
        id: CallId,
        /// Whether metadata that arrived since was entered.
        metadata_updated: bool,
    },
    /// Being processed by another run.
    Claimed {
        /// Its id.
        id: CallId,
    },
    /// Could not be processed.
    Failed {
        /// What went wrong and the cure.
        error: String,
    },
    /// Not finished because the run was stopped; a later run takes it up.
    Interrupted,
}

/// One recording of a run and how it came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallDone {
    /// The recording, as it was given.
    pub source: PathBuf,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: CallOutcome,
    /// Processor seconds spent on it, all stages and threads.
    pub cpu_s: f64,
    /// Seconds from its opening to its end.
    pub wall_s: f64,
}

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub enum Event {
    /// A recording is being opened.
    Started {
        /// The recording.
        source: PathBuf,
    },
    /// More of a recording was read.
    Read {
        /// The recording.
        source: PathBuf,
        /// Milliseconds read so far.
        ms: u32,
        /// Milliseconds in all, where the header tells.
        of_ms: Option<u32>,
    },
    /// A recording is done with.
    Done(CallDone),
}

/// Where events go; called from several threads.
pub type Observer<'a> = &'a (dyn Fn(Event) + Send + Sync);
