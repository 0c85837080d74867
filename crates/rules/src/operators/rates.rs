//! How often words are said: as a share of other words, or in so many characters.

use hotline_model::{Channel, Evidence, Matched, TextSpan};
use hotline_text::spoken_chars;

use super::Question;
use super::absence::{lost_ms, spoken_ms};
use super::measures::conclude;
use crate::compile::{PhraseSet, RateSearch, ShareSearch};
use crate::condition::Role;
use crate::context::{Evaluated, Use};
use crate::matcher::PhraseHit;
use crate::meaning::MeaningRun;
use crate::meaning::certainty;
use crate::reason::Reason;

/// From this certainty on a clause does what a label says.
const MEANT_FROM: f32 = 0.9;
/// Shorter clauses do not say enough to tell.
const MEANT_CHARS_MIN: usize = 4;
/// With fewer spoken characters than this a rate says nothing.
const CHARS_MIN: usize = 40;
/// With this share of the speech lost, shares and rates say nothing.
const LOST_SHARE_MAX: f32 = 0.3;
/// How far a word reaches over what follows it in its sentence, in characters.
const COVERED_CHARS_MAX: usize = 24;
/// Quotes shown beside a measure.
const QUOTES_MAX: usize = 5;

pub(super) fn share(search: &ShareSearch, question: &Question) -> Evaluated {
    if question.context.mixed && question.role != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let of = places(&search.of, &PhraseSet::default(), question);
    let mut rest: Vec<(u32, TextSpan)> = places(&search.among, &search.not_in, question)
        .into_iter()
        .filter(|(at, span)| !of.iter().any(|(other, there)| at == other && belongs(*span, *there, *at, question)))
        .collect();
    let meant = meant(search, question).into_iter().filter(|(at, span)| {
        let near =
            |places: &[(u32, TextSpan)]| places.iter().any(|(other, there)| at == other && span.overlaps(*there));
        !near(&rest) && !of.iter().any(|(other, there)| at == other && belongs(*span, *there, *at, question))
    });
    let meant: Vec<(u32, TextSpan)> = meant.collect();
    rest.extend(meant);
    let whole = of.len() + rest.len();
    if whole < search.test.at_least as usize {
        return too_little("phrase_share", question);
    }
    if too_much_lost(question) {
        return Evaluated::unknown(Reason::SpeechLost { ms: lost_ms(question) });
    }
    let percent = of.len() as f64 / whole as f64 * 100.0;
    let found = conclude("phrase_share", percent, "%", &search.test.limits, question);
    // The bound says which of the two is the offence.
    let telling = if search.test.limits.below.is_some() { &rest } else { &of };
    shown_by(found, telling, question)
}

pub(super) fn rate(search: &RateSearch, question: &Question) -> Evaluated {
    if question.context.mixed && question.role != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let said = question.scope.parts.iter().filter_map(|part| {
        let utterance = question.context.utterance(part.utterance)?;
        part.text.slice(&utterance.text)
    });
    let chars: usize = said.map(spoken_chars).sum();
    if chars < CHARS_MIN {
        return too_little("phrase_rate", question);
    }
    if too_much_lost(question) {
        return Evaluated::unknown(Reason::SpeechLost { ms: lost_ms(question) });
    }
    let places = places(&search.any, &search.not_in, question);
    let value = places.len() as f64 * 100.0 / chars as f64;
    shown_by(conclude("phrase_rate", value, "/100", &search.limits, question), &places, question)
}

/// Clauses that do what one of the labels says, each once.
fn meant(search: &ShareSearch, question: &Question) -> Vec<(u32, TextSpan)> {
    let mut found = Vec::new();
    if search.among_meaning.is_empty() {
        return found;
    }
    for part in &question.scope.parts {
        let heard = question.context.heard.get(part.utterance as usize).map_or(&[][..], Vec::as_slice);
        let text = question.context.utterance(part.utterance).map_or("", |said| said.text.as_str());
        for runs in question.context.meanings(part.utterance).iter() {
            let sure = |run: &MeaningRun| {
                let margins = search.among_meaning.iter().filter_map(|at| run.margins.get(*at));
                margins.map(|margin| certainty(*margin)).fold(0.0, f32::max)
            };
            let mut runs: Vec<(f32, TextSpan)> = runs
                .iter()
                .filter(|run| part.text.start <= run.span.start && run.span.end <= part.text.end)
                .map(|run| (sure(run), run.span))
                .filter(|(sure, span)| {
                    *sure >= MEANT_FROM
                        && span.slice(text).is_some_and(|words| spoken_chars(words) >= MEANT_CHARS_MIN)
                        && !heard.iter().any(|hit| search.not_in.contains(hit.phrase) && hit.span.overlaps(*span))
                })
                .collect();
            runs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut taken: Vec<TextSpan> = Vec::new();
            for (_, span) in runs {
                if !taken.iter().any(|other| other.overlaps(span)) {
                    taken.push(span);
                }
            }
            taken.sort();
            found.extend(taken.into_iter().map(|span| (part.utterance, span)));
        }
    }
    found
}

/// Too little to measure: nothing to charge anybody with, and nothing to clear anybody by.
fn too_little(measure: &'static str, question: &Question) -> Evaluated {
    match question.use_ {
        Use::Charge | Use::Setting if !question.scope.open => {
            Evaluated::new(crate::belief::Belief::new(0.3), Reason::TooLittle { measure })
        }
        _ => Evaluated::unknown(Reason::TooLittle { measure }),
    }
}

fn too_much_lost(question: &Question) -> bool {
    let (lost, spoken) = (lost_ms(question), spoken_ms(question));
    lost as f32 > LOST_SHARE_MAX * (lost + spoken).max(1) as f32
}

/// In 麻烦您报一下号码，再说一下地址 the first word covers the whole sentence: what follows it there belongs to it.
fn belongs(span: TextSpan, of: TextSpan, utterance: u32, question: &Question) -> bool {
    if span.overlaps(of) {
        return true;
    }
    let text = question.context.utterance(utterance).map_or("", |u| u.text.as_str());
    let between = text.get(of.range().end..span.range().start.max(of.range().end)).unwrap_or("");
    let same_sentence = !between.contains(['。', '！', '!', '？', '?', '；', ';']);
    of.end <= span.start && same_sentence && between.chars().count() <= COVERED_CHARS_MAX
}

/// The words themselves are better evidence than a stretch as long as the call.
fn shown_by(mut found: Evaluated, places: &[(u32, TextSpan)], question: &Question) -> Evaluated {
    let quotes = quotes(places, question);
    if !quotes.is_empty() {
        found.evidence = quotes;
    }
    found
}

/// Where phrases of `set` are heard, longest first and none twice, outside `not_in`.
fn places(set: &PhraseSet, not_in: &PhraseSet, question: &Question) -> Vec<(u32, TextSpan)> {
    let mut places: Vec<(u32, TextSpan)> = Vec::new();
    for part in &question.scope.parts {
        let heard = question.context.heard.get(part.utterance as usize).map_or(&[][..], Vec::as_slice);
        let mut own: Vec<&PhraseHit> = heard
            .iter()
            .filter(|hit| set.contains(hit.phrase))
            .filter(|hit| part.text.start <= hit.span.start && hit.span.end <= part.text.end)
            .filter(|hit| !heard.iter().any(|long| not_in.contains(long.phrase) && covers(long.span, hit.span)))
            .collect();
        own.sort_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end)));
        let mut end = 0;
        for hit in own {
            if hit.span.start >= end {
                end = hit.span.end;
                places.push((part.utterance, hit.span));
            }
        }
    }
    places
}

fn covers(long: TextSpan, short: TextSpan) -> bool {
    long.start <= short.start && short.end <= long.end
}

fn quotes(places: &[(u32, TextSpan)], question: &Question) -> Vec<Evidence> {
    let quote = |&(utterance, span): &(u32, TextSpan)| {
        let channel = question.context.utterance(utterance)?.channel;
        if channel == Channel::Mixed && question.role != Role::All {
            return None;
        }
        let words = span.slice(&question.context.utterance(utterance)?.text)?.to_owned();
        question.context.quote(utterance, span, Matched::Exact { phrase: words }).map(Evidence::Quote)
    };
    places.iter().filter_map(quote).take(QUOTES_MAX).collect()
}
