//! The seam: whatever turns speech into text, and what it answers.

use hotline_model::{GapReason, TextSpan, TimeSpan};

use crate::AsrError;

/// A recogniser: loaded once, shared by all threads, and the source of sessions.
pub trait Transcriber: Send + Sync {
    /// Opens a session: the working memory of one thread.
    ///
    /// # Errors
    /// When there is no memory for it.
    fn session(&self) -> Result<Box<dyn Session>, AsrError>;

    /// What does the work, for the provenance of transcripts.
    fn provenance(&self) -> EngineInfo;
}

/// One thread's use of a recogniser. Answers depend on the samples alone, never on what came before.
pub trait Session: Send {
    /// Recognises one speech segment: 16 kHz mono samples, nominally within ±1, at most 30 s. Times in the answer count from the
    /// first sample. Odd input (no samples, silence, NaN) is answered, not refused.
    ///
    /// # Errors
    /// When the samples are too long, or the engine itself fails.
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError>;

    /// Says how likely each of some wordings is to be what these samples say: natural log-probabilities, in the order of the options, to be compared with each
    /// other only. `None` from a recogniser that has no such thing.
    ///
    /// # Errors
    /// As [`Session::transcribe`].
    fn compare(&mut self, _samples: &[f32], _wordings: &Wordings<'_>) -> Result<Option<Vec<f32>>, AsrError> {
        Ok(None)
    }
}

/// Wordings that a stretch of sound may be.
#[derive(Clone, Copy, Debug)]
pub struct Wordings<'a> {
    /// What is said before them, from the first sample on.
    pub before: &'a str,
    /// The wordings.
    pub options: &'a [&'a str],
    /// What is said right after them, as far as it is to count: a wrong wording makes what follows unlikely too.
    pub after: &'a str,
}

/// What made a hypothesis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineInfo {
    /// Engine and version (`whisper.cpp 1.8.3`).
    pub engine: String,
    /// File name of the model, without folders.
    pub model: String,
    /// SHA-256 of the model file, lower-case hexadecimal; empty where there is none.
    pub model_sha256: String,
}

/// What the recogniser makes of one speech segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesis {
    /// The recogniser's own text: not folded, not normalised.
    pub text: String,
    /// Its tokens in order, without special ones; together they cover the text.
    pub tokens: Vec<HypothesisToken>,
    /// Mean natural logarithm of the token probabilities, special tokens included; 0 without tokens.
    pub avg_logprob: f32,
    /// The recogniser's own probability that there is no speech, 0…1; `None` where it has none.
    pub no_speech_p: Option<f32>,
    /// Sampling temperature of the answer: 0 = the likeliest token each time; above 0 it is a second try.
    pub temperature: f32,
    /// Why the guards hold the text for no transcription of this speech; `None` = accepted.
    pub rejected: Option<GapReason>,
    /// Where the text ends although there is more to hear, in milliseconds from the first sample: what follows made no sense. `None` = the
    /// text stands for all of the segment.
    pub heard_until_ms: Option<u32>,
}

/// A token: usually one character or a short word. Whole characters only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HypothesisToken {
    /// Where it stands in [`Hypothesis::text`].
    pub text: TextSpan,
    /// When it was spoken, from the first sample: inside the segment, never before the token before it. An estimate, good to
    /// some 200 ms.
    pub time: TimeSpan,
    /// The recogniser's probability of it, given what came before, 0…1.
    pub p: f32,
}

impl Hypothesis {
    /// Whether there are words, and the guards let them through.
    pub fn accepted(&self) -> bool {
        self.rejected.is_none() && self.text.chars().any(char::is_alphanumeric)
    }
}
