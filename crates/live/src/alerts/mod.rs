//! Where alerts go besides the screen: webhooks, commands. Each way has a bounded queue and a thread of its own, so that none
//! holds up a call or another way.

mod command;
mod sign;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use hotline_pipeline::live::Alert;

pub use command::CommandWay;
pub use sign::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign, verify};
pub use webhook::{Endpoint, Retry, Webhook};

use crate::gauges::Counters;

/// Alerts that may wait on one way.
pub const QUEUE_MAX: usize = 256;

/// A way for alerts to leave.
pub trait Way: Send {
    /// Name for logs, without secrets.
    fn name(&self) -> String;

    /// Delivers an alert, trying again as it sees fit; whether it arrived. `give_up` becomes true when the service goes down:
    /// then there is no more waiting between tries.
    fn deliver(&mut self, alert: &Alert, give_up: &dyn Fn() -> bool) -> bool;
}

/// A way with its queue and its thread. Dropping it tries what waits once more and ends.
pub struct Outbox {
    name: String,
    sender: Option<SyncSender<Alert>>,
    closing: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Outbox {
    /// Starts the thread of `way`.
    pub fn new(mut way: impl Way + 'static, counters: Arc<Counters>) -> Outbox {
        let (sender, receiver) = sync_channel::<Alert>(QUEUE_MAX);
        let closing = Arc::new(AtomicUsize::new(0));
        let (name, closed, counted) = (way.name(), Arc::clone(&closing), Arc::clone(&counters));
        let thread = std::thread::spawn(move || {
            for alert in receiver {
                let give_up = || closed.load(Ordering::SeqCst) > 0;
                let sent = way.deliver(&alert, &give_up);
                Counters::add(if sent { &counted.alerts_sent } else { &counted.alerts_lost }, 1);
            }
        });
        Outbox { name, sender: Some(sender), closing, counters, thread: Some(thread) }
    }

    /// Queues an alert; one that finds no room is lost, counted and logged.
    pub fn send(&self, alert: &Alert) {
        let Some(sender) = &self.sender else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = sender.try_send(alert.clone()) {
            Counters::add(&self.counters.alerts_lost, 1);
            tracing::error!(way = self.name, kind = alert.kind.name(), "the queue of alerts is full, one is lost");
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.closing.store(1, Ordering::SeqCst);
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}
