//! Utterances in which something sounds like a text.
//!
//! The index has pairs of neighbouring syllables. For every pair of the query those that sound like it are looked up; which
//! utterances hold many of the query's pairs is counted in one pass over their postings, without reading any text. Where
//! these are few, each is compared syllable by syllable ([`super::align`]). Where they are many, those that hold every pair are
//! taken as they are, and only the best of the others are compared: this bounds the time a search takes.

use std::sync::PoisonError;

use hotline_text::pinyin::{SyllableId, near};
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, SegmentReader, TERMINATED, TantivyDocument, Term};

use super::align::{Ear, Query, Unit};
use super::calls::Evaluation;
use super::rows::{CallKey, Calls, How, Row, Sieve, segment_of};
use crate::query::TextTerm;
use crate::said;
use crate::tokens::{BEGINNING, pair_name};

/// Most utterances that are compared syllable by syllable in one search.
const MOST_COMPARED: usize = 96;

/// Most utterances that are taken as they are, where sound-alikes were not asked for.
const MOST_UNCOMPARED: usize = 1000;

/// The most that the very same syllables in other characters may cost, in hundredths.
const SAME_SOUND: u8 = 1;

/// The most that two syllables side by side may differ together to count as heard, in a text of more than two.
const PAIR_LIMIT: f32 = 0.45;

/// A pair of syllables of the index and how far it is from the one asked for, in hundredths.
struct Pair {
    name: String,
    cost: u16,
}

/// An utterance that holds pairs of the query.
struct Candidate {
    call: CallKey,
    doc: DocId,
    /// How many.
    pairs: u32,
    /// What these differ, in hundredths.
    cost: u32,
}

/// A lookup of one text by its sound.
pub(super) struct SoundLookup<'e, 'a> {
    pub(super) evaluation: &'e Evaluation<'a>,
}

impl SoundLookup<'_, '_> {
    /// Utterances that sound like `term`, without those in `known`. Where it was asked for, single syllables count too, and none
    /// is left out for being one of many.
    pub(super) fn rows(&self, term: &TextTerm, known: &[Row], ear: Ear) -> tantivy::Result<Vec<Row>> {
        let query = Query::new(&term.text, ear);
        // A short number that stands somewhere is not another one misheard.
        let is_other_number = ear == Ear::Strict && query.is_short_number();
        if query.units.is_empty() || (query.units.len() == 1 && ear != Ear::Asked) || is_other_number {
            return Ok(Vec::new());
        }
        let pairs = pairs_of(&query);
        let least = least_pairs(pairs.len(), ear);
        let mut candidates = Vec::new();
        for segment in 0..self.evaluation.searcher.segment_readers().len() {
            self.candidates(segment as u32, &pairs, least, Sieve::of(term), known, &mut candidates)?;
        }
        let mut calls: Calls = candidates.iter().map(|candidate| candidate.call).collect();
        calls.sort_unstable();
        calls.dedup();
        let all = calls.len();
        self.evaluation.keep_possible(&mut calls)?;
        if calls.len() < all {
            candidates.retain(|candidate| calls.binary_search(&candidate.call).is_ok());
        }
        self.choose(&query, pairs.len() as u32, candidates)
    }

    /// Counts the pairs of every utterance of a segment.
    fn candidates(
        &self,
        segment: u32,
        pairs: &[Vec<Pair>],
        least: u32,
        sieve: Sieve,
        known: &[Row],
        candidates: &mut Vec<Candidate>,
    ) -> tantivy::Result<()> {
        let reader = self.evaluation.searcher.segment_reader(segment);
        // In each slot: the pairs found as bits, and above them what they differ. Another search at the same time makes its own.
        let mut scratch =
            std::mem::take(&mut *self.evaluation.index.scratch.lock().unwrap_or_else(PoisonError::into_inner));
        let size = reader.max_doc() as usize;
        if scratch.len() < size {
            scratch.resize(size, 0);
        }
        let mut touched: Vec<DocId> = Vec::new();
        self.count_pairs(reader, pairs, &mut scratch, &mut touched)?;
        let sieve = sieve.over(segment, reader)?;
        let known = known.get(known.partition_point(|row| segment_of(row.call) < segment)..).unwrap_or_default();
        for row in known.iter().take_while(|row| segment_of(row.call) == segment) {
            if let Some(slot) = scratch.get_mut(row.doc as usize) {
                *slot = 0;
            }
        }
        for doc in touched {
            let Some(slot) = scratch.get_mut(doc as usize) else { continue };
            let found = std::mem::take(slot);
            let count = (found as u32).count_ones();
            if count < least || reader.is_deleted(doc) {
                continue;
            }
            let call = sieve.call(doc);
            if !sieve.fits(doc, call) {
                continue;
            }
            candidates.push(Candidate { call, doc, pairs: count, cost: (found >> 32) as u32 });
        }
        *self.evaluation.index.scratch.lock().unwrap_or_else(PoisonError::into_inner) = scratch;
        Ok(())
    }

    fn count_pairs(
        &self,
        reader: &SegmentReader,
        pairs: &[Vec<Pair>],
        scratch: &mut [u64],
        touched: &mut Vec<DocId>,
    ) -> tantivy::Result<()> {
        let field = self.evaluation.index.fields.sounds;
        let inverted = reader.inverted_index(field)?;
        for (bit, pair) in pairs.iter().enumerate() {
            let mask = 1u64 << bit;
            for way in pair {
                let term = Term::from_field_text(field, &way.name);
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
                count(&mut postings, scratch, touched, mask, u64::from(way.cost) << 32);
            }
        }
        Ok(())
    }

    /// The candidates that sound like the query, sorted by place.
    fn choose(&self, query: &Query, all_pairs: u32, mut candidates: Vec<Candidate>) -> tantivy::Result<Vec<Row>> {
        let (limit, syllables) = (query.limit(), query.units.len() as u32);
        let (mut rows, mut chance) = (Vec::new(), Vec::new());
        if candidates.len() > MOST_COMPARED {
            // Every interior syllable stands in two pairs.
            let doubled = if syllables == 1 { 1 } else { 2 * syllables - 2 };
            let estimate = |candidate: &Candidate| candidate.cost / doubled;
            let is_clear =
                |candidate: &Candidate| candidate.pairs == all_pairs && estimate(candidate) as f32 <= limit * 100.0;
            candidates.sort_unstable_by_key(|candidate| {
                (std::cmp::Reverse(candidate.pairs), candidate.cost, std::cmp::Reverse((candidate.call, candidate.doc)))
            });
            let clear = candidates.partition_point(|candidate| candidate.pairs == all_pairs);
            // Of short words so many are chance that only what is compared counts, unless it was asked for.
            let taken = match query.ear {
                Ear::Asked => clear,
                _ if syllables <= 3 => 0,
                _ => clear.min(MOST_UNCOMPARED),
            };
            let clear = if taken == 0 { 0 } else { clear };
            for candidate in candidates.drain(..clear).take(taken).filter(is_clear) {
                let cost = u8::try_from(estimate(&candidate)).unwrap_or(u8::MAX);
                rows.push(Row { call: candidate.call, doc: candidate.doc, how: How::Alike, cost });
            }
            candidates.truncate(MOST_COMPARED.saturating_sub(rows.len()));
        }
        candidates.sort_unstable_by_key(|candidate| (segment_of(candidate.call), candidate.doc));
        for Candidate { call, doc, .. } in candidates {
            let document: TantivyDocument = self.evaluation.searcher.doc(DocAddress::new(segment_of(call), doc))?;
            let text = said::text(&document, self.evaluation.index.fields.said);
            if let Some(found) = query.heard_in(&text, &self.evaluation.index.lexicon).first() {
                let cost = (found.cost * 100.0).round().clamp(0.0, 255.0) as u8;
                let row = Row { call, doc, how: How::Alike, cost };
                if found.chance { chance.push(row) } else { rows.push(row) }
            }
        }
        // Where it stands clearly somewhere, what may be chance counts only if it is the very sound.
        let is_alone = rows.is_empty();
        rows.extend(chance.into_iter().filter(|row| is_alone || row.cost <= SAME_SOUND));
        rows.sort_unstable_by_key(|row| (segment_of(row.call), row.doc));
        Ok(rows)
    }
}

/// Adds a pair to every utterance that holds it, unless a nearer one is there already.
fn count(postings: &mut SegmentPostings, scratch: &mut [u64], touched: &mut Vec<DocId>, mask: u64, cost: u64) {
    let mut doc = postings.doc();
    while doc != TERMINATED {
        if let Some(slot) = scratch.get_mut(doc as usize) {
            if *slot == 0 {
                touched.push(doc);
            }
            if *slot & mask == 0 {
                *slot = (*slot + cost) | mask;
            }
        }
        doc = postings.advance();
    }
}

/// How many of a query's pairs an utterance must hold to be looked at. A wrong syllable takes two pairs away, except at an
/// end, and what comes near counts as the pair.
fn least_pairs(pairs: usize, ear: Ear) -> u32 {
    match (pairs, ear) {
        (0 | 1, _) | (0..=4, Ear::Loose) => 1,
        (2, _) => 2,
        (3..=5, _) => 2,
        _ => (pairs as f32 * 0.35).ceil() as u32,
    }
}

/// For every two syllables side by side, the pairs of the index that sound like them, the nearest first.
fn pairs_of(query: &Query) -> Vec<Vec<Pair>> {
    if let [only] = query.units.as_slice() {
        return vec![single(only)];
    }
    let limit = if query.units.len() == 2 { 2.0 * query.limit() } else { PAIR_LIMIT };
    let near: Vec<Vec<(SyllableId, f32)>> = query
        .units
        .iter()
        .map(|unit| unit.syllable.readings().iter().flat_map(|reading| near(*reading, limit)).collect())
        .collect();
    near.windows(2)
        .map(|two| {
            let [one, other] = two else { return Vec::new() };
            let mut pairs = Vec::new();
            for (first, first_cost) in one {
                for (second, second_cost) in other {
                    let cost = first_cost + second_cost;
                    if cost <= limit {
                        let mut name = String::new();
                        pair_name(&mut name, *first, *second);
                        pairs.push(Pair { name, cost: (cost * 100.0).round() as u16 });
                    }
                }
            }
            pairs.sort_by(|a, b| a.cost.cmp(&b.cost).then_with(|| a.name.cmp(&b.name)));
            pairs.dedup_by(|a, b| a.name == b.name);
            pairs
        })
        .collect()
}

/// All pairs that end with the syllable.
fn single(unit: &Unit) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let before = SyllableId::all().map(SyllableId::name).chain([BEGINNING]);
    for before in before {
        for reading in unit.syllable.readings() {
            pairs.push(Pair { name: format!("{before} {}", reading.name()), cost: 0 });
        }
    }
    pairs
}
