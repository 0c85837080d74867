//! Tokens to text. A token may be part of a character: bytes are joined first, then decoded.

use hotline_model::TextSpan;

use super::align::{Piece, Stretch, times, tracked_times};
use super::track::starts_ms;
use super::vocabulary::{TIMESTAMP_MS, Vocabulary};
use crate::HypothesisToken;
use crate::guards::said_twice;

/// Text, and where it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Assembled {
    /// The recogniser's text.
    pub text: String,
    /// Whole characters, one or a few at a time, in order and without holes.
    pub pieces: Vec<Piece>,
    /// The stretches of time between timestamps, with the pieces spoken in them.
    pub stretches: Vec<Stretch>,
}

impl Assembled {
    /// The timestamp behind the last sentence, if the decoder wrote one.
    pub fn closed_at_ms(&self) -> Option<u32> {
        self.stretches.last().and_then(|stretch| stretch.end_ms)
    }

    /// How many tokens there are before the sentence is written a second time, if it is; see [`said_twice`].
    pub fn before_second(&self, seconds: f64) -> Option<usize> {
        let at = said_twice(&self.text, seconds)?;
        self.pieces.iter().find(|piece| piece.text.start as usize >= at).map(|piece| piece.token)
    }

    /// The tokens with their times in a sound of `length_ms`; `looks` is what the decoder's `heads` looked at with each token.
    pub fn tokens(&self, looks: &[Vec<f32>], heads: usize, samples: &[f32], length_ms: u32) -> Vec<HypothesisToken> {
        let looks: Option<Vec<&[f32]>> =
            self.pieces.iter().map(|piece| looks.get(piece.token).map(Vec::as_slice)).collect();
        let tracked = looks.and_then(|looks| starts_ms(&looks, heads, length_ms));
        let times = match tracked {
            Some(starts_ms) => tracked_times(&starts_ms, samples, length_ms),
            None => times(&self.text, &self.pieces, &self.stretches, samples, length_ms),
        };
        self.pieces
            .iter()
            .zip(times)
            .map(|(piece, time)| HypothesisToken { text: piece.text, time, p: piece.log_p.exp().clamp(0.0, 1.0) })
            .collect()
    }
}

/// Joins tokens with their log-probabilities. What never becomes a whole character is left out.
pub(super) fn assemble(tokens: &[(usize, f32)], vocabulary: &Vocabulary) -> Assembled {
    let mut out = Assembled::default();
    let mut open = Stretch { start_ms: 0, end_ms: None, pieces: 0..0 };
    let mut bytes: Vec<u8> = Vec::new();
    let mut log_p = 0.0;
    let mut first = 0;
    for (at, &(token, token_log_p)) in tokens.iter().enumerate() {
        if let Some(steps) = token.checked_sub(vocabulary.first_timestamp) {
            let ms = steps as u32 * TIMESTAMP_MS;
            open.pieces.end = out.pieces.len();
            if open.pieces.is_empty() {
                open.start_ms = ms;
            } else {
                open.end_ms = Some(ms);
                let next = Stretch { start_ms: ms, end_ms: None, pieces: open.pieces.end..open.pieces.end };
                out.stretches.push(std::mem::replace(&mut open, next));
            }
            continue;
        }
        if bytes.is_empty() {
            first = at;
        }
        bytes.extend_from_slice(vocabulary.bytes(token));
        log_p += token_log_p;
        let (whole, rest) = whole_characters(&bytes);
        if !whole.is_empty() {
            let start = out.text.len();
            out.text.push_str(&whole);
            out.pieces.push(Piece { text: TextSpan::new(start, out.text.len()), log_p, token: first });
            first = at;
        }
        if rest == 0 {
            bytes.clear();
            log_p = 0.0;
        } else {
            bytes.drain(..bytes.len() - rest);
            if !whole.is_empty() {
                log_p = token_log_p;
            }
        }
    }
    open.pieces.end = out.pieces.len();
    if !open.pieces.is_empty() {
        out.stretches.push(open);
    }
    out
}

/// The whole characters of some bytes, and how many bytes at the end may still become one. Bytes that cannot are dropped.
fn whole_characters(bytes: &[u8]) -> (String, usize) {
    let mut text = String::new();
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return (text, 0);
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                match error.error_len() {
                    Some(bad) => rest = &after[bad..],
                    None => return (text, after.len()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_are_completed_over_tokens() {
        let bytes = "您好".as_bytes();
        assert_eq!(whole_characters(&bytes[..2]), (String::new(), 2));
        assert_eq!(whole_characters(&bytes[..4]), ("您".into(), 1));
        assert_eq!(whole_characters(bytes), ("您好".into(), 0));
        assert_eq!(whole_characters(b"\xff\xe6\x82\xa8"), ("您".into(), 0), "a byte that fits nothing is dropped");
    }

    #[test]
    fn a_sentence_that_is_written_twice_is_cut_before_the_second() {
        let sentence = "今天不办了,您明天再打吧。";
        let of = |text: &str| {
            // A timestamp comes before the text, and one between the two times.
            let between = |at: usize| 1 + at + usize::from(at >= sentence.chars().count());
            let pieces = text.char_indices().enumerate().map(|(nth, (at, c))| {
                let text = TextSpan::new(at, at + c.len_utf8());
                Piece { text, log_p: -0.1, token: between(nth) }
            });
            Assembled { text: text.to_owned(), pieces: pieces.collect(), stretches: Vec::new() }
        };
        let twice = of(&sentence.repeat(2));
        assert_eq!(twice.before_second(2.5), Some(sentence.chars().count() + 2));
        assert_eq!(twice.before_second(4.0), None, "people take time to say it again");
        assert_eq!(of(sentence).before_second(1.0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let (_, rest) = whole_characters(&bytes);
            prop_assert!(rest <= 3);
        }

        #[test]
        fn text_survives_any_cut(text in "\\PC{0,12}", cut in 0usize..40) {
            let bytes = text.as_bytes();
            let (head, rest) = whole_characters(&bytes[..cut.min(bytes.len())]);
            let from = cut.min(bytes.len()) - rest;
            prop_assert_eq!(head + std::str::from_utf8(&bytes[from..]).unwrap(), text);
        }
    }
}
