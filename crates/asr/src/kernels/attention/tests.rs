use super::*;
use crate::kernels::tests::{levels, numbers};

/// Queries of 32 bits, keys and values of 16 bits: `heads` side by side at each position.
struct Case {
    heads: usize,
    queries: usize,
    keys: usize,
    query: Vec<f32>,
    key: Vec<f16>,
    value: Vec<f16>,
    /// Whether query `q` may look at key `k`.
    open: fn(usize, usize) -> bool,
}

impl Case {
    fn new(heads: usize, queries: usize, keys: usize, open: fn(usize, usize) -> bool) -> Case {
        let halves = |seed| numbers(heads * keys * WIDTH, seed).into_iter().map(f16::from_f32).collect();
        let query = numbers(heads * queries * WIDTH, 1).into_iter().map(|number| number * 4.0).collect();
        Case { heads, queries, keys, query, key: halves(2), value: halves(3), open }
    }

    fn mask(&self) -> Vec<u16> {
        let value = |(q, k)| if (self.open)(q, k) { f16::ZERO } else { f16::NEG_INFINITY };
        (0..self.queries).flat_map(|q| (0..self.keys).map(move |k| (q, k))).map(|at| value(at).to_bits()).collect()
    }

    fn run(&self, level: Level, masked: bool) -> Vec<f32> {
        let (mask, row) = (self.mask(), self.heads * WIDTH);
        let mut to = vec![f32::NAN; self.queries * row];
        let work = Work {
            level,
            query: Heads { start: self.query.as_ptr(), step: row, head: WIDTH },
            key: Heads { start: self.key.as_ptr().cast(), step: row, head: WIDTH },
            value: Heads { start: self.value.as_ptr().cast(), step: row, head: WIDTH },
            mask: if masked { mask.as_ptr() } else { std::ptr::null() },
            mask_step: self.keys,
            to: to.as_mut_ptr(),
            scale: 0.125,
            queries: self.queries,
            keys: self.keys,
            heads: self.heads,
        };
        let mut scratch = Scratch::default();
        // SAFETY: all parts are as large as said, and the level is one of this processor.
        unsafe {
            if self.queries >= MANY && !masked {
                (0..self.heads).for_each(|head| work.many(head, &mut scratch));
            } else {
                (0..self.queries).for_each(|query| work.one(query, &mut scratch));
            }
        }
        to
    }

    /// Word for word after the definition.
    fn plain(&self) -> Vec<f32> {
        let mut to = Vec::new();
        for (q, h) in (0..self.queries).flat_map(|q| (0..self.heads).map(move |h| (q, h))) {
            let at = |position: usize| (position * self.heads + h) * WIDTH;
            let open: Vec<usize> = (0..self.keys).filter(|k| (self.open)(q, *k)).collect();
            let dot = |k: &usize| -> f64 {
                (0..WIDTH).map(|i| f64::from(self.query[at(q) + i]) * self.key[at(*k) + i].to_f64()).sum()
            };
            let powers: Vec<f64> = open.iter().map(|k| (0.125 * dot(k)).exp()).collect();
            let sum: f64 = powers.iter().sum();
            to.extend((0..WIDTH).map(|i| {
                let weighted = open.iter().zip(&powers).map(|(k, power)| power * self.value[at(*k) + i].to_f64());
                (weighted.sum::<f64>() / sum) as f32
            }));
        }
        to
    }
}

fn check(case: &Case, masked: bool) {
    let expected = case.plain();
    for level in levels() {
        for (at, (got, expected)) in case.run(level, masked).iter().zip(&expected).enumerate() {
            assert!(
                (got - expected).abs() < 1e-4,
                "{level:?}, {} heads, {} queries, {} keys: number {at} is {got}, not {expected}",
                case.heads,
                case.queries,
                case.keys
            );
        }
    }
}

#[test]
fn attention_is_that_of_the_definition() {
    for (heads, queries, keys) in
        [(4, 1, 1), (6, 3, 33), (8, 1, 100), (8, 40, 65), (6, 32, 128), (20, 2, 17), (8, 50, 50)]
    {
        check(&Case::new(heads, queries, keys, |_, _| true), false);
    }
}

#[test]
fn what_the_mask_hides_does_not_count() {
    // Later positions are hidden, as in a decoder.
    for (heads, queries, keys) in [(8, 1, 5), (6, 12, 32), (8, 40, 64)] {
        check(&Case::new(heads, queries, keys, |q, k| k <= q), true);
    }
}

#[test]
fn programs_of_this_crate_are_linked_with_it() {
    assert!(levels().is_empty() || level() == Level::Ggml || !cfg!(target_os = "linux") || in_place());
}
