use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotline_audio::{Law, OpenOptions, RecordingCoding, decode_all};
use hotline_live::server::audiosocket;
use hotline_live::{Seat, SwitchboardSettings};
use hotline_pipeline::{Rooms, Vad};

use crate::desk::{Desk, bytes, message, scripted};

/// Set in the child process: where it records.
const FOLDER: &str = "HOTLINE_TEST_CRASH_FOLDER";

/// Which of the codings it records in.
const CODING: &str = "HOTLINE_TEST_CRASH_CODING";
const CODINGS: [RecordingCoding; 3] =
    [RecordingCoding::Pcm, RecordingCoding::G711(Law::A), RecordingCoding::G711(Law::Mu)];

/// Killed while calls are recorded: what had come more than a second before is there, plays, and is processed at the next start.
#[test]
fn a_killed_process_leaves_recordings_that_are_finished_later() {
    for round in 1..=4u32 {
        killed_once(round);
    }
}

/// The same fifty times.
#[test]
#[ignore = "takes five minutes; run it by name"]
fn fifty_kills_lose_nothing_older_than_a_second() {
    for round in 1..=50u32 {
        let (reached_ms, kept_ms) = killed_once(round);
        println!("round {round}: {reached_ms} ms had come a second before, {kept_ms} ms are there");
    }
}

/// One call of one connection and one of two are going on when the process is killed, at a moment that depends on `round`. Gives the
/// least by which the recordings were known to be that long a second before, and what is there (the first call's).
fn killed_once(round: u32) -> (u32, u32) {
    let dir = tempfile::tempdir().unwrap();
    let coding = round as usize % CODINGS.len();
    let (mut child, addresses) = start(dir.path(), coding);
    // Anything between 1.2 and 5.2 s, in no order.
    let moment = Duration::from_millis(1_200 + u64::from(round.wrapping_mul(2_654_435_761) >> 20) % 4_000);
    let begun = Instant::now();
    let hung_up = AtomicBool::new(false);
    let mut seen: Vec<(Instant, Vec<u32>)> = Vec::new();
    std::thread::scope(|scope| {
        for (seat, key) in [(0, 1u8), (1, 2), (2, 2)] {
            let (address, hung_up) = (addresses[seat], &hung_up);
            scope.spawn(move || speak(address, [key; 16], hung_up));
        }
        while begun.elapsed() < moment {
            std::thread::sleep(Duration::from_millis(20));
            seen.push((Instant::now(), reached(dir.path())));
        }
        // SIGKILL: nothing can be tidied up.
        child.kill().unwrap();
        hung_up.store(true, Ordering::SeqCst);
    });
    let killed = Instant::now();
    child.wait().unwrap();

    let a_second_before = seen.iter().rev().find(|(at, _)| killed.duration_since(*at) >= Duration::from_secs(1));
    let reached_ms = a_second_before.map_or(Vec::new(), |(_, ms)| ms.clone());
    let mut kept_ms = Vec::new();
    for hidden in hidden(&dir.path().join("recordings")) {
        let bytes = std::fs::metadata(&hidden).unwrap().len() as usize;
        assert!(is_unbroken(&hidden, CODINGS[coding]), "round {round}: what is there is what was said");
        if bytes <= header_len(CODINGS[coding]) {
            kept_ms.push(0);
            continue;
        }
        let (info, signal) = decode_all(&hidden, &OpenOptions::default()).unwrap();
        kept_ms.push(info.declared_ms.unwrap());
        assert!(signal[0].len() as u32 / 16 >= info.declared_ms.unwrap() - 1, "round {round}: it plays");
    }
    let known_at_all = reached_ms.iter().any(|ms| *ms > 0);
    assert!(
        known_at_all || moment < Duration::from_secs(3),
        "round {round}: the process has to say what has reached it"
    );
    // Which is which is not said: the longer one has to be at least as long as the longer one was.
    let (mut known, mut kept) = (reached_ms, kept_ms);
    known.sort_unstable();
    kept.sort_unstable();
    for (known, kept) in known.iter().rev().zip(kept.iter().rev()) {
        assert!(kept >= known, "round {round}: {known} ms had come, {kept} ms are there");
    }
    assert!(kept.len() >= known.len(), "round {round}: a call is missing");

    let calls = kept.iter().filter(|ms| **ms > 0).count();
    let desk = Desk::in_folder(dir, Rooms::plain(scripted(), Vad::Energy), SwitchboardSettings::default());
    assert_eq!(desk.board.take_up(), calls);
    desk.wait_done(calls);
    let mut stored: Vec<u32> = desk.recordings().iter().map(|path| desk.stored(path).call.duration_ms).collect();
    stored.sort_unstable();
    let whole: Vec<u32> = kept.into_iter().filter(|ms| *ms > 0).collect();
    assert!(stored.iter().zip(&whole).all(|(stored, kept)| stored >= kept), "{stored:?} {whole:?}");
    assert_eq!(desk.board.take_up(), 0, "once");
    (known.first().copied().unwrap_or(0), whole.first().copied().unwrap_or(0))
}

/// Sends a ramp in time until the process is gone: 20 ms of 8 kHz a message.
fn speak(address: SocketAddr, key: [u8; 16], hung_up: &AtomicBool) {
    let mut stream = TcpStream::connect(address).unwrap();
    let begun = Instant::now();
    let mut sent = stream.write_all(&message(1, &key));
    for (nth, piece) in (0i32..).map(|nth| (nth, (0..160).map(move |at| ramp(nth * 160 + at)).collect::<Vec<i16>>())) {
        if hung_up.load(Ordering::SeqCst) || sent.is_err() {
            return;
        }
        let due = begun + Duration::from_millis(20 * (nth as u64 + 1));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        sent = stream.write_all(&message(0x10, &bytes(&piece)));
    }
}

/// Rises by 2 a sample and falls back after 2 s. Never zero: that is what stands in for a leg that is late.
fn ramp(at: i32) -> i16 {
    (at % 16_000 * 2 - 15_999) as i16
}

/// Whether each channel of a recording is the ramp from its start, without a gap, but for silence between.
fn is_unbroken(recording: &Path, coding: RecordingCoding) -> bool {
    let bytes = std::fs::read(recording).unwrap();
    let channels = usize::from(bytes[22]);
    let data = &bytes[header_len(coding)..];
    let (samples, coded): (Vec<i16>, Box<dyn Fn(i16) -> i16>) = match coding {
        RecordingCoding::Pcm => {
            (data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect(), Box::new(|one| one))
        }
        RecordingCoding::G711(law) => {
            let decoded = data.iter().map(|byte| law.decode(*byte)).collect();
            (decoded, Box::new(move |one| law.decode(law.encode(one))))
        }
    };
    let silence = coded(0);
    (0..channels).all(|channel| {
        let heard = samples.iter().skip(channel).step_by(channels).copied().filter(|sample| *sample != silence);
        heard.zip((0i32..).map(|at| coded(ramp(at))).filter(|sample| *sample != silence)).all(|(a, b)| a == b)
    })
}

fn header_len(coding: RecordingCoding) -> usize {
    if coding == RecordingCoding::Pcm { 44 } else { 58 }
}

fn start(folder: &Path, coding: usize) -> (Child, Vec<SocketAddr>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::records_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(CODING, coding.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..3_000 {
        if let Ok(addresses) = std::fs::read_to_string(folder.join("addresses")) {
            return (child, addresses.lines().map(|line| line.parse().unwrap()).collect());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the child did not start")
}

/// Milliseconds of each call that have reached the process, as it says.
fn reached(folder: &Path) -> Vec<u32> {
    let said = std::fs::read_to_string(folder.join("reached")).unwrap_or_default();
    said.lines().filter_map(|line| line.parse().ok()).collect()
}

/// The child of the tests above: records, and says how much has reached it.
#[test]
#[ignore = "run by the tests above, in a process of its own"]
fn records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let coding: usize = std::env::var(CODING).unwrap().parse().unwrap();
    // A folder that outlives this process.
    let dir = tempfile::Builder::new().prefix("child").tempdir_in(folder).unwrap();
    let desk =
        Desk::recording_in(dir, &folder.join("recordings"), Rooms::plain(scripted(), Vad::Energy), CODINGS[coding]);
    let seats = [Seat::Mixed, Seat::Agent, Seat::Customer];
    let listeners = seats.map(|seat| audiosocket::listen(&desk.board, "127.0.0.1:0", seat, 4).unwrap());
    let addresses = listeners.each_ref().map(|listener| listener.address().to_string()).join("\n");
    let say = |name: &str, text: String| {
        // Never half a file.
        std::fs::write(folder.join("new"), text).unwrap();
        std::fs::rename(folder.join("new"), folder.join(name)).unwrap();
    };
    say("addresses", addresses);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let reached: Vec<String> = desk.board.lines().iter().map(|line| line.reached_ms.to_string()).collect();
        say("reached", reached.join("\n"));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn hidden(folder: &Path) -> Vec<PathBuf> {
    let days = std::fs::read_dir(folder).map_or(Vec::new(), |days| days.flatten().collect());
    let files = days.iter().flat_map(|day| std::fs::read_dir(day.path()).unwrap().flatten());
    let hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with('.') && name.ends_with(".wav")
    };
    files.map(|file| file.path()).filter(hidden).collect()
}
