use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hotline_asr::{ScriptedTranscriber, WhisperEngine, WhisperSettings};
use hotline_audio::OpenOptions;
use hotline_live::server::replay;
use hotline_live::{Columns, SwitchboardSettings};
use hotline_pipeline::{CallOutcome, Rooms, Vad};
use hotline_vad::Silero;

use crate::desk::Desk;

fn setting(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

/// What the process holds: memory in kB, open files.
#[cfg(target_os = "linux")]
fn held() -> (u64, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kb = resident.trim().trim_end_matches(" kB").parse().unwrap();
    (kb, std::fs::read_dir("/proc/self/fd").unwrap().count())
}

/// Calls one after the other for a long time: what the process holds stays the same. Set in the environment: `HOTLINE_SOAK_MINUTES`
/// (120), `HOTLINE_SOAK_LINES` (2), `HOTLINE_SOAK_SPEED` (20), and `HOTLINE_SOAK_WHISPER` for the real recogniser instead of a scripted
/// one.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "takes hours; run it by name"]
fn hours_of_calls_leave_memory_and_handles_flat() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let silero = Silero::load(&root.join("models/ggml-silero-v6.2.0.bin")).unwrap();
    let whisper = std::env::var_os("HOTLINE_SOAK_WHISPER").is_some();
    let minutes = setting("HOTLINE_SOAK_MINUTES", 120.0);
    let (lines, speed) = (setting("HOTLINE_SOAK_LINES", 2.0) as usize, setting("HOTLINE_SOAK_SPEED", 20.0));
    let texts = ["您好，请问有什么可以帮您", "我的宽带断了，一直没人管", "请您稍等一下", "跟我们没关系，您找别人吧"];
    let vad = Vad::Silero(Box::new(silero));
    let rooms = match whisper {
        true => {
            let model = root.join("models/ggml-base-f16.bin");
            Rooms::plain(Arc::new(WhisperEngine::load(&model, &WhisperSettings::default()).unwrap()), vad)
        }
        false => Rooms::plain(Arc::new(ScriptedTranscriber::by_content(texts)), vad),
    };
    let desk = Desk::new(rooms, SwitchboardSettings::default());
    let samples: Vec<PathBuf> = hotline_pipeline::intake::find(&[root.join("data-samples")]).recordings;
    let until = Instant::now() + Duration::from_secs_f64(60.0 * minutes);
    let talking = AtomicUsize::new(lines);
    let mut seen: Vec<(u64, usize)> = Vec::new();
    std::thread::scope(|scope| {
        for line in 0..lines {
            let (desk, samples, talking) = (&desk, &samples, &talking);
            scope.spawn(move || {
                for (nth, path) in samples.iter().cycle().skip(line).enumerate() {
                    if Instant::now() >= until {
                        break;
                    }
                    let key = format!("l{line}c{nth}");
                    let played =
                        replay::play(&desk.board, path, &OpenOptions::default(), &key, speed, Columns::default());
                    played.unwrap();
                }
                talking.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let mut next = Instant::now();
        while talking.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(500));
            // What was said and stored is not looked at: the test itself has to stay flat too.
            desk.events.lock().unwrap().clear();
            desk.ended.lock().unwrap().clear();
            for call in std::mem::take(&mut *desk.done.lock().unwrap()) {
                assert!(!matches!(call.outcome, CallOutcome::Failed { .. }), "{call:?}");
                std::fs::remove_file(&call.source).unwrap();
            }
            if Instant::now() >= next {
                next += Duration::from_secs(10);
                let calls = desk.archive.store().call_ids().unwrap().len();
                let waiting = desk.board.finishing();
                seen.push(held());
                let (kb, files) = seen.last().unwrap();
                println!("{} MB, {files} files, {calls} calls stored, {waiting} waiting", kb / 1024);
            }
        }
    });
    desk.board.hang_up();
    desk.board.wait_finished();
    let stored = desk.archive.store().call_ids().unwrap().len();
    println!(
        "{stored} calls over {lines} lines at {speed}x in {minutes} min, recogniser: {}",
        if whisper { "whisper" } else { "scripted" }
    );
    let third = seen.len() / 3;
    assert!(third >= 2, "too short to say anything");
    let most =
        |part: &[(u64, usize)]| (part.iter().map(|s| s.0).max().unwrap(), part.iter().map(|s| s.1).max().unwrap());
    // The first third is for warming up: caches fill, threads come and go.
    let (middle, end) = (most(&seen[third..2 * third]), most(&seen[2 * third..]));
    println!("most in the second third: {middle:?}, in the last: {end:?} (kB, files)");
    assert!(end.0 <= middle.0 + middle.0 / 20 + 8 * 1024, "memory grows");
    assert!(end.1 <= middle.1 + 4, "open files grow");
}
