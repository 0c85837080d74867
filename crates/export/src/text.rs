//! A transcript for people: what is known of the call, who said what when, and what the rules found.

use std::fmt::Write as _;

use hotline_model::{CallMeta, CallRecord, CallTime, Channel, Evidence, Finding, Outcome};
use jiff::tz::TimeZone;

use crate::Language;
use crate::cue::tidy;
use crate::words::Words;

/// The whole text.
pub(crate) fn transcript(record: &CallRecord, words: &Words, time_zone: &TimeZone) -> String {
    let mut out = String::new();
    let mut line = |line: &str| {
        out.push_str(line);
        out.push('\n');
    };
    for (name, value) in head(record, words, time_zone) {
        line(&format!("{name}{}{value}", words.colon));
    }
    line(&format!("\n{}\n", words.transcript));
    let said = turns(record, words);
    if said.is_empty() {
        line(words.nothing_said);
    }
    said.iter().for_each(|turn| line(turn));
    if !record.findings.is_empty() {
        line(&format!("\n{}\n", words.findings));
        let telling: Vec<&Finding> =
            record.findings.iter().filter(|f| matches!(f.outcome, Outcome::Violated | Outcome::Undecided)).collect();
        if telling.is_empty() {
            line(words.no_findings);
        }
        telling.iter().for_each(|finding| line(&describe(finding, words)));
    }
    out
}

/// What is known of the call. The customer's number is left out: whoever reads a transcript seldom needs it.
fn head(record: &CallRecord, words: &Words, time_zone: &TimeZone) -> Vec<(&'static str, String)> {
    let call = &record.call;
    let meta = &call.meta;
    let card = &record.score_card;
    let start = meta.started_at.map(|at| at.to_zoned(time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string());
    let rule_set = match words.language {
        Language::Zh => format!("（{} {}）", card.rule_set, card.rule_set_version),
        Language::En => format!(" ({} {})", card.rule_set, card.rule_set_version),
    };
    let lines = [
        (words.recording, Some(call.file_name().to_owned())),
        (words.id, Some(call.id.to_string())),
        (words.start, start),
        (words.length, Some(CallTime::from_ms(call.duration_ms).to_string())),
        (words.agent, agent(meta, words.language)),
        (words.hotline, meta.hotline.clone()),
        (words.business, meta.business_type.clone()),
        (words.satisfaction, meta.satisfaction.map(|s| words.satisfaction(s).to_owned())),
        (words.score, Some(format!("{} {}{rule_set}", card.score, card.grade))),
    ];
    lines.into_iter().filter_map(|(name, value)| value.map(|value| (name, tidy(&value)))).collect()
}

/// Name, staff number and team, as far as they are known.
fn agent(meta: &CallMeta, language: Language) -> Option<String> {
    let mut known = [&meta.agent_name, &meta.agent_id, &meta.team].into_iter().flatten();
    let first = known.next()?.clone();
    let rest: Vec<&str> = known.map(String::as_str).collect();
    Some(match (rest.is_empty(), language) {
        (true, _) => first,
        (false, Language::Zh) => format!("{first}（{}）", rest.join("，")),
        (false, Language::En) => format!("{first} ({})", rest.join(", ")),
    })
}

/// What was said, and where somebody spoke whom nobody understood, in time order.
fn turns(record: &CallRecord, words: &Words) -> Vec<String> {
    let said = record.transcript.utterances.iter().map(|u| (u.span.start, u.channel, tidy(&u.text)));
    let lost = record.transcript.gaps.iter().map(|gap| {
        let (before, after) = words.untranscribed;
        (gap.span.start, gap.channel, format!("{before}{:.1}{after}", gap.span.secs()))
    });
    let mut turns: Vec<(CallTime, Channel, String)> = said.chain(lost).collect();
    turns.sort_by_key(|(start, channel, _)| (*start, *channel));
    let speaker = |channel| words.speaker(channel).map(|name| format!("{name}{}", words.colon)).unwrap_or_default();
    turns.into_iter().map(|(start, channel, text)| format!("[{start}] {}{text}", speaker(channel))).collect()
}

/// A finding in one line: outcome, clause, title, points, reason, and where in the call.
fn describe(finding: &Finding, words: &Words) -> String {
    let mut out = format!("- {} {} {}", words.outcome(finding.outcome), finding.clause, tidy(&finding.title));
    if finding.outcome == Outcome::Violated {
        let severity = words.severity(finding.severity);
        // Writing to a string cannot fail.
        let _ = match words.language {
            Language::Zh => write!(out, "（{severity}，扣 {} 分）", finding.points),
            Language::En => write!(out, " ({severity}, {} points off)", finding.points),
        };
    }
    if !finding.reason.is_empty() {
        let _ = write!(out, "{}{}", words.colon, tidy(&finding.reason));
    }
    // Where words are missing there is no place to point at.
    let places = finding.evidence.iter().filter(|e| !matches!(e, Evidence::Absence { .. })).filter_map(Evidence::time);
    let mut times: Vec<String> = places.map(|time| format!("[{}]", time.start)).collect();
    times.dedup();
    if !times.is_empty() {
        let _ = write!(out, " {}", times.join(" "));
    }
    out
}
