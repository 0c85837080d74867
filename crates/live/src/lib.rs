//! Lines that are still talking.
//!
//! In: connections (Asterisk AudioSocket, WebSocket with PCM), recordings replayed in time. Out: recordings that survive
//! anything, utterances and alerts while people talk, and, when a call is over, the same stored call as a batch makes.
//! Deliberately unknown here: how speech is found, recognised and judged (`pipeline::live` knows the order), settings
//! files, what people are shown.
//!
//! One call: a connection takes a [`Leg`] of a line at the [`Switchboard`] → every sample is recorded first → then pushed
//! into the line's bounded queue, where a thread listens → at hang-up the recording goes to the [`Finisher`], which
//! processes it like any other. Listening may fall behind or fail; recording depends on none of it.

/// Where alerts go.
pub mod alerts;
mod columns;
mod error;
mod finisher;
mod gauges;
mod recordings;
/// Where sound comes from.
pub mod server;
mod switchboard;

pub use columns::Columns;
pub use error::LiveError;
pub use finisher::{Describe, Finisher};
pub use gauges::{Counters, metrics_text};
pub use recordings::{Recordings, Unfinished};
pub use switchboard::{CallEnded, Leg, LineReport, LineSpec, Seat, Switchboard, SwitchboardSettings};
