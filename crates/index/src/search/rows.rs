//! Documents found, and sets of calls as sorted lists.
//!
//! Documents are counted through all segments, so one number names one. A call is named by its own document; its utterances
//! follow that, so rows in the order of documents are rows in the order of calls: lists are united and intersected without
//! sorting. A common word has millions of rows, hence their eight bytes.

use std::cell::Cell;
use std::sync::Arc;

use serde::Serialize;
use tantivy::columnar::{Column, ColumnValues};
use tantivy::query::{EnableScoring, Query};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Searcher, SegmentOrdinal, SegmentReader, TantivyError};

use crate::document::channel_code;
use crate::query::{TextTerm, Within};
use crate::schema::fast;

/// A document, counted through all segments.
pub(super) type DocKey = u32;

/// A call's own document.
pub(super) type CallKey = DocKey;

/// Calls in order, each once.
pub(super) type Calls = Vec<CallKey>;

/// Where the documents of each segment begin when they are counted through.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread(Arc<[DocKey]>);

impl Spread {
    /// # Errors
    /// If there are more documents than 32 bits count.
    pub(super) fn of(searcher: &Searcher) -> tantivy::Result<Spread> {
        let mut next: DocKey = 0;
        let mut begins = Vec::with_capacity(searcher.segment_readers().len());
        for reader in searcher.segment_readers() {
            begins.push(next);
            let sum = next.checked_add(reader.max_doc());
            next = sum.ok_or_else(|| TantivyError::InternalError("more documents than can be counted".to_owned()))?;
        }
        Ok(Spread(begins.into()))
    }

    /// The first document of a segment.
    pub(super) fn begin(&self, segment: SegmentOrdinal) -> DocKey {
        self.0.get(segment as usize).copied().unwrap_or(DocKey::MAX)
    }

    pub(super) fn address(&self, doc: DocKey) -> DocAddress {
        let segment = self.0.partition_point(|begin| *begin <= doc).saturating_sub(1) as SegmentOrdinal;
        DocAddress::new(segment, doc.saturating_sub(self.begin(segment)))
    }
}

/// A field of numbers over all segments.
pub(super) struct Columns<T> {
    spread: Spread,
    pub(super) columns: Vec<Column<T>>,
}

impl<T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static> Columns<T> {
    pub(super) fn new(spread: &Spread, columns: Vec<Column<T>>) -> Columns<T> {
        Columns { spread: spread.clone(), columns }
    }

    /// The value of a document, if it has one.
    pub(super) fn value(&self, doc: DocKey) -> Option<T> {
        let address = self.spread.address(doc);
        self.columns.get(address.segment_ord as usize)?.first(address.doc_id)
    }
}

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

/// An utterance found: its document, how many documents behind the call's own it stands, how it answers and how far from what
/// was asked for it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) doc: DocKey,
    /// From the highest bit: 22 for the place, 2 for how, 8 for the cost.
    packed: u32,
}

/// A call lasts at most 2³² ms, so it has no more utterances than this, each of a second.
const MOST_PLACES: u32 = (1 << 22) - 1;

impl Row {
    /// `cost` in hundredths of a syllable's difference a syllable.
    pub(super) fn new(doc: DocKey, place: u32, how: How, cost: u8) -> Row {
        Row { doc, packed: place.min(MOST_PLACES) << 10 | (how as u32) << 8 | u32::from(cost) }
    }

    pub(super) fn call(self) -> CallKey {
        self.doc.saturating_sub(self.packed >> 10)
    }

    pub(super) fn how(self) -> How {
        match (self.packed >> 8) & 0b11 {
            0 => How::Exact,
            1 => How::Variant,
            _ => How::Alike,
        }
    }

    pub(super) fn cost(self) -> u8 {
        self.packed as u8
    }

    /// How it answers and its cost: the less, the better.
    pub(super) fn distance(self) -> u16 {
        (self.packed & 0x3ff) as u16
    }

    /// The same utterance, answering so.
    pub(super) fn answering(self, how: How, cost: u8) -> Row {
        Row::new(self.doc, self.packed >> 10, how, cost)
    }
}

/// The calls of rows.
pub(super) fn calls_of(rows: &[Row]) -> Calls {
    let mut calls = Calls::new();
    let mut last = None;
    for row in rows {
        let call = row.call();
        if last != Some(call) {
            calls.push(call);
            last = Some(call);
        }
    }
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
    if calls.is_empty() || other.is_empty() {
        return if calls.is_empty() { other } else { calls };
    }
    let mut all = Calls::with_capacity(calls.len() + other.len());
    merge(&calls, &other, |call| *call, |call, _| all.push(call));
    all
}

/// Rows of both, each utterance once, as it answers best.
pub(super) fn unite_rows(rows: Vec<Row>, other: Vec<Row>) -> Vec<Row> {
    if rows.is_empty() || other.is_empty() {
        return if rows.is_empty() { other } else { rows };
    }
    let mut all = Vec::with_capacity(rows.len() + other.len());
    merge(
        &rows,
        &other,
        |row| row.doc,
        |row, same: Option<Row>| match same {
            Some(same) if same.distance() < row.distance() => all.push(same),
            _ => all.push(row),
        },
    );
    all
}

/// Gives all of two sorted lists in order, what has the same key in both together.
fn merge<T: Copy>(one: &[T], other: &[T], key: impl Fn(&T) -> DocKey, mut give: impl FnMut(T, Option<T>)) {
    let (mut one, mut other) = (one.iter().copied().peekable(), other.iter().copied().peekable());
    loop {
        match (one.peek(), other.peek()) {
            (Some(a), Some(b)) if key(a) == key(b) => {
                if let Some(a) = one.next() {
                    give(a, other.next());
                }
            }
            (Some(a), Some(b)) if key(a) > key(b) => other.next().into_iter().for_each(|b| give(b, None)),
            (Some(_), _) => one.next().into_iter().for_each(|a| give(a, None)),
            (None, Some(_)) => other.next().into_iter().for_each(|b| give(b, None)),
            (None, None) => return,
        }
    }
}

/// Keeps rows of utterances that are in `other` too (`wanted`), or are not.
pub(super) fn retain_rows(rows: &mut Vec<Row>, other: &[Row], wanted: bool) {
    rows.retain(|row| other.binary_search_by_key(&row.doc, |other| other.doc).is_ok() == wanted);
}

/// The rows of one call.
pub(super) fn rows_of(rows: &[Row], call: CallKey) -> &[Row] {
    let rest = rows.get(rows.partition_point(|row| row.doc < call)..).unwrap_or_default();
    rest.get(..rest.partition_point(|row| row.call() <= call)).unwrap_or_default()
}

/// Takes the rows of `call` off the front of `rest`; calls must come in order.
pub(super) fn take<'r>(rest: &mut &'r [Row], call: CallKey) -> &'r [Row] {
    // Leaping: a few calls are looked for among the many of a common word.
    let mut step = 1;
    while rest.get(step).is_some_and(|row| row.doc < call) {
        *rest = rest.get(step..).unwrap_or_default();
        step *= 2;
    }
    let leapt = rest.get(..step).unwrap_or(rest);
    let skip = leapt.partition_point(|row| row.doc < call);
    let after = rest.get(skip..).unwrap_or_default();
    let own = after.iter().take_while(|row| row.call() == call).count();
    let (group, next) = after.split_at_checked(own).unwrap_or((after, &[]));
    *rest = next;
    group
}

/// What a lookup yields, in order: the documents that live and pass the sieve.
pub(super) fn collect(
    searcher: &Searcher,
    spread: &Spread,
    query: &dyn Query,
    sieve: Sieve,
) -> tantivy::Result<Vec<Row>> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut rows = Vec::new();
    for (segment, reader) in searcher.segment_readers().iter().enumerate() {
        let sieve = sieve.over(reader)?;
        let begin = spread.begin(segment as SegmentOrdinal);
        let alive = reader.alive_bitset();
        weight.for_each_no_score(reader, &mut |docs| match alive {
            None => sieve.take(docs, begin, &mut rows),
            Some(alive) => {
                let mut living = [0; COLLECT_BLOCK_BUFFER_LEN];
                for docs in docs.chunks(COLLECT_BLOCK_BUFFER_LEN) {
                    let mut count = 0;
                    for doc in docs.iter().filter(|doc| alive.is_alive(**doc)) {
                        if let Some(slot) = living.get_mut(count) {
                            *slot = *doc;
                            count += 1;
                        }
                    }
                    sieve.take(living.get(..count).unwrap_or_default(), begin, &mut rows);
                }
            }
        })?;
    }
    Ok(rows)
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
    pub(super) fn over(self, reader: &SegmentReader) -> tantivy::Result<SegmentSieve> {
        let columns = reader.fast_fields();
        let column = |wanted: bool, name: &str| if wanted { columns.u64(name).map(Some) } else { Ok(None) };
        let Within { first_ms, last_ms } = self.within;
        Ok(SegmentSieve {
            sieve: self,
            place: place(reader)?,
            channel: column(self.channel.is_some(), fast::CHANNEL)?,
            start_ms: column(first_ms.is_some(), fast::START_MS)?,
            end_ms: column(last_ms.is_some(), fast::END_MS)?,
            duration_ms: column(last_ms.is_some(), fast::DURATION_MS)?,
            lasted: Cell::default(),
        })
    }
}

pub(super) struct SegmentSieve {
    sieve: Sieve,
    place: Arc<dyn ColumnValues<u64>>,
    channel: Option<Column<u64>>,
    start_ms: Option<Column<u64>>,
    end_ms: Option<Column<u64>>,
    duration_ms: Option<Column<u64>>,
    /// The call that was last looked at, and how long it lasted: utterances come call by call.
    lasted: Cell<(DocId, u64)>,
}

/// How many documents behind its call's own each document of a segment stands.
pub(super) fn place(reader: &SegmentReader) -> tantivy::Result<Arc<dyn ColumnValues<u64>>> {
    let column = reader.fast_fields().u64(fast::PLACE)?;
    // Every document has one; read without asking for each whether it has.
    let is_full = column.get_cardinality().is_full();
    Ok(if is_full { column.values } else { column.first_or_default_col(0) })
}

impl SegmentSieve {
    /// How many documents behind its call's own the document stands.
    pub(super) fn place(&self, doc: DocId) -> u32 {
        u32::try_from(self.place.get_val(doc)).unwrap_or(0)
    }

    pub(super) fn fits(&self, doc: DocId, place: u32) -> bool {
        let Sieve { channel, within: Within { first_ms, last_ms } } = self.sieve;
        let value = |column: &Option<Column<u64>>, doc| column.as_ref().and_then(|column| column.first(doc));
        channel.is_none_or(|wanted| value(&self.channel, doc) == Some(wanted))
            && first_ms.is_none_or(|ms| value(&self.start_ms, doc).unwrap_or(0) < u64::from(ms))
            && last_ms.is_none_or(|ms| {
                let end = value(&self.end_ms, doc).unwrap_or(0);
                end + u64::from(ms) > self.duration(doc.saturating_sub(place))
            })
    }

    /// How long a call lasted.
    fn duration(&self, call: DocId) -> u64 {
        let (known, ms) = self.lasted.get();
        if known == call && ms > 0 {
            return ms;
        }
        let ms = self.duration_ms.as_ref().and_then(|column| column.first(call)).unwrap_or(0);
        self.lasted.set((call, ms));
        ms
    }

    /// Adds those of a segment's documents that fit, the segment's first being `begin`.
    fn take(&self, docs: &[DocId], begin: DocKey, rows: &mut Vec<Row>) {
        let Sieve { channel, within } = self.sieve;
        let all_fit = channel.is_none() && within == Within::default();
        let mut places = [0; COLLECT_BLOCK_BUFFER_LEN];
        for docs in docs.chunks(COLLECT_BLOCK_BUFFER_LEN) {
            let Some(places) = places.get_mut(..docs.len()) else { continue };
            self.place.get_vals(docs, places);
            let placed = docs.iter().zip(places.iter()).map(|(doc, place)| (*doc, *place as u32));
            let row = |(doc, place)| Row::new(begin + doc, place, How::Exact, 0);
            if all_fit {
                rows.extend(placed.map(row));
            } else {
                rows.extend(placed.filter(|(doc, place)| self.fits(*doc, *place)).map(row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calls() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::btree_set(0u32..60, 0..40).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn sets_are_sets(a in calls(), b in calls()) {
            let with = |wanted| {
                let mut kept = a.clone();
                retain(&mut kept, &b, wanted);
                kept
            };
            let expect = |keep: &dyn Fn(u32) -> bool| (0..60).filter(|n| keep(*n)).collect::<Vec<_>>();
            prop_assert_eq!(with(true), expect(&|n| a.contains(&n) && b.contains(&n)));
            prop_assert_eq!(with(false), expect(&|n| a.contains(&n) && !b.contains(&n)));
            prop_assert_eq!(unite(a.clone(), b.clone()), expect(&|n| a.contains(&n) || b.contains(&n)));
        }
    }

    proptest! {
        #[test]
        fn a_row_keeps_what_it_is_made_of(doc in 0u32..1 << 30, place in 0u32..1 << 22, how in 0usize..3, cost: u8) {
            let how = [How::Exact, How::Variant, How::Alike][how];
            let row = Row::new(doc, place, how, cost);
            prop_assert_eq!((row.call(), row.how(), row.cost()), (doc.saturating_sub(place), how, cost));
            prop_assert_eq!(row.answering(How::Variant, 7).call(), row.call());
        }

        #[test]
        fn rows_of_calls_are_taken_in_order(calls in calls(), wanted in calls()) {
            let of_call = |call: &u32| {
                let call = *call;
                (1..=call % 4).map(move |place| Row::new(call * 10 + place, place, How::Exact, 0))
            };
            let rows: Vec<Row> = calls.iter().flat_map(of_call).collect();
            let mut rest = rows.as_slice();
            for call in wanted {
                prop_assert_eq!(take(&mut rest, call * 10), rows_of(&rows, call * 10));
            }
        }
    }

    #[test]
    fn an_utterance_is_kept_once_as_it_answers_best() {
        let row = |doc, how| Row::new(doc, doc - 10, how, 0);
        let rows = unite_rows(
            vec![row(11, How::Variant), row(13, How::Exact)],
            vec![row(11, How::Exact), row(12, How::Alike)],
        );
        assert_eq!(rows, [row(11, How::Exact), row(12, How::Alike), row(13, How::Exact)]);
        let mut kept = rows.clone();
        retain_rows(&mut kept, &[row(12, How::Exact)], false);
        assert_eq!(kept.len(), 2);
        assert_eq!((rows_of(&rows, 10).len(), rows_of(&rows, 14).len()), (3, 0));
    }
}
