//! Sound cards: one device with both voices, or one for each party. Unplugged, a device is waited for; what was said meanwhile is
//! missing, and said to be missing.
//!
//! How a device is opened is the caller's: builds without support for sound cards exist, and tests need none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hotline_audio::{AudioBlock, AudioError, AudioSource};
use hotline_model::SAMPLE_RATE_HZ;

use crate::columns::Columns;
use crate::error::LiveError;
use crate::switchboard::{Leg, LineSpec, Seat, Switchboard};

/// Between tries to open a device that is not there.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// A device that is gone for longer ends the call; when it is back another one begins.
const GONE_MAX: Duration = Duration::from_secs(60);

/// A device that is open.
pub struct OpenCard {
    /// Its sound, at 16 kHz.
    pub source: Box<dyn AudioSource>,
    /// Makes the source end, from any thread.
    pub stop: Stop,
}

/// Makes a source end.
pub type Stop = Box<dyn Fn() + Send>;

/// Opens the device of a party.
pub type OpenDevice = dyn Fn() -> Result<OpenCard, AudioError> + Send;

/// A party and its device.
pub struct Card {
    /// Whose voice; [`Seat::Both`] for a device with two channels, [`Seat::Mixed`] for one with one.
    pub seat: Seat,
    /// The device, for people.
    pub name: String,
    /// Opens it.
    pub open: Box<OpenDevice>,
}

/// Devices that are listened to. Dropping it hangs up.
pub struct CardListener {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    stopping: AtomicBool,
    /// Ends the sources that are open, by device.
    stops: Mutex<HashMap<usize, Stop>>,
}

impl Drop for CardListener {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.stops().values().for_each(|stop| stop());
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn stops(&self) -> MutexGuard<'_, HashMap<usize, Stop>> {
        self.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self, board: &Switchboard) -> bool {
        self.stopping.load(Ordering::SeqCst) || board.is_stopping()
    }
}

/// Listens to the devices of one line, each in a thread of its own: one call, from the first sound until it is stopped or a device
/// is gone for a minute.
pub fn listen(board: &Arc<Switchboard>, line: &str, cards: Vec<Card>) -> CardListener {
    let shared = Arc::new(Shared { stopping: AtomicBool::new(false), stops: Mutex::default() });
    let threads = cards.into_iter().enumerate().map(|(nth, card)| {
        let (board, line, shared) = (Arc::clone(board), line.to_owned(), Arc::clone(&shared));
        std::thread::spawn(move || serve(&board, &line, nth, &card, &shared))
    });
    CardListener { threads: threads.collect(), shared }
}

fn serve(board: &Arc<Switchboard>, line: &str, nth: usize, card: &Card, shared: &Shared) {
    let mut call: Option<CardLeg> = None;
    let mut told = false;
    while !shared.is_stopping(board) {
        match (card.open)() {
            Ok(open) => {
                told = false;
                hear(board, line, nth, card, shared, &mut call, open);
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, device = card.name, "a sound card cannot be opened; trying again");
                }
                call = call.filter(|leg| leg.heard_last.elapsed() <= GONE_MAX);
            }
        }
        if !shared.is_stopping(board) {
            std::thread::sleep(TRY_EVERY);
        }
    }
}

/// Listens to a device that is open until it has gone or is told to stop.
fn hear(
    board: &Arc<Switchboard>,
    line: &str,
    nth: usize,
    card: &Card,
    shared: &Shared,
    call: &mut Option<CardLeg>,
    open: OpenCard,
) {
    if call.is_none() {
        let spec = LineSpec {
            line: line.to_owned(),
            key: line.to_owned(),
            seat: card.seat,
            rate_hz: SAMPLE_RATE_HZ,
            kind: "card",
            columns: Columns::default(),
        };
        match CardLeg::begin(board, spec) {
            Ok(leg) => *call = Some(leg),
            Err(error) => tracing::error!(%error, line, "a sound card is not listened to"),
        }
    }
    let Some(leg) = call else { return };
    shared.stops().insert(nth, open.stop);
    let ended = leg.take(open.source, || shared.is_stopping(board));
    shared.stops().remove(&nth);
    if let Err(error) = ended {
        tracing::warn!(%error, device = card.name, "a sound card has gone; waiting for it");
    }
    if leg.leg.is_over() {
        *call = None;
    }
}

/// The place of a device in a call.
struct CardLeg {
    leg: Leg,
    seat: Seat,
    heard_last: Instant,
    missing_ms: u64,
    /// What the card itself lost, by its own words.
    issues: Vec<String>,
}

impl CardLeg {
    fn begin(board: &Arc<Switchboard>, spec: LineSpec) -> Result<CardLeg, LiveError> {
        let seat = spec.seat;
        let leg = board.connect(spec)?;
        Ok(CardLeg { leg, seat, heard_last: Instant::now(), missing_ms: 0, issues: Vec::new() })
    }

    /// Takes the sound of a source until it ends or fails. Time during which there was none is silence, and counted.
    fn take(&mut self, mut source: Box<dyn AudioSource>, stopping: impl Fn() -> bool) -> Result<(), AudioError> {
        let voices = if self.seat == Seat::Both { 2 } else { 1 };
        let mut block = AudioBlock::default();
        let mut first = true;
        let ended = loop {
            match source.next_block(&mut block) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
            if std::mem::take(&mut first) {
                self.fill(&block, voices);
            }
            self.heard_last = Instant::now();
            let frame = |at: usize| (0..voices).map(move |voice| (at, voice));
            let samples = (0..block.len()).flat_map(frame);
            let of = |(at, voice): (usize, usize)| block.channels.get(voice).map_or(0, |signal| sample(signal[at]));
            self.leg.push(&samples.map(of).collect::<Vec<i16>>());
            if self.leg.is_over() || stopping() {
                break Ok(());
            }
        };
        self.issues.extend(source.info().issues.iter().cloned());
        ended
    }

    /// Silence for the time since sound was last heard, the first block of the new one excepted.
    fn fill(&mut self, block: &AudioBlock, voices: usize) {
        let own = Duration::from_secs_f64(block.len() as f64 / f64::from(SAMPLE_RATE_HZ));
        let missing = self.heard_last.elapsed().saturating_sub(own);
        // A device takes a moment to open.
        if missing < TRY_EVERY {
            return;
        }
        self.missing_ms += missing.as_millis() as u64;
        let frames = (missing.as_secs_f64() * f64::from(SAMPLE_RATE_HZ)) as usize;
        let second = vec![0; SAMPLE_RATE_HZ as usize * voices];
        let mut left = frames * voices;
        while left > 0 {
            let now = left.min(second.len());
            self.leg.push(&second[..now]);
            left -= now;
        }
    }
}

impl Drop for CardLeg {
    fn drop(&mut self) {
        let mut issues = std::mem::take(&mut self.issues);
        if self.missing_ms > 0 {
            issues.push(format!("the sound card was gone for {} ms, silence stands in for them", self.missing_ms));
        }
        if !issues.is_empty() {
            let party = if self.seat == Seat::Customer { "customer" } else { "agent" };
            let mut columns = Columns::default();
            columns.issue(party, &issues.join("; "));
            self.leg.tell(columns);
        }
    }
}

fn sample(value: f32) -> i16 {
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
