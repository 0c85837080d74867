//! `hotline report`.

use std::path::PathBuf;

use anyhow::Context as _;
use hotline_model::{CallFacts, FindingFacts};
use hotline_report::{Format, Period, RenderOptions, Report, ReportInput, ReportSettings};
use hotline_store::{CallFilter, CallOrder, Store};
use jiff::Timestamp;
use serde_json::json;

use crate::args::{ReportCommand, ReportFormat, ReportOutputArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Runs `hotline report`.
pub fn run(context: &Context, command: &ReportCommand) -> anyhow::Result<Exit> {
    let (weekly, asked, args) = match command {
        ReportCommand::Weekly(args) => (true, &args.week, &args.output),
        ReportCommand::Monthly(args) => (false, &args.month, &args.output),
    };
    let store = context.existing_store()?;
    let period = match asked {
        Some(text) => {
            let period = Period::parse(text, context.zone.clone())?;
            let right = matches!(
                (weekly, period.kind()),
                (true, hotline_report::PeriodKind::Week { .. }) | (false, hotline_report::PeriodKind::Month { .. })
            );
            anyhow::ensure!(
                right,
                "{text}: {}",
                if weekly {
                    context.text("周写作 2026-W41 的样子", "a week is written like 2026-W41")
                } else {
                    context.text("月写作 2026-10 的样子", "a month is written like 2026-10")
                }
            );
            period
        }
        None => latest(context, &store, weekly, args)?,
    };
    let report = make(&store, &period, weekly, args)?;
    let files = write(context, &report, args)?;
    if args.json.json {
        output::json(&json!({ "report": report, "files": files }))?;
        return Ok(Exit::Done);
    }
    context.note(&format!("{}: {}", context.text("统计期", "period"), period.label(language(context))));
    for file in files {
        output::line(&file.display().to_string())?;
    }
    Ok(Exit::Done)
}

fn language(context: &Context) -> hotline_report::Language {
    match context.language {
        Language::Zh => hotline_report::Language::Zh,
        Language::En => hotline_report::Language::En,
    }
}

fn filter(args: &ReportOutputArgs) -> CallFilter {
    CallFilter { hotline: args.hotline.clone(), team: args.team.clone(), ..CallFilter::default() }
}

/// The latest week or month that has calls.
fn latest(context: &Context, store: &Store, weekly: bool, args: &ReportOutputArgs) -> anyhow::Result<Period> {
    let newest = CallFilter { limit: Some(1), order: CallOrder::NewestFirst, ..filter(args) };
    let started_at = store.call_facts(&newest)?.first().and_then(|facts| facts.call.meta.started_at);
    let started_at = started_at.context(context.text(
        "没有带开始时间的通话，无法确定统计期；用 calls.csv 或 --started-at 给出通话时间",
        "no call has a start time, so there is no period to report; give times in calls.csv or with --started-at",
    ))?;
    let date = started_at.to_zoned(context.zone.clone()).date();
    let zone = context.zone.clone();
    Ok(if weekly { Period::week_of(date, zone)? } else { Period::month_of(date, zone)? })
}

fn make(store: &Store, period: &Period, weekly: bool, args: &ReportOutputArgs) -> anyhow::Result<Report> {
    let (from, _) = period.previous()?.bounds();
    let (_, to) = period.bounds();
    let dated = CallFilter { from: Some(from), to: Some(to), ..filter(args) };
    let mut calls: Vec<CallFacts> = store.call_facts(&dated)?;
    let findings: Vec<FindingFacts> = store.finding_facts(&dated)?;
    // Calls without a time belong to no period; the report lists them so that nobody misses them.
    calls.extend(store.call_facts(&filter(args))?.into_iter().filter(|facts| facts.call.meta.started_at.is_none()));
    let failed = store.failures()?;
    let settings = ReportSettings {
        hotline: args.hotline.clone(),
        team: args.team.clone(),
        generated_at: Some(Timestamp::now()),
        ..ReportSettings::default()
    };
    let input = ReportInput { calls: &calls, findings: &findings, failed: &failed, settings };
    Ok(if weekly {
        Report::from(hotline_report::weekly(&input, period)?)
    } else {
        Report::from(hotline_report::monthly(&input, period)?)
    })
}

fn write(context: &Context, report: &Report, args: &ReportOutputArgs) -> anyhow::Result<Vec<PathBuf>> {
    let dir = args.out.clone().unwrap_or_else(|| context.settings.report_dir());
    std::fs::create_dir_all(&dir).with_context(|| format!("{}: cannot be created", dir.display()))?;
    let options = RenderOptions { language: language(context), ..RenderOptions::default() };
    let mut written = Vec::new();
    for format in &args.format {
        let format = match format {
            ReportFormat::Html => Format::Html,
            ReportFormat::Csv => Format::Csv,
            ReportFormat::Json => Format::Json,
        };
        for file in report.render(format, &options)? {
            let path = dir.join(&file.name);
            std::fs::write(&path, &file.bytes).with_context(|| format!("{}: cannot be written", path.display()))?;
            written.push(path);
        }
    }
    Ok(written)
}
