//! Change numbers: how an index, or anything else that is made from the store, catches up.

use hotline_model::CallId;
use rusqlite::Connection;

use crate::error::Fault;
use crate::value::number;
use crate::{Store, StoreError};

/// A call that was saved, updated or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Number of the call.
    pub call_no: u64,
    /// Its id.
    pub call_id: CallId,
    /// Number of its last change.
    pub change: u64,
    /// Whether it is gone.
    pub deleted: bool,
}

impl Store {
    /// The highest change number given out; 0 in a new store.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn change(&self) -> Result<u64, StoreError> {
        self.read(|conn| {
            Ok(number(conn.query_row("SELECT value FROM singletons WHERE name = 'change'", [], |row| row.get(0))?))
        })
    }

    /// Which store this is: 32 hexadecimal digits drawn when it was made. Change numbers of another store mean nothing here,
    /// so whoever remembers one should remember this too.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn identity(&self) -> Result<String, StoreError> {
        self.read(|conn| {
            Ok(conn.query_row("SELECT value FROM singletons WHERE name = 'identity'", [], |row| row.get(0))?)
        })
    }

    /// The calls whose last change has a higher number than `change`, in the order of their changes, at most `limit`. A call
    /// that changed several times comes once. To catch up: ask again with the last change number, until nothing comes.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn changed_since(&self, change: u64, limit: usize) -> Result<Vec<Changed>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT call_no, call_id, change, 0 FROM calls WHERE change > ?1
                 UNION ALL
                 SELECT call_no, call_id, change, 1 FROM deleted_calls WHERE change > ?1
                 ORDER BY 3 LIMIT ?2",
            )?;
            let since = i64::try_from(change).unwrap_or(i64::MAX);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = select.query_map([since, limit], |row| {
                Ok(Changed {
                    call_no: number(row.get(0)?),
                    call_id: CallId::from_stored(row.get::<_, String>(1)?),
                    change: number(row.get(2)?),
                    deleted: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Takes the next change number.
pub(crate) fn next(conn: &Connection) -> Result<i64, Fault> {
    let mut take =
        conn.prepare_cached("UPDATE singletons SET value = value + 1 WHERE name = 'change' RETURNING value")?;
    Ok(take.query_row([], |row| row.get(0))?)
}

/// The number of the last change of a call that exists.
pub(crate) fn of(conn: &Connection, call_no: i64) -> Result<u64, Fault> {
    let mut select = conn.prepare_cached("SELECT change FROM calls WHERE call_no = ?1")?;
    Ok(number(select.query_row([call_no], |row| row.get(0))?))
}
