//! Schemes as they are written.

use std::collections::BTreeMap;

use hotline_model::{Satisfaction, Severity};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::rule_set::Localised;

/// A way of scoring.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Short name, unique among schemes in use.
    pub name: String,
    /// Its own version and the hash of its text: `1.0+3fa9c2d1`.
    pub version: String,
    /// Name for people.
    pub title: Localised,
    /// How it scores.
    pub kind: SchemeKind,
}

/// How a scheme scores.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemeKind {
    /// Points accumulated over a month.
    Points(Points),
    /// Weighted marks of 0 to 100.
    Weighted {
        /// The marks.
        marks: Vec<Mark>,
        /// What a violated clause takes from its mark.
        takes: Takes,
    },
    /// The service-quality sheet.
    Sheet(Vec<Item>),
}

/// Accumulated points (SCO-01 to SCO-05).
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// Score at the beginning of a month.
    pub base: f32,
    /// Highest score.
    pub cap: f32,
    /// Lowest score.
    pub floor: f32,
    /// Grades, the best first.
    pub grades: Vec<GradeStep>,
    /// What many violations cost on top.
    pub accumulate: Option<Accumulate>,
    /// What points mean for the pay.
    pub pay: Option<Pay>,
    /// When dismissal is reviewed.
    pub dismissal: Option<DismissalRule>,
    /// Most points a clause can cost in a month.
    pub clause_caps: BTreeMap<String, f32>,
    /// What records can add and take.
    pub events: Vec<EventKind>,
}

/// A grade.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeStep {
    /// Its letter.
    pub name: String,
    /// Scores above this one.
    #[serde(default)]
    pub above: Option<f32>,
    /// Scores from this one on.
    #[serde(default)]
    pub from: Option<f32>,
}

/// Many violations of one severity within a month.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accumulate {
    /// So many medium ones …
    pub medium: u32,
    /// … or so many slight ones …
    pub slight: u32,
    /// … cost these points, once.
    pub points: f32,
}

/// Pay.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// Yuan for each point away from the base.
    pub per_point: f32,
    /// Most yuan, either way.
    pub limit: f32,
}

/// When dismissal is reviewed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DismissalRule {
    /// Scores below this.
    pub below: f32,
    /// The last of a team with less than this …
    pub last_below: f32,
    /// … for so many months running.
    pub months: u32,
    /// Severities of which one violation is enough.
    #[serde(default)]
    pub severities: Vec<Severity>,
}

/// A bonus or deduction from records.
#[derive(Clone, Debug, PartialEq)]
pub struct EventKind {
    /// Id.
    pub id: String,
    /// Name for people.
    pub title: Localised,
    /// How bad a deduction is; `None` for a bonus.
    pub severity: Option<Severity>,
    /// Points; negative is a deduction.
    pub points: f32,
    /// Whether it counts once a month at most.
    pub once: bool,
}

/// A mark of the weighted scheme.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Id.
    pub id: String,
    /// Name for people.
    pub title: Localised,
    /// Its weight; weights need not add up to 100.
    pub weight: f32,
    /// Clauses that take from it.
    pub clauses: Vec<String>,
    /// If it is the customer's rating: the mark for each key.
    pub from_key: Option<KeyMarks>,
}

/// Marks for the customer's keys.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMarks {
    satisfied: f32,
    neutral: f32,
    dissatisfied: f32,
}

impl KeyMarks {
    /// The mark for a key.
    pub fn of(&self, key: Satisfaction) -> f32 {
        match key {
            Satisfaction::Satisfied => self.satisfied,
            Satisfaction::Neutral => self.neutral,
            Satisfaction::Dissatisfied => self.dissatisfied,
        }
    }
}

/// What a violation takes from a mark, by severity.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Takes {
    slight: f32,
    medium: f32,
    serious: f32,
    fatal: f32,
}

impl Takes {
    /// What a violation of this severity takes.
    pub fn of(&self, severity: Severity) -> f32 {
        match severity {
            Severity::Slight => self.slight,
            Severity::Medium => self.medium,
            Severity::Serious => self.serious,
            Severity::Fatal => self.fatal,
        }
    }
}

/// An item of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Id.
    pub id: String,
    /// Name for people.
    pub title: Localised,
    /// Clauses that suggest its mark.
    pub clauses: Vec<String>,
}

/// A scheme that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct SchemeError {
    /// Which file.
    pub file: String,
    /// What is wrong and where.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    version: String,
    title: Title,
    kind: String,
    #[serde(default)]
    points: Option<PointsTable>,
    #[serde(default)]
    event: Vec<EventTable>,
    #[serde(default)]
    mark: Vec<MarkTable>,
    #[serde(default)]
    takes: Option<Takes>,
    #[serde(default)]
    item: Vec<ItemTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    zh: String,
    #[serde(default)]
    en: Option<String>,
}

impl From<Title> for Localised {
    fn from(title: Title) -> Localised {
        Localised { zh: title.zh, en: title.en }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointsTable {
    base: f32,
    cap: f32,
    #[serde(default)]
    floor: f32,
    grades: Vec<GradeStep>,
    #[serde(default)]
    accumulate: Option<Accumulate>,
    #[serde(default)]
    pay: Option<Pay>,
    #[serde(default)]
    dismissal: Option<DismissalRule>,
    #[serde(default)]
    clause_caps: BTreeMap<String, f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventTable {
    id: String,
    title: Title,
    #[serde(default)]
    severity: Option<Severity>,
    points: f32,
    #[serde(default)]
    once: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkTable {
    id: String,
    title: Title,
    weight: f32,
    #[serde(default)]
    clauses: Vec<String>,
    #[serde(default)]
    from_key: Option<KeyMarks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemTable {
    id: String,
    title: Title,
    clauses: Vec<String>,
}

/// The schemes that come with the program, by file name.
const BUILT_IN: [(&str, &str); 3] = [
    ("schemes/monthly.toml", include_str!("../../assets/schemes/monthly.toml")),
    ("schemes/weighted.toml", include_str!("../../assets/schemes/weighted.toml")),
    ("schemes/sheet.toml", include_str!("../../assets/schemes/sheet.toml")),
];

impl Scheme {
    /// The schemes that come with the program: `monthly`, `weighted` and `sheet`.
    #[expect(clippy::expect_used, reason = "they are part of the program; a test proves that they load")]
    pub fn built_in() -> Vec<Scheme> {
        BUILT_IN.iter().map(|(file, text)| Scheme::parse(file, text).expect("a built-in scheme loads")).collect()
    }

    /// Reads a scheme.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place where TOML tells it.
    pub fn parse(file: &str, text: &str) -> Result<Scheme, SchemeError> {
        let wrong = |message: String| SchemeError { file: file.to_owned(), message };
        let read: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let hash: String = Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let kind = match read.kind.as_str() {
            "points" => SchemeKind::Points(points(read.points, read.event).map_err(wrong)?),
            "weighted" => {
                let takes =
                    read.takes.ok_or_else(|| wrong("a scheme of kind weighted needs a [takes] table".into()))?;
                SchemeKind::Weighted { marks: marks(read.mark).map_err(wrong)?, takes }
            }
            "sheet" if !read.item.is_empty() => SchemeKind::Sheet(read.item.into_iter().map(item).collect()),
            "sheet" => return Err(wrong("a sheet needs at least one [[item]]".into())),
            other => return Err(wrong(format!("kind `{other}` is none of points, weighted, sheet"))),
        };
        let version = format!("{}+{hash}", read.version);
        Ok(Scheme { name: read.name, version, title: read.title.into(), kind })
    }
}

fn points(table: Option<PointsTable>, events: Vec<EventTable>) -> Result<Points, String> {
    let table = table.ok_or("a scheme of kind points needs a [points] table")?;
    let PointsTable { base, cap, floor, grades, accumulate, pay, dismissal, clause_caps } = table;
    if !(floor <= base && base <= cap) {
        return Err(format!("floor {floor}, base {base} and cap {cap} must not fall"));
    }
    let bound = |grade: &GradeStep| grade.above.or(grade.from);
    let falling = grades.windows(2).all(|pair| match pair {
        [better, worse] => bound(better) > bound(worse),
        _ => true,
    });
    if grades.last().is_none_or(|last| bound(last).is_some()) || !falling {
        return Err("grades must fall, and the last must have neither `above` nor `from`".into());
    }
    let events = events
        .into_iter()
        .map(|e| EventKind { id: e.id, title: e.title.into(), severity: e.severity, points: e.points, once: e.once })
        .collect();
    Ok(Points { base, cap, floor, grades, accumulate, pay, dismissal, clause_caps, events })
}

fn marks(tables: Vec<MarkTable>) -> Result<Vec<Mark>, String> {
    if tables.is_empty() || tables.iter().any(|mark| mark.weight.is_nan() || mark.weight <= 0.0) {
        return Err("a scheme of kind weighted needs at least one [[mark]], with a weight above 0 each".into());
    }
    let mark = |m: MarkTable| Mark {
        id: m.id,
        title: m.title.into(),
        weight: m.weight,
        clauses: m.clauses,
        from_key: m.from_key,
    };
    Ok(tables.into_iter().map(mark).collect())
}

fn item(table: ItemTable) -> Item {
    Item { id: table.id, title: table.title.into(), clauses: table.clauses }
}

impl Points {
    /// The grade of a score.
    pub fn grade(&self, score: f32) -> &str {
        let fits = |grade: &&GradeStep| grade.above.is_none_or(|n| score > n) && grade.from.is_none_or(|n| score >= n);
        self.grades.iter().find(fits).map_or("", |grade| grade.name.as_str())
    }

    /// What a score means for the pay, in yuan (SCO-05).
    pub fn pay(&self, score: f32) -> f32 {
        self.pay.map_or(0.0, |pay| ((score - self.base) * pay.per_point).clamp(-pay.limit, pay.limit))
    }

    /// The event of this id.
    pub fn event(&self, id: &str) -> Option<&EventKind> {
        self.events.iter().find(|event| event.id == id)
    }
}
