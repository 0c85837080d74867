//! Sets of calls, and the page of results.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use tantivy::schema::Value;
use tantivy::{DocAddress, Searcher, TantivyDocument, TantivyError};

use super::collect::{Row, Sieve};
use super::{CallHits, Hit, Order, SearchOptions, SearchResults, lookup, mark};
use crate::document::{Summary, channel_of};
use crate::query::{Filter, Query, TextTerm};
use crate::{Index, times};

/// Weight of a text that was hit as a run of characters only.
const RUN_WEIGHT: f32 = 0.6;

type Calls = HashSet<u64>;

/// One search.
pub(super) struct Search<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    options: &'a SearchOptions,
    /// All calls, read when first needed.
    everything: Option<Calls>,
    /// When calls began, as far as seen.
    started: HashMap<u64, i64>,
    /// The texts that were asked for, those to be absent left out.
    texts: Vec<Text>,
}

/// A text that was looked up.
struct Text {
    term: TextTerm,
    /// Hit utterances by call.
    rows: HashMap<u64, Vec<Row>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a Index, searcher: &'a Searcher, options: &'a SearchOptions) -> Self {
        Search { index, searcher, options, everything: None, started: HashMap::new(), texts: Vec::new() }
    }

    pub(super) fn run(mut self, query: &Query) -> tantivy::Result<SearchResults> {
        let mut calls = self.calls(query, true)?;
        for filter in self.options.filters.filters() {
            let kept = self.filtered(&filter)?;
            calls.retain(|call| kept.contains(call));
        }
        let mut ranked = self.rank(&calls)?;
        let offset = self.options.offset.min(ranked.len());
        let total_hits = self.count_hits(&calls);
        let page: Vec<(u64, f32)> = ranked.drain(offset..).take(self.options.limit).collect();
        let mut results = SearchResults { total_calls: calls.len(), total_hits, calls: Vec::with_capacity(page.len()) };
        for (call_no, score) in page {
            results.calls.push(self.call_hits(call_no, score)?);
        }
        Ok(results)
    }

    /// The calls that answer `query`. `wanted`: not below a negation, so that its hits are to be shown.
    fn calls(&mut self, query: &Query, wanted: bool) -> tantivy::Result<Calls> {
        match query {
            Query::All => self.everything(),
            Query::Text(term) => self.text(term, wanted),
            Query::Filter(filter) => self.filtered(filter),
            Query::Not(part) => {
                let mut calls = self.everything()?;
                let without = self.calls(part, false)?;
                calls.retain(|call| !without.contains(call));
                Ok(calls)
            }
            Query::Or(parts) => {
                let mut calls = Calls::new();
                for part in parts {
                    calls.extend(self.calls(part, wanted)?);
                }
                Ok(calls)
            }
            Query::And(parts) => self.all_of(parts, wanted),
        }
    }

    /// Parts to be absent are taken away from the others, so that all calls are read only if there are no others.
    fn all_of(&mut self, parts: &[Query], wanted: bool) -> tantivy::Result<Calls> {
        let mut calls: Option<Calls> = None;
        for part in parts.iter().filter(|part| !matches!(part, Query::Not(_))) {
            let more = self.calls(part, wanted)?;
            calls = Some(match calls {
                None => more,
                Some(mut calls) => {
                    calls.retain(|call| more.contains(call));
                    calls
                }
            });
        }
        let mut calls = match calls {
            Some(calls) => calls,
            None => self.everything()?,
        };
        for part in parts {
            if let Query::Not(part) = part {
                let without = self.calls(part, false)?;
                calls.retain(|call| !without.contains(call));
            }
        }
        Ok(calls)
    }

    fn everything(&mut self) -> tantivy::Result<Calls> {
        if let Some(everything) = &self.everything {
            return Ok(everything.clone());
        }
        let rows = self.searcher.search(&lookup::all_calls(&self.index.fields), &Sieve::default())?;
        let calls = self.remember(&rows);
        self.everything = Some(calls.clone());
        Ok(calls)
    }

    fn filtered(&mut self, filter: &Filter) -> tantivy::Result<Calls> {
        let fields = &self.index.fields;
        let mut sieve = Sieve::default();
        let query = match filter {
            Filter::Is(field, value) => lookup::field(fields, *field, value),
            Filter::Direction(direction) => lookup::exact(fields.direction, direction.name()),
            Filter::Satisfaction(satisfaction) => lookup::exact(fields.satisfaction, satisfaction.name()),
            Filter::Days(_) | Filter::Started { .. } => {
                let (from, to) = match filter {
                    Filter::Days(days) => days.instants(&self.options.time_zone),
                    Filter::Started { from, to } => (*from, *to),
                    _ => (None, None),
                };
                (sieve.from, sieve.to) = (from.map(|t| t.as_millisecond()), to.map(|t| t.as_millisecond()));
                lookup::all_calls(fields)
            }
        };
        let rows = self.searcher.search(&query, &sieve)?;
        Ok(self.remember(&rows))
    }

    fn text(&mut self, term: &TextTerm, wanted: bool) -> tantivy::Result<Calls> {
        let mut term = term.clone();
        // The channel of the search options and one in the query must both hold; unlike ones exclude each other.
        if let Some(channel) = self.options.filters.channel {
            if term.channel.is_some_and(|own| own != channel) {
                return Ok(Calls::new());
            }
            term.channel = Some(channel);
        }
        let rows = self.searcher.search(&lookup::text(&self.index.fields, &term), &Sieve::of(&term))?;
        let calls = self.remember(&rows);
        if wanted {
            let mut by_call: HashMap<u64, Vec<Row>> = HashMap::new();
            for row in rows {
                by_call.entry(row.call_no).or_default().push(row);
            }
            self.texts.push(Text { term, rows: by_call });
        }
        Ok(calls)
    }

    fn remember(&mut self, rows: &[Row]) -> Calls {
        for row in rows {
            if let Some(started_at) = row.started_at {
                self.started.insert(row.call_no, started_at);
            }
        }
        rows.iter().map(|row| row.call_no).collect()
    }

    /// The calls in the order asked for, with their rank.
    fn rank(&self, calls: &Calls) -> tantivy::Result<Vec<(u64, f32)>> {
        let fields = &self.index.fields;
        let all = self.searcher.search(&lookup::all_calls(fields), &tantivy::collector::Count)? as f32;
        let mut scores: HashMap<u64, f32> = calls.iter().map(|call| (*call, 0.0)).collect();
        for text in &self.texts {
            let whole = lookup::whole_words(fields, &self.index.lexicon, &text.term.text);
            let whole: Calls =
                self.searcher.search(&whole, &Sieve::of(&text.term))?.iter().map(|row| row.call_no).collect();
            let found = text.rows.len() as f32;
            let idf = (1.0 + (all - found + 0.5).max(0.0) / (found + 0.5)).ln();
            for (call, rows) in &text.rows {
                let Some(score) = scores.get_mut(call) else { continue };
                let hits = rows.len() as f32;
                *score += idf * hits / (hits + 1.0) * if whole.contains(call) { 1.0 } else { RUN_WEIGHT };
            }
        }
        let mut ranked: Vec<(u64, f32)> = scores.into_iter().collect();
        let started = |call: u64| self.started.get(&call).copied();
        match self.options.order {
            Order::Best => {
                ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(started(b.0).cmp(&started(a.0))).then(a.0.cmp(&b.0)))
            }
            Order::Newest => ranked.sort_by_key(|(call, _)| (Reverse(started(*call)), *call)),
            // Calls of unknown time come last either way.
            Order::Oldest => ranked.sort_by_key(|(call, _)| (started(*call).is_none(), started(*call), *call)),
        }
        Ok(ranked)
    }

    /// Utterances hit in `calls`, each counted once.
    fn count_hits(&self, calls: &Calls) -> usize {
        let rows = |text: &'_ Text| -> Vec<DocAddress> {
            let hit = text.rows.iter().filter(|(call, _)| calls.contains(call));
            hit.flat_map(|(_, rows)| rows.iter().map(|row| row.address)).collect()
        };
        match self.texts.as_slice() {
            [only] => rows(only).len(),
            texts => texts.iter().flat_map(rows).collect::<HashSet<_>>().len(),
        }
    }

    fn call_hits(&self, call_no: u64, score: f32) -> tantivy::Result<CallHits> {
        let fields = &self.index.fields;
        let rows = self.searcher.search(&lookup::call(fields, call_no), &Sieve::default())?;
        let missing = || TantivyError::InternalError(format!("call {call_no} has no document"));
        let document: TantivyDocument = self.searcher.doc(rows.first().ok_or_else(missing)?.address)?;
        let summary = document.get_first(fields.summary).and_then(|value| value.as_str()).unwrap_or_default();
        let summary: Summary =
            serde_json::from_str(summary).map_err(|error| TantivyError::InternalError(error.to_string()))?;
        let mut utterances: BTreeMap<u64, (Row, Vec<&TextTerm>)> = BTreeMap::new();
        for text in &self.texts {
            for row in text.rows.get(&call_no).into_iter().flatten() {
                utterances.entry(row.utterance).or_insert((*row, Vec::new())).1.push(&text.term);
            }
        }
        let hits = utterances.values().map(|(row, terms)| self.hit(row, terms)).collect::<Result<_, _>>()?;
        Ok(CallHits {
            call_no,
            call_id: summary.call_id,
            file_name: summary.file_name,
            agent_id: summary.agent_id,
            agent_name: summary.agent_name,
            team: summary.team,
            business_type: summary.business_type,
            hotline: summary.hotline,
            started_at: summary.started_at,
            duration_ms: summary.duration_ms,
            score,
            hits,
        })
    }

    fn hit(&self, row: &Row, terms: &[&TextTerm]) -> tantivy::Result<Hit> {
        let fields = &self.index.fields;
        let document: TantivyDocument = self.searcher.doc(row.address)?;
        let text = document.get_first(fields.text).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let packed = document.get_first(fields.times).and_then(|value| value.as_bytes()).unwrap_or_default();
        let highlights = mark::merge(terms.iter().flat_map(|term| mark::find(term, &text)).collect());
        Ok(Hit {
            utterance: usize::try_from(row.utterance).unwrap_or(usize::MAX),
            channel: channel_of(row.channel),
            time: highlights.first().map_or(row.time, |first| times::time_of(packed, row.time, *first)),
            utterance_time: row.time,
            text,
            highlights,
        })
    }
}
