//! `hotline show`: one call as a reader wants it.

use std::fmt::Write as _;

use hotline_model::{CallRecord, Evidence, Finding, Matched, Outcome, Quote};

use super::calls::{length, local_time};
use super::filter::resolve;
use crate::args::ShowArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Runs `hotline show`.
pub fn run(context: &Context, args: &ShowArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let id = resolve(context, &store, &args.call)?;
    let Some(record) = store.record(&id)? else {
        anyhow::bail!("{id}: no such call");
    };
    let record = if args.unmask {
        store.record_audit(&[context.audit_entry("show", Some(&id), true, String::new())])?;
        record
    } else {
        hotline_pipeline::masked(&record, context.mask_language())
    };
    if args.json.json {
        output::json(&record)?;
    } else {
        output::line(text(&record, context, args.all).trim_end())?;
    }
    Ok(Exit::Done)
}

fn text(record: &CallRecord, context: &Context, all: bool) -> String {
    let mut out = String::new();
    head(&mut out, record, context);
    transcript(&mut out, record, context);
    findings(&mut out, record, context, all);
    out
}

// Writing to a String cannot fail, so results of `writeln!` are dropped throughout.

fn head(out: &mut String, record: &CallRecord, context: &Context) {
    let (call, meta) = (&record.call, &record.call.meta);
    let zh = context.language == Language::Zh;
    let _ = writeln!(out, "{}  {}", call.id, call.source);
    let parts = [
        Some(local_time(meta.started_at, &context.zone)),
        Some(length(call.duration_ms)),
        Some(call.format.clone()),
        meta.hotline.clone(),
        meta.agent_id.clone(),
        meta.agent_name.clone(),
        meta.team.clone(),
        meta.business_type.clone(),
        meta.satisfaction.map(|s| if zh { s.name_zh().to_owned() } else { s.name().to_owned() }),
    ];
    let _ = writeln!(out, "{}", parts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    let card = &record.score_card;
    let m = &record.metrics;
    let seconds = |ms: u32| f64::from(ms) / 1000.0;
    let _ = if zh {
        writeln!(
            out,
            "得分 {:.0}（{}，无法判断 {} 项，规则 {} {}）\n座席 {:.0} 秒 · 客户 {:.0} 秒 · 静默 {:.0} 秒（最长 {:.0}）· 重叠 {:.1} 秒 · 抢话 {} 次",
            card.score,
            card.grade,
            card.undecided,
            card.rule_set,
            card.rule_set_version,
            seconds(m.agent_ms),
            seconds(m.customer_ms),
            seconds(m.silence_ms),
            seconds(m.longest_silence_ms),
            seconds(m.overlap_ms),
            m.interruptions_by_agent
        )
    } else {
        writeln!(
            out,
            "score {:.0} ({}, {} undecided, rules {} {})\nagent {:.0} s · customer {:.0} s · silence {:.0} s (longest {:.0}) · overlap {:.1} s · {} interruptions",
            card.score,
            card.grade,
            card.undecided,
            card.rule_set,
            card.rule_set_version,
            seconds(m.agent_ms),
            seconds(m.customer_ms),
            seconds(m.silence_ms),
            seconds(m.longest_silence_ms),
            seconds(m.overlap_ms),
            m.interruptions_by_agent
        )
    };
    for issue in &record.issues {
        let _ = writeln!(out, "! {}", issue.message);
    }
}

fn transcript(out: &mut String, record: &CallRecord, context: &Context) {
    let zh = context.language == Language::Zh;
    let _ = writeln!(out);
    let mut lines: Vec<(u32, String)> = Vec::new();
    for utterance in &record.transcript.utterances {
        let who = if zh { utterance.channel.name_zh() } else { utterance.channel.name() };
        lines.push((utterance.span.start.ms, format!("{}  {who}  {}", utterance.span.start, utterance.text)));
    }
    for gap in &record.transcript.gaps {
        let who = if zh { gap.channel.name_zh() } else { gap.channel.name() };
        let what = match (zh, gap.rejected_text.is_empty()) {
            (true, true) => format!("〔{}〕", gap.reason.name_zh()),
            (true, false) => format!("〔{}，已隔离：{}〕", gap.reason.name_zh(), gap.rejected_text.trim()),
            (false, true) => format!("[{}]", gap.reason.name()),
            (false, false) => format!("[{}, quarantined: {}]", gap.reason.name(), gap.rejected_text.trim()),
        };
        lines.push((gap.span.start.ms, format!("{}  {who}  {what}", gap.span.start)));
    }
    lines.sort();
    for (_, line) in lines {
        let _ = writeln!(out, "{line}");
    }
}

fn findings(out: &mut String, record: &CallRecord, context: &Context, all: bool) {
    let language = context.language;
    let wanted = |finding: &&Finding| all || matches!(finding.outcome, Outcome::Violated | Outcome::Undecided);
    let mut shown: Vec<&Finding> = record.findings.iter().filter(wanted).collect();
    let rank = |outcome| match outcome {
        Outcome::Violated => 0,
        Outcome::Undecided => 1,
        Outcome::Met => 2,
        Outcome::NotApplicable => 3,
    };
    shown.sort_by(|a, b| {
        rank(a.outcome).cmp(&rank(b.outcome)).then(b.severity.cmp(&a.severity)).then(a.clause.cmp(&b.clause))
    });
    let _ = writeln!(
        out,
        "\n{}",
        if shown.is_empty() {
            language.pick("没有质检标记", "no flags")
        } else {
            language.pick("质检标记", "flags")
        }
    );
    for finding in shown {
        let outcome = language.pick(finding.outcome.name_zh(), finding.outcome.name());
        let points = if finding.points == 0.0 { String::new() } else { format!("  −{}", finding.points) };
        let _ = writeln!(
            out,
            "[{outcome}] {} {}  {:.0}%{points}  {}",
            finding.clause,
            finding.title,
            finding.certainty * 100.0,
            finding.reason
        );
        for evidence in &finding.evidence {
            let _ = writeln!(out, "    {}", evidence_line(evidence, language));
        }
    }
}

fn evidence_line(evidence: &Evidence, language: Language) -> String {
    match evidence {
        Evidence::Quote(quote) => quote_line(quote, language),
        Evidence::Interval { time, channel, measure, value, unit } => {
            let who = channel.map_or("", |channel| language.pick(channel.name_zh(), channel.name()));
            format!("{time}  {who}  {measure} {value:.1} {unit}")
        }
        Evidence::Absence { searched, channel, wanted, best } => {
            let who = language.pick(channel.name_zh(), channel.name());
            let nearest = best.as_ref().map_or(String::new(), |quote| {
                format!("{}{}", language.pick("；最接近：", "; nearest: "), quote_line(quote, language))
            });
            format!("{searched}  {who}  {}{wanted}{nearest}", language.pick("未听到：", "not heard: "))
        }
        Evidence::Metadata { field, value } => format!("{field} = {value}"),
    }
}

fn quote_line(quote: &Quote, language: Language) -> String {
    let who = language.pick(quote.channel.name_zh(), quote.channel.name());
    let how = match &quote.matched {
        Matched::Exact { .. } | Matched::Pattern { .. } => String::new(),
        Matched::Variant { phrase } => format!(" ≈ {phrase}"),
        Matched::Phonetic { meant, distance, .. } => format!(" ≈ {meant} ({distance:.2})"),
    };
    format!("{}  {who}  “{}”{how}", quote.time.start, quote.words)
}
