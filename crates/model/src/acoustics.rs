//! What was heard, before any words: the measurements behind the ACU clauses.

use serde::{Deserialize, Serialize};

use crate::{Channel, TimeSpan};

/// Measurements of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelAcoustics {
    /// Whose voice.
    pub channel: Channel,
    /// Stretches with voice as the endpointer heard them, without padding; sorted, disjoint.
    pub voiced: Vec<TimeSpan>,
    /// Level over the voiced stretches in dBFS (RMS; 0 = full-scale square wave); −120 for digital silence.
    pub speech_dbfs: f32,
    /// Highest sample in dBFS.
    pub peak_dbfs: f32,
    /// Share of samples at full scale, 0…1.
    pub clipped: f32,
}

impl ChannelAcoustics {
    /// Total voiced time in milliseconds.
    pub fn voiced_ms(&self) -> u32 {
        self.voiced.iter().map(|span| span.len_ms()).sum()
    }
}

/// Measurements of a whole call, one entry a channel in the order of the recording's own channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Acoustics {
    /// Per channel.
    pub channels: Vec<ChannelAcoustics>,
}

impl Acoustics {
    /// The measurements of `channel`, if the recording has it.
    pub fn channel(&self, channel: Channel) -> Option<&ChannelAcoustics> {
        self.channels.iter().find(|c| c.channel == channel)
    }

    /// The voiced stretches of `channel`; empty if the recording has no such channel.
    pub fn voiced(&self, channel: Channel) -> &[TimeSpan] {
        self.channel(channel).map_or(&[], |c| c.voiced.as_slice())
    }

    /// Stretches where anybody speaks; sorted, disjoint.
    pub fn voiced_by_anybody(&self) -> Vec<TimeSpan> {
        TimeSpan::merge(self.channels.iter().flat_map(|c| c.voiced.iter().copied()).collect(), 0)
    }
}
