//! Telling a voice from its echo on the other channel of the same call.

use hotline_model::{CallTime, SAMPLE_RATE_HZ, TimeSpan};

/// Samples per level frame: 10 ms at 16 kHz (see [`crate::levels_dbfs`]).
pub const LEVEL_FRAME: usize = 160;

/// Decides whether what was heard on one channel is only the other channel leaking through: a copy much weaker, at the same
/// time. Pure arithmetic on levels; whether to use it is the caller's choice. Crosstalk inside a telephone system is
/// usually 40 dB down or more, where no speech model hears it; headsets and loudspeakers leak at 20 to 40 dB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrosstalkGate {
    /// How much weaker than the other channel a leak is at least, in decibels. Two people on one line rarely differ so much.
    pub margin_db: f32,
    /// Longest delay of a leak against the other channel, in milliseconds.
    pub max_delay_ms: u32,
    /// Share of the audible frames of a stretch that have to be weaker, 0…1.
    pub share: f32,
}

impl Default for CrosstalkGate {
    fn default() -> Self {
        CrosstalkGate { margin_db: 25.0, max_delay_ms: 60, share: 0.8 }
    }
}

/// Frames this much below the loudest of a stretch say nothing about who is heard in it.
const AUDIBLE_DB: f32 = 15.0;

impl CrosstalkGate {
    /// Whether `stretch` of the channel with levels `own` is a leak of the channel with levels `other`. Both are in dBFS,
    /// one per [`LEVEL_FRAME`] from the start of the recording. A stretch outside `own` is no leak.
    pub fn is_leak(&self, stretch: TimeSpan, own: &[f32], other: &[f32]) -> bool {
        let frame = |t: CallTime| (t.sample() / LEVEL_FRAME as u64) as usize;
        let end = frame(stretch.end).min(own.len());
        let start = frame(stretch.start).min(end);
        let loudest = own[start..end].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let delay = self.max_delay_ms as usize * SAMPLE_RATE_HZ as usize / 1000 / LEVEL_FRAME;
        let (mut audible, mut weaker) = (0usize, 0usize);
        for i in (start..end).filter(|i| own[*i] >= loudest - AUDIBLE_DB) {
            let to = (i + 1).min(other.len());
            let source = other[i.saturating_sub(delay).min(to)..to].iter().copied().fold(f32::NEG_INFINITY, f32::max);
            audible += 1;
            weaker += usize::from(source - own[i] >= self.margin_db);
        }
        audible > 0 && weaker as f32 >= self.share * audible as f32
    }

    /// The voiced stretches of a channel without the leaks of the other one.
    pub fn without_leaks(&self, voiced: &[TimeSpan], own: &[f32], other: &[f32]) -> Vec<TimeSpan> {
        voiced.iter().copied().filter(|stretch| !self.is_leak(*stretch, own, other)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_weak_copy_is_a_leak() {
        let gate = CrosstalkGate::default();
        let mut agent = vec![-60.0; 300];
        let mut customer = vec![-60.0; 300];
        agent[0..100].fill(-20.0);
        // A leak 32 dB down, two frames late; then the customer's own soft voice, alone and into the agent's speech.
        customer[2..102].fill(-52.0);
        customer[150..200].fill(-40.0);
        agent[220..300].fill(-20.0);
        customer[230..280].fill(-40.0);
        let leak = TimeSpan::from_ms(20, 1020);
        let alone = TimeSpan::from_ms(1500, 2000);
        let double_talk = TimeSpan::from_ms(2300, 2800);
        assert_eq!(gate.without_leaks(&[leak, alone, double_talk], &customer, &agent), [alone, double_talk]);
        assert_eq!(gate.without_leaks(&[TimeSpan::from_ms(0, 1000)], &agent, &customer), [TimeSpan::from_ms(0, 1000)]);
    }

    #[test]
    fn stretches_beyond_the_levels_are_kept() {
        let gate = CrosstalkGate::default();
        assert!(!gate.is_leak(TimeSpan::from_ms(5000, 6000), &[-20.0; 10], &[0.0; 10]));
        assert!(!gate.is_leak(TimeSpan::from_ms(0, 100), &[-20.0; 10], &[]));
    }
}
