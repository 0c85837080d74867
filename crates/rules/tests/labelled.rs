//! Verdicts on labelled calls without recognising anything: from the references, from references with mistakes put in, or from
//! stored call records. Opt-in, because the calls are not part of the repository:
//!
//! `HOTLINE_LABELLED=DIR [HOTLINE_RECORDS=DIR] [HOTLINE_NOISE=0.2] cargo test --release -p hotline-rules --test labelled -- --ignored
//! --nocapture`
//!
//! A labelled call is a JSON file with `turns` and `expected.clauses`; a record is `FILE.record.json` beside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement should stop on broken files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallRecord, Channel, ChannelAcoustics, ChannelLayout, Evidence, Finding,
    HangupBy, Outcome, TextSpan, TimeSpan, Token, Transcript, Utterance,
};
use hotline_rules::{CallView, HotlineProfile, Judge, Organisations, RuleSet};
use serde_json::Value;

#[derive(Default)]
struct Score {
    tp: u32,
    fp: u32,
    missed: u32,
    tn: u32,
    undecided: u32,
    undecided_violated: u32,
}

impl Score {
    fn add(&mut self, violated: bool, outcome: Outcome) {
        match (violated, outcome) {
            (true, Outcome::Violated) => self.tp += 1,
            (false, Outcome::Violated) => self.fp += 1,
            (_, Outcome::Undecided) => {
                self.undecided += 1;
                self.undecided_violated += u32::from(violated);
            }
            (true, _) => self.missed += 1,
            (false, _) => self.tn += 1,
        }
    }

    fn line(&self) -> String {
        let all = self.tp + self.fp + self.missed + self.tn + self.undecided;
        let share =
            |a: u32, b: u32| if b == 0 { "   –".to_owned() } else { format!("{:.2}", f64::from(a) / f64::from(b)) };
        format!(
            "tp {:3} fp {:3} fn {:3} tn {:3} ?{:3} (?v {:2})  P {} R {} undecided {}",
            self.tp,
            self.fp,
            self.missed,
            self.tn,
            self.undecided,
            self.undecided_violated,
            share(self.tp, self.tp + self.fp),
            share(self.tp, self.tp + self.missed + self.undecided_violated),
            share(self.undecided, all),
        )
    }
}

#[test]
#[ignore = "a measurement on calls that are not part of the repository"]
fn verdicts_on_labelled_calls() {
    let folder = PathBuf::from(std::env::var_os("HOTLINE_LABELLED").expect("HOTLINE_LABELLED names the folder"));
    let records = std::env::var_os("HOTLINE_RECORDS").map(PathBuf::from);
    let noise: f64 = std::env::var("HOTLINE_NOISE").ok().map_or(0.0, |n| n.parse().unwrap());
    let verbose = std::env::var_os("HOTLINE_VERBOSE").is_some();
    let judge = Judge::new(rule_set());
    let organisations = organisations(&folder);
    let mut by_clause: BTreeMap<String, Score> = BTreeMap::new();
    let (mut fired, mut negatives) = (0, 0);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        if truth["turns"].is_null() || !truth["variant_of"].is_null() {
            continue;
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let record = match &records {
            Some(folder) => stored(folder, truth["file"].as_str().unwrap()),
            None => from_reference(&name, &truth, noise),
        };
        let view = CallView {
            call: &record.call,
            transcript: &record.transcript,
            acoustics: &record.acoustics,
            heard_until: None,
            organisations: &organisations,
        };
        let findings = judge.judge(&view).findings;
        let expected = &truth["expected"];
        let borderline: Vec<&str> =
            expected["borderline"].as_array().into_iter().flatten().filter_map(|b| b["clause"].as_str()).collect();
        for (clause, label) in expected["clauses"].as_object().unwrap() {
            let Some(outcome) = verdict(&findings, clause) else { continue };
            if borderline.contains(&clause.as_str()) {
                continue;
            }
            let violated = label["verdict"] == "violated";
            if verbose
                && (violated != (outcome == Outcome::Violated))
                && (violated || outcome != Outcome::Met)
                && outcome != Outcome::NotApplicable
                || verbose && violated && outcome != Outcome::Violated
            {
                println!("{name} {clause}: {} expected {}", outcome.name(), label["verdict"]);
                for finding in findings.iter().filter(|f| f.clause == *clause && (f.outcome == outcome)) {
                    println!("    {} {:.2} {} {:?}", finding.rule, finding.certainty, finding.reason, shown(finding));
                }
            }
            by_clause.entry(clause.clone()).or_default().add(violated, outcome);
        }
        for negative in expected["hard_negatives"].as_array().into_iter().flatten() {
            let turn = truth["turns"].as_array().unwrap().iter().find(|t| t["index"] == negative["turn"]);
            let Some(turn) = turn else { continue };
            let span = TimeSpan::from_secs(turn["start"].as_f64().unwrap(), turn["end"].as_f64().unwrap());
            for clause in negative["clause"].as_str().unwrap_or("").split('/').map(str::trim) {
                if verdict(&findings, clause).is_none() {
                    continue;
                }
                negatives += 1;
                let hit = findings.iter().filter(|f| f.clause == clause && f.outcome == Outcome::Violated).any(|f| {
                    f.evidence.iter().any(|e| {
                        !matches!(e, Evidence::Absence { .. })
                            && e.time().is_some_and(|t| t.intersection(span).is_some())
                    })
                });
                if hit {
                    fired += 1;
                    println!("hard negative: {name} {clause} {negative}");
                }
            }
        }
    }
    let mut total: BTreeMap<String, Score> = BTreeMap::new();
    for (clause, score) in &by_clause {
        println!("{clause}  {}", score.line());
        for key in ["all", clause.get(..3).unwrap()] {
            let sum = total.entry(key.to_owned()).or_default();
            sum.tp += score.tp;
            sum.fp += score.fp;
            sum.missed += score.missed;
            sum.tn += score.tn;
            sum.undecided += score.undecided;
            sum.undecided_violated += score.undecided_violated;
        }
    }
    for (key, score) in &total {
        println!("{key:7} {}", score.line());
    }
    println!("hard negatives {fired}/{negatives}");
    assert!(!by_clause.is_empty());
}

/// The verdict on a clause: the gravest of its rules' outcomes.
fn verdict(findings: &[Finding], clause: &str) -> Option<Outcome> {
    let outcomes = findings.iter().filter(|f| f.clause == clause).map(|f| f.outcome);
    outcomes.min_by_key(|outcome| match outcome {
        Outcome::Violated => 0,
        Outcome::Undecided => 1,
        Outcome::Met => 2,
        Outcome::NotApplicable => 3,
    })
}

fn shown(finding: &Finding) -> Vec<String> {
    let short = |evidence: &Evidence| match evidence {
        Evidence::Quote(quote) => quote.words.clone(),
        Evidence::Interval { measure, value, .. } => format!("{measure} {value:.1}"),
        Evidence::Absence { best: Some(best), .. } => format!("? {}", best.words),
        Evidence::Absence { searched, .. } => format!("nothing in {searched}"),
        Evidence::Metadata { field, value } => format!("{field} = {value}"),
    };
    finding.evidence.iter().map(short).take(4).collect()
}

fn organisations(folder: &Path) -> Organisations {
    let Ok(text) = std::fs::read_to_string(folder.join("hotlines.json")) else { return Organisations::default() };
    let list: Vec<Value> = serde_json::from_str(&text).unwrap();
    let texts =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect();
    let profile = |entry: &Value| HotlineProfile {
        organisation: entry["organisation"].as_str().unwrap().to_owned(),
        aliases: texts(&entry["aliases"]),
    };
    Organisations(list.iter().map(|entry| (entry["name"].as_str().unwrap().to_owned(), profile(entry))).collect())
}

/// A call as the judge takes it.
struct Heard {
    call: Call,
    transcript: Transcript,
    acoustics: Acoustics,
}

fn stored(folder: &Path, file: &str) -> Heard {
    let text = std::fs::read_to_string(folder.join(format!("{file}.record.json"))).unwrap();
    let record: CallRecord = serde_json::from_str(&text).unwrap();
    Heard { call: record.call, transcript: record.transcript, acoustics: record.acoustics }
}

/// Numbers that look random and are the same every time (SplitMix64, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Token probabilities as a recogniser gives them: quantiles (5, 10, 25, 50, 75, 90, 100 %) over characters that were right and
/// over characters that were wrong, measured with whisper base on telephone audio.
const SURE_OF_RIGHT: [f64; 8] = [0.2, 0.43, 0.54, 0.79, 0.94, 0.99, 1.0, 1.0];
const SURE_OF_WRONG: [f64; 8] = [0.05, 0.14, 0.2, 0.33, 0.51, 0.72, 0.9, 1.0];
const AT: [f64; 8] = [0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];

fn quantile(values: &[f64; 8], at: f64) -> f64 {
    let upper = AT.iter().position(|a| *a >= at).unwrap().max(1);
    let share = (at - AT[upper - 1]) / (AT[upper] - AT[upper - 1]);
    values[upper - 1] + share * (values[upper] - values[upper - 1])
}

/// Characters that stand for what a recogniser writes by mistake.
const CHANCE: &str = "是一在这有那时到说要会出来子可能下过天去多好小心然起里后生法成事方面地看没经头样开还因此点使家电发又定二公得之位体等想政工长理利社本相情己由外高机军现果无西度重新线内正少";

fn from_reference(name: &str, truth: &Value, noise: f64) -> Heard {
    let expected = &truth["expected"];
    let mut dice = Dice(name.bytes().fold(7, |sum, b| sum * 31 + u64::from(b)));
    let chance: Vec<char> = CHANCE.chars().collect();
    let mut transcript = Transcript::default();
    let mut voiced: BTreeMap<Channel, Vec<TimeSpan>> = BTreeMap::new();
    for turn in truth["turns"].as_array().unwrap().iter().filter(|turn| turn["kind"] == "speech") {
        let channel = if turn["channel"] == "agent" { Channel::Agent } else { Channel::Customer };
        let span = TimeSpan::from_secs(turn["start"].as_f64().unwrap(), turn["end"].as_f64().unwrap());
        voiced.entry(channel).or_default().push(span);
        let said = turn["text"].as_str().unwrap();
        let (mut text, mut tokens) = (String::new(), Vec::new());
        let count = said.chars().count().max(1) as u32;
        for (at, c) in (0..).zip(said.chars()) {
            let wrong = c.is_alphanumeric() && noise > 0.0 && dice.next() < noise;
            let heard = if wrong { chance[(dice.next() * chance.len() as f64) as usize] } else { c };
            let p = match (noise > 0.0, wrong) {
                (false, _) => 0.95,
                (true, false) => quantile(&SURE_OF_RIGHT, dice.next()),
                (true, true) => quantile(&SURE_OF_WRONG, dice.next()),
            };
            let start = text.len();
            text.push(heard);
            let time = |n: u32| span.start.ms + span.len_ms() * n / count;
            tokens.push(Token {
                text: TextSpan::new(start, text.len()),
                time: TimeSpan::from_ms(time(at), time(at + 1)),
                p: p as f32,
            });
        }
        let mean = tokens.iter().map(|t| t.p.max(0.001).ln()).sum::<f32>() / count as f32;
        transcript.utterances.push(Utterance {
            channel,
            span,
            raw_text: text.clone(),
            text,
            tokens,
            confidence: mean.exp(),
        });
    }
    transcript.sort();
    let channels = [Channel::Agent, Channel::Customer].map(|channel| ChannelAcoustics {
        channel,
        voiced: TimeSpan::merge(voiced.get(&channel).cloned().unwrap_or_default(), 0),
        speech_dbfs: -20.0,
        peak_dbfs: -3.0,
        clipped: 0.0,
    });
    let text = |key: &str| expected[key].as_str().map(str::to_owned);
    let meta = CallMeta {
        hotline: text("hotline"),
        hangup_by: text("hangup_by").as_deref().and_then(|by| match by {
            "agent" => Some(HangupBy::Agent),
            "customer" => Some(HangupBy::Customer),
            _ => None,
        }),
        ..CallMeta::default()
    };
    let call = Call {
        id: CallId::from_stored(name.to_owned()),
        source: format!("{name}.wav"),
        audio_sha256: String::new(),
        format: "wav".into(),
        rate_hz: 8000,
        duration_ms: (truth["duration"].as_f64().unwrap() * 1000.0) as u32,
        layout: ChannelLayout::AgentLeft,
        meta,
    };
    Heard { call, transcript, acoustics: Acoustics { channels: channels.to_vec() } }
}

/// The built-in rules; with `HOTLINE_RULES=DIR` those of a folder, so that lists can be tried without building anew.
fn rule_set() -> RuleSet {
    let Some(folder) = std::env::var_os("HOTLINE_RULES") else { return RuleSet::built_in() };
    let loaded = RuleSet::load(&[folder.into()]);
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    loaded.set.unwrap_or_else(|| panic!("{}", problems.join("\n")))
}
