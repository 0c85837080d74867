//! `hotline eval search`: search against queries whose answers are known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hotline_eval::search::{
    Answered, Baseline, CUTOFF, CallNames, CallText, Named, SearchQuery, SearchScore, judge, load_queries,
    score_search, stem,
};
use hotline_eval::truth;
use hotline_index::{CallDocument, Index, SearchOptions, parse};
use hotline_model::{Call, CallId, CallMeta, ChannelLayout, Transcript};
use hotline_store::CallFilter;
use hotline_text::Lexicon;
use serde::Serialize;

use super::eval::{factor, give, percent};
use crate::args_find::EvalSearchArgs;
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup, words};

/// All that is measured, as it is written as JSON. `overall` and `kinds` are ours, on the transcripts of the store.
#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    recognised: SearchScore,
    /// Ours, on the references.
    references: Option<SearchScore>,
    /// Other engines on the same transcripts.
    baselines: BTreeMap<&'static str, SearchScore>,
    /// Other engines on the references.
    baselines_on_references: Option<BTreeMap<&'static str, SearchScore>>,
    /// Queries of which something is missing or wrong.
    failing: Vec<Failing>,
    /// Calls that queries name and that are not there. They count as calls that were not found.
    missing: Vec<Missing>,
    /// Queries that cannot be read. They count as queries that found nothing.
    unreadable: Vec<Unreadable>,
}

/// A query that was not answered in full.
#[derive(Serialize)]
struct Failing {
    query: String,
    kind: String,
    /// `recognised` or `references`.
    text: &'static str,
    /// Relevant calls that are not among the first ten.
    missed: Vec<String>,
    /// Calls among the first ten that are not relevant.
    wrong: Vec<String>,
}

/// A call that a query names and that is not there.
#[derive(Serialize)]
struct Missing {
    query: String,
    call: String,
    /// Calls it could mean, if there are several.
    candidates: Vec<String>,
    text: &'static str,
}

/// A query that cannot be read.
#[derive(Serialize)]
struct Unreadable {
    query: String,
    error: String,
}

/// A text that is searched: calls, their names, their words.
struct Library {
    text: &'static str,
    index: Index,
    names: CallNames,
    texts: Vec<CallText>,
    /// Keeps the index's folder alive.
    _folder: Option<tempfile::TempDir>,
}

/// What came of searching a library.
struct Outcome {
    ours: SearchScore,
    baselines: BTreeMap<&'static str, SearchScore>,
    failing: Vec<Failing>,
    missing: Vec<Missing>,
}

/// Runs `hotline eval search`.
pub fn run(context: &Context, args: &EvalSearchArgs) -> anyhow::Result<Exit> {
    let queries = load_queries(&args.queries)?;
    let lexicon = setup::lexicon(context)?;
    let stored = measure(context, &stored(context, &lexicon)?, &queries, &lexicon)?;
    anyhow::ensure!(
        queries.iter().all(|query| query.relevant.is_empty())
            || stored.missing.len() < queries.iter().map(|query| query.relevant.len()).sum(),
        "{}",
        context.text(
            "检索式所列的通话没有一通在库中：先用 `hotline process` 处理这些录音，或用 --data-dir 指定另一个数据目录",
            "none of the calls that the queries name is in the store: process them with `hotline process`, or name another store with --data-dir"
        )
    );
    let labelled = args.references.as_deref().map(|dir| labelled(dir, &lexicon)).transpose()?;
    let labelled = labelled.map(|library| measure(context, &library, &queries, &lexicon)).transpose()?;
    let unreadable = queries.iter().filter_map(|query| {
        let error = parse(&query.query).err()?;
        Some(Unreadable { query: query.query.clone(), error: words::query(&error, &query.query, context.language) })
    });
    let mut figures = Figures {
        recognised: stored.ours,
        references: None,
        baselines: stored.baselines,
        baselines_on_references: None,
        failing: stored.failing,
        missing: stored.missing,
        unreadable: unreadable.collect(),
    };
    if let Some(labelled) = labelled {
        figures.references = Some(labelled.ours);
        figures.baselines_on_references = Some(labelled.baselines);
        figures.failing.extend(labelled.failing);
        figures.missing.extend(labelled.missing);
    }
    give(args.json.as_deref(), &figures)?;
    if args.json.as_deref() != Some(Path::new("-")) {
        show(context, &figures, args.failing)?;
    }
    report_missing(context, &figures);
    Ok(if figures.missing.is_empty() && figures.unreadable.is_empty() { Exit::Done } else { Exit::Partly })
}

/// The user's store and its index, brought up to date.
fn stored(context: &Context, lexicon: &Lexicon) -> anyhow::Result<Library> {
    let store = context.existing_store()?;
    setup::archive(context)?.catch_up()?;
    let index = Index::open_read_only(&context.settings.index_dir(), lexicon.clone())?;
    let mut names = CallNames::default();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for facts in store.call_facts(&CallFilter { include_variants: true, ..CallFilter::default() })? {
        let (file, copy) = (facts.call.file_name(), facts.call.meta.variant_of.is_some());
        names.add(file, facts.call.id.as_str(), copy);
        if !copy && let Some(record) = store.record(&facts.call.id)? {
            texts.entry(stem(file).to_owned()).or_default().push_str(&lines(&record.transcript));
        }
    }
    Ok(Library { text: "recognised", index, names, texts: call_texts(texts), _folder: None })
}

/// The references of labelled calls, in an index that vanishes.
fn labelled(dir: &Path, lexicon: &Lexicon) -> anyhow::Result<Library> {
    let folder = tempfile::tempdir()?;
    let mut index = Index::open(&folder.path().join("index"), lexicon.clone())?;
    let mut names = CallNames::default();
    let (mut documents, mut texts) = (Vec::new(), BTreeMap::new());
    for (number, call) in truth::load_dir(dir)?.into_iter().enumerate() {
        let (copy, id) = (call.variant_of.is_some(), format!("{number:032x}"));
        names.add(&call.file, &id, copy);
        let transcript = call.reference();
        if !copy {
            texts.insert(stem(&call.file).to_owned(), lines(&transcript));
        }
        let described = Call {
            id: CallId::from_stored(id),
            source: call.file,
            audio_sha256: String::new(),
            format: String::new(),
            rate_hz: 0,
            duration_ms: (call.duration * 1000.0) as u32,
            layout: ChannelLayout::default(),
            meta: CallMeta { variant_of: call.variant_of, ..CallMeta::default() },
        };
        documents.push(CallDocument::new(number as u64 + 1, described, transcript.utterances));
    }
    let count = documents.len() as u64;
    index.apply(documents, &[], count)?;
    Ok(Library { text: "references", index, names, texts: call_texts(texts), _folder: Some(folder) })
}

fn lines(transcript: &Transcript) -> String {
    transcript.utterances.iter().map(|utterance| format!("{}\n", utterance.text)).collect()
}

fn call_texts(texts: BTreeMap<String, String>) -> Vec<CallText> {
    texts.into_iter().map(|(call, text)| CallText { call, text }).collect()
}

/// Asks a library everything, ours and the others.
fn measure(
    context: &Context,
    library: &Library,
    queries: &[SearchQuery],
    lexicon: &Lexicon,
) -> anyhow::Result<Outcome> {
    let mut missing = Vec::new();
    let relevant: Vec<BTreeSet<String>> = queries
        .iter()
        .map(|query| query.relevant.iter().map(|name| named(library, query, name, &mut missing)).collect())
        .collect();
    let asked: Vec<&str> = queries.iter().map(|query| query.query.as_str()).collect();
    let originals = library.names.originals();
    let mut ours = Vec::with_capacity(queries.len());
    for (query, relevant) in asked.iter().zip(&relevant) {
        ours.push(ranked(context, library, query, |call| originals.contains(call) || relevant.contains(call))?);
    }
    let mut baselines = BTreeMap::new();
    for baseline in Baseline::ALL {
        let answers = baseline.rank(&library.texts, &asked, lexicon, CUTOFF)?;
        baselines.insert(baseline.name(), score(queries, &answers, &relevant));
    }
    let failing = queries.iter().zip(&ours).zip(&relevant).filter_map(|((query, ranked), relevant)| {
        let first: Vec<&String> = ranked.iter().take(CUTOFF).collect();
        let wrong: Vec<String> = first.iter().filter(|call| !relevant.contains(**call)).map(|c| (*c).clone()).collect();
        let full = judge(ranked, relevant).recall.is_none_or(|recall| recall >= 1.0);
        let missed = relevant.iter().filter(|call| !full && !first.contains(call)).cloned().collect();
        let (kind, query) = (query.kind.clone(), query.query.clone());
        (!full || !wrong.is_empty()).then_some(Failing { query, kind, text: library.text, missed, wrong })
    });
    Ok(Outcome { ours: score(queries, &ours, &relevant), baselines, failing: failing.collect(), missing })
}

/// The call that a query names; where there is none its name stays, so that it counts as not found.
fn named(library: &Library, query: &SearchQuery, name: &str, missing: &mut Vec<Missing>) -> String {
    let candidates = match library.names.find(name) {
        Named::One(stem) => return stem,
        Named::None => Vec::new(),
        Named::Many(candidates) => candidates,
    };
    let (query, call) = (query.query.clone(), name.to_owned());
    missing.push(Missing { query, call, candidates, text: library.text });
    format!("?{name}")
}

/// The calls that `hotline search` shows for a query, best first, those that count.
fn ranked(
    context: &Context,
    library: &Library,
    query: &str,
    counts: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<String>> {
    let Ok(query) = parse(query) else { return Ok(Vec::new()) };
    let copies = library.names.len() - library.names.originals().len();
    let options = SearchOptions {
        limit: CUTOFF + copies,
        time_zone: context.zone.clone(),
        or_alike: true,
        // Left out below, unless a query names one.
        copies: true,
        ..SearchOptions::default()
    };
    let results = library.index.search(&query, &options)?;
    let calls = results.calls.iter().map(|call| stem(&call.file_name).to_owned());
    Ok(calls.filter(|call| counts(call)).collect())
}

fn score(queries: &[SearchQuery], answers: &[Vec<String>], relevant: &[BTreeSet<String>]) -> SearchScore {
    let answers: Vec<Answered<'_>> = (queries.iter().zip(answers).zip(relevant))
        .map(|((query, ranked), relevant)| Answered { kind: &query.kind, ranked, relevant })
        .collect();
    score_search(&answers)
}

fn show(context: &Context, figures: &Figures, failing: bool) -> anyhow::Result<()> {
    let zh = context.language == Language::Zh;
    let both = figures.references.is_some();
    let columns: &[&str] =
        if zh { &["召回率@10", "准确率@10", "MRR"] } else { &["recall@10", "precision@10", "MRR"] };
    let headers = |first: &[&'static str]| -> Vec<String> {
        let mut headers: Vec<String> = first.iter().map(|text| (*text).to_owned()).collect();
        headers.extend(columns.iter().map(|column| (*column).to_owned()));
        if both {
            let of = context.text("参考 ", "ref. ");
            headers.extend(columns.iter().map(|column| format!("{of}{column}")));
        }
        headers
    };
    let cells = |score: Option<&hotline_eval::search::SearchFigures>| {
        let score = score.copied().unwrap_or_default();
        [percent(score.recall_at_10), percent(score.precision_at_10), factor(score.mrr)]
    };
    let engines = headers(&[context.text("引擎", "engine"), context.text("检索式", "queries")]);
    let engines: Vec<&str> = engines.iter().map(String::as_str).collect();
    let mut table = output::table(&engines, &[1, 2, 3, 4, 5, 6, 7]);
    let mut add = |name: &str, score: &SearchScore, references: Option<&SearchScore>| {
        let mut row = vec![name.to_owned(), score.overall.queries.to_string()];
        row.extend(cells(Some(&score.overall)));
        if both {
            row.extend(cells(references.map(|score| &score.overall)));
        }
        table.add_row(row);
    };
    add("hotline", &figures.recognised, figures.references.as_ref());
    for (name, score) in &figures.baselines {
        add(name, score, figures.baselines_on_references.as_ref().and_then(|all| all.get(name)));
    }
    output::print_table(&table)?;
    let kinds = headers(&[context.text("hotline，按类别", "hotline, by kind"), context.text("检索式", "queries")]);
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let mut table = output::table(&kinds, &[1, 2, 3, 4, 5, 6, 7]);
    for (kind, score) in &figures.recognised.kinds {
        let mut row = vec![kind.clone(), score.queries.to_string()];
        row.extend(cells(Some(score)));
        if both {
            row.extend(cells(figures.references.as_ref().and_then(|all| all.kinds.get(kind))));
        }
        table.add_row(row);
    }
    output::print_table(&table)?;
    if failing {
        show_failing(context, figures)?;
    }
    Ok(())
}

fn show_failing(context: &Context, figures: &Figures) -> anyhow::Result<()> {
    let headers: &[&str] = match context.language {
        Language::Zh => &["文本", "类别", "检索式", "漏", "误"],
        Language::En => &["text", "kind", "query", "missed", "wrong"],
    };
    let mut table = output::table(headers, &[]);
    for query in &figures.failing {
        let (missed, wrong) = (query.missed.join(" "), query.wrong.join(" "));
        table.add_row([query.text, &query.kind, &query.query, &missed, &wrong]);
    }
    output::print_table(&table)
}

/// What queries name and is not there, and queries that are none; on standard error, so that it is seen beside JSON too.
fn report_missing(context: &Context, figures: &Figures) {
    for query in &figures.unreadable {
        eprintln!("✗ {}: {}", query.query, query.error);
    }
    let mut told = BTreeSet::new();
    for missing in figures.missing.iter().filter(|missing| told.insert((missing.text, missing.call.as_str()))) {
        let (call, store) = (&missing.call, missing.text == "recognised");
        let place = match (context.language, store) {
            (Language::Zh, true) => "库中",
            (Language::Zh, false) => "参考文本中",
            (Language::En, true) => "in the store",
            (Language::En, false) => "among the references",
        };
        let candidates = missing.candidates.join(", ");
        match (context.language, missing.candidates.is_empty()) {
            (Language::Zh, true) => eprintln!("✗ {call}：{place}没有这通电话；按未命中计"),
            (Language::Zh, false) => eprintln!("✗ {call}：{place}不止一通（{candidates}）；按未命中计"),
            (Language::En, true) => eprintln!("✗ {call}: no such call {place}; counted as not found"),
            (Language::En, false) => eprintln!("✗ {call}: more than one {place} ({candidates}); counted as not found"),
        }
    }
}
