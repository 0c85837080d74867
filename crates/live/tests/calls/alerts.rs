use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hotline_live::Counters;
use hotline_live::alerts::{CommandWay, Endpoint, Outbox, Retry, SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhook, verify};
use hotline_model::{Channel, Severity, TimeSpan};
use hotline_pipeline::live::{Alert, AlertKind, AlertState};

fn alert(number: u32) -> Alert {
    Alert {
        number,
        state: AlertState::Final,
        line: "audiosocket".into(),
        call: "20261006T091208000_a_1.wav".into(),
        kind: AlertKind::Forbidden,
        rule: Some("curt".into()),
        clause: Some("FRB-04".into()),
        title: "语言生硬".into(),
        severity: Severity::Medium,
        time: TimeSpan::from_ms(12_000, 13_500),
        channel: Some(Channel::Agent),
        quote: "说了不能办".into(),
        seconds: 0.0,
        raised_at: "2026-10-06T01:12:22Z".parse().unwrap(),
        delay_ms: 900,
        waited_ms: 0,
    }
}

const QUICK: Retry = Retry { tries: 4, first_wait: Duration::from_millis(20), longest_wait: Duration::from_millis(50) };

/// Head and body of a request.
type Request = (String, Vec<u8>);

/// A receiver that answers each request with the next of `statuses`; gives the requests.
fn receiver(statuses: &'static [u16]) -> (String, std::thread::JoinHandle<Vec<Request>>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alerts", socket.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let request = |status: &u16| {
            let (mut stream, _) = socket.accept().unwrap();
            let request = read_request(&mut stream);
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").unwrap();
            request
        };
        statuses.iter().map(request).collect()
    });
    (url, thread)
}

fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let mut body = vec![0; header(&head, "Content-Length").parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

fn header(head: &str, name: &str) -> String {
    let line = head.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
    line[name.len() + 2..].to_owned()
}

fn outbox(url: &str, retry: Retry) -> (Outbox, Arc<Counters>) {
    let counters = Arc::<Counters>::default();
    let webhook = Webhook::new(Endpoint::parse(url).unwrap(), b"secret".to_vec(), retry);
    (Outbox::new(webhook, Arc::clone(&counters)), counters)
}

fn counted(counters: &Counters) -> (u64, u64) {
    (counters.alerts_sent.load(Ordering::SeqCst), counters.alerts_lost.load(Ordering::SeqCst))
}

#[test]
fn a_webhook_is_signed_and_tried_again_until_it_is_taken() {
    let (url, receiver) = receiver(&[503, 429, 204]);
    let (outbox, counters) = outbox(&url, QUICK);
    outbox.send(&alert(1));
    let requests = receiver.join().unwrap();
    drop(outbox);
    assert_eq!(counted(&counters), (1, 0));
    for (head, body) in &requests {
        assert!(head.starts_with("POST /alerts HTTP/1.1\r\n"), "{head}");
        let timestamp = header(head, TIMESTAMP_HEADER).parse().unwrap();
        assert!(verify(b"secret", timestamp, body, &header(head, SIGNATURE_HEADER)));
        assert_eq!(header(head, "X-Hotline-Id"), "20261006T091208000_a_1.wav-1", "the same for each try");
        assert_eq!(serde_json::from_slice::<Alert>(body).unwrap(), alert(1));
    }
}

#[test]
fn what_is_refused_is_not_sent_again() {
    let (url, receiver) = receiver(&[410, 200]);
    let (outbox, counters) = outbox(&url, QUICK);
    outbox.send(&alert(1));
    outbox.send(&Alert { state: AlertState::Withdrawn, ..alert(2) });
    let requests = receiver.join().unwrap();
    drop(outbox);
    assert_eq!(header(&requests[1].0, "X-Hotline-Id"), "20261006T091208000_a_1.wav-2-withdrawn");
    assert_eq!(counted(&counters), (1, 1));
}

#[test]
fn nobody_there_fills_the_queue_but_holds_up_nobody_and_ends_soon() {
    // A port that was free a moment ago.
    let url = format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let patient = Retry { tries: 100, first_wait: Duration::from_secs(5), longest_wait: Duration::from_secs(60) };
    let (outbox, counters) = outbox(&url, patient);
    let started = Instant::now();
    let all = hotline_live::alerts::QUEUE_MAX as u32 + 20;
    (1..=all).for_each(|number| outbox.send(&alert(number)));
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(counted(&counters).1 >= 18, "the queue is bounded");
    drop(outbox);
    assert!(started.elapsed() < Duration::from_secs(20), "going down does not wait for the next try");
    assert_eq!(counted(&counters), (0, u64::from(all)));
}

#[test]
fn a_command_gets_the_alert_and_nothing_of_it_is_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("alert.json");
    let counters = Arc::<Counters>::default();
    let way = CommandWay::parse(&format!("tee {}", file.display())).unwrap();
    let outbox = Outbox::new(way, Arc::clone(&counters));
    outbox.send(&Alert { quote: "$(touch stolen); `id`".into(), ..alert(1) });
    drop(outbox);
    let read: Alert = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(read.quote, "$(touch stolen); `id`");
    assert_eq!(counted(&counters), (1, 0));

    for line in ["false", "no-such-program-anywhere"] {
        let outbox = Outbox::new(CommandWay::parse(line).unwrap(), Arc::clone(&counters));
        outbox.send(&alert(1));
        drop(outbox);
    }
    assert_eq!(counted(&counters), (1, 2));
    assert!(CommandWay::parse("  ").is_none());
}
