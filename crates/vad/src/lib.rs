//! Where speech starts and ends.
//!
//! In: 16 kHz mono samples of one channel, in pieces of any size, from a file or a live line. Out: two views of the same
//! speech: fine voiced stretches ([`Endpointer::voiced`]), which silence, overlap and speech rate are measured on, and
//! [`SpeechSegment`]s of a length a recogniser likes, with their samples. Whether a frame is speech is the guess of a
//! [`SpeechModel`] ([`Silero`], or [`Energy`] where no model file is at hand); where speech starts and ends is the
//! decision of the [`Endpointer`], the same for every model, for batch and for live.
//!
//! Deliberately unknown here: files of sound, sample rates, who speaks, what is said.

mod crosstalk;
mod cut;
mod endpointer;
mod energy;
mod levels;
mod model;
mod settings;
mod silero;
mod stretches;

pub use crosstalk::{CrosstalkGate, LEVEL_FRAME};
pub use endpointer::{Endpointer, SpeechSegment};
pub use energy::Energy;
pub use levels::{FLOOR_DBFS, level_dbfs, levels_dbfs};
pub use model::SpeechModel;
pub use settings::{EndpointerSettings, SettingsError};
pub use silero::{Silero, SileroError};
