//! Parts of attention for processors with 256-bit registers only. Plain loops, which the compiler turns into such registers.

use super::{GROUP, WIDTH};
use crate::kernels::avx2::widen;

/// Numbers of a register.
const LANES: usize = 8;
/// Queries whose sums are held in registers together.
const TOGETHER: usize = 3;

/// e to the power of `x`; 0 from about −87 down. Range reduction and polynomial of the Cephes library's `expf`.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.max(-87.3);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut y = 1.987_569_1e-4_f32;
    for factor in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.0e-1] {
        y = y.mul_add(r, factor);
    }
    let y = y.mul_add(r * r, r + 1.0);
    y * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// See the function of the same name for wider registers.
///
/// # Safety
/// The processor has 256-bit registers and fused multiply-add.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn soft_max(scores: &mut [f32], scale: f32) -> f32 {
    let most = largest::<LANES>(scores).into_iter().fold(f32::NEG_INFINITY, f32::max) * scale;
    1.0 / powers::<LANES>(scores, scale, &[most; LANES]).iter().sum::<f32>()
}

/// The largest of numbers `N` apart.
#[inline(always)]
fn largest<const N: usize>(numbers: &[f32]) -> [f32; N] {
    let mut most = [f32::NEG_INFINITY; N];
    let chunks = numbers.chunks_exact(N);
    let rest = chunks.remainder();
    for chunk in chunks.chain([rest]) {
        most.iter_mut().zip(chunk).for_each(|(most, number)| *most = if *number > *most { *number } else { *most });
    }
    most
}

/// Makes e to the power of (`scale` · number − `most`) of each number; gives the sums of those `N` apart.
#[inline(always)]
fn powers<const N: usize>(numbers: &mut [f32], scale: f32, most: &[f32; N]) -> [f32; N] {
    let mut sums = [0.0; N];
    let mut chunks = numbers.chunks_exact_mut(N);
    for chunk in chunks.by_ref() {
        for at in 0..N {
            chunk[at] = exp(chunk[at].mul_add(scale, -most[at]));
            sums[at] += chunk[at];
        }
    }
    for (at, number) in chunks.into_remainder().iter_mut().enumerate() {
        *number = exp(number.mul_add(scale, -most[at]));
        sums[at] += *number;
    }
    sums
}

/// See the function of the same name for wider registers.
///
/// # Safety
/// Scores and result are as large as the strides say; the processor has 256-bit registers and fused multiply-add.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn weigh(scores: &[f32], padded: usize, shares: &[f32], values: &[f32], to: *mut f32, step: usize) {
    for (at, shares) in shares.chunks(TOGETHER).enumerate() {
        let scores = &scores[at * TOGETHER * padded..];
        for half in 0..2 {
            let mut sums = [[0.0; WIDTH / 2]; TOGETHER];
            for (key, value) in values.chunks_exact(WIDTH).enumerate() {
                let value = &value[half * WIDTH / 2..][..WIDTH / 2];
                for (query, sums) in sums.iter_mut().enumerate().take(shares.len()) {
                    let weight = scores[query * padded + key];
                    sums.iter_mut().zip(value).for_each(|(sum, number)| *sum = number.mul_add(weight, *sum));
                }
            }
            for ((query, share), sums) in shares.iter().enumerate().zip(&sums) {
                // SAFETY: the result has room for each query, by the caller's word.
                let to = unsafe {
                    let to = to.add((at * TOGETHER + query) * step + half * WIDTH / 2);
                    std::slice::from_raw_parts_mut(to, WIDTH / 2)
                };
                to.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum * share);
            }
        }
    }
}

/// See the function of the same name for wider registers.
///
/// # Safety
/// `keys` holds a key of each head for each `GROUP` scores, `step` numbers from one position and `head` from one head to the next; the processor
/// has 256-bit registers and fused multiply-add.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn compare_group(query: &[f32], keys: *const u16, step: usize, head: usize, scores: &mut [f32]) {
    let mut key = [0.0; WIDTH];
    for (at, scores) in scores.chunks_exact_mut(GROUP).enumerate() {
        for (h, (score, query)) in scores.iter_mut().zip(query.chunks_exact(WIDTH)).enumerate() {
            // SAFETY: this key exists, by the caller's word.
            unsafe { widen(keys.add(at * step + h * head), &mut key) };
            let mut sums = [0.0_f32; LANES];
            for (key, query) in key.chunks_exact(LANES).zip(query.chunks_exact(LANES)) {
                (0..LANES).for_each(|lane| sums[lane] = key[lane].mul_add(query[lane], sums[lane]));
            }
            *score = sums.iter().sum();
        }
    }
}

/// See the function of the same name for wider registers.
///
/// # Safety
/// The processor has 256-bit registers and fused multiply-add.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn soft_max_group(scores: &mut [f32]) -> [f32; GROUP] {
    let most = largest::<GROUP>(scores);
    powers::<GROUP>(scores, 1.0, &most).map(|sum| 1.0 / sum)
}

/// See the function of the same name for wider registers.
///
/// # Safety
/// As [`compare_group`], for values.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn weigh_group(
    scores: &[f32],
    shares: &[f32; GROUP],
    values: *const u16,
    step: usize,
    head: usize,
    to: &mut [f32],
) {
    let mut value = [0.0; WIDTH];
    for (h, (to, share)) in to.chunks_exact_mut(WIDTH).zip(shares).enumerate() {
        let mut sums = [0.0_f32; WIDTH];
        for (at, scores) in scores.chunks_exact(GROUP).enumerate() {
            // SAFETY: this value exists, by the caller's word.
            unsafe { widen(values.add(at * step + h * head), &mut value) };
            let weight = scores[h];
            sums.iter_mut().zip(&value).for_each(|(sum, number)| *sum = number.mul_add(weight, *sum));
        }
        to.iter_mut().zip(&sums).for_each(|(to, sum)| *to = sum * share);
    }
}
