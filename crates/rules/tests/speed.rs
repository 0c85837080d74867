//! How fast the judge is, in processor time of one thread. Opt-in, because it says nothing in a debug build:
//! `cargo test --release -p hotline-rules --test speed -- --ignored --nocapture`

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement should stop on broken files")]

use cpu_time::ThreadTime;
use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallRecord, Channel, ChannelLayout, TimeSpan, Transcript, Utterance,
};
use hotline_rules::{CallView, Judge, Organisations, RuleSet};

const TEXTS: [&str; 6] = [
    "您好，欢迎致电北川燃气，请问有什么可以帮您？",
    "我家的灶昨天晚上开始就打不着火了，换了电池也不行，你们能不能派个人来看看？",
    "非常抱歉给您带来不便，请您稍等，我帮您查一下附近的师傅。",
    "嗯，那个，今天下午能来吗？",
    "可以的，下午两点到四点之间师傅会上门，上门之前会先给您打电话，您看这样可以吗？",
    "请问还有其他可以帮您的吗？感谢您的来电，祝您生活愉快，再见。",
];

#[test]
#[ignore = "a measurement"]
fn phrases_a_second() {
    let judge = Judge::new(RuleSet::built_in());
    let utterance = |(index, text): (u32, &str)| Utterance {
        channel: if index % 2 == 0 { Channel::Agent } else { Channel::Customer },
        span: TimeSpan::from_ms(index * 3000, index * 3000 + 2500),
        text: text.to_owned(),
        raw_text: text.to_owned(),
        tokens: Vec::new(),
        confidence: 0.9,
    };
    let utterances: Vec<Utterance> = (0..).zip(TEXTS).map(utterance).collect();
    let transcript = Transcript { utterances, ..Transcript::default() };
    let measure = |what: &str, rounds: usize, work: &dyn Fn() -> usize| {
        let start = ThreadTime::now();
        let hits: usize = (0..rounds).map(|_| work()).sum();
        let count = rounds * TEXTS.len();
        println!(
            "{what}: {count} utterances, {hits} hits: {:.0} utterances a second of processor time",
            count as f64 / start.elapsed().as_secs_f64()
        );
        assert!(hits > 0);
    };
    println!("{} phrases", judge.phrase_count());
    measure("as written, with fillers and gaps", 20_000, &|| judge.phrase_hits(&transcript));
    measure("by sound", 20_000, &|| judge.phonetic_hits(&transcript));
    let call = Call {
        id: CallId::from_stored("speed".to_owned()),
        source: String::new(),
        audio_sha256: String::new(),
        format: "wav".into(),
        rate_hz: 8000,
        duration_ms: 20_000,
        layout: ChannelLayout::AgentLeft,
        meta: CallMeta::default(),
    };
    let (acoustics, organisations) = (Acoustics::default(), Organisations::default());
    let view = CallView {
        call: &call,
        transcript: &transcript,
        acoustics: &acoustics,
        heard_until: None,
        organisations: &organisations,
    };
    measure("judged by all rules", 500, &|| judge.judge(&view).findings.len());
}

/// The same over stored records (`*.record.json`, as `hotline eval --keep DIR` writes them): `HOTLINE_RECORDS=DIR`.
#[test]
#[ignore = "a measurement on calls that are not part of the repository"]
fn stored_calls_a_second() {
    let folder = std::env::var_os("HOTLINE_RECORDS").expect("HOTLINE_RECORDS names the folder");
    let judge = Judge::new(RuleSet::built_in());
    let organisations = Organisations::default();
    let mut records: Vec<CallRecord> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".record.json") {
            records.push(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    let judged = |record: &CallRecord| {
        let CallRecord { call, transcript, acoustics, .. } = record;
        judge.judge(&CallView { call, transcript, acoustics, heard_until: None, organisations: &organisations })
    };
    let findings: usize = records.iter().map(|record| judged(record).findings.len()).sum();
    let start = ThreadTime::now();
    let rounds = 100;
    for _ in 0..rounds {
        assert_eq!(records.iter().map(|record| judged(record).findings.len()).sum::<usize>(), findings);
    }
    let spent = start.elapsed().as_secs_f64();
    let utterances: usize = records.iter().map(|record| record.transcript.utterances.len()).sum();
    println!(
        "{} calls, {utterances} utterances, {rounds} times: {:.0} calls, {:.0} utterances a second of processor time",
        records.len(),
        (rounds * records.len()) as f64 / spent,
        (rounds * utterances) as f64 / spent
    );
}
