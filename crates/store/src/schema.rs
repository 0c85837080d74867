//! Making a new store and bringing an old one up to date.
//!
//! `PRAGMA user_version` counts the migrations a file has seen; `PRAGMA application_id` tells a hotline store from any other
//! SQLite file. Migrations only ever get appended: what a released program has written must stay readable.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Fault;

/// All migrations in order; the first is schema version 1.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/001_first.sql"),
    include_str!("../migrations/002_people.sql"),
    include_str!("../migrations/003_saved_searches.sql"),
    include_str!("../migrations/004_second_listens.sql"),
    include_str!("../migrations/005_follow_ups.sql"),
];

/// `hotl` in ASCII.
const APPLICATION_ID: i32 = 0x686f_746c;

/// What a file turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing in it yet.
    Empty,
    /// A hotline store of this schema version.
    Schema(u32),
    /// Another program's database.
    Foreign,
}

/// Looks at a file without changing it.
pub(crate) fn look(conn: &Connection) -> Result<Found, Fault> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: u32 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version, objects) {
        (0, 0, 0) => Found::Empty,
        (APPLICATION_ID, version, _) if version > 0 => Found::Schema(version),
        _ => Found::Foreign,
    })
}

/// Applies what of `migrations` the file has not seen, all or nothing. The caller has made sure that the file is empty or ours.
pub(crate) fn migrate(conn: &Connection, migrations: &[&str]) -> Result<(), Fault> {
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    // Read again now that nobody else can write: another process may have migrated meanwhile.
    let seen: usize =
        tx.pragma_query_value(None, "user_version", |row| row.get(0)).map(|version: u32| version as usize)?;
    for (number, sql) in migrations.iter().enumerate().skip(seen) {
        tracing::info!(version = number + 1, "updating the schema of the store");
        tx.execute_batch(sql)?;
    }
    if seen < migrations.len() {
        tx.pragma_update(None, "user_version", migrations.len() as u32)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[&str] =
        &["CREATE TABLE a (x); INSERT INTO a VALUES (1);", "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;"];

    #[test]
    fn each_migration_runs_once_and_keeps_the_data() {
        let conn = Connection::open_in_memory().unwrap();
        assert_eq!(look(&conn).unwrap(), Found::Empty);
        migrate(&conn, &STEPS[..1]).unwrap();
        assert_eq!(look(&conn).unwrap(), Found::Schema(1));
        conn.execute("INSERT INTO a VALUES (7)", []).unwrap();
        migrate(&conn, STEPS).unwrap();
        migrate(&conn, STEPS).unwrap();
        assert_eq!(look(&conn).unwrap(), Found::Schema(2));
        let sum: i64 = conn.query_row("SELECT sum(10 * x + y) FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 12 + 78);
    }

    #[test]
    fn a_migration_that_fails_leaves_the_file_as_it_was() {
        let conn = Connection::open_in_memory().unwrap();
        migrate(&conn, &STEPS[..1]).unwrap();
        let broken = [STEPS[0], "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);"];
        assert!(migrate(&conn, &broken).is_err());
        assert_eq!(look(&conn).unwrap(), Found::Schema(1));
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }

    #[test]
    fn another_programs_database_is_told_apart() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE contacts (name)").unwrap();
        assert_eq!(look(&conn).unwrap(), Found::Foreign);
    }
}
