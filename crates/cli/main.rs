//! The `hotline` program: arguments, settings, rendering, exit codes. What it does lives in the crates below.

mod args;
mod args_find;
mod args_follow;
mod args_listen;
mod commands;
mod context;
mod exit;
mod help;
mod logging;
mod memory;
mod output;
mod progress;
mod settings;
mod setup;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::exit::Exit;

fn main() -> ExitCode {
    memory::settle();
    let language = help::language(std::env::args_os());
    let command = help::localise(Cli::command(), language);
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(shown) => return help::show(&shown, language),
    };
    // A service that nobody looks at says more: what it could put right by itself too.
    let service = matches!(cli.command, Command::Listen(_) | Command::Watch(_));
    logging::start(if service { "warn" } else { "error" });
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) if output::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            eprintln!("{}: {}", language.pick("错误", "error"), words::fatal(&error, language));
            Exit::Broken.into()
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let context = Context::new(&cli.global, &cli.command)?;
    match &cli.command {
        Command::Process(args) => commands::process::run(&context, args),
        Command::Watch(args) => commands::watch::run(&context, args),
        Command::Listen(args) => commands::listen::run(&context, args),
        Command::Search(args) => commands::search::run(&context, args),
        Command::Saved(args) => commands::saved::run(&context, args),
        Command::Topics(args) => commands::topics::run(&context, args),
        Command::Report(command) => commands::report::run(&context, command),
        Command::Calls(args) => commands::calls::run(&context, args),
        Command::Show(args) => commands::show::run(&context, args),
        Command::Export(args) => commands::export::run(&context, args),
        Command::Rules(command) => commands::rules::run(&context, command),
        Command::Models(command) => commands::models::run(&context, command),
        Command::Index(command) => commands::index::run(&context, command),
        Command::Complaints(command) => commands::complaints::run(&context, command),
        Command::FollowUps(command) => commands::follow_ups::run(&context, command),
        Command::Deadlines(args) => commands::deadlines::run(&context, args),
        Command::Scores(command) => commands::scores::run(&context, command),
        Command::Review(command) => commands::review::run(&context, command),
        Command::Audit(args) => commands::audit::run(&context, args),
        Command::Eval(args) => commands::eval::run(&context, args),
        Command::Doctor(json) => commands::doctor::run(&context, json.json),
        Command::Config(command) => commands::config::run(&context, command),
    }
}
