//! `hotline eval`: the program against the truth.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hotline_eval::{
    Comparison, EvalReport, MatchScore, OverallScore, RunCost, ScoredCall, UtteranceScore, load_manifest, score,
    score_utterances, truth, verdicts,
};
use hotline_model::{CallMeta, CallRecord, ChannelLayout, Transcript};
use hotline_pipeline::{Archive, BatchOptions, BatchReport, CallOutcome, Described, Recording, StageSeconds};
use hotline_rules::{CallView, Judge, Organisations};
use hotline_store::Store;
use serde::Serialize;

use super::process::{describe, metadata_sources};
use crate::args::{EvalArgs, MetaArgs};
use crate::args_find::EvalCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::settings::Language;
use crate::{output, setup};

/// Runs `hotline eval`.
pub fn run(context: &Context, args: &EvalArgs) -> anyhow::Result<Exit> {
    if let Some(EvalCommand::Search(args)) = &args.what {
        return super::eval_search::run(context, args);
    }
    match (&args.asr, &args.dir) {
        (Some(manifest), _) => utterances(context, args, manifest),
        (None, Some(dir)) => calls(context, args, dir),
        (None, None) => anyhow::bail!("give a folder of labelled calls, or --asr MANIFEST"),
    }
}

/// Where a throw-away run keeps its things: a folder of the user's, or one that vanishes.
struct Workshop {
    _temporary: Option<tempfile::TempDir>,
    dir: PathBuf,
}

impl Workshop {
    fn new(keep: Option<&Path>) -> anyhow::Result<Workshop> {
        match keep {
            Some(dir) => {
                std::fs::create_dir_all(dir).with_context(|| format!("{}: cannot be created", dir.display()))?;
                Ok(Workshop { _temporary: None, dir: dir.to_owned() })
            }
            None => {
                let temporary = tempfile::tempdir().context("no temporary folder")?;
                Ok(Workshop { dir: temporary.path().to_owned(), _temporary: Some(temporary) })
            }
        }
    }
}

/// Processes recordings into a store of their own and gives back the records by file name.
fn process(
    context: &Context,
    args: &EvalArgs,
    recordings: Vec<Recording>,
) -> anyhow::Result<(HashMap<String, CallRecord>, BatchReport)> {
    let workshop = Workshop::new(args.keep.as_deref())?;
    let rooms = setup::rooms(context, &setup::organisations_of(context, &recordings))?;
    let store = Store::open(&workshop.dir.join("hotline.db"))?;
    let archive = Archive::new(store, &workshop.dir.join("index"), setup::lexicon(context)?);
    let stop = setup::stop_on_ctrl_c(context.language)?;
    let options = BatchOptions { redo: true };
    let report = setup::run_batch(context, recordings, &rooms, &archive, &options, &stop)?;
    anyhow::ensure!(!stop.finishing(), "{}", context.text("评测被中断", "the evaluation was stopped"));
    let store = archive.store();
    let mut records = HashMap::new();
    for call in &report.calls {
        let (CallOutcome::Processed { id, .. } | CallOutcome::Known { id, .. } | CallOutcome::Claimed { id }) =
            &call.outcome
        else {
            continue;
        };
        if let Some(record) = store.record(id)? {
            if args.keep.is_some() {
                let path = workshop.dir.join(format!("{}.record.json", record.call.file_name()));
                std::fs::write(&path, serde_json::to_vec_pretty(&record)?)
                    .with_context(|| format!("{}: cannot be written", path.display()))?;
            }
            records.insert(file_name(&call.source), record);
        }
    }
    Ok((records, report))
}

/// Records that an earlier run kept, judged again by the rules in use.
fn kept_records(
    context: &Context,
    dir: &Path,
    recordings: &[Recording],
) -> anyhow::Result<HashMap<String, CallRecord>> {
    let judge = setup::judge(context)?;
    let guide = setup::guide(context)?;
    let organisations = setup::organisations_of(context, recordings);
    let mut records = HashMap::new();
    for recording in recordings {
        let name = file_name(&recording.path);
        let path = dir.join(format!("{name}.record.json"));
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        let mut record: CallRecord =
            serde_json::from_slice(&bytes).with_context(|| format!("{}: not a record", path.display()))?;
        judge_again(&judge, &mut record, &organisations);
        record.complaint = guide.complaint(&record.transcript);
        records.insert(name, record);
    }
    anyhow::ensure!(
        !records.is_empty(),
        "{}: no records of these calls; `hotline eval --keep` writes them",
        dir.display()
    );
    Ok(records)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn cost(report: &BatchReport) -> RunCost {
    let StageSeconds { asr, second_ear, .. } = report.cpu;
    RunCost {
        cpu_s: report.cpu.total(),
        asr_cpu_s: asr + second_ear,
        second_ear_cpu_s: second_ear,
        wall_s: report.wall_s,
    }
}

fn calls(context: &Context, args: &EvalArgs, dir: &Path) -> anyhow::Result<Exit> {
    let labelled = truth::load_dir(dir)?;
    let paths = labelled.iter().map(|call| dir.join(&call.file)).collect();
    let mut sources = metadata_sources(context, &MetaArgs::default())?;
    let (recordings, _) = describe(&mut sources, paths);
    let organisations = setup::organisations_of(context, &recordings);
    let variants: HashMap<String, bool> = recordings
        .iter()
        .map(|recording| (file_name(&recording.path), recording.described.meta.variant_of.is_some()))
        .collect();
    let (records, cost) = match &args.records {
        Some(kept) => (kept_records(context, kept, &recordings)?, RunCost::default()),
        None => {
            let (records, report) = process(context, args, recordings)?;
            (records, cost(&report))
        }
    };
    let scored: Vec<ScoredCall<'_>> = labelled
        .iter()
        .map(|truth| ScoredCall {
            truth,
            record: records.get(&truth.file),
            variant: truth.variant_of.is_some() || variants.get(&truth.file).copied().unwrap_or(false),
        })
        .collect();
    let mut figures = score(&scored, cost);
    figures.compared = compared(context, &scored, &organisations)?;
    give(args.json.as_deref(), &figures)?;
    if args.json.as_deref() != Some(Path::new("-")) {
        show_calls(context, &figures)?;
    }
    Ok(if figures.calls.failed > 0 { Exit::Partly } else { Exit::Done })
}

/// The verdicts made in other ways: by strings alone, and on the references.
fn compared(context: &Context, scored: &[ScoredCall<'_>], organisations: &Organisations) -> anyhow::Result<Comparison> {
    let verdicts_of = |judge: &Judge, transcript: fn(&ScoredCall<'_>, &CallRecord) -> Transcript| {
        let judged: Vec<Option<CallRecord>> = scored
            .iter()
            .map(|call| {
                let mut record = call.record?.clone();
                record.transcript = transcript(call, &record);
                judge_again(judge, &mut record, organisations);
                Some(record)
            })
            .collect();
        let again: Vec<ScoredCall<'_>> = (scored.iter().zip(&judged))
            .map(|(call, record)| ScoredCall { record: record.as_ref(), ..*call })
            .collect();
        verdicts(&again)
    };
    Ok(Comparison {
        strings: Some(verdicts_of(&setup::judge_of_strings(context)?, |_, record| record.transcript.clone())),
        references: Some(verdicts_of(&setup::judge(context)?, |call, _| call.truth.reference())),
    })
}

fn judge_again(judge: &Judge, record: &mut CallRecord, organisations: &Organisations) {
    let judgement = judge.judge(&CallView {
        call: &record.call,
        transcript: &record.transcript,
        acoustics: &record.acoustics,
        heard_until: None,
        organisations,
    });
    record.findings = judgement.findings;
    record.score_card = judgement.score_card;
}

fn utterances(context: &Context, args: &EvalArgs, manifest: &Path) -> anyhow::Result<Exit> {
    let truth = load_manifest(manifest)?;
    let recordings = truth
        .iter()
        .map(|utterance| Recording {
            path: utterance.file.clone(),
            described: Described {
                // One voice alone; its file name keeps equal recordings of different entries apart.
                meta: CallMeta { customer_number: Some(utterance.file.display().to_string()), ..CallMeta::default() },
                layout: Some(ChannelLayout::Mono),
                issues: Vec::new(),
            },
        })
        .collect();
    let (records, report) = process(context, args, recordings)?;
    let pairs: Vec<_> = truth
        .iter()
        .map(|utterance| {
            let record = records.get(&file_name(&utterance.file));
            let text = record.map(|record| {
                let texts = record.transcript.utterances.iter().map(|utterance| utterance.text.as_str());
                texts.collect::<Vec<_>>().join("\n")
            });
            (utterance, text)
        })
        .collect();
    let figures = score_utterances(&pairs, report.audio_ms as f64 / 1000.0, cost(&report));
    give(args.json.as_deref(), &figures)?;
    if args.json.as_deref() != Some(Path::new("-")) {
        show_utterances(context, &figures)?;
    }
    Ok(if figures.failed > 0 { Exit::Partly } else { Exit::Done })
}

/// Writes the figures where `--json` says.
pub(super) fn give(json: Option<&Path>, figures: &impl Serialize) -> anyhow::Result<()> {
    match json {
        None => Ok(()),
        Some(path) if path == Path::new("-") => output::json(figures),
        Some(path) => {
            let text = serde_json::to_string_pretty(figures)?;
            std::fs::write(path, text + "\n").with_context(|| format!("{}: cannot be written", path.display()))
        }
    }
}

pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or("—".to_owned(), |value| format!("{:.1}%", value * 100.0))
}

pub(super) fn factor(value: Option<f64>) -> String {
    value.map_or("—".to_owned(), |value| format!("{value:.3}"))
}

fn show_calls(context: &Context, figures: &EvalReport) -> anyhow::Result<()> {
    let t = |zh, en| context.text(zh, en).to_owned();
    let asr = &figures.asr;
    let overall = &figures.overall;
    let mut rows = vec![
        [t("通话（失败）", "calls (failed)"), format!("{} ({})", figures.calls.labelled, figures.calls.failed)],
        [t("字错率", "character error rate"), percent(asr.cer)],
        [t("　座席", "  agents"), percent(asr.cer_agent)],
        [t("　客户", "  customers"), percent(asr.cer_customer)],
    ];
    rows.extend(asr.cer_by_codec.iter().map(|(codec, cer)| [format!("  {codec}"), percent(Some(*cer))]));
    let timing = &figures.timing;
    let pair = |p, r| format!("{} / {}", percent(p), percent(r));
    rows.extend([
        [t("CPU 秒 / 录音秒", "CPU s per second of recording"), factor(asr.rtf_cpu)],
        [t("用时 / 录音秒", "wall s per second of recording"), factor(asr.rtf_wall)],
        [t("识别 CPU 秒 / 语音秒", "recognition CPU s per second of speech"), factor(asr.cpu_per_speech_s)],
        [t("　其中复听占首次识别的", "  of it second listens, by first recognition"), percent(asr.second_ear)],
        [t("识别之外的 CPU", "CPU besides recognition"), percent(asr.besides_asr)],
        [t("语音检测 漏 / 误", "speech detection miss / false alarm"), pair(figures.vad.miss, figures.vad.false_alarm)],
        [
            t("抢话 准确率 / 召回率", "interruption precision / recall"),
            pair(timing.interruption.precision, timing.interruption.recall),
        ],
        [
            t("静默 准确率 / 召回率", "silence precision / recall"),
            pair(timing.silence.precision, timing.silence.recall),
        ],
        [
            t("违规 准确率 / 召回率", "violated precision / recall"),
            pair(overall.violated_precision, overall.violated_recall),
        ],
        [t("违规 F1", "violated F1"), percent(overall.violated_f1)],
        [t("禁语 准确率", "forbidden precision"), percent(overall.forbidden_precision)],
        [t("无法判断", "undecided"), percent(overall.undecided_rate)],
        [
            t("投诉识别 准确率 / 召回率", "complaints precision / recall"),
            pair(figures.complaint.and_then(|c| c.precision), figures.complaint.and_then(|c| c.recall)),
        ],
        [t("难负例误报", "hard negatives fired"), percent(overall.hard_negative_rate)],
    ]);
    let named = [
        ("matter", t("投诉事项", "complaint: matter")),
        ("demand", t("投诉诉求", "complaint: demand")),
        ("department", t("责任部门", "complaint: department")),
        ("promised_time", t("承诺时限", "complaint: promised time")),
    ];
    rows.extend(named.into_iter().filter_map(|(field, name)| {
        let score = figures.complaint_detail.get(field)?;
        Some([name, pair(score.precision, score.recall)])
    }));
    let mut table = output::table(&[context.text("指标", "figure"), context.text("值", "value")], &[1]);
    for row in rows {
        table.add_row(row);
    }
    output::print_table(&table)?;
    show_compared(context, figures)?;
    show_reliability(context, figures)?;
    show_personal_data(context, figures)?;
    let headers = match context.text("zh", "en") {
        "zh" => ["条款", "命中", "误报", "漏报", "正确放行", "无法判断", "准确率", "召回率", "F1"],
        _ => ["clause", "tp", "fp", "fn", "tn", "undecided", "precision", "recall", "F1"],
    };
    let mut table = output::table(&headers, &[1, 2, 3, 4, 5, 6, 7, 8]);
    for (clause, score) in &figures.clauses {
        let Some(score) = score else { continue };
        table.add_row([
            clause.clone(),
            score.tp.to_string(),
            score.fp.to_string(),
            score.false_negatives.to_string(),
            score.tn.to_string(),
            score.undecided.to_string(),
            percent(score.precision),
            percent(score.recall),
            percent(score.f1),
        ]);
    }
    output::print_table(&table)
}

/// The verdicts beside those made in other ways.
fn show_compared(context: &Context, figures: &EvalReport) -> anyhow::Result<()> {
    let headers = match context.language {
        Language::Zh => ["判定方式", "违规准确率", "违规召回率", "违规 F1", "禁语准确率", "无法判断", "难负例误报"],
        Language::En => [
            "verdicts",
            "violated precision",
            "violated recall",
            "violated F1",
            "forbidden precision",
            "undecided",
            "hard negatives fired",
        ],
    };
    let mut table = output::table(&headers, &[1, 2, 3, 4, 5, 6]);
    let rows: [(&str, Option<&OverallScore>); 3] = [
        (context.text("规则，转写", "rules on transcripts"), Some(&figures.overall)),
        (context.text("只比字串，转写", "plain strings on transcripts"), figures.compared.strings.as_ref()),
        (context.text("规则，参考文本", "rules on references"), figures.compared.references.as_ref()),
    ];
    for (name, score) in rows {
        let Some(score) = score else { continue };
        table.add_row([
            name.to_owned(),
            percent(score.violated_precision),
            percent(score.violated_recall),
            percent(score.violated_f1),
            percent(score.forbidden_precision),
            percent(score.undecided_rate),
            percent(score.hard_negative_rate),
        ]);
    }
    output::print_table(&table)
}

/// How right flags are, by how certain they are.
fn show_reliability(context: &Context, figures: &EvalReport) -> anyhow::Result<()> {
    if figures.reliability.is_empty() {
        return Ok(());
    }
    let headers = match context.language {
        Language::Zh => ["违规结论的把握", "数量", "平均把握", "其中正确"],
        Language::En => ["certainty of flags", "flags", "mean certainty", "of which right"],
    };
    let mut table = output::table(&headers, &[1, 2, 3]);
    for row in &figures.reliability {
        table.add_row([
            format!("{:.1}–{:.1}", row.from, row.to),
            row.flags.to_string(),
            percent(row.certainty),
            percent(row.precision),
        ]);
    }
    output::print_table(&table)
}

fn show_personal_data(context: &Context, figures: &EvalReport) -> anyhow::Result<()> {
    let Some(pii) = &figures.pii else { return Ok(()) };
    let headers = match context.language {
        Language::Zh => ["个人信息", "数量", "参考文本 准确率", "召回率", "转写 准确率", "召回率"],
        Language::En => {
            ["personal data", "labelled", "references: precision", "recall", "transcripts: precision", "recall"]
        }
    };
    let mut table = output::table(&headers, &[1, 2, 3, 4, 5]);
    let mut row = |name: String, references: &MatchScore, transcripts: Option<&MatchScore>| {
        let transcripts = transcripts.copied().unwrap_or_default();
        table.add_row([
            name,
            references.true_events.max(transcripts.true_events).to_string(),
            percent(references.precision),
            percent(references.recall),
            percent(transcripts.precision),
            percent(transcripts.recall),
        ]);
    };
    let kinds: BTreeSet<&String> = pii.references_by_kind.keys().chain(pii.by_kind.keys()).collect();
    for kind in kinds {
        let references = pii.references_by_kind.get(kind).copied().unwrap_or_default();
        row(kind.clone(), &references, pii.by_kind.get(kind));
    }
    row(context.text("合计", "together").to_owned(), &pii.references, Some(&pii.all));
    output::print_table(&table)
}

fn show_utterances(context: &Context, figures: &UtteranceScore) -> anyhow::Result<()> {
    let t = |zh, en| context.text(zh, en).to_owned();
    let mut table = output::table(&[context.text("指标", "figure"), context.text("值", "value")], &[1]);
    table.add_row([t("语句（失败）", "utterances (failed)"), format!("{} ({})", figures.utterances, figures.failed)]);
    table.add_row([t("字错率", "character error rate"), percent(figures.asr.cer)]);
    for (source, cer) in &figures.cer_by_source {
        table.add_row([format!("  {source}"), percent(Some(*cer))]);
    }
    table.add_row([t("CPU 秒 / 录音秒", "CPU s per second of recording"), factor(figures.asr.rtf_cpu)]);
    table.add_row([t("用时 / 录音秒", "wall s per second of recording"), factor(figures.asr.rtf_wall)]);
    output::print_table(&table)
}
