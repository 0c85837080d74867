use std::sync::Arc;

use hotline_asr::{AsrError, EngineInfo, Hypothesis, HypothesisToken, Session, Transcriber};
use hotline_live::{Columns, Leg, LineSpec, Seat, SwitchboardSettings};
use hotline_model::{Channel, TextSpan, TimeSpan};
use hotline_pipeline::live::{Alert, AlertState, LiveEvent};
use hotline_pipeline::{Rooms, Vad};

use crate::desk::{Desk, sound};

/// Milliseconds a character.
const PACE_MS: usize = 250;

/// What a turn of 9 s is heard as while it goes on; the forbidden words are over after 3.75 s.
const SO_FAR: &str = "规定摆在这儿呢您也，说了不能办，谁来都一样的，您再来多少次电话结果也不会有变化";

/// A turn heard for longer than this is over.
const OVER_MS: usize = 8_500;

/// A recogniser that hears what there is room for of one text, and of turns that are over another one.
#[derive(Clone)]
struct Spelled {
    so_far: &'static str,
    whole: &'static str,
}

impl Transcriber for Spelled {
    fn session(&self) -> Result<Box<dyn Session>, AsrError> {
        Ok(Box::new(self.clone()))
    }

    fn provenance(&self) -> EngineInfo {
        EngineInfo { engine: "spelled".into(), model: String::new(), model_sha256: String::new() }
    }
}

impl Session for Spelled {
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
        let length_ms = samples.len() / 16;
        let (text, count) = match length_ms > OVER_MS {
            true => (self.whole, self.whole.chars().count()),
            false => (self.so_far, length_ms / PACE_MS),
        };
        let pace_ms = PACE_MS.min(length_ms / count.max(1)) as u32;
        let tokens: Vec<HypothesisToken> = (text.char_indices().take(count).zip(0u32..))
            .map(|((at, c), n)| HypothesisToken {
                text: TextSpan::new(at, at + c.len_utf8()),
                time: TimeSpan::from_ms(n * pace_ms, (n + 1) * pace_ms),
                p: 0.95,
            })
            .collect();
        let end = tokens.last().map_or(0, |token| token.text.end as usize);
        Ok(Hypothesis { text: text[..end].to_owned(), tokens, avg_logprob: -0.1, ..Hypothesis::default() })
    }
}

fn alerts(desk: &Desk) -> Vec<Alert> {
    let events = desk.events.lock().unwrap();
    let alert = |event: &LiveEvent| match event {
        LiveEvent::Alert(alert) if alert.rule.as_deref() == Some("curt") => Some((**alert).clone()),
        _ => None,
    };
    events.iter().filter_map(|(_, _, event)| alert(event)).collect()
}

/// What was heard of turns while they went on.
fn partials(desk: &Desk) -> Vec<String> {
    let events = desk.events.lock().unwrap();
    let partial = |event: &LiveEvent| match event {
        LiveEvent::Partial { utterance, .. } => Some(utterance.text.clone()),
        _ => None,
    };
    events.iter().filter_map(|(_, _, event)| partial(event)).collect()
}

/// An agent talks for 9 s. The sound comes in steps, the next one when something was heard of the one before: the forbidden words, the same words
/// again and more, the rest of the turn. Gives the desk with the call still open.
fn talk(whole: &'static str) -> (Desk, Leg) {
    let transcriber = Arc::new(Spelled { so_far: SO_FAR, whole });
    let desk = Desk::new(Rooms::plain(transcriber, Vad::Energy), SwitchboardSettings::default());
    let spec = LineSpec {
        line: "test".to_owned(),
        key: "talk".to_owned(),
        seat: Seat::Both,
        rate_hz: 8_000,
        kind: "test",
        columns: Columns::default(),
    };
    let leg = desk.board.connect(spec).unwrap();
    let agent = sound(11.0, 11, |t| (0.5..9.5).contains(&t));
    let mut at = 0;
    for (to_s, heard) in [(5.8, 0), (7.4, 1), (11.0, 2)] {
        let to = (to_s * 8_000.0) as usize;
        for piece in agent[at..to].chunks(160) {
            // Nobody is heard on the other side.
            leg.push(&piece.iter().flat_map(|sample| [*sample, 0]).collect::<Vec<i16>>());
        }
        at = to;
        desk.wait(|| match heard {
            0 => partials(&desk).iter().any(|text| text.contains("说了不能办")),
            heard => alerts(&desk).len() == heard,
        });
    }
    (desk, leg)
}

#[test]
fn a_long_turn_raises_its_alert_before_it_is_over() {
    let (desk, leg) = talk(SO_FAR);
    assert_eq!(desk.texts(), [SO_FAR]);
    let told = alerts(&desk);
    assert_eq!((told[0].state, told[1].state), (AlertState::Preliminary, AlertState::Confirmed));
    assert_eq!((told[0].number, told[0].rule.as_deref(), told[0].channel), (1, Some("curt"), Some(Channel::Agent)));
    assert!("说了不能办".contains(&told[0].quote), "{told:?}");
    assert_eq!((told[1].number, &told[1].rule, told[1].delay_ms), (1, &told[0].rule, told[0].delay_ms));
    let early = desk.events.lock().unwrap().iter().position(|(_, _, event)| matches!(event, LiveEvent::Alert(_)));
    let over = desk.events.lock().unwrap().iter().position(|(_, _, e)| matches!(e, LiveEvent::Utterance { .. }));
    assert!(early < over, "before the turn is over");
    drop(leg);
    desk.wait_done(1);
    let stored = desk.stored(&desk.recordings()[0]);
    assert_eq!(stored, desk.by_batch(&desk.recordings()[0]));
    assert_eq!(stored.transcript.utterances.len(), 1, "what is heard of a turn under way is not stored");
}

#[test]
fn what_the_whole_turn_does_not_say_is_withdrawn() {
    let whole = "规定摆在这儿呢您也别急，我这就给您办好";
    let (desk, leg) = talk(whole);
    let told: Vec<(u32, AlertState)> = alerts(&desk).iter().map(|alert| (alert.number, alert.state)).collect();
    assert_eq!(told, [(1, AlertState::Preliminary), (1, AlertState::Withdrawn)]);
    assert_eq!(desk.texts(), [whole]);
    drop(leg);
    desk.wait_done(1);
}
