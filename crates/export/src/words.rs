//! The words an export adds, in two languages.

use hotline_model::{Channel, Outcome, Satisfaction, Severity};

use crate::Language;

/// Headings and names of one language.
pub(crate) struct Words {
    pub language: Language,
    pub recording: &'static str,
    pub id: &'static str,
    pub start: &'static str,
    pub length: &'static str,
    pub agent: &'static str,
    pub hotline: &'static str,
    pub business: &'static str,
    pub satisfaction: &'static str,
    pub score: &'static str,
    pub colon: &'static str,
    pub transcript: &'static str,
    pub nothing_said: &'static str,
    pub findings: &'static str,
    pub no_findings: &'static str,
    /// Before and after the seconds of speech without text.
    pub untranscribed: (&'static str, &'static str),
}

pub(crate) fn of(language: Language) -> &'static Words {
    match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    }
}

const ZH: Words = Words {
    language: Language::Zh,
    recording: "录音",
    id: "编号",
    start: "开始",
    length: "时长",
    agent: "座席",
    hotline: "热线",
    business: "业务",
    satisfaction: "满意度",
    score: "得分",
    colon: "：",
    transcript: "通话内容",
    nothing_said: "（没有可转写的内容）",
    findings: "质检结果",
    no_findings: "没有违规，也没有无法判断的条款",
    untranscribed: ("〔有人说话，未能转写，", " 秒〕"),
};

const EN: Words = Words {
    language: Language::En,
    recording: "Recording",
    id: "Id",
    start: "Start",
    length: "Length",
    agent: "Agent",
    hotline: "Hotline",
    business: "Business",
    satisfaction: "Satisfaction",
    score: "Score",
    colon: ": ",
    transcript: "Transcript",
    nothing_said: "(nothing to transcribe)",
    findings: "Findings",
    no_findings: "No clause violated or undecided",
    untranscribed: ("[speech that could not be transcribed, ", " s]"),
};

impl Words {
    /// Who speaks on a channel; `None` where nobody can tell.
    pub(crate) fn speaker(&self, channel: Channel) -> Option<&'static str> {
        match (self.language, channel) {
            (_, Channel::Mixed) => None,
            (Language::Zh, channel) => Some(channel.name_zh()),
            (Language::En, Channel::Agent) => Some("Agent"),
            (Language::En, Channel::Customer) => Some("Customer"),
        }
    }

    pub(crate) fn outcome(&self, outcome: Outcome) -> &'static str {
        match (self.language, outcome) {
            (Language::Zh, outcome) => outcome.name_zh(),
            (Language::En, Outcome::Met) => "met",
            (Language::En, Outcome::Violated) => "violated",
            (Language::En, Outcome::Undecided) => "undecided",
            (Language::En, Outcome::NotApplicable) => "not applicable",
        }
    }

    pub(crate) fn severity(&self, severity: Severity) -> &'static str {
        match self.language {
            Language::Zh => severity.name_zh(),
            Language::En => severity.name(),
        }
    }

    pub(crate) fn satisfaction(&self, satisfaction: Satisfaction) -> &'static str {
        match (self.language, satisfaction) {
            (Language::Zh, satisfaction) => satisfaction.name_zh(),
            (Language::En, Satisfaction::Satisfied) => "satisfied",
            (Language::En, Satisfaction::Neutral) => "neutral",
            (Language::En, Satisfaction::Dissatisfied) => "dissatisfied",
        }
    }
}
