//! Which of several wordings a stretch of sound is likelier to be: each is forced through the decoder, and its probability read off.

use whisper_rs::{WhisperState, WhisperTokenId};

use super::decode::step;
use super::sampling::log_probability;
use super::vocabulary::Vocabulary;
use crate::AsrError;

/// A choice of wordings, as tokens.
pub(super) struct Choice {
    /// What stands before.
    pub before: Vec<WhisperTokenId>,
    /// The wordings.
    pub options: Vec<Vec<WhisperTokenId>>,
    /// What follows, whichever it is.
    pub after: Vec<WhisperTokenId>,
}

/// The natural log-probability of each option, and of what follows it, given what stands before, over the segment that was encoded last. Costs one step of
/// the decoder a token; what all have in common is gone through once.
pub(super) fn compare(
    state: &mut WhisperState,
    vocabulary: &Vocabulary,
    choice: &Choice,
) -> Result<Vec<f32>, AsrError> {
    let mut given = vocabulary.prompt.clone();
    given.extend_from_slice(&vocabulary.head);
    given.extend_from_slice(&choice.before);
    let first = step(state, &given, 0)?.to_vec();
    choice.options.iter().map(|option| follow(state, vocabulary, &first, given.len(), option, &choice.after)).collect()
}

fn follow(
    state: &mut WhisperState,
    vocabulary: &Vocabulary,
    first: &[f32],
    mut past: usize,
    option: &[WhisperTokenId],
    after: &[WhisperTokenId],
) -> Result<f32, AsrError> {
    let index = |token: WhisperTokenId| usize::try_from(token).unwrap_or(vocabulary.end);
    let tokens: Vec<WhisperTokenId> = option.iter().chain(after).copied().collect();
    let Some((&last, rest)) = tokens.split_last() else { return Ok(0.0) };
    let mut logits = first;
    let mut sum = 0.0;
    for &token in rest {
        sum += log_probability(logits, vocabulary, index(token));
        logits = step(state, &[token], past)?;
        past += 1;
    }
    Ok(sum + log_probability(logits, vocabulary, index(last)))
}
