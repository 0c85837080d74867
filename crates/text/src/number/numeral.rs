//! The grammar of one numeral: 一百二十八, 两万三, 1.5万, 三点五.

use super::decimal::Decimal;

/// A numeral read from the beginning of a slice of characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numeral {
    /// Characters it takes.
    pub(super) len: usize,
    /// Its value; `None` when it is vague (三四百, 十五六) and has none.
    pub(super) value: Option<Decimal>,
    /// One Chinese digit or 十 and nothing else: only its neighbours tell whether it is a number.
    pub(super) bare: bool,
    /// Whether it has Chinese characters in it.
    pub(super) chinese: bool,
}

/// The value of a Chinese digit; 两 is one only before units and measure words, 幺 only among digits said one by one.
pub(crate) fn digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// The value of a unit, 10 to 10^8.
pub(super) fn unit(c: char) -> Option<u128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

fn coefficient(c: char) -> Option<u8> {
    if matches!(c, '两' | '俩') { Some(2) } else { digit(c) }
}

/// Digits said one by one from the beginning of `chars`, with 幺 for one.
pub(super) fn spelled(chars: &[char]) -> String {
    chars.iter().map_while(|&c| if c == '幺' { Some('1') } else { digit(c).map(|d| char::from(b'0' + d)) }).collect()
}

/// ASCII digits with optional thousands separators and fraction: characters taken, whole part, fraction.
pub(super) fn ascii(chars: &[char]) -> Option<(usize, String, String)> {
    let run = |from: usize| chars.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let mut len = run(0);
    if len == 0 {
        return None;
    }
    let mut whole: String = chars.iter().take(len).collect();
    if len <= 3 {
        while chars.get(len) == Some(&',') && run(len + 1) == 3 {
            whole.extend(chars.iter().skip(len + 1).take(3));
            len += 4;
        }
    }
    let mut fraction = String::new();
    if chars.get(len) == Some(&'.') && run(len + 1) > 0 {
        let n = run(len + 1);
        // 1.2.3 is a version or an address, not a decimal.
        if chars.get(len + 1 + n) != Some(&'.') || !chars.get(len + 2 + n).is_some_and(char::is_ascii_digit) {
            fraction.extend(chars.iter().skip(len + 1).take(n));
            len += 1 + n;
        }
    }
    Some((len, whole, fraction))
}

/// Reads a numeral at the beginning of `chars`. `breaks(i)` tells that a word which is no number begins at `i`, so that a
/// short form must not take its first character (一百一直).
pub(super) fn read(chars: &[char], breaks: impl Fn(usize) -> bool) -> Option<Numeral> {
    let mut reader = Reader { chars, at: 0, vague: false, breaks: &breaks };
    let value = reader.whole()?;
    let (at, vague) = (reader.at, reader.vague);
    let taken = chars.get(..at)?;
    let chinese = taken.iter().any(|c| !c.is_ascii());
    let bare = at == 1 && chinese;
    Some(Numeral { len: at, value: if vague { None } else { value }, bare, chinese })
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    vague: bool,
    breaks: &'a dyn Fn(usize) -> bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// A coefficient: one Chinese digit or an ASCII number. Returns its length too.
    fn coefficient(&self) -> Option<(usize, Option<Decimal>)> {
        let c = self.peek(0)?;
        if let Some(d) = coefficient(c) {
            return Some((1, Decimal::from_int(u128::from(d))));
        }
        let (len, whole, fraction) = ascii(self.chars.get(self.at..)?)?;
        Some((len, Decimal::from_digits(&whole, &fraction)))
    }

    /// `None`: no numeral here. `Some(None)`: a numeral without a value (too large).
    fn whole(&mut self) -> Option<Option<Decimal>> {
        let mut total = Decimal::from_int(0);
        let mut limit = u128::MAX;
        // The unit behind the last digit, for short forms: 两万三 is 23000.
        let mut last_unit = 0;
        let mut any = false;
        loop {
            let zero = any && self.zero_before_more();
            let Some(section) = self.section(if zero { 0 } else { last_unit }, limit) else { break };
            any = true;
            let mut value = section.value;
            let mut big = 1u128;
            while let Some(u) = self.peek(0).and_then(unit).filter(|u| *u >= 10_000) {
                if section.short || big.checked_mul(u).is_none_or(|b| b >= limit) {
                    break;
                }
                big *= u;
                self.at += 1;
            }
            value = value.and_then(|v| v.times(big));
            total = total.and_then(|t| t.plus(value?));
            if big == 1 || section.short {
                break;
            }
            limit = big;
            last_unit = big;
        }
        any.then_some(total)
    }

    /// Takes a 零 that is followed by more of the number.
    fn zero_before_more(&mut self) -> bool {
        let more = |c: char| coefficient(c).is_some_and(|d| d > 0) || c == '十' || c.is_ascii_digit();
        let is_zero = matches!(self.peek(0), Some('零' | '〇')) && self.peek(1).is_some_and(more);
        self.at += usize::from(is_zero);
        is_zero
    }

    /// Up to 千; `before` is the unit of what stands before (0 after 零: no short form then), `limit` the unit that must
    /// not be reached.
    fn section(&mut self, before: u128, limit: u128) -> Option<Section> {
        let start = self.at;
        let mut value = Decimal::from_int(0);
        let mut last = before;
        let mut own_limit = limit.min(10_000);
        let mut any = false;
        loop {
            let zero = any && self.zero_before_more();
            if zero {
                last = 0;
            }
            // 十 without a digit counts one: 十五, 一百十五.
            if matches!(self.peek(0), Some('十' | '拾')) && own_limit > 10 {
                self.at += 1;
                any = true;
                value = value.and_then(|v| v.plus(Decimal::from_int(10)?));
                (last, own_limit) = (10, 10);
                continue;
            }
            let Some((len, d)) = self.coefficient() else { break };
            let next = self.peek(len).and_then(unit).filter(|u| *u < 10_000);
            match next {
                Some(u) if u < own_limit => {
                    self.at += len + 1;
                    any = true;
                    value = value.and_then(|v| v.plus(d?.times(u)?));
                    (last, own_limit) = (u, u);
                }
                Some(_) => {
                    // 一百零五百: the 零 belongs to neither.
                    self.at -= usize::from(zero);
                    break;
                }
                None => return self.last_digit(start, value, d, len, last, any),
            }
        }
        (self.at > start).then_some(Section { value, short: false })
    }

    /// The digit that ends a section: a plain one (二十八, 零五, 五) or the short form of a unit (一百二, 两万三).
    fn last_digit(
        &mut self,
        start: usize,
        value: Option<Decimal>,
        d: Option<Decimal>,
        len: usize,
        last: u128,
        any: bool,
    ) -> Option<Section> {
        let is_short = last >= 100;
        let chinese = self.peek(0).is_some_and(|c| !c.is_ascii());
        let more_digits = chinese && self.peek(1).is_some_and(|c| coefficient(c).is_some());
        if more_digits && (any || last != 0) {
            // 十五六, 一百二三十: about, no value. All of it is taken.
            self.vague = true;
            while self.peek(0).is_some_and(|c| coefficient(c).is_some() || unit(c).is_some()) {
                self.at += 1;
            }
            return Some(Section { value: None, short: true });
        }
        let big_follows = self.peek(len).and_then(unit).is_some_and(|u| u >= 10_000);
        let refused = is_short && ((self.breaks)(self.at) || big_follows || d == Decimal::from_int(0));
        // 二十两 is a weight, 三万两 too.
        let weight = last != 0 && matches!(self.peek(0), Some('两' | '俩'));
        if refused || weight {
            return (self.at > start).then_some(Section { value, short: true });
        }
        self.at += len;
        // 1万2 is 12000 as 一万二 is, but so is 1万2000.
        let scale = if is_short && len == 1 { last / 10 } else { 1 };
        Some(Section { value: value.and_then(|v| v.plus(d?.times(scale)?)), short: is_short })
    }
}

struct Section {
    value: Option<Decimal>,
    /// Nothing can follow.
    short: bool,
}
