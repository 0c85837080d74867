//! Character error rate: how many characters have to be changed, dropped or added to turn a hypothesis into its reference.
//!
//! Folding, punctuation and numbers are the caller's business: compare what has been brought to one form on both sides.

use std::iter::Sum;
use std::ops::AddAssign;

/// Edits between hypotheses and their references, in characters. Add them up over many, then take the [`rate`](Edits::rate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Characters heard as another.
    pub substitutions: u64,
    /// Characters in the hypothesis alone.
    pub insertions: u64,
    /// Characters in the reference alone.
    pub deletions: u64,
    /// Length of the reference.
    pub reference: u64,
}

impl Edits {
    /// The fewest edits between `reference` and `hypothesis`, counted over characters. Time grows with the product of the
    /// lengths, memory too (one byte a pair): meant for calls, not for books.
    pub fn between(reference: &str, hypothesis: &str) -> Self {
        let reference: Vec<char> = reference.chars().collect();
        let hypothesis: Vec<char> = hypothesis.chars().collect();
        let mut edits = Edits { reference: reference.len() as u64, ..Edits::default() };
        for step in path(&reference, &hypothesis) {
            match step {
                Step::Match => {}
                Step::Substitute => edits.substitutions += 1,
                Step::Insert => edits.insertions += 1,
                Step::Delete => edits.deletions += 1,
            }
        }
        edits
    }

    /// The edits against whichever of several equally right references is nearest (digits or words for numbers, say), by rate.
    /// Nothing is needed for no references: then every character is an insertion.
    pub fn against_any<'a>(references: impl IntoIterator<Item = &'a str>, hypothesis: &str) -> Self {
        references
            .into_iter()
            .map(|reference| Self::between(reference, hypothesis))
            .min_by(|a, b| a.rate_or_max().total_cmp(&b.rate_or_max()))
            .unwrap_or_else(|| Self::between("", hypothesis))
    }

    /// All edits.
    pub fn errors(&self) -> u64 {
        self.substitutions + self.insertions + self.deletions
    }

    /// Character error rate: edits by reference characters; above 1 when far too much was heard. `None` without a reference.
    pub fn rate(&self) -> Option<f64> {
        (self.reference > 0).then(|| self.errors() as f64 / self.reference as f64)
    }

    fn rate_or_max(&self) -> f64 {
        match self.rate() {
            Some(rate) => rate,
            None if self.errors() == 0 => 0.0,
            None => f64::MAX,
        }
    }
}

impl AddAssign for Edits {
    fn add_assign(&mut self, other: Self) {
        self.substitutions += other.substitutions;
        self.insertions += other.insertions;
        self.deletions += other.deletions;
        self.reference += other.reference;
    }
}

impl Sum for Edits {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Edits::default(), |mut sum, edits| {
            sum += edits;
            sum
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Match,
    Substitute,
    Insert,
    Delete,
}

/// A cheapest path, last step first (Wagner and Fischer 1974). Costs need two rows, the way back one byte a pair.
fn path(reference: &[char], hypothesis: &[char]) -> Vec<Step> {
    let width = hypothesis.len() + 1;
    let mut came_by = vec![Step::Match; (reference.len() + 1) * width];
    for step in came_by.iter_mut().take(width).skip(1) {
        *step = Step::Insert;
    }
    let mut above: Vec<u32> = (0..width as u32).collect();
    let mut row = vec![0u32; width];
    for (i, r) in reference.iter().enumerate() {
        row[0] = i as u32 + 1;
        came_by[(i + 1) * width] = Step::Delete;
        for (j, h) in hypothesis.iter().enumerate() {
            let diagonal = (above[j] + u32::from(r != h), if r == h { Step::Match } else { Step::Substitute });
            let candidates = [diagonal, (above[j + 1] + 1, Step::Delete), (row[j] + 1, Step::Insert)];
            let (cost, step) = candidates.into_iter().min_by_key(|(cost, _)| *cost).unwrap_or(diagonal);
            row[j + 1] = cost;
            came_by[(i + 1) * width + j + 1] = step;
        }
        std::mem::swap(&mut above, &mut row);
    }
    let (mut i, mut j) = (reference.len(), hypothesis.len());
    let mut steps = Vec::with_capacity(i.max(j));
    while i > 0 || j > 0 {
        let step = came_by[i * width + j];
        match step {
            Step::Match | Step::Substitute => (i, j) = (i - 1, j - 1),
            Step::Delete => i -= 1,
            Step::Insert => j -= 1,
        }
        steps.push(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edits(substitutions: u64, insertions: u64, deletions: u64, reference: u64) -> Edits {
        Edits { substitutions, insertions, deletions, reference }
    }

    #[test]
    fn each_kind_of_edit_is_counted() {
        let cases = [
            ("", "", edits(0, 0, 0, 0)),
            ("您好", "您好", edits(0, 0, 0, 2)),
            ("您好", "你好", edits(1, 0, 0, 2)),
            ("您好", "您您好", edits(0, 1, 0, 2)),
            ("您好请讲", "您讲", edits(0, 0, 2, 4)),
            ("", "谢谢观看", edits(0, 4, 0, 0)),
            ("宽带断网", "", edits(0, 0, 4, 4)),
            ("滨海新区电力", "冰海心区店里啊", edits(4, 1, 0, 6)),
        ];
        for (reference, hypothesis, expected) in cases {
            assert_eq!(Edits::between(reference, hypothesis), expected, "{reference} / {hypothesis}");
        }
    }

    #[test]
    fn the_nearest_reading_counts() {
        let edits = Edits::against_any(["1001号客服", "一千零一号客服"], "一千零一号客服");
        assert_eq!((edits.errors(), edits.reference), (0, 7));
        assert_eq!(Edits::against_any([], "多余").insertions, 2);
    }

    #[test]
    fn a_sum_weighs_by_length() {
        let sum: Edits = [Edits::between("一二三四", "一二三四"), Edits::between("五六", "五")].into_iter().sum();
        assert_eq!(sum.rate(), Some(1.0 / 6.0));
        assert_eq!(Edits::default().rate(), None);
    }

    /// The plain recursion, to check against.
    fn distance(a: &[char], b: &[char]) -> u64 {
        match (a.split_first(), b.split_first()) {
            (None, _) => b.len() as u64,
            (_, None) => a.len() as u64,
            (Some((x, a_rest)), Some((y, b_rest))) if x == y => distance(a_rest, b_rest),
            (Some((_, a_rest)), Some((_, b_rest))) => {
                1 + distance(a_rest, b_rest).min(distance(a_rest, b)).min(distance(a, b_rest))
            }
        }
    }

    proptest! {
        #[test]
        fn edits_are_fewest_and_balance(a in "[甲乙丙]{0,6}", b in "[甲乙丙]{0,6}") {
            let edits = Edits::between(&a, &b);
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(edits.errors(), distance(&a, &b));
            prop_assert_eq!(a.len() as u64 + edits.insertions - edits.deletions, b.len() as u64);
        }
    }
}
