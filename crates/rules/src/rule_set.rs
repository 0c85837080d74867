//! Rule sets: what rule files amount to once they are read and joined.

use std::path::PathBuf;

use hotline_model::{ScoreCard, Severity};
use indexmap::IndexMap;

use crate::condition::{Condition, Matching, Operator};
use crate::expr::Expr;
use crate::link;
use crate::problem::{Problem, ProblemSeverity};

/// Rules that are judged together, with the phrase lists and conditions they share.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// Name, for people.
    pub name: String,
    /// Its own number and the hash of all its text: `1.0+3fa9c2d1`. Two sets with the same version judge alike.
    pub version: String,
    /// The rules, in the order of the files.
    pub rules: Vec<Rule>,
    /// Lists of wordings that rules name with `@`.
    pub phrase_lists: IndexMap<String, Vec<String>>,
    /// Conditions that every rule can name.
    pub conditions: IndexMap<String, Condition>,
    /// How points add up.
    pub scoring: Scoring,
}

/// A machine-checkable condition that serves a clause of the service standard.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Name, unique in the set (`greeting`).
    pub id: String,
    /// The clause it serves (`REQ-01`).
    pub clause: String,
    /// What is reported when it is broken.
    pub title: Localised,
    /// Why it matters.
    pub why: Localised,
    /// How bad a violation is.
    pub severity: Severity,
    /// Points off for a violation.
    pub points: f32,
    /// How violations add up within one call.
    pub count: Count,
    /// When the rule is in play at all; `None` is always.
    pub applies: Option<Expr>,
    /// What it asks for.
    pub verdict: Verdict,
    /// Conditions of its own; they hide shared ones of the same name.
    pub conditions: IndexMap<String, Condition>,
}

impl Rule {
    /// Whether it measures speech as a whole (a rate, a share, a count) rather than looking for certain words: its evidence are
    /// examples then.
    pub fn is_measured(&self) -> bool {
        let measures = |operator: &Operator| {
            matches!(
                operator,
                Operator::PhraseRate(_)
                    | Operator::PhraseShare(_)
                    | Operator::SpeechRate(_)
                    | Operator::TalkShare(_)
                    | Operator::PronounRatio(_)
                    | Operator::UtteranceCount(_)
                    | Operator::Duration(_)
            )
        };
        self.conditions.values().any(|condition| condition.operators.iter().any(measures))
    }
}

/// A text in the languages of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localised {
    /// Chinese.
    pub zh: String,
    /// English; `None` falls back to Chinese.
    pub en: Option<String>,
}

/// Language of the words that findings carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Localised {
    /// The text in `language`, or in Chinese.
    pub fn get(&self, language: Language) -> &str {
        match (language, &self.en) {
            (Language::En, Some(en)) => en,
            _ => &self.zh,
        }
    }
}

/// How violations within one call add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// One is as good as ten.
    Once,
    /// Each takes its points, up to a cap for the call.
    Each {
        /// The cap; `None` is none.
        points_max: Option<f32>,
    },
}

/// What a rule asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Broken when the expression does not hold.
    Require(Expr),
    /// Broken when the expression holds.
    Forbid(Expr),
}

impl Verdict {
    /// The expression.
    pub fn expr(&self) -> &Expr {
        match self {
            Verdict::Require(expr) | Verdict::Forbid(expr) => expr,
        }
    }
}

/// How points add up (SCO-01).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scoring {
    /// Score before deductions.
    pub base: f32,
    /// Highest score.
    pub cap: f32,
}

impl Default for Scoring {
    fn default() -> Self {
        Scoring { base: ScoreCard::BASE, cap: ScoreCard::CAP }
    }
}

/// What came of loading rule files.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The rule set; `None` if any problem is an error.
    pub set: Option<RuleSet>,
    /// Every problem of every file, in the order of files and lines.
    pub problems: Vec<Problem>,
}

impl Loaded {
    /// Whether any problem is an error.
    pub fn failed(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == ProblemSeverity::Error)
    }
}

/// The files of the starter pack, by name.
const STARTER: [(&str, &str); 8] = [
    ("starter/phrases.toml", include_str!("../assets/starter/phrases.toml")),
    ("starter/required.toml", include_str!("../assets/starter/required.toml")),
    ("starter/courtesy.toml", include_str!("../assets/starter/courtesy.toml")),
    ("starter/answers.toml", include_str!("../assets/starter/answers.toml")),
    ("starter/complaints.toml", include_str!("../assets/starter/complaints.toml")),
    ("starter/forbidden.toml", include_str!("../assets/starter/forbidden.toml")),
    ("starter/conduct.toml", include_str!("../assets/starter/conduct.toml")),
    ("starter/heard.toml", include_str!("../assets/starter/heard.toml")),
];

impl RuleSet {
    /// The same rules as most systems would judge them: phrases as strings, whoever may be quoted, and nothing by sound or meaning. For
    /// comparison only.
    pub fn as_strings(mut self) -> RuleSet {
        let own = self.rules.iter_mut().flat_map(|rule| rule.conditions.values_mut());
        for condition in own.chain(self.conditions.values_mut()) {
            for operator in &mut condition.operators {
                match operator {
                    Operator::Phrase(test) => {
                        test.matching = Matching::Exact;
                        test.ignore.clear();
                        test.meant = None;
                    }
                    // Beyond certainty: never.
                    Operator::Meaning(test) => test.at_least = f32::INFINITY,
                    Operator::Similar(test) => test.threshold = f32::INFINITY,
                    _ => {}
                }
            }
        }
        self
    }

    /// Name under which rule files can extend the built-in rules: `extends = "starter"`.
    pub const STARTER: &'static str = "starter";

    /// The built-in rules: the starter pack for the service standard.
    #[expect(clippy::expect_used, reason = "the pack is part of the program; a test proves that it loads")]
    pub fn built_in() -> RuleSet {
        RuleSet::parse(&STARTER).set.expect("the starter pack loads")
    }

    /// The source texts of the built-in rules, as `(file, text)`: to be shown, or written out as a beginning of one's own.
    pub fn built_in_sources() -> &'static [(&'static str, &'static str)] {
        &STARTER
    }

    /// Reads rule files and joins them to one set. A folder stands for the `.toml`, `.csv` and `.xlsx` files in
    /// it, by name. A phrase list named by a rule file is looked for beside it.
    pub fn load(paths: &[PathBuf]) -> Loaded {
        let (sources, problems) = crate::files::read(paths);
        let sources: Vec<(&str, &str)> = sources.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let mut loaded = RuleSet::parse(&sources);
        loaded.problems.splice(0..0, problems);
        if loaded.failed() {
            loaded.set = None;
        }
        loaded
    }

    /// Joins rule files given as `(name, text)` to one set. Names ending in `.csv` are phrase lists for the others, and so
    /// are those ending in `.xlsx`, whose text is the CSV of a workbook.
    pub fn parse(sources: &[(&str, &str)]) -> Loaded {
        link::link(sources, &STARTER)
    }

    /// The condition `name` as `rule` sees it.
    pub fn condition<'a>(&'a self, rule: Option<&'a Rule>, name: &str) -> Option<&'a Condition> {
        rule.and_then(|rule| rule.conditions.get(name)).or_else(|| self.conditions.get(name))
    }
}
