//! What conditions test. Each operator looks at a scope of a call and says how far it holds, and on what evidence.

mod absence;
mod energy;
mod entity;
mod language;
mod likeness;
mod meaning;
mod measures;
mod metadata;
mod organisation;
mod pattern;
mod phrase;
mod pronouns;
mod rates;
mod repeat;
mod sentence;
mod similar;
mod timing;

pub(crate) use sentence::clause_runs;

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
        Test::Share(search) => return rates::share(search, &question),
        Test::Rate(search) => return rates::rate(search, &question),
        Test::Similar(search) => return similar::run(search, &question),
        Test::Meaning(search) => return meaning::run(search, &question),
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
        Operator::Repeat(test) => repeat::run(test, &question),
        Operator::Entity(test) => entity::run(test, &question),
        Operator::Energy(test) => energy::run(test, &question),
        Operator::Language(test) => language::run(test, &question),
        // Those with phrases or examples are compiled to tests of their own.
        Operator::Phrase(_)
        | Operator::PhraseShare(_)
        | Operator::PhraseRate(_)
        | Operator::Similar(_)
        | Operator::Meaning(_) => Evaluated::unknown(crate::reason::Reason::Plain),
    }
}
