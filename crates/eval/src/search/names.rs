//! What a query set calls a call.

use std::collections::{BTreeMap, BTreeSet};

/// The file stem of a recording: its file name without folder and ending.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && is_ending(ending) => stem,
        _ => name,
    }
}

/// Whether `text` looks like the ending of a sound file (wav, mp3, flac) and not like part of a name (2.0版).
fn is_ending(text: &str) -> bool {
    (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Which call a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This one, by its file stem.
    One(String),
    /// None of those there are.
    None,
    /// Any of these.
    Many(Vec<String>),
}

/// The calls there are, by the file stem of their recordings.
#[derive(Clone, Debug, Default)]
pub struct CallNames {
    /// Lower-case stem → stem, and whether it is a copy of another recording.
    calls: BTreeMap<String, (String, bool)>,
    /// Ids of calls and their stems.
    ids: BTreeMap<String, String>,
}

impl CallNames {
    /// Adds a call: the file name of its recording, its id, and whether it is a copy of another recording.
    pub fn add(&mut self, file: &str, id: &str, copy: bool) {
        let stem = stem(file);
        self.calls.insert(stem.to_lowercase(), (stem.to_owned(), copy));
        self.ids.insert(id.to_lowercase(), stem.to_owned());
    }

    /// The calls that are no copies, by stem.
    pub fn originals(&self) -> BTreeSet<String> {
        self.calls.values().filter(|(_, copy)| !copy).map(|(stem, _)| stem.clone()).collect()
    }

    /// Number of calls, copies included.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The call that `name` means: its file name or file stem, its id, or the beginning of its stem up to a separator, where only
    /// one call begins so (c01 for c01_broadband_red_light). Copies are meant only by their full name.
    pub fn find(&self, name: &str) -> Named {
        let name = name.trim().to_lowercase();
        let full = stem(&name);
        if let Some((stem, _)) = self.calls.get(full).or_else(|| self.calls.get(&name)) {
            return Named::One(stem.clone());
        }
        if let Some(stem) = self.ids.get(&name) {
            return Named::One(stem.clone());
        }
        let begins = |key: &str| key.strip_prefix(full).is_some_and(|rest| rest.starts_with(['_', '-', '.', ' ']));
        let mut found: Vec<String> = (self.calls.iter())
            .filter(|(key, (_, copy))| !full.is_empty() && !copy && begins(key))
            .map(|(_, (stem, _))| stem.clone())
            .collect();
        match found.len() {
            0 => Named::None,
            1 => found.pop().map_or(Named::None, Named::One),
            _ => Named::Many(found),
        }
    }
}
