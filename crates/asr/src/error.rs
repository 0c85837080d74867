//! What can be wrong with recognition, in words that name the file and the cure.

use std::path::PathBuf;

use crate::model::ModelError;

/// Why speech could not be recognised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AsrError {
    /// The model file is not there.
    #[error("there is no model file {}: run `scripts/setup` or `hotline models fetch`, or name another file", .0.display())]
    NoModel(PathBuf),
    /// The model file is not one whisper can load.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// whisper refused the model file.
    #[error("whisper cannot load {}: {problem}; check it with `hotline models verify`", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What whisper said.
        problem: String,
    },
    /// A setting makes no sense.
    #[error("setting `{field}` {problem}")]
    Setting {
        /// Name of the field in [`WhisperSettings`](crate::WhisperSettings).
        field: &'static str,
        /// What is wrong with it and what would be fine.
        problem: String,
    },
    /// The samples are longer than whisper's window.
    #[error(
        "{got_ms} ms of speech at once, but the recogniser takes at most {max_ms} ms: cut it into shorter segments"
    )]
    TooLong {
        /// Length of the samples in milliseconds.
        got_ms: u64,
        /// The longest that is taken, in milliseconds.
        max_ms: u64,
    },
    /// whisper failed in one of its steps.
    #[error("whisper failed to {step}: {problem}")]
    Engine {
        /// The step: `create a state`, `encode`, `decode`, ….
        step: &'static str,
        /// What whisper said.
        problem: String,
    },
    /// A file with texts could not be used.
    #[error("{}: {problem}", path.display())]
    Texts {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the line where there is one.
        problem: String,
    },
}
