//! Tests of the reports: facts in, figures and files out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

/// Case files: small facts and the figures that were worked out from them by hand.
mod cases;
/// How case files are written.
mod facts;
/// What must hold for any facts: order does not matter, nothing panics, nobody's text becomes markup.
mod laws;
/// What the files look like.
mod pages;
