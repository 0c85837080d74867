//! Typed dialogues as calls.

use std::collections::BTreeMap;

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallTime, Channel, ChannelAcoustics, ChannelLayout, Evidence, Finding, Gap,
    GapReason, Outcome, TextSpan, TimeSpan, Transcript, Utterance,
};
use hotline_rules::{EntityFinder, EntityKind, FoundEntity, Organisations};
use serde::Deserialize;

/// A file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The rules under test; the starter pack without them.
    pub rules: Option<String>,
    /// Organisations by hotline.
    #[serde(default)]
    pub hotlines: Organisations,
    pub case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// The dialogue, one line an utterance.
    pub lines: String,
    #[serde(default)]
    pub meta: CallMeta,
    /// Both voices on one channel.
    #[serde(default)]
    pub mixed: bool,
    /// A call that is still going on, heard up to this second.
    pub heard_until: Option<f64>,
    /// How sure the recogniser was of everything.
    #[serde(default = "sure")]
    pub confidence: f32,
    /// Level of the speech by party, in dBFS.
    #[serde(default)]
    pub levels: BTreeMap<String, f32>,
    /// Outcome by rule.
    pub expect: BTreeMap<String, Outcome>,
    /// Words or measures that the evidence of a rule must contain.
    #[serde(default)]
    pub evidence: BTreeMap<String, Vec<String>>,
}

fn sure() -> f32 {
    0.9
}

/// Finds every run of four digits and more and calls it a telephone number: enough to try the operator with.
#[derive(Debug)]
pub struct DigitRuns;

impl EntityFinder for DigitRuns {
    fn find(&self, transcript: &Transcript) -> Vec<FoundEntity> {
        let mut found = Vec::new();
        for (utterance, said) in (0..).zip(&transcript.utterances) {
            let mut start = None;
            for (at, c) in said.text.char_indices().chain([(said.text.len(), ' ')]) {
                match (start, c.is_ascii_digit()) {
                    (None, true) => start = Some(at),
                    (Some(from), false) => {
                        start = None;
                        let value = said.text.get(from..at).unwrap().to_owned();
                        let text = TextSpan::new(from, at);
                        if value.len() >= 4 {
                            found.push(FoundEntity {
                                utterance,
                                text,
                                kind: EntityKind::Phone,
                                value,
                                certainty: 0.95,
                            });
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// A case as the judge takes it.
pub struct Heard {
    pub call: Call,
    pub transcript: Transcript,
    pub acoustics: Acoustics,
    pub until: Option<CallTime>,
}

/// Speed of lines without times, in seconds a character: 240 characters a minute.
const SECONDS_A_CHARACTER: f64 = 0.25;
/// Pause between lines without times, in seconds.
const PAUSE_S: f64 = 0.4;

impl Case {
    /// Turns the lines into a call. A line is `A: 您好` (agent), `C: 喂` (customer), `A 12.5: 您好` with a start, `A 12.5-14: 您好`
    /// with both ends, `A 3-5 ##` for speech without text, or `-- 6` for six seconds in which nobody speaks.
    pub fn heard(&self) -> Heard {
        let mut transcript = Transcript::default();
        let mut voiced: BTreeMap<Channel, Vec<TimeSpan>> = BTreeMap::new();
        let mut now = 0.0;
        for line in self.lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(seconds) = line.strip_prefix("--") {
                now += seconds.trim().parse::<f64>().unwrap_or_else(|_| panic!("{}: {line}", self.name)) - PAUSE_S;
                continue;
            }
            let lost = line.ends_with("##");
            let (head, text) = if lost { (line.trim_end_matches('#'), "") } else { line.split_once(':').unwrap() };
            let mut head = head.split_whitespace();
            let channel = match head.next() {
                _ if self.mixed => Channel::Mixed,
                Some("A") => Channel::Agent,
                Some("C") => Channel::Customer,
                other => panic!("{}: no speaker {other:?} in {line}", self.name),
            };
            let text = text.trim();
            let length = text.chars().count() as f64 * SECONDS_A_CHARACTER;
            let (start, end) = match head.next().map(|times| times.split_once('-').unwrap_or((times, ""))) {
                None => (now, now + length),
                Some((start, "")) => (start.parse().unwrap(), start.parse::<f64>().unwrap() + length),
                Some((start, end)) => (start.parse().unwrap(), end.parse().unwrap()),
            };
            let span = TimeSpan::from_secs(start, end);
            voiced.entry(channel).or_default().push(span);
            now = end + PAUSE_S;
            if lost {
                let reason = GapReason::TooFast;
                transcript.gaps.push(Gap { channel, span, reason, rejected_text: String::new() });
                continue;
            }
            transcript.utterances.push(Utterance {
                channel,
                span,
                text: text.to_owned(),
                raw_text: text.to_owned(),
                tokens: Vec::new(),
                confidence: self.confidence,
            });
        }
        transcript.sort();
        let channels = if self.mixed { &Channel::ALL[2..] } else { &Channel::ALL[..2] };
        let measured = |channel: &Channel| ChannelAcoustics {
            channel: *channel,
            voiced: TimeSpan::merge(voiced.get(channel).cloned().unwrap_or_default(), 0),
            speech_dbfs: self.levels.get(channel.name()).copied().unwrap_or(-20.0),
            peak_dbfs: -3.0,
            clipped: 0.0,
        };
        let acoustics = Acoustics { channels: channels.iter().map(measured).collect() };
        let until = self.heard_until.map(CallTime::from_secs);
        let end = until.map_or(CallTime::from_secs(now + 1.0).ms, |until| until.ms);
        let call = Call {
            id: CallId::from_stored(self.name.clone()),
            source: format!("{}.wav", self.name),
            audio_sha256: String::new(),
            format: "wav".into(),
            rate_hz: 8000,
            duration_ms: end,
            layout: if self.mixed { ChannelLayout::Mono } else { ChannelLayout::AgentLeft },
            meta: self.meta.clone(),
        };
        Heard { call, transcript, acoustics, until }
    }

    /// What is not as expected.
    pub fn check(&self, findings: &[Finding]) -> Vec<String> {
        let mut failures = Vec::new();
        for (rule, expected) in &self.expect {
            let Some(finding) = findings.iter().find(|finding| finding.rule == *rule) else {
                failures.push(format!("there is no rule {rule}"));
                continue;
            };
            if finding.outcome != *expected {
                failures.push(format!(
                    "{rule} is {} ({:.2}), expected {}: {} {:?}",
                    finding.outcome.name(),
                    finding.certainty,
                    expected.name(),
                    finding.reason,
                    shown(finding),
                ));
            }
        }
        for (rule, wanted) in &self.evidence {
            let shown = findings.iter().find(|finding| finding.rule == *rule).map(shown).unwrap_or_default();
            for words in wanted.iter().filter(|words| !shown.contains(words)) {
                failures.push(format!("{rule} does not show {words:?} but {shown:?}"));
            }
        }
        failures
    }
}

/// Evidence in short: quoted words, measures with their value, what was looked for in vain.
fn shown(finding: &Finding) -> Vec<String> {
    let short = |evidence: &Evidence| match evidence {
        Evidence::Quote(quote) => quote.words.clone(),
        Evidence::Interval { measure, value, .. } => format!("{measure} {value:.1}"),
        Evidence::Absence { best: Some(best), .. } => format!("? {}", best.words),
        Evidence::Absence { searched, .. } => format!("nothing in {searched}"),
        Evidence::Metadata { field, value } => format!("{field} = {value}"),
    };
    finding.evidence.iter().map(short).collect()
}
