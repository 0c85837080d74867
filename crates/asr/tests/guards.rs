//! The guards against their case file.

use hotline_asr::guards::{GuardSettings, Guards, said_twice};
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

/// Text, seconds of sound, and what of the text is left when it does not say its sentence a second time.
#[test]
fn a_sentence_written_twice_faster_than_it_can_be_said() {
    let cases = [
        // A call over Asterisk: one sentence of 4.9 s.
        (
            "现在多五点二十了,快下班了,今天不办了,您明天再打吧。现在多五点二十了,快下班了,今天不办了,您明天再打吧。",
            5.3,
            "现在多五点二十了,快下班了,今天不办了,您明天再打吧。",
        ),
        ("现在都五点二十了,您明天再打吗?现在都五点二十了,您明天再打吧", 3.0, "现在都五点二十了,您明天再打吗?"),
        ("现在都五点二十了,您明天再打吧。在都五点二十了,您明天再打吧", 3.0, "现在都五点二十了,您明天再打吧。"),
        // People take their time.
        ("我要投诉你们公司。我要投诉你们公司。", 4.0, "我要投诉你们公司。我要投诉你们公司。"),
        ("听得见吗?听得见吗?", 1.0, "听得见吗?听得见吗?"),
        ("先按一再按二,不行就按三,先关再开不行就拔", 2.0, "先按一再按二,不行就按三,先关再开不行就拔"),
        ("", 0.0, ""),
    ];
    for (text, seconds, left) in cases {
        let end = said_twice(text, seconds).unwrap_or(text.len());
        assert_eq!(&text[..end], left);
    }
}
