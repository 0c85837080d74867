//! The whole line over `data-samples`: real audio, real model, and everything a person then does with the result.

use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::{Hotline, Run, root};

/// Recordings of `data-samples`, by the table beside them; the one that is bad on purpose lies in a folder of its own.
pub fn good_recordings() -> Vec<String> {
    let table = std::fs::read_to_string(root().join("data-samples/calls.csv")).unwrap();
    table.lines().skip(1).filter_map(|line| line.split(',').next()).map(str::to_owned).collect()
}

/// The samples, processed once for all tests of this binary.
pub fn processed() -> &'static (Hotline, Value) {
    static PROCESSED: OnceLock<(Hotline, Value)> = OnceLock::new();
    PROCESSED.get_or_init(|| {
        let hotline = Hotline::new();
        let run = hotline.run(&["process", "data-samples", "--json"]).expect(0);
        let json = run.json();
        (hotline, json)
    })
}

/// The same store in a data folder of its own, for tests that write to it.
pub fn copy_of_processed() -> Hotline {
    let (hotline, _) = processed();
    let copy = Hotline::new();
    std::fs::create_dir_all(copy.data()).unwrap();
    for entry in std::fs::read_dir(hotline.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.data().join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

fn outcomes<'a>(summary: &'a Value, outcome: &str) -> Vec<&'a Value> {
    summary["calls"].as_array().unwrap().iter().filter(|call| call["outcome"] == outcome).collect()
}

#[test]
fn every_good_recording_is_processed_and_the_bad_one_reported() {
    let (_, summary) = processed();
    assert_eq!(outcomes(summary, "processed").len(), good_recordings().len());
    assert!(outcomes(summary, "failed").is_empty(), "{summary}");
    let bad = Hotline::new().run(&["process", "data-samples/bad", "--json"]).expect(1).json();
    let failed = outcomes(&bad, "failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(
        failed[0]["error"].as_str().unwrap().contains("录音不完整"),
        "an error has to say what is wrong: {failed:?}"
    );
    for call in outcomes(summary, "processed") {
        assert!(call["utterances"].as_u64().unwrap() > 3, "{call}");
    }
}

#[test]
fn recognition_takes_most_of_the_processor() {
    // Not a speed test: a ratio within one run, with a wide margin, that would show a room doing something silly.
    let (_, summary) = processed();
    let cpu = &summary["cpu_by_stage_s"];
    let asr = cpu["asr"].as_f64().unwrap();
    let total: f64 = cpu.as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
    assert!(asr > 0.0 && asr / total > 0.5, "{cpu}");
}

#[test]
fn a_second_run_skips_what_is_known() {
    let (hotline, _) = processed();
    let again = hotline.run(&["process", "data-samples", "--json"]).expect(0).json();
    assert_eq!(again["processed"], 0);
    assert_eq!(again["known"].as_u64().unwrap() as usize, good_recordings().len());
    assert_eq!(again["failed"], 0);
}

#[test]
fn search_finds_the_complaint_with_its_second() {
    let (hotline, _) = processed();
    let found = hotline.run(&["search", "投诉", "--json"]).expect(0).json();
    let calls = found["calls"].as_array().unwrap();
    assert!(!calls.is_empty());
    let text = found.to_string();
    assert!(text.contains("投诉"), "{text}");
    let nothing = hotline.run(&["search", "量子纠缠", "--json"]).expect(1).json();
    assert_eq!(nothing["total_calls"], 0);
}

#[test]
fn reports_are_written_in_every_form() {
    let (hotline, _) = processed();
    for kind in ["weekly", "monthly"] {
        let out = hotline.dir.path().join(format!("reports-{kind}"));
        let Run { out: printed, .. } = hotline.run(&["report", kind, "--out", out.to_str().unwrap()]).expect(0);
        let files: Vec<&str> = printed.lines().collect();
        for ending in [".html", ".csv", ".json"] {
            assert!(files.iter().any(|file| file.ends_with(ending)), "no {ending} among {files:?}");
        }
        let html = files.iter().find(|file| file.ends_with(".html")).unwrap();
        let page = std::fs::read_to_string(html).unwrap();
        assert!(page.contains("<svg") && page.contains("<table"), "charts and tables belong on the page");
        assert!(!page.contains("http://") || !page.contains("src=\"http"), "the page must need nothing from outside");
    }
}

#[test]
fn a_call_is_shown_and_exported_by_its_file_name() {
    let (hotline, _) = processed();
    let name = good_recordings()[0].clone();
    let shown = hotline.run(&["show", &name]).expect(0);
    assert!(shown.out.contains("座席"), "{}", shown.out);
    let record = hotline.run(&["show", &name, "--json"]).expect(0).json();
    assert!(!record["transcript"]["utterances"].as_array().unwrap().is_empty());
    for (format, mark) in
        [("srt", "-->"), ("vtt", "WEBVTT"), ("txt", "座席"), ("json", "\"transcript\""), ("vcon", "\"vcon\"")]
    {
        let exported = hotline.run(&["export", &name, "--format", format]).expect(0);
        assert!(exported.out.contains(mark), "{format}: {}", exported.out);
    }
}

#[test]
fn a_deleted_index_comes_back_from_the_store() {
    let (hotline, _) = processed();
    let before = hotline.run(&["search", "您好", "--json"]).expect(0).json();
    // A copy, because other tests search at the same time.
    let copy = copy_of_processed();
    copy.run(&["index", "rebuild"]).expect(0);
    let after = copy.run(&["search", "您好", "--json"]).expect(0).json();
    assert_eq!(before["total_calls"], after["total_calls"]);
    assert_eq!(before["total_hits"], after["total_hits"]);
}
