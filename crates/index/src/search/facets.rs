//! How the calls found are spread over teams, hotlines and so on.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::calls::Evaluation;
use super::rank::rows_in;
use super::rows::CallKey;
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

pub(super) fn count(evaluation: &Evaluation, calls: &[CallKey]) -> tantivy::Result<Facets> {
    let number = |name: &str, names: &dyn Fn(u64) -> Option<&'static str>| -> tantivy::Result<Vec<Count>> {
        let columns = evaluation.columns(name)?;
        let mut counts = BTreeMap::new();
        for call in calls {
            if let Some(name) = columns.value(*call).and_then(names) {
                *counts.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
        Ok(sorted(counts))
    };
    Ok(Facets {
        team: strings(evaluation, calls, fast::TEAM)?,
        business: strings(evaluation, calls, fast::BUSINESS)?,
        hotline: strings(evaluation, calls, fast::HOTLINE)?,
        agent: strings(evaluation, calls, fast::AGENT)?,
        flag: strings(evaluation, calls, fast::FLAG)?,
        complaint: number(fast::COMPLAINT, &|n| Some(if n == 1 { "true" } else { "false" }))?,
        satisfaction: number(fast::SATISFACTION, &|n| match n {
            1 => Some("satisfied"),
            2 => Some("neutral"),
            3 => Some("dissatisfied"),
            _ => None,
        })?,
        role: roles(evaluation, calls)?,
    })
}

fn strings(evaluation: &Evaluation, calls: &[CallKey], name: &str) -> tantivy::Result<Vec<Count>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut rest = calls;
    for (segment, reader) in evaluation.searcher.segment_readers().iter().enumerate() {
        let begin = evaluation.spread.begin(segment as u32);
        let (own, others) = rest.split_at(rest.partition_point(|call| call - begin < reader.max_doc()));
        rest = others;
        let Some(column) = reader.fast_fields().str(name)? else { continue };
        let mut by_ord: HashMap<u64, usize> = HashMap::new();
        for call in own {
            for ord in column.term_ords(call - begin) {
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

fn roles(evaluation: &Evaluation, calls: &[CallKey]) -> tantivy::Result<Vec<Count>> {
    let channels = evaluation.columns(fast::CHANNEL)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut docs: Vec<u32> = Vec::new();
    for call in calls {
        docs.clear();
        docs.extend(rows_in(&evaluation.texts, *call).map(|(row, _)| row.doc));
        docs.sort_unstable();
        docs.dedup();
        for doc in &docs {
            *counts.entry(channel_of(channels.value(*doc).unwrap_or(2)).name()).or_insert(0) += 1;
        }
    }
    Ok(sorted(counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()))
}

fn sorted(counts: BTreeMap<String, usize>) -> Vec<Count> {
    let mut counts: Vec<Count> = counts.into_iter().map(|(value, count)| Count { value, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    counts.truncate(MOST_VALUES);
    counts
}
