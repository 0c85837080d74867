//! 您 and 你 (REQ-06).

use hotline_model::Channel;

use super::Question;
use super::measures::conclude;
use crate::condition::{RatioTest, Role};
use crate::context::Evaluated;
use crate::reason::Reason;

/// Words with 你 that address nobody.
const NOT_ADDRESSING: [&str; 3] = ["你好", "你我", "你们"];

pub(super) fn run(test: &RatioTest, question: &Question) -> Evaluated {
    if question.context.mixed && question.role != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let (mut polite, mut plain) = (0u32, 0u32);
    for part in &question.scope.parts {
        let said = question
            .context
            .utterance(part.utterance)
            .filter(|u| u.channel != Channel::Mixed || question.role == Role::All);
        let mut text = said.and_then(|u| part.text.slice(&u.text)).unwrap_or("").to_owned();
        for word in NOT_ADDRESSING {
            text = text.replace(word, "");
        }
        polite += u32::try_from(text.matches('您').count()).unwrap_or(0);
        plain += u32::try_from(text.matches('你').count()).unwrap_or(0);
    }
    if polite + plain < test.at_least {
        return Evaluated::unknown(Reason::TooLittle { measure: "pronoun_ratio" });
    }
    let share = f64::from(polite) / f64::from(polite + plain) * 100.0;
    conclude("pronoun_ratio", share, "%", &test.limits, question)
}
