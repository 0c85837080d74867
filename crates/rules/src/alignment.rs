//! Aligning the syllables of a phrase with what was heard: wrong, lost and extra syllables at a price.

/// Cost of a syllable that was heard but does not belong to the phrase, and of one that belongs but was not heard. Wrong
/// syllables are commoner than lost ones, and a phrase that breaks off is not the phrase.
pub(crate) const EXTRA: f32 = 0.8;
pub(crate) const LOST: f32 = 1.2;
/// Cost of each character that stands in a gap: little, but many of them are less likely to belong together.
const IN_GAP: f32 = 0.04;
/// For sums of rounded numbers.
pub(crate) const ROUNDING: f32 = 1e-4;

/// A stretch of what was heard that a phrase was aligned with: the first and the last sound of it, and what it cost in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Aligned {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) cost: f32,
    /// Syllables of the phrase.
    pub(crate) syllables: usize,
}

impl Aligned {
    /// Cost a syllable of the phrase.
    pub(crate) fn distance(&self) -> f32 {
        self.cost / self.syllables.max(1) as f32
    }
}

/// A way to align the beginning of a phrase that ends at some place: its cost, and where it begins.
type Way = (f32, usize);

/// Finds the stretch among `places` sounds that is nearest to the whole of a phrase of `syllables` syllables; `cost(s, p)` is the price of syllable
/// `s` of the phrase for the sound at `p`, `least(s)` a bound below its price for any. `None` if either is empty or if nothing comes within `distance_max` a syllable.
///
/// Sellers' algorithm (1980): edit distance with a free beginning and end in the longer text. Left off as soon as every beginning costs too much.
pub(crate) fn align(
    syllables: usize,
    places: usize,
    cost: impl Fn(usize, usize) -> f32,
    least: impl Fn(usize) -> f32,
    distance_max: f32,
) -> Option<Aligned> {
    let budget = distance_max * syllables as f32;
    if budget < 0.0 || syllables == 0 {
        return None;
    }
    let mut rest: f32 = (0..syllables).map(&least).sum();
    // One cell for each place between sounds: how well the phrase so far can end there.
    let mut ends: Vec<Way> = (0..=places).map(|at| (0.0, at)).collect();
    for syllable in 0..syllables {
        let mut left = ((syllable + 1) as f32 * LOST, 0);
        let mut lowest = left.0;
        let mut cells = ends.iter_mut();
        let Some(first) = cells.next() else { break };
        let mut diagonal = std::mem::replace(first, left);
        for (at, cell) in cells.enumerate() {
            let replaced = (diagonal.0 + cost(syllable, at), diagonal.1);
            let extra = (left.0 + EXTRA, left.1);
            let lost = (cell.0 + LOST, cell.1);
            diagonal = *cell;
            let best = if extra.0 < replaced.0 { extra } else { replaced };
            *cell = if lost.0 < best.0 { lost } else { best };
            left = *cell;
            lowest = lowest.min(left.0);
        }
        rest -= least(syllable);
        if lowest > budget || lowest + rest > budget + ROUNDING {
            return None;
        }
    }
    let mut best: Option<Aligned> = None;
    for (last, &(cost, first)) in ends.iter().skip(1).enumerate() {
        if cost <= budget && best.is_none_or(|best| cost < best.cost) {
            best = Some(Aligned { first, last, cost, syllables });
        }
    }
    best
}

/// A stretch of a phrase with gaps: its spellings, and what may stand before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage<S> {
    pub(crate) spellings: Vec<Vec<S>>,
    /// Most characters between the stretch before and this one.
    pub(crate) gap: usize,
}

/// As [`Way`], with the syllables so far.
type LongWay = (f32, usize, usize);

/// As [`align`], for a phrase of several stretches with gaps between them: each stretch takes the spelling that fits best.
/// `cost(s, p)` is the price of syllable `s` for the sound at `p`, `least(s)` a bound below its price for any.
pub(crate) fn align_with_gaps<S>(
    stages: &[Stage<S>],
    places: usize,
    cost: impl Fn(&S, usize) -> f32,
    least: impl Fn(&S) -> f32,
    distance_max: f32,
) -> Option<Aligned> {
    // By how much a spelling goes at least over what its syllables allow; below 0 it leaves something to the others.
    let over = |spelling: &Vec<S>| spelling.iter().map(|syllable| least(syllable) - distance_max).sum::<f32>();
    let least_over = |stage: &Stage<S>| stage.spellings.iter().map(over).fold(f32::INFINITY, f32::min);
    let mut rest: f32 = stages.iter().map(least_over).sum();
    let mut ends: Vec<LongWay> = (0..=places).map(|at| (0.0, at, 0)).collect();
    let mut next: Vec<LongWay> = Vec::with_capacity(ends.len());
    let mut cells: Vec<LongWay> = Vec::with_capacity(ends.len());
    for (number, stage) in stages.iter().enumerate() {
        if number > 0 {
            skip(&mut ends, stage.gap, &mut cells);
        }
        rest -= least_over(stage);
        next.clear();
        next.resize(ends.len(), (f32::INFINITY, 0, 0));
        for spelling in &stage.spellings {
            cells.clone_from(&ends);
            let mut rest = rest + over(spelling);
            let mut goes_on = |syllable: &S| {
                rest -= least(syllable) - distance_max;
                take(&mut cells, |place| cost(syllable, place), distance_max) + rest <= ROUNDING
            };
            if !spelling.iter().all(&mut goes_on) {
                continue;
            }
            for (cell, way) in next.iter_mut().zip(&cells) {
                if way.0 < cell.0 {
                    *cell = *way;
                }
            }
        }
        if next.iter().all(|way| way.0.is_infinite()) {
            return None;
        }
        std::mem::swap(&mut ends, &mut next);
    }
    let distance = |way: &LongWay| way.0 / way.2.max(1) as f32;
    let (at, way) = ends.iter().enumerate().skip(1).min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
    if way.2 == 0 || distance(way) > distance_max || way.1 >= places {
        return None;
    }
    Some(Aligned { first: way.1, last: at - 1, cost: way.0, syllables: way.2 })
}

/// Takes one more syllable into all ways; by how much the best of them goes over what its syllables allow.
fn take(cells: &mut [LongWay], cost: impl Fn(usize) -> f32, distance_max: f32) -> f32 {
    let over = |way: LongWay| way.0 - distance_max * way.2 as f32;
    let lost = |way: LongWay| (way.0 + LOST, way.1, way.2 + 1);
    let mut cells = cells.iter_mut();
    let Some(first) = cells.next() else { return f32::INFINITY };
    let mut left = lost(*first);
    let mut least = over(left);
    let mut diagonal = std::mem::replace(first, left);
    for (place, cell) in cells.enumerate() {
        let mut best = (diagonal.0 + cost(place), diagonal.1, diagonal.2 + 1);
        let dropped = lost(*cell);
        if dropped.0 < best.0 {
            best = dropped;
        }
        if left.0 + EXTRA < best.0 {
            best = (left.0 + EXTRA, left.1, left.2);
        }
        diagonal = std::mem::replace(cell, best);
        left = best;
        least = least.min(over(best));
    }
    least
}

/// Lets up to `gap` sounds pass for little. `from` is room to work in.
fn skip(ends: &mut [LongWay], gap: usize, from: &mut Vec<LongWay>) {
    from.clear();
    from.extend_from_slice(ends);
    for (at, cell) in ends.iter_mut().enumerate() {
        for (back, way) in from.get(at.saturating_sub(gap)..at).into_iter().flatten().rev().enumerate() {
            let cost = way.0 + IN_GAP * (back + 1) as f32;
            if cost < cell.0 {
                *cell = (cost, way.1, way.2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letters for syllables: the same costs nothing, others 1.
    fn price(a: u8, b: u8) -> f32 {
        f32::from(u8::from(a != b))
    }

    fn found(heard: &str, meant: &str, most: f32) -> Option<(usize, usize, f32)> {
        let (heard, meant) = (heard.as_bytes(), meant.as_bytes());
        let aligned = align(meant.len(), heard.len(), |s, p| price(meant[s], heard[p]), |_| 0.0, most)?;
        Some((aligned.first, aligned.last, aligned.cost))
    }

    #[test]
    fn wrong_lost_and_extra_syllables_have_their_price() {
        assert_eq!(found("xxabcdxx", "abcd", 0.3), Some((2, 5, 0.0)));
        assert_eq!(found("xxabxcdxx", "abcd", 0.3), Some((2, 6, EXTRA)));
        assert_eq!(found("xxacdxx", "abcd", 0.3), Some((2, 4, LOST)));
        assert_eq!(found("xxaxcdxx", "abcd", 0.3), Some((2, 5, 1.0)));
        assert_eq!(found("xxaxcdxx", "abcd", 0.2), None);
        assert_eq!(found("", "abcd", 0.3), None);
        assert_eq!(found("abcd", "", 0.3), None);
    }

    /// Every stretch against the whole phrase, by plain edit distance.
    fn by_hand(heard: &[u8], meant: &[u8]) -> Option<f32> {
        let stretch = |from: usize, to: usize| {
            let mut row: Vec<f32> = (0..=meant.len()).map(|lost| lost as f32 * LOST).collect();
            for h in &heard[from..to] {
                let mut diagonal = row[0];
                row[0] += EXTRA;
                for (at, m) in meant.iter().enumerate() {
                    let replaced = diagonal + price(*h, *m);
                    diagonal = row[at + 1];
                    row[at + 1] = replaced.min(diagonal + EXTRA).min(row[at] + LOST);
                }
            }
            row[meant.len()]
        };
        let all = (0..heard.len()).flat_map(|from| (from + 1..=heard.len()).map(move |to| (from, to)));
        all.map(|(from, to)| stretch(from, to)).min_by(f32::total_cmp)
    }

    proptest! {
        #[test]
        fn nothing_cheaper_is_overlooked(heard in "[abc]{0,10}", meant in "[abc]{1,5}", most in 0.0f32..1.2) {
            let best = by_hand(heard.as_bytes(), meant.as_bytes());
            let best = best.filter(|cost| *cost <= most * meant.len() as f32);
            let found = found(&heard, &meant, most).map(|(.., cost)| cost);
            match (best, found) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-4, "{} {}", a, b),
                // At the very limit sums of rounded numbers may differ.
                (Some(cost), None) | (None, Some(cost)) => prop_assert!((cost - most * meant.len() as f32).abs() < 1e-4),
                (None, None) => {}
            }
        }

        #[test]
        fn one_stretch_is_a_phrase_without_gaps(heard in "[abcd]{0,12}", meant in "[abcd]{2,5}", most in 0.0f32..0.6) {
            let stages = [Stage { spellings: vec![meant.bytes().collect::<Vec<u8>>()], gap: 0 }];
            let plain = found(&heard, &meant, most).map(|(.., cost)| (cost * 1e4).round());
            let gaps = align_with_gaps(&stages, heard.len(), |s, p| price(*s, heard.as_bytes()[p]), |_| 0.0, most);
            prop_assert_eq!(plain, gaps.map(|aligned| (aligned.cost * 1e4).round()));
        }
    }
}
