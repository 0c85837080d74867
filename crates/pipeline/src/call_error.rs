//! Why one recording of a run could not be processed.

use hotline_audio::AudioError;
use hotline_vad::SettingsError;

/// Why one recording of a run could not be processed. What people are told of it is made by
/// [`Rooms::explain`](crate::Rooms::explain).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The recording itself.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The settings of the endpointer.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A panic: a mistake of ours.
    #[error("internal error, please report it: {message}")]
    Internal {
        /// What the panic said.
        message: String,
    },
}
