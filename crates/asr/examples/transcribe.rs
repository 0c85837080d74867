//! Transcribes parts of mono WAV files (8 or 16 kHz, 16 bit) and prints one JSON line a file. For measurements: `scripts/bench-asr`.
//!
//! `transcribe MODEL JOBS.json [--set NAME=VALUE]... [--repeat N]`, where the jobs are `[{id, wav, segments: [[start_s, end_s], ...]}]`.
//! With `--repeat` everything is done N times and the memory in use is told after each round.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use hotline_asr::{Transcriber as _, WhisperEngine, WhisperSettings};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Job {
    id: String,
    wav: String,
    segments: Vec<(f64, f64)>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    text: String,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    start: f64,
    end: f64,
    text: String,
    rejected: Option<&'static str>,
    avg_logprob: f32,
    no_speech_p: Option<f32>,
    temperature: f32,
    /// Character, start and end in milliseconds from the start of the file.
    tokens: Vec<(String, u32, u32)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = WhisperSettings::default();
    let (mut paths, mut rounds) = (Vec::new(), 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--set" => set(&mut settings, &arguments.next().unwrap_or_default())?,
            "--repeat" => rounds = arguments.next().unwrap_or_default().parse()?,
            _ => paths.push(argument),
        }
    }
    let [model, jobs] = paths.as_slice() else { return Err("usage: transcribe MODEL JOBS.json".into()) };
    let jobs: Vec<Job> = serde_json::from_str(&std::fs::read_to_string(jobs)?)?;
    let engine = WhisperEngine::load(Path::new(model), &settings)?;
    let mut session = engine.session()?;
    let mut out = std::io::stdout().lock();
    for round in 0..rounds {
        for job in &jobs {
            let samples = read(Path::new(&job.wav))?;
            let mut line = Line { id: &job.id, text: String::new(), parts: Vec::new() };
            for &(start, end) in &job.segments {
                let at = |s: f64| ((s * 16_000.0) as usize).min(samples.len());
                let answer = session.transcribe(&samples[at(start)..at(end)])?;
                if answer.accepted() {
                    line.text.push_str(&answer.text);
                }
                let offset = (start * 1000.0) as u32;
                let tokens = answer.tokens.iter().map(|token| {
                    let text = token.text.slice(&answer.text).unwrap_or("").to_owned();
                    (text, offset + token.time.start.ms, offset + token.time.end.ms)
                });
                line.parts.push(Part {
                    start,
                    end,
                    tokens: tokens.collect(),
                    rejected: answer.rejected.map(|reason| reason.name()),
                    avg_logprob: answer.avg_logprob,
                    no_speech_p: answer.no_speech_p,
                    temperature: answer.temperature,
                    text: answer.text,
                });
            }
            if round == 0 {
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            }
        }
        if rounds > 1 {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("");
            eprintln!("round {}: {resident}", round + 1);
        }
    }
    Ok(())
}

fn set(settings: &mut WhisperSettings, pair: &str) -> Result<(), Box<dyn Error>> {
    let (name, value) = pair.split_once('=').ok_or("--set NAME=VALUE")?;
    match name {
        "prompt" => settings.prompt = value.to_owned(),
        "beam_size" => settings.beam_size = value.parse()?,
        "temperatures" => settings.temperatures = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
        "logprob_threshold" => settings.logprob_threshold = value.parse()?,
        "min_fallback_tokens" => settings.min_fallback_tokens = value.parse()?,
        "context_margin_ms" => settings.context_margin_ms = value.parse()?,
        "no_speech_threshold" => settings.no_speech_threshold = value.parse()?,
        "word_boost" => settings.word_boost = value.parse()?,
        "words" => {
            let list = std::fs::read_to_string(value)?;
            settings.words = list.split_whitespace().map(str::to_owned).collect();
        }
        "eight_bit" => settings.eight_bit = value.parse()?,
        "target_peak" => settings.target_peak = value.parse()?,
        _ => return Err(format!("no setting `{name}`").into()),
    }
    Ok(())
}

/// Samples at 16 kHz.
fn read(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    let samples =
        reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect::<Result<Vec<f32>, _>>()?;
    match (spec.channels, spec.sample_rate) {
        (1, 16_000) => Ok(samples),
        (1, 8_000) => Ok(doubled(&samples)),
        (channels, rate) => Err(format!("{}: {channels} channels at {rate} Hz", path.display()).into()),
    }
}

/// Twice the rate: the samples themselves, and between them a windowed sinc over 32 neighbours.
fn doubled(samples: &[f32]) -> Vec<f32> {
    const SIDE: usize = 16;
    let taps: Vec<f32> = (0..SIDE)
        .map(|i| {
            let x = (i as f32 + 0.5) * std::f32::consts::PI;
            let window = 0.5 + 0.5 * (x / (SIDE as f32 * 1.02)).cos();
            x.sin() / x * window
        })
        .collect();
    let at = |i: isize| usize::try_from(i).ok().and_then(|i| samples.get(i)).copied().unwrap_or(0.0);
    let between = |i: isize| (0..SIDE as isize).map(|k| taps[k as usize] * (at(i - k) + at(i + 1 + k))).sum();
    (0..samples.len() as isize).flat_map(|i| [at(i), between(i)]).collect()
}
