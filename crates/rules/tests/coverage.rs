//! Every clause of the service standard is judged by a rule or has a reason why no call can show it.

#![allow(clippy::unwrap_used, reason = "a broken fixture should stop the test")]

use hotline_rules::{CoverageState, Language, Need, RuleSet};

#[test]
fn every_clause_is_judged_or_has_a_reason() {
    let coverage = RuleSet::built_in().coverage();
    let of = |family: &str, count: usize| (1..=count).map(|n| format!("{family}-{n:02}")).collect::<Vec<_>>();
    for clause in [of("REQ", 22), of("FRB", 16), of("ACU", 6)].concat() {
        let found = coverage.iter().find(|c| c.clause == clause).unwrap();
        assert_eq!(found.state(), CoverageState::Judged, "{clause}");
        assert!(found.rules.iter().all(|rule| !rule.needs.is_empty()), "{clause}");
    }
    for clause in [of("DUE", 5), of("SCO", 9), of("CAD", 6), of("PRV", 3)].concat() {
        let found = coverage.iter().find(|c| c.clause == clause).unwrap();
        assert_eq!(found.state(), CoverageState::NotByACall, "{clause}");
        let reason = found.limit.as_ref().unwrap();
        assert!(!reason.zh.is_empty() && reason.en.as_ref().is_some_and(|en| !en.is_empty()), "{clause}");
    }
    assert!(coverage.iter().all(|c| !c.title.zh.is_empty() && c.title.en.as_ref().is_some_and(|en| !en.is_empty())));
}

#[test]
fn needs_are_those_of_the_conditions() {
    let coverage = RuleSet::built_in().coverage();
    let needs = |rule: &str| {
        let found = coverage.iter().flat_map(|c| &c.rules).find(|r| r.rule == rule).unwrap();
        found.needs.clone()
    };
    assert_eq!(needs("organisation"), [Need::AgentWords, Need::SeparateChannels, Need::OrganisationNames]);
    assert!(needs("hanging_up").contains(&Need::Metadata("hangup_by".to_owned())));
    assert!(needs("too_quiet").contains(&Need::Levels));
    assert_eq!(Need::Metadata("hangup_by".to_owned()).name(), "metadata:hangup_by");
    assert_eq!(Need::Timing.text(Language::En), "timing of speech");
}

#[test]
fn a_clause_without_a_rule_is_a_hole() {
    let mine = r#"
[rule_set]
name = "mine"
version = "1"
extends = "starter"
disable = ["jargon"]

[[rule]]
id = "own"
clause = "OUR-01"
title = "自己的"
severity = "slight"
forbid = "c"
conditions.c = { role = "agent", phrase = { any = ["随便你"] } }
"#;
    let coverage = RuleSet::parse(&[("mine.toml", mine)]).set.unwrap().coverage();
    let state = |clause: &str| coverage.iter().find(|c| c.clause == clause).unwrap().state();
    assert_eq!(state("FRB-14"), CoverageState::NoRule);
    assert_eq!(state("OUR-01"), CoverageState::Judged);
}
