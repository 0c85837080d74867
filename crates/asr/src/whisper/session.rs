//! One thread's use of a model.

use std::ffi::c_void;
use std::sync::Arc;

use hotline_model::{GapReason, SAMPLE_RATE_HZ, SAMPLES_PER_MS, TextSpan, TimeSpan};
use whisper_rs::{FullParams, SamplingStrategy, WhisperError, WhisperState};
use whisper_rs_sys as sys;

use super::align::voiced_ms;
use super::assemble::{Assembled, assemble};
use super::compare::{Choice, compare};
use super::decode::{Attempt, Task, decode, no_speech};
use super::spectrogram::Spectrogram;
use super::vocabulary::tokenize;
use super::{Shared, quiet};
use crate::{AsrError, Hypothesis, HypothesisToken, Session, Wordings, kernels};

/// Longest segment: whisper's window.
const MAX_MS: u64 = 30_000;

/// Shorter ones are filled up with silence; whisper.cpp reads beyond the end of less than 13 ms and ignores less than 100 ms.
const MIN_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 5;

/// A peak below this (−80 dBFS) is digital silence: A-law's smallest step is larger.
const SILENCE: f32 = 1e-4;

/// The quietest segments are amplified by no more than this: beyond it lies noise.
const MAX_GAIN: f32 = 20.0;

/// Encoder positions a second.
const POSITIONS_PER_SECOND: u64 = 50;

/// The context is rounded up to a multiple of this many positions, so that few different sizes occur.
const CONTEXT_STEP: u64 = 16;

/// From this length on the encoder gets its whole context, as it was trained: more accurate than a cut one, and not much dearer by then.
const WHOLE_CONTEXT_FROM_MS: u64 = 14_000;

/// Above this temperature the decoder goes without its prompt (OpenAI's rule), in case the prompt led it astray.
const PROMPT_BELOW_TEMPERATURE: f32 = 0.5;

/// Below this mean log-probability (a token in twelve) the best of all answers is a guess at a sound that is no speech: a row of clicks
/// came out at -3.2. Speech is far from it; from -1.0 down it is tried again already.
const HOPELESS_BELOW: f32 = -2.5;

/// From this probability of no speech on, an answer that no temperature made likely is rejected too (OpenAI's joint rule, with a lower
/// limit: of 306 true turns 95 % lie below 0.23).
const DOUBTFUL_NO_SPEECH: f32 = 0.3;

/// A segment is gone through at most this many times, each time from where the last one ended.
const MAX_PASSES: usize = 6;

/// A pass has to get at least this far for another to follow.
const MIN_PROGRESS_MS: u32 = 1000;

/// What is left must be at least this long, in milliseconds, and hold this much voice.
const MIN_REST_MS: u32 = 1000;
const MIN_VOICED_MS: u32 = 500;

/// One thread's use of a model: about 35 MB with base.
pub(super) struct WhisperSession {
    shared: Arc<Shared>,
    state: WhisperState,
    samples: Vec<f32>,
    spectrogram: Spectrogram,
}

impl WhisperSession {
    pub fn new(shared: Arc<Shared>) -> Result<Self, AsrError> {
        let state = shared.context.create_state().map_err(failed("create a state"))?;
        let n_mels = usize::try_from(shared.context.model_n_mels()).unwrap_or(80);
        Ok(WhisperSession { shared, state, samples: Vec::new(), spectrogram: Spectrogram::new(n_mels) })
    }

    /// Copies the samples, made fit for whisper. Gives whether there is any sound.
    fn take(&mut self, samples: &[f32]) -> bool {
        self.samples.clear();
        self.samples.extend(samples.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
        let peak = self.samples.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
        let target = self.shared.settings.target_peak;
        if peak >= SILENCE && peak < target {
            let gain = (target / peak).min(MAX_GAIN);
            self.samples.iter_mut().for_each(|s| *s *= gain);
        }
        if self.samples.len() < MIN_SAMPLES {
            self.samples.resize(MIN_SAMPLES, 0.0);
        }
        peak >= SILENCE
    }

    /// Encoder positions for the samples in hand: their own length and the margin, or all there are for long ones.
    fn context(&self) -> i32 {
        let length_ms = length_ms(&self.samples);
        let most = self.shared.context.n_audio_ctx();
        if length_ms >= WHOLE_CONTEXT_FROM_MS {
            return most;
        }
        let ms = length_ms + u64::from(self.shared.settings.context_margin_ms);
        let positions = (ms * POSITIONS_PER_SECOND).div_ceil(1000).next_multiple_of(CONTEXT_STEP);
        i32::try_from(positions).unwrap_or(most).min(most)
    }

    /// Spectrogram and encoder over the samples in hand.
    fn encode(&mut self) -> Result<(), AsrError> {
        let context = self.context();
        let frames = 2 * usize::try_from(context).unwrap_or(0);
        let n_mels = self.shared.context.model_n_mels();
        let mut mel =
            Mel { values: self.spectrogram.compute(&self.samples, frames).as_ptr(), frames: 2 * context, n_mels };
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        quiet(&mut parameters);
        parameters.set_audio_ctx(context);
        kernels::limit_attention(usize::try_from(context).unwrap_or(usize::MAX));
        // The size of the context can be set, and a state be reached, through `full` alone. So it is given next to nothing, stopped before its
        // encoder, and handed the spectrogram there; what follows is done here.
        // SAFETY: the callback lives for ever; its data lives until `full` has returned, and points to as many values as it says.
        unsafe {
            parameters.set_start_encoder_callback(Some(hand_over));
            parameters.set_start_encoder_callback_user_data((&raw mut mel).cast());
        }
        self.state.full(parameters, &[0.0; MIN_SAMPLES]).map_err(failed("set the context"))?;
        self.state.encode(0, 1).map_err(failed("encode"))
    }

    /// Spectrogram, encoder and whisper.cpp's own beam search over the samples in hand.
    fn beam(&mut self, parameters: &FullParams<'static, 'static>) -> Result<Attempt, AsrError> {
        let mut parameters = parameters.clone();
        let context = self.context();
        parameters.set_audio_ctx(context);
        kernels::limit_attention(usize::try_from(context).unwrap_or(usize::MAX));
        self.state.full(parameters, &self.samples).map_err(failed("decode"))?;
        let mut attempt = Attempt { complete: true, ..Attempt::default() };
        let vocabulary = &self.shared.vocabulary;
        // Times of a segment are hundredths of a second from the start of the sound, unlike those among its tokens, which count from where
        // whisper.cpp had got to by then.
        let timestamp = |time: i64| vocabulary.first_timestamp + usize::try_from(time / 2).unwrap_or(0);
        let (mut sum, mut steps) = (0.0, 0);
        for segment in self.state.as_iter() {
            attempt.tokens.push((timestamp(segment.start_timestamp()), 0.0));
            for token in (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)) {
                let data = token.token_data();
                (sum, steps) = (sum + data.plog, steps + 1);
                let token = usize::try_from(data.id).unwrap_or(vocabulary.end);
                if token < vocabulary.end {
                    attempt.tokens.push((token, data.plog));
                }
            }
            attempt.tokens.push((timestamp(segment.end_timestamp()), 0.0));
        }
        attempt.avg_logprob = sum / steps.max(1) as f32;
        Ok(attempt)
    }

    /// The first answer at a rising temperature that is good, or else the best.
    fn answer(&mut self, segment_ms: u64, first: Option<Attempt>, no_speech_p: f32) -> Result<Candidate, AsrError> {
        let shared = Arc::clone(&self.shared);
        let settings = &shared.settings;
        let silent = no_speech_p >= settings.no_speech_threshold && settings.no_speech_threshold < 1.0;
        let mut first = first;
        let mut best: Option<Candidate> = None;
        for &temperature in &settings.temperatures {
            let attempt = match first.take() {
                Some(attempt) => attempt,
                None => {
                    let task = Task {
                        vocabulary: &shared.vocabulary,
                        length_ms: u32::try_from(segment_ms).unwrap_or(u32::MAX),
                        temperature,
                        word_boost: settings.word_boost,
                        prompted: temperature < PROMPT_BELOW_TEMPERATURE,
                        heads: &shared.heads,
                    };
                    decode(&mut self.state, &task)?
                }
            };
            let mut candidate = Candidate::new(attempt, &shared, segment_ms);
            if silent {
                // One look at what it would have said is enough.
                candidate.rejected = Some(GapReason::NoSpeech);
                return Ok(candidate);
            }
            let settled = candidate.is_settled(&shared);
            if best.as_ref().is_none_or(|best| candidate.score() > best.score()) {
                best = Some(candidate);
            }
            if settled {
                break;
            }
        }
        let mut best =
            best.ok_or(AsrError::Setting { field: "temperatures", problem: "must be at least one".into() })?;
        let guess = best.attempt.avg_logprob < settings.logprob_threshold;
        let hopeless = best.attempt.avg_logprob < HOPELESS_BELOW || guess && no_speech_p >= DOUBTFUL_NO_SPEECH;
        if best.rejected.is_none() && hopeless {
            best.rejected = Some(GapReason::NoSpeech);
        }
        Ok(best)
    }
}

impl Session for WhisperSession {
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
        let segment_ms = length_ms(samples);
        if segment_ms > MAX_MS {
            return Err(AsrError::TooLong { got_ms: segment_ms, max_ms: MAX_MS });
        }
        let mut whole = Hypothesis::default();
        let mut score = Score::default();
        let mut from_ms = 0;
        for pass in 0..MAX_PASSES {
            let rest = &samples[(from_ms * u64::from(SAMPLES_PER_MS)) as usize..];
            let part = self.pass(rest)?;
            if part.hypothesis.rejected.is_some() && pass > 0 {
                whole.heard_until_ms = Some(u32::try_from(from_ms).unwrap_or(u32::MAX));
                break;
            }
            score.add(&part);
            let until_ms = part.hypothesis.heard_until_ms;
            append(&mut whole, part.hypothesis, u32::try_from(from_ms).unwrap_or(u32::MAX));
            // The decoder closed its last sentence and stopped, although there is more to hear.
            match until_ms {
                Some(until_ms) if goes_on(rest, until_ms) => from_ms += u64::from(until_ms),
                _ => break,
            }
        }
        if whole.rejected.is_none() && !whole.tokens.is_empty() {
            whole.avg_logprob = score.mean();
        }
        Ok(whole)
    }

    fn compare(&mut self, samples: &[f32], wordings: &Wordings<'_>) -> Result<Option<Vec<f32>>, AsrError> {
        let segment_ms = length_ms(samples);
        if segment_ms > MAX_MS {
            return Err(AsrError::TooLong { got_ms: segment_ms, max_ms: MAX_MS });
        }
        if !self.take(samples) {
            return Ok(None);
        }
        let shared = Arc::clone(&self.shared);
        let tokens = |text: &str| tokenize(&shared.context, text).map_err(failed("cut a wording into tokens"));
        let choice = Choice {
            before: tokens(wordings.before)?,
            options: wordings.options.iter().map(|option| tokens(option)).collect::<Result<_, _>>()?,
            after: tokens(wordings.after)?,
        };
        self.encode()?;
        compare(&mut self.state, &shared.vocabulary, &choice).map(Some)
    }
}

/// What one pass over a stretch of sound gave.
struct Pass {
    /// With `heard_until_ms` set if the decoder closed its last sentence.
    hypothesis: Hypothesis,
    /// Decoder steps behind the hypothesis.
    steps: usize,
}

impl WhisperSession {
    fn pass(&mut self, samples: &[f32]) -> Result<Pass, AsrError> {
        let segment_ms = length_ms(samples);
        if !self.take(samples) {
            let hypothesis = Hypothesis { rejected: Some(GapReason::NoSpeech), ..Hypothesis::default() };
            return Ok(Pass { hypothesis, steps: 0 });
        }
        let shared = Arc::clone(&self.shared);
        let first = match &shared.beam {
            Some(parameters) => Some(self.beam(parameters)?),
            None => {
                self.encode()?;
                None
            }
        };
        let no_speech_p = no_speech(&mut self.state, &shared.vocabulary)?;
        let best = self.answer(segment_ms, first, no_speech_p)?;
        // whisper.cpp's beam search goes on by itself where it stopped early.
        let until_ms = if shared.beam.is_some() { None } else { best.assembled.closed_at_ms() };
        let length_ms = u32::try_from(segment_ms).unwrap_or(u32::MAX);
        let hypothesis = Hypothesis {
            tokens: best.assembled.tokens(&best.attempt.looks, shared.heads.len(), &self.samples, length_ms),
            text: best.assembled.text,
            avg_logprob: best.attempt.avg_logprob,
            no_speech_p: Some(no_speech_p),
            temperature: best.attempt.temperature,
            rejected: best.rejected,
            heard_until_ms: until_ms,
        };
        Ok(Pass { hypothesis, steps: best.attempt.tokens.len() + 1 })
    }
}

/// Mean log-probability over passes of different lengths.
#[derive(Default)]
struct Score {
    sum: f32,
    steps: usize,
}

impl Score {
    fn add(&mut self, pass: &Pass) {
        self.sum += pass.hypothesis.avg_logprob * pass.steps as f32;
        self.steps += pass.steps;
    }

    fn mean(&self) -> f32 {
        self.sum / self.steps.max(1) as f32
    }
}

/// Appends what was heard from `from_ms` on.
fn append(whole: &mut Hypothesis, part: Hypothesis, from_ms: u32) {
    let offset = whole.text.len();
    whole.text.push_str(&part.text);
    whole.tokens.extend(part.tokens.into_iter().map(|token| HypothesisToken {
        text: TextSpan::new(token.text.start as usize + offset, token.text.end as usize + offset),
        time: TimeSpan::from_ms(token.time.start.ms + from_ms, token.time.end.ms + from_ms),
        p: token.p,
    }));
    whole.temperature = whole.temperature.max(part.temperature);
    whole.no_speech_p = match (whole.no_speech_p, part.no_speech_p) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    };
    whole.avg_logprob = part.avg_logprob;
    whole.rejected = part.rejected;
    whole.heard_until_ms = None;
}

/// Whether speech follows behind `until_ms`, long enough to be worth another pass.
fn goes_on(samples: &[f32], until_ms: u32) -> bool {
    let length_ms = u32::try_from(length_ms(samples)).unwrap_or(u32::MAX);
    until_ms >= MIN_PROGRESS_MS
        && until_ms.saturating_add(MIN_REST_MS) <= length_ms
        && voiced_ms(samples, length_ms, until_ms) >= MIN_VOICED_MS
}

/// An attempt with its text and what the guards say of it.
struct Candidate {
    attempt: Attempt,
    assembled: Assembled,
    rejected: Option<GapReason>,
}

impl Candidate {
    fn new(mut attempt: Attempt, shared: &Shared, segment_ms: u64) -> Self {
        let vocabulary = &shared.vocabulary;
        let seconds = segment_ms as f64 / 1000.0;
        let mut assembled = assemble(&attempt.tokens, vocabulary);
        if let Some(count) = assembled.before_second(seconds) {
            attempt.tokens.truncate(count);
            // Timestamps between the two are no more to be believed than the second.
            while attempt.tokens.pop_if(|(token, _)| *token >= vocabulary.first_timestamp).is_some() {}
            assembled = assemble(&attempt.tokens, vocabulary);
        }
        let mut rejected = shared.guards.check(&assembled.text, seconds);
        if rejected.is_none() && !attempt.complete {
            // Cut off by the loop detector or the limit on tokens, although the text alone would pass.
            rejected = Some(GapReason::Loop);
        }
        Candidate { attempt, assembled, rejected }
    }

    /// Whether another temperature could not help: a good answer, or one that is wrong for a reason that lies in the sound.
    fn is_settled(&self, shared: &Shared) -> bool {
        let settings = &shared.settings;
        match self.rejected {
            None => {
                self.attempt.avg_logprob >= settings.logprob_threshold
                    || self.attempt.tokens.len() < settings.min_fallback_tokens as usize
            }
            Some(reason) => matches!(reason, GapReason::Boilerplate | GapReason::NoSpeech),
        }
    }

    /// Accepted answers before rejected ones, then by probability.
    fn score(&self) -> f32 {
        self.attempt.avg_logprob.max(-100.0) - if self.rejected.is_some() { 1000.0 } else { 0.0 }
    }
}

/// A spectrogram on its way to whisper.cpp.
struct Mel {
    values: *const f32,
    frames: i32,
    n_mels: i32,
}

/// Gives whisper.cpp a spectrogram, and stops it before its encoder.
unsafe extern "C" fn hand_over(
    context: *mut sys::whisper_context,
    state: *mut sys::whisper_state,
    mel: *mut c_void,
) -> bool {
    // SAFETY: `encode` set this callback together with its data; whisper.cpp copies the values and keeps no pointer.
    unsafe {
        let mel = &*mel.cast::<Mel>();
        sys::whisper_set_mel_with_state(context, state, mel.values, mel.frames, mel.n_mels);
    }
    false
}

fn failed(step: &'static str) -> impl Fn(WhisperError) -> AsrError {
    move |error| AsrError::Engine { step, problem: error.to_string() }
}

fn length_ms(samples: &[f32]) -> u64 {
    samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE_HZ)
}
