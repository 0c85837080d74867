//! Matrix products for ggml, chosen by what the processor can do when the program runs.
//!
//! ggml is built for x86-64-v3, so that one binary runs everywhere; its own kernels therefore never use 512-bit registers or the
//! 8-bit dot products (VNNI) that most servers have had since 2019, which are what makes recognition on a processor fast. ggml asks one
//! function, `llamafile_sgemm`, for every matrix product. On x86-64 this module defines that function, in place of the one in ggml's
//! archive, and answers with
//!
//! - [`packed`]: 8-bit weights (`q8_0`), laid out anew once so that a dot product needs no shuffling ([`avx512`], or [`avx2`]),
//! - [`dense`]: 16- and 32-bit numbers, for convolutions, and for attention where it is computed in single steps.
//!
//! [`attention`] stands in for another of ggml's functions.
//!
//! What it declines, ggml does by itself. On other processors ggml's own kernels stay in place.
//!
//! `HOTLINE_KERNELS` = `avx512`, `avx2` or `ggml` in the environment takes the choice away from detection, for comparisons.

mod attention;
mod avx2;
mod avx512;
mod dense;
mod memory;
mod packed;

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use attention::{Head, in_place as attention_in_place, limit as limit_attention, watch, watched};
pub(crate) use packed::{forget, restrict_rows};

/// What the processor can do, and we have kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// 512-bit registers and 8-bit dot products.
    Avx512,
    /// 256-bit registers, fused multiply-add, 16-bit conversions.
    Avx2,
    /// Everything is left to ggml.
    Ggml,
}

/// The level in use, found out once.
pub(crate) fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let best = if avx512::is_available() {
            Level::Avx512
        } else if avx2::is_available() {
            Level::Avx2
        } else {
            Level::Ggml
        };
        match std::env::var("HOTLINE_KERNELS").as_deref() {
            Ok("ggml") => Level::Ggml,
            Ok("avx2") if best != Level::Ggml => Level::Avx2,
            _ => best,
        }
    })
}

/// Products answered here since the program started; a test sees by it that ggml really asks us.
static ANSWERED: AtomicU64 = AtomicU64::new(0);

/// Products answered here since the program started.
pub(crate) fn answered() -> u64 {
    // Naming the function keeps the linker from taking the one of the same name in ggml's archive.
    let _kept: Sgemm = std::hint::black_box(llamafile_sgemm);
    ANSWERED.load(Ordering::Relaxed)
}

type Sgemm = unsafe extern "C" fn(
    *const ComputeParams,
    i64,
    i64,
    i64,
    *const c_void,
    i64,
    *const c_void,
    i64,
    *mut c_void,
    i64,
    c_int,
    c_int,
    c_int,
) -> bool;

/// The beginning of ggml's `ggml_compute_params`, as far as it is used here.
#[repr(C)]
struct ComputeParams {
    /// Number of this thread among those that compute the same product.
    ith: c_int,
    /// How many there are.
    nth: c_int,
}

const F32: c_int = 0;
const F16: c_int = 1;
const Q8_0: c_int = 8;

/// `C = Aᵀ B` with the columns of C one after another: `c[j * ldc + i]` is the product of row `i` of A and row `j` of B, each of `k`
/// blocks (a block is one number, or 32 in `q8_0`). Gives whether it was done.
///
/// # Safety
/// Only ggml calls this, with matrices that live for the call and hold `m`, `n` rows at strides `lda`, `ldb`, `ldc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn llamafile_sgemm(
    params: *const ComputeParams,
    m: i64,
    n: i64,
    k: i64,
    a: *const c_void,
    lda: i64,
    b: *const c_void,
    ldb: i64,
    c: *mut c_void,
    ldc: i64,
    a_type: c_int,
    b_type: c_int,
    c_type: c_int,
) -> bool {
    let level = level();
    if level == Level::Ggml || c_type != F32 || m <= 0 || n <= 0 || k <= 0 {
        return false;
    }
    // SAFETY: ggml hands over its own parameters, which begin with these two numbers.
    let (ith, nth) = unsafe { ((*params).ith.max(0) as usize, (*params).nth.max(1) as usize) };
    let shape = Shape {
        m: m as usize,
        n: n as usize,
        k: k as usize,
        lda: lda as usize,
        ldb: ldb as usize,
        ldc: ldc as usize,
        part: ith,
        parts: nth,
    };
    let c = c.cast::<f32>();
    // SAFETY: the matrices are as large as the shape says, by the contract of this function; the kernels were chosen for this processor.
    let done = unsafe {
        match (a_type, b_type) {
            (Q8_0, F32) => packed::multiply(level, &shape, a.cast(), packed::Columns::Numbers(b.cast()), c),
            (Q8_0, Q8_0) => packed::multiply(level, &shape, a.cast(), packed::Columns::Blocks(b.cast()), c),
            // A single column of 16-bit numbers is a matter of reading memory, which ggml does as well.
            (F16 | F32, F16 | F32) if n > 1 => dense::multiply(
                level,
                &shape,
                dense::Numbers::new(a, a_type == F16),
                dense::Numbers::new(b, b_type == F16),
                c,
            ),
            _ => false,
        }
    };
    if done {
        ANSWERED.fetch_add(1, Ordering::Relaxed);
    }
    done
}

/// Sizes of one product. A has `m` rows, B `n`, both of `k` blocks; strides are in blocks.
#[derive(Clone, Copy, Debug)]
struct Shape {
    m: usize,
    n: usize,
    k: usize,
    lda: usize,
    ldb: usize,
    ldc: usize,
    /// Which of `parts` threads this is; each takes its share of A's rows.
    part: usize,
    parts: usize,
}

#[cfg(test)]
mod tests;
