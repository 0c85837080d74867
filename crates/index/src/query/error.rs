//! What can be wrong with a query.

use std::fmt;

/// A query that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct QueryError {
    /// The byte of the query where the trouble is.
    pub position: usize,
    /// What the trouble is.
    pub kind: QueryErrorKind,
}

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// A quotation mark is opened and not closed.
    UnclosedQuote,
    /// A parenthesis is opened and not closed.
    UnclosedParenthesis,
    /// A parenthesis is closed and was not opened.
    UnopenedParenthesis,
    /// Nothing stands where words are needed (after `OR`, `-`, `cust:`).
    MissingWords,
    /// `NEAR` or `NOTIN` has something else than words beside it.
    NotWords,
    /// No field has this name.
    UnknownField(String),
    /// The value does not fit the field.
    BadValue {
        /// The field's name as typed.
        field: String,
        /// What would have been fine.
        expected: &'static str,
    },
    /// Only punctuation, which is not searched.
    NothingSpoken,
    /// Too many words, or parentheses too deep.
    TooLong,
}

impl QueryError {
    /// The character of `query` where the trouble is, counted from 1: what people call the column.
    pub fn column(&self, query: &str) -> usize {
        query.get(..self.position).unwrap_or(query).chars().count() + 1
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            QueryErrorKind::UnclosedQuote => "close the quotation mark",
            QueryErrorKind::UnclosedParenthesis => "close the parenthesis",
            QueryErrorKind::UnopenedParenthesis => "remove the parenthesis or put it in quotation marks",
            QueryErrorKind::MissingWords => "write the words to search for there",
            QueryErrorKind::NotWords => "on both sides write words, a \"phrase\" or (one OR another)",
            QueryErrorKind::UnknownField(_) => {
                "fields are agent: cust: role: first: last: call: agentid: team: business: hotline: date: time: duration: \
                 silence: flag: clause: score: complaint: satisfaction: reviewed: direction: after: before:; put words \
                 with a colon in quotation marks"
            }
            QueryErrorKind::BadValue { expected, .. } => expected,
            QueryErrorKind::NothingSpoken => "write words; punctuation is not searched",
            QueryErrorKind::TooLong => "search for fewer words at a time",
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query, byte {}: ", self.position)?;
        match &self.kind {
            QueryErrorKind::UnclosedQuote => f.write_str("a quotation mark is not closed")?,
            QueryErrorKind::UnclosedParenthesis => f.write_str("a parenthesis is not closed")?,
            QueryErrorKind::UnopenedParenthesis => f.write_str("a parenthesis was not opened")?,
            QueryErrorKind::MissingWords => f.write_str("words are missing")?,
            QueryErrorKind::NotWords => f.write_str("NEAR and NOTIN stand between words")?,
            QueryErrorKind::UnknownField(name) => write!(f, "no field is called `{name}`")?,
            QueryErrorKind::BadValue { field, .. } => write!(f, "bad value for `{field}`")?,
            QueryErrorKind::NothingSpoken => f.write_str("nothing to search for")?,
            QueryErrorKind::TooLong => f.write_str("too long")?,
        }
        write!(f, "; {}", self.hint())
    }
}
