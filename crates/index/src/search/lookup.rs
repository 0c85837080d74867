//! Texts and filters → queries of the engine.

use hotline_text::{Lexicon, number, skeleton};
use tantivy::Term;
use tantivy::query::{BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery, TermSetQuery};
use tantivy::schema::{Field as EngineField, IndexRecordOption};

use crate::document::filter_key;
use crate::query::{Field, TextTerm};
use crate::schema::{Fields, KIND_CALL};
use crate::tokens::{CharCounter, char_starts, classes, sounds};

/// Most combinations of readings that a sound lookup tries (行长 has four); beyond, the commonest readings count.
const MAX_READINGS: usize = 32;

/// Utterances that hold the text: its run of characters, its number, what sounds alike if asked for.
pub(super) fn text(fields: &Fields, term: &TextTerm) -> Box<dyn Query> {
    let mut ways = vec![run(fields.grams, &term.text)];
    match Numbers::in_query(&term.text) {
        Numbers::None => {}
        Numbers::Whole(value) => {
            ways.push(exact(fields.numbers, &value));
            if is_long(&value) {
                // A text that has its numbers in digits anyway has no field of its own for them.
                ways.extend([run(fields.grams, &value), run(fields.digits, &value)]);
            }
        }
        // 3个工作日 is 三个工作日: both in digits.
        Numbers::Among(digits) => ways.extend([run(fields.grams, &digits), run(fields.digits, &digits)]),
    }
    if term.sound {
        ways.extend(alike(fields, &term.text));
    }
    any_of(ways)
}

/// Numbers in what is searched for.
pub(super) enum Numbers {
    /// None.
    None,
    /// It is one number: its value.
    Whole(String),
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
            return Numbers::Whole(number.value);
        }
        if number::find(text).is_empty() {
            return Numbers::None;
        }
        Numbers::Among(skeleton(&number::readings(text).digits.text).text)
    }
}

/// Utterances that hold the text as whole words, as jieba cuts both.
pub(super) fn whole_words(fields: &Fields, lexicon: &Lexicon, text: &str) -> Box<dyn Query> {
    let folded = skeleton(text);
    let mut counter = CharCounter::new(&folded.text);
    let words = lexicon.words(text).into_iter().filter_map(|word| {
        let span = folded.from_original(word.span);
        let position = counter.chars_before(span.range().start);
        Some((position, Term::from_field_text(fields.words, span.slice(&folded.text)?)))
    });
    phrase(words.collect())
}

/// The run of characters of `text`, exactly: pairs side by side and, for an odd number, one that overlaps.
fn run(field: EngineField, text: &str) -> Box<dyn Query> {
    let folded = skeleton(text).text;
    let starts = char_starts(&folded);
    let count = starts.len() - 1;
    let gram = |at: usize, n: usize| {
        let (from, to) = (starts.get(at)?, starts.get(at + n)?);
        Some((at, Term::from_field_text(field, folded.get(*from..*to)?)))
    };
    let mut grams: Vec<(usize, Term)> = match count {
        1 => gram(0, 1).into_iter().collect(),
        _ => (0..count.saturating_sub(1)).step_by(2).filter_map(|at| gram(at, 2)).collect(),
    };
    if count > 2 && count % 2 == 1 {
        grams.extend(gram(count - 2, 2));
    }
    phrase(grams)
}

/// Runs of syllables that fall into the same classes.
fn alike(fields: &Fields, text: &str) -> Vec<Box<dyn Query>> {
    let readings: Vec<Vec<&str>> = sounds(text).iter().map(|(syllable, _)| classes(syllable)).collect();
    let all: usize = readings.iter().map(Vec::len).fold(1, |n, m| n.saturating_mul(m));
    let mut ways: Vec<Vec<&str>> = vec![Vec::new()];
    for names in &readings {
        let names = if all > MAX_READINGS { names.get(..1).unwrap_or_default() } else { names };
        ways = ways.iter().flat_map(|way| names.iter().map(|name| [way.as_slice(), &[*name]].concat())).collect();
    }
    let to_phrase = |way: Vec<&str>| {
        phrase(way.into_iter().enumerate().map(|(i, name)| (i, Term::from_field_text(fields.sounds, name))).collect())
    };
    ways.into_iter().map(to_phrase).collect()
}

/// Calls with this value in the field.
pub(super) fn field(fields: &Fields, field: Field, value: &str) -> Box<dyn Query> {
    let value = filter_key(value);
    match field {
        Field::Agent => any_of(vec![exact(fields.agent, &value), exact(fields.agent_name, &value)]),
        Field::Team => exact(fields.team, &value),
        Field::Business => exact(fields.business, &value),
        Field::Hotline => exact(fields.hotline, &value),
        Field::Clause => exact(fields.clause, &value),
    }
}

/// The documents of calls (not of utterances): all of them.
pub(super) fn all_calls(fields: &Fields) -> Box<dyn Query> {
    number_is(fields.kind, KIND_CALL)
}

/// The documents of these calls.
pub(super) fn calls(fields: &Fields, call_nos: &[u64]) -> Box<dyn Query> {
    let terms = call_nos.iter().map(|call_no| Term::from_field_u64(fields.call_no, *call_no));
    let both: [Box<dyn Query>; 2] = [all_calls(fields), Box::new(TermSetQuery::new(terms))];
    Box::new(BooleanQuery::new(both.into_iter().map(|query| (Occur::Must, query)).collect()))
}

pub(super) fn exact(field: EngineField, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

fn number_is(field: EngineField, value: u64) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_u64(field, value), IndexRecordOption::Basic))
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

fn any_of(mut ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match ways.len() {
        0 => Box::new(EmptyQuery),
        1 => ways.pop().unwrap_or_else(|| Box::new(EmptyQuery)),
        _ => Box::new(BooleanQuery::new(ways.into_iter().map(|query| (Occur::Should, query)).collect())),
    }
}
