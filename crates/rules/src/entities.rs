//! The seam for personal data: whoever can find numbers, names and addresses in a transcript serves the `entity` operator.

use std::fmt;

use hotline_model::{TextSpan, Transcript};

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
