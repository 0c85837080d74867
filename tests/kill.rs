//! Killed in the middle of a batch, twice, then run again: the store has the same content as after an undisturbed run.

use std::process::Stdio;
use std::time::Duration;

use hotline_store::Store;

use crate::harness::Hotline;
use crate::samples::processed;

fn content(hotline: &Hotline) -> String {
    Store::open(&hotline.data().join("hotline.db")).unwrap().fingerprint().unwrap()
}

fn calls(hotline: &Hotline) -> usize {
    let path = hotline.data().join("hotline.db");
    if path.is_file() { Store::open(&path).unwrap().call_ids().unwrap().len() } else { 0 }
}

/// Starts a batch and kills it as soon as the store holds more than `more_than` calls, while others are in hand.
fn kill_in_the_middle(hotline: &Hotline, more_than: usize) {
    let mut child = hotline
        .command(&["process", "data-samples", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..3_000 {
        std::thread::sleep(Duration::from_millis(100));
        if calls(hotline) > more_than || child.try_wait().unwrap().is_some() {
            break;
        }
    }
    // SIGKILL: nothing can be tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_twice_and_run_again_gives_the_undisturbed_content() {
    let (undisturbed, _) = processed();
    let hotline = Hotline::new();
    kill_in_the_middle(&hotline, 0);
    let first = calls(&hotline);
    kill_in_the_middle(&hotline, first);
    let second = calls(&hotline);
    let all = calls(undisturbed);
    assert!(
        first >= 1 && second > first && second < all,
        "killed too late to tell anything: {first}, {second} of {all}"
    );
    assert!(Store::open(&hotline.data().join("hotline.db")).unwrap().check().unwrap().is_empty());

    let rest = hotline.run(&["process", "data-samples", "--json"]).expect(0).json();
    assert_eq!(rest["known"].as_u64().unwrap() as usize, second, "saved calls must not be processed again");
    assert_eq!(content(&hotline), content(undisturbed));

    let found = |hotline: &Hotline| hotline.run(&["search", "您好", "--json"]).expect(0).json()["total_hits"].clone();
    assert_eq!(found(&hotline), found(undisturbed), "the index has to catch up too");
}
