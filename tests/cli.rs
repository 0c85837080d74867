//! Settings, help, exit codes: what needs no model.

use crate::harness::Hotline;

#[test]
fn help_is_chinese_by_default_and_english_by_choice() {
    let hotline = Hotline::new();
    let zh = hotline.run(&["process", "--help"]).expect(0).out;
    let en = hotline.run(&["--language", "en", "process", "--help"]).expect(0).out;
    assert!(zh.contains("转写、判定、入库并索引录音"), "{zh}");
    assert!(en.contains("Transcribe, judge, store and index recordings"), "{en}");
    assert!(!en.contains("录音"), "{en}");
}

#[test]
fn every_command_explains_itself() {
    let hotline = Hotline::new();
    for command in [
        "process",
        "watch",
        "listen",
        "search",
        "report",
        "calls",
        "show",
        "export",
        "rules",
        "models",
        "index",
        "eval",
        "doctor",
        "config",
        "audit",
        "complaints",
        "scores",
        "review",
    ] {
        let help = hotline.run(&[command, "--help"]).expect(0).out;
        assert!(help.lines().count() > 5, "{command}: {help}");
    }
}

#[test]
fn settings_say_where_they_come_from() {
    let hotline = Hotline::new();
    let file = hotline.dir.path().join("hotline.toml");
    std::fs::write(&file, "[asr]\nsessions = 3\nbeam_size = 2\n").unwrap();
    let mut command =
        hotline.command(&["--config", file.to_str().unwrap(), "--set", "asr.beam_size=5", "config", "show", "--json"]);
    let run = crate::harness::Run::of(command.env("HOTLINE_TIME_ZONE", "Asia/Urumqi").output().unwrap()).expect(0);
    let settings = &run.json()["settings"];
    let origin = |key: &str| settings[key]["origin"]["kind"].as_str().unwrap().to_owned();
    assert_eq!(origin("asr.sessions"), "file");
    assert_eq!(origin("asr.beam_size"), "flag");
    assert_eq!(origin("time_zone"), "environment");
    assert_eq!(origin("audio.layout"), "default");
    assert_eq!(settings["asr.beam_size"]["value"], 5);
}

#[test]
fn a_mistaken_setting_is_named_with_its_place() {
    let hotline = Hotline::new();
    let run = hotline.run(&["--set", "asr.sesions=2", "config", "show"]).expect(2);
    assert!(run.err.contains("asr.sesions"), "{}", run.err);
    let run = hotline.run(&["--set", "time_zone=Mars/Olympus", "config", "show"]).expect(2);
    assert!(run.err.contains("Mars/Olympus"), "{}", run.err);
}

#[test]
fn without_a_store_the_cure_is_named() {
    let hotline = Hotline::new();
    for args in [&["calls"][..], &["search", "投诉"], &["show", "abc"], &["report", "weekly"], &["index", "rebuild"]]
    {
        let run = hotline.run(args).expect(2);
        assert!(run.err.contains("hotline process"), "{args:?}: {}", run.err);
    }
}

#[test]
fn the_settings_file_that_init_writes_is_read_back() {
    let hotline = Hotline::new();
    let file = hotline.dir.path().join("new.toml");
    hotline.run(&["config", "init", file.to_str().unwrap()]).expect(0);
    hotline.run(&["--config", file.to_str().unwrap(), "config", "show"]).expect(0);
    hotline.run(&["config", "init", file.to_str().unwrap()]).expect(2);
}

#[test]
fn coverage_shows_every_clause() {
    let hotline = Hotline::new();
    let coverage = hotline.run(&["rules", "coverage", "--json"]).expect(0).json();
    let clauses = coverage["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), 22 + 16 + 6 + 5 + 9 + 6 + 3);
    for clause in clauses {
        let judged = !clause["rules"].as_array().unwrap().is_empty();
        assert!(judged || clause["limit"].as_str().is_some_and(|why| !why.is_empty()), "{clause}");
    }
    let text = hotline.run(&["rules", "coverage", "--language", "en"]).expect(0).out;
    assert!(text.contains("REQ-22") && text.contains("not shown by a call"), "{text}");
}

#[test]
fn the_built_in_rules_are_listed_with_their_clauses() {
    let hotline = Hotline::new();
    let list = hotline.run(&["rules", "list", "--json"]).expect(0).json();
    let clauses: Vec<&str> =
        list["rules"].as_array().unwrap().iter().map(|rule| rule["clause"].as_str().unwrap()).collect();
    for clause in [
        "REQ-01", "REQ-02", "REQ-03", "REQ-04", "REQ-08", "REQ-12", "FRB-01", "FRB-02", "FRB-03", "FRB-04", "FRB-06",
        "FRB-10", "ACU-01", "ACU-03", "ACU-04", "ACU-05", "ACU-06",
    ] {
        assert!(clauses.contains(&clause), "no rule serves {clause}: {clauses:?}");
    }
}

#[test]
fn a_rule_file_reports_all_its_mistakes() {
    let hotline = Hotline::new();
    let file = hotline.dir.path().join("rules.toml");
    let text = "[[rule]]\nid = \"a\"\nclaus = \"REQ-01\"\nseverity = \"huge\"\n";
    std::fs::write(&file, text).unwrap();
    let run = hotline.run(&["rules", "check", file.to_str().unwrap(), "--json"]).expect(1);
    let problems = run.json()["problems"].as_array().unwrap().len();
    assert!(problems >= 2, "one mistake must not hide the other: {}", run.out);
}
