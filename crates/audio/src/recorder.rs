//! Recordings that are written as they come and can be played at any moment, even if the process is killed.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::companded_wav::{self, CompandedWav};
use crate::{AudioError, Law, LineFormat};

/// Between two updates of the header at most, as long as sound comes.
const UPDATE_EVERY: Duration = Duration::from_millis(250);

/// How a recording is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordingCoding {
    /// PCM of 16 bits: all that was heard.
    #[default]
    Pcm,
    /// G.711 of 8 bits: half the size.
    G711(Law),
}

/// Writes a WAV file whose header is kept valid: a process that is killed leaves a file that plays, without
/// at most the last [`WavRecorder::tick`] interval.
pub struct WavRecorder {
    writer: Writer,
    path: PathBuf,
    updated: Instant,
    dirty: bool,
    frames: u64,
    channels: u64,
}

enum Writer {
    Pcm(hound::WavWriter<BufWriter<File>>),
    Companded(CompandedWav),
}

impl Writer {
    fn new(file: File, format: &LineFormat, coding: RecordingCoding) -> io::Result<Writer> {
        match coding {
            RecordingCoding::Pcm => {
                let spec = hound::WavSpec {
                    channels: format.channels,
                    sample_rate: format.rate_hz,
                    bits_per_sample: 16,
                    sample_format: hound::SampleFormat::Int,
                };
                let mut writer = hound::WavWriter::new(BufWriter::new(file), spec).map_err(plain)?;
                // A process killed at once leaves an empty recording, not a file that is none.
                writer.flush().map_err(plain)?;
                Ok(Writer::Pcm(writer))
            }
            RecordingCoding::G711(law) => CompandedWav::new(file, law, format).map(Writer::Companded),
        }
    }

    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        match self {
            Writer::Pcm(writer) => samples.iter().try_for_each(|sample| writer.write_sample(*sample)).map_err(plain),
            Writer::Companded(writer) => writer.write(samples),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Writer::Pcm(writer) => writer.flush().map_err(plain),
            Writer::Companded(writer) => writer.flush(),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Writer::Pcm(writer) => writer.finalize().map_err(plain),
            Writer::Companded(writer) => writer.finish(),
        }
    }
}

fn plain(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

impl WavRecorder {
    /// Begins a recording. The file must not exist. It is locked as long as this lives, so that other processes can tell
    /// a recording that is under way from one that was left behind.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, format: &LineFormat, coding: RecordingCoding) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let file = File::options().read(true).write(true).create_new(true).open(path).map_err(io)?;
        // Where the file system knows no locks, recordings left behind are told by their age alone.
        if let Err(error) = file.try_lock() {
            tracing::debug!(%error, "a recording could not be locked");
        }
        let writer = Writer::new(file, format, coding).map_err(io)?;
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
        self.writer.write(interleaved).map_err(|error| AudioError::io(&self.path, error))?;
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
            self.writer.flush().map_err(|error| AudioError::io(&self.path, error))?;
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
        self.writer.finish().map_err(|error| AudioError::io(&self.path, error))?;
        Ok(self.path)
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
    Read::by_ref(&mut file).take(companded_wav::HEADER_LEN).read_to_end(&mut head).map_err(io)?;
    let frames = match (head.get(20), head.get(36..40)) {
        _ if !head.starts_with(b"RIFF") => None,
        // What hound writes before any sound: 44 bytes with the plain format.
        (Some(1), Some(b"data")) if head.len() >= 44 => Some(repair_pcm(&mut file, &head, length)),
        (Some(6 | 7), Some(b"\0\0fa")) if head.len() as u64 == companded_wav::HEADER_LEN => {
            Some(companded_wav::repair(&mut file, &head, length))
        }
        _ => None,
    };
    let frames = frames.ok_or_else(|| bad("it ends within the header"))?.map_err(io)?;
    file.sync_data().map_err(io)?;
    Ok(Some(frames))
}

fn repair_pcm(file: &mut File, head: &[u8], length: u64) -> io::Result<u64> {
    let frame_len = u64::from(u16::from_le_bytes([head[32], head[33]])).max(1);
    let frames = (length - 44) / frame_len;
    let too_long = |_| io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file holds less than 4 GiB");
    let data_len = u32::try_from(frames * frame_len).map_err(too_long)?;
    file.set_len(44 + u64::from(data_len))?;
    for (at, value) in [(4, data_len.saturating_add(36)), (40, data_len)] {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpenOptions, decode_all};

    const CODINGS: [RecordingCoding; 3] =
        [RecordingCoding::Pcm, RecordingCoding::G711(Law::A), RecordingCoding::G711(Law::Mu)];

    fn format(channels: u16) -> LineFormat {
        LineFormat { channels, rate_hz: 8_000, name: "test".into() }
    }

    #[test]
    fn the_file_can_be_read_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        for (coding, empty_len) in CODINGS.into_iter().zip([44, 58, 58]) {
            let path = dir.path().join(format!("{coding:?}.wav"));
            let mut recorder = WavRecorder::create(&path, &format(2), coding).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().len(), empty_len, "a header from the first moment");
            for second in 1..4u32 {
                recorder.push(&[100, 50].repeat(8_000)).unwrap();
                recorder.tick().unwrap();
                let (info, signal) = decode_all(&path, &OpenOptions::default()).unwrap();
                assert_eq!((info.declared_ms, signal.len(), info.issues), (Some(second * 1_000), 2, vec![]));
            }
            assert_eq!(repair(&path).unwrap(), None, "somebody is at it");
            assert!(WavRecorder::create(&path, &format(2), coding).is_err(), "never over a recording");
            recorder.finish().unwrap();
            assert_eq!(repair(&path).unwrap(), Some(24_000));
        }
    }

    #[test]
    fn a_file_left_behind_is_made_whole() {
        let dir = tempfile::tempdir().unwrap();
        for (coding, frame_len) in CODINGS.into_iter().zip([4, 2, 2]) {
            let path = dir.path().join(format!("{coding:?}.wav"));
            let mut recorder = WavRecorder::create(&path, &format(2), coding).unwrap();
            recorder.push(&[100, 50].repeat(800)).unwrap();
            recorder.finish().unwrap();
            // As if the process had been killed between the sound and the header: 50 frames and a half.
            let mut file = File::options().append(true).open(&path).unwrap();
            file.write_all(&vec![7; 50 * frame_len + frame_len / 2]).unwrap();
            drop(file);
            assert_eq!(repair(&path).unwrap(), Some(850));
            let (info, _) = decode_all(&path, &OpenOptions::default()).unwrap();
            assert_eq!((info.declared_ms, info.issues), (Some(106), vec![]));
        }
    }

    /// Frames of one channel, and bytes that a kill left behind them: a chunk of odd length is followed by a zero that is no sound.
    #[test]
    fn an_odd_number_of_bytes_is_followed_by_one_that_is_no_sound() {
        let dir = tempfile::tempdir().unwrap();
        for (pushed, left, frames) in [(801usize, 0usize, 801u64), (800, 0, 800), (800, 1, 801), (801, 2, 804)] {
            let path = dir.path().join(format!("{pushed}-{left}.wav"));
            let mut recorder = WavRecorder::create(&path, &format(1), RecordingCoding::G711(Law::A)).unwrap();
            recorder.push(&vec![100; pushed]).unwrap();
            recorder.finish().unwrap();
            let mut file = File::options().append(true).open(&path).unwrap();
            file.write_all(&vec![7; left]).unwrap();
            for again in 0..2 {
                assert_eq!(repair(&path).unwrap(), Some(frames), "{pushed} {left} {again}");
                assert_eq!(std::fs::metadata(&path).unwrap().len() % 2, 0);
                let (info, _) = decode_all(&path, &OpenOptions::default()).unwrap();
                assert_eq!(info.issues, Vec::<String>::new());
            }
        }
    }

    #[test]
    fn what_came_as_g711_is_read_as_it_came() {
        let dir = tempfile::tempdir().unwrap();
        for (law, name) in [(Law::A, "wav/alaw"), (Law::Mu, "wav/ulaw")] {
            let path = dir.path().join(format!("{law:?}.wav"));
            // At the rate of speech recognition, so that nothing but the coding lies between.
            let format = LineFormat { channels: 1, rate_hz: 16_000, name: "test".into() };
            let came: Vec<i16> = (0..=255).map(|byte| law.decode(byte)).collect();
            let mut recorder = WavRecorder::create(&path, &format, RecordingCoding::G711(law)).unwrap();
            came.chunks(100).for_each(|chunk| recorder.push(chunk).unwrap());
            recorder.finish().unwrap();
            let (info, signal) = decode_all(&path, &OpenOptions::default()).unwrap();
            assert_eq!(info.format, name);
            assert_eq!(signal[0], came.iter().map(|sample| f32::from(*sample) / 32_768.0).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_no_recorder_wrote_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        for bytes in [&b"RIFF"[..], &[b'R'; 80], b"RIFF....WAVEfmt \x12\0\0\0\x06\0\x01\0"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(repair(&path).is_err());
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }
}
