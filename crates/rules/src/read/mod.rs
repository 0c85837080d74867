//! Reads one rule file into drafts, noting every problem on the way. What files say about each other is `link`'s matter.

mod condition;
mod file;
mod operator;
mod section;

pub(crate) use file::{Draft, ListDraft, draft};
pub(crate) use section::Located;

use crate::problem::Problems;

/// A name that must exist somewhere in the rule set.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) what: Mentioned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mentioned {
    /// A phrase list.
    List,
    /// A condition, seen from the rule with this number in its file, or from the shared conditions.
    Condition { rule: Option<usize> },
}

/// What the readers share.
pub(crate) struct Reader<'r, 'a> {
    pub(crate) problems: &'r mut Problems<'a>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) declared: Vec<(Option<usize>, String)>,
    /// The rule being read, by number in its file.
    pub(crate) rule: Option<usize>,
}

impl Reader<'_, '_> {
    fn mentions_list(&mut self, name: &str, at: usize) {
        self.mentions.push(Mention { at, name: name.to_owned(), what: Mentioned::List });
    }

    fn mentions_condition(&mut self, name: &str, at: usize) {
        self.mentions.push(Mention { at, name: name.to_owned(), what: Mentioned::Condition { rule: self.rule } });
    }
}
