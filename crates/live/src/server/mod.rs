//! Listeners and what speaks through them. Each connection has a thread of its own; all of them end soon after the
//! switchboard stops.

/// Asterisk's AudioSocket.
pub mod audiosocket;
/// Sound cards.
pub mod card;
/// Health, readiness, metrics, events.
pub mod http;
/// Recordings played in time.
pub mod replay;
/// Mirrored RTP.
pub mod rtp;
/// WebSocket with PCM.
pub mod websocket;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::LiveError;

/// How often a thread that waits looks whether it should stop.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A connection on which nothing has come for so long is given up: telephone systems send silence too.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// A listening socket with its threads. Dropping it stops taking connections.
pub struct Listener {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on `address`; `serve` gets each connection in a thread of its own, at most `connections_max` at a time: more are
    /// closed at once.
    ///
    /// # Errors
    /// The address is no address, or taken.
    pub fn open(
        address: &str,
        connections_max: usize,
        serve: impl Fn(TcpStream, SocketAddr) + Send + Sync + 'static,
    ) -> Result<Listener, LiveError> {
        let failed = |source: io::Error| LiveError::Listen { address: address.to_owned(), source };
        let socket = TcpListener::bind(address).map_err(failed)?;
        // A blocking accept could not be ended.
        socket.set_nonblocking(true).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serve = Arc::new(serve);
        let open = Arc::new(AtomicUsize::new(0));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let Ok((stream, peer)) = socket.accept() else {
                    std::thread::sleep(LOOK_EVERY);
                    continue;
                };
                if open.load(Ordering::SeqCst) >= connections_max {
                    tracing::warn!(%peer, "too many connections, one more was closed");
                    continue;
                }
                // Some systems hand the listener's mode on to its connections.
                if stream.set_nonblocking(false).is_err() {
                    continue;
                }
                open.fetch_add(1, Ordering::SeqCst);
                let (serve, open) = (Arc::clone(&serve), Arc::clone(&open));
                std::thread::spawn(move || {
                    let _left = Left(open);
                    serve(stream, peer);
                });
            }
        });
        Ok(Listener { address: local, stop, thread: Some(thread) })
    }

    /// Where it listens: with port 0 given, the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Counts a connection out, also when its thread panics.
struct Left(Arc<AtomicUsize>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It ends within LOOK_EVERY.
            let _ = thread.join();
        }
    }
}

/// Samples of 16 bits, little end first; an odd byte at the end is left out.
pub(crate) fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Whether an error only says that nothing has come yet.
pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
