//! The recogniser of all live calls: who is heard next, and what is left for later when there is too much.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hotline_asr::{AsrError, Session};
use hotline_audio::{AudioBlock, AudioSource, LineGauge};
use hotline_model::CallMeta;
use hotline_vad::SpeechSegment;
use serde::Serialize;

use super::AlertSettings;
use super::call::LiveCall;
use super::event::{LiveObserver, Mode};
use super::load::LoadSettings;
use crate::batch::{guarded, internal};
use crate::call_error::CallError;
use crate::ears::Ears;
use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock, StageSeconds};
use crate::window::Window;

/// After a call has ended its last words are waited for so long at most; the batch has them anyway.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// Sessions of the recogniser, shared by all live calls.
pub struct LiveEngine {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    alerts: AlertSettings,
}

struct Shared {
    rooms: Arc<Rooms>,
    table: Mutex<Table>,
    changed: Condvar,
    load: LoadSettings,
    clock: StageClock,
}

#[derive(Default)]
struct Table {
    jobs: VecDeque<Job>,
    closing: bool,
    /// Milliseconds of speech recognised so far.
    speech_ms: u64,
}

/// A segment that waits for the recogniser.
struct Job {
    call: Arc<LiveCall>,
    lane: usize,
    window: Window,
    since: Instant,
}

/// How the recogniser stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LiveLoad {
    /// Segments that wait.
    pub waiting: usize,
    /// Milliseconds that the oldest of them has waited.
    pub oldest_ms: u32,
    /// Milliseconds of speech recognised so far.
    pub speech_ms: u64,
    /// Processor seconds by stage.
    pub cpu: StageSeconds,
}

impl LiveEngine {
    /// Opens `sessions` sessions (at least one) and their threads.
    ///
    /// # Errors
    /// No session can be opened.
    pub fn new(
        rooms: Arc<Rooms>,
        sessions: usize,
        load: LoadSettings,
        alerts: AlertSettings,
    ) -> Result<LiveEngine, AsrError> {
        let mut opened = Vec::new();
        for _ in 0..sessions.max(1) {
            opened.push(rooms.transcriber.session()?);
        }
        let shared = Arc::new(Shared {
            rooms,
            table: Mutex::default(),
            changed: Condvar::new(),
            load,
            clock: StageClock::default(),
        });
        let workers = opened.into_iter().map(|mut session| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work(session.as_mut()))
        });
        Ok(LiveEngine { workers: workers.collect(), shared, alerts })
    }

    /// A call on `line` that is recorded as `recording` and heard through `source`.
    pub fn call(
        &self,
        line: &str,
        recording: &str,
        meta: CallMeta,
        source: &dyn AudioSource,
        observer: Arc<LiveObserver>,
    ) -> Arc<LiveCall> {
        let rooms = Arc::clone(&self.shared.rooms);
        Arc::new(LiveCall::new(line, recording, meta, source.info(), rooms, self.alerts, observer))
    }

    /// Listens to a call until its source ends and its last words are known. Blocks: one thread a call.
    ///
    /// # Errors
    /// The source fails. The recording is another matter and goes on.
    pub fn listen(
        &self,
        call: &Arc<LiveCall>,
        mut source: Box<dyn AudioSource>,
        gauge: Option<&LineGauge>,
    ) -> Result<(), CallError> {
        let mut ears = Ears::new(&source.info().channels, &self.shared.rooms)?;
        let mut block = AudioBlock::default();
        let mut skipped = 0;
        loop {
            let more = source.next_block(&mut block)?;
            let arrived = Instant::now();
            let clock = &self.shared.clock;
            let segments = if more { ears.push(&block, clock) } else { ears.flush(clock) };
            for (lane, segment) in segments {
                self.shared.put(call, lane, ears.channel(lane), segment);
            }
            let now_skipped = gauge.map_or(0, LineGauge::skipped_chunks);
            call.listened(&ears, arrived, now_skipped > skipped);
            skipped = now_skipped;
            if !more {
                break;
            }
        }
        if !call.wait_settled(LAST_WORDS) {
            self.shared.drop_jobs(call);
        }
        Ok(())
    }

    /// How the recogniser stands.
    pub fn load(&self) -> LiveLoad {
        let table = self.shared.lock();
        LiveLoad {
            waiting: table.jobs.len(),
            oldest_ms: u32::try_from(table.oldest().as_millis()).unwrap_or(u32::MAX),
            speech_ms: table.speech_ms,
            cpu: self.shared.clock.seconds(),
        }
    }
}

impl Drop for LiveEngine {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            // A worker that panicked has said so already.
            let _ = worker.join();
        }
    }
}

impl Table {
    /// How long the oldest segment has waited.
    fn oldest(&self) -> Duration {
        self.jobs.front().map_or(Duration::ZERO, |job| job.since.elapsed())
    }

    fn jobs_of(&self, call: &Arc<LiveCall>) -> usize {
        self.jobs.iter().filter(|job| Arc::ptr_eq(&job.call, call)).count()
    }

    /// Whether no call has more waiting than `call`.
    fn is_heaviest(&self, call: &Arc<LiveCall>) -> bool {
        let own = self.jobs_of(call);
        self.jobs.iter().all(|job| Arc::ptr_eq(&job.call, call) || self.jobs_of(&job.call) <= own)
    }

    fn take_jobs_of(&mut self, call: &Arc<LiveCall>) -> Vec<Job> {
        let jobs = std::mem::take(&mut self.jobs);
        let (own, others) = jobs.into_iter().partition(|job| Arc::ptr_eq(&job.call, call));
        self.jobs = others;
        Vec::from(own)
    }
}

impl Shared {
    fn put(&self, call: &Arc<LiveCall>, lane: usize, channel: hotline_model::Channel, segment: SpeechSegment) {
        let mut table = self.lock();
        let oldest = table.oldest();
        let mode = self.load.next(call.mode(), oldest, table.is_heaviest(call));
        let start = segment.span.start;
        if mode == Mode::RecordOnly {
            let aside = table.take_jobs_of(call);
            drop(table);
            call.set_aside(aside.iter().flat_map(|job| job.window.starts()).chain([start]));
        } else {
            call.handed_over(start);
            let window = Window::of(channel, segment);
            table.jobs.push_back(Job { call: Arc::clone(call), lane, window, since: Instant::now() });
            drop(table);
        }
        call.set_mode(mode);
        self.changed.notify_one();
    }

    fn drop_jobs(&self, call: &Arc<LiveCall>) {
        let jobs = self.lock().take_jobs_of(call);
        call.set_aside(jobs.iter().flat_map(|job| job.window.starts()));
    }

    fn work(&self, session: &mut dyn Session) {
        while let Some(job) = self.take() {
            let answers = job.window.transcribe(session, |session, samples| {
                guarded(|| self.clock.time(Stage::Asr, || session.transcribe(samples)))
                    .map_err(|panic| internal(panic).to_string())
                    .and_then(|answer| answer.map_err(|error| error.to_string()))
            });
            let pieces = self.clock.time(Stage::Text, || job.window.pieces(answers));
            self.lock().speech_ms += job.window.speech_ms();
            self.clock.time(Stage::Rules, || job.call.recognised(job.window.starts(), pieces));
        }
    }

    /// The segment that has waited longest; when that is too long, with those of the same speaker behind it.
    fn take(&self) -> Option<Job> {
        let mut table = self.lock();
        loop {
            if table.closing {
                return None;
            }
            let oldest = table.oldest();
            if let Some(mut job) = table.jobs.pop_front() {
                if oldest > self.load.pack_after {
                    pack(&mut job, &mut table.jobs);
                }
                return Some(job);
            }
            table = self.changed.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Every change of the table is complete before anything can panic, so a poisoned lock is still sound.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the next segments of the same channel into the window, as long as they fit.
fn pack(job: &mut Job, jobs: &mut VecDeque<Job>) {
    let mut at = 0;
    while let Some(next) = jobs.get(at) {
        if !Arc::ptr_eq(&next.call, &job.call) || next.lane != job.lane {
            at += 1;
            continue;
        }
        // In order: a segment that does not fit ends the window.
        let Some(next) = jobs.remove(at) else { return };
        if let Err(window) = job.window.join(next.window) {
            jobs.insert(at, Job { window, ..next });
            return;
        }
    }
}
