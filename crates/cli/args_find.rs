//! Arguments of what stands around search: `saved`, `topics`, `eval search`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::JsonArg;

/// Arguments of `saved`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SavedArgs {
    /// What to do [default: list]
    #[command(subcommand)]
    pub command: Option<SavedCommand>,
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
}

/// What to do with saved searches.
#[derive(Debug, Subcommand)]
pub enum SavedCommand {
    /// List saved searches with the calls that came since somebody last looked
    List(JsonArg),
    /// Search as it was saved, and mark its calls as seen
    Run {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Name of the saved search
        #[arg(value_name = "NAME")]
        name: String,
        /// Only calls that nobody has looked at
        #[arg(long)]
        new: bool,
        /// Most calls to show
        #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// Forget a saved search
    Remove {
        /// Name of the saved search
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Arguments of `topics`.
#[derive(Debug, Args)]
#[command(
    after_help = "Rising words are those of customers, counted by call and tested by log-likelihood against the weeks before; see docs/reports.md.
Personal data is masked before anything is counted."
)]
pub struct TopicsArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// ISO week, e.g. 2026-W41 [default: the latest week that has calls]
    #[arg(long, value_name = "WEEK")]
    pub week: Option<String>,
    /// Weeks before it to compare with
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub before: u16,
    /// Only calls of this hotline
    #[arg(long, value_name = "NAME")]
    pub hotline: Option<String>,
    /// Only calls of this team
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// Only calls of this kind of business
    #[arg(long, value_name = "TYPE")]
    pub business: Option<String>,
    /// Most words, phrases, groups and callers to show of each
    #[arg(long, short = 'n', value_name = "N", default_value_t = 15)]
    pub limit: usize,
    /// Show the numbers of repeat callers; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// What to measure, besides calls.
#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Measure search: recall, precision and rank of the right calls, beside other engines
    Search(EvalSearchArgs),
}

/// Arguments of `eval search`.
#[derive(Debug, Args)]
#[command(
    after_help = "A line of QUERIES is {\"query\": …, \"kind\": …, \"relevant\": [calls]}; a call is named by the file stem of its recording
or its beginning up to a separator (c01). The store is searched as it is (--data-dir); copies of recordings do not count. See docs/quality.md."
)]
pub struct EvalSearchArgs {
    /// Queries with the calls that answer them: JSON lines
    #[arg(value_name = "QUERIES")]
    pub queries: PathBuf,
    /// Search the references of these labelled calls too, and show both
    #[arg(long, value_name = "DIR")]
    pub references: Option<PathBuf>,
    /// Write the figures as JSON to FILE; without FILE print them instead of the tables
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// List the queries that are not answered in full
    #[arg(long)]
    pub failing: bool,
}
