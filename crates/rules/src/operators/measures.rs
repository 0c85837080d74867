//! Measures of the whole call or of one party: rate, length, counts, shares.

use hotline_model::{Channel, Evidence, TimeSpan};

use super::Question;
use super::timing::sureness;
use crate::belief::Belief;
use crate::condition::{CountTest, Limits, Role, ShareOf, ShareTest};
use crate::context::{Context, Evaluated, Hit};
use crate::reason::Reason;
use crate::timing;

pub(super) fn speech_rate(limits: &Limits, question: &Question) -> Evaluated {
    let context = question.context;
    let (transcript, acoustics) = (context.view.transcript, context.view.acoustics);
    if context.mixed && question.role != Role::All {
        return Evaluated::unknown(Reason::WhoSpokeUnknown);
    }
    let channels: &[Channel] = match question.role {
        Role::Agent => &[Channel::Agent],
        Role::Customer => &[Channel::Customer],
        Role::All => &Channel::ALL,
    };
    let rates = channels.iter().filter_map(|channel| timing::speech_rate(*channel, transcript, acoustics));
    let (chars, voiced_ms) = rates.fold((0, 0), |(c, ms), rate| (c + rate.chars, ms + rate.voiced_ms));
    if chars == 0 {
        return Evaluated::unknown(Reason::TooLittle { measure: "speech_rate" });
    }
    let rate = timing::SpeechRate { chars, voiced_ms }.chars_per_min();
    conclude("speech_rate", f64::from(rate), "chars/min", limits, question)
}

pub(super) fn duration(limits: &Limits, question: &Question) -> Evaluated {
    let length = match question.context.view.heard_until {
        Some(until) => until.secs(),
        None => question.context.view.call.span().secs(),
    };
    conclude("duration", length, "s", limits, question)
}

pub(super) fn utterance_count(test: &CountTest, question: &Question) -> Evaluated {
    let context = question.context;
    let own = |channel: Channel| question.role == Role::All || channel == question.role.channel();
    let spoken = |mixed: bool| {
        let parts = question.scope.parts.iter().filter_map(|part| context.utterance(part.utterance));
        let said = parts.filter(|u| (mixed && u.channel == Channel::Mixed) || own(u.channel)).count();
        // Speech that was lost to the recogniser was spoken all the same.
        let gaps = &context.view.transcript.gaps;
        let lost = gaps.iter().filter(|g| question.scope.time.intersection(g.span).is_some());
        said + lost.filter(|g| (mixed && g.channel == Channel::Mixed) || own(g.channel)).count()
    };
    let (least, most) = (spoken(false), spoken(true));
    let holds = |count: usize| {
        test.at_least.is_none_or(|n| count >= n as usize) && test.at_most.is_none_or(|n| count <= n as usize)
    };
    let value = least as f64;
    let belief = match (holds(least), holds(most)) {
        (true, true) => Belief::new(0.97),
        (false, false) => Belief::new(0.03),
        _ => return Evaluated::unknown(Reason::WhoSpokeUnknown),
    };
    let reason = if belief.is_true() {
        Reason::Measured { measure: "utterance_count", value, unit: "count" }
    } else {
        Reason::Within { measure: "utterance_count", value: Some(value), unit: "count" }
    };
    Evaluated::new(belief, reason)
}

pub(super) fn talk_share(test: &ShareTest, question: &Question) -> Evaluated {
    let context = question.context;
    let (transcript, acoustics) = (context.view.transcript, context.view.acoustics);
    let total = |spans: &[TimeSpan]| f64::from(spans.iter().map(|span| span.len_ms()).sum::<u32>());
    let of = |channel| total(&timing::voiced(channel, transcript, acoustics));
    let (agent, customer) = (of(Channel::Agent), of(Channel::Customer));
    let (part, whole) = match test.of {
        ShareOf::Silence => {
            let quiet = context.conversation.minus(&timing::voiced_by_anybody(transcript, acoustics));
            (total(&quiet), f64::from(context.conversation.len_ms()))
        }
        _ if context.mixed => return Evaluated::unknown(Reason::WhoSpokeUnknown),
        ShareOf::Agent => (agent, agent + customer),
        ShareOf::Customer => (customer, agent + customer),
    };
    if whole == 0.0 {
        return Evaluated::unknown(Reason::TooLittle { measure: "talk_share" });
    }
    conclude("talk_share", part / whole * 100.0, "%", &test.limits, question)
}

/// A value against its bounds. Beyond either, the condition holds.
pub(super) fn conclude(
    measure: &'static str,
    value: f64,
    unit: &'static str,
    limits: &Limits,
    question: &Question,
) -> Evaluated {
    let above = limits.above.map_or(Belief::FALSE, |bound| sureness(value, bound));
    let below = limits.below.map_or(Belief::FALSE, |bound| {
        if value < bound { sureness(bound, value) } else { sureness(value, bound).negate() }
    });
    let belief = above.or(below);
    let evidence = evidence(measure, value, unit, question.role, question.context);
    if belief.is_true() {
        let time = question.context.conversation;
        let hit = Hit { time, at: None, belief, evidence: evidence.clone() };
        let mut found = Evaluated::new(belief, Reason::Measured { measure, value, unit }).with([evidence]);
        found.hits.push(hit);
        return found;
    }
    Evaluated::new(belief, Reason::Within { measure, value: Some(value), unit }).with([evidence])
}

/// As [`conclude`], for measures whose zero means nothing (decibels): how far beyond a bound a value lies is counted in steps of
/// six of its units, not in multiples of the bound.
pub(super) fn conclude_unscaled(
    measure: &'static str,
    value: f64,
    unit: &'static str,
    limits: &Limits,
    question: &Question,
) -> Evaluated {
    const STEP: f64 = 6.0;
    // Shifted so that the bound lies one step above zero.
    let shift = |bound: f64| (value - bound + STEP).max(0.0);
    let above = limits.above.map_or(Belief::FALSE, |bound| sureness(shift(bound), STEP));
    let below = limits.below.map_or(Belief::FALSE, |bound| sureness((bound - value + STEP).max(0.0), STEP));
    let belief = above.or(below);
    let evidence = evidence(measure, value, unit, question.role, question.context);
    let reason = if belief.is_true() {
        Reason::Measured { measure, value, unit }
    } else {
        Reason::Within { measure, value: Some(value), unit }
    };
    Evaluated::new(belief, reason).with([evidence])
}

fn evidence(measure: &str, value: f64, unit: &str, role: Role, context: &Context) -> Evidence {
    let channel = (role != Role::All).then(|| role.channel());
    let time = context.conversation;
    Evidence::Interval { time, channel, measure: measure.to_owned(), value, unit: unit.to_owned() }
}
