//! Searches that people keep: `hotline search --save`, `hotline saved`, and what is said when new calls answer one.

use anyhow::{Context as _, bail};
use clap::{Parser as _, ValueEnum as _};
use hotline_live::alerts::{CommandWay, Endpoint, Retry, Webhook};
use hotline_model::CallFacts;
use hotline_store::{SavedSearch, Store};
use jiff::Timestamp;
use serde::Serialize;

use super::calls::local_time;
use super::search;
use crate::args::{Cli, Command, JsonArg, SearchArgs};
use crate::args_find::{SavedArgs, SavedCommand};
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::Language;

/// Calls named in an announcement; more are counted.
const CALLS_NAMED: usize = 5;

/// Keeps a search under a name. What answers it now counts as seen: it is on the screen.
pub fn save(context: &Context, store: &Store, name: &str, args: &SearchArgs) -> anyhow::Result<()> {
    let name = name.trim();
    if name.is_empty() {
        bail!(context.text("--save 需要一个名字", "--save needs a name"));
    }
    let calls = answering(context, args)?;
    let replaced = store.saved_search(name)?.is_some();
    let options = serde_json::to_string(&typed(args)).context("the search cannot be kept")?;
    let number = store.save_search(name, &args.query.join(" "), &options, args.alert, &context.who())?;
    store.answer_search(number, &calls)?;
    store.look_at_search(number)?;
    context.note(&match (context.language, replaced) {
        (Language::Zh, false) => format!("已保存为“{name}”；`hotline saved` 列出有多少新命中"),
        (Language::Zh, true) => format!("已保存为“{name}”，取代原来的同名检索"),
        (Language::En, false) => format!("saved as \"{name}\"; `hotline saved` counts its new calls"),
        (Language::En, true) => format!("saved as \"{name}\", in the place of the one before"),
    });
    Ok(())
}

/// Runs `hotline saved`.
pub fn run(context: &Context, args: &SavedArgs) -> anyhow::Result<Exit> {
    let store = context.existing_store()?;
    match &args.command {
        None => list(context, &store, args.json),
        Some(SavedCommand::List(json)) => list(context, &store, *json),
        Some(SavedCommand::Run { json, name, new, limit }) => show(context, &store, name, *new, *limit, *json),
        Some(SavedCommand::Remove { name }) => {
            if !store.remove_search(name)? {
                bail!(unknown(context, name));
            }
            Ok(Exit::Done)
        }
    }
}

fn unknown(context: &Context, name: &str) -> String {
    let cure =
        context.text("没有这个保存的检索；`hotline saved` 列出全部", "no such saved search; `hotline saved` lists all");
    format!("{name}: {cure}")
}

fn list(context: &Context, store: &Store, json: JsonArg) -> anyhow::Result<Exit> {
    for saved in store.saved_searches()? {
        match arguments(&saved).and_then(|args| answering(context, &args)) {
            Ok(calls) => drop(store.answer_search(saved.search_no, &calls)?),
            Err(error) => eprintln!("✗ {}: {error:#}", saved.name),
        }
    }
    let searches = store.saved_searches()?;
    if json.json {
        output::json(&searches)?;
        return Ok(Exit::Done);
    }
    if searches.is_empty() {
        context.note(context.text(
            "还没有保存的检索；`hotline search --save 名称 检索式` 保存一个",
            "no saved searches; `hotline search --save NAME QUERY` keeps one",
        ));
        return Ok(Exit::Partly);
    }
    let headers = match context.language {
        Language::Zh => ["名称", "检索式", "新", "通话", "提醒", "上次查看"],
        Language::En => ["name", "query", "new", "calls", "alert", "last looked at"],
    };
    let mut table = output::table(&headers, &[2, 3]);
    for saved in searches {
        let alert = if saved.alerts { context.text("是", "yes") } else { "" };
        let looked = local_time(saved.looked, &context.zone);
        table.add_row([
            saved.name,
            saved.query,
            saved.new.to_string(),
            saved.calls.to_string(),
            alert.to_owned(),
            looked,
        ]);
    }
    output::print_table(&table)?;
    Ok(Exit::Done)
}

/// Searches again as it was saved; whoever sees the answer has looked at it.
fn show(
    context: &Context,
    store: &Store,
    name: &str,
    only_new: bool,
    limit: usize,
    json: JsonArg,
) -> anyhow::Result<Exit> {
    let saved = store.saved_search(name)?.with_context(|| unknown(context, name))?;
    let mut args = arguments(&saved)?;
    args.json = json;
    args.limit = limit;
    store.answer_search(saved.search_no, &answering(context, &args)?)?;
    let unseen = store.unseen_calls(saved.search_no)?;
    let exit = search::run_among(context, &args, only_new.then_some(&unseen))?;
    store.look_at_search(saved.search_no)?;
    Ok(exit)
}

/// What of a search is kept, as one would type it: all that decides which calls answer it, and nothing of what is done with them. Words
/// stay understandable to later versions as long as the command line does.
fn typed(args: &SearchArgs) -> Vec<String> {
    let filter = &args.filter;
    let role = args.role.and_then(|role| role.to_possible_value()).map(|value| value.get_name().to_owned());
    let options = [
        ("--role", &role),
        ("--from", &filter.from),
        ("--to", &filter.to),
        ("--agent", &filter.agent),
        ("--team", &filter.team),
        ("--hotline", &filter.hotline),
        ("--business", &filter.business),
        ("--violates", &filter.violates),
    ];
    let options = options.into_iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value.as_ref()?)));
    let switches = [("--exact", args.exact), ("--copies", args.copies)];
    let switches = switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned());
    options.chain(switches).chain(["--".to_owned()]).chain(args.query.iter().cloned()).collect()
}

/// The arguments of a saved search.
fn arguments(saved: &SavedSearch) -> anyhow::Result<SearchArgs> {
    let again = || format!("{}: was saved by another version; save it again", saved.name);
    let typed: Vec<String> = serde_json::from_str(&saved.options).with_context(again)?;
    let words = ["hotline", "search"].into_iter().chain(typed.iter().map(String::as_str));
    match Cli::try_parse_from(words).with_context(again)?.command {
        Command::Search(args) => Ok(args),
        _ => bail!(again()),
    }
}

/// The calls that answer a search now.
fn answering(context: &Context, args: &SearchArgs) -> anyhow::Result<Vec<u64>> {
    let results = search::find(context, args, usize::MAX)?;
    // What is nearest where nothing answers changes with every call that comes in.
    if results.partial || results.nearest {
        return Ok(Vec::new());
    }
    Ok(results.calls.iter().map(|call| call.call_no).collect())
}

/// New calls of a saved search, as they leave the program: no word of what was said.
#[derive(Serialize)]
struct Announcement<'a> {
    kind: &'static str,
    name: &'a str,
    query: &'a str,
    raised_at: Timestamp,
    calls: Vec<AnnouncedCall>,
}

#[derive(Serialize)]
struct AnnouncedCall {
    call_id: String,
    file_name: String,
    started_at: Option<Timestamp>,
    agent_id: Option<String>,
    team: Option<String>,
}

/// Asks all saved searches that are to alert, and says which calls have begun to answer one since they were last asked: a line each on
/// standard error, and to the command and the address of the settings. Trouble is told and stops nothing: calls are
/// stored already.
pub fn announce(context: &Context) {
    if let Err(error) = try_announce(context) {
        eprintln!("✗ {}: {error:#}", context.text("保存的检索", "saved searches"));
    }
}

fn try_announce(context: &Context) -> anyhow::Result<()> {
    let store = context.existing_store()?;
    let searches: Vec<SavedSearch> = store.saved_searches()?.into_iter().filter(|saved| saved.alerts).collect();
    for saved in searches {
        let new = store.answer_search(saved.search_no, &answering(context, &arguments(&saved)?)?)?;
        if new.is_empty() {
            continue;
        }
        let mut calls = Vec::with_capacity(new.len());
        for call_no in new {
            if let Some(id) = store.call_id(call_no)?
                && let Some(facts) = store.facts(&id)?
            {
                calls.push(facts);
            }
        }
        tell(context, &saved, &calls);
        send(context, &saved, &calls)?;
    }
    Ok(())
}

fn tell(context: &Context, saved: &SavedSearch, calls: &[CallFacts]) {
    let named: Vec<String> = (calls.iter().take(CALLS_NAMED))
        .map(|facts| format!("{} {}", facts.call.id.short(), facts.call.file_name()))
        .collect();
    let more = if calls.len() > CALLS_NAMED { " …" } else { "" };
    let named = named.join(context.text("，", ", "));
    eprintln!(
        "{}",
        match context.language {
            Language::Zh => format!("★ 保存的检索“{}”：{} 通新通话：{named}{more}", saved.name, calls.len()),
            Language::En => format!("★ saved search \"{}\": {} new calls: {named}{more}", saved.name, calls.len()),
        }
    );
}

fn send(context: &Context, saved: &SavedSearch, calls: &[CallFacts]) -> anyhow::Result<()> {
    let settings = &context.settings.search;
    let raised_at = Timestamp::now();
    let body = serde_json::to_vec(&Announcement {
        kind: "saved_search",
        name: &saved.name,
        query: &saved.query,
        raised_at,
        calls: calls
            .iter()
            .map(|facts| AnnouncedCall {
                call_id: facts.call.id.to_string(),
                file_name: facts.call.file_name().to_owned(),
                started_at: facts.call.meta.started_at,
                agent_id: facts.call.meta.agent_id.clone(),
                team: facts.call.meta.team.clone(),
            })
            .collect(),
    })?;
    if let Some(command) = CommandWay::parse(&settings.alert_command)
        && !command.send(&body)
    {
        eprintln!("✗ search.alert_command: {}", context.text("命令没有成功", "the command failed"));
    }
    if !settings.alert_webhook.is_empty() {
        let secret = match settings.alert_secret.as_os_str().is_empty() {
            true => Vec::new(),
            false => std::fs::read(&settings.alert_secret)
                .with_context(|| settings.alert_secret.display().to_string())?
                .trim_ascii()
                .to_vec(),
        };
        // A batch waits for nobody: a receiver that is away for longer misses it, and the next list shows the calls anyway.
        let retry = Retry { tries: 2, ..Retry::default() };
        let webhook = Webhook::new(Endpoint::parse(&settings.alert_webhook)?, secret, retry);
        let id = format!("saved-{}-{}", saved.search_no, raised_at.as_millisecond());
        if !webhook.send(&id, &body, &|| false) {
            eprintln!("✗ search.alert_webhook: {}", context.text("没有送达", "was not delivered"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_kept_with_all_that_decides_what_answers_it() {
        let parse =
            |words: &[&str]| match Cli::try_parse_from([&["hotline", "search"], words].concat()).unwrap().command {
                Command::Search(args) => args,
                other => panic!("{other:?}"),
            };
        let words = [
            "--role",
            "customer",
            "--exact",
            "--team",
            "一组",
            "--from",
            "2026-10-01",
            "--to=2026-11-01",
            "--agent",
            "A1",
            "--hotline",
            "h",
            "--business",
            "宽带",
            "--violates",
            "REQ-01",
            "-n",
            "3",
            "--json",
            "--",
            "投诉",
            "-表扬",
        ];
        let once = typed(&parse(&words));
        assert_eq!(
            once,
            [
                "--role=customer",
                "--from=2026-10-01",
                "--to=2026-11-01",
                "--agent=A1",
                "--team=一组",
                "--hotline=h",
                "--business=宽带",
                "--violates=REQ-01",
                "--exact",
                "--",
                "投诉",
                "-表扬"
            ]
        );
        let again: Vec<&str> = once.iter().map(String::as_str).collect();
        assert_eq!(typed(&parse(&again)), once);
    }
}
