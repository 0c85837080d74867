//! User dictionaries, from files.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::PathBuf;

use hotline_text::{Lexicon, ProblemKind, WordTag};

fn cut(lexicon: &Lexicon, text: &str) -> String {
    lexicon.words(text).iter().map(|w| w.span.slice(text).unwrap()).collect::<Vec<_>>().join("/")
}

#[test]
fn a_user_word_without_frequency_holds_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.txt");
    fs::write(&path, "云江通信 nt\n智家通尊享版\n").unwrap();
    let plain = Lexicon::built_in();
    let own = Lexicon::with_user_dicts(std::slice::from_ref(&path)).unwrap();
    assert_eq!(cut(&plain, "欢迎致电云江通信"), "欢迎致电/云江/通信");
    assert_eq!(cut(&own, "欢迎致电云江通信"), "欢迎致电/云江通信");
    assert_eq!(cut(&own, "办智家通尊享版吗"), "办/智家通尊享版/吗");
    let tag = own.words("云江通信").first().map(|w| w.tag);
    assert_eq!(tag, Some(WordTag::Organisation));
    assert_ne!(plain.fingerprint(), own.fingerprint());
    assert_eq!(own.fingerprint(), Lexicon::with_user_dicts(&[path]).unwrap().fingerprint());
    assert_eq!(plain.fingerprint(), Lexicon::with_user_dicts(&[]).unwrap().fingerprint());
}

#[test]
fn every_problem_of_every_file_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.txt"), folder.path().join("two.txt"));
    fs::write(&one, "好词\n坏词 多\n").unwrap();
    fs::write(&two, "a b c d\n").unwrap();
    let missing = PathBuf::from("no/such/file.txt");
    let error = Lexicon::with_user_dicts(&[one.clone(), two.clone(), missing.clone()]).unwrap_err();
    let places: Vec<_> = error.problems.iter().map(|p| (p.file.clone(), p.line)).collect();
    assert_eq!(places, [(one, Some(2)), (two, Some(1)), (missing, None)]);
    assert_eq!(error.problems[0].kind, ProblemKind::BadFrequency("多".into()));
    assert!(error.to_string().contains("two.txt:1: more than three columns; one word a line"), "{error}");
}

#[test]
fn search_words_hold_the_short_words_inside_long_ones() {
    let text = "提取公积金贷款";
    let words: Vec<_> =
        Lexicon::built_in().search_words(text).iter().map(|w| w.span.slice(text).unwrap().to_owned()).collect();
    assert!(words.contains(&"公积金".into()) && words.contains(&"贷款".into()), "{words:?}");
}
