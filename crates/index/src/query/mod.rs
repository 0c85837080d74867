//! What can be asked.

mod days;
mod error;
mod lex;
mod names;
mod parse;
mod values;

use hotline_model::{Channel, Direction, Outcome, Satisfaction};
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
    /// Calls in which two things were said close to each other in one utterance.
    Near(Near),
    /// Calls in which something was said outside of longer phrases that hold it too.
    NotIn(NotIn),
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
    /// Typed in quotation marks: exactly this, so that nothing else is tried.
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

/// Two things in one utterance, in either order.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Near {
    /// The one: any of these.
    pub left: Vec<TextTerm>,
    /// The other: any of these.
    pub right: Vec<TextTerm>,
    /// Most spoken characters between the two.
    pub chars: u32,
}

/// Something that was said by itself and not as part of something longer.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NotIn {
    /// What must have been said: any of these.
    pub wanted: Vec<TextTerm>,
    /// What it must not be part of.
    pub longer: Vec<TextTerm>,
}

impl Query {
    /// Whether a [`SearchOptions::reviewed`](crate::SearchOptions::reviewed) is needed to answer it.
    pub fn asks_for_reviews(&self) -> bool {
        match self {
            Query::Filter(filter) => matches!(filter, Filter::Reviewed(_)),
            Query::And(parts) | Query::Or(parts) => parts.iter().any(Query::asks_for_reviews),
            Query::Not(part) => part.asks_for_reviews(),
            Query::All | Query::Text(_) | Query::Near(_) | Query::NotIn(_) => false,
        }
    }

    /// Whether something else may be tried for at least one of its words: not quoted, and not to be absent.
    pub(crate) fn may_widen(&self) -> bool {
        match self {
            Query::Text(term) => !term.quoted,
            Query::And(parts) | Query::Or(parts) => parts.iter().any(Query::may_widen),
            Query::All | Query::Filter(_) | Query::Not(_) | Query::Near(_) | Query::NotIn(_) => false,
        }
    }

    /// The same without parts that say again what a part beside them says.
    pub(crate) fn without_repeats(&self) -> Query {
        let once = |parts: &[Query]| {
            let mut kept: Vec<Query> = Vec::with_capacity(parts.len());
            for part in parts.iter().map(Query::without_repeats) {
                if !kept.contains(&part) {
                    kept.push(part);
                }
            }
            kept
        };
        match self {
            Query::And(parts) => Query::And(once(parts)),
            Query::Or(parts) => Query::Or(once(parts)),
            Query::Not(part) => Query::Not(Box::new(part.without_repeats())),
            other => other.clone(),
        }
    }

    /// Changes every text in it.
    pub(crate) fn each_text(&mut self, change: &mut impl FnMut(&mut TextTerm)) {
        match self {
            Query::Text(term) => change(term),
            Query::Near(near) => near.left.iter_mut().chain(&mut near.right).for_each(change),
            Query::NotIn(not_in) => not_in.wanted.iter_mut().chain(&mut not_in.longer).for_each(change),
            Query::And(parts) | Query::Or(parts) => parts.iter_mut().for_each(|part| part.each_text(change)),
            Query::Not(part) => part.each_text(change),
            Query::All | Query::Filter(_) => {}
        }
    }

    /// Whether it asks for words at all.
    pub(crate) fn has_text(&self) -> bool {
        match self {
            Query::Text(_) | Query::Near(_) | Query::NotIn(_) => true,
            Query::And(parts) | Query::Or(parts) => parts.iter().any(Query::has_text),
            Query::Not(part) => part.has_text(),
            Query::All | Query::Filter(_) => false,
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
    /// A rule or clause came to this outcome.
    Flag(String, Outcome),
    /// Who called.
    Direction(Direction),
    /// The customer's rating.
    Satisfaction(Satisfaction),
    /// A complaint was taken from it, or none.
    Complaint(bool),
    /// A person has reviewed something of it, or nobody has.
    Reviewed(bool),
    /// A number of the call lies between these, both ends included.
    Between(Measure, Bounds),
    /// Begun on one of these days, in the time zone of the search.
    Days(Days),
    /// Begun at a time of day, in the time zone of the search: seconds after midnight, the end not included. An end before the
    /// beginning goes over midnight.
    TimeOfDay {
        /// The first second.
        from_s: u32,
        /// The first second after.
        to_s: u32,
    },
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
    /// The call's id or its beginning, or the name of its recording, with or without extension.
    Call,
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

/// Numbers of calls that filters compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Length in milliseconds.
    Duration,
    /// The longest silence in milliseconds.
    Silence,
    /// Silence as a share of the call, in thousandths.
    SilenceShare,
    /// Points, in tenths.
    Score,
}

/// From one number to another, both included; an end may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub least: Option<u64>,
    /// The most.
    pub most: Option<u64>,
}

impl Bounds {
    /// Whether `value` lies between.
    pub(crate) fn contain(self, value: u64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }
}
