//! Numbers said in several styles must be read back to the same value, wherever they stand.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_model::TextSpan;
use hotline_text::number::{self, NumberKind, digits_to_chinese, to_chinese};
use proptest::prelude::*;

/// Ways to say a whole number.
#[derive(Clone, Copy, Debug)]
enum Style {
    Standard,
    /// 二 for 两, 一十 for a beginning 十.
    Formal,
    /// 一百二, 两万三 where the number has that shape.
    Short,
    /// 12万3000.
    Mixed,
    Ascii,
    Thousands,
    FullWidth,
    Traditional,
}

fn say(n: u64, style: Style) -> String {
    let standard = to_chinese(&n.to_string()).unwrap();
    match style {
        Style::Standard => standard,
        Style::Formal => {
            let formal = standard.replace('两', "二");
            if formal.starts_with('十') { format!("一{formal}") } else { formal }
        }
        Style::Short => short(n).unwrap_or(standard),
        Style::Mixed if (10_000..100_000_000).contains(&n) => match n % 10_000 {
            0 => format!("{}万", n / 10_000),
            rest @ 1000.. => format!("{}万{rest}", n / 10_000),
            _ => n.to_string(),
        },
        Style::Mixed | Style::Ascii => n.to_string(),
        Style::Thousands => {
            let digits = n.to_string();
            let mut text = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(c);
            }
            text
        }
        Style::FullWidth => n.to_string().chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect(),
        Style::Traditional => standard.replace('万', "萬").replace('亿', "億").replace('两', "兩"),
    }
}

/// 120 → 一百二, 23000 → 两万三: two digits at the front, the second right below the first.
fn short(n: u64) -> Option<String> {
    let power = n.ilog10();
    let unit = match power {
        2 => '百',
        3 => '千',
        4 => '万',
        _ => return None,
    };
    let (head, second) = (n / 10u64.pow(power), n / 10u64.pow(power - 1) % 10);
    (second > 0 && n.is_multiple_of(10u64.pow(power - 1))).then(|| {
        let head = if head == 2 { "两".to_owned() } else { digits_to_chinese(&head.to_string()) };
        format!("{head}{unit}{}", digits_to_chinese(&second.to_string()))
    })
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Standard),
        Just(Style::Formal),
        Just(Style::Short),
        Just(Style::Mixed),
        Just(Style::Ascii),
        Just(Style::Thousands),
        Just(Style::FullWidth),
        Just(Style::Traditional),
    ]
}

/// Numbers of every length, round ones often.
fn whole() -> impl Strategy<Value = u64> {
    (0u32..11, 1u64..10_000, 0u32..5).prop_map(|(digits, n, zeros)| n % 10u64.pow(digits + 1) * 10u64.pow(zeros))
}

fn only(text: &str, said: &str) -> Option<(String, NumberKind)> {
    let found = number::find(text);
    let at = text.find(said)?;
    match found.as_slice() {
        [n] if n.span == TextSpan::new(at, at + said.len()) => Some((n.value.clone(), n.kind)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whole_numbers(n in whole().prop_filter("positive", |n| *n > 0), style in style()) {
        let said = say(n, style);
        let text = format!("总共{said}个，谢谢");
        // Seven digits and more in a row are a telephone number unless something says otherwise.
        let plain = said.chars().all(|c| c.is_ascii_digit() || ('０'..='９').contains(&c));
        let kind = if n >= 1_000_000 && plain { NumberKind::Digits } else { NumberKind::Cardinal };
        prop_assert_eq!(only(&text, &said), Some((n.to_string(), kind)), "{}", text);
    }

    #[test]
    fn amounts(yuan in 1u64..100_000, jiao in 0u64..10, fen in 0u64..10, style in style(), tail in 0usize..4) {
        prop_assume!(!(fen > 0 && jiao == 0 && tail == 2));
        let whole = say(yuan, style);
        let digit = |d: u64| digits_to_chinese(&d.to_string());
        let said = match (jiao, fen) {
            (0, 0) => format!("{whole}块{}", if tail % 2 == 0 || yuan == 1 { "钱" } else { "" }),
            (_, 0) => match tail {
                0 => format!("{whole}块{}", digit(jiao)),
                1 => format!("{whole}块{}毛", digit(jiao)),
                2 => format!("{whole}元{}角", digit(jiao)),
                _ => format!("{whole}块{}毛钱", digit(jiao)),
            },
            (0, _) => format!("{whole}块零{}分", digit(fen)),
            _ => match tail {
                0 => format!("{whole}块{}毛{}", digit(jiao), digit(fen)),
                1 => format!("{whole}块{}毛{}分", digit(jiao), digit(fen)),
                2 => format!("{whole}元{}角{}分", digit(jiao), digit(fen)),
                _ => format!("{whole}块{}毛{}分钱", digit(jiao), digit(fen)),
            },
        };
        let fraction = format!("{jiao}{fen}");
        let fraction = fraction.trim_end_matches('0');
        let value = if fraction.is_empty() { yuan.to_string() } else { format!("{yuan}.{fraction}") };
        let text = format!("扣了我{said}，对吧");
        prop_assert_eq!(only(&text, &said), Some((value, NumberKind::Amount)), "{}", text);
    }

    #[test]
    fn decimals_and_percentages(n in 0u64..100_000, fraction in "[0-9]{0,3}[1-9]", chinese in any::<bool>()) {
        let value = format!("{n}.{fraction}");
        // 三点二十 style minutes need 十, so a decimal said digit by digit is never a time.
        let said = if chinese { to_chinese(&value).unwrap() } else { value.clone() };
        let text = format!("大概{said}吧");
        prop_assert_eq!(only(&text, &said), Some((value.clone(), NumberKind::Decimal)), "{}", text);
        let said = if chinese { format!("百分之{said}") } else { format!("{said}%") };
        let text = format!("大概{said}吧");
        prop_assert_eq!(only(&text, &said), Some((value, NumberKind::Percent)), "{}", text);
    }

    #[test]
    fn digits_one_by_one(digits in "[0-9]{5,18}", yao in any::<bool>(), group in 3usize..6) {
        let mut said = digits_to_chinese(&digits);
        if yao {
            said = said.replace('一', "幺");
        }
        let text = format!("号码是{said}");
        prop_assert_eq!(only(&text, &said), Some((digits.clone(), NumberKind::Digits)), "{}", text);
        // With a pause after each group, unless that leaves a lone digit at the end.
        if digits.len() % group != 1 {
            let chars: Vec<char> = said.chars().collect();
            let paused: Vec<String> = chars.chunks(group).map(|part| part.iter().collect()).collect();
            let paused = paused.join("，");
            let text = format!("号码是{paused}");
            prop_assert_eq!(only(&text, &paused), Some((digits, NumberKind::Digits)), "{}", text);
        }
    }

    #[test]
    fn dates(year in 1950u32..2050, month in 1u32..13, day in 1u32..29, chinese in any::<bool>(), hao in any::<bool>()) {
        let say = |n: u32| if chinese { to_chinese(&n.to_string()).unwrap() } else { n.to_string() };
        let spoken_year = if chinese { digits_to_chinese(&year.to_string()) } else { year.to_string() };
        let said = format!("{spoken_year}年{}月{}{}", say(month), say(day), if hao { '号' } else { '日' });
        let text = format!("是{said}办的");
        prop_assert_eq!(only(&text, &said), Some((format!("{year}-{month:02}-{day:02}"), NumberKind::Date)), "{}", text);
    }

    #[test]
    fn any_text_gives_ordered_spans_that_fit(text in "\\PC{0,30}|[零一二三四五六七八九十百千万亿两幺点块毛分年月号第0-9.,% 半多几之个]{0,24}") {
        let mut end = 0;
        for n in number::find(&text) {
            prop_assert!(n.span.start >= end && !n.span.is_empty());
            end = n.span.end;
            prop_assert!(n.span.slice(&text).is_some());
            prop_assert!(!n.value.is_empty() && n.value.is_ascii());
        }
        let readings = number::readings(&text);
        for folded in [&readings.digits, &readings.characters] {
            for (at, c) in folded.text.char_indices() {
                let original = folded.to_original(TextSpan::new(at, at + c.len_utf8()));
                prop_assert!(original.slice(&text).is_some_and(|s| !s.is_empty()));
            }
        }
    }

    #[test]
    fn both_readings_of_a_number_mean_the_same(n in 1u64..1_000_000, fraction in proptest::option::of("[0-9]{0,2}[1-9]")) {
        let value = match fraction {
            Some(fraction) => format!("{n}.{fraction}"),
            None => n.to_string(),
        };
        let said = to_chinese(&value).unwrap();
        let (written, spoken) = (format!("一共是{value}元钱"), format!("一共是{said}元钱"));
        prop_assert_eq!(number::readings(&written).digits.text, number::readings(&spoken).digits.text);
    }
}
