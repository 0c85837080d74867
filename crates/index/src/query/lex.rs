//! Walking over a query character by character.

use super::names::{self, Operator};
use super::{QueryError, QueryErrorKind};

/// A place in a query.
pub(super) struct Cursor<'a> {
    source: &'a str,
    chars: Vec<(usize, char)>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Cursor { source, chars: source.char_indices().collect(), at: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|&(_, c)| c)
    }

    pub(super) fn advance(&mut self, chars: usize) {
        self.at = (self.at + chars).min(self.chars.len());
    }

    /// The byte of the next character.
    pub(super) fn byte(&self) -> usize {
        self.chars.get(self.at).map_or(self.source.len(), |&(byte, _)| byte)
    }

    pub(super) fn error(&self, kind: QueryErrorKind) -> QueryError {
        QueryError { position: self.byte(), kind }
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The operator that stands here as a word of its own, and its length in characters.
    pub(super) fn operator(&self) -> Option<(Operator, usize)> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let word: String =
            rest.iter().map(|&(_, c)| c).take_while(|&c| !c.is_whitespace() && !is_parenthesis(c)).take(12).collect();
        Some((names::operator(&word)?, word.chars().count()))
    }

    /// Whether an operator in Chinese stands here with nothing behind it: then it is a word like any other.
    pub(super) fn is_last_word(&self, length: usize) -> bool {
        let rest = self.chars.get(self.at + length..).unwrap_or_default();
        rest.iter().map(|&(_, c)| c).find(|c| !c.is_whitespace()).is_none_or(|c| matches!(c, ')' | '）'))
    }

    /// The letters that stand here and, behind them, a colon.
    pub(super) fn before_colon(&self) -> Option<String> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let is_name_char = |c: char| c.is_alphabetic() && !is_parenthesis(c);
        let typed: String = rest.iter().map(|&(_, c)| c).take_while(|&c| is_name_char(c)).take(20).collect();
        let colon = matches!(rest.get(typed.chars().count()), Some((_, ':' | '：')));
        (colon && !typed.is_empty()).then_some(typed)
    }

    /// A quoted text without its quotation marks, or a run without spaces, parentheses and quotation marks.
    pub(super) fn text(&mut self) -> Result<String, QueryError> {
        if let Some(close) = self.peek().and_then(closing_quote) {
            let opened = self.error(QueryErrorKind::UnclosedQuote);
            self.at += 1;
            let mut text = String::new();
            loop {
                match self.peek() {
                    None => return Err(opened),
                    Some(c) if close.contains(&c) => break,
                    Some(c) => text.push(c),
                }
                self.at += 1;
            }
            self.at += 1;
            return Ok(text);
        }
        let ends =
            |c: char| c.is_whitespace() || is_parenthesis(c) || matches!(c, '|' | '｜') || closing_quote(c).is_some();
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| !ends(*c)) {
            text.push(c);
            self.at += 1;
        }
        // A closing mark without an opening one would stop everything: it is punctuation.
        if text.is_empty() && self.peek().is_some_and(|c| !is_parenthesis(c) && !c.is_whitespace()) {
            self.at += 1;
        }
        Ok(text)
    }
}

pub(super) fn is_parenthesis(c: char) -> bool {
    matches!(c, '(' | ')' | '（' | '）')
}

/// The marks that close a quotation begun with `c`.
pub(super) fn closing_quote(c: char) -> Option<&'static [char]> {
    match c {
        '"' | '“' | '”' | '＂' | '„' => Some(&['"', '“', '”', '＂']),
        '「' => Some(&['」']),
        '『' => Some(&['』']),
        _ => None,
    }
}
