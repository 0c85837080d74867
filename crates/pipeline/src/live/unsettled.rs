//! Of a turn that goes on, only what has not settled is heard again.
//!
//! A turn of ten seconds that was heard from its beginning each time would cost five times its length. Words that came out the same in two
//! hearings and lie before a pause are kept, and the next hearing begins in that pause: a recogniser that is given a sentence from a pause
//! on loses little, one that is given half a word does. (Keeping the longest common prefix of two hearings is the "local agreement" of
//! Liu et al. 2020 and of whisper_streaming, Macháček et al. 2023.)

use hotline_asr::{Hypothesis, HypothesisToken};
use hotline_model::{CallTime, SAMPLES_PER_MS, TextSpan, TimeSpan};
use hotline_vad::{LEVEL_FRAME, SpeechSegment, levels_dbfs};

use crate::window::cuts;

/// So much is always heard again, in milliseconds: of less a recogniser makes little sense.
const KEEP_HEARING_MS: u32 = 1_500;

/// A pause is at least so long and lies at least so far below the voice. The silence within a word before its plosive is shorter.
const PAUSE_MS: u32 = 150;
const PAUSE_DB: f32 = 15.0;

/// The voice's level is that of this share of its frames or of louder ones.
const VOICE_SHARE: f64 = 0.7;

/// Words and pause belong together if the times of the words are off by no more than this.
const OFF_MS: u32 = 400;

/// Milliseconds of a level.
const LEVEL_MS: u32 = LEVEL_FRAME as u32 / SAMPLES_PER_MS;

/// What is known of a turn under way from one hearing to the next.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    /// Where the turn begins.
    start: CallTime,
    /// What was said before `from_ms`, and will not be heard again.
    kept: Hypothesis,
    /// From here on it is heard again, in milliseconds from the turn's first sample.
    from_ms: u32,
    /// The letters of the last hearing, what was kept included.
    before: Vec<char>,
}

impl Unsettled {
    /// The part of a turn that has to be heard again; all of it when it is another turn than before, or when that is asked for.
    pub(crate) fn rest<'a>(&mut self, turn: &'a SpeechSegment, all: bool) -> &'a [f32] {
        if self.start != turn.span.start {
            *self = Unsettled { start: turn.span.start, ..Unsettled::default() };
        } else if all {
            (self.kept, self.from_ms) = (Hypothesis::default(), 0);
        }
        turn.samples.get((self.from_ms * SAMPLES_PER_MS) as usize..).unwrap_or_default()
    }

    /// Whether all of the turn is heard again.
    pub(crate) fn is_whole(&self) -> bool {
        self.from_ms == 0
    }

    /// Puts together what was kept and what was `heard` of the rest. If that was longer than `whole_ms`, what has settled of it is kept.
    pub(crate) fn join(&mut self, turn: &SpeechSegment, heard: Hypothesis, whole_ms: u32) -> Hypothesis {
        if heard.rejected.is_some() {
            return heard;
        }
        let whole = joined(&self.kept, heard, self.from_ms);
        let letters: Vec<char> = letters(&whole.text).collect();
        let agreed = letters.iter().zip(&self.before).take_while(|(now, before)| now == before).count();
        self.before = letters;
        let length_ms = length_ms(turn);
        if length_ms - self.from_ms.min(length_ms) > whole_ms
            && let Some((tokens, at_ms)) = self.settles(turn, &whole, agreed)
        {
            self.kept = first(&whole, tokens);
            self.from_ms = at_ms;
        }
        whole
    }

    /// The newest pause before which the first `agreed` letters have come out the same: how many tokens lie before it, and its middle.
    fn settles(&self, turn: &SpeechSegment, whole: &Hypothesis, agreed: usize) -> Option<(usize, u32)> {
        let latest = length_ms(turn).saturating_sub(KEEP_HEARING_MS);
        let pauses = pauses(&turn.samples);
        let newest_first = pauses.iter().rev().map(|pause| pause.start.ms.midpoint(pause.end.ms));
        newest_first.filter(|at| (self.from_ms + PAUSE_MS..=latest).contains(at)).find_map(|at_ms| {
            let count = *cuts(whole, &[at_ms]).first()?;
            let (last, next) = (whole.tokens.get(count.checked_sub(1)?)?, whole.tokens.get(count)?);
            let near = last.time.end.ms <= at_ms + OFF_MS && next.time.start.ms + OFF_MS >= at_ms;
            let before = letters(whole.text.get(..last.text.end as usize)?).count();
            (near && before <= agreed).then_some((count, at_ms))
        })
    }
}

/// Stretches without voice, as [`PAUSE_MS`] and [`PAUSE_DB`] say, in milliseconds from the first sample.
fn pauses(samples: &[f32]) -> Vec<TimeSpan> {
    let levels = levels_dbfs(samples, LEVEL_FRAME);
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let Some(voice) = sorted.get((levels.len() as f64 * VOICE_SHARE) as usize) else { return Vec::new() };
    let mut pauses = Vec::new();
    let mut at = 0;
    for run in levels.chunk_by(|a, b| (a + PAUSE_DB < *voice) == (b + PAUSE_DB < *voice)) {
        let (from, len) = (at, run.len() as u32);
        at += len;
        if run[0] + PAUSE_DB < *voice && len * LEVEL_MS >= PAUSE_MS {
            pauses.push(TimeSpan::from_ms(from * LEVEL_MS, at * LEVEL_MS));
        }
    }
    pauses
}

/// `kept` and behind it `heard`, whose sound begins at `from_ms`.
fn joined(kept: &Hypothesis, heard: Hypothesis, from_ms: u32) -> Hypothesis {
    let offset = kept.text.len();
    let moved = heard.tokens.iter().map(|token| HypothesisToken {
        text: TextSpan::new(token.text.start as usize + offset, token.text.end as usize + offset),
        time: TimeSpan::from_ms(token.time.start.ms + from_ms, token.time.end.ms + from_ms),
        p: token.p,
    });
    Hypothesis {
        text: format!("{}{}", kept.text, heard.text),
        tokens: kept.tokens.iter().copied().chain(moved).collect(),
        ..heard
    }
}

/// The first `count` tokens with their text.
fn first(whole: &Hypothesis, count: usize) -> Hypothesis {
    let tokens = whole.tokens[..count].to_vec();
    let end = tokens.last().map_or(0, |token| token.text.end as usize);
    Hypothesis { text: whole.text.get(..end).unwrap_or_default().to_owned(), tokens, ..Hypothesis::default() }
}

fn length_ms(turn: &SpeechSegment) -> u32 {
    turn.samples.len() as u32 / SAMPLES_PER_MS
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds a character.
    const PACE_MS: u32 = 200;

    /// A turn that begins after 4 s: `length_ms` of a loud tone with silence where `pauses` say.
    fn turn(length_ms: u32, pauses: &[(u32, u32)]) -> SpeechSegment {
        let quiet = |ms: u32| pauses.iter().any(|(from, to)| (*from..*to).contains(&ms));
        let sample = |at: u32| if quiet(at / SAMPLES_PER_MS) { 0.001 } else { 0.3 * (at as f32 * 0.1).sin() };
        let span = TimeSpan::from_ms(4_000, 4_000 + length_ms);
        let samples = (0..length_ms * SAMPLES_PER_MS).map(sample).collect();
        SpeechSegment { span, padded: span, samples, cut: false }
    }

    /// What is heard when characters follow each other from the first sample on.
    fn heard(text: &str) -> Hypothesis {
        let tokens = text.char_indices().zip(0u32..).map(|((at, c), n)| HypothesisToken {
            text: TextSpan::new(at, at + c.len_utf8()),
            time: TimeSpan::from_ms(PACE_MS * n, PACE_MS * (n + 1)),
            p: 0.9,
        });
        Hypothesis { text: text.into(), tokens: tokens.collect(), ..Hypothesis::default() }
    }

    /// Lengths of a turn with a pause from 1.6 to 2.0 s, what is heard of it each time, and from where on it is heard next.
    #[test]
    fn what_came_out_twice_before_a_pause_is_not_heard_again() {
        type Hearing<'a> = (u32, &'a str, u32);
        let cases: [&[Hearing<'_>]; 5] = [
            &[(3_000, "规定就是这样的，您再说", 0), (3_800, "规定就是这样的，您再说什么都", 1_800)],
            &[(3_000, "规定就是这样子，您再说", 0), (3_800, "规定就是这样的，您再说什么都", 0)],
            &[(3_400, "规定就是这样的，您再说什么都", 0)],
            &[(2_800, "规定就是这样的，您再", 0), (3_000, "规定就是这样的，您再说", 0)],
            // The words lie elsewhere than the pause.
            &[(3_800, "规定", 0), (3_800, "规定", 0)],
        ];
        for hearings in cases {
            let mut unsettled = Unsettled::default();
            for (length_ms, text, from_ms) in hearings {
                let turn = turn(*length_ms, &[(1_600, 2_000)]);
                assert_eq!(unsettled.rest(&turn, false).len(), turn.samples.len());
                let whole = unsettled.join(&turn, heard(text), 3_000);
                assert_eq!((whole.text.as_str(), unsettled.from_ms), (*text, *from_ms), "{hearings:?}");
            }
        }
    }

    #[test]
    fn what_is_heard_of_the_rest_is_put_behind_what_was_kept() {
        let mut unsettled = Unsettled::default();
        let pause = [(1_600, 2_000)];
        for length_ms in [3_000, 3_800] {
            let turn = turn(length_ms, &pause);
            unsettled.rest(&turn, false);
            unsettled.join(&turn, heard("规定就是这样的，您再说"), 2_000);
        }
        let longer = turn(4_800, &pause);
        assert_eq!(unsettled.rest(&longer, false).len(), 3_000 * SAMPLES_PER_MS as usize);
        let whole = unsettled.join(&longer, heard("您再说也没用"), 9_000);
        assert_eq!(whole.text, "规定就是这样的，您再说也没用");
        assert_eq!(whole.tokens.len(), whole.text.chars().count());
        assert!(whole.tokens.iter().all(|token| token.text.slice(&whole.text).is_some()));
        assert_eq!(whole.tokens[8].time, TimeSpan::from_ms(1_800, 2_000));
        let nothing = Hypothesis { rejected: Some(hotline_model::GapReason::NoSpeech), ..Hypothesis::default() };
        assert!(unsettled.join(&longer, nothing, 9_000).rejected.is_some());
        assert_eq!(unsettled.rest(&longer, true).len(), longer.samples.len(), "when it is asked for");
        let mut other = longer;
        other.span = TimeSpan::from_ms(9_000, 13_800);
        assert_eq!(unsettled.rest(&other, false).len(), other.samples.len(), "another turn");
        assert!(unsettled.is_whole());
    }
}
