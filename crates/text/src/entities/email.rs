//! E-mail addresses, written or spelled: wangli88@example.com, 达不溜诶恩计艾特……点西欧艾姆.

use super::text::{Text, is_han};
use super::{EntityKind, Found};
use crate::pinyin;

/// Names of letters and signs by their toneless syllables, longest first.
const SPELLED: [(&[&str], &str); 42] = [
    (&["da", "bu", "liu"], "w"),
    (&["xia", "hua", "xian"], "_"),
    (&["ai", "ke", "si"], "x"),
    (&["xiao", "lao", "shu"], "@"),
    (&["ai", "te"], "@"),
    (&["quan", "ei"], "@"),
    (&["heng", "gang"], "-"),
    (&["zhong", "gang"], "-"),
    (&["kang", "mu"], "com"),
    (&["ai", "fu"], "f"),
    (&["ai", "chi"], "h"),
    (&["ai", "qu"], "h"),
    (&["ai", "le"], "l"),
    (&["ai", "lou"], "l"),
    (&["ai", "mu"], "m"),
    (&["ai", "si"], "s"),
    (&["a", "er"], "r"),
    (&["zei", "te"], "z"),
    (&["dian"], "."),
    (&["gang"], "-"),
    (&["ei"], "a"),
    (&["bi"], "b"),
    (&["xi"], "c"),
    (&["sei"], "c"),
    (&["di"], "d"),
    (&["yi"], "e"),
    (&["ji"], "g"),
    (&["ai"], "i"),
    (&["jie"], "j"),
    (&["kai"], "k"),
    (&["en"], "n"),
    (&["ou"], "o"),
    (&["pi"], "p"),
    (&["qiu"], "q"),
    (&["kou"], "q"),
    (&["ti"], "t"),
    (&["you"], "u"),
    (&["wei"], "v"),
    (&["wai"], "y"),
    (&["zei"], "z"),
    (&["xiu"], "co"),
    (&["a"], "r"),
];

const ENDINGS: [&str; 9] = ["com", "cn", "net", "org", "edu", "gov", "cc", "me", "con"];

/// How far back the word 邮箱 counts, in utterances.
const REACH: usize = 3;

/// A letter or sign of an address that is being spelled.
struct Piece {
    start: usize,
    end: usize,
    letters: String,
}

/// Finds all e-mail addresses.
pub(super) fn find(found: &mut Found<'_>) {
    for line in 0..found.lines.len() {
        let Some(text) = found.texts.get(line) else { continue };
        let asked = asked_before(found, line);
        for run in runs(text) {
            let Some((from, to, value)) = address(&run, asked) else { continue };
            let checked = value.split('@').all(|half| half.len() > 1 && half.is_ascii());
            found.add(EntityKind::Email, line, from, to, value, checked);
        }
    }
}

fn asked_before(found: &Found<'_>, line: usize) -> bool {
    let near = (line.saturating_sub(REACH)..=line).filter_map(|line| found.texts.get(line));
    near.into_iter()
        .any(|text| (0..text.len()).any(|at| ["邮箱", "邮件", "email", "电邮"].iter().any(|word| text.has(at, word))))
}

/// Stretches of a text that are spelled without a break.
fn runs(text: &Text) -> Vec<Vec<Piece>> {
    let mut runs = Vec::new();
    let mut run: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if let Some((len, letters)) = piece(text, at) {
            run.push(Piece { start: at, end: at + len, letters });
            at += len;
            continue;
        }
        let joins = text.get(at).is_some_and(|c| matches!(c, ' ' | ',' | '、')) && !run.is_empty();
        if !joins && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
        at += 1;
    }
    runs.push(run);
    runs.retain(|run| run.iter().any(|piece| piece.letters == "@"));
    runs
}

fn piece(text: &Text, at: usize) -> Option<(usize, String)> {
    let c = text.get(at)?;
    if text.has(at, "at") && !text.get(at + 2).is_some_and(|c| c.is_ascii_alphanumeric()) {
        return Some((2, "@".into()));
    }
    if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-') {
        return Some((1, c.to_string()));
    }
    if c == '幺' {
        return Some((1, "1".into()));
    }
    if matches!(c, '诶' | '欸') {
        return Some((1, "a".into()));
    }
    if c == '一' && !next_is_number(text, at) {
        return Some((1, "e".into()));
    }
    if let Some(d) = crate::number::digit_value(c) {
        return Some((1, d.to_string()));
    }
    if !is_han(c) {
        return None;
    }
    let syllables = pinyin::syllables(&text.slice(at, at + 3));
    let names: Vec<&str> = syllables.iter().filter_map(|s| Some(s.readings().first()?.name())).collect();
    let (syllables, letters) = SPELLED.iter().find(|(syllables, _)| names.starts_with(syllables))?;
    Some((syllables.len(), (*letters).to_owned()))
}

/// 一 is a digit among digits and the letter e among letters.
fn next_is_number(text: &Text, at: usize) -> bool {
    let number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || crate::number::digit_value(c).is_some());
    number(text.before(at)) || number(text.get(at + 1))
}

/// The address in a spelled run: its characters and value.
fn address(run: &[Piece], asked: bool) -> Option<(usize, usize, String)> {
    let sign = run.iter().position(|piece| piece.letters == "@")?;
    let (before, after) = (run.get(..sign)?, run.get(sign + 1..)?);
    let local: String = before.iter().map(|piece| piece.letters.as_str()).collect();
    let local = local.trim_start_matches(['.', '-', '_']);
    let domain: String = after.iter().map(|piece| piece.letters.as_str()).collect();
    let dotted = domain.trim_end_matches(['.', '-', ',']);
    let ending = dotted.rsplit('.').next().unwrap_or_default();
    let proper = dotted.contains('.') && ENDINGS.contains(&ending);
    // Heard badly, an address still has its sign and a dot.
    let likely = asked && local.len() >= 2 && (domain.contains('.') || dotted.len() >= 4);
    if local.is_empty() || dotted.is_empty() || !(proper || likely) {
        return None;
    }
    let skipped = before.iter().take_while(|piece| matches!(piece.letters.as_str(), "." | "-" | "_")).count();
    let first = before.get(skipped)?;
    let last = after.iter().rev().find(|piece| !matches!(piece.letters.as_str(), "." | "-"))?;
    Some((first.start, last.end, format!("{local}@{dotted}")))
}
