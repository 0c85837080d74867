//! The way in of one recording: decode, find speech, put it together for the recogniser.

use std::path::Path;

use hotline_audio::{AudioBlock, AudioError, AudioSource, FileSource, OpenOptions, SourceInfo};
use hotline_model::{Acoustics, CallTime, ChannelLayout};

use crate::call_error::CallError;
use crate::ears::Ears;
use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock};
use crate::window::{Packer, Window};

/// Blocks read before a worker looks around for other work, even if nobody has spoken: keeps progress moving on silence.
const BLOCKS_A_STEP: usize = 240;

/// A recording that is being read.
pub(crate) struct Front {
    source: Box<dyn AudioSource>,
    ears: Ears,
    /// One a channel.
    packers: Vec<Packer>,
    block: AudioBlock,
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

/// How recordings are opened.
pub(crate) fn options(layout: ChannelLayout, rooms: &Rooms) -> OpenOptions {
    OpenOptions { layout, max_duration_ms: rooms.max_duration_ms, ..OpenOptions::default() }
}

impl Front {
    /// Opens a recording.
    pub(crate) fn open(path: &Path, layout: ChannelLayout, rooms: &Rooms) -> Result<Front, CallError> {
        Front::new(Box::new(FileSource::open(path, &options(layout, rooms))?), rooms)
    }

    /// Reads from any source.
    pub(crate) fn new(source: Box<dyn AudioSource>, rooms: &Rooms) -> Result<Front, CallError> {
        let ears = Ears::new(&source.info().channels, rooms)?;
        let packers = source.info().channels.iter().map(|_| Packer::new(rooms.window_ms)).collect();
        Ok(Front { source, ears, packers, block: AudioBlock::default() })
    }

    /// What the header tells.
    pub(crate) fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    /// How far reading has come.
    pub(crate) fn read(&self) -> CallTime {
        self.ears.heard()
    }

    /// Reads on until somebody has spoken, a good while has passed, or the recording ends.
    pub(crate) fn step(&mut self, clock: &StageClock) -> Result<Step, AudioError> {
        let mut windows = Vec::new();
        for _ in 0..BLOCKS_A_STEP {
            let more = clock.time(Stage::Audio, || self.source.next_block(&mut self.block))?;
            let segments = if more { self.ears.push(&self.block, clock) } else { self.ears.flush(clock) };
            for (at, segment) in segments {
                let channel = self.ears.channel(at);
                windows.extend(self.packers[at].push(channel, segment));
            }
            if !more {
                let ears = &self.ears;
                let rest =
                    self.packers.iter_mut().enumerate().filter_map(|(at, packer)| packer.flush(ears.channel(at)));
                windows.extend(rest);
                return Ok(Step { windows, end: Some(Box::new(self.end())) });
            }
            if !windows.is_empty() {
                break;
            }
        }
        Ok(Step { windows, end: None })
    }

    fn end(&self) -> FrontEnd {
        let info = self.source.info().clone();
        FrontEnd { info, acoustics: self.ears.acoustics(), duration_ms: self.read().ms }
    }
}
