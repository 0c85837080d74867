//! What the sentences of one call mean, worked out once for all who ask: rules, complaints.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hotline_model::{TextSpan, Transcript};

use super::Meanings;
use crate::operators::clause_runs;

/// Some clauses of a sentence and how far they lie on the side of each label of [`Meanings`].
#[derive(Debug)]
pub(crate) struct MeaningRun {
    pub(crate) span: TextSpan,
    pub(crate) margins: Vec<f32>,
}

/// For each sentence of an utterance its runs of clauses.
type Sentences = Rc<Vec<Vec<MeaningRun>>>;

/// A call whose sentences are understood as they are asked for. Give the same to [`crate::Judge::judge_understood`] and
/// [`crate::complaint::Guide::complaint_of`], and no sentence is looked at twice.
#[derive(Debug)]
pub struct Understood<'a> {
    transcript: &'a Transcript,
    sentences: RefCell<HashMap<u32, Sentences>>,
}

impl<'a> Understood<'a> {
    /// A call of which nothing has been asked yet.
    pub fn of(transcript: &'a Transcript) -> Self {
        Understood { transcript, sentences: RefCell::default() }
    }

    /// The call.
    pub(crate) fn transcript(&self) -> &'a Transcript {
        self.transcript
    }

    /// What the sentences of an utterance mean.
    pub(crate) fn sentences(&self, utterance: u32) -> Sentences {
        let mut sentences = self.sentences.borrow_mut();
        Rc::clone(sentences.entry(utterance).or_insert_with(|| {
            let Some(said) = self.transcript.utterances.get(utterance as usize) else { return Rc::default() };
            let run = |span: TextSpan| {
                let margins = Meanings::built_in().margins(span.slice(&said.text).unwrap_or(""));
                MeaningRun { span, margins }
            };
            let runs = clause_runs(&said.text).into_iter();
            Rc::new(runs.map(|runs| runs.into_iter().map(run).collect()).collect())
        }))
    }
}
