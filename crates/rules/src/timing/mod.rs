//! Who spoke when, and what follows from it: turns, silences, answers, overlaps, rates.
//!
//! In: the voiced stretches of [`Acoustics`] and the utterances of a [`Transcript`]. Out: measurements. Nothing here
//! judges; thresholds are the rules' matter.

mod answers;
mod metrics;
mod overlaps;
mod rate;
mod silences;
mod speech;

pub use answers::{Answer, answers, unanswered};
pub use metrics::talk_metrics;
pub use overlaps::{Overlap, interruptions, overlaps};
pub use rate::{SpeechRate, speech_rate};
pub use silences::{Silence, SilencePosition, silences};
pub use speech::{Turn, is_backchannel, is_question, turns};

use hotline_model::{Acoustics, Channel, TimeSpan, Transcript};

/// The voiced stretches of `channel`: measured ones if there are any measurements, else the extents of what was said.
pub(crate) fn voiced(channel: Channel, transcript: &Transcript, acoustics: &Acoustics) -> Vec<TimeSpan> {
    if acoustics.channels.is_empty() {
        let said = transcript.utterances.iter().filter(|u| u.channel == channel).map(|u| u.span);
        let lost = transcript.gaps.iter().filter(|g| g.channel == channel).map(|g| g.span);
        return TimeSpan::merge(said.chain(lost).collect(), 0);
    }
    acoustics.voiced(channel).to_vec()
}

/// As [`voiced`], of anybody.
pub(crate) fn voiced_by_anybody(transcript: &Transcript, acoustics: &Acoustics) -> Vec<TimeSpan> {
    let all = Channel::ALL.iter().flat_map(|channel| voiced(*channel, transcript, acoustics));
    TimeSpan::merge(all.collect(), 0)
}
