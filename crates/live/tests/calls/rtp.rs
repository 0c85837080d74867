use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use hotline_audio::{Law, RecordingCoding};
use hotline_live::SwitchboardSettings;
use hotline_live::server::rtp;
use hotline_model::{Channel, IssueKind};
use hotline_pipeline::{Rooms, Vad};

use crate::desk::{Desk, scripted};

/// A party's packets, 20 ms each over `seconds`: A-law, loud where `loud` says.
fn packets(ssrc: u32, seconds: f64, loud: impl Fn(f64) -> bool) -> Vec<Vec<u8>> {
    let mut noise = ssrc | 1;
    let mut byte = move |at: f64| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        // Silence of A-law is 0xd5; the top quarter of its range is loud.
        if loud(at) { (noise as u8 & 0x8f | 0x20) ^ 0x05 } else { 0xd5 }
    };
    let packet = |nth: u32, payload: &[u8]| {
        let head =
            [&[0x80, 8][..], &(nth as u16).wrapping_add(65_500).to_be_bytes(), &(nth * 160).to_be_bytes()].concat();
        [&head[..], &ssrc.to_be_bytes(), payload].concat()
    };
    (0..(seconds * 50.0) as u32)
        .map(|nth| {
            let payload: Vec<u8> = (0..160).map(|at| byte(f64::from(nth) / 50.0 + f64::from(at) / 8_000.0)).collect();
            packet(nth, &payload)
        })
        .collect()
}

fn issues(desk: &Desk, recording: &Path) -> Vec<String> {
    let stored = desk.stored(recording);
    stored.issues.into_iter().filter(|issue| issue.kind == IssueKind::Audio).map(|issue| issue.message).collect()
}

#[test]
fn a_mirrored_call_has_two_voices_and_says_what_it_lost() {
    // Recorded as it came.
    let coding = RecordingCoding::G711(Law::A);
    let desk = Desk::recording_as(coding, Rooms::plain(scripted(), Vad::Energy));
    let listener = rtp::listen(&desk.board, "127.0.0.1:0", "127.0.0.1:0").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let [agents, customers] = listener.addresses();
    let agent = packets(7, 5.0, |t| (0.5..2.0).contains(&t));
    let customer = packets(8, 5.0, |t| (3.0..4.5).contains(&t));
    for (nth, (agent, customer)) in agent.iter().zip(&customer).enumerate() {
        // The 50th and 51st of the agent never come, the 60th comes twice; other things come too.
        if !matches!(nth, 50 | 51) {
            socket.send_to(agent, agents).unwrap();
        }
        if nth == 60 {
            socket.send_to(agent, agents).unwrap();
            socket.send_to(b"no RTP", agents).unwrap();
        }
        socket.send_to(customer, customers).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    desk.wait(|| desk.texts().len() == 2);
    drop(listener);
    desk.wait_done(1);
    let recording = desk.recordings().pop().unwrap();
    let said: Vec<Channel> = desk.stored(&recording).transcript.utterances.iter().map(|u| u.channel).collect();
    assert_eq!(said, [Channel::Agent, Channel::Customer]);
    let expected = "agent: 40 ms were lost on the network, silence stands in for them";
    assert_eq!(issues(&desk, &recording), [expected]);
    let stored = desk.stored(&recording);
    assert_eq!(stored, desk.by_batch(&recording), "the issue too");
    // 16 bytes a millisecond (two channels of 8 kHz), and a header.
    let (size, sound) = (std::fs::metadata(&recording).unwrap().len(), u64::from(stored.call.duration_ms) * 16);
    assert_eq!(stored.call.format, "wav/alaw");
    assert!((sound..sound + 200).contains(&size), "{size} bytes for {sound} of sound");
}

/// A pcap file of UDP datagrams on raw IPv4: (microseconds, from, to, payload).
fn capture(datagrams: &[(u64, SocketAddr, SocketAddr, &[u8])]) -> Vec<u8> {
    let mut file =
        [&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0][..], &[0; 8], &65_535u32.to_le_bytes(), &101u32.to_le_bytes()].concat();
    for (us, from, to, payload) in datagrams {
        let address = |address: &SocketAddr| match address {
            SocketAddr::V4(address) => address.ip().octets(),
            SocketAddr::V6(_) => panic!("IPv4 only"),
        };
        let total = (payload.len() as u16 + 28).to_be_bytes();
        let ip = [&[0x45, 0][..], &total, &[0, 0, 0, 0, 64, 17, 0, 0], &address(from), &address(to)].concat();
        let length = (payload.len() as u16 + 8).to_be_bytes();
        let udp = [&from.port().to_be_bytes()[..], &to.port().to_be_bytes(), &length, &[0, 0], payload].concat();
        let size = ((ip.len() + udp.len()) as u32).to_le_bytes();
        let time = [(us / 1_000_000) as u32, (us % 1_000_000) as u32].map(u32::to_le_bytes).concat();
        file.extend([&time[..], &size, &size, &ip, &udp].concat());
    }
    file
}

#[test]
fn a_capture_of_two_calls_is_two_calls() {
    let desk = Desk::new(Rooms::plain(scripted(), Vad::Energy), SwitchboardSettings::default());
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let ends = [(at("10.0.0.1:4000"), at("10.9.9.9:8000")), (at("10.0.0.2:4000"), at("10.9.9.9:8002"))];
    let sounds = [0, 1].map(|nth| {
        let agent = packets(10 + nth, 4.0, |t| (0.5..1.5).contains(&t));
        (agent, packets(20 + nth, 4.0, |t| (2.0..3.0).contains(&t)))
    });
    let mut datagrams = Vec::new();
    for nth in 0..200u64 {
        for ((agent_at, customer_at), (agent, customer)) in ends.iter().zip(&sounds) {
            datagrams.push((20_000 * nth, *agent_at, *customer_at, agent[nth as usize].as_slice()));
            // The customer of the first call loses one packet; the second call's come in pairs turned round.
            let which = if agent_at.ip() == ends[1].0.ip() { nth ^ 1 } else { nth };
            if which != 120 || agent_at.ip() == ends[1].0.ip() {
                datagrams.push((20_000 * nth + 1, *customer_at, *agent_at, customer[which as usize].as_slice()));
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mirror.pcap");
    std::fs::write(&file, capture(&datagrams)).unwrap();
    let agents = ["10.0.0.1".parse().unwrap(), "10.0.0.2:4000".parse().unwrap()];
    assert_eq!(rtp::play(&desk.board, &file, &agents, 4.0).unwrap(), 2);
    desk.wait_done(2);
    let recordings = desk.recordings();
    let mut lost = Vec::new();
    for recording in &recordings {
        let stored = desk.stored(recording);
        let said: Vec<Channel> = stored.transcript.utterances.iter().map(|u| u.channel).collect();
        assert_eq!(said, [Channel::Agent, Channel::Customer]);
        assert_eq!((stored.call.duration_ms, stored.call.rate_hz), (4_000, 8_000));
        lost.push(issues(&desk, recording));
    }
    lost.sort();
    assert_eq!(lost, [vec![], vec!["customer: 20 ms were lost on the network, silence stands in for them".to_owned()]]);

    let nobody = ["10.7.7.7".parse().unwrap()];
    assert!(rtp::play(&desk.board, &file, &nobody, 100.0).is_err());
}
