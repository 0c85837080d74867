//! Speech by loudness alone, for when there is no model file.

use std::collections::VecDeque;

use crate::levels::level_dbfs;
use crate::{FLOOR_DBFS, SpeechModel};

/// Samples in a frame: 32 ms, like Silero's.
const FRAME: usize = 512;
/// Frames the noise floor is taken from: 4 s. Hardly anybody speaks that long without a dip.
const HISTORY: usize = 125;
/// Frames before the history is worth trusting: 1 s.
const WARM_UP: usize = 31;
/// Share of the history that counts as noise.
const NOISE_SHARE: f32 = 0.1;
/// The noise floor is never taken to be higher than this, in dBFS: a call that opens with speech has no pause yet.
const HIGHEST_FLOOR_DBFS: f32 = -35.0;
/// The same before the history is worth trusting.
const HIGHEST_FLOOR_AT_START_DBFS: f32 = -50.0;
/// Nor lower than this, or the hiss after digital silence would be speech.
const LOWEST_FLOOR_DBFS: f32 = -65.0;
/// Decibels above the floor at which speech and noise are equally likely.
const MARGIN_DB: f32 = 6.0;
/// Decibels by which the odds grow e-fold.
const SLOPE_DB: f32 = 2.0;

/// A speech model that needs no file: whatever is clearly louder than the quietest tenth of the last four seconds. Music,
/// ringing and keys are speech to it.
#[derive(Clone, Debug, Default)]
pub struct Energy {
    history: VecDeque<f32>,
}

impl Energy {
    /// A model that has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn floor_dbfs(&self) -> f32 {
        let mut levels: Vec<f32> = self.history.iter().copied().collect();
        let quiet = ((levels.len() as f32 * NOISE_SHARE) as usize).min(levels.len().saturating_sub(1));
        let floor =
            if levels.is_empty() { FLOOR_DBFS } else { *levels.select_nth_unstable_by(quiet, f32::total_cmp).1 };
        let highest = if self.history.len() < WARM_UP { HIGHEST_FLOOR_AT_START_DBFS } else { HIGHEST_FLOOR_DBFS };
        floor.clamp(LOWEST_FLOOR_DBFS, highest)
    }
}

impl SpeechModel for Energy {
    fn name(&self) -> &str {
        "energy"
    }

    fn frame_len(&self) -> usize {
        FRAME
    }

    fn onset_lag_ms(&self) -> u32 {
        0
    }

    fn release_lag_ms(&self) -> u32 {
        0
    }

    fn reset(&mut self) {
        self.history.clear();
    }

    fn probability(&mut self, frame: &[f32]) -> f32 {
        let level = level_dbfs(frame);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(level);
        let above = level - self.floor_dbfs() - MARGIN_DB;
        1.0 / (1.0 + (-above / SLOPE_DB).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of pseudo-noise at `dbfs`.
    fn noise(dbfs: f32, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let amplitude = 10f32.powf(dbfs / 20.0) * 3f32.sqrt();
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state as f32 / u32::MAX as f32 * 2.0 - 1.0) * amplitude
        };
        (0..FRAME).map(|_| next()).collect()
    }

    #[test]
    fn speech_stands_out_of_noise_at_any_level() {
        for noise_dbfs in [-62.0, -50.0, -40.0] {
            let mut model = Energy::new();
            let quiet = (0..100).map(|i| model.probability(&noise(noise_dbfs, i))).fold(0.0, f32::max);
            let loud = (0..60).map(|i| model.probability(&noise(noise_dbfs + 20.0, i))).fold(1.0, f32::min);
            if noise_dbfs < -50.0 {
                assert!(quiet < 0.5, "noise at {noise_dbfs}: {quiet}");
            } else {
                // Loud noise is speech for the first second, until the history is worth trusting.
                assert!(model.probability(&noise(noise_dbfs, 999)) < 0.5, "noise at {noise_dbfs}");
            }
            assert!(loud > 0.5, "speech above {noise_dbfs}: {loud}");
        }
    }

    #[test]
    fn silence_is_no_speech_and_reset_forgets() {
        let mut model = Energy::new();
        assert!(model.probability(&[0.0; FRAME]) < 0.01);
        let first = model.probability(&noise(-30.0, 1));
        (0..200).for_each(|i| {
            model.probability(&noise(-30.0, i));
        });
        assert!(model.probability(&noise(-30.0, 1)) < 0.5, "after six seconds it is the floor");
        model.reset();
        model.probability(&[0.0; FRAME]);
        assert_eq!(model.probability(&noise(-30.0, 1)), first);
    }
}
