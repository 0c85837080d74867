//! Writing calls.

use hotline_model::{Call, CallId, CallRecord, Finding, Outcome, ScoreCard, SecondListen, TalkMetrics, Transcript};
use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};

use crate::error::Fault;
use crate::pack::{pack_spans, pack_tokens};
use crate::value::{floor_ms, name_of, number, to_json};
use crate::{Store, StoreError, changes, complaints, finite, follow_ups, load, meta, resolve};

/// What saving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Number of the call in this store; its key in the search index.
    pub call_no: u64,
    /// Number of the call's last change: a new one, unless `unchanged`.
    pub change: u64,
    /// Whether another record of the same call gave way.
    pub replaced: bool,
    /// Whether the store held all of it before, so that nothing was written.
    pub unchanged: bool,
}

impl Store {
    /// Saves a finished call whole, in one transaction, and strikes its recording from the failures.
    ///
    /// An equal record changes nothing; a different one of the same call takes the old one's place and keeps its `call_no`.
    /// Two things of the call are kept all the same: the first path its recording was met under stays its `source` (later
    /// ones are noted, see [`Store::sources`]), and metadata that came by [`Store::update_meta`] stays in force.
    ///
    /// # Errors
    /// [`StoreError::NotFinite`] if the record holds NaN or infinity; otherwise what the disk refuses.
    pub fn save(&self, record: &CallRecord) -> Result<Saved, StoreError> {
        self.write(|conn| {
            let call = &record.call;
            if let Some(field) = finite::unfit(record) {
                return Err(Fault::NotFinite(call.id.clone(), field));
            }
            conn.prepare_cached("DELETE FROM failures WHERE source = ?1 OR audio_sha256 = ?2")?
                .execute(params![call.source, call.audio_sha256])?;
            let known = load::call_no(conn, &call.id)?;
            let wanted = match known {
                None => call.clone(),
                Some(call_no) => Call { meta: meta::effective(conn, call_no, &call.meta)?, ..call.clone() },
            };
            if let Some(call_no) = known {
                resolve::note_source(conn, call_no, &call.source)?;
                if is_same(conn, call_no, record, &wanted)? {
                    let change = changes::of(conn, call_no)?;
                    return Ok(Saved { call_no: number(call_no), change, replaced: false, unchanged: true });
                }
            }
            let change = changes::next(conn)?;
            let call_no = put_call(conn, &wanted, record, change)?;
            if known.is_none() {
                resolve::note_source(conn, call_no, &call.source)?;
            }
            put_judgement(conn, call_no, &record.findings, &record.score_card)?;
            put_transcript(conn, call_no, &record.transcript)?;
            put_acoustics(conn, call_no, record)?;
            let stored = CallRecord { call: wanted, ..record.clone() };
            complaints::follow(conn, call_no, &stored)?;
            follow_ups::follow(conn, call_no, &stored)?;
            Ok(Saved { call_no: number(call_no), change: number(change), replaced: known.is_some(), unchanged: false })
        })
    }

    /// Replaces what the rules made of a call, after judging it again, and leaves what was said and heard.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], [`StoreError::NotFinite`], or what the disk refuses.
    pub fn save_judgement(
        &self,
        id: &CallId,
        findings: &[Finding],
        score_card: &ScoreCard,
        metrics: &TalkMetrics,
    ) -> Result<Saved, StoreError> {
        self.write(|conn| {
            if let Some(field) = finite::unfit_judgement(findings, score_card, metrics) {
                return Err(Fault::NotFinite(id.clone(), field));
            }
            let call_no = load::call_no(conn, id)?.ok_or_else(|| Fault::UnknownCall(id.clone()))?;
            let old = load::record(conn, call_no)?;
            if old.findings == findings && old.score_card == *score_card && old.metrics == *metrics {
                let change = changes::of(conn, call_no)?;
                return Ok(Saved { call_no: number(call_no), change, replaced: false, unchanged: true });
            }
            let new =
                CallRecord { findings: findings.to_vec(), score_card: score_card.clone(), metrics: *metrics, ..old };
            let change = changes::next(conn)?;
            put_call(conn, &new.call, &new, change)?;
            put_judgement(conn, call_no, findings, score_card)?;
            Ok(Saved { call_no: number(call_no), change: number(change), replaced: true, unchanged: false })
        })
    }

    /// Deletes everything about a call; only its number and id remain, for the index to follow. Returns whether there was one.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn delete(&self, id: &CallId) -> Result<bool, StoreError> {
        self.write(|conn| {
            let Some(call_no) = load::call_no(conn, id)? else { return Ok(false) };
            let change = changes::next(conn)?;
            conn.prepare_cached("INSERT INTO deleted_calls (call_no, call_id, change) VALUES (?1, ?2, ?3)")?
                .execute(params![call_no, id.as_str(), change])?;
            conn.prepare_cached("DELETE FROM calls WHERE call_no = ?1")?.execute([call_no])?;
            conn.execute(
                "DELETE FROM provenances WHERE NOT EXISTS
                     (SELECT 1 FROM calls WHERE calls.provenance_no = provenances.provenance_no)",
                [],
            )?;
            Ok(true)
        })
    }
}

/// Whether the stored record equals `record`, its source aside and its metadata as `wanted` has them.
fn is_same(conn: &Connection, call_no: i64, record: &CallRecord, wanted: &Call) -> Result<bool, Fault> {
    let mut stored = load::record(conn, call_no)?;
    if stored.call.meta != wanted.meta {
        return Ok(false);
    }
    stored.call.meta = record.call.meta.clone();
    stored.call.source.clone_from(&record.call.source);
    Ok(stored == *record)
}

/// Inserts or overwrites the row of a call; an old row keeps its number and its source.
fn put_call(conn: &Connection, call: &Call, record: &CallRecord, change: i64) -> Result<i64, Fault> {
    let Call { id, source, audio_sha256, format, rate_hz, duration_ms, layout, meta } = call;
    let CallRecord {
        call: _,
        transcript,
        acoustics: _,
        metrics,
        findings,
        score_card: card,
        complaint,
        follow_up,
        issues,
    } = record;
    let provenance = to_json(&transcript.provenance)?;
    conn.prepare_cached("INSERT INTO provenances (body) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([&provenance])?;
    let count = |outcome| findings.iter().filter(|f| f.outcome == outcome).count() as u32;
    let utterances = &transcript.utterances;
    let confidence = (!utterances.is_empty())
        .then(|| utterances.iter().map(|u| f64::from(u.confidence)).sum::<f64>() / utterances.len() as f64);
    let gap_ms: u64 = transcript.gaps.iter().map(|gap| u64::from(gap.span.len_ms())).sum();
    let call_no = conn.prepare_cached(PUT_CALL)?.query_row(
        named_params! {
            ":call_id": id.as_str(),
            ":change": change,
            ":processed_at_ms": floor_ms(Timestamp::now()),
            ":source": source,
            ":audio_sha256": audio_sha256,
            ":format": format,
            ":rate_hz": rate_hz,
            ":duration_ms": duration_ms,
            ":layout": name_of(layout),
            ":meta": to_json(meta)?,
            ":started_at_ms": meta.started_at.map(floor_ms),
            ":provenance": provenance,
            ":metrics": to_json(metrics)?,
            ":complaint": complaint.as_ref().map(to_json).transpose()?,
            ":follow_up": follow_up.as_ref().map(to_json).transpose()?,
            ":issues": to_json(issues)?,
            ":rule_set": card.rule_set,
            ":rule_set_version": card.rule_set_version,
            ":base": card.base,
            ":cap": card.cap,
            ":score": card.score,
            ":grade": name_of(&card.grade),
            ":score_undecided": card.undecided,
            ":utterance_count": utterances.len() as u32,
            ":confidence": confidence,
            ":gap_ms": gap_ms.min(u64::from(u32::MAX)) as u32,
            ":violated_count": count(Outcome::Violated),
            ":undecided_count": count(Outcome::Undecided),
        },
        |row| row.get(0),
    )?;
    Ok(call_no)
}

const PUT_CALL: &str = "
    INSERT INTO calls (
        call_id, change, processed_at_ms, source, audio_sha256, format, rate_hz, duration_ms, layout, meta, started_at_ms,
        provenance_no, metrics, complaint, follow_up, issues, rule_set, rule_set_version, base, cap, score, grade, score_undecided,
        utterance_count, confidence, gap_ms, violated_count, undecided_count
    ) VALUES (
        :call_id, :change, :processed_at_ms, :source, :audio_sha256, :format, :rate_hz, :duration_ms, :layout, :meta,
        :started_at_ms, (SELECT provenance_no FROM provenances WHERE body = :provenance), :metrics, :complaint, :follow_up, :issues,
        :rule_set, :rule_set_version, :base, :cap, :score, :grade, :score_undecided, :utterance_count, :confidence, :gap_ms,
        :violated_count, :undecided_count
    )
    ON CONFLICT (call_id) DO UPDATE SET
        change = excluded.change, processed_at_ms = excluded.processed_at_ms, audio_sha256 = excluded.audio_sha256,
        format = excluded.format, rate_hz = excluded.rate_hz, duration_ms = excluded.duration_ms, layout = excluded.layout,
        meta = excluded.meta, started_at_ms = excluded.started_at_ms, provenance_no = excluded.provenance_no,
        metrics = excluded.metrics, complaint = excluded.complaint, follow_up = excluded.follow_up,
        issues = excluded.issues,
        rule_set = excluded.rule_set, rule_set_version = excluded.rule_set_version, base = excluded.base,
        cap = excluded.cap, score = excluded.score, grade = excluded.grade, score_undecided = excluded.score_undecided,
        utterance_count = excluded.utterance_count, confidence = excluded.confidence, gap_ms = excluded.gap_ms,
        violated_count = excluded.violated_count, undecided_count = excluded.undecided_count
    RETURNING call_no";

fn put_judgement(conn: &Connection, call_no: i64, findings: &[Finding], card: &ScoreCard) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM findings WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO findings (call_no, ordinal, rule, clause, title, severity, outcome, certainty, points, reason, evidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (ordinal, finding) in findings.iter().enumerate() {
        let Finding { rule, clause, title, severity, outcome, certainty, points, reason, evidence } = finding;
        let (severity, outcome) = (severity.name(), outcome.name());
        let evidence = to_json(evidence)?;
        put.execute(params![
            call_no,
            ordinal as u32,
            rule,
            clause,
            title,
            severity,
            outcome,
            certainty,
            points,
            reason,
            evidence
        ])?;
    }
    conn.prepare_cached("DELETE FROM deductions WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO deductions (call_no, ordinal, rule, clause, severity, points, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (ordinal, d) in card.deductions.iter().enumerate() {
        put.execute(params![call_no, ordinal as u32, d.rule, d.clause, d.severity.name(), d.points, d.times])?;
    }
    Ok(())
}

fn put_transcript(conn: &Connection, call_no: i64, transcript: &Transcript) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM utterances WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO utterances (call_no, ordinal, channel, start_ms, end_ms, text, raw_text, tokens, confidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (ordinal, u) in transcript.utterances.iter().enumerate() {
        let raw_text = (u.raw_text != u.text).then_some(&u.raw_text);
        let (channel, tokens) = (u.channel.name(), pack_tokens(&u.tokens));
        let (start_ms, end_ms) = (u.span.start.ms, u.span.end.ms);
        put.execute(params![
            call_no,
            ordinal as u32,
            channel,
            start_ms,
            end_ms,
            u.text,
            raw_text,
            tokens,
            u.confidence
        ])?;
    }
    conn.prepare_cached("DELETE FROM gaps WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO gaps (call_no, ordinal, channel, start_ms, end_ms, reason, rejected_text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (ordinal, g) in transcript.gaps.iter().enumerate() {
        let (start_ms, end_ms) = (g.span.start.ms, g.span.end.ms);
        let (channel, reason) = (g.channel.name(), g.reason.name());
        put.execute(params![call_no, ordinal as u32, channel, start_ms, end_ms, reason, g.rejected_text])?;
    }
    put_second_listens(conn, call_no, &transcript.second_listens)
}

fn put_second_listens(conn: &Connection, call_no: i64, listens: &[SecondListen]) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM second_listens WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO second_listens (call_no, ordinal, utterance, start_byte, end_byte, heard, meant, log_ratio)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (ordinal, l) in listens.iter().enumerate() {
        let (start, end) = (l.text.start, l.text.end);
        put.execute(params![call_no, ordinal as u32, l.utterance, start, end, l.heard, l.meant, l.log_ratio])?;
    }
    Ok(())
}

fn put_acoustics(conn: &Connection, call_no: i64, record: &CallRecord) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM acoustics WHERE call_no = ?1")?.execute([call_no])?;
    let mut put = conn.prepare_cached(
        "INSERT INTO acoustics (call_no, ordinal, channel, speech_dbfs, peak_dbfs, clipped, voiced)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (ordinal, c) in record.acoustics.channels.iter().enumerate() {
        let voiced = pack_spans(&c.voiced);
        put.execute(params![call_no, ordinal as u32, c.channel.name(), c.speech_dbfs, c.peak_dbfs, c.clipped, voiced])?;
    }
    Ok(())
}
