//! How well meanings are told on sentences that were not learned from.
//!
//! `cargo run --release -p hotline-rules --example meaning -- FILE…` learns from the built-in sentences and scores the labelled
//! sentences of the files; without files it learns from all but one fold of the built-in sentences and scores that, five times.
//! `… -- --ask [LABEL]` reads sentences from the standard input and says what each does. Otherwise prints for each label what is found, first where the certainty is at least 0.5, then where it is high enough to accuse, and
//! how certain answers compare with right ones.

use std::collections::{BTreeMap, BTreeSet};

use hotline_rules::meaning::{Labelled, Meanings, built_in_collections, certainty, labelled};

/// One answer: the label, how far the sentence lies on its side, and whether it has it.
struct Answer {
    label: String,
    margin: f32,
    has: bool,
    text: String,
}

const FOLDS: usize = 5;

/// For each line the labels that it is at least as likely to have as not, or the one label that is asked for, with their margins.
fn say() -> Result<(), Box<dyn std::error::Error>> {
    let meanings = Meanings::built_in();
    let only = std::env::args().nth(2);
    for line in std::io::stdin().lines() {
        let line = line?;
        let margins = meanings.margins(&line);
        let mut told: Vec<(f32, &String)> = margins.into_iter().zip(meanings.labels()).collect();
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        let wanted = |margin: f32, label: &str| match &only {
            Some(only) => only == label,
            None => certainty(margin) >= 0.5,
        };
        let told = told.iter().filter(|(margin, label)| wanted(*margin, label));
        let told: Vec<String> =
            told.map(|(margin, label)| format!("{label} {:.3} ({margin:.2})", certainty(*margin))).collect();
        println!("{line}\t{}", told.join(", "));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.first().is_some_and(|first| first == "--ask") {
        return say();
    }
    let collections = built_in_collections();
    let mut answers = Vec::new();
    if files.is_empty() {
        for fold in 0..FOLDS {
            let part = |kept: fn(usize, usize) -> bool| -> Vec<Vec<Labelled>> {
                let of = |sentences: &Vec<Labelled>| {
                    let chosen = sentences.iter().enumerate().filter(|(at, _)| kept(at % FOLDS, fold));
                    chosen.map(|(_, sentence)| sentence.clone()).collect()
                };
                collections.iter().map(of).collect()
            };
            let meanings = Meanings::learn(&part(|at, fold| at != fold));
            part(|at, fold| at == fold).iter().for_each(|held_out| ask(&meanings, held_out, &mut answers));
        }
    }
    let begin = std::time::Instant::now();
    Meanings::built_in();
    println!("learned in {:.2} s", begin.elapsed().as_secs_f64());
    for file in &files {
        let held_out = labelled(&std::fs::read_to_string(file)?).map_err(|line| format!("{file}:{line}: no tab"))?;
        ask(Meanings::built_in(), &held_out, &mut answers);
    }
    by_label(&answers);
    reliability(&answers);
    if std::env::var_os("SHOW").is_some() {
        answers.sort_by(|a, b| b.margin.total_cmp(&a.margin));
        for answer in answers.iter().filter(|a| !a.has).take(60) {
            println!("false {} {:.2} {}", answer.label, answer.margin, answer.text);
        }
    }
    Ok(())
}

fn ask(meanings: &Meanings, held_out: &[Labelled], answers: &mut Vec<Answer>) {
    let known: BTreeSet<&String> = held_out.iter().flat_map(|sentence| &sentence.labels).collect();
    for sentence in held_out {
        let margins = meanings.margins(&sentence.text);
        for (label, margin) in meanings.labels().iter().zip(margins).filter(|(label, _)| known.contains(label)) {
            let has = sentence.labels.contains(label);
            answers.push(Answer { label: label.clone(), margin, has, text: sentence.text.clone() });
        }
    }
}

fn by_label(answers: &[Answer]) {
    let mut labels: BTreeMap<&str, Vec<(f32, bool)>> = BTreeMap::new();
    for answer in answers {
        labels.entry(&answer.label).or_default().push((answer.margin, answer.has));
        labels.entry("all").or_default().push((answer.margin, answer.has));
    }
    println!(
        "| label | sentences | average precision | recall where 95 % are right | recall, precision at certainty 0.5 | at 0.8 |"
    );
    println!("|---|---|---|---|---|---|");
    for (label, mut list) in labels {
        let with = list.iter().filter(|(_, has)| *has).count();
        list.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut right, mut area, mut recall95) = (0usize, 0.0, 0.0);
        for (rank, (_, has)) in list.iter().enumerate() {
            right += usize::from(*has);
            let precision = right as f64 / (rank + 1) as f64;
            if *has {
                area += precision / with as f64;
            }
            if precision >= 0.95 {
                recall95 = right as f64 / with as f64;
            }
        }
        let at = |least: f32| {
            let found: Vec<bool> = list.iter().filter(|(m, _)| certainty(*m) >= least).map(|(_, has)| *has).collect();
            let right = found.iter().filter(|has| **has).count() as f64;
            format!("{:.0} %, {:.0} %", 100.0 * right / with as f64, 100.0 * right / found.len().max(1) as f64)
        };
        println!("| {label} | {with} | {area:.3} | {:.0} % | {} | {} |", 100.0 * recall95, at(0.5), at(0.8));
    }
}

fn reliability(answers: &[Answer]) {
    println!("\n| certainty | answers | right | mean certainty |\n|---|---|---|---|");
    for tenth in 0..10 {
        let (from, to) = (tenth as f32 / 10.0, (tenth + 1) as f32 / 10.0);
        let within: Vec<&Answer> = answers.iter().filter(|a| (from..to).contains(&certainty(a.margin))).collect();
        let right = within.iter().filter(|a| a.has).count();
        let mean = within.iter().map(|a| certainty(a.margin)).sum::<f32>() / within.len().max(1) as f32;
        println!(
            "| {from:.1}–{to:.1} | {} | {:.0} % | {mean:.2} |",
            within.len(),
            100.0 * right as f64 / within.len().max(1) as f64
        );
    }
    let (slope, offset) = platt(answers);
    println!("\nPlatt's slope {slope:.2}, offset {offset:.2} on these answers");
}

/// Logistic regression of having the label on the margin, by gradient descent.
fn platt(answers: &[Answer]) -> (f64, f64) {
    let (mut slope, mut offset) = (4.0f64, 0.0f64);
    for _ in 0..3000 {
        let (mut by_slope, mut by_offset) = (0.0, 0.0);
        for answer in answers {
            let margin = f64::from(answer.margin);
            let error = 1.0 / (1.0 + (-(slope * margin + offset)).exp()) - f64::from(u8::from(answer.has));
            by_slope += error * margin;
            by_offset += error;
        }
        slope -= 20.0 * by_slope / answers.len() as f64;
        offset -= 20.0 * by_offset / answers.len() as f64;
    }
    (slope, offset)
}
