//! What happens on a live call.

use hotline_model::{Gap, Utterance};
use serde::Serialize;

use super::{Alert, LiveCall};

/// How a call is listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Segment by segment.
    #[default]
    Prompt,
    /// Behind: neighbouring segments together.
    Packed,
    /// Far behind: recorded only, to be finished after the call.
    RecordOnly,
}

impl Mode {
    /// The stable name used in output.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Prompt => "prompt",
            Mode::Packed => "packed",
            Mode::RecordOnly => "record_only",
        }
    }
}

/// Something that happened on a live call.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// Somebody said something; final.
    Utterance {
        /// The words.
        utterance: Box<Utterance>,
        /// Milliseconds from the end of the speech to this event.
        delay_ms: u32,
    },
    /// What is heard of a turn that still goes on. It may change, is never stored and never scored, and gives way to the
    /// utterance (or gap) with the same channel and start.
    Partial {
        /// The words; the span ends where the turn had come to.
        utterance: Box<Utterance>,
        /// How many bytes of the text came out the same twice.
        settled: usize,
    },
    /// Speech without text.
    Gap(Gap),
    /// Somebody should look.
    Alert(Box<Alert>),
    /// The machine keeps up again, or does not.
    Mode(Mode),
}

/// Where events go; called from several threads.
pub type LiveObserver = dyn Fn(&LiveCall, LiveEvent) + Send + Sync;
