//! Model values as SQLite values and back.

use std::fmt;

use hotline_model::{CallTime, Channel, TimeSpan};
use jiff::Timestamp;
use rusqlite::Row;
use serde::de::value::Error as NameError;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

use crate::error::Fault;

/// The stable name of a fieldless enum value, as serde writes it.
pub(crate) fn name_of(value: &impl Serialize) -> String {
    struct Name<'a, T>(&'a T);
    impl<T: Serialize> fmt::Display for Name<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }
    Name(value).to_string()
}

/// The enum value of a name.
pub(crate) fn of_name<'a, T: Deserialize<'a>>(what: &str, name: &'a str) -> Result<T, Fault> {
    T::deserialize(name.into_deserializer()).map_err(|cause: NameError| damaged(what, cause))
}

/// A model struct as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|cause| damaged("a value that has no JSON", cause))
}

/// A model struct from JSON.
pub(crate) fn of_json<T: DeserializeOwned>(what: &str, json: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|cause| damaged(what, cause))
}

/// An instant as whole milliseconds, rounded down, so that half-open windows share every call out to exactly one of them.
pub(crate) fn floor_ms(instant: Timestamp) -> i64 {
    let nanoseconds = instant.as_nanosecond().div_euclid(1_000_000);
    // Cannot fail: a timestamp covers ±10,000 years.
    i64::try_from(nanoseconds).unwrap_or(i64::MAX)
}

/// An instant from milliseconds.
pub(crate) fn of_ms(what: &str, ms: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(ms).map_err(|cause| damaged(what, cause))
}

/// A number given out by the store (`call_no`, `change`): always positive.
pub(crate) fn number(n: i64) -> u64 {
    n.cast_unsigned()
}

/// The columns `channel`, `start_ms`, `end_ms` from column `first` on.
pub(crate) fn channel_and_span(what: &str, row: &Row<'_>, first: usize) -> Result<(Channel, TimeSpan), Fault> {
    let channel = of_name(what, text(row, first)?)?;
    let (start, end) = (CallTime::from_ms(row.get(first + 1)?), CallTime::from_ms(row.get(first + 2)?));
    Ok((channel, TimeSpan { start, end }))
}

/// A text column without a copy.
pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Fault> {
    row.get_ref(column)?.as_str().map_err(|cause| damaged("a text column", cause))
}

/// A blob column without a copy.
pub(crate) fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8], Fault> {
    row.get_ref(column)?.as_blob().map_err(|cause| damaged("a blob column", cause))
}

/// Content that makes no sense.
pub(crate) fn damaged(what: &str, cause: impl fmt::Display) -> Fault {
    Fault::Damaged(format!("{what}: {cause}"))
}

#[cfg(test)]
mod tests {
    use hotline_model::{ChannelLayout, Grade, Outcome, Satisfaction};

    use super::*;

    #[test]
    fn names_are_those_of_the_files_and_come_back() {
        assert_eq!(name_of(&Outcome::NotApplicable), "not_applicable");
        assert_eq!(name_of(&ChannelLayout::AgentLeft), "agent-left");
        assert_eq!(name_of(&Grade::A), "A");
        assert_eq!(of_name::<Satisfaction>("x", "satisfied").unwrap(), Satisfaction::Satisfied);
        assert!(matches!(of_name::<Outcome>("finding", "sideways"), Err(Fault::Damaged(_))));
    }

    #[test]
    fn milliseconds_round_down_on_both_sides_of_the_epoch() {
        let at = |ns| Timestamp::from_nanosecond(ns).unwrap();
        assert_eq!(floor_ms(at(1_999_999)), 1);
        assert_eq!(floor_ms(at(-1)), -1);
    }
}
