//! Labelled calls: one JSON file a recording, with what was said when and what a judge should find.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hotline_model::{Channel, TimeSpan, Transcript, Utterance};
use serde::Deserialize;

/// Truth that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file or folder.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A truth file that is none.
    #[error("{}: not a truth file: {message}", path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// No truth at all.
    #[error("{}: no labelled calls; a truth file is a JSON object with `file`, `turns` and `expected`", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// One labelled call.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LabelledCall {
    /// File name of the recording.
    pub file: String,
    /// What was said, and other sounds.
    #[serde(default)]
    pub turns: Vec<TrueTurn>,
    /// Who cut whom short.
    #[serde(default)]
    pub interruptions: Vec<TrueInterruption>,
    /// Stretches of at least 2 s in which nobody speaks; music counts as silence.
    #[serde(default)]
    pub silences: Vec<Seconds>,
    /// Length in seconds.
    #[serde(default)]
    pub duration: f64,
    /// Telephone codec that was simulated.
    #[serde(default)]
    pub codec: String,
    /// What a judge should find.
    #[serde(default)]
    pub expected: Expected,
    /// Recording this one is a copy of; copies are left out of the totals.
    #[serde(default)]
    pub variant_of: Option<String>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Seconds {
    /// Seconds from the start.
    pub start: f64,
    /// Seconds from the start.
    pub end: f64,
}

/// One turn.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TrueTurn {
    /// Its number.
    #[serde(default)]
    pub index: usize,
    /// `agent` or `customer`.
    pub channel: String,
    /// `speech`, or the kind of sound.
    #[serde(default)]
    pub kind: String,
    /// Seconds from the start: the voiced extent.
    pub start: f64,
    /// Seconds from the start.
    pub end: f64,
    /// As one would write it.
    #[serde(default)]
    pub text: String,
    /// As it was said, numbers read out.
    #[serde(default)]
    pub spoken: String,
}

/// Somebody starting to speak into somebody else's turn.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TrueInterruption {
    /// When, in seconds.
    pub at: f64,
    /// `agent` or `customer`.
    pub by: String,
    /// Length of the overlap in seconds.
    #[serde(default)]
    pub overlap: f64,
    /// Whether it ends while the other still speaks: a backchannel (嗯, 对), no interruption.
    #[serde(default)]
    pub ends_inside: bool,
}

/// What a judge should find.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// Verdicts by clause.
    pub clauses: BTreeMap<String, TrueVerdict>,
    /// Clauses on which raters could differ: left out.
    pub borderline: Vec<Borderline>,
    /// Turns on which a clause must not fire.
    pub hard_negatives: Vec<HardNegative>,
    /// Personal data that is said.
    pub pii: Vec<TruePii>,
    /// Whether the call is a complaint; `None` where nobody said.
    pub complaint: Option<bool>,
    /// What a person wrote down of it.
    pub complaint_detail: Option<TrueComplaint>,
}

/// What a person wrote down of a complaint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TrueComplaint {
    /// What happened.
    pub matter: Option<String>,
    /// What the customer wants.
    pub demand: Option<String>,
    /// Who has to deal with it.
    pub department: Option<String>,
    /// By when an answer was promised.
    pub promised_time: Option<String>,
}

/// A verdict.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TrueVerdict {
    /// `met`, `violated` or `not_applicable`.
    pub verdict: String,
}

/// A clause on which raters could differ.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Borderline {
    /// Its id.
    pub clause: String,
}

/// A turn on which a clause must not fire.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HardNegative {
    /// Number of the turn.
    pub turn: usize,
    /// Id of the clause, or several joined with `/`.
    pub clause: String,
}

/// Personal data in a turn.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TruePii {
    /// Number of the turn.
    pub turn: usize,
    /// `phone`, `id_card`, `bank_card`, `name`, `address`, `email`.
    pub kind: String,
    /// The words, exactly as in the text of the turn.
    pub spoken: String,
}

impl Seconds {
    /// As a span.
    pub fn span(self) -> TimeSpan {
        TimeSpan::from_secs(self.start, self.end)
    }
}

impl TrueTurn {
    /// Who spoke; `None` if it is no speech.
    pub fn speaker(&self) -> Option<Channel> {
        match (self.kind.as_str(), self.channel.as_str()) {
            ("speech" | "", "agent") => Some(Channel::Agent),
            ("speech" | "", "customer") => Some(Channel::Customer),
            _ => None,
        }
    }

    /// When.
    pub fn span(&self) -> TimeSpan {
        TimeSpan::from_secs(self.start, self.end)
    }
}

impl LabelledCall {
    /// What was said, as a recogniser without fault would have heard it.
    pub fn reference(&self) -> Transcript {
        let mut transcript = Transcript::default();
        for turn in &self.turns {
            let Some(channel) = turn.speaker() else { continue };
            transcript.utterances.push(Utterance {
                channel,
                span: turn.span(),
                text: turn.text.clone(),
                raw_text: turn.text.clone(),
                tokens: Vec::new(),
                confidence: 1.0,
            });
        }
        transcript.sort();
        transcript
    }
}

/// Reads every truth file of a folder, sorted by name. JSON files that are no objects with `file` and `turns` are left out.
pub fn load_dir(dir: &Path) -> Result<Vec<LabelledCall>, EvalError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| EvalError::Unreadable { path, source }
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(unreadable(dir))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    let mut calls = Vec::new();
    for path in paths {
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        let format = |error: serde_json::Error| EvalError::Format { path: path.clone(), message: error.to_string() };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(format)?;
        if value.get("turns").is_none() || value.get("file").is_none() {
            continue;
        }
        calls.push(serde_json::from_value(value).map_err(format)?);
    }
    if calls.is_empty() {
        return Err(EvalError::Empty { path: dir.to_owned() });
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_json_files_are_left_out_and_broken_ones_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        assert!(matches!(load_dir(dir.path()), Err(EvalError::Empty { .. })));
        write("hotlines.json", "[]");
        let turn = r#"{"channel":"agent","kind":"speech","start":1.0,"end":2.5,"text":"您好"}"#;
        write("b.json", &format!(r#"{{"file":"b.wav","turns":[{turn}],"expected":{{"clauses":{{}}}}}}"#));
        let calls = load_dir(dir.path()).unwrap();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].turns[0].span(), TimeSpan::from_ms(1000, 2500));
        assert_eq!(calls[0].turns[0].speaker(), Some(Channel::Agent));
        assert_eq!(calls[0].reference().utterances[0].text, "您好");
        write("c.json", r#"{"file":"c.wav","turns":[{"channel":1}]}"#);
        let Err(EvalError::Format { path, .. }) = load_dir(dir.path()) else { panic!("c.json was taken") };
        assert!(path.ends_with("c.json"));
    }
}
