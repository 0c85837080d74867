//! A sound card without one: ALSA's `file` plugin over a null device gives out what it reads from a pipe, which is filled in time.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotline_model::{Channel, IssueKind};
use hotline_store::Store;

use crate::harness::{Hotline, root};

/// What the device is opened with: two channels of 32-bit floats at 48 kHz, 5 ms at once.
const FRAMES: usize = 240;

/// Two channels of 16 bits at 8 kHz as frames of 32-bit floats at 48 kHz, with straight lines between the samples.
fn sound(wav: &Path, seconds: usize) -> Vec<u8> {
    let bytes = std::fs::read(wav).unwrap();
    let samples: Vec<f32> = bytes[bytes.len() % 4..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let frames: Vec<&[f32]> = samples.chunks_exact(2).skip(100).take(8_000 * seconds).collect();
    let between = |pair: &[&[f32]], part: usize| {
        let share = part as f32 / 6.0;
        [0, 1].map(|side| pair[0][side] * (1.0 - share) + pair[1][side] * share)
    };
    let fine = frames.windows(2).flat_map(|pair| (0..6).map(move |part| between(pair, part)));
    fine.flatten().flat_map(f32::to_le_bytes).collect()
}

fn next_event(lines: &mut impl Iterator<Item = std::io::Result<String>>, wanted: &str) -> Option<serde_json::Value> {
    lines
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_str(&line).ok())
        .find(|e: &serde_json::Value| e["event"] == wanted)
}

fn interrupt(child: &Child) {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
}

#[test]
fn a_sound_card_is_listened_to_and_its_call_stored() {
    let hotline = Hotline::new();
    let pipe = hotline.dir.path().join("sound.fifo");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let config = hotline.dir.path().join("asound.conf");
    let plugin = format!(
        "</usr/share/alsa/alsa.conf>\npcm.!default {{ type file slave.pcm \"null\" file \"/dev/null\" infile \"{}\" format \"raw\" }}\n",
        pipe.display()
    );
    std::fs::write(&config, plugin).unwrap();
    // Held open on both ends, so that it is never at its end.
    let mut pipe = File::options().read(true).write(true).open(&pipe).unwrap();
    let sound = sound(&root().join("data-samples/s03_gas_smell_forbidden.wav"), 14);
    let feeder = std::thread::spawn(move || {
        let mut due = Instant::now();
        // Again and again, until nobody reads any more: then the pipe is full, and this thread ends with the process.
        for piece in sound.chunks_exact(FRAMES * 8).cycle() {
            pipe.write_all(piece).unwrap();
            due += Duration::from_millis(5);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    });

    let listed = hotline.command(&["listen", "--devices", "--json"]).env("ALSA_CONFIG_PATH", &config).output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let ids: Vec<&str> =
        listed["devices"].as_array().unwrap().iter().filter_map(|device| device["id"].as_str()).collect();
    assert!(ids.contains(&"alsa:default"), "{ids:?}");

    let mut child = hotline
        .command(&["listen", "--device", "default", "--json"])
        .env("ALSA_CONFIG_PATH", &config)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(next_event(&mut lines, "listening").unwrap()["kind"], "card");
    assert!(next_event(&mut lines, "partial").is_some(), "heard while it goes on");
    assert!(next_event(&mut lines, "utterance").is_some());
    assert!(next_event(&mut lines, "utterance").is_some());
    interrupt(&child);
    let stored = next_event(&mut lines, "stored").unwrap();
    assert!(child.wait().unwrap().success(), "{stored}");
    assert!(!feeder.is_finished());

    let store = Store::open(&hotline.data().join("hotline.db")).unwrap();
    let record = store.record(&store.call_ids().unwrap()[0]).unwrap().unwrap();
    let spoke = |channel| record.transcript.utterances.iter().any(|utterance| utterance.channel == channel);
    assert!(spoke(Channel::Agent) && spoke(Channel::Customer), "{:?}", record.transcript);
    // What a machine under load had no time for is on record; nothing else went wrong.
    assert!(record.issues.iter().all(|issue| issue.kind == IssueKind::Audio), "{:?}", record.issues);
}
