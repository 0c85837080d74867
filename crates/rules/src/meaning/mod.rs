//! What a sentence means, beyond any list of wordings: learned from labelled sentences.
//!
//! In: sentences with labels (`assets/meaning/*.tsv`, each line the labels and a sentence). Out: for each label how certain it is that
//! another sentence does the same thing. Learned anew at first use, in a fraction of a second, in a fixed order: the same sentences
//! give the same answers everywhere, and adding a sentence needs no other step. How good it is on wording that it has not seen, and
//! what it was compared with, stands in `docs/benchmarks/`.

mod features;
mod learn;
mod understood;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use features::{Vector, Vocabulary, features};
use hotline_text::spoken_chars;
use learn::{Line, learn};
use rayon::prelude::*;
pub(crate) use understood::MeaningRun;
pub use understood::Understood;

use crate::operators::clause_runs;

/// Labelled sentences by who thought of which labels: what agents should and should not say, the turning points of a call, conduct once more, requests and
/// arrangements, what customers say.
const CORPUS: [&[&str]; 8] = [
    &[
        include_str!("../../assets/meaning/public_services.tsv"),
        include_str!("../../assets/meaning/telecom_finance.tsv"),
        include_str!("../../assets/meaning/trade_travel_health.tsv"),
        include_str!("../../assets/meaning/conduct_1.tsv"),
        include_str!("../../assets/meaning/conduct_2.tsv"),
        include_str!("../../assets/meaning/ordinary.tsv"),
        include_str!("../../assets/meaning/standard.tsv"),
    ],
    &[
        include_str!("../../assets/meaning/turning_points.tsv"),
        include_str!("../../assets/meaning/turning_points_2.tsv"),
        include_str!("../../assets/meaning/turning_points_3.tsv"),
    ],
    &[
        include_str!("../../assets/meaning/conduct_3.tsv"),
        include_str!("../../assets/meaning/conduct_4.tsv"),
        include_str!("../../assets/meaning/conduct_5.tsv"),
        include_str!("../../assets/meaning/conduct_6.tsv"),
        include_str!("../../assets/meaning/choices.tsv"),
    ],
    &[include_str!("../../assets/meaning/requests.tsv")],
    &[include_str!("../../assets/meaning/customers.tsv")],
    &[include_str!("../../assets/meaning/arrangements.tsv"), include_str!("../../assets/meaning/arrangements_2.tsv")],
    &[include_str!("../../assets/meaning/conduct_7.tsv"), include_str!("../../assets/meaning/conduct_8.tsv")],
    &[include_str!("../../assets/meaning/customers_2.tsv")],
];

/// Features that fewer sentences have say nothing about other sentences.
const SENTENCES_MIN: u32 = 2;

/// Found best by cross-validation: `docs/benchmarks/`.
const COST: f32 = 2.0;

/// What margins amount to: the certainty is 1 / (1 + exp(−(slope · margin + offset))), fitted to held-out sentences (Platt 1999).
const SLOPE: f32 = 6.5;
const OFFSET: f32 = 1.5;

/// A labelled sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// What the sentence does; empty if nothing that has a label.
    pub labels: Vec<String>,
    /// The sentence.
    pub text: String,
}

/// Reads lines of labels (joined by `+`; `none`), a tab and a sentence. Empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// The number of the first line without a tab.
pub fn labelled(text: &str) -> Result<Vec<Labelled>, usize> {
    let lines = (1usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let (labels, text) = line.split_once('\t').ok_or(number)?;
            let labels = labels.split('+').filter(|label| *label != "none").map(|label| label.trim().to_owned());
            Ok(Labelled { labels: labels.collect(), text: text.trim().to_owned() })
        })
        .collect()
}

/// The labels of the sentences that come with the program, sorted. Nothing has to be learned to know them.
pub fn labels() -> &'static [String] {
    static LABELS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let labels: BTreeSet<String> = built_in_collections().into_iter().flatten().flat_map(|s| s.labels).collect();
        labels.into_iter().collect()
    });
    &LABELS
}

/// What sentences mean.
#[derive(Debug)]
pub struct Meanings {
    labels: Vec<String>,
    vocabulary: Vocabulary,
    /// Weights of all labels, feature by feature.
    weights: Vec<f32>,
    biases: Vec<f32>,
}

static BUILT_IN: LazyLock<Meanings> = LazyLock::new(|| Meanings::learn(&built_in_collections()));

/// The labelled sentences that come with the program, collection by collection.
pub fn built_in_collections() -> Vec<Vec<Labelled>> {
    #[expect(clippy::expect_used, reason = "the sentences are part of the program and read by the tests")]
    let sentences = |text: &&str| labelled(text).expect("every line has a tab");
    CORPUS.iter().map(|files| files.iter().flat_map(sentences).collect()).collect()
}

impl Meanings {
    /// What the program knows by itself.
    pub fn built_in() -> &'static Meanings {
        &BUILT_IN
    }

    /// Learns from collections of sentences. A sentence speaks for or against the labels that occur in its collection, and says nothing
    /// of others: whoever wrote it did not think of them.
    pub fn learn(collections: &[Vec<Labelled>]) -> Meanings {
        let collections: Vec<Vec<Labelled>> = collections.iter().map(|collection| with_pieces(collection)).collect();
        let labels_of = |collection: &'_ Vec<Labelled>| -> BTreeSet<String> {
            collection.iter().flat_map(|sentence| sentence.labels.iter().cloned()).collect()
        };
        let known: Vec<BTreeSet<String>> = collections.iter().map(labels_of).collect();
        let sentences: Vec<(&Labelled, &BTreeSet<String>)> = (collections.iter().zip(&known))
            .flat_map(|(collection, known)| collection.iter().map(move |sentence| (sentence, known)))
            .collect();
        let numbers: Vec<Vec<u64>> = sentences.iter().map(|(sentence, _)| features(&sentence.text)).collect();
        let vocabulary = Vocabulary::of(&numbers, SENTENCES_MIN);
        let vectors: Vec<Vector> = numbers.iter().map(|numbers| vocabulary.vector(numbers)).collect();
        let labels: Vec<String> = known.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let learned = labels.par_iter().map(|label| {
            let examples: Vec<(&Vector, bool)> = (vectors.iter().zip(&sentences))
                .filter(|(_, (_, known))| known.contains(label))
                .map(|(vector, (sentence, _))| (vector, sentence.labels.contains(label)))
                .collect();
            learn(&examples, vocabulary.len(), COST)
        });
        let lines: Vec<Line> = learned.collect();
        let mut weights = vec![0.0; labels.len() * vocabulary.len()];
        for (at, line) in lines.iter().enumerate() {
            for (row, weight) in weights.chunks_exact_mut(labels.len()).zip(&line.weights) {
                if let Some(slot) = row.get_mut(at) {
                    *slot = *weight;
                }
            }
        }
        let biases = lines.iter().map(|line| line.bias).collect();
        Meanings { labels, vocabulary, weights, biases }
    }

    /// The labels it knows, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The place of a label among [`Meanings::labels`].
    pub fn label(&self, name: &str) -> Option<usize> {
        self.labels.binary_search_by(|label| label.as_str().cmp(name)).ok()
    }

    /// How far a sentence lies on the side of each label, in the order of [`Meanings::labels`]: in margins, 0 at the border.
    pub fn margins(&self, text: &str) -> Vec<f32> {
        let mut margins = self.biases.clone();
        for (place, value) in self.vocabulary.vector(&features(text)) {
            let start = place as usize * self.labels.len();
            let row = self.weights.get(start..start + self.labels.len()).unwrap_or(&[]);
            for (margin, weight) in margins.iter_mut().zip(row) {
                *margin += weight * value;
            }
        }
        margins
    }
}

/// Sentences without a label once more in pieces, as they will be asked for: no piece of them has one either.
fn with_pieces(sentences: &[Labelled]) -> Vec<Labelled> {
    let mut all = sentences.to_vec();
    for sentence in sentences.iter().filter(|sentence| sentence.labels.is_empty()) {
        let pieces = clause_runs(&sentence.text).into_iter().flatten();
        let texts = pieces.filter_map(|span| span.slice(&sentence.text));
        let shorter = texts.filter(|text| spoken_chars(text) < spoken_chars(&sentence.text));
        all.extend(shorter.map(|text| Labelled { labels: Vec::new(), text: text.to_owned() }));
    }
    all
}

/// How certain a margin is, 0…1.
pub fn certainty(margin: f32) -> f32 {
    1.0 / (1.0 + (-(SLOPE * margin + OFFSET)).exp())
}
