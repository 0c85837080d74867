//! Captured network traffic: UDP datagrams out of a pcap file, as tcpdump and Wireshark write it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::error::LiveError;

/// Longer records are none of ours: a UDP datagram has at most 64 KiB.
const RECORD_MAX: u32 = 1 << 18;

/// A datagram and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Datagram {
    /// Since the first record.
    pub(super) at: Duration,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) payload: Vec<u8>,
}

/// A capture that is being read.
pub(super) struct Capture<R> {
    input: R,
    name: String,
    little: bool,
    nanoseconds: bool,
    link: u32,
    first: Option<Duration>,
}

impl Capture<BufReader<File>> {
    pub(super) fn open(path: &Path) -> Result<Self, LiveError> {
        let file = File::open(path).map_err(|source| LiveError::File { path: path.to_owned(), source })?;
        Capture::new(BufReader::new(file), path.display().to_string())
    }
}

impl<R: Read> Capture<R> {
    fn new(mut input: R, name: String) -> Result<Self, LiveError> {
        let wrong = |why: &str| LiveError::Protocol(format!("{name}: {why}"));
        let mut head = [0; 24];
        input.read_exact(&mut head).map_err(|_| wrong("no capture: shorter than the head of a pcap file"))?;
        let (little, nanoseconds) = match head[..4] {
            [0xd4, 0xc3, 0xb2, 0xa1] => (true, false),
            [0xa1, 0xb2, 0xc3, 0xd4] => (false, false),
            [0x4d, 0x3c, 0xb2, 0xa1] => (true, true),
            [0xa1, 0xb2, 0x3c, 0x4d] => (false, true),
            [0x0a, 0x0d, 0x0d, 0x0a] => {
                return Err(wrong("a pcapng file; convert it: editcap -F pcap IN.pcapng OUT.pcap"));
            }
            _ => return Err(wrong("no pcap file")),
        };
        let mut capture = Capture { input, name, little, nanoseconds, link: 0, first: None };
        capture.link = capture.number(&head[20..24]) & 0x0fff_ffff;
        match capture.link {
            0 | 1 | 12 | 14 | 101 | 108 | 113 | 276 => Ok(capture),
            other => Err(LiveError::Protocol(format!("{}: link type {other} is not read", capture.name))),
        }
    }

    /// The next UDP datagram; `None` at the end. A record that was cut off ends the capture.
    pub(super) fn next(&mut self) -> Result<Option<Datagram>, LiveError> {
        loop {
            let mut head = [0; 16];
            if self.input.read_exact(&mut head).is_err() {
                return Ok(None);
            }
            let kept = self.number(&head[8..12]);
            if kept > RECORD_MAX {
                return Err(LiveError::Protocol(format!("{}: a record of {kept} bytes", self.name)));
            }
            let unit = if self.nanoseconds { 1 } else { 1_000 };
            let seconds = Duration::from_secs(self.number(&head[..4]).into());
            let time = seconds + Duration::from_nanos(u64::from(self.number(&head[4..8])) * unit);
            let mut record = vec![0; kept as usize];
            if self.input.read_exact(&mut record).is_err() {
                return Ok(None);
            }
            let first = *self.first.get_or_insert(time);
            if let Some((from, to, payload)) = network(self.link, &record).and_then(datagram) {
                let (at, payload) = (time.saturating_sub(first), payload.to_vec());
                return Ok(Some(Datagram { at, from, to, payload }));
            }
        }
    }

    fn number(&self, bytes: &[u8]) -> u32 {
        let bytes = bytes.first_chunk::<4>().copied().unwrap_or_default();
        if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }
}

/// The IP packet in a record of link type `link`.
fn network(link: u32, record: &[u8]) -> Option<&[u8]> {
    match link {
        // Loopback: the address family in the byte order of the machine.
        0 | 108 => record.get(4..),
        1 => {
            let mut at = 12;
            // Tags of virtual networks.
            while matches!(record.get(at..at + 2)?, [0x81, 0x00] | [0x88, 0xa8] | [0x91, 0x00]) {
                at += 4;
            }
            matches!(record.get(at..at + 2)?, [0x08, 0x00] | [0x86, 0xdd]).then(|| record.get(at + 2..))?
        }
        // Linux' cooked captures, of "any" device.
        113 => record.get(16..),
        276 => record.get(20..),
        _ => Some(record),
    }
}

/// Sender, receiver and payload of a UDP datagram in an IP packet; fragments are left out.
fn datagram(packet: &[u8]) -> Option<(SocketAddr, SocketAddr, &[u8])> {
    let (from, to, rest): (IpAddr, IpAddr, &[u8]) = match packet.first()? >> 4 {
        4 => {
            let length = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
            let head = 4 * usize::from(packet.first()? & 0x0f);
            let fragment = u16::from_be_bytes([*packet.get(6)?, *packet.get(7)?]) & 0x3fff;
            if *packet.get(9)? != 17 || fragment != 0 || head < 20 {
                return None;
            }
            let address = |at: usize| {
                packet.get(at..at + 4)?.first_chunk::<4>().map(|bytes| IpAddr::from(Ipv4Addr::from(*bytes)))
            };
            // Short packets are filled up on the wire; behind their end stands nothing of theirs.
            (address(12)?, address(16)?, packet.get(head..length.min(packet.len()))?)
        }
        6 => {
            if *packet.get(6)? != 17 {
                return None;
            }
            let address = |at: usize| {
                packet.get(at..at + 16)?.first_chunk::<16>().map(|bytes| IpAddr::from(Ipv6Addr::from(*bytes)))
            };
            (address(8)?, address(24)?, packet.get(40..)?)
        }
        _ => return None,
    };
    let &[s0, s1, d0, d1, l0, l1, ..] = rest.first_chunk::<8>()?;
    let end = usize::from(u16::from_be_bytes([l0, l1])).min(rest.len());
    let port = |high, low| u16::from_be_bytes([high, low]);
    Some((SocketAddr::new(from, port(s0, s1)), SocketAddr::new(to, port(d0, d1)), rest.get(8..end)?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A capture of UDP datagrams between IPv4 addresses on Ethernet: (microseconds, from, to, payload).
    pub(crate) fn file(datagrams: &[(u64, &str, &str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes =
            [&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..], &[0; 8], &65_535u32.to_le_bytes(), &1u32.to_le_bytes()]
                .concat();
        for (us, from, to, payload) in datagrams {
            let (from, to): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
            let packet = ethernet(from, to, payload);
            let length = (packet.len() as u32).to_le_bytes();
            let time = [(us / 1_000_000) as u32, (us % 1_000_000) as u32].map(u32::to_le_bytes).concat();
            bytes.extend([&time[..], &length, &length, &packet].concat());
        }
        bytes
    }

    fn ethernet(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
        let (IpAddr::V4(source), IpAddr::V4(target)) = (from.ip(), to.ip()) else { panic!("IPv4 only") };
        let length = (payload.len() as u16 + 8).to_be_bytes();
        let udp = [&from.port().to_be_bytes()[..], &to.port().to_be_bytes(), &length, &[0, 0], payload].concat();
        let total = (udp.len() as u16 + 20).to_be_bytes();
        let ip = [&[0x45, 0][..], &total, &[0, 0, 0x40, 0, 64, 17, 0, 0], &source.octets(), &target.octets()].concat();
        [&[0; 12][..], &[0x08, 0x00], &ip, &udp].concat()
    }

    /// Link type, record, the payload in it.
    type Case<'a> = (u32, &'a [u8], Option<&'a [u8]>);

    fn read(bytes: &[u8]) -> Result<Vec<Datagram>, LiveError> {
        let mut capture = Capture::new(bytes, "test".to_owned())?;
        let mut all = Vec::new();
        while let Some(datagram) = capture.next()? {
            all.push(datagram);
        }
        Ok(all)
    }

    #[test]
    fn datagrams_come_out_with_their_time_and_addresses() {
        let sent = [
            (5_000_000, "10.0.0.1:4000", "10.0.0.2:5000", vec![1, 2, 3]),
            (5_020_500, "10.0.0.2:5000", "10.0.0.1:4000", vec![]),
        ];
        let bytes = file(&sent);
        let read_back = read(&bytes).unwrap();
        assert_eq!(read_back.len(), 2);
        assert_eq!(read_back[0].payload, [1, 2, 3]);
        assert_eq!(read_back[1].at, Duration::from_micros(20_500));
        assert_eq!((read_back[1].from.port(), read_back[1].to.to_string()), (5000, "10.0.0.1:4000".to_owned()));
        // Cut off anywhere: what is whole comes out, and nothing panics.
        for len in 24..bytes.len() {
            assert!(read(&bytes[..len]).unwrap().len() < 2);
        }
    }

    #[test]
    fn tags_fill_and_other_traffic_are_no_trouble() {
        let packet = ethernet("10.0.0.1:4000".parse().unwrap(), "10.0.0.2:5000".parse().unwrap(), &[7, 8]);
        let ip = &packet[14..];
        let tagged = [&packet[..12], &[0x81, 0, 0, 5], &packet[12..]].concat();
        let filled = [&packet[..], &[0; 18]].concat();
        let mut tcp = ip.to_vec();
        tcp[9] = 6;
        let mut fragment = ip.to_vec();
        fragment[6] = 0x20;
        let v6 = [&[0x60, 0, 0, 0, 0, 10, 17, 64][..], &[1; 32], &ip[20..]].concat();
        let sll = [&[0; 14][..], &[0x08, 0x00], ip].concat();
        let cases: [Case<'_>; 8] = [
            (1, &packet, Some(&[7, 8])),
            (1, &tagged, Some(&[7, 8])),
            (1, &filled, Some(&[7, 8])),
            (101, ip, Some(&[7, 8])),
            (113, &sll, Some(&[7, 8])),
            (101, &v6, Some(&[7, 8])),
            (101, &tcp, None),
            (101, &fragment, None),
        ];
        for (link, record, expected) in cases {
            let found = network(link, record).and_then(datagram).map(|(_, _, payload)| payload);
            assert_eq!(found, expected, "link type {link}, {record:?}");
        }
    }

    #[test]
    fn what_is_no_capture_is_refused_with_a_way_out() {
        for (bytes, expected) in [
            (&b"RIFF"[..], "shorter"),
            (&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "editcap"),
            (&[7; 24], "no pcap"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
