//! How the endpointer decides.

use serde::{Deserialize, Serialize};

/// Settings of an [`crate::Endpointer`]. The defaults suit telephone speech and [`crate::Silero`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointerSettings {
    /// Probability from which a frame counts as speech, 0…1.
    pub threshold: f32,
    /// Probability below which speech that is under way stops, 0…1, at most `threshold`.
    pub release_threshold: f32,
    /// Frames that lead up to speech belong to it as far back as their probability reaches this, 0…1, at most `threshold`.
    pub onset_threshold: f32,
    /// Shorter stretches, as the model hears them, lags included, are dropped as clicks, in milliseconds.
    pub min_speech_ms: u32,
    /// Dips shorter than this (stop consonants, mostly) do not end a voiced stretch, in milliseconds.
    pub hangover_ms: u32,
    /// A pause of this length ends a segment; shorter ones are bridged. In milliseconds, at least `hangover_ms`.
    pub min_silence_ms: u32,
    /// Sound given to the recogniser before and after the voiced extent, in milliseconds, at most `min_silence_ms`.
    pub pad_ms: u32,
    /// Longest segment, padding included, in milliseconds: 1000…30000. A longer one is cut where it is quietest.
    pub max_segment_ms: u32,
}

impl EndpointerSettings {
    /// For a channel with both voices on it: people answer each other after 0.2 to 0.5 s, so a shorter pause ends a segment.
    /// It costs some segments that end within a turn.
    pub fn mixed() -> Self {
        EndpointerSettings { min_silence_ms: 288, ..Self::default() }
    }
}

impl Default for EndpointerSettings {
    fn default() -> Self {
        EndpointerSettings {
            threshold: 0.5,
            release_threshold: 0.35,
            onset_threshold: 0.1,
            min_speech_ms: 160,
            hangover_ms: 128,
            min_silence_ms: 512,
            pad_ms: 200,
            max_segment_ms: 12_000,
        }
    }
}

/// A setting that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("speech detection: `{field}` is {value}, but has to be {expected}")]
pub struct SettingsError {
    /// Name of the field.
    pub field: &'static str,
    /// Its value.
    pub value: f64,
    /// What would be right.
    pub expected: String,
}

impl EndpointerSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first field whose value makes no sense, and what would.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let check = |ok: bool, field, value: f64, expected: String| {
            if ok { Ok(()) } else { Err(SettingsError { field, value, expected }) }
        };
        let between = |low: u32, high: u32| format!("between {low} and {high} ms");
        let Self {
            threshold,
            release_threshold,
            onset_threshold,
            min_speech_ms,
            hangover_ms,
            min_silence_ms,
            pad_ms,
            max_segment_ms,
        } = *self;
        check(
            threshold > 0.0 && threshold < 1.0,
            "threshold",
            threshold.into(),
            "above 0 and below 1 (0.5 is usual)".to_owned(),
        )?;
        check(
            release_threshold > 0.0 && release_threshold <= threshold,
            "release_threshold",
            release_threshold.into(),
            format!("above 0 and at most `threshold` ({threshold})"),
        )?;
        check(
            onset_threshold > 0.0 && onset_threshold <= threshold,
            "onset_threshold",
            onset_threshold.into(),
            format!("above 0 and at most `threshold` ({threshold})"),
        )?;
        check(min_speech_ms <= 1000, "min_speech_ms", min_speech_ms.into(), between(0, 1000))?;
        check(hangover_ms <= 500, "hangover_ms", hangover_ms.into(), between(0, 500))?;
        check(
            (hangover_ms.max(32)..=5000).contains(&min_silence_ms),
            "min_silence_ms",
            min_silence_ms.into(),
            between(hangover_ms.max(32), 5000) + " and at least `hangover_ms`",
        )?;
        check(
            pad_ms <= min_silence_ms.min(1000),
            "pad_ms",
            pad_ms.into(),
            between(0, min_silence_ms.min(1000)) + " and at most `min_silence_ms`",
        )?;
        // A cut is looked for in the second half of a segment, so that must be longer than what padding takes.
        let shortest = (4 * pad_ms).max(1000);
        check(
            (shortest..=30_000).contains(&max_segment_ms),
            "max_segment_ms",
            max_segment_ms.into(),
            between(shortest, 30_000) + ": the recogniser hears 30 s at a time",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        assert_eq!(EndpointerSettings::default().validate(), Ok(()));
        assert_eq!(EndpointerSettings::mixed().validate(), Ok(()));
    }

    #[test]
    fn each_bad_field_is_named_with_its_value() {
        type Change = fn(&mut EndpointerSettings);
        let cases: [(&str, f64, Change); 10] = [
            ("threshold", 0.0, |s| s.threshold = 0.0),
            ("threshold", 1.0, |s| s.threshold = 1.0),
            ("release_threshold", 0.75, |s| s.release_threshold = 0.75),
            ("onset_threshold", 0.625, |s| s.onset_threshold = 0.625),
            ("min_speech_ms", 1001.0, |s| s.min_speech_ms = 1001),
            ("hangover_ms", 501.0, |s| s.hangover_ms = 501),
            ("min_silence_ms", 100.0, |s| s.min_silence_ms = 100),
            ("pad_ms", 600.0, |s| s.pad_ms = 600),
            ("max_segment_ms", 500.0, |s| s.max_segment_ms = 500),
            ("max_segment_ms", 60_000.0, |s| s.max_segment_ms = 60_000),
        ];
        for (field, value, change) in cases {
            let mut settings = EndpointerSettings::default();
            change(&mut settings);
            let error = settings.validate().unwrap_err();
            assert_eq!((error.field, error.value), (field, value), "{error}");
        }
        let nan = EndpointerSettings { threshold: f32::NAN, ..EndpointerSettings::default() };
        assert_eq!(nan.validate().unwrap_err().field, "threshold");
    }
}
