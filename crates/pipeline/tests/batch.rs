//! A batch as a whole, with a recogniser that answers at once: what is stored, skipped, reported, and survives a stop.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotline_asr::{AsrError, EngineInfo, Hypothesis, HypothesisToken, Session, Transcriber, Wordings};
use hotline_model::{CallMeta, Channel, Outcome, TextSpan, TimeSpan};
use hotline_pipeline::{
    Archive, BatchOptions, BatchReport, CallDone, CallOutcome, Described, Event, Recording, Rooms, Stop, Vad, run,
};
use hotline_rules::{Judge, RuleSet};
use hotline_store::Store;
use hotline_text::Lexicon;

const TEXT: &str = "您好，請問有什麼可以幫您";

/// Answers every segment with the same words; panics on request.
struct Parrot {
    answered: Arc<AtomicUsize>,
    panic_on: Option<usize>,
}

impl Transcriber for Parrot {
    fn session(&self) -> Result<Box<dyn Session>, AsrError> {
        Ok(Box::new(ParrotSession { answered: self.answered.clone(), panic_on: self.panic_on }))
    }

    fn provenance(&self) -> EngineInfo {
        EngineInfo { engine: "parrot".into(), ..EngineInfo::default() }
    }
}

struct ParrotSession {
    answered: Arc<AtomicUsize>,
    panic_on: Option<usize>,
}

impl Session for ParrotSession {
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
        let nth = self.answered.fetch_add(1, Ordering::SeqCst);
        assert!(self.panic_on != Some(nth), "the parrot fell off its perch");
        let ms = (samples.len() / 16) as u32;
        let token = HypothesisToken { text: TextSpan::new(0, TEXT.len()), time: TimeSpan::from_ms(0, ms), p: 0.9 };
        Ok(Hypothesis { text: TEXT.into(), tokens: vec![token], ..Hypothesis::default() })
    }
}

fn rooms(sessions: usize, panic_on: Option<usize>) -> Rooms {
    let parrot = Arc::new(Parrot { answered: Arc::default(), panic_on });
    Rooms { explain: |error| format!("explained: {error}"), sessions, ..Rooms::plain(parrot, Vad::Energy) }
}

/// A stereo WAV at 8 kHz with bursts of noise: `(channel, from, to)` in seconds. `seed` makes recordings differ.
fn recording(path: &Path, seconds: f64, bursts: &[(usize, f64, f64)], seed: u32) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).unwrap();
    let mut noise = seed.wrapping_mul(2_654_435_761).max(1);
    for frame in 0..(seconds * 8_000.0) as u32 {
        let t = f64::from(frame) / 8_000.0;
        for channel in 0..2 {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let loud = bursts.iter().any(|&(c, from, to)| c == channel && (from..to).contains(&t));
            let amplitude = if loud { 8_000.0 } else { 4.0 };
            wav.write_sample((f64::from(noise) / f64::from(u32::MAX) * 2.0 * amplitude - amplitude) as i16).unwrap();
        }
    }
    wav.finalize().unwrap();
}

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { dir: tempfile::tempdir().unwrap() }
    }

    fn archive(&self) -> Archive {
        let store = Store::open(&self.dir.path().join("hotline.db")).unwrap();
        Archive::new(store, &self.dir.path().join("index"), Lexicon::built_in())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `n` recordings of two turns each.
    fn recordings(&self, n: u32) -> Vec<Recording> {
        (0..n)
            .map(|i| {
                let path = self.path(&format!("call{i}.wav"));
                recording(&path, 6.0, &[(0, 0.5, 2.0), (1, 3.0, 5.0)], i + 1);
                Recording { path, described: Described::default() }
            })
            .collect()
    }
}

fn batch(recordings: Vec<Recording>, rooms: &Rooms, archive: &Archive, redo: bool) -> BatchReport {
    run(recordings, rooms, archive, &BatchOptions { redo }, &Stop::default(), &|_| ()).unwrap()
}

fn count(report: &BatchReport, wanted: fn(&CallOutcome) -> bool) -> usize {
    report.calls.iter().filter(|call| wanted(&call.outcome)).count()
}

#[test]
fn calls_are_stored_with_folded_text_and_both_channels() {
    let desk = Desk::new();
    let archive = desk.archive();
    let report = batch(desk.recordings(3), &rooms(2, None), &archive, false);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Processed { .. })), 3, "{report:?}");
    let store = archive.store();
    let ids = store.call_ids().unwrap();
    assert_eq!(ids.len(), 3);
    for id in ids {
        let record = store.record(&id).unwrap().unwrap();
        let utterances = &record.transcript.utterances;
        assert_eq!(utterances.len(), 2, "{utterances:?}");
        assert_eq!((utterances[0].channel, utterances[1].channel), (Channel::Agent, Channel::Customer));
        assert_eq!(utterances[0].text, "您好，请问有什么可以帮您");
        assert_eq!(utterances[0].raw_text, TEXT);
        assert!((400..700).contains(&utterances[0].span.start.ms), "{:?}", utterances[0].span);
        assert_eq!(record.transcript.provenance.engine, "parrot");
        assert!(!record.findings.is_empty());
        assert!((5_990..=6_010).contains(&record.call.duration_ms));
    }
}

#[test]
fn the_number_of_sessions_changes_nothing_that_is_stored() {
    let desk = Desk::new();
    let recordings = desk.recordings(5);
    let content = |sessions| {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("hotline.db")).unwrap();
        let archive = Archive::new(store, &dir.path().join("index"), Lexicon::built_in());
        batch(recordings.clone(), &rooms(sessions, None), &archive, false);
        archive.store().fingerprint().unwrap()
    };
    assert_eq!(content(1), content(4));
}

#[test]
fn known_calls_are_skipped_and_their_metadata_brought_up_to_date() {
    let desk = Desk::new();
    let archive = desk.archive();
    let mut recordings = desk.recordings(2);
    batch(recordings.clone(), &rooms(1, None), &archive, false);
    recordings[0].described.meta = CallMeta { team: Some("一组".into()), ..CallMeta::default() };
    let report = batch(recordings.clone(), &rooms(1, None), &archive, false);
    let updated =
        report.calls.iter().filter(|c| matches!(c.outcome, CallOutcome::Known { metadata_updated: true, .. }));
    assert_eq!(updated.count(), 1);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Known { .. })), 2);
    let report = batch(recordings, &rooms(1, None), &archive, true);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Processed { .. })), 2, "--redo processes known calls again");
    assert_eq!(archive.store().call_ids().unwrap().len(), 2);
}

#[test]
fn one_recording_under_two_names_is_one_call() {
    let desk = Desk::new();
    let archive = desk.archive();
    let mut recordings = desk.recordings(1);
    let copy = desk.path("copy.wav");
    std::fs::copy(&recordings[0].path, &copy).unwrap();
    recordings.push(Recording { path: copy, described: Described::default() });
    let report = batch(recordings, &rooms(2, None), &archive, false);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Processed { .. })), 1);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Claimed { .. })), 1);
    assert_eq!(archive.store().call_ids().unwrap().len(), 1);
}

#[test]
fn a_bad_file_and_a_panic_cost_their_own_call_only() {
    let desk = Desk::new();
    let archive = desk.archive();
    let mut recordings = desk.recordings(3);
    std::fs::write(desk.path("bad.wav"), "no sound at all").unwrap();
    recordings.insert(1, Recording { path: desk.path("bad.wav"), described: Described::default() });
    recordings.push(Recording { path: desk.path("missing.wav"), described: Described::default() });
    let report = batch(recordings, &rooms(2, Some(2)), &archive, false);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Failed { .. })), 2, "{report:?}");
    // What people are told is put into the user's words, and remembered in them.
    let told = |call: &CallDone| match &call.outcome {
        CallOutcome::Failed { error } => Some(error.clone()),
        _ => None,
    };
    let told: Vec<String> = report.calls.iter().filter_map(told).collect();
    assert!(told.iter().all(|error| error.starts_with("explained: ")), "{told:?}");
    let kept: Vec<String> = archive.store().failures().unwrap().into_iter().map(|failure| failure.error).collect();
    assert!(kept.len() == 2 && kept.iter().all(|error| told.contains(error)), "{kept:?}");
    // The recogniser's panic costs a segment, which is kept as a gap with an issue.
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Processed { .. })), 3, "{report:?}");
    let issues: usize = report
        .calls
        .iter()
        .map(|call| match &call.outcome {
            CallOutcome::Processed { issues, .. } => issues.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(issues, 1, "{report:?}");
    assert_eq!(archive.store().failures().unwrap().len(), 2);
}

#[test]
fn a_stop_finishes_what_is_in_hand_and_leaves_the_rest() {
    let desk = Desk::new();
    let archive = desk.archive();
    let stop = Stop::default();
    let recordings = desk.recordings(6);
    let seen = |event: Event| {
        if matches!(event, Event::Done(_)) {
            stop.request();
        }
    };
    // The second request, if two calls finish at once, drops what is in hand: both ways nothing is half saved.
    let report = run(recordings.clone(), &rooms(1, None), &archive, &BatchOptions::default(), &stop, &seen).unwrap();
    let processed = count(&report, |o| matches!(o, CallOutcome::Processed { .. }));
    assert!((1..6).contains(&processed), "{report:?}");
    assert_eq!(archive.store().call_ids().unwrap().len(), processed);
    assert_eq!(report.calls.len(), 6, "every recording is accounted for: {report:?}");
    let rest = batch(recordings, &rooms(2, None), &archive, false);
    assert_eq!(count(&rest, |o| matches!(o, CallOutcome::Known { .. })), processed);
    assert_eq!(archive.store().call_ids().unwrap().len(), 6);
}

#[test]
fn the_index_follows_the_store() {
    let desk = Desk::new();
    let archive = desk.archive();
    batch(desk.recordings(2), &rooms(1, None), &archive, false);
    assert_eq!(archive.behind().unwrap(), 0);
    let id = archive.store().call_ids().unwrap()[0].clone();
    archive.store().delete(&id).unwrap();
    assert!(archive.behind().unwrap() > 0);
    let caught_up = archive.catch_up().unwrap();
    assert_eq!((caught_up.calls, caught_up.deleted), (0, 1));
    assert_eq!(archive.behind().unwrap(), 0);
}

/// Hears one sentence, unsurely, and has an opinion when asked again.
struct Ear {
    compared: Arc<AtomicUsize>,
    /// Log-probabilities of what was heard and of what was meant; `None`: the recogniser fails.
    opinion: Option<(f32, f32)>,
}

const FAINT: &str = "请提前半小时几号过时作废";
const RULES: &str = r#"
[rule_set]
name = "second ear"
version = "1"

[[rule]]
id = "expiry"
clause = "REQ-13"
title = { zh = "没有说明过时作废", en = "Did not say when it expires" }
severity = "slight"
points = 2
require = "said"
conditions.said = { role = "agent", phrase = { any = ["取号过时"], match = "phonetic" } }
"#;

impl Transcriber for Ear {
    fn session(&self) -> Result<Box<dyn Session>, AsrError> {
        Ok(Box::new(Ear { compared: self.compared.clone(), opinion: self.opinion }))
    }

    fn provenance(&self) -> EngineInfo {
        EngineInfo { engine: "ear".into(), ..EngineInfo::default() }
    }
}

impl Session for Ear {
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
        let ms = (samples.len() / 16) as u32;
        let token = HypothesisToken { text: TextSpan::new(0, FAINT.len()), time: TimeSpan::from_ms(0, ms), p: 0.5 };
        Ok(Hypothesis { text: FAINT.into(), tokens: vec![token], avg_logprob: -0.7, ..Hypothesis::default() })
    }

    fn compare(&mut self, samples: &[f32], wordings: &Wordings<'_>) -> Result<Option<Vec<f32>>, AsrError> {
        self.compared.fetch_add(1, Ordering::SeqCst);
        // The turn of the agent with a little room, and its words around those in doubt.
        assert!((1_500 * 16..2_200 * 16).contains(&samples.len()), "{}", samples.len());
        assert!(samples.iter().any(|sample| sample.abs() > 0.1));
        assert_eq!((wordings.before, wordings.after), ("请提前半小时", "作废"));
        assert_eq!(wordings.options, ["几号过时", "取号过时"]);
        match self.opinion {
            Some((heard, meant)) => Ok(Some(vec![heard, meant])),
            None => Err(AsrError::Engine { step: "compare", problem: "no".into() }),
        }
    }
}

/// One recording, listened to by an [`Ear`]: the outcome of the rule, the log-ratios that were stored, and how often it was asked.
fn listen(opinion: Option<(f32, f32)>, second_ear: bool) -> (Outcome, Vec<f32>, usize) {
    let desk = Desk::new();
    let archive = desk.archive();
    let compared = Arc::new(AtomicUsize::new(0));
    let ear = Arc::new(Ear { compared: compared.clone(), opinion });
    let judge = Judge::new(RuleSet::parse(&[("rules.toml", RULES)]).set.unwrap());
    let rooms = Rooms { judge, second_ear, ..Rooms::plain(ear, Vad::Energy) };
    let report = batch(desk.recordings(1), &rooms, &archive, false);
    assert_eq!(count(&report, |o| matches!(o, CallOutcome::Processed { .. })), 1, "{report:?}");
    assert_eq!(report.cpu.second_ear > 0.0, second_ear);
    let store = archive.store();
    let record = store.record(&store.call_ids().unwrap()[0]).unwrap().unwrap();
    let ratios = record.transcript.second_listens.iter().map(|listen| listen.log_ratio).collect();
    (record.findings[0].outcome, ratios, compared.load(Ordering::SeqCst))
}

#[test]
fn words_that_only_sound_like_a_phrase_are_listened_to_again() {
    assert_eq!(listen(Some((-4.0, -5.0)), false), (Outcome::Undecided, vec![], 0));
    assert_eq!(listen(Some((-4.0, -5.0)), true), (Outcome::Met, vec![-1.0], 1));
    assert_eq!(listen(Some((-4.0, -24.0)), true), (Outcome::Violated, vec![-20.0], 1));
    assert_eq!(listen(Some((-4.0, -9.0)), true), (Outcome::Undecided, vec![-5.0], 1), "neither");
}

#[test]
fn a_call_is_none_the_worse_for_a_second_ear_that_fails() {
    assert_eq!(listen(None, true), (Outcome::Undecided, vec![], 1));
    assert_eq!(listen(Some((f32::NAN, -1.0)), true), (Outcome::Undecided, vec![], 1));
}
