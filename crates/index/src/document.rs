//! Calls → documents.

use hotline_model::{Call, CallId, CallMeta, Channel, Utterance};
use hotline_text::{Folded, fold, number, skeleton};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;

use crate::schema::{Fields, KIND_CALL, KIND_UTTERANCE};
use crate::times;

/// All that the index holds of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDocument {
    /// The store's row number of the call; replaces what the index has under this number.
    pub call_no: u64,
    /// The call.
    pub call: Call,
    /// What was said, in the order of the transcript; hits name utterances by their place here.
    pub utterances: Vec<Utterance>,
    /// Ids of the clauses (and rules, if they are to be searched by) that were violated.
    pub violated: Vec<String>,
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
    /// The documents of this call: one of its own and one for each utterance that has text.
    pub(crate) fn documents(&self, fields: &Fields) -> Result<Vec<TantivyDocument>, serde_json::Error> {
        let mut documents = vec![self.call_document(fields)?];
        let utterances = self.utterances.iter().enumerate().filter(|(_, utterance)| !utterance.text.trim().is_empty());
        documents.extend(utterances.map(|(i, utterance)| self.utterance_document(fields, i, utterance)));
        Ok(documents)
    }

    fn call_document(&self, fields: &Fields) -> Result<TantivyDocument, serde_json::Error> {
        let mut document = self.document(fields, KIND_CALL);
        document.add_text(fields.summary, serde_json::to_string(&Summary::of(&self.call))?);
        let meta = &self.call.meta;
        let values = [
            (fields.agent, meta.agent_id.as_deref()),
            (fields.agent_name, meta.agent_name.as_deref()),
            (fields.team, meta.team.as_deref()),
            (fields.business, meta.business_type.as_deref()),
            (fields.hotline, meta.hotline.as_deref()),
            (fields.direction, meta.direction.map(|direction| direction.name())),
            (fields.satisfaction, meta.satisfaction.map(|satisfaction| satisfaction.name())),
        ];
        for (field, value) in values {
            if let Some(value) = value {
                document.add_text(field, filter_key(value));
            }
        }
        for id in &self.violated {
            document.add_text(fields.clause, filter_key(id));
        }
        Ok(document)
    }

    fn utterance_document(&self, fields: &Fields, index: usize, utterance: &Utterance) -> TantivyDocument {
        let mut document = self.document(fields, KIND_UTTERANCE);
        document.add_u64(fields.utterance, index as u64);
        document.add_u64(fields.channel, channel_code(utterance.channel));
        document.add_u64(fields.start_ms, u64::from(utterance.span.start.ms));
        document.add_u64(fields.end_ms, u64::from(utterance.span.end.ms));
        document.add_u64(fields.duration_ms, u64::from(self.call.duration_ms));
        document.add_text(fields.text, &utterance.text);
        document.add_bytes(fields.times, &times::pack(utterance));
        for field in [fields.grams, fields.words, fields.sounds] {
            document.add_text(field, &utterance.text);
        }
        if let Some(digits) = in_digits(&utterance.text) {
            document.add_text(fields.digits, digits.text);
        }
        let mut values: Vec<String> = number::find(&utterance.text).into_iter().map(|n| n.value).collect();
        values.sort();
        values.dedup();
        for value in values {
            document.add_text(fields.numbers, value);
        }
        document
    }

    /// What all documents of the call have.
    fn document(&self, fields: &Fields, kind: u64) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(fields.kind, kind);
        document.add_u64(fields.call_no, self.call_no);
        if let Some(started_at) = self.call.meta.started_at {
            document.add_i64(fields.started_at, started_at.as_millisecond());
        }
        document
    }
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
