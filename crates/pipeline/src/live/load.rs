//! When the machine is held to be behind, and what is done about it.

use std::time::Duration;

use super::Mode;

/// How much delay is taken before something is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadSettings {
    /// A segment that waited this long is recognised together with its neighbours.
    pub pack_after: Duration,
    /// When a segment waited this long, the call with the most waiting is recorded only.
    pub park_after: Duration,
    /// A call that is recorded only is listened to again when nothing waits longer than this.
    pub resume_below: Duration,
}

impl Default for LoadSettings {
    fn default() -> Self {
        LoadSettings {
            pack_after: Duration::from_millis(1_500),
            park_after: Duration::from_secs(10),
            resume_below: Duration::from_millis(500),
        }
    }
}

impl LoadSettings {
    /// The mode of a call that is in `mode` now, when the oldest segment has waited for `oldest`. `heaviest`: no other call has
    /// more waiting.
    pub fn next(&self, mode: Mode, oldest: Duration, heaviest: bool) -> Mode {
        match mode {
            Mode::RecordOnly if oldest > self.resume_below => Mode::RecordOnly,
            _ if oldest > self.park_after && heaviest => Mode::RecordOnly,
            _ if oldest > self.pack_after => Mode::Packed,
            Mode::Packed if oldest > self.resume_below => Mode::Packed,
            _ => Mode::Prompt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_down_has_its_way_back() {
        use Mode::{Packed, Prompt, RecordOnly};
        let ms = Duration::from_millis;
        let cases = [
            (Prompt, 100, true, Prompt),
            (Prompt, 1_000, true, Prompt),
            (Prompt, 2_000, true, Packed),
            (Packed, 1_000, true, Packed),
            (Packed, 400, true, Prompt),
            (Packed, 11_000, false, Packed),
            (Packed, 11_000, true, RecordOnly),
            (RecordOnly, 3_000, false, RecordOnly),
            (RecordOnly, 400, false, Prompt),
        ];
        for (mode, oldest, heaviest, expected) in cases {
            assert_eq!(LoadSettings::default().next(mode, ms(oldest), heaviest), expected, "{mode:?} {oldest}");
        }
    }
}
