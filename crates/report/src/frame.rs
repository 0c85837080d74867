//! Facts as polars frames, and the grouping done on them.
//!
//! Two frames a period: one row a call (who, when, how long, how it was scored) and one row a call and rule (how it
//! came out). Calls are numbered from 1 in the order of their start; every group carries the numbers of its calls, so
//! that each figure can be traced.

use std::collections::{BTreeMap, HashMap};

use hotline_model::{CallFacts, CallId, ChannelLayout, FindingFacts, Outcome, Severity};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use polars::prelude::*;

use crate::figures::fixed;
use crate::select::text;
use crate::totals::Totals;

/// In which order a group lists its calls: what a person should listen to first comes first.
#[derive(Clone, Copy)]
pub(crate) enum WorstFirst {
    /// Lowest score.
    Score,
    /// Worst rating, then lowest score; calls without a rating last.
    Rating,
}

/// A group of calls.
pub(crate) struct Group {
    /// What its calls have in common; `None` where they lack it.
    pub key: Option<String>,
    /// Its sums.
    pub totals: Totals,
    /// Its calls.
    pub calls: Vec<u32>,
}

/// A rule as its newest finding describes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleName {
    pub clause: String,
    pub title: String,
    pub severity: Severity,
}

/// How one rule came out over all calls.
pub(crate) struct RuleTotals {
    pub id: String,
    pub name: RuleName,
    pub met: i64,
    pub violated: i64,
    pub undecided: i64,
    pub points_milli: i64,
    pub certainty_micro: i64,
    /// Calls that violate it, the surest first.
    pub calls: Vec<u32>,
}

/// What the rules said of one call.
pub(crate) struct CallOutcome {
    /// `None` if no rule was met or violated.
    pub score_milli: Option<i64>,
    pub violated: i64,
    pub undecided: i64,
}

/// One violation.
pub(crate) struct Violation {
    pub call: u32,
    pub rule: String,
    pub clause: String,
    pub certainty_micro: i64,
    pub points_milli: i64,
}

/// The calls and findings of one period.
pub(crate) struct Frames {
    calls: DataFrame,
    verdicts: DataFrame,
    rules: Vec<(String, RuleName)>,
}

impl Frames {
    /// Builds the frames. `calls` must be in the order of their numbers.
    pub fn new(
        calls: &[&CallFacts],
        findings: &[FindingFacts],
        zone: &TimeZone,
        low_confidence: f32,
        order: WorstFirst,
    ) -> PolarsResult<Self> {
        let (rules, verdicts) = verdicts_frame(calls, findings)?;
        let scored = col("met").gt(lit(0i64)).or(col("violated").gt(lit(0i64)));
        let (keys, descending) = match order {
            WorstFirst::Score => (vec!["score_milli", "no"], vec![false, false]),
            WorstFirst::Rating => (vec!["rating", "score_milli", "no"], vec![true, false, false]),
        };
        let calls = calls_frame(calls, zone, low_confidence)?
            .lazy()
            .left_join(per_call(verdicts.clone()), col("no"), col("no"))
            .with_column(when(scored).then(col("score_milli")).otherwise(lit(NULL)).alias("score_milli"))
            // Groups keep the order of the rows, so this is the order of each group's list of calls.
            .sort(keys, SortMultipleOptions::default().with_order_descending_multi(descending).with_nulls_last(true))
            .collect()?;
        Ok(Frames { calls, verdicts, rules })
    }

    /// The sums over all calls.
    pub fn totals(&self) -> PolarsResult<Totals> {
        Totals::read(&self.calls.clone().lazy().select(Totals::expressions()).collect()?, 0)
    }

    /// The sums by a column: `day`, `week` (its Monday), `team`, `hotline`, `business`, `agent`, `rating`; sorted by key.
    pub fn by(&self, key: &str) -> PolarsResult<Vec<Group>> {
        let column = match key {
            "week" => col("day").dt().truncate(lit("1w")),
            other => col(other),
        };
        let mut sums = Totals::expressions();
        sums.push(col("no").alias("nos"));
        let frame = self
            .calls
            .clone()
            .lazy()
            .group_by([column.cast(DataType::String).alias("key")])
            .agg(sums)
            .sort(["key"], SortMultipleOptions::default().with_nulls_last(true))
            .collect()?;
        let (keys, nos) = (frame.column("key")?.str()?, frame.column("nos")?.list()?);
        (0..frame.height())
            .map(|row| {
                Ok(Group {
                    key: keys.get(row).map(str::to_owned),
                    totals: Totals::read(&frame, row)?,
                    calls: numbers(nos, row)?,
                })
            })
            .collect()
    }

    /// What the rules said of each call, in the order of the calls' numbers.
    pub fn outcomes(&self) -> PolarsResult<Vec<CallOutcome>> {
        let frame = self
            .calls
            .clone()
            .lazy()
            .sort(["no"], SortMultipleOptions::default())
            .select([col("score_milli"), col("violated").fill_null(lit(0i64)), col("undecided").fill_null(lit(0i64))])
            .collect()?;
        let (score, violated) = (frame.column("score_milli")?.i64()?, frame.column("violated")?.i64()?);
        let undecided = frame.column("undecided")?.i64()?;
        let outcome = |row| CallOutcome {
            score_milli: score.get(row),
            violated: violated.get(row).unwrap_or(0),
            undecided: undecided.get(row).unwrap_or(0),
        };
        Ok((0..frame.height()).map(outcome).collect())
    }

    /// Every rule that any finding names, sorted by id.
    pub fn rules(&self) -> PolarsResult<Vec<RuleTotals>> {
        let is = |outcome| col("outcome").eq(lit(rank(outcome)));
        let violated = || is(Outcome::Violated);
        let frame = self
            .verdicts
            .clone()
            .lazy()
            .sort(["certainty_micro", "no"], SortMultipleOptions::default().with_order_descending_multi([true, false]))
            .group_by([col("rule")])
            .agg([
                is(Outcome::Met).sum().cast(DataType::Int64).alias("met"),
                violated().sum().cast(DataType::Int64).alias("violated"),
                is(Outcome::Undecided).sum().cast(DataType::Int64).alias("undecided"),
                col("points_milli").sum(),
                col("certainty_micro").filter(violated()).sum(),
                col("no").filter(violated()).alias("nos"),
            ])
            .collect()?;
        let (rule, nos) = (frame.column("rule")?.u32()?, frame.column("nos")?.list()?);
        let int = |name: &str, row| Ok::<i64, PolarsError>(frame.column(name)?.i64()?.get(row).unwrap_or(0));
        let mut rows = Vec::new();
        for row in 0..frame.height() {
            let Some((id, name)) = rule.get(row).and_then(|rule| self.rules.get(rule as usize)) else { continue };
            rows.push(RuleTotals {
                id: id.clone(),
                name: name.clone(),
                met: int("met", row)?,
                violated: int("violated", row)?,
                undecided: int("undecided", row)?,
                points_milli: int("points_milli", row)?,
                certainty_micro: int("certainty_micro", row)?,
                calls: numbers(nos, row)?,
            });
        }
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(rows)
    }

    /// Every violation, sorted by call, then rule.
    pub fn violations(&self) -> PolarsResult<Vec<Violation>> {
        let frame = self.verdicts.clone().lazy().filter(col("outcome").eq(lit(rank(Outcome::Violated)))).collect()?;
        let (call, rule) = (frame.column("no")?.u32()?, frame.column("rule")?.u32()?);
        let (certainty, points) = (frame.column("certainty_micro")?.i64()?, frame.column("points_milli")?.i64()?);
        let mut rows: Vec<Violation> = (0..frame.height())
            .filter_map(|row| {
                let (id, name) = self.rules.get(rule.get(row)? as usize)?;
                Some(Violation {
                    call: call.get(row)?,
                    rule: id.clone(),
                    clause: name.clause.clone(),
                    certainty_micro: certainty.get(row).unwrap_or(0),
                    points_milli: points.get(row).unwrap_or(0),
                })
            })
            .collect();
        rows.sort_by(|a, b| (a.call, &a.rule).cmp(&(b.call, &b.rule)));
        Ok(rows)
    }
}

/// Whether anybody took the call: it was answered, or the agent's channel has a voice, or the customer rated it.
pub(crate) fn answered(facts: &CallFacts) -> bool {
    let meta = &facts.call.meta;
    meta.answered_after_s.is_some() || facts.metrics.agent_ms > 0 || meta.satisfaction.is_some()
}

/// What an agent is known by: the staff number, or the name where there is none.
pub(crate) fn agent_key(facts: &CallFacts) -> Option<&str> {
    text(&facts.call.meta.agent_id).or_else(|| text(&facts.call.meta.agent_name))
}

fn calls_frame(calls: &[&CallFacts], zone: &TimeZone, low_confidence: f32) -> PolarsResult<DataFrame> {
    let two_sided = |facts: &CallFacts| facts.call.layout != ChannelLayout::Mono;
    let if_two_sided = |facts: &CallFacts, ms: u32| two_sided(facts).then_some(i64::from(ms));
    let speech_rate = |facts: &CallFacts| {
        let rate = facts.metrics.agent_chars_per_min.filter(|rate| (0.0..=1e6).contains(rate) && two_sided(facts))?;
        Some((rate, facts.metrics.agent_ms))
    };
    let confidence = |facts: &CallFacts| facts.confidence.filter(|c| (0.0..=1.0).contains(c));
    let int = |name: &str, value: &dyn Fn(&CallFacts) -> Option<i64>| {
        Column::new(name.into(), calls.iter().map(|facts| value(facts)).collect::<Vec<_>>())
    };
    let flag = |name: &str, value: &dyn Fn(&CallFacts) -> bool| {
        Column::new(name.into(), calls.iter().map(|facts| value(facts)).collect::<Vec<_>>())
    };
    let name = |name: &str, value: &dyn for<'a> Fn(&'a CallFacts) -> Option<&'a str>| {
        Column::new(name.into(), calls.iter().map(|facts| value(facts)).collect::<Vec<_>>())
    };
    let days: Vec<Option<i32>> =
        calls.iter().map(|facts| facts.call.meta.started_at.map(|at| local_day(at, zone))).collect();
    DataFrame::new(
        calls.len(),
        vec![
            Column::new("no".into(), (1..).take(calls.len()).collect::<Vec<u32>>()),
            Column::new("day".into(), days).cast(&DataType::Date)?,
            name("agent", &agent_key),
            name("team", &|f| text(&f.call.meta.team)),
            name("hotline", &|f| text(&f.call.meta.hotline)),
            name("business", &|f| text(&f.call.meta.business_type)),
            flag("answered", &answered),
            int("rating", &|f| f.call.meta.satisfaction.and_then(|key| key.name().parse().ok())),
            int("duration_ms", &|f| Some(i64::from(f.call.duration_ms))),
            flag("two_sided", &two_sided),
            int("agent_ms", &|f| if_two_sided(f, f.metrics.agent_ms)),
            int("customer_ms", &|f| if_two_sided(f, f.metrics.customer_ms)),
            int("overlap_ms", &|f| if_two_sided(f, f.metrics.overlap_ms)),
            int("two_sided_silence_ms", &|f| if_two_sided(f, f.metrics.silence_ms)),
            int("interruptions", &|f| if_two_sided(f, f.metrics.interruptions_by_agent)),
            int("voiced_ms", &|f| Some(voiced_ms(f))),
            int("silence_ms", &|f| Some(i64::from(f.metrics.silence_ms))),
            int("speech_ms", &|f| Some((voiced_ms(f) - i64::from(f.metrics.overlap_ms)).max(0))),
            int("agent_milli_chars", &|f| {
                let (rate, ms) = speech_rate(f)?;
                fixed(rate, f64::from(ms) / 60.0)
            }),
            int("agent_rated_ms", &|f| speech_rate(f).map(|(_, ms)| i64::from(ms))),
            int("response_ms", &|f| f.metrics.response_ms_median.filter(|_| two_sided(f)).map(i64::from)),
            int("score_milli", &|f| fixed(f.score, 1000.0)),
            int("gap_ms", &|f| Some(i64::from(f.gap_ms))),
            int("confidence_utterances", &|f| confidence(f).map(|_| i64::from(f.utterances))),
            int("confidence_micro", &|f| fixed(confidence(f)?, 1e6).map(|micro| micro * i64::from(f.utterances))),
            flag("low_confidence", &|f| confidence(f).is_some_and(|c| c < low_confidence)),
            flag("wordless", &|f| f.utterances == 0 && voiced_ms(f) > 0),
        ],
    )
}

/// Voiced time of all channels.
fn voiced_ms(facts: &CallFacts) -> i64 {
    i64::from(facts.metrics.agent_ms) + i64::from(facts.metrics.customer_ms)
}

/// The day of `at` in `zone`, in days from 1970-01-01. Asked of the same zone data that drew the period's borders, so
/// that the two cannot disagree; polars would ask its own, and knows no zones without an IANA name.
pub(crate) fn local_day(at: Timestamp, zone: &TimeZone) -> i32 {
    let seconds = at.as_second() + i64::from(zone.to_offset(at).seconds());
    seconds.div_euclid(86_400) as i32
}

/// One row a call and rule, with the gravest outcome, and the rules that the `rule` column counts in.
fn verdicts_frame(
    calls: &[&CallFacts],
    findings: &[FindingFacts],
) -> PolarsResult<(Vec<(String, RuleName)>, DataFrame)> {
    let numbers: HashMap<&CallId, u32> = calls.iter().map(|f| &f.call.id).zip(1..).collect();
    let mut rules: BTreeMap<&str, (usize, u32, RuleName)> = BTreeMap::new();
    let (mut no, mut rule, mut outcome) = (Vec::new(), Vec::new(), Vec::new());
    let (mut severity, mut certainty, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for finding in findings {
        let Some(&call) = numbers.get(&finding.call_id) else { continue };
        let next = rules.len();
        let known = rules.entry(&finding.rule).or_insert_with(|| (next, call, rule_name(finding)));
        // Titles are edited over time: the newest call's wins, whatever order findings come in.
        if call > known.1 || (call == known.1 && rule_name(finding) > known.2) {
            (known.1, known.2) = (call, rule_name(finding));
        }
        let violated = finding.outcome == Outcome::Violated;
        no.push(call);
        rule.push(known.0 as u32);
        outcome.push(rank(finding.outcome));
        severity.push(violated.then_some(finding.severity as i64));
        certainty.push(if violated { fixed(finding.certainty, 1e6) } else { None });
        points.push(if violated { fixed(finding.points, 1000.0) } else { None });
    }
    let frame = DataFrame::new(
        no.len(),
        vec![
            Column::new("no".into(), no),
            Column::new("rule".into(), rule),
            Column::new("outcome".into(), outcome),
            Column::new("severity".into(), severity),
            Column::new("certainty_micro".into(), certainty),
            Column::new("points_milli".into(), points),
        ],
    )?
    .lazy()
    .group_by([col("no"), col("rule")])
    .agg([
        col("outcome").max(),
        col("severity").max(),
        col("certainty_micro").max().fill_null(lit(0i64)),
        col("points_milli").sum(),
    ])
    .collect()?;
    let mut names: Vec<(usize, String, RuleName)> =
        rules.into_iter().map(|(id, (index, _, name))| (index, id.to_owned(), name)).collect();
    names.sort_by_key(|(index, ..)| *index);
    Ok((names.into_iter().map(|(_, id, name)| (id, name)).collect(), frame))
}

/// Outcomes counted by call.
fn per_call(verdicts: DataFrame) -> LazyFrame {
    let is = |outcome| col("outcome").eq(lit(rank(outcome)));
    let severity = |severity: Severity| {
        is(Outcome::Violated).and(col("severity").eq(lit(severity as i64))).sum().cast(DataType::Int64)
    };
    verdicts.lazy().group_by([col("no")]).agg([
        is(Outcome::Met).sum().cast(DataType::Int64).alias("met"),
        is(Outcome::Violated).sum().cast(DataType::Int64).alias("violated"),
        is(Outcome::Undecided).sum().cast(DataType::Int64).alias("undecided"),
        is(Outcome::NotApplicable).not().sum().cast(DataType::Int64).alias("applicable"),
        severity(Severity::Slight).alias("slight"),
        severity(Severity::Medium).alias("medium"),
        severity(Severity::Serious).alias("serious"),
        severity(Severity::Fatal).alias("fatal"),
        col("points_milli").sum(),
    ])
}

fn rule_name(finding: &FindingFacts) -> RuleName {
    RuleName { clause: finding.clause.clone(), title: finding.title.clone(), severity: finding.severity }
}

/// Outcomes by gravity: if a rule came out in several ways on one call, the gravest counts.
fn rank(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Met => 1,
        Outcome::Undecided => 2,
        Outcome::Violated => 3,
    }
}

fn numbers(lists: &ListChunked, row: usize) -> PolarsResult<Vec<u32>> {
    match lists.get_as_series(row) {
        Some(list) => Ok(list.u32()?.iter().flatten().collect()),
        None => Ok(Vec::new()),
    }
}
