//! The first calls of many, without sorting all of them: hundreds of thousands may answer, and twenty are shown.

use std::cmp::Ordering;

use super::Order;
use super::calls::Evaluation;
use super::rank::{Rank, Ranked};
use super::rows::{CallKey, Columns};
use crate::schema::fast;

/// The least room for calls that may be among the first.
const ROOM: usize = 512;

/// What tells calls apart that rank the same otherwise.
pub(super) struct Ties {
    numbers: Columns<u64>,
    /// `None` where the order is by time anyway.
    started_at: Option<Columns<i64>>,
}

impl Ties {
    pub(super) fn of(evaluation: &Evaluation) -> tantivy::Result<Ties> {
        let by_time = matches!(evaluation.options.order, Order::Newest | Order::Oldest);
        let started_at = if by_time { None } else { Some(evaluation.started_at()?) };
        Ok(Ties { numbers: evaluation.columns(fast::NUMBER)?, started_at })
    }

    /// Fills in the last keys of a rank: the newer call comes first.
    fn complete(&self, call: CallKey, rank: &mut Rank) {
        rank.call_no = self.numbers.value(call).unwrap_or(0);
        let [.., last] = &mut rank.keys;
        let started = |at: &Columns<i64>| at.value(call).map_or(f64::NEG_INFINITY, |ms| ms as f64);
        *last = self.started_at.as_ref().map_or(0.0, started);
    }
}

/// Keeps the first of the calls that are offered.
pub(super) struct Top {
    ties: Ties,
    /// How many are wanted.
    wanted: usize,
    /// Only what comes after this counts: the end of the page before.
    after: Option<Rank>,
    /// The last one that is wanted so far.
    last: Option<Rank>,
    kept: Vec<Ranked>,
    /// How many were offered that count.
    offered: usize,
}

impl Top {
    pub(super) fn new(ties: Ties, wanted: usize, after: Option<Rank>) -> Top {
        Top { ties, wanted, after, last: None, kept: Vec::new(), offered: 0 }
    }

    /// Takes a call whose rank has its first two keys; the others are looked up where they matter.
    pub(super) fn offer(&mut self, mut ranked: Ranked) {
        let against = |bound: &Option<Rank>, rank: &Rank| bound.as_ref().map(|bound| bound.compare_coarsely(rank));
        let (after, last) = (against(&self.after, &ranked.rank), against(&self.last, &ranked.rank));
        if after == Some(Ordering::Greater) {
            return;
        }
        let is_out = last == Some(Ordering::Less);
        if !is_out || after == Some(Ordering::Equal) {
            self.ties.complete(ranked.call, &mut ranked.rank);
        }
        if after == Some(Ordering::Equal) && self.after.is_some_and(|after| after.compare(&ranked.rank).is_ge()) {
            return;
        }
        self.offered += 1;
        if is_out || self.last.is_some_and(|last| last.compare(&ranked.rank).is_lt()) {
            return;
        }
        self.kept.push(ranked);
        if self.kept.len() >= self.wanted.saturating_mul(2).max(ROOM) {
            self.cut();
        }
    }

    /// Drops what is not among the first any more.
    fn cut(&mut self) {
        let Some(last) = self.wanted.checked_sub(1) else {
            self.kept.clear();
            return;
        };
        if self.kept.len() > self.wanted {
            let (_, nth, _) = self.kept.select_nth_unstable_by(last, |a, b| a.rank.compare(&b.rank));
            self.last = Some(nth.rank);
            self.kept.truncate(self.wanted);
        }
    }

    /// The first calls in order, and how many there were in all.
    pub(super) fn finish(mut self) -> (Vec<Ranked>, usize) {
        self.cut();
        self.kept.sort_unstable_by(|a, b| a.rank.compare(&b.rank));
        (self.kept, self.offered)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::{How, Spread};
    use super::*;

    fn ranked(call: u32, keys: [u8; 2]) -> Ranked {
        let [a, b] = keys.map(f64::from);
        Ranked { call, rank: Rank { keys: [a, b, 0.0], call_no: 0 }, how: How::Exact, score: 0.0, hits: 1 }
    }

    proptest! {
        #[test]
        fn the_first_are_those_of_a_sorted_list(keys in proptest::collection::vec(any::<[u8; 2]>(), 0..2000), wanted in 0usize..40, after in proptest::option::of(any::<[u8; 2]>())) {
            let spread = Spread::default();
            let ties = Ties { numbers: Columns::new(&spread, Vec::new()), started_at: None };
            let after = after.map(|keys| ranked(0, keys).rank);
            let mut top = Top::new(ties, wanted, after);
            let all: Vec<Ranked> = keys.iter().map(|keys| ranked(0, *keys)).collect();
            all.iter().for_each(|ranked| top.offer(*ranked));
            let mut expected: Vec<Rank> = all.iter().map(|ranked| ranked.rank).collect();
            expected.retain(|rank| after.is_none_or(|after| after.compare(rank).is_lt()));
            expected.sort_by(Rank::compare);
            let (first, offered) = top.finish();
            prop_assert_eq!(offered, expected.len());
            prop_assert_eq!(first.iter().map(|ranked| ranked.rank).collect::<Vec<_>>(), expected.into_iter().take(wanted).collect::<Vec<_>>());
        }
    }
}
