//! What can go wrong with a store.

use std::path::{Path, PathBuf};

use hotline_model::CallId;
use rusqlite::ErrorCode;

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file, and it was to be read only.
    #[error("there is no store at {path}: process some recordings first, or name another store")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be made or opened.
    #[error("cannot open the store {path}: {cause}; check that its folder exists and may be written to")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// The file is something else.
    #[error("{path} is no hotline store: name another file, or move this one away")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The store was written by a newer program.
    #[error("the store {path} was written by a newer hotline (schema {found}, this one knows {known}): update hotline")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Schema version of the file.
        found: u32,
        /// Highest schema version this program knows.
        known: u32,
    },
    /// The store was written by an older program and may not be brought up to date, because it was opened to be read only.
    #[error("the store {path} has schema {found}, this hotline needs {known}: open it once for writing to update it")]
    Older {
        /// The file.
        path: PathBuf,
        /// Schema version of the file.
        found: u32,
        /// Schema version this program needs.
        known: u32,
    },
    /// Another process held the store for longer than a writer may.
    #[error("the store {path} is held by another process: wait until it is done, or stop it")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// No room on the disk. What was saved before is safe.
    #[error("no room left on the disk of the store {path}: free some and run again")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The call to change is not in the store.
    #[error("the store {path} has no call {call}")]
    UnknownCall {
        /// The file.
        path: PathBuf,
        /// The call.
        call: CallId,
    },
    /// The record has a number that could not be read back.
    #[error("cannot store call {call} in {path}: {field} is not a finite number")]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The call.
        call: CallId,
        /// Which number.
        field: &'static str,
    },
    /// The store's content does not make sense.
    #[error("the store {path} is damaged ({what}): restore a backup, or process the recordings again into a new store")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and how.
        what: String,
    },
    /// Anything else that SQLite reports.
    #[error("the store {path} failed: {cause}")]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        cause: rusqlite::Error,
    },
}

/// An error inside the crate, before it knows which file it is about.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Damaged(String),
    UnknownCall(CallId),
    NotFinite(CallId, &'static str),
}

impl Fault {
    /// Names the file, and tells apart what people can do something about.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Fault::Damaged(what) => StoreError::Damaged { path, what },
            Fault::UnknownCall(call) => StoreError::UnknownCall { path, call },
            Fault::NotFinite(call, field) => StoreError::NotFinite { path, call, field },
            Fault::Sql(cause) => match cause.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
                Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
                Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
                Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, what: cause.to_string() },
                Some(ErrorCode::CannotOpen) => StoreError::Open { path, cause: cause.to_string() },
                _ => StoreError::Sql { path, cause },
            },
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(cause: rusqlite::Error) -> Self {
        Fault::Sql(cause)
    }
}
