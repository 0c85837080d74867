//! Which clause of the service standard is judged by which rule, what each rule needs to see, and what no call can show.

use std::collections::BTreeSet;
use std::fmt;

use crate::condition::{Condition, Operator, Role};
use crate::expr::Expr;
use crate::rule_set::{Language, Localised, Rule, RuleSet};

/// The clauses, one a line; columns are explained in the file.
const CLAUSES: &str = include_str!("../assets/clauses.tsv");

/// What the rules have for one clause.
#[derive(Clone, Debug, PartialEq)]
pub struct ClauseCoverage {
    /// Its id (`REQ-01`).
    pub clause: String,
    /// What it asks for; empty for clauses that only this rule set knows.
    pub title: Localised,
    /// Whether a call can show it at all; otherwise `limit` says what decides it.
    pub shown_by_call: bool,
    /// The rules that serve it, in the order of the set; none is a hole, unless no call can show it.
    pub rules: Vec<RuleCoverage>,
    /// What a call alone does not show of it.
    pub limit: Option<Localised>,
}

/// How it stands with a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageState {
    /// Rules judge it.
    Judged,
    /// No call can show it; something else decides.
    NotByACall,
    /// A call could show it, but this rule set has no rule for it.
    NoRule,
}

impl CoverageState {
    /// The stable name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            CoverageState::Judged => "judged",
            CoverageState::NotByACall => "not_by_a_call",
            CoverageState::NoRule => "no_rule",
        }
    }
}

impl ClauseCoverage {
    /// How it stands with the clause.
    pub fn state(&self) -> CoverageState {
        match (self.rules.is_empty(), self.shown_by_call) {
            (false, _) => CoverageState::Judged,
            (true, false) => CoverageState::NotByACall,
            (true, true) => CoverageState::NoRule,
        }
    }
}

/// A rule that serves a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCoverage {
    /// Its id.
    pub rule: String,
    /// What it must be given to come to a verdict, in a fixed order.
    pub needs: Vec<Need>,
}

/// Something a rule cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The words of the agent.
    AgentWords,
    /// The words of the customer.
    CustomerWords,
    /// Words, whoever said them.
    AnyWords,
    /// To know who speaks: a channel for each party.
    SeparateChannels,
    /// When somebody speaks.
    Timing,
    /// How loud they speak.
    Levels,
    /// The names of the hotline's organisation, from the settings.
    OrganisationNames,
    /// A finder of personal data.
    PersonalData,
    /// A column of the call list.
    Metadata(String),
}

impl Need {
    /// Its stable name in JSON: `agent_words`, `metadata:hangup_by`.
    pub fn name(&self) -> String {
        match self {
            Need::AgentWords => "agent_words".to_owned(),
            Need::CustomerWords => "customer_words".to_owned(),
            Need::AnyWords => "words".to_owned(),
            Need::SeparateChannels => "separate_channels".to_owned(),
            Need::Timing => "timing".to_owned(),
            Need::Levels => "levels".to_owned(),
            Need::OrganisationNames => "organisation_names".to_owned(),
            Need::PersonalData => "personal_data".to_owned(),
            Need::Metadata(field) => format!("metadata:{field}"),
        }
    }

    /// Its name for people.
    pub fn text(&self, language: Language) -> String {
        let pick = |zh: &str, en: &str| if language == Language::Zh { zh.to_owned() } else { en.to_owned() };
        match self {
            Need::AgentWords => pick("座席的话", "agent's words"),
            Need::CustomerWords => pick("客户的话", "customer's words"),
            Need::AnyWords => pick("通话文字", "words"),
            Need::SeparateChannels => pick("双声道", "a channel for each party"),
            Need::Timing => pick("语音时间", "timing of speech"),
            Need::Levels => pick("音量", "levels"),
            Need::OrganisationNames => pick("单位名称（设置）", "organisation names (settings)"),
            Need::PersonalData => pick("个人信息识别", "detection of personal data"),
            Need::Metadata(field) => pick(&format!("元数据 {field}"), &format!("metadata {field}")),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl RuleSet {
    /// Every clause of the service standard with the rules that serve it, in the order of the standard; then the clauses that
    /// only this set knows.
    pub fn coverage(&self) -> Vec<ClauseCoverage> {
        let mut clauses: Vec<ClauseCoverage> = CLAUSES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut fields = line.split('\t').map(str::to_owned);
                let (clause, seen) = (fields.next()?, fields.next()?);
                let title = Localised { zh: fields.next()?, en: fields.next() };
                let limit = fields.next().filter(|zh| !zh.is_empty()).map(|zh| Localised { zh, en: fields.next() });
                let rules = self.rules_of(&clause);
                Some(ClauseCoverage { clause, title, shown_by_call: seen == "call", rules, limit })
            })
            .collect();
        for rule in &self.rules {
            if !clauses.iter().any(|known| known.clause == rule.clause) {
                let clause = rule.clause.clone();
                let rules = self.rules_of(&clause);
                let title = Localised::default();
                clauses.push(ClauseCoverage { clause, title, shown_by_call: true, rules, limit: None });
            }
        }
        clauses
    }

    fn rules_of(&self, clause: &str) -> Vec<RuleCoverage> {
        let rules = self.rules.iter().filter(|rule| rule.clause == clause);
        rules.map(|rule| RuleCoverage { rule: rule.id.clone(), needs: self.needs(rule) }).collect()
    }

    fn needs(&self, rule: &Rule) -> Vec<Need> {
        let mut needs = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let exprs = rule.applies.iter().chain([rule.verdict.expr()]);
        let mut open: Vec<&str> = exprs.flat_map(Expr::names).map(|(name, _)| name).collect();
        while let Some(name) = open.pop() {
            let Some(condition) = self.condition(Some(rule), name).filter(|_| seen.insert(name)) else { continue };
            open.extend(condition.range.near.iter().flat_map(|near| near.conditions.iter().map(String::as_str)));
            for operator in &condition.operators {
                need(operator, condition, &mut needs);
            }
        }
        needs.into_iter().collect()
    }
}

fn need(operator: &Operator, condition: &Condition, needs: &mut BTreeSet<Need>) {
    let words = match condition.role {
        Role::Agent => Need::AgentWords,
        Role::Customer => Need::CustomerWords,
        Role::All => Need::AnyWords,
    };
    match operator {
        Operator::Phrase(_)
        | Operator::Regex(_)
        | Operator::Similar(_)
        | Operator::Meaning(_)
        | Operator::PhraseRate(_) => {
            needs.insert(words);
        }
        Operator::PhraseShare(_) | Operator::PronounRatio(_) | Operator::Language(_) | Operator::UtteranceCount(_) => {
            needs.insert(words);
        }
        Operator::Repeat(_) => {
            needs.extend([Need::AgentWords, Need::CustomerWords]);
        }
        Operator::Organisation => {
            needs.extend([words, Need::OrganisationNames]);
        }
        Operator::Entity(_) => {
            needs.extend([words, Need::PersonalData]);
        }
        Operator::Silence(_) | Operator::Duration(_) => {
            needs.insert(Need::Timing);
        }
        Operator::ResponseTime(_) | Operator::Interruption(_) | Operator::Overlap(_) | Operator::TalkShare(_) => {
            needs.extend([Need::Timing, Need::SeparateChannels]);
        }
        Operator::SpeechRate(_) => {
            needs.extend([words, Need::Timing]);
        }
        Operator::Energy(_) => {
            needs.insert(Need::Levels);
        }
        Operator::Hangup(_) => {
            needs.insert(Need::Metadata("hangup_by".to_owned()));
        }
        // A field with a value for when it is missing can be done without.
        Operator::Metadata(test) if test.missing.is_none() => {
            needs.insert(Need::Metadata(test.field.clone()));
        }
        Operator::Metadata(_) => {}
    }
    if condition.role != Role::All {
        needs.insert(Need::SeparateChannels);
    }
}
