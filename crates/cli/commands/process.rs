//! `hotline process`.

use std::path::PathBuf;

use hotline_pipeline::{BatchOptions, BatchReport, CallOutcome, MetadataSources, Recording, intake};
use serde_json::json;

use super::saved;
use crate::args::{MetaArgs, ProcessArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::progress::{Progress, done_line};
use crate::{setup, words};

/// Runs `hotline process`.
pub fn run(context: &Context, args: &ProcessArgs) -> anyhow::Result<Exit> {
    let found = intake::find(&args.paths);
    for problem in &found.problems {
        eprintln!("✗ {}", words::intake(problem, context.language));
    }
    if found.recordings.is_empty() {
        if found.problems.is_empty() {
            context.note(context.text("没有找到录音文件", "no recordings found"));
        }
        return Ok(if found.problems.is_empty() { Exit::Partly } else { Exit::Broken });
    }
    let mut sources = metadata_sources(context, &args.meta)?;
    let (recordings, broken) = describe(&mut sources, found.recordings);
    let rooms = setup::rooms(context, &setup::organisations(context, &recordings))?;
    let archive = setup::archive(context)?;
    let stop = setup::stop_on_ctrl_c(context.language)?;
    let options = BatchOptions { redo: args.redo };
    let report = setup::run_batch(context, recordings, &rooms, &archive, &options, &stop)?;
    let exit = summary(context, &report, args.json.json)?;
    saved::announce(context);
    let exit = if stop.finishing() { exit.max(Exit::Partly) } else { exit };
    Ok(if found.problems.is_empty() && broken == 0 { exit } else { exit.max(Exit::Partly) })
}

/// Sources of metadata from settings and flags.
pub fn metadata_sources(context: &Context, args: &MetaArgs) -> anyhow::Result<MetadataSources> {
    let settings = &context.settings.metadata;
    let patterns: Vec<String> = args.patterns.iter().chain(&settings.file_name_patterns).cloned().collect();
    let tables: Vec<PathBuf> = settings.tables.iter().chain(&args.tables).cloned().collect();
    Ok(MetadataSources::new(&patterns, &tables, setup::meta_from_flags(args, &context.zone)?, context.zone.clone())?)
}

/// Describes recordings; a broken table is reported once and its recordings go on without it. Returns how many tables were
/// broken.
pub fn describe(sources: &mut MetadataSources, paths: Vec<PathBuf>) -> (Vec<Recording>, usize) {
    let mut broken = 0;
    let recordings = paths
        .into_iter()
        .map(|path| {
            let described = sources.describe(&path).or_else(|error| {
                eprintln!("✗ {error}");
                broken += 1;
                // Met once, the table is left out from now on.
                sources.describe(&path)
            });
            Recording { path, described: described.unwrap_or_default() }
        })
        .collect();
    (recordings, broken)
}

/// Prints what a batch came to, and tells the exit code.
pub fn summary(context: &Context, report: &BatchReport, as_json: bool) -> anyhow::Result<Exit> {
    let count = |wanted: fn(&CallOutcome) -> bool| report.calls.iter().filter(|call| wanted(&call.outcome)).count();
    let processed = count(|outcome| matches!(outcome, CallOutcome::Processed { .. }));
    let known = count(|outcome| matches!(outcome, CallOutcome::Known { .. }));
    let failed = count(|outcome| matches!(outcome, CallOutcome::Failed { .. }));
    let claimed = count(|outcome| matches!(outcome, CallOutcome::Claimed { .. }));
    let interrupted = count(|outcome| matches!(outcome, CallOutcome::Interrupted));
    let audio_s = report.audio_ms as f64 / 1000.0;
    let (cpu_s, wall_s) = (report.cpu.total(), report.wall_s);
    if as_json {
        output::json(&json!({
            "processed": processed, "known": known, "failed": failed, "claimed": claimed, "interrupted": interrupted,
            "audio_s": audio_s, "wall_s": wall_s, "cpu_s": cpu_s, "cpu_by_stage_s": report.cpu,
            "store": context.settings.store_path(), "calls": report.calls,
        }))?;
    } else if !context.quiet {
        let speed = if wall_s > 0.0 { audio_s / wall_s } else { 0.0 };
        let minutes = audio_s / 60.0;
        let store = context.settings.store_path();
        output::line(&match context.language {
            crate::settings::Language::Zh => format!(
                "处理 {processed} 通，已有 {known} 通，失败 {failed} 个{}；音频 {minutes:.1} 分钟，用时 {wall_s:.0} 秒（{speed:.1}× 实时，CPU {cpu_s:.0} 秒）\n数据库：{}",
                if interrupted > 0 { format!("，未完成 {interrupted} 个") } else { String::new() },
                store.display()
            ),
            crate::settings::Language::En => format!(
                "{processed} processed, {known} known already, {failed} failed{}; {minutes:.1} min of audio in {wall_s:.0} s ({speed:.1}× real time, {cpu_s:.0} CPU s)\nstore: {}",
                if interrupted > 0 { format!(", {interrupted} not finished") } else { String::new() },
                store.display()
            ),
        })?;
    }
    Ok(if failed + interrupted > 0 { Exit::Partly } else { Exit::Done })
}

/// Shows a batch while it runs.
pub fn watch_events<'a>(
    progress: &'a Progress,
    context: &'a Context,
) -> impl Fn(hotline_pipeline::Event) + Send + Sync + 'a {
    move |event| {
        progress.observe(&event);
        let hotline_pipeline::Event::Done(done) = &event else { return };
        let failed = matches!(done.outcome, CallOutcome::Failed { .. });
        if (failed || !context.quiet)
            && let Some(line) = done_line(done, context.language)
        {
            progress.line(&line);
        }
    }
}
