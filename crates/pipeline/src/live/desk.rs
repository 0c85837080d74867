//! The recogniser of all live calls: who is heard next, and what is left for later when there is too much.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use hotline_asr::{AsrError, Hypothesis, Session};
use hotline_audio::{AudioBlock, AudioSource, LineGauge};
use hotline_model::{CallMeta, Channel, SAMPLES_PER_MS};
use hotline_vad::SpeechSegment;
use serde::Serialize;

use super::AlertSettings;
use super::call::LiveCall;
use super::event::{LiveObserver, Mode};
use super::hearing::Hearing;
use super::load::LoadSettings;
use super::partial::{Asked, Due, PartialSettings};
use crate::batch::{guarded, internal};
use crate::call_error::CallError;
use crate::ears::Ears;
use crate::piece::{Piece, piece};
use crate::rooms::Rooms;
use crate::stages::{Stage, StageClock, StageSeconds};
use crate::window::Window;

/// After a call has ended its last words are waited for so long at most; the batch has them anyway.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// A turn in which something is doubtful is heard again after so much more speech.
const DOUBTFUL_EVERY_MS: u32 = 400;

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
    partial: PartialSettings,
    clock: StageClock,
}

#[derive(Default)]
struct Table {
    jobs: VecDeque<Job>,
    /// Turns that still go on and wait to be heard, one a lane at most.
    turns: Vec<Turn>,
    /// A session has one that does not pause.
    turn_in_hand: bool,
    /// None that does not pause is taken before, so that their share of the processor is kept.
    turns_rest_until: Option<Instant>,
    /// Milliseconds of sound heard for them so far.
    turns_ms: u64,
    closing: bool,
    /// Milliseconds of speech recognised so far.
    speech_ms: u64,
    /// Of them those whose words were known already.
    known_ms: u64,
}

/// A segment that waits for the recogniser.
struct Job {
    call: Arc<LiveCall>,
    lane: usize,
    window: Window,
    hearing: Arc<Hearing>,
    since: Instant,
}

/// A turn that still goes on.
struct Turn {
    call: Arc<LiveCall>,
    channel: Channel,
    so_far: SpeechSegment,
    hearing: Arc<Hearing>,
    due: Due,
    since: Instant,
}

/// What is remembered of a lane while it is listened to.
#[derive(Default)]
struct Lane {
    asked: Asked,
    hearing: Arc<Hearing>,
}

/// What a session does next.
enum Task {
    Job(Job),
    Turn(Turn),
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
    /// Milliseconds of sound that turns were heard over while they went on.
    pub partial_ms: u64,
    /// Of the speech recognised, milliseconds whose words were known when it was over, from a hearing in its last pause.
    pub known_ms: u64,
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
        partial: PartialSettings,
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
            partial,
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
        let mut lanes: Vec<Lane> = (0..ears.len()).map(|_| Lane::default()).collect();
        let mut skipped = 0;
        loop {
            let more = source.next_block(&mut block)?;
            let arrived = Instant::now();
            let clock = &self.shared.clock;
            let segments = if more { ears.push(&block, clock) } else { ears.flush(clock) };
            for (lane, segment) in segments {
                self.shared.put(call, lane, ears.channel(lane), segment, &lanes[lane].hearing);
            }
            let now_skipped = gauge.map_or(0, LineGauge::skipped_chunks);
            call.listened(&ears, arrived, now_skipped > skipped);
            skipped = now_skipped;
            if !more {
                break;
            }
            for (at, lane) in lanes.iter_mut().enumerate() {
                self.shared.ask(call, &ears, at, lane);
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
            partial_ms: table.turns_ms,
            known_ms: table.known_ms,
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

    fn forget_turn(&mut self, call: &Arc<LiveCall>, channel: Channel) {
        self.turns.retain(|turn| !Arc::ptr_eq(&turn.call, call) || turn.channel != channel);
    }

    /// An agent's turn that pauses, if it has waited for longer than every segment: likely it is one.
    fn take_likely_end(&mut self) -> Option<Turn> {
        let first = self.jobs.front()?.since;
        let fits = |turn: &Turn| turn.channel == Channel::Agent && turn.due == Due::Pause && !turn.hearing.is_busy();
        let at = self.turns.iter().position(|turn| fits(turn) && turn.since < first)?;
        let turn = self.turns.swap_remove(at);
        turn.hearing.set_busy(true);
        Some(turn)
    }

    /// The turn to hear next: an agent's before a customer's, one that pauses before one that goes on, then the one that has waited longest. Of
    /// those that go on one at a time, and none while they rest; a pause is likely the end, so it is treated as one.
    fn take_turn(&mut self, resting: bool) -> Option<Turn> {
        let order = |turn: &Turn| (turn.channel != Channel::Agent, turn.due != Due::Pause, turn.since);
        let fits = |turn: &Turn| turn.due == Due::Pause || !resting && !self.turn_in_hand;
        let turns = self.turns.iter().enumerate().filter(|(_, turn)| fits(turn) && !turn.hearing.is_busy());
        let at = turns.min_by_key(|(_, turn)| order(turn))?.0;
        let turn = self.turns.swap_remove(at);
        self.turn_in_hand |= turn.due == Due::GoesOn;
        turn.hearing.set_busy(true);
        Some(turn)
    }
}

impl Shared {
    /// Asks for the turn under way on lane `at`, if it pauses or has gone on for long enough and the recogniser is not behind.
    fn ask(&self, call: &Arc<LiveCall>, ears: &Ears, at: usize, lane: &mut Lane) {
        let channel = ears.channel(at);
        let (Some(every_ms), Some(under_way)) = (self.partial.every_ms(channel), ears.under_way(at)) else { return };
        let every_ms = if lane.hearing.is_doubtful() { every_ms.min(DOUBTFUL_EVERY_MS) } else { every_ms };
        // From then on its sound is complete: what is heard now is what will be given out, if the turn is over.
        let pausing = ears.pause_ms(at) >= self.rooms.endpointer.pad_ms;
        let Some(due) = lane.asked.due(under_way, pausing, every_ms) else { return };
        if call.mode() != Mode::Prompt {
            return;
        }
        let Some(so_far) = ears.so_far(at) else { return };
        let mut table = self.lock();
        // One that still waits gives way to the longer one, but keeps its place.
        let waiting = table.turns.iter_mut().find(|turn| Arc::ptr_eq(&turn.call, call) && turn.channel == channel);
        match waiting {
            Some(turn) => (turn.so_far, turn.due) = (so_far, due),
            None => {
                let (call, hearing) = (Arc::clone(call), Arc::clone(&lane.hearing));
                table.turns.push(Turn { call, channel, so_far, hearing, due, since: Instant::now() });
            }
        }
        drop(table);
        self.changed.notify_one();
    }

    fn put(&self, call: &Arc<LiveCall>, lane: usize, channel: Channel, segment: SpeechSegment, hearing: &Arc<Hearing>) {
        hearing.set_doubtful(false);
        let mut table = self.lock();
        table.forget_turn(call, channel);
        let oldest = table.oldest();
        let mode = self.load.next(call.mode(), oldest, table.is_heaviest(call));
        let start = segment.span.start;
        if mode == Mode::RecordOnly {
            let aside = table.take_jobs_of(call);
            drop(table);
            call.set_aside(aside.iter().flat_map(|job| job.window.starts()).chain([start]));
        } else {
            call.handed_over(channel, start);
            let window = Window::of(channel, segment);
            let (call, hearing) = (Arc::clone(call), Arc::clone(hearing));
            table.jobs.push_back(Job { call, lane, window, hearing, since: Instant::now() });
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
        while let Some(task) = self.take() {
            match task {
                Task::Job(job) => self.hear(&job, session),
                Task::Turn(turn) => self.hear_so_far(&turn, session),
            }
        }
    }

    fn hear(&self, job: &Job, session: &mut dyn Session) {
        let known = job.window.only().and_then(|segment| job.hearing.known(segment));
        let known_ms = if known.is_some() { job.window.speech_ms() } else { 0 };
        let answers = match known {
            Some(known) => vec![Ok(known)],
            None => job.window.transcribe(session, |session, samples| self.transcribe(session, samples)),
        };
        let pieces = self.clock.time(Stage::Text, || job.window.pieces(answers));
        {
            let mut table = self.lock();
            table.speech_ms += job.window.speech_ms();
            table.known_ms += known_ms;
        }
        self.clock.time(Stage::Rules, || job.call.recognised(&job.window, pieces));
    }

    fn hear_so_far(&self, turn: &Turn, session: &mut dyn Session) {
        let begun = ThreadTime::try_now().ok();
        let mut heard_ms = 0;
        let answer = turn.hearing.so_far(&turn.so_far, turn.due, self.partial.whole_ms, |samples| {
            heard_ms = samples.len() as u64 / u64::from(SAMPLES_PER_MS);
            self.transcribe(session, samples)
        });
        // A gap or a failure is no news: the turn is heard again.
        if let Piece::Utterance(utterance) = self.clock.time(Stage::Text, || piece(turn.channel, &turn.so_far, answer))
        {
            let doubtful = self.clock.time(Stage::Rules, || turn.call.heard_so_far(utterance, turn.due == Due::Pause));
            turn.hearing.set_doubtful(doubtful);
        }
        let mut table = self.lock();
        turn.hearing.set_busy(false);
        table.turns_ms += heard_ms;
        if turn.due == Due::GoesOn {
            table.turn_in_hand = false;
            // Processor time: on a busy machine a hearing takes longer, but costs no more.
            let took = begun.and_then(|begun| begun.try_elapsed().ok()).unwrap_or_default();
            table.turns_rest_until = Some(Instant::now() + self.partial.rest(took));
        }
        drop(table);
        self.changed.notify_one();
    }

    fn transcribe(&self, session: &mut dyn Session, samples: &[f32]) -> Result<Hypothesis, String> {
        guarded(|| self.clock.time(Stage::Asr, || session.transcribe(samples)))
            .map_err(|panic| internal(panic).to_string())
            .and_then(|answer| answer.map_err(|error| error.to_string()))
    }

    /// The segment that has waited longest, or an agent's turn that pauses and has waited for longer; when it is too long, with those of the
    /// same speaker behind it. When none waits, a turn that still goes on.
    fn take(&self) -> Option<Task> {
        let mut table = self.lock();
        loop {
            if table.closing {
                return None;
            }
            let oldest = table.oldest();
            if let Some(turn) = table.take_likely_end() {
                return Some(Task::Turn(turn));
            }
            if let Some(mut job) = table.jobs.pop_front() {
                if oldest > self.load.pack_after {
                    pack(&mut job, &mut table.jobs);
                }
                return Some(Task::Job(job));
            }
            let rest =
                table.turns_rest_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            if let Some(turn) = table.take_turn(!rest.is_zero()) {
                return Some(Task::Turn(turn));
            }
            table = if rest.is_zero() || table.turns.is_empty() {
                self.changed.wait(table).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.changed.wait_timeout(table, rest).unwrap_or_else(PoisonError::into_inner).0
            };
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
