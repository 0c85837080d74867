//! What calls leave open, and what is promised by when: typed calls in `complaints/open.toml`, promises in `complaints/promises.toml`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use hotline_model::{
    Acoustics, Call, CallId, CallMeta, Channel, ChannelLayout, FollowUp, Moment, Promise, TimeSpan, Transcript,
    Utterance,
};
use hotline_rules::complaint::Guide;
use hotline_rules::promise::{parse, promised};
use hotline_rules::{CallView, Judge, Organisations, RuleSet};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promises {
    minutes: Vec<Counted>,
    workdays: Vec<Counted>,
    days: Vec<Day>,
    weekdays: Vec<Weekday>,
    month_days: Vec<MonthDay>,
    none: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    said: String,
    words: String,
    is: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    said: String,
    words: String,
    is: u32,
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Weekday {
    said: String,
    words: String,
    is: i8,
    weeks: i8,
    until: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MonthDay {
    said: String,
    words: String,
    is: i8,
    month: i8,
}

fn until(text: &str) -> Moment {
    match text {
        "closing" => Moment::Closing,
        "day_end" => Moment::DayEnd,
        minute => Moment::Minute(minute.parse().unwrap()),
    }
}

#[test]
fn promises_are_read_as_they_are_said() {
    let all: Promises = toml::from_str(include_str!("complaints/promises.toml")).unwrap();
    let mut cases: Vec<(String, String, Promise)> = Vec::new();
    cases.extend(all.minutes.into_iter().map(|c| (c.said, c.words, Promise::Minutes(c.is))));
    cases.extend(all.workdays.into_iter().map(|c| (c.said, c.words, Promise::Workdays(c.is))));
    cases.extend(all.days.into_iter().map(|c| {
        let until = until(&c.until);
        (c.said, c.words, Promise::Days { days: c.is, until })
    }));
    cases.extend(all.weekdays.into_iter().map(|c| {
        let weeks = u8::try_from(c.weeks).ok();
        (c.said, c.words, Promise::Weekday { weeks, weekday: c.is, until: until(&c.until) })
    }));
    cases.extend(all.month_days.into_iter().map(|c| {
        let month = Some(c.month).filter(|month| *month > 0);
        (c.said, c.words, Promise::MonthDay { month, day: c.is, until: Moment::DayEnd })
    }));
    assert!(cases.len() > 30);
    let mut wrong = Vec::new();
    for (said, words, promise) in cases {
        let found = promised(&said);
        let last = found.last().map(|last| (said[last.span.clone()].to_owned(), last.promise));
        if last != Some((words.clone(), promise)) || parse(&words) != Some(promise) && said.starts_with(&words) {
            wrong.push(format!("{said}: wanted {words} {promise:?}, got {last:?}"));
        }
    }
    for said in all.none {
        let found = promised(&said);
        if !found.is_empty() {
            wrong.push(format!("{said}: wanted nothing, got {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    call: Vec<Typed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    name: String,
    lines: Vec<String>,
    kind: String,
    matter: Option<String>,
    promised_time: Option<String>,
    contact: Option<String>,
    begins: Option<u32>,
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
            confidence: 0.95,
        }
    };
    Transcript { utterances: lines.iter().enumerate().map(utterance).collect(), ..Transcript::default() }
}

/// As calls are processed: a complaint is one, and nothing else.
fn left_open(guide: &Guide, judge: &Judge, transcript: &Transcript) -> Option<FollowUp> {
    if guide.complaint(transcript).is_some() {
        return None;
    }
    let meta = CallMeta::default();
    let call = Call {
        id: CallId::derive(b"typed", &meta),
        source: String::new(),
        audio_sha256: String::new(),
        format: String::new(),
        rate_hz: 8_000,
        duration_ms: 60_000,
        layout: ChannelLayout::AgentLeft,
        meta,
    };
    let (acoustics, organisations) = (Acoustics::default(), Organisations::default());
    let view =
        CallView { call: &call, transcript, acoustics: &acoustics, heard_until: None, organisations: &organisations };
    guide.follow_up(transcript, &judge.judge(&view).findings)
}

#[test]
fn typed_calls_leave_open_what_they_leave_open() {
    let calls: Calls = toml::from_str(include_str!("complaints/open.toml")).unwrap();
    let (guide, judge) = (Guide::built_in(), Judge::new(RuleSet::built_in()));
    let mut wrong = Vec::new();
    for call in &calls.call {
        let found = left_open(&guide, &judge, &transcript(&call.lines));
        let kind = found.as_ref().map_or("", |found| found.kind.name());
        if kind != call.kind {
            wrong.push(format!("{}: {found:?}", call.name));
            continue;
        }
        let found = found.unwrap_or_default();
        for (field, wanted, got) in [
            ("matter", &call.matter, &found.matter),
            ("promised_time", &call.promised_time, &found.promised_time),
            ("contact", &call.contact, &found.contact),
        ] {
            if wanted.as_ref().is_some_and(|wanted| !got.as_ref().is_some_and(|got| got.contains(wanted.as_str()))) {
                wrong.push(format!("{}: {field}: wanted {wanted:?}, got {got:?}", call.name));
            }
        }
        if found.begins != call.begins || found.promise.is_some() != call.promised_time.is_some() {
            wrong.push(format!("{}: {found:?}", call.name));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_own_guide_says_what_incidents_are() {
    let own = "version = \"7\"\nthreshold = 0.8\n[incident]\nreported = [\"大象跑了\"]\ntaken_on = [\"去找\"]\n";
    let guide = Guide::parse("own.toml", own).unwrap();
    let lines = ["客:你们的大象跑了", "座:我们这就派人去找"].map(str::to_owned);
    assert!(guide.follow_up(&transcript(&lines), &[]).is_some());
    let lines = ["客:电梯坏了", "座:我马上通知维修师傅过去"].map(str::to_owned);
    assert_eq!(guide.follow_up(&transcript(&lines), &[]), None);
    assert!(Guide::built_in().follow_up(&transcript(&lines), &[]).is_some());
    let error = Guide::parse("own.toml", &own.replace("大象跑了", "(")).unwrap_err().to_string();
    assert!(error.contains("unclosed group"), "{error}");
}
