//! A small HTTP listener for whoever watches over the service: `GET` only, one request a connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Listener;
use crate::error::LiveError;

/// Longest request head taken, in bytes.
const HEAD_MAX: usize = 8_192;

/// Of a request that was refused so many bytes are read over, so that the answer arrives.
const UNREAD_MAX: u64 = 1 << 20;

/// Events that may wait for a slow reader before it is left behind.
const EVENTS_WAITING: usize = 256;

/// Name of the events that every reader gets.
const ALERT: &str = "alert";

/// Connections at once.
const CONNECTIONS_MAX: usize = 32;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Answer {
        Answer { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// JSON.
    pub fn json(body: String) -> Answer {
        Answer { status: 200, content_type: "application/json", body }
    }
}

/// Hands events to everybody who listens to `/events` (alerts) or `/events?all` (what is said too).
#[derive(Debug, Default)]
pub struct Broadcast {
    readers: Mutex<Vec<Reader>>,
}

#[derive(Debug)]
struct Reader {
    all: bool,
    sender: SyncSender<Arc<str>>,
}

impl Broadcast {
    /// Tells everybody who wants to know of events named `name`; `event` is JSON on one line. Who cannot keep up is dropped and has to come
    /// again.
    pub fn send(&self, name: &str, event: &str) {
        let alert = name == ALERT;
        // Alerts have no name of their own on the wire: that is what the stream is for.
        let message: Arc<str> =
            if alert { format!("data: {event}\n\n") } else { format!("event: {name}\ndata: {event}\n\n") }.into();
        let wants = |reader: &Reader| alert || reader.all;
        self.readers().retain(|reader| !wants(reader) || reader.sender.try_send(Arc::clone(&message)).is_ok());
    }

    /// A new reader, of alerts or of everything.
    pub fn subscribe(&self, all: bool) -> Receiver<Arc<str>> {
        let (sender, receiver) = sync_channel(EVENTS_WAITING);
        self.readers().push(Reader { all, sender });
        receiver
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves `GET` requests: `answer` gets the path without its query; `/events` is a stream of server-sent events.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(
    address: &str,
    events: Arc<Broadcast>,
    answer: impl Fn(&str) -> Option<Answer> + Send + Sync + 'static,
) -> Result<Listener, LiveError> {
    Listener::open(address, CONNECTIONS_MAX, move |mut stream, peer| {
        if let Err(error) = serve(&mut stream, &events, &answer) {
            tracing::debug!(%error, %peer, "a request could not be served");
        }
    })
}

fn serve(stream: &mut TcpStream, events: &Broadcast, answer: &dyn Fn(&str) -> Option<Answer>) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let answer = match request_path(stream)? {
        Err(refusal) => refusal,
        Ok((path, query)) if path == "/events" => {
            let all = query.split('&').any(|part| part == "all" || part == "all=1");
            return stream_events(stream, &events.subscribe(all));
        }
        Ok((path, _)) => answer(&path).unwrap_or_else(|| Answer::text(404, "not found\n")),
    };
    let reason = match answer.status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        _ => "",
    };
    let Answer { status, content_type, body } = answer;
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )?;
    stream.flush()?;
    // Closing with something unread would reset the connection and could take the answer with it.
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut stream.take(UNREAD_MAX), &mut io::sink()).map(|_| ())
}

/// Path and query of the request, or what to answer instead.
fn request_path(stream: &mut TcpStream) -> io::Result<Result<(String, String), Answer>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        let read = stream.read(&mut buffer)?;
        head.extend_from_slice(&buffer[..read]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {
                if request.method != Some("GET") {
                    return Ok(Err(Answer::text(405, "only GET\n")));
                }
                let path = request.path.unwrap_or("/");
                let (path, query) = path.split_once('?').unwrap_or((path, ""));
                return Ok(Ok((path.to_owned(), query.to_owned())));
            }
            Ok(httparse::Status::Partial) if read > 0 && head.len() < HEAD_MAX => {}
            _ => return Ok(Err(Answer::text(400, "not understood\n"))),
        }
    }
}

fn stream_events(stream: &mut TcpStream, events: &Receiver<Arc<str>>) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
    )?;
    loop {
        match events.recv_timeout(Duration::from_secs(15)) {
            Ok(event) => stream.write_all(event.as_bytes())?,
            // A comment, so that a reader that has gone is noticed.
            Err(RecvTimeoutError::Timeout) => stream.write_all(b":\n\n")?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        stream.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn requests_are_answered_or_refused() {
        let answer = |path: &str| (path == "/healthz").then(|| Answer::text(200, "ok\n"));
        let listener = listen("127.0.0.1:0", Arc::default(), answer).unwrap();
        let address = listener.address();
        assert!(ask(address, "GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\nok\n"));
        for (request, status) in [
            ("GET /other HTTP/1.1\r\n\r\n", "404"),
            ("POST /healthz HTTP/1.1\r\n\r\n", "405"),
            ("\u{1}\r\n\r\n", "400"),
            (format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(9_000)).as_str(), "400"),
        ] {
            assert!(ask(address, request).starts_with(&format!("HTTP/1.1 {status} ")), "{request:.20}");
        }
        drop(listener);
        assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    }

    #[test]
    fn events_reach_everybody_who_listens() {
        let events = Arc::new(Broadcast::default());
        let listener = listen("127.0.0.1:0", Arc::clone(&events), |_| None).unwrap();
        let mut readers: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(listener.address()).unwrap()).collect();
        for (reader, path) in readers.iter_mut().zip(["/events", "/events?all"]) {
            write!(reader, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
            reader.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        }
        while events.readers().len() < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        events.send("partial", "{\"n\":0}");
        events.send("alert", "{\"n\":1}");
        for (reader, all) in readers.iter_mut().zip([false, true]) {
            let mut heard = Vec::new();
            while !heard.ends_with(b"data: {\"n\":1}\n\n") {
                let mut byte = [0];
                reader.read_exact(&mut byte).unwrap();
                heard.push(byte[0]);
            }
            let partial = "event: partial\ndata: {\"n\":0}\n\n";
            assert_eq!(String::from_utf8(heard).unwrap().contains(partial), all);
        }
    }
}
