//! Signals, kinds and departments, as they are written.

use hotline_model::Channel;
use regex::RegexSet;
use serde::Deserialize;

use crate::meaning::labels;

/// What tells complaints, and what they are filed under.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Its version, for the record.
    pub version: String,
    /// Sum of weights from which a call is a complaint.
    pub(super) threshold: f32,
    pub(super) signals: Vec<Signal>,
    pub(super) kinds: Vec<Topic>,
    pub(super) departments: Vec<Topic>,
    pub(super) incident: Incident,
}

/// How incidents are told: something out of order that the customer reports and the agent sends somebody to.
#[derive(Clone, Debug, Default)]
pub(super) struct Incident {
    pub(super) reported: RegexSet,
    pub(super) unless: RegexSet,
    pub(super) taken_on: RegexSet,
}

/// Something people say when they complain.
#[derive(Clone, Debug)]
pub(super) struct Signal {
    pub(super) name: String,
    pub(super) by: Channel,
    pub(super) weight: f32,
    pub(super) many: f32,
    pub(super) any: RegexSet,
    pub(super) unless: RegexSet,
    /// What sentences do, besides what is in them.
    pub(super) meaning: Option<Meant>,
}

/// A label of labelled sentences, and how certain it must be (0…1).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    pub(super) label: String,
    pub(super) at_least: f32,
}

/// A kind or a department and the words that point to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) words: Vec<String>,
}

/// A guide that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct GuideError {
    /// Which file.
    pub file: String,
    /// What is wrong and where.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    threshold: f32,
    #[serde(default)]
    signal: Vec<SignalTable>,
    #[serde(default)]
    kind: Vec<Topic>,
    #[serde(default)]
    department: Vec<Topic>,
    #[serde(default)]
    incident: Option<IncidentTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentTable {
    reported: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    taken_on: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalTable {
    name: String,
    #[serde(default)]
    by: Option<Channel>,
    weight: f32,
    many: f32,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    meaning: Option<Meant>,
}

const BUILT_IN: &str = include_str!("../../assets/complaints.toml");

impl Guide {
    /// The guide that comes with the program.
    #[expect(clippy::expect_used, reason = "it is part of the program; a test proves that it loads")]
    pub fn built_in() -> Guide {
        Guide::parse("complaints.toml", BUILT_IN).expect("the built-in guide loads")
    }

    /// Its source, as a beginning of one's own.
    pub const fn built_in_source() -> &'static str {
        BUILT_IN
    }

    /// Reads a guide. One without signals, kinds or incidents of its own takes the built-in ones; departments are nobody's but its own.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place where TOML tells it.
    pub fn parse(file: &str, text: &str) -> Result<Guide, GuideError> {
        let wrong = |message: String| GuideError { file: file.to_owned(), message };
        let read: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let patterns = |patterns: &[String]| RegexSet::new(patterns).map_err(|error| wrong(error.to_string()));
        let mut signals = Vec::with_capacity(read.signal.len());
        for SignalTable { name, by, weight, many, any, unless, meaning } in &read.signal {
            let unknown = meaning.as_ref().filter(|meant| !labels().contains(&meant.label));
            if let Some(Meant { label, .. }) = unknown {
                return Err(wrong(format!("signal `{name}`: there is no label `{label}`")));
            }
            signals.push(Signal {
                name: name.clone(),
                by: by.unwrap_or(Channel::Customer),
                weight: *weight,
                many: *many,
                any: patterns(any)?,
                unless: patterns(unless)?,
                meaning: meaning.clone(),
            });
        }
        let incident = match &read.incident {
            Some(IncidentTable { reported, unless, taken_on }) => Some(Incident {
                reported: patterns(reported)?,
                unless: patterns(unless)?,
                taken_on: patterns(taken_on)?,
            }),
            None => None,
        };
        let fills = signals.is_empty() || read.kind.is_empty() || incident.is_none();
        let mut guide = Guide {
            version: read.version,
            threshold: read.threshold,
            signals,
            kinds: read.kind,
            departments: read.department,
            incident: incident.unwrap_or_default(),
        };
        if text != BUILT_IN && fills {
            let built_in = Guide::parse("complaints.toml", BUILT_IN)?;
            fill(&mut guide.signals, built_in.signals);
            fill(&mut guide.kinds, built_in.kinds);
            if read.incident.is_none() {
                guide.incident = built_in.incident;
            }
        }
        Ok(guide)
    }
}

fn fill<T>(own: &mut Vec<T>, built_in: Vec<T>) {
    if own.is_empty() {
        *own = built_in;
    }
}
