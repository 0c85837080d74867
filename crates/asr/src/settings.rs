//! How whisper is used, with the defaults that were measured to be best for hotline calls.

use crate::AsrError;
use crate::guards::GuardSettings;

/// How whisper is used. The defaults come from measurements on 8 kHz calls, see `docs/benchmarks/`.
#[derive(Clone, Debug, PartialEq)]
pub struct WhisperSettings {
    /// Language of the speech, as whisper names it (`zh`).
    pub language: String,
    /// Text the decoder is told it has just written. Sets script and punctuation; a long one makes recognition worse.
    pub prompt: String,
    /// Width of the beam at temperature 0; 1 = greedy, 5 = about twice the decoding time.
    pub beam_size: u32,
    /// Sampling temperatures, tried in this order until an answer is good. The first should be 0.
    pub temperatures: Vec<f32>,
    /// An answer with a lower mean log-probability is tried again at the next temperature.
    pub logprob_threshold: f32,
    /// Answers with fewer tokens than this are not tried again for their mean log-probability: over a few tokens it says little,
    /// and second tries of very short segments were never better.
    pub min_fallback_tokens: u32,
    /// How much silence the encoder sees after the speech, in milliseconds. Less is a little faster and less accurate; at 500 ms short answers come
    /// out twice.
    pub context_margin_ms: u32,
    /// From this probability of no speech on (0…1) the text is rejected. 1 switches the check off.
    pub no_speech_threshold: f32,
    /// Quiet segments are amplified until their peak reaches this (0…1); 0 leaves the level alone. Loud ones never change.
    pub target_peak: f32,
    /// Whether 16-bit weights are turned into 8-bit ones when a model is loaded: half the memory, faster, as accurate.
    pub eight_bit: bool,
    /// Words that are likely to be said: the hotline's names, terms of its trade. A word that the decoder has begun by itself is more easily
    /// gone on with.
    pub words: Vec<String>,
    /// By how much, in natural logarithms of odds; 0 switches it off.
    pub word_boost: f32,
    /// What is held for no transcription.
    pub guards: GuardSettings,
}

impl Default for WhisperSettings {
    fn default() -> Self {
        WhisperSettings {
            language: "zh".into(),
            prompt: "以下是普通话的句子。".into(),
            beam_size: 1,
            temperatures: vec![0.0, 0.4, 0.8],
            logprob_threshold: -1.0,
            min_fallback_tokens: 8,
            context_margin_ms: 2000,
            no_speech_threshold: 0.6,
            target_peak: 0.0,
            eight_bit: true,
            words: Vec::new(),
            word_boost: 2.0,
            guards: GuardSettings::default(),
        }
    }
}

/// Longest prompt in bytes: half of whisper's text window is for the prompt, and it tokenises to at most a token a byte.
const MAX_PROMPT_BYTES: usize = 200;

impl WhisperSettings {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that makes no sense, and what would be fine.
    pub fn validate(&self) -> Result<(), AsrError> {
        let wrong = |field, problem: String| Err(AsrError::Setting { field, problem });
        let share = |v: f32| (0.0..=1.0).contains(&v);
        if whisper_rs::get_lang_id(&self.language.replace('\0', "")).is_none() {
            return wrong(
                "language",
                format!("is `{}`, which whisper does not know; use a code such as zh", self.language),
            );
        }
        if self.prompt.len() > MAX_PROMPT_BYTES || self.prompt.contains('\0') {
            return wrong("prompt", format!("must be at most {MAX_PROMPT_BYTES} bytes without NUL"));
        }
        if !(1..=8).contains(&self.beam_size) {
            return wrong("beam_size", format!("is {}; use 1 (greedy) to 8", self.beam_size));
        }
        if self.temperatures.is_empty() || !self.temperatures.iter().all(|&t| share(t)) {
            return wrong("temperatures", "must be at least one number between 0 and 1".into());
        }
        if self.logprob_threshold.is_nan() {
            return wrong("logprob_threshold", "must be a number, 0 or below".into());
        }
        if self.context_margin_ms > 30_000 {
            return wrong("context_margin_ms", format!("is {}; whisper's window is 30000 ms", self.context_margin_ms));
        }
        if !share(self.no_speech_threshold) {
            return wrong("no_speech_threshold", format!("is {}; use 0 to 1", self.no_speech_threshold));
        }
        if !share(self.target_peak) {
            return wrong("target_peak", format!("is {}; use 0 (off) to 1", self.target_peak));
        }
        if !(0.0..=10.0).contains(&self.word_boost) {
            return wrong("word_boost", format!("is {}; use 0 (off) to 10", self.word_boost));
        }
        if let Some(word) = self.words.iter().find(|word| word.is_empty() || word.contains('\0')) {
            return wrong("words", format!("holds `{}`, which is no word", word.escape_default()));
        }
        self.guards.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        WhisperSettings::default().validate().unwrap();
    }

    #[test]
    fn each_bad_field_is_named() {
        let default = WhisperSettings::default;
        let cases = [
            ("language", WhisperSettings { language: "klingon".into(), ..default() }),
            ("prompt", WhisperSettings { prompt: "长".repeat(100), ..default() }),
            ("prompt", WhisperSettings { prompt: "a\0b".into(), ..default() }),
            ("beam_size", WhisperSettings { beam_size: 0, ..default() }),
            ("temperatures", WhisperSettings { temperatures: vec![], ..default() }),
            ("temperatures", WhisperSettings { temperatures: vec![f32::NAN], ..default() }),
            ("logprob_threshold", WhisperSettings { logprob_threshold: f32::NAN, ..default() }),
            ("context_margin_ms", WhisperSettings { context_margin_ms: 60_000, ..default() }),
            ("no_speech_threshold", WhisperSettings { no_speech_threshold: 1.5, ..default() }),
            ("target_peak", WhisperSettings { target_peak: -1.0, ..default() }),
            ("word_boost", WhisperSettings { word_boost: -1.0, ..default() }),
            ("words", WhisperSettings { words: vec![String::new()], ..default() }),
        ];
        for (expected, settings) in cases {
            let Err(AsrError::Setting { field, .. }) = settings.validate() else { panic!("{expected} was accepted") };
            assert_eq!(field, expected);
        }
    }
}
