//! Two legs of a call that arrive on their own, put side by side.

use std::collections::VecDeque;

/// Joins two streams of samples into interleaved frames: the first leg left, the second right.
///
/// Nothing that arrives is left out. A leg that falls behind by more than `max_lead` samples, has not come yet or has gone
/// is filled up with silence, so that the other one need not wait for it; what arrives of it later comes later.
#[derive(Debug)]
pub struct LegJoiner {
    legs: [Leg; 2],
    max_lead: usize,
}

#[derive(Debug, Default)]
struct Leg {
    waiting: VecDeque<i16>,
    /// Samples so far, silence included.
    total: u64,
    gone: bool,
}

impl LegJoiner {
    /// A joiner that lets one leg run ahead of the other by `max_lead` samples at most.
    pub fn new(max_lead: usize) -> Self {
        LegJoiner { legs: Default::default(), max_lead }
    }

    /// Leg `at` (0 or 1) has connected: it begins where the other one is now.
    pub fn connect(&mut self, at: usize) {
        let other = self.legs[1 - at].total;
        let leg = &mut self.legs[at];
        leg.gone = false;
        leg.fill_up_to(other);
    }

    /// Leg `at` has gone: silence from here on.
    pub fn disconnect(&mut self, at: usize) {
        self.legs[at].gone = true;
    }

    /// Samples of leg `at`; the frames that are complete now are returned, interleaved.
    pub fn push(&mut self, at: usize, samples: &[i16]) -> Vec<i16> {
        let leg = &mut self.legs[at];
        leg.waiting.extend(samples);
        leg.total += samples.len() as u64;
        let total = leg.total;
        let other = &mut self.legs[1 - at];
        let lead = if other.gone { 0 } else { self.max_lead as u64 };
        other.fill_up_to(total.saturating_sub(lead));
        self.take()
    }

    /// Both have gone: the rest, the shorter leg filled up.
    pub fn finish(&mut self) -> Vec<i16> {
        let total = self.legs[0].total.max(self.legs[1].total);
        self.legs.iter_mut().for_each(|leg| leg.fill_up_to(total));
        self.take()
    }

    /// Samples of the leg that is further, silence included.
    pub fn longest(&self) -> u64 {
        self.legs[0].total.max(self.legs[1].total)
    }

    fn take(&mut self) -> Vec<i16> {
        let [left, right] = &mut self.legs;
        let count = left.waiting.len().min(right.waiting.len());
        left.waiting.drain(..count).zip(right.waiting.drain(..count)).flat_map(|(l, r)| [l, r]).collect()
    }
}

impl Leg {
    fn fill_up_to(&mut self, total: u64) {
        if let Some(missing) = total.checked_sub(self.total) {
            self.waiting.resize(self.waiting.len() + missing as usize, 0);
            self.total += missing;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_leg_that_connects_late_begins_where_the_other_is() {
        let mut joiner = LegJoiner::new(2);
        joiner.connect(0);
        let mut out = joiner.push(0, &[1, 2, 3, 4, 5]);
        assert_eq!(out, [1, 0, 2, 0, 3, 0], "the second leg may be two samples behind");
        joiner.connect(1);
        out.extend(joiner.push(1, &[9]));
        out.extend(joiner.push(0, &[6]));
        assert_eq!(out, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 9]);
    }

    #[test]
    fn a_leg_that_has_gone_is_silent_at_once() {
        let mut joiner = LegJoiner::new(1_000);
        joiner.connect(0);
        joiner.connect(1);
        assert_eq!(joiner.push(1, &[7]), []);
        joiner.disconnect(0);
        assert_eq!(joiner.push(1, &[8]), [0, 7, 0, 8]);
    }

    proptest! {
        /// Nothing is lost or turned round, whatever comes when; and nobody waits longer than the lead.
        #[test]
        fn every_sample_comes_out_once_in_order(
            pushes in proptest::collection::vec((0usize..2, 0usize..50), 0..40), lead in 0usize..60,
        ) {
            let mut joiner = LegJoiner::new(lead);
            let mut sent = [Vec::new(), Vec::new()];
            let mut out = Vec::new();
            let mut next = 1i16;
            for (leg, count) in pushes {
                let samples: Vec<i16> = (next..).take(count).collect();
                next += count as i16;
                sent[leg].extend(&samples);
                out.extend(joiner.push(leg, &samples));
                prop_assert!(joiner.legs.iter().all(|leg| leg.waiting.len() <= lead));
            }
            out.extend(joiner.finish());
            for (leg, sent) in sent.iter().enumerate() {
                let heard: Vec<i16> = out.iter().skip(leg).step_by(2).copied().filter(|&s| s != 0).collect();
                prop_assert_eq!(&heard, sent);
            }
        }
    }
}
