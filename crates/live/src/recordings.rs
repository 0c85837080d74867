//! The folder of recordings: what is being written, what waits to be processed, what was left behind.
//!
//! One folder a day, with a `calls.csv` beside the recordings, so that `hotline process` on it knows what this crate knows.
//! While it is written a recording has a name that begins with a dot (walks through folders leave those out); when the
//! call is over it gets its name, and a marker stays beside it until it is processed. Names begin with the time, so they sort.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hotline_audio::{LineFormat, RecordingCoding, WavRecorder, repair};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::columns::{Columns, known};
use crate::error::LiveError;

/// Name of the table beside recordings, as the batch looks for it.
const TABLE: &str = "calls.csv";

/// The folder of recordings.
#[derive(Debug)]
pub struct Recordings {
    folder: PathBuf,
    zone: TimeZone,
    coding: RecordingCoding,
    /// One row at a time.
    table: Mutex<()>,
}

/// A recording that was not processed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The recording, under its final name.
    pub path: PathBuf,
    marker: PathBuf,
}

impl Unfinished {
    /// It is processed, or never can be: it will not be taken up again.
    pub fn done(&self) {
        if let Err(error) = fs::remove_file(&self.marker)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a marker could not be removed; the recording will be looked at again");
        }
    }
}

impl Recordings {
    /// Recordings in `folder`, which is created, coded by `coding`; days are those of `zone`.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn new(folder: &Path, zone: TimeZone, coding: RecordingCoding) -> Result<Recordings, LiveError> {
        fs::create_dir_all(folder).map_err(|source| LiveError::File { path: folder.to_owned(), source })?;
        Ok(Recordings { folder: folder.to_owned(), zone, coding, table: Mutex::new(()) })
    }

    /// Begins the recording of a call; gives it with the path it will have.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn begin(
        &self,
        line: &str,
        key: &str,
        format: &LineFormat,
        started_at: Timestamp,
        columns: &Columns,
    ) -> Result<(WavRecorder, PathBuf), LiveError> {
        let local = started_at.to_zoned(self.zone.clone());
        let day = self.folder.join(local.strftime("%Y-%m-%d").to_string());
        fs::create_dir_all(&day).map_err(|source| LiveError::File { path: day.clone(), source })?;
        let stem = format!("{}_{}_{}", local.strftime("%Y%m%dT%H%M%S%3f"), plain(line), plain(key));
        let path = day.join(format!("{stem}.wav"));
        let recorder = WavRecorder::create(&hidden(&path), format, self.coding)?;
        self.enter(&path, line, key, format, started_at, columns)?;
        Ok((recorder, path))
    }

    /// Enters a call into the table beside its recording; of several rows for one recording the last one counts.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn enter(
        &self,
        path: &Path,
        line: &str,
        key: &str,
        format: &LineFormat,
        started_at: Timestamp,
        columns: &Columns,
    ) -> Result<(), LiveError> {
        let table = path.with_file_name(TABLE);
        let io = |source| LiveError::File { path: table.clone(), source };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let layout = if format.channels == 2 { "agent-left" } else { "mono" };
        let started = started_at.to_string();
        let values = known().map(|column| columns.get(column).unwrap_or_default());
        let head = ["file", "started_at", "channel_layout", "line", "call_key"];
        let row = [name.as_str(), &started, layout, line, key];
        let _one_at_a_time = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = File::options().append(true).create(true).open(&table).map_err(io)?;
        let mut lines = csv::Writer::from_writer(Vec::new());
        let in_memory = |error: csv::Error| io(std::io::Error::other(error));
        if file.metadata().map_err(io)?.len() == 0 {
            lines.write_record(head.into_iter().chain(known())).map_err(in_memory)?;
        }
        lines.write_record(row.into_iter().chain(values)).map_err(in_memory)?;
        let bytes = lines.into_inner().map_err(|error| io(std::io::Error::other(error.to_string())))?;
        // In one go, so that a killed process leaves whole rows.
        file.write_all(&bytes).map_err(io)
    }

    /// A recording is complete: it gets its name and waits to be processed. `None` if nothing was heard on it at all.
    ///
    /// # Errors
    /// It cannot be ended or renamed; it is taken up at the next start then.
    pub fn complete(&self, recorder: WavRecorder, path: &Path) -> Result<Option<Unfinished>, LiveError> {
        let frames = recorder.frames();
        let from = recorder.finish()?;
        settle(&from, path, frames)
    }

    /// What earlier runs left behind: recordings that were cut off by the end of the process are made whole, and all that were
    /// not processed are given, oldest first. Recordings that another process is writing are left alone.
    pub fn left_behind(&self) -> Vec<Unfinished> {
        let mut unfinished = Vec::new();
        for folder in [self.folder.clone()].into_iter().chain(subfolders(&self.folder)) {
            for path in files(&folder) {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let Some(stem) = name.strip_prefix('.') else { continue };
                if let Some(stem) = stem.strip_suffix(".wav") {
                    let whole = folder.join(format!("{stem}.wav"));
                    match repair(&path) {
                        Ok(None) => {}
                        Ok(Some(frames)) => match settle(&path, &whole, frames) {
                            Ok(waiting) => unfinished.extend(waiting),
                            Err(error) => tracing::error!(%error, "a recording left behind could not be taken up"),
                        },
                        Err(error) => tracing::error!(%error, "a recording left behind could not be taken up"),
                    }
                } else if let Some(stem) = stem.strip_suffix(".todo") {
                    let whole = Unfinished { path: folder.join(format!("{stem}.wav")), marker: path.clone() };
                    if whole.path.is_file() {
                        unfinished.push(whole);
                    } else if !hidden(&whole.path).is_file() {
                        whole.done();
                    }
                }
            }
        }
        unfinished.sort_by(|one, other| one.path.cmp(&other.path));
        unfinished.dedup();
        unfinished
    }
}

/// Marks a complete recording as not processed, then gives it its name: in this order nothing can be forgotten.
fn settle(from: &Path, to: &Path, frames: u64) -> Result<Option<Unfinished>, LiveError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| LiveError::File { path, source }
    };
    if frames == 0 {
        fs::remove_file(from).map_err(io(from))?;
        return Ok(None);
    }
    let stem = to.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let marker = to.with_file_name(format!(".{stem}.todo"));
    fs::write(&marker, b"").map_err(io(&marker))?;
    fs::rename(from, to).map_err(io(from))?;
    Ok(Some(Unfinished { path: to.to_owned(), marker }))
}

fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}"))
}

/// A name as it can stand in a file name: what a stranger sends leads nowhere.
fn plain(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).take(48).collect();
    if plain.is_empty() { "line".to_owned() } else { plain }
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_file()).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map_or(Vec::new(), |entries| entries.flatten().map(|entry| entry.path()).collect())
}

#[cfg(test)]
mod tests {
    use hotline_audio::{Law, OpenOptions, decode_all};

    use super::*;

    fn format() -> LineFormat {
        LineFormat { channels: 2, rate_hz: 8_000, name: "audiosocket".into() }
    }

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn a_recording_has_its_name_only_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(dir.path(), zone(), RecordingCoding::Pcm).unwrap();
        let mut columns = Columns::default();
        columns.set("agent_id", "A7");
        let started = "2026-10-06T18:30:00Z".parse().unwrap();
        let (mut recorder, path) = recordings.begin("9093", "../../etc/x", &format(), started, &columns).unwrap();
        assert!(path.ends_with("2026-10-07/20261007T023000000_9093_------etc-x.wav"), "{}", path.display());
        recorder.push(&[5; 1_600]).unwrap();
        assert!(!path.exists());
        let unfinished = recordings.complete(recorder, &path).unwrap().unwrap();
        assert!(path.is_file());
        let table = fs::read_to_string(path.with_file_name(TABLE)).unwrap();
        assert_eq!(table.lines().count(), 2);
        assert!(table.contains("2026-10-06T18:30:00Z,agent-left,9093,../../etc/x,A7"), "{table}");
        assert_eq!(recordings.left_behind(), std::slice::from_ref(&unfinished), "until it is processed");
        unfinished.done();
        assert_eq!(recordings.left_behind(), []);
    }

    #[test]
    fn what_was_left_behind_is_taken_up_but_not_what_is_being_written() {
        for coding in [RecordingCoding::Pcm, RecordingCoding::G711(Law::A), RecordingCoding::G711(Law::Mu)] {
            is_taken_up(coding);
        }
    }

    fn is_taken_up(coding: RecordingCoding) {
        let dir = tempfile::tempdir().unwrap();
        let recordings = Recordings::new(dir.path(), zone(), coding).unwrap();
        let now = Timestamp::now();
        let (mut going_on, _) = recordings.begin("a", "1", &format(), now, &Columns::default()).unwrap();
        going_on.push(&[5; 1_600]).unwrap();
        let (mut killed, path) = recordings.begin("b", "2", &format(), now, &Columns::default()).unwrap();
        killed.push(&[5; 1_600]).unwrap();
        killed.tick().unwrap();
        drop(killed);
        let (empty, _) = recordings.begin("c", "3", &format(), now, &Columns::default()).unwrap();
        drop(empty);
        let found: Vec<PathBuf> = recordings.left_behind().into_iter().map(|one| one.path).collect();
        assert_eq!(found, std::slice::from_ref(&path));
        assert_eq!(decode_all(&path, &OpenOptions::default()).unwrap().0.declared_ms, Some(100));
    }
}
