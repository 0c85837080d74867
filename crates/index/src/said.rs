//! What was said and when, as it is stored: in two bytes a character, which Chinese needs three for in UTF-8.

use hotline_model::Utterance;
use tantivy::TantivyDocument;
use tantivy::schema::{Field, Value};

use crate::times;

/// Packs the text of an utterance and the times of its tokens.
pub(crate) fn pack(utterance: &Utterance) -> Vec<u8> {
    let units: Vec<u16> = utterance.text.encode_utf16().collect();
    let mut bytes = Vec::with_capacity(units.len() * 2 + 12);
    times::put(&mut bytes, units.len() as i64);
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    bytes.extend(times::pack(utterance));
    bytes
}

/// The text and the packed times of what [`pack`] made; nothing of anything else.
pub(crate) fn unpack(bytes: &[u8]) -> (String, &[u8]) {
    let mut rest = bytes.iter();
    let length = times::take(&mut rest).and_then(|units| usize::try_from(units).ok()).unwrap_or(0);
    let (text, times) = rest.as_slice().split_at_checked(length.saturating_mul(2)).unwrap_or_default();
    let units = text
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)]));
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (text, times)
}

/// The text of an utterance's document.
pub(crate) fn text(document: &TantivyDocument, field: Field) -> String {
    unpack(document.get_first(field).and_then(|value| value.as_bytes()).unwrap_or_default()).0
}

#[cfg(test)]
mod tests {
    use hotline_model::{Channel, TimeSpan};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC{0,40}") {
            let span = TimeSpan::from_ms(0, 10);
            let utterance =
                Utterance { channel: Channel::Agent, span, text: text.clone(), raw_text: String::new(), tokens: Vec::new(), confidence: 1.0 };
            let packed = pack(&utterance);
            prop_assert_eq!(unpack(&packed).0, text);
        }

        #[test]
        fn damaged_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            unpack(&bytes);
        }
    }
}
