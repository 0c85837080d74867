//! Texts and filters → queries of the engine.

use hotline_text::number::{NumberKind, NumberSpan};
use hotline_text::{Lexicon, number, skeleton};
use tantivy::Term;
use tantivy::query::{BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query, RegexQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field as EngineField, IndexRecordOption};

use super::beginning::BeginningQuery;
use crate::document::{filter_key, flag_key, number_key};
use crate::query::{Field, TextTerm};
use crate::schema::{Fields, KIND_CALL};
use crate::tokens::char_starts;

/// Utterances that hold the text: its run of characters, or its number in any writing.
///
/// A short number that is asked for by itself is not looked for inside longer ones, unless it is quoted: who types 15
/// means fifteen, not 2015.
pub(super) fn text(fields: &Fields, term: &TextTerm) -> Box<dyn Query> {
    let mut ways = Vec::new();
    match Numbers::in_query(&term.text) {
        Numbers::None => ways.push(run(fields.grams, &term.text)),
        Numbers::Whole(number) => {
            ways.push(exact(fields.numbers, &exact_number(&number)));
            if term.quoted || is_long(&number.value) {
                ways.push(run(fields.grams, &term.text));
            }
            if is_long(&number.value) {
                // A text that has its numbers in digits anyway has no field of its own for them.
                ways.extend([run(fields.grams, &number.value), run(fields.digits, &number.value)]);
            }
        }
        // 3个工作日 is 三个工作日: both in digits.
        Numbers::Among(digits) => {
            ways.extend([run(fields.grams, &term.text), run(fields.grams, &digits), run(fields.digits, &digits)]);
        }
    }
    any_of(ways)
}

/// Utterances that hold the text as part of something longer, where [`text`] leaves those out.
pub(super) fn part(fields: &Fields, term: &TextTerm) -> Option<Box<dyn Query>> {
    match Numbers::in_query(&term.text) {
        Numbers::Whole(number) if !term.quoted && !is_long(&number.value) => Some(run(fields.grams, &term.text)),
        _ => None,
    }
}

/// Utterances with the same number, but not said to be money, where money was asked for.
pub(super) fn bare_number(fields: &Fields, text: &str) -> Option<Box<dyn Query>> {
    match Numbers::in_query(text) {
        Numbers::Whole(number) if number.kind == NumberKind::Amount => {
            Some(exact(fields.numbers, &format!("#{}", number.value)))
        }
        _ => None,
    }
}

/// How a recogniser may write a number that is said short: 三千二百八 is 3280, heard as 3200 and 8 it is written 32008. `None` for
/// numbers that are not said so.
pub(super) fn said_short(value: &str) -> Option<String> {
    let core = value.trim_end_matches('0');
    let zeros = value.len() - core.len();
    let is_number = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    let [.., before, last] = core.as_bytes() else { return None };
    if !is_number || zeros == 0 || *before == b'0' {
        return None;
    }
    let high = core.get(..core.len() - 1)?;
    Some(format!("{high}{}{}", "0".repeat(zeros + 1), char::from(*last)))
}

/// How a number that was asked for stands in the index: with its unit if it has one.
pub(super) fn exact_number(number: &NumberSpan) -> String {
    match number.kind {
        NumberKind::Amount | NumberKind::Percent | NumberKind::Ordinal => number_key(number),
        _ => number.value.clone(),
    }
}

/// Numbers in what is searched for.
pub(super) enum Numbers {
    /// None.
    None,
    /// It is one number.
    Whole(NumberSpan),
    /// It holds numbers: the skeleton with all of them in digits.
    Among(String),
}

/// Whether a number is looked for inside longer ones too: part of a telephone number, the tail of a card.
pub(super) fn is_long(value: &str) -> bool {
    value.len() >= 4 && value.bytes().all(|b| b.is_ascii_digit())
}

impl Numbers {
    pub(super) fn in_query(text: &str) -> Numbers {
        if let Some(number) = number::parse(text) {
            return Numbers::Whole(number);
        }
        if number::find(text).is_empty() {
            return Numbers::None;
        }
        Numbers::Among(skeleton(&number::readings(text).digits.text).text)
    }
}

/// The word that `text` is, if it is one word: to tell it from chance runs of characters.
pub(super) fn whole_word(fields: &Fields, lexicon: &Lexicon, text: &str) -> Option<Term> {
    let folded = skeleton(text).text;
    match lexicon.words(&folded).as_slice() {
        [only] if only.span.range() == (0..folded.len()) => Some(Term::from_field_text(fields.words, &folded)),
        _ => None,
    }
}

/// The run of characters of `text`, exactly: pairs side by side and, for an odd number, one that overlaps.
pub(super) fn run(field: EngineField, text: &str) -> Box<dyn Query> {
    let folded = skeleton(text).text;
    let starts = char_starts(&folded);
    let count = starts.len() - 1;
    let gram = |at: usize, n: usize| {
        let (from, to) = (starts.get(at)?, starts.get(at + n)?);
        Some((at, Term::from_field_text(field, folded.get(*from..*to)?)))
    };
    let mut grams: Vec<(usize, Term)> = match count {
        1 => return Box::new(BeginningQuery { field, beginning: folded }),
        _ => (0..count.saturating_sub(1)).step_by(2).filter_map(|at| gram(at, 2)).collect(),
    };
    if count > 2 && count % 2 == 1 {
        grams.extend(gram(count - 2, 2));
    }
    phrase(grams)
}

/// Calls with this value in the field.
pub(super) fn field(fields: &Fields, field: Field, value: &str) -> Box<dyn Query> {
    let key = filter_key(value);
    match field {
        Field::Call => {
            let mut ways = vec![exact(fields.file, &key)];
            let is_id = (4..=32).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_hexdigit());
            if let Some(Ok(beginning)) = is_id.then(|| RegexQuery::from_pattern(&format!("{key}.*"), fields.call_id)) {
                ways.push(Box::new(beginning));
            }
            any_of(ways)
        }
        Field::Agent => any_of(vec![exact(fields.agent, &key), exact(fields.agent_name, &key)]),
        Field::Team => exact(fields.team, &key),
        Field::Business => exact(fields.business, &key),
        Field::Hotline => exact(fields.hotline, &key),
        Field::Clause => exact(fields.flag, &flag_key(value, hotline_model::Outcome::Violated)),
    }
}

/// The documents of calls (not of utterances): all of them.
pub(super) fn all_calls(fields: &Fields) -> Box<dyn Query> {
    let term = Term::from_field_u64(fields.kind, KIND_CALL);
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// The documents of the calls with these ids.
pub(super) fn calls_with_ids<'a>(fields: &Fields, ids: impl Iterator<Item = &'a str>) -> Box<dyn Query> {
    Box::new(TermSetQuery::new(ids.map(|id| Term::from_field_text(fields.call_id, id))))
}

pub(super) fn exact(field: EngineField, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

/// Terms at exact distances.
fn phrase(mut terms: Vec<(usize, Term)>) -> Box<dyn Query> {
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => match terms.pop() {
            Some((_, term)) => Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
            None => Box::new(EmptyQuery),
        },
        _ => Box::new(PhraseQuery::new_with_offset(terms)),
    }
}

pub(super) fn any_of(ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    joined(ways, Occur::Should)
}

pub(super) fn all_of(parts: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    joined(parts, Occur::Must)
}

fn joined(mut parts: Vec<Box<dyn Query>>, occur: Occur) -> Box<dyn Query> {
    match parts.len() {
        0 => Box::new(EmptyQuery),
        1 => parts.pop().unwrap_or_else(|| Box::new(EmptyQuery)),
        _ => Box::new(BooleanQuery::new(parts.into_iter().map(|query| (occur, query)).collect())),
    }
}
