//! Typed dialogues as calls: how a rule is tried before it meets real ones. The format is told in `docs/rules.md`.

use std::collections::BTreeMap;

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, CallTime, Channel, ChannelAcoustics, ChannelLayout, Evidence, Finding, Gap,
    GapReason, Outcome, SecondListen, TextSpan, TimeSpan, Transcript, Utterance,
};
use serde::Deserialize;

use crate::context::CallView;
use crate::judge::Judge;
use crate::organisations::Organisations;
use crate::problem::ProblemSeverity;
use crate::rule_set::RuleSet;

/// Speed of lines without times, in seconds a character: 240 characters a minute.
const SECONDS_A_CHARACTER: f64 = 0.25;
/// Pause between lines without times, in seconds.
const PAUSE_S: f64 = 0.4;
/// Level of the speech where a case does not say, in dBFS.
const SPEECH_DBFS: f32 = -20.0;

/// A file of cases that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// No TOML, or other keys than there are.
    #[error("{file}: {message}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong and where.
        message: String,
    },
    /// A line of a dialogue that nobody can read.
    #[error("case “{case}”: `{line}`: {message}")]
    Line {
        /// Name of the case.
        case: String,
        /// The line.
        line: String,
        /// What is wrong.
        message: &'static str,
    },
}

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The rules under test; those in use without them.
    pub rules: Option<String>,
    /// Organisations by hotline.
    #[serde(default)]
    pub hotlines: Organisations,
    /// The cases.
    #[serde(default)]
    pub case: Vec<Case>,
}

/// A dialogue and what the rules must make of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The dialogue, one line an utterance.
    pub lines: String,
    /// What is known of the call.
    #[serde(default)]
    pub meta: CallMeta,
    /// Both voices on one channel.
    #[serde(default)]
    pub mixed: bool,
    /// A call that is still going on, heard up to this second.
    #[serde(default)]
    pub heard_until: Option<f64>,
    /// How sure the recogniser was of everything.
    #[serde(default = "sure")]
    pub confidence: f32,
    /// Level of the speech by channel (`agent`, `customer`, `mixed`), in dBFS; −20 where not given.
    #[serde(default)]
    pub levels: BTreeMap<String, f32>,
    /// Words that were listened to again.
    #[serde(default)]
    pub listened: Vec<Listening>,
    /// Outcome by rule.
    pub expect: BTreeMap<String, Outcome>,
    /// Words or measures that the evidence of a rule must contain.
    #[serde(default)]
    pub evidence: BTreeMap<String, Vec<String>>,
}

/// A second listen in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// What stands in the dialogue.
    pub heard: String,
    /// The wording it was compared with.
    pub meant: String,
    /// As [`SecondListen::log_ratio`].
    pub log_ratio: f32,
}

fn sure() -> f32 {
    0.9
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseResult {
    /// Name of the case.
    pub name: String,
    /// What is not as expected, for people; empty if all is.
    pub failures: Vec<String>,
}

/// A dialogue as a judge takes it.
#[derive(Clone, Debug)]
pub struct Heard {
    call: Call,
    transcript: Transcript,
    acoustics: Acoustics,
    until: Option<CallTime>,
}

impl Heard {
    /// What a judge is given.
    pub fn view<'a>(&'a self, organisations: &'a Organisations) -> CallView<'a> {
        CallView {
            call: &self.call,
            transcript: &self.transcript,
            acoustics: &self.acoustics,
            heard_until: self.until,
            organisations,
        }
    }
}

impl CaseFile {
    /// Reads a file of cases: TOML with `[[case]]` tables, or Markdown with one case a heading (`## name`, the dialogue in a fenced block,
    /// then lines like `- greeting: met`), told by the name's ending.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(file: &str, text: &str) -> Result<CaseFile, CaseError> {
        let wrong = |message: String| CaseError::File { file: file.to_owned(), message };
        let cases = if file.to_ascii_lowercase().ends_with(".md") {
            markdown(text).map_err(wrong)?
        } else {
            toml::from_str(text).map_err(|error| wrong(error.to_string()))?
        };
        if cases.case.is_empty() {
            return Err(wrong("has no cases".into()));
        }
        Ok(cases)
    }

    /// Tries every case, with the rules of the file if it has its own, else with `judge`.
    ///
    /// # Errors
    /// Rules of the file that do not load, or a line that cannot be read.
    pub fn run(&self, file: &str, judge: &Judge) -> Result<Vec<CaseResult>, CaseError> {
        let own = match &self.rules {
            None => None,
            Some(text) => {
                let loaded = RuleSet::parse(&[(file, text)]);
                let errors = loaded.problems.iter().filter(|p| p.severity == ProblemSeverity::Error);
                let message = errors.map(ToString::to_string).collect::<Vec<_>>().join("\n");
                Some(Judge::new(loaded.set.ok_or(CaseError::File { file: file.to_owned(), message })?))
            }
        };
        let judge = own.as_ref().unwrap_or(judge);
        self.case.iter().map(|case| case.run(judge, &self.hotlines)).collect()
    }
}

/// Cases written as Markdown.
fn markdown(text: &str) -> Result<CaseFile, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        let at = |message: &str| format!("line {}: {message}", number + 1);
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case {
                name: name.trim().to_owned(),
                lines: String::new(),
                meta: CallMeta::default(),
                mixed: false,
                heard_until: None,
                confidence: sure(),
                levels: BTreeMap::new(),
                listened: Vec::new(),
                expect: BTreeMap::new(),
                evidence: BTreeMap::new(),
            });
        } else if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            let case = cases.last_mut().ok_or_else(|| at("a dialogue needs a heading `## name` before it"))?;
            case.lines.push_str(line);
            case.lines.push('\n');
        } else if let Some(expected) = line.trim_start().strip_prefix("- ") {
            let case = cases.last_mut().ok_or_else(|| at("an expectation needs a heading `## name` before it"))?;
            let (rule, outcome) = expected.split_once([':', '：']).ok_or_else(|| at("write `- rule: outcome`"))?;
            let outcome = outcome_of(outcome.trim()).ok_or_else(|| {
                at("an outcome is met, violated, undecided or not_applicable (符合、违规、无法判断、不适用)")
            })?;
            case.expect.insert(rule.trim().to_owned(), outcome);
        }
    }
    if fenced {
        return Err("a fenced block is not closed".into());
    }
    match cases.iter().find(|case| case.expect.is_empty() || case.lines.trim().is_empty()) {
        Some(case) => {
            Err(format!("case “{}” needs a dialogue in a fenced block and at least one expectation", case.name))
        }
        None => Ok(CaseFile { rules: None, hotlines: Organisations::default(), case: cases }),
    }
}

fn outcome_of(text: &str) -> Option<Outcome> {
    [Outcome::Met, Outcome::Violated, Outcome::Undecided, Outcome::NotApplicable]
        .into_iter()
        .find(|outcome| outcome.name() == text || outcome.name_zh() == text)
}

impl Listening {
    /// The listen to the first place where the words stand.
    fn place(&self, transcript: &Transcript) -> Option<SecondListen> {
        let mut said = (0..).zip(&transcript.utterances);
        let (utterance, at) = said.find_map(|(nth, said)| Some((nth, said.text.find(&self.heard)?)))?;
        let Listening { heard, meant, log_ratio } = self.clone();
        Some(SecondListen { utterance, text: TextSpan::new(at, at + heard.len()), heard, meant, log_ratio })
    }
}

impl Case {
    /// Tries the case.
    fn run(&self, judge: &Judge, organisations: &Organisations) -> Result<CaseResult, CaseError> {
        let findings = judge.judge(&self.heard()?.view(organisations)).findings;
        Ok(CaseResult { name: self.name.clone(), failures: self.check(&findings) })
    }

    /// Turns the lines into a call. A line is `A: 您好` (agent, also 座席), `C: 喂` (customer, also 客户), `A 12.5: 您好` with a start,
    /// `A 12.5-14: 您好` with both ends, `A 3-5 ##` for speech without text, or `-- 6` for six seconds in which nobody speaks.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn heard(&self) -> Result<Heard, CaseError> {
        let mut transcript = Transcript::default();
        let mut voiced: BTreeMap<Channel, Vec<TimeSpan>> = BTreeMap::new();
        let mut now = 0.0;
        for line in self.lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let wrong = |message| CaseError::Line { case: self.name.clone(), line: line.to_owned(), message };
            let seconds = |text: &str| text.trim().parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
            if let Some(pause) = line.strip_prefix("--") {
                now += seconds(pause).ok_or_else(|| wrong("`--` wants seconds, like `-- 6`"))? - PAUSE_S;
                continue;
            }
            let lost = line.ends_with("##");
            let (head, text) = if lost {
                (line.trim_end_matches('#'), "")
            } else {
                line.split_once([':', '：']).ok_or_else(|| wrong("begin with `A:` (agent) or `C:` (customer)"))?
            };
            let mut head = head.split_whitespace();
            let channel = match head.next() {
                Some("A" | "C" | "座席" | "客户") if self.mixed => Channel::Mixed,
                Some("A" | "座席") => Channel::Agent,
                Some("C" | "客户") => Channel::Customer,
                _ => return Err(wrong("begin with `A:` (agent) or `C:` (customer)")),
            };
            let text = text.trim();
            let length = text.chars().count() as f64 * SECONDS_A_CHARACTER;
            let times = || wrong("times are seconds, like `A 12.5:` or `A 12.5-14:`");
            let (start, end) = match head.next().map(|times| times.split_once('-').unwrap_or((times, ""))) {
                None => (now, now + length),
                Some((start, "")) => {
                    let start = seconds(start).ok_or_else(times)?;
                    (start, start + length)
                }
                Some((start, end)) => (seconds(start).ok_or_else(times)?, seconds(end).ok_or_else(times)?),
            };
            let span = TimeSpan::from_secs(start, end);
            voiced.entry(channel).or_default().push(span);
            now = end + PAUSE_S;
            if lost {
                let reason = GapReason::TooFast;
                transcript.gaps.push(Gap { channel, span, reason, rejected_text: String::new() });
                continue;
            }
            transcript.utterances.push(Utterance {
                channel,
                span,
                text: text.to_owned(),
                raw_text: text.to_owned(),
                tokens: Vec::new(),
                confidence: self.confidence,
            });
        }
        transcript.sort();
        for listening in &self.listened {
            let line = listening.heard.clone();
            let nowhere =
                || CaseError::Line { case: self.name.clone(), line, message: "was listened to but is not said" };
            transcript.second_listens.push(listening.place(&transcript).ok_or_else(nowhere)?);
        }
        let channels: &[Channel] = if self.mixed { &[Channel::Mixed] } else { &[Channel::Agent, Channel::Customer] };
        let measured = |channel: &Channel| ChannelAcoustics {
            channel: *channel,
            voiced: TimeSpan::merge(voiced.get(channel).cloned().unwrap_or_default(), 0),
            speech_dbfs: self.levels.get(channel.name()).copied().unwrap_or(SPEECH_DBFS),
            peak_dbfs: -3.0,
            clipped: 0.0,
        };
        let acoustics = Acoustics { channels: channels.iter().map(measured).collect() };
        let until = self.heard_until.map(CallTime::from_secs);
        let end = until.map_or(CallTime::from_secs(now + 1.0).ms, |until| until.ms);
        let call = Call {
            id: CallId::from_stored(self.name.clone()),
            source: format!("{}.wav", self.name),
            audio_sha256: String::new(),
            format: "wav".into(),
            rate_hz: 8000,
            duration_ms: end,
            layout: if self.mixed { ChannelLayout::Mono } else { ChannelLayout::AgentLeft },
            meta: self.meta.clone(),
        };
        Ok(Heard { call, transcript, acoustics, until })
    }

    /// What of `findings` is not as expected, for people.
    pub fn check(&self, findings: &[Finding]) -> Vec<String> {
        let mut failures = Vec::new();
        for (rule, expected) in &self.expect {
            let Some(finding) = findings.iter().find(|finding| finding.rule == *rule) else {
                failures.push(format!("there is no rule {rule}"));
                continue;
            };
            if finding.outcome != *expected {
                failures.push(format!(
                    "{rule} is {} ({:.2}), expected {}: {} {:?}",
                    finding.outcome.name(),
                    finding.certainty,
                    expected.name(),
                    finding.reason,
                    shown(finding),
                ));
            }
        }
        for (rule, wanted) in &self.evidence {
            let shown = findings.iter().find(|finding| finding.rule == *rule).map(shown).unwrap_or_default();
            for words in wanted.iter().filter(|words| !shown.contains(words)) {
                failures.push(format!("{rule} does not show {words:?} but {shown:?}"));
            }
        }
        failures
    }
}

/// Evidence in short: quoted words, measures with their value, what was looked for in vain.
fn shown(finding: &Finding) -> Vec<String> {
    let short = |evidence: &Evidence| match evidence {
        Evidence::Quote(quote) => quote.words.clone(),
        Evidence::Interval { measure, value, .. } => format!("{measure} {value:.1}"),
        Evidence::Absence { best: Some(best), .. } => format!("? {}", best.words),
        Evidence::Absence { searched, .. } => format!("nothing in {searched}"),
        Evidence::Metadata { field, value } => format!("{field} = {value}"),
    };
    finding.evidence.iter().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
        [rule_set]
        name = "t"
        version = "1"
        [[rule]]
        id = "greeting"
        clause = "REQ-01"
        title = { zh = "开头没有问候" }
        severity = "slight"
        points = 2
        require = "greeted"
        conditions.greeted = { role = "agent", range = { turns = "first 1" }, phrase = { any = ["您好"] } }
    "#;

    fn run(file: &str, text: &str) -> Result<Vec<CaseResult>, CaseError> {
        let judge = Judge::new(RuleSet::parse(&[("t.toml", RULES)]).set.unwrap());
        CaseFile::parse(file, text)?.run(file, &judge)
    }

    #[test]
    fn markdown_cases_pass_and_fail() {
        let text = "# 问候\n\n## 说了\n```\n座席: 您好，请讲\n客户：喂\n```\n- greeting: met\n\n## 没说\n```\nA: 喂，讲\n```\n- greeting: 符合\n";
        let results = run("a.md", text).unwrap();
        assert_eq!(results[0], CaseResult { name: "说了".into(), failures: Vec::new() });
        assert_eq!(results[1].failures.len(), 1);
        assert!(results[1].failures[0].contains("greeting is violated"), "{:?}", results[1]);
    }

    #[test]
    fn toml_cases_name_missing_rules() {
        let text = "[[case]]\nname = \"x\"\nlines = \"A: 您好\"\nexpect = { nothing = \"met\" }\n";
        assert_eq!(run("a.toml", text).unwrap()[0].failures, ["there is no rule nothing"]);
    }

    #[test]
    fn mistakes_are_named() {
        let says = |file: &str, text: &str, words: &str| {
            let error = run(file, text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        says("a.md", "", "has no cases");
        says("a.md", "- greeting: met", "line 1");
        says("a.md", "## a\n```\nA: 您好\n```\n- greeting: good\n", "line 5");
        says("a.md", "## a\n- greeting: met\n", "needs a dialogue");
        says("a.md", "## a\n```\nA: 您好\n- greeting: met\n", "not closed");
        says("a.md", "## a\n```\nB: 您好\n```\n- greeting: met\n", "B: 您好");
        says("a.md", "## a\n```\nA x: 您好\n```\n- greeting: met\n", "times are seconds");
        says("a.toml", "case = 1", "a.toml");
    }
}
