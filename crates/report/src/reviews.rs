//! How good each rule has proved, from reviews: precision of flags, recall from random audits, agreement beyond chance.

use std::collections::BTreeMap;

use hotline_model::{CallId, Outcome, ReviewVerdict, StoredReview};
use serde::{Deserialize, Serialize};

use crate::figures::{Interval, wilson};

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many of them.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// `part / whole`.
    pub value: f64,
    /// Wilson's interval.
    pub interval: Interval,
}

impl Share {
    /// A share; `None` of nothing.
    pub fn of(part: u64, whole: u64) -> Option<Share> {
        Some(Share { part, whole, value: part as f64 / whole as f64, interval: wilson(part, whole)? })
    }
}

/// How good a rule has proved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleQuality {
    /// Id of the rule.
    pub rule: String,
    /// Clause it serves.
    pub clause: String,
    /// Findings reviewed, one a call: the latest review counts.
    pub reviewed: u64,
    /// Of those, findings about which the person could not tell.
    pub cannot_tell: u64,
    /// Of the flags people could decide on, the share that are right.
    pub precision: Option<Share>,
    /// Of the violations in calls that were drawn at random and heard in full, the share the machine had flagged.
    pub recall: Option<Share>,
    /// Cohen's kappa of machine and person over those calls; undecided findings and those nobody can tell are left out. `None` where
    /// it does not exist: no calls, or both always say the same one thing.
    pub kappa: Option<f64>,
    /// Calls behind `kappa`.
    pub audited: u64,
}

/// Quality of every reviewed rule, by clause and rule. Of several reviews of one finding the latest counts.
pub fn rule_quality(reviews: &[StoredReview]) -> Vec<RuleQuality> {
    let mut latest: BTreeMap<(&str, &str, &CallId), &StoredReview> = BTreeMap::new();
    for stored in reviews {
        let review = &stored.review;
        let slot = latest.entry((&review.clause, &review.rule, &review.call)).or_insert(stored);
        if stored.review_no >= slot.review_no {
            *slot = stored;
        }
    }
    let mut by_rule: BTreeMap<(&str, &str), Vec<&StoredReview>> = BTreeMap::new();
    for ((clause, rule, _), stored) in latest {
        by_rule.entry((clause, rule)).or_default().push(stored);
    }
    by_rule.into_iter().map(|((clause, rule), reviews)| quality(clause, rule, &reviews)).collect()
}

fn quality(clause: &str, rule: &str, reviews: &[&StoredReview]) -> RuleQuality {
    let count = |test: &dyn Fn(&StoredReview) -> bool| reviews.iter().filter(|r| test(r)).count() as u64;
    let truth = |r: &StoredReview| r.review.verdict.violated(r.review.outcome);
    let flagged = |r: &StoredReview| r.review.outcome == Outcome::Violated;
    let right = count(&|r| flagged(r) && truth(r) == Some(true));
    let decided = count(&|r| flagged(r) && truth(r).is_some());
    let violations = count(&|r| r.review.in_full && truth(r) == Some(true));
    let caught = count(&|r| r.review.in_full && truth(r) == Some(true) && flagged(r));
    let pairs: Vec<(bool, bool)> = reviews
        .iter()
        .filter(|r| r.review.in_full && r.review.outcome != Outcome::Undecided)
        .filter_map(|r| Some((flagged(r), truth(r)?)))
        .collect();
    RuleQuality {
        rule: rule.to_owned(),
        clause: clause.to_owned(),
        reviewed: reviews.len() as u64,
        cannot_tell: count(&|r| r.review.verdict == ReviewVerdict::CannotTell),
        precision: Share::of(right, decided),
        recall: Share::of(caught, violations),
        kappa: kappa(&pairs),
        audited: pairs.len() as u64,
    }
}

/// Cohen's kappa of two raters over pairs of verdicts: `(p₀ − pₑ) / (1 − pₑ)`, where `p₀` is the share of pairs that agree and `pₑ` what
/// would agree by chance with the same habits. J. Cohen, "A coefficient of agreement for nominal scales", 1960. `None` where `pₑ` is 1.
pub fn kappa(pairs: &[(bool, bool)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let share = |test: fn(&&(bool, bool)) -> bool| pairs.iter().filter(test).count() as f64 / n;
    let agree = share(|(a, b)| a == b);
    let (a, b) = (share(|(a, _)| *a), share(|(_, b)| *b));
    let chance = a * b + (1.0 - a) * (1.0 - b);
    (!pairs.is_empty() && chance < 1.0).then(|| (agree - chance) / (1.0 - chance))
}

#[cfg(test)]
mod tests {
    use hotline_model::Review;

    use super::*;

    fn stored(review_no: u64, call: &str, outcome: Outcome, verdict: ReviewVerdict, in_full: bool) -> StoredReview {
        StoredReview {
            review_no,
            at: "2026-10-06T01:00:00Z".parse().unwrap(),
            who: "qa".into(),
            review: Review {
                call: CallId::from_stored(call),
                rule: "greeting".into(),
                clause: "REQ-01".into(),
                rule_set_version: "1".into(),
                outcome,
                verdict,
                reason: String::new(),
                words: None,
                in_full,
            },
        }
    }

    #[test]
    fn figures_by_hand() {
        use Outcome::*;
        use ReviewVerdict::*;
        let reviews = [
            stored(1, "a", Violated, Wrong, true),
            // Looked at again: right after all.
            stored(7, "a", Violated, Right, true),
            stored(2, "b", Violated, Wrong, false),
            stored(3, "c", Violated, CannotTell, false),
            stored(4, "d", Met, Missed, true),
            stored(5, "e", Met, Right, true),
            stored(6, "f", Undecided, Missed, true),
        ];
        let quality = rule_quality(&reviews);
        assert_eq!(quality.len(), 1);
        let rule = &quality[0];
        assert_eq!((rule.reviewed, rule.cannot_tell, rule.audited), (6, 1, 3));
        let precision = rule.precision.unwrap();
        assert_eq!((precision.part, precision.whole), (1, 2));
        assert!(precision.interval.low > 0.0 && precision.interval.high < 1.0);
        // Three violations in full audits, one of them flagged; the undecided one counts as not flagged.
        assert_eq!(rule.recall.map(|share| (share.part, share.whole)), Some((1, 3)));
        // (flagged, true): (1,1), (0,1), (0,0).
        let expected = (2.0 / 3.0 - 4.0 / 9.0) / (1.0 - 4.0 / 9.0);
        assert!((rule.kappa.unwrap() - expected).abs() < 1e-12);
        assert!(rule_quality(&[]).is_empty());
    }

    #[test]
    fn kappa_of_the_textbook() {
        // Cohen's own kind of table: 20 both yes, 5 and 10 apart, 15 both no: p₀ = 0.7, pₑ = 0.5.
        let mut pairs = vec![(true, true); 20];
        pairs.extend(vec![(true, false); 5]);
        pairs.extend(vec![(false, true); 10]);
        pairs.extend(vec![(false, false); 15]);
        assert!((kappa(&pairs).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(kappa(&[(false, false); 4]), None);
        assert_eq!(kappa(&[]), None);
    }
}
