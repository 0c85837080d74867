//! Words and phrases counted by call, this week and before.

use std::collections::{BTreeMap, BTreeSet};

use hotline_text::Lexicon;
use serde::Serialize;

use crate::likelihood::{Level, log_likelihood};
use crate::{TopicCall, TopicSettings, terms};

/// Calls named with a term.
const CALLS_NAMED: usize = 5;
/// Terms that are looked at for one list, as a multiple of its length: enough that repetitions can go.
const CANDIDATES: usize = 20;

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// A word.
    Word,
    /// Several words that follow each other.
    Phrase,
}

/// A word or phrase and the calls whose customers said it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// The words, folded.
    pub term: String,
    /// A word or a phrase.
    pub kind: TermKind,
    /// Calls of the week with it.
    pub calls: usize,
    /// Share of the week's calls, 0…1.
    pub share: f64,
    /// Calls before with it.
    pub calls_before: usize,
    /// Share of the calls before; `None` where there are none.
    pub share_before: Option<f64>,
    /// Log-likelihood of the two shares; `None` where there is nothing to compare with.
    pub g2: Option<f64>,
    /// How seldom chance does that; `None` below the first level.
    pub level: Option<Level>,
    /// Some of the week's calls, the newest first.
    pub examples: Vec<String>,
}

/// Terms with the calls they were said in.
pub(crate) struct Counted<'a> {
    week: usize,
    before: usize,
    terms: Vec<CountedTerm<'a>>,
}

struct CountedTerm<'a> {
    term: String,
    kind: TermKind,
    /// Calls of the week, by their place in it.
    calls: BTreeSet<usize>,
    names: Vec<&'a str>,
    before: usize,
}

/// Counts the terms of two stretches of time; those that nobody said this week are left out.
pub(crate) fn count<'a>(week: &[&'a TopicCall], before: &[&TopicCall], lexicon: &Lexicon) -> Counted<'a> {
    let mut counted: BTreeMap<String, CountedTerm<'a>> = BTreeMap::new();
    for (place, call) in week.iter().enumerate() {
        for (term, kind) in terms::of_call(call, lexicon) {
            let entry = counted.entry(term.clone()).or_insert_with(|| CountedTerm {
                term,
                kind,
                calls: BTreeSet::new(),
                names: Vec::new(),
                before: 0,
            });
            entry.kind = entry.kind.min(kind);
            entry.calls.insert(place);
            entry.names.push(&call.call);
        }
    }
    for call in before {
        for term in terms::of_call(call, lexicon).into_keys() {
            if let Some(entry) = counted.get_mut(&term) {
                entry.before += 1;
            }
        }
    }
    Counted { week: week.len(), before: before.len(), terms: counted.into_values().collect() }
}

impl Counted<'_> {
    /// Terms said in a larger share of calls than before, the surest first.
    pub(crate) fn rising(&self, settings: &TopicSettings) -> Vec<Term> {
        if self.before == 0 {
            return Vec::new();
        }
        let rises = |term: &CountedTerm<'_>| {
            // a/c > b/d without a division.
            term.calls.len() * self.before > term.before * self.week && self.g2(term) >= settings.g2_min
        };
        self.best(settings, rises, |term| self.g2(term))
    }

    /// Terms said in most calls.
    pub(crate) fn frequent(&self, settings: &TopicSettings) -> Vec<Term> {
        self.best(settings, |_| true, |term| term.calls.len() as f64)
    }

    fn g2(&self, term: &CountedTerm<'_>) -> f64 {
        log_likelihood(term.calls.len(), self.week, term.before, self.before)
    }

    fn best(
        &self,
        settings: &TopicSettings,
        wanted: impl Fn(&CountedTerm<'_>) -> bool,
        rank: impl Fn(&CountedTerm<'_>) -> f64,
    ) -> Vec<Term> {
        let mut found: Vec<&CountedTerm<'_>> =
            self.terms.iter().filter(|term| term.calls.len() >= settings.calls_min.max(1) && wanted(term)).collect();
        let chars = |term: &CountedTerm<'_>| term.term.chars().count();
        found.sort_by(|a, b| {
            let (more, longer) = (rank(b).total_cmp(&rank(a)), chars(b).cmp(&chars(a)));
            more.then(b.calls.len().cmp(&a.calls.len())).then(longer).then_with(|| a.term.cmp(&b.term))
        });
        found.truncate(settings.limit.saturating_mul(CANDIDATES));
        let said_by_more = |term: &CountedTerm<'_>| {
            // A part of a longer term that was said in the same calls says nothing more.
            found.iter().any(|other| {
                other.term.len() > term.term.len() && other.term.contains(&term.term) && other.calls == term.calls
            })
        };
        let kept = found.iter().filter(|term| !said_by_more(term));
        kept.take(settings.limit).map(|term| self.term(term)).collect()
    }

    fn term(&self, term: &CountedTerm<'_>) -> Term {
        let compared = self.before > 0 && self.week > 0;
        let g2 = compared.then(|| self.g2(term));
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        Term {
            term: term.term.clone(),
            kind: term.kind,
            calls: term.calls.len(),
            share: share(term.calls.len(), self.week),
            calls_before: term.before,
            share_before: compared.then(|| share(term.before, self.before)),
            g2,
            level: g2.and_then(Level::of),
            examples: term.names.iter().rev().take(CALLS_NAMED).map(|name| (*name).to_owned()).collect(),
        }
    }
}
