//! "Please hold the line": how long was promised.

use hotline_text::number::{self, NumberKind};

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

/// No hold on the line lasts longer than this; a longer time is a promise to call back.
const LONGEST_S: u32 = 15 * 60;

/// Whether `text`, said by the agent, announces a hold, and for how long.
pub fn promised_hold(text: &str) -> Option<Hold> {
    if !PLEASE_WAIT.iter().any(|words| text.contains(words)) {
        return None;
    }
    // 半分钟 is no number to the number reader.
    if text.contains("半分钟") {
        return Some(Hold { promised_s: Some(30) });
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
