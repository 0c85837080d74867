//! The totals of a call.

use hotline_model::{Acoustics, Call, Channel, TalkMetrics, TimeSpan, Transcript};

use super::{answers, interruptions, overlaps, speech_rate, voiced, voiced_by_anybody};

/// An interruption, as the standard counts it (FRB-10): this far into the customer's turn,
const INTO_MS: u32 = 1_000;
/// and talking over it for longer than this.
const OVERLAP_MS: u32 = 500;

/// Who spoke how much. On a mono recording the agent's fields hold both voices together.
pub fn talk_metrics(call: &Call, transcript: &Transcript, acoustics: &Acoustics) -> TalkMetrics {
    let total = |spans: &[TimeSpan]| spans.iter().map(|span| span.len_ms()).sum::<u32>();
    let mixed = voiced(Channel::Mixed, transcript, acoustics);
    let first = if mixed.is_empty() { Channel::Agent } else { Channel::Mixed };
    let quiet = call.span().minus(&voiced_by_anybody(transcript, acoustics));
    let rate = |channel| speech_rate(channel, transcript, acoustics).map(|rate| rate.chars_per_min());
    let mut waits: Vec<u32> = answers(transcript).iter().map(|answer| answer.wait.len_ms()).collect();
    waits.sort_unstable();
    TalkMetrics {
        agent_ms: total(&voiced(first, transcript, acoustics)),
        customer_ms: total(&voiced(Channel::Customer, transcript, acoustics)),
        silence_ms: total(&quiet),
        longest_silence_ms: quiet.iter().map(|span| span.len_ms()).max().unwrap_or(0),
        overlap_ms: overlaps(transcript, acoustics, 1).iter().map(|overlap| overlap.time.len_ms()).sum(),
        interruptions_by_agent: u32::try_from(
            interruptions(transcript, acoustics, Channel::Agent, INTO_MS, OVERLAP_MS).len(),
        )
        .unwrap_or(u32::MAX),
        agent_chars_per_min: rate(first),
        customer_chars_per_min: rate(Channel::Customer),
        response_ms_median: waits.get(waits.len() / 2).copied(),
    }
}
