//! `hotline watch`.

use std::time::Duration;

use hotline_pipeline::{BatchOptions, BatchReport, CallOutcome, Watcher, quarantine};

use super::process::{describe, metadata_sources, summary};
use super::saved;
use crate::args::WatchArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::{output, setup};

/// How long to wait for news of the folder before looking through it anyway.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs `hotline watch`.
pub fn run(context: &Context, args: &WatchArgs) -> anyhow::Result<Exit> {
    let mut watcher = Watcher::new(&args.dir, Duration::from_secs(args.settle))?;
    let mut rooms = setup::rooms(context, &Default::default())?;
    let archive = setup::archive(context)?;
    let stop = setup::stop_on_ctrl_c(context.language)?;
    context.note(&format!(
        "{} {}{}",
        context.text("监视", "watching"),
        args.dir.display(),
        context.text("，Ctrl-C 停止", ", Ctrl-C stops")
    ));
    let mut exit = Exit::Done;
    while !stop.finishing() {
        let ready = watcher.ready();
        if ready.is_empty() {
            if args.once && !watcher.is_waiting() {
                break;
            }
            watcher.wait(LOOK_EVERY);
            continue;
        }
        // Tables beside recordings are read anew: new rows arrive together with new recordings.
        let mut sources = metadata_sources(context, &args.meta)?;
        let (recordings, broken) = describe(&mut sources, ready);
        rooms.organisations = setup::organisations(context, &recordings);
        let report = setup::run_batch(context, recordings, &rooms, &archive, &BatchOptions::default(), &stop)?;
        if broken > 0 {
            exit = exit.max(Exit::Partly);
        }
        set_aside(context, args, &mut watcher, &report);
        saved::announce(context);
        if args.json.json {
            for call in &report.calls {
                output::line(&serde_json::to_string(call)?)?;
            }
            let failed = report.calls.iter().any(|call| matches!(call.outcome, CallOutcome::Failed { .. }));
            exit = exit.max(if failed { Exit::Partly } else { Exit::Done });
        } else {
            exit = exit.max(summary(context, &report, false)?);
        }
    }
    Ok(exit)
}

/// Bad recordings go into quarantine, once it is sure that they are bad and not just unfinished.
fn set_aside(context: &Context, args: &WatchArgs, watcher: &mut Watcher, report: &BatchReport) {
    for call in &report.calls {
        let CallOutcome::Failed { error } = &call.outcome else {
            watcher.processed(&call.source);
            continue;
        };
        if !watcher.failed(&call.source) {
            continue;
        }
        match quarantine(&args.dir, &call.source, error) {
            Ok(path) => context.note(&format!("{} {}", context.text("已隔离：", "quarantined:"), path.display())),
            Err(error) => context.note(&format!(
                "{}{}: {error}",
                context.text("无法隔离 ", "cannot be quarantined: "),
                call.source.display()
            )),
        }
    }
}
