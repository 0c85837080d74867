//! Transcribes given parts of 16 kHz mono WAV files with whisper.cpp's own defaults (greedy, best of 5, fallback, full context) on one
//! thread; one JSON line a file.
//!
//! `whisper-cpp-default MODEL JOBS.json [--whole]`; with `--whole` each file goes in at once and the parts are ignored.

use std::error::Error;

use serde::{Deserialize, Serialize};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

#[derive(Deserialize)]
struct Job {
    id: String,
    wav16: String,
    segments: Vec<(f64, f64)>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, jobs, rest @ ..] = arguments.as_slice() else { return Err("usage: MODEL JOBS.json [--whole]".into()) };
    whisper_rs::install_logging_hooks();
    let jobs: Vec<Job> = serde_json::from_str(&std::fs::read_to_string(jobs)?)?;
    let context = WhisperContext::new_with_params(model, WhisperContextParameters::default())?;
    let mut state = context.create_state()?;
    for job in &jobs {
        let mut reader = hound::WavReader::open(&job.wav16)?;
        let samples =
            reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect::<Result<Vec<f32>, _>>()?;
        let mut line = Line { id: &job.id, text: String::new() };
        if rest.iter().any(|argument| argument == "--whole") {
            line.text = transcribe(&mut state, &samples)?;
        } else {
            for &(start, end) in &job.segments {
                let at = |s: f64| ((s * 16_000.0) as usize).min(samples.len());
                line.text.push_str(&transcribe(&mut state, &samples[at(start)..at(end)])?);
            }
        }
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}

fn transcribe(state: &mut WhisperState, samples: &[f32]) -> Result<String, Box<dyn Error>> {
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
    parameters.set_n_threads(1);
    parameters.set_language(Some("zh"));
    parameters.set_initial_prompt("以下是普通话的句子。");
    parameters.set_no_context(true);
    parameters.set_print_progress(false);
    parameters.set_print_timestamps(false);
    state.full(parameters, samples)?;
    let mut bytes = Vec::new();
    for segment in state.as_iter() {
        bytes.extend_from_slice(segment.to_bytes()?);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
