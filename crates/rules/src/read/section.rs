//! A table of a rule file, read key by key: what is there, what is missing, what nobody asked for.

use std::borrow::Borrow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problems, nearest};

/// A value and the byte where it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) at: usize,
    pub(crate) value: T,
}

pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// A table under reading. Every key must be asked for; [`Section::finish`] reports the others.
pub(crate) struct Section<'a, 'i> {
    /// What it is, for messages: ``rule `greeting` ``.
    pub(crate) what: String,
    pub(crate) at: usize,
    table: &'a DeTable<'i>,
    asked: Vec<&'static str>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(crate) fn new(what: impl Into<String>, at: usize, table: &'a DeTable<'i>) -> Self {
        Section { what: what.into(), at, table, asked: Vec::new() }
    }

    /// A value that must be a table; anything else is a problem.
    pub(crate) fn of(what: impl Into<String>, value: &'a Value<'i>, problems: &mut Problems) -> Option<Self> {
        let what = what.into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(what, value.span().start, table)),
            other => {
                let message = format!("{what} must be a table, found {}", kind(other));
                problems.error(value.span().start, message, "write it as { key = value, … }".to_owned());
                None
            }
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where the list of `key` stands, if it is one and empty.
    pub(crate) fn empty_list(&self, key: &str) -> Option<usize> {
        let value = self.table.get(key)?;
        value.get_ref().as_array().is_some_and(|list| list.is_empty()).then(|| value.span().start)
    }

    pub(crate) fn is_number(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| number_of(value).is_some())
    }

    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'a Value<'i>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Keys and values of a table whose keys are names of the author's own.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Located<&'a str>, &'a Value<'i>)> + use<'a, 'i> {
        self.table.iter().map(|(key, value)| {
            let name: &str = key.get_ref().borrow();
            (Located { at: key.span().start, value: name }, value)
        })
    }

    pub(crate) fn missing(&self, key: &str, hint: &str, problems: &mut Problems) {
        problems.error(self.at, format!("{} has no `{key}`", self.what), hint.to_owned());
    }

    pub(crate) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Located<String>> {
        let value = self.take(key)?;
        text_of(value, &self.name_of(key), problems)
    }

    /// A word of a closed list.
    pub(crate) fn word<T>(
        &mut self,
        key: &'static str,
        words: &[&str],
        read: impl Fn(&str) -> Option<T>,
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        let read = read(&text.value);
        if read.is_none() {
            unknown_word(&text, &self.name_of(key), words, problems);
        }
        read
    }

    /// A number of either sign.
    pub(crate) fn signed_number(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        let value = self.take(key)?;
        let number = number_of(value);
        if number.is_none() {
            problems.error(value.span().start, format!("{} must be a number", self.name_of(key)), None);
        }
        number
    }

    /// A number that is not negative.
    pub(crate) fn number(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        let value = self.take(key)?;
        let number = number_of(value).filter(|n| *n >= 0.0);
        if number.is_none() {
            let message = format!("{} must be a number, not negative", self.name_of(key));
            problems.error(value.span().start, message, None);
        }
        number
    }

    /// A whole number, at least 1.
    pub(crate) fn count(&mut self, key: &'static str, problems: &mut Problems) -> Option<u32> {
        let at = self.table.get(key).map(|value| value.span().start);
        let number = self.number(key, problems)?;
        if number.fract() != 0.0 || number < 1.0 || number > f64::from(u32::MAX) {
            problems.error(at.unwrap_or(self.at), format!("{} must be a whole number from 1", self.name_of(key)), None);
            return None;
        }
        Some(number as u32)
    }

    pub(crate) fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let value = self.take(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            problems.error(value.span().start, format!("{} must be true or false", self.name_of(key)), None);
        }
        flag
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Option<Vec<Located<String>>> {
        let value = self.take(key)?;
        Some(texts_of(value, &self.name_of(key), problems))
    }

    pub(crate) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Section<'a, 'i>> {
        let what = self.name_of(key);
        let value = self.take(key)?;
        Section::of(what, value, problems)
    }

    pub(crate) fn name_of(&self, key: &str) -> String {
        format!("`{key}` of {}", self.what)
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.entries() {
            if !self.asked.contains(&key.value) {
                let hint = match nearest(key.value, self.asked.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it may have: {}", self.asked.join(", ")),
                };
                problems.error(key.at, format!("{} has no key `{}`", self.what, key.value), hint);
            }
        }
    }
}

fn number_of(value: &Value<'_>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => n.as_str().replace('_', "").parse::<f64>().ok(),
        DeValue::Float(n) => n.as_str().replace('_', "").parse::<f64>().ok(),
        _ => None,
    };
    number.filter(|n| n.is_finite())
}

pub(crate) fn text_of(value: &Value<'_>, name: &str, problems: &mut Problems) -> Option<Located<String>> {
    match value.get_ref().as_str() {
        Some(text) => Some(Located { at: value.span().start, value: text.to_owned() }),
        None => {
            let message = format!("{name} must be text in quotes, found {}", kind(value.get_ref()));
            problems.error(value.span().start, message, None);
            None
        }
    }
}

pub(crate) fn texts_of(value: &Value<'_>, name: &str, problems: &mut Problems) -> Vec<Located<String>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().filter_map(|item| text_of(item, name, problems)).collect(),
        _ => text_of(value, name, problems).into_iter().collect(),
    }
}

pub(crate) fn unknown_word(text: &Located<String>, name: &str, words: &[&str], problems: &mut Problems) {
    let hint = match nearest(&text.value, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("it may be: {}", words.join(", ")),
    };
    problems.error(text.at, format!("{name} cannot be \"{}\"", text.value), hint);
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
