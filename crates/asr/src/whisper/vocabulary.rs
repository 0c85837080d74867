//! The tokens of a model: the special ones, those that are never wanted, and the bytes of the rest.

use std::sync::Arc;

use whisper_rs::{WhisperContext, WhisperError, WhisperTokenId};

use super::bias::Words;
use crate::{AsrError, WhisperSettings};

/// Length of a timestamp token's step in milliseconds.
pub(super) const TIMESTAMP_MS: u32 = 20;

/// The tokens of a model. Numbers are indexes into the logits.
pub(super) struct Vocabulary {
    /// How many there are.
    pub len: usize,
    /// End of text: text tokens are those before it.
    pub end: usize,
    /// The first timestamp token, `<|0.00|>`; all after it are timestamps too.
    pub first_timestamp: usize,
    /// "No speech".
    pub no_speech: usize,
    /// Start of transcript.
    pub start: WhisperTokenId,
    /// What the decoder is given before the start of transcript: the prompt behind its own start token, or nothing.
    pub prompt: Vec<WhisperTokenId>,
    /// What it is given to begin with: start, language, task, and `<|0.00|>`, since segments begin where speech does.
    pub head: Vec<WhisperTokenId>,
    /// Text tokens that may come, in rising order.
    pub text: Vec<u32>,
    /// The same, and all special ones.
    pub allowed: Arc<[u32]>,
    /// Words that are likely to be said.
    pub words: Words,
    bytes: Vec<Box<[u8]>>,
}

impl Vocabulary {
    pub fn new(context: &WhisperContext, settings: &WhisperSettings) -> Result<Self, AsrError> {
        let (language, prompt) = (settings.language.as_str(), settings.prompt.as_str());
        let engine = |problem: String| AsrError::Engine { step: "read its vocabulary", problem };
        let end = index(context.token_eot());
        let bytes = (0..context.token_eot())
            .map(|id| context.token_to_bytes(id).map(Box::from))
            .collect::<Result<Vec<Box<[u8]>>, _>>()
            .map_err(|error| engine(error.to_string()))?;
        let len = usize::try_from(context.n_vocab()).unwrap_or(0);
        let chinese = language == "zh";
        let unwanted: Vec<bool> = bytes
            .iter()
            .enumerate()
            .map(|(rank, bytes)| is_unwanted(bytes) || chinese && is_foreign(bytes, rank))
            .collect();
        let is_allowed = |token: &usize| !unwanted.get(*token).is_some_and(|unwanted| *unwanted);
        let allowed: Arc<[u32]> = (0..len).filter(is_allowed).map(|token| token as u32).collect();
        let text = allowed.iter().copied().take_while(|token| (*token as usize) < end).collect();
        let mut head = vec![context.token_sot()];
        if context.is_multilingual() {
            let language = whisper_rs::get_lang_id(language).unwrap_or(0);
            head.extend([context.token_lang(language), context.token_transcribe()]);
        }
        head.push(context.token_beg());
        let mut prompt_tokens = Vec::new();
        if !prompt.is_empty() {
            prompt_tokens = tokenize(context, prompt).map_err(|error| engine(error.to_string()))?;
            prompt_tokens.insert(0, context.token_prev());
        }
        let mut words = Vec::with_capacity(settings.words.len());
        for word in &settings.words {
            let tokens = tokenize(context, word).map_err(|error| engine(error.to_string()))?;
            let with_bytes = |token: WhisperTokenId| {
                let token = index(token);
                (token as u32, bytes.get(token).map_or(&[][..], |bytes| bytes))
            };
            words.push(tokens.into_iter().map(with_bytes).collect());
        }
        let words = Words::new(words.into_iter());
        Ok(Vocabulary {
            words,
            len,
            end,
            first_timestamp: index(context.token_beg()),
            no_speech: index(context.token_nosp()),
            start: context.token_sot(),
            prompt: prompt_tokens,
            head,
            text,
            allowed,
            bytes,
        })
    }

    /// The bytes of a text token; nothing for special ones. May be a part of a character.
    pub fn bytes(&self, token: usize) -> &[u8] {
        self.bytes.get(token).map_or(&[], |b| b)
    }
}

/// Cuts a text into tokens.
pub(super) fn tokenize(context: &WhisperContext, text: &str) -> Result<Vec<WhisperTokenId>, WhisperError> {
    // A token has at least one byte; too small a limit would be undefined behaviour in whisper-rs 0.16.
    context.tokenize(text, text.len() + 8)
}

fn index(token: WhisperTokenId) -> usize {
    usize::try_from(token).unwrap_or(0)
}

/// Tokens that are all brackets, notes and the like: whisper uses them for sounds (`[音乐]`, `♪`), not for speech. OpenAI's own
/// decoder suppresses about the same set.
fn is_unwanted(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| "\"#()*+/:;<=>@[\\]^_`{|}~「」『』【】（）《》♪♩♫♬♭♮♯".contains(c))
}

/// Latin tokens kept in Chinese speech: the first ones are letters, digits and the most frequent pieces of words, from which all others can
/// be put together (tokens are numbered in the order in which byte-pair encoding made them).
const LATIN_RANKS: usize = 8000;

/// Tokens that Chinese speech cannot need: letters of other scripts, and rare English words as a whole. Of base's 50,257 text tokens 9,300
/// remain, and the decoder's largest matrix shrinks to a fifth.
fn is_foreign(bytes: &[u8], rank: usize) -> bool {
    if bytes.is_ascii() {
        return rank >= LATIN_RANKS;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => !text.chars().all(is_chinese),
        // The beginning, the middle or the end of a character: all characters of Chinese writing have three bytes, the first of which
        // is E2 (general punctuation), E3 (CJK punctuation) to E9 (ideographs) or EF (full-width forms).
        Err(_) => bytes.iter().any(|byte| matches!(byte, 0xC0..=0xE1 | 0xEA..=0xEE | 0xF0..)),
    }
}

fn is_chinese(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '·' | '°' | '\u{2010}'..='\u{203A}' | '\u{3000}'..='\u{303F}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF65}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_pieces_of_it_are_not_foreign() {
        for text in ["好", "，", "您好", " 3G", "%", "wifi", "「"] {
            assert!(!is_foreign(text.as_bytes(), 100), "{text}");
        }
        for text in ["の", "это", "é", "한", "カ"] {
            assert!(is_foreign(text.as_bytes(), 100), "{text}");
        }
        assert!(!is_foreign(&"齉".as_bytes()[..2], 49_000) && !is_foreign(&"齉".as_bytes()[1..], 49_000));
        assert!(is_foreign(b" schedul", 12_000));
    }

    #[test]
    fn brackets_are_unwanted_and_words_are_not() {
        for text in ["(", " [", "♪♪", "「"] {
            assert!(is_unwanted(text.as_bytes()), "{text}");
        }
        for text in ["好", "，", "。", " ", "", "%", "3", "-", "wifi"] {
            assert!(!is_unwanted(text.as_bytes()), "{text}");
        }
        assert!(!is_unwanted(&"好".as_bytes()[..2]), "half a character may become any");
    }
}
