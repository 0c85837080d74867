//! Where to cut speech that will not pause.

/// What is remembered of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Probability of speech.
    pub probability: f32,
    /// Level in dBFS.
    pub level: f32,
}

/// Decibels that a certain frame of speech counts louder than a certain frame of none.
const SPEECH_COSTS_DB: f32 = 20.0;

/// The frame in whose middle to cut, out of `frames`, none of which is excluded: the middle of the longest pause (frames
/// below `release`, two at least), else the quietest and least speech-like place, averaged with its neighbours so that a
/// stop consonant inside a word is not taken for a pause. Ties go to the later one. `None` only without frames.
pub(crate) fn best(frames: &[Frame], release: f32) -> Option<usize> {
    longest_pause(frames, release).or_else(|| {
        let score = |f: &Frame| f.level + SPEECH_COSTS_DB * f.probability;
        let around = |i: usize| {
            let near = &frames[i.saturating_sub(1)..(i + 2).min(frames.len())];
            near.iter().map(score).sum::<f32>() / near.len() as f32
        };
        (0..frames.len()).rev().min_by(|a, b| around(*a).total_cmp(&around(*b)))
    })
}

fn longest_pause(frames: &[Frame], release: f32) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    let mut start = 0;
    for end in 1..=frames.len() {
        let here = frames[end - 1].probability < release;
        if here && frames.get(end).is_some_and(|next| next.probability < release) {
            continue;
        }
        if here && end - start >= 2 && best.is_none_or(|(_, len)| end - start >= len) {
            best = Some((start, end - start));
        }
        start = end;
    }
    best.map(|(start, len)| start + len / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(of: &[(f32, f32)]) -> Vec<Frame> {
        of.iter().map(|(probability, level)| Frame { probability: *probability, level: *level }).collect()
    }

    #[test]
    fn a_pause_wins_over_a_quiet_moment() {
        let speech = (0.9, -20.0);
        let pause = (0.1, -50.0);
        let stop = (0.9, -60.0);
        type Case<'a> = (&'a [(f32, f32)], Option<usize>);
        let cases: [Case; 6] = [
            (&[speech, pause, pause, pause, speech, stop, speech], Some(2)),
            (&[pause, pause, speech, pause, pause, pause, pause, speech], Some(5)),
            (&[pause, pause, speech, pause, pause], Some(4)),
            (&[speech, speech, stop, (0.6, -40.0), speech, speech], Some(3)),
            (&[speech, speech, speech], Some(2)),
            (&[], None),
        ];
        for (i, (of, expected)) in cases.iter().enumerate() {
            assert_eq!(best(&frames(of), 0.35), *expected, "case {i}");
        }
    }
}
