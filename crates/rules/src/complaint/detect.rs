//! Whether a call is a complaint.

use hotline_model::{Channel, Transcript};
use hotline_text::{fold, pinyin};

use super::guide::{Guide, Signal};
use crate::meaning::{MeaningRun, Meanings, Understood, certainty};

/// A signal that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalHit {
    /// Name of the signal (`intent`, `anger`).
    pub signal: String,
    /// Index of the utterance.
    pub utterance: usize,
}

/// What speaks for a complaint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detected {
    /// Whether it is one.
    pub is_complaint: bool,
    /// Sum of the weights.
    pub weight: f32,
    /// How sure that it is one, 0…1: a half at the threshold.
    pub certainty: f32,
    /// What was heard, in order.
    pub hits: Vec<SignalHit>,
}

/// A clause of an utterance: from one stop to the next.
pub(super) struct Clause {
    pub(super) utterance: usize,
    pub(super) channel: Channel,
    /// Bytes of the utterance's text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Folded, with the sound-alikes of 投诉 put right.
    pub(super) text: String,
}

/// The clauses of a call, cut at commas and stops.
pub(super) fn clauses(transcript: &Transcript) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for (at, utterance) in transcript.utterances.iter().enumerate() {
        let mut start = 0;
        let text = utterance.text.as_str();
        let ends = text.char_indices().filter(|(_, c)| is_stop(*c)).map(|(i, c)| (i, i + c.len_utf8()));
        for (end, next) in ends.chain([(text.len(), text.len())]) {
            if let Some(piece) = text.get(start..end).filter(|piece| !piece.trim().is_empty()) {
                let folded = heard_right(&fold(piece).text);
                clauses.push(Clause { utterance: at, channel: utterance.channel, start, end, text: folded });
            }
            start = next;
        }
    }
    clauses
}

fn is_stop(c: char) -> bool {
    matches!(c, ',' | '，' | '。' | '！' | '!' | '？' | '?' | '；' | ';' | '\n' | '…')
}

/// 投诉 where something that sounds so was written: 头诉, 透诉, 投赎 (s and sh are one to many speakers). Real words of that sound are
/// left alone.
fn heard_right(text: &str) -> String {
    let syllables = pinyin::syllables(text);
    let mut out = text.to_owned();
    for pair in syllables.windows(2) {
        let [first, second] = pair else { continue };
        let is = |s: &pinyin::Syllable, name: &str| s.readings().iter().any(|id| id.name() == name);
        let range = first.span.range().start..second.span.range().end;
        let written = text.get(range.clone()).unwrap_or_default();
        let three_bytes = written.len() == "投诉".len();
        let alike = is(first, "tou") && (is(second, "su") || is(second, "shu"));
        if alike && three_bytes && !matches!(written, "投诉" | "投宿" | "投书" | "头数") {
            out.replace_range(range, "投诉");
        }
    }
    out
}

impl Guide {
    /// What speaks for a complaint in a call. On a mixed channel everybody's words count as the customer's.
    pub fn detect(&self, transcript: &Transcript) -> Detected {
        self.detected(&Understood::of(transcript))
    }

    pub(super) fn detected(&self, call: &Understood<'_>) -> Detected {
        let clauses = clauses(call.transcript());
        let mut hits: Vec<SignalHit> = Vec::new();
        let mut weight = 0.0;
        for signal in &self.signals {
            let mut of_signal = heard(signal, &clauses);
            of_signal.extend(meant(signal, call));
            of_signal.sort_unstable();
            weight += match of_signal.len() {
                0 => 0.0,
                1 => signal.weight,
                _ => signal.many,
            };
            let name = &signal.name;
            hits.extend(of_signal.into_iter().map(|utterance| SignalHit { signal: name.clone(), utterance }));
        }
        hits.sort_by(|a, b| a.utterance.cmp(&b.utterance).then_with(|| a.signal.cmp(&b.signal)));
        // The customer has to have said something of it: an agent's words alone make no complaint.
        let own = hits.iter().any(|hit| self.signals.iter().any(|s| s.name == hit.signal && s.by != Channel::Agent));
        let ratio = if self.threshold > 0.0 { weight / self.threshold } else { 0.0 };
        let certainty = (ratio / (1.0 + ratio)).min(0.99);
        Detected { is_complaint: own && weight >= self.threshold, weight, certainty, hits }
    }
}

/// Utterances in which a signal is given, one entry each clause.
fn heard(signal: &Signal, clauses: &[Clause]) -> Vec<usize> {
    let by = |clause: &&Clause| clause.channel == signal.by || clause.channel == Channel::Mixed;
    clauses
        .iter()
        .filter(by)
        .filter(|clause| {
            let said = clause.text.trim();
            signal.any.is_match(said) && !signal.unless.is_match(said)
        })
        .map(|clause| clause.utterance)
        .collect()
}

/// Utterances in which a signal is given by what a sentence does, one entry each sentence.
fn meant(signal: &Signal, call: &Understood<'_>) -> Vec<usize> {
    let Some((at, least)) =
        signal.meaning.as_ref().and_then(|meant| Some((Meanings::built_in().label(&meant.label)?, meant.at_least)))
    else {
        return Vec::new();
    };
    let by = |channel: Channel| channel == signal.by || channel == Channel::Mixed;
    let mut found = Vec::new();
    let said = (0u32..).zip(&call.transcript().utterances).filter(|(_, said)| by(said.channel));
    for (nth, said) in said {
        for runs in call.sentences(nth).iter() {
            let does = |run: &MeaningRun| {
                let words = run.span.slice(&said.text).unwrap_or("");
                run.margins.get(at).is_some_and(|margin| certainty(*margin) >= least)
                    && !signal.unless.is_match(&fold(words).text)
            };
            if runs.iter().any(does) {
                found.push(nth as usize);
            }
        }
    }
    found
}
