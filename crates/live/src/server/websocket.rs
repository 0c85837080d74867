//! PCM over WebSocket, as FreeSWITCH's audio-stream modules and browsers send it: binary messages of signed 16-bit samples,
//! little end first, interleaved when there are two channels. What the call is stands in the address:
//! `ws://HOST:PORT/?call=NAME&rate=8000&channels=2&agent_id=A1001`. A text message may hold a JSON object with further
//! columns of the table of calls.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket, accept_hdr_with_config};

use super::{GIVE_UP_AFTER, Listener, is_timeout, samples};
use crate::columns::Columns;
use crate::error::LiveError;
use crate::switchboard::{Leg, LineSpec, Seat, Switchboard};

/// Longest message taken: more than 10 s of sound of two channels at 16 kHz.
const MESSAGE_MAX: usize = 1 << 20;

/// What the address says of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    key: String,
    seat: Seat,
    rate_hz: u32,
    columns: Columns,
}

/// Listens for WebSocket connections.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(board: &Arc<Switchboard>, address: &str, connections_max: usize) -> Result<Listener, LiveError> {
    let board = Arc::clone(board);
    Listener::open(address, connections_max, move |stream, peer| {
        if let Err(error) = serve(&board, stream, &peer.to_string()) {
            tracing::warn!(%error, %peer, "a WebSocket connection ended in trouble");
        }
    })
}

fn serve(board: &Arc<Switchboard>, stream: TcpStream, peer: &str) -> Result<(), LiveError> {
    let lost = |error: Error| LiveError::Protocol(format!("WebSocket: {error}"));
    // Long enough for a slow handshake; also how often a silent connection looks whether it should stop.
    stream.set_read_timeout(Some(Duration::from_secs(5))).map_err(|error| lost(Error::Io(error)))?;
    let mut asked = None;
    let config = WebSocketConfig::default().max_message_size(Some(MESSAGE_MAX)).max_frame_size(Some(MESSAGE_MAX));
    #[allow(clippy::result_large_err, reason = "the signature is the library's")]
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        match read_address(request.uri().query().unwrap_or_default(), peer) {
            Ok(found) => {
                asked = Some(found);
                Ok(response)
            }
            Err(problem) => {
                let mut refusal = ErrorResponse::new(Some(problem));
                *refusal.status_mut() = tungstenite::http::StatusCode::BAD_REQUEST;
                Err(refusal)
            }
        }
    };
    let mut socket = accept_hdr_with_config(stream, look, Some(config))
        .map_err(|error| LiveError::Protocol(format!("WebSocket handshake: {error}")))?;
    let Some(asked) = asked else { return Ok(()) };
    let quick = Some(Duration::from_millis(500));
    socket.get_ref().set_read_timeout(quick).map_err(|error| lost(Error::Io(error)))?;
    let outcome = receive(board, &mut socket, asked);
    // The other end may be gone already.
    let _ = socket.close(None);
    let _ = socket.flush();
    outcome
}

fn receive(board: &Arc<Switchboard>, socket: &mut WebSocket<TcpStream>, asked: Asked) -> Result<(), LiveError> {
    let mut columns = asked.columns.clone();
    let mut leg: Option<Leg> = None;
    let mut last = Instant::now();
    loop {
        let message = match socket.read() {
            Ok(message) => message,
            Err(Error::Io(error)) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {
                if board.is_stopping() || last.elapsed() > GIVE_UP_AFTER {
                    return Ok(());
                }
                continue;
            }
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Ok(()),
            // Hung up without saying so; telephone systems do.
            Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => return Ok(()),
            Err(error) => return Err(LiveError::Protocol(format!("WebSocket: {error}"))),
        };
        last = Instant::now();
        match message {
            Message::Binary(bytes) => {
                let leg = match &leg {
                    Some(leg) => leg,
                    None => {
                        let spec = LineSpec {
                            line: "websocket".to_owned(),
                            key: asked.key.clone(),
                            seat: asked.seat,
                            rate_hz: asked.rate_hz,
                            kind: "websocket",
                            columns: columns.clone(),
                        };
                        &*leg.insert(board.connect(spec)?)
                    }
                };
                let sound = samples(&bytes);
                // Whole frames: a message that ends within one has come to harm, and half a frame would swap the voices.
                let whole = if asked.seat == Seat::Both { sound.len() / 2 * 2 } else { sound.len() };
                leg.push(&sound[..whole]);
                if leg.is_over() {
                    return Ok(());
                }
            }
            Message::Text(text) => {
                let told = Columns::from_json(text.as_str());
                columns.overlay(told.clone());
                if let Some(leg) = &leg {
                    leg.tell(told);
                }
            }
            Message::Close(_) => return Ok(()),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

/// Reads the query of the address.
fn read_address(query: &str, peer: &str) -> Result<Asked, String> {
    let mut asked = Asked { key: peer.to_owned(), seat: Seat::Mixed, rate_hz: 8_000, columns: Columns::default() };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = unescape(value);
        match name {
            "call" if !value.is_empty() && value.len() <= 128 => asked.key = value,
            "rate" => asked.rate_hz = value.parse().map_err(|_| format!("rate={value} is no number"))?,
            "channels" => {
                asked.seat = match value.as_str() {
                    "1" => Seat::Mixed,
                    "2" => Seat::Both,
                    _ => return Err(format!("channels={value}: 1 or 2 are taken")),
                }
            }
            "seat" => {
                asked.seat = match value.as_str() {
                    "mixed" => Seat::Mixed,
                    "both" => Seat::Both,
                    "agent" => Seat::Agent,
                    "customer" => Seat::Customer,
                    _ => return Err(format!("seat={value}: mixed, both, agent and customer are taken")),
                }
            }
            column => asked.columns.set(column, &value),
        }
    }
    if !(hotline_audio::MIN_RATE_HZ..=hotline_audio::MAX_RATE_HZ).contains(&asked.rate_hz) {
        return Err(format!("rate={}: 8000 to 48000 are taken", asked.rate_hz));
    }
    Ok(asked)
}

/// Undoes percent-encoding; what is none stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses() {
        let asked =
            read_address("call=x%2F1&rate=16000&channels=2&agent_id=A1&hotline=%E4%BA%91+%E6%B1%9F&evil=1", "p")
                .unwrap();
        assert_eq!((asked.key.as_str(), asked.seat, asked.rate_hz), ("x/1", Seat::Both, 16_000));
        assert_eq!((asked.columns.get("agent_id"), asked.columns.get("hotline")), (Some("A1"), Some("云 江")));
        let plain = read_address("", "10.0.0.1:5").unwrap();
        assert_eq!((plain.key.as_str(), plain.seat, plain.rate_hz), ("10.0.0.1:5", Seat::Mixed, 8_000));
        for wrong in ["rate=fast", "rate=4000", "channels=3", "seat=boss"] {
            assert!(read_address(wrong, "p").is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_read_or_refused(query in "[a-z%=&+0-9\\PC]{0,60}") {
            let _ = read_address(&query, "p");
        }

        #[test]
        fn escaping_is_undone(text in "\\PC{0,20}") {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(unescape(&escaped), text);
        }
    }
}
