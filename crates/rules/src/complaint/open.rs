//! What a call that is no complaint leaves open: incidents (DUE-05) and inquiries to be answered later (DUE-04).

use hotline_model::{Channel, Evidence, Finding, FollowUp, FollowUpKind, Outcome, Transcript};

use super::detect::{Clause, clauses};
use super::extract::{Caller, caller, department};
use super::guide::Guide;
use super::telling::{question, report};
use crate::promise::{Promised, answer_promised, promised, promises_an_answer};

/// The clause under which rules find that an agent could not answer at once.
const NOT_AT_ONCE: &str = "REQ-11";

/// A promise of the agent: in which utterance, and by when if a time was named.
struct Promising {
    utterance: usize,
    by: Option<Promised>,
}

pub(super) fn follow_up(guide: &Guide, transcript: &Transcript, findings: &[Finding]) -> Option<FollowUp> {
    let clauses = clauses(transcript);
    if let Some((reported, taken)) = incident(guide, &clauses) {
        let promise = last_promise(transcript, reported.utterance, promised);
        let begins = promise.as_ref().map_or(taken, |promise| promise.utterance);
        let matter = report(transcript, &clauses, reported);
        return Some(filled(FollowUpKind::Incident, transcript, matter, begins, promise));
    }
    let quoted = not_at_once(findings)?;
    let asked = quoted.first().copied().unwrap_or(0);
    let timed = last_promise(transcript, asked, answer_promised);
    let promise = timed.or_else(|| {
        let mut later = transcript.utterances.iter().enumerate().skip(asked);
        let vague = later.rfind(|(_, u)| u.channel != Channel::Customer && promises_an_answer(&u.text));
        vague.map(|(utterance, _)| Promising { utterance, by: None })
    })?;
    let begins = promise.utterance;
    let unanswered = quoted.iter().copied().rfind(|at| *at <= begins).unwrap_or(begins);
    let matter = question(transcript, &clauses, unanswered);
    Some(filled(FollowUpKind::Inquiry, transcript, matter, begins, Some(promise)))
}

/// The clause in which the customer reports something out of order, and the utterance in which the agent sends somebody to it.
fn incident<'a>(guide: &Guide, clauses: &'a [Clause]) -> Option<(&'a Clause, usize)> {
    let rules = &guide.incident;
    let reported = clauses.iter().find(|clause| {
        let said = clause.text.trim();
        clause.channel != Channel::Agent && rules.reported.is_match(said) && !rules.unless.is_match(said)
    })?;
    let taken = clauses.iter().find(|clause| {
        clause.channel != Channel::Customer
            && clause.utterance >= reported.utterance
            && rules.taken_on.is_match(clause.text.trim())
    })?;
    Some((reported, taken.utterance))
}

/// Utterances of the agent that rules quote for not answering at once, in order; `None` if no rule finds so. An undecided finding opens
/// nothing.
fn not_at_once(findings: &[Finding]) -> Option<Vec<usize>> {
    let in_play = |finding: &&Finding| {
        finding.clause == NOT_AT_ONCE && matches!(finding.outcome, Outcome::Met | Outcome::Violated)
    };
    let mut found = findings.iter().filter(in_play).peekable();
    found.peek()?;
    let mut quoted: Vec<usize> = found
        .flat_map(|finding| &finding.evidence)
        .filter_map(|evidence| match evidence {
            Evidence::Quote(quote) if quote.channel != Channel::Customer => Some(quote.utterance as usize),
            _ => None,
        })
        .collect();
    quoted.sort_unstable();
    Some(quoted)
}

/// The agent's last promise from utterance `from` on that names a time.
fn last_promise(transcript: &Transcript, from: usize, of: fn(&str) -> Vec<Promised>) -> Option<Promising> {
    let mut agent = transcript.utterances.iter().enumerate().skip(from).filter(|(_, u)| u.channel != Channel::Customer);
    let promise = |(utterance, text): (usize, &str)| {
        let by = of(text).pop()?;
        Some(Promising { utterance, by: Some(by) })
    };
    let mut last = None;
    for (utterance, said) in &mut agent {
        last = promise((utterance, &said.text)).or(last);
    }
    last
}

fn filled(
    kind: FollowUpKind,
    transcript: &Transcript,
    matter: Option<String>,
    begins: usize,
    promise: Option<Promising>,
) -> FollowUp {
    let by = promise.and_then(|promise| Some((promise.utterance, promise.by?)));
    let words = by.as_ref().and_then(|(utterance, by)| {
        transcript.utterances.get(*utterance)?.text.get(by.span.clone()).map(str::to_owned)
    });
    let Caller { person, contact } = caller(transcript);
    FollowUp {
        kind,
        matter,
        promised_time: words,
        promise: by.map(|(_, by)| by.promise),
        department: department(transcript, 0),
        person,
        contact,
        begins: u32::try_from(begins).ok(),
    }
}
