//! Likeness of sentences: how many of their sounds they share, in how much the same order.

use std::collections::BTreeMap;

use crate::sound::class_of;

/// Characters that hold sentences together and say little by themselves.
const LIGHT: &str = "的了吧啊呢吗嘛呀哦嗯呃诶欸哎是就都也又还在有个这那您你我他她它们一着过给把被让跟和对去来";
/// What a light character counts for beside a full one.
const LIGHT_WEIGHT: f32 = 0.35;

/// The sounds of a sentence and their neighbourhoods, with weights.
///
/// Single sounds tell what it is about, pairs in what order; pairs count twice. Sounds are classes of confusable syllables
/// (see [`hotline_text::pinyin::SyllableId::folded`]), so that what a recogniser confuses makes no difference.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grams {
    /// In a fixed order, so that sums come out the same every time.
    weights: BTreeMap<(char, Option<char>), f32>,
    total: f32,
}

impl Grams {
    pub(crate) fn of(text: &str) -> Grams {
        let folded = hotline_text::skeleton(text).text;
        let sounds: Vec<(char, f32)> =
            folded.chars().map(|c| (class_of(c), if LIGHT.contains(c) { LIGHT_WEIGHT } else { 1.0 })).collect();
        let mut grams = Grams::default();
        for &(sound, weight) in &sounds {
            grams.add((sound, None), weight);
        }
        for pair in sounds.windows(2) {
            if let [(a, first), (b, second)] = *pair {
                grams.add((a, Some(b)), first + second);
            }
        }
        grams
    }

    fn add(&mut self, gram: (char, Option<char>), weight: f32) {
        *self.weights.entry(gram).or_default() += weight;
        self.total += weight;
    }

    /// Dice's coefficient of the weighted bags: 0 (nothing in common) to 1 (the same).
    pub(crate) fn likeness(&self, other: &Grams) -> f32 {
        if self.total + other.total == 0.0 {
            return 0.0;
        }
        let shared: f32 = self
            .weights
            .iter()
            .map(|(gram, weight)| other.weights.get(gram).map_or(0.0, |there| weight.min(*there)))
            .sum();
        2.0 * shared / (self.total + other.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> f32 {
        Grams::of(a).likeness(&Grams::of(b))
    }

    #[test]
    fn like_sentences_are_nearer_than_unlike_ones() {
        assert!((likeness("这个我们处理不了", "这个我们处理不了。") - 1.0).abs() < 1e-6);
        let reworded = likeness("这个我们处理不了", "这件事我们这边处理不了的");
        assert!(reworded > likeness("这个我们处理不了", "这个我们马上处理"), "{reworded}");
        assert!(likeness("这个我们处理不了", "这个我们出里不了") > 0.95);
        assert!(likeness("这个我们处理不了", "这个我们马上处理") < 0.6);
        assert!(likeness("这个我们处理不了", "您的快递明天到") < 0.2);
        assert_eq!(likeness("", ""), 0.0);
    }
}
