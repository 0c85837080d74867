//! Numbers as they are said and written: 一百二十八块五 is 128.5, 幺三八零零 is 13800, 两万三 is 23000.
//!
//! [`find`] gives every number of a text with its value; [`readings`] writes a text once with all numbers in digits and
//! once with all in characters, so that both sides of a comparison can be brought into one form.

mod compound;
mod context;
mod decimal;
mod numeral;
mod readings;
mod scan;
mod write;

use hotline_model::TextSpan;
use serde::{Deserialize, Serialize};

pub(crate) use numeral::digit as digit_value;
pub use readings::{Readings, readings};
pub use write::{digits_to_chinese, to_chinese};

/// A number in a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NumberSpan {
    /// Where it stands, with what belongs to it (`%`, 块, 第, 年).
    pub span: TextSpan,
    /// Its value in ASCII. Plain decimal without thousands separators or trailing zeros (`128.5`) for most kinds; the
    /// digits as said for [`NumberKind::Digits`]; see the kinds for the others.
    pub value: String,
    /// What kind of number it is.
    pub kind: NumberKind,
    /// Said only about (二十多块, 十几个): the value is the least it can be.
    pub approximate: bool,
}

/// Kinds of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// A whole number: 一百二十八, 两万三, 5.
    Cardinal,
    /// A number with a fraction: 三点五.
    Decimal,
    /// A percentage; the value is in per cent: 百分之八十 is 80, 千分之三 is 0.3.
    Percent,
    /// 三分之一; the value is `1/3`.
    Fraction,
    /// An amount of money in the currency's main unit: 五毛 is 0.5.
    Amount,
    /// Digits said one by one, as telephone and card numbers are: leading zeros count.
    Digits,
    /// 第三.
    Ordinal,
    /// A date, as much of it as was said: `2026-10-01`, `2026-10`, `2026`, `10-01`.
    Date,
    /// A time of day as said, on the 12 or 24 hour clock: `15:30`, `3:00`.
    Time,
}

/// All numbers of `text` in order, disjoint. Words that only look like numbers (一下, 千万别, 十分抱歉) are none, nor are
/// weekdays and vague ones without a value (三四百, 好几百).
///
/// Full-width and Traditional forms are read too. Values beyond 10^30 are left out.
pub fn find(text: &str) -> Vec<NumberSpan> {
    scan::Scanner::new(text).find_all()
}

/// Whether the whole of `text` is one exact number, and which; for search terms and rule parameters.
pub fn parse(text: &str) -> Option<NumberSpan> {
    let text = text.trim();
    match find(text).as_slice() {
        [only] if only.span.range() == (0..text.len()) && !only.approximate => Some(only.clone()),
        _ => None,
    }
}
