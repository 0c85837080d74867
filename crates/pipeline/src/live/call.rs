//! One live call: what was said and heard so far, and what follows from it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotline_audio::SourceInfo;
use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallTime, ChannelAcoustics, Finding, Severity, TimeSpan, Transcript,
};
use hotline_rules::{CallView, Judgement};
use jiff::Timestamp;
use serde::Serialize;

use super::alert::{self, Alert, AlertKind, AlertSettings, Seen, Sighting};
use super::event::{LiveEvent, LiveObserver, Mode};
use crate::batch::guarded;
use crate::ears::Ears;
use crate::piece::Piece;
use crate::rooms::Rooms;

/// Arrivals of blocks are remembered for this long, to tell how late something is known.
const ARRIVALS_KEPT: Duration = Duration::from_secs(120);

/// Levels for a meter are those of the last half second.
const METER_MS: u32 = 500;

/// A call that is going on.
pub struct LiveCall {
    line: String,
    recording: String,
    rooms: Arc<Rooms>,
    alerts: AlertSettings,
    observer: Arc<LiveObserver>,
    state: Mutex<State>,
    settled: Condvar,
}

struct State {
    call: Call,
    transcript: Transcript,
    /// Speech that is under way included.
    acoustics: Acoustics,
    /// Up to where every channel has come out as segments.
    in_full: CallTime,
    arrivals: VecDeque<(CallTime, Instant)>,
    /// Where the segments begin that the recogniser still has.
    waiting: Vec<CallTime>,
    /// From here on something was not listened to.
    unheard_from: Option<CallTime>,
    mode: Mode,
    seen: Seen,
    alerts: u32,
    levels_dbfs: Vec<f32>,
    last_delay_ms: Option<u32>,
}

/// How a live call stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveStatus {
    /// The line.
    pub line: String,
    /// File name of its recording.
    pub recording: String,
    /// Milliseconds listened to.
    pub heard_ms: u32,
    /// How it is listened to.
    pub mode: Mode,
    /// Segments that the recogniser has not answered yet.
    pub waiting: usize,
    /// Utterances so far.
    pub utterances: usize,
    /// Alerts so far.
    pub alerts: u32,
    /// Level of each channel over the last half second, in dBFS.
    pub levels_dbfs: Vec<f32>,
    /// Milliseconds from the end of the newest utterance to its text.
    pub last_delay_ms: Option<u32>,
}

impl LiveCall {
    pub(crate) fn new(
        line: &str,
        recording: &str,
        meta: CallMeta,
        info: &SourceInfo,
        rooms: Arc<Rooms>,
        alerts: AlertSettings,
        observer: Arc<LiveObserver>,
    ) -> LiveCall {
        let call = Call {
            id: CallId::from_stored(recording),
            source: recording.to_owned(),
            audio_sha256: String::new(),
            format: info.format.clone(),
            rate_hz: info.rate_hz,
            duration_ms: 0,
            layout: info.layout,
            meta,
        };
        let transcript = Transcript { provenance: rooms.provenance(), ..Transcript::default() };
        LiveCall {
            line: line.to_owned(),
            recording: recording.to_owned(),
            rooms,
            alerts,
            observer,
            state: Mutex::new(State {
                call,
                transcript,
                acoustics: Acoustics::default(),
                in_full: CallTime::ZERO,
                arrivals: VecDeque::new(),
                waiting: Vec::new(),
                unheard_from: None,
                mode: Mode::Prompt,
                seen: Seen::default(),
                alerts: 0,
                levels_dbfs: Vec::new(),
                last_delay_ms: None,
            }),
            settled: Condvar::new(),
        }
    }

    /// The line.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// File name of its recording.
    pub fn recording(&self) -> &str {
        &self.recording
    }

    /// How it stands.
    pub fn status(&self) -> LiveStatus {
        let state = self.lock();
        LiveStatus {
            line: self.line.clone(),
            recording: self.recording.clone(),
            heard_ms: state.call.duration_ms,
            mode: state.mode,
            waiting: state.waiting.len(),
            utterances: state.transcript.utterances.len(),
            alerts: state.alerts,
            levels_dbfs: state.levels_dbfs.clone(),
            last_delay_ms: state.last_delay_ms,
        }
    }

    /// What was said so far.
    pub fn transcript(&self) -> Transcript {
        self.lock().transcript.clone()
    }

    /// What the rules say of the call so far. What can still be said in time is undecided.
    pub fn findings(&self) -> Vec<Finding> {
        judge(&self.lock(), &self.rooms).map_or(Vec::new(), |judgement| judgement.findings)
    }

    /// Takes over what was just listened to, and looks for what can be heard without words.
    pub(crate) fn listened(&self, ears: &Ears, at: Instant, skipped: bool) {
        let mut state = self.lock();
        let before = state.call.duration_ms;
        let now = ears.heard();
        state.call.duration_ms = now.ms;
        state.in_full = ears.heard_in_full();
        state.arrivals.push_back((now, at));
        while state.arrivals.front().is_some_and(|(_, then)| at.duration_since(*then) > ARRIVALS_KEPT) {
            state.arrivals.pop_front();
        }
        if skipped {
            state.leave_unheard(CallTime::from_ms(before));
        }
        let meter = TimeSpan::from_ms(now.ms.saturating_sub(METER_MS), now.ms);
        state.levels_dbfs = (0..ears.len()).map(|lane| ears.level_dbfs(lane, meter).unwrap_or(-120.0)).collect();
        // Twice a second is often enough for silences and overlaps, and cheap on long calls.
        if before / 500 == now.ms / 500 {
            return;
        }
        state.acoustics = with_open_speech(ears, now);
        let louder = |span: TimeSpan| grew_louder(ears, &state.acoustics, span, self.alerts.louder_db);
        let sightings = alert::heard(&state.transcript, &state.acoustics, now, &self.alerts, louder);
        let events = self.raise(&mut state, sightings);
        drop(state);
        self.tell(events);
    }

    /// The recogniser has been given segments that begin here.
    pub(crate) fn handed_over(&self, start: CallTime) {
        self.lock().waiting.push(start);
    }

    /// Segments that the recogniser will not get: the call is recorded only from here.
    pub(crate) fn set_aside(&self, starts: impl Iterator<Item = CallTime>) {
        let mut state = self.lock();
        for start in starts {
            state.leave_unheard(start);
            state.forget(start);
        }
        self.settled.notify_all();
    }

    /// How it is listened to from now on.
    pub(crate) fn set_mode(&self, mode: Mode) {
        let changed = std::mem::replace(&mut self.lock().mode, mode) != mode;
        if changed {
            self.tell(vec![LiveEvent::Mode(mode)]);
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.lock().mode
    }

    /// The recogniser has answered: utterances out, rules over the call so far.
    pub(crate) fn recognised(&self, starts: impl Iterator<Item = CallTime>, pieces: Vec<Piece>) {
        let mut state = self.lock();
        let mut events = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Utterance(utterance) => {
                    let delay_ms = state.delay_ms(utterance.span.end);
                    state.last_delay_ms = Some(delay_ms);
                    state.transcript.utterances.push(utterance.clone());
                    events.push(LiveEvent::Utterance { utterance: Box::new(utterance), delay_ms });
                }
                Piece::Gap(gap) | Piece::Failed(gap, _) => {
                    state.transcript.gaps.push(gap.clone());
                    events.push(LiveEvent::Gap(gap));
                }
            }
        }
        state.transcript.sort();
        starts.for_each(|start| state.forget(start));
        self.settled.notify_all();
        // Words first: people read while the rules are worked out.
        drop(state);
        self.tell(events);
        let mut state = self.lock();
        let findings = judge(&state, &self.rooms).map_or(Vec::new(), |judgement| judgement.findings);
        let sightings = alert::forbidden(&findings, &state.transcript);
        let events = self.raise(&mut state, sightings);
        drop(state);
        self.tell(events);
    }

    /// Waits until the recogniser has answered everything, at most `at_most`. Whether it has.
    pub(crate) fn wait_settled(&self, at_most: Duration) -> bool {
        let state = self.lock();
        let waited = self.settled.wait_timeout_while(state, at_most, |state| !state.waiting.is_empty());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting.is_empty()
    }

    fn raise(&self, state: &mut State, sightings: Vec<Sighting>) -> Vec<LiveEvent> {
        let fresh = state.seen.fresh(sightings);
        fresh
            .into_iter()
            .map(|sighting| {
                state.alerts += 1;
                let (rule, clause, title, severity) = match sighting.finding {
                    Some((rule, clause, title, severity)) => (Some(rule), Some(clause), title, severity),
                    None => (None, clause_of(sighting.kind), sighting.kind.name_zh().to_owned(), Severity::Medium),
                };
                LiveEvent::Alert(Box::new(Alert {
                    number: state.alerts,
                    line: self.line.clone(),
                    call: self.recording.clone(),
                    kind: sighting.kind,
                    rule,
                    clause,
                    title,
                    severity,
                    time: sighting.time,
                    channel: sighting.channel,
                    quote: sighting.quote,
                    seconds: sighting.seconds,
                    raised_at: Timestamp::now(),
                    delay_ms: state.delay_ms(sighting.time.end),
                }))
            })
            .collect()
    }

    fn tell(&self, events: Vec<LiveEvent>) {
        events.into_iter().for_each(|event| (self.observer)(self, event));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic, so a poisoned lock is still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Up to where everything that was said is known.
    fn heard_until(&self) -> CallTime {
        let known = self.waiting.iter().copied().chain(self.unheard_from).min();
        known.map_or(self.in_full, |known| known.min(self.in_full))
    }

    fn leave_unheard(&mut self, from: CallTime) {
        self.unheard_from = Some(self.unheard_from.map_or(from, |before| before.min(from)));
    }

    fn forget(&mut self, start: CallTime) {
        if let Some(at) = self.waiting.iter().position(|waiting| *waiting == start) {
            self.waiting.swap_remove(at);
        }
    }

    /// Milliseconds since the sound of `time` arrived.
    fn delay_ms(&self, time: CallTime) -> u32 {
        let block = self.arrivals.iter().find(|(end, _)| *end >= time).or(self.arrivals.back());
        block.map_or(0, |(end, arrived)| {
            // Within a block the sound is older than the block's end, by its place in it.
            let older = end.ms.saturating_sub(time.ms).min(250);
            u32::try_from(arrived.elapsed().as_millis()).unwrap_or(u32::MAX).saturating_add(older)
        })
    }
}

fn clause_of(kind: AlertKind) -> Option<String> {
    let clause = match kind {
        AlertKind::Silence => "ACU-03",
        AlertKind::Overlap => "ACU-05",
        AlertKind::Quarrel => "FRB-06",
        AlertKind::HoldExceeded => "REQ-08",
        AlertKind::Forbidden => return None,
    };
    Some(clause.to_owned())
}

fn judge(state: &State, rooms: &Rooms) -> Option<Judgement> {
    let view = CallView {
        call: &state.call,
        transcript: &state.transcript,
        acoustics: &state.acoustics,
        heard_until: Some(state.heard_until()),
        organisations: &rooms.organisations,
    };
    guarded(|| rooms.judge.judge(&view))
        .map_err(|panic| tracing::error!(panic, "the rules could not be worked out on a live call"))
        .ok()
}

/// What was measured, with the speech that is under way.
fn with_open_speech(ears: &Ears, now: CallTime) -> Acoustics {
    let mut acoustics = ears.acoustics();
    for (lane, channel) in acoustics.channels.iter_mut().enumerate() {
        if let Some(since) = ears.speaking_since(lane) {
            channel.voiced.push(TimeSpan::new(since, now));
        }
    }
    acoustics
}

/// Whether anybody speaks louder over `span` than before it in the call, by `louder_db`.
fn grew_louder(ears: &Ears, acoustics: &Acoustics, span: TimeSpan, louder_db: f32) -> bool {
    let level = |lane: usize, channel: &ChannelAcoustics, wanted: &dyn Fn(&TimeSpan) -> bool| {
        let levels: Vec<f32> = channel
            .voiced
            .iter()
            .filter(|voiced| wanted(voiced))
            .filter_map(|voiced| ears.level_dbfs(lane, *voiced))
            .collect();
        (levels.len() >= 2).then(|| levels.iter().sum::<f32>() / levels.len() as f32)
    };
    acoustics.channels.iter().enumerate().any(|(lane, channel)| {
        let before = level(lane, channel, &|voiced: &TimeSpan| voiced.end <= span.start);
        let now = level(lane, channel, &|voiced: &TimeSpan| voiced.intersection(span).is_some());
        matches!((before, now), (Some(before), Some(now)) if now - before >= louder_db)
    })
}

impl std::fmt::Debug for LiveCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveCall").field("line", &self.line).field("recording", &self.recording).finish()
    }
}
