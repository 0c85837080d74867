//! 您 and 你 (REQ-06).

use hotline_model::{Channel, Evidence, Matched, TextSpan, Utterance};

use super::Question;
use super::measures::conclude;
use crate::belief::Belief;
use crate::condition::{RatioTest, Role};
use crate::context::{Evaluated, Use};
use crate::reason::Reason;

/// Quotes shown beside the share.
const QUOTES_MAX: usize = 5;

/// Words with 你 that address nobody.
const NOT_ADDRESSING: [&str; 3] = ["你好", "你我", "你们"];

/// 你 was surely heard from this probability on; from the higher one where a 您 is as likely to be written as 你.
const SURE_P: f32 = 0.85;
const SURE_P_AFTER: f32 = 0.93;
/// After these words recognisers write 你 even for a clear 您.
const MISLEADING: [char; 5] = ['帮', '跟', '给', '为', '和'];

pub(super) fn run(test: &RatioTest, question: &Question) -> Evaluated {
    if question.context.mixed && question.role != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let (mut polite, mut plain) = (0u32, 0u32);
    let mut quotes = Vec::new();
    for part in &question.scope.parts {
        let Some(said) = question
            .context
            .utterance(part.utterance)
            .filter(|u| u.channel != Channel::Mixed || question.role == Role::All)
        else {
            continue;
        };
        polite += part.text.slice(&said.text).map_or(0, |text| text.matches('您').count()) as u32;
        for span in addressing(said, part.text).filter(|span| !test.sure || surely(said, *span)) {
            plain += 1;
            let matched = Matched::Exact { phrase: "你".to_owned() };
            quotes.extend(question.context.quote(part.utterance, span, matched).map(Evidence::Quote));
        }
    }
    if polite + plain < test.at_least {
        // Nobody is charged with what was not said.
        return match test.sure && question.use_ != Use::Clear {
            true => Evaluated::new(Belief::new(0.2), Reason::TooLittle { measure: "pronoun_ratio" }),
            false => Evaluated::unknown(Reason::TooLittle { measure: "pronoun_ratio" }),
        };
    }
    if test.sure && plain == 0 {
        let within = Reason::Within { measure: "pronoun_ratio", value: Some(100.0), unit: "%" };
        return Evaluated::new(Belief::new(0.1), within);
    }
    let share = f64::from(polite) / f64::from(polite + plain) * 100.0;
    let mut found = conclude("pronoun_ratio", share, "%", &test.limits, question);
    if found.belief.is_true() {
        quotes.truncate(QUOTES_MAX);
        found.evidence.extend(quotes);
    }
    found
}

/// Every 你 within `part` that addresses somebody.
fn addressing(said: &Utterance, part: TextSpan) -> impl Iterator<Item = TextSpan> {
    let text = said.text.as_str();
    text.match_indices('你').map(|(at, word)| TextSpan::new(at, at + word.len())).filter(move |span| {
        part.start <= span.start
            && span.end <= part.end
            && !NOT_ADDRESSING.iter().any(|word| text[span.range().start..].starts_with(word))
    })
}

fn surely(said: &Utterance, span: TextSpan) -> bool {
    let before = said.text[..span.range().start].chars().next_back();
    let misleading = before.is_some_and(|c| MISLEADING.contains(&c));
    said.certainty_of(span) >= if misleading { SURE_P_AFTER } else { SURE_P }
}
