//! How late things are known when N two-sided lines talk at once, in real time:
//!
//! `cargo run --release -p hotline-live --example lines -- CALLS N SECONDS [MODELS]`
//!
//! CALLS is a folder of labelled calls (`ID.wav` and `ID.json` with `turns`), MODELS the folder of model files. Each line plays one
//! call after the other, over the same way as a telephone system's; recordings are finished meanwhile, as in a service. Printed:
//! the delay from the true end of each turn to its final text, from the end of a forbidden expression to its alert, the lag
//! of listening and recognising over time, and what it cost.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has to stop")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotline_asr::{WhisperEngine, WhisperSettings};
use hotline_audio::OpenOptions;
use hotline_live::server::replay;
use hotline_live::{Columns, Counters, Describe, Finisher, Recordings, Switchboard, SwitchboardSettings};
use hotline_model::{Channel, ChannelLayout};
use hotline_pipeline::live::{AlertKind, AlertSettings, LiveCall, LiveEngine, LiveEvent, LoadSettings, Mode};
use hotline_pipeline::{Archive, Described, Rooms, Vad};
use hotline_rules::complaint::Guide;
use hotline_rules::{Judge, Organisations, RuleSet};
use hotline_store::Store;
use hotline_text::Lexicon;
use hotline_vad::{EndpointerSettings, Silero};
use jiff::tz::TimeZone;

/// A true turn: channel, end in milliseconds.
type Turn = (Channel, u32);

/// What was heard of one played call.
#[derive(Default)]
struct Heard {
    started: Option<Instant>,
    truth: Vec<Turn>,
    /// Channel, end of speech in milliseconds, when it was known.
    utterances: Vec<(Channel, u32, Instant)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [calls, lines, seconds, models @ ..] = arguments.as_slice() else {
        eprintln!("usage: lines CALLS N SECONDS [MODELS]");
        std::process::exit(2);
    };
    let (lines, seconds): (usize, u64) = (lines.parse().unwrap(), seconds.parse().unwrap());
    let models = PathBuf::from(models.first().map_or("models", String::as_str));
    let calls = two_sided(Path::new(calls));
    assert!(!calls.is_empty(), "no labelled two-sided calls");

    let dir = tempfile::tempdir().unwrap();
    let engine = WhisperEngine::load(&models.join("ggml-base-f16.bin"), &WhisperSettings::default()).unwrap();
    let silero = Silero::load(&models.join("ggml-silero-v6.2.0.bin")).unwrap();
    let rooms = Arc::new(Rooms {
        transcriber: Arc::new(engine),
        vad: Vad::Silero(Box::new(silero)),
        endpointer: EndpointerSettings::default(),
        lexicon: Lexicon::built_in(),
        judge: Judge::new(RuleSet::built_in()),
        guide: Guide::built_in(),
        organisations: Organisations::default(),
        layout: ChannelLayout::AgentLeft,
        max_duration_ms: 3_600_000,
        window_ms: 12_000,
        sessions: 1,
        explain: |error| error.to_string(),
    });
    let store = Store::open(&dir.path().join("hotline.db")).unwrap();
    let archive = Arc::new(Archive::new(store, &dir.path().join("index"), Lexicon::built_in()));
    let describe: Arc<Describe> = Arc::new(|_: &Path| Described::default());
    let sessions = std::thread::available_parallelism().map_or(1, usize::from);
    let live =
        LiveEngine::new(Arc::clone(&rooms), sessions, LoadSettings::default(), AlertSettings::default()).unwrap();
    let finisher = Finisher::new(rooms, archive, Arc::clone(&describe), Arc::new(|_: &hotline_pipeline::CallDone| ()));
    let recordings = Recordings::new(&dir.path().join("recordings"), TimeZone::UTC).unwrap();

    let heard = Arc::<Mutex<HashMap<String, Heard>>>::default();
    let alerts = Arc::<Mutex<Vec<u32>>>::default();
    let modes = Arc::<Mutex<HashMap<&'static str, u32>>>::default();
    let (into, alerted, changed) = (Arc::clone(&heard), Arc::clone(&alerts), Arc::clone(&modes));
    let observer = move |call: &LiveCall, event: LiveEvent| match event {
        LiveEvent::Utterance { utterance, .. } => {
            let key = call.recording().rsplit_once('_').map_or("", |(_, key)| key).trim_end_matches(".wav").to_owned();
            let heard = (utterance.channel, utterance.span.end.ms, Instant::now());
            into.lock().unwrap().entry(key).or_default().utterances.push(heard);
        }
        LiveEvent::Alert(alert) if alert.kind == AlertKind::Forbidden => alerted.lock().unwrap().push(alert.delay_ms),
        LiveEvent::Mode(mode) if mode != Mode::Prompt => *changed.lock().unwrap().entry(mode.name()).or_default() += 1,
        _ => {}
    };
    let counters = Arc::<Counters>::default();
    let settings = SwitchboardSettings::default();
    let ended = Box::new(|_: &hotline_live::CallEnded| ());
    let board = Switchboard::new(live, recordings, finisher, describe, Arc::new(observer), ended, settings, counters);

    let until = Instant::now() + Duration::from_secs(seconds);
    let mut lags = Vec::new();
    std::thread::scope(|scope| {
        for line in 0..lines {
            let (board, calls, heard) = (&board, &calls, &heard);
            scope.spawn(move || {
                // Lines do not begin together, nor with the same call.
                std::thread::sleep(Duration::from_millis(1_700 * line as u64));
                for (nth, (path, truth)) in calls.iter().cycle().skip(line * 5).enumerate() {
                    let key = format!("l{line}c{nth}");
                    let entry = Heard { started: Some(Instant::now()), truth: truth.clone(), utterances: Vec::new() };
                    heard.lock().unwrap().insert(key.clone(), entry);
                    let options = OpenOptions::default();
                    // Errors end the line: the switchboard hangs up at the end.
                    if Instant::now() >= until
                        || replay::play(board, path, &options, &key, 1.0, Columns::default()).is_err()
                    {
                        break;
                    }
                }
            });
        }
        while Instant::now() < until {
            std::thread::sleep(Duration::from_millis(500));
            let listening = board.lines().iter().map(|line| line.lag_ms()).max().unwrap_or(0);
            lags.push(listening.max(board.load().oldest_ms));
        }
        board.hang_up();
    });
    let load = board.load();
    let finishing = board.finishing();
    board.abort();

    let (delays, missed) = delays(&heard.lock().unwrap());
    println!("{lines} lines for {seconds} s");
    print("delay of a final utterance after the true end of the turn", delays);
    println!("turns without an utterance near their end: {missed}");
    print("delay of an alert after the end of a forbidden expression", alerts.lock().unwrap().clone());
    println!("lag at the end: {} ms", lags.last().copied().unwrap_or(0));
    print("lag, twice a second", lags);
    let speech_s = load.speech_ms as f64 / 1000.0;
    println!(
        "speech {speech_s:.0} s, CPU by stage {:?}, recognition {:.3} CPU s a second of speech",
        load.cpu,
        load.cpu.asr / speech_s.max(0.001)
    );
    println!("degraded: {:?}; recordings not finished yet: {finishing}", modes.lock().unwrap());
    std::process::exit(0);
}

/// For each true turn that was heard to its end, the delay of the first utterance that ends near it.
fn delays(heard: &HashMap<String, Heard>) -> (Vec<u32>, usize) {
    let mut delays = Vec::new();
    let mut missed = 0;
    for call in heard.values() {
        let Some(started) = call.started else { continue };
        let last = call.utterances.iter().map(|(_, end, _)| *end).max().unwrap_or(0);
        for (channel, end) in call.truth.iter().filter(|(_, end)| *end <= last) {
            let near = call.utterances.iter().filter(|(c, e, _)| c == channel && e.abs_diff(*end) <= 700);
            match near.min_by_key(|(_, e, _)| e.abs_diff(*end)) {
                Some((_, _, at)) => {
                    let spoken = started + Duration::from_millis(u64::from(*end));
                    delays.push(at.saturating_duration_since(spoken).as_millis() as u32);
                }
                None => missed += 1,
            }
        }
    }
    (delays, missed)
}

fn print(what: &str, mut values: Vec<u32>) {
    values.sort_unstable();
    let at = |share: f64| values.get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1)));
    match (at(0.5), at(0.95), values.last()) {
        (Some(median), Some(p95), Some(most)) => {
            println!("{what}: median {median} ms, p95 {p95} ms, most {most} ms ({} values)", values.len());
        }
        _ => println!("{what}: none"),
    }
}

/// Two-sided calls of a folder with their true turns; those with swapped sides are left out.
fn two_sided(folder: &Path) -> Vec<(PathBuf, Vec<Turn>)> {
    let mut calls = Vec::new();
    for path in hotline_pipeline::intake::find(&[folder.to_owned()]).recordings {
        let Ok(text) = std::fs::read_to_string(path.with_extension("json")) else { continue };
        let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
        if truth["channels"] != serde_json::json!(["agent", "customer"]) {
            continue;
        }
        let turn = |turn: &serde_json::Value| {
            let channel = if turn["channel"] == "agent" { Channel::Agent } else { Channel::Customer };
            Some((channel, (turn["end"].as_f64()? * 1000.0) as u32))
        };
        let turns: Vec<Turn> = truth["turns"].as_array().into_iter().flatten().filter_map(turn).collect();
        calls.push((path, turns));
    }
    calls
}
