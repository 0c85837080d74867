//! Any rate to 16 kHz, without drift and without delay.

use hotline_model::SAMPLE_RATE_HZ;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

/// Resamples a stream of one or two channels to 16 kHz.
///
/// A synchronous FFT resampler fits best: the ratio is fixed and rational, phase is linear, and an 8 kHz channel costs
/// well under 1 ms of CPU a second. Its delay is taken off the front, and at the end just as much is let out that every
/// second of input is a second of output.
pub(crate) struct Resampler {
    rate_hz: u32,
    /// `None`: the stream is at 16 kHz already.
    fft: Option<Fft<f32>>,
    /// Input that does not fill a chunk yet.
    waiting: Vec<Vec<f32>>,
    chunk_out: Vec<Vec<f32>>,
    frames_in: u64,
    frames_out: u64,
    /// Output frames of the filter's delay that are still to be dropped.
    to_drop: usize,
}

impl Resampler {
    /// A resampler for `channels` signals at `rate_hz`, which must not be 0.
    pub(crate) fn new(rate_hz: u32, channels: usize) -> Result<Self, rubato::ResamplerConstructionError> {
        let fft = if rate_hz == SAMPLE_RATE_HZ {
            None
        } else {
            // About 62 ms a chunk: 1000 samples out. The filter is as long as a chunk, which puts its cut-off
            // within some 100 Hz of the lower Nyquist frequency. Of an odd length its centre would lie half an input
            // sample beside the delay that is reported, so the chunk is a multiple of two smallest blocks.
            let block = 2 * (rate_hz / gcd(rate_hz, SAMPLE_RATE_HZ)) as usize;
            let chunk = (rate_hz as usize / 16).next_multiple_of(block);
            let fixed = FixedSync::Both;
            Some(Fft::new(rate_hz as usize, SAMPLE_RATE_HZ as usize, chunk, channels, fixed)?)
        };
        let to_drop = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let chunk_frames = fft.as_ref().map_or(0, |fft| fft.output_frames_max());
        Ok(Resampler {
            rate_hz,
            fft,
            waiting: vec![Vec::new(); channels],
            chunk_out: vec![vec![0.0; chunk_frames]; channels],
            frames_in: 0,
            frames_out: 0,
            to_drop,
        })
    }

    /// Takes `input` (left empty, same count in each channel) and appends to `output` what is ready.
    pub(crate) fn push(&mut self, input: &mut [Vec<f32>], output: &mut [Vec<f32>]) -> rubato::ResampleResult<()> {
        self.frames_in += input.first().map_or(0, Vec::len) as u64;
        if self.fft.is_none() {
            for (signal, out) in input.iter_mut().zip(output) {
                out.append(signal);
            }
            self.frames_out = self.frames_in;
            return Ok(());
        }
        for (signal, waiting) in input.iter_mut().zip(&mut self.waiting) {
            waiting.append(signal);
        }
        self.run_full_chunks(output, u64::MAX)
    }

    /// Appends the rest: afterwards the output is as long as the input, to the nearest sample.
    pub(crate) fn finish(&mut self, output: &mut [Vec<f32>]) -> rubato::ResampleResult<()> {
        let Some(chunk_in) = self.fft.as_ref().map(|fft| fft.input_frames_next()) else { return Ok(()) };
        let rate = u64::from(self.rate_hz);
        let target = (self.frames_in * u64::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        while self.frames_out < target {
            for waiting in &mut self.waiting {
                waiting.resize(chunk_in, 0.0);
            }
            self.run_full_chunks(output, target)?;
        }
        Ok(())
    }

    /// Resamples as many full chunks as wait, appending output up to the total of `limit` frames.
    fn run_full_chunks(&mut self, output: &mut [Vec<f32>], limit: u64) -> rubato::ResampleResult<()> {
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let channels = self.waiting.len();
        let ready = self.waiting.first().map_or(0, Vec::len);
        let mut taken = 0;
        while ready - taken >= fft.input_frames_next() {
            let sizes = "the buffers were made for these channels and frames";
            let source = SequentialSliceOfVecs::new(&self.waiting, channels, ready);
            let frames = self.chunk_out.first().map_or(0, Vec::len);
            let target = SequentialSliceOfVecs::new_mut(&mut self.chunk_out, channels, frames);
            #[expect(clippy::expect_used, reason = "cannot fail: every vector has the length that is named")]
            let (source, mut target) = (source.expect(sizes), target.expect(sizes));
            let at = Indexing::new().input_offset(taken);
            let (used, made) = fft.process_into_buffer(&source, &mut target, Some(&at))?;
            taken += used;
            let skip = self.to_drop.min(made);
            self.to_drop -= skip;
            let keep = ((made - skip) as u64).min(limit.saturating_sub(self.frames_out)) as usize;
            for (made, out) in self.chunk_out.iter().zip(output.iter_mut()) {
                // The filter rings a little beyond full scale.
                out.extend(made[skip..skip + keep].iter().map(|sample| sample.clamp(-1.0, 1.0)));
            }
            self.frames_out += keep as u64;
        }
        for waiting in &mut self.waiting {
            waiting.drain(..taken);
        }
        Ok(())
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    const RATES: [u32; 10] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 47_999, 48_000];

    fn resample(rate: u32, mut signals: Vec<Vec<f32>>, part: usize) -> Vec<Vec<f32>> {
        let mut resampler = Resampler::new(rate, signals.len()).unwrap();
        let mut out = vec![Vec::new(); signals.len()];
        while !signals[0].is_empty() {
            let take = part.min(signals[0].len());
            let mut input: Vec<Vec<f32>> = signals.iter_mut().map(|s| s.drain(..take).collect()).collect();
            resampler.push(&mut input, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    fn tone(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
        let frames = (f64::from(rate) * seconds) as usize;
        (0..frames).map(|i| (0.5 * (TAU * hz * i as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    /// Amplitude of `hz` in a signal at 16 kHz (one bin of a Fourier transform, whole periods).
    fn amplitude(signal: &[f32], hz: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, &sample) in signal.iter().enumerate() {
            let phase = TAU * hz * i as f64 / 16_000.0;
            re += f64::from(sample) * phase.cos();
            im += f64::from(sample) * phase.sin();
        }
        2.0 * (re * re + im * im).sqrt() / signal.len() as f64
    }

    #[test]
    fn a_click_stays_where_it_was() {
        for rate in RATES {
            for click_ms in [3.0, 1_999.0] {
                let mut signal = vec![0.0f32; 2 * rate as usize];
                let at = (click_ms / 1000.0 * f64::from(rate)).round() as usize;
                signal[at] = 1.0;
                let out = resample(rate, vec![signal], 777);
                let peak = (0..out[0].len()).max_by(|&a, &b| out[0][a].abs().total_cmp(&out[0][b].abs())).unwrap();
                let expected = at as f64 * 16_000.0 / f64::from(rate);
                assert!((peak as f64 - expected).abs() <= 1.0, "{rate} Hz, {click_ms} ms: {peak} for {expected}");
            }
        }
    }

    #[test]
    fn a_chirp_stays_in_phase_to_the_end() {
        // 200 Hz to 3400 Hz over 4 s: any drift or delay would show as a difference from the chirp made at 16 kHz.
        let chirp = |rate: u32| -> Vec<f32> {
            (0..4 * rate as usize)
                .map(|i| {
                    let t = i as f64 / f64::from(rate);
                    (0.5 * (TAU * (200.0 * t + 400.0 * t * t)).sin()) as f32
                })
                .collect()
        };
        let expected = chirp(16_000);
        for rate in RATES {
            let out = resample(rate, vec![chirp(rate)], 4_096);
            assert_eq!(out[0].len(), expected.len(), "{rate} Hz");
            // The first and last 50 ms hold the filter's answer to the sudden start and end.
            let worst = (800..expected.len() - 800).map(|i| (out[0][i] - expected[i]).abs()).fold(0.0, f32::max);
            assert!(worst < 0.002, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn telephone_band_passes_and_mirror_images_do_not() {
        for (rate, hz) in [(8_000, 300.0), (8_000, 3_400.0), (11_025, 3_400.0), (44_100, 7_000.0), (48_000, 7_000.0)] {
            let out = resample(rate, vec![tone(rate, hz, 2.0)], 1_000);
            let middle = &out[0][8_000..24_000];
            let loss_db = 20.0 * (amplitude(middle, hz) / 0.5).log10();
            assert!(loss_db.abs() < 0.1, "{rate} Hz: {hz} Hz changes by {loss_db} dB");
            let mirror = f64::from(rate) - hz;
            if mirror < 8_000.0 {
                let image_db = 20.0 * (amplitude(middle, mirror) / 0.5).log10();
                assert!(image_db < -80.0, "{rate} Hz: image of {hz} Hz at {image_db} dB");
            }
        }
        // Above 8 kHz there is nothing at 16 kHz: it must vanish, not fold back.
        for (rate, hz) in [(44_100, 9_000.0), (48_000, 12_000.0)] {
            let out = resample(rate, vec![tone(rate, hz, 2.0)], 1_000);
            let alias_db = 20.0 * (amplitude(&out[0][8_000..24_000], 16_000.0 - hz) / 0.5).log10();
            assert!(alias_db < -80.0, "{rate} Hz: alias of {hz} Hz at {alias_db} dB");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn length_is_kept_however_it_is_cut(rate in prop::sample::select(&RATES[..]), n in 0usize..30_000, part in 1usize..9_000) {
            let out = resample(rate, vec![vec![0.25; n], vec![-0.25; n]], part);
            let expected = (n as f64 * 16_000.0 / f64::from(rate)).round();
            prop_assert!((out[0].len() as f64 - expected).abs() <= 1.0, "{} for {}", out[0].len(), expected);
            prop_assert_eq!(out[0].len(), out[1].len());
        }
    }
}
