//! What a sentence is made of, for learning: runs of one to three characters and of one to three syllables.
//!
//! Characters tell what is meant, syllables that it is the same thing though the recogniser wrote another character.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use hotline_text::pinyin::SyllableId;
use hotline_text::{fold_char, is_spoken};

/// Longest run.
const RUN_MAX: usize = 3;

/// Stands where punctuation is, and at both ends.
const EDGE: u32 = u32::MAX;

/// Syllables and characters must not meet in one number.
const SYLLABLE: u32 = 1 << 30;

/// Numbers of the runs of a sentence, sorted, each once. Numbers are hashes (FNV-1a, 64 bits), the same on every machine.
pub(super) fn features(text: &str) -> Vec<u64> {
    let mut characters = Vec::with_capacity(text.len() / 3 + 2);
    characters.push(EDGE);
    let mut sounds = characters.clone();
    for c in text.chars().map(fold_char) {
        let last = characters.last().copied();
        if is_spoken(c) {
            characters.push(u32::from(c));
            sounds.extend(SyllableId::of_char(c).map(|id| SYLLABLE | id.index() as u32));
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
    let mut numbers: Vec<u64> = Vec::with_capacity(RUN_MAX * (characters.len() + sounds.len()));
    for (list, kind) in [characters, sounds].iter().zip(1u64..) {
        numbers.extend(runs(list, kind));
    }
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
    places: HashMap<u64, (u32, f32), BuildHasherDefault<AsItIs>>,
    /// A bit for each value of the lowest [`SIEVE_BITS`] bits that occurs: most runs of a new sentence are new, and need not be looked up.
    sieve: Vec<u64>,
}

const SIEVE_BITS: u32 = 21;

/// Where a number stands in the sieve: word and bit.
fn in_sieve(number: u64) -> (usize, u64) {
    let at = number & ((1 << SIEVE_BITS) - 1);
    ((at / 64) as usize, 1 << (at % 64))
}

/// Numbers of features are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
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
        let places: HashMap<u64, (u32, f32), _> =
            (0..).zip(kept).map(|(place, (number, count))| (number, (place, idf(count)))).collect();
        let mut sieve = vec![0u64; 1 << (SIEVE_BITS - 6)];
        for number in places.keys() {
            let (word, bit) = in_sieve(*number);
            if let Some(word) = sieve.get_mut(word) {
                *word |= bit;
            }
        }
        Vocabulary { places, sieve }
    }

    fn get(&self, number: u64) -> Option<(u32, f32)> {
        let (word, bit) = in_sieve(number);
        let passes = self.sieve.get(word).is_some_and(|word| word & bit != 0);
        passes.then(|| self.places.get(&number).copied()).flatten()
    }

    /// How many features.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn vector(&self, numbers: &[u64]) -> Vector {
        let mut vector = Vector::with_capacity(numbers.len());
        vector.extend(numbers.iter().filter_map(|number| self.get(*number)));
        vector.sort_unstable_by_key(|(place, _)| *place);
        let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        vector
    }
}
