//! How fast somebody speaks.

use hotline_model::{Acoustics, Channel, TimeSpan, Transcript};
use hotline_text::spoken_chars;

use super::voiced;

/// Fewer characters than this are too few to tell.
const CHARS_MIN: usize = 30;
/// Less voiced time than this is too little to tell.
const VOICED_MS_MIN: u32 = 5_000;

/// Speed of one party over the whole call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeechRate {
    /// Spoken characters (see [`hotline_text::spoken_chars`]).
    pub chars: usize,
    /// Voiced milliseconds they took; speech without text left out.
    pub voiced_ms: u32,
}

impl SpeechRate {
    /// Spoken characters a minute of voiced time.
    pub fn chars_per_min(self) -> f32 {
        (self.chars as f64 * 60_000.0 / f64::from(self.voiced_ms.max(1))) as f32
    }
}

/// The speed of `channel`; `None` where too little was said to tell.
pub fn speech_rate(channel: Channel, transcript: &Transcript, acoustics: &Acoustics) -> Option<SpeechRate> {
    let chars = transcript.utterances.iter().filter(|u| u.channel == channel).map(|u| spoken_chars(&u.text)).sum();
    let lost = TimeSpan::merge(transcript.gaps.iter().filter(|g| g.channel == channel).map(|g| g.span).collect(), 0);
    let spans = voiced(channel, transcript, acoustics);
    let voiced_ms = spans.iter().flat_map(|span| span.minus(&lost)).map(TimeSpan::len_ms).sum();
    (chars >= CHARS_MIN && voiced_ms >= VOICED_MS_MIN).then_some(SpeechRate { chars, voiced_ms })
}
