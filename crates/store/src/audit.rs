//! Who saw, exported and changed what (PRV-03).

use hotline_model::CallId;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use crate::value::{floor_ms, number, of_ms};
use crate::{Store, StoreError};

/// Something a person did with the store's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who.
    pub who: String,
    /// What: `show`, `search`, `export` and so on.
    pub action: String,
    /// The call, if it is about one.
    pub call: Option<CallId>,
    /// Whether personal data was shown.
    pub unmasked: bool,
    /// More, for people: the query, the file.
    pub detail: String,
}

/// An entry as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audited {
    /// Number of the entry, rising.
    pub audit_no: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    pub action: String,
    /// The call, if it is about one.
    pub call: Option<CallId>,
    /// Whether personal data was shown.
    pub unmasked: bool,
    /// More, for people.
    pub detail: String,
}

impl Store {
    /// Records entries, all or none. They can be neither changed nor deleted by the program.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn record_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.write(|conn| {
            let mut put = conn.prepare_cached(
                "INSERT INTO audit (at_ms, who, action, call_id, unmasked, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let now = floor_ms(Timestamp::now());
            for AuditEntry { who, action, call, unmasked, detail } in entries {
                put.execute(params![now, who, action, call.as_ref().map(CallId::as_str), unmasked, detail])?;
            }
            Ok(())
        })
    }

    /// The latest `limit` entries, the newest first; of one call, if it is given.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn audit(&self, call: Option<&CallId>, limit: usize) -> Result<Vec<Audited>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT audit_no, at_ms, who, action, call_id, unmasked, detail FROM audit
                 WHERE ?1 IS NULL OR call_id = ?1 ORDER BY audit_no DESC LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = select.query(params![call.map(CallId::as_str), limit])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(Audited {
                    audit_no: number(row.get(0)?),
                    at: of_ms("audit entry", row.get(1)?)?,
                    who: row.get(2)?,
                    action: row.get(3)?,
                    call: row.get::<_, Option<String>>(4)?.map(CallId::from_stored),
                    unmasked: row.get(5)?,
                    detail: row.get(6)?,
                });
            }
            Ok(entries)
        })
    }
}
