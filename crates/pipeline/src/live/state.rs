//! What is known of a call that goes on.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hotline_model::{Acoustics, Call, CallTime, Channel, Transcript};

use super::event::Mode;
use super::ledger::Ledger;
use super::so_far::SoFar;
use super::words::Rising;

/// Arrivals of blocks are remembered for this long, to tell how late something is known.
const ARRIVALS_KEPT: Duration = Duration::from_secs(120);

/// All that changes while a call goes on.
pub(super) struct State {
    pub(super) call: Call,
    pub(super) transcript: Transcript,
    /// Speech that is under way included.
    pub(super) acoustics: Acoustics,
    /// Up to where every channel has come out as segments.
    pub(super) in_full: CallTime,
    pub(super) arrivals: VecDeque<(CallTime, Instant)>,
    /// Where the segments begin that the recogniser still has.
    pub(super) waiting: Vec<CallTime>,
    /// Turns that still go on, one a channel at most.
    pub(super) under_way: Vec<SoFar>,
    /// For each channel, where the newest turn begins that is over.
    pub(super) over: Vec<(Channel, CallTime)>,
    /// From here on something was not listened to.
    pub(super) unheard_from: Option<CallTime>,
    pub(super) mode: Mode,
    pub(super) ledger: Ledger,
    pub(super) rising: Rising,
    pub(super) levels_dbfs: Vec<f32>,
    pub(super) last_delay_ms: Option<u32>,
}

impl State {
    /// A call that begins.
    pub(super) fn new(call: Call, transcript: Transcript) -> State {
        State {
            call,
            transcript,
            acoustics: Acoustics::default(),
            in_full: CallTime::ZERO,
            arrivals: VecDeque::new(),
            waiting: Vec::new(),
            under_way: Vec::new(),
            over: Vec::new(),
            unheard_from: None,
            mode: Mode::Prompt,
            ledger: Ledger::default(),
            rising: Rising::default(),
            levels_dbfs: Vec::new(),
            last_delay_ms: None,
        }
    }

    /// A block that ends at `end` of the call arrived at `at`.
    pub(super) fn arrived(&mut self, end: CallTime, at: Instant) {
        self.arrivals.push_back((end, at));
        while self.arrivals.front().is_some_and(|(_, then)| at.duration_since(*then) > ARRIVALS_KEPT) {
            self.arrivals.pop_front();
        }
    }

    /// Up to where everything that was said is known.
    pub(super) fn heard_until(&self) -> CallTime {
        let known = self.waiting.iter().copied().chain(self.unheard_from).min();
        known.map_or(self.in_full, |known| known.min(self.in_full))
    }

    pub(super) fn leave_unheard(&mut self, from: CallTime) {
        self.unheard_from = Some(self.unheard_from.map_or(from, |before| before.min(from)));
    }

    pub(super) fn forget(&mut self, start: CallTime) {
        if let Some(at) = self.waiting.iter().position(|waiting| *waiting == start) {
            self.waiting.swap_remove(at);
        }
    }

    /// The turn of `channel` that begins at `start` is over, and with it all before.
    pub(super) fn is_over(&mut self, channel: Channel, start: CallTime) {
        self.under_way.retain(|so_far| so_far.utterance.channel != channel || so_far.utterance.span.start > start);
        match self.over.iter_mut().find(|(over, _)| *over == channel) {
            Some((_, at)) => *at = start.max(*at),
            None => self.over.push((channel, start)),
        }
    }

    pub(super) fn delay_ms(&self, time: CallTime) -> u32 {
        delay_ms(&self.arrivals, time)
    }
}

/// Milliseconds since the sound of `time` arrived.
pub(super) fn delay_ms(arrivals: &VecDeque<(CallTime, Instant)>, time: CallTime) -> u32 {
    let block = arrivals.iter().find(|(end, _)| *end >= time).or(arrivals.back());
    block.map_or(0, |(end, arrived)| {
        // Within a block the sound is older than the block's end, by its place in it.
        let older = end.ms.saturating_sub(time.ms).min(250);
        u32::try_from(arrived.elapsed().as_millis()).unwrap_or(u32::MAX).saturating_add(older)
    })
}
