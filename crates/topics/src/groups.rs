//! Sentences of different customers that say the same.
//!
//! Sentences are vectors of their content words and character pairs, weighed by how few sentences have them (idf). Two that are close enough
//! (cosine) are neighbours. The sentence with neighbours in the most calls becomes the representative of a group, its neighbours
//! leave, and so on (star clustering: Aslam, Pelekhov, Rus, JGAA 8, 2004): no chain of small steps joins what is not alike, and
//! every member is like the representative that people are shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use hotline_text::{Lexicon, skeleton};
use serde::Serialize;

use crate::{TopicCall, TopicSettings, terms};

/// Shorter sentences (嗯，好的) are alike without saying anything.
const CHARS_MIN: usize = 6;
/// Features that more sentences than this share have, tell nothing apart and cost most of the time.
const COMMON_SHARE: usize = 10;
/// Features are never too common in so few sentences.
const COMMON_MIN: usize = 30;
/// Sentences that are compared each with each; of more, every second, third … is, and the others join the groups found.
const COMPARED_MAX: usize = 3000;
/// Members named in a group.
const MEMBERS_NAMED: usize = 20;

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// Id of the call.
    pub call: String,
    /// Place of the utterance in the call's transcript.
    pub utterance: usize,
    /// When the utterance begins, in milliseconds from the start of the recording.
    pub start_ms: u32,
    /// The sentence.
    pub text: String,
}

/// Sentences that say the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The sentence that is most like the others.
    pub representative: Said,
    /// Different calls.
    pub calls: usize,
    /// Sentences, the representative included.
    pub sentences: usize,
    /// Content words that at least half of the sentences have, the most common first.
    pub words: Vec<String>,
    /// Some of the other sentences, the most alike first.
    pub members: Vec<Said>,
}

struct Sentence<'a> {
    call: usize,
    call_id: &'a str,
    utterance: usize,
    start_ms: u32,
    text: String,
    words: BTreeSet<String>,
    features: BTreeSet<String>,
}

/// The groups of a week's sentences, the one with the most calls first.
pub(crate) fn groups(week: &[&TopicCall], lexicon: &Lexicon, settings: &TopicSettings) -> Vec<Group> {
    let sentences = sentences(week, lexicon);
    let vectors = Vectors::of(&sentences);
    let step = sentences.len().div_ceil(COMPARED_MAX).max(1);
    let compared: Vec<usize> = (0..sentences.len()).step_by(step).collect();
    let stars = stars(&sentences, &vectors, &compared, settings);
    let members = joined(&vectors, stars, sentences.len(), step, settings.likeness_min);
    let mut groups: Vec<Group> = members.iter().map(|(nth, members)| group(&sentences, *nth, members)).collect();
    groups.retain(|group| group.calls >= settings.calls_min.max(2));
    groups.sort_by(|a, b| b.calls.cmp(&a.calls).then(b.sentences.cmp(&a.sentences)));
    groups.truncate(settings.limit);
    groups
}

/// A sentence and those that are like it, with how much.
type Star = (usize, Vec<(usize, f64)>);

/// Picks sentences with neighbours in the most calls, one after the other; each takes its neighbours along.
fn stars(sentences: &[Sentence<'_>], vectors: &Vectors, compared: &[usize], settings: &TopicSettings) -> Vec<Star> {
    let neighbours: Vec<Vec<(usize, f64)>> = vectors.neighbours(compared, compared, settings.likeness_min);
    let calls_of = |nth: usize, free: &[bool]| -> usize {
        let own = sentences[compared[nth]].call;
        // Sentences stand in the order of their calls, and so do neighbours.
        let mut calls: Vec<usize> = (neighbours[nth].iter())
            .filter(|(other, _)| free[*other])
            .map(|(other, _)| sentences[compared[*other]].call)
            .filter(|call| *call != own)
            .collect();
        calls.dedup();
        calls.len() + 1
    };
    let mut free = vec![true; compared.len()];
    // Whole numbers, so that the order of adding does not matter.
    let closeness = |nth: usize| neighbours[nth].iter().map(|(_, likeness)| (likeness * 1e6) as u64).sum::<u64>();
    let mut queue: BinaryHeap<(usize, u64, Reverse<usize>)> =
        (0..compared.len()).map(|nth| (calls_of(nth, &free), closeness(nth), Reverse(nth))).collect();
    let mut stars = Vec::new();
    while let Some((calls, close, Reverse(nth))) = queue.pop() {
        if calls < settings.calls_min.max(2) || stars.len() >= settings.limit {
            break;
        }
        if !free[nth] {
            continue;
        }
        let now = calls_of(nth, &free);
        if now < calls {
            // Some of its neighbours have left since it was queued.
            queue.push((now, close, Reverse(nth)));
            continue;
        }
        let members: Vec<(usize, f64)> = neighbours[nth].iter().copied().filter(|(other, _)| free[*other]).collect();
        free[nth] = false;
        members.iter().for_each(|(other, _)| free[*other] = false);
        stars.push((compared[nth], members.into_iter().map(|(other, like)| (compared[other], like)).collect()));
    }
    stars
}

/// The same with the sentences that were not compared: each joins the representative it is most like, if it is like one.
fn joined(vectors: &Vectors, mut stars: Vec<Star>, sentences: usize, step: usize, least: f64) -> Vec<Star> {
    let others: Vec<usize> = (0..sentences).filter(|nth| nth % step != 0).collect();
    let representatives: Vec<usize> = stars.iter().map(|(nth, _)| *nth).collect();
    for (other, like) in others.iter().zip(vectors.neighbours(&others, &representatives, least)) {
        let best = like.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((star, likeness)) = best {
            stars[star].1.push((*other, likeness));
        }
    }
    for (_, members) in &mut stars {
        members.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
    stars
}

fn group(sentences: &[Sentence<'_>], nth: usize, members: &[(usize, f64)]) -> Group {
    let said = |nth: usize| {
        let sentence = &sentences[nth];
        Said {
            call: sentence.call_id.to_owned(),
            utterance: sentence.utterance,
            start_ms: sentence.start_ms,
            text: sentence.text.clone(),
        }
    };
    let all: Vec<usize> = [nth].into_iter().chain(members.iter().map(|(other, _)| *other)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in all.iter().flat_map(|nth| &sentences[*nth].words) {
        *counts.entry(word).or_default() += 1;
    }
    let mut words: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| count * 2 >= all.len()).collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    Group {
        representative: said(nth),
        calls: all.iter().map(|nth| sentences[*nth].call).collect::<BTreeSet<_>>().len(),
        sentences: all.len(),
        words: words.into_iter().map(|(word, _)| word.to_owned()).collect(),
        members: members.iter().take(MEMBERS_NAMED).map(|(other, _)| said(*other)).collect(),
    }
}

fn sentences<'a>(week: &[&'a TopicCall], lexicon: &Lexicon) -> Vec<Sentence<'a>> {
    let mut sentences = Vec::new();
    for (place, call) in week.iter().enumerate() {
        for remark in &call.remarks {
            for text in remark.text.split_inclusive(['。', '？', '！', '；', '?', '!', ';', '\n']) {
                let meant = terms::without_placeholders(text);
                let spoken: Vec<char> = skeleton(&meant).text.chars().collect();
                let words: BTreeSet<String> = terms::content_words(&meant, lexicon).into_iter().collect();
                if spoken.len() < CHARS_MIN || words.is_empty() {
                    continue;
                }
                let pairs = spoken.windows(2).map(|pair| pair.iter().collect::<String>());
                // A word counts besides its pairs: words weigh more than what happens to stand between them.
                let features = pairs.chain(words.iter().map(|word| format!("={word}"))).collect();
                sentences.push(Sentence {
                    call: place,
                    call_id: &call.call,
                    utterance: remark.utterance,
                    start_ms: remark.start_ms,
                    text: text.trim().to_owned(),
                    words,
                    features,
                });
            }
        }
    }
    sentences
}

/// Sentences as weighed features.
struct Vectors {
    /// Features of each sentence, by their number, in order.
    features: Vec<Vec<usize>>,
    /// Square of the weight of each feature; 0 for those too common to tell anything apart.
    weights: Vec<f64>,
    /// Length of each sentence's vector.
    lengths: Vec<f64>,
}

impl Vectors {
    fn of(sentences: &[Sentence<'_>]) -> Vectors {
        let mut having: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for feature in sentences.iter().flat_map(|sentence| &sentence.features) {
            having.entry(feature).or_default().1 += 1;
        }
        let common = (sentences.len() / COMMON_SHARE).max(COMMON_MIN);
        let mut weights = Vec::with_capacity(having.len());
        for (number, (place, count)) in having.values_mut().enumerate() {
            *place = number;
            let weight = (1.0 + sentences.len() as f64 / *count as f64).ln();
            weights.push(if *count <= common { weight * weight } else { 0.0 });
        }
        let numbers = |sentence: &Sentence<'_>| -> Vec<usize> {
            let places = sentence.features.iter().filter_map(|feature| having.get(feature.as_str()));
            places.map(|(place, _)| *place).filter(|place| weights[*place] > 0.0).collect()
        };
        let features: Vec<Vec<usize>> = sentences.iter().map(numbers).collect();
        let length = |features: &Vec<usize>| features.iter().map(|feature| weights[*feature]).sum::<f64>().sqrt();
        let lengths = features.iter().map(length).collect();
        Vectors { features, weights, lengths }
    }

    /// For each of `sentences` those of `others` (by their place there, in order) that are like it, itself left out, and how much, 0…1.
    fn neighbours(&self, sentences: &[usize], others: &[usize], least: f64) -> Vec<Vec<(usize, f64)>> {
        let mut having: Vec<Vec<usize>> = vec![Vec::new(); self.weights.len()];
        for (place, other) in others.iter().enumerate() {
            self.features[*other].iter().for_each(|feature| having[*feature].push(place));
        }
        let mut products = vec![0.0; others.len()];
        let mut touched: Vec<usize> = Vec::new();
        let mut found = Vec::with_capacity(sentences.len());
        for nth in sentences {
            for feature in &self.features[*nth] {
                for place in &having[*feature] {
                    if products[*place] == 0.0 {
                        touched.push(*place);
                    }
                    products[*place] += self.weights[*feature];
                }
            }
            touched.sort_unstable();
            let mut like = Vec::new();
            for place in touched.drain(..) {
                let other = others[place];
                let likeness = products[place] / (self.lengths[*nth] * self.lengths[other]);
                products[place] = 0.0;
                if likeness >= least && other != *nth {
                    like.push((place, likeness));
                }
            }
            found.push(like);
        }
        found
    }
}
