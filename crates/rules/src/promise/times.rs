//! Times from now on, as people say them.

use std::ops::Range;
use std::sync::LazyLock;

use hotline_model::{Moment, Promise};
use regex::{Captures, Regex};

/// A time in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) span: Range<usize>,
    pub(super) promise: Promise,
    /// A time of day without a day: 中午之前.
    bare: bool,
}

const NUMBER: &str = "(?:[0-9]{1,3}|[零〇一二两俩三四五六七八九十百半]{1,5})";
/// Until when, said before and behind a time.
const LATEST: &str = "(?:最晚|最迟|最多|最快|不超过)?";
const UNTIL: &str = "(?:之内|以内|之前|以前|内|里头|里|前|左右|之后|以后|后)?";
const PART: &str = "一?大?早上?|早晨|上午|中午|晌午|下午|午后|傍晚|晚上?|夜里|下了?班";
/// What has to follow a part of the day or an hour that stands alone: 下午给您回电, not 下午好.
const ALONE: &str = "(?:之?前|以前|左右|就|给|回|会|打|我)";

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

fn clock() -> String {
    let one = format!("{NUMBER}点(?:钟|整|半|[一三]刻|{NUMBER}分?)?");
    format!("{one}(?:[到至-](?:{PART})?{one})?")
}

/// 二十四小时, 三到五个工作日, 一个半小时, 半天.
static LENGTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(&format!(
        "{LATEST}(?P<n>{NUMBER})(?:[到至~～-](?P<to>{NUMBER}))?(?P<half>个半|个?多?)(?P<unit>工作日|自然日|小时|钟头|分钟|刻钟|天|日|周|星期|礼拜|月)(?P<tail>半)?{UNTIL}"
    ))
});
/// 明天中午, 今天下班前, 下午五点.
static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let clock = clock();
    regex(&format!(
        "{LATEST}(?:(?P<day>今天|今儿个?|今日|当天|当日|明天|明儿个?|明日|次日|第二天|隔天|大后天|后天|后儿个?|后日)(?:之内|以内)?的?(?P<p1>{PART})?(?P<c1>{clock})?|(?P<short>[今明当])(?P<p2>早上?|晚上?|晨|夜)(?P<c2>{clock})?|(?P<p3>{PART})(?P<c3>{clock})|(?P<p4>上午|中午|晌午|下午|傍晚|晚上|下了?班){ALONE}|(?P<c5>{clock}){ALONE}){UNTIL}"
    ))
});
/// 下周一, 本周内, 周五下午.
static WEEK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let clock = clock();
    regex(&format!(
        "{LATEST}(?:(?P<rel>下下个?|下个?|这个?|本)(?:周|星期|礼拜)(?P<wd>[一二三四五六日天末])?|(?:周|星期|礼拜)(?P<only>[一二三四五六日天末]))(?P<part>{PART})?(?P<clock>{clock})?{UNTIL}"
    ))
});
/// 月底, 下个月五号, 十一月三号, 二十号.
static MONTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let clock = clock();
    regex(&format!(
        "{LATEST}(?:(?:这个?|本)?月(?P<end>[底末])|(?:(?P<month>{NUMBER})月份?)?(?P<d>{NUMBER})号(?P<part>{PART})?(?P<clock>{clock})?){UNTIL}"
    ))
});

/// All times in `text`, in order, disjoint: of several that begin at the same place the longest.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    type Read = fn(&Captures<'_>) -> Option<Promise>;
    let read: [(&LazyLock<Option<Regex>>, Read); 4] = [(&LENGTH, length), (&DAY, day), (&WEEK, week), (&MONTH, month)];
    let mut all: Vec<Mention> = Vec::new();
    for (pattern, promise) in read {
        let Some(pattern) = pattern.as_ref() else { continue };
        let found = pattern.captures_iter(text).filter_map(|captures| {
            let whole = captures.get(0)?;
            let alone = ["p4", "c5"].iter().find_map(|name| captures.name(name));
            // What follows a time of day that stands alone shows that it is one, but only 之前 belongs to it.
            let end = alone.map_or(whole.end(), |alone| {
                let rest = text.get(alone.end()..).unwrap_or("");
                let until = ["之前", "以前", "前", "左右"].iter().find(|until| rest.starts_with(**until));
                alone.end() + until.map_or(0, |until| until.len())
            });
            let bare = alone.is_some() || captures.name("p3").is_some();
            Some(Mention { span: whole.start()..end, promise: promise(&captures)?, bare })
        });
        all.extend(found);
    }
    all.sort_by_key(|mention| (mention.span.start, usize::MAX - mention.span.end));
    let mut end = 0;
    all.retain(|mention| {
        let free = mention.span.start >= end;
        if free {
            end = mention.span.end;
        }
        free
    });
    carry_days(text, &mut all);
    all
}

/// 明天我找人问一问，中午之前回您: the time of day is one of the day named before it in the sentence.
fn carry_days(text: &str, all: &mut [Mention]) {
    let mut last: Option<(usize, u32)> = None;
    for mention in all {
        let Promise::Days { days, until } = mention.promise else { continue };
        let same =
            |from: usize| !text.get(from..mention.span.start).unwrap_or("").contains(['。', '？', '！', '?', '!']);
        match last {
            Some((end, days)) if mention.bare && same(end) => mention.promise = Promise::Days { days, until },
            _ if !mention.bare && until == Moment::DayEnd => last = Some((mention.span.end, days)),
            _ => last = None,
        }
    }
}

/// A number as it is said; of two digits side by side (两三天) the larger one, which is the last.
fn number(text: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (mut total, mut digit) = (0u32, None);
    for c in text.chars() {
        match "零一二三四五六七八九".chars().position(|d| d == c).or(match c {
            '〇' => Some(0),
            '两' | '俩' => Some(2),
            _ => None,
        }) {
            Some(value) => digit = u32::try_from(value).ok(),
            None => {
                let unit = match c {
                    '十' => 10,
                    '百' => 100,
                    _ => return None,
                };
                total += unit * digit.take().unwrap_or(1);
            }
        }
    }
    Some(total + digit.unwrap_or(0))
}

fn length(captures: &Captures<'_>) -> Option<Promise> {
    let said = |name: &str| captures.name(name).map_or("", |m| m.as_str());
    let count = if said("to").is_empty() { said("n") } else { said("to") };
    let unit = said("unit");
    // In halves, so that 一个半小时 and 半天 are whole numbers.
    let halves = match count {
        "半" => 1,
        count => 2 * number(count)? + u32::from(said("half") == "个半" || said("tail") == "半"),
    };
    let up = halves.div_ceil(2);
    let days = |days: u32| Promise::Days { days, until: Moment::DayEnd };
    Some(match unit {
        "分钟" => Promise::Minutes(halves * 30 / 60 + u32::from(halves == 1)),
        "刻钟" => Promise::Minutes(halves * 15 / 2),
        "小时" | "钟头" => Promise::Minutes(halves * 30),
        "工作日" => Promise::Workdays(up),
        "天" if halves == 1 => Promise::Minutes(12 * 60),
        "天" | "自然日" => days(up),
        // 五日 without 内 is a date.
        "日" if captures.get(0)?.as_str().ends_with(['内', '里', '后']) => days(up),
        "日" => return None,
        "月" if halves % 2 == 1 => days(halves * 15),
        // 十一月 is a month, 三个月 a length.
        "月" if said("half").is_empty() => return None,
        "月" => Promise::Months(up),
        _ => days(halves * 7 / 2),
    })
}

fn day(captures: &Captures<'_>) -> Option<Promise> {
    let said = |names: &[&str]| names.iter().find_map(|name| captures.name(name)).map_or("", |m| m.as_str());
    let (day, short) = (said(&["day"]), said(&["short"]));
    let days = match (day, short) {
        ("", "明") => 1,
        ("", _) => 0,
        ("大后天", _) => 3,
        (day, _) if day.starts_with('后') => 2,
        (day, _) if day.starts_with('明') || matches!(day, "次日" | "第二天" | "隔天") => 1,
        _ => 0,
    };
    let part = said(&["p1", "p2", "p3", "p4"]);
    let clock = said(&["c1", "c2", "c3", "c5"]);
    // A little later.
    if clock == "一点" && matches!(part, "晚" | "早" | "") {
        return None;
    }
    let until = moment(part, clock, days > 0)?;
    Some(Promise::Days { days, until })
}

fn week(captures: &Captures<'_>) -> Option<Promise> {
    let said = |name: &str| captures.name(name).map_or("", |m| m.as_str());
    let weekday = |day: &str| match day {
        // Nothing but the week: until its end.
        "" => Some(7),
        "日" | "天" | "末" => Some(7),
        day => number(day).and_then(|day| i8::try_from(day).ok()),
    };
    let until = moment(said("part"), said("clock"), true)?;
    let rel = said("rel");
    let weeks = match rel {
        "" => return Some(Promise::Weekday { weeks: None, weekday: weekday(said("only"))?, until }),
        _ if rel.starts_with("下下") => 2,
        _ if rel.starts_with('下') => 1,
        _ => 0,
    };
    Some(Promise::Weekday { weeks: Some(weeks), weekday: weekday(said("wd"))?, until })
}

fn month(captures: &Captures<'_>) -> Option<Promise> {
    let said = |name: &str| captures.name(name).map_or("", |m| m.as_str());
    let until = moment(said("part"), said("clock"), true)?;
    if !said("end").is_empty() {
        return Some(Promise::MonthDay { month: None, day: 31, until });
    }
    let within =
        |text: &str, most: i8| number(text).and_then(|n| i8::try_from(n).ok()).filter(|n| (1..=most).contains(n));
    let month = match said("month") {
        "" => None,
        month => Some(within(month, 12)?),
    };
    Some(Promise::MonthDay { month, day: within(said("d"), 31)?, until })
}

/// A time of day. `later` is not the day of the call: a bare hour before seven is then in the afternoon, since nobody calls back at
/// five in the morning.
fn moment(part: &str, clock: &str, later: bool) -> Option<Moment> {
    let afternoon = part.starts_with('下') || part.starts_with("午后") || part.starts_with(['傍', '晚', '夜']);
    if clock.is_empty() {
        return Some(match part {
            "" => Moment::DayEnd,
            part if part.ends_with('班') => Moment::Closing,
            part if part.contains('早') || part == "晨" => Moment::Minute(10 * 60),
            "上午" | "中午" | "晌午" => Moment::Minute(12 * 60),
            "下午" | "午后" => Moment::Minute(18 * 60),
            "傍晚" => Moment::Minute(19 * 60),
            _ => Moment::DayEnd,
        });
    }
    // 两点到四点: the later.
    let clock = clock.rsplit(['到', '至', '-']).next().unwrap_or(clock);
    let clock = clock.trim_start_matches(|c: char| number(c.encode_utf8(&mut [0; 4])).is_none());
    let (hour, rest) = clock.split_once('点')?;
    let hour = number(hour).filter(|hour| *hour <= 24)?;
    let minute = match rest.trim_end_matches('分') {
        "" | "钟" | "整" => 0,
        "半" => 30,
        "一刻" => 15,
        "三刻" => 45,
        minute => number(minute).filter(|minute| *minute < 60)?,
    };
    let hour = match hour {
        1..=11 if afternoon => hour + 12,
        1..=3 if matches!(part, "中午" | "晌午") => hour + 12,
        1..=6 if part.is_empty() && later => hour + 12,
        hour => hour % 24,
    };
    u16::try_from(hour * 60 + minute).ok().map(Moment::Minute)
}
