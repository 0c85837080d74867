//! Character error rate as Chinese speech recognition is scored.

use hotline_asr::cer::Edits;
use hotline_text::{fold, number};

/// A reference text: as written, and as it was said where that is known.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'a> {
    /// As one would write it (128.5元).
    pub written: &'a str,
    /// As it was said (一百二十八块五); may be empty.
    pub spoken: &'a str,
}

/// Edits between a reference and a hypothesis after removing punctuation and spaces, folding to Simplified, half-width
/// and lower case, in the better of the two readings of numbers (all in digits, or all in characters).
pub fn character_edits(reference: Spoken<'_>, hypothesis: &str) -> Edits {
    let heard = number::readings(&fold(hypothesis).text);
    let references = [reference.written, reference.spoken];
    let candidates = references.iter().filter(|text| !text.is_empty()).flat_map(|text| {
        let meant = number::readings(&fold(text).text);
        [(meant.digits.text, &heard.digits.text), (meant.characters.text, &heard.characters.text)]
    });
    candidates
        .map(|(meant, heard)| Edits::between(&comparable(&meant), &comparable(heard)))
        .min_by(|a, b| rate(a).total_cmp(&rate(b)))
        .unwrap_or_else(|| Edits::between("", &comparable(&heard.characters.text)))
}

fn rate(edits: &Edits) -> f64 {
    edits.rate().unwrap_or(if edits.errors() == 0 { 0.0 } else { f64::MAX })
}

/// What is compared: letters, digits and characters, folded; no punctuation, no spaces.
pub fn comparable(text: &str) -> String {
    fold(text).text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(written: &str, spoken: &str, heard: &str) -> (u64, u64) {
        let edits = character_edits(Spoken { written, spoken }, heard);
        (edits.errors(), edits.reference)
    }

    #[test]
    fn punctuation_width_and_script_do_not_count() {
        assert_eq!(errors("您好，请问！", "", "您好 請問"), (0, 4));
        assert_eq!(errors("ＡＢＣ", "", "abc"), (0, 3));
    }

    #[test]
    fn either_reading_of_a_number_will_do() {
        assert_eq!(errors("一共128元", "一共一百二十八元", "一共一百二十八元").0, 0);
        assert_eq!(errors("一共一百二十八元", "", "一共128元").0, 0);
    }

    #[test]
    fn errors_are_counted_by_hand() {
        // 一 substitution (好→号), one deletion (请), one insertion (啊).
        assert_eq!(errors("您好请问", "", "您号问啊"), (3, 4));
        assert_eq!(errors("", "", "字幕"), (2, 0));
        assert_eq!(errors("您好", "", ""), (2, 2));
    }
}
