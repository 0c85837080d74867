//! Saying again what was said before: an agent who parrots, a customer who has to say it twice.

use hotline_model::{Channel, Evidence, Matched, TextSpan};
use hotline_text::skeleton;

use super::Question;
use crate::belief::Belief;
use crate::condition::{RepeatTest, Role};
use crate::context::{Evaluated, Hit, Use};
use crate::reason::Reason;

pub(super) fn run(test: &RepeatTest, question: &Question) -> Evaluated {
    let context = question.context;
    if context.mixed && (question.role != Role::All || test.of != Role::All) {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let mut hits: Vec<Hit> = Vec::new();
    for part in &question.scope.parts {
        let Some(said) = context.utterance(part.utterance) else { continue };
        let Some(own) = part.text.slice(&said.text) else { continue };
        let own_skeleton = skeleton(own);
        let first = part.utterance.saturating_sub(test.within_utterances);
        let before = (first..part.utterance).filter_map(|at| context.utterance(at));
        let theirs = before.filter(|u| test.of == Role::All || u.channel == test.of.channel());
        let mut longest: Option<(usize, usize)> = None;
        for other in theirs {
            let found = common(&own_skeleton.text, &skeleton(&other.text).text);
            if found.is_some_and(|(_, len)| longest.is_none_or(|(_, most)| len > most)) {
                longest = found;
            }
        }
        let Some((start, len)) = longest else { continue };
        let words: String = own_skeleton.text.chars().skip(start).take(len).collect();
        if len < test.chars as usize {
            continue;
        }
        let start = own_skeleton.text.char_indices().nth(start).map_or(0, |(at, _)| at);
        let span = own_skeleton.to_original(TextSpan::new(start, start + words.len()));
        let span = TextSpan { start: span.start + part.text.start, end: span.end + part.text.start };
        let matched = Matched::Pattern { pattern: "repeat".to_owned() };
        let Some(quote) = context.quote(part.utterance, span, matched) else { continue };
        let belief = Belief::new(0.7 + 0.25 * said.certainty_of(span));
        let at = Some((part.utterance, span));
        hits.push(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
    }
    let evidence: Vec<Evidence> = hits.iter().map(|hit| hit.evidence.clone()).collect();
    if hits.len() < test.at_least as usize {
        if question.scope.open && question.use_ != Use::Setting {
            return Evaluated::unknown(Reason::NotYet);
        }
        let belief = if hits.is_empty() { Belief::new(0.1) } else { Belief::new(0.3) };
        return Evaluated::new(belief, Reason::NothingFound { what: "repeat" }).with(evidence);
    }
    let belief = hits.get(test.at_least as usize - 1).map_or(Belief::UNKNOWN, |hit| hit.belief);
    let reason = match hits.first().map(|hit| &hit.evidence) {
        Some(Evidence::Quote(quote)) if quote.channel != Channel::Mixed => {
            Reason::Heard { channel: quote.channel, at: quote.time.start, words: quote.words.clone() }
        }
        _ => Reason::Plain,
    };
    let times_true = u32::try_from(hits.len()).unwrap_or(u32::MAX) / test.at_least.max(1);
    Evaluated { belief, reason, evidence, hits, times_true, times_false: 1 }
}

/// The longest stretch of `a` that also stands in `b`: where it begins and how long it is, in characters.
fn common(a: &str, b: &str) -> Option<(usize, usize)> {
    let b: Vec<char> = b.chars().collect();
    let mut row = vec![0usize; b.len() + 1];
    let mut best = None;
    for (at, c) in a.chars().enumerate() {
        let mut diagonal = 0;
        for (cell, other) in row.iter_mut().skip(1).zip(&b) {
            let here = if c == *other { diagonal + 1 } else { 0 };
            diagonal = *cell;
            *cell = here;
            if here > best.map_or(0, |(_, len)| len) {
                best = Some((at + 1 - here, here));
            }
        }
    }
    best
}
