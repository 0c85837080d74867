//! Which calls belong to a report.

use std::collections::HashMap;

use hotline_model::{CallFacts, CallId};

use crate::{Period, ReportInput};

/// The calls of a report, each group sorted by start, then id.
pub(crate) struct Selection<'a> {
    /// Calls of the period.
    pub current: Vec<&'a CallFacts>,
    /// Calls of the period before.
    pub previous: Vec<&'a CallFacts>,
    /// Calls that nothing dates.
    pub undated: Vec<&'a CallFacts>,
    /// Copies of other recordings within the period: left out.
    pub copies: u64,
}

impl<'a> Selection<'a> {
    /// Sorts the calls of `input` into periods.
    pub fn new(input: &ReportInput<'a>, period: &Period, previous: &Period) -> Self {
        let mut selection = Selection { current: Vec::new(), previous: Vec::new(), undated: Vec::new(), copies: 0 };
        let (hotline, team) = (input.settings.hotline.as_deref(), input.settings.team.as_deref());
        let matches = |wanted: Option<&str>, field| wanted.is_none() || text(field) == wanted;
        let wanted =
            input.calls.iter().filter(|c| matches(hotline, &c.call.meta.hotline) && matches(team, &c.call.meta.team));
        for facts in once_each(wanted) {
            let copy = text(&facts.call.meta.variant_of).is_some();
            match facts.call.meta.started_at {
                Some(at) if copy => selection.copies += u64::from(period.contains(at)),
                Some(at) if period.contains(at) => selection.current.push(facts),
                Some(at) if previous.contains(at) => selection.previous.push(facts),
                None if !copy => selection.undated.push(facts),
                _ => {}
            }
        }
        for group in [&mut selection.current, &mut selection.previous, &mut selection.undated] {
            group.sort_by(|a, b| (a.call.meta.started_at, &a.call.id).cmp(&(b.call.meta.started_at, &b.call.id)));
        }
        selection
    }
}

/// A metadata text; blank ones count as missing.
pub(crate) fn text(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// One row a call: if an id comes twice, the row that was processed last.
fn once_each<'a>(calls: impl Iterator<Item = &'a CallFacts>) -> impl Iterator<Item = &'a CallFacts> {
    let mut latest: HashMap<&CallId, &CallFacts> = HashMap::new();
    for facts in calls {
        latest
            .entry(&facts.call.id)
            .and_modify(|known| {
                if facts.processed_at > known.processed_at {
                    *known = facts;
                }
            })
            .or_insert(facts);
    }
    latest.into_values()
}
