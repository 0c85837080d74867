//! Silences, answers, overlaps.

use hotline_model::{Channel, Evidence, TimeSpan};

use super::Question;
use crate::belief::Belief;
use crate::condition::{OverlapTest, ResponseTest, Role, SilenceTest};
use crate::context::{Evaluated, Hit};
use crate::reason::Reason;
use crate::timing::{SilencePosition, answers, overlaps, unanswered};

pub(super) fn silence(test: &SilenceTest, question: &Question) -> Evaluated {
    let context = question.context;
    if context.mixed && test.owed_by != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let found = context
        .silences()
        .iter()
        .filter(|s| s.position == SilencePosition::Inside && question.scope.time.intersection(s.time).is_some())
        .filter(|s| test.owed_by == Role::All || s.owed_by == Some(test.owed_by.channel()))
        .map(|s| (s.time, s.owed_by));
    let longest = longest_first(found.collect(), test.longer_than_s);
    conclude("silence", longest, test.longer_than_s, test.at_least, question)
}

pub(super) fn response(test: &ResponseTest, question: &Question) -> Evaluated {
    if question.context.mixed {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let answers = answers(question.context.view.transcript);
    let found = answers
        .iter()
        .filter(|answer| (answer.first || !test.first_only) && (answer.question || !test.questions_only))
        .filter(|answer| overlaps_or_touches(question.scope.time, answer.wait))
        .map(|answer| (answer.wait, Some(Channel::Agent)));
    // Until the call has ended the answer may still come.
    let never = (test.or_never && !question.context.live())
        .then(|| unanswered(question.context.view.transcript, question.context.view.call.span().end))
        .flatten()
        .filter(|wait| overlaps_or_touches(question.scope.time, *wait))
        .map(|wait| (wait, Some(Channel::Agent)));
    let longest = longest_first(found.chain(never).collect(), test.longer_than_s);
    conclude("response_time", longest, test.longer_than_s, test.at_least, question)
}

/// `interrupting`: the newcomer says something; a sign of listening does not count.
pub(super) fn overlap(test: &OverlapTest, interrupting: bool, question: &Question) -> Evaluated {
    let context = question.context;
    if context.mixed {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let ms = |seconds: f64| (seconds * 1000.0).round() as u32;
    let all = overlaps(context.view.transcript, context.view.acoustics, ms(test.longer_than_s).saturating_add(1));
    let found = all
        .into_iter()
        .filter(|o| question.role == Role::All || o.begun_by == question.role.channel())
        .filter(|o| o.into_ms >= ms(test.into_s) && !(o.backchannel && interrupting))
        .filter(|o| !test.other_yields || o.yielded != o.begun_by)
        .filter(|o| question.scope.time.intersection(o.time).is_some())
        .map(|o| (o.time, Some(o.begun_by)));
    let measure = if interrupting { "interruption" } else { "overlap" };
    conclude(measure, longest_first(found.collect(), test.longer_than_s), test.longer_than_s, test.at_least, question)
}

/// What exceeds the bound, the longest first; and the longest that does not.
struct Measured {
    over: Vec<(TimeSpan, Option<Channel>)>,
    longest_within: Option<TimeSpan>,
}

fn longest_first(mut all: Vec<(TimeSpan, Option<Channel>)>, bound_s: f64) -> Measured {
    all.sort_by_key(|(time, _)| (std::cmp::Reverse(time.len_ms()), time.start));
    let split = all.partition_point(|(time, _)| time.secs() > bound_s);
    let within = all.split_off(split);
    Measured { over: all, longest_within: within.first().map(|(time, _)| *time) }
}

fn conclude(name: &'static str, measured: Measured, bound_s: f64, at_least: u32, question: &Question) -> Evaluated {
    let enough = measured.over.len() >= at_least as usize;
    let hits: Vec<Hit> = measured
        .over
        .iter()
        .map(|&(time, channel)| Hit {
            time,
            at: None,
            belief: sureness(time.secs(), bound_s),
            evidence: interval(name, time, channel),
        })
        .collect();
    let evidence: Vec<Evidence> = hits.iter().map(|hit| hit.evidence.clone()).collect();
    if enough {
        // The one that makes the number full is the least sure of those needed.
        let belief = hits.get(at_least.saturating_sub(1) as usize).map_or(Belief::TRUE, |hit| hit.belief);
        let value = hits.first().map_or(0.0, |hit| hit.time.secs());
        let reason = Reason::Measured { measure: name, value, unit: "s" };
        let times_true = u32::try_from(hits.len()).unwrap_or(u32::MAX) / at_least.max(1);
        let mut hits = hits;
        hits.sort_by_key(|hit| hit.time);
        return Evaluated { belief, reason, evidence, hits, times_true, times_false: 1 };
    }
    if question.scope.open && question.use_ == crate::context::Use::Clear {
        return Evaluated::unknown(Reason::NotYet);
    }
    let nearest = measured.over.first().map(|(time, _)| *time).or(measured.longest_within);
    let value = nearest.map(TimeSpan::secs);
    let belief = match value {
        Some(value) if measured.over.is_empty() => sureness(value, bound_s),
        Some(_) => Belief::new(0.3),
        None => Belief::new(0.03),
    };
    Evaluated::new(belief, Reason::Within { measure: name, value, unit: "s" }).with(evidence)
}

/// A measure decides by its bound alone; how far it lies beyond says how sure it is. Twice the bound is as sure as it gets.
pub(super) fn sureness(value: f64, bound: f64) -> Belief {
    let margin = ((value - bound).abs() / bound.max(0.5)).min(1.0) as f32;
    let sure = Belief::new(0.75 + 0.23 * margin);
    if value > bound { sure } else { sure.negate() }
}

fn interval(measure: &str, time: TimeSpan, channel: Option<Channel>) -> Evidence {
    Evidence::Interval { time, channel, measure: measure.to_owned(), value: time.secs(), unit: "s".to_owned() }
}

/// Whether `time` lies in `scope`; an answer without any wait has no length, but a place.
fn overlaps_or_touches(scope: TimeSpan, time: TimeSpan) -> bool {
    scope.start <= time.end && time.start <= scope.end
}
