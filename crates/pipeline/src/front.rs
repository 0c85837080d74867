//! The way in of one call: decode, split channels, find speech, measure levels.

use std::path::Path;

use hotline_audio::{AudioBlock, AudioError, AudioSource, FileSource, LevelMeter, OpenOptions, SourceInfo};
use hotline_model::{Acoustics, CallTime, Channel, ChannelAcoustics, ChannelLayout};
use hotline_vad::{Endpointer, SpeechSegment};

use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock};

/// Blocks read before a worker looks around for other work, even if nobody has spoken: keeps progress moving on silence.
const BLOCKS_A_STEP: usize = 240;

/// A recording that is being read.
pub(crate) struct Front {
    source: Box<dyn AudioSource>,
    lanes: Vec<Lane>,
    block: AudioBlock,
    samples: u64,
}

/// One channel on its way.
struct Lane {
    channel: Channel,
    endpointer: Endpointer,
    /// Over everything, for peak and clipping.
    all: LevelMeter,
    /// Over speech segments, for the level of the voice.
    speech: LevelMeter,
}

/// What a recording measured at its end.
pub(crate) struct FrontEnd {
    pub(crate) info: SourceInfo,
    pub(crate) acoustics: Acoustics,
    pub(crate) duration_ms: u32,
}

/// One step of reading.
pub(crate) struct Step {
    /// Speech found, in no particular order of channels.
    pub(crate) segments: Vec<(Channel, SpeechSegment)>,
    /// Set at the end of the recording.
    pub(crate) end: Option<Box<FrontEnd>>,
}

impl Front {
    /// Opens a recording.
    pub(crate) fn open(path: &Path, layout: ChannelLayout, rooms: &Rooms) -> Result<Front, AudioError> {
        let options = OpenOptions { layout, max_duration_ms: rooms.max_duration_ms, ..OpenOptions::default() };
        Ok(Front::new(Box::new(FileSource::open(path, &options)?), rooms))
    }

    /// Reads from any source.
    pub(crate) fn new(source: Box<dyn AudioSource>, rooms: &Rooms) -> Front {
        let lanes = source.info().channels.iter().map(|&channel| Lane {
            channel,
            endpointer: Endpointer::new(rooms.vad.model(), rooms.endpointer.clone()),
            all: LevelMeter::default(),
            speech: LevelMeter::default(),
        });
        let lanes = lanes.collect();
        Front { source, lanes, block: AudioBlock::default(), samples: 0 }
    }

    /// What the header tells.
    pub(crate) fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    /// How far reading has come.
    pub(crate) fn read(&self) -> CallTime {
        CallTime::from_sample(self.samples)
    }

    /// Reads on until somebody has spoken, a good while has passed, or the recording ends.
    pub(crate) fn step(&mut self, clock: &StageClock) -> Result<Step, AudioError> {
        let mut segments = Vec::new();
        for _ in 0..BLOCKS_A_STEP {
            let more = clock.time(Stage::Audio, || self.source.next_block(&mut self.block))?;
            if more {
                self.samples += self.block.channels.first().map_or(0, Vec::len) as u64;
                for (lane, samples) in self.lanes.iter_mut().zip(&self.block.channels) {
                    clock.time(Stage::Audio, || lane.all.push(samples));
                    clock.time(Stage::Vad, || lane.endpointer.push(samples));
                }
            } else {
                clock.time(Stage::Vad, || self.lanes.iter_mut().for_each(|lane| lane.endpointer.flush()));
            }
            for lane in &mut self.lanes {
                while let Some(segment) = lane.endpointer.pop() {
                    clock.time(Stage::Audio, || lane.speech.push(&segment.samples));
                    segments.push((lane.channel, segment));
                }
            }
            if !more {
                return Ok(Step { segments, end: Some(Box::new(self.end())) });
            }
            if !segments.is_empty() {
                break;
            }
        }
        Ok(Step { segments, end: None })
    }

    fn end(&self) -> FrontEnd {
        let channels = self.lanes.iter().map(|lane| ChannelAcoustics {
            channel: lane.channel,
            voiced: lane.endpointer.voiced().to_vec(),
            speech_dbfs: lane.speech.rms_dbfs(),
            peak_dbfs: lane.all.peak_dbfs(),
            clipped: lane.all.clipped(),
        });
        FrontEnd {
            info: self.source.info().clone(),
            acoustics: Acoustics { channels: channels.collect() },
            duration_ms: self.read().ms,
        }
    }
}
