//! `hotline config`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::args::ConfigCommand;
use crate::context::Context;
use crate::exit::Exit;
use crate::output;
use crate::settings::{OriginKind, Settings};

/// Runs `hotline config`.
pub fn run(context: &Context, command: &ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Show(form) => show(context, form.json),
        ConfigCommand::Init { file } => init(context, file.clone().unwrap_or_else(|| PathBuf::from("hotline.toml"))),
    }
}

fn show(context: &Context, as_json: bool) -> anyhow::Result<Exit> {
    let settings = &context.settings;
    let resolved = [
        ("data_dir", settings.data_dir()),
        ("models_dir", settings.models_write_dir()),
        ("store", settings.store_path()),
        ("index", settings.index_dir()),
        ("reports", settings.report_dir()),
    ];
    if as_json {
        let values: serde_json::Map<_, _> = context
            .layered
            .origins
            .iter()
            .map(|(key, (value, origin))| (key.clone(), json!({ "value": value, "origin": origin })))
            .collect();
        let folders: serde_json::Map<_, _> =
            resolved.iter().map(|(name, path)| ((*name).to_owned(), json!(path))).collect();
        output::json(&json!({ "file": context.layered.file, "settings": values, "folders": folders }))?;
        return Ok(Exit::Done);
    }
    let language = context.language;
    let mut table = output::table(
        &match language.pick("zh", "en") {
            "zh" => ["设置", "值", "来源"],
            _ => ["setting", "value", "from"],
        },
        &[],
    );
    for (key, (value, origin)) in &context.layered.origins {
        let from = match origin.kind {
            OriginKind::Default => language.pick("默认", "default").to_owned(),
            OriginKind::File => format!("{} {}", language.pick("文件", "file"), origin.name),
            OriginKind::Environment => format!("{} {}", language.pick("环境变量", "environment"), origin.name),
            OriginKind::Flag => format!("{} {}", language.pick("参数", "flag"), origin.name),
        };
        table.add_row([key.clone(), value.to_string(), from]);
    }
    output::print_table(&table)?;
    for (name, path) in resolved {
        output::line(&format!("{name}: {}", path.display()))?;
    }
    Ok(Exit::Done)
}

fn init(context: &Context, file: PathBuf) -> anyhow::Result<Exit> {
    if file.exists() {
        let cure =
            context.text("已经存在；请换一个文件名，或先移走", "exists already; name another file or remove it first");
        bail!("{}: {cure}", file.display());
    }
    let text = toml::to_string_pretty(&Settings::default()).context("the settings cannot be written as TOML")?;
    let head = context.language.pick(
        "# hotline 的设置。删去与默认相同的行即可；`hotline config show` 显示每个值的来源。\n",
        "# Settings of hotline. Lines equal to the default can go; `hotline config show` says where each value comes from.\n",
    );
    std::fs::write(&file, format!("{head}{text}")).with_context(|| format!("{}: cannot be written", file.display()))?;
    output::line(&file.display().to_string())?;
    Ok(Exit::Done)
}
