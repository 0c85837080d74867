//! Products of 16- and 32-bit numbers: attention and convolutions.
//!
//! A few dozen rows at a time are widened to 32 bits and turned, so that a register holds the same number of sixteen (or eight) rows; each
//! number of a column is then multiplied with whole registers, and nothing has to be summed up across one.

use std::cell::RefCell;
use std::ffi::c_void;

use super::{Level, Shape, avx2, avx512};

/// Where numbers are, and how wide they are.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    start: *const c_void,
    half: bool,
}

impl Numbers {
    pub fn new(start: *const c_void, half: bool) -> Numbers {
        Numbers { start, half }
    }

    /// # Safety
    /// There are `to.len()` numbers at `offset`; `level` is one of this processor.
    unsafe fn read(self, level: Level, offset: usize, to: &mut [f32]) {
        // SAFETY: passed on from the caller.
        unsafe {
            match (self.half, level) {
                (false, _) => {
                    let from = self.start.cast::<f32>().add(offset);
                    to.copy_from_slice(std::slice::from_raw_parts(from, to.len()));
                }
                (true, Level::Avx512) => avx512::widen(self.start.cast::<u16>().add(offset), to),
                (true, _) => avx2::widen(self.start.cast::<u16>().add(offset), to),
            }
        }
    }
}

#[derive(Default)]
struct Scratch {
    /// One row of A.
    row: Vec<f32>,
    /// Rows of A, turned.
    panel: Vec<f32>,
    /// B, if it had to be widened.
    columns: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// # Safety
/// The matrices are as large as `shape` says, `level` is one of this processor.
pub(super) unsafe fn multiply(level: Level, shape: &Shape, a: Numbers, b: Numbers, c: *mut f32) -> bool {
    let height = if level == Level::Avx512 { avx512::DENSE_ROWS } else { avx2::DENSE_ROWS };
    let k = shape.k;
    SCRATCH.with_borrow_mut(|scratch| {
        let Scratch { row, panel, columns } = scratch;
        let (b, ldb) = if b.half {
            columns.resize(shape.n * k, 0.0);
            for (j, column) in columns.chunks_exact_mut(k).take(shape.n).enumerate() {
                // SAFETY: column `j` has `k` numbers.
                unsafe { b.read(level, j * shape.ldb, column) };
            }
            (columns.as_ptr(), k)
        } else {
            (b.start.cast::<f32>(), shape.ldb)
        };
        row.resize(k, 0.0);
        panel.resize(k * height, 0.0);
        let panels = shape.m.div_ceil(height);
        for at in (shape.part..panels).step_by(shape.parts) {
            let first = at * height;
            let rows = (shape.m - first).min(height);
            for lane in 0..height {
                if lane < rows {
                    // SAFETY: row `first + lane` is below `m` and has `k` numbers.
                    unsafe { a.read(level, (first + lane) * shape.lda, row) };
                } else {
                    row.fill(0.0);
                }
                for (to, number) in panel.chunks_exact_mut(height).zip(row.iter()) {
                    to[lane] = *number;
                }
            }
            // SAFETY: C has `n` columns of `m` rows, B `n` columns of `k` numbers.
            unsafe {
                let c = c.add(first);
                match level {
                    Level::Avx512 => avx512::dense_panel(panel, rows, k, b, ldb, shape.n, c, shape.ldc),
                    _ => avx2::dense_panel(panel, rows, k, b, ldb, shape.n, c, shape.ldc),
                }
            }
        }
    });
    true
}
