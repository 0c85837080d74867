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

#[cfg(test)]
mod tests {
    use hotline_model::{CallId, CallMeta, ChannelAcoustics, ChannelLayout, Utterance};

    use super::*;

    fn said(channel: Channel, start: u32, end: u32, text: &str) -> Utterance {
        let span = TimeSpan::from_ms(start, end);
        Utterance { channel, span, text: text.into(), raw_text: text.into(), tokens: Vec::new(), confidence: 1.0 }
    }

    fn metrics(utterances: Vec<Utterance>) -> TalkMetrics {
        let channels = Channel::ALL.map(|channel| ChannelAcoustics {
            channel,
            voiced: utterances.iter().filter(|u| u.channel == channel).map(|u| u.span).collect(),
            speech_dbfs: -20.0,
            peak_dbfs: -3.0,
            clipped: 0.0,
        });
        let acoustics = Acoustics { channels: channels.into_iter().filter(|c| !c.voiced.is_empty()).collect() };
        let call = Call {
            id: CallId::from_stored("x"),
            source: String::new(),
            audio_sha256: String::new(),
            format: "wav".into(),
            rate_hz: 8000,
            duration_ms: 40_000,
            layout: ChannelLayout::AgentLeft,
            meta: CallMeta::default(),
        };
        talk_metrics(&call, &Transcript { utterances, ..Transcript::default() }, &acoustics)
    }

    #[test]
    fn totals_of_a_call() {
        let words = "一二三四五六七八九十".repeat(4);
        let metrics = metrics(vec![
            said(Channel::Agent, 0, 10_000, &words),
            said(Channel::Customer, 11_000, 15_000, "什么时候能到"),
            said(Channel::Agent, 14_000, 18_000, "您先听我说"),
            said(Channel::Customer, 20_000, 21_000, "好吧那你说"),
            said(Channel::Agent, 24_000, 26_000, "明天到"),
        ]);
        assert_eq!((metrics.agent_ms, metrics.customer_ms), (16_000, 5_000));
        assert_eq!((metrics.silence_ms, metrics.longest_silence_ms), (20_000, 14_000));
        assert_eq!((metrics.overlap_ms, metrics.interruptions_by_agent), (1_000, 1));
        assert_eq!(metrics.agent_chars_per_min, Some(48.0 * 60.0 / 16.0));
        assert_eq!(metrics.customer_chars_per_min, None);
        assert_eq!(metrics.response_ms_median, Some(3_000));
    }

    #[test]
    fn a_mono_recording_has_one_voice() {
        let metrics = metrics(vec![said(Channel::Mixed, 0, 6_000, &"一二三四五六七八九十".repeat(3))]);
        assert_eq!((metrics.agent_ms, metrics.customer_ms, metrics.overlap_ms), (6_000, 0, 0));
        assert_eq!(metrics.agent_chars_per_min, Some(300.0));
        assert_eq!(metrics.response_ms_median, None);
    }
}
