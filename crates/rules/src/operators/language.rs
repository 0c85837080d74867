//! Speech that is not Mandarin (REQ-22), as far as its words show it. An accent leaves no trace in a transcript.

use std::collections::HashSet;

use hotline_model::{Channel, Evidence, Matched};
use hotline_text::fold;

use super::Question;
use super::absence::{lost_ms, spoken_ms};
use crate::belief::Belief;
use crate::condition::{LanguageTest, Role};
use crate::context::{Evaluated, Hit, Use};
use crate::dialect::words_in;
use crate::reason::Reason;

/// One word used again and again may be a habit of speech, or a mistake of the recogniser.
const DIFFERENT_WORDS_MIN: usize = 2;

pub(super) fn run(test: &LanguageTest, question: &Question) -> Evaluated {
    let context = question.context;
    let mut hits: Vec<Hit> = Vec::new();
    let mut words: HashSet<String> = HashSet::new();
    let mut mixed = false;
    for part in &question.scope.parts {
        let Some(said) = context.utterance(part.utterance) else { continue };
        let folded = fold(&said.text);
        for word in words_in(&folded.text) {
            let span = folded.to_original(word.span);
            let outside = span.start < part.text.start || span.end > part.text.end;
            if outside || test.except.iter().any(|name| name == word.variety) {
                continue;
            }
            let matched = Matched::Pattern { pattern: word.variety.to_owned() };
            let Some(quote) = context.quote(part.utterance, span, matched) else { continue };
            mixed |= quote.channel == Channel::Mixed && question.role != Role::All;
            words.insert(quote.words.clone());
            let belief = Belief::new(0.6 + 0.35 * said.certainty_of(span));
            let at = Some((part.utterance, span));
            hits.push(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
        }
    }
    let count = u32::try_from(hits.len()).unwrap_or(u32::MAX);
    let value = f64::from(count);
    let evidence: Vec<Evidence> = hits.iter().map(|hit| hit.evidence.clone()).collect();
    if count < test.at_least || words.len() < DIFFERENT_WORDS_MIN.min(test.at_least as usize) {
        if question.scope.open && question.use_ == Use::Clear {
            return Evaluated::unknown(Reason::NotYet);
        }
        // A recogniser of Mandarin loses what is none.
        let (lost, spoken) = (lost_ms(question), spoken_ms(question));
        if lost > spoken {
            return Evaluated::unknown(Reason::SpeechLost { ms: lost });
        }
        let belief = if count == 0 { Belief::new(0.06) } else { Belief::new(0.25) };
        let reason = Reason::Within { measure: "dialect_words", value: Some(value), unit: "count" };
        return Evaluated::new(belief, reason).with(evidence);
    }
    if mixed {
        return Evaluated::unknown(Reason::WhoSpokeUnknown).with(evidence);
    }
    // Each word may be a mistake of the recogniser; that so many are is less and less likely.
    let belief = Belief::new(1.0 - 0.45 * (test.at_least as f32 / value as f32) * 0.75);
    let reason = Reason::Measured { measure: "dialect_words", value, unit: "count" };
    Evaluated { belief, reason, evidence, hits, times_true: 1, times_false: 1 }
}
