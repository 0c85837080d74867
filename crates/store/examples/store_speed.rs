//! Fills a store with synthetic calls of one year and prints how long the usual questions take.
//!
//! `cargo run --release -p hotline-store --example store_speed -- STORE_FILE CALLS`

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use hotline_model::*;
use hotline_store::{CallFilter, CallOrder, Store};
use jiff::Timestamp;

const CLAUSES: [&str; 20] = [
    "REQ-01", "REQ-02", "REQ-03", "REQ-04", "REQ-05", "REQ-06", "REQ-07", "REQ-08", "REQ-12", "REQ-15", "FRB-01",
    "FRB-02", "FRB-03", "FRB-04", "FRB-06", "FRB-10", "ACU-01", "ACU-03", "ACU-04", "ACU-05",
];
const YEAR_S: i64 = 365 * 86_400;
const FIRST_S: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(calls)) = (args.next(), args.next()) else { return Err("give STORE_FILE CALLS".into()) };
    let calls: u32 = calls.parse()?;
    let store = Store::open(Path::new(&path))?;

    let held = u32::try_from(store.stats()?.calls)?;
    let start = Instant::now();
    for n in held..calls {
        store.save(&call(n, calls)?)?;
    }
    if held < calls {
        let each = start.elapsed() / (calls - held);
        println!("{:<44} {each:?}", "save one call");
    }
    let stats = store.stats()?;
    println!("{:<44} {}", "calls", stats.calls);
    println!("{:<44} {:.1} kB", "file per call", stats.db_bytes as f64 / 1e3 / stats.calls as f64);

    let at = |share: f64| Timestamp::from_second(FIRST_S + (YEAR_S as f64 * share) as i64).ok();
    let month = CallFilter { from: at(0.5), to: at(0.5 + 1.0 / 12.0), ..CallFilter::default() };
    let text = |text: &str| Some(text.to_owned());
    let clause = CallFilter { clause: text("FRB-04"), outcome: Some(Outcome::Violated), ..CallFilter::default() };
    let agent = CallFilter { agent: text("A017"), ..CallFilter::default() };
    let filters = [
        ("of a month", month.clone()),
        ("of a month, one agent", CallFilter { agent: text("A017"), ..month.clone() }),
        ("of a month, one clause violated", CallFilter { from: month.from, to: month.to, ..clause.clone() }),
        ("one agent", agent),
        ("one clause violated", clause),
        ("the 50 newest", CallFilter { order: CallOrder::NewestFirst, limit: Some(50), ..CallFilter::default() }),
        ("the 50 worst of a month", CallFilter { order: CallOrder::WorstFirst, limit: Some(50), ..month }),
    ];
    for (name, filter) in &filters {
        time(&format!("call facts {name}"), || Ok(store.call_facts(filter)?.len()))?;
        time(&format!("finding facts {name}"), || Ok(store.finding_facts(filter)?.len()))?;
    }
    let one = store.call_facts(&filters[5].1)?.pop().ok_or("no calls")?.call;
    time("whole record", || Ok(store.record(&one.id)?.map_or(0, |r| r.transcript.utterances.len())))?;
    time("resolve file name", || Ok(usize::from(store.resolve(one.file_name())? != hotline_store::Resolved::None)))?;
    time("first 1,000 changes", || Ok(store.changed_since(0, 1_000)?.len()))?;
    time("integrity check", || Ok(store.check()?.len()))?;
    Ok(())
}

/// Runs a question five times, a slow one once, and prints the fastest.
fn time(name: &str, mut ask: impl FnMut() -> Result<usize, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let (mut best, mut rows) = (Duration::MAX, 0);
    for _ in 0..5 {
        let start = Instant::now();
        rows = ask()?;
        best = best.min(start.elapsed());
        if best > Duration::from_secs(2) {
            break;
        }
    }
    println!("{name:<44} {best:>10.2?} {rows:>8} rows");
    Ok(())
}

fn call(n: u32, of: u32) -> Result<CallRecord, Box<dyn Error>> {
    let audio = [&n.to_le_bytes()[..], &[0; 28]].concat();
    let started_at = Timestamp::from_second(FIRST_S + YEAR_S * i64::from(n) / i64::from(of))?;
    let meta = CallMeta {
        agent_id: Some(format!("A{:03}", n * 7 % 100)),
        agent_name: Some("林晓燕".into()),
        team: Some(format!("{}组", n % 8)),
        hotline: Some("云江通信客服热线".into()),
        business_type: Some("宽带故障报修".into()),
        started_at: Some(started_at),
        customer_number: Some(format!("199{n:08}")),
        direction: Some(Direction::Inbound),
        ..CallMeta::default()
    };
    let findings: Vec<Finding> = CLAUSES.iter().zip(0..).map(|(clause, k)| finding(clause, n * 31 + k)).collect();
    Ok(CallRecord {
        call: Call {
            id: CallId::derive(&audio, &meta),
            source: format!("recordings/2026/{n:06}.wav"),
            audio_sha256: audio.iter().map(|byte| format!("{byte:02x}")).collect(),
            format: "wav/alaw".into(),
            rate_hz: 8_000,
            duration_ms: 180_000,
            layout: ChannelLayout::AgentLeft,
            meta,
        },
        transcript: Transcript { utterances: (0..40).map(utterance).collect(), ..Transcript::default() },
        acoustics: Acoustics { channels: Vec::new() },
        metrics: TalkMetrics::default(),
        score_card: ScoreCard::sum("starter".into(), "1.0+3fa9c2d1".into(), 80.0, 110.0, Vec::new(), 0),
        findings,
        complaint: None,
        follow_up: None,
        issues: Vec::new(),
    })
}

fn utterance(k: u32) -> Utterance {
    let text = "您好我家的宽带从昨天晚上开始就一直断网麻烦您帮我查一下".to_owned();
    let start = 4_500 * k;
    let token = |(i, (at, c)): (u32, (usize, char))| Token {
        text: TextSpan::new(at, at + c.len_utf8()),
        time: TimeSpan::from_ms(start + 150 * i, start + 150 * i + 150),
        p: 0.5 + 0.01 * i as f32,
    };
    Utterance {
        channel: if k.is_multiple_of(2) { Channel::Agent } else { Channel::Customer },
        span: TimeSpan::from_ms(start, start + 4_000),
        raw_text: text.clone(),
        tokens: (0..).zip(text.char_indices()).map(token).collect(),
        text,
        confidence: 0.8,
    }
}

fn finding(clause: &str, seed: u32) -> Finding {
    let outcome = match seed % 40 {
        0 => Outcome::Violated,
        1 => Outcome::Undecided,
        2..20 => Outcome::Met,
        _ => Outcome::NotApplicable,
    };
    let quote = || Quote {
        utterance: 3,
        text: TextSpan::new(0, 6),
        time: TimeSpan::from_ms(13_500, 13_800),
        channel: Channel::Agent,
        words: "您好".into(),
        matched: Matched::Exact { phrase: "您好".into() },
    };
    Finding {
        rule: clause.to_lowercase(),
        clause: clause.into(),
        title: "开头问候客户".into(),
        severity: Severity::Slight,
        outcome,
        certainty: 0.9,
        points: 0.0,
        reason: "座席在第一句话里问候了客户".into(),
        evidence: if outcome == Outcome::NotApplicable { Vec::new() } else { vec![Evidence::Quote(quote())] },
    }
}
