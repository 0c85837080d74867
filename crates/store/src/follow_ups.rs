//! What calls left open being dealt with: inquiries and incidents, one a call at most, with everything that happened to it.

use hotline_model::{CallId, CallRecord, FollowUp, FollowUpEvent, FollowUpKind, FollowUpRecord};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::error::Fault;
use crate::value::{floor_ms, number, of_json, of_ms, text, to_json};
use crate::{Store, StoreError, changes, load};

/// What a call left open, in the store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredFollowUp {
    /// Its number, for people to name it by.
    pub follow_up_no: u64,
    /// The call that left it open.
    pub call: CallId,
    /// Staff number of the agent who took it.
    pub agent_id: Option<String>,
    /// Team of that agent.
    pub team: Option<String>,
    /// The hotline.
    pub hotline: Option<String>,
    /// What it is about and where it stands.
    pub record: FollowUpRecord,
}

/// Something that happened to it, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FollowUpEntry {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// What.
    pub event: FollowUpEvent,
}

const SELECT: &str = "SELECT k.follow_up_no, c.call_id, c.agent_id, c.team, c.hotline, k.body
                      FROM follow_ups AS k JOIN calls AS c USING (call_no)";

impl Store {
    /// What calls left open, the oldest first; of one kind, if it is given.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn follow_ups(&self, kind: Option<FollowUpKind>) -> Result<Vec<StoredFollowUp>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(&format!(
                "{SELECT} WHERE ?1 IS NULL OR k.kind = ?1 ORDER BY k.received_ms, k.follow_up_no"
            ))?;
            let mut rows = select.query([kind.map(FollowUpKind::name)])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(stored(row)?);
            }
            Ok(all)
        })
    }

    /// What has this number, if anything has.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn follow_up(&self, follow_up_no: u64) -> Result<Option<StoredFollowUp>, StoreError> {
        self.read(|conn| one(conn, follow_up_no))
    }

    /// What happened to it, in order.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn follow_up_history(&self, follow_up_no: u64) -> Result<Vec<FollowUpEntry>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT at_ms, who, event FROM follow_up_events WHERE follow_up_no = ?1 ORDER BY ordinal",
            )?;
            let mut rows = select.query([follow_up_no.cast_signed()])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(FollowUpEntry {
                    at: of_ms("event of a follow-up", row.get(0)?)?,
                    who: row.get(1)?,
                    event: of_json("event of a follow-up", text(row, 2)?)?,
                });
            }
            Ok(entries)
        })
    }

    /// Lets something happen to it: `apply` changes the record or refuses; what it refuses is not recorded. `None` if there
    /// is no such number.
    ///
    /// # Errors
    /// What the disk refuses; what `apply` refuses is the inner result.
    pub fn update_follow_up<E>(
        &self,
        follow_up_no: u64,
        who: &str,
        event: &FollowUpEvent,
        at: Timestamp,
        apply: impl FnOnce(&mut FollowUpRecord) -> Result<(), E>,
    ) -> Result<Option<Result<StoredFollowUp, E>>, StoreError> {
        self.write(|conn| {
            let Some(mut found) = one(conn, follow_up_no)? else { return Ok(None) };
            if let Err(refused) = apply(&mut found.record) {
                return Ok(Some(Err(refused)));
            }
            put_body(conn, follow_up_no.cast_signed(), &found.record)?;
            conn.prepare_cached(
                "INSERT INTO follow_up_events (follow_up_no, ordinal, at_ms, who, event) VALUES (?1,
                     (SELECT count(*) FROM follow_up_events WHERE follow_up_no = ?1), ?2, ?3, ?4)",
            )?
            .execute(params![follow_up_no.cast_signed(), floor_ms(at), who, to_json(event)?])?;
            Ok(Some(Ok(found)))
        })
    }

    /// Notes what a call is found to have left open, after looking again; what people have had in hand stays as it is. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], or what the disk refuses.
    pub fn save_follow_up(&self, id: &CallId, follow_up: Option<&FollowUp>) -> Result<bool, StoreError> {
        self.write(|conn| {
            let call_no = load::call_no(conn, id)?.ok_or_else(|| Fault::UnknownCall(id.clone()))?;
            let old = load::record(conn, call_no)?;
            if old.follow_up.as_ref() == follow_up {
                return Ok(false);
            }
            let change = changes::next(conn)?;
            conn.prepare_cached("UPDATE calls SET follow_up = ?2, change = ?3 WHERE call_no = ?1")?
                .execute(params![call_no, follow_up.map(to_json).transpose()?, change])?;
            follow(conn, call_no, &CallRecord { follow_up: follow_up.cloned(), ..old })?;
            Ok(true)
        })
    }
}

/// Brings what a call left open into line with its record, unless a person has had it in hand.
pub(crate) fn follow(conn: &Connection, call_no: i64, record: &CallRecord) -> Result<(), Fault> {
    let known: Option<(i64, bool)> = conn
        .prepare_cached(
            "SELECT follow_up_no, EXISTS (SELECT 1 FROM follow_up_events AS e WHERE e.follow_up_no = k.follow_up_no)
             FROM follow_ups AS k WHERE call_no = ?1",
        )?
        .query_row([call_no], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match (known, &record.follow_up) {
        (Some((_, true)), _) | (None, None) => {}
        (Some((follow_up_no, false)), Some(follow_up)) => {
            put_body(conn, follow_up_no, &FollowUpRecord::new(follow_up.clone(), received(record)))?;
        }
        (Some((follow_up_no, false)), None) => {
            conn.prepare_cached("DELETE FROM follow_ups WHERE follow_up_no = ?1")?.execute([follow_up_no])?;
        }
        (None, Some(follow_up)) => {
            let new = FollowUpRecord::new(follow_up.clone(), received(record));
            conn.prepare_cached(
                "INSERT INTO follow_ups (call_no, kind, state, received_ms, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                call_no,
                follow_up.kind.name(),
                new.state.name(),
                floor_ms(new.received),
                to_json(&new)?
            ])?;
        }
    }
    Ok(())
}

/// When the agent promised to see to it. Without a start of the call: now.
fn received(record: &CallRecord) -> Timestamp {
    let begins = record.follow_up.as_ref().and_then(|follow_up| follow_up.begins);
    let utterance = begins.and_then(|at| record.transcript.utterances.get(at as usize));
    let offset = SignedDuration::from_millis(utterance.map_or(0, |u| i64::from(u.span.start.ms)));
    let started = record.call.meta.started_at.unwrap_or_else(Timestamp::now);
    started.checked_add(offset).unwrap_or(started)
}

fn put_body(conn: &Connection, follow_up_no: i64, record: &FollowUpRecord) -> Result<(), Fault> {
    conn.prepare_cached(
        "UPDATE follow_ups SET kind = ?2, state = ?3, received_ms = ?4, body = ?5 WHERE follow_up_no = ?1",
    )?
    .execute(params![
        follow_up_no,
        record.follow_up.kind.name(),
        record.state.name(),
        floor_ms(record.received),
        to_json(record)?
    ])?;
    Ok(())
}

fn one(conn: &Connection, follow_up_no: u64) -> Result<Option<StoredFollowUp>, Fault> {
    let mut select = conn.prepare_cached(&format!("{SELECT} WHERE k.follow_up_no = ?1"))?;
    let mut rows = select.query([follow_up_no.cast_signed()])?;
    rows.next()?.map(stored).transpose()
}

fn stored(row: &Row<'_>) -> Result<StoredFollowUp, Fault> {
    Ok(StoredFollowUp {
        follow_up_no: number(row.get(0)?),
        call: CallId::from_stored(row.get::<_, String>(1)?),
        agent_id: row.get(2)?,
        team: row.get(3)?,
        hotline: row.get(4)?,
        record: of_json("follow-up", text(row, 5)?)?,
    })
}
