//! One call that is going on: its recording, who is connected, and the way to whoever listens.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotline_audio::{LegJoiner, LineFeed, LineFormat, LineGauge, WavRecorder};
use hotline_pipeline::live::LiveCall;
use jiff::Timestamp;

use super::{LineReport, LineSpec, Seat};
use crate::columns::Columns;
use crate::error::LiveError;
use crate::gauges::Counters;

/// One call.
pub(super) struct Line {
    pub(super) spec: LineSpec,
    pub(super) format: LineFormat,
    pub(super) path: PathBuf,
    pub(super) started_at: Timestamp,
    pub(super) gauge: LineGauge,
    pub(super) live: Arc<LiveCall>,
    pub(super) inner: Mutex<Inner>,
}

pub(super) struct Inner {
    /// `None` once the call is over, or the disk has refused.
    pub(super) recorder: Option<WavRecorder>,
    pub(super) feed: Option<LineFeed>,
    pub(super) joiner: Option<LegJoiner>,
    /// Connected: left (or the only one), right.
    pub(super) connected: [bool; 2],
    pub(super) columns: Columns,
    pub(super) recorded: u64,
    /// Frames that the disk refused.
    pub(super) refused: u64,
}

impl Line {
    pub(super) fn report(&self) -> LineReport {
        let (reached, recorded) = {
            let inner = self.lock();
            (inner.reached(), inner.recorded)
        };
        LineReport {
            line: self.spec.line.clone(),
            key: self.spec.key.clone(),
            kind: self.spec.kind,
            reached_ms: self.format.ms(reached),
            recorded_ms: self.format.ms(recorded),
            waiting_ms: self.gauge.waiting_ms(),
            skipped_chunks: self.gauge.skipped_chunks(),
            live: Some(self.live.status()),
        }
    }

    pub(super) fn join(&self, spec: &LineSpec, format: &LineFormat) -> Result<(), LiveError> {
        let key = || spec.key.clone();
        let side = usize::from(spec.seat == Seat::Customer);
        let mut inner = self.lock();
        if inner.joiner.is_none() || spec.seat.channels() != 2 || inner.connected[side] {
            return Err(LiveError::Taken { key: key() });
        }
        if self.format.rate_hz != format.rate_hz {
            let shown = |format: &LineFormat| format!("{} Hz", format.rate_hz);
            return Err(LiveError::Mismatch { key: key(), expected: shown(&self.format), found: shown(format) });
        }
        inner.connected[side] = true;
        inner.columns.overlay(spec.columns.clone());
        if let Some(joiner) = inner.joiner.as_mut() {
            joiner.connect(side);
        }
        Ok(())
    }

    /// Records, then lets listen.
    pub(super) fn push(&self, seat: Seat, samples: &[i16], counters: &Counters) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let frames = match (inner.joiner.as_mut(), seat) {
            (Some(joiner), Seat::Agent) => joiner.push(0, samples),
            (Some(joiner), Seat::Customer) => joiner.push(1, samples),
            _ => samples.to_vec(),
        };
        inner.take(frames, usize::from(self.format.channels), counters);
    }

    /// Nothing more comes.
    pub(super) fn over(&self, counters: &Counters) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if let Some(mut joiner) = inner.joiner.take() {
            let rest = joiner.finish();
            inner.take(rest, usize::from(self.format.channels), counters);
        }
        inner.feed = None;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Frames that have come.
    pub(super) fn reached(&self) -> u64 {
        self.joiner.as_ref().map_or(self.recorded, |joiner| joiner.longest().max(self.recorded))
    }

    pub(super) fn take(&mut self, frames: Vec<i16>, channels: usize, counters: &Counters) {
        if frames.is_empty() || self.feed.is_none() {
            return;
        }
        if let Some(recorder) = self.recorder.as_mut() {
            match recorder.push(&frames) {
                Ok(()) => self.recorded += (frames.len() / channels.max(1)) as u64,
                Err(error) => {
                    self.refused += (frames.len() / channels.max(1)) as u64;
                    Counters::add(&counters.recording_errors, 1);
                    tracing::error!(%error, "a recording cannot be written");
                }
            }
        }
        if let Some(feed) = self.feed.as_mut() {
            // Whether there was room is counted by the line itself.
            feed.push(frames);
        }
    }
}
