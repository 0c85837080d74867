//! Two fixed calls: a stereo one with all there is, and a mono one of which little is known.

use hotline_model::*;

pub fn stereo() -> CallRecord {
    let text = str::to_owned;
    let meta = CallMeta {
        agent_id: Some(text("A1001")),
        agent_name: Some(text("林晓燕")),
        team: Some(text("政务民生组")),
        hotline: Some(text("云江通信客服热线")),
        business_type: Some(text("宽带故障报修")),
        started_at: "2026-10-06T09:12:08+08:00".parse().ok(),
        customer_number: Some(text("19900000102")),
        direction: Some(Direction::Inbound),
        answered_after_s: Some(4.0),
        hangup_by: Some(HangupBy::Customer),
        satisfaction: Some(Satisfaction::Satisfied),
        variant_of: None,
        extra: [(text("工单号"), text("T-17"))].into_iter().collect(),
    };
    let utterances = vec![
        said(Channel::Agent, 400, 3_200, "您好，欢迎致电云江通信，请问有什么可以帮您？"),
        said(
            Channel::Customer,
            3_600,
            13_000,
            "我家的宽带从昨天晚上开始就一直断网，光猫上的红灯亮着，我重启了好几次都没有用。你们到底什么时候能派人来修，我今天还要在家里开会呢！",
        ),
        said(Channel::Agent, 12_400, 12_600, "嗯"),
        said(Channel::Agent, 13_100, 16_000, "非常抱歉给您带来不便 <A&B> --> 我帮您登记"),
    ];
    let quote = Quote {
        utterance: 0,
        text: TextSpan::new(0, 6),
        time: TimeSpan::from_ms(400, 760),
        channel: Channel::Agent,
        words: text("您好"),
        matched: Matched::Exact { phrase: text("您好") },
    };
    let findings = vec![
        finding("greeting", "REQ-01", "开头问候", Outcome::Met, 0.0, "第一句话里有问候", vec![Evidence::Quote(quote)]),
        finding(
            "farewell",
            "REQ-04",
            "结束语",
            Outcome::Violated,
            5.0,
            "最后 20 秒没有告别",
            vec![Evidence::Absence {
                searched: TimeSpan::from_ms(0, 16_000),
                channel: Channel::Agent,
                wanted: text("再见"),
                best: None,
            }],
        ),
        finding(
            "hold",
            "REQ-08",
            "等待前征得同意",
            Outcome::Undecided,
            0.0,
            "可能说了稍等，听不清",
            vec![Evidence::Interval {
                time: TimeSpan::from_ms(13_000, 13_100),
                channel: None,
                measure: text("silence"),
                value: 0.1,
                unit: text("s"),
            }],
        ),
    ];
    let deduction =
        Deduction { rule: text("farewell"), clause: text("REQ-04"), severity: Severity::Slight, points: 5.0, times: 1 };
    CallRecord {
        call: Call {
            id: CallId::from_stored("3fa9c2d13fa9c2d13fa9c2d13fa9c2d1"),
            source: text("recordings/c01_broadband_red_light.wav"),
            audio_sha256: "ab".repeat(32),
            format: text("wav/alaw"),
            rate_hz: 8_000,
            duration_ms: 16_250,
            layout: ChannelLayout::AgentLeft,
            meta,
        },
        transcript: Transcript {
            utterances,
            gaps: vec![Gap {
                channel: Channel::Customer,
                span: TimeSpan::from_ms(14_000, 15_500),
                reason: GapReason::Boilerplate,
                rejected_text: text("请不吝点赞"),
            }],
            second_listens: Vec::new(),
            provenance: Provenance {
                engine: text("whisper-rs 0.16"),
                model: text("ggml-base-f16.bin"),
                model_sha256: "cd".repeat(32),
                vad: text("silero-v6.2.0"),
                lexicon: text("1f"),
                version: text("0.1.0"),
            },
        },
        acoustics: Acoustics::default(),
        metrics: TalkMetrics { agent_ms: 5_900, customer_ms: 9_400, ..TalkMetrics::default() },
        findings,
        score_card: ScoreCard::sum(text("starter"), text("1.0+3fa9c2d1"), 80.0, 110.0, vec![deduction], 1),
        complaint: None,
        follow_up: None,
        issues: Vec::new(),
    }
}

/// A mono recording without metadata but its start; nobody knows who spoke, and the recogniser gave no token times.
pub fn mono() -> CallRecord {
    let stereo = stereo();
    let mut utterance = said(Channel::Mixed, 1_000, 4_000, "喂您好我想查一下我的公积金");
    utterance.tokens.clear();
    CallRecord {
        call: Call {
            id: CallId::from_stored("00ff00ff00ff00ff00ff00ff00ff00ff"),
            source: r"D:\录音\mono.mp3".to_owned(),
            format: "mp3".to_owned(),
            layout: ChannelLayout::Mono,
            meta: CallMeta { started_at: stereo.call.meta.started_at, ..CallMeta::default() },
            ..stereo.call
        },
        transcript: Transcript { utterances: vec![utterance], ..Transcript::default() },
        findings: Vec::new(),
        ..stereo
    }
}

fn finding(
    rule: &str,
    clause: &str,
    title: &str,
    outcome: Outcome,
    points: f32,
    reason: &str,
    evidence: Vec<Evidence>,
) -> Finding {
    Finding {
        rule: rule.into(),
        clause: clause.into(),
        title: title.into(),
        severity: Severity::Slight,
        outcome,
        certainty: 0.75,
        points,
        reason: reason.into(),
        evidence,
    }
}

/// An utterance whose characters take equal time, one token each.
pub fn said(channel: Channel, start: u32, end: u32, text: &str) -> Utterance {
    let count = text.chars().count().max(1) as u32;
    let at = |i: u32| start + (u64::from(end.saturating_sub(start)) * u64::from(i) / u64::from(count)) as u32;
    let tokens = (0..).zip(text.char_indices()).map(|(i, (byte, c))| Token {
        text: TextSpan::new(byte, byte + c.len_utf8()),
        time: TimeSpan::from_ms(at(i), at(i + 1)),
        p: 0.9,
    });
    Utterance {
        channel,
        span: TimeSpan::from_ms(start, end),
        raw_text: text.to_owned(),
        tokens: tokens.collect(),
        text: text.to_owned(),
        confidence: 0.9,
    }
}
