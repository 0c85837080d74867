//! Query sets: JSON lines, one query each.

use std::path::Path;

use serde::Deserialize;

use crate::EvalError;

/// A query and the calls that answer it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct SearchQuery {
    /// As an inspector types it.
    pub query: String,
    /// `keyword`, `phrase`, `homophone`, `traditional`, `number`, `entity`; any other name makes a kind of its own.
    #[serde(default = "other")]
    pub kind: String,
    /// The calls in which it was said, by the file stem of their recordings or its beginning.
    pub relevant: Vec<String>,
    /// What was said, where that is not the query itself: alternatives of which one is said, for each thing that must be said.
    /// For those who check the set; figures don't use it.
    #[serde(default)]
    pub means: Vec<Vec<String>>,
    /// For people.
    #[serde(default)]
    pub note: Option<String>,
}

fn other() -> String {
    "other".to_owned()
}

/// Reads a query set. Empty lines and lines that begin with `#` are left out.
///
/// # Errors
/// [`EvalError::Unreadable`]; [`EvalError::Format`] with the line that is wrong, or if there is no query at all.
pub fn load_queries(path: &Path) -> Result<Vec<SearchQuery>, EvalError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| EvalError::Unreadable { path: path.to_owned(), source })?;
    let format = |message: String| EvalError::Format { path: path.to_owned(), message };
    let mut queries = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let query = serde_json::from_str::<SearchQuery>(line)
            .map_err(|error| format(format!("line {}: no query: {error}", number + 1)))?;
        queries.push(query);
    }
    if queries.is_empty() {
        return Err(format("no queries; a line is {\"query\": …, \"kind\": …, \"relevant\": [calls]}".to_owned()));
    }
    Ok(queries)
}
