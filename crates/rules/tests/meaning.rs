//! The built-in rules on sentences that nobody used to make them: `meaning/*.tsv`, labelled like the sentences that meanings are
//! learned from, and written by others. Run with `--nocapture` for the table.

#![allow(clippy::unwrap_used, reason = "a broken fixture should stop the test, helpers included")]

use std::collections::BTreeMap;

use hotline_model::Outcome;
use hotline_rules::dialogue::Case;
use hotline_rules::meaning::{Meanings, certainty, labelled};
use hotline_rules::{Judge, Organisations, RuleSet};

/// Label, clause.
const CLAUSES: [(&str, &str); 13] = [
    ("turning_away", "FRB-01"),
    ("shirking", "FRB-02"),
    ("blaming", "FRB-03"),
    ("curt", "FRB-04"),
    ("perfunctory", "FRB-05"),
    ("insulting", "FRB-06"),
    ("banned_address", "FRB-07"),
    ("system_down_careless", "FRB-08"),
    ("defiance", "FRB-09"),
    ("leaking", "FRB-11"),
    ("private_chat", "FRB-12"),
    ("jargon", "FRB-14"),
    ("rash_promise", "FRB-15"),
];

/// Least share of the sentences with a label whose clause must be flagged, least share of flagged sentences that must have a forbidden
/// label, and most of the sentences without any that may be flagged.
const RECALL_MIN: f64 = 0.6;
const PRECISION_MIN: f64 = 0.87;
const FALSE_SHARE_MAX: f64 = 0.05;

#[test]
fn forbidden_things_are_found_in_wording_that_nobody_listed() {
    let judge = Judge::new(RuleSet::built_in());
    let sentences = labelled(include_str!("meaning/conduct.tsv")).unwrap();
    let organisations = Organisations::default();
    let mut table: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    let (mut found, mut wanted, mut right, mut flagged, mut false_sentences, mut clean) =
        (0u32, 0u32, 0u32, 0u32, 0u32, 0u32);
    for sentence in &sentences {
        let case = Case {
            name: sentence.text.clone(),
            lines: format!(
                "A: 您好，请问有什么可以帮您？\nC: 我想问一下我上次说的那个事情。\nA: {}\nC: 这样啊。",
                sentence.text
            ),
            meta: Default::default(),
            mixed: false,
            heard_until: None,
            confidence: 0.9,
            levels: BTreeMap::new(),
            listened: Vec::new(),
            expect: BTreeMap::new(),
            evidence: BTreeMap::new(),
        };
        let heard = case.heard().unwrap();
        let findings = judge.judge(&heard.view(&organisations)).findings;
        let violated = |clause: &str| findings.iter().any(|f| f.clause == clause && f.outcome == Outcome::Violated);
        let has_any = CLAUSES.iter().any(|(label, _)| sentence.labels.iter().any(|l| l == label));
        for (label, clause) in CLAUSES {
            let has = sentence.labels.iter().any(|l| l == label);
            let row = table.entry(clause).or_default();
            row[0] += u32::from(has);
            row[1] += u32::from(has && violated(clause));
            // Another forbidden label may be just as right: sentences carry only the main one.
            row[2] += u32::from(!has_any && violated(clause));
            wanted += u32::from(has);
            found += u32::from(has && violated(clause));
        }
        let any = CLAUSES.iter().any(|(_, clause)| violated(clause));
        flagged += u32::from(any);
        right += u32::from(any && has_any);
        clean += u32::from(!has_any);
        false_sentences += u32::from(any && !has_any);
        if any && !has_any {
            let rules: Vec<&str> = findings
                .iter()
                .filter(|f| f.outcome == Outcome::Violated && f.clause.starts_with("FRB"))
                .map(|f| f.rule.as_str())
                .collect();
            println!("false: {rules:?} {}", sentence.text);
        }
    }
    println!("clause: with label, of these flagged, flagged without any forbidden label");
    for (clause, [with, hit, false_hits]) in &table {
        println!("{clause}: {with} {hit} {false_hits}");
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let (recall, precision, false_share) = (share(found, wanted), share(right, flagged), share(false_sentences, clean));
    println!("recall {recall:.3}, precision {precision:.3}, false {false_share:.3} of {clean}");
    assert!(recall >= RECALL_MIN, "recall {recall:.3}");
    assert!(precision >= PRECISION_MIN, "precision {precision:.3}");
    assert!(false_share <= FALSE_SHARE_MAX, "{false_share:.3} of {clean} harmless sentences are flagged");
}

/// Least share of held-out turning points that must be told, and of answers that must be right, at a certainty of one half.
const TURNING_POINTS: (f64, f64) = (0.7, 0.85);

#[test]
fn turning_points_of_a_call_are_told_in_wording_that_nobody_listed() {
    let meanings = Meanings::built_in();
    let files = [include_str!("meaning/turning_points.tsv"), include_str!("meaning/turning_points_2.tsv")];
    let sentences: Vec<_> = files.iter().flat_map(|file| labelled(file).unwrap()).collect();
    let wanted = ["solution", "unsure", "elsewhere", "suits_question", "vague_request", "jargon"];
    let (mut labels, mut answers, mut right) = (0u32, 0u32, 0u32);
    for sentence in &sentences {
        for (label, margin) in meanings.labels().iter().zip(meanings.margins(&sentence.text)) {
            if wanted.contains(&label.as_str()) {
                let (has, found) = (sentence.labels.contains(label), certainty(margin) >= 0.5);
                labels += u32::from(has);
                answers += u32::from(found);
                right += u32::from(has && found);
            }
        }
    }
    let (recall, precision) = (f64::from(right) / f64::from(labels), f64::from(right) / f64::from(answers));
    println!("turning points: recall {recall:.3}, precision {precision:.3} of {labels}");
    assert!(recall >= TURNING_POINTS.0 && precision >= TURNING_POINTS.1, "{recall} {precision}");
}
