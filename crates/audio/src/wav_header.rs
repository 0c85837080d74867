//! The header of a WAV file, read leniently.
//!
//! Recorders write many kinds of odd headers: sizes never filled in because the recorder streamed or died, format
//! chunks of the wrong length, wrong block sizes. Neither hound nor symphonia forgives these, so the header is read
//! here, and they are given a clean one ([`WavHeader::canonical`]) in front of the data.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::AudioError;
use crate::source::frames_to_ms;

/// How samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Integers of so many bits (8, 16, 24, 32).
    Pcm(u16),
    /// IEEE floats of so many bits (32, 64).
    Float(u16),
    /// G.711 A-law.
    ALaw,
    /// G.711 µ-law.
    MuLaw,
}

impl Coding {
    /// The name in [`SourceInfo::format`](crate::SourceInfo::format).
    pub(crate) fn name(self) -> String {
        match self {
            Coding::Pcm(bits) => format!("wav/pcm{bits}"),
            Coding::Float(bits) => format!("wav/float{bits}"),
            Coding::ALaw => "wav/alaw".to_owned(),
            Coding::MuLaw => "wav/ulaw".to_owned(),
        }
    }

    /// Format tag and bits a sample.
    fn tag_and_bits(self) -> (u16, u16) {
        match self {
            Coding::Pcm(bits) => (1, bits),
            Coding::Float(bits) => (3, bits),
            Coding::ALaw => (6, 8),
            Coding::MuLaw => (7, 8),
        }
    }
}

/// What a WAV file holds and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WavHeader {
    pub(crate) coding: Coding,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    /// First byte of the samples.
    pub(crate) data_start: u64,
    /// Bytes of whole frames that are there.
    pub(crate) data_len: u64,
    /// Length that the header promises, if it promises more than [`TOLERATED_LOSS_MS`] beyond what is there.
    pub(crate) promised_ms: Option<u32>,
    /// What was odd.
    pub(crate) issues: Vec<String>,
}

/// A file may lack so much at its end without being called truncated: the last buffer of a recorder.
const TOLERATED_LOSS_MS: u32 = 20;

/// Chunks looked through for the sound; even much-edited files have a dozen.
const MOST_CHUNKS: usize = 1_000;

/// From this data size on it is taken for a placeholder if the file is shorter: streaming writers put 0xFFFFFFFF or
/// something just below 0x7FFFFFFF, since they cannot come back to fill it in.
const PLACEHOLDER_SIZE: u64 = 0x7fff_0000;

impl WavHeader {
    /// Bytes of one frame (a sample of every channel).
    pub(crate) fn frame_len(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.coding.tag_and_bits().1 / 8)
    }

    /// Frames that are there.
    pub(crate) fn frames(&self) -> u64 {
        self.data_len / self.frame_len().max(1)
    }

    /// Reads the header of a `file` of `file_len` bytes. Channels and rate are as found, not judged, but not 0.
    pub(crate) fn read(file: &mut (impl Read + Seek), file_len: u64, path: &Path) -> Result<Self, AudioError> {
        let bad = |detail: String| AudioError::BadHeader { path: path.to_owned(), detail };
        let read = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => bad("it ends within the header".to_owned()),
            _ => AudioError::io(path, error),
        };
        file.seek(SeekFrom::Start(12)).map_err(read)?;
        let mut at = 12;
        let mut format = None;
        let mut size_64 = None;
        for _ in 0..MOST_CHUNKS {
            let Some((id, size)) = chunk_header(file).map_err(read)? else {
                let missing = if format.is_some() { "no sound data" } else { "no format" };
                return Err(bad(format!("{missing} before the end of the file")));
            };
            at += 8;
            if !is_name(&id) {
                return Err(bad(format!("no chunk at byte {}", at - 8)));
            }
            match &id {
                b"data" => {
                    let format: Format = format.ok_or_else(|| bad("sound data before the format".to_owned()))?;
                    let promised = size_64.filter(|_| size == u64::from(u32::MAX)).unwrap_or(size);
                    let there = file_len.saturating_sub(at);
                    let chunk_follows = size == 0 && chunk_fills_rest(file, there).map_err(read)?;
                    return format.with_data(at, promised, there, chunk_follows, path);
                }
                b"fmt " => {
                    let mut body = vec![0; size.min(40) as usize];
                    file.read_exact(&mut body).map_err(read)?;
                    format = Some(Format::parse(&body).ok_or_else(|| bad(format!("a format of {size} bytes")))?);
                }
                b"ds64" => {
                    let mut body = [0; 16];
                    file.read_exact(&mut body).map_err(read)?;
                    size_64 = body.last_chunk().map(|bytes| u64::from_le_bytes(*bytes));
                }
                _ => {}
            }
            at += size;
            // Chunks of odd length are followed by a zero, which some writers forget.
            if size % 2 == 1 {
                file.seek(SeekFrom::Start(at)).map_err(read)?;
                let mut pad = [0];
                at += u64::from(file.read(&mut pad).map_err(read)? == 1 && pad == [0]);
            }
            if at > file_len {
                let name = String::from_utf8_lossy(&id).into_owned();
                return Err(bad(format!("chunk `{}` reaches beyond the end of the file", name.escape_default())));
            }
            file.seek(SeekFrom::Start(at)).map_err(read)?;
        }
        Err(bad(format!("no sound data among the first {MOST_CHUNKS} chunks")))
    }

    /// A clean header for the same samples, as hound and symphonia accept it. The data must be less than 4 GiB.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let (tag, bits) = self.coding.tag_and_bits();
        let data_len = u32::try_from(self.data_len).unwrap_or(u32::MAX);
        // hound takes integers of 32 bits in the short format chunk only, symphonia takes G.711 in the long one only.
        let long = !matches!(self.coding, Coding::Pcm(_));
        let mut header = Vec::with_capacity(46);
        header.extend(b"RIFF");
        header.extend(data_len.saturating_add(if long { 38 } else { 36 }).to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(if long { 18u32 } else { 16 }.to_le_bytes());
        header.extend(tag.to_le_bytes());
        header.extend(self.channels.to_le_bytes());
        header.extend(self.rate_hz.to_le_bytes());
        let frame_len = self.frame_len() as u32;
        header.extend(self.rate_hz.saturating_mul(frame_len).to_le_bytes());
        header.extend((frame_len as u16).to_le_bytes());
        header.extend(bits.to_le_bytes());
        if long {
            header.extend(0u16.to_le_bytes());
        }
        header.extend(b"data");
        header.extend(data_len.to_le_bytes());
        header
    }
}

/// Chunks are named in printable ASCII.
fn is_name(id: &[u8; 4]) -> bool {
    id.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// Reads identifier and size of a chunk; `None` if the file has ended.
fn chunk_header(file: &mut impl Read) -> io::Result<Option<([u8; 4], u64)>> {
    let mut header = Vec::with_capacity(8);
    file.take(8).read_to_end(&mut header)?;
    let (Some(id), Some(size)) = (header.first_chunk::<4>(), header.get(4..8)) else { return Ok(None) };
    Ok(Some((*id, size.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))))
}

/// Whether the `rest` bytes to come are one proper chunk: then an empty data chunk is meant to be empty.
fn chunk_fills_rest(file: &mut impl Read, rest: u64) -> io::Result<bool> {
    Ok(match chunk_header(file)? {
        Some((id, size)) => is_name(&id) && size + size % 2 + 8 == rest,
        None => true,
    })
}

/// The format chunk.
struct Format {
    tag: u16,
    channels: u16,
    rate_hz: u32,
    block_align: u16,
    bits: u16,
}

impl Format {
    fn parse(body: &[u8]) -> Option<Format> {
        let u16_at = |at: usize| Some(u16::from_le_bytes(*body.get(at..)?.first_chunk()?));
        let mut tag = u16_at(0)?;
        if tag == 0xfffe {
            // The extensible format names the coding by a GUID that begins with the plain tag.
            tag = u16_at(24)?;
        }
        let rate_hz = u32::from_le_bytes(*body.get(4..)?.first_chunk()?);
        Some(Format { tag, channels: u16_at(2)?, rate_hz, block_align: u16_at(12)?, bits: u16_at(14)? })
    }

    fn coding(&self, path: &Path) -> Result<Coding, AudioError> {
        // Samples lie in whole bytes, the valid bits on top; the block size tells how many bytes better than the bits.
        let bytes = match self.block_align.checked_div(self.channels) {
            Some(bytes @ 1..=8) if self.block_align.is_multiple_of(self.channels) => bytes,
            _ => self.bits.div_ceil(8),
        };
        match (self.tag, bytes * 8) {
            (1, bits @ (8 | 16 | 24 | 32)) => Ok(Coding::Pcm(bits)),
            (3, bits @ (32 | 64)) => Ok(Coding::Float(bits)),
            (6, _) => Ok(Coding::ALaw),
            (7, _) => Ok(Coding::MuLaw),
            (tag, bits) => {
                let codec = match tag {
                    1 | 3 => format!("WAV with samples of {bits} bits"),
                    0x02 => "WAV with Microsoft ADPCM".to_owned(),
                    0x11 => "WAV with IMA ADPCM".to_owned(),
                    0x31 => "WAV with GSM 6.10".to_owned(),
                    0x50 | 0x55 => "WAV with MPEG audio".to_owned(),
                    0x83 => "WAV with G.729".to_owned(),
                    _ => format!("WAV with coding 0x{tag:04x}"),
                };
                Err(AudioError::Unsupported { path: path.to_owned(), codec })
            }
        }
    }

    /// The header, now that the data chunk is found at `data_start`, which states `promised` bytes while `there` follow.
    fn with_data(
        &self,
        data_start: u64,
        promised: u64,
        there: u64,
        chunk_follows: bool,
        path: &Path,
    ) -> Result<WavHeader, AudioError> {
        let bad = |detail: &str| AudioError::BadHeader { path: path.to_owned(), detail: detail.to_owned() };
        if self.channels == 0 {
            return Err(bad("no channels"));
        }
        if self.rate_hz == 0 {
            return Err(bad("a rate of 0 Hz"));
        }
        let coding = self.coding(path)?;
        let mut header = WavHeader {
            coding,
            channels: self.channels,
            rate_hz: self.rate_hz,
            data_start,
            data_len: 0,
            promised_ms: None,
            issues: Vec::new(),
        };
        let frame_len = header.frame_len();
        let never_finished = (promised == 0 && !chunk_follows) || (promised >= PLACEHOLDER_SIZE && promised > there);
        let bytes = if never_finished { there } else { promised.min(there) };
        header.data_len = bytes / frame_len * frame_len;
        if never_finished && header.data_len > 0 {
            header.issues.push("the recorder never wrote the length: read to the end of the file".to_owned());
        }
        if !never_finished && promised > there {
            let (promised_ms, there_ms) =
                (frames_to_ms(promised / frame_len, self.rate_hz), frames_to_ms(there / frame_len, self.rate_hz));
            if promised_ms - there_ms > TOLERATED_LOSS_MS {
                header.promised_ms = Some(promised_ms);
            } else if promised_ms > there_ms {
                header.issues.push(format!("the last {} ms are missing", promised_ms - there_ms));
            }
        }
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<WavHeader, AudioError> {
        WavHeader::read(&mut Cursor::new(bytes), bytes.len() as u64, Path::new("x.wav"))
    }

    fn a_law(size: u32, data: usize) -> Vec<u8> {
        let header = WavHeader {
            coding: Coding::ALaw,
            channels: 2,
            rate_hz: 8_000,
            data_start: 46,
            data_len: u64::from(size),
            promised_ms: None,
            issues: Vec::new(),
        };
        let mut bytes = header.canonical();
        bytes.resize(46 + data, 0xd5);
        bytes
    }

    #[test]
    fn sizes_that_lie() {
        // stated size, bytes there, bytes taken, promised ms, has an issue
        let cases = [
            (16_000, 16_000, 16_000, None, false),
            (16_000, 16_100, 16_000, None, false), // something behind the data
            (0, 16_001, 16_000, None, true),
            (0xffff_ffff, 16_000, 16_000, None, true),
            (0x7fff_ffda, 16_000, 16_000, None, true),
            (16_000, 15_999, 15_998, None, false), // half a frame is no loss
            (16_000, 15_900, 15_900, None, true),
            (16_000, 8_000, 8_000, Some(1_000), false),
            (0, 0, 0, None, false),
        ];
        for (size, there, taken, promised, issue) in cases {
            let header = read(&a_law(size, there)).unwrap();
            let found = (header.data_len, header.promised_ms, !header.issues.is_empty());
            assert_eq!(found, (taken, promised, issue), "{size} {there}");
        }
    }

    #[test]
    fn an_empty_recording_with_a_comment_behind_is_empty() {
        let mut bytes = a_law(0, 0);
        bytes.extend(b"LIST\x04\0\0\0INFO");
        assert_eq!(read(&bytes).unwrap().data_len, 0);
    }

    #[test]
    fn its_own_clean_header_reads_back() {
        for coding in [Coding::Pcm(8), Coding::Pcm(24), Coding::Float(64), Coding::ALaw, Coding::MuLaw] {
            let header = WavHeader {
                coding,
                channels: 1,
                rate_hz: 11_025,
                data_start: if matches!(coding, Coding::Pcm(_)) { 44 } else { 46 },
                data_len: 240,
                promised_ms: None,
                issues: Vec::new(),
            };
            let mut bytes = header.canonical();
            bytes.resize(bytes.len() + 240, 0);
            assert_eq!(read(&bytes).unwrap(), header);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_damage_ends_well(damage in proptest::collection::vec((0usize..60, any::<u8>()), 1..6)) {
            let mut bytes = a_law(200, 200);
            for (at, byte) in damage {
                bytes[at] = byte;
            }
            if let Ok(header) = read(&bytes) {
                prop_assert!(header.data_start + header.data_len <= bytes.len() as u64);
                prop_assert_eq!(header.data_len % header.frame_len(), 0);
            }
        }
    }
}
