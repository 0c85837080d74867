//! Many recordings, many sessions.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cpu_time::ThreadTime;
use hotline_asr::{AsrError, Session};
use hotline_audio::AudioError;
use hotline_model::{CallId, CallRecord, Outcome};
use hotline_rules::doubts;
use hotline_store::StoreError;

use crate::archive::Archive;
use crate::assemble::{assemble, judge};
use crate::call_error::CallError;
use crate::events::{CallDone, CallOutcome, Event, Observer};
use crate::front::{self, Front, FrontEnd};
use crate::hand::{Desk, InHand, Work};
use crate::identity;
use crate::recording::{Opened, Recording};
use crate::rooms::Rooms;
use crate::second_ear::{self, Allowance};
use crate::stages::{Stage, StageClock, StageSeconds};
use crate::stop::Stop;

/// How a batch is run.
#[derive(Clone, Debug, Default)]
pub struct BatchOptions {
    /// Process again what is in the store already.
    pub redo: bool,
}

/// What stops a whole batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// No recogniser session.
    #[error("no recogniser session could be opened: {0}")]
    Session(#[from] AsrError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a batch came to.
#[derive(Clone, Debug, Default)]
pub struct BatchReport {
    /// Every recording, in the order they were done.
    pub calls: Vec<CallDone>,
    /// Milliseconds of recordings processed (not the skipped ones).
    pub audio_ms: u64,
    /// Processor seconds by stage.
    pub cpu: StageSeconds,
    /// Seconds the batch took.
    pub wall_s: f64,
}

/// Processes `recordings`. Each call is saved as it finishes; one that cannot be processed is reported and remembered and
/// never stops the others. A store that cannot be written ends the batch: nothing more could be kept.
pub fn run(
    recordings: Vec<Recording>,
    rooms: &Rooms,
    archive: &Archive,
    options: &BatchOptions,
    stop: &Stop,
    observer: Observer<'_>,
) -> Result<BatchReport, BatchError> {
    let started = Instant::now();
    let workers = rooms.sessions.max(1);
    let mut sessions = Vec::with_capacity(workers);
    for _ in 0..workers {
        sessions.push(rooms.transcriber.session()?);
    }
    let desk = Desk::new(recordings, stop.clone());
    let clock = StageClock::default();
    let report = Mutex::new(BatchReport::default());
    let fatal = Mutex::new(None);
    let begun = Mutex::new(HashSet::new());
    let shared = Shared {
        rooms,
        archive,
        options,
        desk: &desk,
        clock: &clock,
        report: &report,
        fatal: &fatal,
        stop,
        observer,
        begun: &begun,
    };
    std::thread::scope(|scope| {
        for session in &mut sessions {
            let shared = &shared;
            scope.spawn(move || shared.work(session.as_mut()));
        }
    });
    let (waiting, dropped) = desk.left_over();
    for call in &dropped {
        archive.release(&call.opened.id);
    }
    if let Some(error) = into_inner(fatal) {
        return Err(error);
    }
    clock.time(Stage::Index, || archive.catch_up_quietly());
    let mut report = into_inner(report);
    let dropped = dropped.into_iter().map(|call| call.opened.recording);
    for recording in waiting.into_iter().chain(dropped) {
        report.calls.push(CallDone {
            source: recording.path,
            outcome: CallOutcome::Interrupted,
            cpu_s: 0.0,
            wall_s: 0.0,
        });
    }
    report.cpu = clock.seconds();
    report.wall_s = started.elapsed().as_secs_f64();
    Ok(report)
}

struct Shared<'a> {
    rooms: &'a Rooms,
    archive: &'a Archive,
    options: &'a BatchOptions,
    desk: &'a Desk,
    clock: &'a StageClock,
    report: &'a Mutex<BatchReport>,
    fatal: &'a Mutex<Option<BatchError>>,
    stop: &'a Stop,
    observer: Observer<'a>,
    /// Calls begun in this run: the same recording under two names is one call.
    begun: &'a Mutex<HashSet<CallId>>,
}

/// What opening a recording came to.
enum Opening {
    Call(Box<Opened>, Box<Front>),
    Settled(CallOutcome),
}

impl Shared<'_> {
    fn work(&self, session: &mut dyn Session) {
        let mut next = None;
        loop {
            next = match next.take().unwrap_or_else(|| self.desk.take()) {
                Work::Open(recording) => {
                    self.open(*recording);
                    None
                }
                Work::Advance(key, front) => self.advance(key, front),
                Work::Transcribe(key, window) => {
                    let start = ThreadTime::try_now().ok();
                    let answers = window.transcribe(session, |session, samples| {
                        guarded(|| self.clock.time(Stage::Asr, || session.transcribe(samples)))
                            .map_err(|panic| internal(panic).to_string())
                            .and_then(|answer| answer.map_err(|error| error.to_string()))
                    });
                    self.archive.keep_claims();
                    let pieces = self.clock.time(Stage::Text, || window.pieces(answers));
                    self.desk.transcribed(key, pieces, seconds(start))
                }
                Work::Finish(call) => {
                    self.finish(*call, session);
                    self.desk.finished();
                    None
                }
                Work::Exit => return,
            };
        }
    }

    fn open(&self, recording: Recording) {
        let (started, start) = (Instant::now(), ThreadTime::try_now().ok());
        (self.observer)(Event::Started { source: recording.path.clone() });
        let opening = guarded(|| self.try_open(&recording))
            .unwrap_or_else(|panic| Ok(Opening::Settled(self.failed(&internal(panic)))));
        match opening {
            Ok(Opening::Call(opened, front)) => self.desk.opened(*opened, front, seconds(start)),
            Ok(Opening::Settled(outcome)) => {
                if let CallOutcome::Failed { error } = &outcome {
                    self.remember_failure(&recording, error);
                }
                self.done(CallDone {
                    source: recording.path,
                    outcome,
                    cpu_s: seconds(start),
                    wall_s: started.elapsed().as_secs_f64(),
                });
                self.desk.not_opened();
            }
            Err(error) => {
                self.give_up(error);
                self.desk.not_opened();
            }
        }
    }

    fn try_open(&self, recording: &Recording) -> Result<Opening, StoreError> {
        let path = &recording.path;
        let hash = match self.clock.time(Stage::Audio, || identity::hash_file(path)) {
            Ok(hash) => hash,
            Err(error) => return Ok(Opening::Settled(self.failed(&AudioError::io(path, error).into()))),
        };
        let audio_sha256 = identity::hex(&hash);
        let id = self.archive.same_call(&audio_sha256, &recording.described.meta)?;
        let id = id.unwrap_or_else(|| CallId::derive(&hash, &recording.described.meta));
        if !self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone()) {
            return Ok(Opening::Settled(CallOutcome::Claimed { id }));
        }
        if !self.options.redo && self.archive.contains(&id)? {
            let metadata_updated =
                self.archive.update_meta(&id, &recording.described.meta, &path.display().to_string())?;
            return Ok(Opening::Settled(CallOutcome::Known { id, metadata_updated }));
        }
        if !self.archive.claim(&id)? {
            return Ok(Opening::Settled(CallOutcome::Claimed { id }));
        }
        let layout = recording.described.layout.unwrap_or(self.rooms.layout);
        match self.clock.time(Stage::Audio, || Front::open(path, layout, self.rooms)) {
            Ok(front) => {
                let opened = Opened { recording: recording.clone(), id, audio_sha256 };
                Ok(Opening::Call(Box::new(opened), Box::new(front)))
            }
            Err(error) => {
                self.archive.release(&id);
                Ok(Opening::Settled(self.failed(&error)))
            }
        }
    }

    fn advance(&self, key: u64, mut front: Box<Front>) -> Option<Work> {
        let start = ThreadTime::try_now().ok();
        match guarded(|| front.step(self.clock)) {
            Ok(Ok(step)) => {
                let cpu_s = seconds(start);
                let source = self.desk.source(key);
                if let Some(source) = source {
                    (self.observer)(Event::Read { source, ms: front.read().ms, of_ms: front.info().declared_ms });
                }
                let front = match step.end {
                    Some(end) => Err(end),
                    None => Ok(front),
                };
                self.desk.advanced(key, step.windows, front, cpu_s)
            }
            Ok(Err(error)) => self.desk.failed(key, (self.rooms.explain)(&error.into())),
            Err(panic) => self.desk.failed(key, (self.rooms.explain)(&internal(panic))),
        }
    }

    fn finish(&self, mut call: InHand, session: &mut dyn Session) {
        let start = ThreadTime::try_now().ok();
        let outcome = match (call.failed.take(), call.take_front_end()) {
            (None, Some(end)) => {
                let pieces = std::mem::take(&mut call.pieces);
                match guarded(|| self.save(&call.opened, *end, pieces, session)) {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(error)) => {
                        let error_text = error.to_string();
                        self.give_up(error);
                        CallOutcome::Failed { error: error_text }
                    }
                    Err(panic) => self.failed(&internal(panic)),
                }
            }
            (Some(error), _) => CallOutcome::Failed { error },
            (None, None) => self.failed(&internal("reading ended without a result".to_owned())),
        };
        self.archive.release(&call.opened.id);
        if let CallOutcome::Failed { error } = &outcome {
            self.remember_failure(&call.opened.recording, error);
        }
        self.done(CallDone {
            source: call.opened.recording.path,
            outcome,
            cpu_s: call.cpu_s + seconds(start),
            wall_s: call.since.elapsed().as_secs_f64(),
        });
    }

    fn save(
        &self,
        opened: &Opened,
        end: FrontEnd,
        pieces: Vec<crate::piece::Piece>,
        session: &mut dyn Session,
    ) -> Result<CallOutcome, StoreError> {
        let mut record = assemble(opened, end, pieces, self.rooms, self.clock);
        if self.rooms.second_ear {
            self.listen_again(&mut record, opened, session);
        }
        self.clock.time(Stage::Store, || self.archive.save(&record))?;
        self.clock.time(Stage::Index, || self.archive.index_now_and_then());
        let count = |outcome| record.findings.iter().filter(|finding| finding.outcome == outcome).count();
        Ok(CallOutcome::Processed {
            id: record.call.id.clone(),
            duration_ms: record.call.duration_ms,
            utterances: record.transcript.utterances.len(),
            violations: count(Outcome::Violated),
            undecided: count(Outcome::Undecided),
            score: record.score_card.score,
            grade: record.score_card.grade,
            issues: record.issues.iter().map(|issue| issue.message.clone()).collect(),
        })
    }

    /// Listens again to what outcomes hang on. A call is none the worse if that fails.
    fn listen_again(&self, record: &mut CallRecord, opened: &Opened, session: &mut dyn Session) {
        let path = &opened.recording.path;
        let options = front::options(record.call.layout, self.rooms);
        let mut allowance = Allowance::of(&record.transcript);
        for _ in 0..second_ear::ROUNDS {
            let doubts = doubts(&record.findings);
            let listens = self.clock.time(Stage::SecondEar, || {
                second_ear::listen(doubts, &record.transcript, (path, &options), &mut allowance, session)
            });
            match listens {
                Ok(listens) if listens.is_empty() => return,
                Ok(listens) => record.transcript.second_listens.extend(listens),
                Err(error) => {
                    tracing::warn!(path = %path.display(), error, "doubtful words could not be listened to again");
                    return;
                }
            }
            self.clock.time(Stage::Rules, || judge(record, self.rooms));
        }
    }

    fn failed(&self, error: &CallError) -> CallOutcome {
        CallOutcome::Failed { error: (self.rooms.explain)(error) }
    }

    fn remember_failure(&self, recording: &Recording, error: &str) {
        if let Err(error) = self.archive.record_failure(&recording.path, error) {
            self.give_up(error);
        }
    }

    fn done(&self, done: CallDone) {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        if let CallOutcome::Processed { duration_ms, .. } = &done.outcome {
            report.audio_ms += u64::from(*duration_ms);
        }
        report.calls.push(done.clone());
        drop(report);
        (self.observer)(Event::Done(done));
    }

    /// The store is gone: nothing more can be kept, so nothing more is begun.
    fn give_up(&self, error: StoreError) {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(BatchError::Store(error));
        self.stop.request();
        self.stop.request();
    }
}

/// Runs `work`; a panic becomes a text, so that a mistake of ours on one file does not cost the others.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "unknown".to_owned())
    })
}

/// What [`guarded`] caught.
pub(crate) fn internal(message: String) -> CallError {
    CallError::Internal { message }
}

fn seconds(start: Option<ThreadTime>) -> f64 {
    start.and_then(|start| start.try_elapsed().ok()).map_or(0.0, |spent| spent.as_secs_f64())
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}
