//! Metadata that comes later than the recording: a rating from the survey system, a business type from the ticket.

use hotline_model::{CallId, CallMeta};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::value::{floor_ms, number, of_json, text, to_json};
use crate::{Saved, Store, StoreError, changes, finite, load};

impl Store {
    /// Takes over every field that `update` has, into the call and into whatever is saved for it later, so that processing
    /// the recording again does not lose it. `origin` says where it came from, for people (`survey 2026-11.csv`). The identity
    /// of the call stays what it is, even if the update has another start or agent. What changes nothing is not noted.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], [`StoreError::NotFinite`], or what the disk refuses.
    pub fn update_meta(&self, id: &CallId, update: &CallMeta, origin: &str) -> Result<Saved, StoreError> {
        self.write(|conn| {
            if let Some(field) = finite::unfit_time(update.answered_after_s) {
                return Err(Fault::NotFinite(id.clone(), field));
            }
            let call_no = load::call_no(conn, id)?.ok_or_else(|| Fault::UnknownCall(id.clone()))?;
            let mut select = conn.prepare_cached("SELECT meta FROM calls WHERE call_no = ?1")?;
            let old: CallMeta =
                of_json("metadata of a call", &select.query_row([call_no], |row| row.get::<_, String>(0))?)?;
            let mut new = old.clone();
            new.overlay(update.clone());
            if new == old {
                let change = changes::of(conn, call_no)?;
                return Ok(Saved { call_no: number(call_no), change, replaced: false, unchanged: true });
            }
            conn.prepare_cached(
                "INSERT INTO meta_updates (call_no, ordinal, origin, received_at_ms, meta)
                 VALUES (?1, (SELECT count(*) FROM meta_updates WHERE call_no = ?1), ?2, ?3, ?4)",
            )?
            .execute(params![call_no, origin, floor_ms(Timestamp::now()), to_json(update)?])?;
            let change = changes::next(conn)?;
            conn.prepare_cached("UPDATE calls SET meta = ?2, started_at_ms = ?3, change = ?4 WHERE call_no = ?1")?
                .execute(params![call_no, to_json(&new)?, new.started_at.map(floor_ms), change])?;
            Ok(Saved { call_no: number(call_no), change: number(change), replaced: true, unchanged: false })
        })
    }
}

/// The metadata of a recording with all later updates of its call laid over.
pub(crate) fn effective(conn: &Connection, call_no: i64, recorded: &CallMeta) -> Result<CallMeta, Fault> {
    let mut select = conn.prepare_cached("SELECT meta FROM meta_updates WHERE call_no = ?1 ORDER BY ordinal")?;
    let mut rows = select.query([call_no])?;
    let mut meta = recorded.clone();
    while let Some(row) = rows.next()? {
        meta.overlay(of_json("a metadata update", text(row, 0)?)?);
    }
    Ok(meta)
}
