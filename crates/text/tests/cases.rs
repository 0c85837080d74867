//! Runs the case files beside this test: what must be found in a text, line by line.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_model::{Channel, TextSpan};
use hotline_text::entities::{self, Line};
use hotline_text::number::{self, NumberKind};
use hotline_text::{Lexicon, fold, simplify, skeleton, spoken_chars};

/// The lines of a case file, split at tabs, without comments.
fn cases(file: &'static str) -> Vec<Vec<&'static str>> {
    let cases: Vec<_> = file
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .collect();
    assert!(cases.len() > 5, "case file not read");
    cases
}

/// Compares all cases and shows every one that fails.
fn check(file: &'static str, columns: usize, run: impl Fn(&[&str]) -> Vec<String>) {
    let mut wrong = Vec::new();
    for case in cases(file) {
        assert_eq!(case.len(), columns, "{case:?}");
        let actual = run(&case);
        let expected = &case[case.len() - actual.len()..];
        if actual != expected {
            wrong.push(format!("{}\n   expected {expected:?}\n   found    {actual:?}", case[0]));
        }
    }
    assert!(wrong.is_empty(), "{} cases fail:\n{}", wrong.len(), wrong.join("\n"));
}

fn kind_name(kind: NumberKind) -> String {
    format!("{kind:?}").to_lowercase()
}

#[test]
fn numbers() {
    check(include_str!("cases/numbers.tsv"), 2, |case| {
        let text = case[0];
        let found: Vec<String> = number::find(text)
            .iter()
            .map(|n| {
                let about = if n.approximate { "~" } else { "" };
                format!("{}={}:{about}{}", n.span.slice(text).unwrap(), kind_name(n.kind), n.value)
            })
            .collect();
        vec![if found.is_empty() { "-".into() } else { found.join(" ") }]
    });
}

#[test]
fn readings() {
    check(include_str!("cases/readings.tsv"), 3, |case| {
        let readings = number::readings(case[0]);
        vec![readings.digits.text, readings.characters.text]
    });
}

#[test]
fn folding() {
    check(include_str!("cases/folding.tsv"), 3, |case| {
        let folded = match case[0] {
            "fold" => fold(case[1]),
            "simplify" => simplify(case[1]),
            "skeleton" => skeleton(case[1]),
            other => panic!("unknown function {other}"),
        };
        assert_eq!(folded.to_original(TextSpan::new(0, folded.text.len())).range().start, 0);
        vec![folded.text]
    });
}

#[test]
fn segmentation() {
    let lexicon = Lexicon::built_in();
    check(include_str!("cases/segmentation.tsv"), 2, |case| {
        let words: Vec<String> =
            lexicon.words(case[0]).iter().map(|word| fold(word.span.slice(case[0]).unwrap()).text).collect();
        vec![words.join("/")]
    });
}

#[test]
fn spoken() {
    check(include_str!("cases/spoken.tsv"), 2, |case| vec![spoken_chars(case[0]).to_string()]);
}

/// A dialogue as a case file writes it.
fn dialogue(text: &str) -> Vec<(Channel, &str)> {
    text.split(" / ")
        .map(|line| match line.split_once(':').unwrap() {
            ("a", said) => (Channel::Agent, said),
            ("c", said) => (Channel::Customer, said),
            ("m", said) => (Channel::Mixed, said),
            (other, _) => panic!("nobody is called {other}"),
        })
        .collect()
}

#[test]
fn entities() {
    check(include_str!("cases/entities.tsv"), 2, |case| {
        let said = dialogue(case[0]);
        let lines: Vec<Line<'_>> = said.iter().map(|&(channel, text)| Line { channel, text }).collect();
        let found: Vec<String> = entities::find(&lines)
            .iter()
            .map(|entity| {
                let parts: Vec<&str> =
                    entity.parts.iter().map(|part| part.span.slice(said[part.line].1).unwrap()).collect();
                format!("{}={}", entity.kind.name(), parts.join("+"))
            })
            .collect();
        vec![if found.is_empty() { "-".into() } else { found.join(";") }]
    });
}
