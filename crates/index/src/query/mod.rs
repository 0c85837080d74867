//! What can be asked.

mod days;
mod error;
mod parse;

use hotline_model::{Channel, Direction, Satisfaction};
use jiff::Timestamp;

pub use days::Days;
pub(crate) use days::china;
pub use error::{QueryError, QueryErrorKind};
pub use parse::parse;

/// A question about calls. Conditions are about whole calls: `And` of two texts means that both were said somewhere in
/// the call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Query {
    /// Every call.
    All,
    /// Calls in which something was said.
    Text(TextTerm),
    /// Calls of a kind.
    Filter(Filter),
    /// Calls that answer all of these.
    And(Vec<Query>),
    /// Calls that answer at least one of these.
    Or(Vec<Query>),
    /// Calls that do not answer this.
    Not(Box<Query>),
}

/// Something that was said.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TextTerm {
    /// The words, as typed.
    pub text: String,
    /// Also what sounds alike.
    pub sound: bool,
    /// Typed in quotation marks: exactly this, so that nothing else is tried when it is not found.
    pub quoted: bool,
    /// By whom; `None`: by anybody.
    pub channel: Option<Channel>,
    /// In which part of the call.
    pub within: Within,
}

impl TextTerm {
    /// `text` said by anybody anywhere in a call.
    pub fn new(text: impl Into<String>) -> Self {
        TextTerm { text: text.into(), ..TextTerm::default() }
    }
}

impl Query {
    /// The same query with sound-alikes for every word that may have been misheard; `None` if that would ask for nothing
    /// more. Quoted words stay as they are, so do words to be absent (or more calls would be left out), and single
    /// syllables, which sound like something in nearly every call.
    pub(crate) fn by_sound(&self) -> Option<Query> {
        let mut query = self.clone();
        query.widen().then_some(query)
    }

    fn widen(&mut self) -> bool {
        match self {
            Query::Text(term) => {
                let widened = !term.sound && !term.quoted && crate::tokens::sounds(&term.text).len() >= 2;
                term.sound |= widened;
                widened
            }
            Query::And(parts) | Query::Or(parts) => {
                let mut widened = false;
                for part in parts {
                    widened |= part.widen();
                }
                widened
            }
            Query::All | Query::Filter(_) | Query::Not(_) => false,
        }
    }
}

/// A part of a call. Utterances that reach into it count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Only the first milliseconds.
    pub first_ms: Option<u32>,
    /// Only the last milliseconds.
    pub last_ms: Option<u32>,
}

impl Within {
    /// Both limits; of two the narrower counts.
    pub(crate) fn and(self, other: Within) -> Within {
        let narrower = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Within { first_ms: narrower(self.first_ms, other.first_ms), last_ms: narrower(self.last_ms, other.last_ms) }
    }
}

/// A kind of call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// A text field of the call equals this (case, width and script do not count).
    Is(Field, String),
    /// Who called.
    Direction(Direction),
    /// The customer's rating.
    Satisfaction(Satisfaction),
    /// Begun on one of these days, in the time zone of the search.
    Days(Days),
    /// Begun at `from` or later and before `to`.
    Started {
        /// The first instant.
        from: Option<Timestamp>,
        /// The first instant after.
        to: Option<Timestamp>,
    },
}

/// Text fields of calls that filters compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Staff number or name of the agent.
    Agent,
    /// Team of the agent.
    Team,
    /// Kind of business.
    Business,
    /// The hotline called.
    Hotline,
    /// A clause (or rule) that was violated.
    Clause,
}
