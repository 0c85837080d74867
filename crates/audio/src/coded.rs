//! Everything but plain WAV, through symphonia (and libopus behind it).

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::sync::LazyLock;

use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::default::formats::{AdtsReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader};

use crate::AudioError;
use crate::mp4::{self, Edit, Outline};
use crate::pcm_wav::clean;
use crate::sniff::Container;
use crate::source::frames_to_ms;
use crate::tail::{OggEnd, ogg_end};
use crate::wav_header::WavHeader;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    codecs
});

/// A file that has more packets damaged than this share is given up: what is left would be no call.
const MOST_DAMAGED: f64 = 0.2;

/// Decodes a compressed recording, or G.711.
pub(crate) struct Coded {
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    container: Container,
    /// Name for [`SourceInfo::format`](crate::SourceInfo::format).
    pub(crate) format: String,
    /// Channels of the file.
    pub(crate) channels: usize,
    /// Rate of the file in Hz.
    pub(crate) rate_hz: u32,
    /// Frames that the container promises, if it does.
    pub(crate) promised_frames: Option<u64>,
    /// What was odd so far.
    pub(crate) issues: Vec<String>,
    /// The first decoded packet, which tells channels and rate.
    first: Vec<Vec<f32>>,
    decoded: Vec<Vec<f32>>,
    /// Decoded frames still to be dropped, and frames to be delivered at most.
    skip: u64,
    left: u64,
    frames: u64,
    packets: u64,
    damaged: u64,
    /// The file is known to stop short.
    pub(crate) cut_off: bool,
}

impl Coded {
    /// Opens the `container` that begins at `start` in `file`.
    pub(crate) fn open(mut file: File, container: Container, start: u64, path: &Path) -> Result<Self, AudioError> {
        let io = |error| AudioError::io(path, error);
        let file_len = file.metadata().map_err(io)?.len();
        let mut outline = Outline::default();
        let mut end = OggEnd::Proper;
        match container {
            Container::Mp4 => outline = mp4::outline(&mut file, file_len).map_err(io)?,
            Container::Ogg => end = ogg_end(&mut file, file_len).map_err(io)?,
            _ => {}
        }
        let cut_off = outline.cut_off || end == OggEnd::MidPage;
        file.seek(SeekFrom::Start(start)).map_err(io)?;
        // Given a file it can seek in, symphonia guesses the length of MPEG audio without a length header from its bit
        // rate and cuts what is beyond: bytes in sequence keep it from guessing.
        let in_sequence = matches!(container, Container::Mpeg | Container::Adts);
        let source: Box<dyn MediaSource> =
            if in_sequence { Box::new(ReadOnlySource::new(file)) } else { Box::new(file) };
        let stream = MediaSourceStream::new(source, Default::default());
        let options = FormatOptions::default();
        let reader: Result<Box<dyn FormatReader>, Error> = match container {
            Container::Mpeg => MpaReader::try_new(stream, options).map(|r| Box::new(r) as _),
            Container::Adts => AdtsReader::try_new(stream, options).map(|r| Box::new(r) as _),
            Container::Flac => FlacReader::try_new(stream, options).map(|r| Box::new(r) as _),
            Container::Ogg => OggReader::try_new(stream, options).map(|r| Box::new(r) as _),
            Container::Mp4 => IsoMp4Reader::try_new(stream, options).map(|r| Box::new(r) as _),
            Container::Wav => WavReader::try_new(stream, options).map(|r| Box::new(r) as _),
        };
        let reader = reader.map_err(|error| match error {
            _ if cut_off => AudioError::Truncated { path: path.to_owned(), found_ms: None, declared_ms: None },
            // The reader ran through a whole file and found no coding that it knows.
            Error::IoError(_) if container == Container::Ogg => no_track(container, path),
            error => refusal(error, container, path),
        })?;
        let mut coded = Self::start(reader, container, outline.edit, cut_off, path)?;
        if end == OggEnd::NotClosed {
            coded.issues.push("the recorder did not close the file".to_owned());
        }
        Ok(coded)
    }

    /// Opens the samples of a WAV file whose header has been read; `file` stands at their start.
    pub(crate) fn open_wav(file: File, header: &WavHeader, path: &Path) -> Result<Self, AudioError> {
        let source = ReadOnlySource::new(clean(header, file));
        let stream = MediaSourceStream::new(Box::new(source), Default::default());
        let reader = WavReader::try_new(stream, FormatOptions::default())
            .map_err(|error| refusal(error, Container::Wav, path))?;
        let mut coded = Self::start(Box::new(reader), Container::Wav, None, false, path)?;
        coded.format = header.coding.name();
        Ok(coded)
    }

    fn start(
        reader: Box<dyn FormatReader>,
        container: Container,
        edit: Option<Edit>,
        cut_off: bool,
        path: &Path,
    ) -> Result<Self, AudioError> {
        let unsupported = |codec: String| AudioError::Unsupported { path: path.to_owned(), codec };
        let no_track = || no_track(container, path);
        let track = reader.first_track_known_codec(TrackType::Audio).ok_or_else(no_track)?;
        let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or_else(no_track)?;
        let named = format_name(container, params.codec);
        if let Some(channels) = params.channels.as_ref().map(|channels| channels.count()).filter(|&n| n > 2) {
            return Err(AudioError::TooManyChannels { path: path.to_owned(), channels });
        }
        let decoder = CODECS
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|_| unsupported(named.clone()))?;
        // What Opus states includes its run-up, against symphonia's own documentation.
        let run_up = if params.codec == codec::CODEC_ID_OPUS { track.delay.unwrap_or(0) } else { 0 };
        let track_frames = track.num_frames.map(|frames| frames.saturating_sub(u64::from(run_up)));
        let track_id = track.id;
        let mut coded = Coded {
            reader,
            decoder,
            track: track_id,
            container,
            format: named,
            channels: 0,
            rate_hz: 0,
            promised_frames: track_frames,
            issues: Vec::new(),
            first: Vec::new(),
            decoded: Vec::new(),
            skip: 0,
            left: u64::MAX,
            frames: 0,
            packets: 0,
            damaged: 0,
            cut_off,
        };
        // What the header says of rate and channels of AAC is not always true: the first packet tells.
        if coded.decode_packet(path)? {
            coded.first = std::mem::take(&mut coded.decoded);
        }
        if let Some(edit) = edit {
            let frames = |seconds: f64| (seconds * f64::from(coded.rate_hz)).round() as u64;
            coded.skip = frames(edit.skip_s);
            if let Some(length_s) = edit.length_s {
                coded.left = frames(length_s);
                coded.promised_frames = Some(coded.left);
            }
        }
        Ok(coded)
    }

    /// Appends the next frames to `out`, one vector a channel; `false` at the end.
    pub(crate) fn next(&mut self, out: &mut [Vec<f32>], path: &Path) -> Result<bool, AudioError> {
        let more = if self.first.is_empty() {
            self.decode_packet(path)?
        } else {
            self.decoded = std::mem::take(&mut self.first);
            true
        };
        if !more || self.left == 0 {
            self.close();
            return Ok(false);
        }
        let length = self.decoded.first().map_or(0, Vec::len) as u64;
        let skip = self.skip.min(length);
        self.skip -= skip;
        let keep = (length - skip).min(self.left);
        if self.left != u64::MAX {
            self.left -= keep;
        }
        for (signal, own) in self.decoded.iter().zip(out) {
            own.extend_from_slice(&signal[skip as usize..(skip + keep) as usize]);
        }
        self.frames += keep;
        Ok(true)
    }

    /// Length that the container promises, in milliseconds.
    pub(crate) fn promised_ms(&self) -> Option<u32> {
        self.promised_frames.filter(|_| self.rate_hz > 0).map(|frames| frames_to_ms(frames, self.rate_hz))
    }

    /// The length that is promised, if known, where less than that was delivered; to be asked at the end.
    pub(crate) fn shortfall(&self) -> Option<Option<u32>> {
        let short = self.promised_frames.is_some_and(|promised| self.frames + self.tolerated_frames() < promised);
        (short || self.cut_off).then(|| self.promised_ms())
    }

    /// 20 ms, as for WAV; in MPEG-4 the sizes of edit list, track and packets rarely agree to the last packet.
    fn tolerated_frames(&self) -> u64 {
        match self.container {
            Container::Mp4 => 2_048.max(u64::from(self.rate_hz) / 50),
            _ => u64::from(self.rate_hz) / 50,
        }
    }

    /// Decodes the next packet with sound into `self.decoded`; `false` at the end.
    fn decode_packet(&mut self, path: &Path) -> Result<bool, AudioError> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(false),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.cut_off = true;
                    return Ok(false);
                }
                Err(_) if self.cut_off => return Ok(false),
                Err(Error::IoError(error)) => return Err(AudioError::io(path, error)),
                Err(Error::ResetRequired) => return Err(self.damaged(path, "several recordings in one file")),
                Err(error) => return Err(self.damaged(path, &error.to_string())),
            };
            if packet.track_id != self.track {
                continue;
            }
            self.packets += 1;
            match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    let (channels, rate_hz) = (buffer.num_planes(), buffer.spec().rate());
                    if channels == 0 || buffer.frames() == 0 {
                        continue;
                    }
                    buffer.copy_to_vecs_planar(&mut self.decoded);
                    if self.channels == 0 {
                        (self.channels, self.rate_hz) = (channels, rate_hz);
                    } else if (self.channels, self.rate_hz) != (channels, rate_hz) {
                        return Err(self.damaged(path, "the number of channels or the rate changes"));
                    }
                    return Ok(true);
                }
                Err(Error::DecodeError(_) | Error::IoError(_)) => {
                    self.damaged += 1;
                    // Silence for as long as the packet was to last keeps the times of all that follows.
                    let frames = usize::try_from(packet.dur.get()).unwrap_or(0).min(1 << 16);
                    if self.channels > 0 && frames > 0 {
                        self.decoded.clear();
                        self.decoded.resize_with(self.channels, || vec![0.0; frames]);
                        return Ok(true);
                    }
                }
                Err(error) => return Err(self.damaged(path, &error.to_string())),
            }
            if self.channels == 0 && self.damaged > 50 {
                return Err(self.damaged(path, "no packet can be decoded"));
            }
        }
    }

    fn damaged(&self, path: &Path, detail: &str) -> AudioError {
        let at_ms = frames_to_ms(self.frames, self.rate_hz);
        AudioError::Damaged { path: path.to_owned(), at_ms, detail: detail.to_owned() }
    }

    /// Notes at the end what was damaged on the way.
    fn close(&mut self) {
        if self.damaged > 0 && self.issues.iter().all(|issue| !issue.contains("damaged packets")) {
            self.issues
                .push(format!("{} of {} packets are damaged: silence in their place", self.damaged, self.packets));
        }
    }

    /// Fails if too much was damaged; to be asked at the end.
    pub(crate) fn check_damage(&self, path: &Path) -> Result<(), AudioError> {
        if self.damaged as f64 > MOST_DAMAGED * self.packets as f64 {
            let detail = format!("{} of {} packets cannot be decoded", self.damaged, self.packets);
            return Err(self.damaged(path, &detail));
        }
        Ok(())
    }
}

/// Why a container cannot be opened.
fn refusal(error: Error, container: Container, path: &Path) -> AudioError {
    let path_buf = path.to_owned();
    match error {
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            AudioError::Truncated { path: path_buf, found_ms: None, declared_ms: None }
        }
        Error::IoError(error) => AudioError::io(path, error),
        Error::Unsupported(what) => {
            AudioError::Unsupported { path: path_buf, codec: format!("{} ({what})", container_name(container)) }
        }
        error => AudioError::BadHeader { path: path_buf, detail: error.to_string() },
    }
}

fn no_track(container: Container, path: &Path) -> AudioError {
    let codec = format!("{} without a known sound track", container_name(container));
    AudioError::Unsupported { path: path.to_owned(), codec }
}

fn container_name(container: Container) -> &'static str {
    match container {
        Container::Wav => "wav",
        Container::Mpeg => "mp3",
        Container::Adts => "aac",
        Container::Flac => "flac",
        Container::Ogg => "ogg",
        Container::Mp4 => "m4a",
    }
}

fn format_name(container: Container, id: symphonia::core::codecs::audio::AudioCodecId) -> String {
    let container = container_name(container);
    let codec = match id {
        codec::CODEC_ID_MP3 => "mp3",
        codec::CODEC_ID_AAC => "aac",
        codec::CODEC_ID_FLAC => "flac",
        codec::CODEC_ID_VORBIS => "vorbis",
        codec::CODEC_ID_OPUS => "opus",
        codec::CODEC_ID_ALAC => "alac",
        codec::CODEC_ID_SPEEX => "speex",
        codec::CODEC_ID_PCM_ALAW => "alaw",
        codec::CODEC_ID_PCM_MULAW => "ulaw",
        _ => "another coding",
    };
    if container == codec { container.to_owned() } else { format!("{container}/{codec}") }
}
