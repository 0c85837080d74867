//! Frame probabilities → voiced stretches.

/// A stretch of samples, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub start: u64,
    pub end: u64,
}

/// Probabilities at which a stretch begins to be possible, is certain, and is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub onset: f32,
    pub speech: f32,
    pub release: f32,
}

/// Lengths in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths {
    /// Dips shorter than this end nothing.
    pub hangover: u64,
    /// Stretches shorter than this are dropped.
    pub min_speech: u64,
    /// How far back speech may have begun before its probability reached the threshold.
    pub max_onset: u64,
    /// How much later than speech the probability rises.
    pub onset_lag: u64,
    /// How much later than speech the probability falls.
    pub release_lag: u64,
}

/// Hysteresis. Speech is certain at the threshold, began where the probability rose to the onset threshold, goes on down to
/// the release threshold, and is over when it has been gone for the hangover.
#[derive(Clone, Debug)]
pub(crate) struct Stretches {
    thresholds: Thresholds,
    lengths: Lengths,
    /// End of the last frame.
    heard: u64,
    /// Start of the frames at or above the onset threshold that lead up to now.
    rising_since: Option<u64>,
    open: Option<Open>,
    /// End of the last stretch: the next one starts no earlier.
    last_end: u64,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// Corrected start.
    start: u64,
    /// Start and end of the frame that reached the threshold.
    certain: (u64, u64),
    /// End of the last frame of speech, uncorrected.
    until: u64,
}

impl Stretches {
    pub fn new(thresholds: Thresholds, lengths: Lengths) -> Self {
        Stretches { thresholds, lengths, heard: 0, rising_since: None, open: None, last_end: 0 }
    }

    pub fn reset(&mut self) {
        *self = Stretches::new(self.thresholds, self.lengths);
    }

    /// The stretch under way as far as it is certain, once it is long enough to be kept. Its start stays; its end only grows.
    pub fn confirmed(&self) -> Option<Stretch> {
        self.open.filter(|open| open.until - open.certain.0 >= self.lengths.min_speech).map(|open| self.corrected(open))
    }

    /// The start of the stretch under way, or else the earliest start that the next one can have.
    pub fn next_start(&self) -> u64 {
        self.open.map_or_else(|| self.start_of(self.rising_since.unwrap_or(self.heard), self.heard), |open| open.start)
    }

    /// Takes the next frame, `start..end`; gives the stretch that it ends, if that was long enough to be kept.
    pub fn frame(&mut self, start: u64, end: u64, probability: f32) -> Option<Stretch> {
        self.heard = end;
        if probability >= self.thresholds.onset {
            // Far enough back is far enough: a hum of small probabilities must not grow into the start of a word.
            let earliest = start.saturating_sub(self.lengths.max_onset);
            self.rising_since = Some(self.rising_since.unwrap_or(start).max(earliest));
        } else {
            self.rising_since = None;
        }
        let Some(open) = &mut self.open else {
            if probability >= self.thresholds.speech {
                let start_of = self.start_of(self.rising_since.unwrap_or(start), start);
                self.open = Some(Open { start: start_of, certain: (start, end), until: end });
            }
            return None;
        };
        // Inside a dip, speech has to come back with full strength.
        let needed = if open.until == start { self.thresholds.release } else { self.thresholds.speech };
        if probability >= needed {
            open.until = end;
            None
        } else if end - open.until >= self.lengths.hangover {
            self.end(false)
        } else {
            None
        }
    }

    /// Ends the recording, and with it the stretch under way; gives it if it was long enough to be kept.
    pub fn close(&mut self) -> Option<Stretch> {
        self.end(self.open.is_some_and(|open| open.until == self.heard))
    }

    fn end(&mut self, still_speaking: bool) -> Option<Stretch> {
        let until = self.open.map(|open| open.until)?;
        let kept = self.confirmed();
        self.open = None;
        // What has not fallen to the onset threshold since is the end of this stretch, not the start of the next.
        self.rising_since = self.rising_since.filter(|rising| *rising > until);
        let mut kept = kept?;
        if still_speaking {
            kept.end = until;
        }
        self.last_end = kept.end;
        Some(kept)
    }

    fn start_of(&self, rising: u64, limit: u64) -> u64 {
        rising.saturating_sub(self.lengths.onset_lag).max(self.last_end).min(limit)
    }

    fn corrected(&self, open: Open) -> Stretch {
        Stretch { start: open.start, end: open.until.saturating_sub(self.lengths.release_lag).max(open.certain.1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities and the stretches they make.
    type Case<'a> = (&'a [f32], &'a [(u64, u64)]);

    /// Runs one-sample frames: thresholds 0.1, 0.5 and 0.3, hangover 2, at least 2 long, the lags as given.
    fn run(probabilities: &[f32], onset_lag: u64, release_lag: u64) -> Vec<(u64, u64)> {
        let thresholds = Thresholds { onset: 0.1, speech: 0.5, release: 0.3 };
        let mut stretches =
            Stretches::new(thresholds, Lengths { hangover: 2, min_speech: 2, max_onset: 8, onset_lag, release_lag });
        let mut out: Vec<Stretch> = Vec::new();
        for (i, p) in probabilities.iter().enumerate() {
            let i = i as u64;
            let earliest = stretches.next_start();
            let ended = stretches.frame(i, i + 1, *p);
            assert!(stretches.next_start() >= earliest || ended.is_some() || *p < 0.5);
            out.extend(ended);
        }
        out.extend(stretches.close());
        out.iter().map(|s| (s.start, s.end)).collect()
    }

    #[test]
    fn hysteresis_hangover_and_clicks() {
        let cases: [Case; 8] = [
            (&[0.0, 0.0, 0.6, 0.4, 0.3, 0.0, 0.0], &[(2, 5)]),
            (&[0.0, 0.1, 0.2, 0.6, 0.6, 0.0, 0.0], &[(1, 5)]),
            (&[0.6, 0.6, 0.0, 0.6, 0.6, 0.0, 0.0, 0.6], &[(0, 5)]),
            // 0.4 keeps speech alive, but does not bring it back after a dip.
            (&[0.6, 0.6, 0.0, 0.4, 0.4, 0.6, 0.6], &[(0, 2), (3, 7)]),
            (&[0.0, 0.9, 0.0, 0.0, 0.0], &[]),
            (&[0.9, 0.0, 0.9, 0.0, 0.0], &[(0, 3)]),
            (&[0.9, 0.9], &[(0, 2)]),
            (&[f32::NAN, 0.9, 0.9, f32::NAN, f32::NAN], &[(1, 3)]),
        ];
        for (probabilities, expected) in cases {
            assert_eq!(run(probabilities, 0, 0), expected, "{probabilities:?}");
        }
    }

    #[test]
    fn lags_are_taken_off() {
        let cases: [Case; 4] = [
            (&[0.0, 0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0], &[(2, 5)]),
            // Never less than the frame that made it certain, never before the start of the recording.
            (&[0.9, 0.9, 0.0, 0.0], &[(0, 1)]),
            // Speech to the very end has not fallen yet.
            (&[0.0, 0.9, 0.9, 0.9], &[(0, 4)]),
            // The tail of one stretch is not the rise of the next.
            (&[0.9, 0.9, 0.9, 0.9, 0.2, 0.2, 0.9, 0.9], &[(0, 2), (5, 8)]),
        ];
        for (probabilities, expected) in cases {
            assert_eq!(run(probabilities, 1, 2), expected, "{probabilities:?}");
        }
    }

    #[test]
    fn a_long_hum_is_not_the_start_of_a_word() {
        let hum_then_speech = [vec![0.2; 50], vec![0.9; 3]].concat();
        assert_eq!(run(&hum_then_speech, 0, 0), [(42, 53)]);
    }
}
