//! Memory for weights that are read from end to end for every token: in huge pages where the system has them, since with ordinary ones
//! the processor spends its time looking up addresses.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;

/// A huge page, and what blocks of memory are aligned to.
const HUGE: usize = 2 << 20;

/// Blocks are at least this large: many matrices share one.
const BLOCK: usize = 8 << 20;

/// One block of zeroed memory.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a block is plain memory; who may write to which part of it is `Region`'s business.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    fn new(bytes: usize) -> Block {
        let layout =
            Layout::from_size_align(bytes.max(BLOCK).next_multiple_of(HUGE), HUGE).unwrap_or(Layout::new::<u8>());
        assert!(layout.size() >= bytes, "a matrix too large for any memory");
        // SAFETY: the layout is not empty.
        let Some(start) = NonNull::new(unsafe { alloc_zeroed(layout) }) else { handle_alloc_error(layout) };
        // SAFETY: the range was just allocated; the call is advice and cannot change what it holds. Failing does no harm.
        #[cfg(target_os = "linux")]
        unsafe {
            libc::madvise(start.as_ptr().cast(), layout.size(), libc::MADV_HUGEPAGE);
        }
        Block { start, layout }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}

/// Hands out parts of blocks; a block is freed with the last of its parts.
#[derive(Default)]
pub(super) struct Arena {
    block: Option<Arc<Block>>,
    used: usize,
}

impl Arena {
    /// `bytes` of zeros, aligned to a cache line.
    pub fn region(&mut self, bytes: usize) -> Region {
        let block = match &self.block {
            Some(block) if self.used + bytes <= block.layout.size() => Arc::clone(block),
            _ => {
                self.used = 0;
                let block = Arc::new(Block::new(bytes));
                self.block = Some(Arc::clone(&block));
                block
            }
        };
        let offset = self.used;
        self.used += bytes.next_multiple_of(64);
        Region { block, offset, bytes }
    }
}

/// A part of a block that belongs to one owner.
pub(super) struct Region {
    block: Arc<Block>,
    offset: usize,
    bytes: usize,
}

impl Region {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the arena gave this part of the block to this region alone, and it lies inside the block.
        unsafe { std::slice::from_raw_parts(self.block.start.as_ptr().add(self.offset), self.bytes) }
    }

    /// The bytes, to be filled in.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the region is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.block.start.as_ptr().add(self.offset), self.bytes) }
    }
}
