//! Personal data (FRB-11): found by `hotline_text::entities`, weighed here.

use hotline_model::{CallTime, Channel, Evidence, Matched};
use hotline_text::entities::{EntityKind, spoken_digits};

use super::Question;
use crate::belief::Belief;
use crate::condition::{EntityTest, Role};
use crate::context::{Evaluated, Hit, Use};
use crate::entities::FoundEntity;
use crate::reason::Reason;

/// Two numbers share what was said if a stretch of this many characters of one lies in the other.
const SHARED_CHARS_MIN: usize = 4;

pub(super) fn run(test: &EntityTest, question: &Question) -> Evaluated {
    let context = question.context;
    let entities = context.entities();
    let mut hits: Vec<Hit> = Vec::new();
    let mut values: Vec<&str> = Vec::new();
    let mut reason = Reason::Plain;
    for entity in entities.iter().filter(|entity| test.kinds.contains(&entity.kind)) {
        let within = question.scope.parts.iter().any(|part| {
            part.utterance == entity.utterance
                && part.text.start <= entity.text.start
                && entity.text.end <= part.text.end
        });
        if !within || test.unless_said_by.is_some_and(|role| said_before(entity, role, entities, question)) {
            continue;
        }
        let matched = Matched::Pattern { pattern: entity.kind.name().to_owned() };
        let Some(quote) = context.quote(entity.utterance, entity.text, matched) else { continue };
        let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
        let sure = context.utterance(entity.utterance).map_or(0.5, |said| said.certainty_of(entity.text));
        let belief = Belief::new(entity.certainty * (0.75 + 0.25 * sure));
        let lost = test.unless_said_by.map_or(0, |role| lost_before(quote.time.start, role, question));
        let belief = if mixed || lost > 0 { belief.at_most_unknown() } else { belief };
        if hits.is_empty() {
            reason = if mixed {
                Reason::WhoSpokeUnknown
            } else if lost > 0 {
                Reason::SpeechLost { ms: lost }
            } else {
                Reason::Heard { channel: quote.channel, at: quote.time.start, words: quote.words.clone() }
            };
        }
        // A number spread over several utterances is one thing.
        if !values.contains(&entity.value.as_str()) {
            values.push(&entity.value);
        }
        let at = Some((entity.utterance, entity.text));
        hits.push(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
    }
    if values.len() < test.at_least as usize {
        if question.scope.open && question.use_ != Use::Setting {
            return Evaluated::unknown(Reason::NotYet);
        }
        let evidence = hits.iter().map(|hit| hit.evidence.clone()).collect::<Vec<_>>();
        return Evaluated::new(Belief::new(0.08), Reason::NothingFound { what: "entity" }).with(evidence);
    }
    let belief = hits.iter().map(|hit| hit.belief).fold(Belief::FALSE, Belief::or);
    let evidence = hits.iter().map(|hit| hit.evidence.clone()).collect();
    let times_true = u32::try_from(values.len()).unwrap_or(u32::MAX) / test.at_least.max(1);
    Evaluated { belief, reason, evidence, hits, times_true, times_false: 1 }
}

/// Whether `role` said it, or a part of it that nobody guesses, before this place: repeating is no giving away, also where the
/// recogniser heard one of the two wrong in places.
fn said_before(entity: &FoundEntity, role: Role, all: &[FoundEntity], question: &Question) -> bool {
    let by_role = |utterance: u32| {
        question.context.utterance(utterance).is_some_and(|u| role == Role::All || u.channel == role.channel())
    };
    let place = (entity.utterance, entity.text.start);
    let named = all
        .iter()
        .filter(|other| (other.utterance, other.text.start) < place && by_role(other.utterance))
        .any(|other| entity.value == other.value || entity.kind.is_personal() && shares(&entity.value, &other.value));
    // A number that nobody could tell for one, because the recogniser lost part of it, was said all the same.
    let number = matches!(entity.kind, EntityKind::Phone | EntityKind::IdCard | EntityKind::BankCard);
    let digits =
        |utterance: u32| question.context.utterance(utterance).map(|u| spoken_digits(&u.text)).unwrap_or_default();
    named
        || number
            && (0..entity.utterance)
                .filter(|utterance| by_role(*utterance))
                .any(|utterance| digits(utterance).iter().any(|run| shares(&entity.value, run)))
}

/// Milliseconds that `role` spoke before `time` and nobody could make out.
fn lost_before(time: CallTime, role: Role, question: &Question) -> u32 {
    let gaps = question.context.view.transcript.gaps.iter();
    let lost = gaps.filter(|gap| gap.span.start < time && (role == Role::All || gap.channel == role.channel()));
    lost.map(|gap| gap.span.len_ms()).sum()
}

/// Whether a stretch of [`SHARED_CHARS_MIN`] characters (or the whole, if that is shorter) of one lies in the other.
fn shares(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let chars: Vec<char> = short.chars().collect();
    let size = SHARED_CHARS_MIN.min(chars.len());
    size > 1 && chars.windows(size).any(|stretch| long.contains(&stretch.iter().collect::<String>()))
}
