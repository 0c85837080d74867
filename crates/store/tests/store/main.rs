//! What the store promises, tested from outside.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

mod arbitrary;
mod calls;
mod files;
mod kill;
mod lists;
mod old_versions;
mod people;
mod records;
mod saved;

use hotline_model::CallRecord;
use hotline_store::Store;
use tempfile::TempDir;

/// A new store in a folder of its own.
fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db")).unwrap();
    (folder, store)
}

/// Saves records one after the other.
fn save_all(store: &Store, records: impl IntoIterator<Item = CallRecord>) {
    for record in records {
        store.save(&record).unwrap();
    }
}
