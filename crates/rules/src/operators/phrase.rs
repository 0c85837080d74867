//! Words from lists: as written, with fillers in between, or by sound.

use std::collections::HashSet;

use hotline_model::{Channel, Evidence, Matched, Quote, TextSpan, Utterance};

use super::Question;
use super::absence::{not_heard, percent};
use super::likeness::{self, Likeness};
use crate::belief::Belief;
use crate::compile::{PhraseSearch, PhraseSet};
use crate::condition::{Ignore, Matching, Quantity, Role};
use crate::context::{Context, Evaluated, Hit, Use};
use crate::guards::{cancelled, perhaps_told};
use crate::listened::{Bounds, Listened};
use crate::matcher::PhraseHit;
use crate::reason::Reason;

/// What is left of the belief in a hit whose sentence means something else.
const MEANT_OTHERWISE: f32 = 0.2;
/// A sentence this far from the meaning asked for (in margins) means something else; one less far may. On held-out sentences no hit
/// below either was right (`tests/meaning.rs`); what recognisers do to sentences asks for some room.
const MEANS_OTHERWISE: f32 = -0.9;
const MAY_MEAN_OTHERWISE: f32 = -0.65;

/// The recogniser's times are estimates; words this far outside a range still count as in it.
const TIME_SLACK_MS: u32 = 1_000;
pub(super) fn run(search: &PhraseSearch, question: &Question) -> Evaluated {
    let mut cancelled = Vec::new();
    let items: Vec<Item> = search.items.iter().map(|set| item(set, search, question, &mut cancelled)).collect();
    let needed = match search.quantity {
        Quantity::Any | Quantity::None => 1,
        Quantity::All => items.len(),
        Quantity::AtLeast(n) => n as usize,
    };
    let mut evaluated = judge(items, needed, search, question);
    if evaluated.hits.is_empty()
        && let Some((quote, by)) = cancelled.into_iter().next()
    {
        evaluated.reason = Reason::Cancelled { words: quote.words.clone(), by };
        evaluated.evidence.insert(0, Evidence::Quote(quote));
    }
    if search.times > 1 && evaluated.belief.is_true() {
        evaluated = often(evaluated, search.times);
    }
    if search.quantity == Quantity::None {
        evaluated.belief = evaluated.belief.negate();
        evaluated.hits.clear();
        std::mem::swap(&mut evaluated.times_true, &mut evaluated.times_false);
    }
    evaluated
}

/// As many hits as asked for: the one that makes the number full is the least sure of those needed.
pub(super) fn often(mut evaluated: Evaluated, times: u32) -> Evaluated {
    let mut beliefs: Vec<Belief> = evaluated.hits.iter().map(|hit| hit.belief).collect();
    beliefs.sort_by(|a, b| b.value().total_cmp(&a.value()));
    match beliefs.get(times as usize - 1) {
        Some(&belief) => {
            evaluated.belief = belief;
            evaluated.times_true = (evaluated.times_true / times).max(1);
        }
        None => {
            let value = Some(f64::from(u32::try_from(beliefs.len()).unwrap_or(u32::MAX)));
            evaluated.belief = Belief::new(0.25);
            evaluated.reason = Reason::Within { measure: "phrase", value, unit: "count" };
        }
    }
    evaluated
}

/// What was found of one wording or list.
struct Item {
    belief: Belief,
    hits: Vec<(Hit, Quote)>,
    /// What came nearest by sound, without being near enough to count.
    best: Option<Quote>,
}

fn judge(mut items: Vec<Item>, needed: usize, search: &PhraseSearch, question: &Question) -> Evaluated {
    items.sort_by(|a, b| b.belief.value().total_cmp(&a.belief.value()));
    let deciding = items.get(needed.saturating_sub(1).min(items.len().saturating_sub(1)));
    let belief = deciding.map_or(Belief::FALSE, |item| item.belief);
    let found = deciding.is_some_and(|item| !item.hits.is_empty());
    let best = items.iter().find_map(|item| item.best.clone());
    let mut hits: Vec<(Hit, Quote)> = items.into_iter().flat_map(|item| item.hits).collect();
    hits.sort_by_key(|(hit, _)| (hit.at, hit.time));
    if !found {
        let mut absent = not_heard(&search.wanted, best, question);
        absent.evidence.extend(hits.into_iter().map(|(hit, _)| hit.evidence));
        return absent;
    }
    let strongest = hits.iter().max_by(|a, b| a.0.belief.value().total_cmp(&b.0.belief.value()));
    let reason = strongest.map_or(Reason::Plain, |(hit, quote)| reason(hit.belief, quote, search, question));
    let utterances: HashSet<u32> =
        hits.iter().filter(|(hit, _)| hit.belief.is_true()).filter_map(|(hit, _)| hit.at).map(|(at, _)| at).collect();
    // The surest hit first: it is the one to listen to.
    let mut evidence: Vec<(Belief, Evidence)> =
        hits.iter().map(|(hit, _)| (hit.belief, hit.evidence.clone())).collect();
    evidence.sort_by(|a, b| b.0.value().total_cmp(&a.0.value()));
    Evaluated {
        belief,
        reason,
        evidence: evidence.into_iter().map(|(_, evidence)| evidence).collect(),
        hits: hits.into_iter().map(|(hit, _)| hit).collect(),
        times_true: u32::try_from(utterances.len()).unwrap_or(u32::MAX).max(1),
        times_false: 1,
    }
}

fn reason(belief: Belief, quote: &Quote, search: &PhraseSearch, question: &Question) -> Reason {
    match &quote.matched {
        Matched::Phonetic { heard, meant, .. } => {
            let bounds = if question.use_ == Use::Charge { Bounds::CHARGE } else { Bounds::CLEAR };
            let listened = question.context.listened(quote.utterance, quote.text, meant, bounds);
            Reason::SoundsLike { heard: heard.clone(), meant: meant.clone(), listened: listened == Listened::Said }
        }
        _ if quote.channel == Channel::Mixed && question.role != Role::All => Reason::WhoSpokeUnknown,
        _ if belief.is_true() => {
            Reason::Heard { channel: quote.channel, at: quote.time.start, words: quote.words.clone() }
        }
        _ if meaning_around(quote, search, question).is_some_and(|margin| margin < MAY_MEAN_OTHERWISE) => {
            Reason::MeansOtherwise { words: quote.words.clone() }
        }
        _ => {
            let said = question.context.utterance(quote.utterance);
            if said.is_some_and(|said| perhaps_told(&said.text, quote.text)) {
                return Reason::PerhapsTold { words: quote.words.clone() };
            }
            let sure = said.map_or(0.0, |said| recognised(said, quote.text));
            Reason::HeardFaintly { words: quote.words.clone(), percent: percent(sure) }
        }
    }
}

fn item(set: &PhraseSet, search: &PhraseSearch, question: &Question, off: &mut Vec<(Quote, Ignore)>) -> Item {
    let mut hits: Vec<(Hit, Quote)> = Vec::new();
    for part in &question.scope.parts {
        let heard = question.context.heard.get(part.utterance as usize).map_or(&[][..], Vec::as_slice);
        for hit in longest(heard, set, search) {
            if hit.span.start < part.text.start
                || hit.span.end > part.text.end
                || covered(heard, &search.not_in, hit.span)
            {
                continue;
            }
            let Some(quote) = exact_quote(part.utterance, hit, question.context) else { continue };
            let times = question.scope.time;
            let early = quote.time.end.ms.saturating_add(TIME_SLACK_MS) < times.start.ms;
            if early || quote.time.start.ms > times.end.ms.saturating_add(TIME_SLACK_MS) {
                continue;
            }
            let said = question.context.utterance(part.utterance).map_or("", |u| u.text.as_str());
            match cancelled(said, hit.span, &search.ignore) {
                Some(by) => off.push((quote, by)),
                None => hits.push(weigh(quote, hit, search, question)),
            }
        }
    }
    let strongest = hits.iter().map(|(hit, _)| hit.belief).fold(Belief::FALSE, Belief::or);
    if !strongest.is_true()
        && let Some(Likeness { belief, quote }) = likeness::find(set, search, question)
    {
        let belief = weigh_meaning(belief, &quote, search, question);
        if belief > strongest && belief > Belief::FALSE {
            let at = Some((quote.utterance, quote.text));
            hits.push((Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote.clone()) }, quote));
            return Item { belief, hits, best: None };
        }
        if hits.is_empty() {
            return Item { belief: Belief::FALSE, hits, best: Some(quote) };
        }
    }
    Item { belief: strongest, hits, best: None }
}

/// The hits of `set`, without those that lie in or across a longer one of it.
fn longest<'h>(heard: &'h [PhraseHit], set: &PhraseSet, search: &PhraseSearch) -> Vec<&'h PhraseHit> {
    let mut own: Vec<&PhraseHit> = heard
        .iter()
        .filter(|hit| set.contains(hit.phrase) && !(hit.variant && search.matching == Matching::Exact))
        .collect();
    own.sort_by_key(|hit| (hit.span.start, std::cmp::Reverse(hit.span.end), hit.variant));
    let mut kept: Vec<&PhraseHit> = Vec::new();
    for hit in own {
        if kept.last().is_none_or(|last| !last.span.overlaps(hit.span)) {
            kept.push(hit);
        }
    }
    kept
}

fn covered(heard: &[PhraseHit], not_in: &PhraseSet, span: TextSpan) -> bool {
    heard.iter().any(|hit| not_in.contains(hit.phrase) && hit.span.start <= span.start && span.end <= hit.span.end)
}

fn exact_quote(utterance: u32, hit: &PhraseHit, context: &Context) -> Option<Quote> {
    let phrase = context.compiled.book.phrase(hit.phrase)?.written.clone();
    let matched = if hit.variant { Matched::Variant { phrase } } else { Matched::Exact { phrase } };
    context.quote(utterance, hit.span, matched)
}

fn weigh(quote: Quote, hit: &PhraseHit, search: &PhraseSearch, question: &Question) -> (Hit, Quote) {
    let said = question.context.utterance(quote.utterance);
    let chars = question.context.compiled.book.phrase(hit.phrase).map_or(1, |phrase| phrase.chars);
    let sure = said.map_or(0.5, |said| recognised(said, hit.span));
    // A long phrase does not come out by mistake, however unsure the recogniser was of single tokens.
    let doubt = match chars {
        0 | 1 => 0.8,
        2 => 0.6,
        3 => 0.45,
        _ => 0.3,
    };
    let mut belief = Belief::new(1.0 - (1.0 - sure) * doubt - if hit.variant { 0.03 } else { 0.0 });
    if question.use_ != Use::Charge {
        belief = belief.or(Belief::new(Belief::TRUE_MIN + 0.02));
    }
    let told = question.use_ == Use::Charge
        && search.ignore.contains(&Ignore::Quoted)
        && said.is_some_and(|said| perhaps_told(&said.text, hit.span));
    if told || (quote.channel == Channel::Mixed && question.role != Role::All) {
        belief = belief.at_most_unknown();
    }
    let belief = weigh_meaning(belief, &quote, search, question);
    let evidence = Evidence::Quote(quote.clone());
    (Hit { time: quote.time, at: Some((quote.utterance, hit.span)), belief, evidence }, quote)
}

/// Where words speak against somebody, the sentence they stand in must be able to mean it.
fn weigh_meaning(belief: Belief, quote: &Quote, search: &PhraseSearch, question: &Question) -> Belief {
    match meaning_around(quote, search, question) {
        Some(margin) if margin < MEANS_OTHERWISE => Belief::new(belief.value().min(MEANT_OTHERWISE)),
        Some(margin) if margin < MAY_MEAN_OTHERWISE => belief.at_most_unknown(),
        _ => belief,
    }
}

/// How far the clauses around a quote lie on the side of the meaning asked for; the farthest of them.
fn meaning_around(quote: &Quote, search: &PhraseSearch, question: &Question) -> Option<f32> {
    let label = search.meant.filter(|_| question.use_ == Use::Charge)?;
    let meanings = question.context.meanings(quote.utterance);
    let around = meanings.iter().flatten().filter(|run| run.span.overlaps(quote.text));
    around.filter_map(|run| run.margins.get(label).copied()).max_by(f32::total_cmp)
}

/// How sure the recogniser was of a stretch: the geometric mean of its tokens, as for whole utterances.
pub(super) fn recognised(said: &Utterance, span: TextSpan) -> f32 {
    let (mut sum, mut count) = (0.0, 0u32);
    for token in said.tokens.iter().filter(|token| token.text.overlaps(span)) {
        sum += token.p.clamp(0.001, 1.0).ln();
        count += 1;
    }
    if count == 0 { said.confidence } else { (sum / count as f32).exp() }
}
