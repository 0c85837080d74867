//! `hotline review`: what people make of findings, and how good rules prove by it.

use std::collections::BTreeSet;

use anyhow::Context as _;
use hotline_model::{CallRecord, Review, ReviewVerdict};
use hotline_report::{RuleQuality, Share, rule_quality};
use hotline_store::{CallFilter, Decided, Store};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::calls::local_time;
use super::filter::{call_filter, resolve};
use crate::args::{ReviewAddArgs, ReviewCommand, ReviewDrawArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Runs `hotline review`.
pub fn run(context: &Context, command: &ReviewCommand) -> anyhow::Result<Exit> {
    match command {
        ReviewCommand::Add(args) => add(context, args),
        ReviewCommand::Draw(args) => draw(context, args),
        ReviewCommand::Heard { call } => heard(context, call),
        ReviewCommand::Quality(form) => quality(context, form.json),
        ReviewCommand::Appeal { call, rule, reason } => appeal(context, call, rule, reason),
        ReviewCommand::Decide { number, decision, reason } => decide(context, *number, decision.is_granted(), reason),
        ReviewCommand::Appeals(form) => appeals(context, form.json),
    }
}

fn record(context: &Context, store: &Store, call: &str) -> anyhow::Result<CallRecord> {
    let id = resolve(context, store, call)?;
    store.record(&id)?.with_context(|| format!("{id}: no such call"))
}

fn review_of(record: &CallRecord, rule: &str, verdict: ReviewVerdict, in_full: bool) -> Option<Review> {
    let finding = record.findings.iter().find(|finding| finding.rule == rule)?;
    Some(Review {
        call: record.call.id.clone(),
        rule: finding.rule.clone(),
        clause: finding.clause.clone(),
        rule_set_version: record.score_card.rule_set_version.clone(),
        outcome: finding.outcome,
        verdict,
        reason: String::new(),
        words: None,
        in_full,
    })
}

fn add(context: &Context, args: &ReviewAddArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let record = record(context, &store, &args.call)?;
    let wanted = args.rule.to_uppercase();
    // A clause will do where one rule serves it.
    let of_clause: Vec<&str> = record.findings.iter().filter(|f| f.clause == wanted).map(|f| f.rule.as_str()).collect();
    let rule = match of_clause.as_slice() {
        [only] => *only,
        _ => args.rule.as_str(),
    };
    let verdict: ReviewVerdict = args.verdict.into();
    let review = review_of(&record, rule, verdict, args.in_full).with_context(|| {
        let rules: Vec<&str> = record.findings.iter().map(|f| f.rule.as_str()).collect();
        format!(
            "{}: {}: {}",
            args.rule,
            context.text("这通电话没有按这条规则判定，规则有", "the call was not judged by such a rule; there are"),
            rules.join(", ")
        )
    })?;
    let review = Review { reason: args.reason.clone().unwrap_or_default(), words: args.words.clone(), ..review };
    store.add_reviews(&context.who(), std::slice::from_ref(&review))?;
    let detail = format!("{} {}", review.rule, verdict.name());
    store.record_audit(&[context.audit_entry("review", Some(&review.call), false, detail)])?;
    output::line(&format!(
        "{}  {}  {}",
        record.call.id.short(),
        review.rule,
        context.text(verdict.name_zh(), verdict.name())
    ))?;
    Ok(Exit::Done)
}

/// Calls to be heard in full, drawn at random: which ones follows from the seed alone, so that nobody can pick.
fn draw(context: &Context, args: &ReviewDrawArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let filter = CallFilter { include_variants: false, ..call_filter(context, &args.filter)? };
    let done: BTreeSet<String> = store
        .reviews(None)?
        .into_iter()
        .filter(|stored| stored.review.in_full)
        .map(|stored| stored.review.call.to_string())
        .collect();
    let mut calls: Vec<_> = store
        .call_facts(&filter)?
        .into_iter()
        .filter(|facts| !done.contains(facts.call.id.as_str()))
        .map(|facts| {
            let lot = Sha256::digest(format!("{}\n{}", args.seed, facts.call.id).as_bytes()).to_vec();
            (lot, facts)
        })
        .collect();
    calls.sort_by(|a, b| a.0.cmp(&b.0));
    calls.truncate(args.number);
    if args.json.json {
        for (_, facts) in &mut calls {
            context.hide_number(&mut facts.call.meta);
        }
        let drawn: Vec<_> = calls.iter().map(|(_, facts)| &facts.call).collect();
        output::json(&drawn)?;
    } else {
        for (_, facts) in &calls {
            let agent = facts.call.meta.agent_id.clone().unwrap_or_default();
            let started = local_time(facts.call.meta.started_at, &context.zone);
            output::line(&format!("{}  {started}  {agent}  {}", facts.call.id.short(), facts.call.file_name()))?;
        }
    }
    Ok(if calls.is_empty() { Exit::Partly } else { Exit::Done })
}

/// A call was heard in full: what nobody objected to is right.
fn heard(context: &Context, call: &str) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let record = record(context, &store, call)?;
    let earlier = store.reviews(Some(&record.call.id))?;
    let mut reviews = Vec::new();
    for finding in &record.findings {
        let last = earlier.iter().rev().find(|stored| stored.review.rule == finding.rule);
        let review = match last {
            Some(stored) if stored.review.in_full => continue,
            Some(stored) => Some(Review { in_full: true, ..stored.review.clone() }),
            None => review_of(&record, &finding.rule, ReviewVerdict::Right, true),
        };
        reviews.extend(review);
    }
    store.add_reviews(&context.who(), &reviews)?;
    let entry =
        context.audit_entry("review heard", Some(&record.call.id), false, format!("{} findings", reviews.len()));
    store.record_audit(&[entry])?;
    output::line(&format!("{}  {}", record.call.id.short(), reviews.len()))?;
    Ok(Exit::Done)
}

fn share(share: Option<Share>) -> String {
    share.map_or("—".to_owned(), |s| {
        format!(
            "{:.0}% [{:.0}–{:.0}] {}/{}",
            s.value * 100.0,
            s.interval.low * 100.0,
            s.interval.high * 100.0,
            s.part,
            s.whole
        )
    })
}

fn quality(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let quality: Vec<RuleQuality> = rule_quality(&store.reviews(None)?);
    if as_json {
        output::json(&quality)?;
    } else if quality.is_empty() {
        context.note(
            context.text("还没有复核；`hotline review add` 记一条", "no reviews yet; `hotline review add` records one"),
        );
    } else {
        let headers = match context.language {
            Language::Zh => ["条款", "规则", "复核", "准确率 [95%]", "召回率（随机抽听）[95%]", "Kappa", "抽听"],
            Language::En => {
                ["clause", "rule", "reviewed", "precision [95 %]", "recall (random audits) [95 %]", "kappa", "audited"]
            }
        };
        let mut table = output::table(&headers, &[2, 5, 6]);
        for rule in &quality {
            table.add_row([
                rule.clause.clone(),
                rule.rule.clone(),
                rule.reviewed.to_string(),
                share(rule.precision),
                share(rule.recall),
                rule.kappa.map_or("—".to_owned(), |kappa| format!("{kappa:.2}")),
                rule.audited.to_string(),
            ]);
        }
        output::print_table(&table)?;
    }
    Ok(if quality.is_empty() { Exit::Partly } else { Exit::Done })
}

fn appeal(context: &Context, call: &str, rule: &str, reason: &str) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let record = record(context, &store, call)?;
    anyhow::ensure!(
        record.findings.iter().any(|finding| finding.rule == rule && finding.points > 0.0),
        "{rule}: {}",
        context.text("这通电话没有因这条规则扣分", "the call has no deduction by this rule")
    );
    let number = store.add_appeal(&record.call.id, rule, &context.who(), reason)?;
    store.record_audit(&[context.audit_entry("appeal", Some(&record.call.id), false, format!("#{number} {rule}"))])?;
    output::line(&format!("#{number}"))?;
    Ok(Exit::Done)
}

fn decide(context: &Context, number: u64, granted: bool, reason: &str) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    match store.decide_appeal(number, granted, &context.who(), reason)? {
        Decided::Recorded => {
            let detail = format!("#{number} {}", if granted { "granted" } else { "rejected" });
            store.record_audit(&[context.audit_entry("appeal decided", None, false, detail)])?;
            Ok(Exit::Done)
        }
        Decided::Unknown => anyhow::bail!("#{number}: {}", context.text("没有这个申诉", "no such appeal")),
        Decided::NotSecond => anyhow::bail!(
            "#{number}: {}",
            context.text(
                "申诉人或已复核过此条的人不能裁定，须由另一人裁定",
                "neither the appellant nor a reviewer of the finding may decide: somebody else has to"
            )
        ),
    }
}

fn appeals(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let appeals = store.appeals()?;
    if as_json {
        output::json(&json!(appeals))?;
    } else {
        for appeal in &appeals {
            let state = match appeal.granted() {
                None => context.text("待裁定", "open"),
                Some(true) => context.text("成立", "granted"),
                Some(false) => context.text("驳回", "rejected"),
            };
            output::line(&format!(
                "#{}  {state}  {}  {}  {}  {}",
                appeal.appeal_no,
                appeal.call.short(),
                appeal.rule,
                appeal.who,
                appeal.reason
            ))?;
        }
    }
    Ok(Exit::Done)
}
