//! `hotline search --out`: what was found as a workbook or CSV, a row a hit, with links to the second of the recording.

use std::path::Path;

use anyhow::{Context as _, bail};
use hotline_index::{CallHits, How, SearchResults};
use hotline_model::Outcome;
use hotline_sheet::{Cell, Table, to_csv, to_workbook};
use hotline_store::Store;
use serde_json::json;

use super::calls::local_time;
use super::search_output::marked;
use crate::args::SearchArgs;
use crate::context::Context;
use crate::output;
use crate::settings::Language;

/// Form of the file.
#[derive(Clone, Copy)]
enum Form {
    Workbook,
    Csv,
}

/// Writes `results`, masked or not as they come, to `path` and says so. Copies that leave the program are on record (PRV-01).
pub fn write(
    context: &Context,
    store: &Store,
    args: &SearchArgs,
    results: &SearchResults,
    path: &Path,
) -> anyhow::Result<()> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let form = match ending.as_deref() {
        Some("xlsx") => Form::Workbook,
        Some("csv") => Form::Csv,
        _ => bail!(
            "{}: {}",
            path.display(),
            context.text("文件名要以 .xlsx 或 .csv 结尾", "the file name has to end in .xlsx or .csv")
        ),
    };
    let table = table(context, store, results)?;
    let detail = format!("search {} → {}", args.query.join(" "), path.display());
    store.record_audit(&[context.audit_entry("export", None, args.unmask, detail)])?;
    let bytes = match form {
        Form::Workbook => to_workbook(std::slice::from_ref(&table))?,
        Form::Csv => to_csv(&table)?,
    };
    std::fs::write(path, bytes).with_context(|| format!("{}: cannot be written", path.display()))?;
    let (calls, rows) = (results.calls.len(), table.rows.len());
    if args.json.json {
        return output::json(&json!({ "file": path, "calls": calls, "rows": rows }));
    }
    output::line(&match context.language {
        Language::Zh => format!("{}：{calls} 通电话，{rows} 行", path.display()),
        Language::En => format!("{}: {calls} calls, {rows} rows", path.display()),
    })
}

fn table(context: &Context, store: &Store, results: &SearchResults) -> anyhow::Result<Table> {
    let headers: [&str; 13] = match context.language {
        Language::Zh => [
            "通话",
            "开始时间",
            "时刻",
            "秒",
            "说话人",
            "座席",
            "班组",
            "业务",
            "热线",
            "内容",
            "匹配",
            "质检标记",
            "录音",
        ],
        Language::En => [
            "call",
            "started",
            "time",
            "second",
            "role",
            "agent",
            "team",
            "business",
            "hotline",
            "text",
            "match",
            "flags",
            "recording",
        ],
    };
    let mut rows = Vec::new();
    for call in &results.calls {
        rows.extend(rows_of(context, store, call)?);
    }
    let name = context.text("检索结果", "hits").to_owned();
    Ok(Table { name, headers: headers.iter().map(|header| (*header).to_owned()).collect(), rows })
}

/// A row a hit; a call that was found by filters alone has one row.
fn rows_of(context: &Context, store: &Store, call: &CallHits) -> anyhow::Result<Vec<Vec<Cell>>> {
    let record = store.record(&call.call_id)?;
    let mut flags: Vec<&str> =
        record.iter().flat_map(|record| &record.findings).fold(Vec::new(), |mut flags, finding| {
            if finding.outcome == Outcome::Violated && !flags.contains(&finding.clause.as_str()) {
                flags.push(&finding.clause);
            }
            flags
        });
    flags.sort_unstable();
    let source = record.as_ref().map_or(call.file_name.as_str(), |record| record.call.source.as_str());
    let agent = [&call.agent_id, &call.agent_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let row = |at: Option<(&str, u32, &str)>, text: Cell, matched: &str| -> Vec<Cell> {
        let (time, ms, role) = at.unwrap_or_default();
        let seconds = f64::from(ms) / 1000.0;
        vec![
            call.call_id.short().into(),
            local_time(call.started_at, &context.zone).into(),
            time.into(),
            if at.is_some() { Cell::Number(seconds) } else { Cell::Empty },
            role.into(),
            agent.clone().into(),
            Cell::maybe(call.team.as_deref()),
            Cell::maybe(call.business_type.as_deref()),
            Cell::maybe(call.hotline.as_deref()),
            text,
            matched.into(),
            flags.join(" ").into(),
            Cell::Link { text: call.file_name.clone(), target: link(source, at.is_some().then_some(seconds)) },
        ]
    };
    if call.hits.is_empty() {
        return Ok(vec![row(None, Cell::Empty, "")]);
    }
    let rows = call.hits.iter().map(|hit| {
        let role = context.text(hit.channel.name_zh(), hit.channel.name());
        let matched = match hit.how {
            How::Exact => context.text("一致", "exact"),
            How::Variant => context.text("其他说法", "other words"),
            How::Alike => context.text("音近", "sound-alike"),
        };
        let time = hit.time.start.to_string();
        row(Some((&time, hit.time.start.ms, role)), marked(&hit.text, &hit.highlights).into(), matched)
    });
    Ok(rows.collect())
}

/// A URL of a recording, with the second to begin at as browsers and players read it (media fragments, W3C 2012).
fn link(source: &str, seconds: Option<f64>) -> String {
    let path = std::path::absolute(source).map_or_else(|_| source.to_owned(), |path| path.display().to_string());
    let path = path.replace('\\', "/");
    let mut url = String::from("file://");
    if !path.starts_with('/') {
        url.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
                url.push(char::from(byte))
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    if let Some(seconds) = seconds {
        url.push_str(&format!("#t={seconds}"));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_second_whatever_the_name() {
        assert_eq!(link("/录音/a b#1.wav", Some(83.25)), "file:///%E5%BD%95%E9%9F%B3/a%20b%231.wav#t=83.25");
        assert_eq!(link("/a.wav", None), "file:///a.wav");
        assert!(link("a.wav", None).ends_with("/a.wav"));
    }
}
