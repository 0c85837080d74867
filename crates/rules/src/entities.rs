//! Personal data in a transcript, as the `entity` operator weighs it.

use hotline_model::{TextSpan, Transcript};
use hotline_text::entities::{EntityKind, Line, find};

/// A piece of personal data in one utterance. What is spread over several utterances is several of these with the same `value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundEntity {
    /// Index into [`Transcript::utterances`].
    pub(crate) utterance: u32,
    /// Which bytes of its text.
    pub(crate) text: TextSpan,
    pub(crate) kind: EntityKind,
    /// What it says, in one spelling however it was spoken: digits for numbers. Two with the same value are the same thing.
    pub(crate) value: String,
    /// How sure it is that it is one, 0…1.
    pub(crate) certainty: f32,
}

/// Certainty of what its own form proves, and of what only the words around it speak for.
const CHECKED: f32 = 0.95;
const UNCHECKED: f32 = 0.8;

/// Everything [`hotline_text::entities`] finds, in the order of utterances and places.
pub(crate) fn find_all(transcript: &Transcript) -> Vec<FoundEntity> {
    let said = &transcript.utterances;
    let lines: Vec<Line<'_>> = said.iter().map(|u| Line { channel: u.channel, text: &u.text }).collect();
    let mut found = Vec::new();
    for entity in find(&lines) {
        for part in &entity.parts {
            found.push(FoundEntity {
                utterance: u32::try_from(part.line).unwrap_or(u32::MAX),
                text: part.span,
                kind: entity.kind,
                value: entity.value.clone(),
                certainty: if entity.checked { CHECKED } else { UNCHECKED },
            });
        }
    }
    found.sort_by_key(|entity| (entity.utterance, entity.text.start));
    found
}
