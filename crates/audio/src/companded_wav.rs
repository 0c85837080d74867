//! Writing WAV files with G.711, which hound does not.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use crate::LineFormat;
use crate::g711::Law;

/// Bytes before the samples: the long format chunk, and the number of frames in a `fact` chunk, which everything but PCM has to have.
pub(crate) const HEADER_LEN: u64 = 58;

/// Where the header says how many bytes of samples follow.
pub(crate) const DATA_LEN_AT: u64 = HEADER_LEN - 4;

/// Where it says how many frames.
const FRAMES_AT: u64 = 46;

/// Writes samples as G.711 behind a header that can be brought up to date at any moment.
pub(crate) struct CompandedWav {
    file: BufWriter<File>,
    law: Law,
    channels: u16,
    /// Bytes of samples so far.
    data_len: u64,
    coded: Vec<u8>,
}

impl CompandedWav {
    /// Begins at the start of `file`, which is empty.
    pub(crate) fn new(file: File, law: Law, format: &LineFormat) -> io::Result<Self> {
        let channels = format.channels.max(1);
        let mut wav = CompandedWav { file: BufWriter::new(file), law, channels, data_len: 0, coded: Vec::new() };
        wav.file.write_all(&header(law, channels, format.rate_hz))?;
        wav.file.flush()?;
        Ok(wav)
    }

    /// Appends samples.
    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.coded.clear();
        self.coded.extend(samples.iter().map(|sample| self.law.encode(*sample)));
        self.file.write_all(&self.coded)?;
        self.data_len += samples.len() as u64;
        Ok(())
    }

    /// Hands all samples to the system, then makes the header fit.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        set_lengths(self.file.get_mut(), self.data_len, self.channels)?;
        self.file.get_mut().seek(SeekFrom::End(0)).map(|_| ())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.data_len % 2 == 1 {
            // Chunks begin at even bytes.
            self.file.write_all(&[0])?;
        }
        self.flush()
    }
}

/// The header of a file without samples.
fn header(law: Law, channels: u16, rate_hz: u32) -> Vec<u8> {
    let tag: u16 = match law {
        Law::A => 6,
        Law::Mu => 7,
    };
    let mut header = Vec::with_capacity(HEADER_LEN as usize);
    header.extend(b"RIFF");
    header.extend((HEADER_LEN as u32 - 8).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(18u32.to_le_bytes());
    header.extend(tag.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(rate_hz.to_le_bytes());
    header.extend(rate_hz.saturating_mul(u32::from(channels)).to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(8u16.to_le_bytes());
    header.extend(0u16.to_le_bytes());
    header.extend(b"fact");
    header.extend(4u32.to_le_bytes());
    header.extend(0u32.to_le_bytes());
    header.extend(b"data");
    header.extend(0u32.to_le_bytes());
    header
}

/// Makes the header `head` of a `file` of `length` bytes fit what is in it, and cuts off half a frame. Gives the whole frames.
pub(crate) fn repair(file: &mut File, head: &[u8], length: u64) -> io::Result<u64> {
    let channels = u16::from_le_bytes([head[22], head[23]]).max(1);
    let mut stated = [0; 4];
    stated.copy_from_slice(&head[DATA_LEN_AT as usize..HEADER_LEN as usize]);
    let (stated, there) = (u64::from(u32::from_le_bytes(stated)), length - HEADER_LEN);
    // One byte behind an odd number was written to make it even.
    let filled = stated % 2 == 1 && there == stated + 1;
    let there = if filled { stated } else { there };
    let frames = there / u64::from(channels);
    let data_len = frames * u64::from(channels);
    file.set_len(HEADER_LEN + data_len)?;
    if data_len % 2 == 1 {
        file.seek(SeekFrom::End(0))?;
        file.write_all(&[0])?;
    }
    set_lengths(file, data_len, channels)?;
    Ok(frames)
}

/// Says in the header of `file` that `data_len` bytes of samples follow it.
pub(crate) fn set_lengths(file: &mut File, data_len: u64, channels: u16) -> io::Result<()> {
    let too_long = |_| io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file holds less than 4 GiB");
    let riff_len = u32::try_from(HEADER_LEN - 8 + data_len + data_len % 2).map_err(too_long)?;
    let frames = (data_len / u64::from(channels.max(1))) as u32;
    for (at, value) in [(4, riff_len), (FRAMES_AT, frames), (DATA_LEN_AT, data_len as u32)] {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(())
}
