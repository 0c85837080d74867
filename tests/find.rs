//! What stands around search: its figures, searches that are kept, hits as files; topics.

use std::path::Path;

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

#[test]
fn new_calls_of_a_saved_search_are_announced_when_they_are_processed() {
    let hotline = store_of_references();
    hotline.run(&["search", "--save", "客气", "--alert", "好"]).expect(0);
    hotline.run(&["search", "--save", "只数", "好"]).expect(0);
    let told = hotline.dir.path().join("told.json");
    let command = format!("search.alert_command=tee {}", told.display());
    let process = ["--set", &command, "process", "data-samples/s06_gas_transfer_mono.wav"];
    let run = hotline.run(&process).expect(0);
    assert!(run.err.contains("★") && run.err.contains("客气") && !run.err.contains("只数"), "{}", run.err);
    let body: Value = serde_json::from_str(&std::fs::read_to_string(&told).unwrap()).unwrap();
    assert_eq!(body["kind"], "saved_search");
    assert_eq!(body["calls"][0]["file_name"], "s06_gas_transfer_mono.wav");
    let again = hotline.run(&process).expect(0);
    assert!(!again.err.contains("★"), "once is enough: {}", again.err);
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
