//! What conditions test. Each operator looks at a scope of a call and says how far it holds, and on what evidence.

mod absence;
mod likeness;
mod measures;
mod metadata;
mod organisation;
mod pattern;
mod phrase;
mod pronouns;
mod timing;

use crate::compile::{Node, Test};
use crate::condition::{Operator, Role};
use crate::context::{Context, Evaluated, Use};
use crate::scope::Scope;

/// A question to a scope.
pub(crate) struct Question<'a, 'c> {
    pub(crate) role: Role,
    pub(crate) scope: &'a Scope,
    pub(crate) context: &'a Context<'c>,
    pub(crate) use_: Use,
}

/// Runs one test of `node` on `scope`.
pub(crate) fn run(test: &Test, node: &Node, scope: &Scope, context: &Context, use_: Use) -> Evaluated {
    let question = Question { role: node.role, scope, context, use_ };
    let operator = match test {
        Test::Phrase(search) => return phrase::run(search, &question),
        Test::Other(operator) => operator,
    };
    match operator {
        Operator::Regex(test) => pattern::run(test, &question),
        Operator::Organisation => organisation::run(&question),
        Operator::Silence(test) => timing::silence(test, &question),
        Operator::ResponseTime(test) => timing::response(test, &question),
        Operator::Interruption(test) => timing::overlap(test, true, &question),
        Operator::Overlap(test) => timing::overlap(test, false, &question),
        Operator::SpeechRate(limits) => measures::speech_rate(limits, &question),
        Operator::Duration(limits) => measures::duration(limits, &question),
        Operator::UtteranceCount(test) => measures::utterance_count(test, &question),
        Operator::TalkShare(test) => measures::talk_share(test, &question),
        Operator::PronounRatio(test) => pronouns::run(test, &question),
        Operator::Hangup(by) => metadata::hangup(*by, context),
        Operator::Metadata(test) => metadata::field(test, context),
        // Phrases are compiled to `Test::Phrase`.
        Operator::Phrase(_) => Evaluated::unknown(crate::reason::Reason::Plain),
    }
}
