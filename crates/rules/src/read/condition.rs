//! Reads conditions and their ranges.

use super::Reader;
use super::operator::operator;
use super::section::{Located, Section, Value};
use crate::condition::{Condition, Edge, Near, Operator, Range, Role, Side, Slice, WhichHit};
use crate::problem::nearest;

/// Reads the table of a condition; `None` after a problem that leaves nothing to work with.
pub(super) fn condition(name: &str, value: &Value<'_>, reader: &mut Reader) -> Option<Condition> {
    let what = format!("condition `{name}`");
    let mut s = Section::of(what.clone(), value, reader.problems)?;
    let role = s.word("role", Role::WORDS, Role::from_word, reader.problems).unwrap_or(Role::All);
    let mut range = s.table("range", reader.problems).map(|s| range(s, reader)).unwrap_or_default();
    range.near = s.table("near", reader.problems).and_then(|s| near(s, reader));
    let mut operators = Vec::new();
    let mut broken = false;
    for key in Operator::WORDS {
        if let Some(value) = s.take(key) {
            match operator(key, value, &what, reader) {
                Some(operator) => operators.push(operator),
                None => broken = true,
            }
        }
    }
    let unknown = finish(s, reader);
    if operators.is_empty() && !broken && !unknown {
        let hint = format!("give one of: {}", Operator::WORDS.join(", "));
        reader.problems.error(value.span().start, format!("{what} tests nothing"), hint);
    }
    (!operators.is_empty()).then_some(Condition { role, range, operators })
}

/// As [`Section::finish`], with better words for operators that do not exist; whether there were any.
fn finish(s: Section<'_, '_>, reader: &mut Reader) -> bool {
    let mut found = false;
    for (key, _) in s.entries() {
        let known = ["role", "range", "near"];
        if known.contains(&key.value) || Operator::WORDS.contains(&key.value) {
            continue;
        }
        let hint = match nearest(key.value, Operator::WORDS.iter().copied().chain(known)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it may have: role, range, near, {}", Operator::WORDS.join(", ")),
        };
        reader.problems.error(key.at, format!("unknown operator `{}` in {}", key.value, s.what), hint);
        found = true;
    }
    found
}

fn range(mut s: Section<'_, '_>, reader: &mut Reader) -> Range {
    let range = Range {
        utterances: slice(&mut s, "utterances", reader),
        turns: slice(&mut s, "turns", reader),
        seconds: edge(&mut s, "seconds", reader),
        percent: edge(&mut s, "percent", reader),
        near: None,
    };
    s.finish(reader.problems);
    range
}

fn slice(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<Slice> {
    let text = s.text(key, reader.problems)?;
    let slice = parse_slice(&text.value);
    if slice.is_none() {
        wrong_range(&text, &s.name_of(key), "\"first 3\", \"last 2\" or \"2..5\", counted from 1", reader);
    }
    slice
}

fn parse_slice(text: &str) -> Option<Slice> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n >= 1);
    let text = text.trim();
    if let Some(n) = text.strip_prefix("first ") {
        return number(n).map(Slice::First);
    }
    if let Some(n) = text.strip_prefix("last ") {
        return number(n).map(Slice::Last);
    }
    let (from, to) = text.split_once("..")?;
    let (from, to) = (number(from)?, number(to)?);
    (from <= to).then_some(Slice::Between(from, to))
}

fn edge(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<Edge> {
    let text = s.text(key, reader.problems)?;
    let edge = parse_edge(&text.value).filter(|edge| {
        key != "percent" || !matches!(edge, Edge::First(n) | Edge::Last(n) | Edge::Between(_, n) if *n > 100.0)
    });
    if edge.is_none() {
        wrong_range(&text, &s.name_of(key), "\"first 15\", \"last 20\" or \"20..50\"", reader);
    }
    edge
}

fn parse_edge(text: &str) -> Option<Edge> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    let text = text.trim();
    if let Some(n) = text.strip_prefix("first ") {
        return number(n).map(Edge::First);
    }
    if let Some(n) = text.strip_prefix("last ") {
        return number(n).map(Edge::Last);
    }
    let (from, to) = text.split_once("..")?;
    let from = from.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0)?;
    let to = number(to)?;
    (from < to).then_some(Edge::Between(from, to))
}

fn wrong_range(text: &Located<String>, name: &str, forms: &str, reader: &mut Reader) {
    let message = format!("{name} cannot be \"{}\"", text.value);
    reader.problems.error(text.at, message, format!("write {forms}"));
}

fn near(mut s: Section<'_, '_>, reader: &mut Reader) -> Option<Near> {
    let nothing = s.empty_list("condition");
    let conditions = s.texts("condition", reader.problems);
    if conditions.is_none() {
        s.missing("condition", "the name of another condition of this rule, or of a shared one", reader.problems);
    }
    if !s.has("side") {
        s.missing("side", "before, after or around", reader.problems);
    }
    let side = s.word("side", Side::WORDS, Side::from_word, reader.problems);
    let hit = which_hit(&mut s, reader).unwrap_or(WhichHit::Any);
    let seconds = s.number("seconds", reader.problems);
    let utterances = s.count("utterances", reader.problems);
    let what = s.name_of("condition");
    s.finish(reader.problems);
    let conditions = conditions?;
    if let Some(at) = nothing {
        let message = format!("{what} names no condition");
        reader.problems.error(at, message, "name one, or several of which any will do".to_owned());
    }
    if conditions.is_empty() {
        return None;
    }
    for condition in &conditions {
        reader.mentions_condition(&condition.value, condition.at);
    }
    let conditions = conditions.into_iter().map(|condition| condition.value).collect();
    Some(Near { conditions, side: side?, hit, seconds, utterances })
}

/// A word, or the number of a hit.
fn which_hit(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<WhichHit> {
    if s.is_number("hit") {
        return s.count("hit", reader.problems).map(WhichHit::Nth);
    }
    s.word("hit", WhichHit::WORDS, WhichHit::from_word, reader.problems)
}
