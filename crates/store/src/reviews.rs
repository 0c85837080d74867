//! Reviews and appeals. Nothing is overwritten: a later entry counts, the earlier one stays.

use std::collections::{BTreeMap, BTreeSet};

use hotline_model::{Appeal, AppealDecision, CallId, Outcome, Review, ReviewVerdict, StoredReview};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Fault;
use crate::value::{floor_ms, name_of, number, of_ms, of_name, text};
use crate::{Store, StoreError, decided, load};

/// What came of deciding an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is recorded.
    Recorded,
    /// There is no such appeal.
    Unknown,
    /// The same person appealed or had reviewed the finding: somebody else has to decide (SCO-09).
    NotSecond,
}

impl Store {
    /// Records reviews by `who`, all or none.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], or what the disk refuses.
    pub fn add_reviews(&self, who: &str, reviews: &[Review]) -> Result<(), StoreError> {
        self.write(|conn| {
            let now = floor_ms(Timestamp::now());
            for review in reviews {
                let Review { call, rule, clause, rule_set_version, outcome, verdict, reason, words, in_full } = review;
                let call_no = load::call_no(conn, call)?.ok_or_else(|| Fault::UnknownCall(call.clone()))?;
                conn.prepare_cached(
                    "INSERT INTO reviews (call_no, rule, clause, rule_set_version, outcome, verdict, at_ms, who, reason, words, in_full)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                )?
                .execute(params![
                    call_no,
                    rule,
                    clause,
                    rule_set_version,
                    outcome.name(),
                    verdict.name(),
                    now,
                    who,
                    reason,
                    words,
                    in_full
                ])?;
                decided::touch(conn, call_no)?;
            }
            Ok(())
        })
    }

    /// All reviews in the order they were recorded; of one call, if it is given.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn reviews(&self, call: Option<&CallId>) -> Result<Vec<StoredReview>, StoreError> {
        self.read(|conn| reviews(conn, call))
    }

    /// Records an appeal, and gives its number.
    ///
    /// # Errors
    /// [`StoreError::UnknownCall`], or what the disk refuses.
    pub fn add_appeal(&self, call: &CallId, rule: &str, who: &str, reason: &str) -> Result<u64, StoreError> {
        self.write(|conn| {
            let call_no = load::call_no(conn, call)?.ok_or_else(|| Fault::UnknownCall(call.clone()))?;
            conn.prepare_cached("INSERT INTO appeals (call_no, rule, at_ms, who, reason) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![call_no, rule, floor_ms(Timestamp::now()), who, reason])?;
            Ok(number(conn.last_insert_rowid()))
        })
    }

    /// Records a decision on an appeal, by a second person.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn decide_appeal(&self, appeal_no: u64, granted: bool, who: &str, reason: &str) -> Result<Decided, StoreError> {
        self.write(|conn| {
            let appeal: Option<(i64, String, String)> = conn
                .prepare_cached("SELECT call_no, rule, who FROM appeals WHERE appeal_no = ?1")?
                .query_row([appeal_no.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((call_no, rule, appellant)) = appeal else { return Ok(Decided::Unknown) };
            let reviewed: bool = conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM reviews WHERE call_no = ?1 AND rule = ?2 AND who = ?3)")?
                .query_row(params![call_no, rule, who], |row| row.get(0))?;
            if reviewed || appellant == who {
                return Ok(Decided::NotSecond);
            }
            conn.prepare_cached(
                "INSERT INTO appeal_decisions (appeal_no, granted, at_ms, who, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                appeal_no.cast_signed(),
                granted,
                floor_ms(Timestamp::now()),
                who,
                reason
            ])?;
            decided::touch(conn, call_no)?;
            Ok(Decided::Recorded)
        })
    }

    /// All appeals with their decisions, the oldest first.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn appeals(&self) -> Result<Vec<Appeal>, StoreError> {
        self.read(appeals)
    }

    /// Deductions that do not stand, as (call, rule): found wrong by the latest review of the finding, or struck by the latest decision on
    /// an appeal. A decision on an appeal beats reviews.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn struck(&self) -> Result<BTreeSet<(CallId, String)>, StoreError> {
        self.read(|conn| {
            let mut falls: BTreeMap<(CallId, String), bool> = BTreeMap::new();
            for StoredReview { review, .. } in reviews(conn, None)? {
                let wrong = review.verdict == ReviewVerdict::Wrong && review.outcome == Outcome::Violated;
                falls.insert((review.call, review.rule), wrong);
            }
            for appeal in appeals(conn)? {
                if let Some(granted) = appeal.granted() {
                    falls.insert((appeal.call, appeal.rule), granted);
                }
            }
            Ok(falls.into_iter().filter(|(_, falls)| *falls).map(|(key, _)| key).collect())
        })
    }
}

fn reviews(conn: &Connection, call: Option<&CallId>) -> Result<Vec<StoredReview>, Fault> {
    let mut select = conn.prepare_cached(
        "SELECT review_no, at_ms, who, call_id, rule, clause, r.rule_set_version, outcome, verdict, reason, words, in_full
         FROM reviews AS r JOIN calls USING (call_no) WHERE ?1 IS NULL OR call_id = ?1 ORDER BY review_no",
    )?;
    let mut rows = select.query([call.map(CallId::as_str)])?;
    let mut reviews = Vec::new();
    while let Some(row) = rows.next()? {
        reviews.push(StoredReview {
            review_no: number(row.get(0)?),
            at: of_ms("review", row.get(1)?)?,
            who: row.get(2)?,
            review: Review {
                call: CallId::from_stored(row.get::<_, String>(3)?),
                rule: row.get(4)?,
                clause: row.get(5)?,
                rule_set_version: row.get(6)?,
                outcome: of_name("outcome", text(row, 7)?)?,
                verdict: of_name("verdict", text(row, 8)?)?,
                reason: row.get(9)?,
                words: row.get(10)?,
                in_full: row.get(11)?,
            },
        });
    }
    debug_assert!(reviews.iter().all(|r| name_of(&r.review.verdict) == r.review.verdict.name()));
    Ok(reviews)
}

fn appeals(conn: &Connection) -> Result<Vec<Appeal>, Fault> {
    let mut decisions: BTreeMap<u64, Vec<AppealDecision>> = BTreeMap::new();
    let mut select = conn
        .prepare_cached("SELECT appeal_no, granted, at_ms, who, reason FROM appeal_decisions ORDER BY decision_no")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        decisions.entry(number(row.get(0)?)).or_default().push(AppealDecision {
            granted: row.get(1)?,
            at: of_ms("decision", row.get(2)?)?,
            who: row.get(3)?,
            reason: row.get(4)?,
        });
    }
    let mut select = conn.prepare_cached(
        "SELECT appeal_no, call_id, rule, at_ms, who, reason FROM appeals JOIN calls USING (call_no) ORDER BY appeal_no",
    )?;
    let mut rows = select.query([])?;
    let mut appeals = Vec::new();
    while let Some(row) = rows.next()? {
        let appeal_no = number(row.get(0)?);
        appeals.push(Appeal {
            appeal_no,
            call: CallId::from_stored(row.get::<_, String>(1)?),
            rule: row.get(2)?,
            at: of_ms("appeal", row.get(3)?)?,
            who: row.get(4)?,
            reason: row.get(5)?,
            decisions: decisions.remove(&appeal_no).unwrap_or_default(),
        });
    }
    Ok(appeals)
}
