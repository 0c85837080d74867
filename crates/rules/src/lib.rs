//! Transcript and acoustics to findings and a score card.
//!
//! In: a [`CallView`] (call, transcript, acoustics) and a [`RuleSet`] read from TOML files that a QA manager writes (guide:
//! `docs/rules.md`). Out: a [`Judgement`], one finding a rule with outcome, certainty and evidence, and [`timing`]: who spoke when.
//! Deliberately unknown here: audio, models, the store, the network, and any single call centre's wording, which lives in rule
//! files. Nothing but [`RuleSet::load`] touches a disk.
//!
//! ```
//! use hotline_rules::{Judge, RuleSet};
//!
//! let loaded = RuleSet::parse(&[("mine.toml", r#"
//!     [rule_set]
//!     name = "mine"
//!     version = "1"
//!
//!     [[rule]]
//!     id = "greeting"
//!     clause = "REQ-01"
//!     title = { zh = "开头没有问候", en = "No greeting" }
//!     severity = "slight"
//!     points = 2
//!     require = "greeted"
//!     conditions.greeted = { role = "agent", range = { turns = "first 1" }, phrase = { any = ["您好", "(早上|下午|晚上)好"] } }
//! "#)]);
//! assert!(loaded.problems.is_empty());
//! let judge = Judge::new(loaded.set.unwrap());
//! assert_eq!(judge.phrase_count(), 4);
//! ```
//!
//! How a verdict comes about: every condition yields a belief between 0 and 1, whose middle is "cannot tell"; expressions join
//! beliefs; `applies` and the expression of the rule together give the outcome. What was not heard counts against an agent only where
//! it would have been heard.

mod alignment;
mod belief;
mod certainties;
mod compile;
pub mod complaint;
mod condition;
mod context;
mod coverage;
mod csv_list;
mod dialect;
pub mod dialogue;
mod doubts;
mod entities;
mod evaluate;
mod expr;
mod files;
mod grams;
mod guards;
mod judge;
mod link;
mod listened;
mod matcher;
pub mod meaning;
mod operators;
mod organisations;
mod problem;
pub mod promise;
mod read;
mod reason;
mod rule_set;
mod scope;
pub mod scoring;
mod skeleton;
mod sound;
mod sounded;
pub mod timing;
mod wording;

pub use condition::{
    Condition, CountTest, Edge, EnergyTest, EntityTest, FieldTest, Hangup, Ignore, LanguageTest, Limits, Loudness,
    Matching, MeaningTest, MetadataTest, Near, Operator, OverlapTest, PhraseRateTest, PhraseShareTest, PhraseTest,
    Quantity, Range, RatioTest, RegexTest, RepeatTest, ResponseTest, Role, ShareOf, ShareTest, Side, SilenceTest,
    SimilarTest, Slice, WhichHit,
};
pub use context::CallView;
pub use coverage::{ClauseCoverage, CoverageState, Need, RuleCoverage};
pub use doubts::{Doubt, doubts};
pub use expr::{Expr, ExprError};
pub use files::read as read_sources;
pub use judge::{Judge, Judgement};
pub use organisations::{HotlineProfile, Organisations};
pub use problem::{Problem, ProblemSeverity};
pub use rule_set::{Count, Language, Loaded, Localised, Rule, RuleSet, Scoring, Verdict};
