//! The way in of one call: decode, split channels, find speech, measure levels.

use std::path::Path;

use hotline_audio::{AudioBlock, AudioError, AudioSource, FileSource, LevelMeter, OpenOptions, SourceInfo};
use hotline_model::{Acoustics, CallTime, Channel, ChannelAcoustics, ChannelLayout, TimeSpan};
use hotline_vad::{CrosstalkGate, Endpointer, EndpointerSettings, LEVEL_FRAME, SettingsError, levels_dbfs};

use crate::call_error::CallError;
use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock};
use crate::window::{Packer, Window};

/// Blocks read before a worker looks around for other work, even if nobody has spoken: keeps progress moving on silence.
const BLOCKS_A_STEP: usize = 240;

/// A recording that is being read.
pub(crate) struct Front {
    source: Box<dyn AudioSource>,
    lanes: Vec<Lane>,
    block: AudioBlock,
    samples: u64,
    /// Segments left out because they were the other channel leaking through.
    leaks: usize,
}

/// One channel on its way.
struct Lane {
    channel: Channel,
    endpointer: Endpointer,
    packer: Packer,
    /// Level of every 10 ms so far in dBFS, to tell a voice from the other channel's leak: 3 MB for two hours.
    levels: Vec<f32>,
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
    pub(crate) windows: Vec<Window>,
    /// Set at the end of the recording.
    pub(crate) end: Option<Box<FrontEnd>>,
}

impl Front {
    /// Opens a recording.
    pub(crate) fn open(path: &Path, layout: ChannelLayout, rooms: &Rooms) -> Result<Front, CallError> {
        let options = OpenOptions { layout, max_duration_ms: rooms.max_duration_ms, ..OpenOptions::default() };
        Front::new(Box::new(FileSource::open(path, &options)?), rooms)
    }

    /// Reads from any source.
    pub(crate) fn new(source: Box<dyn AudioSource>, rooms: &Rooms) -> Result<Front, CallError> {
        let lane = |&channel: &Channel| {
            Ok(Lane {
                channel,
                endpointer: Endpointer::new(rooms.vad.model(), settings(channel, rooms))?,
                packer: Packer::new(rooms.window_ms),
                levels: Vec::new(),
                all: LevelMeter::default(),
                speech: LevelMeter::default(),
            })
        };
        let lanes = source.info().channels.iter().map(lane).collect::<Result<_, SettingsError>>()?;
        Ok(Front { source, lanes, block: AudioBlock::default(), samples: 0, leaks: 0 })
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
        let mut windows = Vec::new();
        for _ in 0..BLOCKS_A_STEP {
            let more = clock.time(Stage::Audio, || self.source.next_block(&mut self.block))?;
            if more {
                self.samples += self.block.channels.first().map_or(0, Vec::len) as u64;
                for (lane, samples) in self.lanes.iter_mut().zip(&self.block.channels) {
                    clock.time(Stage::Audio, || {
                        lane.all.push(samples);
                        lane.levels.extend(levels_dbfs(samples, LEVEL_FRAME));
                    });
                    clock.time(Stage::Vad, || lane.endpointer.push(samples));
                }
            } else {
                clock.time(Stage::Vad, || self.lanes.iter_mut().for_each(|lane| lane.endpointer.flush()));
            }
            clock.time(Stage::Audio, || self.collect(&mut windows));
            if !more {
                windows.extend(self.lanes.iter_mut().filter_map(|lane| lane.packer.flush(lane.channel)));
                return Ok(Step { windows, end: Some(Box::new(self.end())) });
            }
            if !windows.is_empty() {
                break;
            }
        }
        Ok(Step { windows, end: None })
    }

    /// Takes the segments that are complete, without those that are only the other channel leaking through.
    fn collect(&mut self, windows: &mut Vec<Window>) {
        for at in 0..self.lanes.len() {
            while let Some(segment) = self.lanes[at].endpointer.pop() {
                if self.is_leak(at, segment.span) {
                    self.leaks += 1;
                    continue;
                }
                let lane = &mut self.lanes[at];
                lane.speech.push(&segment.samples);
                windows.extend(lane.packer.push(lane.channel, segment));
            }
        }
    }

    fn is_leak(&self, at: usize, span: TimeSpan) -> bool {
        let own = &self.lanes[at].levels;
        let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != at);
        others.into_iter().any(|(_, other)| CrosstalkGate::default().is_leak(span, own, &other.levels))
    }

    fn end(&self) -> FrontEnd {
        let channels = self.lanes.iter().enumerate().map(|(at, lane)| ChannelAcoustics {
            channel: lane.channel,
            voiced: lane.endpointer.voiced().iter().copied().filter(|span| !self.is_leak(at, *span)).collect(),
            speech_dbfs: lane.speech.rms_dbfs(),
            peak_dbfs: lane.all.peak_dbfs(),
            clipped: lane.all.clipped(),
        });
        tracing::debug!(leaks = self.leaks, "stretches left out because they were the other channel leaking through");
        let info = self.source.info().clone();
        FrontEnd { info, acoustics: Acoustics { channels: channels.collect() }, duration_ms: self.read().ms }
    }
}

/// On a mixed channel speakers follow each other without a pause, so shorter pauses have to part them.
fn settings(channel: Channel, rooms: &Rooms) -> EndpointerSettings {
    match channel {
        Channel::Mixed => {
            EndpointerSettings { min_silence_ms: EndpointerSettings::mixed().min_silence_ms, ..rooms.endpointer }
        }
        _ => rooms.endpointer,
    }
}
