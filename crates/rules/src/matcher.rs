//! All phrases of all rules in one automaton: an utterance is read once and every phrase in it is found.

use std::cell::RefCell;
use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use hotline_model::TextSpan;
use hotline_text::pinyin::syllables;

use crate::alignment::Stage;
use crate::skeleton::Skeleton;
use crate::sound::class_of;
use crate::sounded::{Syllabary, SyllableNo};
use crate::wording::Wording;

/// A phrase of the book.
pub(crate) type PhraseId = u32;

/// A phrase that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PhraseHit {
    /// Where, in the utterance's own text.
    pub(crate) span: TextSpan,
    pub(crate) phrase: PhraseId,
    /// Not letter by letter: punctuation, a filler or a gap stood in between.
    pub(crate) variant: bool,
}

/// A phrase of some rule.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    /// For people.
    pub(crate) written: String,
    pub(crate) chars: usize,
    /// Whether it has gaps: then a likeness of it cannot be aligned.
    pub(crate) gaps: bool,
}

/// Collects phrases; the same phrase of two rules is one.
#[derive(Default)]
pub(crate) struct PhraseBookBuilder {
    ids: HashMap<Wording, PhraseId>,
    phrases: Vec<Phrase>,
    /// The stretches of each phrase.
    wordings: Vec<Wording>,
}

impl PhraseBookBuilder {
    /// The phrases that a wording stands for: each spelling of one without gaps; one with gaps is a single phrase.
    pub(crate) fn add(&mut self, wording: Wording) -> Vec<PhraseId> {
        if wording.stretches.len() > 1 {
            return vec![self.phrase(wording)];
        }
        let spellings = wording.stretches.into_iter().flatten();
        spellings.map(|text| self.phrase(Wording::single(text))).collect()
    }

    fn phrase(&mut self, wording: Wording) -> PhraseId {
        if let Some(&id) = self.ids.get(&wording) {
            return id;
        }
        let id = PhraseId::try_from(self.phrases.len()).unwrap_or(PhraseId::MAX);
        let gaps = wording.stretches.len() > 1;
        self.phrases.push(Phrase { written: wording.written(), chars: wording.chars_min(), gaps });
        self.wordings.push(wording.clone());
        self.ids.insert(wording, id);
        id
    }

    /// The book of all phrases as they are written.
    pub(crate) fn build(&self) -> PhraseBook {
        self.build_with(|_| true, &self.wordings)
    }

    /// The book of the phrases that `wanted` picks, as they sound. Phrases keep their numbers.
    pub(crate) fn build_sounds(&self, wanted: impl Fn(PhraseId) -> bool) -> PhraseBook {
        let sound = |text: &String| text.chars().map(class_of).collect::<String>();
        let sounds: Vec<Wording> = self
            .wordings
            .iter()
            .map(|wording| Wording {
                stretches: wording.stretches.iter().map(|all| all.iter().map(sound).collect()).collect(),
                gaps: wording.gaps.clone(),
            })
            .collect();
        PhraseBook { sounds: true, ..self.build_with(wanted, &sounds) }
    }

    /// The sounds of the phrases with gaps, by number; empty for the others.
    pub(crate) fn stages(&self, syllabary: &mut Syllabary) -> Vec<Vec<Stage<SyllableNo>>> {
        let mut stages = |wording: &Wording| {
            if wording.stretches.len() < 2 {
                return Vec::new();
            }
            let gaps = std::iter::once(0).chain(wording.gaps.iter().copied());
            let spell = |(all, gap): (&Vec<String>, usize)| Stage {
                spellings: all.iter().map(|text| syllabary.numbers(&syllables(text))).collect(),
                gap,
            };
            wording.stretches.iter().zip(gaps).map(spell).collect()
        };
        self.wordings.iter().map(&mut stages).collect()
    }

    fn build_with(&self, wanted: impl Fn(PhraseId) -> bool, wordings: &[Wording]) -> PhraseBook {
        let mut parts = Parts::default();
        for (id, wording) in (0..).zip(wordings).filter(|(id, _)| wanted(*id)) {
            let numbers: Vec<Vec<usize>> = wording.stretches.iter().map(|all| parts.numbers(all)).collect();
            let single = numbers.len() == 1;
            let sets: Vec<usize> = if single { Vec::new() } else { numbers.iter().map(|n| parts.set(n)).collect() };
            // A phrase with gaps is tried where its longest stretch is heard: the rarest, as a rule.
            let shortest = |all: &[String]| all.iter().map(|text| text.chars().count()).min().unwrap_or(0);
            let anchor = (0..numbers.len()).max_by_key(|&at| wording.stretches.get(at).map_or(0, |all| shortest(all)));
            let Some(anchor) = anchor else { continue };
            let step = |gap: usize, to: usize| Some(Step { gap: *wording.gaps.get(gap)?, set: *sets.get(to)? });
            let before: Vec<Step> = (0..anchor).rev().filter_map(|at| step(at, at)).collect();
            let after: Vec<Step> = (anchor + 1..numbers.len()).filter_map(|at| step(at - 1, at)).collect();
            let needs = before.iter().chain(&after).map(|step| step.set).next().unwrap_or_default();
            for part in numbers.get(anchor).into_iter().flatten() {
                let Some(uses) = parts.uses.get_mut(*part) else { continue };
                if single {
                    uses.whole.push(id);
                } else {
                    let close = wording.gaps.iter().all(|gap| *gap == 0);
                    uses.chains.push(Chain { phrase: id, needs, before: before.clone(), after: after.clone(), close });
                }
            }
        }
        // A failure means more than 2^31 states; no rule set that can be written is near it.
        let automaton = AhoCorasickBuilder::new().match_kind(MatchKind::Standard).build(&parts.patterns).ok();
        let sets = parts.sets.len();
        PhraseBook { automaton, uses: parts.uses, sets, phrases: self.phrases.clone(), sounds: false }
    }
}

/// The distinct stretches of all phrases: what the automaton looks for.
#[derive(Default)]
struct Parts<'a> {
    ids: HashMap<&'a str, usize>,
    patterns: Vec<&'a str>,
    uses: Vec<PartUses>,
    /// The sets of parts that a step of some chain accepts; each set once.
    sets: HashMap<Vec<usize>, usize>,
}

impl<'a> Parts<'a> {
    /// The number of a set of parts; its members remember it.
    fn set(&mut self, numbers: &[usize]) -> usize {
        if let Some(&set) = self.sets.get(numbers) {
            return set;
        }
        let set = self.sets.len();
        self.sets.insert(numbers.to_vec(), set);
        for part in numbers {
            if let Some(uses) = self.uses.get_mut(*part) {
                uses.sets.push(set);
            }
        }
        set
    }

    fn numbers(&mut self, texts: &'a [String]) -> Vec<usize> {
        let mut numbers: Vec<usize> = texts
            .iter()
            .map(|text| {
                *self.ids.entry(text).or_insert_with(|| {
                    self.patterns.push(text);
                    self.uses.push(PartUses::default());
                    self.patterns.len() - 1
                })
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// What a stretch belongs to.
#[derive(Clone, Debug, Default)]
struct PartUses {
    /// The phrases that are this stretch alone: one, or by sound several.
    whole: Vec<PhraseId>,
    /// The phrases with gaps of which it is the longest stretch.
    chains: Vec<Chain>,
    /// The sets it is in.
    sets: Vec<usize>,
}

/// A phrase with gaps, seen from its longest stretch.
#[derive(Clone, Debug)]
struct Chain {
    phrase: PhraseId,
    /// One of the sets below: most chains lack it, and are not looked at further.
    needs: usize,
    /// The stretches before it, the nearest first.
    before: Vec<Step>,
    /// The stretches after it, the nearest first.
    after: Vec<Step>,
    /// Whether nothing may stand between any of them: then it is judged as a phrase without gaps.
    close: bool,
}

/// At most this many characters on, one of the parts of this set.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap: usize,
    set: usize,
}

/// A part that was heard: its number, and where in the skeleton.
type PartHit = (usize, usize, usize);

thread_local! {
    static BUFFER: RefCell<Buffer> = RefCell::default();
}

/// What looking for phrases needs room for, reused from text to text.
#[derive(Debug, Default)]
struct Buffer {
    skeleton: Skeleton,
    parts: Vec<PartHit>,
    /// By set: the round in which it was last met, and where its places are.
    met: Vec<(u32, u32)>,
    round: u32,
    /// Where the parts of each set that was met stand.
    places: Vec<Vec<(usize, usize)>>,
}

impl Buffer {
    fn begin(&mut self, sets: usize) {
        self.parts.clear();
        if self.met.len() < sets {
            self.met.resize(sets, (0, 0));
        }
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.met.fill((0, 0));
            self.round = 1;
        }
    }

    fn places(&self, set: usize) -> Option<&[(usize, usize)]> {
        let &(round, slot) = self.met.get(set)?;
        (round == self.round).then(|| self.places.get(slot as usize).map(Vec::as_slice))?
    }
}

/// All phrases, ready to be looked for.
#[derive(Debug)]
pub(crate) struct PhraseBook {
    automaton: Option<AhoCorasick>,
    uses: Vec<PartUses>,
    /// How many sets of parts there are.
    sets: usize,
    phrases: Vec<Phrase>,
    /// Whether it is looked for in sounds.
    sounds: bool,
}

impl PhraseBook {
    pub(crate) fn phrase(&self, id: PhraseId) -> Option<&Phrase> {
        self.phrases.get(id as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.phrases.len()
    }

    /// Everything that is heard in `text`, sorted by place.
    pub(crate) fn find(&self, text: &str) -> Vec<PhraseHit> {
        BUFFER.with_borrow_mut(|buffer| self.find_with(text, buffer))
    }

    fn find_with(&self, text: &str, buffer: &mut Buffer) -> Vec<PhraseHit> {
        let mut hits = Vec::new();
        if self.uses.is_empty() {
            return hits;
        }
        buffer.skeleton.fill(text);
        if self.sounds {
            buffer.skeleton.become_sounds();
            self.find_in(buffer, false, &mut hits);
        } else {
            self.find_in(buffer, false, &mut hits);
            // Fillers are left out in two steps, so that a phrase may itself contain 那个 or 就是.
            if buffer.skeleton.drop_murmurs() {
                self.find_in(buffer, true, &mut hits);
            }
            if buffer.skeleton.drop_filler_words() {
                self.find_in(buffer, true, &mut hits);
            }
        }
        hits.sort_unstable();
        hits.dedup_by_key(|hit| (hit.span, hit.phrase));
        hits
    }

    fn find_in(&self, buffer: &mut Buffer, fillers_only: bool, hits: &mut Vec<PhraseHit>) {
        let Some(automaton) = &self.automaton else { return };
        buffer.begin(self.sets);
        let mut chained = false;
        let mut slots = 0;
        for found in automaton.find_overlapping_iter(buffer.skeleton.text()) {
            let part = found.pattern().as_usize();
            let Some(uses) = self.uses.get(part) else { continue };
            for &phrase in &uses.whole {
                let chars = self.phrase(phrase).map_or(0, |phrase| phrase.chars);
                hits.extend(accept(&buffer.skeleton, phrase, chars, found.start(), found.end(), fillers_only));
            }
            if !uses.chains.is_empty() {
                chained = true;
                buffer.parts.push((part, found.start(), found.end()));
            }
            for &set in &uses.sets {
                let Some(met) = buffer.met.get_mut(set) else { continue };
                if met.0 != buffer.round {
                    *met = (buffer.round, slots);
                    match buffer.places.get_mut(slots as usize) {
                        Some(places) => places.clear(),
                        None => buffer.places.push(Vec::new()),
                    }
                    slots += 1;
                }
                if let Some(places) = buffer.places.get_mut(met.1 as usize) {
                    places.push((found.start(), found.end()));
                }
            }
        }
        if chained {
            self.find_chains(buffer, fillers_only, hits);
        }
    }

    fn find_chains(&self, buffer: &Buffer, fillers_only: bool, hits: &mut Vec<PhraseHit>) {
        let skeleton = &buffer.skeleton;
        for &(part, start, end) in &buffer.parts {
            for chain in self.uses.get(part).map_or(&[][..], |uses| uses.chains.as_slice()) {
                // Most chains lack one of their stretches altogether: those cost one look a step.
                if buffer.places(chain.needs).is_none() {
                    continue;
                }
                let back = |at, step: &Step| earlier(skeleton, buffer.places(step.set)?, at, step.gap);
                let on = |at, step: &Step| later(skeleton, buffer.places(step.set)?, at, step.gap);
                if chain.before.iter().chain(&chain.after).any(|step| buffer.places(step.set).is_none()) {
                    continue;
                }
                let Some(start) = chain.before.iter().try_fold(start, back) else { continue };
                let Some(end) = chain.after.iter().try_fold(end, on) else { continue };
                if chain.close {
                    let chars = self.phrase(chain.phrase).map_or(0, |phrase| phrase.chars);
                    hits.extend(accept(skeleton, chain.phrase, chars, start, end, fillers_only));
                    continue;
                }
                let new = !fillers_only || skeleton.filler_within(start, end);
                if new && !skeleton.sentence_ends_within(start, end) {
                    hits.push(PhraseHit { span: skeleton.original(start, end), phrase: chain.phrase, variant: true });
                }
            }
        }
    }
}

/// Where the nearest of `places` begins that ends before `at`, if it is near enough.
fn earlier(skeleton: &Skeleton, places: &[(usize, usize)], at: usize, gap: usize) -> Option<usize> {
    let fits = places.iter().filter(|(_, end)| *end <= at);
    fits.max_by_key(|(start, end)| (*end, std::cmp::Reverse(*start)))
        .filter(|(_, end)| skeleton.chars_between(*end, at) <= gap)
        .map(|(start, _)| *start)
}

/// Where the nearest of `places` ends that begins after `at`, if it is near enough.
fn later(skeleton: &Skeleton, places: &[(usize, usize)], at: usize, gap: usize) -> Option<usize> {
    let fits = places.iter().filter(|(start, _)| *start >= at);
    fits.min_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)))
        .filter(|(start, _)| skeleton.chars_between(at, *start) <= gap)
        .map(|(_, end)| *end)
}

/// Whether a match holds in spite of what stood between its characters. Short phrases must not be put together from two
/// clauses (谢谢你。好的 is no 你好); long ones may bear a comma or even a full stop that the recogniser made up.
fn accept(
    skeleton: &Skeleton,
    phrase: PhraseId,
    chars: usize,
    start: usize,
    end: usize,
    fillers_only: bool,
) -> Option<PhraseHit> {
    if fillers_only && (chars < 3 || !skeleton.filler_within(start, end)) {
        return None;
    }
    let pause = skeleton.pause_within(start, end);
    if (pause && chars < 3) || (chars < 6 && skeleton.sentence_ends_within(start, end)) {
        return None;
    }
    let variant = pause || skeleton.filler_within(start, end);
    Some(PhraseHit { span: skeleton.original(start, end), phrase, variant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::spell;

    fn heard(wordings: &[&str], text: &str) -> Vec<String> {
        let mut builder = PhraseBookBuilder::default();
        for wording in wordings {
            builder.add(spell(wording).unwrap());
        }
        let book = builder.build();
        let hits = book.find(text);
        hits.iter()
            .map(|hit| {
                let words = hit.span.slice(text).unwrap();
                format!("{}{words}", if hit.variant { "~" } else { "" })
            })
            .collect()
    }

    #[test]
    fn punctuation_and_fillers_may_stand_between() {
        assert_eq!(heard(&["不归我管"], "这个不归我管的"), ["不归我管"]);
        assert_eq!(heard(&["不归我管"], "这个不，归我嗯管的"), ["~不，归我嗯管"]);
        assert_eq!(heard(&["不归我管"], "不归那个我就是说管"), ["~不归那个我就是说管"]);
        assert_eq!(heard(&["不归我管"], "不归。我管"), [""; 0]);
        assert_eq!(heard(&["请问有什么可以帮您"], "请问。有什么可以帮您"), ["~请问。有什么可以帮您"]);
    }

    #[test]
    fn short_phrases_are_not_put_together() {
        assert_eq!(heard(&["你好"], "谢谢你，好的"), [""; 0]);
        assert_eq!(heard(&["你好"], "你啊好"), [""; 0]);
        assert_eq!(heard(&["你好"], "妳好"), ["妳好"]);
    }

    #[test]
    fn phrases_may_contain_fillers_themselves() {
        assert_eq!(heard(&["那个谁", "不行就是不行"], "嗯那个谁，不行就是不行"), ["那个谁", "不行就是不行"]);
    }

    #[test]
    fn gaps_are_short_and_stay_in_the_sentence() {
        assert_eq!(heard(&["不归…管"], "这不归我们部门管"), ["~不归我们部门管"]);
        assert_eq!(heard(&["不归…管"], "这不归我。他管"), [""; 0]);
        assert_eq!(heard(&["不归…管"], "不归一二三四五六七管"), [""; 0]);
        assert_eq!(heard(&["我~管不了"], "我真的管不了"), ["~我真的管不了"]);
        assert_eq!(heard(&["我~管不了"], "我是真的管不了"), [""; 0]);
        assert_eq!(heard(&["甲…乙…丙"], "甲一乙二丙"), ["~甲一乙二丙"]);
    }

    #[test]
    fn script_case_and_width_do_not_matter() {
        assert_eq!(heard(&["ok吗"], "ＯＫ嗎"), ["ＯＫ嗎"]);
    }
}
