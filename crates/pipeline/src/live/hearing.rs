//! What the recogniser has made of a lane's turn under way, shared by those who hear it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use hotline_asr::Hypothesis;
use hotline_model::TimeSpan;
use hotline_vad::SpeechSegment;

use super::partial::Due;
use super::unsettled::Unsettled;

/// A lane's turn under way. One session at a time works on it.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    state: Mutex<State>,
    changed: Condvar,
    /// A session works on it.
    busy: AtomicBool,
    /// Something was heard that is doubtful: the turn should be heard again soon.
    doubtful: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    unsettled: Unsettled,
    /// The whole turn with its padding that somebody is hearing at the moment.
    in_hand: Option<TimeSpan>,
    /// The last turn that was heard as a whole, with its padding, and the recogniser's answer.
    heard: Option<(TimeSpan, Hypothesis)>,
}

impl Hearing {
    /// Hears what has to be heard of a turn under way and gives its words so far. In a pause that is all of it: more often than not the turn
    /// is over, and then nothing has to be heard once more. `whole_ms`: see [`PartialSettings`](super::PartialSettings).
    pub(crate) fn so_far(
        &self,
        turn: &SpeechSegment,
        due: Due,
        whole_ms: u32,
        transcribe: impl FnOnce(&[f32]) -> Result<Hypothesis, String>,
    ) -> Result<Hypothesis, String> {
        let (rest, whole) = {
            let mut state = self.lock();
            let rest = state.unsettled.rest(turn, due == Due::Pause);
            let whole = state.unsettled.is_whole();
            state.in_hand = whole.then_some(turn.padded);
            (rest, whole)
        };
        let answer = transcribe(rest);
        let mut state = self.lock();
        state.in_hand = None;
        if let (true, Ok(answer)) = (whole, &answer) {
            state.heard = Some((turn.padded, answer.clone()));
        }
        let words = answer.map(|answer| state.unsettled.join(turn, answer, whole_ms));
        drop(state);
        self.changed.notify_all();
        words
    }

    /// What the recogniser has said of just this sound already, because the turn paused before it was over. Answers depend on the samples
    /// alone, so it would say the same again. If somebody is hearing it, waits for that.
    pub(crate) fn known(&self, segment: &SpeechSegment) -> Option<Hypothesis> {
        let state = self.lock();
        let waited = self.changed.wait_while(state, |state| state.in_hand == Some(segment.padded));
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let (padded, answer) = state.heard.take()?;
        (padded == segment.padded).then_some(answer)
    }

    /// Whether a session works on it.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether a session works on it from now on. Whoever deals out turns sees to it that no other does.
    pub(crate) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Whether the last hearing left something doubtful.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    /// Whether this hearing left something doubtful.
    pub(crate) fn set_doubtful(&self, doubtful: bool) {
        self.doubtful.store(doubtful, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic, so a poisoned lock is still sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hotline_asr::HypothesisToken;
    use hotline_model::TextSpan;

    use super::*;

    fn turn(from_ms: u32, to_ms: u32) -> SpeechSegment {
        let span = TimeSpan::from_ms(from_ms, to_ms);
        SpeechSegment { span, padded: span, samples: vec![0.1; 16 * span.len_ms() as usize], cut: false }
    }

    fn said(text: &str) -> Result<Hypothesis, String> {
        Ok(Hypothesis { text: text.into(), ..Hypothesis::default() })
    }

    #[test]
    fn what_was_heard_to_its_end_needs_no_other_hearing() {
        let hearing = Hearing::default();
        assert_eq!(hearing.known(&turn(0, 1_000)), None);
        hearing.so_far(&turn(0, 1_000), Due::Pause, 3_000, |_| said("您好")).unwrap();
        assert_eq!(hearing.known(&turn(0, 1_500)), None, "it went on");
        hearing.so_far(&turn(0, 1_500), Due::GoesOn, 3_000, |_| said("您好请讲")).unwrap();
        assert_eq!(hearing.known(&turn(0, 1_500)).unwrap().text, "您好请讲");
        assert_eq!(
            hearing.so_far(&turn(2_000, 3_000), Due::Pause, 3_000, |_| Err("broken".into())),
            Err("broken".into())
        );
        assert_eq!(hearing.known(&turn(2_000, 3_000)), None, "a failure is no answer");
    }

    /// What was kept of a turn and what was heard of its rest is shown, but never becomes its final text.
    #[test]
    fn a_final_answer_was_given_over_the_whole_turn() {
        let hearing = Hearing::default();
        // A tone with a pause from 1.6 to 2.0 s.
        let going_on = |to_ms: u32| {
            let quiet = |at: u32| (1_600 * 16..2_000 * 16).contains(&at);
            let sample = |at: u32| if quiet(at) { 0.001 } else { 0.3 * (at as f32 * 0.1).sin() };
            SpeechSegment { samples: (0..16 * to_ms).map(sample).collect(), ..turn(0, to_ms) }
        };
        let heard = |text: &str| {
            let tokens = text.char_indices().zip(0u32..).map(|((at, c), nth)| HypothesisToken {
                text: TextSpan::new(at, at + c.len_utf8()),
                time: TimeSpan::from_ms(200 * nth, 200 * nth + 200),
                p: 0.9,
            });
            Hypothesis { text: text.into(), tokens: tokens.collect(), ..Hypothesis::default() }
        };
        for to_ms in [3_000, 3_800] {
            let said = |_: &[f32]| Ok(heard("规定就是这样的，您再说"));
            hearing.so_far(&going_on(to_ms), Due::GoesOn, 2_000, said).unwrap();
        }
        let longer = going_on(4_800);
        let of_the_rest = |samples: &[f32]| {
            assert!(samples.len() < longer.samples.len());
            Ok(heard("您再说也没用"))
        };
        let shown = hearing.so_far(&longer, Due::GoesOn, 2_000, of_the_rest).unwrap();
        assert_eq!(shown.text, "规定就是这样的，您再说也没用");
        assert_eq!(hearing.known(&longer), None);
        let of_all = |samples: &[f32]| {
            assert_eq!(samples.len(), longer.samples.len());
            Ok(heard("规定就这样，您再说也没用"))
        };
        hearing.so_far(&longer, Due::Pause, 2_000, of_all).unwrap();
        assert_eq!(hearing.known(&longer).unwrap().text, "规定就这样，您再说也没用");
    }

    #[test]
    fn who_needs_what_is_just_being_heard_waits_for_it() {
        let hearing = &Hearing::default();
        let (begun, wait_begun) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let other = scope.spawn(move || {
                wait_begun.recv().unwrap();
                hearing.known(&turn(0, 1_000))
            });
            let slow = |_: &[f32]| {
                begun.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(50));
                said("您好")
            };
            hearing.so_far(&turn(0, 1_000), Due::Pause, 3_000, slow).unwrap();
            assert_eq!(other.join().unwrap().unwrap().text, "您好");
        });
    }
}
