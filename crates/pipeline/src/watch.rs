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
    /// Files that could not be processed: how they looked then, and when.
    doubtful: HashMap<PathBuf, (Stamp, Instant)>,
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
            doubtful: HashMap::new(),
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
                // A recorder may have paused in the middle of a file: one more look before it is given up.
                let again = self.doubtful.get(&path).is_some_and(|(_, since)| since.elapsed() >= self.patience());
                if again {
                    ready.push(path);
                }
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

    /// A recording that was handed out could not be processed. Whether that is final: the first time it may be a recorder that
    /// has paused, so the file is handed out once more after a while; if it has not changed then, it is bad.
    pub fn failed(&mut self, path: &Path) -> bool {
        let Ok(meta) = path.metadata() else { return false };
        let stamp = (meta.len(), meta.modified().ok());
        match self.doubtful.get(path) {
            Some((known, since)) if *known == stamp && since.elapsed() >= self.patience() => {
                self.doubtful.remove(path);
                true
            }
            Some((known, _)) if *known == stamp => false,
            _ => {
                self.doubtful.insert(path.to_owned(), (stamp, Instant::now()));
                false
            }
        }
    }

    /// A recording that was handed out is processed.
    pub fn processed(&mut self, path: &Path) {
        self.doubtful.remove(path);
    }

    /// How long a file that could not be processed is given.
    fn patience(&self) -> Duration {
        self.settle * 6
    }

    /// Whether files are there that are still being written to, or that are given another chance.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.doubtful.is_empty()
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

/// Folder for bad files, below the watched one.
pub const QUARANTINE_NAME: &str = "quarantine";

/// Moves a bad recording out of the way, into `quarantine` below `folder`, with a file beside it that says why. Nothing there is
/// overwritten, and walks leave the folder out. Gives the new path.
///
/// # Errors
/// It cannot be moved; it stays where it is then.
pub fn quarantine(folder: &Path, recording: &Path, reason: &str) -> std::io::Result<PathBuf> {
    let into = folder.join(QUARANTINE_NAME);
    std::fs::create_dir_all(&into)?;
    std::fs::write(into.join(intake::IGNORE_NAME), "")?;
    let name = recording.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for nth in 1..10_000u32 {
        let name = if nth == 1 { name.clone() } else { format!("{nth}-{name}") };
        let to = into.join(&name);
        let note = into.join(format!("{name}.reason.txt"));
        if to.exists() {
            continue;
        }
        // The reason first, and only if nobody has taken the name: a file in quarantine without one helps nobody.
        let created = std::fs::File::options().write(true).create_new(true).open(&note);
        let mut file = match created {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        std::io::Write::write_all(&mut file, format!("{}\n{reason}\n", recording.display()).as_bytes())?;
        if let Err(error) = std::fs::rename(recording, &to) {
            std::fs::remove_file(&note)?;
            return Err(error);
        }
        return Ok(to);
    }
    Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "too many files of this name in quarantine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_is_given_one_more_chance_and_another_when_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wav");
        std::fs::write(&file, b"half").unwrap();
        let mut watcher = Watcher::new(dir.path(), Duration::from_millis(20)).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        let take = |watcher: &mut Watcher| {
            let mut ready = Vec::new();
            for _ in 0..200 {
                ready = watcher.ready();
                if !ready.is_empty() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            ready
        };
        assert_eq!(take(&mut watcher), std::slice::from_ref(&file));
        assert!(!watcher.failed(&file));
        assert!(watcher.is_waiting());
        std::fs::write(&file, b"half and more").unwrap();
        assert_eq!(take(&mut watcher), std::slice::from_ref(&file));
        assert!(!watcher.failed(&file), "it has changed: a new file");
        assert_eq!(take(&mut watcher), std::slice::from_ref(&file));
        assert!(watcher.failed(&file), "the same again: bad");
        assert!(!watcher.is_waiting());
    }

    #[test]
    fn bad_files_go_into_quarantine_with_their_reason_and_never_over_each_other() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["one", "two"] {
            let file = dir.path().join("a.wav");
            std::fs::write(&file, text).unwrap();
            quarantine(dir.path(), &file, "no sound").unwrap();
            assert!(!file.exists());
        }
        let read = |name: &str| std::fs::read_to_string(dir.path().join(QUARANTINE_NAME).join(name)).unwrap();
        assert_eq!((read("a.wav").as_str(), read("2-a.wav").as_str()), ("one", "two"));
        assert!(read("2-a.wav.reason.txt").ends_with("a.wav\nno sound\n"));
        assert!(intake::find(&[dir.path().to_owned()]).recordings.is_empty(), "walks leave it out");
    }

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
