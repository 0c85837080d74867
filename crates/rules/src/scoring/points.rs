//! The points of one agent's month.

use std::collections::BTreeMap;

use hotline_model::{CallId, Month, ScoreEvent, Severity};
use serde::{Deserialize, Serialize};

use super::scheme::{Points, Scheme, SchemeKind};

/// A violated finding that may cost points.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// In which call.
    pub call: CallId,
    /// By which rule.
    pub rule: String,
    /// Against which clause.
    pub clause: String,
    /// How bad.
    pub severity: Severity,
    /// What the rule takes for it, once-or-each and the rule's own cap within the call applied.
    pub points: f32,
    /// Whether it counts: not if a person has found it wrong or an appeal has struck it.
    pub stands: bool,
}

/// What a month's card is made of.
#[derive(Clone, Copy, Debug)]
pub struct MonthInput<'a> {
    /// Staff number.
    pub agent_id: &'a str,
    /// Which month.
    pub month: Month,
    /// Every violated finding of the month's calls, in any order.
    pub charges: &'a [Charge],
    /// Bonuses and deductions from records that were not taken back.
    pub events: &'a [ScoreEvent],
    /// Versions of the rules that judged the calls.
    pub rule_set_versions: &'a [String],
    /// Undecided findings of the month's calls.
    pub undecided: u32,
}

/// Why dismissal is to be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dismissal {
    /// The score is below the least.
    Score,
    /// One violation was grave enough (hanging up the hotline).
    Violation,
    /// Last of the team with too low a score, for months running.
    Last,
}

/// A line of the card: points of a rule or a severity's accumulation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthLine {
    /// Clause, event id, or `accumulate`.
    pub what: String,
    /// How bad, for deductions.
    pub severity: Option<Severity>,
    /// How many times.
    pub times: u32,
    /// Points; negative is a deduction.
    pub points: f32,
    /// Points that a cap has spared.
    pub spared: f32,
    /// The calls behind it.
    pub calls: Vec<CallId>,
}

/// A bonus or deduction that the scheme does not know, and why it does not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bonus {
    /// Id as it was recorded.
    pub kind: String,
    /// Why it is left out.
    pub why: &'static str,
}

/// The card of one agent's month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthCard {
    /// Staff number.
    pub agent_id: String,
    /// Which month.
    pub month: Month,
    /// Name of the scheme.
    pub scheme: String,
    /// Version of the scheme.
    pub scheme_version: String,
    /// Versions of the rules that judged the calls, sorted.
    pub rule_set_versions: Vec<String>,
    /// Where the month began.
    pub base: f32,
    /// Everything that added or took points, deductions first.
    pub lines: Vec<MonthLine>,
    /// Events that did not count.
    pub left_out: Vec<Bonus>,
    /// The score, within floor and cap.
    pub score: f32,
    /// Its grade.
    pub grade: String,
    /// What it means for the pay, in yuan.
    pub pay: f32,
    /// Why dismissal is to be reviewed; empty where it is not. [`last_of_team`] adds what only months together show.
    pub dismissal: Vec<Dismissal>,
    /// Undecided findings, which cost nothing.
    pub undecided: u32,
}

/// Adds up a month; `None` if the scheme does not accumulate points.
///
/// The violations of one severity are counted by finding (one rule in one call), those from records by event.
pub fn month_card(scheme: &Scheme, input: &MonthInput<'_>) -> Option<MonthCard> {
    let SchemeKind::Points(points) = &scheme.kind else { return None };
    let mut by_clause: BTreeMap<(&str, Severity), MonthLine> = BTreeMap::new();
    let mut counts: BTreeMap<Severity, u32> = BTreeMap::new();
    for charge in input.charges.iter().filter(|charge| charge.stands) {
        let line = by_clause.entry((&charge.clause, charge.severity)).or_insert_with(|| MonthLine {
            what: charge.clause.clone(),
            severity: Some(charge.severity),
            times: 0,
            points: 0.0,
            spared: 0.0,
            calls: Vec::new(),
        });
        line.times += 1;
        line.points -= charge.points;
        line.calls.push(charge.call.clone());
        *counts.entry(charge.severity).or_default() += 1;
    }
    let mut lines: Vec<MonthLine> = by_clause.into_values().collect();
    cap(points, &mut lines);
    let left_out = add_events(points, input.events, &mut lines, &mut counts);
    if let Some(accumulate) = points.accumulate {
        let count = |severity| counts.get(&severity).copied().unwrap_or(0);
        let (medium, slight) = (count(Severity::Medium), count(Severity::Slight));
        if medium >= accumulate.medium || slight >= accumulate.slight {
            let points = -accumulate.points;
            let line = MonthLine {
                what: "accumulate".into(),
                severity: None,
                times: 1,
                points,
                spared: 0.0,
                calls: Vec::new(),
            };
            lines.push(line);
        }
    }
    for line in &mut lines {
        line.calls.sort();
        line.calls.dedup();
    }
    lines.sort_by(|a, b| a.points.total_cmp(&b.points).then_with(|| a.what.cmp(&b.what)));
    let sum: f32 = lines.iter().map(|line| line.points).sum();
    let score = (points.base + sum).clamp(points.floor, points.cap);
    let mut dismissal = Vec::new();
    if let Some(rule) = &points.dismissal {
        dismissal.extend((score < rule.below).then_some(Dismissal::Score));
        let grave = rule.severities.iter().any(|severity| counts.contains_key(severity));
        dismissal.extend(grave.then_some(Dismissal::Violation));
    }
    let mut rule_set_versions = input.rule_set_versions.to_vec();
    rule_set_versions.sort();
    rule_set_versions.dedup();
    Some(MonthCard {
        agent_id: input.agent_id.to_owned(),
        month: input.month,
        scheme: scheme.name.clone(),
        scheme_version: scheme.version.clone(),
        rule_set_versions,
        base: points.base,
        lines,
        left_out,
        score,
        grade: points.grade(score).to_owned(),
        pay: points.pay(score),
        dismissal,
        undecided: input.undecided,
    })
}

/// Keeps each clause within what it can cost in a month, all severities together.
fn cap(points: &Points, lines: &mut [MonthLine]) {
    let mut spent: BTreeMap<String, f32> = BTreeMap::new();
    for line in lines {
        let Some(most) = points.clause_caps.get(&line.what) else { continue };
        let spent = spent.entry(line.what.clone()).or_default();
        let wanted = -line.points;
        let taken = wanted.min((most - *spent).max(0.0));
        *spent += taken;
        line.spared = wanted - taken;
        line.points = -taken;
    }
}

fn add_events(
    points: &Points,
    events: &[ScoreEvent],
    lines: &mut Vec<MonthLine>,
    counts: &mut BTreeMap<Severity, u32>,
) -> Vec<Bonus> {
    let mut left_out = Vec::new();
    let mut of_kind: BTreeMap<&str, MonthLine> = BTreeMap::new();
    for event in events {
        let Some(kind) = points.event(&event.kind) else {
            left_out.push(Bonus { kind: event.kind.clone(), why: "the scheme has no such event" });
            continue;
        };
        let known = of_kind.contains_key(kind.id.as_str());
        if kind.once && known {
            left_out.push(Bonus { kind: event.kind.clone(), why: "counts once a month" });
            continue;
        }
        let line = of_kind.entry(&kind.id).or_insert_with(|| MonthLine {
            what: kind.id.clone(),
            severity: kind.severity,
            times: 0,
            points: 0.0,
            spared: 0.0,
            calls: Vec::new(),
        });
        line.times += 1;
        line.points += event.points.filter(|points| points.is_finite()).unwrap_or(kind.points);
        if let Some(severity) = kind.severity {
            *counts.entry(severity).or_default() += 1;
        }
    }
    lines.extend(of_kind.into_values());
    left_out
}

/// Who was last of the team with too low a score for months running (SCO-02). `months` are the cards of one team, a list a month,
/// the latest last; those after whom too few months came are judged by what there is. A tie for the last place counts for all.
pub fn last_of_team<'a>(scheme: &Scheme, months: &'a [Vec<MonthCard>]) -> Vec<&'a str> {
    let SchemeKind::Points(Points { dismissal: Some(rule), .. }) = &scheme.kind else { return Vec::new() };
    let needed = rule.months as usize;
    if needed == 0 || months.len() < needed {
        return Vec::new();
    }
    let last_in = |cards: &'a Vec<MonthCard>| -> Vec<&'a str> {
        let lowest = cards.iter().map(|card| card.score).min_by(f32::total_cmp);
        // One agent alone is no team.
        let is_last = |card: &&MonthCard| cards.len() > 1 && Some(card.score) == lowest && card.score < rule.last_below;
        cards.iter().filter(is_last).map(|card| card.agent_id.as_str()).collect()
    };
    let running = months.get(months.len() - needed..).unwrap_or_default();
    let mut lasts = running.iter().map(last_in);
    let mut agents = lasts.next().unwrap_or_default();
    for others in lasts {
        agents.retain(|agent| others.contains(agent));
    }
    agents
}
