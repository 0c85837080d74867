//! The help texts in Chinese: English ones stand beside the arguments, Chinese ones in `help.zh.toml` under the same names.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::Command;

use crate::settings::{Language, user_folder};

const CHINESE: &str = include_str!("help.zh.toml");

/// Chinese texts of one command: `about`, `after`, and one entry an argument.
type Texts = BTreeMap<String, BTreeMap<String, String>>;

/// The language of help, found before arguments are parsed: `--language`, then the environment, then the settings file,
/// then Chinese.
pub fn language(arguments: impl Iterator<Item = OsString>) -> Language {
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    let flag = arguments.iter().enumerate().find_map(|(i, argument)| match argument.strip_prefix("--language=") {
        Some(value) => Some(value.to_owned()),
        None if argument == "--language" => arguments.get(i + 1).cloned(),
        None => None,
    });
    let from_file = || {
        let users = user_folder("XDG_CONFIG_HOME", ".config").join("hotline/config.toml");
        let file = ["hotline.toml".into(), users].into_iter().find_map(|path| std::fs::read_to_string(path).ok())?;
        let table: toml::Table = file.parse().ok()?;
        table.get("language")?.as_str().map(str::to_owned)
    };
    let value = flag.or_else(|| std::env::var("HOTLINE_LANGUAGE").ok()).or_else(from_file);
    match value.as_deref() {
        Some("en") => Language::En,
        _ => Language::Zh,
    }
}

/// Puts the texts of `language` into `command`.
pub fn localise(command: Command, language: Language) -> Command {
    match language {
        Language::En => command,
        Language::Zh => match toml::from_str::<Texts>(CHINESE) {
            Ok(texts) => translate(command, &texts, "hotline"),
            // The file is part of the program and tested; English help beats none.
            Err(_) => command,
        },
    }
}

fn translate(command: Command, texts: &Texts, path: &str) -> Command {
    let empty = BTreeMap::new();
    let own = texts.get(path).unwrap_or(&empty);
    let common = texts.get("common").unwrap_or(&empty);
    let names: Vec<String> = command.get_arguments().map(|argument| argument.get_id().to_string()).collect();
    let mut command = command;
    if let Some(about) = own.get("about") {
        command = command.about(about.clone()).long_about(own.get("long_about").unwrap_or(about).clone());
    }
    if let Some(after) = own.get("after") {
        command = command.after_help(after.clone());
    }
    for name in names {
        if let Some(text) = own.get(&name).or_else(|| common.get(&name)) {
            command = command.mut_arg(name, |argument| argument.help(text.clone()).long_help(text.clone()));
        }
    }
    let children: Vec<String> = command.get_subcommands().map(|child| child.get_name().to_owned()).collect();
    for child in children {
        let path = format!("{path} {child}");
        command = command.mut_subcommand(child, |sub| translate(sub, texts, &path));
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    /// Every command and argument has a Chinese text, and every text has its command or argument.
    #[test]
    fn chinese_help_is_complete() {
        let texts: Texts = toml::from_str(CHINESE).unwrap();
        let mut missing = Vec::new();
        check(&Cli::command(), &texts, "hotline", &mut missing);
        assert!(missing.is_empty(), "without Chinese help: {missing:#?}");
    }

    fn check(command: &Command, texts: &Texts, path: &str, missing: &mut Vec<String>) {
        let has = |section: &str, key: &str| texts.get(section).is_some_and(|texts| texts.contains_key(key));
        if !has(path, "about") {
            missing.push(format!("[\"{path}\"] about"));
        }
        if command.get_after_help().is_some() && !has(path, "after") {
            missing.push(format!("[\"{path}\"] after"));
        }
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if !has(path, id) && !has("common", id) {
                missing.push(format!("[\"{path}\"] {id}"));
            }
        }
        for child in command.get_subcommands() {
            check(child, texts, &format!("{path} {}", child.get_name()), missing);
        }
    }
}
