//! Sets up what a run needs: recogniser, detector, rules, store, index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use hotline_asr::model::Manifest;
use hotline_asr::{WhisperEngine, WhisperSettings};
use hotline_model::CallMeta;
use hotline_pipeline::{Archive, BatchOptions, BatchReport, Recording, Rooms, Stop, Vad, parse_time};
use hotline_rules::complaint::Guide;
use hotline_rules::scoring::Scheme;
use hotline_rules::{HotlineProfile, Judge, Organisations, RuleSet};
use hotline_store::Store;
use hotline_text::Lexicon;
use hotline_vad::{EndpointerSettings, Silero};
use jiff::tz::TimeZone;

use crate::args::MetaArgs;
use crate::commands::process::watch_events;
use crate::context::{Context, find_model};
use crate::progress::Progress;
use crate::settings::{Language, Organisation};
use crate::words;

/// Name of the table of organisations that is looked for beside recordings.
const HOTLINES_NAME: &str = "hotlines.json";

/// Everything a call passes through.
pub fn rooms(context: &Context, organisations: &Organisations) -> anyhow::Result<Rooms> {
    let settings = &context.settings;
    let manifest = Manifest::built_in()?;
    let model = find_model(settings, &manifest, &settings.asr.model)?;
    let whisper = WhisperSettings {
        beam_size: settings.asr.beam_size,
        words: expected_words(organisations),
        ..WhisperSettings::default()
    };
    let engine = WhisperEngine::load(&model, &whisper)?;
    Ok(Rooms {
        transcriber: Arc::new(engine),
        vad: vad(context)?,
        endpointer: EndpointerSettings::default(),
        lexicon: lexicon(context)?,
        judge: assigned_judge(context)?,
        guide: guide(context)?,
        organisations: organisations.clone(),
        layout: settings.audio.layout,
        max_duration_ms: settings.audio.max_minutes.saturating_mul(60_000),
        window_ms: window_ms(settings.asr.window_s)?,
        second_ear: settings.rules.second_ear,
        sessions: sessions(settings.asr.sessions),
        explain: words::explain(context.language),
    })
}

/// What the recogniser is told to expect: terms of the trade, and what the hotlines call themselves.
fn expected_words(organisations: &Organisations) -> Vec<String> {
    let names = organisations.0.values().flat_map(|profile| profile.names()).map(str::to_owned);
    let words: BTreeSet<String> = hotline_text::hotline_terms().into_iter().chain(names).collect();
    words.into_iter().collect()
}

/// A judge with everything it needs, speaking the language of the user.
pub fn judge_of(context: &Context, set: RuleSet) -> Judge {
    Judge::new(set).with_language(rules_language(context))
}

/// The rules in use, compiled, with findings in the language of the user.
pub fn judge(context: &Context) -> anyhow::Result<Judge> {
    judge_by(context, |set| set)
}

/// The rules in use as plain strings, to compare with.
pub fn judge_of_strings(context: &Context) -> anyhow::Result<Judge> {
    judge_by(context, RuleSet::as_strings)
}

/// The rules in use, of all hotlines, each set changed in the same way.
fn judge_by(context: &Context, change: fn(RuleSet) -> RuleSet) -> anyhow::Result<Judge> {
    let mut judge = judge_of(context, change(rule_set(context)?));
    for own in context.settings.organisations.iter().filter(|own| !own.rules.is_empty()) {
        judge = judge.with_hotline(&own.hotline, change(load_rules(context, &own.rules)?));
    }
    Ok(judge)
}

/// The rules in use by hotline: those the settings name for all, else the published versions that hotlines are assigned to, else the
/// built-in pack.
pub fn assigned_judge(context: &Context) -> anyhow::Result<Judge> {
    let path = context.settings.store_path();
    if !context.settings.rules.paths.is_empty() || !path.is_file() {
        return judge(context);
    }
    let store = context.existing_store()?;
    let mut assignments = store.rule_assignments()?;
    let mut assigned = match assignments.remove(&None) {
        Some(version) => judge_of(context, published(&store, &version)?),
        None => judge(context)?,
    };
    for (hotline, version) in assignments {
        if let Some(hotline) = hotline {
            assigned = assigned.with_hotline(hotline, published(&store, &version)?);
        }
    }
    Ok(assigned)
}

/// A published rule set.
pub fn published(store: &Store, version: &str) -> anyhow::Result<RuleSet> {
    let sources = store.rule_sources(version)?.with_context(|| format!("{version}: no such published version"))?;
    let sources: Vec<(&str, &str)> = sources.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loaded = RuleSet::parse(&sources);
    for problem in &loaded.problems {
        eprintln!("{problem}");
    }
    loaded.set.with_context(|| format!("{version}: the published rules do not load in this version of hotline"))
}

/// What tells complaints from other calls: the user's own guide, or the built-in one.
pub fn guide(context: &Context) -> anyhow::Result<Guide> {
    let path = &context.settings.complaints.guide;
    if path.as_os_str().is_empty() {
        return Ok(Guide::built_in());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(Guide::parse(&path.display().to_string(), &text)?)
}

/// The ways of scoring: the built-in ones and the user's own; one of the same name takes the built-in one's place.
pub fn schemes(context: &Context) -> anyhow::Result<Vec<Scheme>> {
    let mut schemes = Scheme::built_in();
    for path in &context.settings.scoring.schemes {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let scheme = Scheme::parse(&path.display().to_string(), &text)?;
        schemes.retain(|known| known.name != scheme.name);
        schemes.push(scheme);
    }
    Ok(schemes)
}

/// Language of findings, as the rules crate names it.
pub fn rules_language(context: &Context) -> hotline_rules::Language {
    match context.language {
        Language::Zh => hotline_rules::Language::Zh,
        Language::En => hotline_rules::Language::En,
    }
}

/// Seconds as set, in milliseconds.
fn window_ms(seconds: u32) -> anyhow::Result<u32> {
    anyhow::ensure!((4..=28).contains(&seconds), "asr.window_s = {seconds}: has to be 4 to 28 (seconds)");
    Ok(seconds * 1000)
}

/// Number of sessions: as set, or one a core.
pub fn sessions(set: usize) -> usize {
    if set > 0 { set } else { std::thread::available_parallelism().map_or(1, usize::from) }
}

/// The speech detector the settings name.
pub fn vad(context: &Context) -> anyhow::Result<Vad> {
    let settings = &context.settings;
    let load = || -> anyhow::Result<Vad> {
        let path = find_model(settings, &Manifest::built_in()?, "silero-vad")?;
        Ok(Vad::Silero(Box::new(Silero::load(&path)?)))
    };
    match settings.vad.model.as_str() {
        "energy" => Ok(Vad::Energy),
        "silero" => load(),
        "auto" => Ok(load().unwrap_or_else(|_| {
            context.note(context.text(
                "提示：没有 Silero 模型，改用能量检测，误报会多；运行 `hotline models fetch`",
                "note: no Silero model here, falling back to energy, with more false alarms; run `hotline models fetch`",
            ));
            Vad::Energy
        })),
        other => anyhow::bail!("setting `vad.model`: `{other}` is none of auto, silero, energy"),
    }
}

/// The lexicon with the user's dictionaries.
pub fn lexicon(context: &Context) -> anyhow::Result<Lexicon> {
    let dicts = &context.settings.text.user_dicts;
    if dicts.is_empty() { Ok(Lexicon::built_in()) } else { Ok(Lexicon::with_user_dicts(dicts)?) }
}

/// The rules in use; every problem of a rule file is printed before giving up.
pub fn rule_set(context: &Context) -> anyhow::Result<RuleSet> {
    let paths = &context.settings.rules.paths;
    if paths.is_empty() {
        return Ok(RuleSet::built_in());
    }
    load_rules(context, paths)
}

fn load_rules(context: &Context, paths: &[PathBuf]) -> anyhow::Result<RuleSet> {
    let loaded = RuleSet::load(paths);
    for problem in &loaded.problems {
        eprintln!("{}", problem.text(rules_language(context)));
    }
    loaded.set.context(context.text(
        "规则文件有错误，见上；`hotline rules check` 只做检查",
        "the rule files have errors, see above; `hotline rules check` checks alone",
    ))
}

/// Store and index.
pub fn archive(context: &Context) -> anyhow::Result<Archive> {
    let archive = Archive::new(context.store()?, &context.settings.index_dir(), lexicon(context)?);
    if let Some(error) = archive.index_trouble() {
        context.note(&format!(
            "{}: {error}",
            context.text("提示：本次不更新索引", "note: the index is not updated in this run")
        ));
    }
    Ok(archive)
}

/// Names of organisations: those met before, those in a `hotlines.json` beside the recordings, those in the settings; the
/// later beat the earlier. What is met is kept in the data folder, so that stored calls can be judged again without it.
pub fn organisations(context: &Context, recordings: &[Recording]) -> Organisations {
    let kept = context.settings.data_dir().join(HOTLINES_NAME);
    let before = by_hotline(read_hotlines(&kept));
    let mut known = before.clone();
    known.extend(beside(recordings));
    if known != before
        && let Err(error) = keep_hotlines(&kept, &known)
    {
        context.note(&format!("{}: {error:#}", kept.display()));
    }
    profiles(context, known)
}

/// As [`organisations`], without those met before and without keeping any.
pub fn organisations_of(context: &Context, recordings: &[Recording]) -> Organisations {
    profiles(context, beside(recordings))
}

fn by_hotline(entries: Vec<Organisation>) -> BTreeMap<String, Organisation> {
    entries.into_iter().map(|entry| (entry.hotline.clone(), entry)).collect()
}

fn beside(recordings: &[Recording]) -> BTreeMap<String, Organisation> {
    let folders: BTreeSet<&Path> = recordings.iter().filter_map(|recording| recording.path.parent()).collect();
    by_hotline(folders.into_iter().flat_map(|folder| read_hotlines(&folder.join(HOTLINES_NAME))).collect())
}

/// Settings last: they are the user's own word.
fn profiles(context: &Context, mut known: BTreeMap<String, Organisation>) -> Organisations {
    known.extend(by_hotline(context.settings.organisations.clone()));
    let profile = |entry: Organisation| HotlineProfile { organisation: entry.organisation, aliases: entry.aliases };
    Organisations(known.into_iter().map(|(hotline, entry)| (hotline, profile(entry))).collect())
}

fn keep_hotlines(path: &Path, known: &BTreeMap<String, Organisation>) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, &known.values().collect::<Vec<_>>())?;
    file.persist(path)?;
    Ok(())
}

fn read_hotlines(path: &Path) -> Vec<Organisation> {
    if !path.is_file() {
        return Vec::new();
    }
    let read = || -> anyhow::Result<Vec<Organisation>> { Ok(serde_json::from_slice(&std::fs::read(path)?)?) };
    read().unwrap_or_else(|error| {
        eprintln!("✗ {}: cannot be read as a list of hotlines: {error}", path.display());
        Vec::new()
    })
}

/// Metadata from flags.
pub fn meta_from_flags(args: &MetaArgs, zone: &TimeZone) -> anyhow::Result<CallMeta> {
    let started_at = args.started_at.as_deref().map(|text| parse_time(text, zone)).transpose();
    Ok(CallMeta {
        agent_id: args.agent_id.clone(),
        agent_name: args.agent_name.clone(),
        team: args.team.clone(),
        hotline: args.hotline.clone(),
        business_type: args.business.clone(),
        started_at: started_at.map_err(|error| anyhow::anyhow!("--started-at: {error}"))?,
        direction: args.direction.as_deref().map(str::parse).transpose().context("--direction")?,
        ..CallMeta::default()
    })
}

/// Makes Ctrl-C finish the calls in hand, and a second one stop at once.
pub fn stop_on_ctrl_c(language: Language) -> anyhow::Result<Stop> {
    let stop = Stop::default();
    let requested = stop.clone();
    ctrlc::set_handler(move || {
        let first = requested.request();
        eprintln!(
            "{}",
            if first {
                language.pick(
                    "正在停止：做完手上的通话（再按一次立即停止）",
                    "stopping: finishing the calls in hand (again to stop at once)",
                )
            } else {
                language.pick("立即停止", "stopping at once")
            }
        );
    })
    .context("Ctrl-C cannot be handled")?;
    Ok(stop)
}

/// Runs a batch with progress.
pub fn run_batch(
    context: &Context,
    recordings: Vec<Recording>,
    rooms: &Rooms,
    archive: &Archive,
    options: &BatchOptions,
    stop: &Stop,
) -> anyhow::Result<BatchReport> {
    let progress = Progress::new(recordings.iter().map(|r| r.path.as_path()), context.language, context.quiet);
    let report = hotline_pipeline::run(recordings, rooms, archive, options, stop, &watch_events(&progress, context));
    progress.finish();
    Ok(report?)
}
