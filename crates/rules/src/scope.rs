//! Where a condition looks: its range, worked out for one call.

use hotline_model::{CallTime, Channel, TextSpan, TimeSpan};

use crate::compile::Node;
use crate::condition::{Edge, Near, Role, Side, Slice};
use crate::context::{Context, Hit};

/// Speech and silence are measured by different clocks; within this they touch.
const SLACK_MS: u32 = 300;

/// A piece of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) utterance: u32,
    pub(crate) text: TextSpan,
}

/// The speech a condition looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// The utterances, whole or in part, in order.
    pub(crate) parts: Vec<Part>,
    /// The time they lie in, which is also where measures are looked for.
    pub(crate) time: TimeSpan,
    /// On a live call: more may still come into it.
    pub(crate) open: bool,
}

impl Role {
    /// Whether speech on `channel` may be this role's.
    pub(crate) fn hears(self, channel: Channel) -> bool {
        match self {
            Role::All => true,
            Role::Agent => channel != Channel::Customer,
            Role::Customer => channel != Channel::Agent,
        }
    }

    /// The channel to name in evidence.
    pub(crate) fn channel(self) -> Channel {
        match self {
            Role::Agent => Channel::Agent,
            Role::Customer => Channel::Customer,
            Role::All => Channel::Mixed,
        }
    }
}

/// The scope of `node`, at `hit` of its anchor if it has one.
pub(crate) fn scope(node: &Node, hit: Option<&Hit>, context: &Context) -> Scope {
    // On a mixed recording nobody can count one party's utterances: then all count, and absence is sought everywhere.
    let countable = !context.mixed || node.role == Role::All;
    let mut scope = whole(node.role, context);
    if let (Some(slice), true) = (node.range.utterances, countable) {
        by_utterances(slice, &mut scope, context);
        scope.open &= still_open(slice, scope.parts.len());
    }
    if let (Some(slice), true) = (node.range.turns, countable) {
        by_turns(slice, node.role, &mut scope, context);
    }
    if let Some(edge) = node.range.seconds {
        by_time(edge, 1000.0, false, &mut scope, context);
    }
    if let Some(edge) = node.range.percent {
        by_time(edge, f64::from(context.conversation.len_ms()) / 100.0, true, &mut scope, context);
    }
    if let (Some((_, near)), Some(hit)) = (&node.anchor, hit) {
        by_hit(near, hit, &mut scope, context);
    }
    scope
}

fn whole(role: Role, context: &Context) -> Scope {
    let parts = (0..)
        .zip(&context.view.transcript.utterances)
        .filter(|(_, utterance)| role.hears(utterance.channel))
        .map(|(index, utterance)| Part { utterance: index, text: TextSpan::new(0, utterance.text.len()) })
        .collect();
    Scope { parts, time: context.conversation, open: context.live() }
}

/// On a live call a choice by number stays open until it is full; one counted from the end, until the end.
fn still_open(slice: Slice, found: usize) -> bool {
    match slice {
        Slice::First(n) => found < n as usize,
        Slice::Between(from, to) => found < (to - from + 1) as usize,
        Slice::Last(_) => true,
    }
}

fn choose(slice: Slice, len: usize) -> std::ops::Range<usize> {
    let range = match slice {
        Slice::First(n) => 0..n as usize,
        Slice::Last(n) => len.saturating_sub(n as usize)..len,
        Slice::Between(from, to) => from as usize - 1..to as usize,
    };
    range.start.min(len)..range.end.min(len)
}

fn by_utterances(slice: Slice, scope: &mut Scope, context: &Context) {
    let chosen = choose(slice, scope.parts.len());
    scope.parts = scope.parts.get(chosen).unwrap_or_default().to_vec();
    let spans = scope.parts.iter().filter_map(|part| context.utterance(part.utterance)).map(|u| u.span);
    scope.time = spans.reduce(TimeSpan::hull).unwrap_or_default();
}

fn by_turns(slice: Slice, role: Role, scope: &mut Scope, context: &Context) {
    let all = context.turns();
    let own: Vec<usize> = (0..all.len())
        .filter(|&at| {
            // A murmur is a turn only if it is the last word of the call.
            all.get(at).is_some_and(|turn| role.hears(turn.channel) && (!turn.backchannel || at + 1 == all.len()))
        })
        .collect();
    let chosen = own.get(choose(slice, own.len())).unwrap_or_default();
    let kept: Vec<u32> = chosen.iter().filter_map(|&at| all.get(at)).flat_map(|turn| turn.utterances.clone()).collect();
    // The last turn may still grow as long as nobody else has spoken.
    let last_is_over = chosen.last().is_some_and(|&at| at + 1 < all.len());
    scope.open &= still_open(slice, chosen.len()) || !last_is_over;
    scope.parts.retain(|part| kept.contains(&part.utterance));
    scope.time =
        chosen.iter().filter_map(|&at| all.get(at)).map(|turn| turn.span).reduce(TimeSpan::hull).unwrap_or_default();
}

fn by_time(edge: Edge, unit_ms: f64, percent: bool, scope: &mut Scope, context: &Context) {
    let whole = context.conversation;
    let ms = |amount: f64| (amount * unit_ms).round().clamp(0.0, f64::from(u32::MAX)) as u32;
    let window = match edge {
        Edge::First(amount) => {
            let window = TimeSpan::from_ms(whole.start.ms, whole.start.ms.saturating_add(ms(amount)).min(whole.end.ms));
            // A share of a call that is not over cannot be known.
            let reached = context.view.heard_until.is_some_and(|t| t.ms >= whole.start.ms.saturating_add(ms(amount)));
            scope.open &= percent || !reached;
            window
        }
        Edge::Last(amount) => {
            TimeSpan::from_ms(whole.end.ms.saturating_sub(ms(amount)).max(whole.start.ms), whole.end.ms)
        }
        Edge::Between(from, to) => {
            let at = |amount: f64| whole.start.ms.saturating_add(ms(amount));
            let reached = context.view.heard_until.is_some_and(|t| t.ms >= at(to));
            scope.open &= percent || !reached;
            TimeSpan::from_ms(at(from).min(whole.end.ms), at(to).min(whole.end.ms))
        }
    };
    scope.parts.retain(|part| context.utterance(part.utterance).is_some_and(|u| u.span.intersection(window).is_some()));
    scope.time = scope.time.intersection(window).unwrap_or(TimeSpan::new(window.start, window.start));
}

fn by_hit(near: &Near, hit: &Hit, scope: &mut Scope, context: &Context) {
    let sides: &[Side] = match near.side {
        Side::Around => &[Side::Before, Side::After],
        Side::Before => &[Side::Before],
        Side::After => &[Side::After],
    };
    let mut parts = Vec::new();
    let mut times = Vec::new();
    let mut open = false;
    for side in sides {
        let mut found: Vec<Part> = scope.parts.iter().filter_map(|part| beside(*part, *side, hit, context)).collect();
        if let Some(most) = near.utterances {
            // What is left of the hit's own utterance is not counted.
            let own = usize::from(found.iter().any(|part| hit.at.is_some_and(|(at, _)| at == part.utterance)));
            let most = most as usize + own;
            match side {
                Side::Before => drop(found.drain(..found.len().saturating_sub(most))),
                _ => {
                    open |= found.len() < most;
                    found.truncate(most);
                }
            }
        }
        let window = window(*side, near.seconds, hit, scope.time);
        if let Some(seconds) = near.seconds {
            found.retain(|part| {
                context.utterance(part.utterance).is_some_and(|u| u.span.intersection(window).is_some())
            });
            let end = hit.time.end.ms.saturating_add((seconds * 1000.0) as u32);
            open |= *side != Side::Before && context.view.heard_until.is_some_and(|t| t.ms < end);
        }
        open |= *side != Side::Before && near.seconds.is_none() && near.utterances.is_none();
        times.push(match near.utterances {
            Some(_) => narrowed(&found, window, *side, context),
            None => window,
        });
        parts.extend(found);
    }
    if near.side == Side::Around {
        let own = |part: &Part| hit.at.is_some_and(|(at, _)| at == part.utterance);
        parts.retain(|part| !own(part));
        parts.extend(scope.parts.iter().filter(|part| own(part)));
        times.push(hit.time);
    }
    parts.sort_by_key(|part| (part.utterance, part.text));
    scope.parts = parts;
    scope.time = times.into_iter().reduce(TimeSpan::hull).unwrap_or_default();
    scope.open &= open;
}

/// The piece of `part` that lies on `side` of the hit.
fn beside(part: Part, side: Side, hit: &Hit, context: &Context) -> Option<Part> {
    let utterance = context.utterance(part.utterance)?;
    if let Some((at, span)) = hit.at {
        if at == part.utterance {
            let text = match side {
                Side::Before => TextSpan { start: part.text.start, end: part.text.end.min(span.start) },
                _ => TextSpan { start: part.text.start.max(span.end), end: part.text.end },
            };
            return (text.start < text.end).then_some(Part { text, ..part });
        }
        let later = part.utterance > at;
        return (later == (side != Side::Before)).then_some(part);
    }
    let fits = match side {
        Side::Before => utterance.span.end.ms <= hit.time.start.ms.saturating_add(SLACK_MS),
        _ => utterance.span.start.ms.saturating_add(SLACK_MS) >= hit.time.end.ms,
    };
    fits.then_some(part)
}

fn window(side: Side, seconds: Option<f64>, hit: &Hit, within: TimeSpan) -> TimeSpan {
    let reach = seconds.map_or(u32::MAX, |seconds| (seconds * 1000.0) as u32);
    match side {
        Side::Before => {
            let end = hit.time.start.ms.saturating_add(SLACK_MS).min(hit.time.end.ms.max(hit.time.start.ms));
            TimeSpan::from_ms(hit.time.start.ms.saturating_sub(reach).max(within.start.ms.min(end)), end)
        }
        _ => TimeSpan::from_ms(hit.time.end.ms, hit.time.end.ms.saturating_add(reach).min(within.end.ms)),
    }
}

/// Of a window limited by a number of utterances, the part up to the last of them.
fn narrowed(found: &[Part], window: TimeSpan, side: Side, context: &Context) -> TimeSpan {
    let spans = found.iter().filter_map(|part| context.utterance(part.utterance)).map(|u| u.span);
    let Some(hull) = spans.reduce(TimeSpan::hull) else { return window };
    match side {
        Side::Before => TimeSpan::new(hull.start.max(window.start).min(window.end), window.end),
        _ => TimeSpan::new(window.start, CallTime::from_ms(hull.end.ms.min(window.end.ms.max(hull.end.ms)))),
    }
}
