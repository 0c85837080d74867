//! Phrases that were not heard as written, but by their sound.

use hotline_model::{Channel, Matched, Quote, TextSpan, Utterance};
use hotline_text::fold;
use hotline_text::pinyin::{mean_cost, syllables};

use super::Question;
use crate::belief::Belief;
use crate::compile::{PhraseSearch, PhraseSet};
use crate::condition::{Matching, Role};
use crate::context::{Context, Use};
use crate::guards::cancelled;
use crate::listened::{Bounds, Listened};
use crate::matcher::{PhraseHit, PhraseId};
use crate::sound::{Sound, SoundAlike};
use crate::sounded::{Open, Sounded};

/// A phrase with gaps must have so many more syllables than stretches to be looked for by sound.
const GAPS_SYLLABLES_MIN: usize = 3;
/// Beyond this distance a syllable a likeness is chance.
const DISTANCE_MAX: f32 = 0.34;
/// A forbidden phrase must have this many syllables to be recognised by its sound; one with gaps more, because short
/// stretches are found in anything.
const CHARGE_SYLLABLES_MIN: usize = 4;
const CHARGE_SYLLABLES_MIN_WITH_GAPS: usize = 6;
/// And sound this much alike, a syllable.
const CHARGE_DISTANCE_MAX: f32 = 0.1;
/// From this many syllables that all sound the same, the phrase was said.
const SAME_SYLLABLES_MIN: usize = 5;
const SAME_DISTANCE_MAX: f32 = 0.03;
/// The recogniser must have been no surer than this of the characters that differ: 没这 for 没辙 is a mistake, 没这个 is not.
const MISHEARD_P_MAX: f32 = 0.7;

/// Something that sounds like a phrase.
pub(super) struct Likeness {
    pub(super) belief: Belief,
    pub(super) quote: Quote,
}

/// What sounds most like a phrase of `set`, if likeness counts at all for this test; with [`Belief::FALSE`] if it is too far
/// off to count.
pub(super) fn find(set: &PhraseSet, search: &PhraseSearch, question: &Question) -> Option<Likeness> {
    let found = match (question.use_, search.matching) {
        (_, Matching::Exact) | (Use::Setting, _) | (Use::Charge, Matching::Variant) => None,
        (Use::Charge, Matching::Phonetic) => by_class(set, search, question),
        (Use::Clear, Matching::Variant | Matching::Phonetic) => by_alignment(set, search, question),
    }?;
    let mixed = found.quote.channel == Channel::Mixed && question.role != Role::All;
    let belief = if mixed { found.belief.at_most_unknown() } else { found.belief };
    Some(Likeness { belief, ..found })
}

/// For a charge: every syllable must sound the same or nearly so, and the recogniser must have been in doubt.
fn by_class(set: &PhraseSet, search: &PhraseSearch, question: &Question) -> Option<Likeness> {
    let context = question.context;
    let mut best: Option<Likeness> = None;
    for part in &question.scope.parts {
        let Some(said) = context.utterance(part.utterance) else { continue };
        let sounded = context.sounded.get(part.utterance as usize).map_or(&[][..], Vec::as_slice);
        for hit in sounded.iter().filter(|hit| set.contains(hit.phrase) && within(hit.span, part.text)) {
            let Some(phrase) = context.compiled.book.phrase(hit.phrase) else { continue };
            let enough = if phrase.gaps { CHARGE_SYLLABLES_MIN_WITH_GAPS } else { CHARGE_SYLLABLES_MIN };
            if phrase.chars < enough || is_void(said, part.utterance, hit.span, search, question) {
                continue;
            }
            let Some(words) = hit.span.slice(&said.text) else { continue };
            let distance = if phrase.gaps {
                CHARGE_DISTANCE_MAX
            } else {
                mean_cost(&syllables(words), &syllables(&phrase.written))
            };
            if distance > CHARGE_DISTANCE_MAX {
                continue;
            }
            // So many syllables that all sound the same are no chance, however sure the recogniser was of its characters; short of that, somebody has to listen.
            let same = distance <= SAME_DISTANCE_MAX && phrase.chars >= SAME_SYLLABLES_MIN && !phrase.gaps;
            // The very words were weighed where they were found.
            let other_words = !words.chars().filter(|c| c.is_alphanumeric()).eq(phrase.written.chars());
            if !(same && other_words) && doubt(said, hit, &phrase.written, phrase.gaps) > MISHEARD_P_MAX {
                continue;
            }
            let listened = context.listened(part.utterance, hit.span, &phrase.written, Bounds::CHARGE);
            if listened == Listened::NotSaid {
                continue;
            }
            let belief = listened.weigh(Belief::new(if same { 0.64 } else { 0.55 }));
            let matched = Matched::Phonetic { heard: words.to_owned(), meant: phrase.written.clone(), distance };
            if best.as_ref().is_none_or(|best| best.belief < belief) {
                best = context.quote(part.utterance, hit.span, matched).map(|quote| Likeness { belief, quote });
            }
        }
    }
    best
}

/// How sure the recogniser was of the characters that are not those of the phrase; of all, where that cannot be told.
fn doubt(said: &Utterance, hit: &PhraseHit, written: &str, gaps: bool) -> f32 {
    let Some(words) = hit.span.slice(&said.text) else { return 1.0 };
    let spoken = words.char_indices().filter(|(_, c)| c.is_alphanumeric());
    let mut meant = written.chars();
    let mut least: Option<f32> = None;
    for (at, c) in spoken {
        let same = !gaps && meant.next() == fold(c.encode_utf8(&mut [0; 4])).text.chars().next();
        if !same {
            let start = hit.span.range().start + at;
            let p = said.certainty_of(TextSpan::new(start, start + c.len_utf8()));
            least = Some(least.map_or(p, |least: f32| least.min(p)));
        }
    }
    least.unwrap_or(1.0)
}

/// For what clears the agent: the nearest alignment, with wrong, lost and extra syllables.
fn by_alignment(set: &PhraseSet, search: &PhraseSearch, question: &Question) -> Option<Likeness> {
    let context = question.context;
    let mut best: Option<(f32, SoundAlike, u32, PhraseId)> = None;
    for part in &question.scope.parts {
        let Some((said, sounded)) = context.utterance(part.utterance).zip(context.sounds(part.utterance)) else {
            continue;
        };
        let void = void_places(said, part.utterance, search, question);
        let open = Open::of(sounded, |sound: &Sound| {
            let span = sound.syllable.span;
            within(span, part.text) && !void.iter().any(|place| place.overlaps(span))
        });
        for &id in &set.list {
            // What cannot beat the best so far need not be aligned to the end.
            let highest = best.as_ref().map(|(rank, ..)| *rank);
            if let Some((rank, alike)) = fit(id, sounded, &open, highest, context)
                && highest.is_none_or(|highest| rank > highest)
                && !spans_sentences(said, &alike)
                && !ruled_out(part.utterance, &alike, id, context)
            {
                best = Some((rank, alike, part.utterance, id));
            }
        }
    }
    let (_, alike, utterance, id) = best?;
    let said = context.utterance(utterance)?;
    let meant = context.compiled.book.phrase(id)?.written.clone();
    let heard = alike.span.slice(&said.text)?.to_owned();
    let listened = context.listened(utterance, alike.span, &meant, Bounds::CLEAR);
    let matched = Matched::Phonetic { heard, meant, distance: alike.distance };
    let quote = context.quote(utterance, alike.span, matched)?;
    let belief = match plausible(&alike, said) {
        belief if belief == Belief::FALSE && may_be_garbled(&alike, said) => Belief::UNKNOWN,
        belief => belief,
    };
    Some(Likeness { belief: listened.weigh(belief), quote })
}

/// Whether somebody has listened again and it was not the phrase.
fn ruled_out(utterance: u32, alike: &SoundAlike, id: PhraseId, context: &Context) -> bool {
    let Some(phrase) = context.compiled.book.phrase(id) else { return false };
    context.listened(utterance, alike.span, &phrase.written, Bounds::CLEAR) == Listened::NotSaid
}

/// Whether most of a phrase is there and the recogniser was unsure of the rest: then nobody can say that it is missing.
fn may_be_garbled(alike: &SoundAlike, said: &Utterance) -> bool {
    let (distance_max, p_max) = match alike.syllables {
        // So little is found in anything.
        0..=2 => return false,
        3 => (0.2, 0.4),
        4 => (0.27, 0.5),
        _ => (0.28, 0.5),
    };
    alike.distance <= distance_max && said.certainty_of(alike.span) < p_max
}

/// What sounds like a phrase, with its rank: the nearer and the longer, the higher.
fn fit(
    id: PhraseId,
    sounded: &Sounded,
    open: &Open,
    highest: Option<f32>,
    context: &Context,
) -> Option<(f32, SoundAlike)> {
    let compiled = context.compiled;
    let sounds = || {
        let meant = compiled.sounds.get(id as usize).map_or(&[][..], Vec::as_slice);
        (meant, compiled.stages.get(id as usize).map_or(&[][..], Vec::as_slice))
    };
    if !sounded.may_hold(id as usize, sounds, DISTANCE_MAX) {
        return None;
    }
    let (meant, stages) = sounds();
    let too_long = stages.is_empty() && meant.len() > open.len() + 1;
    if too_long || !open.may_hold(meant, stages, &compiled.syllabary) {
        return None;
    }
    if stages.is_empty() {
        let most = highest.map_or(DISTANCE_MAX, |rank| (1.0 - 0.5 / meant.len() as f32 - rank).min(DISTANCE_MAX));
        let alike = sounded.allows(meant, most).then(|| sounded.nearest(open, meant, most, &compiled.syllabary))??;
        return Some((1.0 - alike.distance - 0.5 / alike.syllables as f32, alike));
    }
    let found = sounded.nearest_with_gaps(open, stages, DISTANCE_MAX, &compiled.syllabary)?;
    // Short stretches are found in anything, and each gap makes it easier: the alignment counts as one of a shorter phrase.
    let syllables = found.syllables.saturating_sub(stages.len());
    let alike = SoundAlike { syllables, ..found };
    (syllables >= GAPS_SYLLABLES_MIN).then(|| (1.0 - alike.distance - 0.5 / syllables as f32, alike))
}

/// How far an alignment makes it believable that the phrase was said. The longer the phrase, the less likely that so much
/// of it is heard by chance.
fn plausible(alike: &SoundAlike, said: &Utterance) -> Belief {
    let belief = match (alike.syllables, alike.distance) {
        (9.., d) if d <= 0.18 => 0.8 - d,
        (6..=8, d) if d <= 0.14 => 0.78 - d,
        (5, d) if d <= 0.1 => 0.75 - d,
        (4, d) if d <= 0.07 => 0.72 - d,
        (3, d) if d <= 0.05 => 0.66 - d,
        (2, 0.0) if said.certainty_of(alike.span) < MISHEARD_P_MAX => 0.62,
        (9.., d) if d <= 0.33 => 0.5,
        (6..=8, d) if d <= 0.24 => 0.5,
        (5, d) if d <= 0.2 => 0.5,
        (4, d) if d <= 0.15 => 0.5,
        (3, d) if d <= 0.1 => 0.5,
        (2, 0.0) => 0.5,
        _ => 0.0,
    };
    Belief::new(belief)
}

fn within(span: TextSpan, text: TextSpan) -> bool {
    span.start >= text.start && span.end <= text.end
}

/// Whether what stands at `span` was heard rightly as something that does not count: a longer wording, or words that were
/// denied, told or asked.
fn is_void(said: &Utterance, utterance: u32, span: TextSpan, search: &PhraseSearch, question: &Question) -> bool {
    void_places(said, utterance, search, question).iter().any(|place| place.overlaps(span))
        || (question.use_ == Use::Charge && cancelled(&said.text, span, &search.ignore).is_some())
}

/// Where something was heard rightly that does not count.
fn void_places(said: &Utterance, utterance: u32, search: &PhraseSearch, question: &Question) -> Vec<TextSpan> {
    let heard = question.context.heard.get(utterance as usize).map_or(&[][..], Vec::as_slice);
    let longer = |hit: &PhraseHit| search.not_in.contains(hit.phrase);
    let listed = |hit: &PhraseHit| search.items.iter().any(|set| set.contains(hit.phrase));
    let void =
        |hit: &&PhraseHit| longer(hit) || (listed(hit) && cancelled(&said.text, hit.span, &search.ignore).is_some());
    heard.iter().filter(void).map(|hit| hit.span).collect()
}

/// A short phrase must not be put together from two sentences.
fn spans_sentences(said: &Utterance, alike: &SoundAlike) -> bool {
    let ends = |c: char| matches!(c, '。' | '！' | '!' | '？' | '?' | '；' | ';');
    alike.syllables < 6 && alike.span.slice(&said.text).is_some_and(|words| words.contains(ends))
}
