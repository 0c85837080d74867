//! Whether flags are as certain as they say: of those called 0.8 certain, about 80 % should be right.

use hotline_model::Outcome;
use serde::Serialize;

use crate::report::share;
use crate::score::ScoredCall;

/// Width of a step of certainty.
const STEP: f64 = 0.1;

/// Flags of about the same certainty. A flag is a call and a clause reported as violated, with the certainty of the surest of its rules;
/// what raters could differ on is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Reliability {
    /// Certainty from (included).
    pub from: f64,
    /// Certainty to (excluded, but for 1).
    pub to: f64,
    /// Flags.
    pub flags: u64,
    /// Of those, flags that the truth has too.
    pub right: u64,
    /// `right / flags`.
    pub precision: Option<f64>,
    /// Mean certainty of the flags.
    pub certainty: Option<f64>,
}

/// A table of ten steps of certainty; steps without flags are left out.
pub(crate) fn table(calls: &[&ScoredCall<'_>]) -> Vec<Reliability> {
    let mut flags: Vec<(f64, bool)> = Vec::new();
    for call in calls {
        let Some(record) = call.record else { continue };
        let expected = &call.truth.expected;
        for (clause, truth) in &expected.clauses {
            if expected.borderline.iter().any(|entry| entry.clause == *clause) {
                continue;
            }
            let own = record.findings.iter().filter(|f| f.clause == *clause && f.outcome == Outcome::Violated);
            let surest = own.map(|finding| f64::from(finding.certainty)).max_by(f64::total_cmp);
            flags.extend(surest.map(|certainty| (certainty, truth.verdict == Outcome::Violated.name())));
        }
    }
    steps(&flags)
}

fn steps(flags: &[(f64, bool)]) -> Vec<Reliability> {
    let step = |certainty: f64| ((certainty / STEP + 1e-9) as usize).min(9);
    let row = |number: usize| {
        let within: Vec<_> = flags.iter().filter(|(certainty, _)| step(*certainty) == number).collect();
        let count = within.len() as u64;
        let right = within.iter().filter(|(_, right)| *right).count() as u64;
        let sum: f64 = within.iter().map(|(certainty, _)| certainty).sum();
        Reliability {
            from: number as f64 / 10.0,
            to: (number + 1) as f64 / 10.0,
            flags: count,
            right,
            precision: share(right, count),
            certainty: (count > 0).then(|| sum / count as f64),
        }
    };
    (0..10).map(row).filter(|row| row.flags > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_counted_by_how_certain_they_are() {
        let table = steps(&[(0.61, true), (0.69, false), (0.8, true), (1.0, true)]);
        let rows: Vec<_> = table.iter().map(|row| (row.from, row.flags, row.right, row.precision)).collect();
        assert_eq!(rows, [(0.6, 2, 1, Some(0.5)), (0.8, 1, 1, Some(1.0)), (0.9, 1, 1, Some(1.0))]);
        assert!((table[0].certainty.unwrap() - 0.65).abs() < 1e-9);
        assert!(steps(&[]).is_empty());
    }
}
