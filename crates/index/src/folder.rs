//! The index's folder: a stamp says who made it, so that an index of another make is replaced and a folder of somebody
//! else's is left alone.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::IndexError;

/// Changes with every change of the schema or of what is indexed, so that old indexes are rebuilt.
const FORMAT: u32 = 5;

const STAMP: &str = "hotline-index.json";

/// The engine's own lock of its one writer; taken here while the folder is emptied.
const WRITER_LOCK: &str = ".tantivy-writer.lock";

/// Who made an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    format: u32,
    lexicon: String,
    /// False while the index is being made: if that was cut short it is made anew.
    ready: bool,
}

impl Stamp {
    pub(crate) fn current(lexicon: &hotline_text::Lexicon) -> Stamp {
        Stamp { format: FORMAT, lexicon: lexicon.fingerprint().to_owned(), ready: true }
    }
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing, or no folder at all.
    Nothing,
    /// An index of this make.
    Current,
    /// An index of another make, or half of one.
    OutOfDate,
    /// Something else.
    Foreign,
}

pub(crate) fn contents(folder: &Path, wanted: &Stamp) -> Result<Contents, IndexError> {
    let path = folder.join(STAMP);
    match fs::read(&path) {
        Ok(bytes) => {
            let current = serde_json::from_slice::<Stamp>(&bytes).is_ok_and(|stamp| stamp == *wanted);
            Ok(if current { Contents::Current } else { Contents::OutOfDate })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_dir(folder) {
            Ok(mut entries) => Ok(if entries.next().is_none() { Contents::Nothing } else { Contents::Foreign }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Contents::Nothing),
            Err(error) => Err(IndexError::io(folder)(error)),
        },
        Err(error) => Err(IndexError::io(&path)(error)),
    }
}

/// Makes the folder anew with `make` inside, which writes the index proper. Cut short at any point it is found
/// out of date and made again.
pub(crate) fn make_anew<T>(
    folder: &Path,
    stamp: &Stamp,
    make: impl FnOnce() -> Result<T, IndexError>,
) -> Result<T, IndexError> {
    fs::create_dir_all(folder).map_err(IndexError::io(folder))?;
    write_stamp(folder, &Stamp { ready: false, ..stamp.clone() })?;
    let lock_path = folder.join(WRITER_LOCK);
    let lock = File::create(&lock_path).map_err(IndexError::io(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(IndexError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(IndexError::io(&lock_path)(error)),
    }
    for entry in fs::read_dir(folder).map_err(IndexError::io(folder))? {
        let path: PathBuf = entry.map_err(IndexError::io(folder))?.path();
        let keep = path.ends_with(STAMP) || path.ends_with(WRITER_LOCK);
        if !keep && path.is_file() {
            fs::remove_file(&path).map_err(IndexError::io(&path))?;
        }
    }
    let made = make()?;
    write_stamp(folder, stamp)?;
    Ok(made)
}

fn write_stamp(folder: &Path, stamp: &Stamp) -> Result<(), IndexError> {
    let (path, draft) = (folder.join(STAMP), folder.join(format!("{STAMP}.new")));
    let bytes = serde_json::to_vec(stamp).map_err(|error| IndexError::io(&path)(error.into()))?;
    fs::write(&draft, bytes).map_err(IndexError::io(&draft))?;
    fs::rename(&draft, &path).map_err(IndexError::io(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp { format: FORMAT, lexicon: "x".into(), ready: true }
    }

    #[test]
    fn an_interrupted_making_is_out_of_date() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(contents(folder.path(), &stamp()).unwrap(), Contents::Nothing);
        let stopped =
            make_anew(folder.path(), &stamp(), || Err::<(), _>(IndexError::Missing { folder: PathBuf::new() }));
        assert!(stopped.is_err());
        assert_eq!(contents(folder.path(), &stamp()).unwrap(), Contents::OutOfDate);
        make_anew(folder.path(), &stamp(), || Ok(())).unwrap();
        assert_eq!(contents(folder.path(), &stamp()).unwrap(), Contents::Current);
        let other = Stamp { lexicon: "y".into(), ..stamp() };
        assert_eq!(contents(folder.path(), &other).unwrap(), Contents::OutOfDate);
    }

    #[test]
    fn a_folder_of_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("letter.txt"), "dear").unwrap();
        assert_eq!(contents(folder.path(), &stamp()).unwrap(), Contents::Foreign);
    }

    #[test]
    fn a_folder_is_not_emptied_under_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        make_anew(folder.path(), &stamp(), || Ok(())).unwrap();
        let lock = File::create(folder.path().join(WRITER_LOCK)).unwrap();
        lock.try_lock().unwrap();
        fs::write(folder.path().join("segment"), "data").unwrap();
        assert!(matches!(make_anew(folder.path(), &stamp(), || Ok(())), Err(IndexError::Busy { .. })));
        assert!(folder.path().join("segment").exists());
    }
}
