//! Utterances in which something sounds like a text.
//!
//! The index has pairs of neighbouring syllables. For every pair of the query those that sound like it are looked up; which
//! utterances hold many of the query's pairs is counted in one pass over their postings, a stretch of documents at a time, without
//! reading any text. Where
//! these are few, each is compared syllable by syllable ([`super::align`]). Where they are many, those that hold every pair are
//! taken as they are, and only the best of the others are compared: this bounds the time a search takes.

use std::cmp::Reverse;

use hotline_text::pinyin::{SyllableId, near};
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, SegmentOrdinal, SegmentReader, TantivyDocument, Term};

use super::align::{Ear, Query, Unit};
use super::calls::Evaluation;
use super::rows::{CallKey, Calls, DocKey, How, Row, Sieve, unite_rows};
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

/// Documents that are counted at a time: their counts stay in the processor's cache.
const STRETCH: u32 = 1 << 15;

/// An utterance that holds pairs of the query.
#[derive(Clone, Copy)]
struct Candidate {
    doc: DocKey,
    place: u32,
    /// How many.
    pairs: u16,
    /// What these differ, in hundredths.
    cost: u16,
}

impl Candidate {
    fn call(&self) -> CallKey {
        self.doc.saturating_sub(self.place)
    }
}

/// The utterances that hold one pair of the index.
struct Holders {
    postings: SegmentPostings,
    /// Which pair of the query it counts as: one bit.
    bit: u32,
    cost: u16,
}

/// A lookup of one text by its sound.
pub(super) struct SoundLookup<'e, 'a> {
    pub(super) evaluation: &'e Evaluation<'a>,
}

impl SoundLookup<'_, '_> {
    /// Utterances that sound like `term`, without those in `known`. Where it was asked for, single syllables count too, and none
    /// is left out for being one of many.
    pub(super) fn rows(&self, term: &TextTerm, known: &[Row], ear: Ear) -> tantivy::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for query in Query::readings(&term.text, ear) {
            rows = unite_rows(rows, self.rows_of(&query, term, known)?);
        }
        Ok(rows)
    }

    fn rows_of(&self, query: &Query, term: &TextTerm, known: &[Row]) -> tantivy::Result<Vec<Row>> {
        let ear = query.ear;
        // A short number that stands somewhere is not another one misheard.
        let is_other_number = ear == Ear::Strict && query.is_short_number();
        if query.units.is_empty() || (query.units.len() == 1 && ear != Ear::Asked) || is_other_number {
            return Ok(Vec::new());
        }
        let pairs = pairs_of(query);
        let least = least_pairs(pairs.len(), ear);
        let all_pairs = pairs.len() as u32;
        let (mut clear, mut others) = (Vec::new(), Vec::new());
        for (segment, reader) in self.evaluation.searcher.segment_readers().iter().enumerate() {
            let begin = self.evaluation.spread.begin(segment as SegmentOrdinal);
            let mut holders = self.holders(reader, &pairs)?;
            let sieve = Sieve::of(term).over(reader)?;
            let known = known.get(known.partition_point(|row| row.doc < begin)..).unwrap_or_default();
            let mut known = known.iter().peekable();
            count(reader, &mut holders, |doc, pairs, cost| {
                if pairs < least || reader.is_deleted(doc) {
                    return;
                }
                let key = begin + doc;
                while known.next_if(|row| row.doc < key).is_some() {}
                let place = sieve.place(doc);
                if known.peek().is_none_or(|row| row.doc != key) && sieve.fits(doc, place) {
                    let candidate = Candidate { doc: key, place, pairs: pairs as u16, cost };
                    if pairs == all_pairs { clear.push(candidate) } else { others.push(candidate) }
                }
            });
        }
        if self.evaluation.is_filtered() {
            self.keep_possible(&mut clear)?;
            self.keep_possible(&mut others)?;
        }
        self.choose(query, clear, others)
    }

    /// Keeps the candidates whose calls can be among the results.
    fn keep_possible(&self, candidates: &mut Vec<Candidate>) -> tantivy::Result<()> {
        let mut calls: Calls = candidates.iter().map(Candidate::call).collect();
        calls.dedup();
        self.evaluation.keep_possible(&mut calls)?;
        let mut rest = calls.iter().peekable();
        candidates.retain(|candidate| {
            while rest.next_if(|call| **call < candidate.call()).is_some() {}
            rest.peek().is_some_and(|call| **call == candidate.call())
        });
        Ok(())
    }

    /// The postings of all pairs that are in a segment; those of one pair of the query the nearest first.
    fn holders(&self, reader: &SegmentReader, pairs: &[Vec<Pair>]) -> tantivy::Result<Vec<Holders>> {
        let field = self.evaluation.index.fields.sounds;
        let inverted = reader.inverted_index(field)?;
        let mut holders = Vec::new();
        for (number, pair) in pairs.iter().enumerate() {
            for way in pair {
                let term = Term::from_field_text(field, &way.name);
                if let Some(postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? {
                    holders.push(Holders { postings, bit: 1 << number, cost: way.cost });
                }
            }
        }
        Ok(holders)
    }

    /// The candidates that sound like the query: `clear` ones hold all of its pairs, `others` some. They come and go in order.
    fn choose(
        &self,
        query: &Query,
        mut clear: Vec<Candidate>,
        mut others: Vec<Candidate>,
    ) -> tantivy::Result<Vec<Row>> {
        let (limit, syllables) = (query.limit(), query.units.len() as u16);
        let (mut rows, mut chance) = (Vec::new(), Vec::new());
        // Of short words so many are chance that only what is compared counts, unless it was asked for.
        let most_taken = match query.ear {
            Ear::Asked => usize::MAX,
            _ if syllables <= 3 => 0,
            _ => MOST_UNCOMPARED,
        };
        let are_many = clear.len() + others.len() > MOST_COMPARED;
        if are_many && most_taken > 0 {
            // Every interior syllable stands in two pairs.
            let doubled = if syllables == 1 { 1 } else { 2 * syllables - 2 };
            keep_best(&mut clear, most_taken);
            rows.extend(clear.iter().filter_map(|Candidate { doc, place, cost, .. }| {
                let cost = cost / doubled;
                let is_near = f32::from(cost) <= limit * 100.0;
                is_near.then(|| Row::new(*doc, *place, How::Alike, u8::try_from(cost).unwrap_or(u8::MAX)))
            }));
            clear.clear();
        }
        let mut candidates = clear;
        if are_many {
            let most = MOST_COMPARED.saturating_sub(rows.len());
            keep_best(&mut candidates, most);
            // Those that hold fewer pairs come after all that hold more.
            keep_best(&mut others, most - candidates.len());
        }
        candidates.append(&mut others);
        candidates.sort_unstable_by_key(|candidate| candidate.doc);
        for Candidate { doc, place, .. } in candidates {
            let address = self.evaluation.spread.address(doc);
            let document: TantivyDocument = self.evaluation.searcher.doc(address)?;
            let text = said::text(&document, self.evaluation.index.fields.said);
            if let Some(found) = query.heard_in(&text, &self.evaluation.index.lexicon).first() {
                let cost = (found.cost * 100.0).round().clamp(0.0, 255.0) as u8;
                let row = Row::new(doc, place, How::Alike, cost);
                if found.chance { chance.push(row) } else { rows.push(row) }
            }
        }
        // Where it stands clearly somewhere, what may be chance counts only if it is the very sound.
        let is_alone = rows.is_empty();
        rows.extend(chance.into_iter().filter(|row| is_alone || row.cost() <= SAME_SOUND));
        rows.sort_unstable_by_key(|row| row.doc);
        Ok(rows)
    }
}

/// Gives every document of a segment that has any pair, in order: how many of the query's pairs, and what these differ.
fn count(reader: &SegmentReader, holders: &mut Vec<Holders>, mut give: impl FnMut(DocId, u32, u16)) {
    // In each slot: the pairs found as bits, and above them what they differ.
    let mut slots = vec![0u64; STRETCH as usize];
    let mut touched = vec![0u64; STRETCH as usize / 64];
    while let Some(first) = holders.iter().map(|holders| holders.postings.doc()).min() {
        let end = first.saturating_add(STRETCH).min(reader.max_doc());
        holders.iter_mut().for_each(|holders| holders.count(first, end, &mut slots, &mut touched));
        holders.retain(|holders| holders.postings.doc() < reader.max_doc());
        for (number, word) in touched.iter_mut().enumerate() {
            let mut bits = std::mem::take(word);
            while bits != 0 {
                let at = number * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let found = slots.get_mut(at).map_or(0, std::mem::take);
                give(first + at as DocId, (found as u32).count_ones(), u16::try_from(found >> 32).unwrap_or(u16::MAX));
            }
        }
    }
}

impl Holders {
    /// Adds the pair to the documents from `first` to before `end` that hold it, unless a nearer one is there already.
    fn count(&mut self, first: DocId, end: DocId, slots: &mut [u64], touched: &mut [u64]) {
        let (bit, cost) = (u64::from(self.bit), u64::from(self.cost) << 32);
        let mut doc = self.postings.doc();
        while doc < end {
            let at = (doc - first) as usize;
            if let (Some(slot), Some(word)) = (slots.get_mut(at), touched.get_mut(at / 64)) {
                *word |= 1 << (at % 64);
                if *slot & bit == 0 {
                    *slot = (*slot + cost) | bit;
                }
            }
            doc = self.postings.advance();
        }
    }
}

/// Keeps the `most` that hold the most pairs, of equals the nearest, of equals the latest; in order.
fn keep_best(candidates: &mut Vec<Candidate>, most: usize) {
    if candidates.len() > most {
        let key = |candidate: &Candidate| (Reverse(candidate.pairs), candidate.cost, Reverse(candidate.doc));
        if let Some(last) = most.checked_sub(1) {
            candidates.select_nth_unstable_by_key(last, key);
        }
        candidates.truncate(most);
        candidates.sort_unstable_by_key(|candidate| candidate.doc);
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
