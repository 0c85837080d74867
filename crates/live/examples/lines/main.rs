//! How late things are known when N two-sided lines talk at once, in real time:
//!
//! `cargo run --release -p hotline-live --example lines -- CALLS N SECONDS [MODELS]`
//!
//! CALLS is a folder of labelled calls (`ID.wav` and `ID.json` with `turns`), MODELS the folder of model files. Each line plays one
//! call after the other, over the same way as a telephone system's; recordings are finished meanwhile, as in a service. With 0
//! SECONDS every call is played once. Printed: the delay from the true end of each turn to its final text, from the last syllable of
//! a forbidden expression to its alert and how many alerts are right, the lag of listening and recognising over time, and what it
//! cost. With `PARTIAL_MS` in the environment turns that go on are heard again after so much speech (0 = never), with `WHOLE_MS` from their
//! beginning until they are so long; with `SHOW` what is heard of agents' turns is printed as it comes.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has to stop")]

mod alerts;
mod truth;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotline_asr::{WhisperEngine, WhisperSettings};
use hotline_audio::{OpenOptions, RecordingCoding};
use hotline_live::server::replay;
use hotline_live::{Columns, Counters, Describe, Finisher, Recordings, Switchboard, SwitchboardSettings};
use hotline_model::{CallRecord, Channel, Outcome};
use hotline_pipeline::live::{
    Alert, AlertKind, AlertSettings, AlertState, LiveCall, LiveEngine, LiveEvent, LoadSettings, Mode, PartialSettings,
};
use hotline_pipeline::{Archive, Described, Rooms, Vad};
use hotline_store::Store;
use hotline_text::Lexicon;
use hotline_vad::Silero;
use jiff::tz::TimeZone;

use crate::alerts::Raised;
use crate::truth::TrueCall;

/// What was heard of one played call.
struct Heard {
    call: TrueCall,
    started: Instant,
    /// Played to its end.
    whole: bool,
    /// Channel, end of speech in milliseconds, when it was known.
    utterances: Vec<(Channel, u32, Instant)>,
    alerts: Vec<(Alert, Instant)>,
    /// A complaint was told.
    complained: bool,
}

/// What is heard of all of them, by name.
type Log = Arc<Mutex<HashMap<String, Heard>>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [calls, lines, seconds, models @ ..] = arguments.as_slice() else {
        eprintln!("usage: lines CALLS N SECONDS [MODELS]");
        std::process::exit(2);
    };
    let (lines, seconds): (usize, u64) = (lines.parse().unwrap(), seconds.parse().unwrap());
    let models = PathBuf::from(models.first().map_or("models", String::as_str));
    let calls = truth::calls(Path::new(calls));
    assert!(!calls.is_empty(), "no labelled two-sided calls");

    let number = |name: &str| std::env::var(name).ok().map(|ms| ms.parse::<u32>().unwrap());
    let default = PartialSettings::default();
    let partial = PartialSettings {
        every_ms: number("PARTIAL_MS").unwrap_or(default.every_ms),
        whole_ms: number("WHOLE_MS").unwrap_or(default.whole_ms),
        ..default
    };
    let dir = tempfile::tempdir().unwrap();
    let heard = Log::default();
    let modes = Arc::<Mutex<HashMap<&'static str, u32>>>::default();
    let (board, archive) = service(dir.path(), &models, partial, observer(&heard, &modes));

    let lags =
        if seconds == 0 { once(&board, &calls, lines, &heard) } else { timed(&board, &calls, lines, seconds, &heard) };
    let load = board.load();
    let finishing = board.finishing();
    board.wait_finished();

    let heard = heard.lock().unwrap();
    let (delays, missed) = delays(&heard);
    println!("{lines} lines for {seconds} s");
    print("delay of a final utterance after the true end of the turn", delays);
    println!("turns without an utterance near their end: {missed}");
    report_alerts(&heard, &archive);
    println!("lag at the end: {} ms", lags.last().copied().unwrap_or(0));
    print("lag, twice a second", lags);
    let speech_s = load.speech_ms as f64 / 1000.0;
    println!(
        "speech {speech_s:.0} s ({:.0} s known when it was over), heard in turns that went on {:.0} s, CPU by stage {:?}, recognition {:.3} CPU s a second of speech",
        load.known_ms as f64 / 1000.0,
        load.partial_ms as f64 / 1000.0,
        load.cpu,
        load.cpu.asr / speech_s.max(0.001)
    );
    println!("degraded: {:?}; recordings not finished when the last call ended: {finishing}", modes.lock().unwrap());
}

/// A switchboard with everything behind it, and where calls are stored.
fn service(
    dir: &Path,
    models: &Path,
    partial: PartialSettings,
    observer: impl Fn(&LiveCall, LiveEvent) + Send + Sync + 'static,
) -> (Arc<Switchboard>, Arc<Archive>) {
    let engine = WhisperEngine::load(&models.join("ggml-base-f16.bin"), &WhisperSettings::default()).unwrap();
    let silero = Silero::load(&models.join("ggml-silero-v6.2.0.bin")).unwrap();
    let rooms = Arc::new(Rooms::plain(Arc::new(engine), Vad::Silero(Box::new(silero))));
    let store = Store::open(&dir.join("hotline.db")).unwrap();
    let archive = Arc::new(Archive::new(store, &dir.join("index"), Lexicon::built_in()));
    let describe: Arc<Describe> = Arc::new(|_: &Path| Described::default());
    let sessions = std::thread::available_parallelism().map_or(1, usize::from);
    let (load, alerts) = (LoadSettings::default(), AlertSettings::default());
    let live = LiveEngine::new(Arc::clone(&rooms), sessions, load, partial, alerts).unwrap();
    let done = Arc::new(|_: &hotline_pipeline::CallDone| ());
    let finisher = Finisher::new(rooms, Arc::clone(&archive), Arc::clone(&describe), done);
    let recordings = Recordings::new(&dir.join("recordings"), TimeZone::UTC, RecordingCoding::Pcm).unwrap();
    let counters = Arc::<Counters>::default();
    let settings = SwitchboardSettings::default();
    let ended = Box::new(|_: &hotline_live::CallEnded| ());
    let board = Switchboard::new(live, recordings, finisher, describe, Arc::new(observer), ended, settings, counters);
    (board, archive)
}

fn observer(
    heard: &Log,
    modes: &Arc<Mutex<HashMap<&'static str, u32>>>,
) -> impl Fn(&LiveCall, LiveEvent) + Send + Sync + 'static {
    let (heard, modes) = (Arc::clone(heard), Arc::clone(modes));
    let show = std::env::var_os("SHOW").is_some();
    move |call, event| {
        let mut heard = heard.lock().unwrap();
        let key = key_of(call.recording());
        let Some(of_call) = heard.get_mut(&key) else { return };
        if show {
            shown(&key, of_call.started.elapsed().as_secs_f64(), &event);
        }
        match event {
            LiveEvent::Utterance { utterance, .. } => {
                of_call.utterances.push((utterance.channel, utterance.span.end.ms, Instant::now()));
            }
            LiveEvent::Alert(alert) if alert.kind == AlertKind::Forbidden => {
                of_call.alerts.push((*alert, Instant::now()));
            }
            LiveEvent::Alert(alert) if alert.kind == AlertKind::Complaint => of_call.complained = true,
            LiveEvent::Mode(mode) if mode != Mode::Prompt => {
                *modes.lock().unwrap().entry(mode.name()).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Prints what was heard or told of a call, with the second of it.
fn shown(key: &str, at_s: f64, event: &LiveEvent) {
    match event {
        LiveEvent::Partial { utterance, settled } if utterance.channel == Channel::Agent => {
            let (known, rest) = utterance.text.split_at(*settled);
            println!("{key} {at_s:.2} … {} {known}|{rest}", utterance.span);
        }
        LiveEvent::Utterance { utterance, .. } if utterance.channel == Channel::Agent => {
            println!("{key} {at_s:.2} = {} {}", utterance.span, utterance.text);
        }
        LiveEvent::Alert(alert) if alert.kind == AlertKind::Forbidden => {
            let rule = alert.rule.as_deref().unwrap_or_default();
            println!("{key} {at_s:.2} ! {} {rule} 「{}」 {}", alert.time, alert.quote, alert.state.name());
        }
        _ => {}
    }
}

/// The name of a call from that of its recording.
fn key_of(recording: &str) -> String {
    recording.rsplit_once('_').map_or("", |(_, key)| key).trim_end_matches(".wav").to_owned()
}

/// Plays one call on a line; whether there may be another.
fn play(board: &Arc<Switchboard>, call: &TrueCall, key: String, heard: &Log) -> bool {
    let options = OpenOptions { layout: call.layout, ..OpenOptions::default() };
    let begun = Heard {
        call: call.clone(),
        started: Instant::now(),
        whole: false,
        utterances: Vec::new(),
        alerts: Vec::new(),
        complained: false,
    };
    heard.lock().unwrap().insert(key.clone(), begun);
    // Errors end the line: the switchboard hangs up at the end.
    let played = replay::play(board, &call.path, &options, &key, 1.0, Columns::default()).is_ok();
    if let Some(of_call) = heard.lock().unwrap().get_mut(&key) {
        of_call.whole = played && !board.is_stopping();
    }
    played
}

/// Every call once, each on the line that is free first. Gives the lags.
fn once(board: &Arc<Switchboard>, calls: &[TrueCall], lines: usize, heard: &Log) -> Vec<u32> {
    let next = AtomicUsize::new(0);
    let talking = AtomicUsize::new(lines);
    let mut lags = Vec::new();
    std::thread::scope(|scope| {
        for line in 0..lines {
            let (next, talking) = (&next, &talking);
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(1_700 * line as u64));
                while let Some(call) = calls.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let name = call.path.file_stem().unwrap().to_string_lossy().replace('_', "-");
                    play(board, call, name, heard);
                }
                talking.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while talking.load(Ordering::SeqCst) > 0 {
            lags.push(lag(board));
        }
    });
    board.hang_up();
    lags
}

/// All lines talk for so many seconds. Gives the lags.
fn timed(board: &Arc<Switchboard>, calls: &[TrueCall], lines: usize, seconds: u64, heard: &Log) -> Vec<u32> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut lags = Vec::new();
    std::thread::scope(|scope| {
        for line in 0..lines {
            scope.spawn(move || {
                // Lines do not begin together, nor with the same call.
                std::thread::sleep(Duration::from_millis(1_700 * line as u64));
                for (nth, call) in calls.iter().cycle().skip(line * 5).enumerate() {
                    if Instant::now() >= until || !play(board, call, format!("l{line}c{nth}"), heard) {
                        break;
                    }
                }
            });
        }
        while Instant::now() < until {
            lags.push(lag(board));
        }
        board.hang_up();
    });
    lags
}

/// Waits half a second and looks how far listening or recognising is behind.
fn lag(board: &Switchboard) -> u32 {
    std::thread::sleep(Duration::from_millis(500));
    let listening = board.lines().iter().map(|line| line.waiting_ms).max().unwrap_or(0);
    listening.max(board.load().oldest_ms)
}

fn report_alerts(heard: &HashMap<String, Heard>, archive: &Archive) {
    let stored = records(archive);
    let mut raised: Vec<(&String, Raised)> = Vec::new();
    for (key, of_call) in heard {
        for (alert, at) in of_call.alerts.iter().filter(|(alert, _)| alert.state.is_new()) {
            let same = |other: &Alert| other.number == alert.number && other.state == AlertState::Withdrawn;
            let withdrawn = of_call.alerts.iter().any(|(other, _)| same(other));
            raised.push((key, Raised { call: &of_call.call, started: of_call.started, at: *at, alert, withdrawn }));
        }
    }
    raised.sort_by_key(|(key, one)| (*key, one.alert.time.start));
    let raised: Vec<Raised> = raised.into_iter().map(|(_, one)| one).collect();
    alerts::compare(&raised, |one| {
        let record = stored.get(&key_of(&one.alert.call))?;
        let same = |rule: &str| Some(rule) == one.alert.rule.as_deref();
        Some(record.findings.iter().any(|finding| same(&finding.rule) && finding.outcome == Outcome::Violated))
    });
    let whole = heard.values().filter(|of_call| of_call.whole).map(|of_call| &of_call.call);
    let (found, all) = alerts::found(whole, &raised);
    println!("turns with a forbidden expression that got an alert about it: {found} of {all}");
    let (late, prompt): (Vec<&Raised>, Vec<&Raised>) = raised.iter().partition(|one| one.alert.waited_ms > 0);
    print("delay of an alert after the last syllable", prompt.iter().filter_map(|one| one.delay_ms()).collect());
    let delay_ms = |one: &&Raised| Some((one.delay_ms()?, one.alert.waited_ms));
    let late: Vec<(u32, u32)> = late.iter().filter_map(delay_ms).collect();
    print("the same where what follows decides", late.iter().map(|(delay_ms, _)| *delay_ms).collect());
    let decided = late.iter().map(|(delay_ms, waited_ms)| delay_ms.saturating_sub(*waited_ms));
    print("those after what decided", decided.collect());
    let complaints = heard.values().filter(|of_call| of_call.complained).count();
    println!("calls with an alert about a complaint: {complaints}; complaints by the labels: {}", {
        heard.values().filter(|of_call| of_call.call.complaint).count()
    });
}

fn records(archive: &Archive) -> HashMap<String, CallRecord> {
    let store = archive.store();
    let records = store.call_ids().unwrap().into_iter().filter_map(|id| store.record(&id).unwrap());
    let name = |record: &CallRecord| key_of(Path::new(&record.call.source).file_name().unwrap().to_str().unwrap());
    records.map(|record| (name(&record), record)).collect()
}

/// For each true turn that was heard to its end, the delay of the first utterance that ends near it.
fn delays(heard: &HashMap<String, Heard>) -> (Vec<u32>, usize) {
    let mut delays = Vec::new();
    let mut missed = 0;
    for of_call in heard.values() {
        let last = of_call.utterances.iter().map(|(_, end, _)| *end).max().unwrap_or(0);
        for turn in of_call.call.turns.iter().filter(|turn| turn.span.end.ms <= last) {
            let end = turn.span.end.ms;
            let near = of_call.utterances.iter().filter(|(c, e, _)| *c == turn.channel && e.abs_diff(end) <= 700);
            match near.min_by_key(|(_, e, _)| e.abs_diff(end)) {
                Some((_, _, at)) => {
                    let spoken = of_call.started + Duration::from_millis(u64::from(end));
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
