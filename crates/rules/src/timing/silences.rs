//! Stretches in which nobody speaks.

use hotline_model::{Acoustics, Call, Channel, TimeSpan, Transcript};

use super::{is_question, voiced, voiced_by_anybody};

/// Where in the call a silence lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilencePosition {
    /// Before anybody has spoken.
    Leading,
    /// Between two stretches of speech.
    Inside,
    /// After the last word.
    Trailing,
}

/// A stretch in which nobody speaks; music and ringing count as silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When.
    pub time: TimeSpan,
    /// Where in the call.
    pub position: SilencePosition,
    /// Who spoke last before it.
    pub before: Option<Channel>,
    /// Who speaks next after it.
    pub after: Option<Channel>,
    /// Whose turn it was to speak; `None` where that cannot be told.
    pub owed_by: Option<Channel>,
}

/// The silences of at least `min_ms`, in time order.
///
/// After the customer has spoken it is the agent's turn. After the agent has spoken it is the customer's if the agent
/// asked something or if the customer speaks next; if the agent himself goes on, or if the customer has to call out (喂,
/// 还在吗), the agent kept the customer waiting. Before the first word it is the agent's. After the last word it is nobody's.
pub fn silences(call: &Call, transcript: &Transcript, acoustics: &Acoustics, min_ms: u32) -> Vec<Silence> {
    let anybody = voiced_by_anybody(transcript, acoustics);
    let by_channel: Vec<(Channel, Vec<TimeSpan>)> =
        Channel::ALL.iter().map(|channel| (*channel, voiced(*channel, transcript, acoustics))).collect();
    let mut quiet = call.span().minus(&anybody);
    quiet.retain(|time| time.len_ms() >= min_ms.max(1));
    quiet
        .into_iter()
        .map(|time| {
            let before = last_before(&by_channel, time);
            let after = first_after(&by_channel, time);
            let position = match (before, after) {
                (None, _) => SilencePosition::Leading,
                (_, None) => SilencePosition::Trailing,
                _ => SilencePosition::Inside,
            };
            let owed_by = match (before, after) {
                _ if by_channel.iter().any(|(channel, spans)| *channel == Channel::Mixed && !spans.is_empty()) => None,
                (_, None) => None,
                (None, Some(_)) | (Some(Channel::Customer), _) => Some(Channel::Agent),
                (Some(_), Some(Channel::Customer)) if calls_out_after(transcript, time) => Some(Channel::Agent),
                (Some(_), Some(Channel::Customer)) => Some(Channel::Customer),
                (Some(_), Some(_)) if asked_before(transcript, time) => Some(Channel::Customer),
                (Some(_), Some(_)) => Some(Channel::Agent),
            };
            Silence { time, position, before, after, owed_by }
        })
        .collect()
}

fn last_before(by_channel: &[(Channel, Vec<TimeSpan>)], time: TimeSpan) -> Option<Channel> {
    let ends = by_channel.iter().filter_map(|(channel, spans)| {
        let end = spans.iter().map(|span| span.end).filter(|end| *end <= time.start).max()?;
        Some((end, *channel))
    });
    ends.max().map(|(_, channel)| channel)
}

fn first_after(by_channel: &[(Channel, Vec<TimeSpan>)], time: TimeSpan) -> Option<Channel> {
    let starts = by_channel.iter().filter_map(|(channel, spans)| {
        let start = spans.iter().map(|span| span.start).filter(|start| *start >= time.end).min()?;
        Some((start, *channel))
    });
    starts.min().map(|(_, channel)| channel)
}

/// Whether the agent's last utterance before the silence asks something.
fn asked_before(transcript: &Transcript, time: TimeSpan) -> bool {
    let last = transcript.utterances.iter().filter(|u| u.channel == Channel::Agent && u.span.start < time.start);
    last.max_by_key(|u| u.span.end).is_some_and(|u| is_question(&u.text))
}

/// Whether the customer's first utterance after the silence asks whether anybody is there.
fn calls_out_after(transcript: &Transcript, time: TimeSpan) -> bool {
    const CALLS: [&str; 10] =
        ["喂", "在吗", "在不在", "还在", "有人吗", "人呢", "听得到", "听得见", "听到吗", "没声音"];
    let next = transcript.utterances.iter().filter(|u| u.channel == Channel::Customer && u.span.end > time.end);
    next.min_by_key(|u| u.span.start).is_some_and(|u| {
        let start: String = u.text.chars().take(10).collect();
        CALLS.iter().any(|call| start.contains(call))
    })
}
