//! Where a page of results ends, as a text that the next request gives back.
//!
//! A page must not shift while calls come in, so a cursor holds the newest call of the first page (later ones are left out), the
//! weights that the first page was ranked by, how far the search had to go, and the rank of the last call shown.

use std::fmt::Write as _;
use std::str::FromStr;

use super::rank::Rank;

/// How far a search went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// What was typed answered.
    Exact,
    /// Other words and sound-alikes were tried.
    Widened,
    /// No call had all words; these have most.
    Partial,
    /// Nothing was near: the nearest there is.
    Loose,
}

/// The end of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor {
    pub(super) newest: u64,
    pub(super) pass: Pass,
    pub(super) last: Rank,
    pub(super) idf: Vec<f64>,
}

/// A cursor that was not made by a search, or by another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no page mark of a search; take it from the `next` of the page before")]
pub struct CursorError;

const VERSION: &str = "s2";

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("{VERSION}.{:x}.{}.{:x}", self.newest, self.pass as u8, self.last.call_no);
        for number in self.last.keys.iter().chain(&self.idf) {
            write!(text, ".{:x}", number.to_bits())?;
        }
        f.write_str(&text)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut parts = text.trim().split('.');
        if parts.next() != Some(VERSION) {
            return Err(CursorError);
        }
        let mut number = || parts.next().map(|part| u64::from_str_radix(part, 16).map_err(|_| CursorError)).transpose();
        let newest = number()?.ok_or(CursorError)?;
        let pass = match number()?.ok_or(CursorError)? {
            0 => Pass::Exact,
            1 => Pass::Widened,
            2 => Pass::Partial,
            3 => Pass::Loose,
            _ => return Err(CursorError),
        };
        let call_no = number()?.ok_or(CursorError)?;
        let mut keys = [0.0; 3];
        for key in &mut keys {
            *key = f64::from_bits(number()?.ok_or(CursorError)?);
        }
        let mut idf = Vec::new();
        while let Some(bits) = number()? {
            idf.push(f64::from_bits(bits));
        }
        Ok(Cursor { newest, pass, last: Rank { keys, call_no }, idf })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back(newest in any::<u64>(), call_no in any::<u64>(), keys in any::<[i32; 3]>(), idf in proptest::collection::vec(any::<u32>(), 0..4)) {
            let cursor = Cursor {
                newest,
                pass: Pass::Widened,
                last: Rank { keys: keys.map(|k| f64::from(k) / 7.0), call_no },
                idf: idf.into_iter().map(|n| f64::from(n) / 3.0).collect(),
            };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn any_text_is_a_cursor_or_none(text in "\\PC{0,40}|s2[.0-9a-f]{0,60}") {
            let _: Result<Cursor, CursorError> = text.parse();
        }
    }
}
