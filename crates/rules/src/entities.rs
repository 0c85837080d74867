//! The seam for personal data: whoever can find numbers, names and addresses in a transcript serves the `entity` operator.

use std::fmt;

use hotline_model::{TextSpan, Transcript};
use hotline_text::entities::{self, Line};

use crate::condition::EntityKind;

/// A piece of personal data in a transcript. What is spread over several utterances is several of these with the same
/// `value`.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundEntity {
    /// Index into [`Transcript::utterances`].
    pub utterance: u32,
    /// Which bytes of its text.
    pub text: TextSpan,
    /// What it is.
    pub kind: EntityKind,
    /// What it says, in one spelling however it was spoken: digits for numbers. Two with the same value are the same thing.
    pub value: String,
    /// How sure the finder is, 0…1.
    pub certainty: f32,
}

/// Finds personal data.
pub trait EntityFinder: fmt::Debug + Send + Sync {
    /// Everything of any kind in `transcript`, in the order of utterances and places.
    fn find(&self, transcript: &Transcript) -> Vec<FoundEntity>;
}

/// What [`hotline_text::entities`] finds: telephone, identity card and bank card numbers, names, addresses, e-mail addresses, amounts and
/// dates. Landlines of offices, number plates and accounts it leaves alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpokenEntities;

/// Certainty of what its own form proves, and of what only the words around it speak for.
const CHECKED: f32 = 0.95;
const UNCHECKED: f32 = 0.8;

impl EntityFinder for SpokenEntities {
    fn find(&self, transcript: &Transcript) -> Vec<FoundEntity> {
        let said = &transcript.utterances;
        let lines: Vec<Line<'_>> = said.iter().map(|u| Line { channel: u.channel, text: &u.text }).collect();
        let mut found = Vec::new();
        for entity in entities::find(&lines) {
            for part in &entity.parts {
                found.push(FoundEntity {
                    utterance: u32::try_from(part.line).unwrap_or(u32::MAX),
                    text: part.span,
                    kind: kind(entity.kind),
                    value: entity.value.clone(),
                    certainty: if entity.checked { CHECKED } else { UNCHECKED },
                });
            }
        }
        found.sort_by_key(|entity| (entity.utterance, entity.text.start));
        found
    }
}

fn kind(kind: entities::EntityKind) -> EntityKind {
    match kind {
        entities::EntityKind::Phone => EntityKind::Phone,
        entities::EntityKind::IdCard => EntityKind::IdCard,
        entities::EntityKind::BankCard => EntityKind::BankCard,
        entities::EntityKind::Name => EntityKind::Name,
        entities::EntityKind::Address => EntityKind::Address,
        entities::EntityKind::Email => EntityKind::Email,
        entities::EntityKind::Amount => EntityKind::Amount,
        entities::EntityKind::Date => EntityKind::Date,
    }
}
