//! Sentences like examples.

use hotline_model::{Channel, Evidence, Matched, TextSpan};

use super::Question;
use super::absence::not_heard;
use super::sentence::{clause_runs, concluded, is_void};
use crate::belief::Belief;
use crate::compile::SimilarSearch;
use crate::condition::Role;
use crate::context::{Evaluated, Hit};
use crate::grams::Grams;
use crate::reason::Reason;

pub(super) fn run(search: &SimilarSearch, question: &Question) -> Evaluated {
    let mut hits: Vec<Hit> = Vec::new();
    let mut best: Option<(f32, Hit)> = None;
    for part in &question.scope.parts {
        let Some(said) = question.context.utterance(part.utterance) else { continue };
        let Some(text) = part.text.slice(&said.text) else { continue };
        for runs in clause_runs(text) {
            let Some((likeness, span, example)) = nearest(text, &runs, search) else { continue };
            let span = TextSpan { start: span.start + part.text.start, end: span.end + part.text.start };
            if likeness < search.threshold || is_void(&said.text, span, &search.ignore) {
                continue;
            }
            let matched = Matched::Pattern { pattern: format!("≈ {example}") };
            let Some(quote) = question.context.quote(part.utterance, span, matched) else { continue };
            // At the threshold it is hardly more than a doubt.
            let above = (likeness - search.threshold) / (1.0 - search.threshold).max(0.05);
            let belief = Belief::new((0.62 + 0.33 * above) * (0.85 + 0.15 * said.certainty_of(span)));
            let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
            let belief = if mixed { belief.at_most_unknown() } else { belief };
            let at = Some((part.utterance, span));
            let hit = Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) };
            if best.as_ref().is_none_or(|(most, _)| likeness > *most) {
                best = Some((likeness, hit.clone()));
            }
            hits.push(hit);
        }
    }
    let Some((likeness, best)) = best else {
        let wanted = search.examples.iter().take(3).map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" / ");
        return not_heard(&wanted, None, question);
    };
    let percent = (likeness * 100.0).round() as u32;
    concluded(best, hits, question, |words| Reason::Like { words, percent })
}

/// The run of clauses that is most like an example.
fn nearest<'s>(text: &str, runs: &[TextSpan], search: &'s SimilarSearch) -> Option<(f32, TextSpan, &'s str)> {
    let mut best: Option<(f32, TextSpan, &str)> = None;
    for &span in runs {
        let Some(words) = span.slice(text) else { continue };
        let grams = Grams::of(words);
        for (example, wanted) in &search.examples {
            let likeness = grams.likeness(wanted);
            if best.is_none_or(|(most, ..)| likeness > most) {
                best = Some((likeness, span, example));
            }
        }
    }
    best
}
