//! The decoding loop: from an encoded segment to tokens.
//!
//! whisper.cpp's own loop is not used for greedy decoding. It finds out about a repetition loop only after 220 tokens, runs up to six
//! temperatures over a one-word answer, never tells its true probability of no speech, and spends a step on each token that is known
//! beforehand. Here all of that costs nothing; measured effects stand in `docs/benchmarks/`.

use whisper_rs::{WhisperState, WhisperTokenId};

use super::bias::Begun;
use super::sampling::{Allowed, Boost, Random, choose, probability};
use super::vocabulary::{TIMESTAMP_MS, Vocabulary};
use crate::AsrError;
use crate::kernels::{self, Head};

/// One way through the decoder.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// Tokens and their log-probabilities, special ones included, the end of text excluded.
    pub tokens: Vec<(usize, f32)>,
    /// For each token what the watched heads of the decoder looked at when it was chosen, if they can be watched.
    pub looks: Vec<Vec<f32>>,
    /// Mean log-probability, the end of text included.
    pub avg_logprob: f32,
    /// Sampling temperature.
    pub temperature: f32,
    /// Whether the decoder came to an end by itself.
    pub complete: bool,
}

/// How a segment is decoded.
pub(super) struct Task<'a> {
    pub vocabulary: &'a Vocabulary,
    /// Length of the sound in milliseconds.
    pub length_ms: u32,
    pub temperature: f32,
    /// Head start of listed words.
    pub word_boost: f32,
    /// Whether the decoder gets the prompt.
    pub prompted: bool,
    /// Heads of the decoder that follow the sound.
    pub heads: &'a [Head],
}

/// Tokens a second that no speech needs: 7 characters a second of up to 3 tokens each are rare enough.
const MAX_TOKENS_PER_SECOND: u32 = 14;

/// whisper never writes more than half of its text window.
const MAX_TOKENS: usize = 224;

/// Within this many milliseconds of the end a closing timestamp is the last token.
const END_SLACK_MS: u32 = 300;

/// The probability that there is no speech, as the model was trained to give it: right after a bare start of transcript.
/// Costs one step of the decoder.
pub(super) fn no_speech(state: &mut WhisperState, vocabulary: &Vocabulary) -> Result<f32, AsrError> {
    let logits = step(state, &[vocabulary.start], 0)?;
    Ok(probability(logits, vocabulary.no_speech))
}

/// Decodes the segment that was encoded last.
pub(super) fn decode(state: &mut WhisperState, task: &Task<'_>) -> Result<Attempt, AsrError> {
    let vocabulary = task.vocabulary;
    let mut given: Vec<WhisperTokenId> = if task.prompted { vocabulary.prompt.clone() } else { Vec::new() };
    given.extend_from_slice(&vocabulary.head);
    let room = (task.length_ms * MAX_TOKENS_PER_SECOND / 1000 + 20) as usize;
    let latest = vocabulary.first_timestamp + (task.length_ms / TIMESTAMP_MS) as usize;
    let latest = latest.min(vocabulary.len.saturating_sub(1));
    let mut random = Random::new(u64::from(task.temperature.to_bits()) + 1);
    let mut attempt = Attempt { temperature: task.temperature, ..Attempt::default() };
    let mut tokens: Vec<usize> = Vec::new();
    let mut begun = Begun::default();
    let (mut past, mut sum) = (0, 0.0);
    kernels::watch(task.heads);
    loop {
        let allowed = Allowed::after(&tokens, vocabulary, latest);
        let logits = step(state, &given, past)?;
        let boost = Boost { tokens: &begun.onward, by: task.word_boost };
        let choice = choose(logits, vocabulary, allowed, boost, task.temperature, random.next());
        let look = kernels::watched();
        past += given.len();
        if !choice.log_p.is_finite() {
            // Logits that are no numbers, or nothing was allowed: nothing sensible can follow.
            break;
        }
        sum += choice.log_p;
        if choice.token == vocabulary.end {
            attempt.complete = true;
            break;
        }
        tokens.push(choice.token);
        begun.push(&vocabulary.words, choice.token as u32);
        attempt.tokens.push((choice.token, choice.log_p));
        attempt.looks.push(look);
        if closes(choice.token, tokens.len(), task) {
            attempt.complete = true;
            break;
        }
        if tokens.len() >= room.min(MAX_TOKENS) || loops(&tokens) {
            break;
        }
        given.clear();
        given.push(WhisperTokenId::try_from(choice.token).unwrap_or(0));
    }
    kernels::watch(&[]);
    let steps = attempt.tokens.len() + usize::from(attempt.complete);
    attempt.avg_logprob = sum / steps.max(1) as f32;
    Ok(attempt)
}

/// Whether a timestamp at the end of the sound has been reached: only an end of text can follow.
fn closes(token: usize, count: usize, task: &Task<'_>) -> bool {
    let Some(steps) = token.checked_sub(task.vocabulary.first_timestamp) else { return false };
    count > 1 && steps as u32 * TIMESTAMP_MS + END_SLACK_MS >= task.length_ms
}

/// Whether the newest tokens are one unit over and over, far beyond what people say. The guards look at whole texts again; this only
/// saves the time to write a loop to its end.
fn loops(tokens: &[usize]) -> bool {
    (1..=20).any(|unit| {
        let times = match unit {
            1 => 16,
            2..=3 => 8,
            _ => 5,
        };
        let Some(start) = tokens.len().checked_sub(unit * times) else { return false };
        tokens[start..].iter().zip(&tokens[start + unit..]).all(|(a, b)| a == b)
    })
}

/// Feeds `tokens` after `past` others and gives the logits behind the last.
pub(super) fn step<'a>(
    state: &'a mut WhisperState,
    tokens: &[WhisperTokenId],
    past: usize,
) -> Result<&'a [f32], AsrError> {
    let failed = |error: whisper_rs::WhisperError| AsrError::Engine { step: "decode", problem: error.to_string() };
    state.decode(tokens, past, 1).map_err(failed)?;
    let first_row = state.get_logits().map_err(failed)?;
    let row = tokens.len().saturating_sub(1);
    // SAFETY: whisper.cpp keeps one row of `n_vocab` logits for each token of the last batch and fills in that of the last token
    // (`whisper_decode_internal`); whisper-rs hands out the first row alone. The rows live until the next decode, and `state`
    // stays borrowed as long as the slice does.
    Ok(unsafe { std::slice::from_raw_parts(first_row.as_ptr().add(row * first_row.len()), first_row.len()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_seen_early_and_ordinary_repetition_is_not() {
        assert!(loops(&[7; 16]));
        assert!(!loops(&[7; 9]));
        let words: Vec<usize> = [1, 2, 3, 4].repeat(5);
        assert!(loops(&words));
        assert!(!loops(&words[..12]));
        assert!(!loops(&(0..60).collect::<Vec<_>>()));
        assert!(!loops(&[]));
    }
}
