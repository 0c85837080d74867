//! What listens to a call, recorded or live: finds speech on every channel, leaves out leaks, measures levels.

use hotline_audio::{AudioBlock, LevelMeter};
use hotline_model::{Acoustics, CallTime, Channel, ChannelAcoustics, TimeSpan};
use hotline_vad::{
    CrosstalkGate, Endpointer, EndpointerSettings, LEVEL_FRAME, SettingsError, SpeechSegment, levels_dbfs,
};

use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock};

/// One pair of ears a call.
pub(crate) struct Ears {
    lanes: Vec<Lane>,
    samples: u64,
    /// Segments left out because they were the other channel leaking through.
    leaks: usize,
}

/// One channel on its way.
struct Lane {
    channel: Channel,
    endpointer: Endpointer,
    /// Level of every 10 ms so far in dBFS, to tell a voice from the other channel's leak: 3 MB for two hours.
    levels: Vec<f32>,
    /// Over everything, for peak and clipping.
    all: LevelMeter,
    /// Over speech segments, for the level of the voice.
    speech: LevelMeter,
}

impl Ears {
    /// Ears for a call with these channels.
    pub(crate) fn new(channels: &[Channel], rooms: &Rooms) -> Result<Ears, SettingsError> {
        let lane = |&channel: &Channel| {
            Ok(Lane {
                channel,
                endpointer: Endpointer::new(rooms.vad.model(), settings(channel, rooms))?,
                levels: Vec::new(),
                all: LevelMeter::default(),
                speech: LevelMeter::default(),
            })
        };
        Ok(Ears { lanes: channels.iter().map(lane).collect::<Result<_, SettingsError>>()?, samples: 0, leaks: 0 })
    }

    /// Whose voice lane `at` carries.
    pub(crate) fn channel(&self, at: usize) -> Channel {
        self.lanes[at].channel
    }

    /// How much was listened to.
    pub(crate) fn heard(&self) -> CallTime {
        CallTime::from_sample(self.samples)
    }

    /// Listens on; gives the segments that are complete now, with the number of their lane.
    pub(crate) fn push(&mut self, block: &AudioBlock, clock: &StageClock) -> Vec<(usize, SpeechSegment)> {
        self.samples += block.channels.first().map_or(0, Vec::len) as u64;
        for (lane, samples) in self.lanes.iter_mut().zip(&block.channels) {
            clock.time(Stage::Audio, || {
                lane.all.push(samples);
                lane.levels.extend(levels_dbfs(samples, LEVEL_FRAME));
            });
            clock.time(Stage::Vad, || lane.endpointer.push(samples));
        }
        clock.time(Stage::Audio, || self.collect())
    }

    /// The call is over: the segments that were under way.
    pub(crate) fn flush(&mut self, clock: &StageClock) -> Vec<(usize, SpeechSegment)> {
        clock.time(Stage::Vad, || self.lanes.iter_mut().for_each(|lane| lane.endpointer.flush()));
        clock.time(Stage::Audio, || self.collect())
    }

    /// Takes the segments that are complete, without those that are only the other channel leaking through.
    fn collect(&mut self) -> Vec<(usize, SpeechSegment)> {
        let mut segments = Vec::new();
        for at in 0..self.lanes.len() {
            while let Some(segment) = self.lanes[at].endpointer.pop() {
                if self.is_leak(at, segment.span) {
                    self.leaks += 1;
                    continue;
                }
                self.lanes[at].speech.push(&segment.samples);
                segments.push((at, segment));
            }
        }
        segments
    }

    fn is_leak(&self, at: usize, span: TimeSpan) -> bool {
        let own = &self.lanes[at].levels;
        let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != at);
        others.into_iter().any(|(_, other)| CrosstalkGate::default().is_leak(span, own, &other.levels))
    }

    /// What was measured so far. Speech that is under way is not among the voiced stretches; see [`Ears::speaking_since`].
    pub(crate) fn acoustics(&self) -> Acoustics {
        let channels = self.lanes.iter().enumerate().map(|(at, lane)| ChannelAcoustics {
            channel: lane.channel,
            voiced: lane.endpointer.voiced().iter().copied().filter(|span| !self.is_leak(at, *span)).collect(),
            speech_dbfs: lane.speech.rms_dbfs(),
            peak_dbfs: lane.all.peak_dbfs(),
            clipped: lane.all.clipped(),
        });
        tracing::debug!(leaks = self.leaks, "stretches left out because they were the other channel leaking through");
        Acoustics { channels: channels.collect() }
    }

    /// Since when somebody has been speaking on lane `at`, if somebody is.
    pub(crate) fn speaking_since(&self, at: usize) -> Option<CallTime> {
        self.lanes[at].endpointer.speaking_since()
    }

    /// Extent of the segment under way on lane `at`.
    pub(crate) fn under_way(&self, at: usize) -> Option<TimeSpan> {
        self.lanes[at].endpointer.under_way()
    }

    /// The segment under way on lane `at` with its sound so far, unless it is only the other channel leaking through.
    pub(crate) fn so_far(&self, at: usize) -> Option<SpeechSegment> {
        let segment = self.lanes[at].endpointer.so_far()?;
        (!self.is_leak(at, segment.span)).then_some(segment)
    }

    /// For how long the speaker on lane `at` has paused within the segment under way, in milliseconds. From the padding of segments on
    /// [`Ears::so_far`] is all of it, sample for sample, unless somebody goes on.
    pub(crate) fn pause_ms(&self, at: usize) -> u32 {
        self.lanes[at].endpointer.pause_ms()
    }

    /// Up to where every lane has been heard in full: all speech before it has come out as segments.
    pub(crate) fn heard_in_full(&self) -> CallTime {
        self.lanes.iter().map(|lane| lane.endpointer.heard_until()).min().unwrap_or_default()
    }

    /// The level of lane `at` over `span` in dBFS, of its loudest half: the pauses within it do not count.
    pub(crate) fn level_dbfs(&self, at: usize, span: TimeSpan) -> Option<f32> {
        let levels = &self.lanes[at].levels;
        let frame = |time: CallTime| (time.sample() / LEVEL_FRAME as u64) as usize;
        let end = frame(span.end).min(levels.len());
        let mut heard = levels.get(frame(span.start).min(end)..end)?.to_vec();
        heard.sort_by(f32::total_cmp);
        let loud = heard.get(heard.len() / 2..)?;
        (!loud.is_empty()).then(|| loud.iter().sum::<f32>() / loud.len() as f32)
    }

    /// How many channels there are.
    pub(crate) fn len(&self) -> usize {
        self.lanes.len()
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
