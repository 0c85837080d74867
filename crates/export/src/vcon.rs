//! vCon, the IETF's container for conversations: draft-ietf-vcon-vcon-core-04 (7 September 2026) with the contact-centre
//! extension of draft-ietf-vcon-cc-extension-02, unsigned form.
//!
//! What the drafts leave open is settled so:
//! - The recording is named, with its media type and hash, but neither included nor linked: it stays where it is. The hash is
//!   the SHA-256 that identifies the call; the draft's own SHA-512 would need the bytes.
//! - `uuid` and `created_at` follow from the call alone (its id and its end), so that exporting it again gives the same vCon.
//! - Roles come from the extension; a mono recording has both parties on its one channel.
//! - Where it is unknown who called, the draft offers an empty party as the originator.

use hotline_model::{
    CallId, CallRecord, Channel, ChannelLayout, Direction, Finding, GapReason, Provenance, ScoreCard, TalkMetrics,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::ExportError;

const AGENT: usize = 0;
const CUSTOMER: usize = 1;
const NOBODY: usize = 2;
const VENDOR: &str = "hotline";

/// The container.
#[derive(Serialize)]
pub(crate) struct Vcon<'a> {
    /// Syntax version, fixed by the draft until it is an RFC.
    vcon: &'static str,
    uuid: String,
    extensions: [&'static str; 1],
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    parties: Vec<Party<'a>>,
    dialog: [Dialog<'a>; 1],
    analysis: (Analysis<Transcript<'a>>, Analysis<Report<'a>>),
}

#[derive(Default, Serialize)]
struct Party<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// How the name was checked; the draft wants it beside a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    validation: Option<&'static str>,
    /// Staff number: the same for an agent in every call.
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dept: Option<&'a str>,
    /// Of the contact-centre extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

#[derive(Serialize)]
struct Dialog<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    start: String,
    /// Seconds.
    duration: f64,
    /// By channel of the recording.
    parties: [usize; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    originator: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mediatype: Option<&'static str>,
    filename: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
}

#[derive(Serialize)]
struct Analysis<B> {
    #[serde(rename = "type")]
    kind: &'static str,
    dialog: usize,
    mediatype: &'static str,
    vendor: &'static str,
    /// What of it made this, and which version; missing if it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    product: String,
    schema: &'static str,
    body: B,
    encoding: &'static str,
}

/// Body of schema `hotline-transcript-1`. Times are seconds from the start of the recording, `party` indexes `parties` and is
/// missing where nobody can tell who spoke.
#[derive(Serialize)]
struct Transcript<'a> {
    language: &'static str,
    provenance: &'a Provenance,
    utterances: Vec<Said<'a>>,
    gaps: Vec<Lost>,
}

#[derive(Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<usize>,
    start: f64,
    end: f64,
    text: &'a str,
    confidence: f32,
}

#[derive(Serialize)]
struct Lost {
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<usize>,
    start: f64,
    end: f64,
    reason: GapReason,
}

/// Body of schema `hotline-qa-1`: the model's own structs.
#[derive(Serialize)]
struct Report<'a> {
    score_card: &'a ScoreCard,
    metrics: &'a TalkMetrics,
    findings: &'a [Finding],
}

/// The vCon of a call.
pub(crate) fn vcon(record: &CallRecord) -> Result<Vcon<'_>, ExportError> {
    let call = &record.call;
    let unknown_start = || ExportError::UnknownStart { call: call.id.clone(), source_path: call.source.clone() };
    let start = call.meta.started_at.ok_or_else(unknown_start)?;
    let end = start.checked_add(SignedDuration::from_millis(call.duration_ms.into())).unwrap_or(start);
    Ok(Vcon {
        vcon: "0.4.0",
        uuid: uuid(&call.id, start),
        extensions: ["CC"],
        created_at: date(end),
        subject: call.meta.business_type.as_deref(),
        parties: parties(record),
        dialog: [dialog(record, start)],
        analysis: (transcript(record), report(record)),
    })
}

fn parties(record: &CallRecord) -> Vec<Party<'_>> {
    let meta = &record.call.meta;
    let agent = Party {
        name: meta.agent_name.as_deref(),
        validation: meta.agent_name.as_ref().map(|_| "none"),
        uuid: meta.agent_id.as_deref(),
        kind: Some("person"),
        org: meta.hotline.as_deref(),
        dept: meta.team.as_deref(),
        role: Some("agent"),
        ..Party::default()
    };
    let customer = Party {
        tel: meta.customer_number.as_deref(),
        kind: Some("person"),
        role: Some("customer"),
        ..Party::default()
    };
    let mut parties = vec![agent, customer];
    if meta.direction.is_none() {
        parties.push(Party::default());
    }
    parties
}

fn dialog(record: &CallRecord, start: Timestamp) -> Dialog<'_> {
    let call = &record.call;
    let parties = match call.layout {
        ChannelLayout::AgentLeft | ChannelLayout::Mono => [AGENT, CUSTOMER],
        ChannelLayout::AgentRight => [CUSTOMER, AGENT],
    };
    let originator = match call.meta.direction {
        Some(Direction::Inbound) => CUSTOMER,
        Some(Direction::Outbound) => AGENT,
        None => NOBODY,
    };
    let container = call.format.split('/').next().unwrap_or_default();
    let mediatype = match container {
        "wav" => Some("audio/x-wav"),
        "mp3" => Some("audio/x-mp3"),
        "m4a" | "mp4" => Some("audio/x-mp4"),
        "ogg" => Some("audio/ogg"),
        "flac" => Some("audio/flac"),
        "aac" => Some("audio/aac"),
        _ => None,
    };
    Dialog {
        kind: "recording",
        start: date(start),
        duration: f64::from(call.duration_ms) / 1000.0,
        parties,
        // Only given if it is not the first of the parties, says the draft.
        originator: (originator != parties[0]).then_some(originator),
        mediatype,
        filename: call.file_name(),
        content_hash: bytes_of_hex(&call.audio_sha256).map(|bytes| format!("sha256-{}", base64url(&bytes))),
    }
}

fn transcript(record: &CallRecord) -> Analysis<Transcript<'_>> {
    let transcript = &record.transcript;
    let party = |channel| match channel {
        Channel::Agent => Some(AGENT),
        Channel::Customer => Some(CUSTOMER),
        Channel::Mixed => None,
    };
    let said = transcript.utterances.iter().map(|u| Said {
        party: party(u.channel),
        start: u.span.start.secs(),
        end: u.span.end.secs(),
        text: &u.text,
        confidence: u.confidence,
    });
    let lost = transcript.gaps.iter().map(|gap| Lost {
        party: party(gap.channel),
        start: gap.span.start.secs(),
        end: gap.span.end.secs(),
        reason: gap.reason,
    });
    let made_by = &transcript.provenance;
    Analysis {
        kind: "transcript",
        dialog: 0,
        mediatype: "application/json",
        vendor: VENDOR,
        product: format!("{} {}", made_by.engine, made_by.model).trim().to_owned(),
        schema: "hotline-transcript-1",
        body: Transcript { language: "zh", provenance: made_by, utterances: said.collect(), gaps: lost.collect() },
        encoding: "json",
    }
}

fn report(record: &CallRecord) -> Analysis<Report<'_>> {
    let card = &record.score_card;
    Analysis {
        kind: "report",
        dialog: 0,
        mediatype: "application/json",
        vendor: VENDOR,
        product: format!("{} {}", card.rule_set, card.rule_set_version).trim().to_owned(),
        schema: "hotline-qa-1",
        body: Report { score_card: card, metrics: &record.metrics, findings: &record.findings },
        encoding: "json",
    }
}

/// RFC 3339 in UTC. Years outside it (0000 to 9999), which no call has, would not be.
fn date(at: Timestamp) -> String {
    at.to_string()
}

/// A version 8 UUID (RFC 9562): 48 bits of milliseconds, as in version 7 and as the draft wants, then bits of the call's id
/// where the draft has random ones and a hash of a host name, which a machine that stays by itself does not have.
fn uuid(id: &CallId, start: Timestamp) -> String {
    let digest = Sha256::digest(id.as_str().as_bytes());
    let mut bytes = [0u8; 16];
    let time = start.as_millisecond().max(0).to_be_bytes();
    bytes[..6].copy_from_slice(&time[2..]);
    bytes[6..].copy_from_slice(&digest[..10]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// Base64url without padding (RFC 4648, section 5).
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_agrees_with_the_test_vectors_of_rfc_4648() {
        let vectors = ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"];
        for (length, encoded) in vectors.into_iter().enumerate() {
            assert_eq!(base64url(&b"foobar"[..length]), encoded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn the_uuid_is_of_version_8_and_tells_calls_apart() {
        let start = Timestamp::from_second(1_790_000_000).unwrap();
        let one = uuid(&CallId::from_stored("a"), start);
        assert_eq!((&one[14..15], one.len()), ("8", 36));
        assert!("89ab".contains(&one[19..20]));
        assert_eq!(&one[..13], "01a0c450-6c00");
        assert_ne!(one, uuid(&CallId::from_stored("b"), start));
    }

    #[test]
    fn what_is_no_hash_is_left_out() {
        for text in ["", "abc", "zz", "é"] {
            assert_eq!(bytes_of_hex(text), None);
        }
        assert_eq!(bytes_of_hex("00ff"), Some(vec![0, 255]));
    }
}
