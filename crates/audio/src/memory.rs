//! Samples that are already in memory.

use hotline_model::{Channel, ChannelLayout, SAMPLE_RATE_HZ};

use crate::source::frames_to_ms;
use crate::{AudioBlock, AudioError, AudioSource, BLOCK_SAMPLES, SourceInfo};

/// An [`AudioSource`] over samples in memory: for tests, and for callers who decode by themselves.
#[derive(Clone, Debug)]
pub struct MemorySource {
    info: SourceInfo,
    samples: Vec<Vec<f32>>,
    at: usize,
}

impl MemorySource {
    /// A source that delivers `samples`, 16 kHz, one vector for each of `channels`. Shorter vectors are filled up with
    /// silence and missing ones are silent, so that every channel lasts as long; vectors beyond the channels are
    /// dropped.
    pub fn new(channels: Vec<Channel>, mut samples: Vec<Vec<f32>>) -> Self {
        let length = samples.iter().take(channels.len()).map(Vec::len).max().unwrap_or(0);
        samples.resize(channels.len(), Vec::new());
        for signal in &mut samples {
            signal.resize(length, 0.0);
        }
        let layout = if channels.len() == 2 { ChannelLayout::AgentLeft } else { ChannelLayout::Mono };
        let info = SourceInfo {
            channels,
            layout,
            format: "memory".to_owned(),
            rate_hz: SAMPLE_RATE_HZ,
            declared_ms: Some(frames_to_ms(length as u64, SAMPLE_RATE_HZ)),
            issues: Vec::new(),
        };
        MemorySource { info, samples, at: 0 }
    }
}

impl AudioSource for MemorySource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError> {
        block.channels.resize_with(self.samples.len(), Vec::new);
        let length = self.samples.first().map_or(0, Vec::len);
        let end = (self.at + BLOCK_SAMPLES).min(length);
        for (own, signal) in block.channels.iter_mut().zip(&self.samples) {
            own.clear();
            own.extend_from_slice(&signal[self.at..end]);
        }
        let more = end > self.at;
        self.at = end;
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_put_together_are_the_whole() {
        let ramp: Vec<f32> = (0..9_500).map(|i| i as f32 / 9_500.0).collect();
        let mut source = MemorySource::new(vec![Channel::Agent, Channel::Customer], vec![ramp.clone(), vec![0.5; 10]]);
        assert_eq!(source.info().declared_ms, Some(594));
        let (mut block, mut sizes, mut heard) = (AudioBlock::default(), Vec::new(), Vec::new());
        while source.next_block(&mut block).unwrap() {
            assert_eq!(block.channels[0].len(), block.channels[1].len());
            sizes.push(block.len());
            heard.extend_from_slice(&block.channels[0]);
        }
        assert_eq!(sizes, [4000, 4000, 1500]);
        assert_eq!(heard, ramp);
        assert!(block.is_empty());
    }

    #[test]
    fn no_channels_is_an_empty_stream() {
        let mut source = MemorySource::new(Vec::new(), vec![vec![1.0; 8]]);
        assert!(!source.next_block(&mut AudioBlock::default()).unwrap());
    }
}
