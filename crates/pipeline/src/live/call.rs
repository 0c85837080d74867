//! One live call: what was said and heard so far, and what follows from it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hotline_audio::SourceInfo;
use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallTime, Channel, ChannelAcoustics, Finding, TimeSpan, Transcript, Utterance,
};
use hotline_rules::{CallView, Judgement};
use serde::Serialize;

use super::alert::{self, Alert, AlertSettings, Sighting};
use super::event::{LiveEvent, LiveObserver, Mode};
use super::ledger::Origin;
use super::so_far::{SoFar, Suspicion};
use super::state::{State, delay_ms};
use super::words;
use crate::batch::guarded;
use crate::ears::Ears;
use crate::piece::Piece;
use crate::rooms::Rooms;
use crate::window::Window;

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
            state: Mutex::new(State::new(call, transcript)),
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
            alerts: state.ledger.count(),
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
        let state = self.lock();
        self.judge(&state, &state.transcript)
    }

    /// Takes over what was just listened to, and looks for what can be heard without words.
    pub(crate) fn listened(&self, ears: &Ears, at: Instant, skipped: bool) {
        let mut state = self.lock();
        let before = state.call.duration_ms;
        let now = ears.heard();
        state.call.duration_ms = now.ms;
        state.in_full = ears.heard_in_full();
        state.arrived(now, at);
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

    /// A turn is over: the recogniser has been given the segment of `channel` that begins here.
    pub(crate) fn handed_over(&self, channel: Channel, start: CallTime) {
        let mut state = self.lock();
        state.waiting.push(start);
        state.is_over(channel, start);
    }

    /// What the recogniser makes of a turn that still goes on: shown, and looked through for forbidden expressions. Whether there are some
    /// that are not firm yet: then it should be heard again soon.
    pub(crate) fn heard_so_far(&self, utterance: Utterance, pausing: bool) -> bool {
        let (channel, start) = (utterance.channel, utterance.span.start);
        let mut state = self.lock();
        if state.over.iter().any(|(over, at)| *over == channel && *at >= start) {
            return false;
        }
        let at = state.under_way.iter().position(|so_far| so_far.utterance.channel == channel);
        let before = at.map(|at| state.under_way.swap_remove(at)).filter(|before| before.utterance.span.start == start);
        let so_far = SoFar::new(utterance, pausing, before.as_ref());
        let news = before.is_none_or(|before| before.utterance.text != so_far.utterance.text);
        state.under_way.push(so_far.clone());
        drop(state);
        if news {
            let (utterance, settled) = (Box::new(so_far.utterance.clone()), so_far.settled);
            self.tell(vec![LiveEvent::Partial { utterance, settled }]);
        }
        // Whose words a mixed channel carries nobody can tell, so nothing is forbidden on it.
        if channel != Channel::Agent {
            return false;
        }
        let mut state = self.lock();
        let (sightings, doubtful) = self.forbidden_so_far(&state, &so_far);
        let State { ledger, arrivals, over, under_way, .. } = &mut *state;
        // The turn may have ended meanwhile: then what it says comes with its final words.
        if over.iter().any(|(over, at)| *over == channel && *at >= start) {
            return false;
        }
        let is_doubtful = !doubtful.is_empty();
        if let Some(so_far) = under_way.iter_mut().find(|so_far| so_far.utterance.channel == channel) {
            so_far.suspect(doubtful);
        }
        let alerts = ledger.tell_early(sightings, start, &self.origin(), |time| delay_ms(arrivals, time));
        drop(state);
        self.tell(as_events(alerts));
        is_doubtful
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
    pub(crate) fn recognised(&self, window: &Window, pieces: Vec<Piece>) {
        let starts: Vec<CallTime> = window.starts().collect();
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
        starts.iter().for_each(|start| state.forget(*start));
        self.settled.notify_all();
        // Words first: people read while the rules are worked out.
        drop(state);
        self.tell(events);
        let mut state = self.lock();
        let mut sightings = self.forbidden(&state, window.channel, &starts);
        if window.channel != Channel::Agent {
            let detected = self.rooms.guide.detect(&state.transcript);
            let State { rising, transcript, .. } = &mut *state;
            sightings.extend(rising.look(&detected, transcript, self.alerts.complaint_rise));
        }
        let mut events = self.raise(&mut state, sightings);
        events.extend(as_events(state.ledger.withdraw(window.channel, &starts)));
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

    /// Forbidden expressions in the call so far, with the turns of `channel` that begin at `starts` new in it.
    fn forbidden(&self, state: &State, channel: Channel, starts: &[CallTime]) -> Vec<Sighting> {
        let is_new = |said: &Utterance| said.channel == channel && starts.contains(&said.span.start);
        let findings = self.judge(state, &state.transcript);
        let mut sightings =
            words::forbidden(&findings, &state.transcript, |rule| self.is_measured(state, rule), is_new);
        sightings.retain(|sighting| self.stands_alone(state, sighting, &state.transcript));
        sightings
    }

    /// Forbidden expressions in a turn that still goes on that were not told yet: those that will still be there when it is over, and
    /// others of which that is not sure.
    fn forbidden_so_far(&self, state: &State, so_far: &SoFar) -> (Vec<Sighting>, Vec<Suspicion>) {
        let mut transcript = state.transcript.clone();
        transcript.utterances.push(so_far.utterance.clone());
        transcript.sort();
        let is_it = |said: &Utterance| {
            said.channel == so_far.utterance.channel && said.span.start == so_far.utterance.span.start
        };
        let findings = self.judge(state, &transcript);
        let mut sightings = Vec::new();
        let mut doubtful = Vec::new();
        for finding in findings.iter().filter(|finding| words::is_offence(finding)) {
            if self.is_measured(state, &finding.rule) {
                continue;
            }
            let own: Vec<_> = words::quotes(finding, &transcript).filter(|(_, said)| is_it(said)).collect();
            // The surest comes first and speaks for the turn, or the first of those that are firm.
            let firm = own.iter().find(|(quote, _)| so_far.is_firm(quote, &finding.rule));
            let Some((quote, said)) = firm.or(own.first()) else { continue };
            let sighting = words::sighting(finding, quote, Some(said), None);
            if state.ledger.is_standing(&sighting.key) || !self.stands_alone(state, &sighting, &transcript) {
                continue;
            }
            match firm {
                Some(_) => sightings.push(sighting),
                None => doubtful.push(Suspicion { rule: finding.rule.clone(), time: quote.time }),
            }
        }
        (sightings, doubtful)
    }

    /// Where a rule was told before in the call, a further turn is told only if it breaks the rule by itself: beside a sure breach
    /// unsure ones are shown as evidence too.
    fn stands_alone(&self, state: &State, sighting: &Sighting, transcript: &Transcript) -> bool {
        let Some((rule, ..)) = &sighting.finding else { return true };
        if !state.ledger.is_news(&sighting.key) {
            return false;
        }
        let start = CallTime::from_ms(sighting.key.2);
        let elsewhere = state.ledger.told_elsewhere(rule, start);
        if elsewhere.is_empty() {
            return true;
        }
        let mut without = transcript.clone();
        without.utterances.retain(|said| {
            said.channel == Channel::Customer || said.span.start == start || !elsewhere.contains(&said.span.start)
        });
        let findings = self.judge(state, &without);
        let own = |finding: &Finding| {
            words::is_offence(finding)
                && &finding.rule == rule
                && words::quotes(finding, &without).any(|(_, said)| said.span.start == start)
        };
        findings.iter().any(own)
    }

    fn is_measured(&self, state: &State, rule: &str) -> bool {
        let set = self.rooms.judge.rule_set_of(&state.call);
        set.rules.iter().any(|one| one.id == rule && one.is_measured())
    }

    /// What the rules say of `transcript`, heard as far as the call has been heard.
    fn judge(&self, state: &State, transcript: &Transcript) -> Vec<Finding> {
        let view = CallView {
            call: &state.call,
            transcript,
            acoustics: &state.acoustics,
            heard_until: Some(state.heard_until()),
            organisations: &self.rooms.organisations,
        };
        let judged = guarded(|| self.rooms.judge.judge(&view))
            .map_err(|panic| tracing::error!(panic, "the rules could not be worked out on a live call"));
        judged.map_or(Vec::new(), |Judgement { findings, .. }| findings)
    }

    fn raise(&self, state: &mut State, sightings: Vec<Sighting>) -> Vec<LiveEvent> {
        let State { ledger, arrivals, .. } = state;
        as_events(ledger.tell(sightings, &self.origin(), |time| delay_ms(arrivals, time)))
    }

    fn origin(&self) -> Origin<'_> {
        Origin { line: &self.line, recording: &self.recording }
    }

    fn tell(&self, events: Vec<LiveEvent>) {
        events.into_iter().for_each(|event| (self.observer)(self, event));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic, so a poisoned lock is still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_events(alerts: Vec<Alert>) -> Vec<LiveEvent> {
    alerts.into_iter().map(|alert| LiveEvent::Alert(Box::new(alert))).collect()
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
