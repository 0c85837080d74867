//! Measures indexing and searching on made-up calls: `cargo run --release --workspace --example index_speed -- [UTTERANCES] [FOLDER] [QUERIES]`.
//! FOLDER keeps the index, and is searched as it is when it holds one. QUERIES, a file with a query a line, is asked instead
//! of the made-up ones, each query as often as those of a kind.
//!
//! Words come as often as they do in speech: the n-th commonest 1/n times as often as the commonest. Queries are drawn from
//! the same words, so that most hit thousands of utterances and some hit few.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring tool")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};
use hotline_index::{CallDocument, Flag, Index, Opened, SearchOptions, Traits, parse};
use hotline_model::{
    Call, CallId, CallMeta, Channel, ChannelLayout, Outcome, Satisfaction, Severity, TextSpan, TimeSpan, Token,
    Utterance,
};
use hotline_text::pinyin::{self, SyllableId};
use hotline_text::{Lexicon, hotline_terms};

const UTTERANCES_A_CALL: usize = 20;
const CALLS_A_COMMIT: usize = 2000;
const QUERIES_A_KIND: usize = 200;

/// What stands between the words that carry the matter.
const LITTLE: [&str; 40] = [
    "我",
    "您",
    "的",
    "了",
    "是",
    "在",
    "不",
    "就",
    "那个",
    "这个",
    "请问",
    "可以",
    "一下",
    "怎么",
    "什么",
    "没有",
    "还有",
    "他们",
    "我们",
    "你们",
    "然后",
    "因为",
    "所以",
    "但是",
    "已经",
    "现在",
    "今天",
    "昨天",
    "上个月",
    "给",
    "跟",
    "要",
    "能",
    "会",
    "也",
    "都",
    "再",
    "说",
    "看",
    "吗",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }
}

/// Words with how often they come, and what is made of them.
struct Speech {
    words: Vec<String>,
    /// Sums of the shares of the words up to each.
    sums: Vec<f64>,
}

impl Speech {
    fn new() -> Speech {
        // The hotline's own words first, then names and rarer things in all combinations of two characters of them.
        let mut words: Vec<String> = hotline_terms();
        let chars: Vec<char> = words.concat().chars().filter(|c| c.is_alphabetic()).collect();
        let mut random = Random(7);
        while words.len() < 20_000 {
            let n = 2 + random.below(2);
            words.push((0..n).map(|_| chars[random.below(chars.len())]).collect());
        }
        let sums = (1..=words.len())
            .scan(0.0, |sum, n| {
                *sum += 1.0 / n as f64;
                Some(*sum)
            })
            .collect();
        Speech { words, sums }
    }

    fn word(&self, random: &mut Random) -> &str {
        let at = random.share() * self.sums.last().unwrap();
        &self.words[self.sums.partition_point(|sum| *sum < at).min(self.words.len() - 1)]
    }

    fn utterance(&self, random: &mut Random) -> String {
        let mut text = String::new();
        for i in 0..3 + random.below(5) {
            if i > 0 && random.below(4) == 0 {
                text.push('，');
            }
            text += LITTLE[random.below(LITTLE.len())];
            if random.below(12) == 0 {
                text += &format!("{}块", random.below(2000));
            } else {
                text += self.word(random);
            }
        }
        text + "。"
    }
}

fn call(speech: &Speech, call_no: u64) -> CallDocument {
    let random = &mut Random(call_no * 977);
    let mut at = 0;
    let utterances = (0..UTTERANCES_A_CALL)
        .map(|i| {
            let text = speech.utterance(random);
            let tokens: Vec<Token> = text
                .char_indices()
                .enumerate()
                .map(|(k, (byte, c))| {
                    let begin = at + k as u32 * 200 + random.below(8) as u32 * 20;
                    let time = TimeSpan::from_ms(begin, begin + 40 + random.below(8) as u32 * 20);
                    Token { text: TextSpan::new(byte, byte + c.len_utf8()), time, p: 0.9 }
                })
                .collect();
            let span = TimeSpan::from_ms(at, at + tokens.len() as u32 * 200);
            at = span.end.ms + 700;
            let channel = if i % 2 == 0 { Channel::Agent } else { Channel::Customer };
            Utterance { channel, span, raw_text: String::new(), text, tokens, confidence: 0.9 }
        })
        .collect();
    let meta = CallMeta {
        agent_id: Some(format!("{}", 1000 + call_no % 50)),
        team: Some(format!("{}组", call_no % 5)),
        business_type: Some(["宽带", "话费", "社保", "快递"][(call_no % 4) as usize].to_owned()),
        satisfaction: [None, Some(Satisfaction::Satisfied), Some(Satisfaction::Dissatisfied)][(call_no % 3) as usize],
        // A call a minute, for months.
        started_at: jiff::Timestamp::from_second(1_790_000_000 + call_no as i64 * 60).ok(),
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
    let flags = (1..=38)
        .map(|n| Flag {
            rule: format!("rule-{n}"),
            clause: format!("FRB-{n:02}"),
            outcome: if random.below(15) == 0 { Outcome::Violated } else { Outcome::Met },
            severity: Severity::Medium,
        })
        .collect();
    let longest_silence_ms = random.below(30_000) as u32;
    let traits = Traits { flags, longest_silence_ms, score: Some(random.below(100) as f32), ..Traits::default() };
    CallDocument { call_no, call, utterances, traits }
}

/// A word written with another character of the same sound.
fn misheard(word: &str, by_sound: &HashMap<SyllableId, Vec<char>>, random: &mut Random) -> String {
    let mut chars: Vec<char> = word.chars().collect();
    let at = random.below(chars.len());
    let sound = pinyin::syllables(&chars[at].to_string()).first().map(|syllable| syllable.readings()[0]);
    if let Some(same) = sound.and_then(|sound| by_sound.get(&sound)) {
        chars[at] = same[random.below(same.len())];
    }
    chars.into_iter().collect()
}

fn queries(speech: &Speech, calls: u64) -> Vec<(&'static str, Vec<String>)> {
    let random = &mut Random(99);
    let mut by_sound: HashMap<SyllableId, Vec<char>> = HashMap::new();
    for c in speech.words.concat().chars() {
        if let Some(syllable) = pinyin::syllables(&c.to_string()).first() {
            by_sound.entry(syllable.readings()[0]).or_default().push(c);
        }
    }
    let run = |random: &mut Random| {
        let text = speech.utterance(&mut Random(random.below(calls as usize) as u64 * 977));
        let chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let from = random.below(chars.len().saturating_sub(4).max(1));
        chars.iter().skip(from).take(3 + random.below(5)).collect::<String>()
    };
    let filter = |random: &mut Random| {
        let day = |n: usize| format!("date:2026-{:02}-{:02}..2026-12-31", 10 + n % 2, 1 + n % 28);
        match random.below(7) {
            0 => format!("team:{}组", random.below(5)),
            1 => day(random.below(56)),
            2 => format!("agentid:{}", 1000 + random.below(50)),
            3 => format!("flag:FRB-{:02}", 1 + random.below(38)),
            4 => "score:<60 silence:>10s".to_owned(),
            5 => "satisfaction:3 business:宽带".to_owned(),
            _ => "time:9:00..12:00 duration:>30s".to_owned(),
        }
    };
    let mut kinds: Vec<(&'static str, Vec<String>)> = Vec::new();
    let mut kind = |name, make: &mut dyn FnMut() -> String| {
        kinds.push((name, (0..QUERIES_A_KIND).map(|_| make()).collect()));
    };
    kind("word", &mut || speech.word(random).to_owned());
    kind("word, filtered", &mut || format!("{} {}", speech.word(random), filter(random)));
    kind("by one side", &mut || format!("cust:{} last:30s {}", speech.word(random), filter(random)));
    kind("two words", &mut || format!("{} {}", speech.word(random), speech.word(random)));
    kind("phrase", &mut || format!("\"{}\"", run(random)));
    kind("phrase, filtered", &mut || format!("\"{}\" {}", run(random), filter(random)));
    kind("run, as typed", &mut || run(random));
    kind("~word", &mut || format!("~{}", misheard(speech.word(random), &by_sound, random)));
    kind("misheard, filtered", &mut || {
        format!("{} {}", misheard(speech.word(random), &by_sound, random), filter(random))
    });
    kind("misheard run", &mut || misheard(&run(random), &by_sound, random));
    kind("number", &mut || format!("{}元", random.below(2000)));
    kind("or, without", &mut || {
        format!("({} OR {}) -{}", speech.word(random), speech.word(random), speech.word(random))
    });
    kinds
}

fn own_queries(text: &str) -> Vec<(String, Vec<String>)> {
    text.lines().map(|query| (query.to_owned(), vec![query.to_owned(); QUERIES_A_KIND])).collect()
}

fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().filter_map(|entry| entry.ok()?.metadata().ok()).map(|meta| meta.len()).sum()
}

fn build(index: &mut Index, speech: &Speech, calls: u64, folder: &Path) {
    let (mut spent, mut spent_cpu, mut bytes, mut at) = (Duration::ZERO, Duration::ZERO, 0, 1);
    while at <= calls {
        let end = (at + CALLS_A_COMMIT as u64).min(calls + 1);
        let made: Vec<CallDocument> = (at..end).map(|call_no| call(speech, call_no)).collect();
        bytes += made.iter().flat_map(|call| &call.utterances).map(|u| u.text.len()).sum::<usize>();
        let (begun, begun_cpu) = (Instant::now(), ProcessTime::now());
        index.apply(made, &[], end).unwrap();
        spent += begun.elapsed();
        spent_cpu += begun_cpu.elapsed();
        at = end;
    }
    let (utterances, size) = (calls * UTTERANCES_A_CALL as u64, size(folder));
    println!(
        "{utterances} utterances, {:.1} MB of text: built in {spent:.1?}, {:.0} utterances/s ({:.0} a second of CPU); index {:.1} MB, {:.2} times the text",
        bytes as f64 / 1e6,
        utterances as f64 / spent.as_secs_f64(),
        utterances as f64 / spent_cpu.as_secs_f64(),
        size as f64 / 1e6,
        size as f64 / bytes as f64
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let utterances: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let kept = arguments.next().map(PathBuf::from);
    let folder = kept
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("hotline-index-measure-{}", std::process::id())));
    let calls = utterances / UTTERANCES_A_CALL as u64;
    let speech = Speech::new();
    let mut index = Index::open(&folder, Lexicon::built_in()).unwrap();
    if index.opened() == Opened::Created {
        build(&mut index, &speech, calls, &folder);
    }
    let mut commits: Vec<Duration> = (0..20)
        .map(|i| {
            let changed = call(&speech, 1 + i * 7);
            let begun = Instant::now();
            index.apply([changed], &[], calls + 2 + i).unwrap();
            begun.elapsed()
        })
        .collect();
    commits.sort();
    println!("one call replaced and committed: median {:.0?}, worst {:.0?}", commits[10], commits[19]);

    println!("| queries | p50, ms | p99, ms | CPU p50, ms | CPU p99, ms | CPU worst, ms | calls found (median) |");
    println!("|---|---|---|---|---|---|---|");
    let options = SearchOptions { or_alike: true, ..SearchOptions::default() };
    let kinds = match arguments.next() {
        Some(file) => own_queries(&std::fs::read_to_string(file).unwrap()),
        None => queries(&speech, calls).into_iter().map(|(kind, queries)| (kind.to_owned(), queries)).collect(),
    };
    let (mut all, mut all_walls): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    for (kind, queries) in kinds {
        // The files into memory, where a machine that searches has them.
        for query in queries.iter().take(10) {
            index.search(&parse(query).unwrap(), &options).unwrap();
        }
        let mut walls = Vec::new();
        let mut times: Vec<(Duration, usize, &str)> = queries
            .iter()
            .map(|query| {
                let parsed = parse(query).unwrap();
                let (begun, begun_cpu) = (Instant::now(), ThreadTime::now());
                let found = index.search(&parsed, &options).unwrap().total_calls;
                let cpu = begun_cpu.elapsed();
                walls.push(begun.elapsed());
                (cpu, found, query.as_str())
            })
            .collect();
        all.extend(times.iter().map(|time| time.0));
        walls.sort();
        all_walls.extend(walls.iter().copied());
        let mut found: Vec<usize> = times.iter().map(|time| time.1).collect();
        found.sort_unstable();
        times.sort();
        let cpu: Vec<Duration> = times.iter().map(|time| time.0).collect();
        row(&kind, &walls, &cpu, &found[found.len() / 2].to_string());
        if std::env::var_os("WORST").is_some() {
            times.iter().rev().take(3).for_each(|(time, found, query)| println!("  {time:.1?} {found} {query}"));
        }
    }
    all.sort();
    all_walls.sort();
    row("all", &all_walls, &all, "");
    if kept.is_none() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

/// A row of the table: times by the clock, and of the processor.
fn row(kind: &str, walls: &[Duration], cpu: &[Duration], found: &str) {
    let at = |times: &[Duration], share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "| {kind} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {found} |",
        at(walls, 0.5),
        at(walls, 0.99),
        at(cpu, 0.5),
        at(cpu, 0.99),
        at(cpu, 1.0)
    );
}
