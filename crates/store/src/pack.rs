//! Tokens and spans as compact bytes: about ten bytes a token where JSON takes forty, and a call has thousands.
//!
//! Layout: nothing for an empty list; else one version byte, then the entries. A span is two numbers: its start as the
//! difference to the end of the one before, and its length; each as a zigzag LEB128 variable-length integer, because
//! neighbours touch and both numbers are small. A token is its text span, its time span and the four bytes of its `f32`
//! probability, little-endian.

use hotline_model::{CallTime, TextSpan, TimeSpan, Token};

const VERSION: u8 = 1;

/// Packs the tokens of an utterance.
pub(crate) fn pack_tokens(tokens: &[Token]) -> Vec<u8> {
    let mut bytes = start(tokens.len(), 10);
    let (mut text, mut time) = (0, 0);
    for token in tokens {
        put_span(&mut bytes, &mut text, token.text.start, token.text.end);
        put_span(&mut bytes, &mut time, token.time.start.ms, token.time.end.ms);
        bytes.extend(token.p.to_le_bytes());
    }
    bytes
}

/// Reads what [`pack_tokens`] wrote; the error says what is wrong with the bytes.
pub(crate) fn unpack_tokens(bytes: &[u8]) -> Result<Vec<Token>, &'static str> {
    let mut rest = body(bytes)?;
    let (mut text, mut time) = (0, 0);
    let mut tokens = Vec::with_capacity(rest.len() / 9);
    while !rest.is_empty() {
        let (start, end) = take_span(&mut rest, &mut text)?;
        let text = TextSpan { start, end };
        let time = take_time(&mut rest, &mut time)?;
        let (p, tail) = rest.split_first_chunk::<4>().ok_or("cut short")?;
        rest = tail;
        tokens.push(Token { text, time, p: f32::from_le_bytes(*p) });
    }
    Ok(tokens)
}

/// Packs the voiced stretches of a channel.
pub(crate) fn pack_spans(spans: &[TimeSpan]) -> Vec<u8> {
    let mut bytes = start(spans.len(), 4);
    let mut last = 0;
    for span in spans {
        put_span(&mut bytes, &mut last, span.start.ms, span.end.ms);
    }
    bytes
}

/// Reads what [`pack_spans`] wrote; the error says what is wrong with the bytes.
pub(crate) fn unpack_spans(bytes: &[u8]) -> Result<Vec<TimeSpan>, &'static str> {
    let mut rest = body(bytes)?;
    let mut last = 0;
    let mut spans = Vec::with_capacity(rest.len() / 3);
    while !rest.is_empty() {
        spans.push(take_time(&mut rest, &mut last)?);
    }
    Ok(spans)
}

fn start(entries: usize, bytes_each: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + entries * bytes_each);
    if entries > 0 {
        bytes.push(VERSION);
    }
    bytes
}

fn body(bytes: &[u8]) -> Result<&[u8], &'static str> {
    match bytes.split_first() {
        None => Ok(&[]),
        Some((&VERSION, rest)) => Ok(rest),
        Some(_) => Err("of an unknown version"),
    }
}

fn put_span(bytes: &mut Vec<u8>, last: &mut i64, start: u32, end: u32) {
    let (start, end) = (i64::from(start), i64::from(end));
    put(bytes, start - *last);
    put(bytes, end - start);
    *last = end;
}

fn take_span(rest: &mut &[u8], last: &mut i64) -> Result<(u32, u32), &'static str> {
    let start = last.checked_add(take(rest)?).ok_or("out of range")?;
    let end = start.checked_add(take(rest)?).ok_or("out of range")?;
    *last = end;
    let narrow = |n: i64| u32::try_from(n).map_err(|_| "out of range");
    Ok((narrow(start)?, narrow(end)?))
}

fn take_time(rest: &mut &[u8], last: &mut i64) -> Result<TimeSpan, &'static str> {
    let (start, end) = take_span(rest, last)?;
    // Not `TimeSpan::from_ms`, which would mend a span that was stored the wrong way round.
    Ok(TimeSpan { start: CallTime::from_ms(start), end: CallTime::from_ms(end) })
}

fn put(bytes: &mut Vec<u8>, n: i64) {
    let mut zigzag = ((n << 1) ^ (n >> 63)).cast_unsigned();
    while zigzag >= 0x80 {
        bytes.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
}

fn take(rest: &mut &[u8]) -> Result<i64, &'static str> {
    let mut zigzag = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or("cut short")?;
        *rest = tail;
        zigzag |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed());
        }
    }
    Err("a number too long")
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn spans() -> impl Strategy<Value = Vec<TimeSpan>> {
        let instant = || prop_oneof![0u32..5_000, any::<u32>()].prop_map(CallTime::from_ms);
        vec((instant(), instant()).prop_map(|(start, end)| TimeSpan { start, end }), 0..20)
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(times in spans(), texts in spans(), ps in vec(0f32..=1.0, 20)) {
            prop_assert_eq!(unpack_spans(&pack_spans(&times)), Ok(times.clone()));
            let tokens: Vec<Token> = times.iter().zip(&texts).zip(&ps).map(|((&time, text), &p)| {
                Token { text: TextSpan { start: text.start.ms, end: text.end.ms }, time, p }
            }).collect();
            prop_assert_eq!(unpack_tokens(&pack_tokens(&tokens)), Ok(tokens));
        }

        #[test]
        fn damaged_bytes_are_an_error_or_a_list(bytes in vec(any::<u8>(), 0..60)) {
            let versioned = [&[VERSION], bytes.as_slice()].concat();
            for bytes in [&bytes, &versioned] {
                if let Ok(tokens) = unpack_tokens(bytes) {
                    prop_assert_eq!(unpack_tokens(&pack_tokens(&tokens)).map(|t| t.len()), Ok(tokens.len()));
                }
                let _ = unpack_spans(bytes);
            }
        }
    }

    #[test]
    fn a_usual_token_takes_nine_or_ten_bytes() {
        let tokens: Vec<Token> = (0..100)
            .map(|i| Token {
                text: TextSpan { start: 3 * i, end: 3 * i + 3 },
                time: TimeSpan::from_ms(2_000 + 180 * i, 2_180 + 180 * i),
                p: 0.97,
            })
            .collect();
        assert!(pack_tokens(&tokens).len() <= 1_000);
    }

    #[test]
    fn what_is_cut_short_or_from_the_future_is_refused() {
        let bytes = pack_tokens(&[Token { text: TextSpan::new(0, 3), time: TimeSpan::from_ms(0, 100), p: 1.0 }]);
        assert_eq!(unpack_tokens(&bytes[..bytes.len() - 1]), Err("cut short"));
        assert_eq!(unpack_tokens(&[9, 0, 0]), Err("of an unknown version"));
        assert_eq!(unpack_spans(&[VERSION, 1, 0]), Err("out of range"));
    }
}
