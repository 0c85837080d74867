//! Folding: one way of writing for what means the same.

use crate::map::{Folded, FoldedBuilder};
use crate::variants;

/// Folds for matching: full-width forms become half-width, Traditional characters Simplified, ASCII letters lower-case.
///
/// Each character is folded by itself, so the fold of a part is the part of the fold: a phrase is found in a text
/// whatever stands around it. Folding twice changes nothing. Punctuation stays (see [`skeleton`]).
pub fn fold(text: &str) -> Folded {
    let mut folded = FoldedBuilder::new(text);
    for (at, c) in text.char_indices() {
        folded.push_char(fold_char(c), at, c.len_utf8());
    }
    folded.finish()
}

/// Folds as [`fold`] does and leaves out what is not spoken: punctuation, symbols and spaces, except a decimal point
/// between two ASCII digits. The form to match phrases in, because a recogniser's punctuation is a guess.
pub fn skeleton(text: &str) -> Folded {
    let mut folded = FoldedBuilder::new(text);
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, original)) = chars.next() {
        let c = fold_char(original);
        let after = chars.peek().map(|&(_, next)| fold_char(next));
        let is_point = c == '.'
            && before.is_some_and(|b: char| b.is_ascii_digit())
            && after.is_some_and(|a: char| a.is_ascii_digit());
        if is_spoken(c) || is_point {
            folded.push_char(c, at, original.len_utf8());
        }
        before = Some(c);
    }
    folded.finish()
}

/// Whether a character is spoken: letters, digits and Han characters; these first, since nearly all are.
pub fn is_spoken(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}') || c.is_alphanumeric()
}

/// The form that is stored and shown: Simplified, letters, digits and technical signs half-width, Chinese punctuation and
/// the case of letters kept. Looks at whole words (乾隆 stays, 乾燥 becomes 干燥). Keeps the number of characters.
pub fn simplify(text: &str) -> Folded {
    let narrow: String = text.chars().map(narrow_for_storing).collect();
    let mut simple: Vec<char> = hanconv::t2s(&narrow).chars().collect();
    // hanconv keeps the number of characters; should a future table not, single characters still do.
    if simple.len() != narrow.chars().count() {
        simple = narrow.chars().map(variants::for_matching).collect();
    }
    replace_variants(&mut simple);
    let mut folded = FoldedBuilder::new(text);
    for ((at, original), c) in text.char_indices().zip(simple) {
        folded.push_char(c, at, original.len_utf8());
    }
    folded.finish()
}

/// A single character as [`fold`] has it.
pub fn fold_char(c: char) -> char {
    variants::for_matching(half_width(c).to_ascii_lowercase())
}

/// The half-width form of a full-width character (U+FF01 to U+FF5E) and of the ideographic space.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn narrow_for_storing(c: char) -> char {
    let narrow = half_width(c);
    let technical = matches!(narrow, ' ' | '%' | '+' | '-' | '.' | '/' | '#' | '$' | '@' | '_' | '&' | '=' | '*');
    if narrow.is_ascii_alphanumeric() || technical { narrow } else { c }
}

fn replace_variants(text: &mut [char]) {
    for variant in variants::for_storing() {
        let from: Vec<char> = variant.from.chars().collect();
        for at in 0..(text.len() + 1).saturating_sub(from.len()) {
            if text.get(at..at + from.len()) == Some(&from)
                && !variant.except.iter().any(|word| stands_in(text, at, word))
            {
                for (slot, c) in text.iter_mut().skip(at).zip(variant.to.chars()) {
                    *slot = c;
                }
            }
        }
    }
}

/// Whether `word` stands in `text` so that it covers the character at `at`.
fn stands_in(text: &[char], at: usize, word: &str) -> bool {
    let word: Vec<char> = word.chars().collect();
    (0..word.len()).any(|back| {
        at.checked_sub(back).and_then(|start| text.get(start..start + word.len())).is_some_and(|part| part == word)
    })
}

#[cfg(test)]
mod tests {
    use hotline_model::TextSpan;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn skeleton_keeps_only_what_is_spoken() {
        assert_eq!(skeleton("您好，我的 ＷｉＦｉ 坏了！128.5元。").text, "您好我的wifi坏了128.5元");
        assert_eq!(skeleton(".5 5. 1,2").text, "5512");
    }

    proptest! {
        #[test]
        fn any_text_folds_and_leads_back(text in "\\PC{0,40}|[\u{4e00}-\u{9fa5}a-zＡ-ｚ，。0-9 ]{0,40}") {
            for folded in [fold(&text), simplify(&text), skeleton(&text)] {
                for (at, c) in folded.text.char_indices() {
                    let span = TextSpan::new(at, at + c.len_utf8());
                    let original = folded.to_original(span);
                    prop_assert!(original.slice(&text).is_some_and(|s| s.chars().count() == 1));
                    prop_assert_eq!(folded.from_original(original), span);
                }
                prop_assert_eq!(folded.from_original(TextSpan::new(0, text.len())), TextSpan::new(0, folded.text.len()));
            }
            prop_assert_eq!(fold(&text).text.chars().count(), text.chars().count());
            prop_assert_eq!(simplify(&text).text.chars().count(), text.chars().count());
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}|[\u{4e00}-\u{9fa5}]{0,20}") {
            let once = fold(&text).text;
            prop_assert_eq!(&fold(&once).text, &once);
            let once = skeleton(&text).text;
            prop_assert_eq!(&skeleton(&once).text, &once);
        }

        #[test]
        fn the_fold_of_a_part_is_the_part_of_the_fold(text in "[\u{4e00}-\u{9fa5}Ａ-ｚ，a-z]{1,20}", from in 0usize..20, n in 1usize..6) {
            let part: String = text.chars().skip(from).take(n).collect();
            let whole: String = fold(&text).text.chars().skip(from).take(n).collect();
            prop_assert_eq!(fold(&part).text, whole);
        }

        #[test]
        fn wild_spans_land_on_character_boundaries(text in "\\PC{0,20}", a in 0usize..90, b in 0usize..90) {
            for folded in [fold(&text), simplify(&text), skeleton(&text)] {
                prop_assert!(folded.to_original(TextSpan::new(a, b)).slice(&text).is_some());
                prop_assert!(folded.from_original(TextSpan::new(a, b)).slice(&folded.text).is_some());
            }
        }
    }
}
