//! Kernels for processors with 512-bit registers and 8-bit dot products.

// Loops over registers run side by side through several arrays; iterators would hide that, and hinder unrolling.
#![allow(clippy::needless_range_loop)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;
use std::ops::Range;

use super::packed::{BLOCK, Out, PANEL_BLOCK, Packed, Quantised, ROWS};

/// Whether this processor has what these kernels need.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vnni")
}

/// Columns computed together.
const COLUMNS: usize = 6;
/// Bytes ahead of its place that a single column's pass asks for.
const AHEAD: usize = 2048;

/// Cuts a column into blocks of 32 8-bit numbers with a scale each.
///
/// # Safety
/// The processor has what [`is_available`] asks for.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn quantise(numbers: &[f32], to: &mut Quantised, column: usize) {
    let at = column * to.blocks;
    let bytes = &mut to.numbers[at * BLOCK..][..to.blocks * BLOCK];
    let scales = &mut to.scales[at..][..to.blocks];
    let offsets = &mut to.offsets[at..][..to.blocks];
    let blocks = numbers.chunks_exact(BLOCK).zip(bytes.chunks_exact_mut(BLOCK));
    for ((numbers, bytes), (scale, offset)) in blocks.zip(scales.iter_mut().zip(offsets)) {
        // SAFETY: a block is two registers of numbers and two 128-bit halves of bytes.
        unsafe {
            let low = _mm512_loadu_ps(numbers.as_ptr());
            let high = _mm512_loadu_ps(numbers.as_ptr().add(16));
            let most = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(low), _mm512_abs_ps(high)));
            *scale = most / 127.0;
            let factor = _mm512_set1_ps(if most > 0.0 { 127.0 / most } else { 0.0 });
            let low = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor));
            let high = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));
            *offset = -128 * _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtsepi32_epi8(low));
            _mm_storeu_si128(bytes.as_mut_ptr().add(16).cast(), _mm512_cvtsepi32_epi8(high));
        }
    }
}

/// # Safety
/// As [`super::packed::multiply`]; the processor has what [`is_available`] asks for.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn panels(packed: &Packed, columns: &Quantised, n: usize, panels: Range<usize>, out: &Out) {
    // SAFETY: passed on from the caller; the tiles cover existing panels and columns only.
    unsafe {
        let mut panel = panels.start;
        if n == 1 {
            while panel + 4 <= panels.end {
                tile::<4, 1, true>(packed, panel, columns, 0, out);
                panel += 4;
            }
            while panel < panels.end {
                tile::<1, 1, true>(packed, panel, columns, 0, out);
                panel += 1;
            }
            return;
        }
        while panel < panels.end {
            let pair = panel + 2 <= panels.end;
            let mut column = 0;
            while column < n {
                let left = (n - column).min(COLUMNS);
                match (pair, left) {
                    (true, 1) => tile::<2, 1, false>(packed, panel, columns, column, out),
                    (true, 2) => tile::<2, 2, false>(packed, panel, columns, column, out),
                    (true, 3) => tile::<2, 3, false>(packed, panel, columns, column, out),
                    (true, 4) => tile::<2, 4, false>(packed, panel, columns, column, out),
                    (true, 5) => tile::<2, 5, false>(packed, panel, columns, column, out),
                    (true, _) => tile::<2, COLUMNS, false>(packed, panel, columns, column, out),
                    (false, 1) => tile::<1, 1, false>(packed, panel, columns, column, out),
                    (false, 2) => tile::<1, 2, false>(packed, panel, columns, column, out),
                    (false, 3) => tile::<1, 3, false>(packed, panel, columns, column, out),
                    (false, 4) => tile::<1, 4, false>(packed, panel, columns, column, out),
                    (false, 5) => tile::<1, 5, false>(packed, panel, columns, column, out),
                    (false, _) => tile::<1, COLUMNS, false>(packed, panel, columns, column, out),
                }
                column += left;
            }
            panel += if pair { 2 } else { 1 };
        }
    }
}

/// `P` panels times `N` columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile<const P: usize, const N: usize, const STREAM: bool>(
    packed: &Packed,
    panel: usize,
    columns: &Quantised,
    column: usize,
    out: &Out,
) {
    let blocks = packed.blocks;
    let weights: [*const u8; P] = std::array::from_fn(|p| packed.weights(panel + p));
    let scales: [*const u16; P] = std::array::from_fn(|p| packed.scales(panel + p));
    let first = column * blocks;
    let numbers = columns.numbers[first * BLOCK..].as_ptr();
    let column_scales = columns.scales[first..].as_ptr();
    let offsets = columns.offsets[first..].as_ptr();
    let mut sums = [[_mm512_setzero_ps(); N]; P];
    // SAFETY: all reads lie in panels `panel .. panel + P` and columns `column .. column + N`, which exist; writes are masked to the
    // rows of `out`. Prefetching beyond the end is harmless.
    unsafe {
        for block in 0..blocks {
            let mut products = [[_mm512_setzero_si512(); N]; P];
            for j in 0..N {
                let offset = _mm512_set1_epi32(*offsets.add(j * blocks + block));
                for row in &mut products {
                    row[j] = offset;
                }
            }
            for step in 0..BLOCK / 4 {
                let at = block * PANEL_BLOCK + step * ROWS * 4;
                let mut rows = [_mm512_setzero_si512(); P];
                for p in 0..P {
                    let from = weights[p].wrapping_add(at);
                    if STREAM {
                        _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
                    }
                    rows[p] = _mm512_loadu_si512(from.cast());
                }
                for j in 0..N {
                    let four = numbers.add((j * blocks + block) * BLOCK + step * 4).cast::<i32>();
                    let four = _mm512_set1_epi32(four.read_unaligned());
                    for p in 0..P {
                        products[p][j] = _mm512_dpbusd_epi32(products[p][j], rows[p], four);
                    }
                }
            }
            for p in 0..P {
                let scale = _mm512_cvtph_ps(_mm256_loadu_si256(scales[p].add(block * ROWS).cast()));
                for j in 0..N {
                    let factor = _mm512_mul_ps(scale, _mm512_set1_ps(*column_scales.add(j * blocks + block)));
                    sums[p][j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[p][j]), factor, sums[p][j]);
                }
            }
        }
        for p in 0..P {
            let row = (panel + p) * ROWS;
            let mask = lanes(out.rows.saturating_sub(row));
            for j in 0..N {
                let to = out.start.wrapping_add((column + j) * out.stride + row);
                _mm512_mask_storeu_ps(to, mask, sums[p][j]);
            }
        }
    }
}

/// A mask of the first lanes of a register.
pub(super) fn lanes(count: usize) -> u16 {
    if count >= 16 { u16::MAX } else { (1 << count) - 1 }
}

/// Rows a dense panel has: two registers.
pub(super) const DENSE_ROWS: usize = 32;
/// Columns of a dense tile.
const DENSE_COLUMNS: usize = 12;

/// One panel of `DENSE_ROWS` rows (number `i` of row `r` at `i * DENSE_ROWS + r`) times all columns.
///
/// # Safety
/// The panel has `k` numbers a row, `b` `n` columns of `k` numbers `ldb` apart, `c` `n` columns of `rows` numbers `ldc` apart; the processor has
/// what [`is_available`] asks for.
#[allow(clippy::too_many_arguments)] // The shape of a product, as ggml gives it.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
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
                6 => dense_tile::<6>(panel, rows, k, b, ldb, c, ldc),
                7 => dense_tile::<7>(panel, rows, k, b, ldb, c, ldc),
                8 => dense_tile::<8>(panel, rows, k, b, ldb, c, ldc),
                9 => dense_tile::<9>(panel, rows, k, b, ldb, c, ldc),
                10 => dense_tile::<10>(panel, rows, k, b, ldb, c, ldc),
                11 => dense_tile::<11>(panel, rows, k, b, ldb, c, ldc),
                _ => dense_tile::<DENSE_COLUMNS>(panel, rows, k, b, ldb, c, ldc),
            }
        }
        column += (n - column).min(DENSE_COLUMNS);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn dense_tile<const N: usize>(
    panel: &[f32],
    rows: usize,
    k: usize,
    b: *const f32,
    ldb: usize,
    c: *mut f32,
    ldc: usize,
) {
    let mut low = [_mm512_setzero_ps(); N];
    let mut high = [_mm512_setzero_ps(); N];
    let panel = panel[..k * DENSE_ROWS].as_ptr();
    // SAFETY: the panel has `k` times two registers; `b` and `c` have `N` columns, by the caller's word; writes are masked to the rows.
    unsafe {
        for i in 0..k {
            let first = _mm512_loadu_ps(panel.add(i * DENSE_ROWS));
            let second = _mm512_loadu_ps(panel.add(i * DENSE_ROWS + 16));
            for j in 0..N {
                let number = _mm512_set1_ps(*b.add(j * ldb + i));
                low[j] = _mm512_fmadd_ps(first, number, low[j]);
                high[j] = _mm512_fmadd_ps(second, number, high[j]);
            }
        }
        for j in 0..N {
            _mm512_mask_storeu_ps(c.add(j * ldc), lanes(rows), low[j]);
            _mm512_mask_storeu_ps(c.wrapping_add(j * ldc + 16), lanes(rows.saturating_sub(16)), high[j]);
        }
    }
}

/// 16-bit numbers to 32-bit ones.
///
/// # Safety
/// `from` has as many numbers as `to`; the processor has what [`is_available`] asks for.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn widen(from: *const u16, to: &mut [f32]) {
    let whole = to.len() / 16 * 16;
    // SAFETY: both have `to.len()` numbers; the last ones are masked.
    unsafe {
        for at in (0..whole).step_by(16) {
            _mm512_storeu_ps(to.as_mut_ptr().add(at), _mm512_cvtph_ps(_mm256_loadu_si256(from.add(at).cast())));
        }
        if whole < to.len() {
            let mask = lanes(to.len() - whole);
            let halves = _mm256_maskz_loadu_epi16(mask, from.add(whole).cast());
            _mm512_mask_storeu_ps(to.as_mut_ptr().add(whole), mask, _mm512_cvtph_ps(halves));
        }
    }
}
