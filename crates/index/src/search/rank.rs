//! Which calls come first.
//!
//! By relevance, a call's tier counts first: what was said as it was typed comes before other words, these before what sounds alike,
//! whatever the score. Within a tier: for every text of the query that the call answers, `idf · h/(h+1) · w`, summed up, with
//! `idf = ln(1 + (N − n + ½)/(n + ½))` of BM25 (Robertson and Zaragoza 2009) counted in calls, `h` the utterances hit
//! (saturating as BM25's tf part with k₁ = 1 and b = 0 does), and `w` 1, or 0.6 if a word was hit as a chance run of characters only,
//! or less the farther the sound is (our own choice). Several texts close together raise it by up to a half.

use tantivy::collector::Count;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;

use super::calls::{Evaluation, Text};
use super::mark::Source;
use super::rows::{self, CallKey, Columns, How, Row, Sieve, take};
use super::{Order, lookup};
use crate::query::Query;
use crate::schema::fast;

/// Weight of a word that was hit as a run of characters only.
const RUN_WEIGHT: f64 = 0.6;

/// Of what more utterances say, chance runs make no difference to the first page.
const MOST_WEIGHED: usize = 50_000;

/// What calls are sorted by: the higher the first, then the second, the third, then the newer call. The last two looked up
/// by [`super::top::Top`], for calls of which the first two do not say whether they are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rank {
    pub(super) keys: [f64; 3],
    pub(super) call_no: u64,
}

impl Rank {
    /// Negative if `self` comes first.
    pub(super) fn compare(&self, other: &Rank) -> std::cmp::Ordering {
        let [.., own] = self.keys;
        let [.., others] = other.keys;
        self.compare_coarsely(other).then_with(|| others.total_cmp(&own)).then_with(|| other.call_no.cmp(&self.call_no))
    }

    /// The same by the first two keys.
    pub(super) fn compare_coarsely(&self, other: &Rank) -> std::cmp::Ordering {
        let ([a, b, _], [c, d, _]) = (self.keys, other.keys);
        c.total_cmp(&a).then_with(|| d.total_cmp(&b))
    }
}

/// A call of the results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    pub(super) call: CallKey,
    pub(super) rank: Rank,
    pub(super) how: How,
    pub(super) score: f32,
    /// Utterances hit.
    pub(super) hits: usize,
}

/// What calls are weighed by.
pub(super) struct Weights {
    /// Of each text.
    pub(super) idf: Vec<f64>,
}

impl Weights {
    pub(super) fn of(evaluation: &Evaluation) -> tantivy::Result<Weights> {
        let searcher = evaluation.searcher;
        let all = searcher.search(&lookup::all_calls(&evaluation.index.fields), &Count)? as f64;
        let idf = evaluation.texts.iter().map(|text| {
            let found = text.calls as f64;
            (1.0 + (all - found + 0.5).max(0.0) / (found + 0.5)).ln()
        });
        Ok(Weights { idf: idf.collect() })
    }
}

/// How many calls answer, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Calls by [`How`].
    calls: [usize; 3],
    /// Utterances hit.
    pub(super) hits: usize,
}

impl Tally {
    pub(super) fn add(&mut self, ranked: &Ranked) {
        if let Some(calls) = self.calls.get_mut(ranked.how as usize) {
            *calls += 1;
        }
        self.hits += ranked.hits;
    }

    pub(super) fn calls(&self, how: How) -> usize {
        self.calls.get(how as usize).copied().unwrap_or(0)
    }

    pub(super) fn all_calls(&self) -> usize {
        self.calls.iter().sum()
    }
}

/// A text's rows that calls have not been taken from yet.
struct Rest<'r> {
    rows: &'r [Row],
    /// The calls that hold it as a word of its own; `None` where it makes no difference.
    whole: Option<&'r [CallKey]>,
    idf: f64,
}

/// Ranks calls as far as it is needed to tell which come first. `query` is what the evaluation ran, `calls` are in order.
pub(super) fn rank(
    evaluation: &Evaluation,
    query: &Query,
    calls: &[CallKey],
    weights: &Weights,
    mut give: impl FnMut(Ranked),
) -> tantivy::Result<()> {
    let keys = Keys::open(evaluation)?;
    let whole: Vec<Option<Vec<CallKey>>> =
        evaluation.texts.iter().map(|text| whole_calls(evaluation, text)).collect::<Result<_, _>>()?;
    let texts = evaluation.texts.iter().zip(&whole).zip(&weights.idf);
    let mut texts: Vec<Rest> =
        texts.map(|((text, whole), idf)| Rest { rows: &text.rows, whole: whole.as_deref(), idf: *idf }).collect();
    let all_exact = evaluation.texts.iter().all(|text| text.rows.iter().all(|row| row.how() == How::Exact));
    let mut groups: Vec<&[Row]> = Vec::with_capacity(texts.len());
    let mut together = Together::default();
    for &call in calls {
        groups.clear();
        let (mut score, mut certainty, mut hits) = (0.0, 0.0f64, 0);
        for text in &mut texts {
            let group = take(&mut text.rows, call);
            groups.push(group);
            let is_whole = text.whole.as_mut().is_none_or(|rest| holds(rest, call));
            let Some(nearest) = group.iter().min_by_key(|row| row.distance()) else { continue };
            hits += group.len();
            let near = 1.0 / (1.0 + f64::from(nearest.cost()) / 10.0);
            let run = if is_whole || nearest.how() != How::Exact { 1.0 } else { RUN_WEIGHT };
            score += text.idf * group.len() as f64 / (group.len() as f64 + 1.0) * near * run;
            if let Keys::Certainty(confidence) = &keys {
                certainty = group.iter().map(|row| certainty_of(*row, confidence)).fold(certainty, f64::max);
            }
        }
        if groups.len() > 1 {
            let closeness = together.of(&groups);
            score *= 1.0 + 0.5 * closeness;
            hits = together.distinct;
        }
        let how = if all_exact { How::Exact } else { tier(query, &groups, &mut 0).unwrap_or_default() };
        let started = |at: &Columns<i64>| at.value(call).map(|ms| ms as f64);
        let keys = match &keys {
            Keys::Best => [-f64::from(how as u8), score, 0.0],
            // Calls of unknown time come last either way.
            Keys::Newest(at) => [started(at).unwrap_or(f64::NEG_INFINITY), score, 0.0],
            Keys::Oldest(at) => [started(at).map_or(f64::NEG_INFINITY, |started| -started), score, 0.0],
            Keys::Certainty(_) => [certainty, score, 0.0],
            Keys::Severity { severity, score } => {
                let severity = severity.value(call).unwrap_or(0) as f64;
                let points = score.value(call).map_or(f64::NEG_INFINITY, |points| -(points as f64));
                [severity, points, 0.0]
            }
        };
        give(Ranked { call, rank: Rank { keys, call_no: 0 }, how, score: score as f32, hits });
    }
    Ok(())
}

/// What the order reads of each call.
enum Keys {
    Best,
    Newest(Columns<i64>),
    Oldest(Columns<i64>),
    Certainty(Columns<u64>),
    Severity { severity: Columns<u64>, score: Columns<u64> },
}

impl Keys {
    fn open(evaluation: &Evaluation) -> tantivy::Result<Keys> {
        Ok(match evaluation.options.order {
            Order::Best => Keys::Best,
            Order::Newest => Keys::Newest(evaluation.started_at()?),
            Order::Oldest => Keys::Oldest(evaluation.started_at()?),
            Order::Certainty => Keys::Certainty(evaluation.columns(fast::CONFIDENCE)?),
            Order::Severity => Keys::Severity {
                severity: evaluation.columns(fast::SEVERITY)?,
                score: evaluation.columns(fast::SCORE)?,
            },
        })
    }
}

/// How sure it is that an utterance says what was asked for: the recogniser's own word, less what it had to be stretched.
fn certainty_of(row: Row, confidence: &Columns<u64>) -> f64 {
    let confidence = confidence.value(row.doc).unwrap_or(0) as f64 / 100.0;
    let kept = match row.how() {
        How::Exact => 1.0,
        How::Variant => 0.9,
        How::Alike => 0.8 - f64::from(row.cost()) / 100.0,
    };
    (confidence * kept).max(0.0)
}

/// Calls that hold a text of one word as that word; `None` where it makes no difference.
fn whole_calls(evaluation: &Evaluation, text: &Text) -> tantivy::Result<Option<Vec<CallKey>>> {
    let Source::Text(term) = &text.source else { return Ok(None) };
    if text.rows.len() > MOST_WEIGHED {
        return Ok(None);
    }
    let Some(word) = lookup::whole_word(&evaluation.index.fields, &evaluation.index.lexicon, &term.text) else {
        return Ok(None);
    };
    let word = TermQuery::new(word, IndexRecordOption::Basic);
    let rows = rows::collect(evaluation.searcher, &evaluation.spread, &word, Sieve::of(term))?;
    Ok(Some(rows::calls_of(&rows)))
}

/// Whether `call` is among calls in order, of which those before it are taken away.
fn holds(rest: &mut &[CallKey], call: CallKey) -> bool {
    let skip = rest.iter().take_while(|other| **other < call).count();
    *rest = rest.get(skip..).unwrap_or_default();
    rest.first() == Some(&call)
}

/// Keeps the calls that have at least this share of the weight of all words, and half of the words. What no call has does
/// not weigh.
pub(super) fn keep_most_words(evaluation: &Evaluation, ranked: &mut Vec<Ranked>, weights: &Weights, share: f64) {
    let words: Vec<(&Text, f64)> = evaluation.texts.iter().zip(weights.idf.iter().copied()).collect();
    let all: f64 = words.iter().filter(|(text, _)| !text.rows.is_empty()).map(|(_, idf)| idf).sum();
    ranked.retain(|ranked| {
        let found = words.iter().filter(|(text, _)| !rows::rows_of(&text.rows, ranked.call).is_empty());
        let (count, weight) = found.fold((0, 0.0), |(count, weight), (_, idf)| (count + 1, weight + idf));
        weight >= share * all && 2 * count >= words.len()
    });
}

/// How closely texts were said. Keeps its room from call to call.
#[derive(Default)]
struct Together {
    /// Utterances with the text they hold, in order.
    rows: Vec<(u32, usize)>,
    counts: Vec<usize>,
    /// How many utterances were hit.
    distinct: usize,
}

impl Together {
    /// From 0 to 1 (all in one utterance).
    fn of(&mut self, groups: &[&[Row]]) -> f64 {
        if let [one, other] = groups
            && !one.is_empty()
            && !other.is_empty()
        {
            return self.of_two(one, other);
        }
        let Together { rows, counts, distinct } = self;
        rows.clear();
        rows.extend(groups.iter().enumerate().flat_map(|(i, group)| group.iter().map(move |row| (row.doc, i))));
        rows.sort_unstable();
        *distinct = rows.chunk_by(|a, b| a.0 == b.0).count();
        let wanted = groups.iter().filter(|group| !group.is_empty()).count();
        if wanted < 2 {
            return 0.0;
        }
        // The narrowest stretch of the call that has all texts.
        counts.clear();
        counts.resize(groups.len(), 0);
        let (mut have, mut start, mut narrowest) = (0, 0, u32::MAX);
        for &(doc, text) in rows.iter() {
            if let Some(count) = counts.get_mut(text) {
                *count += 1;
                have += usize::from(*count == 1);
            }
            while have == wanted {
                let Some(&(first, text)) = rows.get(start) else { break };
                narrowest = narrowest.min(doc - first);
                if let Some(count) = counts.get_mut(text) {
                    *count -= 1;
                    have -= usize::from(*count == 0);
                }
                start += 1;
            }
        }
        1.0 / (1.0 + f64::from(narrowest))
    }

    /// The same of two texts: what two neighbours of both together are apart.
    fn of_two(&mut self, one: &[Row], other: &[Row]) -> f64 {
        let (mut a, mut b, mut narrowest, mut same) = (0, 0, u32::MAX, 0);
        while let (Some(left), Some(right)) = (one.get(a), other.get(b)) {
            narrowest = narrowest.min(left.doc.abs_diff(right.doc));
            same += usize::from(left.doc == right.doc);
            // The one that is behind goes on; of equals either, since both cannot come nearer.
            a += usize::from(left.doc <= right.doc);
            b += usize::from(right.doc <= left.doc);
        }
        self.distinct = one.len() + other.len() - same;
        1.0 / (1.0 + f64::from(narrowest))
    }
}

/// How a call answers the query: as its worst part does where all must hold, as its best where one must. Walks over the
/// texts in the order they were looked up.
fn tier(query: &Query, groups: &[&[Row]], next: &mut usize) -> Option<How> {
    match query {
        Query::Text(_) | Query::Near(_) | Query::NotIn(_) => {
            let group = groups.get(*next);
            *next += 1;
            group?.iter().map(|row| row.how()).min()
        }
        Query::And(parts) => {
            let parts = parts.iter().filter(|part| !matches!(part, Query::Not(_) | Query::Filter(_)));
            parts.filter_map(|part| tier(part, groups, next)).max()
        }
        Query::Or(parts) => {
            let mut best = None;
            for part in parts {
                let how = tier(part, groups, next);
                best = match (best, how) {
                    (Some(a), Some(b)) => Some(std::cmp::min::<How>(a, b)),
                    (a, b) => a.or(b),
                };
            }
            best
        }
        Query::All | Query::Filter(_) | Query::Not(_) => None,
    }
}

/// The rows of all texts in one call.
pub(super) fn rows_in(texts: &[Text], call: CallKey) -> impl Iterator<Item = (&Row, &Source)> {
    texts.iter().flat_map(move |text| rows::rows_of(&text.rows, call).iter().map(move |row| (row, &text.source)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_texts_are_as_close_as_the_nearest_utterances(one in proptest::collection::btree_set(1u32..40, 1..12), other in proptest::collection::btree_set(1u32..40, 1..12)) {
            let rows = |docs: &std::collections::BTreeSet<u32>| docs.iter().map(|doc| Row::new(*doc, *doc, How::Exact, 0)).collect::<Vec<_>>();
            let (left, right) = (rows(&one), rows(&other));
            let nearest = one.iter().flat_map(|a| other.iter().map(|b| a.abs_diff(*b))).min().unwrap_or(0);
            let mut together = Together::default();
            for groups in [&[left.as_slice(), &right][..], &[&left, &right, &right]] {
                prop_assert_eq!(together.of(groups), 1.0 / (1.0 + f64::from(nearest)));
                prop_assert_eq!(together.distinct, one.union(&other).count());
            }
        }
    }
}
