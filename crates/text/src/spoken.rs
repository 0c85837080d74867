//! How much speech a text is.

use crate::{fold, number};

/// Characters that are spoken: the measure behind speech rate (spoken characters a minute).
///
/// A Han character counts one. Digits count the characters of their reading (128.5 is 一百二十八点五: seven; a phone
/// number one a digit), `%` the three of 百分之. A Latin word counts its syllables (groups of vowels), an abbreviation in
/// capitals or without vowels its letters. Punctuation and spaces count nothing.
pub fn spoken_chars(text: &str) -> usize {
    let spoken = number::readings(text).characters.text;
    let mut count = 0;
    let mut word = String::new();
    for c in spoken.chars().map(fold::half_width).chain([' ']) {
        if c.is_ascii_alphabetic() {
            word.push(c);
            continue;
        }
        count += latin_syllables(&word);
        word.clear();
        count += usize::from(c.is_alphanumeric()) + if c == '%' { 3 } else { 0 };
    }
    count
}

fn latin_syllables(word: &str) -> usize {
    let is_vowel = |c: char| matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let groups = word.split(|c| !is_vowel(c)).filter(|group| !group.is_empty()).count();
    let spelled = groups == 0 || (word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase()));
    if spelled { word.len() } else { groups }
}
