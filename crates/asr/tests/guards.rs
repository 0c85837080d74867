//! The guards against their case file.

use hotline_asr::guards::{GuardSettings, Guards};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    #[serde(default = "five")]
    seconds: f64,
    expect: String,
    #[serde(default)]
    why: String,
}

fn five() -> f64 {
    5.0
}

#[test]
fn cases() {
    let cases: Cases = toml::from_str(include_str!("cases/guards.toml")).unwrap();
    let guards = Guards::new(&GuardSettings::default(), "以下是普通话的句子。");
    let mut wrong = Vec::new();
    for case in &cases.case {
        let got = guards.check(&case.text, case.seconds).map_or("ok", |reason| reason.name());
        if got != case.expect {
            wrong.push(format!("{}: expected {}, got {got} {}", case.text, case.expect, case.why));
        }
    }
    assert!(cases.case.len() >= 30, "the case file is all there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
