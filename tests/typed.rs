//! A store typed by hand (`assets/typed/calls.toml`), for what must not change with the recogniser or the rules.

use hotline_model::{
    Acoustics, Call, CallId, CallIssue, CallMeta, CallRecord, CallTime, Channel, ChannelAcoustics, ChannelLayout,
    Deduction, Evidence, Finding, FollowUp, FollowUpKind, Gap, GapReason, IssueKind, Matched, Moment, Outcome, Promise,
    Provenance, Quote, ScoreCard, Severity, TalkMetrics, TextSpan, TimeSpan, Token, Transcript, Utterance,
};
use hotline_store::{CallFilter, Store};
use serde::Deserialize;

use crate::harness::{Hotline, root};

#[derive(Deserialize)]
struct File {
    call: Vec<Typed>,
    failure: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    source: String,
    error: String,
}

#[derive(Deserialize)]
struct Typed {
    file: String,
    duration_s: f64,
    layout: ChannelLayout,
    /// Channel, second, words; a character takes 0.2 s.
    said: Vec<(Channel, f64, String)>,
    /// Channel, seconds from and to, reason, what was rejected.
    #[serde(default)]
    gaps: Vec<(Channel, f64, f64, GapReason, String)>,
    #[serde(default)]
    issues: Vec<String>,
    meta: CallMeta,
    metrics: TalkMetrics,
    #[serde(default)]
    finding: Vec<TypedFinding>,
}

#[derive(Deserialize)]
struct TypedFinding {
    rule: String,
    clause: String,
    title: String,
    severity: Severity,
    outcome: Outcome,
    certainty: f32,
    points: f32,
    reason: String,
    /// Number of the utterance and words of it.
    #[serde(default)]
    quotes: Vec<(usize, String)>,
    /// Channel, seconds from and to, what was looked for.
    #[serde(default)]
    absent: Vec<(Channel, f64, f64, String)>,
}

/// The calls of the search set, with their references as transcripts: whatever a recogniser without fault would have stored. They begin every
/// second day from 2026-10-05 on; the second and the fifth have the same caller.
pub fn store_of_references() -> Hotline {
    let hotline = Hotline::new();
    let store = Store::open(&hotline.data().join("hotline.db")).unwrap();
    let calls = hotline_eval::truth::load_dir(&root().join("tests/assets/search/calls")).unwrap();
    let monday: jiff::Timestamp = "2026-10-05T09:00:00+08:00".parse().unwrap();
    for (nth, call) in calls.into_iter().enumerate() {
        let said = call.turns.iter().filter_map(|turn| Some((turn.speaker()?, turn.start, turn.text.clone())));
        let number = if nth == 4 { 1 } else { nth };
        let meta = CallMeta {
            started_at: Some(monday + jiff::SignedDuration::from_hours(48 * nth as i64)),
            customer_number: Some(format!("199{number:08}")),
            agent_id: Some("A1001".to_owned()),
            ..CallMeta::default()
        };
        let typed = Typed {
            file: call.file.clone(),
            duration_s: call.turns.iter().map(|turn| turn.end).fold(1.0, f64::max) + 60.0,
            layout: ChannelLayout::AgentLeft,
            said: said.collect(),
            gaps: Vec::new(),
            issues: Vec::new(),
            meta,
            metrics: TalkMetrics::default(),
            finding: Vec::new(),
        };
        store.save(&record(typed)).unwrap();
    }
    hotline
}

/// The program with the typed calls in its store.
pub fn store() -> Hotline {
    let hotline = Hotline::new();
    let text = std::fs::read_to_string(root().join("tests/assets/typed/calls.toml")).unwrap();
    let file: File = toml::from_str(&text).unwrap();
    let store = Store::open(&hotline.data().join("hotline.db")).unwrap();
    for typed in file.call {
        store.save(&record(typed)).unwrap();
    }
    for failure in file.failure {
        store.record_failure(&failure.source, None, &failure.error).unwrap();
    }
    hotline
}

/// [`store`] whose calls left things open: an inquiry to be answered by noon of the next day, incidents of two hours and of half an
/// hour.
pub fn store_with_follow_ups() -> Hotline {
    let hotline = store();
    let store = Store::open(&hotline.data().join("hotline.db")).unwrap();
    let incident = |matter: &str, promise| FollowUp {
        kind: FollowUpKind::Incident,
        matter: Some(matter.to_owned()),
        promised_time: Some("两个小时之内".to_owned()),
        promise: Some(promise),
        begins: Some(1),
        ..FollowUp::default()
    };
    let inquiry = FollowUp {
        matter: Some("公积金异地转移要不要单位盖章".to_owned()),
        promised_time: Some("明天中午之前".to_owned()),
        promise: Some(Promise::Days { days: 1, until: Moment::Minute(12 * 60) }),
        department: Some("业务部".to_owned()),
        person: Some("李梅".to_owned()),
        contact: Some("13800138000".to_owned()),
        begins: Some(0),
        ..FollowUp::default()
    };
    let left_open = [
        ("monday_outage.wav", incident("宽带从昨天晚上就上不去网了", Promise::Minutes(120))),
        ("monday_package.mp3", inquiry),
        ("tuesday_mono.wav", incident("电梯停在三楼不动了", Promise::Minutes(30))),
    ];
    let calls = store.call_facts(&CallFilter::default()).unwrap();
    for (file, follow_up) in left_open {
        let call = calls.iter().find(|facts| facts.call.source.ends_with(file)).unwrap();
        assert!(store.save_follow_up(&call.call.id, Some(&follow_up)).unwrap());
    }
    hotline
}

fn span(from: f64, to: f64) -> TimeSpan {
    TimeSpan { start: CallTime::from_secs(from), end: CallTime::from_secs(to) }
}

fn utterance(channel: Channel, at: f64, text: &str) -> Utterance {
    let count = text.chars().count();
    let tokens = text.char_indices().enumerate().map(|(i, (start, c))| Token {
        text: TextSpan::new(start, start + c.len_utf8()),
        time: span(at + 0.2 * i as f64, at + 0.2 * (i + 1) as f64),
        p: 0.9,
    });
    Utterance {
        channel,
        span: span(at, at + 0.2 * count as f64),
        text: text.to_owned(),
        raw_text: text.to_owned(),
        tokens: tokens.collect(),
        confidence: 0.9,
    }
}

fn record(typed: Typed) -> CallRecord {
    let utterances: Vec<Utterance> =
        typed.said.iter().map(|(channel, at, text)| utterance(*channel, *at, text)).collect();
    let findings: Vec<Finding> = typed.finding.into_iter().map(|finding| found(finding, &utterances)).collect();
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count() as u32;
    let deductions = findings.iter().filter(|finding| finding.outcome == Outcome::Violated).map(|finding| Deduction {
        rule: finding.rule.clone(),
        clause: finding.clause.clone(),
        severity: finding.severity,
        points: finding.points,
        times: 1,
    });
    let score_card = ScoreCard::sum(
        "typed".into(),
        "1.0+00000000".into(),
        ScoreCard::BASE,
        ScoreCard::CAP,
        deductions.collect(),
        count(Outcome::Undecided),
    );
    let channels: &[Channel] = match typed.layout {
        ChannelLayout::Mono => &[Channel::Mixed],
        _ => &[Channel::Agent, Channel::Customer],
    };
    let acoustics = channels.iter().map(|&channel| ChannelAcoustics {
        channel,
        voiced: utterances.iter().filter(|u| u.channel == channel).map(|u| u.span).collect(),
        speech_dbfs: -24.0,
        peak_dbfs: -6.0,
        clipped: 0.0,
    });
    CallRecord {
        call: Call {
            id: CallId::derive(typed.file.as_bytes(), &typed.meta),
            source: format!("recordings/{}", typed.file),
            audio_sha256: format!("typed:{}", typed.file),
            format: "wav/alaw".into(),
            rate_hz: 8_000,
            duration_ms: CallTime::from_secs(typed.duration_s).ms,
            layout: typed.layout,
            meta: typed.meta,
        },
        acoustics: Acoustics { channels: acoustics.collect() },
        transcript: Transcript {
            second_listens: Vec::new(),
            gaps: typed
                .gaps
                .into_iter()
                .map(|(channel, from, to, reason, rejected_text)| Gap {
                    channel,
                    span: span(from, to),
                    reason,
                    rejected_text,
                })
                .collect(),
            utterances,
            provenance: Provenance { engine: "typed".into(), version: "1".into(), ..Provenance::default() },
        },
        metrics: typed.metrics,
        findings,
        score_card,
        complaint: None,
        follow_up: None,
        issues: typed.issues.into_iter().map(|message| CallIssue { kind: IssueKind::Audio, message }).collect(),
    }
}

fn found(typed: TypedFinding, utterances: &[Utterance]) -> Finding {
    let quotes = typed.quotes.into_iter().map(|(number, words)| {
        let utterance = &utterances[number];
        let start = utterance.text.find(&words).unwrap();
        let text = TextSpan::new(start, start + words.len());
        Evidence::Quote(Quote {
            utterance: number as u32,
            text,
            time: utterance.time_of(text),
            channel: utterance.channel,
            matched: Matched::Exact { phrase: words.clone() },
            words,
        })
    });
    let absent = typed.absent.into_iter().map(|(channel, from, to, wanted)| Evidence::Absence {
        searched: span(from, to),
        channel,
        wanted,
        best: None,
    });
    Finding {
        evidence: quotes.chain(absent).collect(),
        rule: typed.rule,
        clause: typed.clause,
        title: typed.title,
        severity: typed.severity,
        outcome: typed.outcome,
        certainty: typed.certainty,
        points: typed.points,
        reason: typed.reason,
    }
}
