//! How good and how fast: records of a run held against the truth.
//!
//! In: labelled calls ([`truth`]), the records a run made of them, and what the run cost; or plain utterances with hypotheses.
//! Out: an [`EvalReport`] of figures, as data. For search ([`search`]): query sets, the figures of rankings, other engines to compare
//! with. Deliberately unknown here: how records come about, files of sound, tables on a
//! screen.
//!
//! A figure that does not exist is `None` (JSON `null`), never 0.

mod clauses;
mod complaint;
mod error_rate;
mod pii;
mod reliability;
mod report;
mod score;
/// How well search finds calls.
pub mod search;
mod timing;
/// Labelled calls as they stand on disk.
pub mod truth;
mod utterances;

pub use clauses::ClauseScore;
pub use error_rate::{Spoken, character_edits, comparable};
pub use pii::PiiScore;
pub use reliability::Reliability;
pub use report::{AsrScore, Comparison, EvalReport, MatchScore, OverallScore, TimingScore, VadScore};
pub use score::{RunCost, ScoredCall, score, verdicts};
pub use truth::{EvalError, LabelledCall};
pub use utterances::{UtteranceScore, UtteranceTruth, load_manifest, score_utterances};
