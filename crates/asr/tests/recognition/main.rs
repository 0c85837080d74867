//! The real recogniser on real and on made-up sound. All in one binary, so that the model is loaded once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

mod sounds;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hotline_asr::cer::Edits;
use hotline_asr::{AsrError, Hypothesis, Transcriber, WhisperEngine, WhisperSettings, Wordings};
use hotline_model::GapReason;
use sounds::Sound;

const AGENT: (&str, &str) = ("agent.wav", "您好，云江数据中心，请问您需要转接哪个部门？");
const CUSTOMER: (&str, &str) = ("customer.wav", "那多长时间能拿到呢？");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn model() -> PathBuf {
    let path = root().join("models/ggml-base-f16.bin");
    assert!(path.is_file(), "models/ggml-base-f16.bin is missing: run scripts/setup");
    path
}

fn engine() -> &'static WhisperEngine {
    static ENGINE: OnceLock<WhisperEngine> = OnceLock::new();
    ENGINE.get_or_init(|| WhisperEngine::load(&model(), &WhisperSettings::default()).unwrap())
}

fn transcribe(samples: &[f32]) -> Hypothesis {
    engine().session().unwrap().transcribe(samples).unwrap()
}

fn speech(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assets").join(name);
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().sample_rate, 16_000);
    reader.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32_768.0).collect()
}

fn words(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn error_rate(reference: &str, hypothesis: &Hypothesis) -> f64 {
    Edits::between(&words(reference), &words(&hypothesis.text)).rate().unwrap()
}

/// What must hold of any answer.
fn assert_sound(hypothesis: &Hypothesis, length_ms: u32) {
    let mut text_end = 0;
    let mut last_start = 0;
    for token in &hypothesis.tokens {
        assert_eq!(token.text.start, text_end, "tokens cover the text without holes: {hypothesis:?}");
        assert!(token.text.slice(&hypothesis.text).is_some_and(|s| !s.is_empty()));
        text_end = token.text.end;
        assert!((0.0..=1.0).contains(&token.p));
        assert!(token.time.start.ms >= last_start && token.time.start <= token.time.end, "{:?}", token.time);
        assert!(token.time.end.ms <= length_ms, "{:?} lies outside {length_ms} ms", token.time);
        last_start = token.time.start.ms;
    }
    assert_eq!(text_end as usize, hypothesis.text.len());
    assert!(!hypothesis.text.contains("<|"), "no special tokens");
}

#[test]
fn speech_becomes_text_with_times() {
    for (name, reference) in [AGENT, CUSTOMER] {
        let samples = speech(name);
        let hypothesis = transcribe(&samples);
        assert!(hypothesis.accepted(), "{hypothesis:?}");
        assert!(error_rate(reference, &hypothesis) <= 0.25, "{reference} / {}", hypothesis.text);
        let length_ms = (samples.len() / 16) as u32;
        assert_sound(&hypothesis, length_ms);
        assert!(hypothesis.no_speech_p.unwrap() < 0.4, "{hypothesis:?}");
        assert!(hypothesis.avg_logprob > -1.0 && hypothesis.avg_logprob < 0.0);
        let heard = hypothesis.tokens.iter().map(|t| t.time.len_ms()).sum::<u32>();
        assert!(heard * 2 > length_ms, "times spread over the speech: {heard} of {length_ms} ms");
    }
}

#[test]
fn answers_depend_on_the_samples_alone() {
    let (agent, customer) = (speech(AGENT.0), speech(CUSTOMER.0));
    let first = (transcribe(&agent), transcribe(&customer));
    let again = std::thread::spawn(move || {
        let mut session = engine().session().unwrap();
        session.transcribe(&Sound::Melody.samples(2.0)).unwrap();
        let customer = session.transcribe(&customer).unwrap();
        (session.transcribe(&agent).unwrap(), customer)
    });
    assert_eq!(again.join().unwrap(), first);
}

#[test]
fn sounds_that_are_no_speech_give_no_character() {
    let mut session = engine().session().unwrap();
    for sound in Sound::ALL {
        for seconds in [0.6, 3.0, 9.0] {
            let hypothesis = session.transcribe(&sound.samples(seconds)).unwrap();
            assert!(!hypothesis.accepted(), "{sound:?} of {seconds} s: {hypothesis:?}");
            assert!(hypothesis.rejected.is_some(), "a reason is given: {sound:?} of {seconds} s");
        }
    }
}

#[test]
fn odd_samples_are_answered() {
    let agent = speech(AGENT.0);
    let mut broken = agent.clone();
    broken[8_000..8_200].fill(f32::NAN);
    let cases: [(&str, Vec<f32>); 8] = [
        ("none", vec![]),
        ("one", vec![0.5]),
        ("less than whisper's window function", vec![0.3; 150]),
        ("50 ms of speech", agent[16_000..16_800].to_vec()),
        ("not a number", vec![f32::NAN; 16_000]),
        ("infinite", vec![f32::INFINITY; 16_000]),
        ("far too loud", vec![1e30; 16_000]),
        ("speech with a hole", broken),
    ];
    let mut session = engine().session().unwrap();
    for (name, samples) in cases {
        let hypothesis = session.transcribe(&samples).unwrap();
        assert_sound(&hypothesis, (samples.len() / 16) as u32);
        if name != "speech with a hole" && name != "50 ms of speech" {
            assert!(!hypothesis.accepted(), "{name}: {hypothesis:?}");
        }
    }
    let after = session.transcribe(&agent).unwrap();
    assert_eq!(after, transcribe(&agent), "nothing is left over from odd samples");
}

#[test]
fn more_than_the_window_is_refused_and_the_window_is_not() {
    let mut session = engine().session().unwrap();
    let mut samples = Vec::new();
    for _ in 0..6 {
        samples.extend(speech(AGENT.0));
        samples.extend(vec![0.0; 8_000]);
    }
    samples.truncate(30 * 16_000);
    let whole = session.transcribe(&samples[..samples.len() - samples.len() % 16]).unwrap();
    // base may stop after the first sentence of a long clip; that the whole window is taken is what counts here.
    assert!(whole.accepted() && words(&whole.text).chars().count() > 15, "{}", whole.text);
    samples.resize(30 * 16_000 + 16, 0.0);
    assert!(matches!(session.transcribe(&samples), Err(AsrError::TooLong { got_ms: 30_001, max_ms: 30_000 })));
}

#[test]
fn the_context_follows_the_segment() {
    // Another context gives other probabilities: it shows that the setting reaches the encoder.
    let wide = WhisperSettings { context_margin_ms: 10_000, ..WhisperSettings::default() };
    let wide = WhisperEngine::load(&model(), &wide).unwrap().session().unwrap().transcribe(&speech(AGENT.0)).unwrap();
    let cut = transcribe(&speech(AGENT.0));
    assert_ne!(wide.avg_logprob, cut.avg_logprob);
    assert!((wide.avg_logprob - cut.avg_logprob).abs() < 0.3, "{} and {}", wide.text, cut.text);
}

#[test]
fn a_beam_finds_the_same_speech() {
    let settings = WhisperSettings { beam_size: 3, ..WhisperSettings::default() };
    let engine = WhisperEngine::load(&model(), &settings).unwrap();
    let mut session = engine.session().unwrap();
    for (name, reference) in [CUSTOMER, AGENT] {
        let samples = speech(name);
        let hypothesis = session.transcribe(&samples).unwrap();
        assert!(hypothesis.accepted() && error_rate(reference, &hypothesis) <= 0.25, "{hypothesis:?}");
        assert_sound(&hypothesis, (samples.len() / 16) as u32);
    }
    assert!(!session.transcribe(&Sound::Ringback.samples(3.0)).unwrap().accepted());
}

/// Runs alone in a process of its own: other tests' sessions would hide a leak.
#[test]
fn memory_stays_flat() {
    if resident_kib().is_none() {
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "memory_of_many_segments", "--nocapture"])
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"), "the other process ran the test");
}

#[test]
#[ignore = "run by memory_stays_flat"]
fn memory_of_many_segments() {
    let speech = speech(CUSTOMER.0);
    let mut session = engine().session().unwrap();
    let mut settled = 0;
    for i in 0..150 {
        // Lengths vary, so that buffers have to fit several sizes.
        session.transcribe(&speech[..6_400 + i % 5 * 1_600]).unwrap();
        if i == 49 {
            settled = resident_kib().unwrap();
        }
    }
    let grown = resident_kib().unwrap().saturating_sub(settled);
    assert!(grown < 3_000, "{grown} KiB more after 100 segments");
}

fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[test]
fn the_model_is_named() {
    let info = engine().provenance();
    assert!(info.engine.starts_with("whisper.cpp 1."), "{}", info.engine);
    assert_eq!(info.model, "ggml-base-f16.bin");
    assert_eq!(info.model_sha256, "c0db470711f9496ec80feedb59b0916f10a0c301218e7254a61e7d3d1890dc6d");
}

#[test]
fn a_file_that_is_no_whisper_model_is_refused_with_the_cure() {
    let load = |path: &Path| WhisperEngine::load(path, &WhisperSettings::default()).err().unwrap().to_string();
    assert!(load(Path::new("models/no-such.bin")).contains("scripts/setup"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.bin");
    let mut start = vec![0; 1_000_000];
    std::io::Read::read_exact(&mut std::fs::File::open(model()).unwrap(), &mut start).unwrap();
    std::fs::write(&path, &start).unwrap();
    assert!(load(&path).contains("cut short"));
    std::fs::write(&path, b"RIFF....WAVE").unwrap();
    assert!(load(&path).contains("cut.bin"));
}

#[test]
fn silence_needs_no_recogniser() {
    let hypothesis = transcribe(&vec![0.0; 80_000]);
    assert_eq!((hypothesis.rejected, hypothesis.no_speech_p), (Some(GapReason::NoSpeech), None));
}

#[test]
fn what_was_said_is_likelier_than_what_merely_sounds_like_it() {
    let cases = [
        ("agent.wav", "您好，", ["云江数据中心", "云江书记中心", "云南数据中心"], "，请问您"),
        ("agent.wav", "您好，云江数据中心，请问您需要", ["转接哪个部门", "转接拿个部门", "专业哪个部门"], "？"),
        ("customer.wav", "那多长时间", ["能拿到呢", "能打到呢", "南岛呢"], "？"),
    ];
    let mut session = engine().session().unwrap();
    for (file, before, options, after) in cases {
        let wordings = Wordings { before, options: &options, after };
        let answer = session.compare(&speech(file), &wordings).unwrap().unwrap();
        assert_eq!(answer.len(), options.len());
        assert!(answer.iter().all(|log_p| log_p.is_finite() && *log_p < 0.0), "{answer:?}");
        assert!(answer[1..].iter().all(|other| *other < answer[0]), "{options:?} {answer:?}");
        assert_eq!(session.compare(&speech(file), &wordings).unwrap().unwrap(), answer, "the same each time");
    }
    let wordings = Wordings { before: "", options: &["您好", ""], after: "" };
    assert_eq!(session.compare(&vec![0.0; 16_000], &wordings).unwrap(), None, "nothing can be heard in silence");
    let nothing = session.compare(&speech("agent.wav"), &wordings).unwrap().unwrap();
    assert_eq!(nothing[1], 0.0, "no words are certain to be there");
    let too_long = session.compare(&vec![0.1; 31 * 16_000], &wordings);
    assert!(matches!(too_long, Err(AsrError::TooLong { .. })));
}
