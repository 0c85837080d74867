//! Telephone, identity card and bank card numbers among the digits of a call.

use hotline_model::Channel;

use super::check;
use super::cue::{self, Cue};
use super::digits::{self, Digit};
use super::text::{Text, is_pause};
use super::{Entity, EntityKind, Found, Part};

/// Most utterances, of both speakers, between two pieces of one number.
const FARTHEST: usize = 4;

/// Most characters that are no digits in an utterance that comes between two pieces: 嗯, 好的您继续.
const MOST_BETWEEN: usize = 10;

/// Most characters before the first or after the last digit of a piece that is to be continued.
const MOST_AROUND: usize = 4;

/// Least digits of a repeated piece of a number that is taken for it; fewer (a tail of four) give nothing away.
const LEAST_ECHO: usize = 7;

/// How far a piece is repeated after the number, in utterances.
const ECHO_REACH: usize = 6;

/// A digit and where it was said.
#[derive(Clone, Copy)]
struct Said {
    line: usize,
    digit: Digit,
}

/// Digits that may be one number.
type Group = Vec<Said>;

/// Finds all numbers of persons.
pub(super) fn find(found: &mut Found<'_>) {
    let mut groups: Vec<Group> = Vec::new();
    for (line, text) in found.texts.iter().enumerate() {
        for run in digits::runs(text) {
            groups.push(run.into_iter().map(|digit| Said { line, digit }).collect());
        }
    }
    // Whole numbers first: they leave least to guess.
    let rest: Vec<Group> = groups.into_iter().flat_map(|group| exact(found, group)).collect();
    let rest: Vec<Group> = link(found, rest).into_iter().flat_map(|group| exact(found, group)).collect();
    let rest: Vec<Group> = rest.into_iter().filter(|group| !tolerant(found, group)).collect();
    for group in &rest {
        echo(found, group);
    }
}

fn values(group: &[Said]) -> Vec<char> {
    group.iter().map(|said| said.digit.value).collect()
}

/// Takes the numbers whose form proves them out of a group; what is left over comes back in pieces.
fn exact(found: &mut Found<'_>, group: Group) -> Vec<Group> {
    let digits = values(&group);
    let mut left = Vec::new();
    let (mut at, mut begin) = (0, 0);
    while at < group.len() {
        match whole(found, &group, &digits, at) {
            Some((kind, len)) => {
                left.extend(group.get(begin..at).filter(|piece| !piece.is_empty()).map(<[Said]>::to_vec));
                let number = group.get(at..at + len).unwrap_or_default();
                push(found, kind, number, true);
                at += len;
                begin = at;
            }
            None => at += 1,
        }
    }
    left.extend(group.get(begin..).filter(|piece| !piece.is_empty()).map(<[Said]>::to_vec));
    left
}

/// The number that begins at `at`, with its length.
fn whole(found: &Found<'_>, group: &[Said], digits: &[char], at: usize) -> Option<(EntityKind, usize)> {
    let window = |len: usize| digits.get(at..at + len);
    // Digits that a check character joins may stand anywhere; the others begin and end where somebody drew breath.
    let begins = at == 0 || group.get(at).is_some_and(|said| said.digit.first) || country_code(digits, at);
    let ends = |len: usize| group.get(at + len).is_none_or(|said| said.digit.first);
    if window(18).is_some_and(check::is_id_card) {
        return Some((EntityKind::IdCard, 18));
    }
    if !begins {
        return None;
    }
    let said = group.get(at)?;
    let cue = || cue::before(found, said.line, said.digit.start);
    let own_cue = || found.texts.get(said.line).and_then(|text| cue::here(text, said.digit.start));
    for len in (15..=19).rev() {
        // One number in ten passes Luhn's check: with a province and a birthday in it, it is rather a misheard identity card.
        let like_id = |digits: &[char]| {
            len == 18 && check::begins_with_province(digits) && (5..=7).any(|at| check::birthday_at(digits, at))
        };
        let is_card = ends(len)
            && window(len).is_some_and(|digits| {
                check::is_bank_card(digits) && (cue() == Some(Cue::BankCard) || !like_id(digits))
            });
        if is_card && (len > 15 && own_cue() != Some(Cue::Other) || cue() == Some(Cue::BankCard)) {
            return Some((EntityKind::BankCard, len));
        }
    }
    if ends(11) && window(11).is_some_and(check::is_mobile) && own_cue() != Some(Cue::Other) {
        return Some((EntityKind::Phone, 11));
    }
    let length = |len: usize| ends(len) && window(len).is_some_and(check::is_area_number);
    let len = (10..=12).rev().find(|&len| length(len))?;
    // Area code and number said apart, or a telephone was spoken of.
    let apart = (3..=4).any(|code| group.get(at + code).is_some_and(|said| said.digit.first));
    let private = !is_public(found, said);
    ((apart || cue() == Some(Cue::Phone)) && private && own_cue() != Some(Cue::Other))
        .then_some((EntityKind::Phone, len))
}

/// Whether 86 stands before `at`.
fn country_code(digits: &[char], at: usize) -> bool {
    at == 2 && digits.starts_with(&['8', '6'])
}

fn is_public(found: &Found<'_>, said: &Said) -> bool {
    let text = found.texts.get(said.line);
    text.is_some_and(|text| cue::is_public(text, found.channel(said.line), said.digit.start))
}

/// Joins pieces of one speaker that only short words of the other, or his reading back, part.
fn link(found: &Found<'_>, groups: Vec<Group>) -> Vec<Group> {
    let mut done: Vec<Group> = Vec::new();
    let mut open: Vec<Group> = Vec::new();
    for group in groups {
        let Some(first) = group.first().copied() else { continue };
        let (waiting, closed): (Vec<Group>, Vec<Group>) =
            open.into_iter().partition(|piece| piece.last().is_some_and(|last| first.line - last.line <= FARTHEST));
        done.extend(closed);
        open = waiting;
        let begins = starts_early(found, &group);
        let place = open.iter().position(|piece| begins && continues(found, piece, &group));
        match place {
            Some(place) => {
                let mut piece = open.remove(place);
                let mut more = group;
                // On a mixed channel the other's reading back looks like more of the same.
                let repeated = found.channel(first.line) == Channel::Mixed && repeats(&piece, &values(&more));
                if repeated {
                    done.push(more);
                } else {
                    if let Some(head) = more.first_mut() {
                        head.digit.first = true;
                    }
                    piece.extend(more);
                }
                open.push(piece);
            }
            None => open.push(group),
        }
    }
    done.extend(open);
    done.sort_by_key(|group| group.first().map(|said| (said.line, said.digit.start)));
    done
}

/// Whether the last piece that was added to `piece` has these digits.
fn repeats(piece: &[Said], digits: &[char]) -> bool {
    values(piece).ends_with(digits)
}

fn continues(found: &Found<'_>, piece: &[Said], next: &[Said]) -> bool {
    let (Some(last), Some(first)) = (piece.last(), next.first()) else { return false };
    if found.channel(last.line) != found.channel(first.line) || last.line >= first.line {
        return false;
    }
    let Some(text) = found.texts.get(last.line) else { return false };
    let trailing = words(text, last.digit.end, text.len());
    let between = (last.line + 1..first.line).filter_map(|line| found.texts.get(line));
    trailing <= MOST_AROUND && between.clone().all(|text| words(text, 0, text.len()) <= MOST_BETWEEN)
}

fn starts_early(found: &Found<'_>, group: &[Said]) -> bool {
    let Some(first) = group.first() else { return false };
    found.texts.get(first.line).is_some_and(|text| words(text, 0, first.digit.start) <= MOST_AROUND)
}

/// Characters of `from..to` that are neither digits nor pauses.
fn words(text: &Text, from: usize, to: usize) -> usize {
    let range = text.chars.get(from..to).unwrap_or_default();
    let is_digit = |c: char| c.is_ascii_digit() || c == '幺' || crate::number::digit_value(c).is_some();
    range.iter().filter(|c| c.is_alphanumeric() && !is_digit(**c) && !is_pause(**c)).count()
}

/// Numbers that were misheard: the right length within what recognisers add and drop, and the right question before them.
fn tolerant(found: &mut Found<'_>, group: &[Said]) -> bool {
    let digits = values(group);
    let (n, Some(first)) = (digits.len(), group.first()) else { return false };
    // What follows takes its time, and most groups are a price or a date.
    if !(7..=21).contains(&n) {
        return false;
    }
    let cue = cue::before(found, first.line, first.digit.start);
    let born = (4..=7).any(|at| check::birthday_at(&digits, at));
    let like_id = match cue {
        Some(Cue::IdCard) => (14..=21).contains(&n),
        Some(Cue::Other) => false,
        _ => (16..=20).contains(&n) && born && check::begins_with_province(&digits),
    };
    let like_card = cue == Some(Cue::BankCard) && (14..=21).contains(&n);
    let private = || !is_public(found, first);
    let like_phone = cue == Some(Cue::Phone)
        && match digits.as_slice() {
            // Rows of zeros come out too long or too short.
            digits if check::begins_like_mobile(digits) => (9..=14).contains(&n),
            ['4' | '8', '0', '0', ..] => false,
            digits if check::is_area_number(digits) => private(),
            digits => matches!(n, 7 | 8) && check::local_begins(digits) && private(),
        };
    let kind = match (like_id, like_card, like_phone) {
        (true, _, _) => EntityKind::IdCard,
        (_, true, _) => EntityKind::BankCard,
        (_, _, true) => EntityKind::Phone,
        _ => return false,
    };
    push(found, kind, group, false);
    true
}

/// A piece of a number that was found shortly before, read back in part.
fn echo(found: &mut Found<'_>, group: &[Said]) {
    let digits: String = values(group).iter().collect();
    let Some(first) = group.first().filter(|_| digits.len() >= LEAST_ECHO) else { return };
    let near = |entity: &&Entity| {
        matches!(entity.kind, EntityKind::Phone | EntityKind::IdCard | EntityKind::BankCard)
            && entity.value.contains(&digits)
            && entity.parts.iter().any(|part| part.line.abs_diff(first.line) <= ECHO_REACH)
    };
    if let Some(kind) = found.entities.iter().find(near).map(|entity| entity.kind) {
        push(found, kind, group, false);
    }
}

/// Adds a number with one part a line.
fn push(found: &mut Found<'_>, kind: EntityKind, number: &[Said], checked: bool) {
    let mut parts: Vec<Part> = Vec::new();
    for said in number {
        let Some(text) = found.texts.get(said.line) else { continue };
        let span = text.span(said.digit.start, said.digit.end);
        match parts.last_mut() {
            Some(part) if part.line == said.line => part.span = part.span.hull(span),
            _ => parts.push(Part { line: said.line, span }),
        }
    }
    let free = |part: &Part| {
        !found.entities.iter().flat_map(|e| &e.parts).any(|p| p.line == part.line && p.span.overlaps(part.span))
    };
    if !parts.is_empty() && parts.iter().all(free) {
        let checked = checked && number.iter().all(|said| said.digit.sure);
        found.entities.push(Entity { kind, value: values(number).iter().collect(), parts, checked });
    }
}
