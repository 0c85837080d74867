//! Where the processor time of a run goes.

use std::sync::atomic::{AtomicU64, Ordering};

use cpu_time::ThreadTime;
use serde::{Deserialize, Serialize};

/// A part of the way a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Hashing, decoding, resampling, levels.
    Audio,
    /// Finding speech.
    Vad,
    /// Recognition, guards included.
    Asr,
    /// Second listens to doubtful words.
    SecondEar,
    /// Folding and assembling utterances.
    Text,
    /// Acoustics and judgement.
    Rules,
    /// Saving.
    Store,
    /// Indexing.
    Index,
}

/// Processor seconds by stage, over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageSeconds {
    /// Hashing, decoding, resampling, levels.
    pub audio: f64,
    /// Finding speech.
    pub vad: f64,
    /// Recognition, guards included.
    pub asr: f64,
    /// Second listens to doubtful words, which is recognition too.
    pub second_ear: f64,
    /// Folding and assembling utterances.
    pub text: f64,
    /// Acoustics and judgement.
    pub rules: f64,
    /// Saving.
    pub store: f64,
    /// Indexing.
    pub index: f64,
}

impl StageSeconds {
    /// All stages together.
    pub fn total(&self) -> f64 {
        self.audio + self.vad + self.asr + self.second_ear + self.text + self.rules + self.store + self.index
    }

    /// Share of everything but recognition, 0…1; `None` before anything was done.
    pub fn besides_asr(&self) -> Option<f64> {
        let total = self.total();
        (total > 0.0).then(|| (total - self.asr - self.second_ear) / total)
    }
}

/// Adds up processor time; shared by all threads of a run.
#[derive(Debug, Default)]
pub struct StageClock {
    nanos: [AtomicU64; 8],
}

impl StageClock {
    /// Runs `work` and books the processor time this thread spent on it.
    pub fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = ThreadTime::try_now().ok();
        let result = work();
        // A platform without thread clocks leaves the figures at 0 rather than stopping the run.
        if let Some(spent) = start.and_then(|start| start.try_elapsed().ok()) {
            self.nanos[stage as usize].fetch_add(spent.as_nanos() as u64, Ordering::Relaxed);
        }
        result
    }

    /// The sums so far.
    pub fn seconds(&self) -> StageSeconds {
        let of = |stage: Stage| self.nanos[stage as usize].load(Ordering::Relaxed) as f64 / 1e9;
        StageSeconds {
            audio: of(Stage::Audio),
            vad: of(Stage::Vad),
            asr: of(Stage::Asr),
            second_ear: of(Stage::SecondEar),
            text: of(Stage::Text),
            rules: of(Stage::Rules),
            store: of(Stage::Store),
            index: of(Stage::Index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_booked_on_its_own_stage() {
        let clock = StageClock::default();
        let sum = clock.time(Stage::Vad, || (0..3_000_000u64).fold(0u64, |a, b| a.wrapping_mul(31).wrapping_add(b)));
        assert_ne!(sum, 0);
        let seconds = clock.seconds();
        assert!(seconds.vad > 0.0);
        assert_eq!(seconds.asr, 0.0);
        assert_eq!(seconds.besides_asr(), Some(1.0));
    }
}
