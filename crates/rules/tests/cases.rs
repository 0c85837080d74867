//! Dialogues with the outcome each rule must have on them. A case is a few lines of a file under `cases/`; what may stand in
//! one is told in `cases/README.md`.

#![allow(clippy::unwrap_used, reason = "a broken case file or fixture should stop the test, helpers included")]

use std::path::{Path, PathBuf};

use hotline_rules::dialogue::CaseFile;
use hotline_rules::{Judge, RuleSet};

#[test]
fn operators_and_ranges() {
    run("operators", 18);
}

#[test]
fn starter_rules() {
    run("starter", 13);
}

/// Runs every case of a folder and reports all that fail.
fn run(folder: &str, files_at_least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= files_at_least, "only {} case files under {}", files.len(), root.display());
    let starter = Judge::new(RuleSet::built_in());
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        let cases = CaseFile::parse(&name, &std::fs::read_to_string(file).unwrap()).unwrap();
        for result in cases.run(&name, &starter).unwrap() {
            failures.extend(result.failures.iter().map(|failure| format!("{name}: {}: {failure}", result.name)));
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}
