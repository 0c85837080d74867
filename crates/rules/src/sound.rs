//! Words that sound like a phrase: the recogniser writes homophones and near-sounds, and mistakes a syllable here and there.

use hotline_model::TextSpan;
use hotline_text::pinyin::{Syllable, SyllableId, syllable_cost};

use crate::alignment::align;

/// What is left of a cost where the recogniser was not sure at all of what it wrote.
const UNSURE_WEIGHT: f32 = 0.35;

/// A syllable as the recogniser wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sound {
    pub(crate) syllable: Syllable,
    /// How sure the recogniser was of it, 0…1: what it was sure of is less likely to be a mistake for something else.
    pub(crate) p: f32,
}

impl Sound {
    /// What the costs against it are multiplied by.
    pub(crate) fn weight(&self) -> f32 {
        UNSURE_WEIGHT + (1.0 - UNSURE_WEIGHT) * self.p
    }
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

/// Finds the stretch of `heard` that is nearest to the whole of `meant`; `None` if either is empty or if nothing comes
/// within `distance_max`. For phrases of rules, see [`crate::sounded`].
pub(crate) fn nearest(heard: &[Sound], meant: &[Syllable], distance_max: f32) -> Option<SoundAlike> {
    let price = |syllable: usize, place: usize| match (meant.get(syllable), heard.get(place)) {
        (Some(wanted), Some(sound)) => syllable_cost(&sound.syllable, wanted) * sound.weight(),
        _ => 1.0,
    };
    let aligned = align(meant.len(), heard.len(), price, |_| 0.0, distance_max)?;
    let span = heard.get(aligned.first)?.syllable.span.hull(heard.get(aligned.last)?.syllable.span);
    Some(SoundAlike { span, distance: aligned.distance(), syllables: aligned.syllables })
}

/// The character that stands for the sound of `c`, the same for all that are easily taken for one another (see
/// [`hotline_text::pinyin::SyllableId::folded`]); `c` itself where it has no sound.
pub(crate) fn class_of(c: char) -> char {
    const PRIVATE_USE_FIRST: u32 = 0xE000;
    let sound = SyllableId::of_char(c);
    let number = sound.and_then(|sound| u32::try_from(sound.folded().index()).ok());
    number.and_then(|number| char::from_u32(PRIVATE_USE_FIRST + number)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use hotline_text::pinyin::syllables;
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
