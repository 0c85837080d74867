//! `hotline rules`.

use std::collections::BTreeSet;

use hotline_model::{CallRecord, Finding};
use hotline_rules::meaning::Understood;
use hotline_rules::{CallView, CoverageState, Localised, Need, ProblemSeverity, RuleSet, timing};
use rayon::prelude::*;
use serde_json::json;

use super::rule_lifecycle;
use crate::args::RulesCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup};

/// Calls judged at a time: enough to keep every core busy, few enough to keep memory flat.
const CALLS_AT_A_TIME: usize = 256;

/// Runs `hotline rules`.
pub fn run(context: &Context, command: &RulesCommand) -> anyhow::Result<Exit> {
    match command {
        RulesCommand::Check { json, paths } => check(context, paths, json.json),
        RulesCommand::List(form) => list(context, form.json),
        RulesCommand::Coverage(form) => coverage(context, form.json),
        RulesCommand::Apply(form) => apply(context, form.json),
        RulesCommand::Test { json, files, rules } => rule_lifecycle::test(context, files, rules, json.json),
        RulesCommand::Backtest { json, rules, limit } => rule_lifecycle::backtest(context, rules, *limit, json.json),
        RulesCommand::Publish { paths, note } => rule_lifecycle::publish(context, paths, note.as_deref()),
        RulesCommand::History(form) => rule_lifecycle::history(context, form.json),
        RulesCommand::Diff { json, from, to } => rule_lifecycle::diff(context, from, to.as_deref(), json.json),
        RulesCommand::Assign { version, hotline } => rule_lifecycle::assign(context, version, hotline.as_deref()),
        RulesCommand::Suggest(form) => rule_lifecycle::suggest(context, form.json),
    }
}

fn check(context: &Context, paths: &[std::path::PathBuf], as_json: bool) -> anyhow::Result<Exit> {
    let paths = if paths.is_empty() { context.settings.rules.paths.as_slice() } else { paths };
    if paths.is_empty() {
        let set = RuleSet::built_in();
        if as_json {
            output::json(&json!({ "errors": 0, "problems": [], "rules": set.rules.len() }))?;
            return Ok(Exit::Done);
        }
        context.note(&format!(
            "{} {}: {}",
            set.name,
            set.version,
            context.text("内置规则包，没有问题", "built-in pack, no problems")
        ));
        return Ok(Exit::Done);
    }
    let loaded = RuleSet::load(paths);
    let language = setup::rules_language(context);
    let errors = loaded.problems.iter().filter(|problem| problem.severity == ProblemSeverity::Error).count();
    if as_json {
        let problems: Vec<_> = loaded
            .problems
            .iter()
            .map(|p| {
                json!({ "file": p.file, "line": p.line, "column": p.column, "message": p.message_in(language),
                        "hint": p.hint_in(language), "text": p.excerpt, "error": p.severity == ProblemSeverity::Error })
            })
            .collect();
        let rules = loaded.set.as_ref().map(|set| set.rules.len());
        output::json(&json!({ "errors": errors, "problems": problems, "rules": rules }))?;
    } else {
        for problem in &loaded.problems {
            output::line(&problem.text(language))?;
        }
        if let Some(set) = &loaded.set {
            context.note(&match context.language {
                Language::Zh => format!("{} {}：{} 条规则可用", set.name, set.version, set.rules.len()),
                Language::En => format!("{} {}: {} rules are fine", set.name, set.version, set.rules.len()),
            });
        }
    }
    Ok(if loaded.set.is_some() { Exit::Done } else { Exit::Partly })
}

fn list(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let set = setup::rule_set(context)?;
    let text = |localised: &Localised| localised.get(setup::rules_language(context)).to_owned();
    if as_json {
        let rules: Vec<_> = set
            .rules
            .iter()
            .map(|rule| {
                json!({ "id": rule.id, "clause": rule.clause, "title": text(&rule.title), "why": text(&rule.why),
                        "severity": rule.severity, "points": rule.points })
            })
            .collect();
        output::json(&json!({ "name": set.name, "version": set.version, "rules": rules }))?;
        return Ok(Exit::Done);
    }
    let headers = match context.language {
        Language::Zh => ["条款", "规则", "标题", "严重度", "扣分"],
        Language::En => ["clause", "rule", "title", "severity", "points"],
    };
    let mut table = output::table(&headers, &[4]);
    for rule in &set.rules {
        let severity = context.text(rule.severity.name_zh(), rule.severity.name()).to_owned();
        table.add_row([rule.clause.clone(), rule.id.clone(), text(&rule.title), severity, rule.points.to_string()]);
    }
    output::print_table(&table)?;
    output::line(&format!("{} {}", set.name, set.version))?;
    Ok(Exit::Done)
}

fn coverage(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let set = setup::rule_set(context)?;
    let language = setup::rules_language(context);
    let clauses = set.coverage();
    let text = |localised: &Localised| localised.get(language).to_owned();
    if as_json {
        let clauses: Vec<_> = clauses
            .iter()
            .map(|clause| {
                let rules: Vec<_> = clause
                    .rules
                    .iter()
                    .map(|rule| {
                        let needs: Vec<String> = rule.needs.iter().map(ToString::to_string).collect();
                        json!({ "rule": rule.rule, "needs": needs })
                    })
                    .collect();
                json!({ "clause": clause.clause, "title": text(&clause.title), "state": clause.state().name(),
                        "rules": rules, "limit": clause.limit.as_ref().map(text) })
            })
            .collect();
        output::json(&json!({ "name": set.name, "version": set.version, "clauses": clauses }))?;
        return Ok(Exit::Done);
    }
    let headers = match context.language {
        Language::Zh => ["条款", "内容", "规则", "需要", "看不出的，或原因"],
        Language::En => ["clause", "title", "rules", "needs", "what a call does not show, or why"],
    };
    let mut table = output::table(&headers, &[]);
    for clause in &clauses {
        let rules: Vec<&str> = clause.rules.iter().map(|rule| rule.rule.as_str()).collect();
        let needs: BTreeSet<&Need> = clause.rules.iter().flat_map(|rule| &rule.needs).collect();
        let needs: Vec<String> = needs.into_iter().map(|need| need.text(language)).collect();
        let limit = match clause.state() {
            CoverageState::NoRule => context.text("没有规则", "no rule").to_owned(),
            _ => clause.limit.as_ref().map(text).unwrap_or_default(),
        };
        let rules = if rules.is_empty() { "–".to_owned() } else { rules.join("\n") };
        let separator = context.text("、", ", ");
        table.add_row([clause.clause.clone(), text(&clause.title), rules, needs.join(separator), limit]);
    }
    output::print_table(&table)?;
    let count = |state| clauses.iter().filter(|clause| clause.state() == state).count();
    let (judged, elsewhere, open) =
        (count(CoverageState::Judged), count(CoverageState::NotByACall), count(CoverageState::NoRule));
    output::line(&match context.language {
        Language::Zh => format!(
            "{} {}：{judged} 条由规则判定，{elsewhere} 条不由通话判定，{open} 条没有规则",
            set.name, set.version
        ),
        Language::En => format!(
            "{} {}: {judged} clauses judged by rules, {elsewhere} not shown by a call, {open} without a rule",
            set.name, set.version
        ),
    })?;
    Ok(Exit::Done)
}

/// Judges stored calls again: transcripts stay, findings and score cards are made anew.
fn apply(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let judge = setup::assigned_judge(context)?;
    let guide = setup::guide(context)?;
    let organisations = setup::organisations(context, &[]);
    let ids = store.call_ids()?;
    let (mut calls, mut changed) = (0usize, 0usize);
    for ids in ids.chunks(CALLS_AT_A_TIME) {
        let mut records: Vec<CallRecord> = Vec::with_capacity(ids.len());
        for id in ids {
            records.extend(store.record(id)?);
        }
        let judged: Vec<_> = records
            .par_iter()
            .map(|record| {
                let view = CallView {
                    call: &record.call,
                    transcript: &record.transcript,
                    acoustics: &record.acoustics,
                    heard_until: None,
                    organisations: &organisations,
                };
                let metrics = timing::talk_metrics(&record.call, &record.transcript, &record.acoustics);
                let understood = Understood::of(&record.transcript);
                let judgement = judge.judge_understood(&view, &understood);
                let complaint = guide.complaint_of(&understood);
                let follow_up = match complaint {
                    Some(_) => None,
                    None => guide.follow_up(&record.transcript, &judgement.findings),
                };
                (judgement, metrics, complaint, follow_up)
            })
            .collect();
        for (record, (judgement, metrics, complaint, follow_up)) in records.iter().zip(judged) {
            calls += 1;
            let outcomes =
                |findings: &[Finding]| findings.iter().map(|f| (f.rule.clone(), f.outcome)).collect::<Vec<_>>();
            if outcomes(&record.findings) != outcomes(&judgement.findings) {
                changed += 1;
            }
            store.save_judgement(&record.call.id, &judgement.findings, &judgement.score_card, &metrics)?;
            store.save_complaint(&record.call.id, complaint.as_ref())?;
            store.save_follow_up(&record.call.id, follow_up.as_ref())?;
        }
    }
    setup::archive(context)?.catch_up()?;
    if as_json {
        output::json(&json!({ "calls": calls, "changed": changed }))?;
    } else {
        output::line(&match context.language {
            Language::Zh => format!("重新判定 {calls} 通，{changed} 通的结论有变化"),
            Language::En => format!("{calls} calls judged again, {changed} with another outcome"),
        })?;
    }
    Ok(Exit::Done)
}
