//! Exit codes: what happened, for scripts.

use std::process::ExitCode;

/// How a command ended. Ordered by weight: of several, the heaviest is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done.
    Done,
    /// Done, but some calls failed, nothing was found, or a check did not pass.
    Partly,
    /// Could not be done.
    Broken,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Partly => 1,
            Exit::Broken => 2,
        })
    }
}
