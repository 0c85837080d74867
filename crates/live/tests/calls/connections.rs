use std::io::Write as _;
use std::net::TcpStream;

use hotline_audio::{OpenOptions, decode_all};
use hotline_live::server::{audiosocket, websocket};
use hotline_live::{Seat, SwitchboardSettings};
use hotline_model::{Channel, ChannelLayout, Outcome};
use hotline_pipeline::Vad;
use hotline_pipeline::live::LiveEvent;
use hotline_pipeline::{CallOutcome, Rooms};

use crate::desk::{Desk, bytes, call, message, scripted, sound};

fn desk() -> Desk {
    Desk::new(Rooms::plain(scripted(), Vad::Energy), SwitchboardSettings::default())
}

#[test]
fn an_audiosocket_call_is_heard_live_recorded_and_stored_as_a_batch_would() {
    let desk = desk();
    let listener = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Mixed, 8).unwrap();
    let samples = sound(6.0, 1, |t| (0.5..2.0).contains(&t) || (3.0..5.0).contains(&t));
    call(listener.address(), [7; 16], &samples, 4.0);
    let done = desk.wait_done(1);
    assert!(matches!(done[0].outcome, CallOutcome::Processed { utterances: 2, .. }), "{done:?}");
    assert_eq!(desk.texts().len(), 2, "both were heard while it went on");

    let ended = desk.ended.lock().unwrap()[0].clone();
    let path = ended.recording.unwrap();
    assert_eq!(
        (ended.key.as_str(), ended.recorded_ms, ended.skipped_ms),
        ("07070707-0707-0707-0707-070707070707", 6_000, 0)
    );
    let mut file = hotline_audio::FileSource::open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(hotline_audio::AudioSource::info(&file).rate_hz, 8_000);
    let mut block = hotline_audio::AudioBlock::default();
    let mut heard = 0;
    while hotline_audio::AudioSource::next_block(&mut file, &mut block).unwrap() {
        heard += block.len();
    }
    assert_eq!(heard, 96_000);

    let (stored, batch) = (desk.stored(&path), desk.by_batch(&path));
    assert_eq!(stored, batch);
    assert_eq!(stored.call.layout, ChannelLayout::Mono);
    assert!(stored.call.meta.started_at.is_some());
    assert_eq!(stored.call.meta.extra["line"], format!("audiosocket-{}", listener.address().port()));
}

#[test]
fn two_legs_become_one_call_with_two_voices() {
    let desk = desk();
    let agents = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Agent, 8).unwrap();
    let customers = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Customer, 8).unwrap();
    let (agent, customer) = (sound(5.0, 2, |t| t < 2.0), sound(5.0, 3, |t| (3.0..4.5).contains(&t)));
    std::thread::scope(|scope| {
        scope.spawn(|| call(agents.address(), [9; 16], &agent, 2.0));
        scope.spawn(|| call(customers.address(), [9; 16], &customer, 2.0));
    });
    desk.wait_done(1);
    let path = desk.recordings().pop().unwrap();
    let stored = desk.stored(&path);
    let said: Vec<Channel> = stored.transcript.utterances.iter().map(|u| u.channel).collect();
    assert_eq!(said, [Channel::Agent, Channel::Customer]);
    let (_, signal) = decode_all(&path, &OpenOptions::default()).unwrap();
    let energy = |signal: &[f32]| signal.iter().map(|s| f64::from(s * s)).sum::<f64>();
    assert!(energy(&signal[0][..32_000]) > 100.0 * energy(&signal[1][..32_000]), "the agent is on the left");
}

#[test]
fn a_websocket_call_carries_its_metadata() {
    let desk = desk();
    let listener = websocket::listen(&desk.board, "127.0.0.1:0", 8).unwrap();
    let url = format!(
        "ws://{}/?call=fs-1&rate=8000&channels=2&agent_id=A1001&hotline=%E4%BA%91%E6%B1%9F",
        listener.address()
    );
    let (mut socket, _) = tungstenite::connect(url).unwrap();
    let (left, right) = (sound(4.0, 4, |t| (0.5..2.0).contains(&t)), sound(4.0, 5, |t| (2.5..3.5).contains(&t)));
    let both: Vec<i16> = left.iter().zip(&right).flat_map(|(l, r)| [*l, *r]).collect();
    socket.send(r#"{"team": "一组", "customer_number": "13800000000"}"#.into()).unwrap();
    for piece in both.chunks(320) {
        socket.send(bytes(piece).into()).unwrap();
    }
    socket.send(r#"{"hangup_by": "customer", "satisfaction_key": 3}"#.into()).unwrap();
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
    desk.wait_done(1);
    let stored = desk.stored(&desk.recordings()[0]);
    let meta = &stored.call.meta;
    assert_eq!(
        (meta.agent_id.as_deref(), meta.hotline.as_deref(), meta.team.as_deref()),
        (Some("A1001"), Some("云江"), Some("一组"))
    );
    assert_eq!(
        meta.satisfaction,
        Some(hotline_model::Satisfaction::Dissatisfied),
        "told at the end, in the table all the same"
    );
    assert_eq!(stored.transcript.utterances.len(), 2);
    assert!(stored.issues.is_empty(), "{:?}", stored.issues);
}

#[test]
fn many_calls_at_once_are_kept_apart_and_too_many_refused() {
    let settings = SwitchboardSettings { calls_max: 6, ..SwitchboardSettings::default() };
    let desk = Desk::new(Rooms::plain(scripted(), Vad::Energy), settings);
    let listener = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Mixed, 16).unwrap();
    let address = listener.address();
    std::thread::scope(|scope| {
        for nth in 0..6u8 {
            scope
                .spawn(move || call(address, [nth; 16], &sound(4.0, 50 + u32::from(nth), |t| t > 1.0 && t < 3.0), 1.0));
        }
        desk.wait(|| desk.board.lines().len() == 6);
        let mut seventh = TcpStream::connect(address).unwrap();
        seventh.write_all(&[message(1, &[99; 16]), message(0x10, &[0; 320])].concat()).unwrap();
        desk.wait(|| desk.board.counters.refused.load(std::sync::atomic::Ordering::Relaxed) == 1);
    });
    desk.wait_done(6);
    assert_eq!(desk.recordings().len(), 6);
    assert!(desk.ended.lock().unwrap().iter().all(|call| call.recorded_ms == 4_000 && call.skipped_ms == 0));
    assert_eq!(desk.archive.store().call_ids().unwrap().len(), 6);
}

#[test]
fn what_can_still_be_said_in_time_is_undecided() {
    let desk = desk();
    let listener = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Agent, 8).unwrap();
    let mut stream = TcpStream::connect(listener.address()).unwrap();
    stream.write_all(&message(1, &[5; 16])).unwrap();
    // Somebody speaks, but nobody says good-bye yet.
    let samples = sound(6.0, 6, |t| (0.5..2.0).contains(&t) || (3.0..4.0).contains(&t));
    samples.chunks(160).for_each(|piece| stream.write_all(&message(0x10, &bytes(piece))).unwrap());
    let key = "05050505-0505-0505-0505-050505050505";
    desk.wait(|| desk.texts().len() == 2);
    let farewell =
        |findings: &[hotline_model::Finding]| findings.iter().find(|f| f.clause == "REQ-04").unwrap().outcome;
    let live = desk.board.live(key).unwrap();
    assert_eq!(farewell(&live.findings()), Outcome::Undecided);
    drop(stream);
    desk.wait_done(1);
    assert_eq!(farewell(&desk.stored(&desk.recordings()[0]).findings), Outcome::Violated);
}

#[test]
fn rubbish_on_the_line_harms_nobody() {
    let desk = desk();
    let sockets = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Mixed, 8).unwrap();
    let webs = websocket::listen(&desk.board, "127.0.0.1:0", 8).unwrap();
    for rubbish in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 3_000], &message(0x10, &[1, 2, 3]), b""] {
        for address in [sockets.address(), webs.address()] {
            // It may be hung up on while it still sends.
            let _ = TcpStream::connect(address).unwrap().write_all(rubbish);
        }
    }
    call(sockets.address(), [1; 16], &sound(3.0, 7, |t| t > 0.5 && t < 2.0), 4.0);
    desk.wait_done(1);
    assert_eq!(desk.recordings().len(), 1);
}

#[test]
fn hanging_up_everything_loses_nothing() {
    let desk = desk();
    let listener = audiosocket::listen(&desk.board, "127.0.0.1:0", Seat::Mixed, 8).unwrap();
    let mut stream = TcpStream::connect(listener.address()).unwrap();
    stream.write_all(&message(1, &[3; 16])).unwrap();
    let samples = sound(3.0, 8, |t| t > 0.5);
    samples.chunks(160).for_each(|piece| stream.write_all(&message(0x10, &bytes(piece))).unwrap());
    desk.wait(|| desk.board.lines().first().is_some_and(|line| line.recorded_ms == 3_000));
    desk.board.hang_up();
    assert_eq!(desk.recordings().len(), 1, "complete before the stop returns");
    desk.board.wait_finished();
    assert_eq!(desk.wait_done(1).len(), 1);
    let alive = |event: &LiveEvent| matches!(event, LiveEvent::Utterance { .. });
    assert!(desk.events.lock().unwrap().iter().any(|(_, _, event)| alive(event)), "the last words too");
}
