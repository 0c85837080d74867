//! `hotline search`.

use std::collections::BTreeSet;

use hotline_index::{Index, SearchFilters, SearchOptions, SearchResults, parse};
use hotline_model::Channel;
use hotline_pipeline::Privacy;
use hotline_store::Store;

use super::calls::local_time;
use super::filter::{day_or_time, no_time};
use super::{hits_file, saved};
use crate::args::{RoleArg, SearchArgs};
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup, words};

/// Hits shown of one call; more are counted.
const HITS_A_CALL: usize = 5;

/// Runs `hotline search`.
pub fn run(context: &Context, args: &SearchArgs) -> anyhow::Result<Exit> {
    let exit = run_among(context, args, None)?;
    if let Some(name) = &args.save {
        saved::save(context, &context.existing_store()?, name, args)?;
    }
    Ok(exit)
}

/// The calls that answer `args`, at most `limit`, with all that was said in clear.
pub fn find(context: &Context, args: &SearchArgs, limit: usize) -> anyhow::Result<SearchResults> {
    // An index that is behind the store catches up before it is asked.
    let archive = setup::archive(context)?;
    if let Err(error) = archive.catch_up() {
        context.note(&format!(
            "{}: {error}",
            context.text("提示：索引未能更新", "note: the index could not be brought up to date")
        ));
    }
    drop(archive);
    let index = Index::open_read_only(&context.settings.index_dir(), setup::lexicon(context)?)?;
    let text = args.query.join(" ");
    let query = parse(&text).map_err(|error| anyhow::anyhow!(words::query(&error, &text, context.language)))?;
    let time = |name: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| day_or_time(text, &context.zone).map_err(|error| no_time(context, name, text, &error)))
            .transpose()
    };
    let filters = SearchFilters {
        channel: args.role.map(|role| match role {
            RoleArg::Agent => Channel::Agent,
            RoleArg::Customer => Channel::Customer,
        }),
        from: time("from", &args.filter.from)?,
        to: time("to", &args.filter.to)?,
        agent: args.filter.agent.clone(),
        team: args.filter.team.clone(),
        hotline: args.filter.hotline.clone(),
        business: args.filter.business.clone(),
        clause: args.filter.violates.as_ref().map(|clause| clause.to_uppercase()),
    };
    let options = SearchOptions {
        limit,
        filters,
        time_zone: context.zone.clone(),
        or_alike: !args.exact,
        ..SearchOptions::default()
    };
    Ok(index.search(&query, &options)?)
}

/// Searches, and shows or writes of the calls found those that are `wanted` by their number; without that all.
pub fn run_among(context: &Context, args: &SearchArgs, wanted: Option<&BTreeSet<u64>>) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let shown = if args.out.is_some() { usize::MAX } else { args.limit };
    let mut results = find(context, args, if wanted.is_some() { usize::MAX } else { shown })?;
    if let Some(wanted) = wanted {
        results.calls.retain(|call| wanted.contains(&call.call_no));
        results.total_calls = results.calls.len();
        results.total_hits = results.calls.iter().map(|call| call.hits.len()).sum();
        results.calls.truncate(shown);
    }
    if args.unmask {
        store.record_audit(&[context.audit_entry("search", None, true, args.query.join(" "))])?;
    } else {
        mask(context, &store, &mut results)?;
    }
    if let Some(path) = &args.out {
        hits_file::write(context, &store, args, &results, path)?;
    } else if args.json.json {
        output::json(&results)?;
    } else {
        show(context, &results)?;
    }
    Ok(if results.total_calls == 0 { Exit::Partly } else { Exit::Done })
}

/// Takes the personal data out of what was found. What is personal shows only in the whole call: a number may be said across
/// utterances, a name is one because of a sentence before.
fn mask(context: &Context, store: &Store, results: &mut SearchResults) -> anyhow::Result<()> {
    for call in &mut results.calls {
        let record = store.record(&call.call_id)?;
        let transcript = record.map(|record| record.transcript).unwrap_or_default();
        let privacy = Privacy::of(&transcript, context.mask_language());
        for hit in &mut call.hits {
            // An index that is behind its store may hold words the store has no more; those are looked through alone.
            let current = transcript.utterances.get(hit.utterance).is_some_and(|u| u.text == hit.text);
            (hit.text, hit.highlights) = if current {
                privacy.stretches(hit.utterance, &hit.text, &hit.highlights)
            } else {
                privacy.stretches_alone(&hit.text, &hit.highlights)
            };
        }
    }
    Ok(())
}

fn show(context: &Context, results: &SearchResults) -> anyhow::Result<()> {
    if results.alike {
        // On standard output, with the results: whoever passes them on passes this on too.
        output::line(context.text(
            "没有与所写一致的内容，以下读音相近（≈）：",
            "nothing was said as it is typed; these sound alike (≈):",
        ))?;
    }
    for call in &results.calls {
        let who = [&call.agent_id, &call.team].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let started = local_time(call.started_at, &context.zone);
        output::line(&format!("{}  {started}  {who}  {}", call.call_id.short(), call.file_name))?;
        for hit in call.hits.iter().take(HITS_A_CALL) {
            let channel = context.text(hit.channel.name_zh(), hit.channel.name());
            let alike = if hit.alike { "≈ " } else { "" };
            let text = marked(&hit.text, &hit.highlights);
            output::line(&format!("    {}  {channel}  {alike}{text}", hit.time.start))?;
        }
        if call.hits.len() > HITS_A_CALL {
            output::line(&format!("    … {}", call.hits.len() - HITS_A_CALL))?;
        }
    }
    context.note(&match (results.total_calls, context.language) {
        (0, Language::Zh) => "没有找到".to_owned(),
        (0, Language::En) => "nothing found".to_owned(),
        (calls, Language::Zh) => format!("{calls} 通电话，{} 处", results.total_hits),
        (calls, Language::En) => format!("{calls} calls, {} hits", results.total_hits),
    });
    Ok(())
}

/// Text with the found stretches in brackets, which survive pipes and files.
pub fn marked(text: &str, highlights: &[hotline_model::TextSpan]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for span in highlights {
        let (start, end) = (span.start as usize, span.end as usize);
        if start < at {
            continue;
        }
        let (Some(before), Some(found)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.push('【');
        out.push_str(found);
        out.push('】');
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use hotline_model::TextSpan;

    use super::*;

    #[test]
    fn found_words_are_marked_in_place() {
        let spans = [TextSpan::new(6, 12), TextSpan::new(9, 12)];
        assert_eq!(marked("我要投诉你们", &spans), "我要【投诉】你们");
        assert_eq!(marked("投诉", &[]), "投诉");
    }
}
