//! What the organisations behind the hotlines are called (REQ-02).

use hotline_model::Call;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The names of one hotline's organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HotlineProfile {
    /// Its full name.
    pub organisation: String,
    /// What else an agent may call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Hotlines by the name that stands in the call's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Organisations(pub IndexMap<String, HotlineProfile>);

impl Organisations {
    /// The profile of the call's hotline. A call that names no hotline belongs to the only one there is, if there is only one.
    pub fn of(&self, call: &Call) -> Option<&HotlineProfile> {
        match &call.meta.hotline {
            Some(hotline) => self.0.get(hotline.trim()),
            None if self.0.len() == 1 => self.0.values().next(),
            None => None,
        }
    }
}

impl HotlineProfile {
    /// All names, the longest first, so that a hit is as telling as can be.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .aliases
            .iter()
            .chain([&self.organisation])
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        names.sort_by_key(|name| (std::cmp::Reverse(name.chars().count()), *name));
        names.dedup();
        names
    }
}
