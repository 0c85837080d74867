//! Words that sound like a phrase: the recogniser writes homophones and near-sounds, and mistakes a syllable here and there.

use hotline_model::TextSpan;
use hotline_text::pinyin::{Syllable, SyllableId, syllable_cost, syllables};

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
        fn what_is_there_is_found_at_no_cost(before in "[一-龥]{0,8}", meant in "[一-龥]{1,6}", after in "[一-龥]{0,8}") {
            let heard = format!("{before}{meant}{after}");
            let wanted = syllables(&meant);
            prop_assume!(!wanted.is_empty());
            let found = nearest(&sounds(&heard, 1.0), &wanted, 0.3);
            prop_assert!(found.is_some_and(|f| f.distance == 0.0 && f.span.slice(&heard).is_some()));
        }
    }
}
