//! `hotline models`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use hotline_asr::model::{
    Contents, FetchOptions, Fetched, Manifest, Precision, Progress, State, fetch, import, status, verify,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::args::ModelsCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;

/// Runs `hotline models`.
pub fn run(context: &Context, command: &ModelsCommand) -> anyhow::Result<Exit> {
    match command {
        ModelsCommand::List(form) => list(context, form.json),
        ModelsCommand::Fetch { json, names, from } => get(context, names, from.as_deref(), json.json),
        ModelsCommand::Import { json, folder, out, kind } => convert(context, folder, out.clone(), kind, json.json),
        ModelsCommand::Verify { json, files } => check(context, files, json.json),
    }
}

fn list(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let manifest = Manifest::built_in()?;
    let dir = context.settings.models_write_dir();
    let models = status(&manifest, &dir, false, &mut |_| ());
    if as_json {
        output::json(&json!({ "folder": dir, "models": models }))?;
        return Ok(Exit::Done);
    }
    let headers = match context.text("zh", "en") {
        "zh" => ["模型", "用途", "大小", "状态", "许可", "来源"],
        _ => ["model", "purpose", "size", "state", "licence", "origin"],
    };
    let mut table = output::table(&headers, &[2]);
    for model in &models {
        let purpose = format!("{:?}", model.purpose).to_lowercase();
        let size = format!("{:.0} MB", model.size as f64 / 1e6);
        let name = if model.default { format!("{} *", model.name) } else { model.name.clone() };
        table.add_row([name, purpose, size, state(context, &model.state), model.licence.clone(), model.origin.clone()]);
    }
    output::print_table(&table)?;
    output::line(&format!("{}: {}", context.text("* 运行所需；目录", "* needed to run; folder"), dir.display()))?;
    Ok(Exit::Done)
}

fn state(context: &Context, state: &State) -> String {
    match state {
        State::Missing => context.text("缺", "missing").to_owned(),
        State::Present => context.text("有", "present").to_owned(),
        State::Verified => context.text("已校验", "verified").to_owned(),
        State::Wrong { problem } => format!("{}: {problem}", context.text("有误", "wrong")),
    }
}

fn get(context: &Context, names: &[String], from: Option<&Path>, as_json: bool) -> anyhow::Result<Exit> {
    let manifest = Manifest::built_in()?;
    let entries = match names {
        [] => manifest.defaults().collect(),
        names => names.iter().map(|name| manifest.find(name)).collect::<Result<Vec<_>, _>>()?,
    };
    let options =
        FetchOptions { from: from.map(Path::to_owned), ..FetchOptions::new(context.settings.models_write_dir()) };
    let meter = Meter::new(context);
    let mut done = Vec::new();
    let mut exit = Exit::Done;
    for entry in entries {
        match fetch(entry, &options, &mut |progress| meter.show(progress)) {
            Ok(fetched) => {
                if !as_json {
                    let what = match &fetched {
                        Fetched::AlreadyThere { .. } => context.text("已就绪", "is there already"),
                        Fetched::Made { .. } => context.text("已获取并校验", "fetched and verified"),
                    };
                    meter.clear();
                    output::line(&format!("✓ {} {what}: {}", entry.name, fetched.path().display()))?;
                }
                done.push(json!({ "name": entry.name, "result": fetched }));
            }
            Err(error) => {
                meter.clear();
                eprintln!("✗ {}: {error}", entry.name);
                done.push(json!({ "name": entry.name, "error": error.to_string() }));
                exit = Exit::Broken;
            }
        }
    }
    meter.clear();
    if as_json {
        output::json(&done)?;
    }
    Ok(exit)
}

fn convert(context: &Context, folder: &Path, out: Option<PathBuf>, kind: &str, as_json: bool) -> anyhow::Result<Exit> {
    let precision: Precision = kind.parse().map_err(|error| anyhow::anyhow!("--type: {error}"))?;
    let out = out.unwrap_or_else(|| {
        let name = folder.file_name().map_or("model".into(), |name| name.to_string_lossy().into_owned());
        context.settings.models_write_dir().join(format!("ggml-{name}-{precision}.bin"))
    });
    let meter = Meter::new(context);
    let imported = import(folder, &out, precision, None, &mut |progress| meter.show(progress));
    meter.clear();
    let imported = imported?;
    if as_json {
        output::json(&imported)?;
    } else {
        output::line(&format!(
            "✓ {}  {} MB, {} tensors, sha256 {}",
            imported.path.display(),
            imported.bytes / 1_000_000,
            imported.tensors,
            imported.sha256
        ))?;
    }
    Ok(Exit::Done)
}

fn check(context: &Context, files: &[PathBuf], as_json: bool) -> anyhow::Result<Exit> {
    let manifest = Manifest::built_in()?;
    let meter = Meter::new(context);
    let mut exit = Exit::Done;
    let mut results = Vec::new();
    let mut lines = Vec::new();
    if files.is_empty() {
        let models = status(&manifest, &context.settings.models_write_dir(), true, &mut |p| meter.show(p));
        for model in models.into_iter().filter(|model| model.default || model.state != State::Missing) {
            let right = model.state == State::Verified;
            exit = exit.max(if right { Exit::Done } else { Exit::Partly });
            let mark = if right { '✓' } else { '✗' };
            lines.push(format!("{mark} {}: {}  {}", model.name, state(context, &model.state), model.path.display()));
            results.push(json!(model));
        }
    }
    for file in files {
        match verify(file, &manifest, &mut |progress| meter.show(progress)) {
            Ok(verified) => {
                let what = match &verified.inspection.contents {
                    Contents::Whisper { size, precision, tensors, .. } => {
                        format!("whisper {size} {precision}, {tensors} tensors")
                    }
                    Contents::Vad { name, version, .. } => format!("{name} {version}"),
                };
                let known = verified
                    .known_as
                    .as_deref()
                    .map_or(context.text("不在清单中", "not in the manifest").to_owned(), |name| {
                        format!("{} {name}", context.text("即清单中的", "the manifest's"))
                    });
                lines.push(format!("✓ {}: {what}, {known}, sha256 {}", file.display(), verified.sha256));
                results.push(json!({ "inspection": verified.inspection, "sha256": verified.sha256,
                                     "known_as": verified.known_as }));
            }
            Err(error) => {
                exit = Exit::Partly;
                lines.push(format!("✗ {error}"));
                results.push(json!({ "path": file, "error": error.to_string() }));
            }
        }
    }
    meter.clear();
    if as_json {
        output::json(&results)?;
    } else {
        lines.iter().try_for_each(|line| output::line(line))?;
    }
    Ok(exit)
}

/// Progress of one model after the other on a terminal.
struct Meter {
    bar: ProgressBar,
}

impl Meter {
    fn new(context: &Context) -> Meter {
        let bar =
            if context.quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes:>10}/{total_bytes}  {msg}") {
            bar.set_style(style);
        }
        Meter { bar }
    }

    fn show(&self, progress: Progress<'_>) {
        match progress {
            Progress::Downloading { name, nth, of } => self.bar.set_message(format!("{name} ({nth}/{of})")),
            Progress::Checking { name, done, total } => self.at(name, done, total),
            Progress::Joining { name } => self.bar.set_message(name.to_owned()),
            Progress::Converting { tensor, done, total } => self.at(tensor, done, total),
            Progress::SourceFailed { problem } => self.bar.println(format!("! {problem}")),
            _ => {}
        }
    }

    fn at(&self, name: &str, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(name.to_owned());
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
