//! Silero against the publisher's own network, on recorded probabilities.

#![expect(clippy::unwrap_used, reason = "a golden file that cannot be read fails the test, as it should")]

use std::path::Path;

use hotline_model::TimeSpan;
use hotline_vad::{Endpointer, EndpointerSettings, Silero, SileroError, SpeechModel};

fn silero() -> Silero {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-silero-v6.2.0.bin");
    Silero::load(&path).unwrap_or_else(|error| panic!("{error} (this test needs the file)"))
}

fn clip() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/speech.wav");
    let reader = hound::WavReader::open(path).unwrap();
    reader.into_samples::<i16>().map(|s| f32::from(s.unwrap()) / 32768.0).collect()
}

fn expected() -> Vec<f32> {
    let rows = include_str!("golden/speech.csv").lines().skip(1);
    rows.map(|row| row.split_once(',').unwrap().1.parse().unwrap()).collect()
}

fn probabilities(model: &mut Silero, samples: &[f32]) -> Vec<f32> {
    samples.chunks_exact(model.frame_len()).map(|frame| model.probability(frame)).collect()
}

#[test]
fn probabilities_are_the_publishers() {
    let (found, expected) = (probabilities(&mut silero(), &clip()), expected());
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        // What is left comes from the weights, which the ggml file keeps in half precision.
        assert!((found - expected).abs() < 0.006, "frame {i}: {found} instead of {expected}");
    }
}

#[test]
fn sessions_do_not_hear_each_other() {
    let clip = clip();
    let (mut one, mut other) = (silero(), silero().session());
    let alone = probabilities(&mut one, &clip);
    one.reset();
    let silence = vec![0.0; one.frame_len()];
    let interleaved: Vec<f32> = clip
        .chunks_exact(one.frame_len())
        .map(|frame| {
            other.probability(&silence);
            one.probability(frame)
        })
        .collect();
    assert_eq!(alone, interleaved);
}

#[test]
fn a_clone_carries_on_and_a_session_starts_afresh() {
    let clip = clip();
    let (head, tail) = clip.split_at(50 * 512);
    let mut model = silero();
    let whole = probabilities(&mut model, &clip);
    model.reset();
    probabilities(&mut model, head);
    assert_eq!(probabilities(&mut model.clone(), tail), whole[50..]);
    assert_eq!(probabilities(&mut model.session(), head), whole[..50]);
}

#[test]
fn broken_samples_do_no_lasting_harm() {
    let mut model = silero();
    for bad in [f32::NAN, f32::INFINITY] {
        let p = model.probability(&[bad; 512]);
        assert!((0.0..=1.0).contains(&p));
    }
    assert!((0.0..=1.0).contains(&model.probability(&[])), "a frame that is missing altogether");
    let found = probabilities(&mut model, &clip());
    // Recovered within a second.
    for (found, expected) in found.iter().zip(&expected()).skip(40) {
        assert!((found - expected).abs() < 0.05, "{found} {expected}");
    }
}

#[test]
fn the_clip_is_one_turn() {
    let mut endpointer = Endpointer::new(Box::new(silero()), EndpointerSettings::default()).unwrap();
    endpointer.push(&clip());
    assert!(endpointer.speaking_since().is_some(), "the clip ends within the turn");
    endpointer.flush();
    let segment = endpointer.pop().expect("a segment");
    assert_eq!(endpointer.pop(), None);
    // The turn starts 595 ms into the clip.
    let start = segment.span.start.ms;
    assert!((500..=700).contains(&start), "{start}");
    assert_eq!(segment.span.end.ms, 4000);
    assert_eq!(segment.samples.len() as u32, segment.padded.len_ms() * 16);
    assert_eq!(endpointer.voiced().iter().copied().reduce(TimeSpan::hull), Some(segment.span));
}

#[test]
fn errors_name_the_file_and_the_cure() {
    let missing = Silero::load(Path::new("no/such/model.bin")).unwrap_err();
    assert!(matches!(missing, SileroError::Read { .. }));
    let foreign = Silero::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/speech.wav")).unwrap_err();
    assert!(matches!(foreign, SileroError::Unusable { .. }));
    for (error, file) in [(missing, "model.bin"), (foreign, "speech.wav")] {
        let text = error.to_string();
        assert!(text.contains(file) && text.contains("scripts/setup"), "{text}");
    }
}
