//! Words that sound like a phrase: the recogniser writes homophones and near-sounds, and mistakes a syllable here and there.

use hotline_model::TextSpan;
use hotline_text::pinyin::{Syllable, SyllableId, costs, syllable_cost, syllables};

/// Cost of a syllable that was heard but does not belong to the phrase, and of one that belongs but was not heard. Wrong
/// syllables are commoner than lost ones, and a phrase that breaks off is not the phrase.
const EXTRA: f32 = 0.8;
const LOST: f32 = 1.2;
/// What is left of a cost where the recogniser was not sure at all of what it wrote.
const UNSURE_WEIGHT: f32 = 0.35;
/// A syllable as the recogniser wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sound {
    pub(crate) syllable: Syllable,
    /// How sure the recogniser was of it, 0…1: what it was sure of is less likely to be a mistake for something else.
    pub(crate) p: f32,
}

/// The stretch of an utterance that sounds most like a phrase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SoundAlike {
    /// Where, in the text the syllables were taken from.
    pub(crate) span: TextSpan,
    /// Confusion cost a syllable of the phrase, 0 = same sound.
    pub(crate) distance: f32,
    /// Syllables of the phrase.
    pub(crate) syllables: usize,
}

/// The classes of sounds that occur in a text, as bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Classes(Vec<u64>);

impl Classes {
    pub(crate) fn of<'s>(syllables: impl IntoIterator<Item = &'s Syllable>) -> Classes {
        let mut bits = vec![0u64; SyllableId::count() / 64 + 1];
        for class in syllables.into_iter().flat_map(Syllable::readings).map(|id| id.folded().index()) {
            if let Some(word) = bits.get_mut(class / 64) {
                *word |= 1 << (class % 64);
            }
        }
        Classes(bits)
    }

    fn has(&self, syllable: &Syllable) -> bool {
        syllable.readings().iter().any(|id| {
            let class = id.folded().index();
            self.0.get(class / 64).is_some_and(|word| word >> (class % 64) & 1 == 1)
        })
    }

    /// Whether at least half of the syllables of `meant` occur, in whatever order: with less in common nothing can pass for it.
    pub(crate) fn may_hold(&self, meant: &[Syllable]) -> bool {
        meant.iter().filter(|syllable| self.has(syllable)).count() * 2 >= meant.len()
    }
}

/// What each syllable costs at least, wherever in an utterance it is looked for: a bound that spares most alignments.
#[derive(Clone, Debug)]
pub(crate) struct Floor(Vec<f32>);

/// For sums of rounded numbers.
const ROUNDING: f32 = 1e-4;

impl Floor {
    pub(crate) fn of(heard: &[Sound]) -> Floor {
        let mut floor = vec![LOST; SyllableId::count()];
        for sound in heard {
            let weight = (UNSURE_WEIGHT + (1.0 - UNSURE_WEIGHT) * sound.p) / 100.0;
            for id in sound.syllable.readings() {
                for (least, cost) in floor.iter_mut().zip(costs(*id)) {
                    *least = least.min(f32::from(*cost) * weight);
                }
            }
        }
        Floor(floor)
    }

    /// The least that all of `meant` can cost.
    fn least(&self, meant: &[Syllable]) -> f32 {
        let of = |id: &SyllableId| self.0.get(id.index()).copied().unwrap_or(LOST);
        meant.iter().map(|syllable| syllable.readings().iter().map(of).fold(LOST, f32::min)).sum()
    }

    /// Whether `meant` can be found within a distance.
    pub(crate) fn allows(&self, meant: &[Syllable], distance_max: f32) -> bool {
        self.least(meant) <= distance_max * meant.len() as f32 + ROUNDING
    }

    /// Whether a phrase with gaps can.
    pub(crate) fn allows_stages(&self, stages: &[Stage], distance_max: f32) -> bool {
        // Each stretch takes the spelling that leaves most to spend on the others.
        let over = |spelling: &Vec<Syllable>| self.least(spelling) - distance_max * spelling.len() as f32;
        let least = |stage: &Stage| stage.spellings.iter().map(over).fold(f32::INFINITY, f32::min);
        stages.iter().map(least).sum::<f32>() <= ROUNDING
    }
}

/// Finds the stretch of `heard` that is nearest to the whole of `meant`; `None` if either is empty or if nothing comes
/// within `distance_max`.
///
/// Sellers' algorithm (1980): edit distance with a free beginning and end in the longer text.
pub(crate) fn nearest(heard: &[Sound], meant: &[Syllable], distance_max: f32) -> Option<SoundAlike> {
    let budget = distance_max * meant.len() as f32;
    if budget < 0.0 {
        return None;
    }
    // One cell for each prefix of `meant`: cost, and where in `heard` the match begins.
    let mut column: Vec<(f32, usize)> = (0..=meant.len()).map(|lost| (lost as f32 * LOST, 0)).collect();
    let mut best: Option<(f32, usize, usize)> = None;
    for (at, sound) in heard.iter().enumerate() {
        let weight = UNSURE_WEIGHT + (1.0 - UNSURE_WEIGHT) * sound.p;
        let mut diagonal = (0.0, at);
        let mut above = (0.0, at + 1);
        if let Some(first) = column.first_mut() {
            *first = above;
        }
        for (cell, wanted) in column.iter_mut().skip(1).zip(meant) {
            let replaced = (diagonal.0 + syllable_cost(&sound.syllable, wanted) * weight, diagonal.1);
            let extra = (cell.0 + EXTRA, cell.1);
            let lost = (above.0 + LOST, above.1);
            diagonal = *cell;
            *cell = [extra, lost].into_iter().fold(replaced, |a, b| if b.0 < a.0 { b } else { a });
            above = *cell;
        }
        let &(cost, start) = column.last()?;
        if cost <= budget && best.is_none_or(|(least, ..)| cost < least) {
            best = Some((cost, start, at));
        }
    }
    let (cost, start, end) = best?;
    let span = heard.get(start)?.syllable.span.hull(heard.get(end)?.syllable.span);
    Some(SoundAlike { span, distance: cost / meant.len() as f32, syllables: meant.len() })
}

/// A stretch of a phrase with gaps, by sound: its spellings, and what may stand before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage {
    pub(crate) spellings: Vec<Vec<Syllable>>,
    /// Most characters between the stretch before and this one.
    pub(crate) gap: usize,
}

/// Cost of each character that stands in a gap: little, but many of them are less likely to belong together.
const IN_GAP: f32 = 0.04;

/// A way to align the beginning of a phrase that ends at some place: cost, where it begins, syllables so far.
type Way = (f32, usize, usize);

/// As [`nearest`], for a phrase of several stretches with gaps between them: each stretch takes the spelling that fits best.
pub(crate) fn nearest_with_gaps(heard: &[Sound], stages: &[Stage], distance_max: f32) -> Option<SoundAlike> {
    // One cell for each place between sounds: how well the stretches so far can end there.
    let mut ends: Vec<Way> = (0..=heard.len()).map(|at| (0.0, at, 0)).collect();
    for (number, stage) in stages.iter().enumerate() {
        if number > 0 {
            skip(&mut ends, stage.gap);
        }
        let mut next: Vec<Way> = vec![(f32::INFINITY, 0, 0); heard.len() + 1];
        for spelling in &stage.spellings {
            let mut column = ends.clone();
            for wanted in spelling {
                let lost = |way: Way| (way.0 + LOST, way.1, way.2 + 1);
                let mut row: Vec<Way> = Vec::with_capacity(column.len());
                row.extend(column.first().map(|way| lost(*way)));
                for ((sound, pair), above) in heard.iter().zip(column.windows(2)).zip(1..) {
                    let [diagonal, same] = pair else { continue };
                    let weight = UNSURE_WEIGHT + (1.0 - UNSURE_WEIGHT) * sound.p;
                    let cost = diagonal.0 + syllable_cost(&sound.syllable, wanted) * weight;
                    let mut best = (cost, diagonal.1, diagonal.2 + 1);
                    let dropped = lost(*same);
                    if dropped.0 < best.0 {
                        best = dropped;
                    }
                    if let Some(left) = row.get(above - 1).filter(|left| left.0 + EXTRA < best.0) {
                        best = (left.0 + EXTRA, left.1, left.2);
                    }
                    row.push(best);
                }
                column = row;
            }
            for (cell, way) in next.iter_mut().zip(column) {
                if way.0 < cell.0 {
                    *cell = way;
                }
            }
        }
        ends = next;
    }
    let distance = |way: &Way| way.0 / way.2.max(1) as f32;
    let (at, way) = ends.iter().enumerate().skip(1).min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
    if way.2 == 0 || distance(way) > distance_max {
        return None;
    }
    let span = heard.get(way.1)?.syllable.span.hull(heard.get(at - 1)?.syllable.span);
    Some(SoundAlike { span, distance: distance(way), syllables: way.2 })
}

/// Lets up to `gap` sounds pass for little.
fn skip(ends: &mut [Way], gap: usize) {
    let from = ends.to_vec();
    for (at, cell) in ends.iter_mut().enumerate() {
        for (back, way) in from.get(at.saturating_sub(gap)..at).into_iter().flatten().rev().enumerate() {
            let cost = way.0 + IN_GAP * (back + 1) as f32;
            if cost < cell.0 {
                *cell = (cost, way.1, way.2);
            }
        }
    }
}

/// The character that stands for the sound of `c`, the same for all that are easily taken for one another (see
/// [`hotline_text::pinyin::SyllableId::folded`]); `c` itself where it has no sound.
pub(crate) fn class_of(c: char) -> char {
    const PRIVATE_USE_FIRST: u32 = 0xE000;
    let sound = syllables(c.encode_utf8(&mut [0; 4])).first().and_then(|s| s.readings().first().copied());
    let number = sound.and_then(|sound| u32::try_from(sound.folded().index()).ok());
    number.and_then(|number| char::from_u32(PRIVATE_USE_FIRST + number)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sounds(text: &str, p: f32) -> Vec<Sound> {
        syllables(text).into_iter().map(|syllable| Sound { syllable, p }).collect()
    }

    fn find(heard: &str, meant: &str) -> Option<(String, f32)> {
        let found = nearest(&sounds(heard, 1.0), &syllables(meant), 0.5)?;
        Some((found.span.slice(heard).unwrap().to_owned(), found.distance))
    }

    #[test]
    fn homophones_near_sounds_and_lost_syllables_are_found() {
        assert_eq!(find("好的，清绍等一下", "请稍等"), Some(("清绍等".into(), 0.0)));
        let (words, distance) = find("感谢你的来点在见", "感谢您的来电").unwrap();
        assert_eq!(words, "感谢你的来点");
        assert!(distance < 0.1, "{distance}");
        let (words, distance) = find("请问有什么以帮您", "请问有什么可以帮您").unwrap();
        assert_eq!(words, "请问有什么以帮您");
        assert!(distance < 0.15, "{distance}");
        assert_eq!(find("我家宽带断了", "请稍等"), None);
        assert_eq!(find("", "请稍等"), None);
    }

    #[test]
    fn stretches_with_gaps_are_found_in_spite_of_mistakes() {
        let stages = |stretches: &[&[&str]], gap| -> Vec<Stage> {
            let spell = |all: &&[&str]| Stage { spellings: all.iter().map(|t| syllables(t)).collect(), gap };
            stretches.iter().map(spell).collect()
        };
        let wanted = stages(&[&["还有", "另外"], &["其他", "别的"], &["可以帮您", "需要"]], 2);
        let find = |heard: &str| nearest_with_gaps(&sounds(heard, 0.6), &wanted, 0.34).map(|f| f.distance);
        assert!(find("请问还有什么其他需要吗").unwrap() < 0.1);
        assert!(find("请问海有其它可以邦您的吗").unwrap() < 0.15);
        assert_eq!(find("我家的宽带昨天就断了"), None);
        assert_eq!(nearest_with_gaps(&[], &wanted, 0.34), None);
    }

    #[test]
    fn doubtful_syllables_cost_less() {
        let distance =
            |p| nearest(&sounds("感谢您的来吧", p), &syllables("感谢您的来电"), 0.5).map(|f| f.distance).unwrap();
        assert!(distance(0.2) < 0.6 * distance(1.0));
    }

    #[test]
    fn near_sounds_are_one_class() {
        for (a, b) in [("知", "资"), ("您", "零"), ("音", "应"), ("陈", "城"), ("辙", "折")] {
            let of = |text: &str| text.chars().map(class_of).collect::<String>();
            assert_eq!(of(a), of(b), "{a} {b}");
        }
        assert_ne!(class_of('管'), class_of('归'));
        assert_eq!(class_of('…'), '…');
    }

    proptest! {
        #[test]
        fn one_stretch_is_a_phrase_without_gaps(heard in "[一-龥]{0,12}", meant in "[一-龥]{2,5}") {
            let wanted = syllables(&meant);
            prop_assume!(wanted.len() >= 2);
            let stage = Stage { spellings: vec![wanted.clone()], gap: 0 };
            let (a, b) = (nearest(&sounds(&heard, 0.8), &wanted, 0.5), nearest_with_gaps(&sounds(&heard, 0.8), &[stage], 0.5));
            prop_assert_eq!(a.map(|f| (f.distance * 1e4).round()), b.map(|f| (f.distance * 1e4).round()));
        }

        #[test]
        fn the_floor_is_below_every_alignment(heard in "[一-龥]{0,12}", meant in "[一-龥]{2,5}", p in 0.0f32..1.0, most in 0.05f32..0.6) {
            let (heard, wanted) = (sounds(&heard, p), syllables(&meant));
            prop_assume!(wanted.len() >= 2);
            let floor = Floor::of(&heard);
            let stages = [Stage { spellings: vec![wanted.clone()], gap: 0 }];
            if nearest(&heard, &wanted, most).is_some() {
                prop_assert!(floor.allows(&wanted, most) && floor.allows_stages(&stages, most));
            }
        }

        #[test]
        fn what_is_there_is_found_at_no_cost(before in "[一-龥]{0,8}", meant in "[一-龥]{1,6}", after in "[一-龥]{0,8}") {
            let heard = format!("{before}{meant}{after}");
            let wanted = syllables(&meant);
            prop_assume!(!wanted.is_empty());
            let found = nearest(&sounds(&heard, 1.0), &wanted, 0.3);
            prop_assert!(found.is_some_and(|f| f.distance == 0.0 && f.span.slice(&heard).is_some()));
        }
    }
}
