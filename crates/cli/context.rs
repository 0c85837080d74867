//! From what was typed to ready objects: nothing below sees a raw flag.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hotline_model::{CallId, CallMeta};
use hotline_store::{AuditEntry, Store};
use jiff::tz::TimeZone;

use crate::args::{Command, GlobalArgs, RunArgs};
use crate::settings::{self, FlagSetting, Language, Layered, Settings};

/// Settings and what follows from them.
pub struct Context {
    /// Settings with their origins.
    pub layered: Layered,
    /// The settings.
    pub settings: Settings,
    /// Language of what people are shown.
    pub language: Language,
    /// Whether notes and progress are off.
    pub quiet: bool,
    /// The hotline's time zone.
    pub zone: TimeZone,
}

impl Context {
    /// Lays settings, environment and flags over each other.
    pub fn new(global: &GlobalArgs, command: &Command) -> anyhow::Result<Context> {
        let mut flags = Vec::new();
        let mut flag = |key: &str, value: Option<String>, name: &str| {
            if let Some(value) = value {
                flags.push(FlagSetting { key: key.to_owned(), value, flag: name.to_owned() });
            }
        };
        for pair in &global.set {
            let Some((key, value)) = pair.split_once('=') else {
                bail!("--set {pair}: write --set KEY=VALUE, e.g. --set asr.beam_size=5");
            };
            flag(key.trim(), Some(value.to_owned()), &format!("--set {}", key.trim()));
        }
        flag("data_dir", global.data_dir.as_deref().map(shown), "--data-dir");
        let language = global.language.map(|language| language.pick("zh", "en").to_owned());
        flag("language", language, "--language");
        if let Some(run) = run_args(command) {
            flag("audio.layout", run.layout.clone(), "--layout");
            flag("asr.model", run.model.clone(), "--model");
            flag("asr.sessions", run.sessions.map(|n| n.to_string()), "--sessions");
            if !run.rules.is_empty() {
                let paths: Vec<String> = run.rules.iter().map(|path| shown(path)).collect();
                let list = toml::Value::try_from(paths).context("--rules: not a list of paths")?;
                flag("rules.paths", Some(list.to_string()), "--rules");
            }
        }
        let layered = settings::load(global.config.as_deref(), std::env::vars(), &flags)?;
        let settings = layered.settings.clone();
        let zone = TimeZone::get(&settings.time_zone).with_context(|| {
            format!("setting `time_zone`: `{}` is no time zone, write one like Asia/Shanghai", settings.time_zone)
        })?;
        Ok(Context { language: settings.language, quiet: global.quiet, zone, settings, layered })
    }

    /// Picks the text of the language in use.
    pub fn text<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.language.pick(zh, en)
    }

    /// Language of the placeholders of personal data.
    pub fn mask_language(&self) -> hotline_text::entities::Language {
        match self.language {
            Language::Zh => hotline_text::entities::Language::Zh,
            Language::En => hotline_text::entities::Language::En,
        }
    }

    /// Puts a placeholder in the place of the customer's number.
    pub fn hide_number(&self, meta: &mut CallMeta) {
        let kind = hotline_text::entities::EntityKind::Phone;
        let hidden = || hotline_text::entities::placeholder(kind, self.mask_language());
        meta.customer_number = meta.customer_number.take().map(|_| hidden());
    }

    /// Who runs the program, for the audit log: the login name of the system.
    pub fn who(&self) -> String {
        let names = ["LOGNAME", "USER", "USERNAME"];
        let name = names.iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.trim().is_empty());
        name.unwrap_or_else(|| "unknown".to_owned())
    }

    /// An entry of the audit log by whoever runs the program.
    pub fn audit_entry(&self, action: &str, call: Option<&CallId>, unmasked: bool, detail: String) -> AuditEntry {
        AuditEntry { who: self.who(), action: action.to_owned(), call: call.cloned(), unmasked, detail }
    }

    /// A note for people on standard error; nothing when quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Opens the store for reading and writing, creating it and its folder if need be.
    pub fn store(&self) -> anyhow::Result<Store> {
        let path = self.settings.store_path();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| {
                format!("{}: cannot be created; set another data folder with --data-dir", folder.display())
            })?;
        }
        Ok(Store::open(&path)?)
    }

    /// Opens a store that must exist, with a cure if it does not.
    pub fn existing_store(&self) -> anyhow::Result<Store> {
        let path = self.settings.store_path();
        if !path.is_file() {
            bail!(
                "{}: {}",
                path.display(),
                self.text(
                    "还没有数据库；先运行 `hotline process 录音目录`",
                    "no store yet; run `hotline process RECORDINGS` first"
                )
            );
        }
        Ok(Store::open(&path)?)
    }
}

fn run_args(command: &Command) -> Option<&RunArgs> {
    match command {
        Command::Process(args) => Some(&args.run),
        Command::Watch(args) => Some(&args.run),
        Command::Listen(args) => Some(&args.run),
        Command::Eval(args) => Some(&args.run),
        _ => None,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The file of a model: a path is taken as it is, a name is looked up in the manifest and the model folders.
pub fn find_model(settings: &Settings, manifest: &hotline_asr::model::Manifest, name: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let zh = settings.language == Language::Zh;
    let entry = manifest.find(name).with_context(|| match zh {
        true => format!("没有叫 {name} 的模型，也没有这个文件；`hotline models list` 列出全部"),
        false => format!("{name}: no such file either"),
    })?;
    let dirs = settings.model_dirs();
    dirs.iter().map(|dir| dir.join(&entry.file)).find(|path| path.is_file()).with_context(|| {
        let looked: Vec<String> = dirs.iter().map(|dir| shown(dir)).collect();
        let (file, looked) = (&entry.file, looked.join(if zh { " 和 " } else { " or " }));
        match zh {
            true => format!("没有模型 {name}：{looked} 中没有 {file}；请运行 `hotline models fetch {name}`，或用 --model 给出路径"),
            false => format!(
                "model `{name}`: {file} is not in {looked}; run `hotline models fetch {name}` or give a path with --model"
            ),
        }
    })
}
