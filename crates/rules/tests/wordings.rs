//! Wordings that nobody listed: what an agent says in one breath, and whether it breaks a clause. Each `wordings/CLAUSE.txt`
//! has a sentence a line, `+` for those that break it, `-` for those that look alike and do not. They were written before the
//! lists were widened; what is asserted here is that the lists do not fall back.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken fixture should stop the test, helpers included")]

use std::path::Path;

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, Channel, ChannelLayout, Finding, Outcome, TimeSpan, Transcript, Utterance,
};
use hotline_rules::{CallView, Judge, Organisations, RuleSet};

/// Least share of the sentences with `+` that must be flagged, over all clauses, and most of those with `-` that may be.
const RECALL_MIN: f64 = 0.9;
const FALSE_SHARE_MAX: f64 = 0.02;

fn utterance(channel: Channel, at: u32, text: &str) -> Utterance {
    let length = 250 * text.chars().count() as u32;
    Utterance {
        channel,
        span: TimeSpan::from_ms(at, at + length),
        text: text.to_owned(),
        raw_text: text.to_owned(),
        tokens: Vec::new(),
        confidence: 0.9,
    }
}

fn findings(judge: &Judge, sentence: &str) -> Vec<Finding> {
    let lines = [
        (Channel::Agent, "您好，请问有什么可以帮您？"),
        (Channel::Customer, "我想问一下我上次说的那个事情。"),
        (Channel::Agent, sentence),
        (Channel::Customer, "这样啊。"),
    ];
    let mut transcript = Transcript::default();
    let mut at = 1_000;
    for (channel, text) in lines {
        let said = utterance(channel, at, text);
        at = said.span.end.ms + 500;
        transcript.utterances.push(said);
    }
    let call = Call {
        id: CallId::from_stored("wording".to_owned()),
        source: String::new(),
        audio_sha256: String::new(),
        format: "wav".into(),
        rate_hz: 8000,
        duration_ms: at,
        layout: ChannelLayout::AgentLeft,
        meta: CallMeta::default(),
    };
    let organisations = Organisations::default();
    let acoustics = Acoustics::default();
    let view = CallView {
        call: &call,
        transcript: &transcript,
        acoustics: &acoustics,
        heard_until: None,
        organisations: &organisations,
    };
    judge.judge(&view).findings
}

#[test]
fn unlisted_wordings_are_flagged_and_look_alikes_are_not() {
    let judge = Judge::new(rule_set());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wordings");
    let mut files: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10);
    let (mut all_found, mut all_meant, mut all_wrong, mut all_harmless) = (0, 0, 0, 0);
    for file in files {
        let clause = file.file_stem().unwrap().to_string_lossy().into_owned();
        let clause = clause.get(..6).unwrap();
        let (mut found, mut meant, mut wrong, mut harmless, mut doubtful) = (0u32, 0u32, 0u32, 0u32, 0u32);
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let Some((mark, sentence)) = line.split_once(' ') else { continue };
            let of_clause: Vec<Finding> =
                findings(&judge, sentence).into_iter().filter(|f| f.clause == clause).collect();
            assert!(!of_clause.is_empty(), "no rule for {clause}");
            let violated = of_clause.iter().any(|f| f.outcome == Outcome::Violated);
            doubtful += u32::from(!violated && of_clause.iter().any(|f| f.outcome == Outcome::Undecided));
            if mark == "+" {
                meant += 1;
                found += u32::from(violated);
                if !violated {
                    println!("missed {clause}: {sentence}");
                }
            } else {
                harmless += 1;
                wrong += u32::from(violated);
                if violated {
                    let reasons: Vec<_> = of_clause.iter().map(|f| f.reason.as_str()).collect();
                    println!("wrong {clause}: {sentence} {reasons:?}");
                }
            }
        }
        println!(
            "{}: {found}/{meant} flagged, {wrong}/{harmless} wrongly, {doubtful} undecided",
            file.file_stem().unwrap().to_string_lossy()
        );
        all_found += found;
        all_meant += meant;
        all_wrong += wrong;
        all_harmless += harmless;
    }
    println!("all: {all_found}/{all_meant} flagged, {all_wrong}/{all_harmless} wrongly");
    assert!(f64::from(all_found) >= RECALL_MIN * f64::from(all_meant), "{all_found} of {all_meant} flagged");
    assert!(f64::from(all_wrong) <= FALSE_SHARE_MAX * f64::from(all_harmless), "{all_wrong} of {all_harmless} wrongly");
}

/// The built-in rules; with `HOTLINE_RULES=DIR` those of a folder, so that lists can be tried without building anew.
fn rule_set() -> RuleSet {
    let Some(folder) = std::env::var_os("HOTLINE_RULES") else { return RuleSet::built_in() };
    let loaded = RuleSet::load(&[folder.into()]);
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    loaded.set.unwrap_or_else(|| panic!("{}", problems.join("\n")))
}
