//! Records as they stand after what people decided: for whoever looks for calls by what they are, and not by what the machine
//! took them for.

use std::collections::BTreeMap;

use hotline_model::{
    CallId, CallRecord, ComplaintRecord, ComplaintState, Deduction, Outcome, ReviewVerdict, ScoreCard,
};
use rusqlite::{Connection, OptionalExtension};

use crate::error::Fault;
use crate::value::{of_json, of_name, text};
use crate::{Store, StoreError, changes, load};

impl Store {
    /// The record of a call as people left it: what its latest review or a decision on an appeal found to be no violation is met,
    /// what a review found missed is violated, points fall accordingly, and a complaint stands unless it was dismissed.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn record_as_decided(&self, id: &CallId) -> Result<Option<CallRecord>, StoreError> {
        self.read(|conn| {
            let Some(call_no) = load::call_no(conn, id)? else { return Ok(None) };
            let mut record = load::record(conn, call_no)?;
            judge(&mut record, &verdicts(conn, call_no)?);
            if let Some(complaint) = complaint(conn, call_no)? {
                let stands = complaint.state != ComplaintState::Dismissed;
                record.complaint = stands.then_some(complaint.complaint);
            }
            Ok(Some(record))
        })
    }
}

/// Notes that a call is another one to whoever follows the store, though its record stays as it is.
pub(crate) fn touch(conn: &Connection, call_no: i64) -> Result<(), Fault> {
    let change = changes::next(conn)?;
    conn.prepare_cached("UPDATE calls SET change = ?2 WHERE call_no = ?1")?.execute([call_no, change])?;
    Ok(())
}

/// What people made of each rule's finding, as far as it says something else than the machine; the latest word.
fn verdicts(conn: &Connection, call_no: i64) -> Result<BTreeMap<String, Outcome>, Fault> {
    let mut latest: BTreeMap<String, Option<Outcome>> = BTreeMap::new();
    let mut select =
        conn.prepare_cached("SELECT rule, outcome, verdict FROM reviews WHERE call_no = ?1 ORDER BY review_no")?;
    let mut rows = select.query([call_no])?;
    while let Some(row) = rows.next()? {
        let outcome: Outcome = of_name("outcome", text(row, 1)?)?;
        let decided = match of_name("verdict", text(row, 2)?)? {
            ReviewVerdict::Wrong if outcome == Outcome::Violated => Some(Outcome::Met),
            ReviewVerdict::Missed => Some(Outcome::Violated),
            ReviewVerdict::Wrong | ReviewVerdict::Right | ReviewVerdict::CannotTell => None,
        };
        latest.insert(row.get(0)?, decided);
    }
    // A decision on an appeal beats reviews.
    let mut select = conn.prepare_cached(
        "SELECT a.rule, d.granted FROM appeals AS a JOIN appeal_decisions AS d USING (appeal_no)
         WHERE a.call_no = ?1 ORDER BY a.appeal_no, d.decision_no",
    )?;
    let mut rows = select.query([call_no])?;
    while let Some(row) = rows.next()? {
        latest.insert(row.get(0)?, row.get::<_, bool>(1)?.then_some(Outcome::Met));
    }
    Ok(latest.into_iter().filter_map(|(rule, outcome)| Some((rule, outcome?))).collect())
}

fn judge(record: &mut CallRecord, verdicts: &BTreeMap<String, Outcome>) {
    for finding in &mut record.findings {
        match verdicts.get(&finding.rule) {
            // What the machine says now need not be what was reviewed: it may have judged again.
            Some(Outcome::Met) if finding.outcome == Outcome::Violated => finding.outcome = Outcome::Met,
            Some(Outcome::Violated) => finding.outcome = Outcome::Violated,
            _ => {}
        }
    }
    let falls = |deduction: &Deduction| verdicts.get(&deduction.rule) == Some(&Outcome::Met) && deduction.points > 0.0;
    if record.score_card.deductions.iter().any(falls) {
        let ScoreCard { rule_set, rule_set_version, base, cap, deductions, undecided, .. } = record.score_card.clone();
        let kept = deductions.into_iter().filter(|deduction| !falls(deduction)).collect();
        record.score_card = ScoreCard::sum(rule_set, rule_set_version, base, cap, kept, undecided);
    }
}

fn complaint(conn: &Connection, call_no: i64) -> Result<Option<ComplaintRecord>, Fault> {
    let mut select = conn.prepare_cached("SELECT body FROM complaints WHERE call_no = ?1")?;
    let body: Option<String> = select.query_row([call_no], |row| row.get(0)).optional()?;
    body.map(|body| of_json("complaint", &body)).transpose()
}
