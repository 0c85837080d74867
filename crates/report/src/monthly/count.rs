//! From facts to the monthly report.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hotline_model::{Grade, Satisfaction};

use super::{MonthlyFigures, MonthlyReport, RatingRow, Review, SatisfactionRow, ScoreRow, SeverityCounts};
use crate::figures::{pay_effect_yuan, ratio, wilson};
use crate::frame::{Frames, Group, WorstFirst};
use crate::head::Ground;
use crate::totals::Totals;
use crate::weekly::{grade_counts, trend};
use crate::{CallLine, Period, ReportError, ReportInput, Trend};

/// Counts the satisfaction report of `period`.
pub fn monthly(input: &ReportInput<'_>, period: &Period) -> Result<MonthlyReport, ReportError> {
    let ground = Ground::new(input, period, WorstFirst::Rating)?;
    let calls = ground.calls(period.zone())?;
    let weeks = week_rows(&ground, period, &calls)?;
    let (businesses, teams) = (rows(&ground, "business", &calls)?, rows(&ground, "team", &calls)?);
    let (hotlines, mut agents) = (rows(&ground, "hotline", &calls)?, rows(&ground, "agent", &calls)?);
    let names = ground.agents();
    for row in &mut agents {
        row.name = row.key.as_deref().and_then(|key| names.get(key)?.name).map(str::to_owned);
    }
    let scores = score_rows(&ground, &calls)?;
    let small_rows = [&businesses, &teams, &hotlines, &agents].into_iter().flatten().filter(|r| r.small_sample).count()
        + scores.iter().filter(|row| row.small_sample).count();
    let (head, coverage) = (ground.head("hotline.monthly/1", period), ground.coverage());
    let mut dissatisfied: Vec<&CallLine> =
        calls.iter().filter(|call| call.rating == Some(Satisfaction::Dissatisfied)).collect();
    dissatisfied.sort_by(|a, b| by_score(a, b));
    Ok(MonthlyReport {
        figures: figures(&ground),
        weeks,
        businesses,
        teams,
        hotlines,
        agents,
        ratings: rating_rows(&ground)?,
        grades: grade_counts(scores.iter().filter_map(|row| row.grade)),
        scores,
        dissatisfied: dissatisfied.into_iter().map(|call| call.no).collect(),
        notes: ground.notes(&head, &coverage, small_rows),
        calls,
        head,
        coverage,
    })
}

fn figures(ground: &Ground) -> MonthlyFigures {
    let trend = |figure: fn(&Totals) -> Option<f64>| trend(ground, figure);
    let totals = &ground.totals;
    let mean_score = trend(Totals::mean_score);
    MonthlyFigures {
        calls: trend(|t| Some(t.calls as f64)),
        answered: trend(|t| Some(t.answered as f64)),
        rated: trend(|t| Some(t.rated as f64)),
        response_rate: trend(Totals::response_rate),
        satisfied_share: trend(Totals::satisfied_share),
        satisfied_interval: wilson(totals.satisfied as u64, totals.rated as u64),
        neutral_share: trend(|t| ratio(t.neutral, t.rated)),
        dissatisfied_share: trend(Totals::dissatisfied_share),
        mean_key: trend(Totals::mean_key),
        mean_score,
        grade: mean_score.now.map(Grade::of),
        small_sample: totals.rated < i64::from(ground.input.settings.small_sample),
    }
}

fn row(group: Group, before: Option<Totals>, small: u32, calls: &[CallLine]) -> SatisfactionRow {
    let Group { key, totals, calls: nos } = group;
    SatisfactionRow {
        key,
        name: None,
        calls: totals.calls as u64,
        answered: totals.answered as u64,
        rated: totals.rated as u64,
        satisfied: totals.satisfied as u64,
        neutral: totals.neutral as u64,
        dissatisfied: totals.dissatisfied as u64,
        response_rate: totals.response_rate(),
        satisfied_share: Trend::new(totals.satisfied_share(), before.and_then(|t| t.satisfied_share())),
        interval: wilson(totals.satisfied as u64, totals.rated as u64),
        mean_key: totals.mean_key(),
        small_sample: totals.rated < i64::from(small),
        call_nos: nos.into_iter().filter(|no| line(calls, *no).is_some_and(|call| call.rating.is_some())).collect(),
    }
}

fn rows(ground: &Ground, key: &str, calls: &[CallLine]) -> Result<Vec<SatisfactionRow>, ReportError> {
    let before = ground.before_by(key)?;
    let small = ground.input.settings.small_sample;
    let mut rows: Vec<SatisfactionRow> = ground
        .now
        .by(key)?
        .into_iter()
        .map(|group| {
            let before = ground.before_of(&before, &group.key);
            row(group, before, small, calls)
        })
        .collect();
    // Calls without a name come last; the names are sorted already.
    rows.sort_by_key(|row| (row.key.is_none(), Reverse(row.calls)));
    Ok(rows)
}

fn week_rows(ground: &Ground, period: &Period, calls: &[CallLine]) -> Result<Vec<SatisfactionRow>, ReportError> {
    let mut by_monday: BTreeMap<Option<String>, Group> =
        ground.now.by("week")?.into_iter().map(|group| (group.key.clone(), group)).collect();
    let mut rows: Vec<SatisfactionRow> = Vec::new();
    for date in period.dates() {
        let week = Period::week_of(date, period.zone().clone())?;
        if rows.last().is_some_and(|row| row.key.as_deref() == Some(&week.key())) {
            continue;
        }
        let (monday, sunday) = week.first_and_last();
        let (first, last) = period.first_and_last();
        let group = by_monday.remove(&Some(monday.to_string()));
        let (totals, nos) = group.map(|group| (group.totals, group.calls)).unwrap_or_default();
        let group = Group { key: Some(week.key()), totals, calls: nos };
        rows.push(SatisfactionRow {
            name: Some(format!("{}..{}", monday.max(first), sunday.min(last))),
            ..row(group, None, ground.input.settings.small_sample, calls)
        });
    }
    Ok(rows)
}

fn rating_rows(ground: &Ground) -> Result<Vec<RatingRow>, ReportError> {
    let mut rows: Vec<RatingRow> = ground
        .now
        .by("rating")?
        .into_iter()
        .map(|Group { key, totals, calls }| RatingRow {
            rating: key.and_then(|key| key.parse().ok()),
            calls: totals.calls as u64,
            mean_score: totals.mean_score(),
            violated_call_share: totals.violated_call_share(),
            silence_share: totals.silence_share(),
            call_nos: calls,
        })
        .collect();
    rows.sort_by_key(|row| (row.rating.is_none(), row.rating));
    Ok(rows)
}

fn score_rows(ground: &Ground, calls: &[CallLine]) -> Result<Vec<ScoreRow>, ReportError> {
    let (before, names) = (ground.before_by("agent")?, ground.agents());
    let small = i64::from(ground.input.settings.small_sample);
    let last_now = last_place(&ground.now)?;
    let last_before = match &ground.before {
        Some((frames, _)) => last_place(frames)?,
        None => None,
    };
    let mut rows: Vec<ScoreRow> = ground
        .now
        .by("agent")?
        .into_iter()
        // A score belongs to somebody: calls without an agent have none.
        .filter(|group| group.key.is_some())
        .map(|Group { key, totals, calls: nos }| {
            let before = ground.before_of(&before, &key);
            let score = Trend::new(totals.mean_score(), before.as_ref().and_then(Totals::mean_score));
            let small_sample = totals.scored < small;
            let last_and_poor = |last: Option<f64>, own: Option<f64>| own.is_some_and(|s| s < 70.0) && own == last;
            let review = match score.now {
                _ if small_sample => None,
                Some(now) if now < 60.0 => Some(Review::BelowSixty),
                now if last_and_poor(last_now, now) && last_and_poor(last_before, score.before) => {
                    Some(Review::LastTwice)
                }
                _ => None,
            };
            let agent = key.as_deref().and_then(|key| names.get(key)).copied().unwrap_or_default();
            let mut nos = nos;
            nos.sort_by(|a, b| match (line(calls, *a), line(calls, *b)) {
                (Some(a), Some(b)) => by_score(a, b),
                _ => a.cmp(b),
            });
            ScoreRow {
                agent_id: agent.id.map(str::to_owned),
                name: agent.name.map(str::to_owned),
                team: agent.team.map(str::to_owned),
                calls: totals.calls as u64,
                scored: totals.scored as u64,
                grade: score.now.map(Grade::of),
                pay_yuan: score.now.map(pay_effect_yuan),
                score,
                violations: SeverityCounts {
                    slight: totals.slight as u64,
                    medium: totals.medium as u64,
                    serious: totals.serious as u64,
                    fatal: totals.fatal as u64,
                },
                review,
                small_sample,
                call_nos: nos,
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        let score = |row: &ScoreRow| row.score.now.unwrap_or(f64::NEG_INFINITY);
        score(b).total_cmp(&score(a)).then_with(|| (&a.agent_id, &a.name).cmp(&(&b.agent_id, &b.name)))
    });
    Ok(rows)
}

/// The lowest mean score of any agent, if there are two to compare.
fn last_place(frames: &Frames) -> Result<Option<f64>, ReportError> {
    let agents = frames.by("agent")?;
    let scores: Vec<f64> =
        agents.iter().filter(|group| group.key.is_some()).filter_map(|group| group.totals.mean_score()).collect();
    Ok(if scores.len() < 2 { None } else { scores.into_iter().reduce(f64::min) })
}

fn line(calls: &[CallLine], no: u32) -> Option<&CallLine> {
    calls.get((no as usize).checked_sub(1)?)
}

fn by_score(a: &CallLine, b: &CallLine) -> std::cmp::Ordering {
    let score = |call: &CallLine| call.score.unwrap_or(f64::INFINITY);
    score(a).total_cmp(&score(b)).then(a.no.cmp(&b.no))
}
