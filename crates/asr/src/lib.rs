//! Speech segment to hypothesis.
//!
//! In: 16 kHz mono samples of one stretch of speech, at most 30 s; a model file. Out: the recogniser's text with times, probabilities
//! and, where the guards hold it for no transcription, the reason. Deliberately unknown here: calls, channels, where a segment lies
//! in its recording, how speech is found, Simplified and Traditional, what words mean.
//!
//! - [`Transcriber`] and [`Session`] are the seam; [`WhisperEngine`] is the real recogniser, [`ScriptedTranscriber`] the one for tests.
//! - [`guards`] reject hallucinations, [`cer`] counts errors against a reference.
//! - [`model`] fetches, converts and checks model files.

pub mod cer;
mod error;
pub mod guards;
#[cfg(target_arch = "x86_64")]
mod kernels;
#[cfg(not(target_arch = "x86_64"))]
#[path = "kernels/elsewhere.rs"]
mod kernels;
pub mod model;
mod scripted;
mod settings;
mod transcriber;
mod whisper;

pub use error::AsrError;
pub use scripted::{ScriptedTranscriber, digest};
pub use settings::WhisperSettings;
pub use transcriber::{EngineInfo, Hypothesis, HypothesisToken, Session, Transcriber, Wordings};
pub use whisper::WhisperEngine;
