//! A recording on its way in.

use std::path::PathBuf;

use hotline_model::CallId;

use crate::metadata::Described;

/// A recording to process and what is known of it.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Where it is, as it was given.
    pub path: PathBuf,
    /// Metadata, layout, issues.
    pub described: Described,
}

/// A recording that was hashed and opened: a call.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) recording: Recording,
    pub(crate) id: CallId,
    pub(crate) audio_sha256: String,
}
