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
    let neighbours = neighbours(&sentences, settings.likeness_min);
    let calls_of = |nth: usize, free: &[bool]| -> usize {
        let others = neighbours[nth].iter().filter(|(other, _)| free[*other]).map(|(other, _)| sentences[*other].call);
        others.chain([sentences[nth].call]).collect::<BTreeSet<_>>().len()
    };
    let mut free = vec![true; sentences.len()];
    let closeness = |nth: usize| -> u64 {
        // Whole numbers, so that the order of adding does not matter.
        neighbours[nth].iter().map(|(_, likeness)| (likeness * 1e6) as u64).sum()
    };
    let mut queue: BinaryHeap<(usize, u64, Reverse<usize>)> =
        (0..sentences.len()).map(|nth| (calls_of(nth, &free), closeness(nth), Reverse(nth))).collect();
    let mut groups = Vec::new();
    while let Some((calls, close, Reverse(nth))) = queue.pop() {
        if calls < settings.calls_min.max(2) || groups.len() >= settings.limit {
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
        let mut members: Vec<(usize, f64)> =
            neighbours[nth].iter().copied().filter(|(other, _)| free[*other]).collect();
        members.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        free[nth] = false;
        members.iter().for_each(|(other, _)| free[*other] = false);
        groups.push(group(&sentences, nth, &members, calls));
    }
    groups.sort_by(|a: &Group, b| b.calls.cmp(&a.calls).then(b.sentences.cmp(&a.sentences)));
    groups
}

fn group(sentences: &[Sentence<'_>], nth: usize, members: &[(usize, f64)], calls: usize) -> Group {
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
        calls,
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

/// For every sentence the others that are like it, and how much, 0…1.
fn neighbours(sentences: &[Sentence<'_>], least: f64) -> Vec<Vec<(usize, f64)>> {
    let mut having: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (nth, sentence) in sentences.iter().enumerate() {
        for feature in &sentence.features {
            having.entry(feature).or_default().push(nth);
        }
    }
    let common = (sentences.len() / COMMON_SHARE).max(COMMON_MIN);
    let weights: BTreeMap<&str, f64> = (having.iter())
        .filter(|(_, having)| having.len() <= common)
        .map(|(feature, having)| (*feature, (1.0 + sentences.len() as f64 / having.len() as f64).ln().powi(2)))
        .collect();
    let weight = |feature: &String| weights.get(feature.as_str()).copied();
    let lengths: Vec<f64> =
        sentences.iter().map(|sentence| sentence.features.iter().filter_map(weight).sum::<f64>().sqrt()).collect();
    sentences
        .iter()
        .enumerate()
        .map(|(nth, sentence)| {
            let mut products: BTreeMap<usize, f64> = BTreeMap::new();
            for feature in &sentence.features {
                let (Some(weight), Some(having)) = (weight(feature), having.get(feature.as_str())) else { continue };
                for other in having.iter().filter(|other| **other != nth) {
                    *products.entry(*other).or_default() += weight;
                }
            }
            let like = products.into_iter().map(|(other, product)| (other, product / (lengths[nth] * lengths[other])));
            like.filter(|(_, likeness)| *likeness >= least).collect()
        })
        .collect()
}
