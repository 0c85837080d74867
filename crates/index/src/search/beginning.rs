//! Documents that have a term with a given beginning: how single characters are found in an index of pairs.

use tantivy::query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

/// Terms of `field` that begin so.
#[derive(Clone, Debug)]
pub(super) struct BeginningQuery {
    pub(super) field: Field,
    pub(super) beginning: String,
}

impl Query for BeginningQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for BeginningQuery {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inverted = reader.inverted_index(self.field)?;
        let from = self.beginning.as_bytes();
        // No byte of UTF-8 is that high.
        let to = [from, &[0xff]].concat();
        let mut terms = inverted.terms().range().ge(from).lt(&to).into_stream()?;
        let mut docs = BitSet::with_max_value(reader.max_doc());
        let mut any = false;
        while terms.advance() {
            let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                docs.insert(doc);
                any = true;
                doc = postings.advance();
            }
        }
        if !any {
            return Ok(Box::new(EmptyScorer));
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost)))
    }

    fn explain(&self, _: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument(format!("nothing to explain about document {doc}")))
    }
}
