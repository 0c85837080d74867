//! Short forms of facts for case files.

use hotline_model::{
    Call, CallFacts, CallId, CallMeta, ChannelLayout, FailedCall, FindingFacts, Grade, Outcome, Satisfaction, Severity,
    TalkMetrics,
};
use hotline_report::{ReportInput, ReportSettings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

/// A case file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub about: String,
    zone: String,
    hotline: Option<String>,
    team: Option<String>,
    #[serde(default = "thirty")]
    small_sample: u32,
    calls: Vec<ShortCall>,
    #[serde(default)]
    findings: Vec<ShortFinding>,
    pub weekly: Option<Expected>,
    pub monthly: Option<Expected>,
}

/// A period and what its report must hold: JSON pointers and values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub period: String,
    pub expect: serde_json::Map<String, Value>,
}

/// A call, with defaults for an ordinary answered one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ShortCall {
    id: String,
    at: Option<Timestamp>,
    agent: Option<String>,
    name: Option<String>,
    team: Option<String>,
    hotline: Option<String>,
    business: Option<String>,
    file: Option<String>,
    ms: u32,
    agent_ms: u32,
    customer_ms: u32,
    overlap_ms: u32,
    silence_ms: u32,
    rate: Option<f32>,
    response_ms: Option<u32>,
    interruptions: u32,
    mono: bool,
    answered: bool,
    rating: Option<String>,
    score: f32,
    utterances: u32,
    confidence: Option<f32>,
    gap_ms: u32,
    version: String,
    copy_of: Option<String>,
    processed: Timestamp,
}

impl Default for ShortCall {
    fn default() -> Self {
        ShortCall {
            id: String::new(),
            at: None,
            agent: None,
            name: None,
            team: None,
            hotline: None,
            business: None,
            file: None,
            ms: 60_000,
            agent_ms: 20_000,
            customer_ms: 20_000,
            overlap_ms: 0,
            silence_ms: 20_000,
            rate: None,
            response_ms: None,
            interruptions: 0,
            mono: false,
            answered: true,
            rating: None,
            score: 80.0,
            utterances: 10,
            confidence: Some(0.8),
            gap_ms: 0,
            version: "v1".into(),
            copy_of: None,
            processed: Timestamp::UNIX_EPOCH,
        }
    }
}

/// Call, rule, clause, severity, outcome, certainty, points and, if it is not the rule's id, the title.
#[derive(Deserialize)]
#[serde(untagged)]
enum ShortFinding {
    Titled(String, String, String, Severity, Outcome, f32, f32, String),
    Plain(String, String, String, Severity, Outcome, f32, f32),
}

fn thirty() -> u32 {
    30
}

impl Case {
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap()
    }

    pub fn calls(&self) -> Vec<CallFacts> {
        self.calls.iter().map(ShortCall::facts).collect()
    }

    pub fn findings(&self) -> Vec<FindingFacts> {
        self.findings.iter().map(ShortFinding::facts).collect()
    }

    pub fn settings(&self) -> ReportSettings {
        ReportSettings {
            hotline: self.hotline.clone(),
            team: self.team.clone(),
            small_sample: self.small_sample,
            ..ReportSettings::default()
        }
    }
}

/// The input of a report, without failures.
pub fn input<'a>(calls: &'a [CallFacts], findings: &'a [FindingFacts], settings: ReportSettings) -> ReportInput<'a> {
    const NONE: &[FailedCall] = &[];
    ReportInput { calls, findings, failed: NONE, settings }
}

impl ShortCall {
    fn facts(&self) -> CallFacts {
        let rating: Option<Satisfaction> = self.rating.as_deref().map(|key| key.parse().unwrap());
        CallFacts {
            call: Call {
                id: CallId::from_stored(&self.id),
                source: self.file.clone().unwrap_or_else(|| format!("calls/{}.wav", self.id)),
                audio_sha256: String::new(),
                format: "wav/alaw".into(),
                rate_hz: 8000,
                duration_ms: self.ms,
                layout: if self.mono { ChannelLayout::Mono } else { ChannelLayout::AgentLeft },
                meta: CallMeta {
                    agent_id: self.agent.clone(),
                    agent_name: self.name.clone(),
                    team: self.team.clone(),
                    hotline: self.hotline.clone(),
                    business_type: self.business.clone(),
                    started_at: self.at,
                    answered_after_s: self.answered.then_some(5.0),
                    satisfaction: rating,
                    variant_of: self.copy_of.clone(),
                    ..CallMeta::default()
                },
            },
            processed_at: self.processed,
            metrics: TalkMetrics {
                agent_ms: self.agent_ms,
                customer_ms: self.customer_ms,
                silence_ms: self.silence_ms,
                longest_silence_ms: 0,
                overlap_ms: self.overlap_ms,
                interruptions_by_agent: self.interruptions,
                agent_chars_per_min: self.rate,
                customer_chars_per_min: None,
                response_ms_median: self.response_ms,
            },
            score: self.score,
            grade: Grade::of(f64::from(self.score)),
            rule_set_version: self.version.clone(),
            violations: 0,
            undecided: 0,
            utterances: self.utterances,
            gap_ms: self.gap_ms,
            confidence: self.confidence,
        }
    }
}

impl ShortFinding {
    fn facts(&self) -> FindingFacts {
        let (call, rule, clause, severity, outcome, certainty, points, title) = match self {
            ShortFinding::Titled(c, r, l, s, o, y, p, title) => (c, r, l, s, o, y, p, title),
            ShortFinding::Plain(c, r, l, s, o, y, p) => (c, r, l, s, o, y, p, r),
        };
        FindingFacts {
            call_id: CallId::from_stored(call),
            rule: rule.clone(),
            clause: clause.clone(),
            title: title.clone(),
            severity: *severity,
            outcome: *outcome,
            certainty: *certainty,
            points: *points,
        }
    }
}
