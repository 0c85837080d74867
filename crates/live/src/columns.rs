//! What a connection tells of its call, by the names of the table `calls.csv`.

use std::collections::BTreeMap;

/// Where it is entered what of each party's sound was lost.
const ISSUES: [&str; 2] = ["audio_issue_agent", "audio_issue_customer"];

/// Columns that a connection may fill. Others are left out: what a stranger sends does not choose the table's columns.
const TOLD: [&str; 10] = [
    "agent_id",
    "agent_name",
    "team",
    "hotline",
    "business_type",
    "customer_number",
    "direction",
    "answered_after_s",
    "hangup_by",
    "satisfaction_key",
];

/// All columns.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    TOLD.into_iter().chain(ISSUES)
}

/// Longest value taken, in bytes.
const VALUE_MAX: usize = 256;

/// Values by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<String, String>);

impl Columns {
    /// Enters a value, if the column is one of the known.
    pub fn set(&mut self, column: &str, value: &str) {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        if TOLD.contains(&column) && !value.is_empty() && value.len() <= VALUE_MAX {
            self.0.insert(column.to_owned(), value);
        }
    }

    /// Enters that something of a party's sound was lost; an issue of the stored call.
    pub(crate) fn issue(&mut self, party: &str, message: &str) {
        if let Some(column) = ISSUES.iter().find(|column| column.ends_with(party)) {
            self.0.insert((*column).to_owned(), message.to_owned());
        }
    }

    /// The value of a column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over everything that `stronger` has.
    pub fn overlay(&mut self, stronger: Columns) {
        self.0.extend(stronger.0);
    }

    /// From a JSON object of strings and numbers; anything else in it is left out.
    pub fn from_json(text: &str) -> Columns {
        let mut columns = Columns::default();
        if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) {
            for (column, value) in &object {
                match value {
                    serde_json::Value::String(value) => columns.set(column, value),
                    serde_json::Value::Number(value) => columns.set(column, &value.to_string()),
                    _ => {}
                }
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_columns_and_plain_values_are_taken() {
        let columns = Columns::from_json(
            r#"{"agent_id": "A1", "hotline": "热\n线", "evil": "x", "team": {"a": 1}, "satisfaction_key": 3}"#,
        );
        assert_eq!(columns.get("agent_id"), Some("A1"));
        assert_eq!(columns.get("hotline"), Some("热线"));
        assert_eq!(columns.get("satisfaction_key"), Some("3"));
        assert_eq!((columns.get("evil"), columns.get("team")), (None, None));
        assert!(Columns::from_json(r#"{"audio_issue_agent": "x"}"#).is_empty(), "nobody tells us what we lost");
        assert!(Columns::from_json("[1]").is_empty() && Columns::from_json("{").is_empty());
    }
}
