//! `hotline listen`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hotline_live::alerts::{CommandWay, Endpoint, Outbox, Retry, Webhook};
use hotline_live::server::http::{Answer, Broadcast};
use hotline_live::server::{Listener, http};
use hotline_live::{
    CallEnded, Counters, Describe, Finisher, LineReport, Recordings, Switchboard, SwitchboardSettings, metrics_text,
};
use hotline_pipeline::live::{AlertSettings, LiveCall, LiveEngine, LiveEvent, LoadSettings, PartialSettings};
use hotline_pipeline::{CallDone, CallOutcome, MetadataSources};
use serde_json::json;

use crate::args_listen::ListenArgs;
use crate::commands::listen_output::{Screen, event_json, event_name};
use crate::commands::listen_sources::{self, Sources};
use crate::commands::process::metadata_sources;
use crate::commands::saved;
use crate::context::Context;
use crate::exit::Exit;
use crate::setup;

/// How often the state is shown.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// How often the main thread looks whether it should stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs `hotline listen`.
pub fn run(context: &Context, args: &ListenArgs) -> anyhow::Result<Exit> {
    if args.devices {
        return listen_sources::list_devices(context, args);
    }
    listen_sources::check(context, args)?;
    let sessions = setup::sessions(context.settings.asr.sessions);
    let mut rooms = setup::rooms(context, &setup::organisations(context, &[]))?;
    // Calls that are over are processed one session at a time: those that go on come first.
    rooms.sessions = 1;
    let rooms = Arc::new(rooms);
    let archive = Arc::new(setup::archive(context)?);
    let counters = Arc::<Counters>::default();
    let events = Arc::<Broadcast>::default();
    let outboxes = outboxes(args, &counters)?;
    let screen = Arc::new(Screen::new(context.language, context.quiet, args.json.json, args.no_text));
    let describe = describe(context, args)?;
    let alerts = AlertSettings { silence_s: args.silence, hold_s: args.hold, ..AlertSettings::default() };
    let engine = LiveEngine::new(Arc::clone(&rooms), sessions, LoadSettings::default(), partial(args), alerts)?;

    let no_text = args.no_text;
    let (shown, counted, streamed) = (Arc::clone(&screen), Arc::clone(&counters), Arc::clone(&events));
    let log = args.alert_log.as_deref().map(open_log).transpose()?.map(Mutex::new);
    let observer = move |call: &LiveCall, event: LiveEvent| {
        match &event {
            LiveEvent::Utterance { .. } => Counters::add(&counted.utterances, 1),
            LiveEvent::Alert(alert) => {
                counted.alert(alert.kind, alert.state, alert.delay_ms);
                outboxes.iter().for_each(|outbox| outbox.send(alert));
                let text = serde_json::to_string(alert).unwrap_or_default();
                streamed.send("alert", &text);
                if let Some(log) = &log {
                    append(log, &text);
                }
            }
            LiveEvent::Partial { .. } | LiveEvent::Gap(_) | LiveEvent::Mode(_) => {}
        }
        if !matches!(event, LiveEvent::Alert(_)) {
            streamed.send(event_name(&event), &event_json(call, &event, no_text).to_string());
        }
        shown.event(call, &event);
    };
    let (shown, counted) = (Arc::clone(&screen), Arc::clone(&counters));
    let failed = Arc::new(AtomicUsize::new(0));
    let counted_failed = Arc::clone(&failed);
    let stored = move |call: &CallDone| {
        let counter = match call.outcome {
            CallOutcome::Failed { .. } => {
                counted_failed.fetch_add(1, Ordering::SeqCst);
                &counted.failed
            }
            _ => &counted.finished,
        };
        Counters::add(counter, 1);
        shown.stored(call);
    };
    let finisher = Finisher::new(Arc::clone(&rooms), Arc::clone(&archive), Arc::clone(&describe), Arc::new(stored));
    let folder = args.recordings.clone().unwrap_or_else(|| context.settings.data_dir().join("recordings"));
    let recordings = Recordings::new(&folder, context.zone.clone(), context.settings.live.recording.coding())?;
    let shown = Arc::clone(&screen);
    let ended = Box::new(move |call: &CallEnded| shown.ended(call));
    let settings = SwitchboardSettings { calls_max: args.calls_max, ..SwitchboardSettings::default() };
    let board = Switchboard::new(
        engine,
        recordings,
        finisher,
        describe,
        Arc::new(observer),
        ended,
        settings,
        Arc::clone(&counters),
    );

    let stop = setup::stop_on_ctrl_c(context.language)?;
    let sources = Sources::open(context, args, &board, &screen)?;
    let ready = Arc::new(AtomicBool::new(true));
    let _health = health(args, &board, &counters, &events, &ready, &screen)?;
    let left = board.take_up();
    if left > 0 {
        context.note(&match context.language {
            crate::settings::Language::Zh => format!("补处理上次留下的录音 {left} 个"),
            crate::settings::Language::En => format!("taking up {left} recordings left behind"),
        });
    }
    let problems = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let players = listen_sources::play(scope, context, args, &board, &screen, &problems);
        let only_replay = sources.is_empty();
        let mut told = Instant::now();
        let mut announced = 0;
        while !(stop.finishing() || only_replay && players.iter().all(|player| player.is_finished())) {
            std::thread::sleep(LOOK_EVERY);
            if told.elapsed() >= STATUS_EVERY {
                told = Instant::now();
                screen.status(&board.lines(), &board.load(), board.finishing());
                let finished = counters.finished.load(Ordering::Relaxed);
                if finished != announced {
                    announced = finished;
                    saved::announce(context);
                }
            }
        }
        ready.store(false, Ordering::SeqCst);
        // Sources first: they enter what they know of their calls when they end.
        drop(sources);
        board.hang_up();
    });
    while board.finishing() > 0 {
        if stop.aborting() {
            board.abort();
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    screen.status(&board.lines(), &board.load(), board.finishing());
    saved::announce(context);
    let trouble = failed.load(Ordering::SeqCst) + problems.load(Ordering::SeqCst);
    Ok(if trouble > 0 { Exit::Partly } else { Exit::Done })
}

fn partial(args: &ListenArgs) -> PartialSettings {
    let every_ms = (args.partials * 1000.0).round().clamp(0.0, 60_000.0) as u32;
    PartialSettings { every_ms, customer_every_ms: every_ms * 12 / 5, ..PartialSettings::default() }
}

fn outboxes(args: &ListenArgs, counters: &Arc<Counters>) -> anyhow::Result<Vec<Outbox>> {
    let mut outboxes = Vec::new();
    if let Some(url) = &args.webhook {
        let secret = match &args.webhook_secret {
            Some(path) => {
                let secret = std::fs::read(path).with_context(|| path.display().to_string())?;
                secret.trim_ascii().to_vec()
            }
            None => Vec::new(),
        };
        let webhook = Webhook::new(Endpoint::parse(url)?, secret, Retry::default());
        outboxes.push(Outbox::new(webhook, Arc::clone(counters)));
    }
    if let Some(way) = args.alert_command.as_deref().and_then(CommandWay::parse) {
        outboxes.push(Outbox::new(way, Arc::clone(counters)));
    }
    Ok(outboxes)
}

/// What is known of a recording, found as `process` finds it. Tables are read anew for each: they grow with every call.
fn describe(context: &Context, args: &ListenArgs) -> anyhow::Result<Arc<Describe>> {
    // Mistakes in the arguments show now and not at the first call.
    metadata_sources(context, &args.meta)?;
    let settings = context.settings.metadata.clone();
    let flags = setup::meta_from_flags(&args.meta, &context.zone)?;
    let (patterns, tables) = (args.meta.patterns.clone(), args.meta.tables.clone());
    let zone = context.zone.clone();
    Ok(Arc::new(move |path: &Path| {
        let patterns: Vec<String> = patterns.iter().chain(&settings.file_name_patterns).cloned().collect();
        let tables: Vec<_> = settings.tables.iter().chain(&tables).cloned().collect();
        let sources = MetadataSources::new(&patterns, &tables, flags.clone(), zone.clone());
        sources.and_then(|mut sources| sources.describe(path)).unwrap_or_else(|error| {
            eprintln!("✗ {error}");
            Default::default()
        })
    }))
}

fn health(
    args: &ListenArgs,
    board: &Arc<Switchboard>,
    counters: &Arc<Counters>,
    events: &Arc<Broadcast>,
    ready: &Arc<AtomicBool>,
    screen: &Screen,
) -> anyhow::Result<Option<Listener>> {
    let Some(address) = &args.health else { return Ok(None) };
    let (board, counters, ready) = (Arc::clone(board), Arc::clone(counters), Arc::clone(ready));
    let (started, calls_max) = (Instant::now(), args.calls_max);
    let answer = move |path: &str| {
        Some(match path {
            "/healthz" => Answer::text(200, "ok\n"),
            "/readyz" if !ready.load(Ordering::SeqCst) => Answer::text(503, "stopping\n"),
            "/readyz" if board.lines().len() >= calls_max => Answer::text(503, "full\n"),
            "/readyz" => Answer::text(200, "ready\n"),
            "/metrics" => {
                let up_s = started.elapsed().as_secs_f64();
                let text = metrics_text(&counters, &board.lines(), &board.load(), board.finishing(), up_s);
                Answer { status: 200, content_type: "text/plain; version=0.0.4; charset=utf-8", body: text }
            }
            "/status" => {
                let lines: Vec<LineReport> = board.lines();
                Answer::json(json!({"lines": lines, "load": board.load(), "finishing": board.finishing()}).to_string())
            }
            _ => return None,
        })
    };
    let listener = http::listen(address, Arc::clone(events), answer)?;
    screen.listening("HTTP", &listener.address().to_string());
    Ok(Some(listener))
}

fn open_log(path: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::File::options().append(true).create(true).open(path).with_context(|| path.display().to_string())
}

fn append(log: &Mutex<std::fs::File>, line: &str) {
    use std::io::Write as _;
    let mut file = log.lock().unwrap_or_else(PoisonError::into_inner);
    // In one go, so that readers see whole lines.
    if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
        eprintln!("✗ --alert-log: {error}");
    }
}
