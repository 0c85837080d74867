//! SQLite FTS5 with its trigram tokenizer, in memory.

use rusqlite::{Connection, params_from_iter};

use super::CallText;

pub(super) fn rank(calls: &[CallText], queries: &[&str], limit: usize) -> rusqlite::Result<Vec<Vec<String>>> {
    let mut conn = Connection::open_in_memory()?;
    conn.execute_batch("CREATE VIRTUAL TABLE calls USING fts5(call UNINDEXED, text, tokenize = 'trigram')")?;
    let tx = conn.transaction()?;
    for call in calls {
        tx.execute("INSERT INTO calls (call, text) VALUES (?1, ?2)", [&call.call, &call.text])?;
    }
    tx.commit()?;
    queries.iter().map(|query| ask(&conn, query, limit)).collect()
}

fn ask(conn: &Connection, query: &str, limit: usize) -> rusqlite::Result<Vec<String>> {
    let terms = query.split_whitespace().map(|term| term.trim_matches('"')).filter(|term| !term.is_empty());
    let (long, short): (Vec<&str>, Vec<&str>) = terms.partition(|term| term.chars().count() >= 3);
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    if !long.is_empty() {
        conditions.push("calls MATCH ?");
        let quoted: Vec<String> = long.iter().map(|term| format!("\"{}\"", term.replace('"', "\"\""))).collect();
        values.push(quoted.join(" "));
    }
    for term in short {
        conditions.push("text LIKE ? ESCAPE '\\'");
        let escaped = term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        values.push(format!("%{escaped}%"));
    }
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let order = if long.is_empty() { "rowid" } else { "rank" };
    let sql = format!("SELECT call FROM calls WHERE {} ORDER BY {order} LIMIT {limit}", conditions.join(" AND "));
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(params_from_iter(values), |row| row.get(0))?;
    rows.collect()
}
