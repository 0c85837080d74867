//! How well search finds calls: query sets, their figures, and other engines to compare with.
//!
//! A call counts under the file stem of its recording, because that is how query sets name calls; copies of a recording are one
//! call. Which engine answered, and on which text, is the caller's business.

mod baselines;
mod figures;
mod names;
mod queries;

pub use baselines::{Baseline, BaselineError, CallText};
pub use figures::{Answered, CUTOFF, QueryFigures, SearchFigures, SearchScore, judge, score_search};
pub use names::{CallNames, Named, stem};
pub use queries::{SearchQuery, load_queries};
