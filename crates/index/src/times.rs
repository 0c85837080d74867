//! When each part of an utterance was spoken, packed into a few bytes.
//!
//! People speak evenly for a while: kept are the characters where the pace of the whole utterance goes wrong by more than a
//! tenth of a second or so, and what is between follows from them. Times are for playing, so they are early rather than late.

use hotline_model::{TextSpan, TimeSpan, Utterance};

/// Pace is kept in steps of this.
const PACE_STEP_MS: i64 = 4;
/// How far a time may be before and after the true one.
const EARLY_MS: i64 = 160;
const LATE_MS: i64 = 60;

/// Packs when an utterance's tokens were spoken; empty without tokens.
pub(crate) fn pack(utterance: &Utterance) -> Vec<u8> {
    let mut starts = utterance.text.char_indices().map(|(at, _)| at).enumerate().peekable();
    let (mut points, mut last) = (Vec::with_capacity(utterance.tokens.len()), -1);
    for token in &utterance.tokens {
        while starts.next_if(|(_, byte)| *byte < token.text.range().start).is_some() {}
        let Some((character, _)) = starts.peek() else { break };
        let (character, ms) = (*character as i64, i64::from(token.time.start.ms));
        if character > last {
            points.push((character, ms));
            last = character;
        }
    }
    let (Some(first), Some(end)) = (points.first(), points.last()) else { return Vec::new() };
    let pace = (end.1 - first.1).max(0) / (end.0 - first.0).max(1) / PACE_STEP_MS;
    let mut bytes = Vec::with_capacity(8);
    put(&mut bytes, pace);
    let (mut character, mut ms) = (0, i64::from(utterance.span.start.ms));
    for (i, (at, truth)) in points.iter().enumerate() {
        let predicted = ms + (at - character) * pace * PACE_STEP_MS;
        if i == 0 || predicted > truth + LATE_MS || predicted < truth - EARLY_MS {
            put(&mut bytes, at - character);
            put(&mut bytes, truth - predicted);
            (character, ms) = (*at, *truth);
        }
    }
    bytes
}

/// When the stretch `wanted` of `text` was spoken, from what [`pack`] made; the whole `utterance` where nothing says.
pub(crate) fn time_of(bytes: &[u8], text: &str, utterance: TimeSpan, wanted: TextSpan) -> TimeSpan {
    let count = |span: std::ops::Range<usize>| text.get(span).map_or(0, |part| part.chars().count() as i64);
    let from = count(0..wanted.range().start);
    let to = from + count(wanted.range());
    let Some((start, end)) = time_at(bytes, utterance, from).zip(time_at(bytes, utterance, to)) else {
        return utterance;
    };
    let start = start.clamp(utterance.start.ms, utterance.end.ms.max(utterance.start.ms));
    TimeSpan::from_ms(start, end.min(utterance.end.ms).max(start))
}

/// When the character at `wanted` was spoken.
fn time_at(bytes: &[u8], utterance: TimeSpan, wanted: i64) -> Option<u32> {
    let mut rest = bytes.iter();
    let pace = take(&mut rest)?.checked_mul(PACE_STEP_MS)?;
    let (mut character, mut ms) = (0i64, i64::from(utterance.start.ms));
    while let Some((gap, off)) = take(&mut rest).zip(take(&mut rest)) {
        let at = character.checked_add(gap)?;
        if at > wanted {
            break;
        }
        ms = ms.checked_add(gap.checked_mul(pace)?)?.checked_add(off)?;
        character = at;
    }
    let ms = ms.checked_add(wanted.checked_sub(character)?.checked_mul(pace)?)?;
    Some(u32::try_from(ms.max(0)).unwrap_or(u32::MAX))
}

/// Zigzag, then seven bits a byte.
pub(crate) fn put(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

pub(crate) fn take(bytes: &mut std::slice::Iter<'_, u8>) -> Option<i64> {
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
        fn times_are_those_of_the_tokens_or_a_little_before(
            parts in proptest::collection::vec(("[a\\u{4e00}-\\u{4e10}]{1,4}", 0u32..1500), 1..20),
            start in 0u32..100_000,
            which in 0usize..20,
        ) {
            let (mut text, mut tokens, mut at) = (String::new(), Vec::new(), start);
            for (said, ms) in parts {
                at += ms;
                let begin = text.len();
                text += &said;
                tokens.push(Token { text: TextSpan::new(begin, text.len()), time: TimeSpan::from_ms(at, at + 10), p: 0.5 });
                text.push('，');
            }
            let span = TimeSpan::from_ms(start, at + 12_000);
            let utterance = Utterance { channel: Channel::Agent, span, text, raw_text: String::new(), tokens, confidence: 1.0 };
            let token = utterance.tokens[which % utterance.tokens.len()];
            let found = time_of(&pack(&utterance), &utterance.text, span, token.text);
            let off = i64::from(found.start.ms) - i64::from(token.time.start.ms);
            prop_assert!((-EARLY_MS..=LATE_MS).contains(&off), "{off}");
            prop_assert!(found.start <= found.end && found.end <= span.end);
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,20}", wanted in (0usize..30, 0usize..30)) {
            time_of(&bytes, &text, TimeSpan::from_ms(0, 10), TextSpan::new(wanted.0, wanted.0 + wanted.1));
        }
    }

    #[test]
    fn even_speech_takes_a_few_bytes() {
        let text = "我家宽带断网了光猫一直亮红灯".to_owned();
        let tokens: Vec<Token> = text
            .char_indices()
            .enumerate()
            .map(|(i, (at, c))| Token {
                text: TextSpan::new(at, at + c.len_utf8()),
                time: TimeSpan::from_ms(500 + i as u32 * 200, 600 + i as u32 * 200),
                p: 0.9,
            })
            .collect();
        let span = TimeSpan::from_ms(500, 4000);
        let utterance =
            Utterance { channel: Channel::Agent, span, text, raw_text: String::new(), tokens, confidence: 1.0 };
        assert!(pack(&utterance).len() <= 4);
        assert_eq!(pack(&Utterance { tokens: Vec::new(), ..utterance }), Vec::<u8>::new());
    }
}
