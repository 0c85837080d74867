//! Calls over real connections, from the first byte to the store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to fail")]

/// Alerts over real sockets and processes.
mod alerts;
/// Sound cards that come and go.
mod card;
/// Connections: AudioSocket and WebSocket.
mod connections;
/// A killed process and what is left of its recordings.
mod crash;
/// A switchboard of its own for each test.
mod desk;
/// Mirrored RTP, live and captured.
mod rtp;
/// Hours of calls.
mod soak;
/// Real speech and the real model: live, alert, store, and the same as a batch.
mod speech;
/// Turns that are heard while they go on.
mod turns;
