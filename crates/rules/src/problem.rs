//! What is wrong with a rule file, said so that its author can put it right.

use std::fmt;

use crate::rule_set::Language;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemSeverity {
    /// The rule set works, but probably not as meant.
    Warning,
    /// The rule set cannot be used.
    Error,
}

/// One problem in one place of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named when it was loaded.
    pub file: String,
    /// Line, from 1; 0 when the problem concerns the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 when the problem concerns the file as a whole.
    pub column: u32,
    /// What is wrong, in lower case without a final stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line it stands in, without the spaces around it and no longer than a screen; empty when it concerns the file as a
    /// whole.
    pub excerpt: String,
    /// Whether it keeps the rule set from being used.
    pub severity: ProblemSeverity,
}

impl Problem {
    /// `file:line:column: error: message (hint)`, in the language of the reader, and below it the line it stands in.
    pub fn text(&self, language: Language) -> String {
        let mut text = match language {
            Language::En => self.to_string(),
            Language::Zh => {
                let kind = match self.severity {
                    ProblemSeverity::Warning => "注意",
                    ProblemSeverity::Error => "错误",
                };
                let place = if self.line > 0 { format!(":{}:{}", self.line, self.column) } else { String::new() };
                let hint = self.hint.as_ref().map_or(String::new(), |hint| format!("（{}）", chinese(hint)));
                format!("{}{place}: {kind}：{}{hint}", self.file, chinese(&self.message))
            }
        };
        if !self.excerpt.is_empty() {
            text.push_str("\n    | ");
            text.push_str(&self.excerpt);
        }
        text
    }

    /// What is wrong, in the language of the reader.
    pub fn message_in(&self, language: Language) -> String {
        if language == Language::Zh { chinese(&self.message) } else { self.message.clone() }
    }

    /// What to do about it, in the language of the reader.
    pub fn hint_in(&self, language: Language) -> Option<String> {
        self.hint.as_ref().map(|hint| if language == Language::Zh { chinese(hint) } else { hint.clone() })
    }
}

/// English and Chinese of everything that is said about rule files.
const CHINESE: &str = include_str!("../assets/problems.zh.tsv");

/// The Chinese of a message, a hint or a part of one; what the catalogue does not know stays as it is.
fn chinese(text: &str) -> String {
    let entries = CHINESE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    for (english, chinese) in entries {
        let Some(parts) = captures(english, text) else { continue };
        let mut said = chinese.to_owned();
        for (number, part) in parts.iter().enumerate() {
            // Parts are shorter than the whole, so this ends.
            let part = if part.len() < text.len() { self::chinese(part) } else { (*part).to_owned() };
            said = said.replace(&format!("{{{number}}}"), &part);
        }
        return said;
    }
    text.to_owned()
}

/// What stands at each `{}` of `template` in `text`, if it fits.
fn captures<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut literals = template.split("{}");
    let mut rest = text.strip_prefix(literals.next()?)?;
    let mut parts = Vec::new();
    let mut literals = literals.peekable();
    while let Some(literal) = literals.next() {
        let at = match literals.peek() {
            None => rest.len().checked_sub(literal.len()).filter(|_| rest.ends_with(literal))?,
            Some(_) => rest.find(literal)?,
        };
        parts.push(rest.get(..at)?);
        rest = rest.get(at + literal.len()..)?;
    }
    rest.is_empty().then_some(parts)
}

/// `file:line:column: error: message (hint)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            ProblemSeverity::Warning => "warning",
            ProblemSeverity::Error => "error",
        };
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {kind}: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Collects the problems of one source text and turns byte positions into lines and columns.
pub(crate) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    list: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Problems { file, text, list: Vec::new() }
    }

    pub(crate) fn error(&mut self, at: usize, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.push(at, message.into(), hint.into(), ProblemSeverity::Error);
    }

    pub(crate) fn warning(&mut self, at: usize, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.push(at, message.into(), hint.into(), ProblemSeverity::Warning);
    }

    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.list
    }

    fn push(&mut self, at: usize, message: String, hint: Option<String>, severity: ProblemSeverity) {
        let (line, column) = line_and_column(self.text, at);
        let excerpt = excerpt(self.text, line);
        self.list.push(Problem { file: self.file.to_owned(), line, column, message, hint, excerpt, severity });
    }
}

/// Longest excerpt, in characters.
const EXCERPT_CHARS: usize = 100;

fn excerpt(text: &str, line: u32) -> String {
    let line = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or("").trim();
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

/// Line and column, both from 1, of byte `at`; the column counts characters.
fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..text.floor_char_boundary(at)).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// The entry of `known` that `word` was probably meant to be, if one is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, &cb) in row.iter_mut().skip(1).zip(&b) {
            let cost = (diagonal + usize::from(ca != cb)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = cost;
            left = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(line_and_column("甲乙\n丙丁x", 7), (2, 1));
        assert_eq!(line_and_column("甲乙\n丙丁x", 13), (2, 3));
        assert_eq!(line_and_column("", 9), (1, 1));
    }

    #[test]
    fn what_varies_is_found_and_translated() {
        assert_eq!(captures("`{}` of {}", "`role` of condition `c`"), Some(vec!["role", "condition `c`"]));
        assert_eq!(captures("rule `{}`", "rules"), None);
        assert_eq!(chinese("`role` of condition `c` has no key `x`"), "条件 `c` 的 `role` 没有 `x` 这个键");
        assert_eq!(chinese("something nobody foresaw"), "something nobody foresaw");
    }

    #[test]
    fn every_place_of_the_catalogue_is_used_in_both_languages() {
        for line in CHINESE.lines().filter(|line| !line.starts_with('#')) {
            let (english, chinese) = line.split_once('\t').unwrap();
            let places = english.matches("{}").count();
            assert!((0..places).all(|n| chinese.contains(&format!("{{{n}}}"))), "{line}");
            assert!(!chinese.contains(&format!("{{{places}}}")), "{line}");
        }
    }

    #[test]
    fn near_words_are_found_and_far_ones_not() {
        assert_eq!(nearest("severty", ["severity", "clause"]), Some("severity"));
        assert_eq!(nearest("colour", ["severity", "clause"]), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
