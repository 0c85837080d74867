//! Recordings that could not be processed.

use hotline_model::FailedCall;
use jiff::Timestamp;
use rusqlite::params;

use crate::value::{floor_ms, of_ms};
use crate::{Store, StoreError};

impl Store {
    /// Notes that the recording at `source` could not be processed, and why; counts how often. `audio_sha256` is the hash of
    /// its bytes, if they could be read. It is forgotten as soon as a call of that source or with those bytes is saved.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn record_failure(&self, source: &str, audio_sha256: Option<&str>, error: &str) -> Result<(), StoreError> {
        self.write(|conn| {
            conn.prepare_cached(
                "INSERT INTO failures (source, audio_sha256, error, failed_at_ms, attempts) VALUES (?1, ?2, ?3, ?4, 1)
                 ON CONFLICT (source) DO UPDATE SET audio_sha256 = excluded.audio_sha256, error = excluded.error,
                     failed_at_ms = excluded.failed_at_ms, attempts = attempts + 1",
            )?
            .execute(params![source, audio_sha256, error, floor_ms(Timestamp::now())])?;
            Ok(())
        })
    }

    /// Forgets the failure of a recording, for one that is no longer wanted. Returns whether there was one.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn forget_failure(&self, source: &str) -> Result<bool, StoreError> {
        self.write(|conn| Ok(conn.prepare_cached("DELETE FROM failures WHERE source = ?1")?.execute([source])? > 0))
    }

    /// All recordings that could not be processed, by path.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn failures(&self) -> Result<Vec<FailedCall>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT source, audio_sha256, error, failed_at_ms, attempts FROM failures ORDER BY source",
            )?;
            let mut rows = select.query([])?;
            let mut failures = Vec::new();
            while let Some(row) = rows.next()? {
                failures.push(FailedCall {
                    source: row.get(0)?,
                    audio_sha256: row.get(1)?,
                    error: row.get(2)?,
                    failed_at: of_ms("failure", row.get(3)?)?,
                    attempts: row.get(4)?,
                });
            }
            Ok(failures)
        })
    }
}
