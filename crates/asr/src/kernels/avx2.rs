//! Kernels for processors with 256-bit registers only.

use std::arch::x86_64::*;
use std::ops::Range;

use super::packed::{BLOCK, Out, PANEL_BLOCK, Packed, Quantised, ROWS};

/// Whether this processor has what these kernels need.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

/// Columns computed together.
const COLUMNS: usize = 4;
/// Bytes ahead of its place that a single column's pass asks for.
const AHEAD: usize = 2048;

/// Cuts a column into blocks of 32 8-bit numbers with a scale each.
///
/// # Safety
/// The processor has what [`is_available`] asks for.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn quantise(numbers: &[f32], to: &mut Quantised, column: usize) {
    let at = column * to.blocks;
    let bytes = &mut to.numbers[at * BLOCK..][..to.blocks * BLOCK];
    let scales = &mut to.scales[at..][..to.blocks];
    for ((numbers, bytes), scale) in numbers.chunks_exact(BLOCK).zip(bytes.chunks_exact_mut(BLOCK)).zip(scales) {
        let most = numbers.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        *scale = most / 127.0;
        let factor = if most > 0.0 { 127.0 / most } else { 0.0 };
        for (to, number) in bytes.iter_mut().zip(numbers) {
            *to = (number * factor).round_ties_even() as i8;
        }
    }
}

/// # Safety
/// As [`super::packed::multiply`]; the processor has what [`is_available`] asks for.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn panels(packed: &Packed, columns: &Quantised, n: usize, panels: Range<usize>, out: &Out) {
    for panel in panels {
        let mut column = 0;
        while column < n {
            let left = (n - column).min(COLUMNS);
            // SAFETY: passed on from the caller; the tiles cover existing columns only.
            unsafe {
                match left {
                    1 => tile::<1>(packed, panel, columns, column, out),
                    2 => tile::<2>(packed, panel, columns, column, out),
                    3 => tile::<3>(packed, panel, columns, column, out),
                    _ => tile::<COLUMNS>(packed, panel, columns, column, out),
                }
            }
            column += left;
        }
    }
}

/// A panel, in two registers of eight rows, times `N` columns. The instruction wants its first numbers unsigned: so the sign of a weight
/// is moved to the other factor. A product of four numbers then stays below 2 · 127 · 127 in 16 bits, and cannot overflow.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<const N: usize>(packed: &Packed, panel: usize, columns: &Quantised, column: usize, out: &Out) {
    let blocks = packed.blocks;
    let (weights, scales) = (packed.weights(panel), packed.scales(panel));
    let first = column * blocks;
    let numbers = columns.numbers[first * BLOCK..].as_ptr();
    let column_scales = columns.scales[first..].as_ptr();
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    // SAFETY: all reads lie in this panel and columns `column .. column + N`, which exist. Prefetching beyond the end is harmless.
    unsafe {
        for block in 0..blocks {
            let mut products = [[_mm256_setzero_si256(); 2]; N];
            for step in 0..BLOCK / 4 {
                let from = weights.wrapping_add(block * PANEL_BLOCK + step * ROWS * 4);
                if N == 1 {
                    _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
                }
                let rows: [__m256i; 2] =
                    [_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.wrapping_add(32).cast())];
                let sizes = [_mm256_abs_epi8(rows[0]), _mm256_abs_epi8(rows[1])];
                for (j, products) in products.iter_mut().enumerate() {
                    let four = numbers.add((j * blocks + block) * BLOCK + step * 4).cast::<i32>();
                    let four = _mm256_set1_epi32(four.read_unaligned());
                    for half in 0..2 {
                        let pairs = _mm256_maddubs_epi16(sizes[half], _mm256_sign_epi8(four, rows[half]));
                        products[half] = _mm256_add_epi32(products[half], _mm256_madd_epi16(pairs, ones));
                    }
                }
            }
            for half in 0..2 {
                let scale = _mm256_cvtph_ps(_mm_loadu_si128(scales.add(block * ROWS + half * 8).cast()));
                for j in 0..N {
                    let factor = _mm256_mul_ps(scale, _mm256_set1_ps(*column_scales.add(j * blocks + block)));
                    sums[j][half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(products[j][half]), factor, sums[j][half]);
                }
            }
        }
        for (j, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                let row = panel * ROWS + half * 8;
                store(out.start.wrapping_add((column + j) * out.stride + row), out.rows.saturating_sub(row), *sum);
            }
        }
    }
}

/// Writes the first `rows` of eight numbers.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn store(to: *mut f32, rows: usize, numbers: __m256) {
    // SAFETY: the caller says how many may be written.
    unsafe {
        if rows >= 8 {
            _mm256_storeu_ps(to, numbers);
        } else {
            let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(_mm256_set1_epi32(rows as i32), lanes), numbers);
        }
    }
}

/// Rows a dense panel has: two registers.
pub(super) const DENSE_ROWS: usize = 16;
/// Columns of a dense tile.
const DENSE_COLUMNS: usize = 6;

/// One panel of `DENSE_ROWS` rows (number `i` of row `r` at `i * DENSE_ROWS + r`) times all columns.
///
/// # Safety
/// The panel has `k` numbers a row, `b` `n` columns of `k` numbers `ldb` apart, `c` `n` columns of `rows` numbers `ldc` apart; the processor has
/// what [`is_available`] asks for.
#[allow(clippy::too_many_arguments)] // The shape of a product, as ggml gives it.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn dense_panel(
    panel: &[f32],
    rows: usize,
    k: usize,
    b: *const f32,
    ldb: usize,
    n: usize,
    c: *mut f32,
    ldc: usize,
) {
    let mut column = 0;
    while column < n {
        let (b, c) = (b.wrapping_add(column * ldb), c.wrapping_add(column * ldc));
        // SAFETY: passed on from the caller; the tiles cover existing columns only.
        unsafe {
            match n - column {
                1 => dense_tile::<1>(panel, rows, k, b, ldb, c, ldc),
                2 => dense_tile::<2>(panel, rows, k, b, ldb, c, ldc),
                3 => dense_tile::<3>(panel, rows, k, b, ldb, c, ldc),
                4 => dense_tile::<4>(panel, rows, k, b, ldb, c, ldc),
                5 => dense_tile::<5>(panel, rows, k, b, ldb, c, ldc),
                _ => dense_tile::<DENSE_COLUMNS>(panel, rows, k, b, ldb, c, ldc),
            }
        }
        column += (n - column).min(DENSE_COLUMNS);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn dense_tile<const N: usize>(
    panel: &[f32],
    rows: usize,
    k: usize,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    let panel = panel[..k * DENSE_ROWS].as_ptr();
    // SAFETY: the panel has `k` times two registers; `b` and `c` have `N` columns, by the caller's word.
    unsafe {
        for i in 0..k {
            let halves = [_mm256_loadu_ps(panel.add(i * DENSE_ROWS)), _mm256_loadu_ps(panel.add(i * DENSE_ROWS + 8))];
            for (j, sums) in sums.iter_mut().enumerate() {
                let number = _mm256_set1_ps(*b.add(j * ldb + i));
                sums[0] = _mm256_fmadd_ps(halves[0], number, sums[0]);
                sums[1] = _mm256_fmadd_ps(halves[1], number, sums[1]);
            }
        }
        for (j, sums) in sums.iter().enumerate() {
            store(c.wrapping_add(j * ldc), rows, sums[0]);
            store(c.wrapping_add(j * ldc + 8), rows.saturating_sub(8), sums[1]);
        }
    }
}

/// 16-bit numbers to 32-bit ones.
///
/// # Safety
/// `from` has as many numbers as `to`; the processor has what [`is_available`] asks for.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn widen(from: *const u16, to: &mut [f32]) {
    let whole = to.len() / 8 * 8;
    // SAFETY: both have `to.len()` numbers.
    unsafe {
        for at in (0..whole).step_by(8) {
            _mm256_storeu_ps(to.as_mut_ptr().add(at), _mm256_cvtph_ps(_mm_loadu_si128(from.add(at).cast())));
        }
        for at in whole..to.len() {
            *to.get_unchecked_mut(at) = half::f16::from_bits(*from.add(at)).to_f32();
        }
    }
}
