//! Sentences by what they do.

use hotline_model::{Channel, Evidence, Matched, TextSpan};
use hotline_text::spoken_chars;

use super::Question;
use super::absence::{not_heard, percent};
use super::phrase::{often, recognised};
use super::sentence::{concluded, told_parts};
use crate::belief::Belief;
use crate::compile::MeaningSearch;
use crate::condition::Role;
use crate::context::{Evaluated, Hit, Use};
use crate::guards::cancelled;
use crate::meaning::{MeaningRun, Meanings, certainty};
use crate::reason::Reason;

/// So much of the certainty asked for must be left when the clauses around are heard too.
const IN_CONTEXT: f32 = 0.5;

/// Fewer characters can mean too many things to charge anybody with: 都行 offers a choice, or brushes off.
const CHARGE_CHARS_MIN: usize = 4;
/// Words that the recogniser was less sure of than this, on the whole, may mean anything: nobody is charged with them.
const CLEAR_FROM: f32 = 0.5;
/// From this certainty on a piece of a sentence plainly means what it means.
const PLAINLY: f32 = 0.99;

/// How certain some words have one of the labels.
fn means(words: &str, search: &MeaningSearch) -> f32 {
    let margins = Meanings::built_in().margins(words);
    let sure = search.labels.iter().filter_map(|(at, _)| margins.get(*at).copied()).map(certainty);
    sure.fold(0.0, f32::max)
}

/// Whether the clauses at `span` mean a label only together with a piece that plainly means another: 是您停那儿的，我看您脑子进水了吧 is an insult, and
/// without the insult not surely a reproach.
fn borrowed(span: TextSpan, label: usize, search: &MeaningSearch, runs: &[MeaningRun]) -> bool {
    let own = |run: &MeaningRun| run.margins.get(label).is_some_and(|margin| certainty(*margin) >= search.at_least);
    let asked = |at: usize| search.labels.iter().any(|(own, _)| *own == at);
    let inside =
        || runs.iter().filter(|run| run.span != span && span.start <= run.span.start && run.span.end <= span.end);
    let plainly_other = |run: &&MeaningRun| {
        let other = |(at, margin): (usize, &f32)| !asked(at) && certainty(*margin) >= PLAINLY;
        !own(run) && run.margins.iter().enumerate().any(other)
    };
    inside().filter(plainly_other).any(|piece| !inside().any(|rest| !rest.span.overlaps(piece.span) && own(rest)))
}

pub(super) fn run(search: &MeaningSearch, question: &Question) -> Evaluated {
    let mut hits: Vec<Hit> = Vec::new();
    for part in &question.scope.parts {
        let Some(said) = question.context.utterance(part.utterance) else { continue };
        for runs in question.context.meanings(part.utterance).iter() {
            let inside = runs.iter().filter(|run| part.text.start <= run.span.start && run.span.end <= part.text.end);
            let best = inside
                .flat_map(|run| search.labels.iter().map(move |(at, name)| (run.margins.get(*at), run.span, *at, name)))
                .filter_map(|(margin, span, at, name)| Some((certainty(*margin?), span, at, name)))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((sure, span, label, name)) = best.filter(|(sure, ..)| *sure >= search.at_least) else { continue };
            let words = span.slice(&said.text).unwrap_or("");
            if question.use_ == Use::Charge && spoken_chars(words) < CHARGE_CHARS_MIN {
                continue;
            }
            // 系统出现故障 alone is careless, with 我到时给您回电话 behind it it is not.
            let around = runs.iter().filter(|run| run.span.start <= span.start && span.end <= run.span.end);
            let widest = around.max_by_key(|run| run.span.len()).and_then(|run| run.margins.get(label));
            if widest.is_some_and(|margin| certainty(*margin) < search.at_least * IN_CONTEXT) {
                continue;
            }
            if question.use_ == Use::Charge && borrowed(span, label, search, runs) {
                continue;
            }
            if cancelled(&said.text, span, &search.ignore).is_some() {
                continue;
            }
            // 我们不会说不归我们管: what follows 说 is not the speaker's own, if that is what has the meaning.
            let told = told_parts(&said.text, span, &search.ignore);
            let mut told = told.iter().filter(|part| means(part.words, search) >= search.at_least / 2.0);
            let doubtful = match told.clone().any(|part| part.surely) {
                true => continue,
                false => told.next().is_some(),
            };
            let matched = Matched::Pattern { pattern: format!("≈ {name}") };
            let Some(quote) = question.context.quote(part.utterance, span, matched) else { continue };
            // What was not surely heard cannot surely be meant.
            let belief = Belief::new(sure * (0.85 + 0.15 * said.certainty_of(span)));
            let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
            let garbled = question.use_ == Use::Charge && recognised(said, span) < CLEAR_FROM;
            let belief = if mixed || doubtful || garbled { belief.at_most_unknown() } else { belief };
            let at = Some((part.utterance, span));
            hits.push(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
        }
    }
    let Some(best) = hits.iter().max_by(|a, b| a.belief.value().total_cmp(&b.belief.value())).cloned() else {
        let wanted = search.labels.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" / ");
        return not_heard(&wanted, None, question);
    };
    let percent = percent(best.belief.value());
    let evaluated = concluded(best, hits, question, |words| Reason::Means { words, percent });
    if search.times > 1 { often(evaluated, search.times) } else { evaluated }
}
