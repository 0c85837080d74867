//! Parts of attention for processors with 512-bit registers.

#![allow(clippy::needless_range_loop)] // Loops over registers run side by side through several arrays.

use std::arch::x86_64::*;

use super::{GROUP, WIDTH};
use crate::kernels::avx512::lanes;

/// Registers of a query, a key or a value.
const PARTS: usize = WIDTH / 16;
/// Queries whose sums are held in registers together.
const TOGETHER: usize = 6;
/// Keys ahead of its place that a single query's pass asks for.
const AHEAD: usize = 8;

/// e to the power of each number; 0 from about −87 down. Range reduction and polynomial of the Cephes library's `expf`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn exp(x: __m512) -> __m512 {
    let set = |number: f32| _mm512_set1_ps(number);
    let x = _mm512_max_ps(x, set(-104.0));
    let n = _mm512_roundscale_ps::<0x08>(_mm512_mul_ps(x, set(std::f32::consts::LOG2_E)));
    let r = _mm512_fnmadd_ps(n, set(0.693_359_4), x);
    let r = _mm512_fnmadd_ps(n, set(-2.121_944_4e-4), r);
    let mut y = set(1.987_569_1e-4);
    for factor in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.0e-1] {
        y = _mm512_fmadd_ps(y, r, set(factor));
    }
    let y = _mm512_fmadd_ps(y, _mm512_mul_ps(r, r), _mm512_add_ps(r, set(1.0)));
    _mm512_scalef_ps(y, n)
}

/// Makes e to the power of (`scale` · score − the largest such) of each score; gives one by the sum of all.
///
/// # Safety
/// The processor has 512-bit registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn soft_max(scores: &mut [f32], scale: f32) -> f32 {
    let whole = scores.len() / 16 * 16;
    let rest = lanes(scores.len() - whole);
    let start = scores.as_mut_ptr();
    let scale = _mm512_set1_ps(scale);
    // SAFETY: all reads and writes lie within the scores; the last ones are masked.
    unsafe {
        let mut most = [_mm512_set1_ps(f32::NEG_INFINITY); 2];
        for at in (0..whole).step_by(16) {
            let register = &mut most[at / 16 % 2];
            *register = _mm512_max_ps(*register, _mm512_loadu_ps(start.add(at)));
        }
        let last = _mm512_mask_loadu_ps(_mm512_set1_ps(f32::NEG_INFINITY), rest, start.wrapping_add(whole));
        let most = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(most[0], most[1]), last));
        let most = _mm512_mul_ps(_mm512_set1_ps(most), scale);
        let mut sum = [_mm512_setzero_ps(); 2];
        for at in (0..whole).step_by(16) {
            let power = exp(_mm512_fmsub_ps(_mm512_loadu_ps(start.add(at)), scale, most));
            _mm512_storeu_ps(start.add(at), power);
            sum[at / 16 % 2] = _mm512_add_ps(sum[at / 16 % 2], power);
        }
        let power = exp(_mm512_fmsub_ps(last, scale, most));
        _mm512_mask_storeu_ps(start.wrapping_add(whole), rest, power);
        let last = _mm512_maskz_mov_ps(rest, power);
        1.0 / _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), last))
    }
}

/// For each query (one for each of `shares`, its scores `padded` apart) the sum of the values by their scores, times its share.
///
/// # Safety
/// Scores and result are as large as the strides say; the processor has 512-bit registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn weigh(scores: &[f32], padded: usize, shares: &[f32], values: &[f32], to: *mut f32, step: usize) {
    for (at, shares) in shares.chunks(TOGETHER).enumerate() {
        let scores = scores[at * TOGETHER * padded..].as_ptr();
        let to = to.wrapping_add(at * TOGETHER * step);
        // SAFETY: passed on from the caller.
        unsafe {
            match shares.len() {
                1 => weigh_some::<1>(scores, padded, shares, values, to, step),
                2 => weigh_some::<2>(scores, padded, shares, values, to, step),
                3 => weigh_some::<3>(scores, padded, shares, values, to, step),
                4 => weigh_some::<4>(scores, padded, shares, values, to, step),
                5 => weigh_some::<5>(scores, padded, shares, values, to, step),
                _ => weigh_some::<TOGETHER>(scores, padded, shares, values, to, step),
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn weigh_some<const N: usize>(
    scores: *const f32,
    padded: usize,
    shares: &[f32],
    values: &[f32],
    to: *mut f32,
    step: usize,
) {
    let mut sums = [[_mm512_setzero_ps(); PARTS]; N];
    // SAFETY: each of the `N` queries has a score for each value, and room for its sum.
    unsafe {
        for (key, value) in values.chunks_exact(WIDTH).enumerate() {
            let value: [__m512; PARTS] = std::array::from_fn(|part| _mm512_loadu_ps(value.as_ptr().add(part * 16)));
            for query in 0..N {
                let weight = _mm512_set1_ps(*scores.add(query * padded + key));
                for part in 0..PARTS {
                    sums[query][part] = _mm512_fmadd_ps(value[part], weight, sums[query][part]);
                }
            }
        }
        for query in 0..N {
            let share = _mm512_set1_ps(shares[query]);
            for part in 0..PARTS {
                _mm512_storeu_ps(to.add(query * step + part * 16), _mm512_mul_ps(sums[query][part], share));
            }
        }
    }
}

/// Products of one query of `GROUP` heads with every key: `GROUP` scores a key.
///
/// # Safety
/// `keys` holds a key of each head for each `GROUP` scores, `step` numbers from one position and `head` from one head to the next; the processor
/// has 512-bit registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn compare_group(query: &[f32], keys: *const u16, step: usize, head: usize, scores: &mut [f32]) {
    let query = query[..GROUP * WIDTH].as_ptr();
    // SAFETY: reads lie within the keys, by the caller's word; asking for memory ahead of them is harmless.
    unsafe {
        let query: [[__m512; PARTS]; GROUP] =
            std::array::from_fn(|h| std::array::from_fn(|part| _mm512_loadu_ps(query.add(h * WIDTH + part * 16))));
        for (at, scores) in scores.chunks_exact_mut(GROUP).enumerate() {
            let key = keys.add(at * step);
            let mut sums = [_mm512_setzero_ps(); GROUP];
            for h in 0..GROUP {
                ask_for(key.wrapping_add(AHEAD * step + h * head));
                for part in 0..PARTS {
                    let numbers = _mm512_cvtph_ps(_mm256_loadu_si256(key.add(h * head + part * 16).cast()));
                    sums[h] = _mm512_fmadd_ps(numbers, query[h][part], sums[h]);
                }
            }
            // Sixteen partial sums of four heads, turned and added until each head has one.
            let low = _mm512_add_ps(_mm512_unpacklo_ps(sums[0], sums[1]), _mm512_unpackhi_ps(sums[0], sums[1]));
            let high = _mm512_add_ps(_mm512_unpacklo_ps(sums[2], sums[3]), _mm512_unpackhi_ps(sums[2], sums[3]));
            let all = _mm512_add_ps(_mm512_shuffle_ps::<0x44>(low, high), _mm512_shuffle_ps::<0xEE>(low, high));
            let half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps::<1>(all));
            let four = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half));
            _mm_storeu_ps(scores.as_mut_ptr(), four);
        }
    }
}

/// The two cache lines of a key or value.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn ask_for(numbers: *const u16) {
    // A hint, whatever the address.
    _mm_prefetch::<_MM_HINT_T0>(numbers.cast());
    _mm_prefetch::<_MM_HINT_T0>(numbers.wrapping_add(WIDTH / 2).cast());
}

/// As [`soft_max`], for `GROUP` heads whose scores take turns; they are scaled already.
///
/// # Safety
/// The processor has 512-bit registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn soft_max_group(scores: &mut [f32]) -> [f32; GROUP] {
    let whole = scores.len() / 16 * 16;
    let rest = lanes(scores.len() - whole);
    let start = scores.as_mut_ptr();
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    // SAFETY: all reads and writes lie within the scores; the last ones are masked.
    unsafe {
        let last = _mm512_mask_loadu_ps(lowest, rest, start.wrapping_add(whole));
        let mut most = last;
        for at in (0..whole).step_by(16) {
            most = _mm512_max_ps(most, _mm512_loadu_ps(start.add(at)));
        }
        // The largest of lanes four apart, in all of them.
        let most = _mm512_max_ps(most, _mm512_shuffle_f32x4::<0b01_00_11_10>(most, most));
        let most = _mm512_max_ps(most, _mm512_shuffle_f32x4::<0b10_11_00_01>(most, most));
        let mut sum = _mm512_setzero_ps();
        for at in (0..whole).step_by(16) {
            let power = exp(_mm512_sub_ps(_mm512_loadu_ps(start.add(at)), most));
            _mm512_storeu_ps(start.add(at), power);
            sum = _mm512_add_ps(sum, power);
        }
        let power = exp(_mm512_sub_ps(last, most));
        _mm512_mask_storeu_ps(start.wrapping_add(whole), rest, power);
        sum = _mm512_add_ps(sum, _mm512_maskz_mov_ps(rest, power));
        let mut lanes = [0.0; 16];
        _mm512_storeu_ps(lanes.as_mut_ptr(), sum);
        std::array::from_fn(|h| 1.0 / lanes.iter().skip(h).step_by(GROUP).sum::<f32>())
    }
}

/// As [`weigh`], for one query of `GROUP` heads.
///
/// # Safety
/// As [`compare_group`], for values.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn weigh_group(
    scores: &[f32],
    shares: &[f32; GROUP],
    values: *const u16,
    step: usize,
    head: usize,
    to: &mut [f32],
) {
    let mut sums = [[_mm512_setzero_ps(); PARTS]; GROUP];
    let to = to[..GROUP * WIDTH].as_mut_ptr();
    // SAFETY: reads lie within the values, by the caller's word; asking for memory ahead of them is harmless.
    unsafe {
        for (at, scores) in scores.chunks_exact(GROUP).enumerate() {
            let value = values.add(at * step);
            for h in 0..GROUP {
                ask_for(value.wrapping_add(AHEAD * step + h * head));
                let weight = _mm512_set1_ps(scores[h]);
                for part in 0..PARTS {
                    let numbers = _mm512_cvtph_ps(_mm256_loadu_si256(value.add(h * head + part * 16).cast()));
                    sums[h][part] = _mm512_fmadd_ps(numbers, weight, sums[h][part]);
                }
            }
        }
        for h in 0..GROUP {
            let share = _mm512_set1_ps(shares[h]);
            for part in 0..PARTS {
                _mm512_storeu_ps(to.add(h * WIDTH + part * 16), _mm512_mul_ps(sums[h][part], share));
            }
        }
    }
}
