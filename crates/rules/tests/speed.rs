//! How fast the judge is. Opt-in, because it says nothing in a debug build or on a busy machine:
//! `cargo test --release -p hotline-rules --test speed -- --ignored --nocapture`

use std::time::Instant;

use hotline_model::{Channel, TimeSpan, Transcript, Utterance};
use hotline_rules::{Judge, RuleSet};

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
    let rounds = 50_000;
    let start = Instant::now();
    let hits: usize = (0..rounds).map(|_| judge.phrase_hits(&transcript)).sum();
    let seconds = start.elapsed().as_secs_f64();
    let count = rounds * TEXTS.len();
    println!(
        "{} phrases, {count} utterances, {hits} hits: {:.0} utterances a second",
        judge.phrase_count(),
        count as f64 / seconds
    );
    assert!(hits > 0);
}
