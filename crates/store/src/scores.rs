//! Points from records and quality sheets: what people add to what the rules find.

use hotline_model::{CallId, Month, QualitySheet, ScoreEvent};
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use crate::error::Fault;
use crate::value::{floor_ms, number, of_json, of_ms, text, to_json};
use crate::{Store, StoreError, load};

/// A bonus or deduction from records, as it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredScoreEvent {
    /// Its number.
    pub event_no: u64,
    /// Whose.
    pub agent_id: String,
    /// When it was recorded, to the millisecond.
    pub at: Timestamp,
    /// Who recorded it.
    pub who: String,
    /// What it is for.
    pub event: ScoreEvent,
    /// Whether a later one took it back.
    pub taken_back: bool,
}

/// A sheet, as it was completed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredSheet {
    /// Its number.
    pub sheet_no: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who completed it.
    pub who: String,
    /// The marks.
    pub sheet: QualitySheet,
}

impl Store {
    /// Records a bonus or deduction of an agent's month, and gives its number.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn add_score_event(
        &self,
        agent_id: &str,
        month: Month,
        who: &str,
        event: &ScoreEvent,
    ) -> Result<u64, StoreError> {
        self.write(|conn| {
            conn.prepare_cached(
                "INSERT INTO score_events (agent_id, month, at_ms, who, event) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                agent_id,
                month.to_string(),
                floor_ms(Timestamp::now()),
                who,
                to_json(event)?
            ])?;
            Ok(number(conn.last_insert_rowid()))
        })
    }

    /// Takes a bonus or deduction back; it stays on record. Returns whether there was one that stood.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn take_back_score_event(&self, event_no: u64, who: &str, reason: &str) -> Result<bool, StoreError> {
        self.write(|conn| {
            let event = ScoreEvent { kind: String::new(), points: None, reason: reason.to_owned(), follow_up: None };
            let taken = conn
                .prepare_cached(
                    "INSERT INTO score_events (agent_id, month, at_ms, who, event, takes_back)
                     SELECT agent_id, month, ?2, ?3, ?4, event_no FROM score_events AS e WHERE event_no = ?1
                         AND takes_back IS NULL AND NOT EXISTS (SELECT 1 FROM score_events WHERE takes_back = e.event_no)",
                )?
                .execute(params![event_no.cast_signed(), floor_ms(Timestamp::now()), who, to_json(&event)?])?;
            Ok(taken > 0)
        })
    }

    /// Bonuses and deductions of a month, of one agent or of all, in the order they were recorded.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn score_events(&self, month: Month, agent_id: Option<&str>) -> Result<Vec<StoredScoreEvent>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT event_no, agent_id, at_ms, who, event,
                     EXISTS (SELECT 1 FROM score_events AS t WHERE t.takes_back = e.event_no)
                 FROM score_events AS e
                 WHERE month = ?1 AND (?2 IS NULL OR agent_id = ?2) AND takes_back IS NULL ORDER BY event_no",
            )?;
            let mut rows = select.query(params![month.to_string(), agent_id])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                events.push(StoredScoreEvent {
                    event_no: number(row.get(0)?),
                    agent_id: row.get(1)?,
                    at: of_ms("score event", row.get(2)?)?,
                    who: row.get(3)?,
                    event: of_json("score event", text(row, 4)?)?,
                    taken_back: row.get(5)?,
                });
            }
            Ok(events)
        })
    }

    /// Keeps a completed sheet; earlier ones of the call stay.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], or what the disk refuses.
    pub fn save_sheet(&self, id: &CallId, who: &str, sheet: &QualitySheet) -> Result<u64, StoreError> {
        self.write(|conn| {
            let call_no = load::call_no(conn, id)?.ok_or_else(|| Fault::UnknownCall(id.clone()))?;
            conn.prepare_cached("INSERT INTO quality_sheets (call_no, at_ms, who, body) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![call_no, floor_ms(Timestamp::now()), who, to_json(sheet)?])?;
            Ok(number(conn.last_insert_rowid()))
        })
    }

    /// The sheets of a call, the latest first.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn sheets(&self, id: &CallId) -> Result<Vec<StoredSheet>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT sheet_no, at_ms, who, body FROM quality_sheets JOIN calls USING (call_no)
                 WHERE call_id = ?1 ORDER BY sheet_no DESC",
            )?;
            let mut rows = select.query([id.as_str()])?;
            let mut sheets = Vec::new();
            while let Some(row) = rows.next()? {
                sheets.push(StoredSheet {
                    sheet_no: number(row.get(0)?),
                    at: of_ms("quality sheet", row.get(1)?)?,
                    who: row.get(2)?,
                    sheet: of_json("quality sheet", text(row, 3)?)?,
                });
            }
            Ok(sheets)
        })
    }
}
