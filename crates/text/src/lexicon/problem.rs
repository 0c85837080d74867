//! What can be wrong with a user dictionary.

use std::fmt;
use std::path::PathBuf;

/// The user dictionaries cannot be used; nothing of them was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LexiconError {
    /// Every problem of every file, in order.
    pub problems: Vec<LexiconProblem>,
}

/// One problem and its cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexiconProblem {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a dictionary or one of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file cannot be read; the system's reason.
    Unreadable(String),
    /// The file (or line) is not UTF-8.
    NotUtf8,
    /// The frequency is no whole number.
    BadFrequency(String),
    /// More than three columns.
    TooManyColumns,
    /// The word holds something that is neither letter nor digit.
    NotAWord(String),
    /// The word is longer than 32 characters.
    TooLong(String),
    /// The word stands twice in the file with different values; the line of the first.
    Contradicts(String, usize),
}

impl LexiconProblem {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            ProblemKind::Unreadable(_) => "check the path and that the file may be read",
            ProblemKind::NotUtf8 => {
                "save the file as UTF-8 (in a spreadsheet: `CSV UTF-8`; in an editor: encoding UTF-8)"
            }
            ProblemKind::BadFrequency(_) => {
                "write `word`, `word frequency`, `word tag` or `word frequency tag`; a frequency is a whole number from 1"
            }
            ProblemKind::TooManyColumns => "one word a line, at most: word, frequency, tag",
            ProblemKind::NotAWord(_) => "a word is made of characters, letters and digits only",
            ProblemKind::TooLong(_) => "enter the words of the phrase one by one; phrases belong into rules",
            ProblemKind::Contradicts(..) => "keep one of the two lines",
        }
    }
}

impl fmt::Display for LexiconProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.kind {
            ProblemKind::Unreadable(reason) => write!(f, ": cannot be read: {reason}"),
            ProblemKind::NotUtf8 => write!(f, ": is not UTF-8"),
            ProblemKind::BadFrequency(text) => write!(f, ": `{text}` is no frequency"),
            ProblemKind::TooManyColumns => write!(f, ": more than three columns"),
            ProblemKind::NotAWord(word) => write!(f, ": `{word}` is no word"),
            ProblemKind::TooLong(word) => write!(f, ": `{word}` is too long for a word"),
            ProblemKind::Contradicts(word, line) => {
                write!(f, ": `{word}` already stands in line {line} with other values")
            }
        }?;
        write!(f, "; {}", self.hint())
    }
}

impl fmt::Display for LexiconError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problem(s) in user dictionaries", self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}
