//! Personal data (FRB-11): found by whoever the judge was given for it, weighed here.

use hotline_model::{Channel, Evidence, Matched};

use super::Question;
use crate::belief::Belief;
use crate::condition::{EntityKind, EntityTest, Role};
use crate::context::{Evaluated, Hit, Use};
use crate::entities::FoundEntity;
use crate::reason::Reason;

/// Two numbers share what was said if the shorter one, of at least this many characters, lies in the longer.
const SHARED_CHARS_MIN: usize = 4;

pub(super) fn run(test: &EntityTest, question: &Question) -> Evaluated {
    let context = question.context;
    let Some(entities) = context.entities() else { return Evaluated::unknown(Reason::NoEntityFinder) };
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
        let matched = Matched::Pattern { pattern: entity.kind.word().to_owned() };
        let Some(quote) = context.quote(entity.utterance, entity.text, matched) else { continue };
        let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
        let sure = context.utterance(entity.utterance).map_or(0.5, |said| said.certainty_of(entity.text));
        let belief = Belief::new(entity.certainty * (0.75 + 0.25 * sure));
        let belief = if mixed { belief.at_most_unknown() } else { belief };
        if hits.is_empty() {
            reason = if mixed {
                Reason::WhoSpokeUnknown
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

/// Whether `role` said it, or a part of it that nobody guesses, before this place: repeating is no giving away.
fn said_before(entity: &FoundEntity, role: Role, all: &[FoundEntity], question: &Question) -> bool {
    let context = question.context;
    let place = (entity.utterance, entity.text.start);
    let by_role = |utterance: u32| {
        context.utterance(utterance).is_some_and(|u| match role {
            Role::All => true,
            role => u.channel == role.channel(),
        })
    };
    all.iter().filter(|other| (other.utterance, other.text.start) < place && by_role(other.utterance)).any(|other| {
        same(&entity.value, &other.value) || entity.kind != EntityKind::Amount && shares(&entity.value, &other.value)
    })
}

fn same(a: &str, b: &str) -> bool {
    a == b
}

fn shares(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.chars().count() >= SHARED_CHARS_MIN && long.contains(short)
}
