//! Log-likelihood ratio of two shares.

use serde::Serialize;

/// How seldom chance alone brings about a log-likelihood (χ² with one degree of freedom), for one word; of a thousand words
/// tested, fifty reach the first level by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// Once in twenty: 3.84.
    #[serde(rename = "p<0.05")]
    Five,
    /// Once in a hundred: 6.63.
    #[serde(rename = "p<0.01")]
    One,
    /// Once in a thousand: 10.83.
    #[serde(rename = "p<0.001")]
    Tenth,
}

impl Level {
    /// The least log-likelihood of this level.
    pub const fn least(self) -> f64 {
        match self {
            Level::Five => 3.84,
            Level::One => 6.63,
            Level::Tenth => 10.83,
        }
    }

    /// The level that `g2` reaches.
    pub fn of(g2: f64) -> Option<Level> {
        [Level::Tenth, Level::One, Level::Five].into_iter().find(|level| g2 >= level.least())
    }
}

/// G² = 2 Σ O ln(O/E) over the four cells of (with, without) × (here, there), E as if both had the same share (T. Dunning,
/// Computational Linguistics 19, 1993). Never negative; 0 where there is nothing to compare.
pub fn log_likelihood(with_here: usize, here: usize, with_there: usize, there: usize) -> f64 {
    if here == 0 || there == 0 {
        return 0.0;
    }
    let (here, there) = (here as f64, there as f64);
    let share = (with_here + with_there) as f64 / (here + there);
    let cell = |observed: f64, expected: f64| if observed > 0.0 { observed * (observed / expected).ln() } else { 0.0 };
    let side = |with: usize, all: f64| {
        let with = with as f64;
        cell(with, all * share) + cell(all - with, all * (1.0 - share))
    };
    (2.0 * (side(with_here, here) + side(with_there, there))).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_value_of_a_worked_example() {
        // 12 of 100 against 5 of 400: by hand 2·(12·ln(12/3.4) + 88·ln(88/96.6) + 5·ln(5/13.6) + 395·ln(395/386.4)).
        let by_hand: f64 = 2.0
            * (12.0 * (12.0f64 / 3.4).ln()
                + 88.0 * (88.0f64 / 96.6).ln()
                + 5.0 * (5.0f64 / 13.6).ln()
                + 395.0 * (395.0f64 / 386.4).ln());
        assert!((log_likelihood(12, 100, 5, 400) - by_hand).abs() < 1e-9);
        assert!((by_hand - 21.24).abs() < 0.01, "{by_hand}");
        assert_eq!(Level::of(by_hand), Some(Level::Tenth));
        assert_eq!(Level::of(3.0), None);
    }

    proptest! {
        #[test]
        fn equal_shares_say_nothing_and_all_else_something(a in 0usize..50, n in 1usize..50, m in 1usize..5) {
            let a = a.min(n);
            prop_assert!(log_likelihood(a, n, a * m, n * m) < 1e-9);
            let g2 = log_likelihood(n, n, 0, n * m);
            prop_assert!(g2.is_finite() && g2 > 0.0);
            prop_assert_eq!(log_likelihood(a, n, 0, 0), 0.0);
        }
    }
}
