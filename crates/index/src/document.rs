//! Calls → documents.

use std::collections::BTreeSet;

use hotline_model::{Call, CallId, CallMeta, CallRecord, Channel, Finding, Outcome, Satisfaction, Severity, Utterance};
use hotline_text::number::{self, NumberKind, NumberSpan};
use hotline_text::{Folded, fold, skeleton};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;

use crate::said;
use crate::schema::{Fields, KIND_CALL};

/// All that the index holds of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDocument {
    /// The store's row number of the call; replaces what the index has under this number.
    pub call_no: u64,
    /// The call.
    pub call: Call,
    /// What was said, in the order of the transcript; hits name utterances by their place here.
    pub utterances: Vec<Utterance>,
    /// What else is known of it.
    pub traits: Traits,
}

/// What is known of a call besides its words, as far as searches ask for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traits {
    /// What the rules found.
    pub flags: Vec<Flag>,
    /// The longest silence.
    pub longest_silence_ms: u32,
    /// All silence.
    pub silence_ms: u32,
    /// Points.
    pub score: Option<f32>,
    /// Whether it holds a complaint.
    pub complaint: bool,
}

/// The outcome of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The rule's id.
    pub rule: String,
    /// The clause it serves.
    pub clause: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How bad a violation is.
    pub severity: Severity,
}

/// What is shown of a call, kept with it so that results need no look into the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) call_id: CallId,
    pub(crate) file_name: String,
    pub(crate) agent_id: Option<String>,
    pub(crate) agent_name: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) business_type: Option<String>,
    pub(crate) hotline: Option<String>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) duration_ms: u32,
}

impl Summary {
    fn of(call: &Call) -> Summary {
        let CallMeta { agent_id, agent_name, team, business_type, hotline, started_at, .. } = call.meta.clone();
        Summary {
            call_id: call.id.clone(),
            file_name: call.file_name().to_owned(),
            agent_id,
            agent_name,
            team,
            business_type,
            hotline,
            started_at,
            duration_ms: call.duration_ms,
        }
    }
}

impl CallDocument {
    /// A call of which nothing but metadata and words is known.
    pub fn new(call_no: u64, call: Call, utterances: Vec<Utterance>) -> CallDocument {
        CallDocument { call_no, call, utterances, traits: Traits::default() }
    }

    /// A call as the store has it.
    pub fn of_record(call_no: u64, record: CallRecord) -> CallDocument {
        let flag = |finding: Finding| Flag {
            rule: finding.rule,
            clause: finding.clause,
            outcome: finding.outcome,
            severity: finding.severity,
        };
        let traits = Traits {
            longest_silence_ms: record.metrics.longest_silence_ms,
            silence_ms: record.metrics.silence_ms,
            score: Some(record.score_card.score),
            complaint: record.complaint.is_some(),
            flags: record.findings.into_iter().map(flag).collect(),
        };
        CallDocument { call_no, call: record.call, utterances: record.transcript.utterances, traits }
    }

    /// The documents of this call: one of its own and, after it, one for each utterance that has text.
    pub(crate) fn documents(&self, fields: &Fields) -> Result<Vec<TantivyDocument>, serde_json::Error> {
        let mut documents = vec![self.call_document(fields)?];
        for (index, utterance) in self.utterances.iter().enumerate() {
            if !utterance.text.trim().is_empty() {
                documents.push(self.utterance_document(fields, index, documents.len(), utterance));
            }
        }
        Ok(documents)
    }

    fn call_document(&self, fields: &Fields) -> Result<TantivyDocument, serde_json::Error> {
        let mut document = TantivyDocument::default();
        let (meta, traits) = (&self.call.meta, &self.traits);
        document.add_u64(fields.kind, KIND_CALL);
        document.add_u64(fields.call_no, self.call_no);
        document.add_u64(fields.place, 0);
        document.add_u64(fields.number, self.call_no);
        if let Some(started_at) = meta.started_at {
            document.add_i64(fields.started_at, started_at.as_millisecond());
        }
        let duration = u64::from(self.call.duration_ms);
        document.add_u64(fields.duration_ms, duration);
        document.add_u64(fields.silence_ms, u64::from(traits.longest_silence_ms));
        document.add_u64(fields.silence_share, u64::from(traits.silence_ms) * 1000 / duration.max(1));
        if let Some(score) = traits.score.filter(|score| score.is_finite()) {
            document.add_u64(fields.score, (score.max(0.0) * 10.0).round() as u64);
        }
        document.add_u64(fields.complaint, u64::from(traits.complaint));
        if meta.variant_of.is_some() {
            document.add_u64(fields.copy, 1);
        }
        if let Some(satisfaction) = meta.satisfaction {
            document.add_u64(fields.satisfaction_key, satisfaction_code(satisfaction));
        }
        self.add_flags(fields, &mut document);
        document.add_text(fields.summary, serde_json::to_string(&Summary::of(&self.call))?);
        let file = filter_key(self.call.file_name());
        let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
        let agent = meta.agent_id.as_deref().or(meta.agent_name.as_deref());
        let values = [
            (fields.call_id, Some(self.call.id.as_str().to_owned())),
            (fields.file, Some(stem.to_owned()).filter(|stem| *stem != file)),
            (fields.file, Some(file.clone())),
            (fields.agent, meta.agent_id.as_deref().map(filter_key)),
            (fields.agent_name, meta.agent_name.as_deref().map(filter_key)),
            (fields.team, meta.team.as_deref().map(filter_key)),
            (fields.business, meta.business_type.as_deref().map(filter_key)),
            (fields.hotline, meta.hotline.as_deref().map(filter_key)),
            (fields.direction, meta.direction.map(|direction| direction.name().to_owned())),
            (fields.satisfaction, meta.satisfaction.map(|satisfaction| satisfaction.name().to_owned())),
            (fields.agent_shown, agent.map(str::to_owned)),
            (fields.team_shown, meta.team.clone()),
            (fields.business_shown, meta.business_type.clone()),
            (fields.hotline_shown, meta.hotline.clone()),
        ];
        for (field, value) in values {
            if let Some(value) = value {
                document.add_text(field, value);
            }
        }
        Ok(document)
    }

    fn add_flags(&self, fields: &Fields, document: &mut TantivyDocument) {
        let (mut keys, mut shown, mut worst) = (BTreeSet::new(), BTreeSet::new(), 0);
        for flag in &self.traits.flags {
            keys.insert(flag_key(&flag.rule, flag.outcome));
            keys.insert(flag_key(&flag.clause, flag.outcome));
            if flag.outcome == Outcome::Violated {
                shown.insert(flag.clause.as_str());
                worst = worst.max(severity_code(flag.severity));
            }
        }
        document.add_u64(fields.severity, worst);
        for key in keys {
            document.add_text(fields.flag, key);
        }
        for clause in shown {
            document.add_text(fields.flag_shown, clause);
        }
    }

    /// `place`: how many documents after the call's own it stands.
    fn utterance_document(
        &self,
        fields: &Fields,
        index: usize,
        place: usize,
        utterance: &Utterance,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(fields.call_no, self.call_no);
        document.add_u64(fields.place, place as u64);
        if index + 1 != place {
            document.add_u64(fields.utterance, index as u64);
        }
        document.add_u64(fields.channel, channel_code(utterance.channel));
        document.add_u64(fields.start_ms, u64::from(utterance.span.start.ms));
        document.add_u64(fields.end_ms, u64::from(utterance.span.end.ms));
        document.add_u64(fields.confidence, (f64::from(utterance.confidence.clamp(0.0, 1.0)) * 100.0) as u64);
        document.add_bytes(fields.said, &said::pack(utterance));
        let text = &utterance.text;
        document.add_text(fields.words, fold(text).text);
        let numbers = number::find(text);
        let plain = skeleton(text).text;
        // Sounds are compared without punctuation, so a number that was cut in pieces by it is whole again.
        document.add_text(fields.sounds, number::readings(&plain).characters.text);
        if plain.bytes().filter(u8::is_ascii_digit).count() >= 4 {
            // And digit by digit: nobody can tell from 900044 how it was said.
            document.add_text(fields.sounds, &plain);
        }
        if !numbers.is_empty() {
            let readings = number::readings(text);
            let digits = skeleton(&readings.digits.text).text;
            if digits != plain {
                document.add_text(fields.digits, digits);
            }
        }
        document.add_text(fields.grams, plain);
        let values: BTreeSet<String> = numbers.into_iter().flat_map(|n| [number_key(&n), n.value]).collect();
        for value in values {
            document.add_text(fields.numbers, value);
        }
        document
    }
}

/// A number with what it counts: an amount of money is not the number of a house.
pub(crate) fn number_key(number: &NumberSpan) -> String {
    let mark = match number.kind {
        NumberKind::Amount => '¥',
        NumberKind::Percent => '%',
        NumberKind::Ordinal => '第',
        NumberKind::Cardinal | NumberKind::Decimal | NumberKind::Digits => '#',
        NumberKind::Fraction | NumberKind::Date | NumberKind::Time => '@',
    };
    format!("{mark}{}", number.value)
}

pub(crate) fn flag_key(id: &str, outcome: Outcome) -> String {
    format!("{}={}", filter_key(id), outcome.name())
}

/// The skeleton of `text` with its numbers in digits, leading back to `text`; `None` where that is the skeleton as it is.
pub(crate) fn in_digits(text: &str) -> Option<Folded> {
    let digits = number::readings(text).digits;
    if digits.is_identity() {
        return None;
    }
    let folded = digits.then(skeleton(&digits.text));
    (folded.text != skeleton(text).text).then_some(folded)
}

/// How values of filters are compared: folded, without spaces around.
pub(crate) fn filter_key(value: &str) -> String {
    fold(value).text.trim().to_owned()
}

pub(crate) const fn channel_code(channel: Channel) -> u64 {
    match channel {
        Channel::Agent => 0,
        Channel::Customer => 1,
        Channel::Mixed => 2,
    }
}

pub(crate) const fn channel_of(code: u64) -> Channel {
    match code {
        0 => Channel::Agent,
        1 => Channel::Customer,
        _ => Channel::Mixed,
    }
}

pub(crate) const fn satisfaction_code(satisfaction: Satisfaction) -> u64 {
    match satisfaction {
        Satisfaction::Satisfied => 1,
        Satisfaction::Neutral => 2,
        Satisfaction::Dissatisfied => 3,
    }
}

const fn severity_code(severity: Severity) -> u64 {
    match severity {
        Severity::Slight => 1,
        Severity::Medium => 2,
        Severity::Serious => 3,
        Severity::Fatal => 4,
    }
}
