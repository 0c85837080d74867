//! When each token was spoken, from what the decoder looks at when it writes it.
//!
//! Some heads of whisper's decoder follow the sound: the place they look at moves on with the words. Lining up tokens with places by dynamic
//! time warping gives the time of each token to about a tenth of a second, however long the sound (`whisper/timing.py` of OpenAI's whisper,
//! whose steps these are: scale each place over the tokens, smooth, average the heads, warp).

use crate::kernels::Head;

/// Milliseconds of a position of the encoder.
const POSITION_MS: u32 = 20;

/// Places over which the median is taken.
const MEDIAN: usize = 7;

/// With fewer tokens there is nothing to compare them with.
const MIN_TOKENS: usize = 3;

/// The heads that follow the sound, as found by OpenAI for each of its models; without knowing the model, all of the later half of the layers.
pub(super) fn heads(layers: usize, heads: usize, mels: usize) -> Vec<Head> {
    match (layers, heads, mels) {
        (4, 6, 80) => vec![(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)],
        (6, 8, 80) => vec![(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)],
        (12, 12, 80) => {
            vec![(5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5)]
        }
        (24, 16, 80) => vec![(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)],
        (4, 20, 128) => vec![(2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)],
        (32, 20, 128) => {
            vec![(7, 0), (10, 17), (12, 18), (13, 12), (16, 1), (17, 14), (19, 11), (21, 4), (24, 1), (25, 6)]
        }
        _ => (layers / 2..layers).flat_map(|layer| (0..heads).map(move |head| (layer, head))).collect(),
    }
}

/// Where each token begins, in milliseconds, never before the one before it. `looks` holds for each token the weights of all positions, head
/// after head. `None` when that is not known, or there are too few tokens.
pub(super) fn starts_ms(looks: &[&[f32]], heads: usize, length_ms: u32) -> Option<Vec<u32>> {
    let positions = looks.first()?.len() / heads.max(1);
    if looks.len() < MIN_TOKENS || positions == 0 || looks.iter().any(|look| look.len() != positions * heads) {
        return None;
    }
    let places = positions.min(length_ms.div_ceil(POSITION_MS) as usize).max(1);
    let mut sum = vec![vec![0.0; places]; looks.len()];
    for head in 0..heads {
        let rows: Vec<&[f32]> = looks.iter().map(|look| &look[head * positions..][..places]).collect();
        for (to, row) in sum.iter_mut().zip(scaled(&rows)) {
            to.iter_mut().zip(smooth(&row)).for_each(|(to, weight)| *to += weight);
        }
    }
    Some(warp(&sum).into_iter().map(|place| place as u32 * POSITION_MS).collect())
}

/// Each place less its mean over all tokens, by its standard deviation.
fn scaled(rows: &[&[f32]]) -> Vec<Vec<f32>> {
    let count = rows.len() as f32;
    let places = rows.first().map_or(0, |row| row.len());
    let mut mean = vec![0.0; places];
    let mut spread = vec![0.0; places];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(mean, weight)| *mean += weight / count);
    }
    for row in rows {
        let both = spread.iter_mut().zip(&mean).zip(*row);
        both.for_each(|((spread, mean), weight)| *spread += (weight - mean).powi(2) / count);
    }
    let scale = |row: &&[f32]| {
        let all = row.iter().zip(&mean).zip(&spread);
        all.map(|((weight, mean), spread)| (weight - mean) / (spread.sqrt() + 1e-9)).collect()
    };
    rows.iter().map(scale).collect()
}

/// The median of each place and its neighbours.
fn smooth(row: &[f32]) -> Vec<f32> {
    let near = |place: usize| {
        let mut window = [0.0; MEDIAN];
        for (at, number) in window.iter_mut().enumerate() {
            // Mirrored at the ends.
            let offset = (place + at).abs_diff(MEDIAN / 2);
            let mirrored = if offset < row.len() { offset } else { (2 * row.len()).saturating_sub(offset + 2) };
            *number = row[mirrored.min(row.len() - 1)];
        }
        window.sort_by(f32::total_cmp);
        window[MEDIAN / 2]
    };
    (0..row.len()).map(near).collect()
}

/// The first place of each token on the path with the largest sum that never goes back.
fn warp(gain: &[Vec<f32>]) -> Vec<usize> {
    #[derive(Clone, Copy)]
    enum From {
        Both,
        Token,
        Place,
    }
    let places = gain.first().map_or(0, Vec::len);
    let mut last = vec![f32::NEG_INFINITY; places + 1];
    last[0] = 0.0;
    let mut came = Vec::with_capacity(gain.len());
    for row in gain {
        let mut best = vec![f32::NEG_INFINITY; places + 1];
        let mut from = vec![From::Both; places + 1];
        for place in 1..=places {
            let (both, token, stay) = (last[place - 1], last[place], best[place - 1]);
            let (sum, origin) = if both >= token && both >= stay {
                (both, From::Both)
            } else if token >= stay {
                (token, From::Token)
            } else {
                (stay, From::Place)
            };
            best[place] = sum + row[place - 1];
            from[place] = origin;
        }
        last = best;
        came.push(from);
    }
    let mut starts = vec![0; gain.len()];
    let (mut token, mut place) = (gain.len(), places);
    while token > 0 && place > 0 {
        starts[token - 1] = place - 1;
        match came[token - 1][place] {
            From::Both => (token, place) = (token - 1, place - 1),
            From::Token => token -= 1,
            From::Place => place -= 1,
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A token that is spoken at `ms`, seen by one head, among `positions`.
    fn look(ms: u32, positions: usize) -> Vec<f32> {
        let at = |place: usize| f64::from(ms) / f64::from(POSITION_MS) - place as f64;
        (0..positions).map(|place| (-(at(place) / 3.0).powi(2)).exp() as f32).collect()
    }

    #[test]
    fn tokens_lie_where_the_decoder_looks() {
        let spoken = [100, 400, 700, 1900, 2200];
        let looks: Vec<Vec<f32>> = spoken.iter().map(|ms| look(*ms, 150)).collect();
        let looks: Vec<&[f32]> = looks.iter().map(Vec::as_slice).collect();
        let starts = starts_ms(&looks, 1, 2500).unwrap();
        // In a pause any place will do: a token begins behind the middle of the one before it, and not behind its own.
        for at in 1..spoken.len() {
            assert!((spoken[at - 1]..=spoken[at]).contains(&starts[at]), "{starts:?}");
        }
    }

    #[test]
    fn too_little_is_no_answer() {
        let one = look(100, 50);
        assert_eq!(starts_ms(&[&one, &one], 1, 1000), None);
        assert_eq!(starts_ms(&[&one, &one, &[]], 1, 1000), None);
        assert_eq!(starts_ms(&[&[], &[], &[]], 1, 1000), None);
    }

    #[test]
    fn every_known_model_has_heads_it_has() {
        for (layers, count, mels) in
            [(4, 6, 80), (6, 8, 80), (12, 12, 80), (24, 16, 80), (4, 20, 128), (32, 20, 128), (2, 4, 80)]
        {
            let heads = heads(layers, count, mels);
            assert!(!heads.is_empty() && heads.iter().all(|(layer, head)| *layer < layers && *head < count));
        }
    }

    proptest! {
        #[test]
        fn starts_never_go_back(
            looks in proptest::collection::vec(proptest::collection::vec(-1.0f32..1.0, 40), 3..20),
            length_ms in 0u32..2_000,
        ) {
            let looks: Vec<&[f32]> = looks.iter().map(Vec::as_slice).collect();
            let starts = starts_ms(&looks, 2, length_ms).unwrap();
            prop_assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", starts);
        }
    }
}
