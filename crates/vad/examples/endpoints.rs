//! Prints what the endpointer hears in 16 kHz mono 16-bit WAV files, as JSON lines, with the CPU time it took:
//! `cargo run --release -p hotline-vad --example endpoints -- MODEL|energy [-p] FILE…` (`-p` prints frame probabilities instead).

use std::path::Path;
use std::time::Instant;

use hotline_vad::{Endpointer, EndpointerSettings, Energy, Silero, SpeechModel};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let model_name = arguments.next().ok_or("which model?")?;
    let silero = (model_name != "energy").then(|| Silero::load(Path::new(&model_name))).transpose()?;
    let model = || -> Box<dyn SpeechModel> {
        match &silero {
            Some(silero) => Box::new(silero.session()),
            None => Box::new(Energy::new()),
        }
    };
    let mut files: Vec<String> = arguments.collect();
    let probabilities = files.first().is_some_and(|f| f == "-p");
    if probabilities {
        files.remove(0);
    }
    let (mut seconds, mut audio) = (0.0, 0.0);
    for file in files {
        let samples: Vec<f32> = hound::WavReader::open(&file)?
            .into_samples::<i16>()
            .map(|s| s.map(|s| f32::from(s) / 32768.0))
            .collect::<Result<_, _>>()?;
        let started = Instant::now();
        if probabilities {
            let mut model = model();
            let all: Vec<f32> = samples.chunks_exact(512).map(|frame| model.probability(frame)).collect();
            println!("{all:?}");
        } else {
            let mut endpointer = Endpointer::new(model(), EndpointerSettings::default())?;
            let mut segments = Vec::new();
            for block in samples.chunks(1600) {
                endpointer.push(block);
                segments.extend(std::iter::from_fn(|| endpointer.pop()));
            }
            endpointer.flush();
            segments.extend(std::iter::from_fn(|| endpointer.pop()));
            let voiced: Vec<_> = endpointer.voiced().iter().map(|s| (s.start.ms, s.end.ms)).collect();
            let segments: Vec<_> = segments
                .iter()
                .map(|s| (s.span.start.ms, s.span.end.ms, s.padded.start.ms, s.padded.end.ms, u8::from(s.cut)))
                .collect();
            let array = |text: String| text.replace('(', "[").replace(')', "]");
            println!(
                "{{\"file\":{file:?},\"voiced\":{},\"segments\":{}}}",
                array(format!("{voiced:?}")),
                array(format!("{segments:?}"))
            );
        }
        seconds += started.elapsed().as_secs_f64();
        audio += samples.len() as f64 / 16_000.0;
    }
    eprintln!("{audio:.1} s of sound in {seconds:.3} s: {:.5} of real time", seconds / audio);
    Ok(())
}
