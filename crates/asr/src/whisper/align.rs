//! When each piece of text was spoken: an estimate from the timestamps whisper writes between sentences and from where the sound is
//! loud. Characters are dealt out evenly over the voiced time, which in Mandarin, one syllable a character, comes close.

use std::ops::Range;

use hotline_model::{SAMPLES_PER_MS, TextSpan, TimeSpan};

/// One or a few whole characters that came together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub text: TextSpan,
    pub log_p: f32,
    /// Number of the token it begins with.
    pub token: usize,
}

/// What lies between two timestamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start_ms: u32,
    /// `None`: whisper ended without one.
    pub end_ms: Option<u32>,
    pub pieces: Range<usize>,
}

/// Step of the level measurement.
const FRAME_MS: u32 = 10;

/// How fast the clock runs where nothing is heard, so that times still rise there.
const PAUSE_WEIGHT: f64 = 0.02;

/// A stretch with more syllables a second than this cannot be where whisper says it is.
const MAX_RATE: f64 = 12.0;

/// The times of `pieces`, each inside the sound and none before the one before it.
pub(super) fn times(
    text: &str,
    pieces: &[Piece],
    stretches: &[Stretch],
    samples: &[f32],
    length_ms: u32,
) -> Vec<TimeSpan> {
    let clock = VoicedClock::new(samples, length_ms);
    let weights: Vec<f64> = pieces.iter().map(|piece| syllables(piece.text.slice(text).unwrap_or(""))).collect();
    let whole = Stretch { start_ms: 0, end_ms: None, pieces: 0..pieces.len() };
    let stretches = if plausible(stretches, &weights, length_ms) { stretches } else { std::slice::from_ref(&whole) };
    let mut times = Vec::with_capacity(pieces.len());
    for stretch in stretches {
        let end_ms = stretch.end_ms.unwrap_or(length_ms).min(length_ms);
        let (from, to) = clock.voiced_between(stretch.start_ms.min(end_ms), end_ms);
        let weights = &weights[stretch.pieces.clone()];
        let total: f64 = weights.iter().sum::<f64>().max(1e-6);
        let mut done = 0.0;
        for weight in weights {
            let start = clock.at(from + (to - from) * done / total);
            done += weight;
            times.push(clock.without_pauses(start, clock.at(from + (to - from) * done / total)));
        }
    }
    times
}

/// The times of pieces that begin at `starts_ms` in rising order: each lasts until the next, without the pauses around it.
pub(super) fn tracked_times(starts_ms: &[u32], samples: &[f32], length_ms: u32) -> Vec<TimeSpan> {
    let clock = VoicedClock::new(samples, length_ms);
    let ends_ms = starts_ms.iter().skip(1).copied().chain([length_ms]);
    let span = |(start, end): (&u32, u32)| {
        let start = (*start).min(length_ms);
        clock.without_pauses(start, end.clamp(start, length_ms))
    };
    let mut times: Vec<TimeSpan> = starts_ms.iter().zip(ends_ms).map(span).collect();
    // Cutting pauses off moves starts, but never beyond the next.
    for at in 1..times.len() {
        let before = times[at - 1].start;
        times[at].start = times[at].start.max(before);
        times[at].end = times[at].end.max(times[at].start);
    }
    times
}

/// How much voice there is from `from_ms` on, in milliseconds.
pub(super) fn voiced_ms(samples: &[f32], length_ms: u32, from_ms: u32) -> u32 {
    let clock = VoicedClock::new(samples, length_ms);
    let frames = clock.voiced.get((from_ms / FRAME_MS) as usize..).unwrap_or(&[]);
    frames.iter().filter(|voiced| **voiced).count() as u32 * FRAME_MS
}

/// Whether the stretches follow each other, hold all pieces, and leave everybody time to speak.
fn plausible(stretches: &[Stretch], weights: &[f64], length_ms: u32) -> bool {
    let mut at = (0, 0);
    for stretch in stretches {
        let end_ms = stretch.end_ms.unwrap_or(length_ms).min(length_ms);
        if stretch.start_ms < at.0 || stretch.pieces.start != at.1 || end_ms <= stretch.start_ms {
            return false;
        }
        let spoken: f64 = weights[stretch.pieces.clone()].iter().sum();
        if spoken > 2.0 + MAX_RATE * f64::from(end_ms - stretch.start_ms) / 1000.0 {
            return false;
        }
        at = (end_ms, stretch.pieces.end);
    }
    at.1 == weights.len()
}

/// About how many syllables: one a Chinese character or digit, less a letter, none for punctuation.
fn syllables(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            _ if !c.is_alphanumeric() => 0.0,
            'a'..='z' | 'A'..='Z' => 0.4,
            _ => 1.0,
        })
        .sum()
}

/// A clock that runs where there is voice and nearly stands still in pauses.
struct VoicedClock {
    /// Its reading at each frame's start, and at the end.
    readings: Vec<f64>,
    voiced: Vec<bool>,
    length_ms: u32,
}

impl VoicedClock {
    fn new(samples: &[f32], length_ms: u32) -> Self {
        let frame = (FRAME_MS * SAMPLES_PER_MS) as usize;
        let frames = (length_ms / FRAME_MS).max(1) as usize;
        let levels: Vec<f32> = samples
            .chunks(frame)
            .chain(std::iter::repeat(&[][..]))
            .take(frames)
            .map(|chunk| 10.0 * (chunk.iter().map(|s| s * s).sum::<f32>() / chunk.len().max(1) as f32 + 1e-9).log10())
            .collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f32::total_cmp);
        let quantile = |q: f32| sorted[((sorted.len() - 1) as f32 * q) as usize];
        let (floor, high) = (quantile(0.05), quantile(0.9));
        // Three tenths of the way up from the floor, in decibels, but at most 30 dB below the loud parts.
        let threshold = (floor + 0.3 * (high - floor)).max(high - 30.0);
        let voiced: Vec<bool> = levels.iter().map(|level| *level >= threshold).collect();
        let mut readings = Vec::with_capacity(frames + 1);
        let mut reading = 0.0;
        readings.push(reading);
        for v in &voiced {
            reading += f64::from(FRAME_MS) * if *v { 1.0 } else { PAUSE_WEIGHT };
            readings.push(reading);
        }
        VoicedClock { readings, voiced, length_ms }
    }

    /// Readings at the first and behind the last voiced frame between two instants; at the instants themselves if there is none.
    fn voiced_between(&self, from_ms: u32, to_ms: u32) -> (f64, f64) {
        let last = self.voiced.len();
        let (from, to) = ((from_ms / FRAME_MS) as usize, to_ms.div_ceil(FRAME_MS) as usize);
        let (from, to) = (from.min(last), to.min(last));
        let inside = &self.voiced[from.min(to)..to];
        match (inside.iter().position(|v| *v), inside.iter().rposition(|v| *v)) {
            (Some(first), Some(end)) => (self.readings[from + first], self.readings[from + end + 1]),
            _ => (self.readings[from.min(to)], self.readings[to]),
        }
    }

    /// A span shortened to its first and last voiced frame; as it is if there is none.
    fn without_pauses(&self, from_ms: u32, to_ms: u32) -> TimeSpan {
        let frames = (from_ms / FRAME_MS) as usize..(to_ms.div_ceil(FRAME_MS) as usize).min(self.voiced.len());
        let inside = self.voiced.get(frames.clone()).unwrap_or(&[]);
        match (inside.iter().position(|v| *v), inside.iter().rposition(|v| *v)) {
            (Some(first), Some(last)) => {
                let ms = |frame: usize| (frames.start + frame) as u32 * FRAME_MS;
                TimeSpan::from_ms(ms(first).max(from_ms), ms(last + 1).min(to_ms))
            }
            _ => TimeSpan::from_ms(from_ms, to_ms),
        }
    }

    /// The instant of a reading in milliseconds.
    fn at(&self, reading: f64) -> u32 {
        let after = self.readings.partition_point(|r| *r < reading).clamp(1, self.readings.len() - 1);
        let (low, high) = (self.readings[after - 1], self.readings[after]);
        let share = ((reading - low) / (high - low).max(1e-9)).clamp(0.0, 1.0);
        let ms = (after as f64 - 1.0 + share) * f64::from(FRAME_MS);
        (ms.round() as u32).min(self.length_ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Loud where the spans say, else nearly silent.
    fn sound(length_ms: u32, loud: &[(u32, u32)]) -> Vec<f32> {
        (0..length_ms * SAMPLES_PER_MS)
            .map(|i| {
                let ms = i / SAMPLES_PER_MS;
                let level = if loud.iter().any(|(a, b)| (*a..*b).contains(&ms)) { 0.3 } else { 0.001 };
                if i % 2 == 0 { level } else { -level }
            })
            .collect()
    }

    fn pieces(text: &str) -> Vec<Piece> {
        text.char_indices()
            .map(|(at, c)| Piece { text: TextSpan::new(at, at + c.len_utf8()), log_p: -0.1, token: 0 })
            .collect()
    }

    #[test]
    fn characters_lie_where_the_voice_is() {
        let text = "您好，请讲";
        let samples = sound(3000, &[(500, 1100), (2000, 2600)]);
        let times = times(text, &pieces(text), &[], &samples, 3000);
        let spans: Vec<_> = times.iter().map(|t| (t.start.ms, t.end.ms)).collect();
        let near = |got: (u32, u32), expected: (u32, u32)| {
            got.0.abs_diff(expected.0) <= 10 && got.1.abs_diff(expected.1) <= 10
        };
        let expected = [(500, 800), (800, 1100), (1550, 1550), (2000, 2300), (2300, 2600)];
        assert!(spans.iter().zip(expected).all(|(got, expected)| near(*got, expected)), "{spans:?}");
    }

    #[test]
    fn whispers_own_timestamps_are_heeded_when_they_can_be_true() {
        let text = "一二三四";
        let samples = sound(4000, &[(0, 4000)]);
        let stretch = |start_ms, end_ms, pieces| Stretch { start_ms, end_ms: Some(end_ms), pieces };
        let early = [stretch(0, 1000, 0..3), stretch(1000, 4000, 3..4)];
        let at = |stretches: &[Stretch]| times(text, &pieces(text), stretches, &samples, 4000)[3].start.ms;
        assert!((990..=1010).contains(&at(&early)));
        let impossible = [stretch(0, 20, 0..3), stretch(20, 4000, 3..4)];
        assert!((2990..=3010).contains(&at(&impossible)), "three characters in 20 ms cannot be");
    }

    proptest! {
        #[test]
        fn times_rise_and_stay_inside(
            text in "[好a1，。]{0,30}",
            length_ms in 0u32..9_000,
            loud in proptest::collection::vec((0u32..9_000, 0u32..3_000), 0..4),
            marks in proptest::collection::vec(0u32..10_000, 0..4),
        ) {
            let loud: Vec<_> = loud.into_iter().map(|(a, n)| (a, a + n)).collect();
            let samples = sound(length_ms, &loud);
            let all = pieces(&text);
            let mut stretches = Vec::new();
            let mut from = 0;
            for (i, mark) in marks.iter().enumerate() {
                let to = all.len() * (i + 1) / marks.len();
                stretches.push(Stretch { start_ms: mark / 2, end_ms: Some(*mark), pieces: from..to });
                from = to;
            }
            let times = times(&text, &all, &stretches, &samples, length_ms);
            prop_assert_eq!(times.len(), all.len());
            let mut last = 0;
            for time in times {
                prop_assert!(time.start.ms >= last && time.end >= time.start && time.end.ms <= length_ms);
                last = time.start.ms;
            }
        }
    }
}
