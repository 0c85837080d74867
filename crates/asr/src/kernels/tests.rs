use half::f16;
use proptest::prelude::*;

use super::packed::Columns;
use super::*;

/// The levels this processor has kernels for.
pub(super) fn levels() -> Vec<Level> {
    let mut levels = Vec::new();
    if avx512::is_available() {
        levels.push(Level::Avx512);
    }
    if avx2::is_available() {
        levels.push(Level::Avx2);
    }
    levels
}

fn shape(m: usize, n: usize, k: usize) -> Shape {
    Shape { m, n, k, lda: k, ldb: k, ldc: m, part: 0, parts: 1 }
}

/// Numbers between −1 and 1 that look random.
pub(super) fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// Blocks of 32 numbers as ggml stores them, and the numbers they stand for.
fn blocks(numbers: &[f32]) -> (Vec<u8>, Vec<f32>) {
    let (mut bytes, mut meant) = (Vec::new(), Vec::new());
    for block in numbers.chunks_exact(32) {
        let scale = f16::from_f32(block.iter().fold(0.0_f32, |most, x| most.max(x.abs())) / 127.0);
        bytes.extend(scale.to_le_bytes());
        for number in block {
            let step = (number / scale.to_f32()).round().clamp(-127.0, 127.0);
            bytes.push(step as i8 as u8);
            meant.push(step * scale.to_f32());
        }
    }
    (bytes, meant)
}

fn plain(a: &[f32], b: &[f32], m: usize, n: usize, k: usize) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32;
    (0..n).flat_map(|j| (0..m).map(move |i| (i, j))).map(|(i, j)| dot(&a[i * k..][..k], &b[j * k..][..k])).collect()
}

/// Rounding of a column to 8 bits puts half a step on each number: of `k` such errors about √k add up.
fn tolerance(k: usize) -> f32 {
    0.01 * (k as f32).sqrt()
}

#[test]
fn eight_bit_products_are_those_of_the_numbers_meant() {
    for (m, n, k) in [(16, 1, 32), (64, 1, 512), (33, 5, 64), (48, 6, 96), (100, 13, 256), (7, 2, 32), (80, 1, 32)] {
        let (a, meant) = blocks(&numbers(m * k, 1));
        let b = numbers(n * k, 2);
        let expected = plain(&meant, &b, m, n, k);
        for level in levels() {
            forget();
            let mut c = vec![f32::NAN; m * n];
            let shape = Shape { k: k / 32, lda: k / 32, ..shape(m, n, k) };
            // SAFETY: the matrices have the sizes of the shape, the level is one of this processor.
            assert!(unsafe {
                packed::multiply(level, &shape, a.as_ptr(), Columns::Numbers(b.as_ptr()), c.as_mut_ptr())
            });
            for (got, expected) in c.iter().zip(&expected) {
                assert!((got - expected).abs() < tolerance(k), "{level:?} {m}x{n}x{k}: {got} for {expected}");
            }
            // The same columns, already in blocks.
            let (blocks, meant_b) = blocks(&b);
            let expected = plain(&meant, &meant_b, m, n, k);
            let shape = Shape { ldb: k / 32, ..shape };
            // SAFETY: as above.
            assert!(unsafe {
                packed::multiply(level, &shape, a.as_ptr(), Columns::Blocks(blocks.as_ptr()), c.as_mut_ptr())
            });
            for (got, expected) in c.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-3, "{level:?} {m}x{n}x{k} in blocks: {got} for {expected}");
            }
        }
    }
    forget();
}

#[test]
fn rows_that_are_not_wanted_are_minus_infinity() {
    // A size nothing else has: restrictions hold for all matrices with that many rows.
    let (m, n, k) = (1237, 2, 64);
    let (a, meant) = blocks(&numbers(m * k, 3));
    let b = numbers(n * k, 4);
    let expected = plain(&meant, &b, m, n, k);
    let rows: Vec<u32> = (0..m as u32).filter(|row| row % 7 == 3).collect();
    restrict_rows(m, Some(rows.clone().into()));
    for level in levels() {
        forget();
        let mut c = vec![f32::NAN; m * n];
        let shape = Shape { k: k / 32, lda: k / 32, ..shape(m, n, k) };
        // SAFETY: the matrices have the sizes of the shape, the level is one of this processor.
        assert!(unsafe { packed::multiply(level, &shape, a.as_ptr(), Columns::Numbers(b.as_ptr()), c.as_mut_ptr()) });
        for (at, (got, expected)) in c.iter().zip(&expected).enumerate() {
            if rows.contains(&((at % m) as u32)) {
                assert!((got - expected).abs() < tolerance(k), "{level:?} row {}: {got} for {expected}", at % m);
            } else {
                assert_eq!(*got, f32::NEG_INFINITY, "{level:?} row {}", at % m);
            }
        }
    }
    restrict_rows(m, None);
    forget();
}

#[test]
fn threads_together_make_the_whole_product() {
    let (m, n, k) = (90, 3, 64);
    let (a, meant) = blocks(&numbers(m * k, 5));
    let b = numbers(n * k, 6);
    let (expected, expected_dense) = (plain(&meant, &b, m, n, k), plain(&meant, &b, m, n, k));
    for level in levels() {
        forget();
        let (mut c, mut dense_c) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        for part in 0..3 {
            let whole = Shape { part, parts: 3, ..shape(m, n, k) };
            let in_blocks = Shape { k: k / 32, lda: k / 32, ..whole };
            let (left, right) =
                (dense::Numbers::new(meant.as_ptr().cast(), false), dense::Numbers::new(b.as_ptr().cast(), false));
            // SAFETY: the matrices have the sizes of the shape, the level is one of this processor.
            unsafe {
                packed::multiply(level, &in_blocks, a.as_ptr(), Columns::Numbers(b.as_ptr()), c.as_mut_ptr());
                dense::multiply(level, &whole, left, right, dense_c.as_mut_ptr());
            }
        }
        for (got, expected) in c.iter().zip(&expected).chain(dense_c.iter().zip(&expected_dense)) {
            assert!((got - expected).abs() < tolerance(k), "{level:?}: {got} for {expected}");
        }
    }
    forget();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn dense_products_are_right_in_every_size(m in 1_usize..70, n in 2_usize..30, k in 1_usize..50, wide_a: bool, wide_b: bool) {
        let round = |x: &f32| f16::from_f32(*x).to_f32();
        let a: Vec<f32> = numbers(m * k, 7).iter().map(round).collect();
        let b: Vec<f32> = numbers(n * k, 8).iter().map(round).collect();
        let halves = |from: &[f32]| from.iter().map(|x| f16::from_f32(*x).to_bits()).collect::<Vec<u16>>();
        let (half_a, half_b) = (halves(&a), halves(&b));
        let pick = |wide, full: &[f32], half: &[u16]| match wide {
            true => dense::Numbers::new(full.as_ptr().cast(), false),
            false => dense::Numbers::new(half.as_ptr().cast(), true),
        };
        let expected = plain(&a, &b, m, n, k);
        for level in levels() {
            let mut c = vec![f32::NAN; m * n];
            // SAFETY: the matrices have the sizes of the shape, the level is one of this processor.
            let done = unsafe {
                dense::multiply(level, &shape(m, n, k), pick(wide_a, &a, &half_a), pick(wide_b, &b, &half_b), c.as_mut_ptr())
            };
            prop_assert!(done);
            for (got, expected) in c.iter().zip(&expected) {
                prop_assert!((got - expected).abs() < 1e-4, "{:?}: {} for {}", level, got, expected);
            }
        }
    }
}

#[test]
fn ggml_asks_these_kernels() {
    use crate::{Transcriber as _, WhisperEngine, WhisperSettings};

    if levels().is_empty() {
        return;
    }
    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-base-f16.bin");
    assert!(model.is_file(), "models/ggml-base-f16.bin is missing: run scripts/setup");
    let engine = WhisperEngine::load(&model, &WhisperSettings::default()).unwrap();
    let mut session = engine.session().unwrap();
    let before = answered();
    session.transcribe(&numbers(16_000, 9)).unwrap();
    // One second through six layers of encoder, six products in each, and at least one step of the decoder.
    assert!(answered() - before >= 6 * 6, "another `llamafile_sgemm` was linked");
}
