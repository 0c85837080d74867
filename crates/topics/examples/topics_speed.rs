//! How long topics take: `cargo run --release --workspace --example topics_speed -- [CALLS]`. Calls are made of a few hundred sentences with
//! changing words, so that many are alike, as on a real hotline.

use std::time::Instant;

use hotline_text::Lexicon;
use hotline_topics::{Remark, TopicCall, TopicSettings, Window, topics};
use jiff::{SignedDuration, Timestamp};

const MATTERS: [&str; 12] = [
    "宽带断网",
    "话费扣多了",
    "套餐到期",
    "光猫闪红灯",
    "退款没有到账",
    "电梯坏了",
    "停水通知",
    "快递没有送到",
    "挂号约不上",
    "公积金提取",
    "噪音扰民",
    "发票开错了",
];
const WHEN: [&str; 8] = ["昨天晚上", "这个星期", "上个月", "刚才", "前天早上", "半个月前", "中午", "一直"];
const HOW: [&str; 10] = [
    "到底什么时候能解决啊",
    "打了三次电话都没有人管",
    "你们帮我查一下记录",
    "麻烦派个师傅上门",
    "我要求给个说法",
    "到现在没有答复",
    "能不能退给我",
    "我已经等了很久了",
    "邻居家也是一样",
    "单位急着用",
];

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let start = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000);
    let weeks = 9;
    // A fixed sequence (Knuth's constants): every run makes the same calls.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let calls: Vec<TopicCall> = (0..count)
        .map(|nth| TopicCall {
            call: format!("{nth:08}"),
            started_at: start + SignedDuration::from_secs((nth * weeks * 7 * 86_400 / count) as i64),
            caller: Some(format!("199{:08}", next(count))),
            remarks: (0..6)
                .map(|utterance| {
                    let (matter, when, how) = (MATTERS[next(12)], WHEN[next(8)], HOW[next(10)]);
                    let text = format!("我家{when}{matter}，{how}。编号{}。", next(100_000));
                    Remark { utterance, start_ms: 0, text }
                })
                .collect(),
        })
        .collect();
    let week = start + SignedDuration::from_hours(24 * 7 * (weeks as i64 - 1));
    let window = Window { before: start, start: week, end: week + SignedDuration::from_hours(24 * 7) };
    let lexicon = Lexicon::built_in();
    let begun = Instant::now();
    let found = topics(&calls, window, &lexicon, &TopicSettings::default());
    println!(
        "{count} calls over {weeks} weeks, {} in the week ({} remarks): {:.2} s; {} rising, {} groups, {} callers",
        found.calls,
        found.calls * 6,
        begun.elapsed().as_secs_f64(),
        found.rising.len(),
        found.groups.len(),
        found.callers.len()
    );
}
