//! What the recogniser gets in one go: neighbouring speech segments of a channel, put together.
//!
//! A recogniser that hears ten seconds makes fewer mistakes than one that hears two: it knows the voice and what has just been said. It
//! also costs less, since each go has a fixed part. So segments are joined, pauses between them left out, and the text is dealt out
//! to them again by time: a pause between two segments is nearly always one between two sentences.

use hotline_asr::{Hypothesis, HypothesisToken, Session};
use hotline_model::{CallTime, Channel, GapReason, SAMPLES_PER_MS, TextSpan, TimeSpan};
use hotline_vad::SpeechSegment;

use crate::piece::{Piece, piece};

/// Longest window of a live line that fell behind: people wait for it.
const JOINED_MAX_MS: u64 = 12_000;

/// Segments of one channel, in order; at least one.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) channel: Channel,
    segments: Vec<SpeechSegment>,
}

/// Collects the segments of one channel into windows. What becomes of a segment depends on the segments before it alone.
pub(crate) struct Packer {
    /// Longest window, padding of the segments included.
    max_ms: u64,
    pending: Vec<SpeechSegment>,
}

impl Packer {
    pub(crate) fn new(max_ms: u32) -> Packer {
        Packer { max_ms: u64::from(max_ms), pending: Vec::new() }
    }

    /// Takes the next segment; gives the window that it did not fit into.
    pub(crate) fn push(&mut self, channel: Channel, segment: SpeechSegment) -> Option<Window> {
        let held: u64 = self.pending.iter().map(length_ms).sum();
        let full = !self.pending.is_empty() && held + length_ms(&segment) > self.max_ms;
        let window = if full { self.flush(channel) } else { None };
        self.pending.push(segment);
        window
    }

    /// What is left.
    pub(crate) fn flush(&mut self, channel: Channel) -> Option<Window> {
        let segments = std::mem::take(&mut self.pending);
        (!segments.is_empty()).then_some(Window { channel, segments })
    }
}

impl Window {
    /// A window of one segment.
    pub(crate) fn of(channel: Channel, segment: SpeechSegment) -> Window {
        Window { channel, segments: vec![segment] }
    }

    /// Takes over the segments of the channel's next window, if they fit.
    pub(crate) fn join(&mut self, next: Window) -> Result<(), Window> {
        let length = |window: &Window| window.segments.iter().map(length_ms).sum::<u64>();
        if length(self) + length(&next) > JOINED_MAX_MS {
            return Err(next);
        }
        self.segments.extend(next.segments);
        Ok(())
    }

    /// The segment, if there is one alone.
    pub(crate) fn only(&self) -> Option<&SpeechSegment> {
        match self.segments.as_slice() {
            [segment] => Some(segment),
            _ => None,
        }
    }

    /// Milliseconds of speech, padding excluded.
    pub(crate) fn speech_ms(&self) -> u64 {
        self.segments.iter().map(|segment| u64::from(segment.span.len_ms())).sum()
    }

    /// Where each segment begins.
    pub(crate) fn starts(&self) -> impl Iterator<Item = CallTime> {
        self.segments.iter().map(|segment| segment.span.start)
    }

    /// Recognises the window: an answer for each segment. A segment that comes away empty from the shared sound, or whose shared sound made
    /// no sense, is heard again alone. `hear` wraps each go at the recogniser.
    pub(crate) fn transcribe(
        &self,
        session: &mut dyn Session,
        mut hear: impl FnMut(&mut dyn Session, &[f32]) -> Result<Hypothesis, String>,
    ) -> Vec<Result<Hypothesis, String>> {
        if let Some(segment) = self.only() {
            return vec![hear(session, &segment.samples)];
        }
        let parts = match hear(session, &self.samples()) {
            Ok(answer) if answer.rejected.is_none() => self.split(&answer),
            _ => vec![Hypothesis::default(); self.segments.len()],
        };
        let alone = |(segment, part): (&SpeechSegment, Hypothesis)| {
            if part.text.is_empty() { hear(session, &segment.samples) } else { Ok(part) }
        };
        self.segments.iter().zip(parts).map(alone).collect()
    }

    /// The answers as pieces of the transcript.
    pub(crate) fn pieces(&self, answers: Vec<Result<Hypothesis, String>>) -> Vec<Piece> {
        self.segments.iter().zip(answers).map(|(segment, answer)| piece(self.channel, segment, answer)).collect()
    }

    fn samples(&self) -> Vec<f32> {
        self.segments.iter().flat_map(|segment| segment.samples.iter().copied()).collect()
    }

    /// Deals the text out to the segments; times then count from each segment's own start. A segment that begins behind the end of what was
    /// heard gets nothing.
    fn split(&self, whole: &Hypothesis) -> Vec<Hypothesis> {
        let mut ends_ms = Vec::with_capacity(self.segments.len());
        let mut end_ms = 0;
        for segment in &self.segments {
            end_ms += length_ms(segment);
            ends_ms.push(u32::try_from(end_ms).unwrap_or(u32::MAX));
        }
        let heard = whole.heard_until_ms.unwrap_or(u32::MAX);
        let cuts = cuts(whole, &ends_ms[..ends_ms.len() - 1]);
        let mut parts = Vec::with_capacity(self.segments.len());
        for (at, segment) in self.segments.iter().enumerate() {
            let from = if at == 0 { 0 } else { cuts[at - 1] };
            let to = cuts.get(at).copied().unwrap_or(whole.tokens.len());
            let start_ms = if at == 0 { 0 } else { ends_ms[at - 1] };
            let tokens = if start_ms < heard { &whole.tokens[from..to.max(from)] } else { &[] };
            parts.push(part(whole, tokens, start_ms, u32::try_from(length_ms(segment)).unwrap_or(u32::MAX)));
        }
        parts
    }
}

fn length_ms(segment: &SpeechSegment) -> u64 {
    segment.samples.len() as u64 / u64::from(SAMPLES_PER_MS)
}

/// The hypothesis of some neighbouring tokens, for the stretch of `length_ms` from `start_ms` on.
fn part(whole: &Hypothesis, tokens: &[HypothesisToken], start_ms: u32, length_ms: u32) -> Hypothesis {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return Hypothesis { rejected: Some(GapReason::Empty), ..Hypothesis::default() };
    };
    let (from, to) = (first.text.start as usize, last.text.end as usize);
    let inside = |ms: u32| ms.saturating_sub(start_ms).min(length_ms);
    let moved = tokens.iter().map(|token| HypothesisToken {
        text: TextSpan::new(token.text.start as usize - from, token.text.end as usize - from),
        time: TimeSpan::from_ms(inside(token.time.start.ms), inside(token.time.end.ms)),
        p: token.p,
    });
    Hypothesis {
        text: whole.text.get(from..to).unwrap_or_default().to_owned(),
        tokens: moved.collect(),
        heard_until_ms: None,
        ..whole.clone()
    }
}

/// Seconds that a cut inside a sentence has to be nearer to the pause to be preferred to one between sentences.
const INSIDE_SENTENCE: f64 = 0.6;
/// The same for a cut at a comma.
const AT_COMMA: f64 = 0.1;
/// For one before punctuation, or inside a number or a foreign word.
const INSIDE_WORD: f64 = 2.5;
/// For leaving a segment without any text.
const NOTHING: f64 = 0.8;

/// For each boundary the first token behind it: near in time, and best between two sentences. Cuts never go back.
pub(crate) fn cuts(whole: &Hypothesis, boundaries_ms: &[u32]) -> Vec<usize> {
    let count = whole.tokens.len();
    let costs: Vec<f64> = (0..=count).map(|at| break_cost(whole, at)).collect();
    let time = |at: usize| match whole.tokens.get(at) {
        Some(token) => token.time.start.ms,
        None => whole.tokens.last().map_or(0, |token| token.time.end.ms),
    };
    // Lowest cost with the newest cut at each place, and where the one before it was.
    let mut best = vec![f64::INFINITY; count + 1];
    best[0] = 0.0;
    let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(boundaries_ms.len());
    for boundary in boundaries_ms {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut from = vec![0; count + 1];
        let (mut lowest, mut lowest_at) = (f64::INFINITY, 0);
        for at in 0..=count {
            // A cut where the one before was leaves nothing between them.
            let (mut cost, mut origin) = (best[at] + NOTHING, at);
            if lowest < cost {
                (cost, origin) = (lowest, lowest_at);
            }
            next[at] = cost + costs[at] + f64::from(time(at).abs_diff(*boundary)) / 1000.0;
            from[at] = origin;
            if best[at] < lowest {
                (lowest, lowest_at) = (best[at], at);
            }
        }
        best = next;
        came_from.push(from);
    }
    best[count] += NOTHING;
    let mut at = (0..=count).min_by(|a, b| best[*a].total_cmp(&best[*b])).unwrap_or(count);
    let mut cuts = vec![0; boundaries_ms.len()];
    for (cut, from) in cuts.iter_mut().zip(&came_from).rev() {
        *cut = at;
        at = from[at];
    }
    cuts
}

/// How unlikely a pause is before token `at`.
fn break_cost(whole: &Hypothesis, at: usize) -> f64 {
    let text = |token: Option<&HypothesisToken>| token.and_then(|token| token.text.slice(&whole.text)).unwrap_or("");
    let before = text(at.checked_sub(1).and_then(|at| whole.tokens.get(at))).trim_end().chars().next_back();
    let after = text(whole.tokens.get(at)).chars().next();
    let (Some(before), Some(after)) = (before, after) else { return 0.0 };
    let is_mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    if is_mark(after) || before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() {
        INSIDE_WORD
    } else if "，,、；;：:".contains(before) {
        AT_COMMA
    } else if is_mark(before) {
        0.0
    } else {
        INSIDE_SENTENCE
    }
}

#[cfg(test)]
mod tests {
    use hotline_asr::AsrError;
    use proptest::prelude::*;

    use super::*;

    fn segment(start_ms: u32, length_ms: u32) -> SpeechSegment {
        let span = TimeSpan::from_ms(start_ms, start_ms + length_ms);
        SpeechSegment { span, padded: span, samples: vec![0.1; (length_ms * SAMPLES_PER_MS) as usize], cut: false }
    }

    fn window(lengths_ms: &[u32]) -> Window {
        let segments = lengths_ms.iter().enumerate().map(|(i, ms)| segment(20_000 * i as u32, *ms)).collect();
        Window { channel: Channel::Agent, segments }
    }

    /// A hypothesis whose characters are spread evenly over `length_ms`.
    fn heard(text: &str, length_ms: u32) -> Hypothesis {
        let count = text.chars().count().max(1) as u32;
        let at = |i: u32| length_ms * i / count;
        let tokens = text.char_indices().zip(0..).map(|((start, c), i)| HypothesisToken {
            text: TextSpan::new(start, start + c.len_utf8()),
            time: TimeSpan::from_ms(at(i), at(i + 1)),
            p: 0.9,
        });
        Hypothesis { tokens: tokens.collect(), text: text.into(), ..Hypothesis::default() }
    }

    fn texts(parts: &[Hypothesis]) -> Vec<&str> {
        parts.iter().map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn text_is_cut_between_sentences_near_the_pause() {
        // 12 characters over 6 s, the pause a little before the end of the first sentence.
        let parts = window(&[2_700, 3_300]).split(&heard("您好请问呢。我要投诉你", 6_000));
        assert_eq!(texts(&parts), ["您好请问呢。", "我要投诉你"]);
        assert_eq!(parts[1].tokens[0].text, TextSpan::new(0, "我".len()));
        assert!(parts[1].tokens.iter().all(|token| token.time.end.ms <= 3_300));
    }

    #[test]
    fn without_punctuation_time_alone_decides() {
        let parts = window(&[2_000, 4_000]).split(&heard("一二三四五六", 6_000));
        assert_eq!(texts(&parts), ["一二", "三四五六"]);
    }

    #[test]
    fn numbers_and_marks_stay_whole() {
        let parts = window(&[3_000, 3_000]).split(&heard("号码13800好", 6_000));
        assert_eq!(texts(&parts), ["号码", "13800好"]);
        let parts = window(&[2_900, 3_100]).split(&heard("好的好，谢谢", 6_000));
        assert_eq!(texts(&parts), ["好的好，", "谢谢"]);
    }

    /// Gives one text to sounds of more than a second, another to shorter ones.
    struct Fixed;

    impl Session for Fixed {
        fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
            let length_ms = samples.len() as u32 / SAMPLES_PER_MS;
            Ok(if length_ms <= 1000 { heard("嗯", length_ms) } else { heard("您好，请讲。", 4_000) })
        }
    }

    #[test]
    fn a_segment_without_text_is_heard_again_alone() {
        let window = window(&[4_000, 1_000]);
        let answers = window
            .transcribe(&mut Fixed, |session, samples| session.transcribe(samples).map_err(|error| error.to_string()));
        let pieces = window.pieces(answers);
        let texts: Vec<_> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Utterance(utterance) => utterance.text.as_str(),
                other => panic!("an utterance was expected, not {other:?}"),
            })
            .collect();
        assert_eq!(texts, ["您好，请讲。", "嗯"]);
    }

    #[test]
    fn windows_are_filled_but_never_too_long() {
        let mut packer = Packer::new(12_000);
        let mut windows = Vec::new();
        for (i, ms) in [5_000, 6_000, 2_000, 12_000, 500].into_iter().enumerate() {
            windows.extend(packer.push(Channel::Agent, segment(i as u32 * 20_000, ms)));
        }
        windows.extend(packer.flush(Channel::Agent));
        let counts: Vec<_> = windows.iter().map(|window| window.segments.len()).collect();
        assert_eq!(counts, [2, 1, 1, 1]);
    }

    proptest! {
        #[test]
        fn parts_together_are_the_whole(
            text in "[好们a1，。 ]{0,40}",
            lengths in proptest::collection::vec(200u32..4_000, 2..6),
        ) {
            let total: u32 = lengths.iter().sum();
            let whole = heard(&text, total);
            let parts = window(&lengths).split(&whole);
            prop_assert_eq!(parts.len(), lengths.len());
            prop_assert_eq!(texts(&parts).concat(), text);
            for (part, length) in parts.iter().zip(&lengths) {
                let mut last = 0;
                for token in &part.tokens {
                    prop_assert!(token.text.slice(&part.text).is_some());
                    prop_assert!(token.time.start.ms >= last && token.time.end.ms <= *length);
                    last = token.time.start.ms;
                }
            }
        }
    }
}
