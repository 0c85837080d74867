//! Opening, replacing, deleting, rebuilding, two processes, and being killed.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hotline_index::{Index, IndexError, Opened};
use hotline_text::Lexicon;
use support::{calls, monologue, open, search};

#[test]
fn what_was_applied_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut index = open(&path);
    assert_eq!((index.opened(), index.watermark()), (Opened::Created, 0));
    index.apply([monologue(1, &["宽带断网"]), monologue(2, &["套餐"])], &[], 7).unwrap();
    assert_eq!(index.watermark(), 7);
    drop(index);
    let index = open(&path);
    assert_eq!((index.opened(), index.watermark()), (Opened::Existing, 7));
    assert_eq!(calls(&index, "断网"), [1]);
}

#[test]
fn a_call_is_replaced_whole_and_deleted_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    index.apply([monologue(1, &["宽带断网", "再见"]), monologue(2, &["宽带"])], &[], 1).unwrap();
    index.apply([monologue(1, &["宽带坏了"])], &[], 2).unwrap();
    assert_eq!(calls(&index, "断网"), Vec::<u64>::new());
    assert_eq!(calls(&index, "再见"), Vec::<u64>::new());
    assert_eq!(search(&index, "宽带").total_hits, 2);
    index.apply([], &[1], 3).unwrap();
    assert_eq!(calls(&index, "宽带"), [2]);
    assert_eq!(calls(&index, ""), [2]);
    // The same again changes nothing but the watermark.
    index.apply([monologue(2, &["宽带"])], &[1, 99], 4).unwrap();
    assert_eq!((search(&index, "").total_calls, index.watermark()), (1, 4));
}

#[test]
fn expunged_text_is_gone_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    index.apply([monologue(1, &["zqxjkwsecret"]), monologue(2, &["宽带"])], &[], 1).unwrap();
    index.apply([], &[1], 2).unwrap();
    let on_disk = |word: &str| {
        fs::read_dir(folder.path()).unwrap().any(|entry| {
            let bytes = fs::read(entry.unwrap().path()).unwrap_or_default();
            // As terms are written, and as texts are.
            let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [word.as_bytes(), &wide].iter().any(|word| bytes.windows(word.len()).any(|window| window == *word))
        })
    };
    assert!(on_disk("zqxjkwsecret"), "the test would prove nothing");
    index.expunge().unwrap();
    assert!(!on_disk("zqxjkwsecret"));
    assert_eq!((calls(&index, ""), index.watermark()), (vec![2], 2));
}

#[test]
fn another_lexicon_makes_the_index_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    open(&path).apply([monologue(1, &["宽带"])], &[], 5).unwrap();
    let dictionary = folder.path().join("words.txt");
    fs::write(&dictionary, "沃家宽频\n").unwrap();
    let lexicon = Lexicon::with_user_dicts(&[dictionary]).unwrap();
    assert!(matches!(Index::open_read_only(&path, lexicon.clone()), Err(IndexError::OutOfDate { .. })));
    assert_eq!(calls(&Index::open_read_only(&path, Lexicon::built_in()).unwrap(), "宽带"), [1]);
    let index = Index::open(&path, lexicon).unwrap();
    assert_eq!((index.opened(), index.watermark()), (Opened::Recreated, 0));
    assert_eq!(calls(&index, ""), Vec::<u64>::new());
}

#[test]
fn a_damaged_index_is_made_anew_and_a_foreign_folder_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    assert!(matches!(Index::open_read_only(&path, Lexicon::built_in()), Err(IndexError::Missing { .. })));
    open(&path).apply([monologue(1, &["宽带"])], &[], 5).unwrap();
    fs::write(path.join("meta.json"), "{ not json").unwrap();
    let mut index = open(&path);
    assert_eq!((index.opened(), index.watermark()), (Opened::Recreated, 0));
    index.apply([monologue(1, &["宽带"])], &[], 5).unwrap();
    assert_eq!(calls(&index, "宽带"), [1]);

    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    assert!(matches!(Index::open(folder.path(), Lexicon::built_in()), Err(IndexError::Foreign { .. })));
    assert!(folder.path().join("letter.txt").exists());
}

#[test]
fn two_writers_take_turns_and_readers_see_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = open(folder.path());
    let reader = Index::open_read_only(folder.path(), Lexicon::built_in()).unwrap();
    assert_eq!(calls(&reader, ""), Vec::<u64>::new());
    let path = folder.path().to_owned();
    let other = std::thread::spawn(move || {
        let mut two = open(&path);
        for call in 100..105 {
            two.apply([monologue(call, &["光猫"])], &[], call).unwrap();
        }
    });
    for call in 1..6 {
        one.apply([monologue(call, &["宽带"])], &[], call).unwrap();
    }
    other.join().unwrap();
    assert_eq!(search(&reader, "宽带 OR 光猫").total_calls, 10);
}

const CHILD_FOLDER: &str = "HOTLINE_INDEX_TEST_FOLDER";

/// Not a test: what [`a_killed_writer_leaves_the_last_commit`] starts and kills. Call n comes with watermark n.
#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_writes_until_killed() {
    let Ok(folder) = std::env::var(CHILD_FOLDER) else { return };
    let mut index = open(Path::new(&folder));
    for call in index.watermark() + 1.. {
        index.apply([monologue(call, &["宽带断网", "再见"])], &[], call).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_last_commit() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    for round in 1..=2 {
        let reader = open(folder.path());
        let wanted = reader.watermark() + 3;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_writes_until_killed", "--ignored"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // The reader works while the child writes.
        while reader.watermark() < wanted {
            let results = search(&reader, "断网");
            assert_eq!(results.total_calls, results.total_hits);
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let index = open(folder.path());
        assert_eq!(index.opened(), Opened::Existing);
        let expected: Vec<u64> = (1..=index.watermark()).collect();
        assert_eq!(calls(&index, "断网 再见"), expected, "round {round}");
    }
}
