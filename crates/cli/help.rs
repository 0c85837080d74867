//! The help texts in Chinese: English ones stand beside the arguments, Chinese ones in `help.zh.toml` under the same names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

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

/// What clap itself writes into help and complaints, with the Chinese for it; longer ones before their parts.
const FRAME: &[(&str, &str)] = &[
    ("Usage:", "用法："),
    ("Commands:", "命令："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("Metadata:", "元数据："),
    ("Filters:", "筛选："),
    ("Sources:", "声音来源："),
    ("Alerts:", "告警："),
    ("Possible values:", "可取值："),
    ("[possible values: ", "[可取值: "),
    ("[default: ", "[默认: "),
    ("Print this message or the help of the given subcommand(s)", "显示本帮助，或某个命令的帮助"),
    ("Print help (see a summary with '-h')", "显示帮助（-h 为简要）"),
    ("Print help (see more with '--help')", "显示帮助（--help 更详细）"),
    ("Print help", "显示帮助"),
    ("Print version", "显示版本"),
    ("Simplified Chinese", "简体中文"),
    ("- en: English", "- en: 英文"),
    ("The agent", "座席"),
    ("The customer", "客户"),
    ("Those that answer best", "最相关的在前"),
    ("The newest", "最新的在前"),
    ("The oldest", "最早的在前"),
    ("Those of which it is surest that the words were said", "最有把握的在前"),
    ("Those with the worst violations", "违规最重的在前"),
    ("One self-contained page", "一个自足的网页"),
    ("One table a file", "每个文件一张表"),
    ("Everything, for programs", "全部数据，供程序使用"),
    ("error:", "错误:"),
    ("tip:", "提示:"),
    ("unrecognized subcommand", "没有这个命令："),
    ("a similar subcommand exists:", "相近的命令："),
    ("some similar subcommands exist:", "相近的命令："),
    ("a similar argument exists:", "相近的参数："),
    ("some similar arguments exist:", "相近的参数："),
    ("a similar value exists:", "相近的值："),
    ("some similar values exist:", "相近的值："),
    ("unexpected argument", "不认识的参数"),
    (" found\n", "\n"),
    ("the following required arguments were not provided:", "缺少必需的参数："),
    ("a value is required for", "缺少值："),
    (" but none was supplied", ""),
    ("invalid value", "不能用的值"),
    ("cannot be used with", "不能同时使用"),
    ("cannot be used multiple times", "只能给一次"),
    ("the argument ", "参数 "),
    ("For more information, try '--help'.", "用 --help 查看用法。"),
];

/// What clap shows instead of going on (help, version, a complaint about arguments), in Chinese.
pub fn in_chinese(text: &str) -> String {
    FRAME.iter().fold(text.to_owned(), |text, (english, chinese)| text.replace(english, chinese))
}

/// Prints what clap shows instead of going on, in the language of the user; help to standard output, complaints to
/// standard error.
pub fn show(shown: &clap::Error, language: Language) -> ExitCode {
    if language == Language::En {
        shown.exit();
    }
    let colours = if shown.use_stderr() { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let text = shown.render();
    let text = in_chinese(&if colours { text.ansi().to_string() } else { text.to_string() });
    // A reader that went away is no reason to complain.
    let _ = if shown.use_stderr() {
        io::stderr().write_all(text.as_bytes())
    } else {
        io::stdout().write_all(text.as_bytes())
    };
    ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2))
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

    #[test]
    fn nothing_of_the_frame_stays_english() {
        let complaint = |args: &[&str]| {
            localise(Cli::command(), Language::Zh).try_get_matches_from(args).unwrap_err().render().to_string()
        };
        for args in [
            &["hotline", "serch"][..],
            &["hotline", "search"],
            &["hotline", "search", "--wrong", "投诉"],
            &["hotline", "search", "投诉", "--role", "nobody"],
            &["hotline", "search", "投诉", "-n"],
            &["hotline", "eval", "x", "--asr", "y"],
            &["hotline", "process", "--help"],
            &["hotline", "search", "-h"],
        ] {
            let text = in_chinese(&complaint(args));
            for english in
                ["error", "tip", "Usage", "Options", "found", "required", "invalid", "cannot", "default", "Print"]
            {
                assert!(!text.contains(english), "{english} in {args:?}: {text}");
            }
        }
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
