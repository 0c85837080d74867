//! Loops: the same few characters over and over, or a whole sentence twice.

use crate::cer::Edits;

/// A text that repeats itself more often than people do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// What is repeated; empty where many pieces are, in no fixed order.
    pub unit: String,
    /// How often in a row.
    pub times: usize,
}

/// Longest unit looked for, in characters.
const MAX_UNIT: usize = 24;

/// How often a unit of so many characters may stand in a row. People say 对对对对 and 好的好的好的; digits repeat in numbers.
fn allowed(unit: &[char]) -> usize {
    match unit.len() {
        1 if unit[0].is_numeric() => 14,
        1 => 9,
        2 => 5,
        3..=7 => 3,
        _ => 2,
    }
}

/// Texts shorter than this many characters are too short for the share of different pairs to say anything.
const MIN_FOR_VARIETY: usize = 40;

/// Ordinary Chinese of 40 to 100 characters has more than 0.8 different pairs of neighbours by pair.
const MIN_VARIETY: f64 = 0.45;

/// The repetition that makes a text no transcription, if there is one: a unit more often in a row than people say it, over at least
/// 40 % of the text, or hardly any variety at all.
pub fn repetition(text: &str) -> Option<Repetition> {
    let chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    for length in 1..=MAX_UNIT.min(chars.len() / 2) {
        if let Some((start, times)) = longest_run(&chars, length) {
            let unit = &chars[start..start + length];
            let repeated_within = length > 1 && unit.iter().all(|c| *c == unit[0]);
            if !repeated_within && times > allowed(unit) && times * length * 5 >= chars.len() * 2 {
                return Some(Repetition { unit: unit.iter().collect(), times });
            }
        }
    }
    (chars.len() >= MIN_FOR_VARIETY && variety(&chars) < MIN_VARIETY)
        .then(|| Repetition { unit: String::new(), times: 0 })
}

/// A sentence that is written twice has at least so many characters; shorter ones people do say twice.
const MIN_SENTENCE: usize = 8;

/// Faster than this, in characters a second, nobody says a whole sentence twice over: of 323 turns read aloud none is faster than 6.5.
const TWICE_PER_SECOND: f64 = 7.0;

/// Of so many characters one may differ between the first time and the second.
const ALIKE: usize = 8;

/// Where in `text`, in bytes, the recogniser begins its only sentence a second time, if it does: it came to the end of the sound, and went on as if
/// there were more. Unlike people who repeat themselves it takes no time for it, so the text is too long for `seconds` of sound.
pub fn said_twice(text: &str, seconds: f64) -> Option<usize> {
    let letters: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| c.is_alphanumeric()).collect();
    let count = letters.len();
    if count < 2 * MIN_SENTENCE || (count as f64) <= TWICE_PER_SECOND * seconds {
        return None;
    }
    // The copies may differ by a character in length.
    [count / 2, count.div_ceil(2), (count / 2).saturating_sub(1), count / 2 + 1].into_iter().find_map(|half| {
        let (first, second) = letters.split_at(half);
        let string = |letters: &[(usize, char)]| letters.iter().map(|(_, c)| *c).collect::<String>();
        let edits = Edits::between(&string(first), &string(second)).errors();
        (edits as usize * ALIKE <= half).then(|| letters[half].0)
    })
}

/// Start of the longest row of one unit of `length` characters, and how often it stands there.
fn longest_run(chars: &[char], length: usize) -> Option<(usize, usize)> {
    // Characters that equal the one a unit before, in a row: k of them make 1 + k / length units.
    let (mut best, mut equal) = (None, 0usize);
    for i in length..chars.len() {
        equal = if chars[i] == chars[i - length] { equal + 1 } else { 0 };
        let times = 1 + equal / length;
        if equal > 0 && best.is_none_or(|(_, most)| times > most) {
            best = Some((i + 1 - equal - length, times));
        }
    }
    best
}

/// Share of different pairs of neighbours, 0…1.
fn variety(chars: &[char]) -> f64 {
    let mut pairs: Vec<(char, char)> = chars.windows(2).map(|w| (w[0], w[1])).collect();
    let all = pairs.len().max(1);
    pairs.sort_unstable();
    pairs.dedup();
    pairs.len() as f64 / all as f64
}
