//! Instants and stretches of a recording.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};

/// An instant: milliseconds from the start of the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallTime {
    /// Milliseconds.
    pub ms: u32,
}

impl CallTime {
    /// The start of the recording.
    pub const ZERO: CallTime = CallTime { ms: 0 };

    /// An instant from milliseconds.
    pub const fn from_ms(ms: u32) -> Self {
        CallTime { ms }
    }

    /// An instant from seconds; negative and non-finite values become the start, fractions round to the nearest ms.
    pub fn from_secs(seconds: f64) -> Self {
        if !seconds.is_finite() || seconds <= 0.0 {
            return Self::ZERO;
        }
        CallTime { ms: (seconds * 1000.0).round().min(f64::from(u32::MAX)) as u32 }
    }

    /// The instant of sample number `index` at [`SAMPLE_RATE_HZ`].
    pub fn from_sample(index: u64) -> Self {
        CallTime { ms: (index * 1000 / u64::from(SAMPLE_RATE_HZ)).min(u64::from(u32::MAX)) as u32 }
    }

    /// Index of the sample at this instant at [`SAMPLE_RATE_HZ`].
    pub fn sample(self) -> u64 {
        u64::from(self.ms) * u64::from(SAMPLES_PER_MS)
    }

    /// Seconds.
    pub fn secs(self) -> f64 {
        f64::from(self.ms) / 1000.0
    }
}

/// `mm:ss.mmm`, or `h:mm:ss.mmm` from one hour on.
impl fmt::Display for CallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.ms / 3_600_000, self.ms / 60_000 % 60);
        let (seconds, millis) = (self.ms / 1000 % 60, self.ms % 1000);
        if hours > 0 {
            write!(f, "{hours}:{minutes:02}:{seconds:02}.{millis:03}")
        } else {
            write!(f, "{minutes:02}:{seconds:02}.{millis:03}")
        }
    }
}

/// A stretch of a recording, end exclusive. `start <= end` always holds for spans made by [`TimeSpan::new`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeSpan {
    /// First instant.
    pub start: CallTime,
    /// First instant after.
    pub end: CallTime,
}

impl TimeSpan {
    /// A span; if `end` lies before `start` it is moved to `start`.
    pub fn new(start: CallTime, end: CallTime) -> Self {
        TimeSpan { start, end: end.max(start) }
    }

    /// A span from milliseconds, as [`TimeSpan::new`].
    pub fn from_ms(start: u32, end: u32) -> Self {
        Self::new(CallTime::from_ms(start), CallTime::from_ms(end))
    }

    /// A span from seconds, as [`TimeSpan::new`].
    pub fn from_secs(start: f64, end: f64) -> Self {
        Self::new(CallTime::from_secs(start), CallTime::from_secs(end))
    }

    /// Length in milliseconds.
    pub fn len_ms(self) -> u32 {
        self.end.ms.saturating_sub(self.start.ms)
    }

    /// Length in seconds.
    pub fn secs(self) -> f64 {
        f64::from(self.len_ms()) / 1000.0
    }

    /// Whether the span has no length.
    pub fn is_empty(self) -> bool {
        self.len_ms() == 0
    }

    /// Whether `instant` lies inside.
    pub fn contains(self, instant: CallTime) -> bool {
        self.start <= instant && instant < self.end
    }

    /// The common part, if it has any length.
    pub fn intersection(self, other: TimeSpan) -> Option<TimeSpan> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(TimeSpan { start, end })
    }

    /// The smallest span that covers both.
    pub fn hull(self, other: TimeSpan) -> TimeSpan {
        TimeSpan { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Unites spans that touch or lie at most `gap_ms` apart. Input in any order; output sorted and disjoint.
    pub fn merge(mut spans: Vec<TimeSpan>, gap_ms: u32) -> Vec<TimeSpan> {
        spans.retain(|span| !span.is_empty());
        spans.sort();
        let mut merged: Vec<TimeSpan> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.start.ms <= last.end.ms.saturating_add(gap_ms) => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        merged
    }

    /// The parts of `self` that none of `holes` covers. `holes` must be sorted and disjoint, as [`TimeSpan::merge`] makes them.
    pub fn minus(self, holes: &[TimeSpan]) -> Vec<TimeSpan> {
        let mut rest = Vec::new();
        let mut from = self.start;
        for hole in holes {
            if hole.end <= from {
                continue;
            }
            if hole.start >= self.end {
                break;
            }
            if hole.start > from {
                rest.push(TimeSpan { start: from, end: hole.start });
            }
            from = from.max(hole.end);
        }
        if from < self.end {
            rest.push(TimeSpan { start: from, end: self.end });
        }
        rest
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn display_grows_an_hour_field() {
        assert_eq!(CallTime::from_ms(61_005).to_string(), "01:01.005");
        assert_eq!(CallTime::from_ms(3_600_000).to_string(), "1:00:00.000");
    }

    #[test]
    fn seconds_outside_the_recording_are_its_start() {
        assert_eq!(CallTime::from_secs(-1.0), CallTime::ZERO);
        assert_eq!(CallTime::from_secs(f64::NAN), CallTime::ZERO);
    }

    fn spans() -> impl Strategy<Value = Vec<TimeSpan>> {
        proptest::collection::vec((0u32..500, 0u32..60).prop_map(|(a, n)| TimeSpan::from_ms(a, a + n)), 0..12)
    }

    proptest! {
        #[test]
        fn merge_and_minus_partition_the_whole(spans in spans()) {
            let whole = TimeSpan::from_ms(0, 600);
            let merged = TimeSpan::merge(spans.clone(), 0);
            let rest = whole.minus(&merged);
            for ms in 0..600 {
                let instant = CallTime::from_ms(ms);
                let inside = spans.iter().any(|s| s.contains(instant));
                prop_assert_eq!(inside, merged.iter().any(|s| s.contains(instant)));
                prop_assert_eq!(!inside, rest.iter().any(|s| s.contains(instant)));
            }
        }
    }
}
