//! SRT and WebVTT.
//!
//! SRT has no specification: numbered blocks, a line `HH:MM:SS,mmm --> HH:MM:SS,mmm`, text, an empty line. It has no escapes
//! either, and players read `<…>` as markup, so that these two characters are written full-width. WebVTT
//! (<https://www.w3.org/TR/webvtt1/>) has escapes and says who speaks in a voice tag.

use std::fmt::Write as _;

use hotline_model::{Channel, Transcript};

use crate::cue::{Cue, cues, width};
use crate::words::Words;

/// The call as SRT.
pub(crate) fn srt(transcript: &Transcript, words: &Words) -> String {
    let label =
        |channel: Channel| words.speaker(channel).map(|name| format!("{name}{}", words.colon)).unwrap_or_default();
    let mut out = String::new();
    for (number, cue) in (1..).zip(cues(transcript, |channel| width(&label(channel)))) {
        let (start, end) = (clock(cue.start_ms, ','), clock(cue.end_ms, ','));
        let text = cue.lines.join("\n").replace('<', "＜").replace('>', "＞");
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{number}\n{start} --> {end}\n{}{text}\n", label(cue.channel));
    }
    out
}

/// The call as WebVTT.
pub(crate) fn vtt(transcript: &Transcript, words: &Words) -> String {
    let mut out = String::from("WEBVTT\n\n");
    for Cue { channel, start_ms, end_ms, lines } in cues(transcript, |_| 0) {
        let voice = words.speaker(channel).map(|name| format!("<v {name}>")).unwrap_or_default();
        let text = lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(out, "{} --> {}\n{voice}{text}\n", clock(start_ms, '.'), clock(end_ms, '.'));
    }
    out
}

/// `HH:MM:SS`, the mark, milliseconds; more digits of hours if need be.
fn clock(ms: u64, mark: char) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{mark}{:03}", ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_on_past_a_hundred_hours() {
        assert_eq!(clock(3_723_004, ','), "01:02:03,004");
        assert_eq!(clock(u64::from(u32::MAX), '.'), "1193:02:47.295");
    }
}
