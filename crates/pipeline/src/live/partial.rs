//! When turns that are still going on are heard.

use std::time::Duration;

use hotline_model::{CallTime, Channel, TimeSpan};

/// How turns that are still going on are heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartialSettings {
    /// The agent's turn is heard again after so much more speech, in milliseconds, and at every pause; 0 = only when it is over. It is the
    /// agent's words that alerts wait for.
    pub every_ms: u32,
    /// The same for the customer's, and where nobody can tell.
    pub customer_every_ms: u32,
    /// What is longer than this, in milliseconds, is heard again only from the newest pause on before which the words have settled.
    pub whole_ms: u32,
    /// How much of one processor this may take, 0…1; pauses are heard besides. Final utterances come first in any case.
    pub share: f64,
}

impl Default for PartialSettings {
    fn default() -> Self {
        PartialSettings { every_ms: 1_250, customer_every_ms: 3_000, whole_ms: 3_000, share: 0.7 }
    }
}

impl PartialSettings {
    /// Turns are heard only when they are over.
    pub const OFF: PartialSettings =
        PartialSettings { every_ms: 0, customer_every_ms: 0, whole_ms: u32::MAX, share: 0.0 };

    /// How much more speech there has to be on `channel`; `None` = it is not heard before it is over.
    pub(crate) fn every_ms(&self, channel: Channel) -> Option<u32> {
        let ms = if channel == Channel::Agent { self.every_ms } else { self.customer_every_ms };
        (ms > 0 && self.share > 0.0).then_some(ms)
    }

    /// How long to rest after `took`, so that the share is kept.
    pub(crate) fn rest(&self, took: Duration) -> Duration {
        let share = self.share.clamp(0.05, 1.0);
        took.mul_f64((1.0 - share) / share)
    }
}

/// Why a turn is heard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// It has gone on for long enough.
    GoesOn,
    /// Its speaker pauses: a clause is over, or the turn.
    Pause,
}

/// When a lane's turn was last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    start: CallTime,
    end: CallTime,
    /// The pause there is now was asked for.
    pause: bool,
}

impl Asked {
    /// Whether the turn under way is to be heard: it has gone on for another `every_ms`, or its speaker pauses after more speech; if so, that
    /// is remembered.
    pub(crate) fn due(&mut self, under_way: TimeSpan, pausing: bool, every_ms: u32) -> Option<Due> {
        let same = self.start == under_way.start;
        let from = if same { self.end } else { under_way.start };
        let again = same && self.pause && under_way.end == self.end;
        let due = match pausing {
            true if !again => Due::Pause,
            false if under_way.end.ms >= from.ms.saturating_add(every_ms) => Due::GoesOn,
            _ => return None,
        };
        *self = Asked { start: under_way.start, end: under_way.end, pause: pausing };
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_asked_for_after_more_speech_and_at_its_pauses() {
        let mut asked = Asked::default();
        let mut due = |from: u32, to: u32, pausing| asked.due(TimeSpan::from_ms(from, to), pausing, 1_000);
        assert_eq!(due(5_000, 5_900, false), None);
        assert_eq!(due(5_000, 6_040, false), Some(Due::GoesOn));
        assert_eq!(due(5_000, 6_040, true), Some(Due::Pause), "now its sound is complete");
        assert_eq!(due(5_000, 6_040, true), None, "the same pause");
        assert_eq!(due(5_000, 6_300, false), None);
        assert_eq!(due(5_000, 6_300, true), Some(Due::Pause));
        assert_eq!(due(5_000, 7_200, false), None);
        assert_eq!(due(5_000, 7_350, false), Some(Due::GoesOn));
        assert_eq!(due(9_000, 9_500, false), None, "another turn");
        assert_eq!(due(9_000, 10_000, false), Some(Due::GoesOn));
        assert_eq!(due(12_000, 12_200, true), Some(Due::Pause));
    }

    #[test]
    fn a_share_of_the_processor_is_kept() {
        let took = Duration::from_millis(300);
        let rest = |share| PartialSettings { share, ..PartialSettings::default() }.rest(took);
        assert_eq!((rest(1.0).as_millis(), rest(0.5).as_millis()), (0, 300));
        assert!(PartialSettings::OFF.every_ms(Channel::Agent).is_none());
    }
}
