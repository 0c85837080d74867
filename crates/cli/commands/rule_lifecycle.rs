//! The life of rules, from a draft to a published version: `hotline rules test|backtest|publish|history|diff|assign|suggest`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hotline_model::{CallId, CallRecord, Outcome, ReviewVerdict};
use hotline_report::Share;
use hotline_rules::dialogue::CaseFile;
use hotline_rules::{CallView, Rule, RuleSet, read_sources};
use hotline_store::{RuleVersion, Store, StoreError};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::calls::local_time;
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup};

/// Calls judged at a time: enough to keep every core busy, few enough to keep memory flat.
const CALLS_AT_A_TIME: usize = 256;

/// The rules at `paths`, or those in use.
fn rules_at(context: &Context, paths: &[PathBuf]) -> anyhow::Result<RuleSet> {
    if paths.is_empty() {
        return setup::rule_set(context);
    }
    let loaded = RuleSet::load(paths);
    for problem in &loaded.problems {
        eprintln!("{problem}");
    }
    loaded.set.context(context.text("规则文件有错误，见上", "the rule files have errors, see above"))
}

/// `hotline rules test`.
pub fn test(context: &Context, files: &[PathBuf], rules: &[PathBuf], as_json: bool) -> anyhow::Result<Exit> {
    let judge = setup::judge_of(context, rules_at(context, rules)?);
    let (mut results, mut broken) = (Vec::new(), false);
    for file in case_files(files)? {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).with_context(|| format!("{name}: cannot be read"))?;
        match CaseFile::parse(&name, &text).and_then(|cases| cases.run(&name, &judge)) {
            Ok(cases) => results.extend(cases.into_iter().map(|case| (name.clone(), case))),
            Err(error) => {
                eprintln!("✗ {error}");
                broken = true;
            }
        }
    }
    let failed = results.iter().filter(|(_, case)| !case.failures.is_empty()).count();
    if as_json {
        let cases: Vec<_> = results
            .iter()
            .map(|(file, case)| json!({ "file": file, "case": case.name, "failures": case.failures }))
            .collect();
        output::json(&json!({ "cases": cases, "failed": failed }))?;
    } else {
        for (file, case) in results.iter().filter(|(_, case)| !case.failures.is_empty()) {
            output::line(&format!("✗ {file}: {}", case.name))?;
            for failure in &case.failures {
                output::line(&format!("    {failure}"))?;
            }
        }
        output::line(&match context.language {
            Language::Zh => format!("{} 个用例，{failed} 个不符", results.len()),
            Language::En => format!("{} cases, {failed} fail", results.len()),
        })?;
    }
    Ok(if failed > 0 || broken { Exit::Partly } else { Exit::Done })
}

/// Files of cases; a folder stands for the `.toml` and `.md` files in it.
fn case_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let is_case = |file: &PathBuf| file.extension().is_some_and(|e| e == "toml" || e == "md");
            let entries = std::fs::read_dir(path).with_context(|| format!("{}: cannot be listed", path.display()))?;
            let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_case).collect();
            found.retain(|file| file.file_stem().is_none_or(|stem| !stem.eq_ignore_ascii_case("readme")));
            found.sort();
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// What a rule would change, and how it does against reviews.
#[derive(Default, Serialize)]
struct RuleChange {
    clause: String,
    /// Calls flagged by the rules under test.
    flags: u64,
    /// Calls flagged now that were not before.
    new: Vec<CallId>,
    /// Calls flagged before that would not be.
    lost: Vec<CallId>,
    /// Of the flags that people have decided on, the share that are right.
    precision: Option<Share>,
    /// Of the violations that people know of, the share that is flagged.
    recall: Option<Share>,
    #[serde(skip)]
    right: u64,
    #[serde(skip)]
    decided: u64,
    #[serde(skip)]
    violations: u64,
}

/// `hotline rules backtest`.
pub fn backtest(context: &Context, rules: &[PathBuf], limit: usize, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let set = rules_at(context, rules)?;
    let (name, version) = (set.name.clone(), set.version.clone());
    let judge = setup::judge_of(context, set);
    let organisations = setup::organisations(context, &[]);
    let truth = truth(&store)?;
    let mut changes: BTreeMap<String, RuleChange> = BTreeMap::new();
    let ids = store.call_ids()?;
    let judged = |record: &CallRecord| {
        judge.judge(&CallView {
            call: &record.call,
            transcript: &record.transcript,
            acoustics: &record.acoustics,
            heard_until: None,
            organisations: &organisations,
        })
    };
    // The next calls are read while these are judged.
    let (send, receive) = std::sync::mpsc::sync_channel::<Vec<CallRecord>>(1);
    let ids_read = ids.clone();
    let reading = std::thread::spawn(move || -> Result<(), StoreError> {
        for ids in ids_read.chunks(CALLS_AT_A_TIME) {
            let records = ids.iter().filter_map(|id| store.record(id).transpose()).collect::<Result<_, _>>()?;
            if send.send(records).is_err() {
                break;
            }
        }
        Ok(())
    });
    for records in receive {
        let judgements: Vec<_> = records.par_iter().map(judged).collect();
        for (record, judgement) in records.iter().zip(judgements) {
            compare(record, &judgement.findings, &truth, &mut changes);
        }
    }
    reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    for change in changes.values_mut() {
        change.precision = Share::of(change.right, change.decided);
        change.recall = Share::of(change.right, change.violations);
    }
    if as_json {
        output::json(&json!({ "rule_set": name, "version": version, "calls": ids.len(), "rules": changes }))?;
    } else {
        show_changes(context, &changes, limit)?;
        output::line(&match context.language {
            Language::Zh => format!("{name} {version}：回测 {} 通，未改动任何结果", ids.len()),
            Language::En => format!("{name} {version}: tried on {} calls, nothing was changed", ids.len()),
        })?;
    }
    Ok(Exit::Done)
}

/// Whether a call violates a rule, as far as people have said: by the latest review of each finding.
fn truth(store: &Store) -> anyhow::Result<BTreeMap<(CallId, String), bool>> {
    let mut truth = BTreeMap::new();
    for stored in store.reviews(None)? {
        let key = (stored.review.call.clone(), stored.review.rule.clone());
        match stored.review.verdict.violated(stored.review.outcome) {
            Some(violated) => truth.insert(key, violated),
            None => truth.remove(&key),
        };
    }
    Ok(truth)
}

fn compare(
    record: &CallRecord,
    findings: &[hotline_model::Finding],
    truth: &BTreeMap<(CallId, String), bool>,
    changes: &mut BTreeMap<String, RuleChange>,
) {
    let id = &record.call.id;
    let flagged = |findings: &[hotline_model::Finding]| -> BTreeSet<String> {
        findings.iter().filter(|f| f.outcome == Outcome::Violated).map(|f| f.rule.clone()).collect()
    };
    let (before, now) = (flagged(&record.findings), flagged(findings));
    for finding in findings.iter().chain(&record.findings) {
        let change = changes.entry(finding.rule.clone()).or_default();
        if change.clause.is_empty() {
            change.clause.clone_from(&finding.clause);
        }
    }
    for (rule, change) in changes.iter_mut() {
        let (was, is) = (before.contains(rule), now.contains(rule));
        change.flags += u64::from(is);
        match (was, is) {
            (false, true) => change.new.push(id.clone()),
            (true, false) => change.lost.push(id.clone()),
            _ => {}
        }
        if let Some(violated) = truth.get(&(id.clone(), rule.clone())) {
            change.decided += u64::from(is);
            change.right += u64::from(is && *violated);
            change.violations += u64::from(*violated);
        }
    }
}

fn show_changes(context: &Context, changes: &BTreeMap<String, RuleChange>, limit: usize) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["条款", "规则", "标记", "新增", "消失", "准确率（对照复核）", "召回率（对照复核）"],
        Language::En => ["clause", "rule", "flags", "new", "lost", "precision (reviews)", "recall (reviews)"],
    };
    let share = |share: Option<Share>| {
        share.map_or("—".to_owned(), |s| format!("{:.0}% {}/{}", s.value * 100.0, s.part, s.whole))
    };
    let mut table = output::table(&headers, &[2, 3, 4]);
    let mut sorted: Vec<_> = changes.iter().collect();
    sorted.sort_by(|a, b| a.1.clause.cmp(&b.1.clause).then_with(|| a.0.cmp(b.0)));
    for (rule, change) in &sorted {
        table.add_row([
            change.clause.clone(),
            (*rule).clone(),
            change.flags.to_string(),
            change.new.len().to_string(),
            change.lost.len().to_string(),
            share(change.precision),
            share(change.recall),
        ]);
    }
    output::print_table(&table)?;
    for (rule, change) in sorted {
        let ids = |calls: &[CallId]| calls.iter().take(limit).map(CallId::short).collect::<Vec<_>>().join(" ");
        if !change.new.is_empty() {
            output::line(&format!("+ {rule}  {}", ids(&change.new)))?;
        }
        if !change.lost.is_empty() {
            output::line(&format!("− {rule}  {}", ids(&change.lost)))?;
        }
    }
    Ok(())
}

/// `hotline rules publish`.
pub fn publish(context: &Context, paths: &[PathBuf], note: Option<&str>) -> anyhow::Result<Exit> {
    let paths = if paths.is_empty() { context.settings.rules.paths.as_slice() } else { paths };
    let set = rules_at(context, paths)?;
    let sources: Vec<(String, String)> = if paths.is_empty() {
        RuleSet::built_in_sources().iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    } else {
        read_sources(paths).0
    };
    let store = context.store()?;
    let who = context.who();
    let new = store.publish_rules(&set.version, &set.name, &who, note.unwrap_or(""), &sources)?;
    store.record_audit(&[context.audit_entry("rules publish", None, false, set.version.clone())])?;
    output::line(&set.version)?;
    if !new {
        context.note(
            context.text("这个版本此前已发布，内容相同", "this version was published before, with the same text"),
        );
    }
    Ok(Exit::Done)
}

/// `hotline rules history`.
pub fn history(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let versions = store.rule_versions()?;
    let assignments = store.rule_assignments()?;
    let everybody = context.text("（其余全部）", "(all others)");
    let judged_by = |version: &RuleVersion| -> Vec<&str> {
        let own = assignments.iter().filter(|(_, v)| **v == version.version);
        own.map(|(hotline, _)| hotline.as_deref().unwrap_or(everybody)).collect()
    };
    if as_json {
        let all: Vec<_> = versions.iter().map(|v| json!({ "version": v, "hotlines": judged_by(v) })).collect();
        output::json(&all)?;
        return Ok(Exit::Done);
    }
    let headers = match context.language {
        Language::Zh => ["版本", "名称", "发布时间", "发布人", "说明", "用于热线"],
        Language::En => ["version", "name", "published", "by", "note", "hotlines"],
    };
    let mut table = output::table(&headers, &[]);
    for version in &versions {
        table.add_row([
            version.version.clone(),
            version.name.clone(),
            local_time(Some(version.at), &context.zone),
            version.who.clone(),
            version.note.clone(),
            judged_by(version).join(" "),
        ]);
    }
    output::print_table(&table)?;
    Ok(Exit::Done)
}

/// The full name of a published version whose beginning was typed.
fn resolve(context: &Context, store: &Store, text: &str) -> anyhow::Result<String> {
    let versions: Vec<String> = store.rule_versions()?.into_iter().map(|version| version.version).collect();
    let mut fitting = versions.iter().filter(|version| version.as_str() == text || version.starts_with(text));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(exact), Some(_)) if exact == text => Ok(exact.clone()),
        (None, _) => anyhow::bail!(
            "{text}: {}",
            context.text(
                "没有发布过这个版本；`hotline rules history` 列出全部",
                "no such published version; `hotline rules history` lists all"
            )
        ),
        _ => anyhow::bail!(
            "{text}: {}",
            context.text("不止一个版本，请写得更长", "more than one version, write more of it")
        ),
    }
}

/// `hotline rules diff`.
pub fn diff(context: &Context, from: &str, to: Option<&str>, as_json: bool) -> anyhow::Result<Exit> {
    let set = |text: &str| -> anyhow::Result<RuleSet> {
        if Path::new(text).exists() {
            return rules_at(context, &[PathBuf::from(text)]);
        }
        let store = context.existing_store()?;
        setup::published(&store, &resolve(context, &store, text)?)
    };
    let (old, new) = (set(from)?, to.map_or_else(|| setup::rule_set(context), set)?);
    let changes = differences(&old, &new);
    if as_json {
        let all: Vec<_> =
            changes.iter().map(|(sign, rule, what)| json!({ "change": sign, "rule": rule, "what": what })).collect();
        output::json(&json!({ "from": old.version, "to": new.version, "changes": all }))?;
    } else {
        output::line(&format!("{} → {}", old.version, new.version))?;
        for (sign, rule, what) in &changes {
            output::line(&format!("{sign} {rule}  {}", what.join(", ")))?;
        }
        if changes.is_empty() {
            context.note(context.text("规则没有差别", "the rules do not differ"));
        }
    }
    Ok(Exit::Done)
}

/// Rules that were added (`+`), taken out (`−`) or changed (`~`, with what of them).
fn differences(old: &RuleSet, new: &RuleSet) -> Vec<(&'static str, String, Vec<&'static str>)> {
    let by_id = |set: &RuleSet| -> BTreeMap<String, Rule> {
        set.rules.iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let mut changes = Vec::new();
    for id in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(id), after.get(id)) {
            (Some(a), Some(b)) => {
                let what = changed_parts(a, b);
                if !what.is_empty() {
                    changes.push(("~", id.clone(), what));
                }
            }
            (None, Some(_)) => changes.push(("+", id.clone(), Vec::new())),
            (Some(_), None) => changes.push(("−", id.clone(), Vec::new())),
            (None, None) => {}
        }
    }
    // What rules share is changed for all of them.
    let lists = |name: &String| old.phrase_lists.get(name) != new.phrase_lists.get(name);
    let names: BTreeSet<&String> = old.phrase_lists.keys().chain(new.phrase_lists.keys()).collect();
    changes.extend(names.into_iter().filter(|name| lists(name)).map(|name| ("~", format!("@{name}"), vec!["phrases"])));
    let conditions = |name: &String| old.conditions.get(name) != new.conditions.get(name);
    let names: BTreeSet<&String> = old.conditions.keys().chain(new.conditions.keys()).collect();
    changes
        .extend(names.into_iter().filter(|name| conditions(name)).map(|name| ("~", name.clone(), vec!["condition"])));
    if old.scoring != new.scoring {
        changes.push(("~", "scoring".into(), vec!["points"]));
    }
    changes
}

fn changed_parts(a: &Rule, b: &Rule) -> Vec<&'static str> {
    let parts = [
        ("clause", a.clause != b.clause),
        ("title", a.title != b.title || a.why != b.why),
        ("severity", a.severity != b.severity),
        ("points", a.points != b.points || a.count != b.count),
        ("applies", a.applies != b.applies),
        ("verdict", a.verdict != b.verdict),
        ("conditions", a.conditions != b.conditions),
    ];
    parts.into_iter().filter(|(_, changed)| *changed).map(|(part, _)| part).collect()
}

/// `hotline rules assign`.
pub fn assign(context: &Context, version: &str, hotline: Option<&str>) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let version = resolve(context, &store, version)?;
    store.assign_rules(hotline, &version, &context.who())?;
    let whom = hotline.unwrap_or(context.text("（其余全部）", "(all others)"));
    store.record_audit(&[context.audit_entry("rules assign", None, false, format!("{version} {whom}"))])?;
    output::line(&format!("{whom}  {version}"))?;
    if !context.settings.rules.paths.is_empty() {
        context.note(context.text(
            "提示：设置 rules.paths 指定了规则文件，它优先于发布的版本",
            "note: the setting rules.paths names rule files, which beat published versions",
        ));
    }
    Ok(Exit::Done)
}

/// A wording that reviewers found missing.
#[derive(Serialize)]
struct Suggestion {
    rule: String,
    clause: String,
    words: String,
    calls: Vec<CallId>,
}

/// `hotline rules suggest`.
pub fn suggest(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut proposed: BTreeMap<(String, String), Suggestion> = BTreeMap::new();
    for stored in store.reviews(None)? {
        let review = stored.review;
        let (Some(words), ReviewVerdict::Missed) = (review.words, review.verdict) else { continue };
        let words = hotline_text::skeleton(&words).text;
        if words.is_empty() {
            continue;
        }
        let slot = proposed.entry((review.rule.clone(), words.clone())).or_insert_with(|| Suggestion {
            rule: review.rule,
            clause: review.clause,
            words,
            calls: Vec::new(),
        });
        if !slot.calls.contains(&review.call) {
            slot.calls.push(review.call);
        }
    }
    let mut suggestions: Vec<Suggestion> = proposed.into_values().collect();
    suggestions
        .sort_by(|a, b| b.calls.len().cmp(&a.calls.len()).then_with(|| (&a.rule, &a.words).cmp(&(&b.rule, &b.words))));
    if as_json {
        output::json(&suggestions)?;
    } else if suggestions.is_empty() {
        context.note(context.text(
            "没有建议：复核时用 `hotline review add 通话 规则 missed --words 原话` 记下漏判的说法",
            "nothing to suggest: record missed wordings with `hotline review add CALL RULE missed --words TEXT`",
        ));
    } else {
        for s in &suggestions {
            let calls: Vec<&str> = s.calls.iter().map(CallId::short).collect();
            output::line(&format!("{} {}  “{}”  ×{}  {}", s.clause, s.rule, s.words, s.calls.len(), calls.join(" ")))?;
        }
        context.note(context.text(
            "建议只供参考：写进规则文件，`hotline rules test` 与 `backtest` 之后再发布",
            "proposals only: write them into a rule file, then test and backtest before publishing",
        ));
    }
    Ok(if suggestions.is_empty() { Exit::Partly } else { Exit::Done })
}
