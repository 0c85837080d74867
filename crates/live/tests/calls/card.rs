use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotline_audio::{AudioBlock, AudioError, AudioSource, SourceInfo};
use hotline_live::server::card::{self, Card, OpenCard};
use hotline_live::{Seat, SwitchboardSettings};
use hotline_model::{Channel, ChannelLayout};
use hotline_pipeline::{Rooms, Vad};

use crate::desk::{Desk, scripted, sound};

/// A sound card that is plugged in now and then: each time it gives some sound in time, then it fails.
struct Plugged {
    info: SourceInfo,
    sound: VecDeque<f32>,
    unplugged: bool,
    stopped: Arc<AtomicBool>,
}

impl AudioSource for Plugged {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_block(&mut self, block: &mut AudioBlock) -> Result<bool, AudioError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Ok(false);
        }
        if self.sound.is_empty() {
            if self.unplugged {
                return Err(AudioError::Device { device: "test".into(), detail: "unplugged".into() });
            }
            // Nobody speaks any more.
            self.sound.extend([0.0; 1_600]);
        }
        let count = self.sound.len().min(1_600);
        std::thread::sleep(Duration::from_millis(count as u64 / 16));
        block.channels = vec![self.sound.drain(..count).collect()];
        Ok(true)
    }
}

/// A card that is opened once for each of `times`: seconds of sound, or `None` where it is not there. After the last one it stays.
fn card(seat: Seat, seed: u32, times: &[Option<f64>]) -> Card {
    let times = Mutex::new(times.iter().copied().collect::<VecDeque<_>>());
    let open = move || {
        let mut times = times.lock().unwrap();
        let now = times.pop_front().unwrap_or(Some(0.0));
        let Some(seconds) = now else {
            return Err(AudioError::Device { device: "test".into(), detail: "no such input".into() });
        };
        let loud = sound(2.0 * seconds, seed + times.len() as u32, |t| t > 0.3 && t < 2.0 * seconds - 0.3);
        let stopped = Arc::<AtomicBool>::default();
        let stop = Arc::clone(&stopped);
        let info = SourceInfo {
            channels: vec![Channel::Mixed],
            layout: ChannelLayout::Mono,
            format: "capture".into(),
            rate_hz: 16_000,
            declared_ms: None,
            issues: Vec::new(),
        };
        let sound = loud.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        let source = Plugged { info, sound, unplugged: !times.is_empty(), stopped };
        Ok(OpenCard { source: Box::new(source), stop: Box::new(move || stop.store(true, Ordering::SeqCst)) })
    };
    Card { seat, name: "test".into(), open: Box::new(open) }
}

/// The agent's card is pulled out after 2 s and put back; the customer's comes late and stays.
#[test]
fn a_card_that_is_pulled_out_and_put_back_is_one_call_with_an_issue() {
    let desk = Desk::new(Rooms::plain(scripted(), Vad::Energy), SwitchboardSettings::default());
    let agent = card(Seat::Agent, 20, &[Some(2.0), None, None, Some(2.0), Some(0.0)]);
    let customer = card(Seat::Customer, 90, &[None, Some(2.0), Some(0.0)]);
    let listener = card::listen(&desk.board, "card", vec![agent, customer]);
    desk.wait(|| desk.texts().len() >= 3);
    drop(listener);
    desk.wait_done(1);
    assert_eq!(desk.recordings().len(), 1, "one call");
    let stored = desk.stored(&desk.recordings()[0]);
    let said = |channel| stored.transcript.utterances.iter().filter(|u| u.channel == channel).count();
    assert!(said(Channel::Agent) >= 2 && said(Channel::Customer) >= 1, "{:?}", stored.transcript);
    let issues: Vec<&str> = stored.issues.iter().map(|issue| issue.message.as_str()).collect();
    assert!(issues.iter().any(|issue| issue.starts_with("the sound card was gone for ")), "{issues:?}");
}

#[test]
fn a_card_that_never_comes_begins_no_call_and_stops_at_once() {
    let desk = Desk::new(Rooms::plain(scripted(), Vad::Energy), SwitchboardSettings::default());
    let missing = card(Seat::Both, 1, &[None; 1_000]);
    let listener = card::listen(&desk.board, "card", vec![missing]);
    std::thread::sleep(Duration::from_millis(100));
    drop(listener);
    assert!(desk.board.lines().is_empty() && desk.recordings().is_empty());
}
