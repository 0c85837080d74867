//! What must hold for any facts.

use hotline_model::{CallFacts, CallId, ChannelLayout, FindingFacts, Outcome, Severity};
use hotline_report::{Format, Language, Period, RenderOptions, RenderedFile, Report, monthly, weekly};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::*;
use proptest::prelude::*;

use crate::facts::{Case, input};

fn everything(calls: &[CallFacts], findings: &[FindingFacts], language: Language) -> Vec<RenderedFile> {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let input = input(calls, findings, Case::read(EMPTY).settings());
    let period = |text: &str| Period::parse(text, zone.clone()).unwrap();
    let reports: [Report; 2] =
        [weekly(&input, &period("2026-W41")).unwrap().into(), monthly(&input, &period("2026-10")).unwrap().into()];
    let options = RenderOptions { language, ..RenderOptions::default() };
    let formats = [Format::Html, Format::Csv, Format::Json];
    reports.iter().flat_map(|report| formats.map(|format| report.render(format, &options).unwrap())).flatten().collect()
}

const EMPTY: &str = r#"{"about": "", "zone": "UTC", "calls": []}"#;

#[test]
fn order_of_the_facts_does_not_matter() {
    let case = Case::read(include_str!("../cases/week_figures.json"));
    let (mut calls, mut findings) = (case.calls(), case.findings());
    let straight = everything(&calls, &findings, Language::Zh);
    calls.reverse();
    findings.reverse();
    assert_eq!(everything(&calls, &findings, Language::Zh), straight);
    calls.rotate_left(1);
    findings.rotate_left(5);
    assert_eq!(everything(&calls, &findings, Language::Zh), straight);
}

#[test]
fn names_stay_text() {
    let mut case = Case::read(include_str!("../cases/week_figures.json")).calls();
    let evil = "\"><script>alert('1')</script>";
    for facts in &mut case {
        let meta = &mut facts.call.meta;
        for field in [&mut meta.agent_name, &mut meta.team, &mut meta.hotline, &mut meta.business_type] {
            *field = Some(evil.to_owned());
        }
        meta.agent_id = Some("=HYPERLINK(\"x\")".to_owned());
        facts.rule_set_version = evil.to_owned();
        facts.call.source = format!("calls/{evil}.wav");
    }
    let finding = FindingFacts {
        call_id: case[0].call.id.clone(),
        rule: evil.to_owned(),
        clause: "REQ-<b>".to_owned(),
        title: evil.to_owned(),
        severity: Severity::Slight,
        outcome: Outcome::Violated,
        certainty: 1.0,
        points: 1.0,
    };
    for file in everything(&case, &[finding], Language::Zh) {
        let text = String::from_utf8(file.bytes).unwrap();
        if file.name.ends_with(".html") {
            assert!(!text.contains("<script") && !text.contains("<b>"), "{}", file.name);
            assert!(text.contains("&lt;script&gt;"), "{}", file.name);
        }
        if file.name.ends_with("agents.csv") {
            assert!(text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{}: {text}", file.name);
        }
    }
}

#[test]
fn days_are_those_polars_finds_too() {
    // Two zone databases, jiff's for the borders of a period and polars' own, must put calls into the same days.
    for name in ["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"] {
        let zone = TimeZone::get(name).unwrap();
        let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let instants: Vec<i64> = (0..3000).map(|n| first.as_millisecond() + n * 11_111_111).collect();
        let ours: Vec<String> = instants
            .iter()
            .map(|ms| Timestamp::from_millisecond(*ms).unwrap().to_zoned(zone.clone()).date().to_string())
            .collect();
        let utc = DataType::Datetime(TimeUnit::Milliseconds, Some(polars::prelude::TimeZone::UTC));
        let column = Column::new("at".into(), instants).cast(&utc).unwrap();
        let theirs = DataFrame::new(3000, vec![column])
            .unwrap()
            .lazy()
            .select([col("at")
                .dt()
                .convert_time_zone(polars::prelude::TimeZone::opt_try_new(Some(name)).unwrap().unwrap())
                .dt()
                .date()
                .cast(DataType::String)])
            .collect()
            .unwrap();
        let theirs: Vec<&str> = theirs.column("at").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(theirs, ours, "{name}");
    }
}

fn facts() -> impl Strategy<Value = CallFacts> {
    let number = prop_oneof![Just(0u32), 1..100_000u32, Just(u32::MAX)];
    let decimal = prop_oneof![
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(-0.0f32),
        Just(f32::MAX),
        Just(f32::MIN),
        Just(0.5f32),
        0.0..120.0f32
    ];
    let name = proptest::option::of(prop_oneof![Just("A1".to_owned()), Just(String::new()), any::<String>()]);
    let at = proptest::option::of(0..60i64 * 86_400);
    let numbers = proptest::collection::vec(number, 8);
    let decimals = (decimal.clone(), proptest::option::of(decimal.clone()), proptest::option::of(decimal));
    let flags = (any::<bool>(), 0..4u8, 0..20u8);
    (at, name.clone(), name, numbers, decimals, flags).prop_map(|(at, agent, team, n, (score, rate, sure), flags)| {
        let (mono, rating, id) = flags;
        let mut facts = Case::read(r#"{"about": "", "zone": "UTC", "calls": [{"id": "x"}]}"#).calls().remove(0);
        let meta = &mut facts.call.meta;
        meta.started_at = at.map(|s| Timestamp::from_second(1_788_000_000 + s).unwrap());
        (meta.agent_id, meta.team) = (agent, team);
        meta.satisfaction = rating.to_string().parse().ok();
        facts.call.id = CallId::from_stored(format!("call{id}"));
        facts.call.layout = if mono { ChannelLayout::Mono } else { ChannelLayout::AgentRight };
        facts.call.duration_ms = n[0];
        let metrics = &mut facts.metrics;
        (metrics.agent_ms, metrics.customer_ms, metrics.overlap_ms, metrics.silence_ms) = (n[1], n[2], n[3], n[4]);
        (facts.utterances, facts.gap_ms, metrics.response_ms_median) = (n[5], n[6], Some(n[7]));
        (metrics.agent_chars_per_min, facts.confidence, facts.score) = (rate, sure, score);
        facts
    })
}

fn findings() -> impl Strategy<Value = FindingFacts> {
    let outcome = prop_oneof![
        Just(Outcome::Met),
        Just(Outcome::Violated),
        Just(Outcome::Undecided),
        Just(Outcome::NotApplicable)
    ];
    let decimal = prop_oneof![Just(f32::NAN), Just(f32::NEG_INFINITY), Just(f32::MAX), -5.0..20.0f32];
    (0..24u8, 0..4u8, outcome, decimal.clone(), decimal, any::<String>()).prop_map(
        |(call, rule, outcome, certainty, points, title)| FindingFacts {
            call_id: CallId::from_stored(format!("call{call}")),
            rule: format!("rule{rule}"),
            clause: "REQ-01".into(),
            title,
            severity: Severity::Fatal,
            outcome,
            certainty,
            points,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn odd_facts_give_whole_reports(
        calls in proptest::collection::vec(facts(), 0..12),
        findings in proptest::collection::vec(findings(), 0..40),
    ) {
        for file in everything(&calls, &findings, Language::En) {
            let text = String::from_utf8(file.bytes).unwrap();
            if file.name.ends_with(".html") {
                // Names may hold anything; between digits' places there must be no failed division.
                for word in [">NaN", ">inf", ">-inf", "\"NaN", "\"inf", "NaN%", "inf%"] {
                    prop_assert!(!text.contains(word), "{}: {word}", file.name);
                }
                prop_assert!(text.ends_with("</html>\n"));
            }
        }
    }
}
