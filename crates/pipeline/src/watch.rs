//! A watched folder: which recordings are new and complete.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::intake;

/// A folder that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be watched: {message}")]
pub struct WatchError {
    /// The folder.
    pub path: String,
    /// Why.
    pub message: String,
}

/// Size and time of change of a file: as long as these stay, nothing was written.
type Stamp = (u64, Option<SystemTime>);

/// Tells which recordings of a folder have arrived and are no longer being written to.
///
/// Notifications of the system only cut the wait short; the truth is the folder itself, looked through again and again,
/// because notifications get lost (network drives, full queues).
pub struct Watcher {
    folder: PathBuf,
    settle: Duration,
    /// Since when each waiting file has looked the same.
    waiting: HashMap<PathBuf, (Stamp, Instant)>,
    /// How each file looked when it was handed out.
    taken: HashMap<PathBuf, Stamp>,
    hints: Receiver<()>,
    _notifier: Option<RecommendedWatcher>,
}

impl Watcher {
    /// Watches `folder` and its subfolders; a file is complete once it has not changed for `settle`.
    pub fn new(folder: &Path, settle: Duration) -> Result<Watcher, WatchError> {
        if !folder.is_dir() {
            return Err(WatchError { path: folder.display().to_string(), message: "no such folder".into() });
        }
        let (send, hints) = channel();
        let notifier = notify::recommended_watcher(move |_| {
            // A hint nobody waits for is worth nothing.
            let _ = send.send(());
        });
        let notifier = notifier.and_then(|mut notifier| {
            notifier.watch(folder, RecursiveMode::Recursive)?;
            Ok(notifier)
        });
        if let Err(error) = &notifier {
            tracing::warn!(%error, "no notifications for the folder, looking through it now and then instead");
        }
        Ok(Watcher {
            folder: folder.to_owned(),
            settle,
            waiting: HashMap::new(),
            taken: HashMap::new(),
            hints,
            _notifier: notifier.ok(),
        })
    }

    /// The recordings that are complete and new, or have changed since they were handed out; sorted.
    pub fn ready(&mut self) -> Vec<PathBuf> {
        let found = intake::find(std::slice::from_ref(&self.folder)).recordings;
        let now = Instant::now();
        let mut ready = Vec::new();
        for path in found {
            let Ok(meta) = path.metadata() else { continue };
            let stamp = (meta.len(), meta.modified().ok());
            if self.taken.get(&path) == Some(&stamp) {
                continue;
            }
            let since = match self.waiting.get(&path) {
                Some((known, since)) if *known == stamp => *since,
                _ => {
                    // A file that was there long before the watch began need not wait.
                    let age = stamp.1.and_then(|changed| changed.elapsed().ok()).unwrap_or_default();
                    now.checked_sub(age).unwrap_or(now)
                }
            };
            if now.duration_since(since) >= self.settle {
                self.waiting.remove(&path);
                self.taken.insert(path.clone(), stamp);
                ready.push(path);
            } else {
                self.waiting.insert(path, (stamp, since));
            }
        }
        ready
    }

    /// Whether files are there that are still being written to.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Waits for something to happen in the folder, at most `at_most`.
    pub fn wait(&self, at_most: Duration) {
        match self.hints.recv_timeout(at_most) {
            Ok(()) => {
                // One upload makes many notifications.
                while self.hints.try_recv().is_ok() {}
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(at_most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_handed_out_once_and_again_when_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wav");
        std::fs::write(&file, b"one").unwrap();
        let mut watcher = Watcher::new(dir.path(), Duration::ZERO).unwrap();
        assert_eq!(watcher.ready(), std::slice::from_ref(&file));
        assert!(watcher.ready().is_empty());
        std::fs::write(&file, b"longer").unwrap();
        assert_eq!(watcher.ready(), [file]);
    }

    #[test]
    fn a_file_that_was_just_written_waits() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.wav"), b"one").unwrap();
        let mut watcher = Watcher::new(dir.path(), Duration::from_secs(3600)).unwrap();
        assert!(watcher.ready().is_empty());
        assert!(watcher.is_waiting());
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(Watcher::new(Path::new("no/such/folder"), Duration::ZERO).is_err());
    }
}
