//! Asterisk's AudioSocket protocol, server side.
//!
//! A connection is a sequence of messages: one byte kind, two bytes length (big end first), payload. Kinds (Asterisk
//! `res_audiosocket`, docs.asterisk.org, "AudioSocket"): 0x00 hang-up, 0x01 identifier (16 bytes, a UUID), 0x03 a DTMF digit,
//! 0x10…0x18 signed linear sound, 16 bits, little end first, mono, at 8, 12, 16, 24, 32, 44.1, 48, 96 and 192 kHz, 0xff
//! error. Nothing is sent back: this end only listens.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{GIVE_UP_AFTER, Listener, is_timeout, samples};
use crate::columns::Columns;
use crate::error::LiveError;
use crate::switchboard::{Leg, LineSpec, Seat, Switchboard};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The call is over.
    HangUp,
    /// Name of the call.
    Id([u8; 16]),
    /// A key was pressed.
    Dtmf(char),
    /// Sound: samples a second, samples.
    Sound(u32, Vec<i16>),
    /// The other end has trouble.
    Error(u8),
    /// A kind of a later version of the protocol.
    Other(u8),
}

/// Cuts a stream of bytes into messages, however the bytes come.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    /// More bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, if it is complete.
    pub fn pop(&mut self) -> Option<Message> {
        let [kind, high, low] = *self.bytes.first_chunk::<3>()?;
        let end = 3 + usize::from(u16::from_be_bytes([high, low]));
        let message = read(kind, self.bytes.get(3..end)?);
        self.bytes.drain(..end);
        Some(message)
    }
}

fn read(kind: u8, payload: &[u8]) -> Message {
    const RATES: [u32; 9] = [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
    match (kind, payload) {
        (0x00, _) => Message::HangUp,
        (0x01, id) => id.try_into().map_or(Message::Other(kind), Message::Id),
        (0x03, [digit]) => Message::Dtmf(char::from(*digit)),
        (0x10..=0x18, sound) => Message::Sound(RATES[usize::from(kind - 0x10)], samples(sound)),
        (0xff, code) => Message::Error(code.first().copied().unwrap_or(0)),
        _ => Message::Other(kind),
    }
}

/// A UUID as it is written.
pub fn uuid_text(id: &[u8; 16]) -> String {
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Listens for AudioSocket connections that carry `seat`: legs of one call have the same identifier and come to different
/// listeners.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(
    board: &Arc<Switchboard>,
    address: &str,
    seat: Seat,
    connections_max: usize,
) -> Result<Listener, LiveError> {
    let board = Arc::clone(board);
    Listener::open(address, connections_max, move |stream, peer| {
        if let Err(error) = serve(&board, stream, seat) {
            tracing::warn!(%error, %peer, "an AudioSocket connection ended in trouble");
        }
    })
}

fn serve(board: &Arc<Switchboard>, mut stream: TcpStream, seat: Seat) -> Result<(), LiveError> {
    let lost = |error: io::Error| LiveError::Protocol(format!("the connection was lost: {error}"));
    stream.set_read_timeout(Some(Duration::from_millis(500))).map_err(lost)?;
    let line = line_name(&stream, seat);
    let mut decoder = Decoder::default();
    let (mut id, mut leg, mut rate) = (None, None::<Leg>, 0);
    let mut buffer = [0; 8_192];
    let mut last = Instant::now();
    loop {
        let read = match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if is_timeout(&error) => {
                if board.is_stopping() || last.elapsed() > GIVE_UP_AFTER {
                    return Ok(());
                }
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(lost(error)),
        };
        last = Instant::now();
        decoder.push(&buffer[..read]);
        while let Some(message) = decoder.pop() {
            match message {
                Message::HangUp => return Ok(()),
                Message::Id(bytes) => id = Some(uuid_text(&bytes)),
                Message::Sound(hz, sound) => {
                    let leg = match &leg {
                        Some(leg) if hz == rate => leg,
                        Some(_) => return Err(LiveError::Protocol(format!("the rate changed from {rate} to {hz} Hz"))),
                        None => {
                            rate = hz;
                            let key =
                                id.clone().ok_or_else(|| LiveError::Protocol("sound before the identifier".into()))?;
                            let spec = LineSpec {
                                line: line.clone(),
                                key,
                                seat,
                                rate_hz: hz,
                                kind: "audiosocket",
                                columns: Columns::default(),
                            };
                            &*leg.insert(board.connect(spec)?)
                        }
                    };
                    leg.push(&sound);
                    if leg.is_over() {
                        return Ok(());
                    }
                }
                Message::Error(code) => return Err(LiveError::Protocol(format!("the other end reports error {code}"))),
                Message::Dtmf(_) | Message::Other(_) => {}
            }
        }
    }
}

fn line_name(stream: &TcpStream, seat: Seat) -> String {
    let port = stream.local_addr().map_or(0, |address: SocketAddr| address.port());
    match seat {
        Seat::Agent | Seat::Customer => "audiosocket".to_owned(),
        _ => format!("audiosocket-{port}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(kind: u8, payload: &[u8]) -> Vec<u8> {
        [&[kind], &(payload.len() as u16).to_be_bytes()[..], payload].concat()
    }

    #[test]
    fn kinds_are_told_apart() {
        let id: [u8; 16] = std::array::from_fn(|i| i as u8 * 17);
        let cases = [
            (encode(0, &[]), Message::HangUp),
            (encode(1, &id), Message::Id(id)),
            (encode(1, &[1, 2]), Message::Other(1)),
            (encode(3, b"5"), Message::Dtmf('5')),
            (encode(0x10, &[1, 0, 0xff, 0xff]), Message::Sound(8_000, vec![1, -1])),
            (encode(0x12, &[1, 0, 9]), Message::Sound(16_000, vec![1])),
            (encode(0x18, &[]), Message::Sound(192_000, vec![])),
            (encode(0xff, &[4]), Message::Error(4)),
            (encode(0x42, &[4]), Message::Other(0x42)),
        ];
        for (bytes, expected) in cases {
            let mut decoder = Decoder::default();
            decoder.push(&bytes);
            assert_eq!(decoder.pop(), Some(expected));
            assert_eq!(decoder.pop(), None);
        }
        assert_eq!(uuid_text(&id), "00112233-4455-6677-8899-aabbccddeeff");
    }

    proptest! {
        #[test]
        fn how_bytes_are_cut_up_changes_nothing(
            messages in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..12),
            part in 1usize..30,
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|(kind, payload)| encode(*kind, payload)).collect();
            let expected: Vec<Message> = messages.iter().map(|(kind, payload)| read(*kind, payload)).collect();
            let (mut decoder, mut found) = (Decoder::default(), Vec::new());
            for part in bytes.chunks(part) {
                decoder.push(part);
                found.extend(std::iter::from_fn(|| decoder.pop()));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
