//! Silence, ringback, hold music, DTMF and noise: not one character may be transcribed.

use crate::harness::Hotline;

#[test]
fn nothing_is_transcribed_where_nobody_speaks() {
    let hotline = Hotline::new();
    let summary = hotline.run(&["process", "tests/assets/non-speech", "--json"]).expect(0).json();
    let calls = summary["calls"].as_array().unwrap();
    assert!(calls.len() >= 5, "the clips are missing: {summary}");
    for call in calls {
        assert_eq!(call["outcome"], "processed", "{call}");
        let source = call["source"].as_str().unwrap();
        let name = source.rsplit('/').next().unwrap();
        let record = hotline.run(&["show", name, "--json"]).expect(0).json();
        let texts: Vec<&str> = record["transcript"]["utterances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|utterance| utterance["text"].as_str().unwrap())
            .collect();
        assert!(texts.is_empty(), "{name}: {texts:?}");
    }
}
