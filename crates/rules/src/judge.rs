//! The judge: a call in, findings and a score card out.

use std::collections::HashMap;

use hotline_model::{Call, Deduction, Evidence, Finding, Outcome, ScoreCard, Transcript};

use crate::belief::{Belief, Truth};
use crate::compile::{Compiled, CompiledRule, compile};
use crate::context::{CallView, Context, Evaluated, Use};
use crate::evaluate::expr;
use crate::meaning::Understood;
use crate::reason::{Reason, not_in_play, sentence};
use crate::rule_set::{Count, Language, Rule, RuleSet};

/// Judges calls by one rule set. Made once, shared by all threads.
#[derive(Debug)]
pub struct Judge {
    set: RuleSet,
    compiled: Compiled,
    language: Language,
    /// Rule sets of hotlines that have one of their own, by the name in the call's metadata.
    hotlines: HashMap<String, (RuleSet, Compiled)>,
}

/// What came of judging one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// One finding a rule, in the order of the rule set.
    pub findings: Vec<Finding>,
    /// The points.
    pub score_card: ScoreCard,
}

impl Judge {
    /// Prepares the rules: all phrases of all rules become one automaton.
    pub fn new(set: RuleSet) -> Self {
        let compiled = compile(&set);
        Judge { set, compiled, language: Language::default(), hotlines: HashMap::new() }
    }

    /// The same judge, speaking `language` in titles and reasons.
    pub fn with_language(self, language: Language) -> Self {
        Judge { language, ..self }
    }

    /// The same judge, judging the calls of `hotline` by a rule set of its own: other thresholds, lists and rules.
    pub fn with_hotline(mut self, hotline: impl Into<String>, set: RuleSet) -> Self {
        let compiled = compile(&set);
        self.hotlines.insert(hotline.into(), (set, compiled));
        self
    }

    /// The rules it judges by, where a hotline has none of its own.
    pub fn rule_set(&self) -> &RuleSet {
        &self.set
    }

    /// The rules it judges this call by.
    pub fn rule_set_of(&self, call: &Call) -> &RuleSet {
        self.rules_of(call).0
    }

    fn rules_of(&self, call: &Call) -> (&RuleSet, &Compiled) {
        let own = call.meta.hotline.as_deref().and_then(|hotline| self.hotlines.get(hotline.trim()));
        own.map_or((&self.set, &self.compiled), |(set, compiled)| (set, compiled))
    }

    /// How many phrases it listens for.
    pub fn phrase_count(&self) -> usize {
        self.compiled.book.len()
    }

    /// How many times any phrase of any rule, exact or variant, is heard in a transcript; for measuring.
    pub fn phrase_hits(&self, transcript: &Transcript) -> usize {
        transcript.utterances.iter().map(|u| self.compiled.book.find(&u.text).len()).sum()
    }

    /// As [`Judge::phrase_hits`], by sound: phrases of tests with `match = "phonetic"` that something heard sounds like.
    pub fn phonetic_hits(&self, transcript: &Transcript) -> usize {
        transcript.utterances.iter().map(|u| self.compiled.sound_book.find(&u.text).len()).sum()
    }

    /// Judges a call, or what has been heard of it so far.
    pub fn judge(&self, view: &CallView<'_>) -> Judgement {
        self.judge_understood(view, &Understood::of(view.transcript))
    }

    /// As [`Judge::judge`], with what others have already asked of the same transcript.
    pub fn judge_understood(&self, view: &CallView<'_>, understood: &Understood<'_>) -> Judgement {
        let (set, compiled) = self.rules_of(view.call);
        let context = Context::new(*view, compiled, understood);
        let mut deductions = Vec::new();
        let mut undecided = 0;
        let mut findings = Vec::with_capacity(set.rules.len());
        for (rule, compiled) in set.rules.iter().zip(&compiled.rules) {
            let (finding, times) = self.finding(rule, compiled, &context);
            undecided += u32::from(finding.outcome == Outcome::Undecided);
            if finding.points != 0.0 {
                deductions.push(Deduction {
                    rule: rule.id.clone(),
                    clause: rule.clause.clone(),
                    severity: rule.severity,
                    points: finding.points,
                    times,
                });
            }
            findings.push(finding);
        }
        let (name, version) = (set.name.clone(), set.version.clone());
        let scoring = set.scoring;
        let score_card = ScoreCard::sum(name, version, scoring.base, scoring.cap, deductions, undecided);
        Judgement { findings, score_card }
    }

    fn finding(&self, rule: &Rule, compiled: &CompiledRule, context: &Context) -> (Finding, u32) {
        let applies = compiled.applies.as_ref().map(|applies| expr(applies, Use::Setting, context));
        let in_play = applies.as_ref().map_or(Belief::TRUE, |applies| applies.belief);
        let use_ = if compiled.forbids { Use::Charge } else { Use::Clear };
        let verdict = match in_play.truth() {
            Truth::False => None,
            _ => Some(expr(&compiled.verdict, use_, context)),
        };
        let (outcome, certainty) = conclude(in_play, verdict.as_ref(), compiled.forbids);
        let times = verdict.as_ref().map_or(0, |v| if compiled.forbids { v.times_true } else { v.times_false });
        let points = if outcome == Outcome::Violated { points(rule, times) } else { 0.0 };
        let finding = Finding {
            rule: rule.id.clone(),
            clause: rule.clause.clone(),
            title: rule.title.get(self.language).to_owned(),
            severity: rule.severity,
            outcome,
            certainty,
            points,
            reason: self.reason(outcome, applies.as_ref(), verdict.as_ref()),
            evidence: evidence(outcome, compiled.forbids, applies, verdict),
        };
        (finding, times)
    }

    fn reason(&self, outcome: Outcome, applies: Option<&Evaluated>, verdict: Option<&Evaluated>) -> String {
        let plain = Reason::Plain;
        let of = |evaluated: Option<&Evaluated>| evaluated.map_or(plain.clone(), |e| e.reason.clone());
        match outcome {
            Outcome::NotApplicable => not_in_play(&of(applies), self.language),
            // Where the rule itself is clear, the doubt is whether it is in play.
            Outcome::Undecided if verdict.is_some_and(|v| v.belief.truth() != Truth::Unknown) => {
                sentence(&of(applies), self.language)
            }
            _ => sentence(&of(verdict), self.language),
        }
    }
}

/// What the belief that a rule is in play, and the belief in its expression, amount to.
fn conclude(in_play: Belief, verdict: Option<&Evaluated>, forbids: bool) -> (Outcome, f32) {
    let Some(verdict) = verdict else { return (Outcome::NotApplicable, in_play.certainty()) };
    let kept = if forbids { verdict.belief.negate() } else { verdict.belief };
    match (in_play.truth(), kept.truth()) {
        (Truth::True, Truth::True) | (Truth::Unknown, Truth::True) => (Outcome::Met, kept.certainty()),
        (Truth::True, Truth::False) => (Outcome::Violated, kept.certainty().min(in_play.certainty())),
        _ => (Outcome::Undecided, kept.certainty().min(in_play.certainty())),
    }
}

fn points(rule: &Rule, times: u32) -> f32 {
    match rule.count {
        Count::Once => rule.points,
        Count::Each { points_max } => {
            let sum = rule.points * times.max(1) as f32;
            points_max.map_or(sum, |most| sum.min(most))
        }
    }
}

/// What a finding shows. Clean forbidden expressions show only what was heard and did not count: that nothing was heard
/// anywhere needs no listing.
fn evidence(outcome: Outcome, forbids: bool, applies: Option<Evaluated>, verdict: Option<Evaluated>) -> Vec<Evidence> {
    let applies = applies.map_or(Vec::new(), |applies| applies.evidence);
    let mut evidence = verdict.map_or(Vec::new(), |verdict| verdict.evidence);
    match outcome {
        Outcome::NotApplicable => {
            return applies.into_iter().filter(|e| !matches!(e, Evidence::Absence { .. })).collect();
        }
        Outcome::Met if forbids => evidence.retain(|e| matches!(e, Evidence::Quote(_))),
        Outcome::Met => evidence.retain(|e| !matches!(e, Evidence::Absence { .. })),
        Outcome::Violated | Outcome::Undecided => {
            let place = |e: &Evidence| matches!(e, Evidence::Quote(_) | Evidence::Interval { .. });
            let places: Vec<Evidence> = applies.into_iter().filter(|e| place(e) && !evidence.contains(e)).collect();
            evidence.extend(places);
        }
    }
    dedup(evidence)
}

fn dedup(evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut kept: Vec<Evidence> = Vec::with_capacity(evidence.len());
    for one in evidence {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
