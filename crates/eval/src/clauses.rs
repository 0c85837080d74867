//! Verdicts against the truth.

use hotline_model::{CallRecord, Channel, Evidence, Finding, Outcome};
use serde::Serialize;

use crate::report::share;
use crate::truth::{LabelledCall, TrueTurn};

/// How the verdicts on one clause compare with the truth. Positive = violated; calls on which raters could differ are left
/// out. `tp + fp + fn + tn + undecided` is the number of calls scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ClauseScore {
    /// Violated, and so reported.
    pub tp: u64,
    /// Not violated (met or not applicable), but reported.
    pub fp: u64,
    /// Violated, but reported as met or not applicable.
    #[serde(rename = "fn")]
    pub false_negatives: u64,
    /// Not violated, and not reported.
    pub tn: u64,
    /// Left undecided, whatever the truth.
    pub undecided: u64,
    /// Left undecided and in truth violated.
    pub undecided_violated: u64,
    /// `tp / (tp + fp)`.
    pub precision: Option<f64>,
    /// `tp / (tp + fn + undecided_violated)`: a violation that nobody was shown as such is missed.
    pub recall: Option<f64>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
}

impl ClauseScore {
    /// Counts one call.
    pub fn add(&mut self, violated: bool, outcome: Outcome) {
        match (violated, outcome) {
            (true, Outcome::Violated) => self.tp += 1,
            (false, Outcome::Violated) => self.fp += 1,
            (_, Outcome::Undecided) => {
                self.undecided += 1;
                self.undecided_violated += u64::from(violated);
            }
            (true, _) => self.false_negatives += 1,
            (false, _) => self.tn += 1,
        }
        self.finish();
    }

    /// Adds another clause's counts.
    pub fn merge(&mut self, other: &ClauseScore) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.false_negatives += other.false_negatives;
        self.tn += other.tn;
        self.undecided += other.undecided;
        self.undecided_violated += other.undecided_violated;
        self.finish();
    }

    /// Calls scored.
    pub fn total(&self) -> u64 {
        self.tp + self.fp + self.false_negatives + self.tn + self.undecided
    }

    fn finish(&mut self) {
        self.precision = share(self.tp, self.tp + self.fp);
        self.recall = share(self.tp, self.tp + self.false_negatives + self.undecided_violated);
        self.f1 = match (self.precision, self.recall) {
            (Some(p), Some(r)) if p + r > 0.0 => Some(2.0 * p * r / (p + r)),
            (Some(_), Some(_)) => Some(0.0),
            _ => None,
        };
    }
}

/// The verdict on a clause: the gravest of its rules' outcomes. `None` if no rule serves it.
pub(crate) fn verdict(findings: &[Finding], clause: &str) -> Option<Outcome> {
    let outcomes = findings.iter().filter(|finding| finding.clause == clause).map(|finding| finding.outcome);
    // Violated beats undecided beats met beats not applicable.
    outcomes.min_by_key(|outcome| match outcome {
        Outcome::Violated => 0,
        Outcome::Undecided => 1,
        Outcome::Met => 2,
        Outcome::NotApplicable => 3,
    })
}

/// Hard negatives of a call whose clause a rule serves: on how many the clause fired, and how many there are. It fires on
/// a turn if a violated finding's evidence lies in it.
pub(crate) fn hard_negatives(truth: &LabelledCall, record: &CallRecord) -> (u64, u64) {
    let (mut fired, mut all) = (0, 0);
    for negative in &truth.expected.hard_negatives {
        let Some(turn) = truth.turns.iter().find(|turn| turn.index == negative.turn) else { continue };
        for clause in negative.clause.split('/').map(str::trim) {
            if verdict(&record.findings, clause).is_none() {
                continue;
            }
            all += 1;
            fired += u64::from(fires_on(&record.findings, clause, turn));
        }
    }
    (fired, all)
}

fn fires_on(findings: &[Finding], clause: &str, turn: &TrueTurn) -> bool {
    let violated = findings.iter().filter(|f| f.clause == clause && f.outcome == Outcome::Violated);
    let mut evidence = violated.flat_map(|finding| &finding.evidence);
    evidence.any(|evidence| {
        let may_be_of_it = match evidence {
            // Somebody else's words, said while this turn was under way.
            Evidence::Quote(quote) => quote.channel == Channel::Mixed || turn.speaker() == Some(quote.channel),
            // A required phrase that is missing was searched over a whole stretch; that says nothing about one turn.
            Evidence::Absence { .. } => false,
            _ => true,
        };
        may_be_of_it && evidence.time().is_some_and(|time| time.intersection(turn.span()).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_turn_itself_count_against_it() {
        let turn = |channel: &str| TrueTurn { channel: channel.into(), start: 1.0, end: 3.0, ..TrueTurn::default() };
        let finding: Finding = serde_json::from_value(serde_json::json!({
            "rule": "r", "clause": "FRB-06", "title": "", "severity": "serious", "outcome": "violated", "certainty": 0.9,
            "points": 20.0, "reason": "", "evidence": [{
                "kind": "quote", "utterance": 0, "text": {"start": 0, "end": 3}, "time": {"start": 500, "end": 1500},
                "channel": "agent", "words": "滚", "matched": {"how": "exact", "phrase": "滚"}
            }]
        }))
        .unwrap();
        let findings = [finding];
        assert!(fires_on(&findings, "FRB-06", &turn("agent")));
        // The customer had begun to speak before the agent had finished.
        assert!(!fires_on(&findings, "FRB-06", &turn("customer")));
        assert!(!fires_on(&findings, "FRB-04", &turn("agent")));
    }

    #[test]
    fn counts_and_rates_by_hand() {
        let mut score = ClauseScore::default();
        assert_eq!((score.precision, score.recall, score.f1), (None, None, None));
        for (violated, outcome) in [
            (true, Outcome::Violated),
            (true, Outcome::Violated),
            (true, Outcome::Met),
            (true, Outcome::Undecided),
            (false, Outcome::Violated),
            (false, Outcome::Met),
            (false, Outcome::NotApplicable),
            (false, Outcome::Undecided),
        ] {
            score.add(violated, outcome);
        }
        assert_eq!((score.tp, score.fp, score.false_negatives, score.tn, score.undecided), (2, 1, 1, 2, 2));
        assert_eq!(score.total(), 8);
        assert_eq!(score.precision, Some(2.0 / 3.0));
        assert_eq!(score.recall, Some(0.5));
        assert!((score.f1.unwrap() - 4.0 / 7.0).abs() < 1e-12);
    }
}
