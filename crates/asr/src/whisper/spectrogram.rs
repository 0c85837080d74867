//! The log-mel spectrogram that whisper's encoder takes, as OpenAI's `log_mel_spectrogram` defines it. whisper.cpp computes the same with
//! a transform of its own that takes ten times as long.

use std::sync::Arc;

use hotline_model::SAMPLE_RATE_HZ;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::model::mel_filters;

/// Samples of a frame: 25 ms.
const FRAME: usize = 400;
/// Samples from frame to frame: 10 ms.
pub(super) const STEP: usize = SAMPLE_RATE_HZ as usize / 100;
/// Frequency bins of a frame.
const BINS: usize = FRAME / 2 + 1;
/// Smallest energy, as a power of ten.
const FLOOR: f32 = -10.0;
/// Powers of ten between the loudest and what counts as silence.
const RANGE: f32 = 8.0;

/// Computes spectrograms, with buffers that are used again.
pub(super) struct Spectrogram {
    /// For each band the first bin with weight, and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
    /// Hann window.
    window: Vec<f32>,
    transform: Arc<dyn RealToComplex<f32>>,
    frame: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    values: Vec<f32>,
}

impl Spectrogram {
    /// For models with `n_mels` bands (80 or 128).
    pub fn new(n_mels: usize) -> Self {
        let filters = mel_filters(n_mels);
        let band = |weights: &[f32]| {
            let first = weights.iter().position(|w| *w > 0.0).unwrap_or(0);
            let end = weights.iter().rposition(|w| *w > 0.0).map_or(first, |last| last + 1);
            (first, weights[first..end].to_vec())
        };
        let transform = RealFftPlanner::new().plan_fft_forward(FRAME);
        let hann = |i: usize| 0.5 * (1.0 - (std::f64::consts::TAU * i as f64 / FRAME as f64).cos());
        Spectrogram {
            bands: filters.chunks_exact(BINS).map(band).collect(),
            window: (0..FRAME).map(|i| hann(i) as f32).collect(),
            frame: transform.make_input_vec(),
            bins: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            power: vec![0.0; BINS],
            values: Vec::new(),
        }
    }

    /// The bands of `frames` frames, one band after another. Frames behind the end of the samples are silence.
    pub fn compute(&mut self, samples: &[f32], frames: usize) -> &[f32] {
        self.values.clear();
        self.values.resize(self.bands.len() * frames, FLOOR);
        let sounding = ((samples.len() + FRAME / 2) / STEP + 1).min(frames);
        for at in 0..sounding {
            self.fill(samples, at);
            // The lengths fit, so this cannot fail; a frame that did would be silence.
            if self.transform.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch).is_err() {
                continue;
            }
            for (power, bin) in self.power.iter_mut().zip(&self.bins) {
                *power = bin.norm_sqr();
            }
            for (band, (first, weights)) in self.bands.iter().enumerate() {
                let energy: f32 = weights.iter().zip(&self.power[*first..]).map(|(w, p)| w * p).sum();
                self.values[band * frames + at] = energy.log10().max(FLOOR);
            }
        }
        let loudest = self.values.iter().copied().fold(FLOOR, f32::max);
        for value in &mut self.values {
            *value = (value.max(loudest - RANGE) + 4.0) / 4.0;
        }
        &self.values
    }

    /// One frame under the window: its middle lies at sample `at * STEP`. Before the first sample the sound is mirrored, behind the last it is
    /// silent.
    fn fill(&mut self, samples: &[f32], at: usize) {
        let start = (at * STEP) as isize - (FRAME / 2) as isize;
        for (i, (to, weight)) in self.frame.iter_mut().zip(&self.window).enumerate() {
            let from = (start + i as isize).unsigned_abs();
            *to = samples.get(from).map_or(0.0, |sample| sample * weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, with a transform by the book.
    fn by_definition(samples: &[f32], frames: usize) -> Vec<f32> {
        let filters = mel_filters(80);
        let mut values = vec![f64::from(FLOOR); 80 * frames];
        for frame in 0..frames {
            let mut power = vec![0.0; BINS];
            for (bin, power) in power.iter_mut().enumerate() {
                let (mut re, mut im) = (0.0, 0.0);
                for i in 0..FRAME {
                    let from = (frame * STEP + i) as isize - 200;
                    let sample = f64::from(samples.get(from.unsigned_abs()).copied().unwrap_or(0.0));
                    let angle = std::f64::consts::TAU * (i * bin) as f64 / FRAME as f64;
                    let hann = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / FRAME as f64).cos();
                    re += sample * hann * angle.cos();
                    im -= sample * hann * angle.sin();
                }
                *power = re * re + im * im;
            }
            for band in 0..80 {
                let energy: f64 =
                    filters[band * BINS..][..BINS].iter().zip(&power).map(|(w, p)| f64::from(*w) * p).sum();
                values[band * frames + frame] = energy.max(1e-10).log10();
            }
        }
        let loudest = values.iter().copied().fold(f64::MIN, f64::max);
        values.iter().map(|v| ((v.max(loudest - 8.0) + 4.0) / 4.0) as f32).collect()
    }

    #[test]
    fn it_is_what_the_definition_says() {
        let tone = |hz: f32, i: usize| (std::f32::consts::TAU * hz * i as f32 / 16_000.0).sin();
        let samples: Vec<f32> =
            (0..4_000).map(|i| 0.3 * tone(440.0, i) + 0.1 * tone(2_900.0, i) * tone(3.0, i)).collect();
        let expected = by_definition(&samples, 40);
        let mut spectrogram = Spectrogram::new(80);
        spectrogram.compute(&[0.5; 16_000], 100);
        let got = spectrogram.compute(&samples, 40);
        assert_eq!(got.len(), expected.len());
        for (at, (got, expected)) in got.iter().zip(&expected).enumerate() {
            assert!((got - expected).abs() < 2e-3, "band {} frame {}: {got} for {expected}", at / 40, at % 40);
        }
    }

    #[test]
    fn no_samples_are_silence() {
        let mut spectrogram = Spectrogram::new(80);
        let silent = (FLOOR + 4.0) / 4.0;
        assert!(spectrogram.compute(&[], 10).iter().all(|v| (v - silent).abs() < 1e-6));
    }
}
