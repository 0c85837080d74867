//! What people made of findings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CallId, Outcome};

/// A person's verdict on what the machine said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// The machine is right.
    Right,
    /// The machine is wrong: what it flagged is no violation, or what it passed is none either way.
    Wrong,
    /// The person cannot tell either.
    CannotTell,
    /// There is a violation that the machine has not flagged.
    Missed,
}

impl ReviewVerdict {
    /// All verdicts.
    pub const ALL: [ReviewVerdict; 4] =
        [ReviewVerdict::Right, ReviewVerdict::Wrong, ReviewVerdict::CannotTell, ReviewVerdict::Missed];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            ReviewVerdict::Right => "right",
            ReviewVerdict::Wrong => "wrong",
            ReviewVerdict::CannotTell => "cannot_tell",
            ReviewVerdict::Missed => "missed",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            ReviewVerdict::Right => "正确",
            ReviewVerdict::Wrong => "误判",
            ReviewVerdict::CannotTell => "无法判断",
            ReviewVerdict::Missed => "漏判",
        }
    }

    /// Whether, by this verdict on `outcome`, the call violates the rule; `None` if nobody can tell.
    pub const fn violated(self, outcome: Outcome) -> Option<bool> {
        match (self, outcome) {
            (ReviewVerdict::CannotTell, _) => None,
            (ReviewVerdict::Missed, _) => Some(true),
            (ReviewVerdict::Right, Outcome::Violated) => Some(true),
            (ReviewVerdict::Wrong, Outcome::Violated) => Some(false),
            (ReviewVerdict::Right, Outcome::Met | Outcome::NotApplicable) => Some(false),
            (ReviewVerdict::Wrong, Outcome::Met | Outcome::NotApplicable) => Some(true),
            // "Right" about an undecided finding says only that it could not be told by machine.
            (ReviewVerdict::Right | ReviewVerdict::Wrong, Outcome::Undecided) => None,
        }
    }
}

/// A review of one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The call.
    pub call: CallId,
    /// The rule.
    pub rule: String,
    /// The clause it serves.
    pub clause: String,
    /// Version of the rules that made the finding.
    pub rule_set_version: String,
    /// What the machine had said.
    pub outcome: Outcome,
    /// What the person says.
    pub verdict: ReviewVerdict,
    /// Why.
    pub reason: String,
    /// The words that were said, for a violation that was missed: a proposal for the rule, never adopted by itself.
    pub words: Option<String>,
    /// Whether the call was drawn at random and heard in full: only such reviews tell what is missed.
    pub in_full: bool,
}

/// A review as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReview {
    /// Its number; later ones are higher.
    pub review_no: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    #[serde(flatten)]
    pub review: Review,
}

/// An appeal against a deduction (SCO-09).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Its number.
    pub appeal_no: u64,
    /// The call.
    pub call: CallId,
    /// The rule whose deduction is contested.
    pub rule: String,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who appeals.
    pub who: String,
    /// Why.
    pub reason: String,
    /// What was decided, in order; the last counts.
    pub decisions: Vec<AppealDecision>,
}

/// A decision on an appeal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealDecision {
    /// Whether the deduction falls.
    pub granted: bool,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who decided: neither the one who appealed nor one who had reviewed the finding.
    pub who: String,
    /// Why.
    pub reason: String,
}

impl Appeal {
    /// Whether the deduction falls; `None` while nobody has decided.
    pub fn granted(&self) -> Option<bool> {
        self.decisions.last().map(|decision| decision.granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_what_is_true() {
        use Outcome::*;
        use ReviewVerdict::*;
        for (verdict, outcome, truth) in [
            (Right, Violated, Some(true)),
            (Wrong, Violated, Some(false)),
            (Right, Met, Some(false)),
            (Wrong, NotApplicable, Some(true)),
            (Missed, Met, Some(true)),
            (Missed, Undecided, Some(true)),
            (CannotTell, Violated, None),
            (Right, Undecided, None),
        ] {
            assert_eq!(verdict.violated(outcome), truth, "{verdict:?} {outcome:?}");
        }
    }
}
