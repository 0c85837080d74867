//! The seam between sound and everything above it.

use hotline_model::{Channel, ChannelLayout};

use crate::AudioError;

/// A stream of sound at 16 kHz, one signal a voice. A recording is just a stream that ends.
pub trait AudioSource: Send {
    /// What is known of it. [`SourceInfo::issues`] is complete once [`AudioSource::next_block`] has said `false`.
    fn info(&self) -> &SourceInfo;

    /// Fills `block` with the next sound: as many samples in every channel and in every block but the last, which may be shorter;
    /// [`BLOCK_SAMPLES`](crate::BLOCK_SAMPLES) of them (250 ms) or, from a live line, fewer. What `block` held before is gone.
    /// `Ok(false)`: the end; `block` is empty then.
    ///
    /// # Errors
    /// The recording turns out to be truncated, damaged or too long, or the device has gone. Nothing more will come.
    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError>;
}

/// What is known of an [`AudioSource`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// Whose voice each channel of a block carries, in the order they are delivered: agent before customer.
    pub channels: Vec<Channel>,
    /// How the channels were laid out in fact: a mono recording is `Mono` whatever was asked for.
    pub layout: ChannelLayout,
    /// Container and coding: `wav/pcm16`, `wav/alaw`, `mp3`, `ogg/opus`, `m4a/aac`.
    pub format: String,
    /// Rate before resampling, in Hz.
    pub rate_hz: u32,
    /// Length in milliseconds as the container states it, if it does. What is delivered may differ by some
    /// milliseconds in lossy formats.
    pub declared_ms: Option<u32>,
    /// What is odd about it without stopping anybody; for people, lower case, no final stop.
    pub issues: Vec<String>,
}

/// Samples of one stretch of time, the same count in each channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioBlock {
    /// One signal a channel, in the order of [`SourceInfo::channels`], −1…1.
    pub channels: Vec<Vec<f32>>,
}

impl AudioBlock {
    /// Samples in each channel.
    pub fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Moves the first `count` samples of every queue here, keeping allocations.
    pub(crate) fn take_from(&mut self, queues: &mut [Vec<f32>], count: usize) {
        self.channels.resize_with(queues.len(), Vec::new);
        for (own, queue) in self.channels.iter_mut().zip(queues) {
            own.clear();
            own.extend(queue.drain(..count.min(queue.len())));
        }
    }
}

/// The default of [`OpenOptions::max_duration_ms`]: 3 h.
pub const DEFAULT_MAX_DURATION_MS: u32 = 3 * 3_600_000;

/// How to open a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Who is on which channel of a stereo recording.
    pub layout: ChannelLayout,
    /// Longest recording taken, in milliseconds: a file of many hours is usually no single call but a recorder that
    /// was not stopped.
    pub max_duration_ms: u32,
    /// Whether a recording that is cut off is read as far as it goes, with an issue, rather than refused.
    pub allow_truncated: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions {
            layout: ChannelLayout::AgentLeft,
            max_duration_ms: DEFAULT_MAX_DURATION_MS,
            allow_truncated: false,
        }
    }
}

/// Milliseconds that `frames` last at `rate_hz`, rounded; saturating.
pub(crate) fn frames_to_ms(frames: u64, rate_hz: u32) -> u32 {
    let rate = u128::from(rate_hz.max(1));
    u32::try_from((u128::from(frames) * 1000 + rate / 2) / rate).unwrap_or(u32::MAX)
}
