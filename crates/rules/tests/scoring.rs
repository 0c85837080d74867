//! Score cards: the regulations' worked examples and what else a month can hold, from `scoring/months.toml`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_model::{CallId, Finding, Month, Outcome, Satisfaction, ScoreEvent, Severity};
use hotline_rules::scoring::{
    Charge, MonthCard, MonthInput, Scheme, last_of_team, month_card, suggest_marks, weighted_card,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    charges: Vec<toml::Value>,
    #[serde(default)]
    events: Vec<String>,
    score: f32,
    grade: String,
    pay: f32,
    #[serde(default)]
    dismissal: Vec<String>,
    #[serde(default)]
    left_out: Vec<String>,
}

fn scheme(name: &str) -> Scheme {
    Scheme::built_in().into_iter().find(|scheme| scheme.name == name).unwrap()
}

fn severity(name: &str) -> Severity {
    [Severity::Slight, Severity::Medium, Severity::Serious, Severity::Fatal]
        .into_iter()
        .find(|severity| severity.name() == name)
        .unwrap()
}

fn charges(entries: &[toml::Value]) -> Vec<Charge> {
    let mut charges = Vec::new();
    for entry in entries {
        let entry = entry.as_array().unwrap();
        for call in 0..entry[3].as_integer().unwrap() {
            charges.push(Charge {
                call: CallId::from_stored(format!("{call}")),
                rule: entry[0].as_str().unwrap().to_lowercase(),
                clause: entry[0].as_str().unwrap().into(),
                severity: severity(entry[1].as_str().unwrap()),
                points: entry[2].as_integer().unwrap() as f32,
                stands: entry.get(4).is_none(),
            });
        }
    }
    charges
}

fn events(kinds: &[String]) -> Vec<ScoreEvent> {
    kinds
        .iter()
        .map(|kind| ScoreEvent { kind: kind.clone(), points: None, reason: String::new(), follow_up: None })
        .collect()
}

fn card(agent: &str, charges: &[Charge], events: &[ScoreEvent]) -> MonthCard {
    let input = MonthInput {
        agent_id: agent,
        month: Month { year: 2026, month: 10 },
        charges,
        events,
        rule_set_versions: &["2".into(), "1".into(), "2".into()],
        undecided: 3,
    };
    month_card(&scheme("monthly"), &input).unwrap()
}

#[test]
fn months() {
    let cases: Cases = toml::from_str(include_str!("scoring/months.toml")).unwrap();
    assert!(cases.case.len() > 10);
    for case in cases.case {
        let card = card("A1", &charges(&case.charges), &events(&case.events));
        let dismissal: Vec<String> = card.dismissal.iter().map(|why| format!("{why:?}").to_lowercase()).collect();
        let left_out: Vec<&str> = card.left_out.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(
            (card.score, card.grade.as_str(), card.pay),
            (case.score, case.grade.as_str(), case.pay),
            "{}",
            case.name
        );
        assert_eq!(dismissal, case.dismissal, "{}", case.name);
        assert_eq!(left_out, case.left_out, "{}", case.name);
        assert_eq!(card.rule_set_versions, ["1", "2"]);
        assert!(card.scheme_version.starts_with("1.0+"), "{}", card.scheme_version);
        assert_eq!(card.undecided, 3);
    }
}

#[test]
fn a_grade_of_the_scheme_is_the_grade_of_the_model() {
    let hotline_rules::scoring::SchemeKind::Points(points) = scheme("monthly").kind else { panic!("no points") };
    for tenth in 0..=1100u16 {
        let score = f32::from(tenth) / 10.0;
        assert_eq!(points.grade(score), hotline_model::Grade::of(f64::from(score)).to_string(), "{score}");
    }
}

#[test]
fn the_last_of_a_team_is_reviewed_after_two_months() {
    let month = |scores: &[(&str, f32)]| -> Vec<MonthCard> {
        scores.iter().map(|(agent, score)| MonthCard { score: *score, ..card(agent, &[], &[]) }).collect()
    };
    let monthly = scheme("monthly");
    let low = month(&[("A", 66.0), ("B", 80.0)]);
    assert_eq!(last_of_team(&monthly, &[low.clone(), low.clone()]), ["A"]);
    assert!(last_of_team(&monthly, std::slice::from_ref(&low)).is_empty(), "one month is not two");
    assert!(last_of_team(&monthly, &[low.clone(), month(&[("A", 80.0), ("B", 66.0)])]).is_empty());
    let fair = month(&[("A", 70.0), ("B", 80.0)]);
    assert!(last_of_team(&monthly, &[fair.clone(), fair]).is_empty(), "70 is enough");
    let alone = month(&[("A", 60.0)]);
    assert!(last_of_team(&monthly, &[alone.clone(), alone]).is_empty(), "one agent is no team");
}

fn finding(clause: &str, severity: Severity, outcome: Outcome) -> Finding {
    Finding {
        rule: clause.to_lowercase(),
        clause: clause.into(),
        title: "标题".into(),
        severity,
        outcome,
        certainty: 1.0,
        points: 0.0,
        reason: String::new(),
        evidence: Vec::new(),
    }
}

#[test]
fn weights_by_hand() {
    let findings = [
        finding("REQ-01", Severity::Slight, Outcome::Violated),
        // Two rules of one clause: the gravest counts.
        finding("FRB-03", Severity::Medium, Outcome::Violated),
        finding("FRB-03", Severity::Slight, Outcome::Violated),
        finding("REQ-13", Severity::Medium, Outcome::Met),
        finding("REQ-20", Severity::Medium, Outcome::Undecided),
    ];
    let weighted = scheme("weighted");
    let card = weighted_card(&weighted, &findings, Some(Satisfaction::Neutral), "v").unwrap();
    let marks: Vec<_> = card.marks.iter().map(|mark| mark.mark).collect();
    // Nothing is known of problem solving: its weight goes to the others, 30 : 30 : 20.
    assert_eq!(marks, [Some(65.0), Some(100.0), None, Some(60.0)]);
    let expected = (30.0 * 65.0 + 30.0 * 100.0 + 20.0 * 60.0) / 80.0;
    assert!((card.score.unwrap() - expected).abs() < 1e-4);
    assert_eq!(card.marks[2].undecided, ["REQ-20"]);
    assert_eq!(weighted_card(&weighted, &[], None, "v").unwrap().score, None);
    assert!(weighted_card(&scheme("monthly"), &findings, None, "v").is_none());
}

#[test]
fn the_sheet_is_suggested_and_says_why() {
    let findings = [
        finding("REQ-01", Severity::Slight, Outcome::Violated),
        finding("FRB-06", Severity::Fatal, Outcome::Violated),
        finding("ACU-01", Severity::Slight, Outcome::Met),
        finding("REQ-19", Severity::Slight, Outcome::Undecided),
    ];
    let marks = suggest_marks(&scheme("sheet"), &findings).unwrap();
    let by_item = |item: &str| marks.iter().find(|mark| mark.item == item).unwrap();
    assert_eq!(by_item("wording").mark, Some(4));
    assert_eq!(by_item("wording").because, ["REQ-01 标题"]);
    assert_eq!(by_item("attitude").mark, Some(1));
    assert_eq!(by_item("tone").mark, Some(5));
    assert_eq!(by_item("grasp").mark, None);
    assert_eq!(by_item("grasp").look_at, ["REQ-19 标题"]);
    assert_eq!(by_item("adaptability").mark, None);
}

#[test]
fn a_mistaken_scheme_says_what_is_wrong() {
    let good = include_str!("../assets/schemes/monthly.toml");
    let wrong = |from: &str, to: &str, says: &str| {
        assert!(good.contains(from), "{from}");
        let error = Scheme::parse("mine.toml", &good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml: ") && error.contains(says), "{error}");
    };
    wrong("kind = \"points\"", "kind = \"luck\"", "luck");
    wrong("base = 80", "base = 180", "must not fall");
    wrong("from = 80", "from = 95", "grades must fall");
    wrong("pay = {", "pays = {", "pays");
    assert_ne!(
        Scheme::parse("a", good).unwrap().version,
        Scheme::parse("a", &good.replace("base = 80", "base = 79")).unwrap().version
    );
}

proptest! {
    #[test]
    fn a_struck_charge_is_as_if_it_were_not(n in 0usize..6, points in 0f32..30.0, stands in any::<[bool; 6]>()) {
        let all: Vec<Charge> = (0..n).map(|i| Charge {
            call: CallId::from_stored(i.to_string()), rule: "r".into(), clause: "FRB-02".into(),
            severity: Severity::Medium, points, stands: stands[i],
        }).collect();
        let standing: Vec<Charge> = all.iter().filter(|charge| charge.stands).cloned().collect();
        let (one, two) = (card("A", &all, &[]), card("A", &standing, &[]));
        prop_assert_eq!(&one, &two);
        prop_assert!((0.0..=110.0).contains(&one.score));
        prop_assert!((-300.0..=300.0).contains(&one.pay));
    }
}
