//! RTP with G.711, as a switch or session border controller mirrors it: one stream for each party, live on a pair of UDP ports or
//! out of a captured pcap file. Nothing is sent back.
//!
//! RTP names no calls. On a pair of ports one call goes on at a time: it begins with the first sound and ends when none has
//! come for a while. In a capture the two streams between the same two addresses are one call.

mod packet;
mod pcap;
mod reorder;
mod stream;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::packet::{Packet, RATE_HZ};
use self::pcap::Capture;
use self::stream::Stream;
use crate::columns::Columns;
use crate::error::LiveError;
use crate::switchboard::{Leg, LineSpec, Seat, Switchboard};

/// A call is over when neither party has sent anything for so long: hang-up is told by another protocol, which is not heard here.
const OVER_AFTER: Duration = Duration::from_secs(5);

/// How often the ports are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Longest datagram.
const DATAGRAM_MAX: usize = 2_048;

/// The parties, in the order of the channels.
const SEATS: [Seat; 2] = [Seat::Agent, Seat::Customer];

/// A pair of ports that are listened on. Dropping it hangs up and stops.
pub struct RtpListener {
    addresses: [SocketAddr; 2],
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RtpListener {
    /// Where the agents' sound is expected, and where the customers'.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        self.addresses
    }
}

impl Drop for RtpListener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It ends within LOOK_EVERY; one that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// Listens for a mirrored call at a time: the agent's stream on one port, the customer's on the other.
///
/// # Errors
/// An address cannot be listened on.
pub fn listen(board: &Arc<Switchboard>, agent: &str, customer: &str) -> Result<RtpListener, LiveError> {
    let bind = |address: &str| -> Result<(UdpSocket, SocketAddr), LiveError> {
        let failed = |source: io::Error| LiveError::Listen { address: address.to_owned(), source };
        let socket = UdpSocket::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        Ok((socket, local))
    };
    let ((agent, agent_at), (customer, customer_at)) = (bind(agent)?, bind(customer)?);
    let stop = Arc::new(AtomicBool::new(false));
    let (board, stopped) = (Arc::clone(board), Arc::clone(&stop));
    let thread = std::thread::spawn(move || serve(&board, &[agent, customer], agent_at.port(), &stopped));
    Ok(RtpListener { addresses: [agent_at, customer_at], stop, thread: Some(thread) })
}

fn serve(board: &Arc<Switchboard>, sockets: &[UdpSocket; 2], port: u16, stop: &AtomicBool) {
    let mut call: Option<RtpCall> = None;
    let (mut number, mut last) = (0u32, Instant::now());
    let mut buffer = [0; DATAGRAM_MAX];
    while !stop.load(Ordering::SeqCst) && !board.is_stopping() {
        let mut heard = false;
        for (side, socket) in sockets.iter().enumerate() {
            // Errors are those of a single datagram, or that none is there.
            while let Ok(length) = socket.recv(&mut buffer) {
                let Some(packet) = Packet::read(&buffer[..length]) else { continue };
                heard = true;
                let open = match &mut call {
                    Some(call) => call,
                    none => {
                        number += 1;
                        none.insert(RtpCall::new(format!("rtp-{port}"), format!("{port}-{number}")))
                    }
                };
                open.push(board, side, packet);
            }
        }
        let now = Instant::now();
        if heard {
            last = now;
        }
        if let Some(open) = &mut call {
            open.passed(now.saturating_duration_since(open.begun));
            if last.elapsed() > OVER_AFTER || open.is_over() {
                call = None;
            }
        }
        if !heard {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// A call of two streams.
struct RtpCall {
    line: String,
    key: String,
    begun: Instant,
    /// Why it is not taken, once that was said.
    refused: bool,
    streams: [Option<Stream<Leg>>; 2],
}

impl RtpCall {
    fn new(line: String, key: String) -> RtpCall {
        RtpCall { line, key, begun: Instant::now(), refused: false, streams: [None, None] }
    }

    fn push(&mut self, board: &Arc<Switchboard>, side: usize, packet: Packet) {
        if self.refused {
            return;
        }
        // Both legs from the first sound on: a customer may be silent for long.
        if self.streams.iter().all(Option::is_none) {
            for (seat, stream) in SEATS.into_iter().zip(&mut self.streams) {
                let spec = LineSpec {
                    line: self.line.clone(),
                    key: self.key.clone(),
                    seat,
                    rate_hz: RATE_HZ,
                    kind: "rtp",
                    columns: Columns::default(),
                };
                match board.connect(spec) {
                    Ok(leg) => *stream = Some(Stream::new(leg)),
                    Err(error) => {
                        tracing::warn!(%error, line = self.line, "a mirrored call is not taken");
                        self.refused = true;
                        return;
                    }
                }
            }
        }
        if let Some(stream) = &mut self.streams[side] {
            stream.push(packet);
        }
    }

    /// Time since the call began: both legs are as long, whatever their parties send.
    fn passed(&mut self, time: Duration) {
        let samples = (time.as_secs_f64() * f64::from(RATE_HZ)) as u64;
        self.streams.iter_mut().flatten().for_each(|stream| stream.passed(samples));
    }

    fn is_over(&self) -> bool {
        self.streams.iter().flatten().any(Stream::is_over)
    }
}

impl Drop for RtpCall {
    fn drop(&mut self) {
        let streams = std::mem::take(&mut self.streams);
        for (seat, stream) in SEATS.into_iter().zip(streams) {
            if let Some(stream) = stream {
                stream.end(seat);
            }
        }
    }
}

/// Plays the calls of a captured file, `speed` times as fast as they were. `agents` are the addresses of agents, with or without a port:
/// what comes from there is an agent's voice, what goes there a customer's. Other traffic is left out. Tells how many calls
/// there were.
///
/// # Errors
/// The file cannot be read, or holds no sound to or from these addresses.
pub fn play(board: &Arc<Switchboard>, path: &Path, agents: &[AgentAddress], speed: f64) -> Result<usize, LiveError> {
    let mut capture = Capture::open(path)?;
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let speed = if speed.is_finite() { speed.max(0.01) } else { 1.0 };
    let begun = Instant::now();
    let mut calls: HashMap<(SocketAddr, SocketAddr), (RtpCall, Duration, Duration)> = HashMap::new();
    let mut count = 0;
    while let Some(datagram) = capture.next()? {
        let Some(packet) = Packet::read(&datagram.payload) else { continue };
        let is_agent = |address: SocketAddr| agents.iter().any(|agent| agent.is(address));
        let (side, pair) = match (is_agent(datagram.from), is_agent(datagram.to)) {
            (true, _) => (0, (datagram.from, datagram.to)),
            (_, true) => (1, (datagram.to, datagram.from)),
            _ => continue,
        };
        let at = datagram.at;
        std::thread::sleep((begun + at.div_f64(speed)).saturating_duration_since(Instant::now()));
        if board.is_stopping() {
            break;
        }
        let (call, first, last) = calls.entry(pair).or_insert_with(|| {
            count += 1;
            (RtpCall::new("rtp".to_owned(), format!("{name}-{count}")), at, at)
        });
        call.push(board, side, packet);
        *last = at;
        call.passed(at.saturating_sub(*first));
        calls.retain(|_, (_, _, last)| at.saturating_sub(*last) <= OVER_AFTER);
    }
    if count == 0 {
        let why = "no G.711 sound to or from the given agents' addresses";
        return Err(LiveError::Protocol(format!("{}: {why}", path.display())));
    }
    Ok(count)
}

/// Where agents' telephones are: an address with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentAddress {
    ip: IpAddr,
    port: Option<u16>,
}

impl AgentAddress {
    fn is(&self, address: SocketAddr) -> bool {
        self.ip == address.ip() && self.port.is_none_or(|port| port == address.port())
    }
}

impl std::str::FromStr for AgentAddress {
    type Err = LiveError;

    fn from_str(text: &str) -> Result<Self, LiveError> {
        let whole = text.parse::<SocketAddr>().map(|whole| AgentAddress { ip: whole.ip(), port: Some(whole.port()) });
        let ip = || text.parse::<IpAddr>().map(|ip| AgentAddress { ip, port: None });
        whole.or_else(|_| ip()).map_err(|_| LiveError::Protocol(format!("{text}: no address; write IP or IP:PORT")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_by_address_and_port() {
        let agent = |text: &str| text.parse::<AgentAddress>();
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(agent("10.0.0.1").unwrap().is(at("10.0.0.1:7")));
        assert!(agent("10.0.0.1:7").unwrap().is(at("10.0.0.1:7")));
        assert!(!agent("10.0.0.1:7").unwrap().is(at("10.0.0.1:9")));
        assert!(agent("::1").unwrap().is(at("[::1]:9")));
        assert!(agent("agents").is_err());
    }
}
