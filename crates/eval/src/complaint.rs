//! Complaints: which calls are some, and what was extracted of them.

use std::collections::BTreeMap;

use hotline_model::{CallRecord, Complaint};
use hotline_text::number::readings;

use crate::report::{MatchScore, share};
use crate::score::ScoredCall;
use crate::timing::Matches;
use crate::truth::TrueComplaint;

/// A field is right if so much of what a person wrote there stands in what was extracted, by characters: people sum up in their own words what was said in
/// the customer's.
const RIGHT_FROM: f64 = 0.5;

/// Whether a call is a complaint, over the calls of which somebody said so or not; a failed call counts as none found.
pub(crate) fn told(calls: &[&ScoredCall<'_>]) -> Option<MatchScore> {
    let labelled = || calls.iter().filter_map(|call| Some((call.truth.expected.complaint?, call.record)));
    let found = |record: Option<&CallRecord>| record.is_some_and(|record| record.complaint.is_some());
    let count =
        |test: fn(bool, bool) -> bool| labelled().filter(|(truth, record)| test(*truth, found(*record))).count() as u64;
    let (both, all_true, all_found) = (count(|t, f| t && f), count(|t, _| t), count(|_, f| f));
    labelled().next().map(|_| MatchScore {
        true_events: all_true,
        found: all_found,
        precision: share(both, all_found),
        recall: share(both, all_true),
    })
}

/// What was extracted of the calls that are complaints by their labels, field by field. A complaint that was not told as one has no fields.
pub(crate) fn detail(calls: &[&ScoredCall<'_>]) -> BTreeMap<String, MatchScore> {
    let mut fields: BTreeMap<String, Matches> = BTreeMap::new();
    for call in calls {
        let Some(truth) = call.truth.expected.complaint_detail.as_ref() else { continue };
        let extracted = call.record.and_then(|record| record.complaint.as_ref());
        for (name, wanted, of) in of_truth(truth) {
            let given = extracted.and_then(of);
            let right = wanted.zip(given).is_some_and(|(wanted, given)| covered(wanted, given) >= RIGHT_FROM);
            let field = fields.entry(name.to_owned()).or_default();
            field.add(Matches {
                truth: u64::from(wanted.is_some()),
                truth_matched: u64::from(right),
                found: u64::from(given.is_some()),
                found_matched: u64::from(right),
            });
        }
    }
    fields.retain(|_, matches| matches.truth > 0);
    fields.into_iter().map(|(name, matches)| (name, matches.score())).collect()
}

type Field = fn(&Complaint) -> Option<&str>;

fn of_truth(truth: &TrueComplaint) -> [(&'static str, Option<&str>, Field); 4] {
    [
        ("matter", truth.matter.as_deref(), |c| c.matter.as_deref()),
        ("demand", truth.demand.as_deref(), |c| c.demand.as_deref()),
        ("department", truth.department.as_deref(), |c| c.department.as_deref()),
        ("promised_time", truth.promised_time.as_deref(), |c| c.promised_time.as_deref()),
    ]
}

/// Share of the spoken characters of `wanted` that stand in `given`, each as often as it does there; numbers count in characters, whichever way they
/// are written.
fn covered(wanted: &str, given: &str) -> f64 {
    let (wanted, given) = (readings(wanted).characters.text, readings(given).characters.text);
    let mut left: BTreeMap<char, usize> = BTreeMap::new();
    given.chars().filter(|c| c.is_alphanumeric()).for_each(|c| *left.entry(c).or_default() += 1);
    let (mut all, mut there) = (0u32, 0u32);
    for c in wanted.chars().filter(|c| c.is_alphanumeric()) {
        all += 1;
        if let Some(count) = left.get_mut(&c).filter(|count| **count > 0) {
            *count -= 1;
            there += 1;
        }
    }
    if all == 0 { 1.0 } else { f64::from(there) / f64::from(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_covered_by_the_words_it_was_made_from() {
        assert!(covered("退回多扣的话费", "你们把多扣的话费给我退回来") > 0.99);
        assert!(covered("三个工作日之内", "三个工作日内给您回电话") > 0.8);
        assert_eq!(covered("三十五兆", "35兆"), 1.0, "a number is the same in digits");
        assert!(covered("区城管局", "派出所") < 0.1);
        assert_eq!(covered("", "什么"), 1.0);
        assert!((covered("好好好", "好") - 1.0 / 3.0).abs() < 1e-9, "each as often as it stands there");
    }
}
