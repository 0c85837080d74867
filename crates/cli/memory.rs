//! How memory is given back.

/// Blocks from this size on come from the system and go back to it at once. glibc raises the limit by itself up to 32 MB as such blocks are
/// freed, and then keeps what recognition needs for a moment (matrices of a window, the image of a model) for ever: 60 MB of it with two sessions.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_BLOCK_FROM: libc::c_int = 1 << 20;

/// Free memory at the end of the heap goes back to the system from this size on.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TRIM_FROM: libc::c_int = 4 << 20;

/// Sets the allocator's limits, before anything large is allocated.
pub fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: two numbers of the allocator's, set before any other thread begins.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_BLOCK_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_FROM);
    }
}
