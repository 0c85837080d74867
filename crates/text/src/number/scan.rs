//! Where the numbers of a text are and what kind each is.

use hotline_model::TextSpan;

use super::decimal::Decimal;
use super::numeral::{self, Numeral};
use super::{NumberKind, NumberSpan, context};
use crate::fold;

/// A folded text as characters, with the way back to bytes.
pub(super) struct Scanner {
    pub(super) chars: Vec<char>,
    /// First byte of each character in the original, and the length of the original at the end.
    starts: Vec<usize>,
}

/// Whether a number can begin with `c`; see [`Scanner::at`].
fn begins_number(c: char) -> bool {
    matches!(c, '第' | '百' | '千' | '0'..='9' | '幺' | '十' | '拾' | '两' | '俩') || numeral::digit(c).is_some()
}

/// What stands at a place: where it ends and, if it is a number, its value.
pub(super) struct Found {
    pub(super) end: usize,
    pub(super) number: Option<(String, NumberKind)>,
    pub(super) approximate: bool,
}

impl Found {
    pub(super) fn new(end: usize, value: impl ToString, kind: NumberKind) -> Self {
        Found { end, number: Some((value.to_string(), kind)), approximate: false }
    }

    /// Taken, but no number.
    pub(super) fn nothing(end: usize) -> Self {
        Found { end, number: None, approximate: false }
    }
}

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        // Folding keeps the number of characters.
        let chars = fold(text).text.chars().collect();
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Scanner { chars, starts }
    }

    pub(super) fn find_all(&self) -> Vec<NumberSpan> {
        let mut numbers = Vec::new();
        // Most utterances have none.
        if !self.chars.iter().any(|&c| begins_number(c)) {
            return numbers;
        }
        let mut at = 0;
        while at < self.chars.len() {
            let Some(found) = self.at(at) else {
                at += 1;
                continue;
            };
            if let (Some((value, kind)), Some(&start), Some(&end)) =
                (found.number, self.starts.get(at), self.starts.get(found.end))
            {
                let span = TextSpan::new(start, end);
                numbers.push(NumberSpan { span, value, kind, approximate: found.approximate });
            }
            at = found.end.max(at + 1);
        }
        numbers
    }

    pub(super) fn from(&self, at: usize) -> &[char] {
        self.chars.get(at..).unwrap_or_default()
    }

    pub(super) fn before(&self, at: usize) -> &[char] {
        self.chars.get(..at).unwrap_or_default()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    pub(super) fn has(&self, at: usize, word: &str) -> bool {
        let mut rest = self.from(at).iter();
        word.chars().all(|c| rest.next() == Some(&c))
    }

    /// The numeral at `at`, if one begins there.
    pub(super) fn numeral(&self, at: usize) -> Option<Numeral> {
        numeral::read(self.from(at), |i| context::not_a_number(self.from(at + i)).is_some())
    }

    /// What begins at `at`, if it is a number or must be jumped over.
    fn at(&self, at: usize) -> Option<Found> {
        let c = self.get(at)?;
        if let Some(n) = context::not_a_number(self.from(at))
            && !context::time_of_day_before(self.before(at))
        {
            return Some(Found::nothing(at + n));
        }
        match c {
            '第' => self.ordinal(at),
            '百' | '千' => self.per_cent_words(at),
            '0'..='9' => self
                .iso_date(at)
                .or_else(|| self.clock(at))
                .or_else(|| self.ascii_digits(at))
                .or_else(|| self.general(at)),
            '十' | '拾' if matches!(self.before(at).last(), Some('几' | '数')) => Some(Found::nothing(at + 1)),
            '幺' | '十' | '拾' | '两' | '俩' => self.spelled_digits(at).or_else(|| self.general(at)),
            _ if numeral::digit(c).is_some() => self.spelled_digits(at).or_else(|| self.general(at)),
            _ => None,
        }
    }

    fn ordinal(&self, at: usize) -> Option<Found> {
        let numeral = self.numeral(at + 1)?;
        let value = numeral.value.filter(|v| v.is_whole())?;
        Some(Found::new(at + 1 + numeral.len, value, NumberKind::Ordinal))
    }

    /// A numeral and all that can follow it.
    fn general(&self, at: usize) -> Option<Found> {
        let numeral = self.numeral(at)?;
        let end = at + numeral.len;
        let Some(value) = numeral.value else { return Some(Found::nothing(end)) };
        if let Some(found) = self.time(at, end, value).or_else(|| self.date(at, end, value)) {
            return Some(found);
        }
        let (end, value, is_decimal) = self.fraction_part(end, value);
        if let Some(found) = self.percent_sign(end, value).or_else(|| self.fraction(end, value)) {
            return Some(found);
        }
        let about = match self.get(end) {
            Some('多' | '几' | '余') => 1,
            Some('来') if context::measure_follows(self.from(end + 1)) => 1,
            _ => 0,
        };
        // 二十多万 is about 200000, and all of it one number.
        if let Some(unit) = self.get(end + 1).and_then(numeral::unit).filter(|unit| about > 0 && *unit >= 10_000) {
            // 二十多万 is one number; 二十多万块 an amount.
            let Some(value) = value.times(unit) else { return Some(Found::nothing(end + 2)) };
            let found = self.amount(end + 2, value, true);
            let found = found.unwrap_or_else(|| Found::new(end + 2, value, NumberKind::Cardinal));
            return Some(Found { approximate: true, ..found });
        }
        if let Some(mut found) = self.amount(end + about, value, about > 0) {
            found.approximate = about > 0;
            return Some(found);
        }
        let counted = numeral.chinese && numeral.bare && !is_decimal && about == 0;
        if counted && !self.is_counted(at, end) {
            return Some(Found::nothing(end));
        }
        let kind = if value.is_whole() { NumberKind::Cardinal } else { NumberKind::Decimal };
        Some(Found { approximate: about > 0, ..Found::new(end, value, kind) })
    }

    /// Whether the lone Chinese digit at `at` counts something.
    fn is_counted(&self, at: usize, end: usize) -> bool {
        let before = self.before(at);
        let measured = context::measure_follows(self.from(end));
        if context::weekday_before(before) && !matches!(self.get(end), Some('次' | '个' | '天' | '回' | '遍' | '趟'))
        {
            return false;
        }
        // 三到五个: what the second counts the first counts too.
        let in_range = matches!(self.get(end), Some('到' | '至'))
            && self.numeral(end + 1).is_some_and(|second| context::measure_follows(self.from(end + 1 + second.len)));
        let alone = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        measured
            || in_range
            || context::digit_announced(before)
            || (alone(before.last().copied()) && alone(self.get(end)))
    }

    /// 点五 after a whole part: the end, the value with the fraction, whether there was one. 三点五万 too.
    pub(super) fn fraction_part(&self, end: usize, value: Decimal) -> (usize, Decimal, bool) {
        let none = (end, value, false);
        if self.get(end) != Some('点') || !value.is_whole() {
            return none;
        }
        let Some(whole) = value.to_int() else { return none };
        let rest = self.from(end + 1);
        let mut digits: String = numeral::spelled(rest);
        if digits.is_empty() {
            digits = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
        }
        let Some(mut value) = Decimal::from_digits(&whole.to_string(), &digits).filter(|_| !digits.is_empty()) else {
            return none;
        };
        let mut end = end + 1 + digits.len();
        while let Some(u) = self.get(end).and_then(numeral::unit).filter(|u| *u >= 100) {
            let Some(more) = value.times(u) else { break };
            value = more;
            end += 1;
        }
        (end, value, true)
    }

    /// Digits said one by one, in groups perhaps: 幺三八，零零幺三，八零零零. Also jumps over vague pairs (三四百, 一两天).
    fn spelled_digits(&self, at: usize) -> Option<Found> {
        let first = numeral::spelled(self.from(at));
        let mut end = at + first.len();
        let unit_follows = |end: usize| self.get(end).is_some_and(|c| numeral::unit(c).is_some());
        if first.len() == 1 && self.get(end) == Some('点') || (first == "0" && !unit_follows(end)) {
            return None;
        }
        let is_two = |c: Option<char>| matches!(c, Some('两' | '俩'));
        let pair = first.len() >= 2 || (is_two(self.get(at)) || first.len() == 1) && self.is_digit_or_two(at + 1);
        if !pair && !first.contains('幺') {
            return None;
        }
        if matches!(first.len(), 2 | 4) && self.get(end) == Some('年') {
            return self.spelled_year(end, &first);
        }
        // 两年零三个月: 零 only joins.
        if first.len() == 2 && first.starts_with('0') && context::measure_follows(self.from(end)) {
            return Some(Found::nothing(at + 1));
        }
        if unit_follows(end) || is_two(self.get(end)) || first.len() < 2 {
            return Some(Found::nothing(self.end_of_vague(at)));
        }
        let mut digits = first.clone();
        while let Some((next_end, group)) = self.next_group(end) {
            digits.push_str(&group);
            end = next_end;
        }
        let spelled_out = first.contains('0') || self.from(at).iter().take(first.len()).any(|c| *c == '幺');
        if digits.len() < 3 && !spelled_out || first.len() == 2 && !spelled_out && digits.len() < 5 {
            return Some(Found::nothing(at + first.len()));
        }
        if let Some(found) = Decimal::from_digits(&digits, "").and_then(|value| self.amount(end, value, false)) {
            return Some(found);
        }
        let (end, digits) = self.with_check_character(end, digits);
        Some(Found::new(end, digits, NumberKind::Digits))
    }

    /// An identity card's number may end with X (GB 11643), said 叉.
    fn with_check_character(&self, end: usize, mut digits: String) -> (usize, String) {
        if digits.len() == 17 && matches!(self.get(end), Some('x' | '叉')) {
            digits.push('X');
            return (end + 1, digits);
        }
        (end, digits)
    }

    pub(super) fn is_digit_or_two(&self, at: usize) -> bool {
        self.get(at).is_some_and(|c| numeral::digit(c).is_some() || matches!(c, '两' | '俩'))
    }

    pub(super) fn end_of_vague(&self, at: usize) -> usize {
        let part =
            |c: &&char| numeral::digit(**c).is_some() || numeral::unit(**c).is_some() || matches!(c, '两' | '俩');
        at + self.from(at).iter().take_while(part).count().max(1)
    }

    /// A further group of digits said one by one after a pause: its end and digits.
    fn next_group(&self, end: usize) -> Option<(usize, String)> {
        let pause = self.from(end).iter().take_while(|c| matches!(c, ',' | ' ' | '、' | '-')).count();
        if !(1..=2).contains(&pause) {
            return None;
        }
        let group = numeral::spelled(self.from(end + pause));
        let after = end + pause + group.len();
        let counts = self
            .get(after)
            .is_some_and(|c| numeral::unit(c).is_some() || matches!(c, '年' | '月' | '点' | '块' | '元'))
            || context::measure_follows(self.from(after));
        (group.len() >= 2 && !counts).then_some((after, group))
    }

    /// Long runs of ASCII digits, runs with a leading zero, and groups of digits.
    fn ascii_digits(&self, at: usize) -> Option<Found> {
        let run = |from: usize| self.from(from).iter().take_while(|c| c.is_ascii_digit()).count();
        let first = run(at);
        let mut end = at + first;
        let mut digits: String = self.from(at).iter().take(first).collect();
        let mut groups = vec![first];
        while matches!(self.get(end), Some(' ' | '-')) && run(end + 1) >= 3 {
            let n = run(end + 1);
            digits.extend(self.from(end + 1).iter().take(n));
            groups.push(n);
            end += 1 + n;
        }
        let joined =
            groups.len() > 1 && first >= 3 && (groups.len() > 2 || digits.starts_with('0') || digits.len() == 11);
        if !joined {
            (end, digits) = (at + first, digits.chars().take(first).collect());
        }
        let next = self.get(end);
        let counted =
            next.is_some_and(|c| matches!(c, '.' | '%' | '元' | '块' | '点' | '年') || numeral::unit(c).is_some());
        let decimal_point = next == Some('.') && run(end + 1) > 0;
        let is_digits = joined || first >= 7 || (first >= 2 && digits.starts_with('0'));
        if !is_digits || decimal_point || (counted && next != Some('.')) {
            return None;
        }
        let (end, digits) = self.with_check_character(end, digits);
        Some(Found::new(end, digits, NumberKind::Digits))
    }
}
