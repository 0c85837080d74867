//! Calls that are still going on: listened to, recognised and judged while people talk.
//!
//! It is the same way as a recording's (`Ears`, recogniser, text, rules) with four differences: a speech
//! segment goes to the recogniser as soon as it is complete, without waiting for neighbours; one that still goes on is heard
//! now and then too, for people to read and for early alerts (`PartialSettings`); rules see how far the call has
//! been heard, so that what can still happen stays undecided; and nothing of it is stored. When the call is over its
//! recording is processed as any other ([`crate::run`]), so what is stored is what a batch makes of it.
//!
//! Recognition is shared by all calls ([`LiveEngine`](crate::live::LiveEngine)). When it falls behind it degrades by plan: first neighbouring segments are
//! put together, which costs less; then single calls are no longer listened to, which loses nothing but time, because
//! they are recorded all the same.

mod alert;
mod call;
mod desk;
mod event;
mod hearing;
mod hold;
mod ledger;
mod load;
mod partial;
mod so_far;
mod state;
mod unsettled;
mod words;

pub use alert::{Alert, AlertKind, AlertSettings, AlertState};
pub use call::{LiveCall, LiveStatus};
pub use desk::{LiveEngine, LiveLoad};
pub use event::{LiveEvent, LiveObserver, Mode};
pub use hold::{Hold, promised_hold};
pub use load::LoadSettings;
pub use partial::PartialSettings;
