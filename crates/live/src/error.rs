//! What can go wrong with a line.

use std::io;
use std::path::PathBuf;

use hotline_audio::AudioError;

/// What can go wrong with a line or what belongs to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// A file or folder of the recordings.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An address that cannot be listened on.
    #[error("{address}: cannot be listened on: {source}")]
    Listen {
        /// As given.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The recording.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// As many calls as are allowed are going on.
    #[error("{0} calls are going on, which is the limit")]
    Full(usize),
    /// A leg that somebody else has.
    #[error("call {key}: this side is connected already")]
    Taken {
        /// Name of the call.
        key: String,
    },
    /// Legs of one call that do not fit together.
    #[error("call {key}: this side comes as {found}, the other as {expected}")]
    Mismatch {
        /// Name of the call.
        key: String,
        /// Rate and channels of the other.
        expected: String,
        /// Rate and channels of this one.
        found: String,
    },
    /// The service is going down.
    #[error("the service is stopping")]
    Stopping,
    /// Something else on the line that is not understood.
    #[error("{0}")]
    Protocol(String),
}
