//! What stands around a numeral and decides whether it is a number.

use std::collections::HashMap;
use std::sync::LazyLock;

const NOT_NUMBERS: &str = include_str!("../../assets/not_numbers.tsv");

struct NotNumber {
    word: Vec<char>,
    /// A number all the same before one of these.
    unless: Vec<char>,
}

/// By first character, longest first.
static WORDS: LazyLock<HashMap<char, Vec<NotNumber>>> = LazyLock::new(|| {
    let mut words: HashMap<char, Vec<NotNumber>> = HashMap::new();
    for line in NOT_NUMBERS.lines().filter(|line| !line.starts_with('#')) {
        let (list, unless) = line.split_once('\t').unwrap_or((line, ""));
        for word in list.split_whitespace() {
            let word: Vec<char> = word.chars().collect();
            if let Some(&first) = word.first() {
                words.entry(first).or_default().push(NotNumber { word, unless: unless.chars().collect() });
            }
        }
    }
    for list in words.values_mut() {
        list.sort_by_key(|entry| std::cmp::Reverse(entry.word.len()));
    }
    words
});

/// Length of the word that begins `chars` and is no number.
pub(super) fn not_a_number(chars: &[char]) -> Option<usize> {
    let entry = WORDS.get(chars.first()?)?.iter().find(|entry| chars.starts_with(&entry.word))?;
    let next = chars.get(entry.word.len());
    (!next.is_some_and(|c| entry.unless.contains(c))).then_some(entry.word.len())
}

/// Measure words and units that may follow a lone digit and make it a number (first character).
const MEASURES: &str = "个位名次天年月日号周星礼小时钟头分秒点条张套台部户栋幢层楼单元期级遍份家笔件种项块毛角米公里度吨升斤\
    兆间室床门扇根支只辆趟回步页章节集届轮批组队班倍成折股座所处片颗粒瓶盒箱包袋双对副把串列排本册封通声句段首场局盘杯\
    车站路环区岁秒厘毫克元万亿百千者人口道截颗圈岗季夜晚档类码%kmg";

/// Whether a measure word begins `chars`.
pub(super) fn measure_follows(chars: &[char]) -> bool {
    chars.first().is_some_and(|&c| MEASURES.contains(c))
}

const TIMES_OF_DAY: [&str; 18] = [
    "上午", "下午", "早上", "晚上", "中午", "凌晨", "傍晚", "夜里", "今晚", "明早", "明晚", "昨晚", "早晨", "半夜",
    "今早", "清晨", "午后", "深夜",
];

/// Whether `before` ends with a word for a time of day.
pub(super) fn time_of_day_before(before: &[char]) -> bool {
    ends_with_any(before, &TIMES_OF_DAY)
}

/// The same for short words, which stand before other things too: 晚六点, but 晚一点.
pub(super) fn short_time_of_day_before(before: &[char]) -> bool {
    ends_with_any(before, &["早", "晚", "午"])
}

/// Whether `before` ends with the first half of a stretch of time: 两点到.
pub(super) fn time_range_before(before: &[char]) -> bool {
    ends_with_any(before, &["点到", "点至", "点半到", "点半至", "点钟到", "分到", "分至"])
}

/// Whether what follows 三点 makes it a time of day: 三点之前, 五点下班.
pub(super) fn time_follows(chars: &[char]) -> bool {
    const WORDS: [&str; 17] = [
        "就", "之前", "以前", "前", "之后", "以后", "后", "多", "左右", "才", "开始", "上班", "下班", "开门", "关门",
        "到", "来",
    ];
    WORDS.iter().any(|word| word.chars().eq(chars.iter().copied().take(word.chars().count())))
}

/// Whether `before` ends with a word for a day of the week, up to its number (星期三).
pub(super) fn weekday_before(before: &[char]) -> bool {
    let counted = |c: &char| matches!(c, '一' | '两' | '二' | '三' | '四' | '几' | '半' | '0'..='9');
    ends_with_any(before, &["星期", "礼拜"])
        || (ends_with_any(before, &["周"]) && !before.iter().rev().nth(1).is_some_and(counted))
}

/// Whether `before` ends with a word that a lone digit follows: 按一, 选二, 尾号.
pub(super) fn digit_announced(before: &[char]) -> bool {
    ends_with_any(before, &["按", "请按", "选", "选择", "拨", "加", "减", "乘", "是数字", "数字", "号码是", "编号"])
}

fn ends_with_any(before: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let n = word.chars().count();
        before.len() >= n && before.iter().skip(before.len() - n).copied().eq(word.chars())
    })
}

/// Things counted by the piece with 块, so that it is no money.
pub(super) fn pieces_follow(chars: &[char]) -> bool {
    chars.first().is_some_and(|&c| "儿地板屏电表石砖牌玻瓷布肉糖区硬豆蛋手巧面业内领".contains(c))
}
