//! Flat rows for lists and reports: no text is read.

use std::ops::ControlFlow;

use hotline_model::{CallFacts, CallId, FindingFacts, Outcome};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::error::Fault;
use crate::load::{AFTER_CALL, CALL_COLUMNS, call_of};
use crate::value::{floor_ms, of_json, of_ms, of_name, text};
use crate::{Store, StoreError};

/// Which calls, and in which order. The default is all of them but the copies, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallFilter {
    /// Calls that began at this instant or later. Calls of unknown start are left out as soon as a bound is set. Bounds count
    /// to the millisecond.
    pub from: Option<Timestamp>,
    /// Calls that began before this instant.
    pub to: Option<Timestamp>,
    /// Calls of the agent with this staff number or name.
    pub agent: Option<String>,
    /// Calls of this team.
    pub team: Option<String>,
    /// Calls of this hotline.
    pub hotline: Option<String>,
    /// Calls of this kind of business.
    pub business: Option<String>,
    /// Calls with a finding on this clause; for findings, those on this clause.
    pub clause: Option<String>,
    /// Calls with a finding of this outcome (together with `clause`: the same finding); for findings, those of this outcome.
    pub outcome: Option<Outcome>,
    /// Whether copies of other recordings (`variant_of`) count too.
    pub include_variants: bool,
    /// At most this many rows.
    pub limit: Option<usize>,
    /// In which order.
    pub order: CallOrder,
}

/// Order of calls. Equal ones come in the order of their ids, so that the same data always gives the same list; the
/// findings of one call come in the order of the rule set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallOrder {
    /// By start; calls of unknown start come first.
    #[default]
    OldestFirst,
    /// By start, backwards; calls of unknown start come last.
    NewestFirst,
    /// By score, the lowest first; then by start.
    WorstFirst,
}

impl Store {
    /// The calls that pass `filter`, one row each.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn call_facts(&self, filter: &CallFilter) -> Result<Vec<CallFacts>, StoreError> {
        self.read(|conn| read_facts(conn, Query::of(filter), filter))
    }

    /// The facts of one call, if the store has it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn facts(&self, id: &CallId) -> Result<Option<CallFacts>, StoreError> {
        let mut query = Query { conditions: Vec::new(), values: Vec::new() };
        query.require("c.call_id = ?", id.as_str());
        self.read(|conn| Ok(read_facts(conn, query, &CallFilter::default())?.pop()))
    }

    /// The findings of the calls that pass `filter`, one row each.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or what the disk refuses.
    pub fn finding_facts(&self, filter: &CallFilter) -> Result<Vec<FindingFacts>, StoreError> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let all_calls = CallFilter { limit: None, ..filter.clone() };
        self.read(|conn| {
            // Call by call rather than in one join: SQLite would sort all of its rows before it gives out the first.
            let mut select = conn.prepare_cached(
                "SELECT rule, clause, title, severity, outcome, certainty, points FROM findings
                 WHERE call_no = ?1 AND (?2 IS NULL OR clause = ?2) AND (?3 IS NULL OR outcome = ?3) ORDER BY ordinal",
            )?;
            let mut facts = Vec::new();
            Query::of(filter).each(conn, "c.call_no, c.call_id FROM calls AS c", &all_calls, |row| {
                let (call_no, call_id) = (row.get::<_, i64>(0)?, CallId::from_stored(row.get::<_, String>(1)?));
                let mut rows = select.query(params![call_no, filter.clause, filter.outcome.map(Outcome::name)])?;
                while facts.len() < limit {
                    let Some(row) = rows.next()? else { return Ok(ControlFlow::Continue(())) };
                    facts.push(finding_of(row, &call_id)?);
                }
                Ok(ControlFlow::Break(()))
            })?;
            Ok(facts)
        })
    }
}

fn finding_of(row: &Row<'_>, call_id: &CallId) -> Result<FindingFacts, Fault> {
    Ok(FindingFacts {
        call_id: call_id.clone(),
        rule: row.get(0)?,
        clause: row.get(1)?,
        title: row.get(2)?,
        severity: of_name("finding", text(row, 3)?)?,
        outcome: of_name("finding", text(row, 4)?)?,
        certainty: row.get(5)?,
        points: row.get(6)?,
    })
}

/// The columns that [`facts_of`] reads after those of the call.
const FACTS: &str = "c.processed_at_ms, c.metrics, c.score, c.grade, c.rule_set_version, c.violated_count,
    c.undecided_count, c.utterance_count, c.gap_ms, c.confidence";

fn read_facts(conn: &Connection, query: Query, filter: &CallFilter) -> Result<Vec<CallFacts>, Fault> {
    let mut facts = Vec::new();
    query.each(conn, &format!("{CALL_COLUMNS}, {FACTS} FROM calls AS c"), filter, |row| {
        facts.push(facts_of(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(facts)
}

fn facts_of(row: &Row<'_>) -> Result<CallFacts, Fault> {
    let at = |n| AFTER_CALL + n;
    Ok(CallFacts {
        call: call_of(row)?,
        processed_at: of_ms("call", row.get(at(0))?)?,
        metrics: of_json("metrics", text(row, at(1))?)?,
        score: row.get(at(2))?,
        grade: of_name("grade", text(row, at(3))?)?,
        rule_set_version: row.get(at(4))?,
        violations: row.get(at(5))?,
        undecided: row.get(at(6))?,
        utterances: row.get(at(7))?,
        gap_ms: row.get(at(8))?,
        confidence: row.get(at(9))?,
    })
}

/// A query on `calls AS c` in the making.
struct Query {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Query {
    fn of(filter: &CallFilter) -> Self {
        let mut query = Query { conditions: Vec::new(), values: Vec::new() };
        for (condition, bound) in [("c.started_at_ms >= ?", filter.from), ("c.started_at_ms < ?", filter.to)] {
            if let Some(bound) = bound {
                query.conditions.push(condition);
                query.values.push(Value::from(floor_ms(bound)));
            }
        }
        if let Some(agent) = &filter.agent {
            query.require("(c.agent_id = ? OR c.agent_name = ?)", agent);
            query.values.push(Value::from(agent.clone()));
        }
        for (condition, wanted) in [
            ("c.team = ?", &filter.team),
            ("c.hotline = ?", &filter.hotline),
            ("c.business_type = ?", &filter.business),
        ] {
            if let Some(wanted) = wanted {
                query.require(condition, wanted);
            }
        }
        if !filter.include_variants {
            query.conditions.push("c.variant_of IS NULL");
        }
        match (&filter.clause, filter.outcome) {
            (Some(clause), Some(outcome)) => {
                query.require("c.call_no IN (SELECT call_no FROM findings WHERE clause = ? AND outcome = ?)", clause);
                query.values.push(Value::from(outcome.name().to_owned()));
            }
            (Some(clause), None) => {
                query.require("c.call_no IN (SELECT call_no FROM findings WHERE clause = ?)", clause);
            }
            (None, Some(Outcome::Violated)) => query.conditions.push("c.violated_count > 0"),
            (None, Some(Outcome::Undecided)) => query.conditions.push("c.undecided_count > 0"),
            (None, Some(outcome)) => query.require(
                "EXISTS (SELECT 1 FROM findings AS f WHERE f.call_no = c.call_no AND f.outcome = ?)",
                outcome.name(),
            ),
            (None, None) => {}
        }
        query
    }

    fn require(&mut self, condition: &'static str, value: &str) {
        self.conditions.push(condition);
        self.values.push(Value::from(value.to_owned()));
    }

    /// Hands every row to `read`, until it breaks off. `select` is what follows `SELECT`, up to the conditions.
    fn each(
        mut self,
        conn: &Connection,
        select: &str,
        filter: &CallFilter,
        mut read: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Fault>,
    ) -> Result<(), Fault> {
        let order = match filter.order {
            CallOrder::OldestFirst => "c.started_at_ms, c.call_id",
            CallOrder::NewestFirst => "c.started_at_ms DESC, c.call_id DESC",
            CallOrder::WorstFirst => "c.score, c.started_at_ms, c.call_id",
        };
        let conditions = if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") };
        self.values.push(Value::from(filter.limit.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1)));
        let mut select =
            conn.prepare_cached(&format!("SELECT {select} WHERE {conditions} ORDER BY {order} LIMIT ?"))?;
        let mut rows = select.query(params_from_iter(self.values))?;
        while let Some(row) = rows.next()? {
            if read(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
