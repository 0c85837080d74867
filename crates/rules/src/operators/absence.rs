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
/// With this share of the speech lost, not even "nothing bad was heard" means much.
const LOST_SHARE_MAX: f32 = 0.5;

/// Nothing like `wanted` was heard in the scope of `question`; `best` is what came nearest.
pub(super) fn not_heard(wanted: &str, best: Option<Quote>, question: &Question) -> Evaluated {
    let scope = question.scope;
    let searched = scope.time;
    let absence = Evidence::Absence { searched, channel: question.role.channel(), wanted: wanted.to_owned(), best };
    let lost_ms = lost_ms(question);
    let confidence = confidence(question);
    let (belief, reason) = match question.use_ {
        _ if scope.open && question.use_ != Use::Setting => (Belief::UNKNOWN, Reason::NotYet),
        Use::Clear if lost_ms >= LOST_MS_MIN => (Belief::UNKNOWN, Reason::SpeechLost { ms: lost_ms }),
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
