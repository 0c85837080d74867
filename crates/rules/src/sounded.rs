//! An utterance by its sounds, and what each syllable of the phrases costs against each of them: worked out once, used by all phrases of all rules.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use hotline_text::pinyin::{Syllable, SyllableId, costs};

use crate::alignment::{Aligned, LOST, ROUNDING, Stage, align, align_with_gaps};
use crate::sound::{Sound, SoundAlike};

/// The number of a syllable in a [`Syllabary`].
pub(crate) type SyllableNo = u16;

/// The distinct syllables that phrases are made of, numbered.
#[derive(Debug, Default)]
pub(crate) struct Syllabary {
    numbers: HashMap<Vec<SyllableId>, SyllableNo>,
    /// By number.
    readings: Vec<Vec<SyllableId>>,
}

impl Syllabary {
    /// The numbers of some syllables; new ones are entered.
    pub(crate) fn numbers(&mut self, syllables: &[Syllable]) -> Vec<SyllableNo> {
        let number = |syllable: &Syllable| match self.numbers.get(syllable.readings()) {
            Some(&number) => number,
            None => {
                // There are some hundreds of syllables and as many pairs of readings; a number beyond fits nothing.
                let number = SyllableNo::try_from(self.readings.len()).unwrap_or(SyllableNo::MAX);
                self.numbers.insert(syllable.readings().to_vec(), number);
                self.readings.push(syllable.readings().to_vec());
                number
            }
        };
        syllables.iter().map(number).collect()
    }
}

/// Whether a phrase may be found at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    NotAsked,
    None,
    Some,
}

/// An utterance by its sounds.
#[derive(Debug)]
pub(crate) struct Sounded {
    pub(crate) sounds: Vec<Sound>,
    /// What each syllable costs for each sound, in hundredths, before the recogniser's certainty: a table a sound.
    tables: Vec<Cow<'static, [u8]>>,
    /// The least each syllable of the syllabary costs, wherever it is looked for: a bound that spares most alignments.
    least: Vec<f32>,
    /// Whether a syllable of the same class is among the sounds.
    present: Vec<bool>,
    /// Whether a phrase may be found, by its number.
    chances: RefCell<Vec<Chance>>,
    /// What each syllable of the syllabary costs for each sound, from the first time it is asked for: a row of sounds for each syllable.
    prices: RefCell<Prices>,
}

#[derive(Debug, Default)]
struct Prices {
    known: Vec<bool>,
    rows: Vec<f32>,
}

impl Sounded {
    pub(crate) fn new(sounds: Vec<Sound>, syllabary: &Syllabary) -> Sounded {
        let tables: Vec<Cow<'static, [u8]>> = sounds.iter().map(table).collect();
        let mut floor = vec![LOST; SyllableId::count()];
        for (table, sound) in tables.iter().zip(&sounds) {
            let weight = sound.weight() / 100.0;
            for (least, cost) in floor.iter_mut().zip(table.iter()) {
                *least = least.min(f32::from(*cost) * weight);
            }
        }
        let lowest = |readings: &Vec<SyllableId>| {
            readings.iter().map(|id| floor.get(id.index()).copied().unwrap_or(LOST)).fold(LOST, f32::min)
        };
        let least = syllabary.readings.iter().map(lowest).collect();
        let classes = Classes::of(&sounds);
        let present = syllabary.readings.iter().map(|readings| classes.has(readings)).collect();
        Sounded { sounds, tables, least, present, chances: RefCell::default(), prices: RefCell::default() }
    }

    /// Finds the stretch nearest to a phrase among the sounds at `open`; `None` if nothing comes within `distance_max`.
    pub(crate) fn nearest(
        &self,
        open: &Open,
        meant: &[SyllableNo],
        distance_max: f32,
        syllabary: &Syllabary,
    ) -> Option<SoundAlike> {
        self.prepare(meant, syllabary);
        let prices = self.prices.borrow();
        let price = |syllable: usize, place: usize| {
            meant.get(syllable).and_then(|no| self.price(&prices, *no, open.sound(place))).unwrap_or(1.0)
        };
        let least = |syllable: usize| meant.get(syllable).map_or(0.0, |no| self.least_of(*no));
        self.alike(open, align(meant.len(), open.len(), price, least, distance_max)?)
    }

    /// As [`Sounded::nearest`], for a phrase with gaps.
    pub(crate) fn nearest_with_gaps(
        &self,
        open: &Open,
        stages: &[Stage<SyllableNo>],
        distance_max: f32,
        syllabary: &Syllabary,
    ) -> Option<SoundAlike> {
        stages.iter().flat_map(|stage| &stage.spellings).for_each(|spelling| self.prepare(spelling, syllabary));
        let prices = self.prices.borrow();
        let price = |no: &SyllableNo, place: usize| self.price(&prices, *no, open.sound(place)).unwrap_or(1.0);
        self.alike(open, align_with_gaps(stages, open.len(), price, |no| self.least_of(*no), distance_max)?)
    }

    /// Works out the prices of these syllables, where it has not been done.
    fn prepare(&self, meant: &[SyllableNo], syllabary: &Syllabary) {
        let mut prices = self.prices.borrow_mut();
        let Prices { known, rows } = &mut *prices;
        if known.is_empty() {
            known.resize(syllabary.readings.len(), false);
            rows.resize(syllabary.readings.len() * self.sounds.len(), 0.0);
        }
        for &no in meant {
            let no = usize::from(no);
            let (Some(known), Some(readings)) = (known.get_mut(no), syllabary.readings.get(no)) else { continue };
            if std::mem::replace(known, true) {
                continue;
            }
            let row = rows.iter_mut().skip(no * self.sounds.len());
            for ((price, table), sound) in row.zip(&self.tables).zip(&self.sounds) {
                let costs = readings.iter().filter_map(|id| table.get(id.index()));
                let cost = costs.fold(100, |least: u8, cost| least.min(*cost));
                *price = f32::from(cost) / 100.0 * sound.weight();
            }
        }
    }

    /// Whether a phrase can be found within a distance.
    pub(crate) fn allows(&self, meant: &[SyllableNo], distance_max: f32) -> bool {
        self.least(meant) <= distance_max * meant.len() as f32 + ROUNDING
    }

    /// Whether a phrase (one without gaps has no stages) may be found in the utterance at all; worked out once a phrase, from its sounds.
    pub(crate) fn may_hold<'p>(
        &self,
        phrase: usize,
        sounds: impl FnOnce() -> (&'p [SyllableNo], &'p [Stage<SyllableNo>]),
        distance_max: f32,
    ) -> bool {
        if let Some(chance) = self.chances.borrow().get(phrase).filter(|chance| **chance != Chance::NotAsked) {
            return *chance == Chance::Some;
        }
        let (meant, stages) = sounds();
        let holds = if stages.is_empty() {
            meant.len() >= 2 && self.allows(meant, distance_max) && half(meant, |no| self.is_present(no))
        } else {
            self.allows_stages(stages, distance_max) && half_of_stages(stages, |no| self.is_present(no))
        };
        let mut chances = self.chances.borrow_mut();
        if chances.len() <= phrase {
            chances.resize(phrase + 1, Chance::NotAsked);
        }
        if let Some(chance) = chances.get_mut(phrase) {
            *chance = if holds { Chance::Some } else { Chance::None };
        }
        holds
    }

    fn price(&self, prices: &Prices, no: SyllableNo, place: usize) -> Option<f32> {
        prices.rows.get(usize::from(no) * self.sounds.len() + place).copied()
    }

    fn is_present(&self, no: SyllableNo) -> bool {
        self.present.get(usize::from(no)).copied().unwrap_or(false)
    }

    /// The least that all of `meant` can cost.
    fn least(&self, meant: &[SyllableNo]) -> f32 {
        meant.iter().map(|no| self.least_of(*no)).sum()
    }

    fn least_of(&self, no: SyllableNo) -> f32 {
        self.least.get(usize::from(no)).copied().unwrap_or(LOST)
    }

    fn allows_stages(&self, stages: &[Stage<SyllableNo>], distance_max: f32) -> bool {
        // Each stretch takes the spelling that leaves most to spend on the others.
        let over = |spelling: &Vec<SyllableNo>| self.least(spelling) - distance_max * spelling.len() as f32;
        let least = |stage: &Stage<SyllableNo>| stage.spellings.iter().map(over).fold(f32::INFINITY, f32::min);
        stages.iter().map(least).sum::<f32>() <= ROUNDING
    }

    fn alike(&self, open: &Open, aligned: Aligned) -> Option<SoundAlike> {
        let first = self.sounds.get(open.sound(aligned.first))?;
        let last = self.sounds.get(open.sound(aligned.last))?;
        let span = first.syllable.span.hull(last.syllable.span);
        Some(SoundAlike { span, distance: aligned.distance(), syllables: aligned.syllables })
    }
}

/// What each syllable costs for a sound, by the reading that fits best.
fn table(sound: &Sound) -> Cow<'static, [u8]> {
    match sound.syllable.readings() {
        [id] => Cow::Borrowed(costs(*id)),
        readings => {
            let mut least = vec![100u8; SyllableId::count()];
            for id in readings {
                least.iter_mut().zip(costs(*id)).for_each(|(least, cost)| *least = (*least).min(*cost));
            }
            Cow::Owned(least)
        }
    }
}

/// At least half of the syllables of `meant` occur, in whatever order: with less in common nothing can pass for it.
fn half(meant: &[SyllableNo], occurs: impl Fn(SyllableNo) -> bool) -> bool {
    meant.iter().filter(|no| occurs(**no)).count() * 2 >= meant.len()
}

fn half_of_stages(stages: &[Stage<SyllableNo>], occurs: impl Fn(SyllableNo) -> bool) -> bool {
    stages.iter().all(|stage| stage.spellings.iter().any(|spelling| half(spelling, &occurs)))
}

/// The sounds of an utterance among which is looked.
#[derive(Debug)]
pub(crate) struct Open {
    /// Their places; `None` where it is all of them.
    places: Option<Vec<usize>>,
    classes: Classes,
    len: usize,
}

impl Open {
    /// The sounds that `open` picks.
    pub(crate) fn of(sounded: &Sounded, open: impl Fn(&Sound) -> bool) -> Open {
        let places: Vec<usize> =
            sounded.sounds.iter().enumerate().filter(|(_, sound)| open(sound)).map(|(place, _)| place).collect();
        let len = places.len();
        if len == sounded.sounds.len() {
            return Open { places: None, classes: Classes::default(), len };
        }
        let classes = Classes::of(places.iter().filter_map(|place| sounded.sounds.get(*place)));
        Open { places: Some(places), classes, len }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether a phrase that the whole utterance may hold may be held by these.
    pub(crate) fn may_hold(&self, meant: &[SyllableNo], stages: &[Stage<SyllableNo>], syllabary: &Syllabary) -> bool {
        if self.places.is_none() {
            return true;
        }
        let occurs =
            |no: SyllableNo| syllabary.readings.get(usize::from(no)).is_some_and(|readings| self.classes.has(readings));
        if stages.is_empty() { half(meant, occurs) } else { half_of_stages(stages, occurs) }
    }

    /// The place in the utterance of the one at `at` among these.
    fn sound(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places.get(at).copied().unwrap_or(usize::MAX))
    }
}

/// The classes of sounds that occur, as bits.
#[derive(Clone, Debug, Default)]
struct Classes(Vec<u64>);

impl Classes {
    fn of<'s>(sounds: impl IntoIterator<Item = &'s Sound>) -> Classes {
        let mut bits = vec![0u64; SyllableId::count() / 64 + 1];
        let readings = sounds.into_iter().flat_map(|sound| sound.syllable.readings());
        for class in readings.map(|id| id.folded().index()) {
            if let Some(word) = bits.get_mut(class / 64) {
                *word |= 1 << (class % 64);
            }
        }
        Classes(bits)
    }

    fn has(&self, readings: &[SyllableId]) -> bool {
        readings.iter().any(|id| {
            let class = id.folded().index();
            self.0.get(class / 64).is_some_and(|word| word >> (class % 64) & 1 == 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use hotline_text::pinyin::syllables;
    use proptest::prelude::*;

    use super::*;
    use crate::sound::nearest;

    fn sounds(text: &str, p: f32) -> Vec<Sound> {
        syllables(text).into_iter().map(|syllable| Sound { syllable, p }).collect()
    }

    #[test]
    fn stretches_with_gaps_are_found_in_spite_of_mistakes() {
        let mut syllabary = Syllabary::default();
        let mut stage = |spellings: &[&str]| {
            let spellings = spellings.iter().map(|text| syllabary.numbers(&syllables(text))).collect();
            Stage { spellings, gap: 2 }
        };
        let wanted = [stage(&["还有", "另外"]), stage(&["其他", "别的"]), stage(&["可以帮您", "需要"])];
        let find = |heard: &str| {
            let sounded = Sounded::new(sounds(heard, 0.6), &syllabary);
            let all = Open::of(&sounded, |_| true);
            sounded.nearest_with_gaps(&all, &wanted, 0.34, &syllabary).map(|found| found.distance)
        };
        assert!(find("请问还有什么其他需要吗").unwrap() < 0.1);
        assert!(find("请问海有其它可以邦您的吗").unwrap() < 0.15);
        assert_eq!(find("我家的宽带昨天就断了"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn only_open_sounds_are_looked_at() {
        let mut syllabary = Syllabary::default();
        let wanted = syllabary.numbers(&syllables("请稍等"));
        let sounded = Sounded::new(sounds("请稍等一下", 1.0), &syllabary);
        let find = |open: &Open| sounded.nearest(open, &wanted, 0.3, &syllabary).map(|found| found.span.len());
        assert_eq!(find(&Open::of(&sounded, |_| true)), Some(9));
        let after = Open::of(&sounded, |sound| sound.syllable.span.start >= 6);
        assert_eq!(find(&after), None);
        assert!(sounded.may_hold(0, || (&wanted, &[]), 0.3) && !after.may_hold(&wanted, &[], &syllabary));
    }

    proptest! {
        #[test]
        fn it_finds_what_is_found_without_tables(heard in "[一-龥]{0,12}", meant in "[一-龥]{1,5}", p in 0.0f32..1.0, most in 0.05f32..0.6) {
            let mut syllabary = Syllabary::default();
            syllabary.numbers(&syllables("先有别的音节"));
            let (heard, wanted) = (sounds(&heard, p), syllables(&meant));
            let numbers = syllabary.numbers(&wanted);
            let sounded = Sounded::new(heard.clone(), &syllabary);
            let found = nearest(&heard, &wanted, most);
            prop_assert_eq!(sounded.nearest(&Open::of(&sounded, |_| true), &numbers, most, &syllabary), found);
            if found.is_some() {
                let stages = [Stage { spellings: vec![numbers.clone()], gap: 0 }];
                prop_assert!(sounded.allows(&numbers, most) && sounded.allows_stages(&stages, most));
            }
        }
    }
}
