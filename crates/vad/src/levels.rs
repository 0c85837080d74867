//! Levels in decibels.

/// The level of digital silence, in dBFS: nothing is reported lower.
pub const FLOOR_DBFS: f32 = -120.0;

/// RMS level of `samples` in dBFS (0 = full-scale square wave), [`FLOOR_DBFS`] for digital silence and for no samples.
pub fn level_dbfs(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return FLOOR_DBFS;
    }
    // Eight sums side by side, so that the loop maps onto vector registers.
    let mut sums = [0.0f32; 8];
    let (chunks, rest) = samples.as_chunks::<8>();
    for chunk in chunks {
        for (sum, sample) in sums.iter_mut().zip(chunk) {
            *sum += sample * sample;
        }
    }
    let total = sums.iter().sum::<f32>() + rest.iter().map(|s| s * s).sum::<f32>();
    let level = 10.0 * (total / samples.len() as f32).log10();
    // `max` also turns the NaN of a broken recording into silence.
    level.max(FLOOR_DBFS)
}

/// [`level_dbfs`] of consecutive frames of `frame` samples; the last one may be shorter.
pub fn levels_dbfs(samples: &[f32], frame: usize) -> Vec<f32> {
    samples.chunks(frame.max(1)).map(level_dbfs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_known_signals() {
        let square: Vec<f32> = (0..101).map(|i| if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
        assert!((level_dbfs(&square) + 20.0).abs() < 1e-3);
        assert_eq!(level_dbfs(&[0.0; 64]), FLOOR_DBFS);
        assert_eq!(level_dbfs(&[]), FLOOR_DBFS);
        assert_eq!(level_dbfs(&[f32::NAN; 9]), FLOOR_DBFS);
        assert_eq!(levels_dbfs(&square, 50).len(), 3);
    }
}
