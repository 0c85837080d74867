//! Complaints told from other calls, and what is taken from them: typed calls in `complaints/calls.toml`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_model::{Channel, Complaint, TimeSpan, Transcript, Utterance};
use hotline_rules::complaint::Guide;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    call: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    name: String,
    lines: Vec<String>,
    complaint: bool,
    matter: Option<String>,
    demand: Option<String>,
    department: Option<String>,
    promised_time: Option<String>,
    happened: Option<String>,
    person: Option<String>,
    contact: Option<String>,
    kind: Option<String>,
    /// Nobody names one, and none may be made up.
    #[serde(default)]
    no_department: bool,
}

fn transcript(lines: &[String]) -> Transcript {
    let utterance = |(at, line): (usize, &String)| {
        let (who, text) = line.split_once(':').unwrap();
        let start = at as u32 * 5_000;
        Utterance {
            channel: if who == "座" { Channel::Agent } else { Channel::Customer },
            span: TimeSpan::from_ms(start, start + 4_000),
            text: text.into(),
            raw_text: text.into(),
            tokens: Vec::new(),
            confidence: 0.9,
        }
    };
    Transcript { utterances: lines.iter().enumerate().map(utterance).collect(), ..Transcript::default() }
}

#[test]
fn typed_calls() {
    let calls: Calls = toml::from_str(include_str!("complaints/calls.toml")).unwrap();
    assert!(calls.call.len() > 10);
    let guide = Guide::built_in();
    let mut wrong = Vec::new();
    for call in &calls.call {
        let transcript = transcript(&call.lines);
        let found = guide.complaint(&transcript);
        if found.is_some() != call.complaint {
            wrong.push(format!("{}: {:?}", call.name, guide.detect(&transcript)));
            continue;
        }
        let found = found.unwrap_or_default();
        let fields: [(&str, &Option<String>, &Option<String>); 8] = [
            ("matter", &call.matter, &found.matter),
            ("demand", &call.demand, &found.demand),
            ("department", &call.department, &found.department),
            ("promised_time", &call.promised_time, &found.promised_time),
            ("happened", &call.happened, &found.happened),
            ("person", &call.person, &found.person),
            ("contact", &call.contact, &found.contact),
            ("kind", &call.kind, &found.kind),
        ];
        if call.no_department && found.department.is_some() {
            wrong.push(format!("{}: department: {:?}", call.name, found.department));
        }
        for (field, wanted, got) in fields {
            let contained = wanted.as_ref().is_none_or(|w| got.as_ref().is_some_and(|g| g.contains(w.as_str())));
            if !contained {
                wrong.push(format!("{}: {field}: wanted {wanted:?}, got {got:?}", call.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_extracted_was_said() {
    let calls: Calls = toml::from_str(include_str!("complaints/calls.toml")).unwrap();
    let guide = Guide::built_in();
    for call in calls.call.iter().filter(|call| call.complaint) {
        let said = call.lines.join("\n");
        let Complaint { matter, demand, promised_time, happened, begins, certainty, .. } =
            guide.complaint(&transcript(&call.lines)).unwrap();
        for words in [matter, demand, promised_time, happened].into_iter().flatten() {
            // Pieces that do not stand side by side are joined.
            for piece in words.split(['；', '，']) {
                assert!(said.contains(piece.trim_end_matches('…')), "{}: {words}", call.name);
            }
        }
        assert!((begins.unwrap() as usize) < call.lines.len());
        assert!((0.5..1.0).contains(&certainty), "{certainty}");
    }
}

#[test]
fn a_silent_call_is_no_complaint() {
    assert_eq!(Guide::built_in().complaint(&Transcript::default()), None);
}

#[test]
fn an_own_guide_keeps_the_signals_and_names_its_mistakes() {
    let own = "version = \"7\"\nthreshold = 0.8\n[[department]]\nname = \"空调事业部\"\nwords = [\"空调\"]\n";
    let guide = Guide::parse("own.toml", own).unwrap();
    let lines = ["客:我要投诉，空调装坏了一直漏水".to_owned()];
    assert_eq!(guide.complaint(&transcript(&lines)).unwrap().department.as_deref(), Some("空调事业部"));
    let bad = format!("{own}[[signal]]\nname = \"x\"\nweight = 1.0\nmany = 1.0\nany = [\"(\"]\n");
    let error = Guide::parse("own.toml", &bad).unwrap_err().to_string();
    assert!(error.starts_with("own.toml: ") && error.contains("unclosed group"), "{error}");
}
