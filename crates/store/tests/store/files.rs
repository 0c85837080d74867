//! The file itself: what is opened, what is refused, who may read it.

use std::fs;

use hotline_store::{Store, StoreError};

use crate::arbitrary::plain;
use crate::save_all;

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "Not a database, but long enough to look at. ".repeat(100)).unwrap();
    let foreign = folder.path().join("contacts.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE contacts (name)").unwrap();
    for path in [text, foreign] {
        let before = fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::NotAStore { .. })), "{path:?}");
        assert!(matches!(Store::open_read_only(&path), Err(StoreError::NotAStore { .. })), "{path:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Open { .. })));
}

#[test]
fn reading_only_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    assert!(matches!(Store::open_read_only(&path), Err(StoreError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn a_new_store_gets_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/store.db");
    Store::open(&path).unwrap().save(&plain(1)).unwrap();
    assert_eq!(Store::open(&path).unwrap().call_ids().unwrap(), [plain(1).call.id]);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    store.save(&plain(1)).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
}

#[test]
fn many_may_make_and_fill_the_same_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open(path).unwrap();
                save_all(&store, (0..5).map(|n| plain(worker * 5 + n)));
            });
        }
    });
    let store = Store::open(&path).unwrap();
    assert_eq!(store.call_ids().unwrap().len(), 30);
    assert_eq!(store.change().unwrap(), 30);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn damage_is_reported_not_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(&path).unwrap();
    store.save(&plain(1)).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("UPDATE findings SET outcome = 'sideways'; UPDATE calls SET utterance_count = 9").unwrap();
    match store.record(&plain(1).call.id) {
        Err(StoreError::Damaged { what, .. }) => assert!(what.contains("sideways"), "{what}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.check().unwrap().len(), 1);
    raw.execute_batch("UPDATE findings SET outcome = 'met'; UPDATE utterances SET tokens = x'07'").unwrap();
    assert!(matches!(store.record(&plain(1).call.id), Err(StoreError::Damaged { .. })));
}
