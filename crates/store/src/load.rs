//! Reading calls back.

use hotline_model::{
    Acoustics, Call, CallId, CallRecord, ChannelAcoustics, Deduction, Finding, Gap, Provenance, ScoreCard,
    SecondListen, TextSpan, Transcript, Utterance,
};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Fault;
use crate::pack::{unpack_spans, unpack_tokens};
use crate::value::{blob, channel_and_span, damaged, number, of_json, of_name, text};
use crate::{Store, StoreError};

/// What made the transcript and the score of a stored call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessedWith {
    /// Recogniser, model, dictionaries.
    pub provenance: Provenance,
    /// Name of the rule set.
    pub rule_set: String,
    /// Version of the rule set.
    pub rule_set_version: String,
}

impl Store {
    /// Whether the store has the call.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn contains(&self, id: &CallId) -> Result<bool, StoreError> {
        self.read(|conn| Ok(call_no(conn, id)?.is_some()))
    }

    /// What the call was processed with, if the store has it: to tell whether it needs to be transcribed or judged again.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn processed_with(&self, id: &CallId) -> Result<Option<ProcessedWith>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT body, rule_set, rule_set_version FROM calls JOIN provenances USING (provenance_no) WHERE call_id = ?1",
            )?;
            let mut rows = select.query([id.as_str()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let provenance = of_json("provenance", text(row, 0)?)?;
            Ok(Some(ProcessedWith { provenance, rule_set: row.get(1)?, rule_set_version: row.get(2)? }))
        })
    }

    /// Everything about one call, if the store has it: equal to what was saved, but for what [`Store::save`] says.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn record(&self, id: &CallId) -> Result<Option<CallRecord>, StoreError> {
        self.read(|conn| call_no(conn, id)?.map(|call_no| record(conn, call_no)).transpose())
    }

    /// The number of a call in this store.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn call_no(&self, id: &CallId) -> Result<Option<u64>, StoreError> {
        self.read(|conn| Ok(call_no(conn, id)?.map(number)))
    }

    /// The id of a call by its number.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn call_id(&self, call_no: u64) -> Result<Option<CallId>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached("SELECT call_id FROM calls WHERE call_no = ?1")?;
            Ok(select
                .query_row([call_no.cast_signed()], |row| row.get(0))
                .optional()?
                .map(|id: String| CallId::from_stored(id)))
        })
    }

    /// All calls with this recording (SHA-256 of its bytes, lower-case hexadecimal), the first processed first: the same
    /// audio under other metadata is another call.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn calls_with_audio(&self, audio_sha256: &str) -> Result<Vec<CallId>, StoreError> {
        self.read(|conn| {
            let mut select =
                conn.prepare_cached("SELECT call_id FROM calls WHERE audio_sha256 = ?1 ORDER BY call_no")?;
            let ids = select.query_map([audio_sha256], |row| row.get(0).map(|id: String| CallId::from_stored(id)))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }
}

/// The number of a call, if there is one.
pub(crate) fn call_no(conn: &Connection, id: &CallId) -> Result<Option<i64>, Fault> {
    let mut select = conn.prepare_cached("SELECT call_no FROM calls WHERE call_id = ?1")?;
    Ok(select.query_row([id.as_str()], |row| row.get(0)).optional()?)
}

/// The columns that [`call_of`] reads, as the first ones of a query on `calls AS c`.
pub(crate) const CALL_COLUMNS: &str =
    "c.call_id, c.source, c.audio_sha256, c.format, c.rate_hz, c.duration_ms, c.layout, c.meta";
/// The first column after them.
pub(crate) const AFTER_CALL: usize = 8;

/// The call of a row that begins with [`CALL_COLUMNS`].
pub(crate) fn call_of(row: &Row<'_>) -> Result<Call, Fault> {
    Ok(Call {
        id: CallId::from_stored(row.get::<_, String>(0)?),
        source: row.get(1)?,
        audio_sha256: row.get(2)?,
        format: row.get(3)?,
        rate_hz: row.get(4)?,
        duration_ms: row.get(5)?,
        layout: of_name("layout of a call", text(row, 6)?)?,
        meta: of_json("metadata of a call", text(row, 7)?)?,
    })
}

/// The whole record of a call that exists.
pub(crate) fn record(conn: &Connection, call_no: i64) -> Result<CallRecord, Fault> {
    let (utterances, gaps) = (utterances(conn, call_no)?, gaps(conn, call_no)?);
    let mut select = conn.prepare_cached(&format!(
        "SELECT {CALL_COLUMNS}, p.body, c.metrics, c.complaint, c.issues, c.rule_set, c.rule_set_version, c.base, c.cap,
             c.score, c.grade, c.score_undecided, c.follow_up
         FROM calls AS c JOIN provenances AS p USING (provenance_no) WHERE c.call_no = ?1"
    ))?;
    let mut rows = select.query([call_no])?;
    let row = rows.next()?.ok_or_else(|| damaged("call", "its row is missing"))?;
    let at = |n| AFTER_CALL + n;
    Ok(CallRecord {
        call: call_of(row)?,
        transcript: Transcript {
            utterances,
            gaps,
            second_listens: second_listens(conn, call_no)?,
            provenance: of_json("provenance", text(row, at(0))?)?,
        },
        acoustics: acoustics(conn, call_no)?,
        metrics: of_json("metrics", text(row, at(1))?)?,
        findings: findings(conn, call_no)?,
        score_card: ScoreCard {
            rule_set: row.get(at(4))?,
            rule_set_version: row.get(at(5))?,
            base: row.get(at(6))?,
            cap: row.get(at(7))?,
            deductions: deductions(conn, call_no)?,
            score: row.get(at(8))?,
            grade: of_name("grade", text(row, at(9))?)?,
            undecided: row.get(at(10))?,
        },
        complaint: row.get::<_, Option<String>>(at(2))?.map(|json| of_json("complaint", &json)).transpose()?,
        follow_up: row.get::<_, Option<String>>(at(11))?.map(|json| of_json("follow-up", &json)).transpose()?,
        issues: of_json("issues", text(row, at(3))?)?,
    })
}

fn utterances(conn: &Connection, call_no: i64) -> Result<Vec<Utterance>, Fault> {
    const SELECT: &str = "SELECT channel, start_ms, end_ms, text, raw_text, tokens, confidence
                          FROM utterances WHERE call_no = ?1 ORDER BY ordinal";
    list(conn, SELECT, call_no, |row| {
        let (channel, span) = channel_and_span("utterance", row, 0)?;
        let text: String = row.get(3)?;
        let raw_text = row.get::<_, Option<String>>(4)?.unwrap_or_else(|| text.clone());
        let tokens = unpack_tokens(blob(row, 5)?).map_err(|cause| damaged("tokens", cause))?;
        Ok(Utterance { channel, span, text, raw_text, tokens, confidence: row.get(6)? })
    })
}

fn gaps(conn: &Connection, call_no: i64) -> Result<Vec<Gap>, Fault> {
    const SELECT: &str =
        "SELECT channel, start_ms, end_ms, reason, rejected_text FROM gaps WHERE call_no = ?1 ORDER BY ordinal";
    list(conn, SELECT, call_no, |row| {
        let (channel, span) = channel_and_span("gap", row, 0)?;
        Ok(Gap { channel, span, reason: of_name("gap", text(row, 3)?)?, rejected_text: row.get(4)? })
    })
}

fn second_listens(conn: &Connection, call_no: i64) -> Result<Vec<SecondListen>, Fault> {
    const SELECT: &str = "SELECT utterance, start_byte, end_byte, heard, meant, log_ratio
                          FROM second_listens WHERE call_no = ?1 ORDER BY ordinal";
    list(conn, SELECT, call_no, |row| {
        let text = TextSpan { start: row.get(1)?, end: row.get(2)? };
        let (heard, meant) = (row.get(3)?, row.get(4)?);
        Ok(SecondListen { utterance: row.get(0)?, text, heard, meant, log_ratio: row.get(5)? })
    })
}

fn acoustics(conn: &Connection, call_no: i64) -> Result<Acoustics, Fault> {
    const SELECT: &str =
        "SELECT channel, speech_dbfs, peak_dbfs, clipped, voiced FROM acoustics WHERE call_no = ?1 ORDER BY ordinal";
    let channels = list(conn, SELECT, call_no, |row| {
        Ok(ChannelAcoustics {
            channel: of_name("acoustics", text(row, 0)?)?,
            voiced: unpack_spans(blob(row, 4)?).map_err(|cause| damaged("voiced stretches", cause))?,
            speech_dbfs: row.get(1)?,
            peak_dbfs: row.get(2)?,
            clipped: row.get(3)?,
        })
    })?;
    Ok(Acoustics { channels })
}

fn findings(conn: &Connection, call_no: i64) -> Result<Vec<Finding>, Fault> {
    const SELECT: &str = "SELECT rule, clause, title, severity, outcome, certainty, points, reason, evidence
                          FROM findings WHERE call_no = ?1 ORDER BY ordinal";
    list(conn, SELECT, call_no, |row| {
        Ok(Finding {
            rule: row.get(0)?,
            clause: row.get(1)?,
            title: row.get(2)?,
            severity: of_name("finding", text(row, 3)?)?,
            outcome: of_name("finding", text(row, 4)?)?,
            certainty: row.get(5)?,
            points: row.get(6)?,
            reason: row.get(7)?,
            evidence: of_json("evidence", text(row, 8)?)?,
        })
    })
}

fn deductions(conn: &Connection, call_no: i64) -> Result<Vec<Deduction>, Fault> {
    const SELECT: &str =
        "SELECT rule, clause, severity, points, times FROM deductions WHERE call_no = ?1 ORDER BY ordinal";
    list(conn, SELECT, call_no, |row| {
        Ok(Deduction {
            rule: row.get(0)?,
            clause: row.get(1)?,
            severity: of_name("deduction", text(row, 2)?)?,
            points: row.get(3)?,
            times: row.get(4)?,
        })
    })
}

/// All rows of a call through `read`.
fn list<T>(
    conn: &Connection,
    select: &str,
    call_no: i64,
    read: impl Fn(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut select = conn.prepare_cached(select)?;
    let mut rows = select.query([call_no])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}
