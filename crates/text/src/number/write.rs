//! Numbers in Chinese characters.

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// The standard reading of a plain ASCII decimal: `128.5` is 一百二十八点五, `10` 十, `2000` 两千. `None` for anything else or
/// 10^16 and above.
pub fn to_chinese(decimal: &str) -> Option<String> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || decimal.ends_with('.') {
        return None;
    }
    let value: u64 = whole.parse().ok().filter(|v| *v < 10u64.pow(16))?;
    let mut text = whole_to_chinese(value);
    if !fraction.is_empty() {
        text.push('点');
        text.extend(fraction.chars().filter_map(digit_char));
    }
    Some(text)
}

/// Digits read one by one: `138` is 一三八. Other characters are left out.
pub fn digits_to_chinese(digits: &str) -> String {
    digits.chars().filter_map(digit_char).collect()
}

fn digit_char(c: char) -> Option<char> {
    DIGITS.get(c.to_digit(10)? as usize).copied()
}

fn whole_to_chinese(value: u64) -> String {
    if value == 0 {
        return "零".into();
    }
    let mut text = String::new();
    let mut zero_due = false;
    for (power, unit) in [(12, "万亿"), (8, "亿"), (4, "万"), (0, "")] {
        let group = (value / 10u64.pow(power) % 10_000) as usize;
        if group == 0 {
            zero_due = !text.is_empty();
            continue;
        }
        if !text.is_empty() && (zero_due || group < 1000) {
            text.push('零');
        }
        zero_due = false;
        push_group(&mut text, group, !unit.is_empty());
        text.push_str(unit);
    }
    // 十五, not 一十五, at the very beginning.
    match text.strip_prefix("一十") {
        Some(rest) => format!("十{rest}"),
        None => text,
    }
}

/// 1…9999. `before_unit`: 万 or 亿 follows, so a lone 2 is 两.
fn push_group(text: &mut String, group: usize, before_unit: bool) {
    let mut zero_due = false;
    let mut begun = false;
    for (unit, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = group / unit % 10;
        if digit == 0 {
            zero_due = begun;
            continue;
        }
        if zero_due {
            text.push('零');
            zero_due = false;
        }
        let two = digit == 2 && (unit >= 1000 || (group == 2 && before_unit));
        text.push(if two { '两' } else { DIGITS.get(digit).copied().unwrap_or('零') });
        text.push_str(name);
        begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_readings() {
        let cases = [
            ("0", "零"),
            ("10", "十"),
            ("15", "十五"),
            ("105", "一百零五"),
            ("110", "一百一十"),
            ("128.5", "一百二十八点五"),
            ("2000", "两千"),
            ("20000", "两万"),
            ("10005", "一万零五"),
            ("100500", "十万零五百"),
            ("1000000", "一百万"),
            ("120000000", "一亿两千万"),
            ("300000005", "三亿零五"),
            ("0.05", "零点零五"),
        ];
        for (digits, text) in cases {
            assert_eq!(to_chinese(digits).as_deref(), Some(text), "{digits}");
        }
        assert_eq!(to_chinese("1,000"), None);
        assert_eq!(to_chinese("5."), None);
        assert_eq!(to_chinese(""), None);
    }
}
