//! How loud a signal is.

/// What digital silence measures, in dBFS.
const FLOOR_DBFS: f32 = -120.0;

/// From here a sample counts as clipped. G.711 cannot reach 1: its loudest codes decode to 32256 (A-law) and 32124
/// (µ-law) out of 32768, that is 0.984 and 0.980 (ITU-T G.711, tables 1a and 2a).
const CLIPPED_FROM: f32 = 0.98;

/// Measures one channel as it streams by. To measure speech alone, push the voiced samples only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LevelMeter {
    samples: u64,
    sum_of_squares: f64,
    peak: f32,
    clipped: u64,
}

impl LevelMeter {
    /// A meter that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in more of the signal.
    pub fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        for &sample in samples {
            let size = sample.abs();
            self.sum_of_squares += f64::from(sample) * f64::from(sample);
            self.peak = self.peak.max(size);
            self.clipped += u64::from(size >= CLIPPED_FROM);
        }
    }

    /// Samples heard so far.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Level in dBFS: 20 log₁₀ of the RMS, so that a full-scale square wave is 0 and a full-scale sine −3.01;
    /// −120 for digital silence and before anything was heard.
    pub fn rms_dbfs(&self) -> f32 {
        let rms = (self.sum_of_squares / self.samples.max(1) as f64).sqrt();
        dbfs(rms as f32)
    }

    /// Highest sample in dBFS; −120 for digital silence.
    pub fn peak_dbfs(&self) -> f32 {
        dbfs(self.peak)
    }

    /// Share of samples at full scale, 0…1.
    pub fn clipped(&self) -> f32 {
        (self.clipped as f64 / self.samples.max(1) as f64) as f32
    }
}

fn dbfs(amplitude: f32) -> f32 {
    if amplitude > 0.0 { (20.0 * amplitude.log10()).max(FLOOR_DBFS) } else { FLOOR_DBFS }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32) -> Vec<f32> {
        (0..16_000).map(|i| amplitude * (i as f32 * std::f32::consts::TAU / 16.0).sin()).collect()
    }

    #[test]
    fn known_signals() {
        // signal, rms, peak, clipped
        let square: Vec<f32> = (0..100).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let cases = [
            (sine(1.0), -3.01, 0.0, 0.125), // two of its sixteen phases: the crest and the trough
            (sine(0.1), -23.01, -20.0, 0.0),
            (square, 0.0, 0.0, 1.0),
            (vec![0.0; 50], -120.0, -120.0, 0.0),
            (Vec::new(), -120.0, -120.0, 0.0),
        ];
        for (signal, rms, peak, clipped) in cases {
            let mut meter = LevelMeter::new();
            for part in signal.chunks(333) {
                meter.push(part);
            }
            assert!((meter.rms_dbfs() - rms).abs() < 0.01, "{} {rms}", meter.rms_dbfs());
            assert!((meter.peak_dbfs() - peak).abs() < 0.01, "{} {peak}", meter.peak_dbfs());
            assert!((meter.clipped() - clipped).abs() < 0.01, "{} {clipped}", meter.clipped());
            assert_eq!(meter.samples(), signal.len() as u64);
        }
    }
}
