//! Two speaking at once: who began, how far into the other's turn, who gave way.

use hotline_model::{Acoustics, Channel, TimeSpan, Transcript};

use super::{is_backchannel, voiced};

/// Pauses up to this long do not end a run of speech: the gaps between words.
const WORD_GAP_MS: u32 = 300;
/// Pauses up to this long do not end a turn: taking breath, thinking.
const TURN_GAP_MS: u32 = 1_000;
/// A sound without text, or with text the recogniser hardly believes, that is shorter than this is taken for a murmur.
const MURMUR_MS_MAX: u32 = 1_000;
/// Below this confidence the text of so short a sound is a guess.
const CONFIDENCE_MIN: f32 = 0.4;
/// The same while the other speaks on unmoved: the recogniser likes to make words of a hum (嗯嗯 came out as 因为呢 and as 认了, at up to 0.7), and whoever
/// wants the floor does not leave it at once.
const CONFIDENCE_MIN_UNHEEDED: f32 = 0.75;
/// The other speaks on for at least this long after the newcomer has stopped.
const UNHEEDED_MS: u32 = 1_000;
/// How far the recogniser's utterance may begin from the sound it belongs to.
const UTTERANCE_SLACK_MS: u32 = 500;

/// A stretch in which both speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// When.
    pub time: TimeSpan,
    /// Who came in second.
    pub begun_by: Channel,
    /// How far into the other's turn, in milliseconds.
    pub into_ms: u32,
    /// Who stopped while the other went on.
    pub yielded: Channel,
    /// Whether the newcomer only murmured.
    pub backchannel: bool,
    /// The newcomer's utterance, if it has text.
    pub utterance: Option<u32>,
}

/// All overlaps of at least `min_ms`, in time order; empty on a mixed recording.
pub fn overlaps(transcript: &Transcript, acoustics: &Acoustics, min_ms: u32) -> Vec<Overlap> {
    let runs = |channel| TimeSpan::merge(voiced(channel, transcript, acoustics), WORD_GAP_MS);
    let (agent, customer) = (runs(Channel::Agent), runs(Channel::Customer));
    let mut overlaps = Vec::new();
    for a in &agent {
        for c in customer.iter().skip_while(|c| c.end <= a.start).take_while(|c| c.start < a.end) {
            let Some(time) = a.intersection(*c).filter(|time| time.len_ms() >= min_ms.max(1)) else { continue };
            let agent_began = a.start > c.start;
            let (newcomer, new_run, old_run) =
                if agent_began { (Channel::Agent, a, c) } else { (Channel::Customer, c, a) };
            let old_runs = if agent_began { &customer } else { &agent };
            let utterance = utterance_of(transcript, newcomer, *new_run);
            let said = utterance.and_then(|at| transcript.utterances.get(at as usize));
            let short = new_run.len_ms() < MURMUR_MS_MAX;
            let unheeded = old_run.end.ms >= new_run.end.ms.saturating_add(UNHEEDED_MS);
            let believed = if unheeded { CONFIDENCE_MIN_UNHEEDED } else { CONFIDENCE_MIN };
            overlaps.push(Overlap {
                time,
                begun_by: newcomer,
                into_ms: time.start.ms.saturating_sub(turn_start(old_runs, *old_run, time.start.ms)),
                yielded: if a.end < c.end { Channel::Agent } else { Channel::Customer },
                backchannel: said.map_or(short, |u| is_backchannel(&u.text) || (short && u.confidence < believed)),
                utterance,
            });
        }
    }
    overlaps.sort_by_key(|overlap| (overlap.time.start, overlap.begun_by));
    overlaps
}

/// Overlaps in which `by` cuts the other short: coming in at least `into_ms` into the other's turn, talking over it for more
/// than `overlap_ms`, and saying something. A sign of listening is no interruption.
pub fn interruptions(
    transcript: &Transcript,
    acoustics: &Acoustics,
    by: Channel,
    into_ms: u32,
    overlap_ms: u32,
) -> Vec<Overlap> {
    let mut found = overlaps(transcript, acoustics, overlap_ms.saturating_add(1));
    found.retain(|overlap| overlap.begun_by == by && overlap.into_ms >= into_ms && !overlap.backchannel);
    found
}

/// Where the turn that `run` belongs to begins.
fn turn_start(runs: &[TimeSpan], run: TimeSpan, latest: u32) -> u32 {
    let mut start = run.start.ms.min(latest);
    for earlier in runs.iter().rev().filter(|r| r.end <= run.start) {
        if start - earlier.end.ms.min(start) > TURN_GAP_MS {
            break;
        }
        start = earlier.start.ms;
    }
    start
}

/// The newcomer's utterance that begins with the sound; one that was already going on before it is not what came in, unless
/// nothing else fits.
fn utterance_of(transcript: &Transcript, channel: Channel, run: TimeSpan) -> Option<u32> {
    let own = || (0..).zip(&transcript.utterances).filter(|(_, u)| u.channel == channel);
    let starting = own().filter(|(_, u)| u.span.start.ms.abs_diff(run.start.ms) <= UTTERANCE_SLACK_MS);
    starting
        .min_by_key(|(_, u)| u.span.start.ms.abs_diff(run.start.ms))
        .or_else(|| own().find(|(_, u)| u.span.contains(run.start)))
        .map(|(at, _)| at)
}
