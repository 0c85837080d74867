//! Figures of search, names of calls, query sets, baselines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hotline_eval::search::{Answered, Baseline, CallNames, CallText, Named, judge, load_queries, score_search, stem};
use hotline_eval::{EvalError, truth};
use hotline_text::{Lexicon, skeleton};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    note: String,
    ranked: Vec<String>,
    relevant: BTreeSet<String>,
    recall: Option<f64>,
    precision: Option<f64>,
    reciprocal_rank: Option<f64>,
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/search/figures.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn figures_of_one_query() {
    for case in cases() {
        let got = judge(&case.ranked, &case.relevant);
        assert_eq!(got.recall, case.recall, "recall: {}", case.note);
        assert_eq!(got.precision, case.precision, "precision: {}", case.note);
        assert_eq!(got.reciprocal_rank, case.reciprocal_rank, "rank: {}", case.note);
    }
}

#[test]
fn means_leave_out_what_has_no_figure() {
    let cases = cases();
    let answers: Vec<Answered<'_>> = (cases.iter().enumerate())
        .map(|(i, case)| Answered {
            kind: if i == 3 { "vain" } else { "all" },
            ranked: &case.ranked,
            relevant: &case.relevant,
        })
        .collect();
    let score = score_search(&answers);
    assert_eq!(score.kinds["vain"].recall_at_10, None, "null, never 0");
    assert_eq!(score.kinds["vain"].precision_at_10, Some(0.0));
    assert_eq!(score.overall.queries, 9);
    assert_eq!(score.overall.empty, 2);
    let recalls: Vec<f64> = cases.iter().filter_map(|case| case.recall).collect();
    assert_eq!(score.overall.recall_at_10, Some(recalls.iter().sum::<f64>() / recalls.len() as f64));
    let json = serde_json::to_value(&score).unwrap();
    assert!(json["kinds"]["vain"]["mrr"].is_null());
    assert_eq!(score_search(&[]).overall.mrr, None);
}

#[test]
fn a_call_is_named_by_its_file_its_stem_or_the_beginning_of_it() {
    let mut names = CallNames::default();
    for (file, copy) in [
        ("c01_broadband.wav", false),
        ("c04_fund.mp3", false),
        ("c04_fund_mono.wav", true),
        ("c10_idc.wav", false),
        ("d_one.wav", false),
        ("d_two.wav", false),
        ("2026年10月.投诉.wav", false),
    ] {
        names.add(file, &format!("id-{file}"), copy);
    }
    let one = |stem: &str| Named::One(stem.to_owned());
    assert_eq!(names.find("c01_broadband"), one("c01_broadband"));
    assert_eq!(names.find("C01_broadband.json"), one("c01_broadband"), "any ending, any case");
    assert_eq!(names.find("calls/c01_broadband.wav"), one("c01_broadband"));
    assert_eq!(names.find("c01"), one("c01_broadband"));
    assert_eq!(names.find("c04"), one("c04_fund"), "a copy is not meant");
    assert_eq!(names.find("c04_fund_mono"), one("c04_fund_mono"), "unless by its name");
    assert_eq!(names.find("id-c10_idc.wav"), one("c10_idc"));
    assert_eq!(names.find("c1"), Named::None, "half a name is none");
    assert_eq!(names.find(""), Named::None);
    assert_eq!(names.find("d"), Named::Many(vec!["d_one".into(), "d_two".into()]));
    assert_eq!(names.find("2026年10月.投诉"), one("2026年10月.投诉"));
    assert!(!names.originals().contains("c04_fund_mono"));
    assert_eq!(stem("a/b/.hidden"), ".hidden");
}

#[test]
fn a_mistake_in_a_query_set_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q.jsonl");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        load_queries(&path)
    };
    let good = "# ours\n\n{\"query\": \"宽带\", \"kind\": \"keyword\", \"relevant\": [\"c01\"], \"note\": \"x\"}\n";
    assert_eq!(load(good).unwrap().len(), 1);
    assert_eq!(load("\u{feff}{\"query\": \"a\", \"relevant\": []}").unwrap()[0].kind, "other");
    let Err(EvalError::Format { message, .. }) = load(&format!("{good}{{\"query\": 3}}")) else { panic!("taken") };
    assert!(message.starts_with("line 4:"), "{message}");
    assert!(matches!(load("\n"), Err(EvalError::Format { .. })));
}

#[test]
fn baselines_find_what_they_can() {
    let call = |name: &str, text: &str| CallText { call: name.into(), text: text.into() };
    let calls = [
        call("one", "我家宽带断网了\n好的，请稍等"),
        call("two", "我要投诉你们的宽带"),
        call("three", "100%_退款，谢谢"),
    ];
    let queries = ["断网了", "宽带", "宽带 投诉", "100%", "", "\"AND (", "谢谢"];
    let rank = |engine: Baseline| engine.rank(&calls, &queries, &Lexicon::built_in(), 10).unwrap();
    let fts5 = rank(Baseline::Fts5Trigram);
    assert_eq!(fts5[0], ["one"]);
    assert_eq!(fts5[1], ["one", "two"], "two characters, by LIKE");
    assert_eq!(fts5[2], ["two"], "all words");
    assert_eq!(fts5[3], ["three"]);
    assert!(fts5[4].is_empty());
    let default = rank(Baseline::TantivyDefault);
    assert!(default[1].is_empty(), "a clause is one word to it");
    assert_eq!(default[6], ["three"], "what stands alone is found");
    let jieba = rank(Baseline::TantivyJieba);
    assert_eq!(jieba[1].iter().collect::<BTreeSet<_>>().len(), 2);
    assert_eq!(jieba[2][0], "two");
}

/// The development set that the program is measured with: every line names exactly the calls in which what it means was said.
#[test]
fn the_development_queries_name_all_and_only_the_right_calls() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/assets/search");
    let spoken: Vec<(String, Vec<String>)> = (truth::load_dir(&folder.join("calls")).unwrap().into_iter())
        .map(|call| {
            let texts = call.turns.iter().flat_map(|turn| [&turn.text, &turn.spoken]);
            (stem(&call.file).to_owned(), texts.map(|text| skeleton(text).text).collect())
        })
        .collect();
    let queries = load_queries(&folder.join("queries.jsonl")).unwrap();
    assert!(queries.len() >= 60);
    for query in &queries {
        let own = query.query.split_whitespace().map(|word| vec![word.to_owned()]).collect();
        let means = if query.means.is_empty() { own } else { query.means.clone() };
        let said = |texts: &[String]| {
            means.iter().all(|any| any.iter().any(|one| texts.iter().any(|text| text.contains(&skeleton(one).text))))
        };
        let right: Vec<&String> = spoken.iter().filter(|(_, texts)| said(texts)).map(|(call, _)| call).collect();
        assert_eq!(query.relevant.iter().collect::<Vec<_>>(), right, "{}", query.query);
    }
}
