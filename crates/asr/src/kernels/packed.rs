//! 8-bit weights in the order the kernels read them.
//!
//! Sixteen rows make a panel. A block of 32 numbers of a panel is 8 steps of 64 bytes: in each, four numbers of row 0, four of row 1, … So
//! one 512-bit register holds what one dot-product instruction multiplies with four numbers of a column, and sixteen sums come out side by
//! side. Scales of a block's sixteen rows stand together, too. Columns are cut into blocks of 32 with a scale each, as ggml does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use half::f16;

use super::memory::{Arena, Region};
use super::{Level, Shape, avx2, avx512};

/// Rows of a panel.
pub(super) const ROWS: usize = 16;
/// Numbers of a block.
pub(super) const BLOCK: usize = 32;
/// Bytes of a block of a panel.
pub(super) const PANEL_BLOCK: usize = ROWS * BLOCK;
/// Bytes of ggml's `q8_0` block: a 16-bit scale, 32 numbers.
const Q8_0_BYTES: usize = 34;

/// A matrix in panels.
pub(super) struct Packed {
    /// Blocks of a row.
    pub blocks: usize,
    pub panels: usize,
    weights: Region,
    scales: Region,
    /// Where the rows belong, if only some were taken.
    rows: Option<Arc<[u32]>>,
}

impl Packed {
    /// Steps of all blocks of a panel.
    pub fn weights(&self, panel: usize) -> *const u8 {
        self.weights.bytes()[panel * self.blocks * PANEL_BLOCK..].as_ptr()
    }

    /// Sixteen 16-bit scales for each block of a panel.
    pub fn scales(&self, panel: usize) -> *const u16 {
        self.scales.bytes()[panel * self.blocks * ROWS * 2..].as_ptr().cast()
    }

    /// # Safety
    /// `a` points to `shape.m` rows of `q8_0` blocks.
    unsafe fn new(arena: &mut Arena, level: Level, shape: &Shape, a: *const u8, rows: Option<Arc<[u32]>>) -> Packed {
        let count = rows.as_ref().map_or(shape.m, |rows| rows.len());
        let panels = count.div_ceil(ROWS);
        let mut weights = arena.region(panels * shape.k * PANEL_BLOCK);
        let mut scales = arena.region(panels * shape.k * ROWS * 2);
        // The 512-bit instruction wants its first numbers unsigned.
        let flip = if level == Level::Avx512 { 0x80 } else { 0 };
        let (bytes, scale_bytes) = (weights.bytes_mut(), scales.bytes_mut());
        bytes.fill(flip);
        for at in 0..count {
            let from = rows.as_ref().map_or(at, |rows| rows[at] as usize);
            let (panel, lane) = (at / ROWS, at % ROWS);
            for block in 0..shape.k {
                // SAFETY: row `from` is below `m` and has `k` blocks.
                let source =
                    unsafe { std::slice::from_raw_parts(a.add((from * shape.lda + block) * Q8_0_BYTES), Q8_0_BYTES) };
                let scale_at = ((panel * shape.k + block) * ROWS + lane) * 2;
                scale_bytes[scale_at..scale_at + 2].copy_from_slice(&source[..2]);
                let base = (panel * shape.k + block) * PANEL_BLOCK;
                for (step, four) in source[2..].chunks_exact(4).enumerate() {
                    let to = base + (step * ROWS + lane) * 4;
                    for (to, from) in bytes[to..to + 4].iter_mut().zip(four) {
                        *to = from ^ flip;
                    }
                }
            }
        }
        Packed { blocks: shape.k, panels, weights, scales, rows }
    }
}

/// Packed matrices by where ggml keeps the original, its rows and its blocks.
#[derive(Default)]
struct Store {
    matrices: HashMap<(usize, usize, usize), Arc<Packed>>,
    arena: Arena,
    /// Rows wanted of matrices with that many rows.
    restricted: HashMap<usize, Arc<[u32]>>,
}

static STORE: LazyLock<RwLock<Store>> = LazyLock::new(RwLock::default);

/// Forgets all packed matrices: they are made again when next used. To be called whenever a model has been loaded, since it may lie where
/// one lay that has been freed.
pub(crate) fn forget() {
    let mut store = STORE.write().unwrap_or_else(PoisonError::into_inner);
    store.matrices.clear();
    store.arena = Arena::default();
}

/// From now on, of products with matrices of `of` rows only these rows are computed, and the others are −∞: a vocabulary of which only a part
/// is ever allowed. `None` takes that back. Rows must be below `of`.
pub(crate) fn restrict_rows(of: usize, rows: Option<Arc<[u32]>>) {
    let mut store = STORE.write().unwrap_or_else(PoisonError::into_inner);
    match rows {
        Some(rows) if rows.iter().all(|&row| (row as usize) < of) => store.restricted.insert(of, rows),
        _ => store.restricted.remove(&of),
    };
}

/// # Safety
/// `a` points to `shape.m` rows of `q8_0` blocks that do not change as long as the model lives.
unsafe fn packed(level: Level, shape: &Shape, a: *const u8) -> Arc<Packed> {
    let key = (a as usize, shape.m, shape.k);
    if let Some(found) = STORE.read().unwrap_or_else(PoisonError::into_inner).matrices.get(&key) {
        return Arc::clone(found);
    }
    let mut store = STORE.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = store.matrices.get(&key) {
        return Arc::clone(found);
    }
    let rows = store.restricted.get(&shape.m).cloned();
    // SAFETY: passed on from the caller.
    let packed = Arc::new(unsafe { Packed::new(&mut store.arena, level, shape, a, rows) });
    store.matrices.insert(key, Arc::clone(&packed));
    packed
}

/// The other factor, as ggml has it.
pub(super) enum Columns {
    /// Plain numbers.
    Numbers(*const f32),
    /// `q8_0` blocks.
    Blocks(*const u8),
}

/// Columns in blocks of 32 with a scale each.
#[derive(Default)]
pub(super) struct Quantised {
    /// Blocks of a column.
    pub blocks: usize,
    /// Numbers, one column after another.
    pub numbers: Vec<i8>,
    /// Scale of each block.
    pub scales: Vec<f32>,
    /// −128 times the sum of each block: what takes back the offset of unsigned weights.
    pub offsets: Vec<i32>,
}

impl Quantised {
    fn resize(&mut self, n: usize, blocks: usize) {
        self.blocks = blocks;
        self.numbers.resize(n * blocks * BLOCK, 0);
        self.scales.resize(n * blocks, 0.0);
        self.offsets.resize(n * blocks, 0);
    }

    /// # Safety
    /// `b` points to `n` columns of `blocks` blocks, `stride` apart.
    unsafe fn take_blocks(&mut self, n: usize, blocks: usize, b: *const u8, stride: usize) {
        self.resize(n, blocks);
        for at in 0..n * blocks {
            let (column, block) = (at / blocks, at % blocks);
            // SAFETY: inside the columns, by the caller's word.
            let source =
                unsafe { std::slice::from_raw_parts(b.add((column * stride + block) * Q8_0_BYTES), Q8_0_BYTES) };
            self.scales[at] = f16::from_le_bytes([source[0], source[1]]).to_f32();
            let mut sum = 0;
            for (to, from) in self.numbers[at * BLOCK..][..BLOCK].iter_mut().zip(&source[2..]) {
                *to = *from as i8;
                sum += i32::from(*to);
            }
            self.offsets[at] = -128 * sum;
        }
    }
}

thread_local! {
    static QUANTISED: RefCell<Quantised> = RefCell::default();
    static COLUMN: RefCell<Vec<f32>> = RefCell::default();
}

/// # Safety
/// The matrices are as large as `shape` says, `level` is one of this processor.
pub(super) unsafe fn multiply(level: Level, shape: &Shape, a: *const u8, b: Columns, c: *mut f32) -> bool {
    // SAFETY: as promised by the caller.
    let packed = unsafe { packed(level, shape, a) };
    QUANTISED.with_borrow_mut(|columns| {
        match b {
            Columns::Numbers(b) => {
                columns.resize(shape.n, shape.k);
                for column in 0..shape.n {
                    // SAFETY: a column has `k` blocks of 32 numbers.
                    let numbers = unsafe { std::slice::from_raw_parts(b.add(column * shape.ldb), shape.k * BLOCK) };
                    // SAFETY: the level is one of this processor.
                    unsafe {
                        match level {
                            Level::Avx512 => avx512::quantise(numbers, columns, column),
                            _ => avx2::quantise(numbers, columns, column),
                        }
                    }
                }
            }
            // SAFETY: as promised by the caller.
            Columns::Blocks(b) => unsafe { columns.take_blocks(shape.n, shape.k, b, shape.ldb) },
        }
        let panels = share(packed.panels, shape);
        match &packed.rows {
            None => {
                let out = Out { start: c, stride: shape.ldc, rows: shape.m };
                // SAFETY: C has `n` columns of `m` rows.
                unsafe { run(level, &packed, columns, shape.n, panels, &out) }
            }
            // Such a product is small: the first thread does it alone.
            Some(_) if shape.part > 0 => {}
            Some(rows) => COLUMN.with_borrow_mut(|buffer| {
                let stride = packed.panels * ROWS;
                buffer.resize(stride * shape.n, 0.0);
                let out = Out { start: buffer.as_mut_ptr(), stride, rows: stride };
                // SAFETY: the buffer has `n` columns of all panels' rows.
                unsafe { run(level, &packed, columns, shape.n, 0..packed.panels, &out) };
                for column in 0..shape.n {
                    // SAFETY: C has `n` columns of `m` rows, and no other thread writes to them.
                    let to = unsafe { std::slice::from_raw_parts_mut(c.add(column * shape.ldc), shape.m) };
                    to.fill(f32::NEG_INFINITY);
                    for (row, value) in rows.iter().zip(&buffer[column * stride..]) {
                        to[*row as usize] = *value;
                    }
                }
            }),
        }
    });
    true
}

/// The panels that are this thread's.
fn share(panels: usize, shape: &Shape) -> std::ops::Range<usize> {
    panels * shape.part / shape.parts..panels * (shape.part + 1) / shape.parts
}

/// Where results go: column `j`, row `i` at `j * stride + i`.
pub(super) struct Out {
    pub start: *mut f32,
    pub stride: usize,
    /// Rows that may be written.
    pub rows: usize,
}

/// # Safety
/// `out` has `n` columns of `rows` rows, `columns` holds `n` columns, `level` is one of this processor.
unsafe fn run(level: Level, packed: &Packed, columns: &Quantised, n: usize, panels: std::ops::Range<usize>, out: &Out) {
    // SAFETY: passed on from the caller.
    unsafe {
        match level {
            Level::Avx512 => avx512::panels(packed, columns, n, panels, out),
            _ => avx2::panels(packed, columns, n, panels, out),
        }
    }
}
