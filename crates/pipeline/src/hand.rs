//! The bookkeeping of a batch: which calls are in hand and what is to be done next.
//!
//! Work is dealt out by window, a few seconds of speech, not by call: all sessions can work on one call, so a long call at the end of
//! a batch keeps every core busy, and short calls do not wait behind it. Recordings are read just far enough to keep the
//! sessions fed, so memory does not grow with their length or number.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::front::{Front, FrontEnd};
use crate::piece::Piece;
use crate::recording::{Opened, Recording};
use crate::stop::Stop;
use crate::window::Window;

/// Something a worker can do.
pub(crate) enum Work {
    /// Open a recording.
    Open(Box<Recording>),
    /// Read on until the next windows of speech.
    Advance(Key, Box<Front>),
    /// Recognise a window.
    Transcribe(Key, Window),
    /// Put a call together, judge and save it.
    Finish(Box<InHand>),
    /// Nothing will ever come again.
    Exit,
}

/// Number of a call within a run, in the order of opening.
pub(crate) type Key = u64;

/// A call that was opened and not yet saved.
pub(crate) struct InHand {
    pub(crate) opened: Opened,
    front: FrontState,
    pub(crate) pieces: Vec<Piece>,
    outstanding: usize,
    /// The first thing that went wrong; nothing more is done for the call then.
    pub(crate) failed: Option<String>,
    pub(crate) since: Instant,
    pub(crate) cpu_s: f64,
}

enum FrontState {
    Idle(Box<Front>),
    Busy,
    Ended(Option<Box<FrontEnd>>),
}

impl InHand {
    /// What reading the recording to its end has measured; `None` if it never ended or was taken.
    pub(crate) fn take_front_end(&mut self) -> Option<Box<FrontEnd>> {
        match &mut self.front {
            FrontState::Ended(end) => end.take(),
            _ => None,
        }
    }

    fn complete(&self) -> bool {
        matches!(self.front, FrontState::Ended(_)) && self.outstanding == 0
    }
}

#[derive(Default)]
struct Table {
    waiting: VecDeque<Recording>,
    opening: usize,
    calls: BTreeMap<Key, InHand>,
    windows: VecDeque<(Key, Window)>,
    finishing: usize,
    next_key: Key,
}

/// The shared table of a batch.
pub(crate) struct Desk {
    table: Mutex<Table>,
    changed: Condvar,
    stop: Stop,
}

impl Desk {
    pub(crate) fn new(recordings: Vec<Recording>, stop: Stop) -> Self {
        let table = Table { waiting: recordings.into(), ..Table::default() };
        Desk { table: Mutex::new(table), changed: Condvar::new(), stop }
    }

    /// The next thing to do; blocks while others hold all that could be done.
    pub(crate) fn take(&self) -> Work {
        let mut table = self.lock();
        loop {
            if let Some(work) = self.next(&mut table) {
                return work;
            }
            // A stop request comes from outside and cannot notify, hence the time limit.
            let wait = std::time::Duration::from_millis(200);
            table = self.changed.wait_timeout(table, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn next(&self, table: &mut Table) -> Option<Work> {
        if self.stop.aborting() {
            return Some(Work::Exit);
        }
        while let Some((key, window)) = table.windows.pop_front() {
            let Some(call) = table.calls.get_mut(&key) else { continue };
            if call.failed.is_none() {
                return Some(Work::Transcribe(key, window));
            }
            call.outstanding -= 1;
            if call.complete() {
                return self.finish(table, key);
            }
        }
        let idle = table.calls.iter().find(|(_, call)| matches!(call.front, FrontState::Idle(_))).map(|(key, _)| *key);
        if let Some(key) = idle
            && let Some(call) = table.calls.get_mut(&key)
            && let FrontState::Idle(front) = std::mem::replace(&mut call.front, FrontState::Busy)
        {
            return Some(Work::Advance(key, front));
        }
        if !self.stop.finishing()
            && let Some(recording) = table.waiting.pop_front()
        {
            table.opening += 1;
            return Some(Work::Open(Box::new(recording)));
        }
        let over = table.calls.is_empty() && table.opening == 0 && table.finishing == 0;
        over.then_some(Work::Exit)
    }

    /// A recording could be opened: it is in hand from now on.
    pub(crate) fn opened(&self, opened: Opened, front: Box<Front>, cpu_s: f64) {
        let mut table = self.lock();
        let key = table.next_key;
        table.next_key += 1;
        table.opening -= 1;
        let call = InHand {
            opened,
            front: FrontState::Idle(front),
            pieces: Vec::new(),
            outstanding: 0,
            failed: None,
            since: Instant::now(),
            cpu_s,
        };
        table.calls.insert(key, call);
        self.changed.notify_all();
    }

    /// A recording needs nothing more: it is known, or cannot be opened.
    pub(crate) fn not_opened(&self) {
        self.lock().opening -= 1;
        self.changed.notify_all();
    }

    /// Reading went on: new windows, and the front back, or what it measured at its end. Returns the call if that was
    /// the last thing it waited for.
    pub(crate) fn advanced(
        &self,
        key: Key,
        windows: Vec<Window>,
        front: Result<Box<Front>, Box<FrontEnd>>,
        cpu_s: f64,
    ) -> Option<Work> {
        let mut table = self.lock();
        let call = table.calls.get_mut(&key)?;
        call.cpu_s += cpu_s;
        call.outstanding += windows.len();
        call.front = match front {
            Ok(front) => FrontState::Idle(front),
            Err(end) => FrontState::Ended(Some(end)),
        };
        let complete = call.complete();
        table.windows.extend(windows.into_iter().map(|window| (key, window)));
        self.changed.notify_all();
        if complete { self.finish(&mut table, key) } else { None }
    }

    /// A window was recognised. Returns the call if that was the last thing it waited for.
    pub(crate) fn transcribed(&self, key: Key, pieces: Vec<Piece>, cpu_s: f64) -> Option<Work> {
        let mut table = self.lock();
        let call = table.calls.get_mut(&key)?;
        call.cpu_s += cpu_s;
        call.pieces.extend(pieces);
        call.outstanding -= 1;
        let complete = call.complete();
        if complete { self.finish(&mut table, key) } else { None }
    }

    /// Reading a call failed. Returns the call if nothing else is in progress for it.
    pub(crate) fn failed(&self, key: Key, error: String) -> Option<Work> {
        let mut table = self.lock();
        let call = table.calls.get_mut(&key)?;
        call.failed.get_or_insert(error);
        call.front = FrontState::Ended(None);
        let complete = call.complete();
        self.changed.notify_all();
        if complete { self.finish(&mut table, key) } else { None }
    }

    /// The recording of a call in hand.
    pub(crate) fn source(&self, key: Key) -> Option<PathBuf> {
        self.lock().calls.get(&key).map(|call| call.opened.recording.path.clone())
    }

    /// A call was saved or given up.
    pub(crate) fn finished(&self) {
        self.lock().finishing -= 1;
        self.changed.notify_all();
    }

    /// Recordings that were not begun, and calls that were dropped, after all workers have left.
    pub(crate) fn left_over(self) -> (Vec<Recording>, Vec<InHand>) {
        let table = self.table.into_inner().unwrap_or_else(PoisonError::into_inner);
        (table.waiting.into(), table.calls.into_values().collect())
    }

    fn finish(&self, table: &mut Table, key: Key) -> Option<Work> {
        let call = table.calls.remove(&key)?;
        table.finishing += 1;
        Some(Work::Finish(Box::new(call)))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Every change of the table is complete before anything can panic, so a poisoned lock is still sound.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
