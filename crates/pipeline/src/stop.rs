//! A request to stop that several threads can see.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const GO: u8 = 0;
const FINISH: u8 = 1;
const ABORT: u8 = 2;

/// A two-step stop: first finish the calls in hand, then drop them.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Asks for one step more: the first request finishes what is in hand, the second drops it. Returns whether this was
    /// the first.
    pub fn request(&self) -> bool {
        let first = self.0.compare_exchange(GO, FINISH, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !first {
            self.0.store(ABORT, Ordering::SeqCst);
        }
        first
    }

    /// Whether nothing new should be begun.
    pub fn finishing(&self) -> bool {
        self.0.load(Ordering::SeqCst) != GO
    }

    /// Whether what is in hand should be dropped.
    pub fn aborting(&self) -> bool {
        self.0.load(Ordering::SeqCst) == ABORT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_is_stronger() {
        let stop = Stop::default();
        assert!(!stop.finishing());
        assert!(stop.request());
        assert!(stop.finishing() && !stop.aborting());
        assert!(!stop.clone().request());
        assert!(stop.aborting());
    }
}
