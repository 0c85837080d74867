//! Numbers as people write them.

use crate::Language;
use crate::table::{Cell, Good, decimal, rating_name};

/// What stands where there is nothing to count.
pub(super) const DASH: &str = "—";

/// A number with thousands separated.
pub(super) fn grouped(value: f64, decimals: u8) -> String {
    let text = decimal(value, decimals);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A share as percent: `12.5%`.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", grouped(share * 100.0, 1))
}

/// A number or a dash.
pub(super) fn or_dash(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| DASH.to_owned(), show)
}

/// A change with its direction: `▲ 1.2`, `▼ 3`, `0.0`.
pub(super) fn change(value: f64, decimals: u8) -> String {
    let size = grouped(value.abs(), decimals);
    if size.bytes().all(|b| b == b'0' || b == b'.') {
        return "0".to_owned();
    }
    format!("{} {size}", if value > 0.0 { "▲" } else { "▼" })
}

/// Class of a change: whether it is welcome. A change too small to show is neither.
pub(super) fn change_class(value: f64, decimals: u8, good: Good) -> &'static str {
    if change(value, decimals) == "0" {
        return "flat";
    }
    match good {
        Good::Neither => "flat",
        Good::Up if value > 0.0 => "good",
        Good::Down if value < 0.0 => "good",
        Good::Up | Good::Down => "bad",
    }
}

/// A cell's text on the page; units stand in the column's title, but for percent signs.
pub(super) fn cell_text(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Missing => DASH.to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => grouped(*count as f64, 0),
        Cell::Decimal(value, decimals) => grouped(*value, *decimals),
        Cell::Share(share) => percent(*share),
        Cell::Change(value, decimals, _) => change(*value, *decimals),
        Cell::ShareChange(value, _) => change(value * 100.0, 1),
        Cell::Signed(value, decimals) if *value > 0.0 => format!("+{}", grouped(*value, *decimals)),
        Cell::Signed(value, decimals) => grouped(*value, *decimals),
        Cell::Grade(grade) => grade.to_string(),
        Cell::Severity(severity) => language.pick(severity.name_zh(), severity.name()).to_owned(),
        Cell::Rating(rating) => rating_name(*rating, language).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let cases = [(0.0, 0, "0"), (999.4, 0, "999"), (1000.0, 0, "1,000"), (-1234567.89, 1, "−1,234,567.9")];
        for (value, decimals, text) in cases {
            assert_eq!(grouped(value, decimals), text);
        }
    }

    #[test]
    fn changes_too_small_to_show_have_no_arrow() {
        assert_eq!(change(0.04, 1), "0");
        assert_eq!(change(-0.04, 1), "0");
        assert_eq!(change(-0.06, 1), "▼ 0.1");
    }
}
