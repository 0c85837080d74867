//! What can be wrong with a recording, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a recording cannot be read. Every message names the file and the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// No such file.
    #[error("{}: no such file: check the path", path.display())]
    NotFound {
        /// The recording.
        path: PathBuf,
    },
    /// A folder where a file was expected.
    #[error("{}: is a folder: name a recording, or process the folder as a whole", path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system refuses to read it.
    #[error("{}: cannot be read ({source}): check permissions and the disk", path.display())]
    Unreadable {
        /// The recording.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Not a single byte.
    #[error("{}: is empty (0 bytes): export the recording again", path.display())]
    Empty {
        /// The recording.
        path: PathBuf,
    },
    /// The content is no recording, whatever the name says.
    #[error("{}: is no recording but {looks_like}: remove it or export the recording again", path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What it looks like (`text`, `an HTML page`, `an unknown file`).
        looks_like: String,
    },
    /// A container or coding that is not read here.
    #[error("{}: {codec} is not supported: convert it, for instance with `ffmpeg -i IN OUT.flac`", path.display())]
    Unsupported {
        /// The recording.
        path: PathBuf,
        /// Container and coding.
        codec: String,
    },
    /// The header contradicts itself.
    #[error("{}: has a damaged header ({detail}): export the recording again", path.display())]
    BadHeader {
        /// The recording.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Less is there than the file promises.
    #[error(
        "{}: is cut off: {}: copy or export it again",
        path.display(),
        extent(*found_ms, *declared_ms)
    )]
    Truncated {
        /// The recording.
        path: PathBuf,
        /// Length that can be read in milliseconds, if known yet.
        found_ms: Option<u32>,
        /// Length that the file promises in milliseconds, if it promises any.
        declared_ms: Option<u32>,
    },
    /// More channels than two parties can fill.
    #[error(
        "{}: has {channels} channels: only mono and stereo are read: choose two, for instance with `ffmpeg -i IN -af 'pan=stereo|c0=c0|c1=c1' OUT.flac`",
        path.display()
    )]
    TooManyChannels {
        /// The recording.
        path: PathBuf,
        /// Its number of channels.
        channels: usize,
    },
    /// A proper header with no sound behind it.
    #[error("{}: lasts 0 s: nothing was recorded, remove it or export the recording again", path.display())]
    NoAudio {
        /// The recording.
        path: PathBuf,
    },
    /// Longer than allowed.
    #[error(
        "{}: lasts {} min or more, at most {} min are taken: split it, or raise the longest duration allowed",
        path.display(),
        at_least_ms / 60_000,
        max_ms / 60_000
    )]
    TooLong {
        /// The recording.
        path: PathBuf,
        /// Its length in milliseconds as far as known.
        at_least_ms: u32,
        /// The limit in milliseconds.
        max_ms: u32,
    },
    /// A rate below telephone quality, or above anything a recorder writes.
    #[error(
        "{}: has a rate of {rate_hz} Hz: {} to {} Hz are read: convert it, for instance with `ffmpeg -i IN -ar 16000 OUT.flac`",
        path.display(),
        crate::MIN_RATE_HZ,
        crate::MAX_RATE_HZ
    )]
    RateOutOfRange {
        /// The recording.
        path: PathBuf,
        /// Its rate in Hz.
        rate_hz: u32,
    },
    /// The coded sound itself cannot be decoded.
    #[error("{}: is damaged after {at_ms} ms ({detail}): copy or export it again", path.display())]
    Damaged {
        /// The recording.
        path: PathBuf,
        /// How far it could be read, in milliseconds.
        at_ms: u32,
        /// What the decoder says.
        detail: String,
    },
    /// A sound card that cannot be opened or has gone away.
    #[error("sound input `{device}`: {detail}: check that it is plugged in, free and allowed")]
    Device {
        /// Name of the device.
        device: String,
        /// What the system says.
        detail: String,
    },
}

impl AudioError {
    /// A stable name for the kind of error, for tables and tests.
    pub const fn kind(&self) -> &'static str {
        match self {
            AudioError::NotFound { .. } => "not_found",
            AudioError::Directory { .. } => "directory",
            AudioError::Unreadable { .. } => "unreadable",
            AudioError::Empty { .. } => "empty",
            AudioError::NotAudio { .. } => "not_audio",
            AudioError::Unsupported { .. } => "unsupported",
            AudioError::BadHeader { .. } => "bad_header",
            AudioError::Truncated { .. } => "truncated",
            AudioError::TooManyChannels { .. } => "too_many_channels",
            AudioError::NoAudio { .. } => "no_audio",
            AudioError::TooLong { .. } => "too_long",
            AudioError::RateOutOfRange { .. } => "rate_out_of_range",
            AudioError::Damaged { .. } => "damaged",
            AudioError::Device { .. } => "device",
        }
    }

    /// An error of the operating system while `path` was opened or read.
    pub fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => AudioError::NotFound { path },
            io::ErrorKind::IsADirectory => AudioError::Directory { path },
            _ => AudioError::Unreadable { path, source },
        }
    }
}

/// "1200 ms of the promised 60000 ms are there", as far as known.
pub(crate) fn extent(found_ms: Option<u32>, declared_ms: Option<u32>) -> String {
    match (found_ms, declared_ms) {
        (Some(found_ms), Some(declared_ms)) => format!("{found_ms} ms of the promised {declared_ms} ms are there"),
        (Some(found_ms), None) => format!("it breaks off after {found_ms} ms"),
        (None, Some(declared_ms)) => format!("it breaks off before the promised {declared_ms} ms"),
        (None, None) => "its end is missing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_keep_their_meaning() {
        let cases = [
            (io::ErrorKind::NotFound, "not_found"),
            (io::ErrorKind::IsADirectory, "directory"),
            (io::ErrorKind::PermissionDenied, "unreadable"),
            (io::ErrorKind::Other, "unreadable"),
        ];
        for (kind, expected) in cases {
            let error = AudioError::io(Path::new("calls/a.wav"), io::Error::from(kind));
            assert_eq!(error.kind(), expected);
            assert!(error.to_string().contains("calls/a.wav"), "{error}");
        }
    }
}
