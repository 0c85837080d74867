//! The truth on disk: one SQLite file with everything that is known of the calls.
//!
//! In: [`CallRecord`]s as they are finished, judgements made again, metadata that comes later, failures. Out: the same
//! records, equal to the last bit, and the flat rows that lists and reports count ([`CallFacts`], [`FindingFacts`]).
//! Deliberately unknown here: audio, recognition, what a rule means, the search index (which follows this store by change
//! numbers, see [`Store::changed_since`]), reports, who is allowed to see what.
//!
//! # What holds
//! - A call is saved whole in one transaction or not at all; killed at any instant, the store holds every call whose
//!   [`Store::save`] returned, and nothing of any other.
//! - So it does after a power cut: the write-ahead log is flushed at every commit (`synchronous=FULL`). That costs one
//!   flush a call, milliseconds against the seconds that recognition takes, and it keeps the search index honest: the index
//!   remembers the change number it has seen, which must never be given out a second time for something else.
//! - Saving the same record again changes nothing. Saving another record under the same [`CallId`] replaces the old one.
//! - `call_no` is never reused. Change numbers only rise.
//! - Any number of processes may use one store; writers wait for each other. A [`Store`] belongs to one thread at a time;
//!   more threads open it more often, which is cheap.
//!
//! The tables are described in `migrations/*.sql`.
//!
//! [`CallRecord`]: hotline_model::CallRecord
//! [`CallFacts`]: hotline_model::CallFacts
//! [`FindingFacts`]: hotline_model::FindingFacts
//! [`CallId`]: hotline_model::CallId

mod audit;
mod changes;
mod claims;
mod complaints;
mod decided;
mod error;
mod facts;
mod failures;
mod finite;
mod follow_ups;
mod health;
mod load;
mod meta;
mod owner;
mod pack;
mod resolve;
mod reviews;
mod rule_versions;
mod save;
mod saved_searches;
mod schema;
mod scores;
mod value;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use audit::{AuditEntry, Audited};
pub use changes::Changed;
pub use claims::{CLAIM_STALE_AFTER, Claim};
pub use complaints::{ComplaintEntry, StoredComplaint};
pub use error::StoreError;
pub use facts::{CallFilter, CallOrder};
pub use follow_ups::{FollowUpEntry, StoredFollowUp};
pub use health::StoreStats;
pub use load::ProcessedWith;
pub use resolve::Resolved;
pub use reviews::Decided;
pub use rule_versions::RuleVersion;
pub use save::Saved;
pub use saved_searches::SavedSearch;
pub use scores::{StoredScoreEvent, StoredSheet};

use error::Fault;
use schema::{Found, MIGRATIONS};

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// An open store. See the crate's documentation for what it promises.
pub struct Store {
    conn: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the store at `path`, makes it if there is none (folder included), and brings an older one up to date.
    ///
    /// A new file may be read by its owner only, since it holds personal data.
    ///
    /// # Errors
    /// A file that is no store or of a newer program, and whatever the system refuses.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        create_private(path).map_err(|cause| StoreError::Open { path: path.to_owned(), cause: cause.to_string() })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::with(path, flags, |conn| {
            match schema::look(conn)? {
                Found::Foreign => return Ok(Some(StoreError::NotAStore { path: path.to_owned() })),
                Found::Schema(found) if found > known() => {
                    return Ok(Some(StoreError::Newer { path: path.to_owned(), found, known: known() }));
                }
                Found::Empty | Found::Schema(_) => {}
            }
            write_ahead_log(conn)?;
            schema::migrate(conn, MIGRATIONS)?;
            Ok(None)
        })
    }

    /// Opens the store at `path` to read it only, while others may write to it.
    ///
    /// # Errors
    /// As [`Store::open`]; also a store that does not exist or that an older program has written.
    pub fn open_read_only(path: &Path) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::with(path, flags, |conn| {
            let path = path.to_owned();
            Ok(match schema::look(conn)? {
                Found::Foreign => Some(StoreError::NotAStore { path }),
                Found::Empty => Some(StoreError::Missing { path }),
                Found::Schema(found) if found > known() => Some(StoreError::Newer { path, found, known: known() }),
                Found::Schema(found) if found < known() => Some(StoreError::Older { path, found, known: known() }),
                Found::Schema(_) => None,
            })
        })
    }

    /// The file this store lives in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn with(
        path: &Path,
        flags: OpenFlags,
        prepare: impl FnOnce(&Connection) -> Result<Option<StoreError>, Fault>,
    ) -> Result<Store, StoreError> {
        let open = || {
            let conn = Connection::open_with_flags(path, flags)?;
            settle(&conn)?;
            let refused = prepare(&conn)?;
            Ok((conn, refused))
        };
        match open().map_err(|fault: Fault| fault.at(path))? {
            (_, Some(refused)) => Err(refused),
            (conn, None) => Ok(Store { conn, path: path.to_owned() }),
        }
    }

    /// Runs `f` on one consistent state of the store, whatever others write meanwhile.
    fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.within(TransactionBehavior::Deferred, f)
    }

    /// Runs `f` as the only writer; all of it is kept, or on an error none.
    fn write<T>(&self, f: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        // Immediate: a transaction that begins by reading and then cannot write would fail without waiting.
        self.within(TransactionBehavior::Immediate, f)
    }

    fn within<T>(
        &self,
        behavior: TransactionBehavior,
        f: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let run = || {
            let tx = Transaction::new_unchecked(&self.conn, behavior)?;
            let value = f(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        run().map_err(|fault: Fault| fault.at(&self.path))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The schema version of this program.
fn known() -> u32 {
    MIGRATIONS.len() as u32
}

/// Settings of a connection; none of them is kept in the file.
fn settle(conn: &Connection) -> Result<(), Fault> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Without it macOS takes a flush as done when the disk has merely been told.
    conn.pragma_update(None, "fullfsync", true)?;
    // What is deleted has to be gone: overwrite it rather than mark its pages as free.
    conn.pragma_update(None, "secure_delete", true)?;
    // Sorting must not leave personal data in a temporary file.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // A database someone else has tampered with must not run functions through its schema.
    conn.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Turns the write-ahead log on. Two processes that make one store at the same moment can lock each other out here for an
/// instant, and SQLite does not wait by itself in this place.
fn write_ahead_log(conn: &Connection) -> Result<(), Fault> {
    let begun = Instant::now();
    loop {
        match conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => return Err(value::damaged("journal mode", mode)),
            Err(cause)
                if cause.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && begun.elapsed() < BUSY_TIMEOUT =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(cause) => return Err(cause.into()),
        }
    }
}

/// Makes an empty file that only its owner may read, if there is none. SQLite gives its log files the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_store_may_move_to_another_thread() {
        fn moves<T: Send>() {}
        moves::<super::Store>();
    }
}
