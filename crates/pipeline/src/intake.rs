//! From paths a person gives to the list of recordings to process.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A path that leads to no recording.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Nothing there.
    #[error("{path}: no such file or folder, and no glob pattern that matches anything")]
    Missing {
        /// What was given.
        path: String,
    },
    /// A glob pattern with a mistake in it.
    #[error("{pattern}: not a valid pattern: {message}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A folder that cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Recordings found, and what was wrong with the rest: one bad path never hides the others.
#[derive(Debug, Default)]
pub struct Found {
    /// Recordings, each once, sorted by path.
    pub recordings: Vec<PathBuf>,
    /// Paths that led nowhere.
    pub problems: Vec<IntakeError>,
}

/// A folder that holds a file of this name is left out when the folder above it is walked; naming it outright takes it.
pub const IGNORE_NAME: &str = ".hotlineignore";

/// Finds recordings: a file is taken as it is, whatever its name; a folder is walked and every file with an audio file's
/// ending is taken, except in subfolders with an [`IGNORE_NAME`]; anything else is tried as a glob pattern.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut recordings = BTreeSet::new();
    let mut problems = Vec::new();
    for path in paths {
        if path.is_file() {
            recordings.insert(path.clone());
        } else if path.is_dir() {
            walk(path, &mut recordings, &mut problems);
        } else {
            expand(path, &mut recordings, &mut problems);
        }
    }
    Found { recordings: recordings.into_iter().collect(), problems }
}

fn walk(folder: &Path, recordings: &mut BTreeSet<PathBuf>, problems: &mut Vec<IntakeError>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) => {
            problems.push(IntakeError::Unreadable { path: folder.display().to_string(), source });
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Hidden files are half-written uploads and editors' leftovers; links to folders could lead in circles.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && path.join(IGNORE_NAME).exists() => {}
            Ok(kind) if kind.is_dir() => walk(&path, recordings, problems),
            Ok(kind) if kind.is_symlink() && path.is_dir() => {}
            _ if hotline_audio::is_audio_file(&path) => {
                recordings.insert(path);
            }
            _ => {}
        }
    }
}

fn expand(pattern: &Path, recordings: &mut BTreeSet<PathBuf>, problems: &mut Vec<IntakeError>) {
    let text = pattern.to_string_lossy();
    let paths = match glob::glob(&text) {
        Ok(paths) => paths,
        Err(error) => {
            problems.push(IntakeError::Pattern { pattern: text.into_owned(), message: error.msg.to_owned() });
            return;
        }
    };
    let mut any = false;
    for path in paths.flatten() {
        any = true;
        if path.is_dir() {
            walk(&path, recordings, problems);
        } else {
            recordings.insert(path);
        }
    }
    if !any {
        problems.push(IntakeError::Missing { path: text.into_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_folder_is_left_out_unless_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let bad = dir.path().join("bad");
        std::fs::create_dir_all(&bad).unwrap();
        std::fs::write(bad.join("a.wav"), b"x").unwrap();
        std::fs::write(bad.join(IGNORE_NAME), b"").unwrap();
        assert!(find(&[dir.path().to_owned()]).recordings.is_empty());
        assert_eq!(find(&[bad]).recordings.len(), 1);
    }

    #[test]
    fn files_folders_and_patterns_give_each_recording_once() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("week/monday");
        std::fs::create_dir_all(&deep).unwrap();
        for name in ["a.wav", "b.mp3", "notes.txt", ".upload.wav"] {
            std::fs::write(deep.join(name), b"x").unwrap();
        }
        let names = |found: &Found| {
            found.recordings.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let found = find(&[dir.path().to_owned(), deep.join("a.wav"), deep.join("*.mp3"), deep.join("none*.wav")]);
        assert_eq!(names(&found), ["a.wav", "b.mp3"]);
        assert!(matches!(found.problems.as_slice(), [IntakeError::Missing { .. }]), "{:?}", found.problems);
        // A file that is named outright is taken whatever it is called: its content decides.
        assert_eq!(names(&find(&[deep.join("notes.txt")])), ["notes.txt"]);
    }
}
