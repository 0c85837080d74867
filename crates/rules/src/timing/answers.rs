//! How long the customer waits for an answer.

use hotline_model::{CallTime, Channel, TimeSpan, Transcript};

use super::speech::{is_backchannel, is_question, turns};

/// One answer of the agent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From the end of the customer's turn to the start of the agent's; empty where the agent began before that end.
    pub wait: TimeSpan,
    /// The customer's last utterance before it; `None` where the recogniser lost it.
    pub to: Option<u32>,
    /// Whether the customer asked something.
    pub question: bool,
    /// Whether it is the first answer of the call.
    pub first: bool,
}

/// The agent's answers in time order. Murmurs of the customer's wait for no answer. Empty on a mixed recording.
pub fn answers(transcript: &Transcript) -> Vec<Answer> {
    if transcript.has_mixed() {
        return Vec::new();
    }
    let turns = turns(transcript);
    let mut answers: Vec<Answer> = Vec::new();
    for (at, turn) in turns.iter().enumerate() {
        if turn.channel != Channel::Customer || turn.backchannel {
            continue;
        }
        // A second turn of the customer's before the agent speaks begins the waiting anew.
        let next = turns.iter().skip(at + 1).find(|next| !next.backchannel || next.channel == Channel::Agent);
        let Some(answer) = next.filter(|next| next.channel == Channel::Agent) else { continue };
        let to = turn.utterances.last().copied();
        let text = to.and_then(|to| transcript.utterances.get(to as usize)).map_or("", |u| u.text.as_str());
        answers.push(Answer {
            wait: TimeSpan::new(turn.span.end.min(answer.span.start), answer.span.start),
            to,
            question: is_question(text),
            first: answers.is_empty(),
        });
    }
    answers
}

/// The customer's last turn, from its end to `end`, if it asked something and no agent said a word after it.
pub fn unanswered(transcript: &Transcript, end: CallTime) -> Option<TimeSpan> {
    if transcript.has_mixed() {
        return None;
    }
    let asked = transcript.utterances.iter().rfind(|u| u.channel == Channel::Customer && !is_backchannel(&u.text))?;
    let spoken = transcript.utterances.iter().map(|u| (u.channel, u.span));
    let lost = transcript.gaps.iter().map(|gap| (gap.channel, gap.span));
    // Speech of the agent's that was lost was speech all the same.
    let answered = spoken.chain(lost).any(|(channel, span)| channel == Channel::Agent && span.end > asked.span.end);
    (is_question(&asked.text) && !answered && asked.span.end < end).then(|| TimeSpan::new(asked.span.end, end))
}
