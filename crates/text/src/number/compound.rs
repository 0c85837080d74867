//! Numbers with company: money, per cent, fractions, dates, times of day.

use super::decimal::Decimal;
use super::numeral;
use super::scan::{Found, Scanner};
use super::{NumberKind, context};

/// Words for a currency's main unit, longest first.
const MAIN_UNITS: [&str; 14] =
    ["块钱", "元钱", "人民币", "美元", "美金", "欧元", "港币", "港元", "日元", "英镑", "块", "元", "圆", "刀乐"];

impl Scanner {
    /// Money whose numeral ends at `end`: 块, 元, 毛, 角, 分钱 and what follows them. `vague`: 多 or 几 stands before.
    pub(super) fn amount(&self, end: usize, value: Decimal, vague: bool) -> Option<Found> {
        if let Some(unit) = MAIN_UNITS.iter().find(|unit| self.has(end, unit)) {
            let after = end + unit.chars().count();
            if *unit == "块" && context::pieces_follow(self.from(after)) {
                return None;
            }
            if *unit == "块" && value.to_int() == Some(1) && !self.one_piece_is_money(after) {
                return Some(Found::nothing(after));
            }
            let (after, value) = if vague { (after, value) } else { self.small_change(after, value) };
            return Some(Found::new(self.skip_money(after), value, NumberKind::Amount));
        }
        match self.get(end)? {
            // 毛 is money; 角 and 分 only with 钱: 三角, 五分 are other things.
            '毛' => {
                let (after, value) = self.tenths(end + 1, value.shifted_right(1));
                Some(Found::new(self.skip_money(after), value, NumberKind::Amount))
            }
            '角' if self.has(end + 1, "钱") => Some(Found::new(end + 2, value.shifted_right(1), NumberKind::Amount)),
            '分' if self.has(end + 1, "钱") => Some(Found::new(end + 2, value.shifted_right(2), NumberKind::Amount)),
            _ => None,
        }
    }

    /// 一块 is together as often as a yuan: money only before 钱, change, an end, or 的.
    fn one_piece_is_money(&self, after: usize) -> bool {
        self.get(after).is_none_or(|c| {
            !c.is_alphanumeric()
                || numeral::digit(c).is_some()
                || c.is_ascii_digit()
                || matches!(c, '钱' | '两' | '的' | '多')
        })
    }

    fn skip_money(&self, at: usize) -> usize {
        at + usize::from(self.get(at) == Some('钱'))
    }

    /// A digit or two at `at` that is small change: where it ends and its value. Not one that counts something else.
    fn change_digits(&self, at: usize) -> Option<(usize, Decimal)> {
        let c = self.get(at)?;
        if let Some(d) = numeral::digit(c).or((c == '两').then_some(2)) {
            return Some((at + 1, Decimal::from_int(u128::from(d))?));
        }
        let n = self.from(at).iter().take_while(|c| c.is_ascii_digit()).count();
        let digits: String = self.from(at).iter().take(n).collect();
        matches!(n, 1 | 2).then_some((at + n, Decimal::from_digits(&digits, "")?))
    }

    /// Whether the digits from `at` to `end` are no change but count what follows (二十块一个月) or begin a numeral (五块三十个).
    /// 一块五一斤: the second digit counts, the first is change.
    fn counts_something(&self, at: usize, end: usize) -> bool {
        let next = self.get(end);
        let joined = next.is_some_and(|c| numeral::digit(c).is_some() && !context::measure_follows(self.from(end + 1)));
        joined
            || next.is_some_and(|c| numeral::unit(c).is_some())
            || context::measure_follows(self.from(end))
            || context::not_a_number(self.from(at)).is_some()
    }

    /// What follows 块: 五, 五毛, 二毛五, 零五分, 50.
    fn small_change(&self, at: usize, value: Decimal) -> (usize, Decimal) {
        let zero = usize::from(self.get(at) == Some('零') && self.change_digits(at + 1).is_some());
        let Some((end, d)) = self.change_digits(at + zero) else { return (at, value) };
        let plus = |d: Decimal| value.plus(d).unwrap_or(value);
        match self.get(end) {
            Some('毛' | '角') => self.tenths(end + 1, plus(d.shifted_right(1))),
            Some('分') if zero == 1 && self.get(end + 1) != Some('钟') => (end + 1, plus(d.shifted_right(2))),
            _ => {
                let counts = self.counts_something(at + zero, end);
                let two_digits = end - at - zero == 2;
                let shift = if zero == 1 || two_digits { 2 } else { 1 };
                if counts { (at, value) } else { (end, plus(d.shifted_right(shift))) }
            }
        }
    }

    /// What follows 毛: 五, 五分.
    fn tenths(&self, at: usize, value: Decimal) -> (usize, Decimal) {
        let Some((end, d)) = self.change_digits(at).filter(|(end, _)| *end == at + 1) else { return (at, value) };
        let plus = value.plus(d.shifted_right(2)).unwrap_or(value);
        match self.get(end) {
            Some('分') if self.get(end + 1) != Some('钟') => (end + 1, plus),
            _ if self.counts_something(at, end) => (at, value),
            _ => (end, plus),
        }
    }

    /// 百分之八十, 千分之三, 百分百.
    pub(super) fn per_cent_words(&self, at: usize) -> Option<Found> {
        if self.has(at, "百分百") {
            return Some(Found::new(at + 3, "100", NumberKind::Percent));
        }
        let shift = if self.has(at, "百分之") {
            0
        } else if self.has(at, "千分之") {
            1
        } else {
            return None;
        };
        let start = at + 3;
        if self.get(start) == Some('百') {
            let value = Decimal::from_int(100)?.shifted_right(shift);
            return Some(Found::new(start + 1, value, NumberKind::Percent));
        }
        if self.is_digit_or_two(start) && self.is_digit_or_two(start + 1) {
            // 百分之七八十 has no one value.
            return Some(Found::nothing(self.end_of_vague(start)));
        }
        let numeral = self.numeral(start)?;
        let (end, value, _) = self.fraction_part(start + numeral.len, numeral.value?);
        Some(Found::new(end, value.shifted_right(shift), NumberKind::Percent))
    }

    pub(super) fn percent_sign(&self, end: usize, value: Decimal) -> Option<Found> {
        match self.get(end)? {
            '%' => Some(Found::new(end + 1, value, NumberKind::Percent)),
            '‰' => Some(Found::new(end + 1, value.shifted_right(1), NumberKind::Percent)),
            _ => None,
        }
    }

    /// 三分之一.
    pub(super) fn fraction(&self, end: usize, below: Decimal) -> Option<Found> {
        if !self.has(end, "分之") {
            return None;
        }
        let above = self.numeral(end + 2)?;
        let (below, value) = (below.to_int().filter(|n| *n > 0)?, above.value?.to_int()?);
        Some(Found::new(end + 2 + above.len, format!("{value}/{below}"), NumberKind::Fraction))
    }

    /// 三点半, 八点二十, 下午三点, 15时30分; the hour ends at `end`.
    pub(super) fn time(&self, at: usize, end: usize, hour: Decimal) -> Option<Found> {
        let hour = hour.to_int().filter(|h| *h <= 24)?;
        let found = |end: usize, minute: u128| Some(Found::new(end, format!("{hour}:{minute:02}"), NumberKind::Time));
        if self.get(end) == Some('时') {
            let minute = self.numeral(end + 1)?;
            let value = minute.value?.to_int().filter(|m| *m < 60)?;
            let stop = end + 1 + minute.len;
            return if self.get(stop) == Some('分') { found(stop + 1, value) } else { None };
        }
        if self.get(end) != Some('点') {
            return None;
        }
        let after = end + 1;
        let before = self.before(at);
        let is_told = context::time_of_day_before(before)
            || context::short_time_of_day_before(before)
            || context::time_range_before(before);
        match self.get(after) {
            Some('半') => return found(after + 1, 30),
            Some('钟' | '整') => return found(after + 1, 0),
            _ if self.has(after, "一刻") => return found(after + 2, 15),
            _ if self.has(after, "三刻") => return found(after + 2, 45),
            _ => {}
        }
        let zero = usize::from(self.get(after) == Some('零'));
        let Some(minute) = self.numeral(after + zero) else {
            return if is_told || context::time_follows(self.from(after)) { found(after, 0) } else { None };
        };
        let stop = after + zero + minute.len;
        let value = minute.value.and_then(Decimal::to_int).filter(|m| *m < 60)?;
        let minutes_said = self.get(stop) == Some('分') && !self.has(stop, "分之");
        let two_digits = value >= 10 && zero == 0;
        if minutes_said || two_digits {
            found(stop + usize::from(minutes_said), value)
        } else if is_told && zero == 1 {
            found(stop, value)
        } else {
            None
        }
    }

    /// 15:30 or 15:30:05, the seconds left out of the value.
    pub(super) fn clock(&self, at: usize) -> Option<Found> {
        let run = |from: usize| self.from(from).iter().take_while(|c| c.is_ascii_digit()).count();
        let number = |from: usize, n: usize| self.from(from).iter().take(n).collect::<String>().parse::<u32>().ok();
        let n = run(at);
        if !(1..=2).contains(&n) || self.get(at + n) != Some(':') || run(at + n + 1) != 2 {
            return None;
        }
        let (hour, minute) = (number(at, n)?, number(at + n + 1, 2)?);
        let mut end = at + n + 3;
        if self.get(end) == Some(':') && run(end + 1) == 2 {
            end += 3;
        }
        (hour <= 24 && minute < 60).then(|| Found::new(end, format!("{hour}:{minute:02}"), NumberKind::Time))
    }

    /// 2026年10月1日, 十月一号; the first numeral ends at `end`.
    pub(super) fn date(&self, at: usize, end: usize, first: Decimal) -> Option<Found> {
        let first = first.to_int()?;
        match self.get(end)? {
            '年' if (1900..=2100).contains(&first) && end - at == 4 => {
                Some(self.after_year(end + 1, &first.to_string()))
            }
            '月' => {
                let (stop, month, day) = self.month_and_day(at)?;
                Some(Found::new(stop, format!("{month:02}-{:02}", day?), NumberKind::Date))
            }
            _ => None,
        }
    }

    /// A year said digit by digit, two digits meaning 1950 to 2049; 年 stands at `end`.
    pub(super) fn spelled_year(&self, end: usize, digits: &str) -> Option<Found> {
        let is_year = digits.len() == 2 || digits.parse().is_ok_and(|y: u32| (1900..=2100).contains(&y));
        let year = match digits.parse::<u32>().ok().filter(|_| digits.len() == 2) {
            Some(short @ 0..=49) => format!("20{short:02}"),
            Some(short) => format!("19{short:02}"),
            None => digits.to_owned(),
        };
        is_year.then(|| self.after_year(end + 1, &year))
    }

    fn after_year(&self, at: usize, year: &str) -> Found {
        match self.month_and_day(at) {
            Some((end, month, Some(day))) => Found::new(end, format!("{year}-{month:02}-{day:02}"), NumberKind::Date),
            Some((end, month, None)) => Found::new(end, format!("{year}-{month:02}"), NumberKind::Date),
            None => Found::new(at, year, NumberKind::Date),
        }
    }

    /// A month and perhaps a day from `at` on: the end, the month, the day.
    fn month_and_day(&self, at: usize) -> Option<(usize, u128, Option<u128>)> {
        let month = self.numeral(at)?;
        let value = month.value?.to_int().filter(|m| (1..=12).contains(m))?;
        let end = at + month.len;
        if self.get(end) != Some('月') {
            return None;
        }
        let end = end + 1;
        let day = self.numeral(end).and_then(|day| {
            let value = day.value?.to_int().filter(|d| (1..=31).contains(d))?;
            let stop = end + day.len;
            matches!(self.get(stop), Some('号' | '日')).then_some((stop + 1, value))
        });
        match day {
            Some((stop, day)) => Some((stop, value, Some(day))),
            None => Some((end + usize::from(self.get(end) == Some('份')), value, None)),
        }
    }

    /// 2026-10-01, 2026/10/1.
    pub(super) fn iso_date(&self, at: usize) -> Option<Found> {
        let run = |from: usize| self.from(from).iter().take_while(|c| c.is_ascii_digit()).count();
        let number = |from: usize, n: usize| self.from(from).iter().take(n).collect::<String>().parse::<u32>().ok();
        let separator = self.get(at + 4).filter(|c| matches!(c, '-' | '/'))?;
        let (year, month) = (number(at, 4).filter(|_| run(at) == 4)?, run(at + 5));
        let day_at = at + 5 + month + 1;
        let day = run(day_at);
        if self.get(day_at - 1) != Some(separator) || !(1..=2).contains(&month) || !(1..=2).contains(&day) {
            return None;
        }
        let (month, day_value) = (number(at + 5, month)?, number(day_at, day)?);
        let fits = (1900..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day_value);
        fits.then(|| Found::new(day_at + day, format!("{year}-{month:02}-{day_value:02}"), NumberKind::Date))
    }
}
