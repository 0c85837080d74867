//! What stands behind a colon: lengths, numbers, times of day, yes and no.

use hotline_model::{Channel, Outcome};

use super::{Bounds, Measure};

/// Both ends of `a..b`, `a..`, `..b`, `>a`, `>=a`, `<b`, `<=b`, `a+` (at least), or of a single value.
pub(super) struct Ends<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    /// The end itself does not count.
    pub(super) open: bool,
}

pub(super) fn ends(text: &str) -> Ends<'_> {
    let some = |text: &'_ str| (!text.is_empty()).then_some(());
    let trim = |text: &'_ str| -> usize { text.len() - text.trim_start_matches(['=', '＝']).len() };
    if let Some((from, to)) = text.split_once("..").or_else(|| text.split_once('～')) {
        let to = to.trim_start_matches('.');
        return Ends { from: some(from).map(|()| from), to: some(to).map(|()| to), open: false };
    }
    for (signs, below) in [([">", "＞", "≥"], false), (["<", "＜", "≤"], true)] {
        for sign in signs {
            if let Some(rest) = text.strip_prefix(sign) {
                let skip = trim(rest);
                let value = rest.get(skip..).unwrap_or_default();
                let open = skip == 0 && !matches!(sign, "≥" | "≤");
                let (from, to) = if below { (None, Some(value)) } else { (Some(value), None) };
                return Ends { from, to, open };
            }
        }
    }
    if let Some(from) = text.strip_suffix('+') {
        return Ends { from: Some(from), to: None, open: false };
    }
    Ends { from: Some(text), to: Some(text), open: false }
}

/// The bounds that `text` sets to a measure; the measure comes back because a share of silence is another one than its length.
pub(super) fn bounds(measure: Measure, text: &str) -> Option<(Measure, Bounds)> {
    let ends = ends(text);
    let is_share = |text: Option<&str>| text.is_some_and(|text| text.ends_with(['%', '％']));
    let measure = match measure {
        Measure::Silence if is_share(ends.from) || is_share(ends.to) => Measure::SilenceShare,
        measure => measure,
    };
    let value = |text: &str| match measure {
        Measure::Duration | Measure::Silence => length_ms(text).map(u64::from),
        Measure::SilenceShare => scaled(text.trim_end_matches(['%', '％']), 10.0),
        Measure::Score => scaled(text.trim_end_matches('分'), 10.0),
    };
    let end = |text: Option<&str>| match text {
        Some(text) => value(text).map(Some),
        None => Some(None),
    };
    let (mut least, mut most) = (end(ends.from)?, end(ends.to)?);
    if least.is_none() && most.is_none() {
        return None;
    }
    if ends.open {
        least = least.map(|n| n.saturating_add(1));
        most = match most {
            Some(n) => Some(n.checked_sub(1)?),
            None => None,
        };
    } else if ends.from == ends.to && matches!(measure, Measure::Duration | Measure::Silence) {
        // A single length is a whole second.
        most = least.map(|n| n.saturating_add(999));
    }
    Some((measure, Bounds { least, most }))
}

fn scaled(text: &str, by: f64) -> Option<u64> {
    let number: f64 = text.trim().parse().ok()?;
    ((0.0..=1e6).contains(&number)).then(|| (number * by).round() as u64)
}

/// `30`, `30s`, `1.5s`, `30秒`, `2m`, `2分`, `1分30秒`, `1:30`, `1h`.
pub(super) fn length_ms(text: &str) -> Option<u32> {
    let text = text.trim();
    if let Some((minutes, seconds)) = text.split_once([':', '：']) {
        let seconds: u32 = seconds.parse().ok()?;
        return minutes.parse::<u32>().ok()?.checked_mul(60)?.checked_add(seconds)?.checked_mul(1000);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = rest.get(..rest.len() - number.len())?;
        let unit_end = number.find(|c: char| c.is_ascii_digit()).unwrap_or(number.len());
        let (unit, next) = (number.get(..unit_end)?, number.get(unit_end..)?);
        let ms = match unit {
            "" | "s" | "sec" | "秒" | "秒钟" => 1000.0,
            "ms" | "毫秒" => 1.0,
            "m" | "min" | "分" | "分钟" => 60_000.0,
            "h" | "小时" => 3_600_000.0,
            _ => return None,
        };
        total += digits.parse::<f64>().ok()? * ms;
        rest = next;
    }
    (!text.is_empty() && total <= f64::from(u32::MAX)).then_some(total.round() as u32)
}

/// `9:00..12:00`, `>18:00`, `9..12`, `上午` and such: seconds after midnight, the end not included.
pub(super) fn time_of_day(text: &str) -> Option<(u32, u32)> {
    const HOUR: u32 = 3600;
    match text {
        "凌晨" => return Some((0, 6 * HOUR)),
        "早上" | "上午" | "morning" => return Some((6 * HOUR, 12 * HOUR)),
        "中午" | "noon" => return Some((11 * HOUR, 14 * HOUR)),
        "下午" | "afternoon" => return Some((12 * HOUR, 18 * HOUR)),
        "晚上" | "evening" => return Some((18 * HOUR, 24 * HOUR)),
        _ => {}
    }
    let ends = ends(text);
    let clock = |text: &str| -> Option<u32> {
        let text = text.trim();
        let (hour, minute) = text.split_once([':', '：', '点', '时']).unwrap_or((text, "0"));
        let minute = minute.trim_end_matches('分');
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, if minute.is_empty() { 0 } else { minute.parse().ok()? });
        (hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60).then_some((hour * 60 + minute) * 60)
    };
    match (ends.from, ends.to) {
        // A single hour or minute lasts as long as it is written.
        (Some(from), Some(to)) if from == to => {
            let at = clock(from)?;
            let whole_hour = !from.contains([':', '：']);
            Some((at, at + if whole_hour { HOUR } else { 60 }))
        }
        (Some(from), Some(to)) => Some((clock(from)?, clock(to)?)),
        (Some(from), None) => Some((clock(from)?, 24 * HOUR)),
        (None, Some(to)) => Some((0, clock(to)?)),
        (None, None) => None,
    }
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "是" | "有" | "已复核" => Some(true),
        "false" | "no" | "n" | "0" | "否" | "无" | "没有" | "未复核" => Some(false),
        _ => None,
    }
}

pub(super) fn role(text: &str) -> Option<Channel> {
    match text.to_lowercase().as_str() {
        "agent" | "座席" | "坐席" | "客服" => Some(Channel::Agent),
        "cust" | "customer" | "客户" => Some(Channel::Customer),
        "mixed" | "混合" => Some(Channel::Mixed),
        _ => None,
    }
}

pub(super) fn outcome(text: &str) -> Option<Outcome> {
    match text.to_lowercase().as_str() {
        "met" | "符合" => Some(Outcome::Met),
        "violated" | "违规" | "违反" => Some(Outcome::Violated),
        "undecided" | "无法判断" | "存疑" => Some(Outcome::Undecided),
        "not_applicable" | "na" | "不适用" => Some(Outcome::NotApplicable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_shares_and_times_of_day() {
        let between = |least, most| Some(Bounds { least, most });
        let of = |measure, text| bounds(measure, text).map(|(_, bounds)| bounds);
        assert_eq!(of(Measure::Silence, ">10s"), between(Some(10_001), None));
        assert_eq!(of(Measure::Silence, ">=1.5秒"), between(Some(1_500), None));
        assert_eq!(of(Measure::Duration, "1分30秒..2m"), between(Some(90_000), Some(120_000)));
        assert_eq!(of(Measure::Duration, "5"), between(Some(5_000), Some(5_999)));
        assert_eq!(bounds(Measure::Silence, ">20%").map(|(m, _)| m), Some(Measure::SilenceShare));
        assert_eq!(of(Measure::Score, "<80"), between(None, Some(799)));
        assert_eq!(of(Measure::Score, "80+"), between(Some(800), None));
        assert_eq!(of(Measure::Score, "<0"), None);
        for text in ["", "..", ">", "long", "10x", "1.2.3", "-5", "9999999999"] {
            assert_eq!(of(Measure::Duration, text), None, "{text}");
        }
        assert_eq!(time_of_day("9:00..12:30"), Some((32_400, 45_000)));
        assert_eq!(time_of_day("22..6"), Some((79_200, 21_600)));
        assert_eq!(time_of_day("9"), Some((32_400, 36_000)));
        assert_eq!(time_of_day(">18点"), Some((64_800, 86_400)));
        assert_eq!(time_of_day("25:00"), None);
    }
}
