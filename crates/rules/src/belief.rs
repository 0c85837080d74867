//! Three-valued logic with degrees.
//!
//! A belief is how far the call supports a statement, from 0 (surely not) to 1 (surely). In the middle lies "cannot
//! tell". With minimum for and, maximum for or, and one minus for not, this is Kleene's strong three-valued logic, and
//! the distance from the middle is how sure the answer is.

/// How far a call supports a statement, 0…1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Belief(f32);

/// What a belief amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl Belief {
    pub(crate) const TRUE: Belief = Belief(1.0);
    pub(crate) const FALSE: Belief = Belief(0.0);
    pub(crate) const UNKNOWN: Belief = Belief(0.5);
    /// From here on a statement counts as true; below its mirror image as false.
    pub(crate) const TRUE_MIN: f32 = 0.6;

    pub(crate) fn new(value: f32) -> Self {
        if value.is_nan() { Belief::UNKNOWN } else { Belief(value.clamp(0.0, 1.0)) }
    }

    pub(crate) fn value(self) -> f32 {
        self.0
    }

    pub(crate) fn truth(self) -> Truth {
        if self.0 >= Self::TRUE_MIN {
            Truth::True
        } else if self.0 <= 1.0 - Self::TRUE_MIN {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    pub(crate) fn is_true(self) -> bool {
        self.truth() == Truth::True
    }

    pub(crate) fn negate(self) -> Self {
        Belief(1.0 - self.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Belief(self.0.min(other.0))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Belief(self.0.max(other.0))
    }

    /// Not above what still counts as unknown.
    pub(crate) fn at_most_unknown(self) -> Self {
        Belief(self.0.min(0.55))
    }

    /// How sure the answer is, whichever it is: 0.5…1.
    pub(crate) fn certainty(self) -> f32 {
        self.0.max(1.0 - self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kleene_and(a: Truth, b: Truth) -> Truth {
        match (a, b) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    proptest! {
        #[test]
        fn beliefs_follow_kleene(a in 0f32..=1.0, b in 0f32..=1.0) {
            let (a, b) = (Belief::new(a), Belief::new(b));
            prop_assert_eq!(a.and(b).truth(), kleene_and(a.truth(), b.truth()));
            let de_morgan = a.negate().and(b.negate()).negate();
            prop_assert!((a.or(b).value() - de_morgan.value()).abs() < 1e-6);
            if a.truth() != Truth::Unknown {
                prop_assert_ne!(a.truth(), a.negate().truth());
            }
        }
    }

    #[test]
    fn nonsense_is_unknown() {
        assert_eq!(Belief::new(f32::NAN).truth(), Truth::Unknown);
        assert_eq!(Belief::TRUE.at_most_unknown().truth(), Truth::Unknown);
    }
}
