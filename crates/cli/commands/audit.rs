//! `hotline audit`: who saw personal data, exported or changed something.

use hotline_store::Audited;

use super::calls::local_time;
use super::filter::resolve;
use crate::args::AuditArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Runs `hotline audit`.
pub fn run(context: &Context, args: &AuditArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let call = args.call.as_deref().map(|text| resolve(context, &store, text)).transpose()?;
    let entries = store.audit(call.as_ref(), args.limit)?;
    if args.json.json {
        output::json(&entries)?;
    } else if entries.is_empty() {
        context.note(context.text("还没有记录", "nothing on record yet"));
    } else {
        list(context, &entries)?;
    }
    Ok(Exit::Done)
}

fn list(context: &Context, entries: &[Audited]) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["时间", "何人", "何事", "通话", "个人信息", "说明"],
        Language::En => ["when", "who", "what", "call", "personal data", "detail"],
    };
    let mut table = output::table(&headers, &[]);
    for entry in entries {
        table.add_row([
            local_time(Some(entry.at), &context.zone),
            entry.who.clone(),
            entry.action.clone(),
            entry.call.as_ref().map_or("—", |id| id.short()).to_owned(),
            if entry.unmasked { context.text("已显示", "shown") } else { "—" }.to_owned(),
            entry.detail.clone(),
        ]);
    }
    output::print_table(&table)
}
