//! Rule files with mistakes, and what is said about them. Each `problems/NAME.toml` has its list of problems in
//! `NAME.txt`; `UPDATE_EXPECT=1 cargo test -p hotline-rules` writes the lists anew, to be read before they are committed.

#![allow(clippy::unwrap_used, reason = "a broken case file or fixture should stop the test, helpers included")]

use std::path::{Path, PathBuf};

use hotline_rules::{Judge, Language, ProblemSeverity, RuleSet};
use proptest::prelude::*;

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/problems");
    let mut files: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "toml"));
    files.sort();
    files
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let mut failures = Vec::new();
    let files = files();
    assert!(files.len() >= 6);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let loaded = RuleSet::parse(&[(&name, &text)]);
        let found: String = loaded.problems.iter().map(|problem| format!("{problem}\n")).collect();
        let list = file.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&list, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&list).unwrap_or_default();
        if found != expected || found.is_empty() {
            failures.push(format!("{name}: expected\n{expected}found\n{found}"));
        }
        let wrong = loaded.problems.iter().any(|problem| problem.severity == ProblemSeverity::Error);
        assert_eq!(loaded.set.is_none(), wrong, "{name}: a set with errors must not be used");
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Words that stay English in a Chinese message: keys and values of rule files, and what the TOML and regex readers say.
#[test]
fn every_problem_is_said_in_chinese_too() {
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for problem in RuleSet::parse(&[(&name, &text)]).problems {
            let said = [Some(problem.message_in(Language::Zh)), problem.hint_in(Language::Zh)];
            for said in said.into_iter().flatten() {
                assert!(said.chars().any(|c| ('一'..='龥').contains(&c)), "{problem}: {said}");
            }
            let text = problem.text(Language::Zh);
            assert!(text.starts_with(&format!("{name}:{}:{}: ", problem.line, problem.column)), "{text}");
            assert!(problem.line == 0 || text.contains('|'), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Rule files come from people's editors: whatever is in them, the loader says so and does not fall over.
    #[test]
    fn no_text_breaks_the_loader(
        which in 0usize..6,
        cuts in proptest::collection::vec((0.0f64..1.0, 0usize..12, piece()), 0..6),
    ) {
        let file = files().into_iter().nth(which).unwrap();
        let mut text = std::fs::read_to_string(file).unwrap();
        for (at, length, piece) in cuts {
            let start = text.floor_char_boundary((at * text.len() as f64) as usize);
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &piece);
        }
        let loaded = RuleSet::parse(&[("fuzzed.toml", &text)]);
        prop_assert_eq!(loaded.set.is_none(), loaded.failed());
        let lines = text.lines().count() as u32 + 1;
        for problem in &loaded.problems {
            prop_assert!(problem.line <= lines, "{}", problem);
            let _ = (problem.text(Language::Zh), problem.text(Language::En));
        }
        if let Some(set) = loaded.set {
            let _ = (set.coverage(), Judge::new(set));
        }
    }
}

/// What is put in by mistake: pieces of the language in the wrong place, and anything else.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: [&str; 24] = [
        "",
        "[",
        "]",
        "[[rule]]",
        "{",
        "}",
        "\"",
        "=",
        ",",
        "(",
        "|",
        ")",
        "…",
        "~",
        "@",
        "near = ",
        "\n",
        "= 1e999",
        "-1",
        "1979-05-27",
        "true",
        "&& !",
        "phrase = { any = [\"",
        "0..0",
    ];
    prop_oneof![3 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

#[test]
fn the_starter_pack_has_no_problems() {
    let loaded = RuleSet::parse(RuleSet::built_in_sources());
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let set = loaded.set.unwrap();
    let (number, hash) = set.version.split_once('+').unwrap();
    assert!(!number.is_empty() && hash.len() == 8, "{}", set.version);
    assert_eq!(set, RuleSet::built_in());
}

#[test]
fn the_starter_pack_serves_its_clauses() {
    let set = RuleSet::built_in();
    for clause in [
        "REQ-01", "REQ-02", "REQ-03", "REQ-04", "REQ-08", "REQ-12", "FRB-01", "FRB-02", "FRB-03", "FRB-04", "FRB-06",
        "FRB-10", "ACU-01", "ACU-03", "ACU-04", "ACU-05", "ACU-06",
    ] {
        assert!(set.rules.iter().any(|rule| rule.clause == clause), "no rule for {clause}");
    }
    assert!(set.rules.iter().all(|rule| rule.title.en.is_some() && !rule.why.zh.is_empty()));
}

const MINE: &str = r#"
[rule_set]
name = "mine"
version = "3"
extends = "starter"
disable = ["too_slow"]

[phrases]
insults = { add = ["你是木头吗"] }

[[rule]]
id = "greeting"
clause = "REQ-01"
title = "没有问候"
severity = "medium"
points = 5
require = "greeted"
conditions.greeted = { role = "agent", range = { turns = "first 1" }, phrase = { any = ["吉祥"] } }
"#;

#[test]
fn a_set_can_extend_the_starter_pack() {
    let loaded = RuleSet::parse(&[("mine.toml", MINE)]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let (mine, starter) = (loaded.set.unwrap(), RuleSet::built_in());
    assert_eq!(mine.name, "mine");
    assert!(mine.version.starts_with("3+"));
    assert_eq!(mine.rules.len(), starter.rules.len() - 1);
    assert!(mine.rules.iter().all(|rule| rule.id != "too_slow"));
    let greeting = mine.rules.iter().find(|rule| rule.id == "greeting").unwrap();
    assert_eq!(greeting.points, 5.0);
    assert_eq!(mine.phrase_lists["insults"].last().unwrap(), "你是木头吗");
}

#[test]
fn the_version_changes_with_the_text() {
    let version = |text: &str| RuleSet::parse(&[("mine.toml", text)]).set.unwrap().version;
    assert_eq!(version(MINE), version(MINE));
    assert_ne!(version(MINE), version(&MINE.replace("吉祥", "如意")));
}

#[test]
fn folders_and_csv_lists_load() {
    let folder = std::env::temp_dir().join(format!("hotline-rules-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rules = "[rule_set]\nname = \"csv\"\nversion = \"1\"\n[phrases]\nbad = { csv = \"bad.csv\", column = \"词\" }\n\
        [[rule]]\nid = \"r\"\nclause = \"T\"\ntitle = \"t\"\nseverity = \"slight\"\nforbid = \"c\"\n\
        conditions.c = { role = \"agent\", phrase = { any = [\"@bad\"] } }\n";
    std::fs::write(folder.join("rules.toml"), rules).unwrap();
    std::fs::write(folder.join("bad.csv"), "\u{feff}序号,词\n1,甲乙\n2,丙丁\n").unwrap();
    let whole = RuleSet::load(std::slice::from_ref(&folder));
    let single = RuleSet::load(&[folder.join("rules.toml")]);
    let missing = RuleSet::load(&[folder.join("nothing.toml"), folder.join("rules.toml")]);
    std::fs::write(folder.join("bad.csv"), "序号,词\n1,(甲\n").unwrap();
    let broken = RuleSet::load(std::slice::from_ref(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    for loaded in [whole, single] {
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        assert_eq!(loaded.set.unwrap().phrase_lists["bad"], ["甲乙", "丙丁"]);
    }
    assert!(missing.set.is_none() && missing.problems.len() == 1, "{:?}", missing.problems);
    assert!(broken.set.is_none() && broken.problems[0].message.contains("line 2"), "{:?}", broken.problems);
}

#[test]
fn lists_come_from_workbooks_too() {
    let folder = std::env::temp_dir().join(format!("hotline-rules-xlsx-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rules = "[rule_set]\nname = \"xlsx\"\nversion = \"1\"\n[phrases]\nbad = { xlsx = \"禁语.xlsx\", column = \"短语\" }\n\
        [[rule]]\nid = \"r\"\nclause = \"T\"\ntitle = \"t\"\nseverity = \"slight\"\nforbid = \"c\"\n\
        conditions.c = { role = \"agent\", phrase = { any = [\"@bad\"] } }\n";
    std::fs::write(folder.join("rules.toml"), rules).unwrap();
    let workbook = |phrases: &[&str]| {
        let rows = phrases.iter().map(|phrase| vec![hotline_sheet::Cell::Number(1.0), (*phrase).into()]).collect();
        let table =
            hotline_sheet::Table { name: "清单".into(), headers: vec!["序号".into(), "短语".into()], rows };
        std::fs::write(folder.join("禁语.xlsx"), hotline_sheet::to_workbook(&[table]).unwrap()).unwrap();
        // What a spreadsheet program leaves there while the workbook is open.
        std::fs::write(folder.join("~$禁语.xlsx"), "owner").unwrap();
        RuleSet::load(std::slice::from_ref(&folder))
    };
    let whole = workbook(&["甲乙", "", "丙，丁"]);
    let other = workbook(&["甲乙", "", "丙，戊"]);
    let broken = workbook(&["甲乙", "", "(丙"]);
    std::fs::write(folder.join("禁语.xlsx"), "no workbook").unwrap();
    let none = RuleSet::load(std::slice::from_ref(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(whole.problems.is_empty(), "{:?}", whole.problems);
    let (whole, other) = (whole.set.unwrap(), other.set.unwrap());
    assert_eq!(whole.phrase_lists["bad"], ["甲乙", "丙，丁"]);
    assert_ne!(whole.version, other.version, "another list, another version");
    assert!(broken.problems[0].message.contains("line 4"), "the row that people see: {:?}", broken.problems);
    assert!(none.problems[0].message.contains("workbook"), "{:?}", none.problems);
    // What is published is what was read; it loads again without the workbook.
    let again = RuleSet::parse(&[("rules.toml", rules), ("禁语.xlsx", "序号,短语\n1,甲乙\n")]);
    assert_eq!(again.set.unwrap().phrase_lists["bad"], ["甲乙"]);
}
