//! The store as a whole: how much is in it, whether it is sound, and whether two hold the same.

use hotline_model::CallId;
use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::error::Fault;
use crate::value::{number, of_ms, to_json};
use crate::{Store, StoreError, load};

/// How much is in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStats {
    /// Calls, copies (`variant_of`) included.
    pub calls: u64,
    /// Of these, copies.
    pub variants: u64,
    /// Utterances.
    pub utterances: u64,
    /// Recordings that could not be processed.
    pub failures: u64,
    /// Length of all recordings in milliseconds, copies included.
    pub audio_ms: u64,
    /// Size of the database in bytes, without what its log still holds.
    pub db_bytes: u64,
    /// Start of the earliest call, to the millisecond.
    pub first_started_at: Option<Timestamp>,
    /// Start of the latest call, to the millisecond.
    pub last_started_at: Option<Timestamp>,
    /// Version of the database schema.
    pub schema_version: u32,
    /// The highest change number.
    pub change: u64,
}

impl Store {
    /// How much is in the store.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        self.read(|conn| {
            let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let bytes = pragma("page_count")? * pragma("page_size")?;
            let schema_version = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let mut select = conn.prepare(
                "SELECT count(*), count(variant_of), coalesce(sum(utterance_count), 0), coalesce(sum(duration_ms), 0),
                     min(started_at_ms), max(started_at_ms), (SELECT count(*) FROM failures),
                     (SELECT value FROM singletons WHERE name = 'change')
                 FROM calls",
            )?;
            let mut rows = select.query([])?;
            let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let instant =
                |column| row.get::<_, Option<i64>>(column)?.map(|ms| of_ms("start of a call", ms)).transpose();
            Ok::<_, Fault>(StoreStats {
                calls: number(row.get(0)?),
                variants: number(row.get(1)?),
                utterances: number(row.get(2)?),
                failures: number(row.get(6)?),
                audio_ms: number(row.get(3)?),
                db_bytes: number(bytes),
                first_started_at: instant(4)?,
                last_started_at: instant(5)?,
                schema_version,
                change: number(row.get(7)?),
            })
        })
    }

    /// Looks the whole file over and lists what is wrong with it, for people; empty if it is sound. Reads everything: takes
    /// seconds to a minute a gigabyte, by the disk.
    ///
    /// # Errors
    /// A file so damaged that it cannot be looked at.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(|conn| {
            let mut problems: Vec<String> = Vec::new();
            let mut select = conn.prepare("PRAGMA integrity_check")?;
            for line in select.query_map([], |row| row.get::<_, String>(0))? {
                problems.push(line?);
            }
            problems.retain(|line| line != "ok");
            let mut select = conn.prepare("PRAGMA foreign_key_check")?;
            for line in select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))? {
                let (table, parent) = line?;
                problems.push(format!("a row of {table} belongs to no row of {parent}"));
            }
            let mut select = conn.prepare(MISCOUNTED)?;
            for id in select.query_map([], |row| row.get::<_, String>(0))? {
                problems.push(format!("the counts of call {} do not fit its utterances and findings", id?));
            }
            Ok(problems)
        })
    }

    /// A hash over all that the store holds, apart from what depends on when and in which order it came in: row and change
    /// numbers, times of processing, which of several equal recordings was first, how often a recording failed. Two stores
    /// with the same fingerprint hold the same calls. Reads everything.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn fingerprint(&self) -> Result<String, StoreError> {
        self.read(|conn| {
            let mut hash = Sha256::new();
            let mut select = conn.prepare("SELECT call_no FROM calls ORDER BY call_id")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let call_no = row.get(0)?;
                let mut record = load::record(conn, call_no)?;
                record.call.source.clear();
                record.call.meta.extra.sort_unstable_keys();
                let sources: Vec<String> =
                    texts(conn, "SELECT source FROM sources WHERE call_no = ?1 ORDER BY source", call_no)?;
                add(&mut hash, &to_json(&(record, sources))?);
            }
            let mut select = conn.prepare("SELECT source, audio_sha256, error FROM failures ORDER BY source")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let failure: (String, Option<String>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                add(&mut hash, &to_json(&failure)?);
            }
            Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
        })
    }

    /// All call ids in order, copies included.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn call_ids(&self) -> Result<Vec<CallId>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare("SELECT call_id FROM calls ORDER BY call_id")?;
            let ids = select.query_map([], |row| row.get(0).map(|id: String| CallId::from_stored(id)))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }
}

const MISCOUNTED: &str = "
    SELECT call_id FROM calls AS c
    WHERE utterance_count <> (SELECT count(*) FROM utterances AS u WHERE u.call_no = c.call_no)
       OR violated_count <> (SELECT count(*) FROM findings AS f WHERE f.call_no = c.call_no AND f.outcome = 'violated')
       OR undecided_count <> (SELECT count(*) FROM findings AS f WHERE f.call_no = c.call_no AND f.outcome = 'undecided')
    ORDER BY call_id";

/// The length first, so that ("ab", "c") and ("a", "bc") differ.
fn add(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

fn texts(conn: &Connection, select: &str, call_no: i64) -> Result<Vec<String>, Fault> {
    let mut select = conn.prepare_cached(select)?;
    let texts = select.query_map([call_no], |row| row.get(0))?;
    Ok(texts.collect::<Result<_, _>>()?)
}
