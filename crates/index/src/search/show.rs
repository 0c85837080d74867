//! What is shown of a call: read from disk for the calls of a page only.

use std::collections::BTreeMap;

use hotline_model::TimeSpan;
use tantivy::schema::Value;
use tantivy::{Searcher, TantivyDocument, TantivyError};

use super::mark::{self, Marks, Source};
use super::rank::{Ranked, rows_in};
use super::rows::{CallKey, DocKey, How, Spread};
use super::{CallHits, Hit, calls::Text};
use crate::document::{Summary, channel_of};
use crate::schema::fast;
use crate::{Index, said, times};

/// Reads documents of one state of the index.
pub(super) struct Reader<'a> {
    pub(super) index: &'a Index,
    pub(super) searcher: &'a Searcher,
    pub(super) spread: &'a Spread,
}

/// An utterance as it is stored.
pub(super) struct Stored {
    pub(super) index: usize,
    pub(super) text: String,
    times: Vec<u8>,
}

impl Reader<'_> {
    /// A call without its hits.
    pub(super) fn call(&self, ranked: &Ranked) -> tantivy::Result<CallHits> {
        let document: TantivyDocument = self.searcher.doc(self.spread.address(ranked.call))?;
        let summary = document.get_first(self.index.fields.summary).and_then(|value| value.as_str());
        let summary: Summary = serde_json::from_str(summary.unwrap_or_default())
            .map_err(|error| TantivyError::InternalError(error.to_string()))?;
        Ok(CallHits {
            call_no: ranked.rank.call_no,
            call_id: summary.call_id,
            file_name: summary.file_name,
            agent_id: summary.agent_id,
            agent_name: summary.agent_name,
            team: summary.team,
            business_type: summary.business_type,
            hotline: summary.hotline,
            started_at: summary.started_at,
            duration_ms: summary.duration_ms,
            score: ranked.score,
            how: ranked.how,
            hit_count: ranked.hits,
            hits: Vec::new(),
        })
    }

    /// The utterances of a call that were hit, at most `most`; those that answer best if there are more.
    pub(super) fn hits(
        &self,
        ranked: &Ranked,
        texts: &[Text],
        widened: bool,
        most: usize,
    ) -> tantivy::Result<Vec<Hit>> {
        let mut utterances: BTreeMap<DocKey, (How, Vec<&Source>)> = BTreeMap::new();
        for (row, source) in rows_in(texts, ranked.call) {
            let entry = utterances.entry(row.doc).or_insert((row.how(), Vec::new()));
            entry.0 = entry.0.min(row.how());
            entry.1.push(source);
        }
        let mut order: Vec<(DocKey, How)> = utterances.iter().map(|(doc, (how, _))| (*doc, *how)).collect();
        order.sort_by_key(|(doc, how)| (*how, *doc));
        order.truncate(most);
        order.sort_unstable();
        let mut hits = Vec::new();
        for (doc, _) in order {
            let Some((_, sources)) = utterances.get(&doc) else { continue };
            let stored = self.utterance(ranked.call, doc)?;
            let found: Vec<Marks> = sources
                .iter()
                .map(|source| mark::marks(source, &stored.text, widened, &self.index.lexicon))
                .filter(|marks| !marks.spans.is_empty())
                .collect();
            if let Some(how) = found.iter().map(|marks| marks.how).max() {
                let spans = found.into_iter().flat_map(|marks| marks.spans).collect();
                hits.push(self.hit(doc, stored, spans, how)?);
            }
        }
        Ok(hits)
    }

    /// An utterance of `call`.
    pub(super) fn utterance(&self, call: CallKey, doc: DocKey) -> tantivy::Result<Stored> {
        let fields = &self.index.fields;
        let document: TantivyDocument = self.searcher.doc(self.spread.address(doc))?;
        // Stored only where utterances without text were left out before it.
        let place = u64::from(doc.saturating_sub(call + 1));
        let index = document.get_first(fields.utterance).and_then(|value| value.as_u64()).unwrap_or(place);
        let packed = document.get_first(fields.said).and_then(|value| value.as_bytes()).unwrap_or_default();
        let (text, times) = said::unpack(packed);
        Ok(Stored { index: usize::try_from(index).unwrap_or(usize::MAX), text, times: times.to_owned() })
    }

    /// A hit with its time and role.
    pub(super) fn hit(
        &self,
        doc: DocKey,
        stored: Stored,
        spans: Vec<hotline_model::TextSpan>,
        how: How,
    ) -> tantivy::Result<Hit> {
        let address = self.spread.address(doc);
        let columns = self.searcher.segment_reader(address.segment_ord).fast_fields();
        let value = |name: &str| -> tantivy::Result<u64> { Ok(columns.u64(name)?.first(address.doc_id).unwrap_or(0)) };
        let ms = |name: &str| -> tantivy::Result<u32> { Ok(u32::try_from(value(name)?).unwrap_or(u32::MAX)) };
        let whole = TimeSpan::from_ms(ms(fast::START_MS)?, ms(fast::END_MS)?);
        let highlights = mark::merge(spans);
        Ok(Hit {
            utterance: stored.index,
            channel: channel_of(value(fast::CHANNEL)?),
            time: highlights.first().map_or(whole, |first| times::time_of(&stored.times, &stored.text, whole, *first)),
            utterance_time: whole,
            text: stored.text,
            alike: how == How::Alike,
            how,
            highlights,
        })
    }
}
