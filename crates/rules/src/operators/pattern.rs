//! Regular expressions over folded text.

use hotline_model::TextSpan;
use hotline_model::{Channel, Evidence, Matched};
use hotline_text::fold;

use super::Question;
use super::absence::not_heard;
use crate::belief::Belief;
use crate::condition::{RegexTest, Role};
use crate::context::{Evaluated, Hit};
use crate::reason::Reason;

pub(super) fn run(test: &RegexTest, question: &Question) -> Evaluated {
    let mut hits: Vec<Hit> = Vec::new();
    let mut reason = Reason::Plain;
    for part in &question.scope.parts {
        let Some(said) = question.context.utterance(part.utterance) else { continue };
        let folded = fold(&said.text);
        let excluded: Vec<_> = test.not.iter().flat_map(|not| not.find_iter(&folded.text)).map(|m| m.range()).collect();
        for (regex, found) in test.any.iter().flat_map(|regex| regex.find_iter(&folded.text).map(move |m| (regex, m))) {
            let overlaps = excluded.iter().any(|not| not.start < found.end() && found.start() < not.end);
            let span = folded.to_original(TextSpan::new(found.start(), found.end()));
            let outside = span.start < part.text.start || span.end > part.text.end;
            if found.is_empty() || overlaps || outside {
                continue;
            }
            let matched = Matched::Pattern { pattern: regex.as_str().to_owned() };
            let Some(quote) = question.context.quote(part.utterance, span, matched) else { continue };
            let mixed = quote.channel == Channel::Mixed && question.role != Role::All;
            let belief = if mixed { Belief::UNKNOWN } else { Belief::new(0.6 + 0.4 * said.certainty_of(span)) };
            if hits.is_empty() {
                reason = if mixed {
                    Reason::WhoSpokeUnknown
                } else {
                    Reason::Heard { channel: quote.channel, at: quote.time.start, words: quote.words.clone() }
                };
            }
            let at = Some((part.utterance, span));
            hits.push(Hit { time: quote.time, at, belief, evidence: Evidence::Quote(quote) });
        }
    }
    if hits.is_empty() {
        let wanted = test.any.iter().map(|regex| regex.as_str()).collect::<Vec<_>>().join(" / ");
        return not_heard(&wanted, None, question);
    }
    let belief = hits.iter().map(|hit| hit.belief).fold(Belief::FALSE, Belief::or);
    let evidence = hits.iter().map(|hit| hit.evidence.clone()).collect();
    let mut utterances: Vec<u32> = hits.iter().filter_map(|hit| hit.at).map(|(at, _)| at).collect();
    utterances.dedup();
    let times_true = u32::try_from(utterances.len()).unwrap_or(u32::MAX);
    Evaluated { belief, reason, evidence, hits, times_true, times_false: 1 }
}
