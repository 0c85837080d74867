use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hotline_audio::{OpenOptions, decode_all};
use hotline_live::server::audiosocket;
use hotline_live::{Seat, SwitchboardSettings};
use hotline_pipeline::Vad;

use crate::desk::{Desk, bytes, message, rooms, scripted};

/// Set in the child process: where it records.
const FOLDER: &str = "HOTLINE_TEST_CRASH_FOLDER";

/// Killed while a call is recorded, several times: what had come more than a second before is there, plays, and is processed at
/// the next start.
#[test]
fn a_killed_process_leaves_recordings_that_are_finished_later() {
    for round in 1..=3u8 {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::records_until_it_is_killed", "--ignored", "--nocapture"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = wait_for_address(dir.path());
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(&message(1, &[round; 16])).unwrap();
        // 2.2 s of a ramp in time, then the line falls silent without hanging up.
        let ramp: Vec<i16> = (0..17_600).map(|at: i32| (at % 30_000 + 1) as i16).collect();
        for piece in ramp.chunks(160) {
            stream.write_all(&message(0x10, &bytes(piece))).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(1_000 + 130 * u64::from(round)));
        child.kill().unwrap();
        child.wait().unwrap();

        let hidden = find_hidden(&dir.path().join("recordings"));
        let plays = decode_all(&hidden, &OpenOptions::default()).unwrap();
        assert_eq!(plays.0.declared_ms, Some(2_200), "round {round}: it plays as it is, whole");

        let desk = Desk::in_folder(dir, rooms(scripted(), Vad::Energy), SwitchboardSettings::default());
        assert_eq!(desk.board.take_up(), 1);
        desk.wait_done(1);
        let stored = desk.stored(&desk.recordings()[0]);
        assert_eq!(stored.call.duration_ms, 2_200);
        assert_eq!(stored.call.meta.extra["call_key"].len(), 36);
        assert_eq!(desk.board.take_up(), 0, "once");
    }
}

/// The child of the test above.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    // A folder that outlives this process.
    let dir = tempfile::Builder::new().prefix("child").tempdir_in(folder).unwrap();
    let desk = Desk::recording_in(dir, &folder.join("recordings"), rooms(scripted(), Vad::Energy));
    let listener = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Mixed, 4).unwrap();
    std::fs::write(folder.join("address.new"), listener.address().to_string()).unwrap();
    std::fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

fn wait_for_address(folder: &Path) -> String {
    for _ in 0..1_000 {
        if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
            return address;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the child did not start")
}

fn find_hidden(folder: &Path) -> std::path::PathBuf {
    let days = std::fs::read_dir(folder).unwrap().flatten();
    let files = days.flat_map(|day| std::fs::read_dir(day.path()).unwrap().flatten());
    let hidden = |name: &str| name.starts_with('.') && name.ends_with(".wav");
    files.map(|file| file.path()).find(|path| hidden(&path.file_name().unwrap().to_string_lossy())).unwrap()
}
