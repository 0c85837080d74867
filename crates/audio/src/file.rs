//! Recordings on disk.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::coded::Coded;
use crate::error::extent;
use crate::layout::{DualMono, Mapping};
use crate::pcm_wav::PcmWav;
use crate::resample::Resampler;
use crate::sniff::{Container, Sniffed, sniff};
use crate::source::frames_to_ms;
use crate::wav_header::WavHeader;
use crate::{AudioBlock, AudioError, AudioSource, BLOCK_SAMPLES, MAX_RATE_HZ, MIN_RATE_HZ, OpenOptions, SourceInfo};

/// A recording on disk as an [`AudioSource`].
pub struct FileSource {
    path: PathBuf,
    info: SourceInfo,
    decoder: Decoder,
    mapping: Mapping,
    resampler: Resampler,
    options: OpenOptions,
    dual_mono: DualMono,
    /// Frames of the file decoded so far.
    frames: u64,
    /// What came out of the decoder, in the file's channels.
    decoded: Vec<Vec<f32>>,
    /// 16 kHz, in the delivered channels.
    ready: Vec<Vec<f32>>,
    /// The WAV header promises so many milliseconds, and there are fewer.
    promised_ms: Option<u32>,
    state: State,
}

enum Decoder {
    Pcm(Box<PcmWav>),
    Coded(Box<Coded>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    /// All is decoded; `ready` holds the rest.
    Ended,
    Failed,
}

impl FileSource {
    /// Opens a recording; its content decides what it is, not its name.
    ///
    /// # Errors
    /// Anything that shows at the start: no such file, no recording, an unsupported coding, a damaged header, more
    /// than two channels, 0 s, too long, a rate out of range, a WAV file that is cut off.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let mut file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.is_dir() {
            return Err(AudioError::Directory { path: path.to_owned() });
        }
        let file_len = metadata.len();
        if file_len == 0 {
            return Err(AudioError::Empty { path: path.to_owned() });
        }
        match sniff(&mut file).map_err(io)? {
            Sniffed::Known(Container::Wav, _) => Self::open_wav(file, file_len, path, options),
            Sniffed::Known(container, start) => {
                let coded = Coded::open(file, container, start, path)?;
                Self::new(Decoder::Coded(Box::new(coded)), None, path, options)
            }
            Sniffed::Unsupported(codec) => {
                Err(AudioError::Unsupported { path: path.to_owned(), codec: codec.to_owned() })
            }
            Sniffed::Foreign(looks_like) => Err(AudioError::NotAudio { path: path.to_owned(), looks_like }),
        }
    }

    fn open_wav(mut file: File, file_len: u64, path: &Path, options: &OpenOptions) -> Result<Self, AudioError> {
        let header = WavHeader::read(&mut file, file_len, path)?;
        // Judged before decoding, so that the error is about the file and not about a decoder's mood.
        check_shape(usize::from(header.channels), header.rate_hz, path)?;
        let found_ms = frames_to_ms(header.frames(), header.rate_hz);
        if header.promised_ms.is_some() && !options.allow_truncated {
            let found_ms = Some(found_ms);
            return Err(AudioError::Truncated { path: path.to_owned(), found_ms, declared_ms: header.promised_ms });
        }
        check_length(header.frames(), header.rate_hz, path, options)?;
        if header.data_len > u64::from(u32::MAX) - 64 {
            let codec = "WAV with more than 4 GiB of samples".to_owned();
            return Err(AudioError::Unsupported { path: path.to_owned(), codec });
        }
        file.seek(SeekFrom::Start(header.data_start)).map_err(|error| AudioError::io(path, error))?;
        let decoder = if PcmWav::takes(header.coding) {
            Decoder::Pcm(Box::new(PcmWav::new(&header, file, path)?))
        } else {
            Decoder::Coded(Box::new(Coded::open_wav(file, &header, path)?))
        };
        Self::new(decoder, Some(header), path, options)
    }

    /// Puts the parts together; `header` is that of a WAV file.
    fn new(
        decoder: Decoder,
        header: Option<WavHeader>,
        path: &Path,
        options: &OpenOptions,
    ) -> Result<Self, AudioError> {
        let no_audio = || AudioError::NoAudio { path: path.to_owned() };
        let (format, channels, rate_hz, frames) = match (&decoder, &header) {
            (_, Some(header)) => {
                (header.coding.name(), usize::from(header.channels), header.rate_hz, Some(header.frames()))
            }
            (Decoder::Coded(coded), None) => {
                (coded.format.clone(), coded.channels, coded.rate_hz, coded.promised_frames)
            }
            (Decoder::Pcm(_), None) => return Err(no_audio()),
        };
        if let Decoder::Coded(coded) = &decoder {
            // Nothing can be told from a file of which not one packet can be decoded.
            if coded.cut_off && (channels == 0 || !options.allow_truncated) {
                let (found_ms, declared_ms) = (None, coded.promised_ms());
                return Err(AudioError::Truncated { path: path.to_owned(), found_ms, declared_ms });
            }
            if channels == 0 {
                return Err(coded.check_damage(path).err().unwrap_or_else(no_audio));
            }
        }
        check_shape(channels, rate_hz, path)?;
        match frames {
            Some(0) => return Err(no_audio()),
            Some(frames) => check_length(frames, rate_hz, path, options)?,
            None => {}
        }
        let mapping = Mapping::new(channels, options.layout);
        let delivered = mapping.channels();
        let resampler = Resampler::new(rate_hz, delivered.len())
            .map_err(|error| AudioError::BadHeader { path: path.to_owned(), detail: error.to_string() })?;
        let info = SourceInfo {
            layout: mapping.layout(),
            format,
            rate_hz,
            declared_ms: frames.map(|frames| frames_to_ms(frames, rate_hz)),
            issues: header.as_ref().map_or_else(Vec::new, |header| header.issues.clone()),
            channels: delivered,
        };
        Ok(FileSource {
            path: path.to_owned(),
            ready: vec![Vec::new(); info.channels.len()],
            info,
            decoder,
            mapping,
            resampler,
            options: *options,
            dual_mono: DualMono::default(),
            frames: 0,
            decoded: vec![Vec::new(); channels],
            promised_ms: header.and_then(|header| header.promised_ms),
            state: State::Reading,
        })
    }

    /// Decodes the next stretch into `ready`, or what is left at the end.
    fn advance(&mut self) -> Result<(), AudioError> {
        let channels = self.decoded.len();
        let more = match &mut self.decoder {
            Decoder::Pcm(pcm) => pcm.next(&mut self.decoded, &self.path)?,
            Decoder::Coded(coded) => coded.next(&mut self.decoded, &self.path)?,
        };
        if !more {
            return self.end();
        }
        self.frames += self.decoded.first().map_or(0, Vec::len) as u64;
        check_length(self.frames, self.info.rate_hz, &self.path, &self.options)?;
        self.dual_mono.push(&self.decoded);
        self.mapping.apply(&mut self.decoded);
        let pushed = self.resampler.push(&mut self.decoded, &mut self.ready);
        // Mixing down has taken a channel away.
        self.decoded.resize_with(channels, Vec::new);
        self.decoded.iter_mut().for_each(Vec::clear);
        pushed.map_err(|error| self.damaged(&error.to_string()))
    }

    /// All is decoded: is it all there?
    fn end(&mut self) -> Result<(), AudioError> {
        let found_ms = frames_to_ms(self.frames, self.info.rate_hz);
        let mut shortfall = self.promised_ms.map(Some);
        if let Decoder::Coded(coded) = &mut self.decoder {
            coded.check_damage(&self.path)?;
            shortfall = shortfall.or_else(|| coded.shortfall());
            self.info.issues.append(&mut coded.issues);
        }
        if let Some(declared_ms) = shortfall {
            let found_ms = Some(found_ms);
            if !self.options.allow_truncated {
                return Err(AudioError::Truncated { path: self.path.clone(), found_ms, declared_ms });
            }
            self.info.issues.push(format!("cut off: {}", extent(found_ms, declared_ms)));
        }
        if self.frames == 0 {
            return Err(AudioError::NoAudio { path: self.path.clone() });
        }
        if self.dual_mono.found() && self.info.channels.len() == 2 {
            self.info.issues.push(
                "both channels carry the same sound: nobody can be told apart, take it as layout mono".to_owned(),
            );
        }
        self.resampler.finish(&mut self.ready).map_err(|error| self.damaged(&error.to_string()))?;
        self.state = State::Ended;
        Ok(())
    }

    fn damaged(&self, detail: &str) -> AudioError {
        let at_ms = frames_to_ms(self.frames, self.info.rate_hz);
        AudioError::Damaged { path: self.path.clone(), at_ms, detail: detail.to_owned() }
    }
}

impl AudioSource for FileSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError> {
        while self.state == State::Reading && self.ready.first().map_or(0, Vec::len) < BLOCK_SAMPLES {
            if let Err(error) = self.advance() {
                self.state = State::Failed;
                self.ready.iter_mut().for_each(Vec::clear);
                block.take_from(&mut self.ready, 0);
                return Err(error);
            }
        }
        block.take_from(&mut self.ready, BLOCK_SAMPLES);
        Ok(!block.is_empty())
    }
}

fn check_shape(channels: usize, rate_hz: u32, path: &Path) -> Result<(), AudioError> {
    if channels > 2 {
        return Err(AudioError::TooManyChannels { path: path.to_owned(), channels });
    }
    if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
        return Err(AudioError::RateOutOfRange { path: path.to_owned(), rate_hz });
    }
    Ok(())
}

fn check_length(frames: u64, rate_hz: u32, path: &Path, options: &OpenOptions) -> Result<(), AudioError> {
    let at_least_ms = frames_to_ms(frames, rate_hz);
    if at_least_ms > options.max_duration_ms {
        let max_ms = options.max_duration_ms;
        return Err(AudioError::TooLong { path: path.to_owned(), at_least_ms, max_ms });
    }
    Ok(())
}

/// Extensions under which recordings are found, lower case.
const EXTENSIONS: [&str; 14] =
    ["wav", "wave", "mp3", "flac", "ogg", "oga", "opus", "m4a", "mp4", "aac", "adts", "rf64", "bw64", "m4b"];

/// Whether `path` looks like a recording by its extension, for walks through folders. Files named one by one need not
/// be asked: [`FileSource::open`] looks at the content.
pub fn is_audio_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// Decodes a whole recording at once, for short ones: 16 kHz, one vector a channel of [`SourceInfo::channels`].
///
/// # Errors
/// As [`FileSource::open`] and [`AudioSource::next_block`].
pub fn decode_all(path: &Path, options: &OpenOptions) -> Result<(SourceInfo, Vec<Vec<f32>>), AudioError> {
    let mut source = FileSource::open(path, options)?;
    let mut whole = vec![Vec::new(); source.info().channels.len()];
    let mut block = AudioBlock::default();
    while source.next_block(&mut block)? {
        for (signal, part) in whole.iter_mut().zip(&mut block.channels) {
            signal.append(part);
        }
    }
    Ok((source.info, whole))
}
