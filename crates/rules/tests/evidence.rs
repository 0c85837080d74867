//! Whatever is said, in whatever order, by whomever: evidence points at words that are there, and findings hold together.

#![allow(clippy::unwrap_used, reason = "a broken case file or fixture should stop the test, helpers included")]

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallTime, Channel, ChannelLayout, Evidence, Gap, GapReason, HangupBy, Matched,
    Outcome, Quote, TextSpan, TimeSpan, Token, Transcript, Utterance,
};
use hotline_rules::{CallView, HotlineProfile, Judge, Organisations, RuleSet};
use proptest::prelude::*;

/// Pieces that make rules fire, nearly fire, and stumble.
const PIECES: [&str; 28] = [
    "您好",
    "您好，",
    "银号",
    "请问有什么可以帮您",
    "北川燃气",
    "背穿燃起",
    "不归我管",
    "我不会说",
    "您是说",
    "不行就是不行",
    "嗯",
    "那个",
    "再见",
    "在建",
    "感谢您的来电",
    "请您稍等",
    "让您久等了",
    "还有其他可以帮您的吗",
    "神经病",
    "神经內科",
    "Ａ",
    "𠮷",
    "é",
    "。",
    "？",
    " ",
    "快下班了",
    "明天再来吧",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![4 => Just(Channel::Agent), 4 => Just(Channel::Customer), 1 => Just(Channel::Mixed)]
}

fn utterance() -> impl Strategy<Value = Utterance> {
    (channel(), text(), 0u32..60_000, 0u32..8_000, 0f32..=1.0, any::<bool>()).prop_map(
        |(channel, text, start, len, confidence, with_tokens)| {
            let span = TimeSpan::from_ms(start, start + len);
            let token = |(at, c): (usize, char)| Token {
                text: TextSpan::new(at, at + c.len_utf8()),
                time: span,
                p: confidence,
            };
            let tokens = if with_tokens { text.char_indices().map(token).collect() } else { Vec::new() };
            Utterance { channel, span, raw_text: text.clone(), text, tokens, confidence }
        },
    )
}

fn transcript() -> impl Strategy<Value = Transcript> {
    let gap = (channel(), 0u32..60_000, 0u32..5_000).prop_map(|(channel, start, len)| Gap {
        channel,
        span: TimeSpan::from_ms(start, start + len),
        reason: GapReason::Loop,
        rejected_text: String::new(),
    });
    (proptest::collection::vec(utterance(), 0..10), proptest::collection::vec(gap, 0..2)).prop_map(
        |(utterances, gaps)| {
            let mut transcript = Transcript { utterances, gaps, ..Transcript::default() };
            transcript.sort();
            transcript
        },
    )
}

fn call(hangup_by: Option<HangupBy>) -> Call {
    Call {
        id: CallId::from_stored("test"),
        source: "test.wav".into(),
        audio_sha256: String::new(),
        format: "wav".into(),
        rate_hz: 8000,
        duration_ms: 70_000,
        layout: ChannelLayout::AgentLeft,
        meta: CallMeta { hangup_by, ..CallMeta::default() },
    }
}

fn quotes(evidence: &[Evidence]) -> impl Iterator<Item = &Quote> {
    evidence.iter().filter_map(|one| match one {
        Evidence::Quote(quote) => Some(quote),
        Evidence::Absence { best, .. } => best.as_ref(),
        _ => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn evidence_points_at_words_that_are_there(
        transcript in transcript(),
        until in proptest::option::of(0u32..70_000),
        hangup in proptest::option::of(Just(HangupBy::Customer)),
    ) {
        thread_local! {
            static JUDGE: Judge = Judge::new(RuleSet::built_in());
        }
        let mut organisations = Organisations::default();
        organisations.0.insert("x".into(), HotlineProfile { organisation: "北川燃气".into(), aliases: Vec::new() });
        let call = call(hangup);
        let acoustics = Acoustics::default();
        let view = CallView {
            call: &call,
            transcript: &transcript,
            acoustics: &acoustics,
            heard_until: until.map(CallTime::from_ms),
            organisations: &organisations,
        };
        let judgement = JUDGE.with(|judge| judge.judge(&view));
        prop_assert_eq!(&JUDGE.with(|judge| judge.judge(&view)), &judgement, "judging is not repeatable");
        for finding in &judgement.findings {
            prop_assert!((0.5..=1.0).contains(&finding.certainty), "{} {}", finding.rule, finding.certainty);
            prop_assert!(!finding.reason.is_empty());
            prop_assert!(finding.points == 0.0 || finding.outcome == Outcome::Violated);
            for quote in quotes(&finding.evidence) {
                let said = &transcript.utterances[quote.utterance as usize];
                prop_assert_eq!(quote.text.slice(&said.text), Some(quote.words.as_str()));
                prop_assert!(!quote.words.is_empty());
                prop_assert_eq!(quote.channel, said.channel);
                if let Matched::Phonetic { heard, distance, .. } = &quote.matched {
                    prop_assert_eq!(heard, &quote.words);
                    prop_assert!((0.0..1.0).contains(distance));
                }
            }
            let only_mixed = transcript.utterances.iter().all(|u| u.channel == Channel::Mixed);
            if finding.clause.starts_with("FRB") && only_mixed {
                prop_assert_ne!(finding.outcome, Outcome::Violated, "{} on a mixed recording", finding.rule);
            }
        }
        let off: f32 = judgement.findings.iter().map(|f| f.points).sum();
        prop_assert!((judgement.score_card.score - (80.0 - off).max(0.0)).abs() < 1e-3);
    }
}
