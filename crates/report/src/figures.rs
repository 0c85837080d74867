//! Figures and their arithmetic.

use hotline_model::ScoreCard;
use serde::{Deserialize, Serialize};

/// A figure of this period beside that of the period before. `None` means that there is nothing to count, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// This period.
    pub now: Option<f64>,
    /// The period before; `None` also when it has no calls at all.
    pub before: Option<f64>,
    /// `now − before`, where both exist, to nine decimals.
    pub change: Option<f64>,
}

impl Trend {
    /// Sets two figures side by side.
    pub fn new(now: Option<f64>, before: Option<f64>) -> Self {
        Trend { now, before, change: now.zip(before).map(|(now, before)| ((now - before) * 1e9).round() / 1e9) }
    }

    /// Change as a share of the figure before; `None` if that is zero or missing.
    pub fn relative_change(&self) -> Option<f64> {
        let before = self.before.filter(|before| *before != 0.0)?;
        self.change.map(|change| change / before)
    }
}

/// A confidence interval of a share, 0…1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Wilson's 95 % score interval of `successes` out of `n`; `None` for an empty sample.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). Unlike the textbook
/// ±1.96·√(p(1−p)/n) it stays inside 0…1 and does not shrink to nothing when all customers are satisfied.
pub fn wilson(successes: u64, n: u64) -> Option<Interval> {
    /// 97.5 % point of the standard normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return None;
    }
    let (n, p) = (n as f64, successes.min(n) as f64 / n as f64);
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// Effect of a monthly score on pay in yuan: 10 a point from 80, within ±300 (SCO-05).
pub fn pay_effect_yuan(score: f64) -> f64 {
    let yuan = ((score - f64::from(ScoreCard::BASE)) * 10.0).clamp(-300.0, 300.0);
    (yuan * 100.0).round() / 100.0
}

/// `part / whole`; `None` if there is no whole.
pub(crate) fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Mean of scores given in thousandths, rounded half up to tenths. Grades and pay follow the rounded score, so that what is
/// printed agrees with itself.
pub(crate) fn mean_score(sum_milli: i64, calls: i64) -> Option<f64> {
    (calls > 0).then(|| {
        let tenths = (2 * sum_milli + 100 * calls).div_euclid(200 * calls);
        tenths as f64 / 10.0
    })
}

/// A decimal number as a whole number of its `1 / scale` parts; `None` for values that are no numbers, or absurd ones whose
/// sums could overflow. Sums of whole numbers come out the same in any order.
pub(crate) fn fixed(value: f32, scale: f64) -> Option<i64> {
    (value.abs() <= 1e6).then(|| (f64::from(value) * scale).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score without continuity correction).
        let cases =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (k, n, low, high) in cases {
            let interval = wilson(k, n).unwrap();
            assert!((interval.low - low).abs() < 5e-5, "{k}/{n}: {interval:?}");
            assert!((interval.high - high).abs() < 5e-5, "{k}/{n}: {interval:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn pay_follows_the_worked_examples_of_the_regulations() {
        for (score, yuan) in
            [(80.0, 0.0), (91.0, 110.0), (68.0, -120.0), (110.0, 300.0), (120.0, 300.0), (20.0, -300.0)]
        {
            assert_eq!(pay_effect_yuan(score), yuan, "{score}");
        }
    }

    #[test]
    fn scores_round_half_up_to_tenths() {
        assert_eq!(mean_score(80_000 * 3, 3), Some(80.0));
        assert_eq!(mean_score(79_950, 1), Some(80.0));
        assert_eq!(mean_score(79_949, 1), Some(79.9));
        assert_eq!(mean_score(0, 0), None);
    }

    #[test]
    fn change_needs_both_sides() {
        assert_eq!(Trend::new(Some(1.0), None).change, None);
        assert_eq!(Trend::new(Some(3.0), Some(2.0)).relative_change(), Some(0.5));
        assert_eq!(Trend::new(Some(3.0), Some(0.0)).relative_change(), None);
        assert_eq!(Trend::new(Some(3.0), Some(0.0)).change, Some(3.0));
    }
}
