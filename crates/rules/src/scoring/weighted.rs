//! Weighted marks (SCO-06).

use hotline_model::{Finding, Outcome, Satisfaction};
use serde::Serialize;

use super::scheme::{Scheme, SchemeKind};

/// One mark of a weighted card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightedMark {
    /// Id of the mark.
    pub id: String,
    /// 0 to 100; `None` where the call shows nothing of it.
    pub mark: Option<f32>,
    /// Its share of the score, 0…1: marks that are missing leave theirs to the others.
    pub share: f32,
    /// Clauses that took from it.
    pub violated: Vec<String>,
    /// Clauses of it that are undecided, and took nothing.
    pub undecided: Vec<String>,
}

/// The weighted score of one call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightedCard {
    /// Name of the scheme.
    pub scheme: String,
    /// Version of the scheme.
    pub scheme_version: String,
    /// Version of the rules.
    pub rule_set_version: String,
    /// The marks.
    pub marks: Vec<WeightedMark>,
    /// 0 to 100; `None` where the call shows nothing at all.
    pub score: Option<f32>,
}

/// The weighted card of a call; `None` if the scheme is of another kind. Of several rules of a clause the gravest violation counts.
pub fn weighted_card(
    scheme: &Scheme,
    findings: &[Finding],
    satisfaction: Option<Satisfaction>,
    rule_set_version: &str,
) -> Option<WeightedCard> {
    let SchemeKind::Weighted { marks, takes } = &scheme.kind else { return None };
    let mut out: Vec<(f32, WeightedMark)> = Vec::new();
    for mark in marks {
        let of_mark = |outcome: Outcome| {
            let mut clauses: Vec<&str> = findings
                .iter()
                .filter(|f| f.outcome == outcome && mark.clauses.contains(&f.clause))
                .map(|f| f.clause.as_str())
                .collect();
            clauses.sort_unstable();
            clauses.dedup();
            clauses
        };
        let (violated, undecided, met) =
            (of_mark(Outcome::Violated), of_mark(Outcome::Undecided), of_mark(Outcome::Met));
        let taken: f32 = violated
            .iter()
            .filter_map(|clause| {
                let of_clause = findings.iter().filter(|f| f.clause == *clause && f.outcome == Outcome::Violated);
                of_clause.map(|f| takes.of(f.severity)).max_by(f32::total_cmp)
            })
            .sum();
        let value = match (mark.from_key, satisfaction) {
            (Some(keys), key) => key.map(|key| keys.of(key)),
            (None, _) if violated.is_empty() && met.is_empty() => None,
            (None, _) => Some((100.0 - taken).max(0.0)),
        };
        let owned = |clauses: Vec<&str>| clauses.into_iter().map(str::to_owned).collect();
        let (violated, undecided) = (owned(violated), owned(undecided));
        out.push((mark.weight, WeightedMark { id: mark.id.clone(), mark: value, share: 0.0, violated, undecided }));
    }
    let all: f32 = out.iter().filter(|(_, mark)| mark.mark.is_some()).map(|(weight, _)| weight).sum();
    let marks: Vec<WeightedMark> = out
        .into_iter()
        .map(|(weight, mark)| WeightedMark { share: if mark.mark.is_some() { weight / all } else { 0.0 }, ..mark })
        .collect();
    let score = (all > 0.0).then(|| marks.iter().filter_map(|mark| Some(mark.mark? * mark.share)).sum());
    Some(WeightedCard {
        scheme: scheme.name.clone(),
        scheme_version: scheme.version.clone(),
        rule_set_version: rule_set_version.to_owned(),
        marks,
        score,
    })
}
