//! Dialogues with the outcome each rule must have on them. A case is a few lines of a file under `cases/`; what may stand in
//! one is told in `cases/README.md`.

#![allow(clippy::unwrap_used, reason = "a broken case file or fixture should stop the test, helpers included")]

mod dialogue;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialogue::{CaseFile, DigitRuns};
use hotline_rules::{CallView, Judge, RuleSet};

#[test]
fn operators_and_ranges() {
    run("operators", 17);
}

#[test]
fn starter_rules() {
    run("starter", 12);
}

/// Runs every case of a folder and reports all that fail.
fn run(folder: &str, files_at_least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= files_at_least, "only {} case files under {}", files.len(), root.display());
    let mut failures = Vec::new();
    // Preparing the starter pack takes a while without optimisation: once is enough.
    let starter = std::cell::LazyCell::new(|| Judge::new(RuleSet::built_in()));
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let cases: CaseFile = toml::from_str(&std::fs::read_to_string(file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let own = cases.rules.as_deref().map(|text| Judge::new(rules(&name, text)).with_entities(Arc::new(DigitRuns)));
        let judge = own.as_ref().unwrap_or_else(|| &starter);
        assert!(!cases.case.is_empty(), "{name} has no cases");
        for case in &cases.case {
            let heard = case.heard();
            let view = CallView {
                call: &heard.call,
                transcript: &heard.transcript,
                acoustics: &heard.acoustics,
                heard_until: heard.until,
                organisations: &cases.hotlines,
            };
            let findings = judge.judge(&view).findings;
            for failure in case.check(&findings) {
                failures.push(format!("{name}: {}: {failure}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

fn rules(name: &str, text: &str) -> RuleSet {
    let loaded = RuleSet::parse(&[(name, text)]);
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    loaded.set.unwrap_or_else(|| panic!("{name}: the rules do not load:\n{}", problems.join("\n")))
}
