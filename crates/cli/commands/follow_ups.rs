//! `hotline follow-ups`: inquiries and incidents that calls left open, on their way (DUE-04, DUE-05).

use anyhow::Context as _;
use hotline_model::{Due, DueState, FollowUpEvent, FollowUpState};
use hotline_pipeline::Privacy;
use hotline_store::{FollowUpEntry, Store, StoredFollowUp};
use jiff::Timestamp;
use serde_json::json;

use super::calls::local_time;
use super::deadlines;
use super::filter::day_or_time;
use crate::args_follow::{FollowUpsCommand, FollowUpsListArgs, FollowUpsShowArgs, FollowUpsUpdateArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Longest matter in a list, in characters.
const MATTER_SHOWN: usize = 28;

/// Runs `hotline follow-ups`.
pub fn run(context: &Context, command: &FollowUpsCommand) -> anyhow::Result<Exit> {
    match command {
        FollowUpsCommand::List(args) => list(context, args),
        FollowUpsCommand::Show(args) => show(context, args),
        FollowUpsCommand::Update(args) => update(context, args),
    }
}

/// The deadline of something, as it stands now.
pub(super) fn due(context: &Context, follow_up: &StoredFollowUp) -> Option<Due> {
    follow_up.record.due(Timestamp::now(), &context.settings.complaints.deadlines, &context.zone)
}

/// Takes personal data out. A call leaves one thing open at most, so that each is looked through once.
fn masked(context: &Context, store: &Store, all: &mut [StoredFollowUp]) -> anyhow::Result<()> {
    for one in all {
        let transcript = store.record(&one.call)?.map(|record| record.transcript).unwrap_or_default();
        let privacy = Privacy::of(&transcript, context.mask_language());
        one.record.follow_up = privacy.follow_up(one.record.follow_up.clone());
    }
    Ok(())
}

fn list(context: &Context, args: &FollowUpsListArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut all = store.follow_ups(args.kind.map(Into::into))?;
    let state: Option<FollowUpState> = args.state.map(Into::into);
    all.retain(|one| state.is_none_or(|state| one.record.state == state));
    all.retain(|one| !args.open || one.record.state.is_open());
    all.retain(|one| args.agent.is_none() || one.agent_id == args.agent);
    all.retain(|one| !args.overdue || due(context, one).is_some_and(|due| due.state == DueState::Overdue));
    if args.unmask {
        store.record_audit(&[context.audit_entry("follow-ups list", None, true, String::new())])?;
    } else {
        masked(context, &store, &mut all)?;
    }
    if args.json.json {
        let all: Vec<_> = all.iter().map(|one| json!({ "follow_up": one, "due": due(context, one) })).collect();
        output::json(&all)?;
    } else if all.is_empty() {
        context.note(context.text("没有待跟进的咨询或事件", "no inquiries or incidents"));
    } else {
        table(context, &all)?;
    }
    Ok(if all.is_empty() { Exit::Partly } else { Exit::Done })
}

fn table(context: &Context, all: &[StoredFollowUp]) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["编号", "类别", "承诺于", "状态", "承诺时限", "部门", "事项", "座席", "通话", "时限"],
        Language::En => {
            ["no.", "kind", "promised at", "state", "promised", "department", "matter", "agent", "call", "deadline"]
        }
    };
    let mut table = output::table(&headers, &[0]);
    for one in all {
        let (record, about) = (&one.record, &one.record.follow_up);
        let mut matter: String = about.matter.iter().flat_map(|m| m.chars()).take(MATTER_SHOWN).collect();
        if about.matter.as_ref().is_some_and(|m| m.chars().count() > MATTER_SHOWN) {
            matter.push('…');
        }
        table.add_row([
            one.follow_up_no.to_string(),
            context.text(about.kind.name_zh(), about.kind.name()).to_owned(),
            local_time(Some(record.received), &context.zone),
            context.text(record.state.name_zh(), record.state.name()).to_owned(),
            about.promised_time.clone().unwrap_or_default(),
            about.department.clone().unwrap_or_default(),
            matter,
            one.agent_id.clone().unwrap_or_default(),
            one.call.short().to_owned(),
            due(context, one).and_then(|due| deadlines::in_short(context, &due)).unwrap_or_default(),
        ]);
    }
    output::print_table(&table)
}

/// What has this number, or a word on how to find it.
pub(super) fn find(context: &Context, store: &Store, number: u64) -> anyhow::Result<StoredFollowUp> {
    store.follow_up(number)?.with_context(|| {
        format!(
            "{number}: {}",
            context.text(
                "没有这个编号；`hotline follow-ups list` 列出全部",
                "no such number; `hotline follow-ups list` lists all"
            )
        )
    })
}

fn show(context: &Context, args: &FollowUpsShowArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut one = find(context, &store, args.number)?;
    let history = store.follow_up_history(args.number)?;
    if args.unmask {
        let entry = context.audit_entry("follow-ups show", Some(&one.call), true, args.number.to_string());
        store.record_audit(&[entry])?;
    } else {
        masked(context, &store, std::slice::from_mut(&mut one))?;
    }
    if args.json.json {
        output::json(&json!({ "follow_up": one, "due": due(context, &one), "history": history }))?;
    } else {
        details(context, &one, &history)?;
    }
    Ok(Exit::Done)
}

fn details(context: &Context, one: &StoredFollowUp, history: &[FollowUpEntry]) -> anyhow::Result<()> {
    let (record, about) = (&one.record, &one.record.follow_up);
    output::line(&format!(
        "#{}  {}  {}  {}  {}",
        one.follow_up_no,
        context.text(about.kind.name_zh(), about.kind.name()),
        context.text(record.state.name_zh(), record.state.name()),
        local_time(Some(record.received), &context.zone),
        one.call
    ))?;
    let fields = [
        ("事项", "matter", &about.matter),
        ("承诺时限", "promised", &about.promised_time),
        ("责任部门", "department", &about.department),
        ("来电人", "person", &about.person),
        ("联系方式", "contact", &about.contact),
        ("座席", "agent", &one.agent_id),
        ("处理结果", "result", &record.result),
    ];
    for (zh, en, value) in fields {
        let value = value.as_deref().unwrap_or("—");
        output::line(&format!("{}{}{value}", context.text(zh, en), context.text("：", ": ")))?;
    }
    if let Some(due) = due(context, one) {
        output::line(&deadlines::line(context, &due))?;
    }
    for entry in history {
        let what = serde_json::to_string(&entry.event)?;
        output::line(&format!("{}  {}  {what}", local_time(Some(entry.at), &context.zone), entry.who))?;
    }
    Ok(())
}

fn update(context: &Context, args: &FollowUpsUpdateArgs) -> anyhow::Result<Exit> {
    let events = events(context, args)?;
    anyhow::ensure!(
        !events.is_empty(),
        "{}",
        context.text(
            "没有要做的事：用 --hand-over、--missed、--done、--give-up、--reopen、--dismiss、--kind、--promised 或 --field",
            "nothing to do: give --hand-over, --missed, --done, --give-up, --reopen, --dismiss, --kind, --promised or --field"
        )
    );
    let at = match &args.at {
        Some(text) => day_or_time(text, &context.zone).map_err(|error| anyhow::anyhow!("--at: {error}"))?,
        None => Timestamp::now(),
    };
    let store = context.existing_store()?;
    let mut one = find(context, &store, args.number)?;
    let policy = &context.settings.complaints.deadlines;
    let who = context.who();
    for event in &events {
        let updated = store.update_follow_up(args.number, &who, event, at, |record| record.apply(event, at, policy))?;
        one = updated.context("it has gone meanwhile")??;
    }
    if args.json.json {
        masked(context, &store, std::slice::from_mut(&mut one))?;
        output::json(&json!({ "follow_up": one, "due": due(context, &one) }))?;
    } else {
        let state = one.record.state;
        let due = due(context, &one).map_or(String::new(), |due| format!("  {}", deadlines::line(context, &due)));
        output::line(&format!("#{}  {}{due}", args.number, context.text(state.name_zh(), state.name())))?;
    }
    Ok(Exit::Done)
}

/// What was typed, in the order things happen.
fn events(context: &Context, args: &FollowUpsUpdateArgs) -> anyhow::Result<Vec<FollowUpEvent>> {
    let mut events = Vec::new();
    for pair in &args.field {
        let (field, value) = pair
            .split_once('=')
            .with_context(|| format!("--field {pair}: {}", context.text("写成 字段=内容", "write FIELD=TEXT")))?;
        events.push(FollowUpEvent::Corrected { field: field.trim().to_owned(), value: value.trim().to_owned() });
    }
    if let Some(kind) = args.kind {
        events.push(FollowUpEvent::Sorted { kind: kind.into() });
    }
    if let Some(words) = &args.promised {
        let promise = hotline_rules::promise::parse(words);
        anyhow::ensure!(
            promise.is_some() || words.trim().is_empty(),
            "--promised {words}: {}",
            context.text(
                "看不出时限，写成如 三个工作日内、明天中午之前",
                "no time; write one like 三个工作日内 or 明天中午之前"
            )
        );
        events.push(FollowUpEvent::Promised { words: words.clone(), promise });
    }
    if let Some(reason) = &args.reopen {
        events.push(FollowUpEvent::Reopened { reason: reason.clone() });
    }
    if let Some(department) = &args.hand_over {
        events.push(FollowUpEvent::HandedOver { department: department.clone() });
    }
    if let Some(note) = &args.missed {
        events.push(FollowUpEvent::Missed { note: note.clone() });
    }
    if let Some(result) = &args.done {
        events.push(FollowUpEvent::Done { result: result.clone() });
    }
    if let Some(reason) = &args.give_up {
        events.push(FollowUpEvent::GivenUp { reason: reason.clone() });
    }
    if let Some(reason) = &args.dismiss {
        events.push(FollowUpEvent::Dismissed { reason: reason.clone() });
    }
    Ok(events)
}
