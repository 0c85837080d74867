use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hotline_asr::cer::Edits;
use hotline_asr::{WhisperEngine, WhisperSettings};
use hotline_audio::OpenOptions;
use hotline_live::server::replay;
use hotline_live::{Columns, SwitchboardSettings};
use hotline_model::{CallRecord, Outcome, Transcript};
use hotline_pipeline::live::{AlertKind, AlertState, LiveEvent};
use hotline_pipeline::{Rooms, Vad};
use hotline_vad::Silero;

use crate::desk::Desk;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(transcript: &Transcript) -> String {
    transcript.utterances.iter().map(|utterance| utterance.text.as_str()).collect()
}

fn desk() -> Desk {
    let engine = WhisperEngine::load(&root().join("models/ggml-base-f16.bin"), &WhisperSettings::default()).unwrap();
    let silero = Silero::load(&root().join("models/ggml-silero-v6.2.0.bin")).unwrap();
    Desk::new(Rooms::plain(Arc::new(engine), Vad::Silero(Box::new(silero))), SwitchboardSettings::default())
}

/// Several calls at once, faster than in life, on two channels, one, and of another codec: what is stored is what a batch makes of the
/// recording, exactly; and what it makes of the file that was played, but for a few characters.
#[test]
fn what_is_stored_of_live_calls_is_what_a_batch_makes_of_them() {
    let desk = desk();
    let played = tempfile::tempdir().unwrap();
    // In a folder of their own, without the table beside them: a line knows nothing of who hung up.
    let samples = ["s02_upgrade_missing_phrases.wav", "s06_gas_transfer_mono.wav", "s07_tour_complaint_handled.mp3"]
        .map(|name| {
            let copy = played.path().join(name);
            std::fs::copy(root().join("data-samples").join(name), &copy).unwrap();
            copy
        });
    std::thread::scope(|scope| {
        for sample in &samples {
            let board = &desk.board;
            let key = sample.file_stem().unwrap().to_string_lossy().replace('_', "-");
            scope.spawn(move || {
                replay::play(board, sample, &OpenOptions::default(), &key, 4.0, Columns::default()).unwrap();
            });
        }
    });
    desk.wait_done(samples.len());
    let mut all = Edits::default();
    for sample in &samples {
        let key = sample.file_stem().unwrap().to_string_lossy().replace('_', "-");
        let recordings = desk.recordings().into_iter();
        let recording = recordings.into_iter().find(|path| path.to_string_lossy().contains(&key)).unwrap();
        let (stored, batch) = (desk.stored(&recording), desk.by_batch(&recording));
        assert_eq!(stored, batch, "{key}");
        assert!(stored.transcript.utterances.len() >= 5, "{key}: something was said");

        let of_file = desk.by_batch(sample);
        let edits = Edits::between(&text(&of_file.transcript), &text(&stored.transcript));
        let outcomes = |record: &CallRecord| -> Vec<(String, Outcome)> {
            record.findings.iter().map(|finding| (finding.rule.clone(), finding.outcome)).collect()
        };
        let (live, file) = (outcomes(&stored), outcomes(&of_file));
        let others: Vec<_> = live.iter().zip(&file).filter(|(live, file)| live != file).collect();
        println!("{key} against the file that was played: {edits:?}, other outcomes: {others:?}");
        assert!(others.len() * 20 <= live.len(), "{key}: {others:?}");
        all += edits;
    }
    // The sound was sampled to 16 bits once more on its way; a recogniser in doubt may take another character then.
    assert!(all.rate().unwrap() <= 0.01, "{all:?}");
}

/// A recording with a forbidden expression, played in time: the alert comes while the call goes on, and what is stored in the end
/// is what a batch makes of the recording, finding by finding and word by word.
#[test]
fn a_call_is_judged_while_it_goes_on_and_stored_as_by_a_batch() {
    let desk = desk();
    let sample = root().join("data-samples/s03_gas_smell_forbidden.wav");
    replay::play(&desk.board, &sample, &OpenOptions::default(), "s03", 1.0, Columns::default()).unwrap();
    let hung_up = Instant::now();
    desk.wait_done(1);

    let path = desk.recordings().pop().unwrap();
    let (stored, batch) = (desk.stored(&path), desk.by_batch(&path));
    assert_eq!(stored.findings, batch.findings);
    assert_eq!(stored.transcript, batch.transcript);
    assert_eq!(stored.acoustics, batch.acoustics);
    assert_eq!(stored, batch);

    let events = desk.events.lock().unwrap();
    let mut live = Transcript::default();
    for (_, _, event) in events.iter() {
        if let LiveEvent::Utterance { utterance, .. } = event {
            live.utterances.push((**utterance).clone());
        }
    }
    live.sort();
    // Segments alone are heard a little worse than with their neighbours, which is why the batch has the last word.
    let difference = Edits::between(&text(&stored.transcript), &text(&live)).rate().unwrap();
    println!("live against stored: {:.1} %", 100.0 * difference);
    assert!(difference < 0.25, "{difference}");

    let violated = stored.findings.iter().filter(|f| f.outcome == Outcome::Violated && f.clause.starts_with("FRB-"));
    let expected: Vec<&str> = violated.map(|finding| finding.rule.as_str()).collect();
    assert!(!expected.is_empty(), "the sample has a forbidden expression");
    let withdrawn = |number: u32| {
        events.iter().any(|(_, _, event)| match event {
            LiveEvent::Alert(alert) => alert.number == number && alert.state == AlertState::Withdrawn,
            _ => false,
        })
    };
    let alerts: Vec<_> = events
        .iter()
        .filter_map(|(at, _, event)| match event {
            LiveEvent::Alert(alert) if alert.kind == AlertKind::Forbidden && !withdrawn(alert.number) => {
                Some((*at, alert))
            }
            _ => None,
        })
        .collect();
    assert!(!alerts.is_empty(), "expected {expected:?}");
    for (at, alert) in &alerts {
        assert!(expected.contains(&alert.rule.as_deref().unwrap()), "{alert:?}");
        assert!(*at < hung_up, "while the call goes on: {alert:?}");
        assert!(!alert.quote.is_empty());
        let (rule, state) = (alert.rule.as_deref().unwrap_or(""), alert.state.name());
        println!("{rule} 「{}」 {state} after {} ms", alert.quote, alert.delay_ms);
    }
    let mut keys: Vec<_> = alerts.iter().map(|(_, alert)| (alert.number, alert.state)).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), alerts.len(), "nothing twice");
}
