//! Exact decimal values.

/// `mantissa` / 10^`scale`, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: u128,
    scale: u32,
}

/// Values stay below 10^30, so that no sum or product below overflows silently.
const LIMIT: u128 = 10u128.pow(30);

impl Decimal {
    pub(super) fn from_int(value: u128) -> Option<Self> {
        (value < LIMIT).then_some(Decimal { mantissa: value, scale: 0 })
    }

    /// From ASCII digits before and after the point.
    pub(super) fn from_digits(whole: &str, fraction: &str) -> Option<Self> {
        let digits: String = whole.chars().chain(fraction.chars()).collect();
        if digits.len() > 30 {
            return None;
        }
        let mantissa = digits.parse().ok()?;
        Some(Decimal { mantissa, scale: u32::try_from(fraction.len()).ok()? })
    }

    pub(super) fn times(self, factor: u128) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(factor).filter(|m| *m < LIMIT)?;
        Some(Decimal { mantissa, ..self })
    }

    pub(super) fn shifted_right(self, digits: u32) -> Self {
        Decimal { scale: self.scale + digits, ..self }
    }

    pub(super) fn plus(self, other: Decimal) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let lift = |d: Decimal| d.mantissa.checked_mul(10u128.checked_pow(scale - d.scale)?);
        let mantissa = lift(self)?.checked_add(lift(other)?).filter(|m| *m < LIMIT)?;
        Some(Decimal { mantissa, scale })
    }

    pub(super) fn is_whole(self) -> bool {
        let own = self.reduced();
        own.scale == 0
    }

    pub(super) fn to_int(self) -> Option<u128> {
        let own = self.reduced();
        (own.scale == 0).then_some(own.mantissa)
    }

    fn reduced(mut self) -> Self {
        while self.scale > 0 && self.mantissa.is_multiple_of(10) {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let own = self.reduced();
        let digits = format!("{:0>width$}", own.mantissa, width = own.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - own.scale as usize);
        if fraction.is_empty() { f.write_str(whole) } else { write!(f, "{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_needless_zeros() {
        let show = |w, f| Decimal::from_digits(w, f).unwrap().to_string();
        assert_eq!(show("128", "50"), "128.5");
        assert_eq!(show("0", "05"), "0.05");
        assert_eq!(show("007", ""), "7");
        assert_eq!(show("0", "0"), "0");
    }

    #[test]
    fn adds_and_scales_exactly() {
        let a = Decimal::from_digits("3", "5").unwrap();
        assert_eq!(a.times(10_000).unwrap().to_string(), "35000");
        assert_eq!(a.plus(Decimal::from_int(2).unwrap().shifted_right(2)).unwrap().to_string(), "3.52");
        assert!(Decimal::from_digits("9999999999999999999999999999999", "").is_none());
    }
}
