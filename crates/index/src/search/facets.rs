//! How the calls found are spread over teams, hotlines and so on.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use tantivy::columnar::Column;

use super::calls::{Evaluation, value};
use super::rank::{Ranked, rows_in};
use super::rows::{doc_of, segment_of};
use crate::document::channel_of;
use crate::schema::fast;

/// Most values that are listed of a field.
const MOST_VALUES: usize = 50;

/// A value and how often it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The value.
    pub value: String,
    /// Calls with it (of roles: utterances hit).
    pub count: usize,
}

/// Counts over all calls that answer, not only those of the page; the commonest values first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// Teams.
    pub team: Vec<Count>,
    /// Kinds of business.
    pub business: Vec<Count>,
    /// Hotlines.
    pub hotline: Vec<Count>,
    /// Agents, by staff number or else by name.
    pub agent: Vec<Count>,
    /// Clauses that were violated.
    pub flag: Vec<Count>,
    /// Whether a complaint was taken: `true`, `false`.
    pub complaint: Vec<Count>,
    /// The customer's rating: `satisfied`, `neutral`, `dissatisfied`; calls without one are not counted.
    pub satisfaction: Vec<Count>,
    /// Who said what was hit: `agent`, `customer`, `mixed`.
    pub role: Vec<Count>,
}

pub(super) fn count(evaluation: &Evaluation, ranked: &[Ranked]) -> tantivy::Result<Facets> {
    let number = |name: &str, names: &dyn Fn(u64) -> Option<&'static str>| -> tantivy::Result<Vec<Count>> {
        let columns = evaluation.columns(name)?;
        let mut counts = BTreeMap::new();
        for ranked in ranked {
            if let Some(name) = value(&columns, ranked.call).and_then(names) {
                *counts.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
        Ok(sorted(counts))
    };
    Ok(Facets {
        team: strings(evaluation, ranked, fast::TEAM)?,
        business: strings(evaluation, ranked, fast::BUSINESS)?,
        hotline: strings(evaluation, ranked, fast::HOTLINE)?,
        agent: strings(evaluation, ranked, fast::AGENT)?,
        flag: strings(evaluation, ranked, fast::FLAG)?,
        complaint: number(fast::COMPLAINT, &|n| Some(if n == 1 { "true" } else { "false" }))?,
        satisfaction: number(fast::SATISFACTION, &|n| match n {
            1 => Some("satisfied"),
            2 => Some("neutral"),
            3 => Some("dissatisfied"),
            _ => None,
        })?,
        role: roles(evaluation, ranked)?,
    })
}

fn strings(evaluation: &Evaluation, ranked: &[Ranked], name: &str) -> tantivy::Result<Vec<Count>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (segment, reader) in evaluation.searcher.segment_readers().iter().enumerate() {
        let Some(column) = reader.fast_fields().str(name)? else { continue };
        let mut by_ord: HashMap<u64, usize> = HashMap::new();
        for ranked in ranked.iter().filter(|ranked| segment_of(ranked.call) as usize == segment) {
            for ord in column.term_ords(doc_of(ranked.call)) {
                *by_ord.entry(ord).or_insert(0) += 1;
            }
        }
        let mut shown = String::new();
        for (ord, count) in by_ord {
            shown.clear();
            if column.ord_to_str(ord, &mut shown)? {
                *counts.entry(shown.clone()).or_insert(0) += count;
            }
        }
    }
    Ok(sorted(counts))
}

fn roles(evaluation: &Evaluation, ranked: &[Ranked]) -> tantivy::Result<Vec<Count>> {
    let columns: Vec<Column<u64>> = evaluation.columns(fast::CHANNEL)?;
    let mut counts = BTreeMap::new();
    for ranked in ranked {
        let mut docs: Vec<u32> = rows_in(&evaluation.texts, ranked.call).map(|(row, _)| row.doc).collect();
        docs.sort_unstable();
        docs.dedup();
        for doc in docs {
            let code = columns.get(segment_of(ranked.call) as usize).and_then(|column| column.first(doc));
            *counts.entry(channel_of(code.unwrap_or(2)).name().to_owned()).or_insert(0) += 1;
        }
    }
    Ok(sorted(counts))
}

fn sorted(counts: BTreeMap<String, usize>) -> Vec<Count> {
    let mut counts: Vec<Count> = counts.into_iter().map(|(value, count)| Count { value, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counts.truncate(MOST_VALUES);
    counts
}
