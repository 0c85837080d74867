//! What a sentence is made of, for learning: runs of one to three characters and of one to three syllables.
//!
//! Characters tell what is meant, syllables that it is the same thing though the recogniser wrote another character.

use std::collections::HashMap;

use hotline_text::fold;
use hotline_text::pinyin::syllables;

/// Longest run.
const RUN_MAX: usize = 3;

/// Stands where punctuation is, and at both ends.
const EDGE: u32 = u32::MAX;

/// Syllables and characters must not meet in one number.
const SYLLABLE: u32 = 1 << 30;

/// Numbers of the runs of a sentence, sorted, each once. Numbers are hashes (FNV-1a, 64 bits), the same on every machine.
pub(super) fn features(text: &str) -> Vec<u64> {
    let folded = fold(text).text;
    let mut characters = vec![EDGE];
    let mut sounds = vec![EDGE];
    for c in folded.chars() {
        let last = characters.last().copied();
        if c.is_alphanumeric() {
            characters.push(u32::from(c));
            let mut buffer = [0; 4];
            let spoken = syllables(c.encode_utf8(&mut buffer));
            sounds.extend(spoken.first().and_then(|s| s.readings().first()).map(|id| SYLLABLE | id.index() as u32));
        } else if last != Some(EDGE) {
            characters.push(EDGE);
            sounds.push(EDGE);
        }
    }
    for list in [&mut characters, &mut sounds] {
        if list.last() != Some(&EDGE) {
            list.push(EDGE);
        }
    }
    let mut numbers: Vec<u64> =
        [characters, sounds].iter().zip(1u64..).flat_map(|(list, kind)| runs(list, kind)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn runs(list: &[u32], kind: u64) -> impl Iterator<Item = u64> + '_ {
    (1..=RUN_MAX).flat_map(move |len| list.windows(len)).filter(|run| run.iter().any(|&item| item != EDGE)).map(
        move |run| {
            run.iter().fold(0xcbf2_9ce4_8422_2325 ^ kind, |hash, &item| {
                (hash ^ u64::from(item)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
            })
        },
    )
}

/// Features by place in a vector of weights, and how much each tells: rare ones more (inverse document frequency).
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    places: HashMap<u64, (u32, f32)>,
}

/// A sentence as a vector of length 1: places with their weights, in the order of places.
pub(super) type Vector = Vec<(u32, f32)>;

impl Vocabulary {
    /// The features that at least `least` of the sentences have.
    pub(super) fn of(sentences: &[Vec<u64>], least: u32) -> Vocabulary {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for number in sentences.iter().flatten() {
            *counts.entry(*number).or_default() += 1;
        }
        let mut kept: Vec<(u64, u32)> = counts.into_iter().filter(|(_, count)| *count >= least).collect();
        kept.sort_unstable();
        let all = sentences.len() as f32;
        let idf = |count: u32| ((1.0 + all) / (1.0 + count as f32)).ln() + 1.0;
        let places = (0..).zip(kept).map(|(place, (number, count))| (number, (place, idf(count)))).collect();
        Vocabulary { places }
    }

    /// How many features.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn vector(&self, numbers: &[u64]) -> Vector {
        let mut vector: Vector = numbers.iter().filter_map(|number| self.places.get(number).copied()).collect();
        vector.sort_unstable_by_key(|(place, _)| *place);
        let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        vector
    }
}
