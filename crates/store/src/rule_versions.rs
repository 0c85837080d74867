//! Published rules: their whole text, who published them, and which hotline is judged by which.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use crate::value::{floor_ms, of_json, of_ms, text, to_json};
use crate::{Store, StoreError};

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleVersion {
    /// Version of the rule set: its own number and the hash of its text.
    pub version: String,
    /// Name of the rule set.
    pub name: String,
    /// When it was published, to the millisecond.
    pub at: Timestamp,
    /// Who published it.
    pub who: String,
    /// What changed, in the words of whoever published it.
    pub note: String,
}

impl Store {
    /// Publishes a version with its whole text, as `(file, text)`. Returns whether it was new: the same version means the same text,
    /// and stays as it is.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn publish_rules(
        &self,
        version: &str,
        name: &str,
        who: &str,
        note: &str,
        sources: &[(String, String)],
    ) -> Result<bool, StoreError> {
        self.write(|conn| {
            let new = conn
                .prepare_cached(
                    "INSERT INTO rule_versions (version, name, at_ms, who, note, sources) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![version, name, floor_ms(Timestamp::now()), who, note, to_json(&sources)?])?;
            Ok(new > 0)
        })
    }

    /// All published versions, the latest first.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn rule_versions(&self) -> Result<Vec<RuleVersion>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT version, name, at_ms, who, note FROM rule_versions ORDER BY at_ms DESC, rowid DESC",
            )?;
            let mut rows = select.query([])?;
            let mut versions = Vec::new();
            while let Some(row) = rows.next()? {
                versions.push(RuleVersion {
                    version: row.get(0)?,
                    name: row.get(1)?,
                    at: of_ms("rule version", row.get(2)?)?,
                    who: row.get(3)?,
                    note: row.get(4)?,
                });
            }
            Ok(versions)
        })
    }

    /// The text of a published version, as `(file, text)`.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn rule_sources(&self, version: &str) -> Result<Option<Vec<(String, String)>>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached("SELECT sources FROM rule_versions WHERE version = ?1")?;
            let mut rows = select.query([version])?;
            rows.next()?.map(|row| of_json("rule version", text(row, 0)?)).transpose()
        })
    }

    /// Judges a hotline (`None`: all that have no version of their own) by a published version from now on. Returns whether that version
    /// is published.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn assign_rules(&self, hotline: Option<&str>, version: &str, who: &str) -> Result<bool, StoreError> {
        self.write(|conn| {
            let known: Option<i64> = conn
                .prepare_cached("SELECT 1 FROM rule_versions WHERE version = ?1")?
                .query_row([version], |row| row.get(0))
                .optional()?;
            if known.is_none() {
                return Ok(false);
            }
            conn.prepare_cached("INSERT INTO rule_assignments (hotline, version, at_ms, who) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![hotline, version, floor_ms(Timestamp::now()), who])?;
            Ok(true)
        })
    }

    /// Which version each hotline is judged by; the key `None` is all others.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn rule_assignments(&self) -> Result<BTreeMap<Option<String>, String>, StoreError> {
        self.read(|conn| {
            let mut select =
                conn.prepare_cached("SELECT hotline, version FROM rule_assignments ORDER BY assignment_no")?;
            let mut rows = select.query([])?;
            let mut assignments = BTreeMap::new();
            while let Some(row) = rows.next()? {
                assignments.insert(row.get(0)?, row.get(1)?);
            }
            Ok(assignments)
        })
    }
}
