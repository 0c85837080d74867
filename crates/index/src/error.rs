//! What can go wrong with the index as a whole.

use std::io;
use std::path::{Path, PathBuf};

/// The index cannot be opened, written or searched. Nothing is lost: it can be rebuilt from the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// Another process writes to the index.
    #[error("another process is writing to the index in {}; try again when it has finished", folder.display())]
    Busy {
        /// The index's folder.
        folder: PathBuf,
    },
    /// There is no index in the folder (only when opened for reading).
    #[error("no index in {}; build it with `hotline index rebuild`", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The index was made by another version or with other dictionaries (only when opened for reading).
    #[error("the index in {} was made by another version or with other dictionaries; build it anew with `hotline index rebuild`", folder.display())]
    OutOfDate {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds other files: it is left alone.
    #[error("{} holds files that are no index; name an empty folder for the index", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// Reading or writing a file failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The page mark of a search cannot be read.
    #[error(transparent)]
    Cursor(#[from] crate::CursorError),
    /// The index itself failed.
    #[error("the index in {} failed: {source}; build it anew with `hotline index rebuild`", folder.display())]
    Engine {
        /// The index's folder.
        folder: PathBuf,
        /// The engine's reason.
        source: tantivy::TantivyError,
    },
}

impl IndexError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> IndexError {
        let path = path.to_owned();
        move |source| IndexError::Io { path, source }
    }

    pub(crate) fn engine(folder: &Path) -> impl Fn(tantivy::TantivyError) -> IndexError {
        let folder = folder.to_owned();
        move |source| match source {
            tantivy::TantivyError::LockFailure(tantivy::directory::error::LockError::LockBusy, _) => {
                IndexError::Busy { folder: folder.clone() }
            }
            source => IndexError::Engine { folder: folder.clone(), source },
        }
    }
}
