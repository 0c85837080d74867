//! Searches that people keep, which calls answer them, and which of those nobody has looked at.
//!
//! What a search means is the caller's business: the store keeps its words, and is told which calls answer it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::error::Fault;
use crate::value::{floor_ms, number, of_ms};
use crate::{Store, StoreError};

/// A saved search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SavedSearch {
    /// Its number.
    pub search_no: u64,
    /// What people call it; no two have the same.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// The other arguments of the search, as JSON.
    #[serde(skip)]
    pub options: String,
    /// Whether calls that begin to answer it are announced.
    pub alerts: bool,
    /// When it was saved.
    pub at: Timestamp,
    /// Who saved it.
    pub who: String,
    /// When somebody last looked at its calls.
    pub looked: Option<Timestamp>,
    /// Calls that answered it when it was last asked.
    pub calls: u64,
    /// Of those, calls that came since somebody last looked.
    pub new: u64,
}

const SELECT: &str = "SELECT search_no, name, query, options, alerts, at_ms, who, looked_ms,
        (SELECT count(*) FROM saved_search_calls AS c WHERE c.search_no = s.search_no),
        (SELECT count(*) FROM saved_search_calls AS c WHERE c.search_no = s.search_no AND seen = 0)
    FROM saved_searches AS s";

impl Store {
    /// Saves a search and gives its number. One of the same name is replaced, and forgets which calls answered it.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn save_search(
        &self,
        name: &str,
        query: &str,
        options: &str,
        alerts: bool,
        who: &str,
    ) -> Result<u64, StoreError> {
        self.write(|conn| {
            conn.prepare_cached("DELETE FROM saved_searches WHERE name = ?1")?.execute([name])?;
            conn.prepare_cached(
                "INSERT INTO saved_searches (name, query, options, alerts, at_ms, who) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![name, query, options, alerts, floor_ms(Timestamp::now()), who])?;
            Ok(number(conn.last_insert_rowid()))
        })
    }

    /// All saved searches, by name.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(&format!("{SELECT} ORDER BY name"))?;
            let mut rows = select.query([])?;
            let mut searches = Vec::new();
            while let Some(row) = rows.next()? {
                searches.push(search_of(row)?);
            }
            Ok(searches)
        })
    }

    /// The saved search of that name.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn saved_search(&self, name: &str) -> Result<Option<SavedSearch>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(&format!("{SELECT} WHERE name = ?1"))?;
            let mut rows = select.query([name])?;
            rows.next()?.map(search_of).transpose()
        })
    }

    /// Removes a saved search; tells whether there was one.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn remove_search(&self, name: &str) -> Result<bool, StoreError> {
        self.write(|conn| Ok(conn.prepare_cached("DELETE FROM saved_searches WHERE name = ?1")?.execute([name])? > 0))
    }

    /// Records which calls answer a saved search now, and gives those that did not when it was last asked. Calls and searches that are gone are
    /// left out.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn answer_search(&self, search_no: u64, calls: &[u64]) -> Result<Vec<u64>, StoreError> {
        let wanted: BTreeSet<i64> = calls.iter().map(|call| call.cast_signed()).collect();
        // Most often nothing has changed: then nobody is kept from writing.
        if self.read(|conn| answers(conn, search_no))? == wanted {
            return Ok(Vec::new());
        }
        self.write(|conn| {
            let known = answers(conn, search_no)?;
            let search_no = search_no.cast_signed();
            let mut remove =
                conn.prepare_cached("DELETE FROM saved_search_calls WHERE search_no = ?1 AND call_no = ?2")?;
            for call in known.difference(&wanted) {
                remove.execute([search_no, *call])?;
            }
            let mut add = conn.prepare_cached(
                "INSERT INTO saved_search_calls (search_no, call_no, seen) SELECT search_no, call_no, 0
                 FROM saved_searches, calls WHERE search_no = ?1 AND call_no = ?2",
            )?;
            let mut new = Vec::new();
            for call in wanted.difference(&known) {
                if add.execute([search_no, *call])? > 0 {
                    new.push(number(*call));
                }
            }
            Ok(new)
        })
    }

    /// The calls of a saved search that nobody has looked at.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn unseen_calls(&self, search_no: u64) -> Result<BTreeSet<u64>, StoreError> {
        self.read(|conn| {
            let mut select =
                conn.prepare_cached("SELECT call_no FROM saved_search_calls WHERE search_no = ?1 AND seen = 0")?;
            let rows = select.query_map([search_no.cast_signed()], |row| row.get(0).map(number))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Records that somebody has looked at the calls of a saved search.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn look_at_search(&self, search_no: u64) -> Result<(), StoreError> {
        self.write(|conn| {
            let search_no = search_no.cast_signed();
            conn.prepare_cached("UPDATE saved_search_calls SET seen = 1 WHERE search_no = ?1 AND seen = 0")?
                .execute([search_no])?;
            conn.prepare_cached("UPDATE saved_searches SET looked_ms = ?2 WHERE search_no = ?1")?
                .execute([search_no, floor_ms(Timestamp::now())])?;
            Ok(())
        })
    }
}

fn answers(conn: &Connection, search_no: u64) -> Result<BTreeSet<i64>, Fault> {
    let mut select = conn.prepare_cached("SELECT call_no FROM saved_search_calls WHERE search_no = ?1")?;
    let rows = select.query_map([search_no.cast_signed()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn search_of(row: &Row<'_>) -> Result<SavedSearch, Fault> {
    let looked: Option<i64> = row.get(7)?;
    Ok(SavedSearch {
        search_no: number(row.get(0)?),
        name: row.get(1)?,
        query: row.get(2)?,
        options: row.get(3)?,
        alerts: row.get(4)?,
        at: of_ms("saved search", row.get(5)?)?,
        who: row.get(6)?,
        looked: looked.map(|ms| of_ms("saved search", ms)).transpose()?,
        calls: number(row.get(8)?),
        new: number(row.get(9)?),
    })
}
