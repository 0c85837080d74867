//! Calls that are over: processed like any recording, one after the other, while others go on.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use hotline_pipeline::{Archive, BatchOptions, CallDone, CallOutcome, Described, Recording, Rooms, Stop, run};

use crate::recordings::Unfinished;

/// How much a call that is over gives way to those that go on (nice value of its thread, 0…19).
const GIVES_WAY: i32 = 10;

/// Finds what is known of a recording, as a batch does.
pub type Describe = dyn Fn(&Path) -> Described + Send + Sync;

/// Told how each call came out.
type Done = dyn Fn(&CallDone) + Send + Sync;

/// Processes recordings of calls that are over.
pub struct Finisher {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    stop: Stop,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Unfinished>,
    busy: bool,
    closing: bool,
}

impl Finisher {
    /// Starts the thread. `rooms.sessions` sessions work on each recording.
    pub fn new(rooms: Arc<Rooms>, archive: Arc<Archive>, describe: Arc<Describe>, done: Arc<Done>) -> Finisher {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), stop: Stop::default() });
        let own = Arc::clone(&shared);
        let worker = std::thread::spawn(move || {
            give_way();
            own.work(&rooms, &archive, &*describe, &*done);
        });
        Finisher { shared, worker: Some(worker) }
    }

    /// A recording to process.
    pub fn submit(&self, recording: Unfinished) {
        self.shared.lock().waiting.push_back(recording);
        self.shared.changed.notify_all();
    }

    /// How many are not processed yet.
    pub fn waiting(&self) -> usize {
        let queue = self.shared.lock();
        queue.waiting.len() + usize::from(queue.busy)
    }

    /// Drops what is in hand: it stays marked and is taken up at the next start.
    pub fn abort(&self) {
        self.shared.stop.request();
        self.shared.stop.request();
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
    }

    /// Whether [`Finisher::abort`] was called.
    pub fn is_aborting(&self) -> bool {
        self.shared.stop.aborting()
    }

    fn join(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has said so already; what it had stays marked.
            let _ = worker.join();
        }
    }
}

impl Drop for Finisher {
    fn drop(&mut self) {
        self.join();
    }
}

/// Lets the threads of calls that go on run first. On Linux a nice value belongs to a thread and is inherited by threads it
/// starts, so all that is done from here gives way.
#[cfg(target_os = "linux")]
fn give_way() {
    // SAFETY: `nice` takes and returns plain numbers and touches no memory of ours.
    if unsafe { libc::nice(GIVES_WAY) } == -1 {
        tracing::debug!("calls that are over do not give way to those that go on");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {
    tracing::debug!(GIVES_WAY, "calls that are over do not give way to those that go on");
}

impl Shared {
    fn work(&self, rooms: &Rooms, archive: &Archive, describe: &Describe, done: &Done) {
        while let Some(unfinished) = self.next() {
            let recording = Recording { path: unfinished.path.clone(), described: describe(&unfinished.path) };
            let report = run(vec![recording], rooms, archive, &BatchOptions::default(), &self.stop, &|_| ());
            match report {
                Ok(report) => {
                    for call in &report.calls {
                        // What cannot be processed is remembered as a failure by the batch; again would be no better.
                        let settled = !matches!(call.outcome, CallOutcome::Interrupted | CallOutcome::Claimed { .. });
                        if settled {
                            unfinished.done();
                        }
                        done(call);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a recorded call could not be processed; it will be taken up at the next start")
                }
            }
            self.lock().busy = false;
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Unfinished> {
        let mut queue = self.lock();
        loop {
            if self.stop.aborting() {
                return None;
            }
            if let Some(next) = queue.waiting.pop_front() {
                queue.busy = true;
                return Some(next);
            }
            if queue.closing {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
