//! A text with all its numbers in one form.

use super::{NumberKind, NumberSpan, digits_to_chinese, find, to_chinese};
use crate::Folded;
use crate::map::FoldedBuilder;

/// A text twice: its numbers in digits, and in characters. Positions map back to the text, a number as one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    /// 一百二十八块五 has become 128.5元, 百分之八十 80%, 二〇二六年三月 2026年3月.
    pub digits: Folded,
    /// 128.5元 has become 一百二十八点五元, 80% 百分之八十, 10086 一零零八六. Numbers that were said in characters stay as they are.
    pub characters: Folded,
}

/// Both readings of `text`; what is no number stays byte for byte.
pub fn readings(text: &str) -> Readings {
    let numbers = find(text);
    if numbers.is_empty() {
        return Readings { digits: Folded::identity(text), characters: Folded::identity(text) };
    }
    let mut digits = FoldedBuilder::new(text);
    let mut characters = FoldedBuilder::new(text);
    let mut done = 0;
    for number in &numbers {
        let range = number.span.range();
        let source = text.get(range.clone()).unwrap_or_default();
        for (builder, reading) in [(&mut digits, in_digits(number)), (&mut characters, in_characters(number, source))] {
            builder.keep(done, range.start);
            match reading {
                Some(reading) if reading != source => builder.push_str(&reading, range.start, range.len()),
                _ => builder.keep(range.start, range.end),
            }
        }
        done = range.end;
    }
    digits.keep(done, text.len());
    characters.keep(done, text.len());
    Readings { digits: digits.finish(), characters: characters.finish() }
}

fn in_digits(number: &NumberSpan) -> Option<String> {
    let value = &number.value;
    Some(match number.kind {
        NumberKind::Cardinal | NumberKind::Decimal | NumberKind::Digits | NumberKind::Fraction | NumberKind::Time => {
            value.clone()
        }
        NumberKind::Percent => format!("{value}%"),
        // 二十多块: what stands between the number and its unit must not be lost.
        NumberKind::Amount if number.approximate => return None,
        NumberKind::Amount => format!("{value}元"),
        NumberKind::Ordinal => format!("第{value}"),
        NumberKind::Date => {
            let parts: Vec<&str> = value.split('-').map(|part| part.trim_start_matches('0')).collect();
            match parts.as_slice() {
                [year, month, day] => format!("{year}年{month}月{day}日"),
                [year] => format!("{year}年"),
                [first, second] if value.len() == 5 => format!("{first}月{second}日"),
                [year, month] => format!("{year}年{month}月"),
                _ => return None,
            }
        }
    })
}

/// Only what is written in ASCII digits; what was said in characters is the reading already.
fn in_characters(number: &NumberSpan, source: &str) -> Option<String> {
    if !source.chars().any(|c| c.is_ascii_digit() || ('０'..='９').contains(&c)) {
        return None;
    }
    let value = &number.value;
    let date_part = |part: &str| to_chinese(part.trim_start_matches('0'));
    Some(match number.kind {
        NumberKind::Digits => digits_to_chinese(value),
        NumberKind::Cardinal | NumberKind::Decimal => to_chinese(value)?,
        NumberKind::Percent if value == "100" => "百分之百".to_owned(),
        NumberKind::Percent => format!("百分之{}", to_chinese(value)?),
        NumberKind::Amount if number.approximate => return None,
        NumberKind::Amount => format!("{}元", to_chinese(value)?),
        NumberKind::Ordinal => format!("第{}", to_chinese(value)?),
        NumberKind::Fraction => {
            let (above, below) = value.split_once('/')?;
            format!("{}分之{}", to_chinese(below)?, to_chinese(above)?)
        }
        NumberKind::Time => {
            let (hour, minute) = value.split_once(':')?;
            match minute {
                "00" => format!("{}点", to_chinese(hour)?),
                _ if minute.starts_with('0') => format!("{}点零{}分", to_chinese(hour)?, date_part(minute)?),
                _ => format!("{}点{}分", to_chinese(hour)?, to_chinese(minute)?),
            }
        }
        NumberKind::Date => {
            let parts: Vec<&str> = value.split('-').collect();
            match parts.as_slice() {
                [y, m, d] => format!("{}年{}月{}日", digits_to_chinese(y), date_part(m)?, date_part(d)?),
                [y] => format!("{}年", digits_to_chinese(y)),
                [m, d] if value.len() == 5 => format!("{}月{}日", date_part(m)?, date_part(d)?),
                [y, m] => format!("{}年{}月", digits_to_chinese(y), date_part(m)?),
                _ => return None,
            }
        }
    })
}
