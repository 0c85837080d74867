//! Which calls come first.
//!
//! By relevance, a call's tier counts first: what was said as it was typed comes before other words, these before what sounds alike,
//! whatever the score. Within a tier: for every text of the query that the call answers, `idf · h/(h+1) · w`, summed up, with
//! `idf = ln(1 + (N − n + ½)/(n + ½))` of BM25 (Robertson and Zaragoza 2009) counted in calls, `h` the utterances hit
//! (saturating as BM25's tf part with k₁ = 1 and b = 0 does), and `w` 1, or 0.6 if a word was hit as a chance run of characters only,
//! or less the farther the sound is (our own choice). Several texts close together raise it by up to a half.

use tantivy::collector::Count;
use tantivy::columnar::Column;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;

use super::calls::{Evaluation, Text, value};
use super::mark::Source;
use super::rows::{self, CallKey, Calls, How, Row, Sieve, doc_of, segment_of};
use super::{Order, lookup};
use crate::query::Query;
use crate::schema::fast;

/// Weight of a word that was hit as a run of characters only.
const RUN_WEIGHT: f64 = 0.6;

/// Of what more utterances say, chance runs make no difference to the first page.
const MOST_WEIGHED: usize = 50_000;

/// What calls are sorted by: the higher the first, then the second, the third, then the newer call. The last two are filled
/// in by [`complete`], for calls of which the first two do not say whether they are shown.
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
    pub(super) score: f64,
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
            let found = text.rows.chunk_by(|a, b| a.call == b.call).count() as f64;
            (1.0 + (all - found + 0.5).max(0.0) / (found + 0.5)).ln()
        });
        Ok(Weights { idf: idf.collect() })
    }
}

/// The columns that orders read.
struct Columns {
    started_at: Vec<Column<i64>>,
    severity: Vec<Column<u64>>,
    score: Vec<Column<u64>>,
    confidence: Vec<Column<u64>>,
}

impl Columns {
    fn open(evaluation: &Evaluation) -> tantivy::Result<Columns> {
        let readers = evaluation.searcher.segment_readers().iter();
        let started = readers.map(|reader| reader.fast_fields().i64(fast::STARTED_AT));
        Ok(Columns {
            started_at: started.collect::<Result<_, _>>()?,
            severity: evaluation.columns(fast::SEVERITY)?,
            score: evaluation.columns(fast::SCORE)?,
            confidence: evaluation.columns(fast::CONFIDENCE)?,
        })
    }

    fn started(&self, call: CallKey) -> Option<f64> {
        let ms = self.started_at.get(segment_of(call) as usize)?.first(doc_of(call))?;
        Some(ms as f64)
    }
}

/// Fills in what [`rank`] left open.
pub(super) fn complete(evaluation: &Evaluation, ranked: &mut [Ranked]) -> tantivy::Result<()> {
    let columns = Columns::open(evaluation)?;
    let numbers = evaluation.columns(fast::NUMBER)?;
    for Ranked { call, rank, .. } in ranked {
        rank.call_no = value(&numbers, *call).unwrap_or(0);
        let [.., last] = &mut rank.keys;
        *last = match evaluation.options.order {
            Order::Newest | Order::Oldest => 0.0,
            _ => columns.started(*call).unwrap_or(f64::NEG_INFINITY),
        };
    }
    Ok(())
}

/// The calls with their rank as far as it is needed to tell which come first, in no order. `query` is what the evaluation ran.
pub(super) fn rank(
    evaluation: &Evaluation,
    query: &Query,
    calls: Calls,
    weights: &Weights,
) -> tantivy::Result<Vec<Ranked>> {
    let columns = Columns::open(evaluation)?;
    let whole: Vec<Option<Vec<Row>>> =
        evaluation.texts.iter().map(|text| whole_rows(evaluation, text)).collect::<Result<_, _>>()?;
    let mut texts: Vec<&[Row]> = evaluation.texts.iter().map(|text| text.rows.as_slice()).collect();
    let mut wholes: Vec<Option<&[Row]>> = whole.iter().map(|rows| rows.as_deref()).collect();
    let order = evaluation.options.order;
    let mut ranked = Vec::with_capacity(calls.len());
    let mut groups: Vec<&[Row]> = Vec::with_capacity(texts.len());
    for call in calls {
        groups.clear();
        groups.extend(texts.iter_mut().map(|rest| take(rest, call)));
        let mut score = 0.0;
        let mut certainty: f64 = 0.0;
        let mut hits = 0;
        for ((group, whole), idf) in groups.iter().zip(&mut wholes).zip(&weights.idf) {
            let is_whole = whole.as_mut().is_none_or(|rest| !take(rest, call).is_empty());
            let Some(nearest) = group.iter().map(|row| (row.how, row.cost)).min() else { continue };
            hits += group.len();
            let near = 1.0 / (1.0 + f64::from(nearest.1) / 10.0);
            let run = if is_whole || nearest.0 != How::Exact { 1.0 } else { RUN_WEIGHT };
            score += idf * group.len() as f64 / (group.len() as f64 + 1.0) * near * run;
            if order == Order::Certainty {
                certainty = certainty.max(group.iter().map(|row| certainty_of(row, &columns)).fold(0.0, f64::max));
            }
        }
        if groups.len() > 1 {
            let (together, distinct) = closeness(&groups);
            score *= 1.0 + 0.5 * together;
            hits = distinct;
        }
        let how = tier(query, &groups, &mut 0).unwrap_or_default();
        let keys = match order {
            Order::Best => [-f64::from(how as u8), score, 0.0],
            // Calls of unknown time come last either way.
            Order::Newest => [columns.started(call).unwrap_or(f64::NEG_INFINITY), score, 0.0],
            Order::Oldest => [columns.started(call).map_or(f64::NEG_INFINITY, |started| -started), score, 0.0],
            Order::Certainty => [certainty, score, 0.0],
            Order::Severity => {
                let severity = value(&columns.severity, call).unwrap_or(0) as f64;
                let points = value(&columns.score, call).map_or(f64::NEG_INFINITY, |points| -(points as f64));
                [severity, points, 0.0]
            }
        };
        ranked.push(Ranked { call, rank: Rank { keys, call_no: 0 }, how, score, hits });
    }
    Ok(ranked)
}

/// How sure it is that an utterance says what was asked for: the recogniser's own word, less what it had to be stretched.
fn certainty_of(row: &Row, columns: &Columns) -> f64 {
    let column = columns.confidence.get(segment_of(row.call) as usize);
    let confidence = column.and_then(|column| column.first(row.doc)).unwrap_or(0) as f64 / 100.0;
    let kept = match row.how {
        How::Exact => 1.0,
        How::Variant => 0.9,
        How::Alike => 0.8 - f64::from(row.cost) / 100.0,
    };
    (confidence * kept).max(0.0)
}

/// Utterances that hold a text of one word as that word; `None` where it makes no difference.
fn whole_rows(evaluation: &Evaluation, text: &Text) -> tantivy::Result<Option<Vec<Row>>> {
    let Source::Text(term) = &text.source else { return Ok(None) };
    if text.rows.len() > MOST_WEIGHED {
        return Ok(None);
    }
    let Some(word) = lookup::whole_word(&evaluation.index.fields, &evaluation.index.lexicon, &term.text) else {
        return Ok(None);
    };
    evaluation.searcher.search(&TermQuery::new(word, IndexRecordOption::Basic), &Sieve::of(term)).map(Some)
}

/// Takes the rows of `call` off the front of `rest`; calls must come in order.
fn take<'r>(rest: &mut &'r [Row], call: CallKey) -> &'r [Row] {
    let skip = rest.iter().take_while(|row| row.call < call).count();
    let after = rest.get(skip..).unwrap_or_default();
    let own = after.iter().take_while(|row| row.call == call).count();
    let (group, next) = after.split_at_checked(own).unwrap_or((after, &[]));
    *rest = next;
    group
}

/// Keeps the first few.
pub(super) fn keep_nearest(ranked: &mut Vec<Ranked>, most: usize) {
    ranked.sort_unstable_by(|a, b| a.rank.compare(&b.rank));
    ranked.truncate(most);
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

/// How closely the texts were said, from 0 to 1 (all in one utterance), and how many utterances were hit.
fn closeness(groups: &[&[Row]]) -> (f64, usize) {
    let mut rows: Vec<(u32, usize)> =
        groups.iter().enumerate().flat_map(|(i, group)| group.iter().map(move |row| (row.doc, i))).collect();
    rows.sort_unstable();
    let wanted = groups.iter().filter(|group| !group.is_empty()).count();
    let mut distinct = rows.iter().map(|row| row.0).collect::<Vec<_>>();
    distinct.dedup();
    if wanted < 2 {
        return (0.0, distinct.len());
    }
    // The narrowest stretch of the call that has all texts.
    let mut counts = vec![0usize; groups.len()];
    let (mut have, mut start, mut narrowest) = (0, 0, u32::MAX);
    for &(doc, text) in &rows {
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
    (1.0 / (1.0 + f64::from(narrowest)), distinct.len())
}

/// How a call answers the query: as its worst part does where all must hold, as its best where one must. Walks over the
/// texts in the order they were looked up.
fn tier(query: &Query, groups: &[&[Row]], next: &mut usize) -> Option<How> {
    match query {
        Query::Text(_) | Query::Near(_) | Query::NotIn(_) => {
            let group = groups.get(*next);
            *next += 1;
            group?.iter().map(|row| row.how).min()
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
