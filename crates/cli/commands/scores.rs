//! `hotline scores`: what findings and records are worth, by every scheme.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use hotline_model::{CallId, Month, Outcome, QualitySheet, ScoreEvent, SheetMark};
use hotline_report::Period;
use hotline_rules::Localised;
use hotline_rules::scoring::{
    Charge, Dismissal, MonthCard, MonthInput, Scheme, SchemeKind, last_of_team, month_card, suggest_marks,
    weighted_card,
};
use hotline_store::{CallFilter, Store};
use serde_json::json;

use super::filter::resolve;
use super::offered;
use crate::args::{ScoresAddArgs, ScoresCallArgs, ScoresCommand, ScoresMonthArgs, ScoresSheetArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup};

/// Runs `hotline scores`.
pub fn run(context: &Context, command: &ScoresCommand) -> anyhow::Result<Exit> {
    match command {
        ScoresCommand::Month(args) => month(context, args),
        ScoresCommand::Call(args) => call(context, args),
        ScoresCommand::Add(args) => add(context, args),
        ScoresCommand::TakeBack { number, reason } => take_back(context, *number, reason),
        ScoresCommand::Offered(args) => offered::list(context, args),
        ScoresCommand::Take { number, reason } => offered::take(context, *number, reason.as_deref()),
        ScoresCommand::Sheet(args) => sheet(context, args),
    }
}

fn title(context: &Context, localised: &Localised) -> String {
    localised.get(setup::rules_language(context)).to_owned()
}

/// A month's calls and records by agent.
struct AgentMonth {
    team: Option<String>,
    charges: Vec<Charge>,
    rule_set_versions: BTreeSet<String>,
    undecided: u32,
    events: Vec<ScoreEvent>,
}

fn gather(context: &Context, store: &Store, month: Month) -> anyhow::Result<BTreeMap<String, AgentMonth>> {
    let (from, to) = Period::parse(&month.to_string(), context.zone.clone())?.bounds();
    let filter = CallFilter { from: Some(from), to: Some(to), ..CallFilter::default() };
    let struck = store.struck()?;
    let mut agents: BTreeMap<String, AgentMonth> = BTreeMap::new();
    let mut agent_of: BTreeMap<CallId, String> = BTreeMap::new();
    for facts in store.call_facts(&filter)? {
        let Some(agent) = facts.call.meta.agent_id.clone() else { continue };
        let entry = agents.entry(agent.clone()).or_insert_with(|| AgentMonth {
            team: facts.call.meta.team.clone(),
            charges: Vec::new(),
            rule_set_versions: BTreeSet::new(),
            undecided: 0,
            events: Vec::new(),
        });
        entry.rule_set_versions.insert(facts.rule_set_version.clone());
        entry.undecided += facts.undecided;
        agent_of.insert(facts.call.id, agent);
    }
    for finding in store.finding_facts(&filter)? {
        let Some(entry) = agent_of.get(&finding.call_id).and_then(|agent| agents.get_mut(agent)) else { continue };
        if finding.outcome == Outcome::Violated {
            entry.charges.push(Charge {
                stands: !struck.contains(&(finding.call_id.clone(), finding.rule.clone())),
                call: finding.call_id,
                rule: finding.rule,
                clause: finding.clause,
                severity: finding.severity,
                points: finding.points,
            });
        }
    }
    for event in store.score_events(month, None)?.into_iter().filter(|event| !event.taken_back) {
        let entry = agents.entry(event.agent_id.clone()).or_insert_with(|| AgentMonth {
            team: None,
            charges: Vec::new(),
            rule_set_versions: BTreeSet::new(),
            undecided: 0,
            events: Vec::new(),
        });
        entry.events.push(event.event);
    }
    Ok(agents)
}

/// The cards of a month by one scheme, with the teams of the agents.
fn cards(scheme: &Scheme, month: Month, agents: &BTreeMap<String, AgentMonth>) -> Vec<(Option<String>, MonthCard)> {
    let card = |(agent_id, agent): (&String, &AgentMonth)| {
        let versions: Vec<String> = agent.rule_set_versions.iter().cloned().collect();
        let input = MonthInput {
            agent_id,
            month,
            charges: &agent.charges,
            events: &agent.events,
            rule_set_versions: &versions,
            undecided: agent.undecided,
        };
        Some((agent.team.clone(), month_card(scheme, &input)?))
    };
    agents.iter().filter_map(card).collect()
}

fn month(context: &Context, args: &ScoresMonthArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let month: Month = args.month.parse()?;
    let schemes = setup::schemes(context)?;
    let (now, before) = (gather(context, &store, month)?, gather(context, &store, month.previous())?);
    let mut all = Vec::new();
    for scheme in schemes.iter().filter(|scheme| args.scheme.as_ref().is_none_or(|name| *name == scheme.name)) {
        let mut own = cards(scheme, month, &now);
        let earlier = cards(scheme, month.previous(), &before);
        let teams: BTreeSet<Option<String>> = own.iter().map(|(team, _)| team.clone()).collect();
        for team in teams.into_iter().filter(Option::is_some) {
            let of_team = |cards: &[(Option<String>, MonthCard)]| -> Vec<MonthCard> {
                cards.iter().filter(|(t, _)| *t == team).map(|(_, card)| card.clone()).collect()
            };
            let months = [of_team(&earlier), of_team(&own)];
            for agent in last_of_team(scheme, &months) {
                for (_, card) in own.iter_mut().filter(|(_, card)| card.agent_id == agent) {
                    card.dismissal.push(Dismissal::Last);
                }
            }
        }
        all.extend(own.into_iter().map(|(_, card)| card));
    }
    all.retain(|card| args.agent.as_ref().is_none_or(|agent| *agent == card.agent_id));
    if args.json.json {
        output::json(&all)?;
    } else if all.is_empty() {
        context.note(
            context.text(
                "这个月没有带工号的通话，也没有加扣分记录",
                "no calls with an agent and no records in this month",
            ),
        );
    } else {
        show_month(context, &all, args.agent.is_some())?;
        offered::note(context, &store, month)?;
    }
    Ok(if all.is_empty() { Exit::Partly } else { Exit::Done })
}

fn show_month(context: &Context, cards: &[MonthCard], lines: bool) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["工号", "得分", "等级", "绩效（元）", "加分", "扣分", "无法判断", "复核", "方案", "规则"],
        Language::En => {
            ["agent", "score", "grade", "pay (yuan)", "bonus", "deducted", "undecided", "review", "scheme", "rules"]
        }
    };
    let mut table = output::table(&headers, &[1, 3, 4, 5, 6]);
    for card in cards {
        let sum = |positive: bool| -> f32 {
            card.lines.iter().map(|line| line.points).filter(|points| (*points > 0.0) == positive).sum()
        };
        let review: Vec<&str> = card.dismissal.iter().map(|why| dismissal(context, *why)).collect();
        table.add_row([
            card.agent_id.clone(),
            card.score.to_string(),
            card.grade.clone(),
            format!("{:+}", card.pay),
            format!("{:+}", sum(true)),
            sum(false).to_string(),
            card.undecided.to_string(),
            review.join(" "),
            format!("{} {}", card.scheme, card.scheme_version),
            card.rule_set_versions.join(" "),
        ]);
    }
    output::print_table(&table)?;
    if lines {
        for line in cards.iter().flat_map(|card| &card.lines) {
            let spared = if line.spared > 0.0 {
                format!("  ({} {})", context.text("封顶少扣", "spared by a cap"), line.spared)
            } else {
                String::new()
            };
            let calls: Vec<&str> = line.calls.iter().map(CallId::short).collect();
            output::line(&format!("{:+}  {} ×{}{spared}  {}", line.points, line.what, line.times, calls.join(" ")))?;
        }
    }
    Ok(())
}

fn dismissal<'a>(context: &Context, why: Dismissal) -> &'a str {
    match (why, context.language) {
        (Dismissal::Score, Language::Zh) => "低于60分",
        (Dismissal::Score, Language::En) => "score",
        (Dismissal::Violation, Language::Zh) => "严重违规",
        (Dismissal::Violation, Language::En) => "violation",
        (Dismissal::Last, Language::Zh) => "连续末位",
        (Dismissal::Last, Language::En) => "last of team",
    }
}

fn call(context: &Context, args: &ScoresCallArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let id = resolve(context, &store, &args.call)?;
    let record = store.record(&id)?.with_context(|| format!("{id}: no such call"))?;
    let card = &record.score_card;
    let schemes = setup::schemes(context)?;
    let weighted: Vec<_> = schemes
        .iter()
        .filter_map(|s| weighted_card(s, &record.findings, record.call.meta.satisfaction, &card.rule_set_version))
        .collect();
    let sheets = store.sheets(&id)?;
    if args.json.json {
        output::json(&json!({ "points": card, "weighted": weighted, "sheets": sheets }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!("{}  {}  {}  {} {}", card.score, card.grade, id, card.rule_set, card.rule_set_version))?;
    for weighted in &weighted {
        let score = weighted.score.map_or("—".to_owned(), |score| format!("{score:.1}"));
        output::line(&format!("{score}  {} {}", weighted.scheme, weighted.scheme_version))?;
        for mark in &weighted.marks {
            let value = mark.mark.map_or("—".to_owned(), |mark| format!("{mark:.0}"));
            output::line(&format!(
                "    {value} × {:.0}%  {}  {}",
                mark.share * 100.0,
                mark.id,
                mark.violated.join(" ")
            ))?;
        }
    }
    for stored in &sheets {
        let marks: Vec<String> = stored
            .sheet
            .marks
            .iter()
            .map(|mark| format!("{} {}", mark.item, mark.mark.map_or("—".to_owned(), |m| m.to_string())))
            .collect();
        output::line(&format!("{}  {}  {}", stored.who, marks.join(" · "), stored.sheet.comments))?;
    }
    Ok(Exit::Done)
}

fn add(context: &Context, args: &ScoresAddArgs) -> anyhow::Result<Exit> {
    let month: Month = args.month.parse()?;
    let known: BTreeSet<String> = setup::schemes(context)?
        .into_iter()
        .filter_map(|scheme| match scheme.kind {
            SchemeKind::Points(points) => Some(points.events.into_iter().map(|event| event.id)),
            SchemeKind::Weighted { .. } | SchemeKind::Sheet(_) => None,
        })
        .flatten()
        .collect();
    anyhow::ensure!(
        known.contains(&args.kind),
        "{}: {}: {}",
        args.kind,
        context.text("方案里没有这一项，可用", "no scheme has such an event; there are"),
        known.into_iter().collect::<Vec<_>>().join(", ")
    );
    let store = context.existing_store()?;
    let event =
        ScoreEvent { kind: args.kind.clone(), points: args.points, reason: args.reason.clone(), follow_up: None };
    let who = context.who();
    let number = store.add_score_event(&args.agent, month, &who, &event)?;
    let detail = format!("{} {month} {} #{number}", args.agent, args.kind);
    store.record_audit(&[context.audit_entry("scores add", None, false, detail)])?;
    output::line(&format!("#{number}"))?;
    Ok(Exit::Done)
}

fn take_back(context: &Context, number: u64, reason: &str) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let taken = store.take_back_score_event(number, &context.who(), reason)?;
    anyhow::ensure!(
        taken,
        "#{number}: {}",
        context.text("没有这条记录，或已撤销", "no such record, or it was taken back before")
    );
    store.record_audit(&[context.audit_entry("scores take-back", None, false, format!("#{number} {reason}"))])?;
    Ok(Exit::Done)
}

fn sheet(context: &Context, args: &ScoresSheetArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let id = resolve(context, &store, &args.call)?;
    let record = store.record(&id)?.with_context(|| format!("{id}: no such call"))?;
    let schemes = setup::schemes(context)?;
    let (scheme, items) = schemes
        .iter()
        .find_map(|scheme| match &scheme.kind {
            SchemeKind::Sheet(items) => Some((scheme, items)),
            SchemeKind::Points(_) | SchemeKind::Weighted { .. } => None,
        })
        .context("no scheme is a sheet")?;
    let suggestions = suggest_marks(scheme, &record.findings).unwrap_or_default();
    if args.mark.is_empty() && args.comments.is_none() {
        if args.json.json {
            output::json(&json!({ "sheet": scheme.name, "version": scheme.version, "suggestions": suggestions }))?;
            return Ok(Exit::Done);
        }
        for (item, suggestion) in items.iter().zip(&suggestions) {
            let mark = suggestion.mark.map_or("—".to_owned(), |mark| mark.to_string());
            let look = if suggestion.look_at.is_empty() {
                String::new()
            } else {
                format!(
                    "  {}{}",
                    context.text("请听：", "listen to: "),
                    suggestion.look_at.join(context.text("；", "; "))
                )
            };
            let because = suggestion.because.join(context.text("；", "; "));
            output::line(&format!("{mark}  {} {}  {because}{look}", item.id, title(context, &item.title)))?;
        }
        return Ok(Exit::Done);
    }
    let mut marks: BTreeMap<&str, Option<u8>> = BTreeMap::new();
    for pair in &args.mark {
        let parsed = pair.split_once('=').and_then(|(item, mark)| {
            let item = items.iter().find(|known| known.id == item.trim())?;
            let mark = match mark.trim() {
                "-" => None,
                mark => Some(mark.parse::<u8>().ok().filter(|mark| (1..=5).contains(mark))?),
            };
            Some((item.id.as_str(), mark))
        });
        let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
        let (item, mark) = parsed.with_context(|| {
            format!(
                "--mark {pair}: {} {}",
                context.text("写成 项目=1…5（或 -），项目有", "write ITEM=1…5 (or -); items are"),
                ids.join(", ")
            )
        })?;
        marks.insert(item, mark);
    }
    let sheet = QualitySheet {
        sheet_version: format!("{} {}", scheme.name, scheme.version),
        rule_set_version: record.score_card.rule_set_version.clone(),
        marks: items
            .iter()
            .zip(&suggestions)
            .map(|(item, suggestion)| SheetMark {
                item: item.id.clone(),
                mark: marks.get(item.id.as_str()).copied().flatten(),
                suggested: suggestion.mark,
            })
            .collect(),
        comments: args.comments.clone().unwrap_or_default(),
    };
    let number = store.save_sheet(&id, &context.who(), &sheet)?;
    store.record_audit(&[context.audit_entry("scores sheet", Some(&id), false, format!("#{number}"))])?;
    let mean = sheet.mean().map_or("—".to_owned(), |mean| format!("{mean:.1}"));
    output::line(&format!("#{number}  {} {mean}", context.text("平均", "mean")))?;
    Ok(Exit::Done)
}
