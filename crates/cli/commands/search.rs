//! `hotline search`.

use std::collections::BTreeSet;

use hotline_index::{Index, LikeResults, Order, SearchFilters, SearchOptions, SearchResults, parse};
use hotline_model::{CallId, Channel};
use hotline_pipeline::Privacy;
use hotline_store::Store;

use super::filter::{day_or_time, no_time, resolve};
use super::{hits_file, saved, search_output};
use crate::args::{RoleArg, SearchArgs, SortArg};
use crate::context::Context;
use crate::exit::Exit;
use crate::{output, setup, words};

/// Runs `hotline search`.
pub fn run(context: &Context, args: &SearchArgs) -> anyhow::Result<Exit> {
    if let Some(call) = &args.like {
        let store = context.existing_store()?;
        let (index, options) = (index(context)?, options(context, args, args.limit)?);
        return like(context, args, &store, &index, &resolve(context, &store, call)?, &options);
    }
    let exit = run_among(context, args, None)?;
    if let Some(name) = &args.save {
        saved::save(context, &context.existing_store()?, name, args)?;
    }
    Ok(exit)
}

/// The calls that answer `args`, at most `limit`, with all that was said in clear.
pub fn find(context: &Context, args: &SearchArgs, limit: usize) -> anyhow::Result<SearchResults> {
    let text = args.query.join(" ");
    let query = parse(&text).map_err(|error| anyhow::anyhow!(words::query(&error, &text, context.language)))?;
    let mut options = options(context, args, limit)?;
    if query.asks_for_reviews() {
        let store = context.existing_store()?;
        options.reviewed = store.reviews(None)?.into_iter().map(|stored| stored.review.call).collect();
    }
    Ok(index(context)?.search(&query, &options)?)
}

/// Searches, and shows or writes of the calls found those that are `wanted` by their number; without that all.
pub fn run_among(context: &Context, args: &SearchArgs, wanted: Option<&BTreeSet<u64>>) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    let shown = if args.out.is_some() { usize::MAX } else { args.limit };
    let mut results = find(context, args, if wanted.is_some() { usize::MAX } else { shown })?;
    if let Some(wanted) = wanted {
        results.calls.retain(|call| wanted.contains(&call.call_no));
        results.total_calls = results.calls.len();
        results.total_hits = results.calls.iter().map(|call| call.hit_count).sum();
        results.calls.truncate(shown);
    }
    if args.unmask {
        store.record_audit(&[context.audit_entry("search", None, true, args.query.join(" "))])?;
    } else {
        for call in &mut results.calls {
            mask(context, &store, call)?;
        }
    }
    match &args.out {
        Some(path) => hits_file::write(context, &store, args, &results, path)?,
        None => show(context, args, &results)?,
    }
    Ok(if results.total_calls == 0 { Exit::Partly } else { Exit::Done })
}

/// The index, brought up to date: a call that was stored a moment ago is found.
fn index(context: &Context) -> anyhow::Result<Index> {
    let archive = setup::archive(context)?;
    if let Err(error) = archive.catch_up() {
        context.note(&format!(
            "{}: {error}",
            context.text("提示：索引未能更新", "note: the index could not be brought up to date")
        ));
    }
    drop(archive);
    Ok(Index::open_read_only(&context.settings.index_dir(), setup::lexicon(context)?)?)
}

fn options(context: &Context, args: &SearchArgs, limit: usize) -> anyhow::Result<SearchOptions> {
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
        clause: args.filter.violates.clone(),
    };
    let order = match args.sort {
        SortArg::Best => Order::Best,
        SortArg::Newest => Order::Newest,
        SortArg::Oldest => Order::Oldest,
        SortArg::Certainty => Order::Certainty,
        SortArg::Severity => Order::Severity,
    };
    Ok(SearchOptions {
        limit,
        after: args.after.clone(),
        order,
        filters,
        time_zone: context.zone.clone(),
        or_alike: !args.exact,
        facets: args.facets,
        // A file holds every hit, a screen some of each call.
        snippets: if args.out.is_some() { usize::MAX } else { SearchOptions::default().snippets },
        copies: args.copies,
        ..SearchOptions::default()
    })
}

fn show(context: &Context, args: &SearchArgs, results: &SearchResults) -> anyhow::Result<()> {
    if args.json.json { output::json(results) } else { search_output::results(context, results) }
}

/// Calls about the same as one.
fn like(
    context: &Context,
    args: &SearchArgs,
    store: &Store,
    index: &Index,
    id: &CallId,
    options: &SearchOptions,
) -> anyhow::Result<Exit> {
    // A call of the store that has not reached the index: said to be like none.
    let empty = LikeResults { words: Vec::new(), calls: Vec::new() };
    let mut results = index.like(id, options)?.unwrap_or(empty);
    if args.unmask {
        store.record_audit(&[context.audit_entry("search", Some(id), true, "like".to_owned())])?;
    } else {
        for call in &mut results.calls {
            mask(context, store, call)?;
        }
        // Words are names now and then.
        let privacy = Privacy::of(
            &store.record(id)?.map(|record| record.transcript).unwrap_or_default(),
            context.mask_language(),
        );
        results.words.retain(|word| privacy.stretches_alone(word, &[]).0 == *word);
    }
    if args.json.json {
        output::json(&results)?;
    } else {
        search_output::like(context, &results)?;
    }
    Ok(if results.calls.is_empty() { Exit::Partly } else { Exit::Done })
}

/// Takes the personal data out of what was found. What is personal shows only in the whole call: a number may be said across
/// utterances, a name is one because of a sentence before.
fn mask(context: &Context, store: &Store, call: &mut hotline_index::CallHits) -> anyhow::Result<()> {
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
    Ok(())
}
