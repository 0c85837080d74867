//! Digits as they are said: one by one, in groups, counted (两个零), as small numerals (一百一十), and as recognisers hear them.

use super::text::{Text, is_pause};
use crate::number::digit_value;
use crate::pinyin;

/// One digit of a number that is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    /// `0` to `9`, or `X`.
    pub(super) value: char,
    /// First character.
    pub(super) start: usize,
    /// First character after.
    pub(super) end: usize,
    /// Whether a pause stands before it.
    pub(super) first: bool,
    /// Whether it is written as a digit; otherwise it only sounds like one.
    pub(super) sure: bool,
}

/// Digits that follow each other with nothing but pauses and fillers between.
pub(super) type Run = Vec<Digit>;

/// What people say while they look at the next group.
const FILLERS: [&str; 15] =
    ["嗯", "呃", "额", "啊", "哦", "诶", "那个", "然后是", "然后", "横杠", "杠", "转", "再", "接着是", "后面是"];

/// Most pauses and fillers between two digits of one number.
const MOST_PAUSES: usize = 6;

/// Digits that must stand before an X that ends a number.
const DIGITS_BEFORE_X: usize = 3;

/// All runs of a text.
pub(super) fn runs(text: &Text) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run::new();
    let (mut at, mut pauses) = (0, 0);
    while at < text.len() {
        if let Some((end, values, sure)) = token(text, at, &run, pauses) {
            let first = run.is_empty() || pauses > 0;
            for (i, value) in values.into_iter().enumerate() {
                run.push(Digit { value, start: at, end, first: first && i == 0, sure });
            }
            at = end;
            pauses = 0;
            continue;
        }
        match pause(text, at).filter(|_| !run.is_empty() && pauses < MOST_PAUSES) {
            Some(len) => {
                pauses += 1;
                at += len;
            }
            None => {
                runs.extend((!run.is_empty()).then(|| std::mem::take(&mut run)));
                pauses = 0;
                at += 1;
            }
        }
    }
    runs.extend((!run.is_empty()).then_some(run));
    runs
}

/// Length of the pause or filler at `at`.
fn pause(text: &Text, at: usize) -> Option<usize> {
    if text.get(at).is_some_and(is_pause) {
        return Some(1);
    }
    FILLERS.iter().find(|word| text.has(at, word)).map(|word| word.chars().count())
}

/// What is said at `at`: where it ends, its digits, whether it is written as digits.
fn token(text: &Text, at: usize, run: &Run, pauses: usize) -> Option<(usize, Vec<char>, bool)> {
    let c = text.get(at)?;
    if c.is_ascii_digit() && !counts(text, at) {
        return Some((at + 1, vec![c], true));
    }
    if let Some((end, values)) = counted(text, at).or_else(|| numeral(text, at)) {
        return Some((end, values, true));
    }
    if let Some(value) = plain(c) {
        return Some((at + 1, vec![value], true));
    }
    if run.len() >= DIGITS_BEFORE_X
        && let Some(len) = letter_x(text, at)
    {
        return Some((at + len, vec!['X'], true));
    }
    let value = by_sound(text, at, run, pauses)?;
    Some((at + 1, vec![value], false))
}

/// A character that is a digit by itself.
fn plain(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    if c == '幺' {
        return Some('1');
    }
    digit_value(c).and_then(|d| char::from_digit(u32::from(d), 10))
}

/// How often a counted digit is said: 两个零, 三个8, 双八.
fn count(c: char) -> Option<usize> {
    match c {
        '两' | '俩' | '双' => Some(2),
        _ => plain(c)?.to_digit(10).map(|d| d as usize).filter(|d| (2..=8).contains(d)),
    }
}

fn counts(text: &Text, at: usize) -> bool {
    counted(text, at).is_some()
}

/// 两个零: two zeros. A unit behind it (两个一百) makes it something else.
fn counted(text: &Text, at: usize) -> Option<(usize, Vec<char>)> {
    let n = count(text.get(at)?)?;
    let double = text.get(at) == Some('双');
    let digit_at = if double { at + 1 } else { at + 2 };
    if !double && text.get(at + 1) != Some('个') {
        return None;
    }
    let value = plain(text.get(digit_at)?)?;
    let spoils =
        |c: char| matches!(c, '十' | '百' | '千' | '万' | '月' | '点' | '块' | '元' | '个' | '天' | '小' | '人');
    (!text.get(digit_at + 1).is_some_and(spoils)).then(|| (digit_at + 1, vec![value; n]))
}

/// A numeral below 1000 inside a number: 一百一十 is 110, 八十六 is 86.
fn numeral(text: &Text, at: usize) -> Option<(usize, Vec<char>)> {
    let digit = |at: usize| text.get(at).filter(|c| !c.is_ascii_digit()).and_then(plain)?.to_digit(10);
    let is = |at: usize, c: char| text.get(at) == Some(c);
    let tens = |at: usize| -> Option<(usize, u32)> {
        let (end, tens) = match digit(at) {
            Some(d) if d > 0 && is(at + 1, '十') => (at + 2, d * 10),
            _ if is(at, '十') => (at + 1, 10),
            _ => return None,
        };
        let unit = digit(end).filter(|d| *d > 0 && !is(end + 1, '十') && !is(end + 1, '百'));
        Some(unit.map_or((end, tens), |d| (end + 1, tens + d)))
    };
    let (end, value) = match digit(at) {
        Some(hundreds) if hundreds > 0 && is(at + 1, '百') => {
            let at = at + 2;
            let below = tens(at)
                .or_else(|| is(at, '零').then(|| digit(at + 1)).flatten().map(|d| (at + 2, d)))
                .or_else(|| digit(at).map(|d| (at + 1, d * 10)));
            let (end, below) = below.unwrap_or((at, 0));
            (end, hundreds * 100 + below)
        }
        _ => tens(at)?,
    };
    let bigger = text.get(end).is_some_and(|c| matches!(c, '千' | '万' | '亿' | '百'));
    (!bigger).then(|| (end, value.to_string().chars().collect()))
}

/// The X that can end an identity card number, as a letter or by its name.
fn letter_x(text: &Text, at: usize) -> Option<usize> {
    match text.get(at)? {
        'x' | '叉' => Some(1),
        _ => ["艾克斯", "爱克斯", "埃克斯", "哎克斯", "爱可斯", "艾科斯"]
            .into_iter()
            .find(|word| text.has(at, word))
            .map(|_| 3),
    }
}

/// Characters that sound like a digit but say something else too often.
const NEVER: &str = "是就把其以已有又无";

/// A character between digits that sounds like one (妖 for 幺, 玲 for 零), or at the beginning of a long number (要99…).
fn by_sound(text: &Text, at: usize, run: &Run, pauses: usize) -> Option<char> {
    let sure = |at: usize| text.get(at).and_then(plain).is_some();
    let next = |from: usize| (from..from + 2).find(|&at| !text.get(at).is_some_and(is_pause)).unwrap_or(from);
    let joined = !run.is_empty() && pauses == 0;
    let followed = sure(next(at + 1)) || (sounds(text, at + 1).is_some() && sure(next(at + 2)));
    let value = sounds(text, at)?;
    if joined && followed {
        return Some(value);
    }
    // 要久久0 0 0: the recogniser took the first digits for words.
    let leading = run.is_empty() && value == '1' && text.get(at).is_some_and(|c| c != '以');
    let digits_ahead = (at + 1..at + 22).filter(|&at| sure(at)).count();
    let near = sure(at + 1) || sounds(text, at + 1).is_some();
    (leading && near && digits_ahead >= 7).then_some(value)
}

fn sounds(text: &Text, at: usize) -> Option<char> {
    let c = text.get(at).filter(|c| super::text::is_han(*c) && !NEVER.contains(*c))?;
    let mut buffer = [0; 4];
    let syllables = pinyin::syllables(c.encode_utf8(&mut buffer));
    let name = syllables.first()?.readings().first()?.name();
    Some(match name {
        "yao" | "ya" | "yo" => '1',
        "er" => '2',
        "san" | "shan" => '3',
        "si" => '4',
        "wu" => '5',
        "liu" => '6',
        "qi" => '7',
        "ba" | "pa" => '8',
        "jiu" => '9',
        "ling" | "lin" | "dong" => '0',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        runs(&Text::new(text))
            .iter()
            .map(|run| {
                let mut out = String::new();
                for digit in run {
                    if digit.first && !out.is_empty() {
                        out.push(' ');
                    }
                    out.push(digit.value);
                }
                out
            })
            .collect()
    }

    #[test]
    fn digits_as_they_are_said() {
        let cases: [(&str, &[&str]); 11] = [
            ("幺三八，零零幺三，八零零零", &["138 0013 8000"]),
            ("138-0013-8000", &["138 0013 8000"]),
            ("一三九两个零四个八", &["139008888"]),
            ("三个8零", &["8880"]),
            ("零五七一 嗯 八十六", &["0571 86"]),
            ("拨一百一十", &["110"]),
            ("一百零五", &["105"]),
            ("零妖三", &["013"]),
            ("要99000000356", &["199000000356"]),
            ("三百万", &["3"]),
            ("好的", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn an_x_ends_only_a_long_number() {
        assert_eq!(said("幺幺零幺零五幺九四九幺二三幺零零二艾克斯"), ["11010519491231002X"]);
        assert_eq!(said("幺二x"), ["12"]);
    }
}
