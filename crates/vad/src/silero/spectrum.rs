//! The short-time Fourier transform at the network's input, as magnitudes.
//!
//! The model file carries it as a convolution with 258 rows of 256 values: Hann window times cosine (129 rows) and minus sine
//! (129 rows). Such a table is full of symmetry. With w(n) = w(256 − n), the cosine is even and the sine odd about n = 128, so
//! samples can be added or subtracted in pairs first; and row 128 − k equals row k up to the sign of its odd samples. What is
//! left is a quarter of the products. [`Spectrum::new`] proves that the file's table is that table.

use std::f64::consts::TAU;

use super::SileroError;
use super::kernel::Layer;

/// Values in a row of the table.
const ROW: usize = 256;
/// Frequencies, 0 and Nyquist included.
pub(super) const BINS: usize = 129;
/// Windows in a frame, [`HOP`] samples apart.
pub(super) const STEPS: usize = 4;
const HOP: usize = 128;
/// Frequencies that are computed; the others follow from symmetry.
const HALF: usize = 65;
/// `HALF` rounded up to whole blocks.
const HALF_PADDED: usize = 80;

type Part = Layer<64, 16, 1>;

/// The transform.
pub(super) struct Spectrum {
    cos_even: Part,
    cos_odd: Part,
    sin_even: Part,
    sin_odd: Part,
}

impl Spectrum {
    /// Builds the transform, after a check that `table` (258 × 256, stored in half precision) is the Hann-windowed Fourier basis.
    pub fn new(table: &[f32]) -> Result<Self, SileroError> {
        for (r, row) in table.chunks(ROW).enumerate() {
            for (n, value) in row.iter().enumerate() {
                let wanted = if r < BINS { cosine(r, n) } else { -sine(r - BINS, n) };
                // Half precision keeps 11 bits of values up to 1.
                if (f64::from(*value) - wanted).abs() > 1.0 / 1024.0 {
                    return Err(SileroError::Foreign("has another Fourier basis than Silero v5 and v6".to_owned()));
                }
            }
        }
        let part = |value: fn(usize, usize) -> f64, first: usize| {
            let weight = move |k: usize, i: usize, _| if k < HALF { value(k, first + 2 * i) as f32 } else { 0.0 };
            Part::new(HALF_PADDED, weight, |_| 0.0)
        };
        // n = 0 has no weight at all, so the even samples are 2, 4 … 128 and the odd ones 1, 3 … 127.
        Ok(Spectrum {
            cos_even: part(cosine, 2),
            cos_odd: part(cosine, 1),
            sin_even: part(sine, 2),
            sin_odd: part(sine, 1),
        })
    }

    /// Magnitudes of the four windows of `samples` (640), as `out[1 + time][frequency]`: the zeros before and after are the
    /// padding that the next layer wants.
    pub fn magnitudes(&self, samples: &[f32; 640], out: &mut [[f32; BINS]; STEPS + 2]) {
        // Sums and differences of the samples that share a weight; index i stands for n = 2i + 2 (even) and 2i + 1 (odd).
        let mut sum_even = [[0.0f32; 64]; STEPS];
        let mut sum_odd = [[0.0f32; 64]; STEPS];
        let mut difference_even = [[0.0f32; 64]; STEPS];
        let mut difference_odd = [[0.0f32; 64]; STEPS];
        for t in 0..STEPS {
            let window = &samples[t * HOP..t * HOP + ROW];
            for i in 0..64 {
                let (even, odd) = (2 * i + 2, 2 * i + 1);
                // The middle sample is its own partner.
                let partner = if even == 128 { 0.0 } else { window[ROW - even] };
                sum_even[t][i] = window[even] + partner;
                difference_even[t][i] = window[even] - partner;
                sum_odd[t][i] = window[odd] + window[ROW - odd];
                difference_odd[t][i] = window[odd] - window[ROW - odd];
            }
        }
        let ce = transform(&self.cos_even, &sum_even);
        let co = transform(&self.cos_odd, &sum_odd);
        let se = transform(&self.sin_even, &difference_even);
        let so = transform(&self.sin_odd, &difference_odd);
        for t in 0..STEPS {
            for k in 0..HALF {
                let (re, im) = (ce[t][k] + co[t][k], se[t][k] + so[t][k]);
                out[t + 1][k] = (re * re + im * im).sqrt();
                let (re, im) = (ce[t][k] - co[t][k], se[t][k] - so[t][k]);
                out[t + 1][BINS - 1 - k] = (re * re + im * im).sqrt();
            }
        }
    }
}

fn transform(part: &Part, input: &[[f32; 64]; STEPS]) -> [[f32; HALF_PADDED]; STEPS] {
    let mut out = [[0.0; HALF_PADDED]; STEPS];
    part.apply::<STEPS, STEPS, 1>(input, |first, sums| {
        for (row, sums) in out.iter_mut().zip(sums) {
            row[first..first + sums.len()].copy_from_slice(sums);
        }
    });
    out
}

fn angle(k: usize, n: usize) -> f64 {
    // The remainder keeps the argument small, and equal angles equal to the last bit.
    ((k * n) % ROW) as f64 / ROW as f64 * TAU
}

fn hann(n: usize) -> f64 {
    0.5 - 0.5 * angle(1, n).cos()
}

fn cosine(k: usize, n: usize) -> f64 {
    hann(n) * angle(k, n).cos()
}

fn sine(k: usize, n: usize) -> f64 {
    hann(n) * angle(k, n).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<f32> {
        let rows = |f: fn(usize, usize) -> f64, sign: f64| {
            (0..BINS).flat_map(move |k| (0..ROW).map(move |n| (sign * f(k, n)) as f32))
        };
        rows(cosine, 1.0).chain(rows(sine, -1.0)).collect()
    }

    #[test]
    fn folded_transform_equals_the_plain_one() {
        let table = table();
        let spectrum = Spectrum::new(&table).unwrap();
        // A pseudo-random signal: every symmetry that holds only for special signals would show.
        let mut seed = 1u32;
        let samples = std::array::from_fn(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as f32 / u32::MAX as f32 - 0.5
        });
        let mut out = [[0.0; BINS]; STEPS + 2];
        spectrum.magnitudes(&samples, &mut out);
        for t in 0..STEPS {
            for (k, found) in out[t + 1].into_iter().enumerate() {
                let dot = |row: usize| -> f64 {
                    let row = &table[row * ROW..(row + 1) * ROW];
                    row.iter().zip(&samples[t * HOP..]).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum()
                };
                let plain = dot(k).hypot(dot(BINS + k));
                assert!((plain - f64::from(found)).abs() < 1e-5, "{k} {t}: {plain} {found}");
            }
        }
        assert!(out[0].iter().chain(&out[STEPS + 1]).all(|padding| *padding == 0.0));
    }

    #[test]
    fn another_table_is_refused() {
        let mut table = table();
        table[5 * ROW + 77] += 0.01;
        assert!(matches!(Spectrum::new(&table), Err(SileroError::Foreign(_))));
    }
}
