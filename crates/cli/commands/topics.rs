//! `hotline topics`.

use hotline_model::Channel;
use hotline_pipeline::masked;
use hotline_report::{Period, PeriodKind};
use hotline_store::{CallFilter, Store};
use hotline_topics::{Remark, Said, Term, TermKind, TopicCall, TopicSettings, Topics, Window, topics};
use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use serde::Serialize;

use super::calls::local_time;
use crate::args_find::TopicsArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup};

/// Calls read and masked at a time: enough to keep every core busy, few enough to keep memory flat.
const CALLS_AT_A_TIME: usize = 256;

/// Members of a group that are shown; more are counted.
const MEMBERS_SHOWN: usize = 2;

/// Topics with the week they are of.
#[derive(Serialize)]
struct Figures<'a> {
    week: String,
    weeks_before: u16,
    #[serde(flatten)]
    topics: &'a Topics,
}

/// Runs `hotline topics`.
pub fn run(context: &Context, args: &TopicsArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let of_interest = CallFilter {
        hotline: args.hotline.clone(),
        team: args.team.clone(),
        business: args.business.clone(),
        ..CallFilter::default()
    };
    let Some(week) = week(context, &store, args, &of_interest)? else {
        context.note(context.text("没有带开始时间的通话", "no calls with a start time"));
        return Ok(Exit::Partly);
    };
    let settings = TopicSettings { limit: args.limit, ..TopicSettings::default() };
    let (start, end) = week.bounds();
    let before = before(&week, args.before)?;
    let again = start - SignedDuration::from_hours(24 * i64::from(settings.again_days));
    let filter = CallFilter { from: Some(before.min(again)), to: Some(end), ..of_interest };
    let calls = calls(context, &store, &filter, Window { before, start, end })?;
    let mut found = topics(&calls, Window { before, start, end }, &setup::lexicon(context)?, &settings);
    if args.unmask {
        store.record_audit(&[context.audit_entry("topics", None, true, week.key())])?;
    } else {
        let kind = hotline_text::entities::EntityKind::Phone;
        let hidden = hotline_text::entities::placeholder(kind, context.mask_language());
        found.callers.iter_mut().for_each(|caller| caller.caller.clone_from(&hidden));
    }
    if args.json.json {
        output::json(&Figures { week: week.key(), weeks_before: args.before, topics: &found })?;
    } else {
        show(context, &week, &found, args.before)?;
    }
    Ok(if found.calls == 0 { Exit::Partly } else { Exit::Done })
}

/// The week asked for, or the latest that has calls.
fn week(context: &Context, store: &Store, args: &TopicsArgs, filter: &CallFilter) -> anyhow::Result<Option<Period>> {
    if let Some(text) = &args.week {
        let period = Period::parse(text, context.zone.clone())?;
        anyhow::ensure!(
            matches!(period.kind(), PeriodKind::Week { .. }),
            "{text}: {}",
            context.text("请写周，如 2026-W41", "write a week, e.g. 2026-W41")
        );
        return Ok(Some(period));
    }
    let newest = CallFilter { limit: Some(1), order: hotline_store::CallOrder::NewestFirst, ..filter.clone() };
    let started = store.call_facts(&newest)?.first().and_then(|facts| facts.call.meta.started_at);
    let week = started.map(|at| Period::week_of(at.to_zoned(context.zone.clone()).date(), context.zone.clone()));
    Ok(week.transpose()?)
}

/// Where the weeks before begin.
fn before(week: &Period, weeks: u16) -> anyhow::Result<Timestamp> {
    let mut first = week.clone();
    for _ in 0..weeks {
        first = first.previous()?;
    }
    Ok(first.bounds().0)
}

/// What customers said, masked. Calls that only tell who called again come without words.
fn calls(context: &Context, store: &Store, filter: &CallFilter, window: Window) -> anyhow::Result<Vec<TopicCall>> {
    let language = context.mask_language();
    let mut calls = Vec::new();
    for facts in store.call_facts(filter)?.chunks(CALLS_AT_A_TIME) {
        let mut read = Vec::with_capacity(facts.len());
        for facts in facts {
            let Some(started_at) = facts.call.meta.started_at else { continue };
            let record = if started_at >= window.before { store.record(&facts.call.id)? } else { None };
            read.push((facts, started_at, record));
        }
        let said = read.into_par_iter().map(|(facts, started_at, record)| {
            let utterances = record.map(|record| masked(&record, language).transcript.utterances);
            let said = utterances.into_iter().flatten().enumerate();
            let said = said.filter(|(_, utterance)| utterance.channel != Channel::Agent);
            TopicCall {
                call: facts.call.id.short().to_owned(),
                started_at,
                caller: facts.call.meta.customer_number.clone(),
                remarks: said
                    .map(|(place, said)| Remark { utterance: place, start_ms: said.span.start.ms, text: said.text })
                    .collect(),
            }
        });
        calls.extend(said.collect::<Vec<_>>());
    }
    Ok(calls)
}

fn show(context: &Context, week: &Period, topics: &Topics, before: u16) -> anyhow::Result<()> {
    let zh = context.language == Language::Zh;
    let label = week.label(if zh { hotline_report::Language::Zh } else { hotline_report::Language::En });
    output::line(&match context.language {
        Language::Zh => {
            format!("{label}：{} 通电话；此前 {before} 周：{} 通", topics.calls, topics.calls_before)
        }
        Language::En => {
            format!("{label}: {} calls; {before} weeks before: {}", topics.calls, topics.calls_before)
        }
    })?;
    if topics.calls_before == 0 {
        context.note(context.text("此前没有通话，无从比较升降", "no calls before: nothing to compare with"));
    }
    terms(context, context.text("上升的词语", "rising"), &topics.rising, true)?;
    terms(context, context.text("最常说的词语", "most frequent"), &topics.frequent, false)?;
    heading(context.text("说法相近的客户语句", "customers who say the same"), topics.groups.is_empty(), context)?;
    for group in &topics.groups {
        let (calls, sentences) = (group.calls, group.sentences);
        output::line(&match context.language {
            Language::Zh => format!("  {calls} 通 {sentences} 句  {}", said(&group.representative)),
            Language::En => format!("  {calls} calls, {sentences} sentences  {}", said(&group.representative)),
        })?;
        for member in group.members.iter().take(MEMBERS_SHOWN) {
            output::line(&format!("      {}", said(member)))?;
        }
    }
    heading(context.text("七天内再次来电", "called again within 7 days"), topics.callers.is_empty(), context)?;
    for caller in &topics.callers {
        let calls: Vec<String> = (caller.calls.iter())
            .map(|call| format!("{} {}", local_time(Some(call.started_at), &context.zone), call.call))
            .collect();
        output::line(&format!("  {}  {}", caller.caller, calls.join(context.text("，", ", "))))?;
    }
    if let Some(share) = topics.again_share {
        let (again, known, percent) = (topics.again, topics.known_callers, share * 100.0);
        output::line(&match context.language {
            Language::Zh => format!("  本周 {known} 通有来电号码，{again} 通为再次来电（{percent:.1}%）"),
            Language::En => format!("  {again} of {known} calls with a number are repeats ({percent:.1}%)"),
        })?;
    }
    Ok(())
}

fn heading(text: &str, empty: bool, context: &Context) -> anyhow::Result<()> {
    let none = if empty { context.text("：无", ": none") } else { "" };
    output::line(&format!("\n{text}{none}"))
}

fn said(said: &Said) -> String {
    let seconds = said.start_ms / 1000;
    format!("{}  [{} {:02}:{:02}]", said.text, said.call, seconds / 60, seconds % 60)
}

fn terms(context: &Context, title: &str, terms: &[Term], compared: bool) -> anyhow::Result<()> {
    heading(title, terms.is_empty(), context)?;
    if terms.is_empty() {
        return Ok(());
    }
    let headers: &[&str] = match (context.language, compared) {
        (Language::Zh, true) => &["词语", "类别", "本周通话", "占比", "此前", "占比", "G²", "显著性", "例"],
        (Language::Zh, false) => &["词语", "类别", "本周通话", "占比", "例"],
        (Language::En, true) => &["term", "kind", "calls", "share", "before", "share", "G²", "level", "e.g."],
        (Language::En, false) => &["term", "kind", "calls", "share", "e.g."],
    };
    let mut table = output::table(headers, if compared { &[2, 3, 4, 5, 6] } else { &[2, 3] });
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    for term in terms {
        let kind = match term.kind {
            TermKind::Word => context.text("词", "word"),
            TermKind::Phrase => context.text("短语", "phrase"),
        };
        let mut row = vec![term.term.clone(), kind.to_owned(), term.calls.to_string(), percent(term.share)];
        if compared {
            row.push(term.calls_before.to_string());
            row.push(term.share_before.map_or("—".to_owned(), percent));
            row.push(term.g2.map_or("—".to_owned(), |g2| format!("{g2:.2}")));
            let level = term.level.and_then(|level| serde_json::to_value(level).ok());
            row.push(level.and_then(|level| level.as_str().map(str::to_owned)).unwrap_or_default());
        }
        row.push(term.examples.first().cloned().unwrap_or_default());
        table.add_row(row);
    }
    output::print_table(&table)
}
