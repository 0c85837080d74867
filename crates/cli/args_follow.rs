//! Arguments of the commands about complaints, about what calls left open, and about deadlines.

use clap::{Args, Subcommand, ValueEnum};
use hotline_model::{FollowUpKind, FollowUpState};

use crate::args::JsonArg;

/// What to do with complaints.
#[derive(Debug, Subcommand)]
pub enum ComplaintsCommand {
    /// List complaints with their deadlines
    List(ComplaintsListArgs),
    /// Show one complaint with its history
    Show(ComplaintsShowArgs),
    /// Record what was done about a complaint
    Update(ComplaintsUpdateArgs),
}

/// Arguments of `complaints list`.
#[derive(Debug, Args)]
pub struct ComplaintsListArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Only complaints of this state
    #[arg(long, value_name = "STATE")]
    pub state: Option<StateArg>,
    /// Only complaints about which somebody still has to do something
    #[arg(long)]
    pub open: bool,
    /// Only complaints with a deadline that has passed
    #[arg(long)]
    pub overdue: bool,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// State of a complaint.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StateArg {
    /// Nobody has it in hand
    Received,
    /// With the department responsible
    HandedOver,
    /// The department has a result
    Investigated,
    /// The customer has been told
    Answered,
    /// Done
    Closed,
    /// No complaint after all
    Dismissed,
}

impl From<StateArg> for hotline_model::ComplaintState {
    fn from(state: StateArg) -> Self {
        use hotline_model::ComplaintState;
        match state {
            StateArg::Received => ComplaintState::Received,
            StateArg::HandedOver => ComplaintState::HandedOver,
            StateArg::Investigated => ComplaintState::Investigated,
            StateArg::Answered => ComplaintState::Answered,
            StateArg::Closed => ComplaintState::Closed,
            StateArg::Dismissed => ComplaintState::Dismissed,
        }
    }
}

/// Arguments of `complaints show`.
#[derive(Debug, Args)]
pub struct ComplaintsShowArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Number of the complaint
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// Arguments of `complaints update`.
#[derive(Debug, Args)]
pub struct ComplaintsUpdateArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Number of the complaint
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    /// Handed over to this department
    #[arg(long, value_name = "DEPARTMENT")]
    pub hand_over: Option<String>,
    /// What the department found and did
    #[arg(long, value_name = "TEXT")]
    pub result: Option<String>,
    /// An attempt to tell the customer
    #[arg(long, value_name = "OUTCOME")]
    pub attempt: Option<AttemptArg>,
    /// Whether the customer is satisfied
    #[arg(long, value_name = "ANSWER", requires = "attempt")]
    pub satisfied: Option<YesNo>,
    /// A note on the attempt
    #[arg(long, value_name = "TEXT", requires = "attempt")]
    pub note: Option<String>,
    /// Close it; without having reached the customer with a reason
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "")]
    pub close: Option<String>,
    /// Take it up again
    #[arg(long, value_name = "REASON")]
    pub reopen: Option<String>,
    /// It is no complaint
    #[arg(long, value_name = "REASON")]
    pub dismiss: Option<String>,
    /// Set a field right, e.g. matter=…
    #[arg(long, value_name = "FIELD=TEXT")]
    pub field: Vec<String>,
    /// When it happened [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AttemptArg {
    /// The customer was told
    Reached,
    /// Nobody was reached
    Missed,
}

impl AttemptArg {
    /// Whether the customer was told.
    pub fn is_reached(self) -> bool {
        matches!(self, AttemptArg::Reached)
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum YesNo {
    /// Yes
    Yes,
    /// No
    No,
}

impl YesNo {
    /// Whether it is yes.
    pub fn is_yes(self) -> bool {
        matches!(self, YesNo::Yes)
    }
}

/// What to do with what calls left open.
#[derive(Debug, Subcommand)]
pub enum FollowUpsCommand {
    /// List inquiries and incidents with their deadlines
    List(FollowUpsListArgs),
    /// Show one with its history
    Show(FollowUpsShowArgs),
    /// Record what was done about one
    Update(FollowUpsUpdateArgs),
}

/// Arguments of `follow-ups list`.
#[derive(Debug, Args)]
pub struct FollowUpsListArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Only inquiries (DUE-04) or only incidents (DUE-05)
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Only those of this state
    #[arg(long, value_name = "STATE")]
    pub state: Option<FollowUpStateArg>,
    /// Only those about which somebody still has to do something
    #[arg(long)]
    pub open: bool,
    /// Only those that are not done and whose deadline has passed
    #[arg(long)]
    pub overdue: bool,
    /// Only those of this agent
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// Inquiry or incident.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KindArg {
    /// A question to be answered
    Inquiry,
    /// Something to be put right
    Incident,
}

impl From<KindArg> for FollowUpKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Inquiry => FollowUpKind::Inquiry,
            KindArg::Incident => FollowUpKind::Incident,
        }
    }
}

/// State of what was left open.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FollowUpStateArg {
    /// Nobody has it in hand
    Open,
    /// With the department responsible
    HandedOver,
    /// Answered or put right
    Done,
    /// The customer could not be reached
    GivenUp,
    /// Nothing was left open after all
    Dismissed,
}

impl From<FollowUpStateArg> for FollowUpState {
    fn from(state: FollowUpStateArg) -> Self {
        match state {
            FollowUpStateArg::Open => FollowUpState::Open,
            FollowUpStateArg::HandedOver => FollowUpState::HandedOver,
            FollowUpStateArg::Done => FollowUpState::Done,
            FollowUpStateArg::GivenUp => FollowUpState::GivenUp,
            FollowUpStateArg::Dismissed => FollowUpState::Dismissed,
        }
    }
}

/// Arguments of `follow-ups show`.
#[derive(Debug, Args)]
pub struct FollowUpsShowArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Its number
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    /// Show personal data instead of placeholders; recorded in the audit log
    #[arg(long)]
    pub unmask: bool,
}

/// Arguments of `follow-ups update`.
#[derive(Debug, Args)]
pub struct FollowUpsUpdateArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Its number
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    /// Handed over to this department
    #[arg(long, value_name = "DEPARTMENT")]
    pub hand_over: Option<String>,
    /// An attempt to reach the customer in vain
    #[arg(long, value_name = "NOTE", num_args = 0..=1, default_missing_value = "")]
    pub missed: Option<String>,
    /// Answered or put right: what the answer or the remedy was
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "")]
    pub done: Option<String>,
    /// The customer cannot be reached
    #[arg(long, value_name = "REASON", conflicts_with = "done")]
    pub give_up: Option<String>,
    /// Take it up again
    #[arg(long, value_name = "REASON")]
    pub reopen: Option<String>,
    /// Nothing was left open
    #[arg(long, value_name = "REASON")]
    pub dismiss: Option<String>,
    /// Set right what it is
    #[arg(long, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Set right by when it was promised, in words reckoned from the call, e.g. 明天中午之前
    #[arg(long, value_name = "WORDS")]
    pub promised: Option<String>,
    /// Set a field right, e.g. matter=…
    #[arg(long, value_name = "FIELD=TEXT")]
    pub field: Vec<String>,
    /// When it happened [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Arguments of `deadlines`.
#[derive(Debug, Args)]
pub struct DeadlinesArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Only what began in this month, e.g. 2026-10
    #[arg(long, value_name = "MONTH")]
    pub month: Option<String>,
    /// Only calls of this agent
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
}

/// Arguments of `scores offered`.
#[derive(Debug, Args)]
pub struct ScoresOfferedArgs {
    /// Form of the results.
    #[command(flatten)]
    pub json: JsonArg,
    /// Month in which they were due, e.g. 2026-10
    #[arg(value_name = "MONTH")]
    pub month: String,
    /// Only of this agent
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
}
