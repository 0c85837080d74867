//! Finding the call a person means, and the paths its recording was met under.

use hotline_model::CallId;
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::{Store, StoreError, load};

/// Which call a person meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This one.
    One(CallId),
    /// The store has no such call.
    None,
    /// Any of these, at most [`Resolved::MANY`], in the order of their ids.
    Many(Vec<CallId>),
}

impl Resolved {
    /// The most candidates that are named.
    pub const MANY: usize = 20;
}

/// Fewer digits of an id name too many calls to be meant.
const SHORTEST_PREFIX: usize = 4;

impl Store {
    /// The call that `text` names: an id, else the path, file name or file name without extension of its recording, else the
    /// first digits of its id, four at least.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn resolve(&self, text: &str) -> Result<Resolved, StoreError> {
        let text = text.trim();
        self.read(|conn| {
            let id = CallId::from_stored(text.to_ascii_lowercase());
            if load::call_no(conn, &id)?.is_some() {
                return Ok(Resolved::One(id));
            }
            const BY_NAME: &str = "SELECT DISTINCT call_id FROM sources JOIN calls USING (call_no)
                WHERE sources.source = ?1 OR file_name = ?1 OR stem = ?1 ORDER BY call_id LIMIT ?2";
            let named = ids(conn, BY_NAME, text)?;
            if !named.is_empty() || id.as_str().len() < SHORTEST_PREFIX || !is_hex(id.as_str()) {
                return Ok(of_list(named));
            }
            // `g` sorts right after the last hexadecimal digit.
            const BY_PREFIX: &str =
                "SELECT call_id FROM calls WHERE call_id >= ?1 AND call_id < ?1 || 'g' ORDER BY call_id LIMIT ?2";
            Ok(of_list(ids(conn, BY_PREFIX, id.as_str())?))
        })
    }

    /// Every path under which the recording of a call was met, the one in its record first, the others in order.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn sources(&self, id: &CallId) -> Result<Vec<String>, StoreError> {
        self.read(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT s.source FROM sources AS s JOIN calls AS c USING (call_no) WHERE c.call_id = ?1
                 ORDER BY s.source <> c.source, s.source",
            )?;
            let sources = select.query_map([id.as_str()], |row| row.get(0))?;
            Ok(sources.collect::<Result<_, _>>()?)
        })
    }
}

/// Notes a path of a call's recording, unless it is known.
pub(crate) fn note_source(conn: &Connection, call_no: i64, source: &str) -> Result<(), Fault> {
    let file_name = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let stem = match file_name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file_name,
    };
    conn.prepare_cached(
        "INSERT INTO sources (call_no, source, file_name, stem) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?
    .execute(params![call_no, source, file_name, stem])?;
    Ok(())
}

fn ids(conn: &Connection, select: &str, text: &str) -> Result<Vec<CallId>, Fault> {
    let mut select = conn.prepare_cached(select)?;
    let ids = select
        .query_map(params![text, Resolved::MANY as u32], |row| row.get(0).map(|id: String| CallId::from_stored(id)))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn of_list(mut ids: Vec<CallId>) -> Resolved {
    match ids.len() {
        0 => Resolved::None,
        1 => Resolved::One(ids.swap_remove(0)),
        _ => Resolved::Many(ids),
    }
}
