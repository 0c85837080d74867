//! Which calls answer a query, in which order, and the page of results.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tantivy::collector::Count;
use tantivy::schema::Value;
use tantivy::{DocAddress, Searcher, TantivyDocument, TantivyError};

use super::collect::{Row, Sieve};
use super::sets::{self, Call, Calls};
use super::{CallHits, Hit, Order, SearchOptions, SearchResults, lookup, mark};
use crate::document::{Summary, channel_of};
use crate::query::{Filter, Query, TextTerm};
use crate::{Index, times};

/// Weight of a text that was hit as a run of characters only.
const RUN_WEIGHT: f32 = 0.6;

/// One search.
pub(super) struct Search<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    options: &'a SearchOptions,
    /// All calls, read when first needed.
    everything: Option<Calls>,
    /// The texts that were asked for, those to be absent left out.
    texts: Vec<Text>,
}

/// A text that was looked up.
struct Text {
    term: TextTerm,
    /// Utterances hit, sorted by call.
    rows: Vec<Row>,
}

/// A call of the results and its rank.
struct Ranked {
    call: Call,
    score: f32,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a Index, searcher: &'a Searcher, options: &'a SearchOptions) -> Self {
        Search { index, searcher, options, everything: None, texts: Vec::new() }
    }

    pub(super) fn run(mut self, query: &Query) -> tantivy::Result<SearchResults> {
        let mut calls = self.calls(query, true)?;
        for filter in self.options.filters.filters() {
            sets::retain(&mut calls, &self.filtered(&filter)?, true);
        }
        let (total_calls, total_hits) = (calls.len(), self.count_hits(&calls));
        let ranked = self.rank(calls)?;
        let page = ranked.get(self.options.offset.min(ranked.len())..).unwrap_or_default();
        let page = page.get(..self.options.limit.min(page.len())).unwrap_or_default();
        let numbers: Vec<u64> = page.iter().map(|ranked| ranked.call.call_no).collect();
        let documents = self.rows(&*lookup::calls(&self.index.fields, &numbers), &Sieve::default())?;
        let calls = page.iter().map(|ranked| self.call_hits(ranked, &documents)).collect::<Result<_, _>>()?;
        Ok(SearchResults { total_calls, total_hits, alike: false, calls })
    }

    /// What a lookup yields, sorted by call.
    fn rows(&self, query: &dyn tantivy::query::Query, sieve: &Sieve) -> tantivy::Result<Vec<Row>> {
        let mut rows = self.searcher.search(query, sieve)?;
        rows.sort_unstable_by_key(|row| (row.call_no, row.utterance));
        Ok(rows)
    }

    /// The calls that answer `query`. `wanted`: not below a negation, so that its hits are to be shown.
    fn calls(&mut self, query: &Query, wanted: bool) -> tantivy::Result<Calls> {
        match query {
            Query::All => self.everything(),
            Query::Text(term) => self.text(term, wanted),
            Query::Filter(filter) => self.filtered(filter),
            Query::Not(_) => self.all_of(std::slice::from_ref(query), wanted),
            Query::Or(parts) => {
                let mut calls = Calls::new();
                for part in parts {
                    calls = sets::unite(calls, self.calls(part, wanted)?);
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
                    sets::retain(&mut calls, &more, true);
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
                sets::retain(&mut calls, &self.calls(part, false)?, false);
            }
        }
        Ok(calls)
    }

    fn everything(&mut self) -> tantivy::Result<Calls> {
        if self.everything.is_none() {
            let rows = self.rows(&*lookup::all_calls(&self.index.fields), &Sieve::default())?;
            self.everything = Some(sets::of_rows(&rows));
        }
        Ok(self.everything.clone().unwrap_or_default())
    }

    fn filtered(&self, filter: &Filter) -> tantivy::Result<Calls> {
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
        Ok(sets::of_rows(&self.rows(&*query, &sieve)?))
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
        let rows = self.rows(&*lookup::text(&self.index.fields, &term), &Sieve::of(&term))?;
        let calls = sets::of_rows(&rows);
        if wanted {
            self.texts.push(Text { term, rows });
        }
        Ok(calls)
    }

    /// The calls in the order asked for, with their rank.
    fn rank(&self, calls: Calls) -> tantivy::Result<Vec<Ranked>> {
        let fields = &self.index.fields;
        let mut ranked: Vec<Ranked> = calls.into_iter().map(|call| Ranked { call, score: 0.0 }).collect();
        let all = self.searcher.search(&lookup::all_calls(fields), &Count)? as f32;
        for text in &self.texts {
            let whole = lookup::whole_words(fields, &self.index.lexicon, &text.term.text);
            let whole = sets::of_rows(&self.rows(&*whole, &Sieve::of(&text.term))?);
            let found = text.rows.chunk_by(|a, b| a.call_no == b.call_no).count() as f32;
            let idf = (1.0 + (all - found + 0.5).max(0.0) / (found + 0.5)).ln();
            for Ranked { call, score } in &mut ranked {
                let hits = sets::rows_of(&text.rows, call.call_no).len() as f32;
                let is_whole = whole.binary_search_by_key(&call.call_no, |call| call.call_no).is_ok();
                *score += idf * hits / (hits + 1.0) * if is_whole { 1.0 } else { RUN_WEIGHT };
            }
        }
        match self.options.order {
            Order::Best => ranked
                .sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.call.started_at.cmp(&a.call.started_at))),
            Order::Newest => ranked.sort_by_key(|ranked| Reverse(ranked.call.started_at)),
            // Calls of unknown time come last either way.
            Order::Oldest => ranked.sort_by_key(|ranked| (ranked.call.started_at.is_none(), ranked.call.started_at)),
        }
        Ok(ranked)
    }

    /// Utterances hit in `calls`, each counted once.
    fn count_hits(&self, calls: &Calls) -> usize {
        let in_calls = |row: &&Row| calls.binary_search_by_key(&row.call_no, |call| call.call_no).is_ok();
        match self.texts.as_slice() {
            [only] => only.rows.iter().filter(in_calls).count(),
            texts => {
                let rows = texts.iter().flat_map(|text| &text.rows).filter(in_calls);
                let mut addresses: Vec<DocAddress> = rows.map(|row| row.address).collect();
                addresses.sort_unstable();
                addresses.dedup();
                addresses.len()
            }
        }
    }

    /// A call of the page; `documents` are those of all calls of the page.
    fn call_hits(&self, ranked: &Ranked, documents: &[Row]) -> tantivy::Result<CallHits> {
        let (fields, call_no) = (&self.index.fields, ranked.call.call_no);
        let missing = || TantivyError::InternalError(format!("call {call_no} has no document"));
        let address = sets::rows_of(documents, call_no).first().ok_or_else(missing)?.address;
        let document: TantivyDocument = self.searcher.doc(address)?;
        let summary = document.get_first(fields.summary).and_then(|value| value.as_str()).unwrap_or_default();
        let summary: Summary =
            serde_json::from_str(summary).map_err(|error| TantivyError::InternalError(error.to_string()))?;
        let mut utterances: BTreeMap<u64, (Row, Vec<&TextTerm>)> = BTreeMap::new();
        for text in &self.texts {
            for row in sets::rows_of(&text.rows, call_no) {
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
            score: ranked.score,
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
            alike: terms.iter().any(|term| mark::is_alike_only(term, &text)),
            text,
            highlights,
        })
    }
}
