//! The corridor: the only room that knows the order in which a call passes through the others.
//!
//! In: paths of recordings and what is known of them. Out: stored and indexed calls, and events for whoever watches.
//! Deliberately unknown here: how anything is done in detail (every step is another crate's), what is shown to people,
//! settings files, HTTP.
//!
//! One call: hash and claim → decode, split channels, find speech (`front`) → recognise (`piece`) → assemble and judge
//! (`assemble`) → **store first, index second** ([`Archive`]). Many calls: see `hand` for how work is dealt out.

mod archive;
mod assemble;
mod batch;
mod call_error;
mod ears;
mod events;
mod front;
mod hand;
mod identity;
/// From paths to recordings.
pub mod intake;
/// Calls that are still going on.
pub mod live;
mod metadata;
mod piece;
mod privacy;
mod recording;
mod rooms;
mod second_ear;
mod stages;
mod stop;
mod watch;
mod window;

pub use archive::{Archive, ArchiveError, CaughtUp, remove_index};
pub use batch::{BatchError, BatchOptions, BatchReport, run};
pub use call_error::CallError;
pub use events::{CallDone, CallOutcome, Event, Observer};
pub use metadata::{Described, MetadataError, MetadataSources, SIDECAR_NAME, parse_time};
pub use privacy::{Privacy, masked};
pub use recording::Recording;
pub use rooms::{Rooms, Vad};
pub use stages::{Stage, StageClock, StageSeconds};
pub use stop::Stop;
pub use watch::{QUARANTINE_NAME, WatchError, Watcher, quarantine};
