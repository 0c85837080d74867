//! What stands around search: its figures, searches that are kept, hits as files; topics.

use std::path::Path;

use hotline_model::{Complaint, Outcome, Review, ReviewVerdict};
use serde_json::Value;

use crate::harness::Hotline;
use crate::typed::store_of_references;

const QUERIES: &str = "tests/assets/search/queries.jsonl";
const CALLS: &str = "tests/assets/search/calls";

fn write(hotline: &Hotline, name: &str, text: &str) -> String {
    let path = hotline.dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_development_queries_find_their_calls_in_the_references() {
    let hotline = store_of_references();
    let figures = hotline.run(&["eval", "search", QUERIES, "--references", CALLS, "--json"]).expect(0).json();
    let figure = |at: &Value, name: &str| at[name].as_f64().unwrap_or_else(|| panic!("{name}: {at}"));
    let recall = figure(&figures["overall"], "recall_at_10");
    assert!(recall >= 0.95, "{recall}: {}", figures["failing"]);
    assert!(figure(&figures["overall"], "mrr") >= 0.95);
    assert!(figure(&figures["overall"], "precision_at_10") >= 0.9);
    // The store holds the references, so both are the same.
    assert_eq!(figures["overall"], figures["references"]["overall"]);
    let kinds: Vec<&String> = figures["kinds"].as_object().unwrap().keys().collect();
    assert_eq!(kinds, ["entity", "homophone", "keyword", "number", "phrase", "traditional"]);
    for (name, baseline) in figures["baselines"].as_object().unwrap() {
        let theirs = figure(&baseline["overall"], "recall_at_10");
        assert!(theirs < recall, "{name}: {theirs}");
    }
    assert_eq!(figures["baselines"].as_object().unwrap().len(), 3);
    let table = hotline.run(&["--language", "en", "eval", "search", QUERIES]).expect(0).out;
    assert!(table.contains("sqlite_fts5_trigram") && !table.contains("ref. "), "{table}");
}

#[test]
fn a_call_that_is_not_there_counts_as_not_found_and_is_told() {
    let hotline = store_of_references();
    let queries = "{\"query\": \"光猫\", \"kind\": \"keyword\", \"relevant\": [\"c01\", \"nowhere\"]}\n\
        {\"query\": \"\\\"断网\", \"kind\": \"broken\", \"relevant\": [\"c01.wav\"]}\n\
        {\"query\": \"恐龙\", \"kind\": \"vain\", \"relevant\": []}\n";
    let path = write(&hotline, "q.jsonl", queries);
    let file = hotline.dir.path().join("figures.json");
    let run = hotline.run(&["eval", "search", &path, "--json", file.to_str().unwrap()]).expect(1);
    assert!(run.err.contains("nowhere") && run.err.contains("引号没有结束"), "{}", run.err);
    let figures: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(figures["kinds"]["keyword"]["recall_at_10"], 0.5);
    assert_eq!(figures["kinds"]["broken"]["recall_at_10"], 0.0);
    assert!(figures["kinds"]["broken"]["precision_at_10"].is_null(), "null, never 0");
    assert!(figures["kinds"]["vain"]["recall_at_10"].is_null());
    assert_eq!(figures["missing"][0]["call"], "nowhere");
    let none = write(&hotline, "none.jsonl", "{\"query\": \"光猫\", \"relevant\": [\"x\"]}\n");
    hotline.run(&["eval", "search", &none]).expect(2);
    hotline.run(&["eval", "search", "README.md"]).expect(2);
}

#[test]
fn a_saved_search_counts_new_calls_until_somebody_looks() {
    let hotline = store_of_references();
    // All calls but one are forgotten, so that they can come back.
    let store = hotline_store::Store::open(&hotline.data().join("hotline.db")).unwrap();
    let record = |stem: &str| match store.resolve(stem).unwrap() {
        hotline_store::Resolved::One(id) => store.record(&id).unwrap().unwrap(),
        other => panic!("{other:?}"),
    };
    let later = record("c17_broadband_shirk_jargon");
    store.delete(&later.call.id).unwrap();
    hotline.run(&["search", "--save", "宽带", "--exact", "宽带"]).expect(0);
    let new = |hotline: &Hotline| {
        let list = hotline.run(&["saved", "--json"]).expect(0).json();
        (list[0]["calls"].as_u64().unwrap(), list[0]["new"].as_u64().unwrap())
    };
    assert_eq!(new(&hotline), (1, 0), "what was on the screen is not new");
    store.save(&later).unwrap();
    assert_eq!(new(&hotline), (2, 1));
    assert_eq!(new(&hotline), (2, 1), "counting is not looking");
    let run = hotline.run(&["saved", "run", "宽带", "--new", "--json"]).expect(0).json();
    assert_eq!(run["total_calls"], 1);
    assert_eq!(run["calls"][0]["call_id"], later.call.id.as_str());
    assert_eq!(new(&hotline), (2, 0));
    hotline.run(&["saved", "run", "宽带", "--new"]).expect(1);
    assert_eq!(hotline.run(&["saved", "run", "宽带", "--json"]).expect(0).json()["total_calls"], 2);
    hotline.run(&["saved", "run", "光猫"]).expect(2);
    hotline.run(&["saved", "remove", "宽带"]).expect(0);
    hotline.run(&["saved", "remove", "宽带"]).expect(2);
    hotline.run(&["saved"]).expect(1);
    hotline.run(&["search", "--alert", "宽带"]).expect(2);
}

/// The recording that comes in while searches are saved.
const COMES_IN: &str = "s06_gas_transfer_mono.wav";

#[test]
fn new_calls_of_a_saved_search_are_announced_however_they_come_in() {
    let sample = format!("data-samples/{COMES_IN}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(crate::harness::root().join(&sample), folder.path().join(COMES_IN)).unwrap();
    let watched = folder.path().display().to_string();
    // The way, and whether it knows the file's own name: what is listened to is recorded under another.
    let ways: [(&[&str], bool); 3] = [
        (&["process", &sample], true),
        (&["watch", &watched, "--settle", "0", "--once"], true),
        (&["listen", "--replay", &sample, "--speed", "8"], false),
    ];
    for (way, keeps_name) in ways {
        let hotline = store_of_references();
        hotline.run(&["search", "--save", "客气", "--alert", "好"]).expect(0);
        hotline.run(&["search", "--save", "只数", "好"]).expect(0);
        hotline.run(&["search", "--save", "无关", "--alert", "--exact", "火星撞地球"]).expect(1);
        let told = hotline.dir.path().join("told.json");
        let command = format!("search.alert_command=tee {}", told.display());
        let come_in = [&["--set", &command], way].concat();
        let run = hotline.run(&come_in).expect(0);
        assert!(run.err.contains("★") && run.err.contains("客气"), "{way:?}: {}", run.err);
        assert!(!run.err.contains("只数") && !run.err.contains("无关"), "{way:?}: {}", run.err);
        let body: Value = serde_json::from_str(&std::fs::read_to_string(&told).unwrap()).unwrap();
        assert_eq!((&body["kind"], &body["query"]), (&Value::from("saved_search"), &Value::from("好")), "{way:?}");
        assert_eq!(body["calls"].as_array().unwrap().len(), 1, "{way:?}: {body}");
        if keeps_name {
            assert_eq!(body["calls"][0]["file_name"], COMES_IN);
            let again = hotline.run(&come_in).expect(0);
            assert!(!again.err.contains("★"), "{way:?}: once is enough: {}", again.err);
        }
    }
}

#[test]
fn search_follows_what_people_decide() {
    let hotline = crate::typed::store();
    let store = hotline_store::Store::open(&hotline.data().join("hotline.db")).unwrap();
    let hotline_store::Resolved::One(id) = store.resolve("monday_outage").unwrap() else { panic!("one call") };
    let mut record = store.record(&id).unwrap().unwrap();
    record.complaint = Some(Complaint { matter: Some("断网没人管".to_owned()), ..Complaint::default() });
    store.save(&record).unwrap();
    let finds = |query: &str| {
        let found = hotline.run(&["search", "--json", query]).json();
        let calls: Vec<String> =
            found["calls"].as_array().unwrap().iter().map(|call| call["call_id"].to_string()).collect();
        calls.contains(&format!("\"{id}\""))
    };
    let expect = |state: &str, queries: &[(&str, bool)]| {
        for (query, wanted) in queries {
            assert_eq!(finds(query), *wanted, "{state}: {query}");
        }
    };
    let review = |rule: &str, outcome: Outcome, verdict: ReviewVerdict| {
        let clause = record.findings.iter().find(|finding| finding.rule == rule).unwrap().clause.clone();
        let review = Review {
            call: id.clone(),
            rule: rule.to_owned(),
            clause,
            rule_set_version: record.score_card.rule_set_version.clone(),
            outcome,
            verdict,
            reason: String::new(),
            words: None,
            in_full: false,
        };
        store.add_reviews("李检", &[review]).unwrap();
    };
    let points = record.score_card.score;
    let (as_judged, without) = (format!("score:{points}"), format!("score:>{points}"));
    let violated = [("flag:FRB-02", true), ("flag:FRB-02=met", false), (as_judged.as_str(), true)];
    let struck = [("flag:FRB-02", false), ("flag:FRB-02=met", true), (without.as_str(), true)];
    expect("as judged", &violated);
    expect("as judged", &[("complaint:true", true), ("reviewed:true", false), ("flag:REQ-01", false)]);
    review("shirking", Outcome::Violated, ReviewVerdict::Wrong);
    expect("found wrong", &struck);
    expect("found wrong", &[("reviewed:true", true)]);
    review("shirking", Outcome::Violated, ReviewVerdict::Right);
    expect("found right after all", &violated);
    let appeal = store.add_appeal(&id, "shirking", "A1001", "我没有推诿").unwrap();
    expect("appealed, not decided", &violated);
    assert_eq!(store.decide_appeal(appeal, true, "王主管", "成立").unwrap(), hotline_store::Decided::Recorded);
    expect("appeal granted", &struck);
    review("greeting", Outcome::Met, ReviewVerdict::Missed);
    expect("a violation was missed", &[("flag:REQ-01", true), ("flag:REQ-01=met", false)]);
    hotline.run(&["complaints", "update", "1", "--dismiss", "只是咨询"]).expect(0);
    expect("dismissed", &[("complaint:true", false), ("complaint:false", true)]);
    hotline.run(&["complaints", "update", "1", "--reopen", "确是投诉"]).expect(0);
    expect("taken up again", &[("complaint:true", true)]);
    record.transcript.utterances[3].text = "我要表扬你们".to_owned();
    record.transcript.utterances[3].tokens.clear();
    store.save(&record).unwrap();
    expect("edited", &[("\"我要表扬\"", true), ("\"我要投诉\"", false), ("complaint:true", true)]);
}

#[test]
fn hits_leave_as_workbook_and_csv_masked_and_on_record() {
    let hotline = store_of_references();
    let path = |name: &str| hotline.dir.path().join(name).display().to_string();
    let (workbook, table) = (path("hits.xlsx"), path("hits.csv"));
    let summary = hotline.run(&["search", "--out", &workbook, "--json", "--exact", "联系电话"]).expect(0).json();
    assert_eq!((summary["calls"].as_u64(), summary["rows"].as_u64()), (Some(1), Some(1)));
    let rows = hotline_sheet::read_workbook(&std::fs::read(&workbook).unwrap()).unwrap();
    assert_eq!(rows.len(), 2);
    let cell = |name: &str| rows[1][rows[0].iter().position(|header| header == name).unwrap()].clone();
    assert!(cell("内容").contains("【联系电话】"), "{rows:?}");
    assert_eq!((cell("说话人").as_str(), cell("匹配").as_str()), ("座席", "一致"));
    assert_eq!(cell("录音"), "c03_12345_noise_complaint.wav");
    // The customer's number and name are personal: they leave only when asked for.
    hotline.run(&["search", "--out", &table, "刘志强"]).expect(0);
    let masked = std::fs::read_to_string(&table).unwrap();
    assert!(!masked.contains("刘志强") && masked.contains("#t="), "{masked}");
    hotline.run(&["search", "--out", &table, "--unmask", "刘志强"]).expect(0);
    assert!(std::fs::read_to_string(&table).unwrap().contains("刘志强"));
    let audit = hotline.run(&["audit", "--json"]).expect(0).json();
    let exports: Vec<bool> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "export")
        .map(|entry| entry["unmasked"].as_bool().unwrap())
        .collect();
    assert_eq!(exports, [true, false, false], "the newest first");
    hotline.run(&["search", "--out", &path("hits.doc"), "刘志强"]).expect(2);
    assert!(!Path::new(&path("hits.doc")).exists());
}

#[test]
fn topics_of_a_week() {
    let hotline = store_of_references();
    let topics = hotline.run(&["topics", "--week", "2026-W42", "--json"]).expect(0).json();
    assert_eq!(topics["week"], "2026-W42");
    // Calls begin every second day from the Monday of W41 on: four, then three.
    assert_eq!((topics["calls"].as_u64(), topics["calls_before"].as_u64()), (Some(3), Some(4)));
    let caller = &topics["callers"][0];
    assert_eq!(caller["calls"].as_array().unwrap().len(), 2, "{topics}");
    assert_eq!(caller["caller"], "〔电话〕");
    assert_eq!(topics["again"], 1);
    let shown = hotline.run(&["topics", "--unmask", "--week", "2026-W42", "--json"]).expect(0).json();
    assert_eq!(shown["callers"][0]["caller"], "19900000001");
    assert_eq!(hotline.run(&["audit", "--json"]).expect(0).json()[0]["action"], "topics");
    let text = hotline.run(&["topics"]).expect(0);
    assert!(text.out.contains("最常说的词语"), "{}", text.out);
    hotline.run(&["topics", "--week", "2026-10"]).expect(2);
    let none = hotline.run(&["topics", "--week", "2020-W01"]).expect(1);
    assert!(none.out.contains("0 通"), "{}", none.out);
}
