//! When each part of an utterance was spoken, packed: about a byte a token instead of sixteen.
//!
//! Only when tokens begin is kept, in steps of 20 ms, rounded down: this is where playing starts. A token lasts until the next.

use hotline_model::{TextSpan, TimeSpan, Utterance};

/// Length of a step.
const STEP_MS: i64 = 20;

/// A byte holds a token that follows the one before at once: bit 0 is clear, bits 1 and 2 are its characters less one, the
/// rest are the steps since the token before began. Any other token is [`LONG`] and three numbers.
const LONG: u8 = 1;
const MOST_STEPS: i64 = 31;

/// Packs when an utterance's tokens were spoken; empty without tokens.
pub(crate) fn pack(utterance: &Utterance) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(utterance.tokens.len() + 4);
    let (mut text, mut step) = (0, i64::from(utterance.span.start.ms) / STEP_MS);
    for token in &utterance.tokens {
        let at = i64::from(token.time.start.ms) / STEP_MS;
        let chars = token.text.slice(&utterance.text).map_or(0, |said| said.chars().count());
        let fits = i64::from(token.text.start) == text && (1..=4).contains(&chars);
        if fits && (0..=MOST_STEPS).contains(&(at - step)) {
            bytes.push(((at - step) as u8) << 3 | ((chars - 1) as u8) << 1);
        } else {
            bytes.push(LONG);
            put(&mut bytes, i64::from(token.text.start) - text);
            put(&mut bytes, i64::from(token.text.end) - i64::from(token.text.start));
            put(&mut bytes, at - step);
        }
        (text, step) = (i64::from(token.text.end), at);
    }
    bytes
}

/// When the stretch `wanted` of `text` was spoken, from what [`pack`] made; the whole `utterance` where no token says.
pub(crate) fn time_of(bytes: &[u8], text: &str, utterance: TimeSpan, wanted: TextSpan) -> TimeSpan {
    let tokens: Vec<(TextSpan, u32)> = tokens(bytes, text, utterance).collect();
    let mut found: Option<TimeSpan> = None;
    for (at, (span, start)) in tokens.iter().enumerate() {
        if span.overlaps(wanted) {
            let end = tokens.get(at + 1).map_or(utterance.end.ms, |next| next.1).max(*start);
            let time = TimeSpan::from_ms(*start, end);
            found = Some(found.map_or(time, |found| found.hull(time)));
        }
    }
    found.unwrap_or(utterance)
}

/// The tokens with the milliseconds they begin at.
fn tokens(bytes: &[u8], text: &str, utterance: TimeSpan) -> impl Iterator<Item = (TextSpan, u32)> {
    let mut rest = bytes.iter();
    let (mut place, mut step) = (0i64, i64::from(utterance.start.ms) / STEP_MS);
    std::iter::from_fn(move || {
        let head = *rest.next()?;
        let (start, end) = if head & LONG == 0 {
            let chars = usize::from(head >> 1 & 3) + 1;
            step += i64::from(head >> 3);
            let after = usize::try_from(place).ok().and_then(|place| text.get(place..)).unwrap_or_default();
            let bytes: usize = after.chars().take(chars).map(char::len_utf8).sum();
            (place, place + bytes as i64)
        } else {
            let start = place.checked_add(take(&mut rest)?)?;
            let end = start.checked_add(take(&mut rest)?)?;
            step = step.checked_add(take(&mut rest)?)?;
            (start, end)
        };
        place = end;
        let byte = |n: i64| usize::try_from(n).unwrap_or(0);
        let ms = u32::try_from(step.checked_mul(STEP_MS)?).unwrap_or(0);
        Some((TextSpan::new(byte(start), byte(end).max(byte(start))), ms))
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
    use hotline_model::{Channel, Token};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_begin_with_the_first_token_touched(
            parts in proptest::collection::vec(("[a\u{4e00}-\u{4e10}，]{0,5}", 0u32..3, 0u32..1500), 0..20),
            start in 0u32..100_000,
            wanted in (0usize..120, 1usize..60),
        ) {
            let (mut text, mut tokens, mut at) = (String::new(), Vec::new(), start);
            for (said, gap, ms) in parts {
                text += &"，".repeat(gap as usize);
                at += ms;
                let begin = text.len();
                text += &said;
                tokens.push(Token { text: TextSpan::new(begin, text.len()), time: TimeSpan::from_ms(at, at + 10), p: 0.5 });
            }
            let span = TimeSpan::from_ms(start, at + 12_000);
            let utterance = Utterance { channel: Channel::Agent, span, text, raw_text: String::new(), tokens, confidence: 1.0 };
            let wanted = TextSpan::new(wanted.0, wanted.0 + wanted.1);
            let found = time_of(&pack(&utterance), &utterance.text, span, wanted);
            match utterance.tokens.iter().find(|token| token.text.overlaps(wanted)) {
                Some(token) => prop_assert_eq!(found.start.ms, token.time.start.ms / 20 * 20),
                None => prop_assert_eq!(found, span),
            }
            prop_assert!(found.start <= found.end);
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,20}") {
            time_of(&bytes, &text, TimeSpan::from_ms(0, 10), TextSpan::new(0, 5));
        }
    }
}
