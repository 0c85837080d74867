//! The order of floors: a crate depends on lower floors only, and floor 1 rooms do not know each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Floor of every crate of the house. A new crate has to be entered here, on purpose.
const FLOORS: [(&str, u32); 15] = [
    ("hotline-model", 0),
    ("hotline-audio", 1),
    ("hotline-vad", 1),
    ("hotline-asr", 1),
    ("hotline-text", 1),
    ("hotline-store", 1),
    ("hotline-report", 1),
    ("hotline-export", 1),
    ("hotline-sheet", 1),
    ("hotline-rules", 2),
    ("hotline-index", 2),
    ("hotline-topics", 2),
    ("hotline-pipeline", 3),
    ("hotline-eval", 4),
    ("hotline-live", 4),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Names of the house's crates that a manifest lists under `section`.
fn house_dependencies(manifest: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(manifest).unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    ["dependencies", "build-dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|section| table.get(*section)?.as_table())
        .flat_map(|section| section.keys().filter(|name| name.starts_with("hotline-")).cloned())
        .collect()
}

/// Every crate under `crates/` with what it depends on.
fn house() -> BTreeMap<String, Vec<String>> {
    std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("Cargo.toml"))
        .filter(|manifest| manifest.is_file())
        .map(|manifest| {
            let folder = manifest.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            (format!("hotline-{folder}"), house_dependencies(&manifest))
        })
        .collect()
}

/// What is wrong with the order, one line each.
fn upward(house: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let floors: BTreeMap<&str, u32> = FLOORS.into_iter().collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in house {
        let Some(floor) = floors.get(name.as_str()) else {
            wrong.push(format!("{name} has no floor: enter it in tests/floors.rs and ARCHITECTURE.md"));
            continue;
        };
        for dependency in dependencies {
            match floors.get(dependency.as_str()) {
                Some(lower) if lower < floor => {}
                Some(lower) => wrong.push(format!("{name} (floor {floor}) depends on {dependency} (floor {lower})")),
                None => wrong.push(format!("{name} depends on {dependency}, which has no floor")),
            }
        }
    }
    wrong
}

#[test]
fn no_crate_depends_upward() {
    let house = house();
    assert!(house.len() >= 10, "too few crates found, the test looks in the wrong place: {house:?}");
    let wrong = upward(&house);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_upward_dependency_would_be_found() {
    let crates = |name: &str, dependency: &str| BTreeMap::from([(name.to_owned(), vec![dependency.to_owned()])]);
    assert_eq!(upward(&crates("hotline-text", "hotline-rules")).len(), 1);
    assert_eq!(upward(&crates("hotline-store", "hotline-text")).len(), 1);
    assert_eq!(upward(&crates("hotline-new", "hotline-model")).len(), 1);
    assert_eq!(upward(&crates("hotline-rules", "hotline-text")).len(), 0);
}
