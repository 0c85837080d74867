//! What people do with processed calls: masking, complaints, scores, reviews, the life of rules.

use serde_json::Value;

use crate::harness::Hotline;
use crate::samples::copy_of_processed;

/// The sample in which a customer gives an address, and the one in which a customer complains.
const WITH_ADDRESS: &str = "s02_upgrade_missing_phrases.wav";
const COMPLAINT: &str = "s07_tour_complaint_handled.mp3";

fn texts(record: &Value) -> Vec<String> {
    let utterances = record["transcript"]["utterances"].as_array().unwrap();
    utterances.iter().map(|u| u["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn personal_data_is_masked_unless_asked_for_and_asking_is_on_record() {
    let hotline = copy_of_processed();
    let masked = hotline.run(&["show", WITH_ADDRESS, "--json"]).expect(0).json();
    let plain = hotline.run(&["show", WITH_ADDRESS, "--json", "--unmask"]).expect(0).json();
    let (masked_texts, plain_texts) = (texts(&masked), texts(&plain));
    let at = masked_texts.iter().position(|text| text.contains("〔地址〕")).expect("an address was masked");
    assert!(!plain_texts.concat().contains('〔'));
    // What was taken out stands nowhere else in what is shown, exported or found.
    let (before, after) = masked_texts[at].split_once("〔地址〕").unwrap();
    let secret = plain_texts[at].strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap().to_owned();
    assert!(secret.chars().count() > 4, "{secret}");
    for args in [
        vec!["show", WITH_ADDRESS],
        vec!["show", WITH_ADDRESS, "--json", "--all"],
        vec!["export", WITH_ADDRESS, "-f", "json"],
        vec!["export", WITH_ADDRESS, "-f", "txt"],
        vec!["export", WITH_ADDRESS, "-f", "srt"],
        vec!["export", WITH_ADDRESS, "-f", "vcon"],
    ] {
        let shown = hotline.run(&args).expect(0).out;
        assert!(!shown.contains(&secret), "{args:?} shows {secret}");
    }
    let query: String = secret.chars().take(3).collect();
    hotline.run(&["index", "rebuild"]).expect(0);
    let found = hotline.run(&["search", &query]).expect(0).out;
    assert!(found.contains("〔地址〕") && !found.contains(&secret), "{found}");
    let found = hotline.run(&["search", &query, "--unmask"]).expect(0).out;
    assert!(found.contains(&query), "{found}");
    let audit = hotline.run(&["audit", "--json"]).expect(0).json();
    let entries: Vec<(&str, bool)> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["unmasked"].as_bool().unwrap()))
        .collect();
    assert!(entries.contains(&("show", true)) && entries.contains(&("search", true)), "{entries:?}");
    assert_eq!(entries.iter().filter(|(action, unmasked)| *action == "export" && !unmasked).count(), 4, "{entries:?}");
    assert!(!entries.contains(&("show", false)), "looking at masked text is no event");
}

#[test]
fn a_complaint_goes_its_way() {
    let hotline = copy_of_processed();
    let list = hotline.run(&["complaints", "list", "--json"]).expect(0).json();
    let of_sample = list.as_array().unwrap().iter().find(|entry| {
        let matter = entry["complaint"]["record"]["complaint"]["matter"].as_str().unwrap_or_default();
        matter.contains('游')
    });
    let complaint = &of_sample.unwrap_or_else(|| panic!("{COMPLAINT} is a complaint: {list}"))["complaint"];
    assert_eq!(complaint["record"]["state"], "received");
    let number = complaint["complaint_no"].as_u64().unwrap().to_string();
    let update = |args: &[&str], code: i32| {
        let mut all = vec!["complaints", "update", number.as_str()];
        all.extend(args);
        hotline.run(&all).expect(code)
    };
    // Nobody was told yet.
    let refused = update(&["--close"], 2);
    assert!(refused.err.contains("没有联系上"), "{}", refused.err);
    update(&["--field", "person=王女士"], 0);
    update(&["--field", "colour=red"], 2);
    update(&["--hand-over", "质量监督部", "--result", "已退款"], 0);
    update(&["--attempt", "reached", "--satisfied", "yes", "--close"], 0);
    let shown = hotline.run(&["complaints", "show", &number, "--json"]).expect(0).json();
    assert_eq!(shown["complaint"]["record"]["state"], "closed");
    assert_eq!(shown["complaint"]["record"]["complaint"]["department"], "质量监督部");
    assert_eq!(shown["history"].as_array().unwrap().len(), 5);
    let dues: Vec<&str> = shown["dues"].as_array().unwrap().iter().map(|due| due["clause"].as_str().unwrap()).collect();
    assert_eq!(dues, ["DUE-01", "DUE-02", "DUE-03"]);
    // What a person had in hand survives judging all calls again.
    hotline.run(&["rules", "apply"]).expect(0);
    let again = hotline.run(&["complaints", "show", &number, "--json"]).expect(0).json();
    assert_eq!(again["complaint"]["record"], shown["complaint"]["record"]);
    hotline.run(&["complaints", "show", "999"]).expect(2);
}

#[test]
fn a_month_adds_up_and_a_wrong_flag_costs_nothing() {
    let hotline = copy_of_processed();
    let calls = hotline.run(&["calls", "--json"]).expect(0).json();
    let flagged = calls.as_array().unwrap().iter().find(|call| call["violations"].as_u64().unwrap() > 0).unwrap();
    let meta = &flagged["call"]["meta"];
    let agent = meta["agent_id"].as_str().unwrap();
    let started = meta["started_at"].as_str().unwrap();
    let month = &started[..7];
    let card = |hotline: &Hotline| {
        let cards = hotline.run(&["scores", "month", month, "--agent", agent, "--json"]).expect(0).json();
        cards.as_array().unwrap()[0].clone()
    };
    let before = card(&hotline);
    assert!(before["scheme_version"].as_str().unwrap().contains('+'));
    assert!(!before["rule_set_versions"].as_array().unwrap().is_empty());
    let added = hotline.run(&["scores", "add", agent, "exam", "--month", month, "--reason", "满分"]).expect(0);
    let with_bonus = card(&hotline);
    let lines =
        |card: &Value| -> f64 { card["lines"].as_array().unwrap().iter().map(|l| l["points"].as_f64().unwrap()).sum() };
    assert_eq!(lines(&with_bonus), lines(&before) + 5.0);
    hotline.run(&["scores", "take-back", added.out.trim().trim_start_matches('#'), "--reason", "记错"]).expect(0);
    assert_eq!(card(&hotline), before);
    hotline.run(&["scores", "add", agent, "birthday", "--month", month, "--reason", "x"]).expect(2);
    // A flag found wrong no longer counts.
    let id = flagged["call"]["id"].as_str().unwrap();
    let record = hotline.run(&["show", id, "--json"]).expect(0).json();
    let finding = record["findings"].as_array().unwrap().iter().find(|f| f["outcome"] == "violated").unwrap();
    let rule = finding["rule"].as_str().unwrap();
    hotline.run(&["review", "add", id, rule, "wrong", "--reason", "听错"]).expect(0);
    assert!(lines(&card(&hotline)) > lines(&before));
    // Every scheme side by side, and the sheet.
    let call = hotline.run(&["scores", "call", id, "--json"]).expect(0).json();
    assert_eq!(call["weighted"].as_array().unwrap().len(), 1);
    let sheet = hotline.run(&["scores", "sheet", id, "--json"]).expect(0).json();
    assert_eq!(sheet["suggestions"].as_array().unwrap().len(), 5);
    hotline.run(&["scores", "sheet", id, "--mark", "attitude=4", "--comments", "好"]).expect(0);
    hotline.run(&["scores", "sheet", id, "--mark", "attitude=9"]).expect(2);
    let call = hotline.run(&["scores", "call", id, "--json"]).expect(0).json();
    assert_eq!(call["sheets"][0]["sheet"]["marks"][1]["mark"], 4);
}

#[test]
fn reviews_measure_rules_and_appeals_need_a_second_person() {
    let hotline = copy_of_processed();
    let drawn = hotline.run(&["review", "draw", "-n", "2", "--seed", "a", "--json"]).expect(0).json();
    let again = hotline.run(&["review", "draw", "-n", "2", "--seed", "a", "--json"]).expect(0).json();
    assert_eq!(drawn, again, "the lot decides, not the hand");
    let id = drawn[0]["id"].as_str().unwrap();
    let record = hotline.run(&["show", id, "--json"]).expect(0).json();
    let met = record["findings"].as_array().unwrap().iter().find(|f| f["outcome"] == "met").unwrap();
    let rule = met["rule"].as_str().unwrap();
    hotline.run(&["review", "add", id, rule, "missed", "--words", "您 早安！"]).expect(0);
    hotline.run(&["review", "heard", id]).expect(0);
    let quality = hotline.run(&["review", "quality", "--json"]).expect(0).json();
    let of_rule = quality.as_array().unwrap().iter().find(|q| q["rule"] == rule).unwrap();
    assert_eq!(of_rule["recall"]["whole"], 1);
    assert_eq!(of_rule["recall"]["part"], 0);
    let suggested = hotline.run(&["rules", "suggest", "--json"]).expect(0).json();
    assert_eq!(suggested[0]["words"], "您早安");
    assert_ne!(hotline.run(&["review", "draw", "-n", "1", "--seed", "a", "--json"]).expect(0).json()[0]["id"], id);
    // An appeal.
    let calls = hotline.run(&["calls", "--json"]).expect(0).json();
    let mut appealed = None;
    for call in calls.as_array().unwrap() {
        let id = call["call"]["id"].as_str().unwrap().to_owned();
        let record = hotline.run(&["show", &id, "--json"]).expect(0).json();
        let charged =
            record["findings"].as_array().unwrap().iter().find(|f| f["points"].as_f64().unwrap() > 0.0).cloned();
        if let Some(finding) = charged {
            appealed = Some((id, finding["rule"].as_str().unwrap().to_owned()));
        }
    }
    let (id, rule) = appealed.expect("some sample has a deduction");
    let by = |who: &str, args: &[&str]| {
        let mut command = hotline.command(args);
        crate::harness::Run::of(command.env("LOGNAME", who).output().unwrap())
    };
    by("agent", &["review", "appeal", &id, &rule, "--reason", "没有说过"]).expect(0);
    let own = by("agent", &["review", "decide", "1", "grant", "--reason", "同意"]).expect(2);
    assert!(own.err.contains('人'), "{}", own.err);
    by("second", &["review", "decide", "1", "grant", "--reason", "录音为证"]).expect(0);
    let appeals = hotline.run(&["review", "appeals", "--json"]).expect(0).json();
    assert_eq!(appeals[0]["decisions"][0]["granted"], true);
    by("agent", &["review", "appeal", &id, "nothing", "--reason", "x"]).expect(2);
}

const OWN_RULES: &str = r#"
[rule_set]
name = "own"
version = "1"

[[rule]]
id = "says_nothing_else"
clause = "REQ-01"
title = { zh = "没有说量子纠缠" }
severity = "slight"
points = 1
require = "said"
conditions.said = { role = "agent", phrase = { any = ["量子纠缠"] } }
"#;

const CASES: &str = "## 说了\n```\nA: 您好，量子纠缠\n```\n- says_nothing_else: met\n\n## 没说\n```\nA: 您好\n```\n- says_nothing_else: 违规\n";

#[test]
fn a_rule_is_tested_backtested_published_and_assigned() {
    let hotline = copy_of_processed();
    let write = |name: &str, text: &str| {
        let path = hotline.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (rules, cases) = (write("own.toml", OWN_RULES), write("cases.md", CASES));
    hotline.run(&["rules", "test", &cases, "--rules", &rules]).expect(0);
    let wrong = write("wrong.md", &CASES.replace("违规", "符合"));
    let failed = hotline.run(&["rules", "test", &wrong, "--rules", &rules]).expect(1);
    assert!(failed.out.contains("says_nothing_else"), "{}", failed.out);
    let before = hotline.run(&["calls", "--json"]).expect(0).out;
    let back = hotline.run(&["rules", "backtest", &rules, "--json"]).expect(0).json();
    let calls = back["calls"].as_u64().unwrap();
    let change = &back["rules"]["says_nothing_else"];
    assert_eq!(change["flags"], change["new"].as_array().unwrap().len() as u64);
    assert!(change["flags"].as_u64().unwrap() >= calls - 2, "{change}");
    assert_eq!(hotline.run(&["calls", "--json"]).expect(0).out, before, "a backtest stores nothing");
    let version = hotline.run(&["rules", "publish", &rules, "--note", "初版"]).expect(0).out.trim().to_owned();
    assert!(version.starts_with("1+"), "{version}");
    let changed = write(
        "changed.toml",
        &OWN_RULES.replace("points = 1", "points = 2").replace("version = \"1\"", "version = \"2\""),
    );
    let diff = hotline.run(&["rules", "diff", &version[..4], &changed, "--json"]).expect(0).json();
    assert_eq!(diff["changes"][0]["what"][0], "points");
    hotline.run(&["rules", "assign", "9+none"]).expect(2);
    hotline.run(&["rules", "assign", &version, "--hotline", "远方旅行客服热线"]).expect(0);
    let history = hotline.run(&["rules", "history", "--json"]).expect(0).json();
    assert_eq!(history[0]["hotlines"][0], "远方旅行客服热线");
    hotline.run(&["rules", "apply"]).expect(0);
    let versions: Vec<(String, String)> = hotline
        .run(&["calls", "--json"])
        .expect(0)
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            let hotline = call["call"]["meta"]["hotline"].as_str().unwrap_or_default().to_owned();
            (hotline, call["rule_set_version"].as_str().unwrap().to_owned())
        })
        .collect();
    assert!(versions.iter().all(|(hotline, v)| (*v == version) == (hotline == "远方旅行客服热线")), "{versions:?}");
}
