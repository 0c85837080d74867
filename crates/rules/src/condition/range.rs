//! Where a condition looks.

/// Where in the call a condition looks. Everything given must hold at once; nothing given means the whole call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// By number of utterances of the role.
    pub utterances: Option<Slice>,
    /// By number of turns of the role: utterances in a row that the other party interrupts by no more than a murmur.
    pub turns: Option<Slice>,
    /// By seconds from the first or to the last speech of the call.
    pub seconds: Option<Edge>,
    /// By share of the time between first and last speech, in percent.
    pub percent: Option<Edge>,
    /// Relative to what other conditions found.
    pub near: Option<Near>,
}

/// A choice by number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// `first 3`.
    First(u32),
    /// `last 3`.
    Last(u32),
    /// `2..5`, both included.
    Between(u32, u32),
}

/// The beginning or the end of the call, up to an amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edge {
    /// `first 15`.
    First(f64),
    /// `last 20`.
    Last(f64),
    /// `20..50`, counted from the beginning.
    Between(f64, f64),
}

words! {
    /// On which side of a hit to look.
    Side {
        /// Earlier than it.
        Before = "before",
        /// Later than it.
        After = "after",
        /// On either side, the hit's own utterance included.
        Around = "around",
    }
}

/// Which hits of the other conditions to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhichHit {
    /// One of them is enough.
    Any,
    /// It must hold at every one of them.
    Every,
    /// Only the latest.
    Last,
    /// Only this one, counted from 1; there is none where fewer were found.
    Nth(u32),
}

impl WhichHit {
    /// Its words in rule files; a number picks that hit.
    pub const WORDS: &'static [&'static str] = &["any", "every", "first", "last"];

    /// Reads its word or number.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "any" => Some(WhichHit::Any),
            "every" => Some(WhichHit::Every),
            "first" => Some(WhichHit::Nth(1)),
            "last" => Some(WhichHit::Last),
            number => number.parse().ok().filter(|n| *n >= 1).map(WhichHit::Nth),
        }
    }
}

/// A range relative to the hits of other conditions. Without hits there is nowhere to look, and the condition does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// Names of the other conditions; what any of them found is a hit. Never empty.
    pub conditions: Vec<String>,
    /// On which side.
    pub side: Side,
    /// At which hits.
    pub hit: WhichHit,
    /// At most this many seconds away.
    pub seconds: Option<f64>,
    /// At most this many utterances of the role away; the rest of the hit's own utterance comes free.
    pub utterances: Option<u32>,
}
