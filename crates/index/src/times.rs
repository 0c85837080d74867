//! When each part of an utterance was spoken, packed: a few bytes a token instead of sixteen.

use hotline_model::{TextSpan, TimeSpan, Token, Utterance};

/// Packs the text and time spans of an utterance's tokens; empty without tokens.
pub(crate) fn pack(utterance: &Utterance) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(utterance.tokens.len() * 5);
    let (mut text, mut time) = (0, i64::from(utterance.span.start.ms));
    for token in &utterance.tokens {
        put(&mut bytes, i64::from(token.text.start) - text);
        put(&mut bytes, i64::from(token.text.end) - i64::from(token.text.start));
        put(&mut bytes, i64::from(token.time.start.ms) - time);
        put(&mut bytes, i64::from(token.time.end.ms) - i64::from(token.time.start.ms));
        (text, time) = (i64::from(token.text.end), i64::from(token.time.end.ms));
    }
    bytes
}

/// When the stretch `wanted` was spoken, from what [`pack`] made; the whole `utterance` where no token says.
pub(crate) fn time_of(bytes: &[u8], utterance: TimeSpan, wanted: TextSpan) -> TimeSpan {
    tokens(bytes, utterance)
        .filter(|token| token.text.overlaps(wanted))
        .map(|token| token.time)
        .reduce(TimeSpan::hull)
        .unwrap_or(utterance)
}

fn tokens(bytes: &[u8], utterance: TimeSpan) -> impl Iterator<Item = Token> {
    let mut rest = bytes.iter();
    let (mut text, mut time) = (0, i64::from(utterance.start.ms));
    std::iter::from_fn(move || {
        let start = text + take(&mut rest)?;
        let end = start + take(&mut rest)?;
        let from = time + take(&mut rest)?;
        let until = from + take(&mut rest)?;
        (text, time) = (end, until);
        let byte = |n: i64| usize::try_from(n).unwrap_or(0);
        let ms = |n: i64| u32::try_from(n).unwrap_or(0);
        Some(Token {
            text: TextSpan::new(byte(start), byte(end)),
            time: TimeSpan::from_ms(ms(from), ms(until)),
            p: 1.0,
        })
    })
}

/// Zigzag, then seven bits a byte.
fn put(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn take(bytes: &mut std::slice::Iter<'_, u8>) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.next()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use hotline_model::Channel;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_those_of_the_utterance(
            tokens in proptest::collection::vec((0u32..500, 0u32..30, 0u32..100_000, 0u32..900), 0..20),
            start in 0u32..100_000,
            wanted in (0usize..500, 0usize..60),
        ) {
            let tokens = tokens.into_iter().map(|(text, n, time, ms)| Token {
                text: TextSpan { start: text, end: text + n },
                time: TimeSpan::from_ms(time, time + ms),
                p: 0.5,
            }).collect();
            let utterance = Utterance {
                channel: Channel::Agent,
                span: TimeSpan::from_ms(start, start + 12_000),
                text: String::new(),
                raw_text: String::new(),
                tokens,
                confidence: 1.0,
            };
            let wanted = TextSpan::new(wanted.0, wanted.0 + wanted.1);
            prop_assert_eq!(time_of(&pack(&utterance), utterance.span, wanted), utterance.time_of(wanted));
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            time_of(&bytes, TimeSpan::from_ms(0, 10), TextSpan::new(0, 5));
        }
    }
}
