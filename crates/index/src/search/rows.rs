//! Documents found, and sets of calls as sorted lists.
//!
//! A call is named by the address of its own document. Its utterances follow that document, so rows in the order of
//! documents are rows in the order of calls: lists are united and intersected without sorting.

use std::sync::Arc;

use serde::Serialize;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, ColumnValues};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::document::channel_code;
use crate::query::{TextTerm, Within};
use crate::schema::fast;

/// The address of a call's document: segment, then document, in one number.
pub(super) type CallKey = u64;

/// Calls in order, each once.
pub(super) type Calls = Vec<CallKey>;

/// How what was said answers what was asked for; the best comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// As it was typed, a number in whatever writing.
    #[default]
    Exact,
    /// In other words: a synonym, another order, a number without its unit.
    Variant,
    /// In what sounds alike.
    Alike,
}

/// An utterance found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) call: CallKey,
    /// Its document, in the segment of the call's.
    pub(super) doc: DocId,
    pub(super) how: How,
    /// How far from what was asked for, in hundredths of a syllable's difference a syllable.
    pub(super) cost: u8,
}

impl Row {
    pub(super) fn address(self) -> DocAddress {
        DocAddress::new(segment_of(self.call), self.doc)
    }

    fn place(self) -> (SegmentOrdinal, DocId) {
        (segment_of(self.call), self.doc)
    }
}

pub(super) fn key(segment: SegmentOrdinal, doc: DocId) -> CallKey {
    u64::from(segment) << 32 | u64::from(doc)
}

pub(super) fn segment_of(call: CallKey) -> SegmentOrdinal {
    (call >> 32) as SegmentOrdinal
}

pub(super) fn doc_of(call: CallKey) -> DocId {
    call as DocId
}

/// The calls of rows.
pub(super) fn calls_of(rows: &[Row]) -> Calls {
    let mut calls: Calls = rows.iter().map(|row| row.call).collect();
    calls.dedup();
    calls
}

/// Keeps what is in `other` too (`wanted`), or what is not.
pub(super) fn retain(calls: &mut Calls, other: &[CallKey], wanted: bool) {
    let mut rest = other;
    calls.retain(|call| {
        // Leaping over many, for a few calls against a long list.
        let mut step = 1;
        while rest.get(step).is_some_and(|other| other < call) {
            rest = rest.get(step..).unwrap_or_default();
            step *= 2;
        }
        let skip = rest.iter().take_while(|other| *other < call).count();
        rest = rest.get(skip..).unwrap_or_default();
        rest.first().is_some_and(|other| other == call) == wanted
    });
}

/// What is in either.
pub(super) fn unite(calls: Calls, other: Calls) -> Calls {
    if calls.is_empty() {
        return other;
    }
    let mut all = calls;
    all.extend(other);
    all.sort_unstable();
    all.dedup();
    all
}

/// Rows of both, each utterance once, as it answers best.
pub(super) fn unite_rows(rows: Vec<Row>, other: Vec<Row>) -> Vec<Row> {
    if rows.is_empty() || other.is_empty() {
        return if rows.is_empty() { other } else { rows };
    }
    let mut all = rows;
    all.extend(other);
    all.sort_by_key(|row| (row.place(), row.how, row.cost));
    all.dedup_by_key(|row| row.place());
    all
}

/// Keeps rows of utterances that are in `other` too (`wanted`), or are not.
pub(super) fn retain_rows(rows: &mut Vec<Row>, other: &[Row], wanted: bool) {
    rows.retain(|row| other.binary_search_by_key(&row.place(), |other| other.place()).is_ok() == wanted);
}

/// The rows of one call.
pub(super) fn rows_of(rows: &[Row], call: CallKey) -> &[Row] {
    let start = rows.partition_point(|row| row.call < call);
    let rest = rows.get(start..).unwrap_or_default();
    rest.get(..rest.partition_point(|row| row.call <= call)).unwrap_or_default()
}

/// Keeps the utterances that fit: by whom, and in which part of the call. Reads the rows of a lookup.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sieve {
    pub(super) channel: Option<u64>,
    pub(super) within: Within,
}

impl Sieve {
    pub(super) fn of(term: &TextTerm) -> Sieve {
        Sieve { channel: term.channel.map(channel_code), within: term.within }
    }

    /// The sieve over one segment.
    pub(super) fn over(self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSieve> {
        let columns = reader.fast_fields();
        let column = |wanted: bool, name: &str| if wanted { columns.u64(name).map(Some) } else { Ok(None) };
        let Within { first_ms, last_ms } = self.within;
        Ok(SegmentSieve {
            sieve: self,
            segment,
            place: columns.column_first_or_default::<u64>(fast::PLACE)?,
            channel: column(self.channel.is_some(), fast::CHANNEL)?,
            start_ms: column(first_ms.is_some(), fast::START_MS)?,
            end_ms: column(last_ms.is_some(), fast::END_MS)?,
            duration_ms: column(last_ms.is_some(), fast::DURATION_MS)?,
            rows: Vec::new(),
        })
    }
}

impl Collector for Sieve {
    type Fruit = Vec<Row>;
    type Child = SegmentSieve;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSieve> {
        self.over(segment, reader)
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, mut segments: Vec<Vec<Row>>) -> tantivy::Result<Vec<Row>> {
        Ok(if segments.len() == 1 { segments.pop().unwrap_or_default() } else { segments.concat() })
    }
}

pub(super) struct SegmentSieve {
    sieve: Sieve,
    segment: SegmentOrdinal,
    place: Arc<dyn ColumnValues<u64>>,
    channel: Option<Column<u64>>,
    start_ms: Option<Column<u64>>,
    end_ms: Option<Column<u64>>,
    duration_ms: Option<Column<u64>>,
    rows: Vec<Row>,
}

impl SegmentSieve {
    /// The call that the document belongs to.
    pub(super) fn call(&self, doc: DocId) -> CallKey {
        let place = u32::try_from(self.place.get_val(doc)).unwrap_or(0);
        key(self.segment, doc.saturating_sub(place))
    }

    pub(super) fn fits(&self, doc: DocId, call: CallKey) -> bool {
        let Sieve { channel, within: Within { first_ms, last_ms } } = self.sieve;
        let value = |column: &Option<Column<u64>>, doc| column.as_ref().and_then(|column| column.first(doc));
        channel.is_none_or(|wanted| value(&self.channel, doc) == Some(wanted))
            && first_ms.is_none_or(|ms| value(&self.start_ms, doc).unwrap_or(0) < u64::from(ms))
            && last_ms.is_none_or(|ms| {
                let end = value(&self.end_ms, doc).unwrap_or(0);
                end + u64::from(ms) > value(&self.duration_ms, doc_of(call)).unwrap_or(0)
            })
    }
}

impl SegmentCollector for SegmentSieve {
    type Fruit = Vec<Row>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        let call = self.call(doc);
        if self.fits(doc, call) {
            self.rows.push(Row { call, doc, how: How::Exact, cost: 0 });
        }
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        let Sieve { channel, within } = self.sieve;
        if channel.is_some() || within != Within::default() {
            docs.iter().for_each(|doc| self.collect(*doc, 0.0));
            return;
        }
        let mut places = [0; COLLECT_BLOCK_BUFFER_LEN];
        for docs in docs.chunks(COLLECT_BLOCK_BUFFER_LEN) {
            let Some(places) = places.get_mut(..docs.len()) else { continue };
            self.place.get_vals(docs, places);
            let segment = self.segment;
            self.rows.extend(docs.iter().zip(places.iter()).map(|(doc, place)| {
                let call = key(segment, doc.saturating_sub(*place as DocId));
                Row { call, doc: *doc, how: How::Exact, cost: 0 }
            }));
        }
    }

    fn harvest(self) -> Vec<Row> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calls() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::btree_set(0u64..60, 0..40).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn sets_are_sets(a in calls(), b in calls()) {
            let with = |wanted| {
                let mut kept = a.clone();
                retain(&mut kept, &b, wanted);
                kept
            };
            let expect = |keep: &dyn Fn(u64) -> bool| (0..60).filter(|n| keep(*n)).collect::<Vec<_>>();
            prop_assert_eq!(with(true), expect(&|n| a.contains(&n) && b.contains(&n)));
            prop_assert_eq!(with(false), expect(&|n| a.contains(&n) && !b.contains(&n)));
            prop_assert_eq!(unite(a.clone(), b.clone()), expect(&|n| a.contains(&n) || b.contains(&n)));
        }
    }

    #[test]
    fn an_utterance_is_kept_once_as_it_answers_best() {
        let row = |doc, how| Row { call: key(1, 10), doc, how, cost: 0 };
        let rows = unite_rows(
            vec![row(11, How::Variant), row(13, How::Exact)],
            vec![row(11, How::Exact), row(12, How::Alike)],
        );
        assert_eq!(rows, [row(11, How::Exact), row(12, How::Alike), row(13, How::Exact)]);
        let mut kept = rows.clone();
        retain_rows(&mut kept, &[row(12, How::Exact)], false);
        assert_eq!(kept.len(), 2);
        assert_eq!((rows_of(&rows, key(1, 10)).len(), rows_of(&rows, key(0, 10)).len()), (3, 0));
    }
}
