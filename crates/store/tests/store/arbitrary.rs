//! Records of every shape: empty, odd, with text that breaks what is careless.
//!
//! The strategies are boxed because nested ones need more stack than a test's thread has.

use hotline_model::*;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Any record. Its id fits its audio hash and metadata.
pub fn record() -> BoxedStrategy<CallRecord> {
    let heard = (transcript(), vec(channel_acoustics(), 0..3));
    let judged = (metrics(), vec(finding(), 0..6), score_card());
    let rest = (option::of(complaint()), option::of(follow_up()), vec((issue_kind(), text()).prop_map(issue), 0..3));
    (call(), heard, judged, rest)
        .prop_map(|(call, (transcript, channels), (metrics, findings, score_card), (complaint, follow_up, issues))| {
            CallRecord {
                call,
                transcript,
                acoustics: Acoustics { channels },
                metrics,
                findings,
                score_card,
                complaint,
                follow_up,
                issues,
            }
        })
        .boxed()
}

/// Any text.
pub fn text() -> impl Strategy<Value = String> {
    const ODD: [&str; 10] = [
        "",
        "您好，请问有什么可以帮您？",
        "👨‍👩‍👧‍👦🇨🇳é",
        "\0在前\0在后\0",
        "'; DROP TABLE calls; --",
        "{\"a\": [null, \"\\u0000\"]}",
        "\r\n\t\u{feff}\u{2028}",
        "龘𠀀𪚥",
        "\u{202e}倒",
        "  ",
    ];
    prop_oneof![2 => prop::sample::select(&ODD[..]).prop_map(str::to_owned), 1 => ".{0,12}", 1 => "[一-龥]{1,20}"]
}

/// Any metadata.
pub fn meta() -> BoxedStrategy<CallMeta> {
    let people = (maybe_text(), maybe_text(), maybe_text(), maybe_text(), maybe_text(), maybe_text(), maybe_text());
    let direction = option::of(prop_oneof![Just(Direction::Inbound), Just(Direction::Outbound)]);
    let hangup_by = option::of(prop::sample::select(vec![HangupBy::Agent, HangupBy::Customer, HangupBy::System]));
    let satisfaction = option::of(prop::sample::select(vec![
        Satisfaction::Satisfied,
        Satisfaction::Neutral,
        Satisfaction::Dissatisfied,
    ]));
    let extra = prop::collection::hash_map(text(), text(), 0..4);
    let rest = (option::of(instant()), direction, option::of(number()), hangup_by, satisfaction, extra);
    (people, rest)
        .prop_map(|(people, rest)| {
            let (agent_id, agent_name, team, hotline, business_type, customer_number, variant_of) = people;
            let (started_at, direction, answered_after_s, hangup_by, satisfaction, extra) = rest;
            CallMeta {
                agent_id,
                agent_name,
                team,
                hotline,
                business_type,
                started_at,
                customer_number,
                direction,
                answered_after_s,
                hangup_by,
                satisfaction,
                variant_of,
                extra: extra.into_iter().collect(),
            }
        })
        .boxed()
}

fn call() -> BoxedStrategy<Call> {
    let layout = prop::sample::select(vec![ChannelLayout::AgentLeft, ChannelLayout::AgentRight, ChannelLayout::Mono]);
    (any::<[u8; 32]>(), text(), text(), any::<u32>(), any::<u32>(), layout, meta())
        .prop_map(|(audio, source, format, rate_hz, duration_ms, layout, meta)| Call {
            id: CallId::derive(&audio, &meta),
            source,
            audio_sha256: audio.iter().map(|byte| format!("{byte:02x}")).collect(),
            format,
            rate_hz,
            duration_ms,
            layout,
            meta,
        })
        .boxed()
}

fn transcript() -> BoxedStrategy<Transcript> {
    let token = (any::<(u32, u32)>(), span(), share()).prop_map(|((start, end), time, p)| Token {
        text: TextSpan { start, end },
        time,
        p,
    });
    let utterance = (channel(), span(), text(), option::of(text()), vec(token, 0..8), share()).prop_map(
        |(channel, span, text, raw_text, tokens, confidence)| Utterance {
            channel,
            span,
            raw_text: raw_text.unwrap_or_else(|| text.clone()),
            text,
            tokens,
            confidence,
        },
    );
    let reason = prop::sample::select(vec![
        GapReason::NoSpeech,
        GapReason::Boilerplate,
        GapReason::Loop,
        GapReason::TooFast,
        GapReason::Empty,
        GapReason::Failed,
    ]);
    let gap = (channel(), span(), reason, text()).prop_map(|(channel, span, reason, rejected_text)| Gap {
        channel,
        span,
        reason,
        rejected_text,
    });
    let provenance = (text(), text(), text(), text(), text(), text()).prop_map(
        |(engine, model, model_sha256, vad, lexicon, version)| Provenance {
            engine,
            model,
            model_sha256,
            vad,
            lexicon,
            version,
        },
    );
    let listen = (0u32..6, 0u32..90, 0u32..90, text(), text(), small()).prop_map(
        |(utterance, start, len, heard, meant, log_ratio)| SecondListen {
            utterance,
            text: TextSpan { start, end: start + len },
            heard,
            meant,
            log_ratio,
        },
    );
    (vec(utterance, 0..6), vec(gap, 0..4), vec(listen, 0..3), provenance)
        .prop_map(|(utterances, gaps, second_listens, provenance)| Transcript {
            utterances,
            gaps,
            second_listens,
            provenance,
        })
        .boxed()
}

fn channel_acoustics() -> BoxedStrategy<ChannelAcoustics> {
    (channel(), vec(span(), 0..8), small(), small(), share())
        .prop_map(|(channel, voiced, speech_dbfs, peak_dbfs, clipped)| ChannelAcoustics {
            channel,
            voiced,
            speech_dbfs,
            peak_dbfs,
            clipped,
        })
        .boxed()
}

fn metrics() -> BoxedStrategy<TalkMetrics> {
    let rates = (option::of(small()), option::of(small()), option::of(any::<u32>()));
    (any::<[u32; 6]>(), rates)
        .prop_map(|(n, (agent_chars_per_min, customer_chars_per_min, response_ms_median))| TalkMetrics {
            agent_ms: n[0],
            customer_ms: n[1],
            silence_ms: n[2],
            longest_silence_ms: n[3],
            overlap_ms: n[4],
            interruptions_by_agent: n[5],
            agent_chars_per_min,
            customer_chars_per_min,
            response_ms_median,
        })
        .boxed()
}

fn finding() -> BoxedStrategy<Finding> {
    let outcome =
        prop::sample::select(vec![Outcome::Met, Outcome::Violated, Outcome::Undecided, Outcome::NotApplicable]);
    let texts = (text(), text(), text(), text());
    (texts, severity(), outcome, share(), small(), vec(evidence(), 0..4))
        .prop_map(|((rule, clause, title, reason), severity, outcome, certainty, points, evidence)| Finding {
            rule,
            clause,
            title,
            severity,
            outcome,
            certainty,
            points,
            reason,
            evidence,
        })
        .boxed()
}

fn evidence() -> BoxedStrategy<Evidence> {
    prop_oneof![
        quote().prop_map(Evidence::Quote),
        (span(), option::of(channel()), text(), number(), text()).prop_map(|(time, channel, measure, value, unit)| {
            Evidence::Interval { time, channel, measure, value, unit }
        }),
        (span(), channel(), text(), option::of(quote()))
            .prop_map(|(searched, channel, wanted, best)| { Evidence::Absence { searched, channel, wanted, best } }),
        (text(), text()).prop_map(|(field, value)| Evidence::Metadata { field, value }),
    ]
    .boxed()
}

fn quote() -> BoxedStrategy<Quote> {
    let matched = prop_oneof![
        text().prop_map(|phrase| Matched::Exact { phrase }),
        text().prop_map(|phrase| Matched::Variant { phrase }),
        (text(), text(), small()).prop_map(|(heard, meant, distance)| Matched::Phonetic { heard, meant, distance }),
        text().prop_map(|pattern| Matched::Pattern { pattern }),
    ];
    (any::<u32>(), any::<(u32, u32)>(), span(), channel(), text(), matched)
        .prop_map(|(utterance, (start, end), time, channel, words, matched)| Quote {
            utterance,
            text: TextSpan { start, end },
            time,
            channel,
            words,
            matched,
        })
        .boxed()
}

fn score_card() -> BoxedStrategy<ScoreCard> {
    let deduction = (text(), text(), severity(), small(), any::<u32>())
        .prop_map(|(rule, clause, severity, points, times)| Deduction { rule, clause, severity, points, times });
    (text(), text(), small(), small(), vec(deduction, 0..4), any::<u32>())
        .prop_map(|(rule_set, rule_set_version, base, cap, deductions, undecided)| {
            ScoreCard::sum(rule_set, rule_set_version, base, cap.abs(), deductions, undecided)
        })
        .boxed()
}

fn complaint() -> impl Strategy<Value = Complaint> {
    (maybe_text(), maybe_text(), maybe_text(), maybe_text()).prop_map(|(matter, demand, department, promised_time)| {
        Complaint { matter, demand, department, promised_time, ..Complaint::default() }
    })
}

fn follow_up() -> impl Strategy<Value = FollowUp> {
    let kind = prop::sample::select(vec![FollowUpKind::Inquiry, FollowUpKind::Incident]);
    let until = prop::sample::select(vec![Moment::DayEnd, Moment::Closing, Moment::Minute(750)]);
    let promise = option::of((any::<u32>(), until).prop_map(|(days, until)| Promise::Days { days, until }));
    (kind, maybe_text(), maybe_text(), promise, maybe_text()).prop_map(
        |(kind, matter, promised_time, promise, department)| FollowUp {
            kind,
            matter,
            promised_time,
            promise,
            department,
            ..FollowUp::default()
        },
    )
}

fn issue((kind, message): (IssueKind, String)) -> CallIssue {
    CallIssue { kind, message }
}

fn issue_kind() -> impl Strategy<Value = IssueKind> {
    prop::sample::select(vec![IssueKind::Audio, IssueKind::Transcription, IssueKind::Metadata])
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Slight, Severity::Medium, Severity::Serious, Severity::Fatal])
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(&Channel::ALL[..])
}

fn span() -> impl Strategy<Value = TimeSpan> {
    any::<(u32, u32)>().prop_map(|(a, b)| TimeSpan::from_ms(a.min(b), a.max(b)))
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let of_seconds = |s| Timestamp::from_second(s).unwrap();
    let usual = (1_700_000_000_000_000_000i128..1_900_000_000_000_000_000)
        .prop_map(|ns| Timestamp::from_nanosecond(ns).unwrap());
    prop_oneof![4 => usual, 1 => (-377_000_000_000i64..253_000_000_000).prop_map(of_seconds)]
}

fn maybe_text() -> impl Strategy<Value = Option<String>> {
    option::of(text())
}

fn share() -> impl Strategy<Value = f32> {
    0f32..=1.0
}

fn small() -> impl Strategy<Value = f32> {
    prop_oneof![-200f32..=200.0, Just(0.0), Just(-0.0), Just(f32::MIN_POSITIVE), Just(f32::MAX)]
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

/// A plain call to change at will: one agent, one sentence, one finding.
pub fn plain(number: u32) -> CallRecord {
    let audio = [&number.to_le_bytes()[..], &[0; 28]].concat();
    let started_at = Timestamp::from_second(1_790_000_000 + 60 * i64::from(number)).unwrap();
    let meta = CallMeta { agent_id: Some("A1".into()), started_at: Some(started_at), ..CallMeta::default() };
    let text = "您好，很高兴为您服务".to_owned();
    let tokens = text.char_indices().map(|(at, c)| Token {
        text: TextSpan::new(at, at + c.len_utf8()),
        time: TimeSpan::from_ms(60 * at as u32, 60 * at as u32 + 180),
        p: 0.9,
    });
    let finding = Finding {
        rule: "greeting".into(),
        clause: "REQ-01".into(),
        title: "问候".into(),
        severity: Severity::Slight,
        outcome: Outcome::Met,
        certainty: 0.95,
        points: 0.0,
        reason: "开头有问候".into(),
        evidence: Vec::new(),
    };
    CallRecord {
        call: Call {
            id: CallId::derive(&audio, &meta),
            source: format!("in/{number:04}.wav"),
            audio_sha256: audio.iter().map(|byte| format!("{byte:02x}")).collect(),
            format: "wav/alaw".into(),
            rate_hz: 8_000,
            duration_ms: 60_000,
            layout: ChannelLayout::AgentLeft,
            meta,
        },
        transcript: Transcript {
            utterances: vec![Utterance {
                channel: Channel::Agent,
                span: TimeSpan::from_ms(0, 1_800),
                raw_text: text.clone(),
                tokens: tokens.collect(),
                text,
                confidence: 0.9,
            }],
            gaps: Vec::new(),
            second_listens: Vec::new(),
            provenance: Provenance { engine: "scripted".into(), ..Provenance::default() },
        },
        acoustics: Acoustics::default(),
        metrics: TalkMetrics::default(),
        findings: vec![finding],
        score_card: ScoreCard::sum("starter".into(), "1".into(), 80.0, 110.0, Vec::new(), 0),
        complaint: None,
        follow_up: None,
        issues: Vec::new(),
    }
}
