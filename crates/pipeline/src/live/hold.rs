//! "Please hold the line": how long was promised.

use std::sync::LazyLock;

use hotline_text::number::{self, NumberKind};
use hotline_text::pinyin::{Syllable, mean_cost, syllables};

/// A hold that an agent has announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For how long, if that was said, in seconds.
    pub promised_s: Option<u32>,
}

/// Words that ask to stay on the line. Only what asks for waiting *now* counts: 等通知 and 等三天 do not.
const PLEASE_WAIT: [&str; 13] = [
    "稍等",
    "稍候",
    "稍微等",
    "等一下",
    "等一会",
    "等一等",
    "等下",
    "等我一",
    "请等",
    "您等",
    "别挂",
    "不要挂",
    "不挂机",
];

/// The same as it sounds: telephones turn 稍等 into 收等 or 少等.
static SOUNDS_LIKE: LazyLock<Vec<Vec<Syllable>>> =
    LazyLock::new(|| ["请稍等", "您稍等", "稍等我", "稍等一", "请稍候", "您稍候"].map(syllables).to_vec());

/// Highest mean cost of a syllable for words that sound like those: one of three may be off by a vowel.
const ALIKE: f32 = 0.17;

/// No hold on the line lasts longer than this; a longer time is a promise to call back.
const LONGEST_S: u32 = 15 * 60;

/// Whether `text`, said by the agent, announces a hold, and for how long.
pub fn promised_hold(text: &str) -> Option<Hold> {
    if !PLEASE_WAIT.iter().any(|words| text.contains(words)) && !sounds_like_waiting(text) {
        return None;
    }
    // 半分钟 is no number to the number reader.
    if text.contains("半分钟") {
        return Some(Hold { promised_s: Some(30) });
    }
    if let Some(seconds) = about(text) {
        return Some(Hold { promised_s: Some(seconds) });
    }
    let said = number::find(text).into_iter().find_map(|number| {
        let value: f64 = match number.kind {
            NumberKind::Cardinal | NumberKind::Decimal | NumberKind::Digits => number.value.parse().ok()?,
            _ => return None,
        };
        let unit = text.get(number.span.range().end..)?.trim_start().trim_start_matches('个');
        let seconds = match unit {
            unit if unit.starts_with("分半") => value * 60.0 + 30.0,
            unit if unit.starts_with("分钟") || unit.starts_with('分') => value * 60.0,
            unit if unit.starts_with('秒') => value,
            _ => return None,
        };
        (seconds >= 1.0 && seconds <= f64::from(LONGEST_S)).then_some(seconds.round() as u32)
    });
    let far = ["小时", "天内", "工作日", "明天"].iter().any(|words| text.contains(words));
    match said {
        None if far => None,
        promised_s => Some(Hold { promised_s }),
    }
}

fn sounds_like_waiting(text: &str) -> bool {
    let said = syllables(text);
    let alike = |meant: &Vec<Syllable>| said.windows(meant.len()).any(|heard| mean_cost(heard, meant) <= ALIKE);
    SOUNDS_LIKE.iter().any(alike)
}

/// The longest time that an estimate allows, in seconds: 七八秒 is 8, 两三分钟 180, 十几秒 20. A number reader takes 七八 for 78.
fn about(text: &str) -> Option<u32> {
    let chars: Vec<char> = text.chars().collect();
    let units = chars.iter().enumerate().filter_map(|(at, c)| match c {
        '秒' => Some((at, 1)),
        '分' => Some((at, 60)),
        _ => None,
    });
    units.filter_map(|(at, unit)| Some(unit * most(&chars[..at])?)).next()
}

/// The most that a rough number at the end of `chars` can mean.
fn most(chars: &[char]) -> Option<u32> {
    // 十, 二十 … before it, and whether a plain digit is: then it is a number read out.
    let tens = |before: &[char]| match before {
        [.., digit, '十'] if value(*digit).is_some() => value(*digit).map_or(0, |tens| 10 * tens),
        [.., '十'] => 10,
        _ => 0,
    };
    match chars {
        [before @ .., '几'] if before.ends_with(&['十']) => Some(tens(before) + 10),
        [before @ .., one, next] if before.last().is_none_or(|c| value(*c).is_none()) => {
            let (one, next) = (value(*one)?, value(*next)?);
            (next == one + 1 || (one, next) == (3, 5)).then_some(tens(before) + next)
        }
        _ => None,
    }
}

fn value(digit: char) -> Option<u32> {
    let at = "一二三四五六七八九".chars().position(|one| one == if digit == '两' { '二' } else { digit })?;
    Some(at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases: seconds (`-` no hold, `?` a hold of unknown length), tab, text.
    #[test]
    fn holds_and_their_lengths() {
        let cases = include_str!("../../tests/holds.tsv");
        let mut wrong = Vec::new();
        for line in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (expected, text) = line.split_once('\t').unwrap();
            let found = match promised_hold(text) {
                None => "-".to_owned(),
                Some(Hold { promised_s: None }) => "?".to_owned(),
                Some(Hold { promised_s: Some(seconds) }) => seconds.to_string(),
            };
            if found != expected {
                wrong.push(format!("{text}: {found}, not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(cases.lines().count() > 15);
    }
}
