//! Recall, precision and reciprocal rank of ranked calls.
//!
//! All figures look at the first ten calls returned ([`CUTOFF`]), each call counted once.
//!
//! - **recall@10** = relevant calls among them ÷ min(10, relevant calls): who has more than ten right answers cannot show them all
//!   on a page of ten. Without relevant calls there is none.
//! - **precision@10** = relevant calls among them ÷ calls returned (at most ten). Dividing by ten, as TREC does, would measure how
//!   many right answers a query has: with one, nothing could reach more than 0.1. When nothing was returned there is none; recall
//!   pays for that.
//! - **MRR** = mean over queries of 1 ÷ rank of the first relevant call, 0 if none is among the ten.
//!
//! A figure of several queries is the mean over those that have it; where none has, it is `None`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// How many calls are looked at.
pub const CUTOFF: usize = 10;

/// The figures of one query.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueryFigures {
    /// Share of the relevant calls that are among the first ten.
    pub recall: Option<f64>,
    /// Share of the first ten that are relevant.
    pub precision: Option<f64>,
    /// One over the rank of the first relevant call.
    pub reciprocal_rank: Option<f64>,
}

/// One answer: the calls an engine returned, best first, and those that are right.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// Kind of the query.
    pub kind: &'a str,
    /// Calls returned, best first.
    pub ranked: &'a [String],
    /// Calls that are right.
    pub relevant: &'a BTreeSet<String>,
}

/// Figures of several queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SearchFigures {
    /// Number of queries.
    pub queries: usize,
    /// Mean recall@10.
    pub recall_at_10: Option<f64>,
    /// Mean precision@10.
    pub precision_at_10: Option<f64>,
    /// Mean reciprocal rank.
    pub mrr: Option<f64>,
    /// Queries for which nothing was returned.
    pub empty: usize,
}

/// Figures of a query set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SearchScore {
    /// All queries together.
    pub overall: SearchFigures,
    /// By kind of query.
    pub kinds: BTreeMap<String, SearchFigures>,
}

/// Judges one ranking.
pub fn judge(ranked: &[String], relevant: &BTreeSet<String>) -> QueryFigures {
    let mut seen = BTreeSet::new();
    let first: Vec<bool> =
        ranked.iter().filter(|call| seen.insert(*call)).take(CUTOFF).map(|call| relevant.contains(call)).collect();
    let hits = first.iter().filter(|hit| **hit).count();
    let share = |whole: usize| (whole > 0).then(|| hits as f64 / whole as f64);
    let rank = first.iter().position(|hit| *hit);
    QueryFigures {
        recall: share(relevant.len().min(CUTOFF)),
        precision: share(first.len()),
        reciprocal_rank: (!relevant.is_empty()).then(|| rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64)),
    }
}

/// Judges the answers to a query set.
pub fn score_search(answers: &[Answered<'_>]) -> SearchScore {
    let kinds: BTreeSet<&str> = answers.iter().map(|answer| answer.kind).collect();
    let of = |kind: &str| figures(answers.iter().filter(|answer| answer.kind == kind));
    SearchScore {
        overall: figures(answers.iter()),
        kinds: kinds.into_iter().map(|kind| (kind.to_owned(), of(kind))).collect(),
    }
}

fn figures<'a>(answers: impl Iterator<Item = &'a Answered<'a>>) -> SearchFigures {
    let judged: Vec<(bool, QueryFigures)> =
        answers.map(|answer| (answer.ranked.is_empty(), judge(answer.ranked, answer.relevant))).collect();
    let mean = |figure: fn(&QueryFigures) -> Option<f64>| {
        let values: Vec<f64> = judged.iter().filter_map(|(_, figures)| figure(figures)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    SearchFigures {
        queries: judged.len(),
        recall_at_10: mean(|figures| figures.recall),
        precision_at_10: mean(|figures| figures.precision),
        mrr: mean(|figures| figures.reciprocal_rank),
        empty: judged.iter().filter(|(empty, _)| *empty).count(),
    }
}
