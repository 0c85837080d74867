//! What was really said in the calls that are played, and where in it an alert's words end.

use std::path::{Path, PathBuf};

use hotline_model::{Channel, ChannelLayout, TimeSpan};
use serde_json::{Value, json};

/// A recogniser's times, and where one turn ends for it, are off by so much at most.
const SLACK_MS: u32 = 700;

/// A labelled call.
#[derive(Clone)]
pub struct TrueCall {
    pub path: PathBuf,
    pub layout: ChannelLayout,
    pub turns: Vec<TrueTurn>,
    /// Clauses that are violated, with the numbers of the turns in which they are.
    violated: Vec<(String, Vec<usize>)>,
    /// It is a complaint.
    pub complaint: bool,
    /// Clauses on which two people could differ.
    borderline: Vec<String>,
}

/// A turn.
#[derive(Clone)]
pub struct TrueTurn {
    pub channel: Channel,
    pub span: TimeSpan,
    text: Vec<char>,
}

/// What the labels say of an alert.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The clause is violated in that turn.
    Right,
    /// The clause is violated in the call, but not in that turn.
    OtherTurn,
    /// Two people could differ.
    Borderline,
    /// It is not violated.
    False,
}

impl TrueCall {
    /// What the labels say of an alert about `clause`, raised for words heard at `time`.
    pub fn verdict(&self, clause: &str, time: TimeSpan) -> Verdict {
        let turns = self.violated.iter().find(|(violated, _)| violated == clause).map(|(_, turns)| turns);
        if turns.is_some_and(|turns| turns.iter().any(|turn| self.is_at(*turn, time))) {
            Verdict::Right
        } else if turns.is_some() {
            Verdict::OtherTurn
        } else if self.borderline.iter().any(|borderline| borderline == clause) {
            Verdict::Borderline
        } else {
            Verdict::False
        }
    }

    /// The turns in which a clause of a forbidden expression is violated, as (clause, turn).
    pub fn offences(&self) -> impl Iterator<Item = (&str, usize)> {
        let forbidden = self.violated.iter().filter(|(clause, _)| clause.starts_with("FRB-"));
        forbidden.flat_map(|(clause, turns)| turns.iter().map(move |turn| (clause.as_str(), *turn)))
    }

    /// Whether `turn` was spoken at `time`.
    pub fn is_at(&self, turn: usize, time: TimeSpan) -> bool {
        let wide = TimeSpan::from_ms(time.start.ms.saturating_sub(SLACK_MS), time.end.ms + SLACK_MS);
        self.turns.get(turn).is_some_and(|turn| turn.span.intersection(wide).is_some())
    }

    /// When the words `quote`, heard at `time`, were really over: labels give turns only, so the turn's time is shared out evenly over its
    /// characters. `None` if nobody spoke then.
    pub fn end_of(&self, quote: &str, channel: Channel, time: TimeSpan) -> Option<u32> {
        let quote = letters(quote);
        let near = self.turns.iter().filter(|turn| turn.channel == channel && !turn.text.is_empty());
        let common = |turn: &&TrueTurn| turn.span.intersection(time).map_or(0, TimeSpan::len_ms);
        let turn = near.max_by_key(common).filter(|turn| common(turn) > 0)?;
        let share = best_end(&turn.text, &quote) as f64 / turn.text.len() as f64;
        Some(turn.span.start.ms + (f64::from(turn.span.len_ms()) * share).round() as u32)
    }
}

/// Where in `text` the stretch ends that is most like `wanted`: fewest edits (Sellers 1980), the last of several.
fn best_end(text: &[char], wanted: &[char]) -> usize {
    let mut column: Vec<usize> = (0..=wanted.len()).collect();
    let mut best = (usize::MAX, text.len());
    for (at, have) in text.iter().enumerate() {
        let mut above_left = column[0];
        for (row, want) in wanted.iter().enumerate() {
            let cost = (above_left + usize::from(want != have)).min(column[row] + 1).min(column[row + 1] + 1);
            above_left = column[row + 1];
            column[row + 1] = cost;
        }
        if column[wanted.len()] <= best.0 {
            best = (column[wanted.len()], at + 1);
        }
    }
    best.1
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The two-sided labelled calls of a folder. Mixed-down copies of others are left out.
pub fn calls(folder: &Path) -> Vec<TrueCall> {
    let mut calls = Vec::new();
    for path in hotline_pipeline::intake::find(&[folder.to_owned()]).recordings {
        let Ok(text) = std::fs::read_to_string(path.with_extension("json")) else { continue };
        let truth: Value = serde_json::from_str(&text).unwrap();
        let layout = match &truth["channels"] {
            sides if *sides == json!(["agent", "customer"]) => ChannelLayout::AgentLeft,
            sides if *sides == json!(["customer", "agent"]) => ChannelLayout::AgentRight,
            _ => continue,
        };
        let (mut violated, mut borderline) = (Vec::new(), Vec::new());
        for (clause, label) in truth["expected"]["clauses"].as_object().into_iter().flatten() {
            let turns = label["turns"].as_array().into_iter().flatten().filter_map(Value::as_u64);
            if label["verdict"] == "violated" {
                violated.push((clause.clone(), turns.map(|turn| turn as usize).collect()));
            }
        }
        for label in truth["expected"]["borderline"].as_array().into_iter().flatten() {
            borderline.extend(label["clause"].as_str().map(str::to_owned));
        }
        let turns = truth["turns"].as_array().into_iter().flatten().map(turn).collect();
        let complaint = truth["expected"]["complaint"] == true;
        calls.push(TrueCall { path, layout, turns, violated, complaint, borderline });
    }
    calls
}

fn turn(label: &Value) -> TrueTurn {
    let ms = |field: &str| (label[field].as_f64().unwrap_or(0.0) * 1000.0) as u32;
    TrueTurn {
        channel: if label["channel"] == "agent" { Channel::Agent } else { Channel::Customer },
        span: TimeSpan::from_ms(ms("start"), ms("end")),
        text: letters(label["text"].as_str().unwrap_or("")),
    }
}
