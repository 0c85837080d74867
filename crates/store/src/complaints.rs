//! Complaints being dealt with: one a call at most, with everything that happened to it.

use hotline_model::{CallId, CallRecord, Complaint, ComplaintEvent, ComplaintRecord, ComplaintState};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::error::Fault;
use crate::value::{floor_ms, number, of_json, of_ms, text, to_json};
use crate::{Store, StoreError, changes, decided, load};

/// A complaint in the store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredComplaint {
    /// Its number, for people to name it by.
    pub complaint_no: u64,
    /// The call it was made in.
    pub call: CallId,
    /// Staff number of the agent who took it.
    pub agent_id: Option<String>,
    /// Team of that agent.
    pub team: Option<String>,
    /// The hotline.
    pub hotline: Option<String>,
    /// What it is about and where it stands.
    pub record: ComplaintRecord,
}

/// Something that happened to a complaint, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComplaintEntry {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// What.
    pub event: ComplaintEvent,
}

const SELECT: &str = "SELECT k.complaint_no, c.call_id, c.agent_id, c.team, c.hotline, k.body
                      FROM complaints AS k JOIN calls AS c USING (call_no)";

impl Store {
    /// Complaints, the oldest first; of one state, if it is given.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn complaints(&self, state: Option<ComplaintState>) -> Result<Vec<StoredComplaint>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(&format!(
                "{SELECT} WHERE ?1 IS NULL OR k.state = ?1 ORDER BY k.received_ms, k.complaint_no"
            ))?;
            let mut rows = select.query([state.map(ComplaintState::name)])?;
            let mut complaints = Vec::new();
            while let Some(row) = rows.next()? {
                complaints.push(stored(row)?);
            }
            Ok(complaints)
        })
    }

    /// The complaint of this number, if there is one.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn complaint(&self, complaint_no: u64) -> Result<Option<StoredComplaint>, StoreError> {
        self.read(|conn| one(conn, complaint_no))
    }

    /// What happened to a complaint, in order.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn complaint_history(&self, complaint_no: u64) -> Result<Vec<ComplaintEntry>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT at_ms, who, event FROM complaint_events WHERE complaint_no = ?1 ORDER BY ordinal",
            )?;
            let mut rows = select.query([complaint_no.cast_signed()])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(ComplaintEntry {
                    at: of_ms("event of a complaint", row.get(0)?)?,
                    who: row.get(1)?,
                    event: of_json("event of a complaint", text(row, 2)?)?,
                });
            }
            Ok(entries)
        })
    }

    /// Lets something happen to a complaint: `apply` changes the record or refuses; what it refuses is not recorded. `None` if there
    /// is no such complaint.
    ///
    /// # Errors
    /// What the disk refuses; what `apply` refuses is the inner result.
    pub fn update_complaint<E>(
        &self,
        complaint_no: u64,
        who: &str,
        event: &ComplaintEvent,
        at: Timestamp,
        apply: impl FnOnce(&mut ComplaintRecord) -> Result<(), E>,
    ) -> Result<Option<Result<StoredComplaint, E>>, StoreError> {
        self.write(|conn| {
            let Some(mut complaint) = one(conn, complaint_no)? else { return Ok(None) };
            if let Err(refused) = apply(&mut complaint.record) {
                return Ok(Some(Err(refused)));
            }
            put_body(conn, complaint_no.cast_signed(), &complaint.record)?;
            conn.prepare_cached(
                "INSERT INTO complaint_events (complaint_no, ordinal, at_ms, who, event) VALUES (?1,
                     (SELECT count(*) FROM complaint_events WHERE complaint_no = ?1), ?2, ?3, ?4)",
            )?
            .execute(params![complaint_no.cast_signed(), floor_ms(at), who, to_json(event)?])?;
            if let Some(call_no) = load::call_no(conn, &complaint.call)? {
                decided::touch(conn, call_no)?;
            }
            Ok(Some(Ok(complaint)))
        })
    }

    /// Notes what is extracted of a call as a complaint, after looking again; what people have had in hand stays as it is. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], or what the disk refuses.
    pub fn save_complaint(&self, id: &CallId, complaint: Option<&Complaint>) -> Result<bool, StoreError> {
        self.write(|conn| {
            let call_no = load::call_no(conn, id)?.ok_or_else(|| Fault::UnknownCall(id.clone()))?;
            let old = load::record(conn, call_no)?;
            if old.complaint.as_ref() == complaint {
                return Ok(false);
            }
            let change = changes::next(conn)?;
            conn.prepare_cached("UPDATE calls SET complaint = ?2, change = ?3 WHERE call_no = ?1")?
                .execute(params![call_no, complaint.map(to_json).transpose()?, change])?;
            follow(conn, call_no, &CallRecord { complaint: complaint.cloned(), ..old })?;
            Ok(true)
        })
    }
}

/// Brings the complaint of a call into line with its record, unless a person has had it in hand.
pub(crate) fn follow(conn: &Connection, call_no: i64, record: &CallRecord) -> Result<(), Fault> {
    let known: Option<(i64, bool)> = conn
        .prepare_cached(
            "SELECT complaint_no, EXISTS (SELECT 1 FROM complaint_events AS e WHERE e.complaint_no = k.complaint_no)
             FROM complaints AS k WHERE call_no = ?1",
        )?
        .query_row([call_no], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match (known, &record.complaint) {
        (Some((_, true)), _) | (None, None) => {}
        (Some((complaint_no, false)), Some(complaint)) => {
            put_body(conn, complaint_no, &ComplaintRecord::new(complaint.clone(), received(record)))?;
        }
        (Some((complaint_no, false)), None) => {
            conn.prepare_cached("DELETE FROM complaints WHERE complaint_no = ?1")?.execute([complaint_no])?;
        }
        (None, Some(complaint)) => {
            let new = ComplaintRecord::new(complaint.clone(), received(record));
            conn.prepare_cached("INSERT INTO complaints (call_no, state, received_ms, body) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![call_no, new.state.name(), floor_ms(new.received), to_json(&new)?])?;
        }
    }
    Ok(())
}

/// When the customer complained: where in the call the complaint begins. Without a start of the call: now.
fn received(record: &CallRecord) -> Timestamp {
    let begins = record.complaint.as_ref().and_then(|complaint| complaint.begins);
    let utterance = begins.and_then(|at| record.transcript.utterances.get(at as usize));
    let offset = SignedDuration::from_millis(utterance.map_or(0, |u| i64::from(u.span.start.ms)));
    let started = record.call.meta.started_at.unwrap_or_else(Timestamp::now);
    started.checked_add(offset).unwrap_or(started)
}

fn put_body(conn: &Connection, complaint_no: i64, record: &ComplaintRecord) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE complaints SET state = ?2, received_ms = ?3, body = ?4 WHERE complaint_no = ?1")?
        .execute(params![complaint_no, record.state.name(), floor_ms(record.received), to_json(record)?])?;
    Ok(())
}

fn one(conn: &Connection, complaint_no: u64) -> Result<Option<StoredComplaint>, Fault> {
    let mut select = conn.prepare_cached(&format!("{SELECT} WHERE k.complaint_no = ?1"))?;
    let mut rows = select.query([complaint_no.cast_signed()])?;
    rows.next()?.map(stored).transpose()
}

fn stored(row: &Row<'_>) -> Result<StoredComplaint, Fault> {
    Ok(StoredComplaint {
        complaint_no: number(row.get(0)?),
        call: CallId::from_stored(row.get::<_, String>(1)?),
        agent_id: row.get(2)?,
        team: row.get(3)?,
        hotline: row.get(4)?,
        record: of_json("complaint", text(row, 5)?)?,
    })
}
