//! What people call about: words and phrases that rise, utterances that say the same, callers who call again.
//!
//! In: calls with what their customers said ([`TopicCall`]), a week, the time before it to compare with. Out: [`Topics`], as data.
//! Deliberately unknown here: the store, who may see what (texts come masked), calendars, how anything is shown.
//!
//! The same calls give the same topics, in whatever order they come: everything is sorted by call and place before it is counted, and
//! every list has a complete order.

mod callers;
mod groups;
mod likelihood;
mod rising;
mod terms;

use hotline_text::Lexicon;
use jiff::Timestamp;
use serde::Serialize;

pub use callers::{Caller, CallerCall};
pub use groups::{Group, Said};
pub use likelihood::{Level, log_likelihood};
pub use rising::{Term, TermKind};

/// A call, as far as topics need it.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicCall {
    /// Id of the call.
    pub call: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Who called: a number, if it is known.
    pub caller: Option<String>,
    /// What the customer said (on a mixed channel: what anybody said), without personal data.
    pub remarks: Vec<Remark>,
}

/// Something a customer said.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// Place of the utterance in the call's transcript.
    pub utterance: usize,
    /// When it begins, in milliseconds from the start of the recording.
    pub start_ms: u32,
    /// The words. Placeholders of personal data stand in 〔〕 and are left out.
    pub text: String,
}

/// The stretch of time that is looked at, and the one it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Begin of the time before.
    pub before: Timestamp,
    /// Begin of the week, and end of the time before.
    pub start: Timestamp,
    /// End of the week.
    pub end: Timestamp,
}

/// How topics are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopicSettings {
    /// Fewest calls of the week that say a word, for it to be a topic; fewest calls of a group.
    pub calls_min: usize,
    /// Least log-likelihood of a rising word; 3.84 is what chance exceeds once in twenty times.
    pub g2_min: f64,
    /// Least cosine of two sentences that say the same, 0…1.
    pub likeness_min: f64,
    /// Most days between two calls of a caller who calls again.
    pub again_days: u32,
    /// Most entries of each list.
    pub limit: usize,
}

impl Default for TopicSettings {
    fn default() -> Self {
        TopicSettings { calls_min: 2, g2_min: Level::Five.least(), likeness_min: 0.45, again_days: 7, limit: 15 }
    }
}

/// What people call about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Topics {
    /// Calls of the week.
    pub calls: usize,
    /// Calls of the time before.
    pub calls_before: usize,
    /// Words and phrases said in a larger share of calls than before, the surest first; empty without calls before.
    pub rising: Vec<Term>,
    /// Words and phrases said in most calls of the week.
    pub frequent: Vec<Term>,
    /// Sentences of different calls that say the same, the largest group first.
    pub groups: Vec<Group>,
    /// Callers who called again, the most calls first.
    pub callers: Vec<Caller>,
    /// Calls of the week whose caller is known.
    pub known_callers: usize,
    /// Of those, calls whose caller had called within the days before.
    pub again: usize,
    /// `again ÷ known_callers`; `None` where no caller is known.
    pub again_share: Option<f64>,
}

/// Finds the topics of a week. Calls outside both stretches count for nobody but callers who call again.
pub fn topics(calls: &[TopicCall], window: Window, lexicon: &Lexicon, settings: &TopicSettings) -> Topics {
    let mut calls: Vec<&TopicCall> = calls.iter().collect();
    calls.sort_by(|a, b| a.started_at.cmp(&b.started_at).then_with(|| a.call.cmp(&b.call)));
    let within = |from: Timestamp, to: Timestamp| {
        calls.iter().copied().filter(move |call| from <= call.started_at && call.started_at < to).collect::<Vec<_>>()
    };
    let (week, before) = (within(window.start, window.end), within(window.before, window.start));
    let counted = rising::count(&week, &before, lexicon);
    let again = callers::again(&calls, window, settings);
    Topics {
        calls: week.len(),
        calls_before: before.len(),
        rising: counted.rising(settings),
        frequent: counted.frequent(settings),
        groups: groups::groups(&week, lexicon, settings),
        callers: again.callers,
        known_callers: again.known,
        again: again.again,
        again_share: (again.known > 0).then(|| again.again as f64 / again.known as f64),
    }
}
