//! Speech detection, interruptions and silences against the truth.

use hotline_model::{Acoustics, CallTime, Channel, Evidence, Finding, Outcome, TimeSpan};

use crate::report::{MatchScore, share};
use crate::truth::LabelledCall;

/// Length of a frame in milliseconds.
const FRAME_MS: u32 = 10;
/// Frames this near to a true edge are not scored: labels are no better than that.
const COLLAR_MS: u32 = 100;
/// Pauses up to this length belong to a turn, in the truth as in what was heard.
const BRIDGE_MS: u32 = 600;
/// Two events are the same if they begin at most this far apart or overlap.
const SAME_EVENT_MS: u32 = 1_000;
/// A backchannel (嗯, 对对) that ends while the other still speaks is no interruption (FRB-10: overlap above 0.5 s).
const MIN_OVERLAP_S: f64 = 0.5;

/// Frames of true speech and non-speech, and how many of each were heard wrongly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frames {
    pub(crate) speech: u64,
    pub(crate) missed: u64,
    pub(crate) other: u64,
    pub(crate) false_alarms: u64,
}

impl Frames {
    pub(crate) fn add(&mut self, other: Frames) {
        self.speech += other.speech;
        self.missed += other.missed;
        self.other += other.other;
        self.false_alarms += other.false_alarms;
    }
}

/// Compares what was heard on a channel with when it was spoken on.
pub(crate) fn frames(truth: &[TimeSpan], heard: &[TimeSpan], duration_ms: u32) -> Frames {
    let truth = TimeSpan::merge(truth.to_vec(), BRIDGE_MS);
    let heard = TimeSpan::merge(heard.to_vec(), BRIDGE_MS);
    let near_edge = |ms: u32| {
        truth.iter().any(|span| ms.abs_diff(span.start.ms) < COLLAR_MS || ms.abs_diff(span.end.ms) < COLLAR_MS)
    };
    let inside = |spans: &[TimeSpan], ms: u32| spans.iter().any(|span| span.start.ms <= ms && ms < span.end.ms);
    let mut frames = Frames::default();
    for ms in (0..duration_ms).step_by(FRAME_MS as usize) {
        let middle = ms + FRAME_MS / 2;
        if near_edge(middle) {
            continue;
        }
        let was_heard = inside(&heard, middle);
        if inside(&truth, middle) {
            frames.speech += 1;
            frames.missed += u64::from(!was_heard);
        } else {
            frames.other += 1;
            frames.false_alarms += u64::from(was_heard);
        }
    }
    frames
}

/// True events, events found, and how many of each have a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    pub(crate) truth: u64,
    pub(crate) truth_matched: u64,
    pub(crate) found: u64,
    pub(crate) found_matched: u64,
}

impl Matches {
    pub(crate) fn add(&mut self, other: Matches) {
        self.truth += other.truth;
        self.truth_matched += other.truth_matched;
        self.found += other.found;
        self.found_matched += other.found_matched;
    }

    pub(crate) fn score(self) -> MatchScore {
        MatchScore {
            true_events: self.truth,
            found: self.found,
            precision: share(self.found_matched, self.found),
            recall: share(self.truth_matched, self.truth),
        }
    }
}

/// The agent's interruptions: those in the evidence of violated findings against the true ones that are no backchannels.
pub(crate) fn interruptions(truth: &LabelledCall, findings: &[Finding]) -> Matches {
    let truth: Vec<TimeSpan> = truth
        .interruptions
        .iter()
        .filter(|event| event.by == Channel::Agent.name() && !event.ends_inside && event.overlap > MIN_OVERLAP_S)
        .map(|event| TimeSpan::from_secs(event.at, event.at + event.overlap))
        .collect();
    let mut found: Vec<TimeSpan> = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Violated)
        .flat_map(|finding| &finding.evidence)
        .filter_map(|evidence| match evidence {
            Evidence::Interval { time, measure, channel, .. }
                if measure == "interruption" && *channel != Some(Channel::Customer) =>
            {
                Some(*time)
            }
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    matches(&truth, &found, &found, same_event)
}

fn same_event(a: TimeSpan, b: TimeSpan) -> bool {
    a.intersection(b).is_some() || a.start.ms.abs_diff(b.start.ms) <= SAME_EVENT_MS
}

/// Silences of 2 s and more. Around that length a few hundredths decide, so a true silence may be matched by a found one of
/// 1.5 s, and a found one has to be true only from 2.5 s on. The truth takes ringing and keys for sound, hold music for silence;
/// nothing here tells ringing from silence, and that shows in the precision.
pub(crate) fn silences(truth: &LabelledCall, acoustics: &Acoustics) -> Matches {
    let truth: Vec<TimeSpan> = truth.silences.iter().map(|silence| silence.span()).collect();
    let spoken = acoustics.voiced_by_anybody();
    let Some(last) = spoken.last() else {
        return matches(&truth, &[], &[], half_the_same);
    };
    // Before the first word the customer waits for an answer; after the last nobody waits for anybody.
    let talk = TimeSpan::new(CallTime::ZERO, last.end);
    let quiet = talk.minus(&spoken);
    let longer = |ms: u32| quiet.iter().copied().filter(|span| span.len_ms() >= ms).collect::<Vec<_>>();
    matches(&truth, &longer(1_500), &longer(2_500), half_the_same)
}

/// Whether the common part is at least half of the hull.
fn half_the_same(a: TimeSpan, b: TimeSpan) -> bool {
    a.intersection(b).is_some_and(|common| common.len_ms() * 2 >= a.hull(b).len_ms())
}

/// `candidates` may match the truth, `claimed` have to be true.
fn matches(
    truth: &[TimeSpan],
    candidates: &[TimeSpan],
    claimed: &[TimeSpan],
    same: fn(TimeSpan, TimeSpan) -> bool,
) -> Matches {
    let partnered = |span: &TimeSpan, others: &[TimeSpan]| others.iter().any(|other| same(*span, *other));
    Matches {
        truth: truth.len() as u64,
        truth_matched: truth.iter().filter(|span| partnered(span, candidates)).count() as u64,
        found: claimed.len() as u64,
        found_matched: claimed.iter().filter(|span| partnered(span, truth)).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_outside_the_collar() {
        // Truth 1.0–2.0 s of 4 s; heard 1.0–1.5 and 3.0–3.2. The pauses are longer than a bridge.
        let truth = [TimeSpan::from_ms(1_000, 2_000)];
        let heard = [TimeSpan::from_ms(1_000, 1_300), TimeSpan::from_ms(3_000, 3_200)];
        let frames = frames(&truth, &heard, 4_000);
        // Speech frames with middles in 1.1…1.9: 80, missed from 1.3 on: 60. Others: 0…0.9 and 2.1…4.0.
        assert_eq!((frames.speech, frames.missed), (80, 60));
        assert_eq!((frames.other, frames.false_alarms), (90 + 190, 20));
    }

    #[test]
    fn a_borderline_silence_costs_nothing_either_way() {
        let truth = [TimeSpan::from_ms(0, 2_050)];
        let found = [TimeSpan::from_ms(100, 2_000)];
        let m = matches(&truth, &found, &[], half_the_same);
        assert_eq!(m.score().recall, Some(1.0));
        assert_eq!(m.score().precision, None);
    }

    #[test]
    fn events_match_by_overlap_or_nearness() {
        let truth = [TimeSpan::from_ms(10_000, 11_000), TimeSpan::from_ms(50_000, 51_000)];
        let found = [TimeSpan::from_ms(9_500, 9_900), TimeSpan::from_ms(80_000, 81_000)];
        let score = matches(&truth, &found, &found, same_event).score();
        assert_eq!((score.precision, score.recall), (Some(0.5), Some(0.5)));
    }
}
