//! `hotline scores offered|take`: deductions for incidents that were handled late (DUE-05, SCO-03). The clock offers them; a person
//! puts them on a card, since the agent who took the call need not be the one who was slow.

use std::collections::BTreeSet;

use anyhow::Context as _;
use hotline_model::{Due, FollowUpKind, Month, ScoreEvent};
use hotline_store::{Store, StoredFollowUp};
use serde_json::json;

use super::deadlines::late;
use super::follow_ups::{due, find};
use crate::args_follow::ScoresOfferedArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// A late incident and the event of the scheme that its lateness amounts to.
struct Offer {
    incident: StoredFollowUp,
    due: Due,
    event: &'static str,
    month: Month,
}

fn offer(context: &Context, incident: StoredFollowUp) -> Option<Offer> {
    let due = due(context, &incident)?;
    let event = incident.record.offence(&due)?;
    let day = due.by.to_zoned(context.zone.clone()).date();
    Some(Offer { incident, event, month: Month { year: day.year(), month: day.month() }, due })
}

/// Late incidents that were due in `month` and whose deduction is on no card, the oldest first.
fn offers(context: &Context, store: &Store, month: Month) -> anyhow::Result<Vec<Offer>> {
    let events = store.score_events(month, None)?;
    let taken: BTreeSet<u64> =
        events.iter().filter(|event| !event.taken_back).filter_map(|event| event.event.follow_up).collect();
    let incidents = store.follow_ups(Some(FollowUpKind::Incident))?;
    let late = incidents.into_iter().filter(|incident| !taken.contains(&incident.follow_up_no));
    Ok(late.filter_map(|incident| offer(context, incident)).filter(|offer| offer.month == month).collect())
}

/// Says how many deductions of a month wait to be put on cards.
pub(super) fn note(context: &Context, store: &Store, month: Month) -> anyhow::Result<()> {
    let count = offers(context, store, month)?.len();
    if count > 0 {
        context.note(&match context.language {
            Language::Zh => format!("另有 {count} 个事件超时，尚未计分：hotline scores offered {month}"),
            Language::En => format!("{count} late incidents are on no card yet: hotline scores offered {month}"),
        });
    }
    Ok(())
}

/// Runs `hotline scores offered`.
pub(super) fn list(context: &Context, args: &ScoresOfferedArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut all = offers(context, &store, args.month.parse()?)?;
    all.retain(|offer| args.agent.is_none() || offer.incident.agent_id == args.agent);
    if args.json.json {
        let json = |offer: &Offer| {
            json!({
                "follow_up_no": offer.incident.follow_up_no,
                "call": offer.incident.call,
                "agent_id": offer.incident.agent_id,
                "event": offer.event,
                "due": offer.due,
            })
        };
        output::json(&all.iter().map(json).collect::<Vec<_>>())?;
    } else if all.is_empty() {
        context.note(context.text("没有待计分的超时事件", "no late incidents wait for a card"));
    } else {
        let headers = match context.language {
            Language::Zh => ["编号", "座席", "项目", "超时", "通话"],
            Language::En => ["no.", "agent", "event", "over by", "call"],
        };
        let mut table = output::table(&headers, &[0]);
        for Offer { incident, due, event, .. } in &all {
            table.add_row([
                incident.follow_up_no.to_string(),
                incident.agent_id.clone().unwrap_or_default(),
                (*event).to_owned(),
                late(due.minutes_over),
                incident.call.short().to_owned(),
            ]);
        }
        output::print_table(&table)?;
    }
    Ok(if all.is_empty() { Exit::Partly } else { Exit::Done })
}

/// Runs `hotline scores take`.
pub(super) fn take(context: &Context, number: u64, reason: Option<&str>) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let incident = find(context, &store, number)?;
    let Offer { incident, due, event, month } = offer(context, incident).with_context(|| {
        let why = context.text("没有超时的事件，或还没有办完", "no incident that was handled late");
        format!("#{number}: {why}")
    })?;
    anyhow::ensure!(
        offers(context, &store, month)?.iter().any(|offer| offer.incident.follow_up_no == number),
        "#{number}: {}",
        context.text("已经计过分", "it is on a card already")
    );
    let agent = incident.agent_id.as_deref().with_context(|| {
        let why = context.text("通话没有座席工号，请用 scores add", "its call names no agent; use scores add");
        format!("#{number}: {why}")
    })?;
    let over = match context.language {
        Language::Zh => format!("事件 #{number} 超时 {} 分钟", due.minutes_over),
        Language::En => format!("incident #{number} was {} minutes over", due.minutes_over),
    };
    let reason = reason.map_or(over.clone(), |reason| format!("{over}{}{reason}", context.text("；", "; ")));
    let score = ScoreEvent { kind: event.to_owned(), points: None, reason, follow_up: Some(number) };
    let event_no = store.add_score_event(agent, month, &context.who(), &score)?;
    let detail = format!("{agent} {month} {event} #{event_no}");
    store.record_audit(&[context.audit_entry("scores take", Some(&incident.call), false, detail)])?;
    output::line(&format!("#{event_no}  {agent}  {month}  {event}"))?;
    Ok(Exit::Done)
}
