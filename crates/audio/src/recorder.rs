//! Recordings that are written as they come and can be played at any moment, even if the process is killed.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{AudioError, LineFormat};

/// Between two updates of the header at most, as long as sound comes.
const UPDATE_EVERY: Duration = Duration::from_millis(250);

/// Writes 16-bit PCM into a WAV file whose header is kept valid: a process that is killed leaves a file that plays, without
/// at most the last [`WavRecorder::tick`] interval.
pub struct WavRecorder {
    writer: hound::WavWriter<BufWriter<File>>,
    path: PathBuf,
    updated: Instant,
    dirty: bool,
    frames: u64,
    channels: u64,
}

impl WavRecorder {
    /// Begins a recording. The file must not exist. It is locked as long as this lives, so that other processes can tell
    /// a recording that is under way from one that was left behind.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, format: &LineFormat) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let file = File::options().read(true).write(true).create_new(true).open(path).map_err(io)?;
        // Where the file system knows no locks, recordings left behind are told by their age alone.
        if let Err(error) = file.try_lock() {
            tracing::debug!(%error, "a recording could not be locked");
        }
        let spec = hound::WavSpec {
            channels: format.channels,
            sample_rate: format.rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(BufWriter::new(file), spec).map_err(|error| hound_error(path, error))?;
        // A process killed at once leaves an empty recording, not a file that is none.
        writer.flush().map_err(|error| hound_error(path, error))?;
        Ok(WavRecorder {
            writer,
            path: path.to_owned(),
            updated: Instant::now(),
            dirty: true,
            frames: 0,
            channels: u64::from(format.channels.max(1)),
        })
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Appends interleaved samples, whole frames.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn push(&mut self, interleaved: &[i16]) -> Result<(), AudioError> {
        for &sample in interleaved {
            self.writer.write_sample(sample).map_err(|error| hound_error(&self.path, error))?;
        }
        self.frames += interleaved.len() as u64 / self.channels;
        self.dirty = true;
        if self.updated.elapsed() >= UPDATE_EVERY { self.tick() } else { Ok(()) }
    }

    /// Hands everything to the system and makes the header fit. To be called at least every second, so that a line on
    /// which nothing comes any more is safe too.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn tick(&mut self) -> Result<(), AudioError> {
        if self.dirty {
            self.writer.flush().map_err(|error| hound_error(&self.path, error))?;
            self.dirty = false;
        }
        self.updated = Instant::now();
        Ok(())
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn finish(mut self) -> Result<PathBuf, AudioError> {
        self.tick()?;
        self.writer.finalize().map_err(|error| hound_error(&self.path, error))?;
        Ok(self.path)
    }
}

fn hound_error(path: &Path, error: hound::Error) -> AudioError {
    match error {
        hound::Error::IoError(error) => AudioError::io(path, error),
        other => AudioError::io(path, io::Error::other(other)),
    }
}

/// Makes the header of a recording that was left behind fit what is in the file, and cuts off half a frame. Tells how many
/// whole frames there are; `None` if another process is still writing it.
///
/// # Errors
/// It cannot be read or written, or was not begun by a [`WavRecorder`].
pub fn repair(path: &Path) -> Result<Option<u64>, AudioError> {
    let io = |error| AudioError::io(path, error);
    let mut file = File::options().read(true).write(true).open(path).map_err(io)?;
    if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
        return Ok(None);
    }
    let length = file.metadata().map_err(io)?.len();
    let bad = |detail: &str| AudioError::BadHeader { path: path.to_owned(), detail: detail.to_owned() };
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(44).read_to_end(&mut head).map_err(io)?;
    // What a recorder writes first, before any sound: 44 bytes with the plain format.
    if head.len() < 44 || !head.starts_with(b"RIFF") || &head[36..40] != b"data" {
        return Err(bad("it ends within the header"));
    }
    let frame_len = u64::from(u16::from_le_bytes([head[32], head[33]]));
    if frame_len == 0 {
        return Err(bad("frames without bytes"));
    }
    let frames = (length - 44) / frame_len;
    let data_len = u32::try_from(frames * frame_len).map_err(|_| bad("more than 4 GiB"))?;
    file.set_len(44 + u64::from(data_len)).map_err(io)?;
    for (at, value) in [(4, data_len.saturating_add(36)), (40, data_len)] {
        file.seek(SeekFrom::Start(at)).map_err(io)?;
        file.write_all(&value.to_le_bytes()).map_err(io)?;
    }
    file.sync_data().map_err(io)?;
    Ok(Some(frames))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpenOptions, decode_all};

    fn format() -> LineFormat {
        LineFormat { channels: 2, rate_hz: 8_000, name: "test".into() }
    }

    #[test]
    fn the_file_can_be_read_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut recorder = WavRecorder::create(&path, &format()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 44, "a header from the first moment");
        for second in 1..4u32 {
            recorder.push(&[100; 16_000]).unwrap();
            recorder.tick().unwrap();
            let (info, signal) = decode_all(&path, &OpenOptions::default()).unwrap();
            assert_eq!((info.declared_ms, signal.len()), (Some(second * 1_000), 2));
        }
        assert_eq!(repair(&path).unwrap(), None, "somebody is at it");
        assert!(WavRecorder::create(&path, &format()).is_err(), "never over a recording");
        recorder.finish().unwrap();
        assert_eq!(repair(&path).unwrap(), Some(24_000));
    }

    #[test]
    fn a_file_left_behind_is_made_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut recorder = WavRecorder::create(&path, &format()).unwrap();
        recorder.push(&[100, 50].repeat(800)).unwrap();
        recorder.finish().unwrap();
        // As if the process had been killed between the sound and the header: 50 frames and a half.
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(&[7; 50 * 4 + 2]).unwrap();
        drop(file);
        assert_eq!(repair(&path).unwrap(), Some(850));
        let (info, _) = decode_all(&path, &OpenOptions::default()).unwrap();
        assert_eq!((info.declared_ms, info.issues), (Some(106), vec![]));
    }

    #[test]
    fn what_no_recorder_wrote_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        std::fs::write(&path, "RIFF").unwrap();
        assert!(repair(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"RIFF");
    }
}
