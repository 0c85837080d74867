//! End to end: the house's order, the program as people run it, real audio, real models.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

/// Recordings that cannot be processed: a clear error each, and the batch goes on.
mod bad_files;
/// A sound card, where there is none. Linux only: it is ALSA's own plugin.
#[cfg(all(feature = "capture", target_os = "linux"))]
mod capture;
/// Settings, help, exit codes: what needs no model.
mod cli;
/// What stands around search: its figures, what is kept of it, what is made of its hits; topics.
mod find;
/// Which crate may depend on which.
mod floors;
/// Running the program.
mod harness;
/// Killed in the middle of a batch, twice, and run again.
mod kill;
/// Silence, tones, music, noise: not one character transcribed.
mod non_speech;
/// What people do with processed calls: masking, complaints, scores, reviews, the life of rules.
mod people;
/// The whole line over `data-samples`, with the real model.
mod samples;
/// What people are shown, word for word.
mod snapshots;
/// A store typed by hand.
mod typed;
