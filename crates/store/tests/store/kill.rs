//! Killed at any instant, the store is sound, and every save that returned is there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use hotline_model::CallRecord;
use hotline_store::{CallFilter, Store};

use crate::arbitrary::plain;
use crate::save_all;

const STORE: &str = "HOTLINE_STORE_KILL_TEST";
const ROUNDS: u32 = 12;

/// Call `n`, with enough text that a save writes many pages.
fn long(n: u32) -> CallRecord {
    let mut record = plain(n);
    let one = record.transcript.utterances[0].clone();
    record.transcript.utterances = (0..80).map(|_| one.clone()).collect();
    record
}

#[test]
#[ignore = "the child of `a_killed_writer_loses_nothing_it_was_told_is_saved`, endless by itself"]
fn child() {
    let Ok(path) = std::env::var(STORE) else { return };
    let store = Store::open(path.as_ref()).unwrap();
    let mut out = std::io::stdout();
    let mut n = 0;
    loop {
        if !store.contains(&long(n).call.id).unwrap() {
            store.save(&long(n)).unwrap();
            writeln!(out, "\nsaved {n}").unwrap();
            out.flush().unwrap();
        }
        n += 1;
    }
}

#[test]
fn a_killed_writer_loses_nothing_it_was_told_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut told: Vec<u32> = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, hear) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let number = |line: String| line.strip_prefix("saved ").and_then(|n| n.parse().ok());
            let _ = lines.map_while(Result::ok).filter_map(number).try_for_each(|n: u32| tell.send(n));
        });
        // Some rounds end while the store is still being made, others after some calls, at any point of the next one.
        told.extend((0..round % 5).map(|_| hear.recv().unwrap()));
        std::thread::sleep(Duration::from_micros(u64::from(round * 7 % ROUNDS) * 2_300));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        told.extend(hear);

        // Someone who only reads sees the same, even if he is the first to open what the killed process left.
        if let Some(&last) = told.last() {
            let reader = Store::open_read_only(&path).unwrap();
            assert!(reader.contains(&long(last).call.id).unwrap(), "round {round}");
        }
        let store = Store::open(&path).unwrap();
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "round {round}");
        for &n in &told {
            assert_eq!(store.record(&long(n).call.id).unwrap(), Some(long(n)), "round {round}");
        }
        // One more may be there: saved, and killed before it could say so.
        let held = store.call_ids().unwrap().len();
        assert!(held >= told.len() && held <= told.len() + round as usize + 1, "{held} held, {} told", told.len());
    }
    // What was done in pieces equals what is done in one go.
    let store = Store::open(&path).unwrap();
    let held = store.call_facts(&CallFilter::default()).unwrap().len() as u32;
    let fresh = Store::open(&folder.path().join("fresh.db")).unwrap();
    save_all(&fresh, (0..held).map(long));
    assert_eq!(store.fingerprint().unwrap(), fresh.fingerprint().unwrap());
}
