//! Where sound comes in.
//!
//! In: recordings (WAV with PCM, float or G.711; MP3, FLAC, OGG with Vorbis, Opus or FLAC, M4A and AAC), sound cards
//! (feature `capture`), live lines that samples are pushed into, samples in memory. Out: an [`AudioSource`] that delivers, block by block, one `f32` signal at
//! 16 kHz for each voice: agent and customer, or both mixed; and [`LevelMeter`] to say how loud it is.
//!
//! This is the only crate that knows containers, codecs, devices and rates. It deliberately does not know what speech
//! is, nor anything of transcripts, calls or metadata.
//!
//! Recordings are streamed: a two-hour call never sits in memory. Bad files are refused with an [`AudioError`] that
//! names the file and the cure; oddities that do not stop anybody are noted in [`SourceInfo::issues`].
//!
//! ```no_run
//! use hotline_audio::{AudioBlock, AudioSource, FileSource, OpenOptions};
//!
//! # fn main() -> Result<(), hotline_audio::AudioError> {
//! let mut call = FileSource::open("calls/a.wav".as_ref(), &OpenOptions::default())?;
//! let mut block = AudioBlock::default();
//! while call.next_block(&mut block)? {
//!     for (channel, samples) in call.info().channels.iter().zip(&block.channels) {
//!         tracing::debug!(%channel, samples = samples.len());
//!     }
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "capture")]
pub mod capture;
mod coded;
mod companded_wav;
mod error;
mod file;
mod g711;
mod layout;
mod legs;
mod level;
mod line;
mod memory;
mod mp4;
mod pcm_wav;
mod recorder;
mod resample;
mod sniff;
mod source;
mod tail;
mod wav_header;

pub use error::AudioError;
pub use file::{FileSource, decode_all, is_audio_file};
pub use g711::Law;
pub use legs::LegJoiner;
pub use level::LevelMeter;
pub use line::{LineFeed, LineFormat, LineGauge, LineSource, line};
pub use memory::MemorySource;
pub use recorder::{RecordingCoding, WavRecorder, repair};
pub use source::{AudioBlock, AudioSource, DEFAULT_MAX_DURATION_MS, OpenOptions, SourceInfo};

/// Lowest rate that is read, in Hz: the telephone's.
pub const MIN_RATE_HZ: u32 = 8_000;

/// Highest rate that is read, in Hz.
pub const MAX_RATE_HZ: u32 = 48_000;

/// Samples a channel in every block of a recording but the last: 250 ms at 16 kHz.
pub const BLOCK_SAMPLES: usize = 4_000;
