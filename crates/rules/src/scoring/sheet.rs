//! Suggested marks for the service-quality sheet (SCO-08). A person decides.

use hotline_model::{Finding, Outcome, Severity};
use serde::Serialize;

use super::scheme::{Scheme, SchemeKind};

/// The best mark.
const BEST: u8 = 5;

/// What the machine would mark, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkSuggestion {
    /// Id of the item.
    pub item: String,
    /// 1 to 5; `None` where no finding tells.
    pub mark: Option<u8>,
    /// What speaks for less than the best: clause and title of violated findings.
    pub because: Vec<String>,
    /// Findings a person has to look at first: undecided ones.
    pub look_at: Vec<String>,
}

/// Suggestions for every item; `None` if the scheme is no sheet. A slight violation costs one mark, a medium one two, a serious one
/// three, a fatal one all.
pub fn suggest_marks(scheme: &Scheme, findings: &[Finding]) -> Option<Vec<MarkSuggestion>> {
    let SchemeKind::Sheet(items) = &scheme.kind else { return None };
    let suggest = |item: &super::Item| {
        let mine: Vec<&Finding> = findings.iter().filter(|f| item.clauses.contains(&f.clause)).collect();
        let named = |outcome: Outcome| -> Vec<String> {
            mine.iter().filter(|f| f.outcome == outcome).map(|f| format!("{} {}", f.clause, f.title)).collect()
        };
        let decided = mine.iter().any(|f| matches!(f.outcome, Outcome::Met | Outcome::Violated));
        let cost: u8 = mine
            .iter()
            .filter(|f| f.outcome == Outcome::Violated)
            .map(|f| cost(f.severity))
            .fold(0, u8::saturating_add);
        MarkSuggestion {
            item: item.id.clone(),
            mark: decided.then(|| BEST.saturating_sub(cost).max(1)),
            because: named(Outcome::Violated),
            look_at: named(Outcome::Undecided),
        }
    };
    Some(items.iter().map(suggest).collect())
}

fn cost(severity: Severity) -> u8 {
    match severity {
        Severity::Slight => 1,
        Severity::Medium => 2,
        Severity::Serious => 3,
        Severity::Fatal => BEST,
    }
}
