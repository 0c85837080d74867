//! The organisation's name (REQ-02). Its names come from the settings of the hotline, so they are not in the automaton.

use hotline_model::{Channel, Evidence, Matched, TextSpan};
use hotline_text::pinyin::syllables;
use hotline_text::skeleton;

use super::Question;
use super::absence::not_heard;
use crate::belief::Belief;
use crate::condition::Role;
use crate::context::{Evaluated, Hit, Use};
use crate::listened::{Bounds, Listened};
use crate::reason::Reason;
use crate::sound::{Sound, nearest};

/// Names are what recognisers get wrong most: up to here a likeness counts, up to the second value it leaves a doubt.
const DISTANCE_COUNTS: f32 = 0.25;
const DISTANCE_DOUBT: f32 = 0.4;
/// Short names are found by sound in anything.
const SYLLABLES_MIN: usize = 3;

pub(super) fn run(question: &Question) -> Evaluated {
    let context = question.context;
    let Some(profile) = context.view.organisations.of(context.view.call) else {
        return Evaluated::unknown(Reason::OrganisationUnknown { hotline: context.view.call.meta.hotline.clone() });
    };
    let names = profile.names();
    let mut best: Option<Hit> = None;
    let mut reason = Reason::Plain;
    for part in &question.scope.parts {
        let Some(said) = context.utterance(part.utterance) else { continue };
        let Some(sounded) = context.sounds(part.utterance) else { continue };
        let heard: Vec<Sound> =
            sounded.sounds.iter().filter(|s| part.text.hull(s.syllable.span) == part.text).copied().collect();
        for (span, matched, belief) in names.iter().filter_map(|name| find(&said.text, part.text, &heard, name)) {
            let Some(quote) = context.quote(part.utterance, span, matched) else { continue };
            let listened = match &quote.matched {
                Matched::Phonetic { meant, .. } => context.listened(part.utterance, span, meant, Bounds::NAME),
                _ => Listened::Open,
            };
            if listened == Listened::NotSaid {
                continue;
            }
            let belief = listened.weigh(belief);
            let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
            let belief = if mixed { belief.at_most_unknown() } else { belief };
            if best.as_ref().is_some_and(|best| best.belief >= belief) {
                continue;
            }
            reason = match &quote.matched {
                _ if mixed => Reason::WhoSpokeUnknown,
                Matched::Phonetic { heard, meant, .. } => Reason::SoundsLike {
                    heard: heard.clone(),
                    meant: meant.clone(),
                    listened: listened == Listened::Said,
                },
                _ => Reason::Heard { channel: quote.channel, at: quote.time.start, words: quote.words.clone() },
            };
            let at = Some((part.utterance, span));
            best = Some(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
        }
    }
    match best {
        Some(hit) if question.use_ == Use::Clear || hit.belief.is_true() => {
            let mut found = Evaluated::new(hit.belief, reason).with([hit.evidence.clone()]);
            found.hits.push(hit);
            found
        }
        _ => not_heard(&names.join(" / "), None, question),
    }
}

fn find(text: &str, within: TextSpan, sounds: &[Sound], name: &str) -> Option<(TextSpan, Matched, Belief)> {
    let part = within.slice(text)?;
    let said = skeleton(part);
    let wanted = skeleton(name).text;
    let shift = |span: TextSpan| TextSpan { start: span.start + within.start, end: span.end + within.start };
    if let Some(at) = said.text.find(&wanted).filter(|_| !wanted.is_empty()) {
        let span = shift(said.to_original(TextSpan::new(at, at + wanted.len())));
        return Some((span, Matched::Exact { phrase: name.to_owned() }, Belief::new(0.97)));
    }
    let meant = syllables(&wanted);
    if meant.len() < SYLLABLES_MIN {
        return None;
    }
    let alike = nearest(sounds, &meant, DISTANCE_DOUBT)?;
    let heard = alike.span.slice(text)?.to_owned();
    let belief = if alike.distance <= DISTANCE_COUNTS { 0.85 - alike.distance } else { 0.5 };
    let matched = Matched::Phonetic { heard, meant: name.to_owned(), distance: alike.distance };
    Some((alike.span, matched, Belief::new(belief)))
}
