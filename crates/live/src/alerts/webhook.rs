//! Alerts to a web address: signed, tried again when it does not answer.
//!
//! Plain HTTP only: this program links no TLS, and an alert quotes what a customer's call contains, so the address should be
//! on this machine or a trusted network; a relay (nginx, stunnel, a message gateway) takes it further.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use hotline_pipeline::live::Alert;
use jiff::Timestamp;

use super::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Way, sign};
use crate::error::LiveError;
use crate::server::LOOK_EVERY;

/// A receiver has so long to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Reads `http://HOST[:PORT][/PATH]`.
    ///
    /// # Errors
    /// It is no such address; `https` is told apart, with the way out.
    pub fn parse(url: &str) -> Result<Endpoint, LiveError> {
        let wrong = |why: &str| LiveError::Protocol(format!("{url}: {why}"));
        if url.starts_with("https://") {
            return Err(wrong(
                "HTTPS is not spoken here: send to a relay on this machine (http://127.0.0.1:…), or use a command such as curl",
            ));
        }
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("write http://HOST:PORT/PATH"))?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong("the port is no number"))?)
            }
            _ => (authority, 80),
        };
        let clean = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if !clean(host) || !clean(path) || host.contains('@') {
            return Err(wrong("write http://HOST:PORT/PATH"));
        }
        Ok(Endpoint { host: host.to_owned(), port, path: path.to_owned() })
    }
}

/// How often and how long it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all.
    pub tries: u32,
    /// Before the second try; doubled for each further one.
    pub first_wait: Duration,
    /// Longest wait between tries.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Retry { tries: 8, first_wait: Duration::from_secs(1), longest_wait: Duration::from_secs(60) }
    }
}

/// The webhook as a [`Way`].
pub struct Webhook {
    endpoint: Endpoint,
    secret: Vec<u8>,
    retry: Retry,
}

/// How a try went.
#[derive(Debug, PartialEq, Eq)]
enum Try {
    Taken,
    /// The receiver does not want it; again would be no better.
    Refused(u16),
    Later(String),
}

impl Webhook {
    /// A webhook whose bodies are signed with `secret`; an empty one signs nothing.
    pub fn new(endpoint: Endpoint, secret: Vec<u8>, retry: Retry) -> Webhook {
        Webhook { endpoint, secret, retry }
    }

    /// Delivers a body of JSON, trying again as [`Retry`] says; whether it arrived. Receivers tell repetitions by `id`.
    pub fn send(&self, id: &str, body: &[u8], give_up: &dyn Fn() -> bool) -> bool {
        let id: String = id.chars().filter(|c| c.is_ascii_graphic()).collect();
        let mut wait = self.retry.first_wait;
        for nth in 1..=self.retry.tries.max(1) {
            match self.try_once(&id, body) {
                Try::Taken => return true,
                Try::Refused(status) => {
                    tracing::error!(way = self.name(), status, "an alert was refused");
                    return false;
                }
                Try::Later(problem) => tracing::warn!(way = self.name(), nth, problem, "an alert was not taken"),
            }
            let until = Instant::now() + wait;
            while nth < self.retry.tries && Instant::now() < until {
                if give_up() {
                    tracing::error!(way = self.name(), "an alert is lost: the service goes down");
                    return false;
                }
                std::thread::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
            }
            wait = (wait * 2).min(self.retry.longest_wait);
        }
        tracing::error!(way = self.name(), "an alert is lost: nobody took it");
        false
    }
    fn try_once(&self, id: &str, body: &[u8]) -> Try {
        match self.post(id, body) {
            Ok(status @ 200..=299) => {
                tracing::debug!(status, "an alert was taken");
                Try::Taken
            }
            // Too early, too often, trouble of the receiver's own: these pass.
            Ok(status @ (408 | 425 | 429 | 500..)) => Try::Later(format!("status {status}")),
            Ok(status) => Try::Refused(status),
            Err(error) => Try::Later(error.to_string()),
        }
    }

    fn post(&self, id: &str, body: &[u8]) -> io::Result<u16> {
        let Endpoint { host, port, path } = &self.endpoint;
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no such host");
        let mut stream = None;
        for address in (name, *port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, TIMEOUT) {
                Ok(connected) => {
                    stream = Some(connected);
                    break;
                }
                Err(error) => last = error,
            }
        }
        let Some(mut stream) = stream else { return Err(last) };
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let length = body.len();
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nUser-Agent: hotline/{}\r\nX-Hotline-Id: {id}\r\nConnection: close\r\n",
            env!("CARGO_PKG_VERSION")
        );
        if !self.secret.is_empty() {
            // Signed anew for each try: a receiver refuses what is old.
            let now = Timestamp::now().as_second();
            let signature = sign(&self.secret, now, body);
            head.push_str(&format!("{TIMESTAMP_HEADER}: {now}\r\n{SIGNATURE_HEADER}: {signature}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        stream.flush()?;
        status(&mut stream)
    }
}

/// The status of an answer; what follows it is of no interest.
fn status(stream: &mut impl Read) -> io::Result<u16> {
    let mut head = Vec::new();
    let mut buffer = [0; 512];
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer");
    while head.len() < 16_384 {
        let read = stream.read(&mut buffer)?;
        head.extend_from_slice(&buffer[..read]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&head) {
            Ok(httparse::Status::Complete(_)) => return response.code.ok_or_else(odd),
            Ok(httparse::Status::Partial) if read > 0 => {}
            _ => return Err(odd()),
        }
    }
    Err(odd())
}

impl Way for Webhook {
    fn name(&self) -> String {
        format!("webhook to {}:{}", self.endpoint.host, self.endpoint.port)
    }

    fn deliver(&mut self, alert: &Alert, give_up: &dyn Fn() -> bool) -> bool {
        let Ok(body) = serde_json::to_vec(alert) else { return false };
        // How a preliminary alert went on is another message than the alert itself.
        let went_on = if alert.state.is_new() { String::new() } else { format!("-{}", alert.state.name()) };
        self.send(&format!("{}-{}{went_on}", alert.call, alert.number), &body, give_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parse = |url: &str| Endpoint::parse(url).map(|e| (e.host, e.port, e.path));
        let is = |host: &str, port: u16, path: &str| (host.to_owned(), port, path.to_owned());
        assert_eq!(parse("http://127.0.0.1:8080/a?b=c").unwrap(), is("127.0.0.1", 8080, "/a?b=c"));
        assert_eq!(parse("http://gate").unwrap(), is("gate", 80, "/"));
        assert_eq!(parse("http://[::1]:90/x").unwrap(), is("[::1]", 90, "/x"));
        assert_eq!(parse("http://[::1]/x").unwrap(), is("[::1]", 80, "/x"));
        for wrong in
            ["https://a/", "ftp://a", "http://", "http://a:b/", "http://a /", "http://u:p@h/", "http://h/\r\nX: 1"]
        {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_status_is_read_however_it_comes() {
        assert_eq!(status(&mut &b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\nrest"[..]).unwrap(), 204);
        for wrong in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"hello\r\n\r\n"] {
            assert!(status(&mut &*wrong).is_err(), "{wrong:?}");
        }
    }
}
