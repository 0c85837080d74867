//! More calls like one.
//!
//! What a call is about are its words that few calls have: tf·idf over the words of its utterances, those of the customer
//! counting double. Other calls are compared by the share of that weight that they hold.

use std::collections::{BTreeMap, HashMap};

use hotline_model::{CallId, Channel, TextSpan};
use hotline_text::skeleton;
use tantivy::collector::Count;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use super::calls::Evaluation;
use super::rank::{Rank, Ranked};
use super::rows::{self, CallKey, How, Row, Sieve, Spread};
use super::show::Reader;
use super::{CallHits, SearchOptions, lookup, mark};
use crate::document::channel_of;
use crate::query::Query;
use crate::schema::fast;
use crate::{Index, IndexError};

/// Words that a call is compared by.
const MOST_WORDS: usize = 24;
/// The least share of the weight that a call must hold, and the least number of words.
const LEAST_SHARE: f64 = 0.15;
const LEAST_WORDS: usize = 2;
/// Utterances shown of a call.
const MOST_HITS: usize = 3;

/// Calls like another.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct LikeResults {
    /// The words that were compared, the heaviest first.
    pub words: Vec<String>,
    /// Calls that hold enough of them, the likest first; the score is the share, from 0 to 1.
    pub calls: Vec<CallHits>,
}

/// A word, what it weighs, and the utterances that hold it.
struct Word {
    text: String,
    weight: f64,
    rows: Vec<Row>,
}

impl Index {
    /// Calls about the same as `call`; `None` if it is not in the index. Of the options the limit and the filters count.
    ///
    /// # Errors
    /// As [`Index::search`].
    pub fn like(&self, call: &CallId, options: &SearchOptions) -> Result<Option<LikeResults>, IndexError> {
        let searcher = self.searcher()?;
        like(self, &searcher, call, options).map_err(IndexError::engine(self.folder()))
    }
}

fn like(
    index: &Index,
    searcher: &Searcher,
    call: &CallId,
    options: &SearchOptions,
) -> tantivy::Result<Option<LikeResults>> {
    let query = lookup::calls_with_ids(&index.fields, std::iter::once(call.as_str()));
    let spread = Spread::of(searcher)?;
    let reader = Reader { index, searcher, spread: &spread };
    let found = rows::collect(searcher, &spread, &*query, Sieve::default())?;
    let Some(own) = found.first().map(|row| row.call()) else { return Ok(None) };
    let words = heaviest(&reader, own)?;
    let all: f64 = words.iter().map(|word| word.weight).sum();
    let mut shares: BTreeMap<CallKey, (f64, usize)> = BTreeMap::new();
    for word in &words {
        for group in word.rows.chunk_by(|a, b| a.call() == b.call()) {
            let Some(first) = group.first() else { continue };
            let entry = shares.entry(first.call()).or_default();
            // Said once may be chance; said again it is the matter.
            *entry = (entry.0 + word.weight * if group.len() > 1 { 1.0 } else { 0.8 }, entry.1 + 1);
        }
    }
    shares.remove(&own);
    shares.retain(|_, (weight, words)| *words >= LEAST_WORDS && *weight >= LEAST_SHARE * all);
    let mut evaluation = Evaluation::new(index, searcher, options)?;
    let mut allowed = evaluation.run(&Query::All)?;
    rows::retain(&mut allowed, &shares.keys().copied().collect::<Vec<_>>(), true);
    let numbers = evaluation.columns(fast::NUMBER)?;
    let mut ranked: Vec<Ranked> = allowed
        .into_iter()
        .filter_map(|call| {
            let (weight, words) = *shares.get(&call)?;
            let score = weight / all;
            let rank = Rank { keys: [score, words as f64, 0.0], call_no: numbers.value(call).unwrap_or(0) };
            Some(Ranked { call, rank, how: How::Exact, score: score as f32, hits: words })
        })
        .collect();
    ranked.sort_unstable_by(|a, b| a.rank.compare(&b.rank));
    let page = ranked.iter().skip(options.offset).take(options.limit);
    let calls = page.map(|ranked| shown(&reader, ranked, &words)).collect::<tantivy::Result<_>>()?;
    Ok(Some(LikeResults { words: words.into_iter().map(|word| word.text).collect(), calls }))
}

/// The words that tell the call from others.
fn heaviest(reader: &Reader, own: CallKey) -> tantivy::Result<Vec<Word>> {
    let Reader { index, searcher, spread } = *reader;
    let address = spread.address(own);
    let segment = searcher.segment_reader(address.segment_ord);
    let place = rows::place(segment)?;
    let channel = segment.fast_fields().u64(fast::CHANNEL)?;
    let mut counts: HashMap<String, f64> = HashMap::new();
    let in_segment = address.doc_id;
    let belongs = |doc: &u32| place.get_val(*doc) == u64::from(doc - in_segment);
    for doc in (in_segment + 1..segment.max_doc()).take_while(belongs) {
        let text = reader.utterance(own, own + (doc - in_segment))?.text;
        let says = if channel_of(channel.first(doc).unwrap_or(2)) == Channel::Customer { 2.0 } else { 1.0 };
        for word in index.lexicon.words(&text).into_iter().filter(|word| word.tag.is_content()) {
            let word = skeleton(word.span.slice(&text).unwrap_or_default()).text;
            if word.chars().count() >= 2 {
                *counts.entry(word).or_default() += says;
            }
        }
    }
    let all = searcher.search(&lookup::all_calls(&index.fields), &Count)? as f64;
    let mut words = Vec::new();
    for (text, count) in counts {
        let term = Term::from_field_text(index.fields.words, &text);
        // Counted in utterances, which is at hand, and not in calls.
        let found = searcher.doc_freq(&term)? as f64;
        let rarity = (1.0 + (all + 1.0) / (found + 0.5)).ln();
        words.push(Word { text, weight: count / (count + 1.0) * rarity, rows: Vec::new() });
    }
    words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.text.cmp(&b.text)));
    let mut kept = Vec::new();
    for mut word in words {
        let term = Term::from_field_text(index.fields.words, &word.text);
        let said = TermQuery::new(term, IndexRecordOption::Basic);
        word.rows = rows::collect(searcher, spread, &said, Sieve::default())?;
        // What no other call says (often something misheard) tells nothing about others.
        if word.rows.iter().any(|row| row.call() != own) {
            kept.push(word);
        }
        if kept.len() == MOST_WORDS {
            break;
        }
    }
    Ok(kept)
}

/// A call with the utterances that have most of the words.
fn shown(reader: &Reader, ranked: &Ranked, words: &[Word]) -> tantivy::Result<CallHits> {
    let mut call = reader.call(ranked)?;
    let mut weights: BTreeMap<u32, f64> = BTreeMap::new();
    for word in words {
        for row in rows::rows_of(&word.rows, ranked.call) {
            *weights.entry(row.doc).or_default() += word.weight;
        }
    }
    let mut docs: Vec<(u32, f64)> = weights.into_iter().collect();
    docs.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    docs.truncate(MOST_HITS);
    docs.sort_by_key(|(doc, _)| *doc);
    for (doc, _) in docs {
        let stored = reader.utterance(ranked.call, doc)?;
        let folded = skeleton(&stored.text);
        let spans: Vec<TextSpan> = words.iter().flat_map(|word| mark::runs(&word.text, &folded)).collect();
        call.hits.push(reader.hit(doc, stored, spans, How::Exact)?);
    }
    Ok(call)
}
