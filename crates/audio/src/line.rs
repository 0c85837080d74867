//! A live line: samples are pushed in as they arrive, and come out as an [`AudioSource`].
//!
//! The two ends are joined by a bounded queue. Whoever feeds a line never waits for whoever listens: when the queue is
//! full, a stretch is left out *for the listener*, silence of the same length stands in for it so that times stay true,
//! and the loss is counted. The feeder records what it is given before it pushes it here, so nothing is lost for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use hotline_model::{Channel, ChannelLayout};

use crate::resample::Resampler;
use crate::source::frames_to_ms;
use crate::{AudioBlock, AudioError, AudioSource, MAX_RATE_HZ, MIN_RATE_HZ, SourceInfo};

/// Samples a channel in every block of a line: 100 ms, so that what people wait for is not held up by the rest of a block. A multiple of
/// 10 ms, over which levels are taken.
const LINE_BLOCK_SAMPLES: usize = 1_600;

/// What a line carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFormat {
    /// 1: both voices mixed; 2: agent, customer.
    pub channels: u16,
    /// Samples a second of each channel, 8000…48000.
    pub rate_hz: u32,
    /// Name for [`SourceInfo::format`]: `audiosocket`, `websocket`.
    pub name: String,
}

impl LineFormat {
    /// Whether a line of this format can be listened to.
    pub fn is_valid(&self) -> bool {
        matches!(self.channels, 1 | 2) && (MIN_RATE_HZ..=MAX_RATE_HZ).contains(&self.rate_hz)
    }

    /// Milliseconds that `frames` frames last.
    pub fn ms(&self, frames: u64) -> u32 {
        frames_to_ms(frames, self.rate_hz)
    }
}

enum Chunk {
    Sound(Vec<i16>),
    /// So many frames were left out.
    Missing(u64),
}

#[derive(Debug, Default)]
struct Counters {
    /// Frames waiting in the queue.
    queued: AtomicU64,
    /// Chunks left out.
    skipped_chunks: AtomicU64,
    /// Frames left out.
    skipped_frames: AtomicU64,
}

/// The end of a line that sound goes into.
pub struct LineFeed {
    sender: SyncSender<Chunk>,
    channels: usize,
    counters: Arc<Counters>,
    /// Frames left out since the last chunk that found room.
    missing: u64,
}

/// How full a line is; can be read from any thread.
#[derive(Clone, Debug)]
pub struct LineGauge {
    counters: Arc<Counters>,
    format: LineFormat,
}

/// The end of a line that is listened to: an [`AudioSource`] that ends when its [`LineFeed`] is dropped.
pub struct LineSource {
    info: SourceInfo,
    queue: Receiver<Chunk>,
    counters: Arc<Counters>,
    resampler: Resampler,
    decoded: Vec<Vec<f32>>,
    ready: Vec<Vec<f32>>,
    ended: bool,
}

/// A line of `format` whose queue holds at most `chunks` chunks.
///
/// # Errors
/// The format is none that can be listened to.
pub fn line(format: &LineFormat, chunks: usize) -> Result<(LineFeed, LineSource), AudioError> {
    let device = || format.name.clone();
    if !format.is_valid() {
        let detail = format!("{} channels at {} Hz are not read", format.channels, format.rate_hz);
        return Err(AudioError::Device { device: device(), detail });
    }
    let channels = usize::from(format.channels);
    let (voices, layout) = match channels {
        1 => (vec![Channel::Mixed], ChannelLayout::Mono),
        _ => (vec![Channel::Agent, Channel::Customer], ChannelLayout::AgentLeft),
    };
    let resampler = Resampler::new(format.rate_hz, channels)
        .map_err(|error| AudioError::Device { device: device(), detail: error.to_string() })?;
    let (sender, queue) = sync_channel(chunks.max(1));
    let counters = Arc::<Counters>::default();
    let feed = LineFeed { sender, channels, counters: Arc::clone(&counters), missing: 0 };
    let source = LineSource {
        info: SourceInfo {
            channels: voices,
            layout,
            format: format.name.clone(),
            rate_hz: format.rate_hz,
            declared_ms: None,
            issues: Vec::new(),
        },
        queue,
        counters,
        resampler,
        decoded: vec![Vec::new(); channels],
        ready: vec![Vec::new(); channels],
        ended: false,
    };
    Ok((feed, source))
}

impl LineFeed {
    /// Pushes interleaved samples, whole frames. Never waits: `false` when there was no room, and the listener will hear
    /// silence in their place.
    pub fn push(&mut self, interleaved: Vec<i16>) -> bool {
        let frames = (interleaved.len() / self.channels) as u64;
        if self.missing > 0 {
            match self.sender.try_send(Chunk::Missing(self.missing)) {
                Ok(()) => self.missing = 0,
                Err(_) => return self.skip(frames),
            }
        }
        self.counters.queued.fetch_add(frames, Ordering::Relaxed);
        match self.sender.try_send(Chunk::Sound(interleaved)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.counters.queued.fetch_sub(frames, Ordering::Relaxed);
                self.skip(frames)
            }
        }
    }

    fn skip(&mut self, frames: u64) -> bool {
        self.missing += frames;
        self.counters.skipped_chunks.fetch_add(1, Ordering::Relaxed);
        self.counters.skipped_frames.fetch_add(frames, Ordering::Relaxed);
        false
    }
}

impl LineGauge {
    /// Milliseconds of sound that wait to be listened to.
    pub fn waiting_ms(&self) -> u32 {
        self.format.ms(self.counters.queued.load(Ordering::Relaxed))
    }

    /// Chunks that the listener was spared because it could not keep up. They are in the recording.
    pub fn skipped_chunks(&self) -> u64 {
        self.counters.skipped_chunks.load(Ordering::Relaxed)
    }

    /// Milliseconds of them.
    pub fn skipped_ms(&self) -> u32 {
        self.format.ms(self.counters.skipped_frames.load(Ordering::Relaxed))
    }
}

impl LineSource {
    /// A gauge of this line.
    pub fn gauge(&self, format: &LineFormat) -> LineGauge {
        LineGauge { counters: Arc::clone(&self.counters), format: format.clone() }
    }

    fn advance(&mut self) -> Result<(), AudioError> {
        let broken = |name: &str, error: rubato::ResampleError| AudioError::Device {
            device: name.to_owned(),
            detail: error.to_string(),
        };
        let channels = self.decoded.len();
        match self.queue.recv() {
            Ok(chunk) => {
                match chunk {
                    Chunk::Sound(interleaved) => {
                        let frames = (interleaved.len() / channels) as u64;
                        self.counters.queued.fetch_sub(frames, Ordering::Relaxed);
                        for frame in interleaved.chunks_exact(channels) {
                            for (signal, &sample) in self.decoded.iter_mut().zip(frame) {
                                // As files of 16 bits are read: ±32768 is ±1.
                                signal.push(f32::from(sample) / 32_768.0);
                            }
                        }
                    }
                    Chunk::Missing(frames) => {
                        for signal in &mut self.decoded {
                            signal.resize(signal.len() + frames as usize, 0.0);
                        }
                    }
                }
                let pushed = self.resampler.push(&mut self.decoded, &mut self.ready);
                pushed.map_err(|error| broken(&self.info.format, error))
            }
            Err(_) => {
                self.ended = true;
                self.resampler.finish(&mut self.ready).map_err(|error| broken(&self.info.format, error))
            }
        }
    }
}

impl AudioSource for LineSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError> {
        while !self.ended && self.ready.first().map_or(0, Vec::len) < LINE_BLOCK_SAMPLES {
            self.advance()?;
        }
        block.take_from(&mut self.ready, LINE_BLOCK_SAMPLES);
        if block.is_empty() {
            let ms = frames_to_ms(self.counters.skipped_frames.load(Ordering::Relaxed), self.info.rate_hz);
            if ms > 0 {
                self.info.issues = vec![format!("{ms} ms were not listened to while the call went on")];
            }
        }
        Ok(!block.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(channels: u16, rate_hz: u32) -> LineFormat {
        LineFormat { channels, rate_hz, name: "test".into() }
    }

    fn heard(source: &mut LineSource) -> Vec<Vec<f32>> {
        let mut whole = vec![Vec::new(); source.info().channels.len()];
        let mut block = AudioBlock::default();
        while source.next_block(&mut block).unwrap() {
            for (signal, part) in whole.iter_mut().zip(&block.channels) {
                signal.extend_from_slice(part);
            }
        }
        whole
    }

    #[test]
    fn what_goes_in_comes_out_by_channel() {
        let (mut feed, mut source) = line(&format(2, 16_000), 10).unwrap();
        let gauge = source.gauge(&format(2, 16_000));
        assert!(feed.push([16_384, -16_384].repeat(160)));
        assert_eq!(gauge.waiting_ms(), 10);
        drop(feed);
        let whole = heard(&mut source);
        assert_eq!(whole[0], vec![0.5; 160]);
        assert_eq!(whole[1], vec![-0.5; 160]);
        assert_eq!((gauge.waiting_ms(), gauge.skipped_chunks()), (0, 0));
    }

    #[test]
    fn what_finds_no_room_is_silence_of_the_same_length_and_counted() {
        let (mut feed, mut source) = line(&format(1, 16_000), 2).unwrap();
        let gauge = source.gauge(&format(1, 16_000));
        let pushed: Vec<bool> = (0..4).map(|_| feed.push(vec![16_384; 160])).collect();
        assert_eq!(pushed, [true, true, false, false]);
        assert_eq!((gauge.skipped_chunks(), gauge.skipped_ms()), (2, 20));
        let listener = std::thread::spawn(move || {
            let whole = heard(&mut source);
            (whole, source.info().issues.clone())
        });
        // Room again, sooner or later: the gap goes in before the sound.
        while !feed.push(vec![8_192; 160]) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        drop(feed);
        let (whole, issues) = listener.join().unwrap();
        let signal = &whole[0];
        let skipped = (gauge.skipped_ms() * 16) as usize;
        assert_eq!(signal.len(), 320 + skipped + 160);
        assert!(signal[320..320 + skipped].iter().all(|&sample| sample == 0.0));
        assert!(signal[320 + skipped..].iter().all(|&sample| sample == 0.25));
        assert_eq!(issues.len(), 1);
    }

    #[test]
    fn impossible_formats_are_refused() {
        for (channels, rate) in [(0, 8_000), (3, 8_000), (1, 4_000), (2, 96_000)] {
            assert!(line(&format(channels, rate), 4).is_err(), "{channels} × {rate}");
        }
    }
}
