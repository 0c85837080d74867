//! What the exports promise, tested from outside.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

mod read_back;
mod records;
mod snapshots;
mod vcon_rules;
