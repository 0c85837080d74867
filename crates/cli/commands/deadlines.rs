//! `hotline deadlines`: how the deadlines DUE-01 to DUE-05 stand, over complaints and over what calls left open.

use std::collections::BTreeMap;

use hotline_model::{Due, DueState};
use hotline_report::Period;
use hotline_store::Store;
use jiff::Timestamp;
use serde::Serialize;

use super::calls::local_time;
use crate::args_follow::DeadlinesArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// How the deadlines of one clause stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Standing {
    open: u32,
    kept: u32,
    missed: u32,
    overdue: u32,
    /// By how many minutes those that were missed or are overdue are over.
    minutes_over: Vec<i64>,
}

impl Standing {
    fn add(&mut self, due: &Due) {
        *match due.state {
            DueState::Open => &mut self.open,
            DueState::Kept => &mut self.kept,
            DueState::Missed => &mut self.missed,
            DueState::Overdue => &mut self.overdue,
        } += 1;
        if due.minutes_over > 0 {
            self.minutes_over.push(due.minutes_over);
        }
    }

    /// Kept ones among those that can be told, in per cent; `None` where none can.
    fn kept_share(&self) -> Option<f64> {
        let told = self.kept + self.missed + self.overdue;
        (told > 0).then(|| f64::from(self.kept) / f64::from(told) * 100.0)
    }

    fn between(&self, from: i64, to: i64) -> usize {
        self.minutes_over.iter().filter(|minutes| (from..=to).contains(*minutes)).count()
    }
}

/// Runs `hotline deadlines`.
pub fn run(context: &Context, args: &DeadlinesArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let all = standings(context, &store, args)?;
    if args.json.json {
        let json: BTreeMap<&String, serde_json::Value> = all
            .iter()
            .map(|(clause, standing)| {
                let share = standing.kept_share();
                (clause, serde_json::json!({ "counts": standing, "kept_percent": share }))
            })
            .collect();
        output::json(&json)?;
    } else if all.is_empty() {
        context.note(context.text("没有投诉、咨询或事件", "no complaints, inquiries or incidents"));
    } else {
        table(context, &all)?;
    }
    Ok(if all.is_empty() { Exit::Partly } else { Exit::Done })
}

fn standings(context: &Context, store: &Store, args: &DeadlinesArgs) -> anyhow::Result<BTreeMap<String, Standing>> {
    let bounds = match &args.month {
        Some(month) => {
            // A month, not any period a report could have.
            let month: hotline_model::Month = month.parse()?;
            Some(Period::parse(&month.to_string(), context.zone.clone())?.bounds())
        }
        None => None,
    };
    let (now, policy) = (Timestamp::now(), &context.settings.complaints.deadlines);
    let wanted = |received: Timestamp, agent: Option<&String>| {
        bounds.is_none_or(|(from, to)| (from..to).contains(&received))
            && args.agent.as_ref().is_none_or(|wanted| agent == Some(wanted))
    };
    let mut dues: Vec<Due> = Vec::new();
    for complaint in store.complaints(None)? {
        if wanted(complaint.record.received, complaint.agent_id.as_ref()) {
            dues.extend(complaint.record.dues(now, policy, &context.zone));
        }
    }
    for follow_up in store.follow_ups(None)? {
        if wanted(follow_up.record.received, follow_up.agent_id.as_ref()) {
            dues.extend(follow_up.record.due(now, policy, &context.zone));
        }
    }
    let mut all: BTreeMap<String, Standing> = BTreeMap::new();
    for due in &dues {
        all.entry(due.clause.clone()).or_default().add(due);
    }
    Ok(all)
}

fn table(context: &Context, all: &BTreeMap<String, Standing>) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => {
            ["条款", "时限", "未到期", "按时", "已超时", "超时未办", "按时率", "1–10 分", "11–30 分", "30 分以上"]
        }
        Language::En => [
            "clause",
            "deadline",
            "open",
            "kept",
            "missed",
            "overdue",
            "kept %",
            "1–10 min",
            "11–30 min",
            "over 30 min",
        ],
    };
    let mut table = output::table(&headers, &[2, 3, 4, 5, 6, 7, 8, 9]);
    for (clause, standing) in all {
        table.add_row([
            clause.clone(),
            about(context, clause).to_owned(),
            standing.open.to_string(),
            standing.kept.to_string(),
            standing.missed.to_string(),
            standing.overdue.to_string(),
            standing.kept_share().map_or("—".to_owned(), |share| format!("{share:.1} %")),
            standing.between(1, 10).to_string(),
            standing.between(11, 30).to_string(),
            standing.between(31, i64::MAX).to_string(),
        ]);
    }
    output::print_table(&table)
}

fn about<'a>(context: &Context, clause: &str) -> &'a str {
    match (clause, context.language) {
        ("DUE-01", Language::Zh) => "投诉转办",
        ("DUE-01", Language::En) => "complaint handed over",
        ("DUE-02", Language::Zh) => "投诉回访",
        ("DUE-02", Language::En) => "customer told",
        ("DUE-03", Language::Zh) => "投诉查明",
        ("DUE-03", Language::En) => "complaint investigated",
        ("DUE-04", Language::Zh) => "咨询答复",
        ("DUE-04", Language::En) => "inquiry answered",
        ("DUE-05", Language::Zh) => "事件办结",
        ("DUE-05", Language::En) => "incident handled",
        _ => "",
    }
}

/// The state of a deadline in a word.
pub(super) fn state<'a>(context: &Context, due: &Due) -> &'a str {
    match (due.state, context.language) {
        (DueState::Kept, Language::Zh) => "按时",
        (DueState::Kept, Language::En) => "kept",
        (DueState::Open, Language::Zh) => "未到期",
        (DueState::Open, Language::En) => "open",
        (DueState::Missed, Language::Zh) => "已超时",
        (DueState::Missed, Language::En) => "missed",
        (DueState::Overdue, Language::Zh) => "超时未办",
        (DueState::Overdue, Language::En) => "overdue",
    }
}

/// What somebody has to know of a deadline at a glance; nothing of one that was kept.
pub(super) fn in_short(context: &Context, due: &Due) -> Option<String> {
    match due.state {
        DueState::Kept => None,
        DueState::Open => Some(format!("{} → {}", due.clause, local_time(Some(due.by), &context.zone))),
        DueState::Missed => Some(format!("{} {}", due.clause, context.text("已超时", "missed"))),
        DueState::Overdue => {
            Some(format!("{} {} +{}", due.clause, context.text("超时", "overdue"), late(due.minutes_over)))
        }
    }
}

/// A deadline on a line of its own.
pub(super) fn line(context: &Context, due: &Due) -> String {
    let over = if due.minutes_over > 0 { format!("  +{}", late(due.minutes_over)) } else { String::new() };
    format!("{}  {}  {}{over}", due.clause, local_time(Some(due.by), &context.zone), state(context, due))
}

pub(super) fn late(minutes: i64) -> String {
    match minutes {
        0..=59 => format!("{minutes} min"),
        60..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}
