//! A vCon keeps the field rules of draft-ietf-vcon-vcon-core-04 and draft-ietf-vcon-cc-extension-02: what must be there, of
//! which type, with which values, and nothing that neither document names.

use hotline_export::{Format, Language, export};
use hotline_model::{CallRecord, ChannelLayout, Direction};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::records::{mono, stereo};

/// The parameters of an object with the check of each; `!` after a name marks those that must be there.
type Rules = &'static [(&'static str, fn(&Value) -> bool)];

const VCON: Rules = &[
    ("vcon!", |v| v == "0.4.0"),
    ("uuid!", is_uuid_8),
    ("extensions", |v| v.as_array().is_some_and(|names| names.iter().all(|name| name == "CC"))),
    ("created_at!", is_date),
    ("updated_at", is_date),
    ("subject", Value::is_string),
    ("parties", Value::is_array),
    ("dialog", Value::is_array),
    ("analysis", Value::is_array),
    ("attachments", Value::is_array),
];

const PARTY: Rules = &[
    ("tel", Value::is_string),
    ("sip", Value::is_string),
    ("mailto", Value::is_string),
    ("name", Value::is_string),
    ("validation", Value::is_string),
    ("uuid", Value::is_string),
    ("type", |v| ["person", "bot", "organization"].iter().any(|kind| v == kind)),
    ("org", Value::is_string),
    ("dept", Value::is_string),
    ("role", |v| ["agent", "customer", "supervisor", "sme", "thirdparty"].iter().any(|role| v == role)),
];

const RECORDING: Rules = &[
    ("type!", |v| v == "recording"),
    ("start!", is_date),
    ("duration", |v| v.as_f64().is_some_and(|seconds| seconds >= 0.0)),
    ("parties!", Value::is_array),
    ("originator", Value::is_u64),
    ("mediatype", is_media_type),
    ("filename", Value::is_string),
    ("content_hash", is_content_hash),
];

const ANALYSIS: Rules = &[
    ("type!", |v| ["report", "sentiment", "summary", "transcript", "translation", "tts"].iter().any(|kind| v == kind)),
    ("dialog!", Value::is_u64),
    ("mediatype", is_media_type),
    ("filename", Value::is_string),
    ("vendor!", Value::is_string),
    ("product", Value::is_string),
    ("schema", Value::is_string),
    ("body!", |_| true),
    ("encoding!", |v| v == "json"),
];

fn is_uuid_8(value: &Value) -> bool {
    let parts: Vec<&str> = value.as_str().unwrap_or_default().split('-').collect();
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| hex(part))
        && parts[2].starts_with('8')
        && parts[3].starts_with(['8', '9', 'a', 'b'])
}

fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok() && text.len() >= "2026-10-06T01:12:08Z".len())
}

fn is_media_type(value: &Value) -> bool {
    value.as_str().and_then(|text| text.split_once('/')).is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty())
}

/// The name of the algorithm in lower case without hyphens, a hyphen, base64url.
fn is_content_hash(value: &Value) -> bool {
    let Some((algorithm, digest)) = value.as_str().and_then(|text| text.split_once('-')) else { return false };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = match algorithm {
        "sha256" => 43,
        "sha512" => 86,
        _ => return false,
    };
    digest.len() == length && digest.bytes().all(is_digit)
}

fn keeps(object: &Map<String, Value>, rules: Rules) {
    for (name, value) in object {
        let rule = rules.iter().find(|(rule, _)| rule.trim_end_matches('!') == name);
        let (_, check) = rule.unwrap_or_else(|| panic!("`{name}` is no parameter of the drafts"));
        assert!(check(value), "`{name}`: {value}");
    }
    for (name, _) in rules.iter().filter(|(name, _)| name.ends_with('!')) {
        assert!(object.contains_key(name.trim_end_matches('!')), "{name} is missing in {object:?}");
    }
}

fn objects<'a>(vcon: &'a Value, name: &str) -> Vec<&'a Map<String, Value>> {
    vcon[name].as_array().unwrap().iter().map(|value| value.as_object().unwrap()).collect()
}

/// Exports a call and checks what holds for every vCon.
fn valid(record: &CallRecord) -> Value {
    let bytes = export(record, Format::Vcon, Language::Zh).unwrap();
    let vcon: Value = serde_json::from_slice(&bytes).unwrap();
    keeps(vcon.as_object().unwrap(), VCON);
    let (parties, dialog, analysis) = (objects(&vcon, "parties"), objects(&vcon, "dialog"), objects(&vcon, "analysis"));
    for party in &parties {
        keeps(party, PARTY);
        assert!(
            !party.contains_key("name") || party.contains_key("validation"),
            "a name SHOULD come with a validation"
        );
        assert!(!party.contains_key("role") || vcon["extensions"][0] == "CC");
    }
    assert_eq!(dialog.len(), 1);
    keeps(dialog[0], RECORDING);
    let heard: Vec<u64> = dialog[0]["parties"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    let originator = dialog[0].get("originator").map(|v| v.as_u64().unwrap());
    assert!(heard.iter().chain(&originator).all(|&index| (index as usize) < parties.len()));
    assert_ne!(originator, Some(heard[0]), "the first party is the originator anyway");
    assert_eq!(analysis.len(), 2);
    for entry in analysis {
        keeps(entry, ANALYSIS);
        assert_eq!(entry["dialog"], 0);
    }
    vcon
}

#[test]
fn every_layout_and_direction_gives_a_valid_vcon() {
    for layout in [ChannelLayout::AgentLeft, ChannelLayout::AgentRight, ChannelLayout::Mono] {
        for direction in [None, Some(Direction::Inbound), Some(Direction::Outbound)] {
            for mut record in [stereo(), mono()] {
                record.call.layout = layout;
                record.call.meta.direction = direction;
                let vcon = valid(&record);
                let dialog = &vcon["dialog"][0];
                let role = |index: &Value| vcon["parties"][index.as_u64().unwrap() as usize]["role"].clone();
                let left = if layout == ChannelLayout::AgentRight { "customer" } else { "agent" };
                assert_eq!(role(&dialog["parties"][0]), left);
                let caller = dialog.get("originator").unwrap_or(&dialog["parties"][0]);
                let wanted = match direction {
                    Some(Direction::Inbound) => Value::from("customer"),
                    Some(Direction::Outbound) => Value::from("agent"),
                    None => Value::Null,
                };
                assert_eq!(role(caller), wanted, "{layout} {direction:?}");
            }
        }
    }
}

#[test]
fn the_vcon_says_what_the_record_says() {
    let vcon = valid(&stereo());
    assert_eq!(vcon["dialog"][0]["start"], "2026-10-06T01:12:08Z");
    assert_eq!(vcon["dialog"][0]["duration"], 16.25);
    assert_eq!(vcon["created_at"], "2026-10-06T01:12:24.25Z");
    assert_eq!(vcon["parties"][1]["tel"], "19900000102");
    let transcript = &vcon["analysis"][0];
    assert_eq!((&transcript["type"], &transcript["vendor"]), (&"transcript".into(), &"hotline".into()));
    let said = transcript["body"]["utterances"].as_array().unwrap();
    assert_eq!(said.len(), stereo().transcript.utterances.len());
    assert_eq!((&said[1]["party"], &said[1]["start"]), (&1.into(), &3.6.into()));
    assert_eq!(transcript["body"]["gaps"][0]["reason"], "boilerplate");
    let report = &vcon["analysis"][1];
    assert_eq!((&report["type"], &report["body"]["score_card"]["score"]), (&"report".into(), &75.0.into()));
    assert_eq!(report["body"]["findings"][1]["outcome"], "violated");
}

#[test]
fn the_recording_stays_out_and_so_does_what_is_unknown() {
    let vcon = valid(&mono());
    assert!(vcon["dialog"][0].get("body").is_none());
    let known: Vec<&String> = vcon["parties"][0].as_object().unwrap().keys().collect();
    assert_eq!(known, ["role", "type"]);
    assert!(vcon.get("subject").is_none() && vcon["analysis"][0].get("product").is_none());
    assert_eq!(vcon["dialog"][0]["filename"], "mono.mp3");
    assert!(vcon["analysis"][0]["body"]["utterances"][0].get("party").is_none());
}

#[test]
fn exporting_again_gives_the_same_bytes() {
    let bytes = || export(&stereo(), Format::Vcon, Language::Zh).unwrap();
    assert_eq!(bytes(), bytes());
}
