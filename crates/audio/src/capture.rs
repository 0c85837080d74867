//! A live line from a sound card (feature `capture`).
//!
//! The card's own thread hands samples over through a bounded queue. When nobody takes them in time they are dropped
//! and counted: [`SourceInfo::issues`] says how much, and the times of what follows are early by as much. Whole lines
//! (telephone systems, alerts) are built on top of this elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{FromSample, SampleFormat, SizedSample, SupportedStreamConfig};
use hotline_model::ChannelLayout;

use crate::layout::Mapping;
use crate::resample::Resampler;
use crate::source::frames_to_ms;
use crate::{AudioBlock, AudioError, AudioSource, BLOCK_SAMPLES, MAX_RATE_HZ, MIN_RATE_HZ, SourceInfo};

/// Buffers of the card that may wait: 10 s at 5 ms each, the shortest that were seen.
const QUEUE_BUFFERS: usize = 2_048;

/// A sound input of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDevice {
    /// What to give to [`CaptureSource::open`]; stays the same over restarts.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Whether it is the one the system takes unless told otherwise.
    pub is_default: bool,
}

/// The sound inputs of this machine.
///
/// # Errors
/// The system's sound service cannot be reached.
pub fn input_devices() -> Result<Vec<InputDevice>, AudioError> {
    let host = cpal::default_host();
    let default = host.default_input_device().and_then(|device| device.id().ok());
    let devices = host.input_devices().map_err(|error| device_error("any", &error))?;
    let described = devices.filter_map(|device| {
        let id = device.id().ok()?;
        Some(InputDevice { is_default: Some(&id) == default.as_ref(), id: id.to_string(), name: device.to_string() })
    });
    Ok(described.collect())
}

/// A sound card as an [`AudioSource`]: it ends when it is told to stop.
pub struct CaptureSource {
    info: SourceInfo,
    mapping: Mapping,
    resampler: Resampler,
    queue: Receiver<Vec<f32>>,
    line: Arc<Line>,
    /// One vector a channel of the card.
    decoded: Vec<Vec<f32>>,
    ready: Vec<Vec<f32>>,
    ended: bool,
    device: String,
    /// Sound comes for as long as this lives.
    _stream: Option<cpal::Stream>,
}

/// What the card's thread and the reader share.
#[derive(Debug, Default)]
struct Line {
    stopped: AtomicBool,
    dropped_buffers: AtomicU64,
    dropped_frames: AtomicU64,
    /// Times the card itself lost sound before handing it over.
    overruns: AtomicU64,
    failure: Mutex<Option<String>>,
}

/// Tells a [`CaptureSource`] to stop, from any thread.
#[derive(Clone, Debug)]
pub struct StopCapture(Arc<Line>);

impl StopCapture {
    /// After what is already waiting, the source ends.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }
}

impl CaptureSource {
    /// Opens the sound input with this id (see [`input_devices`]), or the system's default.
    ///
    /// # Errors
    /// No such device, it is busy or not allowed, or it offers neither one nor two channels at 8 to 48 kHz.
    pub fn open(device_id: Option<&str>, layout: ChannelLayout) -> Result<Self, AudioError> {
        let host = cpal::default_host();
        let device = match device_id {
            None => host.default_input_device(),
            Some(id) => id.parse().ok().and_then(|id| host.device_by_id(&id)),
        };
        let wanted = device_id.unwrap_or("default");
        let missing = || AudioError::Device { device: wanted.to_owned(), detail: "no such input".to_owned() };
        let device = device.ok_or_else(missing)?;
        let name = device.to_string();
        let config = choose_config(&device, &name)?;
        let (sender, queue) = sync_channel(QUEUE_BUFFERS);
        let mut source = Self::new(queue, usize::from(config.channels()), config.sample_rate(), layout, &name)?;
        let line = Arc::clone(&source.line);
        let stream = match config.sample_format() {
            SampleFormat::F32 => build::<f32>(&device, config, sender, line),
            SampleFormat::I16 => build::<i16>(&device, config, sender, line),
            SampleFormat::I32 => build::<i32>(&device, config, sender, line),
            SampleFormat::U8 => build::<u8>(&device, config, sender, line),
            other => {
                let detail = format!("sample format {other} is not read");
                return Err(AudioError::Device { device: name, detail });
            }
        };
        let stream = stream.map_err(|error| device_error(&name, &error))?;
        stream.play().map_err(|error| device_error(&name, &error))?;
        source._stream = Some(stream);
        Ok(source)
    }

    /// A handle that ends this source.
    pub fn stopper(&self) -> StopCapture {
        StopCapture(Arc::clone(&self.line))
    }

    /// Buffers dropped so far because nobody took them in time.
    pub fn dropped_buffers(&self) -> u64 {
        self.line.dropped_buffers.load(Ordering::Relaxed)
    }

    fn new(
        queue: Receiver<Vec<f32>>,
        channels: usize,
        rate_hz: u32,
        layout: ChannelLayout,
        device: &str,
    ) -> Result<Self, AudioError> {
        let mapping = Mapping::new(channels, layout);
        let voices = mapping.channels();
        let resampler = Resampler::new(rate_hz, voices.len())
            .map_err(|error| AudioError::Device { device: device.to_owned(), detail: error.to_string() })?;
        Ok(CaptureSource {
            ready: vec![Vec::new(); voices.len()],
            info: SourceInfo {
                channels: voices,
                layout: mapping.layout(),
                format: "capture".to_owned(),
                rate_hz,
                declared_ms: None,
                issues: Vec::new(),
            },
            mapping,
            resampler,
            queue,
            line: Arc::default(),
            decoded: vec![Vec::new(); channels],
            ended: false,
            device: device.to_owned(),
            _stream: None,
        })
    }

    /// Takes the next buffer from the queue, or finds that there will be none.
    fn advance(&mut self) -> Result<(), AudioError> {
        let broken = |device: &str, detail: String| AudioError::Device { device: device.to_owned(), detail };
        match self.queue.recv_timeout(Duration::from_millis(100)) {
            Ok(interleaved) => {
                let channels = self.decoded.len();
                for frame in interleaved.chunks_exact(channels) {
                    for (signal, &sample) in self.decoded.iter_mut().zip(frame) {
                        signal.push(sample);
                    }
                }
                self.mapping.apply(&mut self.decoded);
                let pushed = self.resampler.push(&mut self.decoded, &mut self.ready);
                self.decoded.resize_with(channels, Vec::new);
                self.decoded.iter_mut().for_each(Vec::clear);
                pushed.map_err(|error| broken(&self.device, error.to_string()))
            }
            Err(wait) => {
                let failure = self.line.failure.lock().ok().and_then(|mut failure| failure.take());
                if let Some(detail) = failure {
                    return Err(broken(&self.device, detail));
                }
                if wait == RecvTimeoutError::Disconnected || self.line.stopped.load(Ordering::Relaxed) {
                    self.ended = true;
                    let finished = self.resampler.finish(&mut self.ready);
                    return finished.map_err(|error| broken(&self.device, error.to_string()));
                }
                Ok(())
            }
        }
    }

    fn refresh_issues(&mut self) {
        self.info.issues.clear();
        let buffers = self.dropped_buffers();
        if buffers > 0 {
            let ms = frames_to_ms(self.line.dropped_frames.load(Ordering::Relaxed), self.info.rate_hz);
            self.info.issues.push(format!("{ms} ms in {buffers} blocks were dropped: this machine could not keep up"));
        }
        let overruns = self.line.overruns.load(Ordering::Relaxed);
        if overruns > 0 {
            self.info.issues.push(format!("the sound card lost sound {overruns} times"));
        }
    }
}

impl AudioSource for CaptureSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError> {
        let mut outcome = Ok(());
        while outcome.is_ok() && !self.ended && self.ready.first().map_or(0, Vec::len) < BLOCK_SAMPLES {
            outcome = self.advance();
        }
        self.refresh_issues();
        if let Err(error) = outcome {
            self.ended = true;
            self.ready.iter_mut().for_each(Vec::clear);
            block.take_from(&mut self.ready, 0);
            return Err(error);
        }
        block.take_from(&mut self.ready, BLOCK_SAMPLES);
        Ok(!block.is_empty())
    }
}

impl Line {
    /// Hands one buffer of the card over, or counts it as dropped; never waits.
    fn offer(&self, queue: &SyncSender<Vec<f32>>, interleaved: Vec<f32>, channels: usize) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        if let Err(TrySendError::Full(dropped)) = queue.try_send(interleaved) {
            self.dropped_buffers.fetch_add(1, Ordering::Relaxed);
            self.dropped_frames.fetch_add((dropped.len() / channels.max(1)) as u64, Ordering::Relaxed);
        }
    }

    fn report(&self, error: &cpal::Error) {
        match error.kind() {
            cpal::ErrorKind::Xrun => {
                self.overruns.fetch_add(1, Ordering::Relaxed);
            }
            cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied => {
                tracing::warn!(%error, "sound input");
            }
            _ => {
                if let Ok(mut failure) = self.failure.lock() {
                    failure.get_or_insert(error.to_string());
                }
            }
        }
    }
}

fn build<T>(
    device: &cpal::Device,
    config: SupportedStreamConfig,
    queue: SyncSender<Vec<f32>>,
    line: Arc<Line>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels());
    let on_error = Arc::clone(&line);
    device.build_input_stream(
        config.into(),
        move |samples: &[T], _: &cpal::InputCallbackInfo| {
            let interleaved = samples.iter().map(|&sample| f32::from_sample_(sample)).collect();
            line.offer(&queue, interleaved, channels);
        },
        move |error| on_error.report(&error),
        Some(Duration::from_secs(5)),
    )
}

/// The device's own configuration if it fits, else the closest to 16 kHz with one or two channels.
fn choose_config(device: &cpal::Device, name: &str) -> Result<SupportedStreamConfig, AudioError> {
    let rates = MIN_RATE_HZ..=MAX_RATE_HZ;
    let fits = |config: &SupportedStreamConfig| config.channels() <= 2 && rates.contains(&config.sample_rate());
    let default = device.default_input_config();
    if let Some(config) = default.as_ref().ok().filter(|config| fits(config)) {
        return Ok(*config);
    }
    let offered = device.supported_input_configs().map_err(|error| device_error(name, &error))?;
    let closest = offered.filter(|range| (1..=2).contains(&range.channels())).find_map(|range| {
        let rate = hotline_model::SAMPLE_RATE_HZ.clamp(range.min_sample_rate(), range.max_sample_rate());
        range.try_with_sample_rate(rate).filter(fits)
    });
    closest.ok_or_else(|| AudioError::Device {
        device: name.to_owned(),
        detail: "it offers neither mono nor stereo at 8 to 48 kHz".to_owned(),
    })
}

fn device_error(device: &str, error: &cpal::Error) -> AudioError {
    AudioError::Device { device: device.to_owned(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use hotline_model::Channel;

    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_the_rest_arrives() {
        let (sender, queue) = sync_channel(3);
        let mut source = CaptureSource::new(queue, 2, 16_000, ChannelLayout::AgentRight, "test").unwrap();
        assert_eq!(source.info().channels, [Channel::Agent, Channel::Customer]);
        for _ in 0..5 {
            source.line.offer(&sender, [0.25, -0.5].repeat(2_000), 2);
        }
        source.stopper().stop();
        source.line.offer(&sender, vec![1.0; 4_000], 2);
        let (mut block, mut heard) = (AudioBlock::default(), vec![Vec::new(); 2]);
        while source.next_block(&mut block).unwrap() {
            for (all, part) in heard.iter_mut().zip(&block.channels) {
                all.extend_from_slice(part);
            }
        }
        assert_eq!(heard, [vec![-0.5; 6_000], vec![0.25; 6_000]]);
        assert_eq!(source.dropped_buffers(), 2);
        assert_eq!(source.info().issues.len(), 1);
        assert!(source.info().issues[0].starts_with("250 ms in 2 blocks"), "{:?}", source.info().issues);
    }

    #[test]
    fn a_device_that_fails_is_an_error() {
        let (sender, queue) = sync_channel(3);
        let mut source = CaptureSource::new(queue, 1, 48_000, ChannelLayout::AgentLeft, "test").unwrap();
        *source.line.failure.lock().unwrap() = Some("unplugged".to_owned());
        let error = source.next_block(&mut AudioBlock::default()).unwrap_err();
        assert_eq!(error.kind(), "device");
        drop(sender);
        assert!(!source.next_block(&mut AudioBlock::default()).unwrap());
    }

    #[test]
    fn an_unknown_device_is_refused() {
        // Machines that test this have no sound card at all: the list may be empty, but nothing may panic.
        let _ = input_devices();
        let error = CaptureSource::open(Some("no:such"), ChannelLayout::AgentLeft).err().unwrap();
        assert_eq!(error.kind(), "device");
    }
}
