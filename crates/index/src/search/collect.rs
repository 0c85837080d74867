//! Reading the number fields of all documents that a lookup yields.

use hotline_model::TimeSpan;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::document::channel_code;
use crate::query::{TextTerm, Within};
use crate::schema::fast;

/// One document found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) call_no: u64,
    /// Milliseconds since 1970.
    pub(super) started_at: Option<i64>,
    /// 0 for the document of a call.
    pub(super) utterance: u64,
    /// As [`channel_code`] has it.
    pub(super) channel: u64,
    /// When the utterance was spoken.
    pub(super) time: TimeSpan,
    pub(super) address: DocAddress,
}

/// Keeps the documents that fit; all conditions that are no text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sieve {
    pub(super) channel: Option<u64>,
    pub(super) within: Within,
    /// First and last millisecond since 1970, the latter exclusive.
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

impl Sieve {
    pub(super) fn of(term: &TextTerm) -> Sieve {
        Sieve { channel: term.channel.map(channel_code), within: term.within, ..Sieve::default() }
    }
}

impl Collector for Sieve {
    type Fruit = Vec<Row>;
    type Child = SegmentSieve;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSieve> {
        let columns = reader.fast_fields();
        Ok(SegmentSieve {
            sieve: *self,
            segment,
            rows: Vec::new(),
            call_no: columns.u64(fast::CALL_NO)?,
            started_at: columns.i64(fast::STARTED_AT)?,
            utterance: columns.u64(fast::UTTERANCE)?,
            channel: columns.u64(fast::CHANNEL)?,
            start_ms: columns.u64(fast::START_MS)?,
            end_ms: columns.u64(fast::END_MS)?,
            duration_ms: columns.u64(fast::DURATION_MS)?,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Vec<Row>>) -> tantivy::Result<Vec<Row>> {
        Ok(segments.into_iter().flatten().collect())
    }
}

pub(super) struct SegmentSieve {
    sieve: Sieve,
    segment: SegmentOrdinal,
    rows: Vec<Row>,
    call_no: Column<u64>,
    started_at: Column<i64>,
    utterance: Column<u64>,
    channel: Column<u64>,
    start_ms: Column<u64>,
    end_ms: Column<u64>,
    duration_ms: Column<u64>,
}

impl SegmentSieve {
    fn fits(&self, doc: DocId, started_at: Option<i64>) -> bool {
        let Sieve { channel, within, from, to } = self.sieve;
        let value = |column: &Column<u64>| column.first(doc).unwrap_or(0);
        channel.is_none_or(|wanted| self.channel.first(doc) == Some(wanted))
            && within.first_ms.is_none_or(|ms| value(&self.start_ms) < u64::from(ms))
            && within.last_ms.is_none_or(|ms| value(&self.end_ms) + u64::from(ms) > value(&self.duration_ms))
            && from.is_none_or(|from| started_at.is_some_and(|at| at >= from))
            && to.is_none_or(|to| started_at.is_some_and(|at| at < to))
    }
}

impl SegmentCollector for SegmentSieve {
    type Fruit = Vec<Row>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        let started_at = self.started_at.first(doc);
        let Some(call_no) = self.call_no.first(doc).filter(|_| self.fits(doc, started_at)) else { return };
        let ms = |column: &Column<u64>| column.first(doc).and_then(|ms| u32::try_from(ms).ok()).unwrap_or(0);
        self.rows.push(Row {
            call_no,
            started_at,
            utterance: self.utterance.first(doc).unwrap_or(0),
            channel: self.channel.first(doc).unwrap_or(0),
            time: TimeSpan::from_ms(ms(&self.start_ms), ms(&self.end_ms)),
            address: DocAddress::new(self.segment, doc),
        });
    }

    fn harvest(self) -> Vec<Row> {
        self.rows
    }
}
