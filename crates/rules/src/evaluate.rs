//! Conditions and expressions, worked out on one call.

use std::rc::Rc;

use hotline_model::Evidence;

use crate::belief::{Belief, Truth};
use crate::compile::{Node, NodeExpr, NodeId};
use crate::condition::WhichHit;
use crate::context::{Context, Evaluated, Hit, Use};
use crate::operators;
use crate::reason::Reason;
use crate::scope::scope;

/// More hits of one condition than this are not looked at one by one: a rule that broad needs no more examples.
const HITS_MAX: usize = 200;
/// More evidence than this tells nobody more.
const EVIDENCE_MAX: usize = 20;

/// Works out an expression. `use_` says what it means for the agent that it holds.
pub(crate) fn expr(expr: &NodeExpr, use_: Use, context: &Context) -> Evaluated {
    match expr {
        NodeExpr::Node(id) => (*node(*id, use_, context)).clone(),
        NodeExpr::Not(inner) => {
            let mut inner = self::expr(inner, use_.negated(), context);
            inner.belief = inner.belief.negate();
            std::mem::swap(&mut inner.times_true, &mut inner.times_false);
            inner.hits.clear();
            inner
        }
        NodeExpr::All(parts) => {
            let parts = parts.iter().map(|part| self::expr(part, use_, context)).collect();
            join(parts, Truth::False)
        }
        NodeExpr::Any(parts) => {
            let parts = parts.iter().map(|part| self::expr(part, use_, context)).collect();
            join(parts, Truth::True)
        }
    }
}

/// Joins parts of which a single `strong` one decides: `False` for and, `True` for or.
fn join(parts: Vec<Evaluated>, strong: Truth) -> Evaluated {
    let is_and = strong == Truth::False;
    let fold = if is_and { Belief::and } else { Belief::or };
    let start = if is_and { Belief::TRUE } else { Belief::FALSE };
    let belief = parts.iter().map(|part| part.belief).fold(start, fold);
    let truth = belief.truth();
    // Those that came out like the whole carry it; where all had to, all do.
    let carriers = || parts.iter().filter(|part| part.belief.truth() == truth);
    // One that decides alone is the surest of its kind; where all had to, the first one says what it is about.
    let telling = if truth == strong {
        carriers().max_by(|a, b| a.belief.certainty().total_cmp(&b.belief.certainty()))
    } else {
        carriers().next()
    };
    let sum = |of: fn(&Evaluated) -> u32| carriers().map(of).sum::<u32>().max(1);
    let most = |of: fn(&Evaluated) -> u32| carriers().map(of).max().unwrap_or(1);
    let mut evidence: Vec<Evidence> = carriers().flat_map(|part| part.evidence.iter().cloned()).collect();
    evidence.truncate(EVIDENCE_MAX);
    Evaluated {
        belief,
        reason: telling.map_or(Reason::Plain, |part| part.reason.clone()),
        evidence,
        hits: Vec::new(),
        times_true: if is_and { most(|part| part.times_true) } else { sum(|part| part.times_true) },
        times_false: if is_and { sum(|part| part.times_false) } else { most(|part| part.times_false) },
    }
}

/// Works out a condition, once for each use.
pub(crate) fn node(id: NodeId, use_: Use, context: &Context) -> Rc<Evaluated> {
    if let Some(known) = context.memo.borrow().get(&(id, use_)) {
        return Rc::clone(known);
    }
    let evaluated = Rc::new(match context.compiled.nodes.get(id) {
        Some(node) => condition(node, use_, context),
        None => Evaluated::unknown(Reason::Plain),
    });
    context.memo.borrow_mut().insert((id, use_), Rc::clone(&evaluated));
    evaluated
}

fn condition(node: &Node, use_: Use, context: &Context) -> Evaluated {
    let Some((anchors, near)) = &node.anchor else {
        return tests(node, None, use_, context);
    };
    // A place must be sure before something can be missing there.
    let anchor = anchor(anchors, if use_ == Use::Setting { Use::Setting } else { Use::Charge }, context);
    let hits = match near.hit {
        WhichHit::Nth(n) => anchor.hits.get(n as usize - 1..n as usize),
        WhichHit::Last => anchor.hits.last().map(std::slice::from_ref),
        WhichHit::Any | WhichHit::Every => anchor.hits.get(..anchor.hits.len().min(HITS_MAX)),
    };
    let hits = hits.unwrap_or_default();
    if hits.is_empty() {
        // Nowhere to look: it does not hold, as surely as there is no such place.
        let mut nowhere = (*anchor).clone();
        // There are hits, but fewer than the one that was asked for.
        let fewer = !anchor.hits.is_empty() && matches!(near.hit, WhichHit::Nth(_));
        nowhere.belief = if fewer { Belief::new(0.1) } else { nowhere.belief.and(Belief::UNKNOWN) };
        nowhere.hits.clear();
        return nowhere;
    }
    let at_hits: Vec<(&Hit, Evaluated)> = hits.iter().map(|hit| (hit, tests(node, Some(hit), use_, context))).collect();
    if near.hit == WhichHit::Every { at_every(&at_hits) } else { at_any(at_hits) }
}

/// What the conditions found that another one looks beside: what any of several found, in the order of the call.
fn anchor(ids: &[NodeId], use_: Use, context: &Context) -> Rc<Evaluated> {
    if let [only] = ids {
        return node(*only, use_, context);
    }
    let parts: Vec<Evaluated> = ids.iter().map(|id| (*node(*id, use_, context)).clone()).collect();
    let mut hits: Vec<Hit> = parts.iter().flat_map(|part| part.hits.iter().cloned()).collect();
    hits.sort_by_key(|hit| (hit.time, hit.at));
    hits.dedup_by_key(|hit| (hit.time, hit.at));
    Rc::new(Evaluated { hits, ..join(parts, Truth::True) })
}

/// It holds at one of the hits.
fn at_any(at_hits: Vec<(&Hit, Evaluated)>) -> Evaluated {
    let parts: Vec<Evaluated> = at_hits
        .into_iter()
        .map(|(hit, mut at)| {
            at.belief = at.belief.and(hit.belief);
            if !at.belief.is_true() {
                at.evidence.push(hit.evidence.clone());
            }
            at
        })
        .collect();
    let mut hits: Vec<Hit> = parts.iter().flat_map(|part| part.hits.iter().cloned()).collect();
    hits.sort_by_key(|hit| (hit.time, hit.at));
    hits.dedup_by_key(|hit| (hit.time, hit.at));
    Evaluated { hits, ..join(parts, Truth::True) }
}

/// It holds at all of the hits; a hit that is itself unsure can hardly break it.
fn at_every(at_hits: &[(&Hit, Evaluated)]) -> Evaluated {
    let parts: Vec<Evaluated> = at_hits
        .iter()
        .map(|(hit, at)| {
            let mut at = at.clone();
            at.belief = at.belief.or(hit.belief.negate());
            if !at.belief.is_true() {
                // What is missing says little without the place where it is missing.
                at.evidence.push(hit.evidence.clone());
            }
            at
        })
        .collect();
    let hits = parts.iter().flat_map(|part| part.hits.iter().cloned()).collect();
    Evaluated { hits, ..join(parts, Truth::False) }
}

/// All tests of a node in one scope.
fn tests(node: &Node, hit: Option<&Hit>, use_: Use, context: &Context) -> Evaluated {
    let scope = scope(node, hit, context);
    let mut results: Vec<Evaluated> =
        node.tests.iter().map(|test| operators::run(test, node, &scope, context, use_)).collect();
    if results.len() == 1 {
        return results.pop().unwrap_or_else(|| Evaluated::unknown(Reason::Plain));
    }
    let hits = results.iter().find(|result| !result.hits.is_empty()).map_or(Vec::new(), |result| result.hits.clone());
    Evaluated { hits, ..join(results, Truth::False) }
}
