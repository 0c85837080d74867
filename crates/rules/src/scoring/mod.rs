//! Score cards: what findings and records are worth, by several schemes side by side (SCO-01 to SCO-08).
//!
//! A [`Scheme`] is a small TOML file: points accumulated over a month ([`month_card`]), weighted marks of one call or many
//! ([`weighted_card`]), or the service-quality sheet with suggested marks ([`suggest_marks`]). Every card names the version of the
//! scheme and of the rules that made it.
//!
//! Only violated findings cost anything. An undecided one is counted and shown, never deducted; so is one that a person has found
//! wrong or an appeal has struck (see [`Charge::stands`]).

mod points;
mod scheme;
mod sheet;
mod weighted;

pub use points::{Bonus, Charge, Dismissal, MonthCard, MonthInput, MonthLine, last_of_team, month_card};
pub use scheme::{
    Accumulate, DismissalRule, EventKind, GradeStep, Item, Mark, Pay, Points, Scheme, SchemeError, SchemeKind, Takes,
};
pub use sheet::{MarkSuggestion, suggest_marks};
pub use weighted::{WeightedCard, WeightedMark, weighted_card};
