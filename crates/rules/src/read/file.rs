//! Reads a whole rule file.

use hotline_model::Severity;
use indexmap::IndexMap;
use toml::de::DeTable;

use super::condition::condition;
use super::operator::wordings;
use super::section::{Section, Value, texts_of};
use super::{Located, Mention, Reader};
use crate::condition::Condition;
use crate::expr::{Expr, is_name_char};
use crate::problem::Problems;
use crate::rule_set::{Count, Localised, Rule, Scoring, Verdict};

/// What one file says, before it is joined with the others.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) header: Option<Header>,
    pub(crate) scoring: Option<Scoring>,
    pub(crate) lists: Vec<(Located<String>, ListDraft)>,
    pub(crate) conditions: Vec<(Located<String>, Condition)>,
    pub(crate) rules: Vec<RuleDraft>,
    pub(crate) mentions: Vec<Mention>,
    /// Names of conditions that stand in the file, broken ones too, by the rule they belong to.
    pub(crate) declared: Vec<(Option<usize>, String)>,
}

pub(crate) struct Header {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) extends: Option<Located<String>>,
    pub(crate) disabled: Vec<Located<String>>,
}

pub(crate) struct RuleDraft {
    pub(crate) at: usize,
    /// Which rule of its file, as [`Mention`]s count.
    pub(crate) number: usize,
    pub(crate) rule: Rule,
}

/// A phrase list as written: own wordings, wordings to add to the list that is there already, and a CSV file to take from.
#[derive(Default)]
pub(crate) struct ListDraft {
    pub(crate) wordings: Vec<String>,
    pub(crate) adds: bool,
    pub(crate) csv: Option<Located<String>>,
    pub(crate) column: Option<Located<String>>,
}

/// Reads a file. What can be used is in the draft, what cannot is in `problems`.
pub(crate) fn draft(text: &str, problems: &mut Problems) -> Draft {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        problems.error(at, format!("not valid TOML: {}", error.message()), None);
    }
    let mut reader = Reader { problems, mentions: Vec::new(), declared: Vec::new(), rule: None };
    let mut s = Section::new("the file", 0, root.get_ref());
    let mut draft = Draft {
        header: s.table("rule_set", reader.problems).and_then(|s| header(s, &mut reader)),
        scoring: s.table("scoring", reader.problems).map(|s| scoring(s, &mut reader)),
        ..Draft::default()
    };
    if let Some(table) = s.table("phrases", reader.problems) {
        for (name, value) in table.entries() {
            check_name(name.value, name.at, &mut reader);
            let list = list(name.value, value, &mut reader);
            draft.lists.push((Located { at: name.at, value: name.value.to_owned() }, list));
        }
    }
    if let Some(table) = s.table("conditions", reader.problems) {
        draft.conditions = conditions(&table, &mut reader);
    }
    if let Some(value) = s.take("rule") {
        for (number, value) in items(value, &mut reader).into_iter().enumerate() {
            reader.rule = Some(number);
            if let Some(rule) = rule(value, &mut reader) {
                draft.rules.push(RuleDraft { at: value.span().start, number, rule });
            }
        }
    }
    s.finish(reader.problems);
    draft.mentions = reader.mentions;
    draft.declared = reader.declared;
    draft
}

fn items<'v, 'i>(value: &'v Value<'i>, reader: &mut Reader) -> Vec<&'v Value<'i>> {
    match value.get_ref().as_array() {
        Some(items) => items.iter().collect(),
        None => {
            let hint = "write [[rule]], with two brackets, before each rule".to_owned();
            reader.problems.error(value.span().start, "`rule` must be a list of rules", hint);
            Vec::new()
        }
    }
}

fn header(mut s: Section<'_, '_>, reader: &mut Reader) -> Option<Header> {
    let name = s.text("name", reader.problems);
    let version = s.text("version", reader.problems);
    let extends = s.text("extends", reader.problems);
    let disabled = s.texts("disable", reader.problems).unwrap_or_default();
    if name.is_none() {
        s.missing("name", "a short name for the whole rule set", reader.problems);
    }
    let at = s.at;
    s.finish(reader.problems);
    let version = version.map_or_else(|| "0".to_owned(), |v| v.value);
    Some(Header { at, name: name?.value, version, extends, disabled })
}

fn scoring(mut s: Section<'_, '_>, reader: &mut Reader) -> Scoring {
    let standard = Scoring::default();
    let base = s.number("base", reader.problems).map_or(standard.base, |n| n as f32);
    let cap = s.number("cap", reader.problems).map_or(standard.cap, |n| n as f32);
    if base > cap {
        reader.problems.error(s.at, format!("base {base} is above cap {cap}"), None);
    }
    s.finish(reader.problems);
    Scoring { base, cap }
}

fn list(name: &str, value: &Value<'_>, reader: &mut Reader) -> ListDraft {
    let what = format!("phrase list `{name}`");
    if value.get_ref().as_table().is_none() {
        let texts = texts_of(value, &what, reader.problems);
        return ListDraft { wordings: wordings(texts, reader), ..ListDraft::default() };
    }
    let Some(mut s) = Section::of(what, value, reader.problems) else {
        return ListDraft::default();
    };
    let any = s.texts("any", reader.problems);
    let add = s.texts("add", reader.problems);
    let adds = add.is_some();
    let wordings = wordings(any.into_iter().chain(add).flatten().collect(), reader);
    let (csv, xlsx) = (s.text("csv", reader.problems), s.text("xlsx", reader.problems));
    if let (Some(_), Some(xlsx)) = (&csv, &xlsx) {
        reader.problems.error(xlsx.at, "a list comes from one file, here are `csv` and `xlsx`".to_owned(), None);
    }
    let csv = csv.or(xlsx);
    let column = s.text("column", reader.problems);
    s.finish(reader.problems);
    ListDraft { wordings, adds, csv, column }
}

fn conditions(table: &Section<'_, '_>, reader: &mut Reader) -> Vec<(Located<String>, Condition)> {
    let mut conditions = Vec::new();
    for (name, value) in table.entries() {
        check_name(name.value, name.at, reader);
        reader.declared.push((reader.rule, name.value.to_owned()));
        if let Some(condition) = condition(name.value, value, reader) {
            conditions.push((Located { at: name.at, value: name.value.to_owned() }, condition));
        }
    }
    conditions
}

fn check_name(name: &str, at: usize, reader: &mut Reader) {
    if name.is_empty() || !name.chars().all(is_name_char) {
        let hint = "use letters, digits, `_`, `-` and `.`".to_owned();
        reader.problems.error(at, format!("`{name}` is no name that expressions can use"), hint);
    }
}

fn rule(value: &Value<'_>, reader: &mut Reader) -> Option<Rule> {
    let mut s = Section::of("a rule", value, reader.problems)?;
    let id = s.text("id", reader.problems);
    if let Some(id) = &id {
        s.what = format!("rule `{}`", id.value);
        check_name(&id.value, id.at, reader);
    } else if !s.has("id") {
        s.missing("id", "a short name, unique in the rule set", reader.problems);
    }
    let clause = s.text("clause", reader.problems);
    if clause.is_none() && !s.has("clause") {
        s.missing("clause", "the clause of the service standard it serves, for example \"REQ-01\"", reader.problems);
    }
    let title = localised(&mut s, "title", reader);
    if title.is_none() && !s.has("title") {
        s.missing("title", "title = { zh = \"…\", en = \"…\" }", reader.problems);
    }
    let why = localised(&mut s, "why", reader).unwrap_or_default();
    let severity = s.word("severity", &["slight", "medium", "serious", "fatal"], severity, reader.problems);
    if !s.has("severity") {
        s.missing("severity", "slight, medium, serious or fatal", reader.problems);
    }
    let points = s.number("points", reader.problems).unwrap_or(0.0) as f32;
    let count = count(&mut s, reader);
    let own = s.table("conditions", reader.problems).map(|table| conditions(&table, reader)).unwrap_or_default();
    let applies = expr(&mut s, "applies", reader);
    let verdict = verdict(&mut s, reader);
    s.finish(reader.problems);
    let conditions: IndexMap<String, Condition> = own.into_iter().map(|(name, c)| (name.value, c)).collect();
    Some(Rule {
        id: id?.value,
        clause: clause?.value,
        title: title?,
        why,
        severity: severity?,
        points,
        count,
        applies,
        verdict: verdict?,
        conditions,
    })
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Slight, Severity::Medium, Severity::Serious, Severity::Fatal].into_iter().find(|s| s.name() == word)
}

fn count(s: &mut Section<'_, '_>, reader: &mut Reader) -> Count {
    let each = s.word("count", &["once", "each"], |w| ["once", "each"].iter().position(|x| *x == w), reader.problems);
    let points_max = s.number("points_max", reader.problems).map(|n| n as f32);
    match each {
        Some(1) => Count::Each { points_max },
        _ => {
            if points_max.is_some() {
                let hint = "it caps the points of a rule with count = \"each\"".to_owned();
                reader.problems.error(s.at, format!("{} has `points_max` but counts once", s.what), hint);
            }
            Count::Once
        }
    }
}

fn verdict(s: &mut Section<'_, '_>, reader: &mut Reader) -> Option<Verdict> {
    let given = (s.has("require"), s.has("forbid"));
    let require = expr(s, "require", reader);
    let forbid = expr(s, "forbid", reader);
    if given.0 == given.1 {
        let hint = "`require`: broken when the expression does not hold; `forbid`: broken when it holds".to_owned();
        reader.problems.error(s.at, format!("{} needs one of `require` and `forbid`", s.what), hint);
    }
    match (require, forbid) {
        (Some(expr), None) => Some(Verdict::Require(expr)),
        (None, Some(expr)) => Some(Verdict::Forbid(expr)),
        _ => None,
    }
}

fn expr(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<Expr> {
    let text = s.text(key, reader.problems)?;
    match Expr::parse(&text.value) {
        Ok(expr) => {
            for (name, _) in expr.names() {
                // The byte after the opening quote, plus the first place where the name stands.
                let offset = text.value.find(name).unwrap_or(0) + 1;
                reader.mentions_condition(name, text.at + offset);
            }
            Some(expr)
        }
        Err(error) => {
            let hint = "an expression joins names of conditions with &&, ||, ! and brackets".to_owned();
            reader.problems.error(text.at + 1 + error.at, format!("{}: {error}", s.name_of(key)), hint);
            None
        }
    }
}

fn localised(s: &mut Section<'_, '_>, key: &'static str, reader: &mut Reader) -> Option<Localised> {
    let value = s.take(key)?;
    if let Some(text) = value.get_ref().as_str() {
        return Some(Localised { zh: text.to_owned(), en: None });
    }
    let mut table = Section::of(s.name_of(key), value, reader.problems)?;
    let zh = table.text("zh", reader.problems);
    let en = table.text("en", reader.problems);
    if zh.is_none() && !table.has("zh") {
        table.missing("zh", "the Chinese text", reader.problems);
    }
    table.finish(reader.problems);
    Some(Localised { zh: zh?.value, en: en.map(|en| en.value) })
}
