//! Callers who call again: what was not settled the first time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{TopicCall, TopicSettings, Window};

/// A caller with several calls, none of them longer after the one before than the days that are set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Caller {
    /// The number.
    pub caller: String,
    /// The calls, the oldest first; at least one is of the week.
    pub calls: Vec<CallerCall>,
}

/// A call of a caller.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallerCall {
    /// Id of the call.
    pub call: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it is of the week.
    pub this_week: bool,
}

/// What came of looking for callers who call again.
pub(crate) struct Again {
    pub(crate) callers: Vec<Caller>,
    /// Calls of the week with a number.
    pub(crate) known: usize,
    /// Of those, calls within the days after another call of the same number.
    pub(crate) again: usize,
}

/// Looks for callers who call again; `calls` are in order of time.
pub(crate) fn again(calls: &[&TopicCall], window: Window, settings: &TopicSettings) -> Again {
    let mut by_number: BTreeMap<String, Vec<CallerCall>> = BTreeMap::new();
    for call in calls {
        let Some(number) = call.caller.as_deref().map(digits).filter(|number| !number.is_empty()) else { continue };
        by_number.entry(number).or_default().push(CallerCall {
            call: call.call.clone(),
            started_at: call.started_at,
            this_week: window.start <= call.started_at && call.started_at < window.end,
        });
    }
    let gap = SignedDuration::from_hours(24 * i64::from(settings.again_days));
    let soon = |a: &CallerCall, b: &CallerCall| b.started_at.duration_since(a.started_at) <= gap;
    let mut found = Again { callers: Vec::new(), known: 0, again: 0 };
    for (caller, calls) in by_number {
        found.known += calls.iter().filter(|call| call.this_week).count();
        found.again += calls.windows(2).filter(|pair| pair[1].this_week && soon(&pair[0], &pair[1])).count();
        for chain in calls.chunk_by(|a, b| soon(a, b)) {
            if chain.len() > 1 && chain.iter().any(|call| call.this_week) {
                found.callers.push(Caller { caller: caller.clone(), calls: chain.to_vec() });
            }
        }
    }
    found.callers.sort_by(|a, b| b.calls.len().cmp(&a.calls.len()).then_with(|| a.caller.cmp(&b.caller)));
    found.callers.truncate(settings.limit);
    found
}

/// The same number however it is written: 199-0000-0102, +86 19900000102.
fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let country = number.trim_start().starts_with("+86") || number.trim_start().starts_with("0086");
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).filter(|_| country);
    national.map_or_else(|| digits.clone(), str::to_owned)
}
