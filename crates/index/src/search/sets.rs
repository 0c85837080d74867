//! Sets of calls as sorted lists: what a search intersects, unites and takes away.

use super::collect::Row;

/// A call and when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) call_no: u64,
    /// Milliseconds since 1970.
    pub(super) started_at: Option<i64>,
}

/// Calls sorted by number, each once.
pub(super) type Calls = Vec<Call>;

/// The calls of rows that are sorted by call.
pub(super) fn of_rows(rows: &[Row]) -> Calls {
    rows.chunk_by(|a, b| a.call_no == b.call_no)
        .filter_map(|group| group.first())
        .map(|row| Call { call_no: row.call_no, started_at: row.started_at })
        .collect()
}

/// Keeps what is in `other` too (`wanted`), or what is not.
pub(super) fn retain(calls: &mut Calls, other: &[Call], wanted: bool) {
    let mut rest = other.iter().peekable();
    calls.retain(|call| {
        while rest.next_if(|other| other.call_no < call.call_no).is_some() {}
        rest.peek().is_some_and(|other| other.call_no == call.call_no) == wanted
    });
}

/// What is in either.
pub(super) fn unite(calls: Calls, other: Calls) -> Calls {
    let mut all = calls;
    all.extend(other);
    all.sort_by_key(|call| call.call_no);
    all.dedup_by_key(|call| call.call_no);
    all
}

/// The rows of one call among rows sorted by call.
pub(super) fn rows_of(rows: &[Row], call_no: u64) -> &[Row] {
    let start = rows.partition_point(|row| row.call_no < call_no);
    let end = rows.partition_point(|row| row.call_no <= call_no);
    rows.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calls() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::btree_set(0u64..40, 0..20).prop_map(|set| set.into_iter().collect())
    }

    fn set(numbers: &[u64]) -> Calls {
        numbers.iter().map(|&call_no| Call { call_no, started_at: None }).collect()
    }

    proptest! {
        #[test]
        fn sets_are_sets(a in calls(), b in calls()) {
            let with = |wanted| {
                let mut kept = set(&a);
                retain(&mut kept, &set(&b), wanted);
                kept
            };
            let expect = |keep: &dyn Fn(u64) -> bool| set(&(0..40).filter(|n| keep(*n)).collect::<Vec<_>>());
            prop_assert_eq!(with(true), expect(&|n| a.contains(&n) && b.contains(&n)));
            prop_assert_eq!(with(false), expect(&|n| a.contains(&n) && !b.contains(&n)));
            prop_assert_eq!(unite(set(&a), set(&b)), expect(&|n| a.contains(&n) || b.contains(&n)));
        }
    }
}
