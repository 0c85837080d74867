//! From facts to the weekly report.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hotline_model::Grade;

use super::{
    AgentRow, AsrHealth, DayRow, GradeCount, GroupRow, ParetoRow, RuleRow, TalkShares, ViolationLine, WeeklyFigures,
    WeeklyReport,
};
use crate::figures::ratio;
use crate::frame::{Group, RuleTotals, WorstFirst};
use crate::head::Ground;
use crate::totals::Totals;
use crate::{Period, ReportError, ReportInput, Trend};

/// Counts the quality report of `period`.
pub fn weekly(input: &ReportInput<'_>, period: &Period) -> Result<WeeklyReport, ReportError> {
    let ground = Ground::new(input, period, WorstFirst::Score)?;
    let rules = rule_rows(&ground)?;
    let (teams, hotlines) = (group_rows(&ground, "team")?, group_rows(&ground, "hotline")?);
    let (businesses, agents) = (group_rows(&ground, "business")?, agent_rows(&ground)?);
    let small_rows = rules.iter().filter(|row| row.small_sample).count()
        + [&teams, &hotlines, &businesses].into_iter().flatten().filter(|row| row.small_sample).count()
        + agents.iter().filter(|row| row.small_sample).count();
    let (head, coverage) = (ground.head("hotline.weekly/1", period), ground.coverage());
    let calls = ground.calls(period.zone())?;
    let top = |family: &str| {
        let of_family = rules.iter().filter(|row| row.violated > 0 && row.clause.starts_with(family));
        of_family.take(input.settings.top).map(|row| row.rule.clone()).collect()
    };
    Ok(WeeklyReport {
        figures: figures(&ground),
        days: day_rows(&ground, period)?,
        talk: talk_shares(&ground),
        grades: grade_counts(calls.iter().filter_map(|call| call.grade)),
        top_missing: top("REQ-"),
        top_forbidden: top("FRB-"),
        pareto: pareto(&rules),
        teams,
        hotlines,
        businesses,
        agents,
        asr: asr_health(&ground, coverage.failed.len()),
        notes: ground.notes(&head, &coverage, small_rows),
        violations: violation_lines(&ground)?,
        rules,
        calls,
        head,
        coverage,
    })
}

/// A figure of the whole period beside that of the one before.
pub(crate) fn trend(ground: &Ground, figure: impl Fn(&Totals) -> Option<f64>) -> Trend {
    Trend::new(figure(&ground.totals), ground.before.as_ref().and_then(|(_, totals)| figure(totals)))
}

/// How many have each grade, A to F.
pub(crate) fn grade_counts(grades: impl Iterator<Item = Grade>) -> Vec<GradeCount> {
    let mut counts =
        [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E, Grade::F].map(|grade| GradeCount { grade, count: 0 });
    for grade in grades {
        counts[grade as usize].count += 1;
    }
    counts.to_vec()
}

fn figures(ground: &Ground) -> WeeklyFigures {
    let trend = |figure: fn(&Totals) -> Option<f64>| trend(ground, figure);
    let mean_score = trend(Totals::mean_score);
    WeeklyFigures {
        calls: trend(|t| Some(t.calls as f64)),
        audio_minutes: trend(|t| Some(t.minutes())),
        mean_score,
        grade: mean_score.now.map(Grade::of),
        violations: trend(|t| (t.scored > 0).then_some(t.violations as f64)),
        violated_call_share: trend(Totals::violated_call_share),
        undecided_share: trend(Totals::undecided_share),
        agent_talk_share: trend(Totals::agent_talk_share),
        silence_share: trend(Totals::silence_share),
        overlap_share: trend(|t| t.talk_shares().map(|parts| parts[2])),
        agent_chars_per_min: trend(Totals::chars_per_min),
        response_ms: trend(|t| t.response_ms),
        satisfied_share: trend(Totals::satisfied_share),
        rated: trend(|t| Some(t.rated as f64)),
    }
}

fn day_rows(ground: &Ground, period: &Period) -> Result<Vec<DayRow>, ReportError> {
    let mut by_day: BTreeMap<Option<String>, Group> =
        ground.now.by("day")?.into_iter().map(|group| (group.key.clone(), group)).collect();
    let rows = period.dates().map(|date| {
        let group = by_day.remove(&Some(date.to_string()));
        let (totals, call_nos) = group.map(|group| (group.totals, group.calls)).unwrap_or_default();
        DayRow {
            date,
            calls: totals.calls as u64,
            minutes: totals.minutes(),
            mean_score: totals.mean_score(),
            violations: totals.violations as u64,
            call_nos,
        }
    });
    let rows: Vec<DayRow> = rows.collect();

    Ok(rows)
}

fn talk_shares(ground: &Ground) -> TalkShares {
    let part = |index: usize| trend(ground, |t| t.talk_shares().map(|parts| parts[index]));
    TalkShares {
        calls: ground.totals.two_sided as u64,
        agent: part(0),
        customer: part(1),
        overlap: part(2),
        silence: part(3),
        interruptions_per_call: trend(ground, Totals::interruptions_per_call),
    }
}

fn rule_rows(ground: &Ground) -> Result<Vec<RuleRow>, ReportError> {
    let applicable = |rule: &RuleTotals| rule.met + rule.violated + rule.undecided;
    let rate = |rule: &RuleTotals| ratio(rule.violated, applicable(rule));
    let mut before: BTreeMap<String, Option<f64>> = BTreeMap::new();
    if let Some((frames, _)) = &ground.before {
        before.extend(frames.rules()?.into_iter().map(|rule| (rule.id.clone(), rate(&rule))));
    }
    let small = i64::from(ground.input.settings.small_sample);
    let mut rows: Vec<RuleRow> = ground
        .now
        .rules()?
        .into_iter()
        .map(|rule| RuleRow {
            applicable: applicable(&rule) as u64,
            met: rule.met as u64,
            violated: rule.violated as u64,
            undecided: rule.undecided as u64,
            rate: Trend::new(rate(&rule), before.get(&rule.id).copied().flatten()),
            rate_at_most: ratio(rule.violated + rule.undecided, applicable(&rule)),
            points: rule.points_milli as f64 / 1000.0,
            certainty: ratio(rule.certainty_micro, rule.violated).map(|micro| micro / 1e6),
            small_sample: (1..small).contains(&applicable(&rule)),
            rule: rule.id,
            clause: rule.name.clause,
            title: rule.name.title,
            severity: rule.name.severity,
            call_nos: rule.calls,
        })
        .collect();
    rows.sort_by(|a, b| {
        (b.violated, b.applicable > 0, &a.clause, &a.rule).cmp(&(a.violated, a.applicable > 0, &b.clause, &b.rule))
    });
    Ok(rows)
}

fn pareto(rules: &[RuleRow]) -> Vec<ParetoRow> {
    let all: u64 = rules.iter().map(|row| row.violated).sum();
    let mut so_far = 0;
    let bar = |row: &RuleRow| {
        so_far += row.violated;
        ParetoRow {
            rule: row.rule.clone(),
            clause: row.clause.clone(),
            title: row.title.clone(),
            violations: row.violated,
            share: row.violated as f64 / all as f64,
            cumulative: so_far as f64 / all as f64,
        }
    };
    rules.iter().filter(|row| row.violated > 0).map(bar).collect()
}

fn group_rows(ground: &Ground, key: &str) -> Result<Vec<GroupRow>, ReportError> {
    let before = ground.before_by(key)?;
    let small = i64::from(ground.input.settings.small_sample);
    let mut rows: Vec<GroupRow> = ground
        .now
        .by(key)?
        .into_iter()
        .map(|Group { key, totals, calls }| {
            let before = ground.before_of(&before, &key);
            let trend =
                |figure: fn(&Totals) -> Option<f64>| Trend::new(figure(&totals), before.as_ref().and_then(figure));
            let mean_score = trend(Totals::mean_score);
            GroupRow {
                name: key,
                calls: trend(|t| Some(t.calls as f64)),
                minutes: totals.minutes(),
                scored: totals.scored as u64,
                mean_score,
                grade: mean_score.now.map(Grade::of),
                violations: totals.violations as u64,
                violated_call_share: trend(Totals::violated_call_share),
                silence_share: totals.silence_share(),
                rated: totals.rated as u64,
                satisfied_share: totals.satisfied_share(),
                small_sample: totals.scored < small,
                call_nos: calls,
            }
        })
        .collect();
    // Calls without a name come last; the names are sorted already.
    rows.sort_by_key(|row| (row.name.is_none(), Reverse(row.call_nos.len())));
    Ok(rows)
}

fn agent_rows(ground: &Ground) -> Result<Vec<AgentRow>, ReportError> {
    let (before, names) = (ground.before_by("agent")?, ground.agents());
    let small = i64::from(ground.input.settings.small_sample);
    let mut rows: Vec<AgentRow> = ground
        .now
        .by("agent")?
        .into_iter()
        .map(|Group { key, totals, calls }| {
            let before = ground.before_of(&before, &key);
            let trend =
                |figure: fn(&Totals) -> Option<f64>| Trend::new(figure(&totals), before.as_ref().and_then(figure));
            let agent = key.as_deref().and_then(|key| names.get(key)).copied().unwrap_or_default();
            let mean_score = trend(Totals::mean_score);
            AgentRow {
                agent_id: agent.id.map(str::to_owned),
                name: agent.name.map(str::to_owned),
                team: agent.team.map(str::to_owned),
                calls: totals.calls as u64,
                minutes: totals.minutes(),
                scored: totals.scored as u64,
                mean_score,
                grade: mean_score.now.map(Grade::of),
                violations: totals.violations as u64,
                violated_call_share: trend(Totals::violated_call_share),
                undecided_share: totals.undecided_share(),
                talk_share: totals.agent_talk_share(),
                chars_per_min: totals.chars_per_min(),
                response_ms: totals.response_ms,
                interruptions_per_call: totals.interruptions_per_call(),
                rated: totals.rated as u64,
                satisfied_share: totals.satisfied_share(),
                small_sample: totals.scored < small,
                call_nos: calls,
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        let nobody = |row: &AgentRow| row.agent_id.is_none() && row.name.is_none();
        let score = |row: &AgentRow| row.mean_score.now.unwrap_or(f64::INFINITY);
        nobody(a)
            .cmp(&nobody(b))
            .then(score(a).total_cmp(&score(b)))
            .then_with(|| (&a.agent_id, &a.name).cmp(&(&b.agent_id, &b.name)))
    });
    Ok(rows)
}

fn asr_health(ground: &Ground, failed: usize) -> AsrHealth {
    AsrHealth {
        confidence: trend(ground, Totals::confidence),
        low_confidence: trend(ground, |t| Some(t.low_confidence as f64)),
        low_confidence_below: round4(ground.input.settings.low_confidence),
        gap_share: trend(ground, Totals::gap_share),
        wordless: trend(ground, |t| Some(t.wordless as f64)),
        failed: failed as u64,
    }
}

fn violation_lines(ground: &Ground) -> Result<Vec<ViolationLine>, ReportError> {
    let lines = ground.now.violations()?.into_iter().map(|violation| ViolationLine {
        call: violation.call,
        rule: violation.rule,
        clause: violation.clause,
        certainty: violation.certainty_micro as f64 / 1e6,
        points: violation.points_milli as f64 / 1000.0,
    });
    Ok(lines.collect())
}

/// A setting given as `f32`, without the tail that widening it shows (0.6 → 0.6000000238).
fn round4(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}
