//! Plain WAV samples, through hound.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use hound::WavReader;

use crate::AudioError;
use crate::source::frames_to_ms;
use crate::wav_header::{Coding, WavHeader};

/// The samples of a WAV file behind a clean header.
pub(crate) type CleanWav = io::Chain<Cursor<Vec<u8>>, io::Take<BufReader<File>>>;

/// Puts a clean header before the samples of `file`, which must stand at [`WavHeader::data_start`].
pub(crate) fn clean(header: &WavHeader, file: File) -> CleanWav {
    Cursor::new(header.canonical()).chain(BufReader::with_capacity(1 << 16, file).take(header.data_len))
}

/// Frames decoded at a time.
const FRAMES: usize = 2_048;

/// Decodes integers of 8, 16, 24 and 32 bits and floats of 32.
pub(crate) struct PcmWav {
    reader: WavReader<CleanWav>,
    /// What full scale is divided by; `None` for floats.
    scale: Option<f32>,
    channels: usize,
    rate_hz: u32,
    frames_read: u64,
}

impl PcmWav {
    /// Whether this decoder takes `coding`.
    pub(crate) fn takes(coding: Coding) -> bool {
        matches!(coding, Coding::Pcm(_) | Coding::Float(32))
    }

    /// A decoder for the samples that `header` describes.
    pub(crate) fn new(header: &WavHeader, file: File, path: &Path) -> Result<Self, AudioError> {
        let reader = WavReader::new(clean(header, file))
            .map_err(|error| AudioError::BadHeader { path: path.to_owned(), detail: error.to_string() })?;
        let scale = match header.coding {
            Coding::Pcm(bits) => Some((2.0f32).powi(i32::from(bits) - 1).recip()),
            _ => None,
        };
        let channels = usize::from(header.channels);
        Ok(PcmWav { reader, scale, channels, rate_hz: header.rate_hz, frames_read: 0 })
    }

    /// Appends the next frames to `out`, one vector a channel; `false` at the end.
    pub(crate) fn next(&mut self, out: &mut [Vec<f32>], path: &Path) -> Result<bool, AudioError> {
        let samples = FRAMES * self.channels;
        let done = match self.scale {
            Some(scale) => {
                let all = self.reader.samples::<i32>().take(samples);
                deal(all.map(|sample| sample.map(|s| s as f32 * scale)), out)
            }
            None => deal(self.reader.samples::<f32>().take(samples), out),
        };
        let at_ms = frames_to_ms(self.frames_read, self.rate_hz);
        let count = done.map_err(|error| match error {
            hound::Error::IoError(source) => AudioError::io(path, source),
            other => AudioError::Damaged { path: path.to_owned(), at_ms, detail: other.to_string() },
        })?;
        self.frames_read += (count / self.channels) as u64;
        Ok(count > 0)
    }
}

/// Deals interleaved samples out to their channels and counts them.
fn deal(samples: impl Iterator<Item = hound::Result<f32>>, out: &mut [Vec<f32>]) -> hound::Result<usize> {
    let channels = out.len();
    let mut count = 0;
    for sample in samples {
        out[count % channels].push(sample?);
        count += 1;
    }
    Ok(count)
}
