//! Which token comes next: whisper's rules for timestamps over the logits, then the likeliest or a random draw.

use super::vocabulary::Vocabulary;

/// A token and its log-probability at temperature 1 among the tokens that were allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub token: usize,
    pub log_p: f32,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub text: bool,
    pub end: bool,
    /// Timestamp tokens from the first to before the second number.
    pub timestamps: (usize, usize),
}

impl Allowed {
    /// What may follow `tokens`, which stand behind a `<|0.00|>`; `latest` is the last timestamp the sound has room for. Timestamps
    /// come in pairs between pieces of text and never go back (OpenAI's `ApplyTimestampRules`).
    pub fn after(tokens: &[usize], vocabulary: &Vocabulary, latest: usize) -> Self {
        let first = vocabulary.first_timestamp;
        let is_timestamp = |back: usize| match tokens.len().checked_sub(back) {
            Some(at) => tokens[at] >= first,
            None => true,
        };
        let newest = tokens.iter().rev().find(|&&t| t >= first).copied().unwrap_or(first);
        match (is_timestamp(1), is_timestamp(2)) {
            // The very first token must be text: an empty answer is never the right one for a stretch the VAD calls speech.
            _ if tokens.is_empty() => Allowed { text: true, end: false, timestamps: (0, 0) },
            // A pair is complete.
            (true, true) => Allowed { text: true, end: true, timestamps: (0, 0) },
            // A piece of text has just been closed.
            (true, false) => Allowed { text: false, end: true, timestamps: (newest, (latest + 1).max(newest)) },
            (false, _) => Allowed { text: true, end: true, timestamps: (newest + 1, latest + 1) },
        }
    }
}

/// A head start for some tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boost<'a> {
    pub tokens: &'a [u32],
    pub by: f32,
}

/// Chooses from one row of logits. `random` in 0…1 is used above temperature 0, `boost` at temperature 0.
pub(super) fn choose(
    logits: &[f32],
    vocabulary: &Vocabulary,
    allowed: Allowed,
    boost: Boost<'_>,
    temperature: f32,
    random: f32,
) -> Choice {
    let text: &[u32] = if allowed.text { &vocabulary.text } else { &[] };
    let end = if allowed.end { vocabulary.end..vocabulary.end + 1 } else { 0..0 };
    let (from, to) = allowed.timestamps;
    let times = from.min(logits.len())..to.clamp(from, logits.len());
    let words = Part::listed(logits, text).and(Part::of(logits, end));
    let times = Part::of(logits, times);
    let all = words.and(times);
    // If all timestamps together are likelier than the likeliest word, it is time for one.
    let timestamp_due = times.log_sum() > words.max && words.max > f32::NEG_INFINITY;
    let only = if timestamp_due { times } else { all };
    let token = if temperature <= 0.0 {
        let boosted = if allowed.text && !timestamp_due { Part::listed(logits, boost.tokens) } else { Part::EMPTY };
        if boosted.max + boost.by > only.max { boosted.argmax } else { only.argmax }
    } else {
        draw(logits, vocabulary, allowed, timestamp_due, only.max, temperature, random).unwrap_or(only.argmax)
    };
    Choice { token, log_p: logits.get(token).map_or(f32::NEG_INFINITY, |l| l - all.log_sum()) }
}

/// The largest of some logits, where it stands, and the sum of all as exponentials relative to it.
#[derive(Clone, Copy, Debug)]
struct Part {
    max: f32,
    argmax: usize,
    sum: f32,
}

/// Logits this far below the largest add nothing that single precision could hold over a whole vocabulary.
const NEGLIGIBLE: f32 = -18.0;

impl Part {
    fn of(logits: &[f32], range: std::ops::Range<usize>) -> Self {
        let offset = range.start;
        let part = logits.get(range).unwrap_or(&[]);
        Part::among(part.iter().copied().enumerate().map(|(at, logit)| (offset + at, logit)))
    }

    /// Of the listed tokens only.
    fn listed(logits: &[f32], tokens: &[u32]) -> Self {
        Part::among(
            tokens.iter().filter_map(|token| logits.get(*token as usize).map(|logit| (*token as usize, *logit))),
        )
    }

    fn among(logits: impl Iterator<Item = (usize, f32)> + Clone) -> Self {
        let (mut max, mut argmax) = (f32::NEG_INFINITY, 0);
        for (token, logit) in logits.clone() {
            if logit > max {
                (max, argmax) = (logit, token);
            }
        }
        if max == f32::NEG_INFINITY {
            return Part::EMPTY;
        }
        let relative = logits.map(|(_, logit)| logit - max);
        Part { max, argmax, sum: relative.filter(|relative| *relative > NEGLIGIBLE).map(f32::exp).sum() }
    }

    const EMPTY: Part = Part { max: f32::NEG_INFINITY, argmax: 0, sum: 0.0 };

    fn and(self, other: Part) -> Part {
        let (high, low) = if self.max >= other.max { (self, other) } else { (other, self) };
        if low.sum == 0.0 {
            return high;
        }
        Part { sum: high.sum + low.sum * (low.max - high.max).exp(), ..high }
    }

    fn log_sum(self) -> f32 {
        if self.sum > 0.0 { self.max + self.sum.ln() } else { f32::NEG_INFINITY }
    }
}

/// A draw by probability at `temperature` among what is allowed.
fn draw(
    logits: &[f32],
    vocabulary: &Vocabulary,
    allowed: Allowed,
    timestamp_due: bool,
    max: f32,
    temperature: f32,
    random: f32,
) -> Option<usize> {
    let weight = |token: usize| {
        let is_text = token < vocabulary.end;
        let (from, to) = allowed.timestamps;
        let open = if is_text {
            allowed.text && !timestamp_due && vocabulary.text.binary_search(&(token as u32)).is_ok()
        } else if token == vocabulary.end {
            allowed.end && !timestamp_due
        } else {
            (from..to).contains(&token)
        };
        let relative = (logits[token] - max) / temperature;
        if open && relative > NEGLIGIBLE { relative.exp() } else { 0.0 }
    };
    let total: f32 = (0..logits.len()).map(weight).sum();
    let mut rest = random * total;
    let mut last = None;
    for token in 0..logits.len() {
        let w = weight(token);
        if w > 0.0 {
            last = Some(token);
            rest -= w;
            if rest <= 0.0 {
                break;
            }
        }
    }
    last
}

/// Probability of one token among all of them.
pub(super) fn probability(logits: &[f32], token: usize) -> f32 {
    let all = Part::of(logits, 0..logits.len());
    logits.get(token).map_or(0.0, |l| (l - all.log_sum()).exp())
}

/// Natural log-probability of one token among all that may be written, whatever the rules for timestamps say.
pub(super) fn log_probability(logits: &[f32], vocabulary: &Vocabulary, token: usize) -> f32 {
    let special = vocabulary.end..vocabulary.end + 1;
    let times = vocabulary.first_timestamp..logits.len().max(vocabulary.first_timestamp);
    let all = Part::listed(logits, &vocabulary.text).and(Part::of(logits, special)).and(Part::of(logits, times));
    logits.get(token).map_or(f32::NEG_INFINITY, |logit| logit - all.log_sum())
}

/// A small generator of random numbers (xorshift64*), so that the same segment always gives the same answer.
pub(super) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number, 0…1.
    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 24) as f32
    }
}
