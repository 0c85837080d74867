//! Claims: a recording that one process has in hand is not taken up by another.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::owner::Owner;
use crate::value::{floor_ms, of_ms};
use crate::{Store, StoreError};

/// After how long without a heartbeat a claim lapses, where it cannot be seen whether its process lives (another machine,
/// another container, a system without `/proc`).
pub const CLAIM_STALE_AFTER: Duration = Duration::from_secs(10 * 60);

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is yours until you release it or end.
    Granted,
    /// Someone else has it in hand, maybe another thread of your own process.
    Held {
        /// Process id of the holder.
        pid: u32,
        /// Machine of the holder; empty if unknown.
        host: String,
        /// Its last sign of life.
        heartbeat: Timestamp,
    },
}

impl Store {
    /// Claims `key` (the hash of a recording or the id of a call) for the process `pid` of this machine. A claim lapses when
    /// its process ends, or after [`CLAIM_STALE_AFTER`] without a [`Store::heartbeat`] where that cannot be seen. The same
    /// process is refused too while it holds the key: two copies of a recording in one batch are one piece of work.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn claim(&self, key: &str, pid: u32) -> Result<Claim, StoreError> {
        self.claim_at(key, &Owner::of(pid), Timestamp::now())
    }

    /// Gives a claim of the process `pid` back. Returns whether it held it.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn release(&self, key: &str, pid: u32) -> Result<bool, StoreError> {
        let owner = Owner::of(pid);
        self.write(|conn| {
            let mut delete = conn.prepare_cached(
                "DELETE FROM claims WHERE claim_key = ?1 AND pid = ?2 AND host = ?3 AND boot = ?4 AND pid_space = ?5 AND started = ?6",
            )?;
            Ok(delete.execute(params![key, pid, owner.host, owner.boot, owner.pid_space, owner.started])? > 0)
        })
    }

    /// A sign of life for all claims of the process `pid`; every minute or so is enough. Returns how many it holds.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn heartbeat(&self, pid: u32) -> Result<usize, StoreError> {
        let owner = Owner::of(pid);
        self.write(|conn| {
            let mut update = conn.prepare_cached(
                "UPDATE claims SET heartbeat_ms = ?1 WHERE pid = ?2 AND host = ?3 AND boot = ?4 AND pid_space = ?5 AND started = ?6",
            )?;
            let now = floor_ms(Timestamp::now());
            Ok(update.execute(params![now, pid, owner.host, owner.boot, owner.pid_space, owner.started])?)
        })
    }

    fn claim_at(&self, key: &str, owner: &Owner, now: Timestamp) -> Result<Claim, StoreError> {
        self.write(|conn| {
            if let Some((holder, heartbeat)) = holder(conn, key)? {
                let silent_ms = now.as_millisecond() - heartbeat.as_millisecond();
                let lapsed = i128::from(silent_ms) > CLAIM_STALE_AFTER.as_millis().cast_signed();
                if holder.lives().unwrap_or(!lapsed) {
                    return Ok(Claim::Held { pid: holder.pid, host: holder.host, heartbeat });
                }
                tracing::info!(key, pid = holder.pid, "taking over the claim of a process that is gone");
            }
            conn.prepare_cached(
                "INSERT OR REPLACE INTO claims (claim_key, pid, host, boot, pid_space, started, heartbeat_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                key,
                owner.pid,
                owner.host,
                owner.boot,
                owner.pid_space,
                owner.started,
                floor_ms(now)
            ])?;
            Ok(Claim::Granted)
        })
    }
}

fn holder(conn: &Connection, key: &str) -> Result<Option<(Owner, Timestamp)>, Fault> {
    let mut select = conn
        .prepare_cached("SELECT pid, host, boot, pid_space, started, heartbeat_ms FROM claims WHERE claim_key = ?1")?;
    let mut rows = select.query([key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let owner =
        Owner { pid: row.get(0)?, host: row.get(1)?, boot: row.get(2)?, pid_space: row.get(3)?, started: row.get(4)? };
    Ok(Some((owner, of_ms("claim", row.get(5)?)?)))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn a_key_has_one_holder_at_a_time() {
        let (_folder, store) = store();
        let other = Store::open(store.path()).unwrap();
        let pid = std::process::id();
        assert_eq!(store.claim("a", pid).unwrap(), Claim::Granted);
        assert!(matches!(other.claim("a", pid).unwrap(), Claim::Held { pid: by, .. } if by == pid));
        assert_eq!(other.claim("b", pid).unwrap(), Claim::Granted);
        assert_eq!(store.heartbeat(pid).unwrap(), 2);
        assert!(store.release("a", pid).unwrap());
        assert!(!store.release("a", pid).unwrap());
        assert_eq!(other.claim("a", pid).unwrap(), Claim::Granted);
    }

    #[test]
    fn without_sight_of_the_holder_its_heartbeat_decides() {
        let (_folder, store) = store();
        let text = str::to_owned;
        let far = Owner { pid: 7, host: text("far"), boot: text("b"), pid_space: text("p"), started: text("1") };
        let now = Timestamp::now();
        let stale = SignedDuration::try_from(CLAIM_STALE_AFTER).unwrap();
        assert_eq!(store.claim_at("a", &far, now - stale).unwrap(), Claim::Granted);
        let own = Owner::of(std::process::id());
        assert!(matches!(store.claim_at("a", &own, now).unwrap(), Claim::Held { pid: 7, .. }));
        assert_eq!(store.claim_at("a", &own, now + SignedDuration::from_millis(1)).unwrap(), Claim::Granted);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_claim_of_a_dead_process_lapses_at_once() {
        let (_folder, store) = store();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(store.claim("a", child.id()).unwrap(), Claim::Granted);
        assert!(matches!(store.claim("a", std::process::id()).unwrap(), Claim::Held { .. }));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(store.claim("a", std::process::id()).unwrap(), Claim::Granted);
    }
}
