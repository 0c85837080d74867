//! What a second listen makes of words that only sound like a phrase.
//!
//! The measure is how much likelier the recogniser holds the phrase to be than what it wrote, as a natural logarithm; it is hardly ever above 0, since
//! nothing was likelier than what was written. How right and wrong likenesses spread over it: `docs/benchmarks/`.

use crate::belief::Belief;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listened {
    /// The phrase fits the sound about as well as what was written.
    Said,
    /// The sound speaks against it.
    NotSaid,
    /// Neither, or nobody listened.
    Open,
}

/// From where on a likeness is confirmed, and below which it is ruled out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    said_from: f32,
    not_said_below: f32,
}

/// Two characters are found in anything: they have to fit about as well as what was written.
const TWO_CHARS_SAID_FROM: f32 = -1.0;
/// Phrases longer than this get more room, by so much a character: each character has its own share of doubt.
const SHORT_CHARS: usize = 4;
const ROOM_PER_CHAR: f32 = 0.6;

impl Bounds {
    /// For words that clear the agent: they are the ones to expect, so they may be less likely by themselves.
    pub(crate) const CLEAR: Bounds = Bounds { said_from: -3.0, not_said_below: -10.0 };
    /// For words that speak against the agent.
    pub(crate) const CHARGE: Bounds = Bounds { said_from: -1.5, not_said_below: -10.0 };
    /// For names, which no recogniser expects.
    pub(crate) const NAME: Bounds = Bounds { said_from: -4.0, not_said_below: -13.0 };

    /// Weighs the log-ratio of a phrase.
    pub(crate) fn weigh(self, log_ratio: f32, meant: &str) -> Listened {
        let chars = meant.chars().filter(|c| c.is_alphanumeric()).count();
        let room = ROOM_PER_CHAR * chars.saturating_sub(SHORT_CHARS) as f32;
        let said_from = if chars <= 2 { self.said_from.max(TWO_CHARS_SAID_FROM) } else { self.said_from };
        if log_ratio >= said_from {
            Listened::Said
        } else if log_ratio < self.not_said_below - room {
            Listened::NotSaid
        } else {
            Listened::Open
        }
    }
}

impl Listened {
    /// The belief in a likeness that is not ruled out, knowing that.
    pub(crate) fn weigh(self, belief: Belief) -> Belief {
        match self {
            Listened::Said => belief.or(Belief::new(0.82)),
            Listened::NotSaid | Listened::Open => belief,
        }
    }
}
