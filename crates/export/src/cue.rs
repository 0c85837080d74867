//! Cues: what a subtitle shows at once. Long utterances are cut where a reader would pause, and each piece gets the time of
//! its own tokens.

use std::ops::Range;

use hotline_model::{Channel, TextSpan, Transcript, Utterance};

/// Columns a cue may fill, speaker included; a Chinese character takes two. Forty characters are two lines of twenty, what
/// players show without breaking lines themselves.
pub const CUE_WIDTH: usize = 80;

/// Columns a line may fill: a little more than half a cue, so that a line can end where the sense does.
pub const LINE_WIDTH: usize = 48;

/// A cue stays at least this long, in milliseconds, if its speaker's next one leaves it the time: a bare 嗯 is over in 200 ms
/// and cannot be read.
const SHORTEST_MS: u64 = 700;

/// A piece of one utterance on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cue {
    pub channel: Channel,
    /// Milliseconds; after `start_ms`.
    pub end_ms: u64,
    pub start_ms: u64,
    /// One or two lines, neither of them empty.
    pub lines: Vec<String>,
}

/// The cues of a call by start. Those of one speaker don't overlap. `label_width` columns of the first line of a cue of a
/// channel are left free for the speaker's name.
pub(crate) fn cues(transcript: &Transcript, label_width: impl Fn(Channel) -> usize) -> Vec<Cue> {
    let mut cues = Vec::new();
    for channel in Channel::ALL {
        let mut of_channel: Vec<Cue> = Vec::new();
        let mut utterances: Vec<&Utterance> = transcript.utterances.iter().filter(|u| u.channel == channel).collect();
        utterances.sort_by_key(|u| u.span.start);
        for utterance in utterances {
            pieces(utterance, label_width(channel), &mut of_channel);
        }
        part(&mut of_channel);
        cues.append(&mut of_channel);
    }
    cues.sort_by_key(|cue| cue.start_ms);
    cues
}

/// Cuts an utterance into cues.
fn pieces(utterance: &Utterance, label_width: usize, cues: &mut Vec<Cue>) {
    let (start, end) = (u64::from(utterance.span.start.ms), u64::from(utterance.span.end.ms));
    let mut from = start;
    for piece in split(&utterance.text, CUE_WIDTH.saturating_sub(label_width)) {
        let until = if piece.end == utterance.text.len() {
            end
        } else {
            time_at(utterance, piece.end).clamp(from, end.max(from))
        };
        let text = tidy(&utterance.text[piece]);
        if !text.is_empty() {
            cues.push(Cue {
                channel: utterance.channel,
                start_ms: from,
                end_ms: until,
                lines: wrap(&text, label_width),
            });
        }
        from = until;
    }
}

/// When the text from byte `at` on begins: by its tokens, else by its share of the text.
fn time_at(utterance: &Utterance, at: usize) -> u64 {
    let rest = TextSpan::new(at, utterance.text.len());
    match utterance.tokens.iter().find(|token| token.text.overlaps(rest)) {
        Some(token) => u64::from(token.time.start.ms),
        None => {
            let share = width(&utterance.text[..at]) as u64 * 1000 / width(&utterance.text).max(1) as u64;
            u64::from(utterance.span.start.ms) + u64::from(utterance.span.len_ms()) * share / 1000
        }
    }
}

/// Makes the times of one speaker's cues valid: each ends after it starts and not after the next one starts.
fn part(cues: &mut [Cue]) {
    let mut free_from = 0;
    for i in 0..cues.len() {
        let next_start = cues.get(i + 1).map_or(u64::MAX, |next| next.start_ms);
        let Some(cue) = cues.get_mut(i) else { continue };
        cue.start_ms = cue.start_ms.max(free_from);
        let wanted = cue.end_ms.max(cue.start_ms + SHORTEST_MS);
        // A next cue that starts no later is moved back by one millisecond.
        cue.end_ms = wanted.min(next_start).max(cue.start_ms + 1);
        free_from = cue.end_ms;
    }
}

/// Cuts `text` into ranges at most `room` columns wide, of about equal width, where a reader would pause.
fn split(text: &str, room: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut from = 0;
    while from < text.len() {
        let rest = &text[from..];
        let total = width(rest);
        let to = if total <= room { text.len() } else { from + best_break(rest, total.div_ceil(room), 0..=room) };
        ranges.push(from..to);
        from = to;
    }
    ranges
}

/// One or two lines of a piece that fits a cue.
fn wrap(text: &str, label_width: usize) -> Vec<String> {
    let total = width(text) + label_width;
    if total <= LINE_WIDTH {
        return vec![text.to_owned()];
    }
    let first = total.saturating_sub(LINE_WIDTH + label_width)..=LINE_WIDTH.saturating_sub(label_width);
    let (first, second) = text.split_at(best_break(text, 2, first));
    [first.trim(), second.trim()].into_iter().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The byte after which to break `text`, for a first of `parts` pieces whose width lies in `allowed`.
fn best_break(text: &str, parts: usize, allowed: std::ops::RangeInclusive<usize>) -> usize {
    let target = width(text) as f64 / parts as f64;
    let mut best: Option<(f64, usize)> = None;
    let mut so_far = 0;
    for ((_, before), (at, after)) in text.char_indices().zip(text.char_indices().skip(1)) {
        so_far += char_width(before);
        if so_far > *allowed.end() && best.is_some() {
            break;
        }
        let misses = if so_far < *allowed.start() { 10.0 } else { 0.0 };
        let cost = misses + reluctance(before, after) + (so_far as f64 - target).abs() / target.max(1.0);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, at));
        }
    }
    best.map_or(text.len(), |(_, at)| at)
}

/// How much a reader minds a break between two characters, against being off the ideal place by a whole piece (1).
fn reluctance(before: char, after: char) -> f64 {
    const STOPS: &str = "。！？；…!?;";
    const PAUSES: &str = "，、：,:";
    const CLOSING: &str = "。！？；…!?;，、：,:”’）》】」』)]}%％.";
    const OPENING: &str = "“‘（《【「『([{$￥¥";
    let joins = |c: char| char_width(c) == 0;
    if joins(after) || before == '\u{200d}' {
        return 5.0;
    }
    let in_word = |c: char| c.is_alphanumeric() && char_width(c) == 1;
    if CLOSING.contains(after) || OPENING.contains(before) || (in_word(before) && in_word(after)) {
        return 2.0;
    }
    if STOPS.contains(before) {
        0.0
    } else if PAUSES.contains(before) {
        0.2
    } else if before.is_whitespace() || after.is_whitespace() {
        0.35
    } else {
        0.6
    }
}

/// One line of plain text: white space and control characters become single spaces.
pub(crate) fn tidy(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Columns of `text`.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Columns of a character: two for Chinese and its punctuation, none for marks that join the character before.
fn char_width(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x2018..=0x201d | 0x2026 => 2,
        0..0x1100 | 0x1160..0x2e80 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use hotline_model::TimeSpan;

    use super::*;

    fn utterance(text: &str, start: u32, end: u32) -> Utterance {
        Utterance {
            channel: Channel::Agent,
            span: TimeSpan::from_ms(start, end),
            text: text.into(),
            raw_text: text.into(),
            tokens: Vec::new(),
            confidence: 1.0,
        }
    }

    fn of(utterances: Vec<Utterance>) -> Vec<Cue> {
        cues(&Transcript { utterances, ..Transcript::default() }, |_| 0)
    }

    #[test]
    fn a_long_utterance_is_cut_at_its_stops() {
        let text = "您反映的问题我已经详细记录下来了，包括停水的时间和楼栋。我们会在二十四小时之内派师傅上门查看，请您保持电话畅通，谢谢。";
        let cues = of(vec![utterance(text, 0, 12_000)]);
        let shown: Vec<Vec<&str>> = cues.iter().map(|c| c.lines.iter().map(String::as_str).collect()).collect();
        assert_eq!(
            shown,
            [
                vec!["您反映的问题我已经详细记录下来了，", "包括停水的时间和楼栋。"],
                vec!["我们会在二十四小时之内派师傅上门查看，", "请您保持电话畅通，谢谢。"],
            ]
        );
        assert_eq!((cues[0].start_ms, cues[1].end_ms), (0, 12_000));
        assert_eq!(cues[0].end_ms, cues[1].start_ms);
    }

    #[test]
    fn words_and_closing_marks_stay_together() {
        let text =
            "您的账号是 example-account-number-20261006 对吗，请您再确认一下这个账号是不是您本人在使用的账号好吗？";
        for cue in of(vec![utterance(text, 0, 9_000)]) {
            for line in cue.lines {
                assert!(width(&line) <= LINE_WIDTH, "{line}");
                assert!(!line.starts_with(['，', '？']), "{line}");
                assert!(!line.contains("2026") || line.contains("20261006"), "{line}");
            }
        }
    }

    #[test]
    fn short_cues_stay_as_long_as_they_may() {
        let cues =
            of(vec![utterance("嗯", 1_000, 1_200), utterance("好", 1_500, 1_600), utterance("好的", 5_000, 5_000)]);
        let times: Vec<_> = cues.iter().map(|c| (c.start_ms, c.end_ms)).collect();
        assert_eq!(times, [(1_000, 1_500), (1_500, 2_200), (5_000, 5_700)]);
    }

    #[test]
    fn nothing_readable_gives_no_cue() {
        assert_eq!(of(vec![utterance("", 0, 500), utterance(" \n\u{0}", 600, 900)]), []);
    }
}
