use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hotline_asr::cer::Edits;
use hotline_asr::{WhisperEngine, WhisperSettings};
use hotline_audio::OpenOptions;
use hotline_live::server::replay;
use hotline_live::{Columns, SwitchboardSettings};
use hotline_model::{Outcome, Transcript};
use hotline_pipeline::Vad;
use hotline_pipeline::live::{AlertKind, LiveEvent};
use hotline_vad::Silero;

use crate::desk::{Desk, rooms};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(transcript: &Transcript) -> String {
    transcript.utterances.iter().map(|utterance| utterance.text.as_str()).collect()
}

/// A recording with a forbidden expression, played in time: the alert comes while the call goes on, and what is stored in the end
/// is what a batch makes of the recording, finding by finding and word by word.
#[test]
fn a_call_is_judged_while_it_goes_on_and_stored_as_by_a_batch() {
    let engine = WhisperEngine::load(&root().join("models/ggml-base-f16.bin"), &WhisperSettings::default()).unwrap();
    let silero = Silero::load(&root().join("models/ggml-silero-v6.2.0.bin")).unwrap();
    let desk = Desk::new(rooms(Arc::new(engine), Vad::Silero(Box::new(silero))), SwitchboardSettings::default());
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
    let alerts: Vec<_> = events
        .iter()
        .filter_map(|(at, _, event)| match event {
            LiveEvent::Alert(alert) if alert.kind == AlertKind::Forbidden => Some((*at, alert)),
            _ => None,
        })
        .collect();
    assert!(!alerts.is_empty(), "expected {expected:?}");
    for (at, alert) in &alerts {
        assert!(expected.contains(&alert.rule.as_deref().unwrap()), "{alert:?}");
        assert!(*at < hung_up, "while the call goes on: {alert:?}");
        assert!(!alert.quote.is_empty());
        println!("{} 「{}」 after {} ms", alert.rule.as_deref().unwrap_or(""), alert.quote, alert.delay_ms);
    }
    let mut keys: Vec<_> = alerts.iter().map(|(_, alert)| (alert.rule.clone(), alert.time)).collect();
    keys.dedup();
    assert_eq!(keys.len(), alerts.len(), "nothing twice");
}
