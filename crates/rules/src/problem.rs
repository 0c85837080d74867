//! What is wrong with a rule file, said so that its author can put it right.

use std::fmt;

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
    /// Whether it keeps the rule set from being used.
    pub severity: ProblemSeverity,
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
        self.list.push(Problem { file: self.file.to_owned(), line, column, message, hint, severity });
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
    fn near_words_are_found_and_far_ones_not() {
        assert_eq!(nearest("severty", ["severity", "clause"]), Some("severity"));
        assert_eq!(nearest("colour", ["severity", "clause"]), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
