//! Attention for ggml: scores, softmax and weighted sum of values in one operation, which whisper.cpp calls flash attention.
//!
//! Over half a minute of sound whisper compares 1500 positions with each other, eight times a layer. In single steps that is a matrix of
//! 72 MB a layer, written and read four times, and ggml's own fused operation computes it a pair of positions at a time. Here a dozen
//! queries at a time are compared with all keys, in the cache, and nothing else is ever written.
//!
//! ggml has no place to put such a function in, so the linker does: with `--wrap` (build scripts of this crate and of the program) it leads calls of
//! ggml's function here. A program linked without that works as before, with the single steps: see [`in_place`].

mod avx2;
mod avx512;

use std::cell::{Cell, RefCell};
use std::ffi::c_int;

use half::f16;
use whisper_rs_sys::ggml_tensor;

use super::{ComputeParams, Level, level};

/// Numbers of a query, a key or a value: the same in all whisper models.
const WIDTH: usize = 64;

/// Heads of a single query that are computed together: their keys stand side by side in memory.
const GROUP: usize = 4;

/// Queries that are compared with all keys before the next: their scores have to fit into the cache.
const QUERIES: usize = 12;

/// From this number of queries on, turning the keys so that a register holds the same number of many of them pays.
const MANY: usize = 32;

unsafe extern "C" {
    // Whatever the linker makes of the name: ggml's function, or the one below.
    fn ggml_compute_forward_flash_attn_ext(params: *const ComputeParams, to: *mut ggml_tensor);
}

/// Whether ggml's calls come here: the program was linked that way, and there are kernels for this processor.
pub(crate) fn in_place() -> bool {
    let theirs: Attention = std::hint::black_box(ggml_compute_forward_flash_attn_ext);
    let ours: Attention = std::hint::black_box(__wrap_ggml_compute_forward_flash_attn_ext);
    level() != Level::Ggml && std::ptr::fn_addr_eq(theirs, ours)
}

type Attention = unsafe extern "C" fn(*const ComputeParams, *mut ggml_tensor);

thread_local! {
    /// Positions that count; see [`limit`].
    static POSITIONS: Cell<usize> = const { Cell::new(usize::MAX) };
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// How many positions the encoder of this thread's session has. whisper.cpp makes room for a multiple of 256, and would let attention look at
/// the rest of it too.
pub(crate) fn limit(positions: usize) {
    POSITIONS.set(positions);
}

/// A head of a layer of the decoder.
pub(crate) type Head = (usize, usize);

/// What some heads of the decoder look at in one step.
#[derive(Default)]
struct Watch {
    heads: Vec<Head>,
    /// Attentions to the sound so far: one a layer.
    layers: usize,
    /// Weights of all positions, head after head.
    weights: Vec<f32>,
}

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// From now on the weights that these heads of this thread's decoder give to the positions of the sound are kept; none: no longer.
pub(crate) fn watch(heads: &[Head]) {
    WATCH.with_borrow_mut(|watch| {
        watch.heads.clear();
        watch.heads.extend_from_slice(heads);
        watch.layers = 0;
        watch.weights.clear();
    });
}

/// The weights of the step of the decoder that has just ended, for its last token: head after head, as many numbers each as there are positions.
/// Empty where attention is not computed here.
pub(crate) fn watched() -> Vec<f32> {
    WATCH.with_borrow_mut(|watch| {
        watch.layers = 0;
        std::mem::take(&mut watch.weights)
    })
}

/// What whisper.cpp rounds the number of positions up to.
const ROUNDED_TO: usize = 256;

#[derive(Default)]
struct Scratch {
    /// Keys of one head, turned: `ROWS` of them side by side.
    keys: Vec<f32>,
    /// Values of one head.
    values: Vec<f32>,
    scores: Vec<f32>,
    /// One key, or the queries of a group of heads.
    row: Vec<f32>,
}

impl Watch {
    /// Counts an attention to the sound; gives whether anything is watched.
    fn next_layer(&mut self) -> bool {
        self.layers += 1;
        !self.heads.is_empty()
    }

    /// Keeps what the heads from `first` on look at, if they are watched.
    fn keep(&mut self, first: usize, scores: &[f32], shares: &[f32; GROUP], keys: usize) {
        let Some(layer) = self.layers.checked_sub(1) else { return };
        for (place, (_, head)) in self.heads.iter().enumerate().filter(|(_, (of, _))| *of == layer) {
            let Some(share) = head.checked_sub(first).and_then(|at| shares.get(at)) else { continue };
            self.weights.resize(self.heads.len() * keys, 0.0);
            let at = head - first;
            let weights = self.weights[place * keys..][..keys].iter_mut();
            weights.zip(scores.iter().skip(at).step_by(GROUP)).for_each(|(to, score)| *to = score * share);
        }
    }
}

/// A tensor of three dimensions; strides in numbers.
#[derive(Clone, Copy)]
struct Heads<T> {
    start: *const T,
    /// From one position to the next.
    step: usize,
    /// From one head to the next.
    head: usize,
}

impl<T> Heads<T> {
    /// # Safety
    /// `tensor` is valid and holds numbers of type `T`, those of a position one after another.
    unsafe fn of(tensor: *const ggml_tensor) -> Heads<T> {
        // SAFETY: by the caller's word.
        let tensor = unsafe { &*tensor };
        let size = size_of::<T>();
        Heads { start: tensor.data.cast_const().cast(), step: tensor.nb[1] / size, head: tensor.nb[2] / size }
    }

    fn at(self, head: usize, position: usize) -> *const T {
        self.start.wrapping_add(head * self.head + position * self.step)
    }
}

/// One attention: every query of every head against `keys` keys.
struct Work {
    level: Level,
    query: Heads<f32>,
    key: Heads<u16>,
    value: Heads<u16>,
    /// Added to the scores of each query, `mask_step` numbers apart; null where there is none.
    mask: *const u16,
    mask_step: usize,
    to: *mut f32,
    scale: f32,
    queries: usize,
    keys: usize,
    heads: usize,
}

/// `to` = softmax(scale · query · keyᵀ + mask) · value, for each head; ggml's layout: of the result, heads of one position stand side by side.
///
/// # Safety
/// Only ggml calls this, with an operation of type `GGML_OP_FLASH_ATTN_EXT` as whisper.cpp builds it.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_ggml_compute_forward_flash_attn_ext(params: *const ComputeParams, to: *mut ggml_tensor) {
    // SAFETY: ggml hands over its own parameters and a tensor with its sources, all valid for the call.
    unsafe {
        let (ith, nth) = ((*params).ith.max(0) as usize, (*params).nth.max(1) as usize);
        let to = &*to;
        let [query, key, value, mask] = [to.src[0], to.src[1], to.src[2], to.src[3]];
        let length = |tensor: *const ggml_tensor, dimension: usize| (*tensor).ne[dimension].max(0) as usize;
        let is = |tensor: *const ggml_tensor, kind: c_int| (*tensor).type_ as c_int == kind;
        // There is nobody to hand other work back to: whisper.cpp builds nothing else.
        assert!(
            length(query, 0) == WIDTH
                && length(key, 0) == WIDTH
                && length(value, 0) == WIDTH
                && length(query, 2) == length(key, 2)
                && length(query, 2) >= GROUP
                && is(query, super::F32)
                && is(key, super::F16)
                && is(value, super::F16),
            "an attention that whisper does not have"
        );
        let rows = length(key, 1);
        let limit = POSITIONS.get();
        // A mask says itself which keys count.
        let rounded_up = mask.is_null() && limit <= rows && limit.next_multiple_of(ROUNDED_TO) == rows;
        let work = Work {
            level: level(),
            query: Heads::of(query),
            key: Heads::of(key),
            value: Heads::of(value),
            mask: if mask.is_null() { std::ptr::null() } else { (*mask).data.cast_const().cast() },
            mask_step: if mask.is_null() { 0 } else { (*mask).nb[1] / size_of::<u16>() },
            to: to.data.cast(),
            scale: f32::from_bits(to.op_params[0] as u32),
            queries: length(query, 1),
            keys: if rounded_up { limit } else { rows },
            heads: length(query, 2),
        };
        SCRATCH.with_borrow_mut(|scratch| {
            // The encoder compares all positions with each other; the decoder, without a mask, its few tokens with the sound.
            let to_sound = work.mask.is_null() && work.queries < work.keys;
            let watching = to_sound && WATCH.with_borrow_mut(Watch::next_layer);
            if work.queries >= MANY && work.mask.is_null() && !watching {
                (ith..work.heads).step_by(nth).for_each(|head| work.many(head, scratch));
            } else {
                (ith..work.queries).step_by(nth).for_each(|query| work.one(query, scratch));
            }
        });
    }
}

impl Work {
    /// All queries of one head.
    ///
    /// # Safety
    /// The tensors are as large as the fields say; the level is one of this processor.
    unsafe fn many(&self, head: usize, scratch: &mut Scratch) {
        let Scratch { keys, values, scores, row } = scratch;
        let height = if self.level == Level::Avx512 { super::avx512::DENSE_ROWS } else { super::avx2::DENSE_ROWS };
        let panels = self.keys.div_ceil(height);
        let padded = panels * height;
        keys.resize(padded * WIDTH, 0.0);
        values.resize(self.keys * WIDTH, 0.0);
        scores.resize(padded * QUERIES, 0.0);
        row.resize(GROUP * WIDTH, 0.0);
        for (position, value) in values.chunks_exact_mut(WIDTH).enumerate() {
            let key = &mut row[..WIDTH];
            // SAFETY: `position` is below the number of keys.
            unsafe {
                self.widen(self.key.at(head, position), key);
                self.widen(self.value.at(head, position), value);
            }
            let panel = &mut keys[position / height * height * WIDTH..][..height * WIDTH];
            for (to, number) in panel.chunks_exact_mut(height).zip(key.iter()) {
                to[position % height] = *number;
            }
        }
        for first in (0..self.queries).step_by(QUERIES) {
            let count = (self.queries - first).min(QUERIES);
            for (at, panel) in keys.chunks_exact(height * WIDTH).take(panels).enumerate() {
                // SAFETY: there are `count` queries from `first` on; the scores have `padded` numbers for each.
                unsafe {
                    let query = self.query.at(head, first);
                    let to = scores.as_mut_ptr().add(at * height);
                    let product = match self.level {
                        Level::Avx512 => super::avx512::dense_panel,
                        _ => super::avx2::dense_panel,
                    };
                    product(panel, height, WIDTH, query, self.query.step, count, to, padded);
                }
            }
            let mut shares = [0.0; QUERIES];
            for (share, scores) in shares.iter_mut().zip(scores.chunks_exact_mut(padded)).take(count) {
                // SAFETY: the level is one of this processor.
                *share = unsafe {
                    match self.level {
                        Level::Avx512 => avx512::soft_max(&mut scores[..self.keys], self.scale),
                        _ => avx2::soft_max(&mut scores[..self.keys], self.scale),
                    }
                };
            }
            // SAFETY: as above; the result has room for `WIDTH` numbers for each query and head.
            unsafe {
                let step = self.heads * WIDTH;
                let to = self.to.add(first * step + head * WIDTH);
                let weigh = match self.level {
                    Level::Avx512 => avx512::weigh,
                    _ => avx2::weigh,
                };
                weigh(scores, padded, &shares[..count], values, to, step);
            }
        }
    }

    /// All heads of one query.
    ///
    /// # Safety
    /// As [`Work::many`].
    unsafe fn one(&self, query: usize, scratch: &mut Scratch) {
        let Scratch { scores, row, .. } = scratch;
        scores.resize(self.keys * GROUP, 0.0);
        row.resize(GROUP * WIDTH, 0.0);
        for head in (0..self.heads).step_by(GROUP) {
            // The last group reaches back where the heads do not fill it.
            let head = head.min(self.heads - GROUP);
            // SAFETY: heads `head .. head + GROUP` exist, as do the query and all keys; mask rows are as long as there are keys.
            unsafe {
                for (at, to) in row.chunks_exact_mut(WIDTH).enumerate() {
                    let from = std::slice::from_raw_parts(self.query.at(head + at, query), WIDTH);
                    to.iter_mut().zip(from).for_each(|(to, number)| *to = number * self.scale);
                }
                let (key, value) = (self.key.at(head, 0), self.value.at(head, 0));
                let scores = &mut scores[..self.keys * GROUP];
                let compare = match self.level {
                    Level::Avx512 => avx512::compare_group,
                    _ => avx2::compare_group,
                };
                compare(row, key, self.key.step, self.key.head, scores);
                if !self.mask.is_null() {
                    let mask = std::slice::from_raw_parts(self.mask.add(query * self.mask_step), self.keys);
                    for (scores, mask) in scores.chunks_exact_mut(GROUP).zip(mask).filter(|(_, mask)| **mask != 0) {
                        scores.iter_mut().for_each(|score| *score += f16::from_bits(*mask).to_f32());
                    }
                }
                let shares = match self.level {
                    Level::Avx512 => avx512::soft_max_group(scores),
                    _ => avx2::soft_max_group(scores),
                };
                if self.mask.is_null() && query + 1 == self.queries {
                    WATCH.with_borrow_mut(|watch| watch.keep(head, scores, &shares, self.keys));
                }
                let to = self.to.add((query * self.heads + head) * WIDTH);
                let to = std::slice::from_raw_parts_mut(to, GROUP * WIDTH);
                let weigh = match self.level {
                    Level::Avx512 => avx512::weigh_group,
                    _ => avx2::weigh_group,
                };
                weigh(scores, &shares, value, self.value.step, self.value.head, to);
            }
        }
    }

    /// # Safety
    /// There are `to.len()` numbers at `from`.
    unsafe fn widen(&self, from: *const u16, to: &mut [f32]) {
        // SAFETY: by the caller's word.
        unsafe {
            match self.level {
                Level::Avx512 => super::avx512::widen(from, to),
                _ => super::avx2::widen(from, to),
            }
        }
    }
}

#[cfg(test)]
mod tests;
