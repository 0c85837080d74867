//! `hotline calls`.

use hotline_model::CallFacts;
use hotline_store::{CallFilter, CallOrder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::filter::call_filter;
use crate::args::CallsArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;

/// Runs `hotline calls`.
pub fn run(context: &Context, args: &CallsArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    if args.failed {
        return failed(context, &store.failures()?, args.json.json);
    }
    let filter =
        CallFilter { limit: Some(args.limit), order: CallOrder::NewestFirst, ..call_filter(context, &args.filter)? };
    let mut calls = store.call_facts(&filter)?;
    // A list is no place for customers' numbers; one call shows its own with `show --unmask`.
    for facts in &mut calls {
        context.hide_number(&mut facts.call.meta);
    }
    if args.json.json {
        output::json(&calls)?;
    } else if calls.is_empty() {
        context.note(context.text("没有符合条件的通话", "no calls match"));
    } else {
        list(context, &calls)?;
        if calls.len() == args.limit {
            context.note(&match context.language {
                crate::settings::Language::Zh => format!("只列出 {} 通，用 -n 看更多", args.limit),
                crate::settings::Language::En => format!("only {} listed, see more with -n", args.limit),
            });
        }
    }
    Ok(if calls.is_empty() { Exit::Partly } else { Exit::Done })
}

fn list(context: &Context, calls: &[CallFacts]) -> anyhow::Result<()> {
    let zh = context.text("zh", "en") == "zh";
    let headers = if zh {
        ["编号", "开始", "时长", "座席", "班组", "业务", "得分", "等级", "违规", "待定", "满意度", "录音"]
    } else {
        [
            "call",
            "start",
            "length",
            "agent",
            "team",
            "business",
            "score",
            "grade",
            "viol.",
            "undec.",
            "rating",
            "recording",
        ]
    };
    let mut table = output::table(&headers, &[2, 6, 8, 9]);
    for facts in calls {
        let meta = &facts.call.meta;
        let agent = [&meta.agent_id, &meta.agent_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let rating =
            meta.satisfaction.map_or("—".to_owned(), |s| if zh { s.name_zh().into() } else { s.name().into() });
        table.add_row([
            facts.call.id.short().to_owned(),
            local_time(meta.started_at, &context.zone),
            length(facts.call.duration_ms),
            agent,
            meta.team.clone().unwrap_or_default(),
            meta.business_type.clone().unwrap_or_default(),
            format!("{:.0}", facts.score),
            facts.grade.to_string(),
            facts.violations.to_string(),
            facts.undecided.to_string(),
            rating,
            facts.call.file_name().to_owned(),
        ]);
    }
    output::print_table(&table)
}

fn failed(context: &Context, failures: &[hotline_model::FailedCall], as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        output::json(&failures)?;
    } else if failures.is_empty() {
        context.note(context.text("没有失败的录音", "no failed recordings"));
    } else {
        for failure in failures {
            output::line(&format!("✗ {}", failure.error))?;
        }
    }
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Partly })
}

/// A time in the hotline's zone, to the minute; a dash where there is none.
pub fn local_time(time: Option<Timestamp>, zone: &TimeZone) -> String {
    time.map_or("—".to_owned(), |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string())
}

/// A length as minutes and seconds.
pub fn length(ms: u32) -> String {
    let seconds = (ms + 500) / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
