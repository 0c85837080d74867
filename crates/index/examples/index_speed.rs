//! Measures indexing and searching on made-up calls: `cargo run --release -p hotline-index --example index_speed -- [CALLS]`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::time::{Duration, Instant};

use hotline_index::{CallDocument, Index, SearchOptions, parse};
use hotline_model::{Call, CallId, CallMeta, Channel, ChannelLayout, TextSpan, TimeSpan, Token, Utterance};
use hotline_text::Lexicon;

const UTTERANCES_A_CALL: usize = 20;
const CALLS_A_COMMIT: usize = 500;
const SEARCHES: u32 = 100;

const OPENINGS: [&str; 8] = ["您好", "那个", "我想问一下", "请问", "非常抱歉", "麻烦您", "你们这边", "我跟您核对一下"];
const SUBJECTS: [&str; 12] =
    ["宽带", "光猫", "套餐", "话费", "社保卡", "公积金", "快递", "退款", "信用卡", "水费", "物业", "居住证"];
const MATTERS: [&str; 12] = [
    "断网了",
    "一直打不通",
    "多扣了我{}块",
    "要{}个工作日才能办",
    "服务态度太差",
    "不归我管",
    "怎么办理",
    "什么时候能到",
    "我要投诉",
    "已经登记了",
    "请您稍等",
    "工单号是{}",
];
const ENDINGS: [&str; 6] = ["可以吗", "您看行不行", "谢谢", "快一点吧", "感谢您的来电，再见", "是不是"];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

fn call(call_no: u64, random: &mut Random) -> CallDocument {
    let mut at = 0;
    let utterances = (0..UTTERANCES_A_CALL)
        .map(|i| {
            let number = random.below(900).to_string();
            let matter = random.of(&MATTERS).replace("{}", &number);
            let text =
                format!("{}，{}{}，{}。", random.of(&OPENINGS), random.of(&SUBJECTS), matter, random.of(&ENDINGS));
            let tokens: Vec<Token> = text
                .char_indices()
                .enumerate()
                .map(|(k, (byte, c))| Token {
                    text: TextSpan::new(byte, byte + c.len_utf8()),
                    time: TimeSpan::from_ms(at + k as u32 * 200, at + k as u32 * 200 + 190),
                    p: 0.9,
                })
                .collect();
            let span = TimeSpan::from_ms(at, at + tokens.len() as u32 * 200);
            at = span.end.ms + 700;
            let channel = if i % 2 == 0 { Channel::Agent } else { Channel::Customer };
            Utterance { channel, span, raw_text: text.clone(), text, tokens, confidence: 0.9 }
        })
        .collect();
    let started = 1_790_000_000 + call_no as i64 * 60;
    let meta = CallMeta {
        agent_id: Some(format!("{}", 1000 + call_no % 50)),
        team: Some(format!("{}组", call_no % 5)),
        started_at: jiff::Timestamp::from_second(started).ok(),
        ..CallMeta::default()
    };
    let call = Call {
        id: CallId::from_stored(format!("{call_no:032x}")),
        source: format!("{call_no}.wav"),
        audio_sha256: String::new(),
        format: "wav/alaw".into(),
        rate_hz: 8000,
        duration_ms: at,
        layout: ChannelLayout::default(),
        meta,
    };
    CallDocument::new(call_no, call, utterances)
}

/// CPU time of the process so far, all threads; wall time where the system does not say.
fn cpu() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<u64> = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
    match ticks.as_slice() {
        // A hundred a second on every Linux.
        [user, system] => Duration::from_millis((user + system) * 10),
        _ => BEGUN.get_or_init(Instant::now).elapsed(),
    }
}

fn main() {
    let calls: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5000);
    let folder = std::env::temp_dir().join(format!("hotline-index-measure-{}", std::process::id()));
    let lexicon = Lexicon::built_in();
    let mut index = Index::open(&folder, lexicon).unwrap();
    let mut random = Random(42);
    let made: Vec<CallDocument> = (1..=calls).map(|call_no| call(call_no, &mut random)).collect();
    let utterances = made.len() * UTTERANCES_A_CALL;
    let bytes: usize = made.iter().flat_map(|call| &call.utterances).map(|u| u.text.len()).sum();

    let (begun, begun_cpu) = (Instant::now(), cpu());
    for (i, batch) in made.chunks(CALLS_A_COMMIT).enumerate() {
        index.apply(batch.iter().cloned(), &[], (i + 1) as u64).unwrap();
    }
    let (built, built_cpu) = (begun.elapsed(), cpu() - begun_cpu);
    let size: u64 = std::fs::read_dir(&folder).unwrap().filter_map(|e| e.ok()?.metadata().ok()).map(|m| m.len()).sum();
    println!(
        "{utterances} utterances, {:.1} MB of text: built in {built:.1?} ({built_cpu:.1?} of CPU, {:.0} utterances a CPU second), index {:.1} MB ({:.1} times the text)",
        bytes as f64 / 1e6,
        utterances as f64 / built_cpu.as_secs_f64(),
        size as f64 / 1e6,
        size as f64 / bytes as f64
    );

    let mut commits: Vec<Duration> = Vec::new();
    for i in 0..20 {
        let begun = Instant::now();
        index.apply([made[i * 7].clone()], &[], 1000 + i as u64).unwrap();
        commits.push(begun.elapsed());
    }
    commits.sort();
    println!("one call replaced and committed: median {:.0?}, worst {:.0?}", commits[10], commits[19]);

    for query in [
        "投诉",
        "断",
        "宽带断网了",
        "务态度太",
        "宽带 断网",
        "~头诉",
        "128",
        "三百块",
        "宽带 -投诉 team:1组",
        "cust:投诉 on:2026-10",
    ] {
        let parsed = parse(query).unwrap();
        let mut times: Vec<Duration> = Vec::new();
        let mut found = (0, 0);
        let begun_cpu = cpu();
        for _ in 0..SEARCHES {
            let begun = Instant::now();
            let results = index.search(&parsed, &SearchOptions::default()).unwrap();
            times.push(begun.elapsed());
            found = (results.total_calls, results.total_hits);
        }
        times.sort();
        println!(
            "{query}: {} calls, {} hits, median {:.2?}, worst {:.2?}, CPU {:.2?}",
            found.0,
            found.1,
            times[times.len() / 2],
            times[times.len() - 1],
            (cpu() - begun_cpu) / SEARCHES
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
