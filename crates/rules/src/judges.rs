//! Which judge for which hotline.

use std::collections::BTreeMap;

use crate::context::CallView;
use crate::judge::{Judge, Judgement};

/// Judges by hotline, with one for all that have none of their own.
pub struct Judges {
    default: Judge,
    by_hotline: BTreeMap<String, Judge>,
}

impl Judges {
    /// One judge for all.
    pub fn one(judge: Judge) -> Self {
        Judges { default: judge, by_hotline: BTreeMap::new() }
    }

    /// The same, with a judge of its own for a hotline.
    pub fn with(mut self, hotline: impl Into<String>, judge: Judge) -> Self {
        self.by_hotline.insert(hotline.into(), judge);
        self
    }

    /// The same, with another judge for hotlines that have none of their own.
    pub fn with_default(self, judge: Judge) -> Self {
        Judges { default: judge, ..self }
    }

    /// The judge of a hotline.
    pub fn of(&self, hotline: Option<&str>) -> &Judge {
        hotline.and_then(|hotline| self.by_hotline.get(hotline)).unwrap_or(&self.default)
    }

    /// Judges a call by the rules of its hotline.
    pub fn judge(&self, view: &CallView<'_>) -> Judgement {
        self.of(view.call.meta.hotline.as_deref()).judge(view)
    }
}
