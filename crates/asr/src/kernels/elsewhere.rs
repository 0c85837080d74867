//! Where this crate has no kernels of its own, ggml's are used.

use std::sync::Arc;

/// Nothing is kept.
pub(crate) fn forget() {}

/// All rows are computed; callers must not rely on the others being −∞.
pub(crate) fn restrict_rows(_of: usize, _rows: Option<Arc<[u32]>>) {}

/// Products answered here: none.
pub(crate) fn answered() -> u64 {
    0
}

/// Attention is ggml's own.
pub(crate) fn attention_in_place() -> bool {
    false
}

/// Nothing to be limited.
pub(crate) fn limit_attention(_positions: usize) {}

/// A head of a layer of the decoder.
pub(crate) type Head = (usize, usize);

/// Nothing can be watched.
pub(crate) fn watch(_heads: &[Head]) {}

/// What watched heads look at: nothing.
pub(crate) fn watched() -> Vec<f32> {
    Vec::new()
}
