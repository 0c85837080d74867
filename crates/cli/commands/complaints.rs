//! `hotline complaints`: complaints taken from calls, on their way.

use std::collections::HashMap;

use anyhow::Context as _;
use hotline_model::{CallId, Complaint, ComplaintEvent, Due, DueState};
use hotline_pipeline::Privacy;
use hotline_store::{ComplaintEntry, Store, StoredComplaint};
use jiff::Timestamp;
use serde_json::json;

use super::calls::local_time;
use super::deadlines;
use super::filter::day_or_time;
use crate::args_follow::{ComplaintsCommand, ComplaintsListArgs, ComplaintsShowArgs, ComplaintsUpdateArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Longest matter in a list, in characters.
const MATTER_SHOWN: usize = 28;

/// Runs `hotline complaints`.
pub fn run(context: &Context, command: &ComplaintsCommand) -> anyhow::Result<Exit> {
    match command {
        ComplaintsCommand::List(args) => list(context, args),
        ComplaintsCommand::Show(args) => show(context, args),
        ComplaintsCommand::Update(args) => update(context, args),
    }
}

fn dues(context: &Context, complaint: &StoredComplaint) -> Vec<Due> {
    complaint.record.dues(Timestamp::now(), &context.settings.complaints.deadlines, &context.zone)
}

/// Takes personal data out of complaints, looking through each call once.
struct Masker<'a> {
    context: &'a Context,
    store: &'a Store,
    known: HashMap<CallId, Privacy>,
}

impl Masker<'_> {
    fn complaint(&mut self, call: &CallId, complaint: Complaint) -> anyhow::Result<Complaint> {
        if !self.known.contains_key(call) {
            let transcript = self.store.record(call)?.map(|record| record.transcript).unwrap_or_default();
            self.known.insert(call.clone(), Privacy::of(&transcript, self.context.mask_language()));
        }
        Ok(match self.known.get(call) {
            Some(privacy) => privacy.complaint(complaint),
            None => complaint,
        })
    }
}

fn masked(context: &Context, store: &Store, complaints: &mut [StoredComplaint]) -> anyhow::Result<()> {
    let mut masker = Masker { context, store, known: HashMap::new() };
    for complaint in complaints {
        complaint.record.complaint = masker.complaint(&complaint.call, complaint.record.complaint.clone())?;
    }
    Ok(())
}

fn list(context: &Context, args: &ComplaintsListArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut complaints = store.complaints(args.state.map(Into::into))?;
    if args.open {
        complaints.retain(|complaint| complaint.record.state.is_open());
    }
    if args.overdue {
        complaints.retain(|complaint| dues(context, complaint).iter().any(|due| due.state == DueState::Overdue));
    }
    if args.unmask {
        store.record_audit(&[context.audit_entry("complaints list", None, true, String::new())])?;
    } else {
        masked(context, &store, &mut complaints)?;
    }
    if args.json.json {
        let all: Vec<_> = complaints.iter().map(|c| json!({ "complaint": c, "dues": dues(context, c) })).collect();
        output::json(&all)?;
    } else if complaints.is_empty() {
        context.note(context.text("没有投诉", "no complaints"));
    } else {
        table(context, &complaints)?;
    }
    Ok(if complaints.is_empty() { Exit::Partly } else { Exit::Done })
}

fn table(context: &Context, complaints: &[StoredComplaint]) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["编号", "受理时间", "状态", "类型", "部门", "事由", "通话", "时限"],
        Language::En => ["no.", "received", "state", "kind", "department", "matter", "call", "deadlines"],
    };
    let mut table = output::table(&headers, &[0]);
    for complaint in complaints {
        let record = &complaint.record;
        let about = &record.complaint;
        let mut matter: String = about.matter.iter().flat_map(|m| m.chars()).take(MATTER_SHOWN).collect();
        if about.matter.as_ref().is_some_and(|m| m.chars().count() > MATTER_SHOWN) {
            matter.push('…');
        }
        table.add_row([
            complaint.complaint_no.to_string(),
            local_time(Some(record.received), &context.zone),
            context.text(record.state.name_zh(), record.state.name()).to_owned(),
            about.kind.clone().unwrap_or_default(),
            about.department.clone().unwrap_or_default(),
            matter,
            complaint.call.short().to_owned(),
            dues(context, complaint)
                .iter()
                .filter_map(|due| deadlines::in_short(context, due))
                .collect::<Vec<_>>()
                .join(" "),
        ]);
    }
    output::print_table(&table)
}

fn find(context: &Context, store: &Store, number: u64) -> anyhow::Result<StoredComplaint> {
    store.complaint(number)?.with_context(|| {
        format!(
            "{number}: {}",
            context.text(
                "没有这个投诉；`hotline complaints list` 列出全部",
                "no such complaint; `hotline complaints list` lists all"
            )
        )
    })
}

fn show(context: &Context, args: &ComplaintsShowArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let mut complaint = find(context, &store, args.number)?;
    let history = store.complaint_history(args.number)?;
    if args.unmask {
        let entry = context.audit_entry("complaints show", Some(&complaint.call), true, args.number.to_string());
        store.record_audit(&[entry])?;
    } else {
        masked(context, &store, std::slice::from_mut(&mut complaint))?;
    }
    if args.json.json {
        output::json(&json!({ "complaint": complaint, "dues": dues(context, &complaint), "history": history }))?;
    } else {
        details(context, &complaint, &history)?;
    }
    Ok(Exit::Done)
}

fn details(context: &Context, complaint: &StoredComplaint, history: &[ComplaintEntry]) -> anyhow::Result<()> {
    let record = &complaint.record;
    let about = &record.complaint;
    let line = |zh: &str, en: &str, value: &Option<String>| {
        output::line(&format!(
            "{}{}{}",
            context.text(zh, en),
            context.text("：", ": "),
            value.as_deref().unwrap_or("—")
        ))
    };
    output::line(&format!(
        "#{}  {}  {}  {}",
        complaint.complaint_no,
        context.text(record.state.name_zh(), record.state.name()),
        local_time(Some(record.received), &context.zone),
        complaint.call
    ))?;
    line("事由", "matter", &about.matter)?;
    line("诉求", "demand", &about.demand)?;
    line("类型", "kind", &about.kind)?;
    line("责任部门", "department", &about.department)?;
    line("发生时间", "happened", &about.happened)?;
    line("投诉人", "person", &about.person)?;
    line("联系方式", "contact", &about.contact)?;
    line("承诺时限", "promised", &about.promised_time)?;
    line("处理结果", "result", &record.result)?;
    for due in dues(context, complaint) {
        output::line(&deadlines::line(context, &due))?;
    }
    for entry in history {
        let what = serde_json::to_string(&entry.event)?;
        output::line(&format!("{}  {}  {what}", local_time(Some(entry.at), &context.zone), entry.who))?;
    }
    Ok(())
}

fn update(context: &Context, args: &ComplaintsUpdateArgs) -> anyhow::Result<Exit> {
    let events = events(context, args)?;
    anyhow::ensure!(
        !events.is_empty(),
        "{}",
        context.text(
            "没有要做的事：用 --hand-over、--result、--attempt、--close、--reopen、--dismiss 或 --field",
            "nothing to do: give --hand-over, --result, --attempt, --close, --reopen, --dismiss or --field"
        )
    );
    let at = match &args.at {
        Some(text) => day_or_time(text, &context.zone).map_err(|error| anyhow::anyhow!("--at: {error}"))?,
        None => Timestamp::now(),
    };
    let store = context.existing_store()?;
    let mut complaint = find(context, &store, args.number)?;
    let policy = &context.settings.complaints.deadlines;
    let who = context.who();
    for event in &events {
        let updated = store.update_complaint(args.number, &who, event, at, |record| record.apply(event, at, policy))?;
        complaint = updated.context("the complaint has gone meanwhile")??;
    }
    if args.json.json {
        masked(context, &store, std::slice::from_mut(&mut complaint))?;
        output::json(&json!({ "complaint": complaint, "dues": dues(context, &complaint) }))?;
    } else {
        let state = complaint.record.state;
        output::line(&format!("#{}  {}", args.number, context.text(state.name_zh(), state.name())))?;
    }
    Ok(Exit::Done)
}

/// What was typed, in the order things happen to a complaint.
fn events(context: &Context, args: &ComplaintsUpdateArgs) -> anyhow::Result<Vec<ComplaintEvent>> {
    let mut events = Vec::new();
    for pair in &args.field {
        let (field, value) = pair
            .split_once('=')
            .with_context(|| format!("--field {pair}: {}", context.text("写成 字段=内容", "write FIELD=TEXT")))?;
        events.push(ComplaintEvent::Corrected { field: field.trim().to_owned(), value: value.trim().to_owned() });
    }
    if let Some(reason) = &args.reopen {
        events.push(ComplaintEvent::Reopened { reason: reason.clone() });
    }
    if let Some(department) = &args.hand_over {
        events.push(ComplaintEvent::HandedOver { department: department.clone() });
    }
    if let Some(result) = &args.result {
        events.push(ComplaintEvent::Investigated { result: result.clone() });
    }
    if let Some(reached) = args.attempt {
        events.push(ComplaintEvent::Attempt {
            reached: reached.is_reached(),
            satisfied: args.satisfied.map(|answer| answer.is_yes()),
            note: args.note.clone().unwrap_or_default(),
        });
    }
    if let Some(reason) = &args.dismiss {
        events.push(ComplaintEvent::Dismissed { reason: reason.clone() });
    }
    if let Some(reason) = &args.close {
        events.push(ComplaintEvent::Closed { reason: reason.clone() });
    }
    Ok(events)
}
