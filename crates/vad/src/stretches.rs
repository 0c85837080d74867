//! Frame probabilities → voiced stretches.

/// A stretch of samples, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub start: u64,
    pub end: u64,
}

impl Stretch {
    pub fn len(self) -> u64 {
        self.end - self.start
    }
}

/// Hysteresis: speech starts at the threshold, goes on down to the release threshold, and ends when it has been gone for the
/// hangover. All lengths in samples.
#[derive(Clone, Debug)]
pub(crate) struct Stretches {
    threshold: f32,
    release: f32,
    hangover: u64,
    min_len: u64,
    open: Option<Stretch>,
}

impl Stretches {
    pub fn new(threshold: f32, release: f32, hangover: u64, min_len: u64) -> Self {
        Stretches { threshold, release, hangover, min_len, open: None }
    }

    pub fn reset(&mut self) {
        self.open = None;
    }

    /// The stretch under way, up to its last speech; it may still prove too short.
    pub fn open(&self) -> Option<Stretch> {
        self.open
    }

    /// The stretch under way, once it is long enough to be kept.
    pub fn confirmed(&self) -> Option<Stretch> {
        self.open.filter(|open| open.len() >= self.min_len)
    }

    /// Takes the next frame; gives the stretch that it ends, if that was long enough to be kept.
    pub fn frame(&mut self, start: u64, end: u64, probability: f32) -> Option<Stretch> {
        match &mut self.open {
            None if probability >= self.threshold => {
                self.open = Some(Stretch { start, end });
                None
            }
            None => None,
            Some(open) => {
                // Inside a dip, speech has to come back with full strength.
                let needed = if open.end == start { self.release } else { self.threshold };
                if probability >= needed {
                    open.end = end;
                    None
                } else if end - open.end >= self.hangover {
                    self.close()
                } else {
                    None
                }
            }
        }
    }

    /// Ends the stretch under way, if any; gives it if it was long enough to be kept.
    pub fn close(&mut self) -> Option<Stretch> {
        let kept = self.confirmed();
        self.open = None;
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs one-sample frames: threshold 0.5, release 0.3, hangover 2, at least 2 long.
    fn run(probabilities: &[f32]) -> Vec<(u64, u64)> {
        let mut stretches = Stretches::new(0.5, 0.3, 2, 2);
        let mut out: Vec<Stretch> = Vec::new();
        for (i, p) in probabilities.iter().enumerate() {
            out.extend(stretches.frame(i as u64, i as u64 + 1, *p));
        }
        out.extend(stretches.close());
        out.iter().map(|s| (s.start, s.end)).collect()
    }

    #[test]
    fn hysteresis_hangover_and_clicks() {
        let cases: [(&[f32], &[(u64, u64)]); 7] = [
            (&[0.0, 0.4, 0.6, 0.4, 0.3, 0.1, 0.1], &[(2, 5)]),
            (&[0.6, 0.6, 0.1, 0.6, 0.6, 0.1, 0.1, 0.6], &[(0, 5)]),
            // 0.4 keeps speech alive, but does not bring it back after a dip.
            (&[0.6, 0.6, 0.1, 0.4, 0.4, 0.6, 0.6], &[(0, 2), (5, 7)]),
            (&[0.0, 0.9, 0.0, 0.0, 0.0], &[]),
            (&[0.9, 0.0, 0.9, 0.0, 0.0], &[(0, 3)]),
            (&[0.9, 0.9], &[(0, 2)]),
            (&[f32::NAN, 0.9, 0.9, f32::NAN, f32::NAN], &[(1, 3)]),
        ];
        for (probabilities, expected) in cases {
            assert_eq!(run(probabilities), expected, "{probabilities:?}");
        }
    }
}
