//! What it means that something was not heard: said nowhere, or lost?

use hotline_model::{Channel, Evidence, Quote, TimeSpan};

use super::Question;
use crate::belief::Belief;
use crate::context::{Evaluated, Use};
use crate::reason::Reason;

/// Speech lost to the recogniser for at least this long could have held a short phrase.
const LOST_MS_MIN: u32 = 700;
/// Below this mean confidence the words of a stretch are no ground to call something missing.
const CONFIDENCE_MIN: f32 = 0.4;
/// A row of [`crate::certainties::ROW`] characters of which the recogniser was as unsure as this may be anything, the words that are missing included.
const DOUBTFUL_P_MAX: f32 = 0.45;
/// Over more characters than this some row is doubtful by chance: then it takes more doubt.
const LONG_CHARS: usize = 80;
const DOUBTFUL_P_MAX_LONG: f32 = 0.35;
/// With this share of the speech lost, not even "nothing bad was heard" means much.
const LOST_SHARE_MAX: f32 = 0.5;

/// Nothing like `wanted` was heard in the scope of `question`; `best` is what came nearest.
pub(super) fn not_heard(wanted: &str, best: Option<Quote>, question: &Question) -> Evaluated {
    let scope = question.scope;
    let searched = scope.time;
    let absence = Evidence::Absence { searched, channel: question.role.channel(), wanted: wanted.to_owned(), best };
    let lost_ms = lost_ms(question);
    let confidence = confidence(question);
    let doubtful = doubtful_p(question);
    let (belief, reason) = match question.use_ {
        _ if scope.open && question.use_ != Use::Setting => (Belief::UNKNOWN, Reason::NotYet),
        Use::Clear if lost_ms >= LOST_MS_MIN => (Belief::UNKNOWN, Reason::SpeechLost { ms: lost_ms }),
        Use::Clear if doubtful.is_some() => {
            (Belief::UNKNOWN, Reason::Unsure { percent: percent(doubtful.unwrap_or_default()) })
        }
        Use::Clear if confidence < CONFIDENCE_MIN => (Belief::UNKNOWN, Reason::Unsure { percent: percent(confidence) }),
        Use::Clear => {
            (Belief::new(0.12 + 0.25 * (1.0 - confidence)), Reason::NotHeard { wanted: wanted.to_owned(), searched })
        }
        Use::Charge | Use::Setting => {
            let spoken: u32 = spoken_ms(question);
            let share = lost_ms as f32 / (lost_ms + spoken).max(1) as f32;
            if share > LOST_SHARE_MAX && lost_ms >= LOST_MS_MIN {
                (Belief::UNKNOWN, Reason::SpeechLost { ms: lost_ms })
            } else {
                let belief = Belief::new((0.05 + 0.5 * share + 0.2 * (1.0 - confidence)).min(0.4));
                (belief, Reason::NotHeard { wanted: wanted.to_owned(), searched })
            }
        }
    };
    Evaluated::new(belief, reason).with([absence])
}

pub(super) fn percent(share: f32) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// Speech without text within the scope that may be the role's.
pub(super) fn lost_ms(question: &Question) -> u32 {
    let gaps = &question.context.view.transcript.gaps;
    let lost = gaps
        .iter()
        .filter(|gap| question.role.hears(gap.channel) || gap.channel == Channel::Mixed)
        .filter_map(|gap| gap.span.intersection(question.scope.time));
    TimeSpan::merge(lost.collect(), 0).iter().map(|span| span.len_ms()).sum()
}

pub(super) fn spoken_ms(question: &Question) -> u32 {
    let parts = question.scope.parts.iter().filter_map(|part| question.context.utterance(part.utterance));
    parts.map(|u| u.span.len_ms()).sum()
}

/// The lowest mean probability of [`crate::certainties::ROW`] spoken characters in a row, if it is so low that they may be anything.
fn doubtful_p(question: &Question) -> Option<f32> {
    let mut lowest: Option<f32> = None;
    let mut chars_all = 0;
    for part in &question.scope.parts {
        let Some(certainties) = question.context.certainties(part.utterance) else { continue };
        let (mean, chars) = certainties.lowest(part.text);
        chars_all += chars;
        lowest = lowest.into_iter().chain(mean).reduce(f32::min);
    }
    let most = if chars_all > LONG_CHARS { DOUBTFUL_P_MAX_LONG } else { DOUBTFUL_P_MAX };
    lowest.filter(|p| *p < most)
}

/// Mean confidence of what was said in the scope, weighted by its length; 1 where nothing was said.
fn confidence(question: &Question) -> f32 {
    let mut sum = 0.0;
    let mut weight = 0.0;
    for part in &question.scope.parts {
        if let Some(utterance) = question.context.utterance(part.utterance) {
            let len = part.text.len() as f32;
            sum += utterance.confidence.clamp(0.0, 1.0) * len;
            weight += len;
        }
    }
    if weight > 0.0 { sum / weight } else { 1.0 }
}
