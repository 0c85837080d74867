//! Turns a rule set into what the judge runs: conditions by number, phrases as sets of numbers, one automaton.

use std::collections::HashMap;

use hotline_text::pinyin::syllables;

use crate::alignment::Stage;
use crate::condition::{Ignore, Limits, Matching, Near, Operator, PhraseShareTest, PhraseTest, Quantity, Range, Role};
use crate::expr::Expr;
use crate::grams::Grams;
use crate::matcher::{PhraseBook, PhraseBookBuilder, PhraseId};
use crate::meaning::Meanings;
use crate::rule_set::{Rule, RuleSet, Verdict};
use crate::sounded::{Syllabary, SyllableNo};
use crate::wording::spell;

pub(crate) type NodeId = usize;

/// Everything the judge needs besides the call.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) book: PhraseBook,
    /// The phrases of tests that listen for sounds.
    pub(crate) sound_book: PhraseBook,
    pub(crate) nodes: Vec<Node>,
    pub(crate) rules: Vec<CompiledRule>,
    /// Sounds of the phrases, by number; empty for phrases with gaps.
    pub(crate) sounds: Vec<Vec<SyllableNo>>,
    /// Sounds of the phrases with gaps, by number; empty for the others.
    pub(crate) stages: Vec<Vec<Stage<SyllableNo>>>,
    /// The syllables of all phrases.
    pub(crate) syllabary: Syllabary,
}

/// A condition, ready to run.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) range: Range,
    /// The conditions that [`Range::near`] names.
    pub(crate) anchor: Option<(Vec<NodeId>, Near)>,
    pub(crate) tests: Vec<Test>,
}

#[derive(Debug)]
pub(crate) enum Test {
    Phrase(PhraseSearch),
    Share(ShareSearch),
    Rate(RateSearch),
    Similar(SimilarSearch),
    Meaning(MeaningSearch),
    Other(Operator),
}

/// A share test, spelled out.
#[derive(Debug)]
pub(crate) struct ShareSearch {
    pub(crate) of: PhraseSet,
    pub(crate) among: PhraseSet,
    /// Labels of [`Meanings`].
    pub(crate) among_meaning: Vec<usize>,
    pub(crate) not_in: PhraseSet,
    pub(crate) test: PhraseShareTest,
}

/// A rate test, spelled out.
#[derive(Debug)]
pub(crate) struct RateSearch {
    pub(crate) any: PhraseSet,
    pub(crate) not_in: PhraseSet,
    pub(crate) limits: Limits,
}

/// A likeness test with its examples taken apart.
#[derive(Debug)]
pub(crate) struct SimilarSearch {
    pub(crate) examples: Vec<(String, Grams)>,
    pub(crate) threshold: f32,
    pub(crate) ignore: Vec<Ignore>,
}

/// A test of meaning, with its labels by number.
#[derive(Debug)]
pub(crate) struct MeaningSearch {
    pub(crate) labels: Vec<(usize, String)>,
    pub(crate) at_least: f32,
    pub(crate) times: u32,
    pub(crate) ignore: Vec<Ignore>,
}

/// A phrase test, spelled out.
#[derive(Debug)]
pub(crate) struct PhraseSearch {
    pub(crate) quantity: Quantity,
    pub(crate) items: Vec<PhraseSet>,
    pub(crate) not_in: PhraseSet,
    pub(crate) ignore: Vec<Ignore>,
    pub(crate) matching: Matching,
    /// What is looked for, for people.
    pub(crate) wanted: String,
    pub(crate) times: u32,
    /// Label by number.
    pub(crate) meant: Option<usize>,
}

/// A set of phrases: as bits, to ask, and as a list, to go through.
#[derive(Debug, Default)]
pub(crate) struct PhraseSet {
    bits: Vec<u64>,
    pub(crate) list: Vec<PhraseId>,
}

impl PhraseSet {
    fn insert(&mut self, id: PhraseId) {
        let (word, bit) = (id as usize / 64, id % 64);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word).filter(|bits| **bits >> bit & 1 == 0) {
            *bits |= 1 << bit;
            self.list.push(id);
        }
    }

    pub(crate) fn contains(&self, id: PhraseId) -> bool {
        self.bits.get(id as usize / 64).is_some_and(|bits| bits >> (id % 64) & 1 == 1)
    }
}

/// A rule, ready to run.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) applies: Option<NodeExpr>,
    pub(crate) verdict: NodeExpr,
    pub(crate) forbids: bool,
}

/// An expression over nodes.
#[derive(Debug)]
pub(crate) enum NodeExpr {
    Node(NodeId),
    Not(Box<NodeExpr>),
    All(Vec<NodeExpr>),
    Any(Vec<NodeExpr>),
}

pub(crate) fn compile(set: &RuleSet) -> Compiled {
    let mut compiler = Compiler {
        set,
        book: PhraseBookBuilder::default(),
        by_sound: PhraseSet::default(),
        nodes: Vec::new(),
        ids: HashMap::new(),
    };
    let rules = set
        .rules
        .iter()
        .map(|rule| CompiledRule {
            applies: rule.applies.as_ref().map(|expr| compiler.expr(rule, expr)),
            verdict: compiler.expr(rule, rule.verdict.expr()),
            forbids: matches!(rule.verdict, Verdict::Forbid(_)),
        })
        .collect();
    let book = compiler.book.build();
    let sound_book = compiler.book.build_sounds(|id| compiler.by_sound.contains(id));
    let mut syllabary = Syllabary::default();
    let sounds = (0..)
        .map_while(|id| book.phrase(id))
        .map(|phrase| if phrase.gaps { Vec::new() } else { syllabary.numbers(&syllables(&phrase.written)) })
        .collect();
    let stages = compiler.book.stages(&mut syllabary);
    Compiled { book, sound_book, nodes: compiler.nodes, rules, sounds, stages, syllabary }
}

struct Compiler<'a> {
    set: &'a RuleSet,
    book: PhraseBookBuilder,
    by_sound: PhraseSet,
    nodes: Vec<Node>,
    /// Conditions of a rule by its id and their name; shared ones under no id.
    ids: HashMap<(Option<&'a str>, &'a str), NodeId>,
}

impl<'a> Compiler<'a> {
    fn expr(&mut self, rule: &'a Rule, expr: &'a Expr) -> NodeExpr {
        match expr {
            Expr::Name(name) => NodeExpr::Node(self.node(Some(rule), name)),
            Expr::Not(inner) => NodeExpr::Not(Box::new(self.expr(rule, inner))),
            Expr::All(parts) => NodeExpr::All(parts.iter().map(|part| self.expr(rule, part)).collect()),
            Expr::Any(parts) => NodeExpr::Any(parts.iter().map(|part| self.expr(rule, part)).collect()),
        }
    }

    /// The node of the condition `name` as `rule` sees it. A name that does not exist, which linking has ruled out, becomes a
    /// node without tests: always true of nothing.
    fn node(&mut self, rule: Option<&'a Rule>, name: &'a str) -> NodeId {
        let own = rule.filter(|rule| rule.conditions.contains_key(name));
        let key = (own.map(|rule| rule.id.as_str()), name);
        if let Some(&id) = self.ids.get(&key) {
            return id;
        }
        let id = self.nodes.len();
        self.ids.insert(key, id);
        let empty = Node { role: Role::All, range: Range::default(), anchor: None, tests: Vec::new() };
        self.nodes.push(empty);
        let set = self.set;
        let Some(condition) = own.and_then(|rule| rule.conditions.get(name)).or_else(|| set.conditions.get(name))
        else {
            return id;
        };
        let near = condition.range.near.as_ref();
        let anchor = near.map(|near| {
            let nodes = near.conditions.iter().map(|name| self.node(own, name)).collect();
            (nodes, near.clone())
        });
        let tests = condition
            .operators
            .iter()
            .map(|operator| match operator {
                Operator::Phrase(test) => Test::Phrase(self.search(test)),
                Operator::PhraseShare(test) => Test::Share(ShareSearch {
                    of: self.phrases(test.of.iter().map(String::as_str)),
                    among: self.phrases(test.among.iter().map(String::as_str)),
                    among_meaning: test
                        .among_meaning
                        .iter()
                        .filter_map(|name| Meanings::built_in().label(name))
                        .collect(),
                    not_in: self.phrases(test.not_in.iter().map(String::as_str)),
                    test: test.clone(),
                }),
                Operator::PhraseRate(test) => Test::Rate(RateSearch {
                    any: self.phrases(test.any.iter().map(String::as_str)),
                    not_in: self.phrases(test.not_in.iter().map(String::as_str)),
                    limits: test.limits,
                }),
                Operator::Similar(test) => Test::Similar(SimilarSearch {
                    examples: test.examples.iter().map(|text| (text.clone(), Grams::of(text))).collect(),
                    threshold: test.threshold,
                    ignore: test.ignore.clone(),
                }),
                Operator::Meaning(test) => Test::Meaning(MeaningSearch {
                    labels: test
                        .any
                        .iter()
                        .filter_map(|name| Some((Meanings::built_in().label(name)?, name.clone())))
                        .collect(),
                    at_least: test.at_least,
                    times: test.times,
                    ignore: test.ignore.clone(),
                }),
                other => Test::Other(other.clone()),
            })
            .collect();
        if let Some(slot) = self.nodes.get_mut(id) {
            *slot = Node { role: condition.role, range: condition.range.clone(), anchor, tests };
        }
        id
    }

    fn search(&mut self, test: &'a PhraseTest) -> PhraseSearch {
        let items: Vec<PhraseSet> = test.wordings.iter().map(|wording| self.phrases([wording.as_str()])).collect();
        if test.matching == Matching::Phonetic {
            items.iter().flat_map(|set| &set.list).for_each(|id| self.by_sound.insert(*id));
        }
        let not_in = self.phrases(test.not_in.iter().map(String::as_str));
        PhraseSearch {
            quantity: test.quantity,
            items,
            not_in,
            ignore: test.ignore.clone(),
            matching: test.matching,
            wanted: wanted(self.set, &test.wordings),
            times: test.times,
            meant: test.meant.as_ref().and_then(|name| Meanings::built_in().label(name)),
        }
    }

    /// All phrases that the wordings and lists stand for.
    fn phrases(&mut self, wordings: impl IntoIterator<Item = &'a str>) -> PhraseSet {
        let mut phrases = PhraseSet::default();
        let mut seen: Vec<&str> = Vec::new();
        let mut open: Vec<&str> = wordings.into_iter().collect();
        while let Some(wording) = open.pop() {
            if let Some(list) = wording.strip_prefix('@') {
                if !seen.contains(&list) {
                    seen.push(list);
                    open.extend(self.set.phrase_lists.get(list).into_iter().flatten().map(String::as_str));
                }
                continue;
            }
            // Wordings were checked when they were read.
            let spelled = spell(wording).map(|wording| self.book.add(wording)).unwrap_or_default();
            spelled.into_iter().for_each(|id| phrases.insert(id));
        }
        phrases
    }
}

/// The first few wordings, for people: `请稍等 / 请等一下 …`.
fn wanted(set: &RuleSet, wordings: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<String> = Vec::new();
    let mut more = false;
    for wording in wordings {
        let texts = match wording.strip_prefix('@') {
            Some(list) => set.phrase_lists.get(list).map_or(&[][..], Vec::as_slice),
            None => std::slice::from_ref(wording),
        };
        for text in texts.iter().filter(|text| !text.starts_with('@')) {
            match spell(text) {
                Ok(wording) if shown.len() < SHOWN => shown.push(wording.written()),
                _ => more = true,
            }
        }
    }
    if more { format!("{} …", shown.join(" / ")) } else { shown.join(" / ") }
}
