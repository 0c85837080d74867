//! The switchboard: who is connected to which call, and where their sound goes.

mod line;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use hotline_audio::{AudioSource, LegJoiner, LineFormat, WavRecorder, line};
use hotline_pipeline::live::{LiveCall, LiveEngine, LiveLoad, LiveObserver, LiveStatus};
use jiff::Timestamp;
use serde::Serialize;

use self::line::{Inner, Line};
use crate::columns::Columns;
use crate::error::LiveError;
use crate::finisher::{Describe, Finisher};
use crate::gauges::Counters;
use crate::recordings::Recordings;

/// One leg may run ahead of the other by so long before silence stands in for what is late.
///
/// What waits for its other half is in no file yet: with what the file is behind ([`TICK`]) it has to stay below the second that a
/// kill may cost.
const LEG_LEAD: Duration = Duration::from_millis(600);

/// Recordings are brought up to date at least so often.
const TICK: Duration = Duration::from_millis(250);

/// Whose voice a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Both voices mixed in one channel.
    Mixed,
    /// Both voices in two channels: agent, customer.
    Both,
    /// The agent's; the customer's comes over another connection.
    Agent,
    /// The customer's; the agent's comes over another connection.
    Customer,
}

impl Seat {
    fn channels(self) -> u16 {
        if self == Seat::Mixed { 1 } else { 2 }
    }
}

/// What a connection is.
#[derive(Clone, Debug)]
pub struct LineSpec {
    /// The line, for people: where it was accepted.
    pub line: String,
    /// Name of the call; legs of one call give the same.
    pub key: String,
    /// Whose voice.
    pub seat: Seat,
    /// Samples a second of each channel.
    pub rate_hz: u32,
    /// Kind of connection: `audiosocket`, `websocket`, `replay`.
    pub kind: &'static str,
    /// What it tells of the call.
    pub columns: Columns,
}

/// Limits of a switchboard.
#[derive(Clone, Copy, Debug)]
pub struct SwitchboardSettings {
    /// Calls at once.
    pub calls_max: usize,
    /// Chunks that may wait on a line to be listened to; at the usual 20 ms each, 1500 are half a minute.
    pub queue_chunks: usize,
}

impl Default for SwitchboardSettings {
    fn default() -> Self {
        SwitchboardSettings { calls_max: 64, queue_chunks: 1_500 }
    }
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallEnded {
    /// The line.
    pub line: String,
    /// Name of the call.
    pub key: String,
    /// Its recording; `None` if nothing at all was heard.
    pub recording: Option<PathBuf>,
    /// Milliseconds recorded.
    pub recorded_ms: u32,
    /// Milliseconds that were not listened to while it went on.
    pub skipped_ms: u32,
}

/// A call that is going on.
#[derive(Clone, Debug, Serialize)]
pub struct LineReport {
    /// The line.
    pub line: String,
    /// Name of the call.
    pub key: String,
    /// Kind of connection.
    pub kind: &'static str,
    /// Milliseconds that have come: of two legs, of the one that is further.
    pub reached_ms: u32,
    /// Milliseconds recorded.
    pub recorded_ms: u32,
    /// Milliseconds recorded and not listened to yet: by so much listening is behind.
    pub waiting_ms: u32,
    /// Chunks recorded but not listened to.
    pub skipped_chunks: u64,
    /// What was heard.
    pub live: Option<LiveStatus>,
}

/// Told when a call begins and ends.
type Ended = dyn Fn(&CallEnded) + Send + Sync;

/// Everything that calls share.
pub struct Switchboard {
    engine: LiveEngine,
    recordings: Recordings,
    finisher: Finisher,
    describe: Arc<Describe>,
    observer: Arc<LiveObserver>,
    ended: Box<Ended>,
    settings: SwitchboardSettings,
    /// What is counted.
    pub counters: Arc<Counters>,
    calls: Mutex<HashMap<String, Arc<Line>>>,
    listeners: Mutex<Vec<JoinHandle<()>>>,
    stopping: AtomicBool,
}

/// A connection's place in a call. Dropping it hangs up.
pub struct Leg {
    board: Arc<Switchboard>,
    line: Arc<Line>,
    seat: Seat,
}

impl Switchboard {
    /// A switchboard. `ended` is told when a call is over and recorded, before it is processed.
    #[expect(clippy::too_many_arguments, reason = "the rooms of a service, each once")]
    pub fn new(
        engine: LiveEngine,
        recordings: Recordings,
        finisher: Finisher,
        describe: Arc<Describe>,
        observer: Arc<LiveObserver>,
        ended: Box<Ended>,
        settings: SwitchboardSettings,
        counters: Arc<Counters>,
    ) -> Arc<Switchboard> {
        let board = Arc::new(Switchboard {
            engine,
            recordings,
            finisher,
            describe,
            observer,
            ended,
            settings,
            counters,
            calls: Mutex::default(),
            listeners: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let watched = Arc::downgrade(&board);
        std::thread::spawn(move || {
            while let Some(board) = watched.upgrade() {
                board.tick();
                drop(board);
                std::thread::sleep(TICK);
            }
        });
        board
    }

    /// Takes up what earlier runs left behind; tells how many recordings.
    pub fn take_up(&self) -> usize {
        let left = self.recordings.left_behind();
        let count = left.len();
        left.into_iter().for_each(|recording| self.finisher.submit(recording));
        count
    }

    /// Connects a leg: to the call of that name if it is going on, else to a new one.
    ///
    /// # Errors
    /// Too many calls, the seat is taken, the legs do not fit together, or nothing can be recorded.
    pub fn connect(self: &Arc<Self>, spec: LineSpec) -> Result<Leg, LiveError> {
        let refused = |error| {
            Counters::add(&self.counters.refused, 1);
            error
        };
        if self.stopping.load(Ordering::SeqCst) {
            return Err(refused(LiveError::Stopping));
        }
        let format = LineFormat { channels: spec.seat.channels(), rate_hz: spec.rate_hz, name: spec.kind.to_owned() };
        let seat = spec.seat;
        let mut calls = self.calls();
        let line = match calls.get(&spec.key) {
            Some(line) => {
                line.join(&spec, &format).map_err(refused)?;
                Arc::clone(line)
            }
            None => {
                if calls.len() >= self.settings.calls_max {
                    return Err(refused(LiveError::Full(self.settings.calls_max)));
                }
                let line = self.begin(spec, format).map_err(refused)?;
                calls.insert(line.spec.key.clone(), Arc::clone(&line));
                line
            }
        };
        drop(calls);
        Ok(Leg { board: Arc::clone(self), line, seat })
    }

    fn begin(self: &Arc<Self>, spec: LineSpec, format: LineFormat) -> Result<Arc<Line>, LiveError> {
        let started_at = Timestamp::now();
        let (feed, source) = line(&format, self.settings.queue_chunks)?;
        let gauge = source.gauge(&format);
        let (recorder, path) = self.recordings.begin(&spec.line, &spec.key, &format, started_at, &spec.columns)?;
        Counters::add(&self.counters.calls, 1);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // As a batch will: from the table beside the recording.
        let meta = (self.describe)(&path).meta;
        let live = self.engine.call(&spec.line, &name, meta, &source, Arc::clone(&self.observer));
        let joiner = matches!(spec.seat, Seat::Agent | Seat::Customer).then(|| {
            let mut joiner = LegJoiner::new((LEG_LEAD.as_millis() as u32 * format.rate_hz / 1000) as usize);
            joiner.connect(usize::from(spec.seat == Seat::Customer));
            joiner
        });
        let connected = match spec.seat {
            Seat::Customer => [false, true],
            Seat::Agent => [true, false],
            Seat::Mixed | Seat::Both => [true, true],
        };
        let columns = spec.columns.clone();
        let inner =
            Inner { recorder: Some(recorder), feed: Some(feed), joiner, connected, columns, recorded: 0, refused: 0 };
        let line = Arc::new(Line { spec, format, path, started_at, gauge, live, inner: Mutex::new(inner) });
        let (board, own) = (Arc::clone(self), Arc::clone(&line));
        let listener = std::thread::spawn(move || board.listen(&own, Box::new(source)));
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| !listener.is_finished());
        listeners.push(listener);
        Ok(line)
    }

    /// The life of a call's listener: listens while it goes on, then hands the recording over.
    fn listen(&self, line: &Line, source: Box<dyn AudioSource>) {
        if let Err(error) = self.engine.listen(&line.live, source, Some(&line.gauge)) {
            tracing::error!(%error, line = line.spec.line, "a call cannot be listened to; it is recorded all the same");
            // The recording ends when the connection does; until then nothing is to be done here.
            while line.lock().feed.is_some() {
                std::thread::sleep(TICK);
            }
        }
        let (recorder, recorded, refused) = {
            let mut inner = line.lock();
            (inner.recorder.take(), inner.recorded, inner.refused)
        };
        if refused > 0 {
            let ms = line.format.ms(refused);
            let mut columns = line.lock().columns.clone();
            columns.issue("agent", &format!("{ms} ms could not be written to the disk and are missing"));
            self.enter(line, &columns);
        }
        let recording = recorder.and_then(|recorder| {
            self.recordings.complete(recorder, &line.path).unwrap_or_else(|error| {
                Counters::add(&self.counters.recording_errors, 1);
                tracing::error!(%error, "a recording could not be ended; it will be taken up at the next start");
                None
            })
        });
        Counters::add(&self.counters.recorded_ms, u64::from(line.format.ms(recorded)));
        Counters::add(&self.counters.skipped_chunks, line.gauge.skipped_chunks());
        (self.ended)(&CallEnded {
            line: line.spec.line.clone(),
            key: line.spec.key.clone(),
            recording: recording.as_ref().map(|recording| recording.path.clone()),
            recorded_ms: line.format.ms(recorded),
            skipped_ms: line.gauge.skipped_ms(),
        });
        if let Some(recording) = recording {
            self.finisher.submit(recording);
        }
    }

    /// Enters what is known of a call into the table beside its recording.
    fn enter(&self, line: &Line, columns: &Columns) {
        let Line { spec, path, format, started_at, .. } = line;
        let entered = self.recordings.enter(path, &spec.line, &spec.key, format, *started_at, columns);
        if let Err(error) = entered {
            tracing::error!(%error, "what is known of a call could not be entered");
        }
    }

    /// Calls that are going on, by line and name.
    pub fn lines(&self) -> Vec<LineReport> {
        let lines: Vec<Arc<Line>> = self.calls().values().cloned().collect();
        let mut reports: Vec<LineReport> = lines.iter().map(|line| line.report()).collect();
        reports.sort_by(|one, other| (&one.line, &one.key).cmp(&(&other.line, &other.key)));
        reports
    }

    /// The live call of this name, if it is going on.
    pub fn live(&self, key: &str) -> Option<Arc<LiveCall>> {
        self.calls().get(key).map(|line| Arc::clone(&line.live))
    }

    /// How the recogniser stands.
    pub fn load(&self) -> LiveLoad {
        self.engine.load()
    }

    /// Recorded calls that wait to be processed.
    pub fn finishing(&self) -> usize {
        self.finisher.waiting()
    }

    /// Whether calls are still taken.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Takes no more calls, hangs up those that are going on and waits until they are recorded. What waits to be processed
    /// goes on.
    pub fn hang_up(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let lines: Vec<Arc<Line>> = self.calls().drain().map(|(_, line)| line).collect();
        lines.iter().for_each(|line| line.over(&self.counters));
        let listeners = std::mem::take(&mut *self.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        for listener in listeners {
            // A listener that panicked has said so; its recording is taken up at the next start.
            let _ = listener.join();
        }
    }

    /// Waits until everything recorded is processed, or processing was aborted.
    pub fn wait_finished(&self) {
        while self.finisher.waiting() > 0 && !self.finisher.is_aborting() {
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Drops what is being processed: it stays marked and is taken up at the next start.
    pub fn abort(&self) {
        self.finisher.abort();
    }

    fn tick(&self) {
        let lines: Vec<Arc<Line>> = self.calls().values().cloned().collect();
        for line in lines {
            let mut inner = line.lock();
            if let Some(Err(error)) = inner.recorder.as_mut().map(WavRecorder::tick) {
                Counters::add(&self.counters.recording_errors, 1);
                tracing::error!(%error, "a recording cannot be written");
            }
        }
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<String, Arc<Line>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leg {
    /// Sound of this leg: samples of its channel; interleaved where it carries both.
    pub fn push(&self, samples: &[i16]) {
        self.line.push(self.seat, samples, &self.board.counters);
    }

    /// What the connection has told since.
    pub fn tell(&self, columns: Columns) {
        if columns.is_empty() {
            return;
        }
        let columns = {
            let mut inner = self.line.lock();
            inner.columns.overlay(columns);
            inner.columns.clone()
        };
        self.board.enter(&self.line, &columns);
    }

    /// Where the call is recorded, once it is over.
    pub fn recording(&self) -> &Path {
        &self.line.path
    }

    /// Whether the service hung up: there is no use in pushing more.
    pub fn is_over(&self) -> bool {
        self.line.lock().feed.is_none()
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        let mut calls = self.board.calls();
        let over = {
            let mut inner = self.line.lock();
            match self.seat {
                Seat::Agent | Seat::Customer => {
                    let side = usize::from(self.seat == Seat::Customer);
                    inner.connected[side] = false;
                    if let Some(joiner) = inner.joiner.as_mut() {
                        joiner.disconnect(side);
                    }
                }
                Seat::Mixed | Seat::Both => inner.connected = [false, false],
            }
            inner.connected == [false, false]
        };
        if over {
            // The name may belong to a new call by now.
            if calls.get(&self.line.spec.key).is_some_and(|line| Arc::ptr_eq(line, &self.line)) {
                calls.remove(&self.line.spec.key);
            }
            self.line.over(&self.board.counters);
        }
    }
}
