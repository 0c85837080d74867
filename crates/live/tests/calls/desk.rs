use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotline_asr::{ScriptedTranscriber, Transcriber};
use hotline_audio::RecordingCoding;
use hotline_live::{CallEnded, Counters, Describe, Finisher, Recordings, Switchboard, SwitchboardSettings};
use hotline_model::{CallMeta, CallRecord};
use hotline_pipeline::live::{AlertSettings, LiveCall, LiveEngine, LiveEvent, LoadSettings, PartialSettings};
use hotline_pipeline::{Archive, BatchOptions, CallDone, MetadataSources, Recording, Rooms, Stop, run};
use hotline_store::Store;
use hotline_text::Lexicon;
use jiff::tz::TimeZone;

/// A switchboard with a store and a folder of its own.
pub struct Desk {
    pub dir: tempfile::TempDir,
    pub board: Arc<Switchboard>,
    pub archive: Arc<Archive>,
    pub events: Arc<Mutex<Vec<(Instant, String, LiveEvent)>>>,
    pub ended: Arc<Mutex<Vec<CallEnded>>>,
    pub done: Arc<Mutex<Vec<CallDone>>>,
    rooms: Arc<Rooms>,
}

/// A recogniser that says the same few things.
pub fn scripted() -> Arc<dyn Transcriber> {
    Arc::new(ScriptedTranscriber::by_content(["您好，请问有什么可以帮您", "我的宽带断了", "请您稍等"]))
}

pub fn describe() -> Arc<Describe> {
    Arc::new(|path: &Path| {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        MetadataSources::new(&[], &[], CallMeta::default(), zone).unwrap().describe(path).unwrap()
    })
}

fn archive(dir: &Path) -> Archive {
    Archive::new(Store::open(&dir.join("hotline.db")).unwrap(), &dir.join("index"), Lexicon::built_in())
}

impl Desk {
    pub fn new(rooms: Rooms, settings: SwitchboardSettings) -> Desk {
        Desk::in_folder(tempfile::tempdir().unwrap(), rooms, settings)
    }

    pub fn in_folder(dir: tempfile::TempDir, rooms: Rooms, settings: SwitchboardSettings) -> Desk {
        let folder = dir.path().join("recordings");
        Desk::with(dir, &folder, rooms, settings, RecordingCoding::Pcm)
    }

    pub fn recording_as(coding: RecordingCoding, rooms: Rooms) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("recordings");
        Desk::with(dir, &folder, rooms, SwitchboardSettings::default(), coding)
    }

    pub fn recording_in(dir: tempfile::TempDir, folder: &Path, rooms: Rooms, coding: RecordingCoding) -> Desk {
        Desk::with(dir, folder, rooms, SwitchboardSettings::default(), coding)
    }

    fn with(
        dir: tempfile::TempDir,
        folder: &Path,
        rooms: Rooms,
        settings: SwitchboardSettings,
        coding: RecordingCoding,
    ) -> Desk {
        let rooms = Arc::new(rooms);
        let archive = Arc::new(archive(dir.path()));
        let (events, ended, done) =
            (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let counters = Arc::<Counters>::default();
        let (load, partial, alerts) = (LoadSettings::default(), PartialSettings::default(), AlertSettings::default());
        let engine = LiveEngine::new(Arc::clone(&rooms), 1, load, partial, alerts).unwrap();
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let recordings = Recordings::new(folder, zone, coding).unwrap();
        let finished = Arc::clone(&done);
        let finisher = Finisher::new(
            Arc::clone(&rooms),
            Arc::clone(&archive),
            describe(),
            Arc::new(move |call: &CallDone| finished.lock().unwrap().push(call.clone())),
        );
        let (heard, over) = (Arc::clone(&events), Arc::clone(&ended));
        let board = Switchboard::new(
            engine,
            recordings,
            finisher,
            describe(),
            Arc::new(move |call: &LiveCall, event| {
                heard.lock().unwrap().push((Instant::now(), call.line().to_owned(), event));
            }),
            Box::new(move |call: &CallEnded| over.lock().unwrap().push(call.clone())),
            settings,
            counters,
        );
        Desk { dir, board, archive, events, ended, done, rooms }
    }

    /// Waits until so many calls are stored or failed.
    pub fn wait_done(&self, calls: usize) -> Vec<CallDone> {
        self.wait(|| self.done.lock().unwrap().len() >= calls);
        self.done.lock().unwrap().clone()
    }

    /// Waits for something.
    #[track_caller]
    pub fn wait(&self, what: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(120);
        while !what() {
            assert!(Instant::now() < until, "waited for too long");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was said live.
    pub fn texts(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let text = |event: &LiveEvent| match event {
            LiveEvent::Utterance { utterance, .. } => Some(utterance.text.clone()),
            _ => None,
        };
        events.iter().filter_map(|(_, _, event)| text(event)).collect()
    }

    /// The stored call of a recording.
    pub fn stored(&self, recording: &Path) -> CallRecord {
        stored(&self.archive, recording)
    }

    /// What a batch over the same recording makes of it, in a store of its own.
    pub fn by_batch(&self, recording: &Path) -> CallRecord {
        let dir = tempfile::tempdir().unwrap();
        let archive = archive(dir.path());
        let recordings = vec![Recording { path: recording.to_owned(), described: describe()(recording) }];
        run(recordings, &self.rooms, &archive, &BatchOptions::default(), &Stop::default(), &|_| ()).unwrap();
        stored(&archive, recording)
    }

    /// Recordings under their final names.
    pub fn recordings(&self) -> Vec<PathBuf> {
        hotline_pipeline::intake::find(&[self.dir.path().join("recordings")]).recordings
    }
}

fn stored(archive: &Archive, recording: &Path) -> CallRecord {
    let store = archive.store();
    let ids = store.call_ids().unwrap();
    let records = ids.iter().map(|id| store.record(id).unwrap().unwrap());
    records.into_iter().find(|record| record.call.source == recording.display().to_string()).unwrap()
}

/// One AudioSocket message.
pub fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind], &(payload.len() as u16).to_be_bytes()[..], payload].concat()
}

/// Samples as they travel.
pub fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Bursts of noise of `seconds` at 8 kHz, loud where `loud` says; never twice the same sound.
pub fn sound(seconds: f64, seed: u32, loud: impl Fn(f64) -> bool) -> Vec<i16> {
    let mut noise = seed.wrapping_mul(2_654_435_761).max(1);
    (0..(seconds * 8_000.0) as u32)
        .map(|at| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let amplitude = if loud(f64::from(at) / 8_000.0) { 8_000.0 } else { 4.0 };
            (f64::from(noise) / f64::from(u32::MAX) * 2.0 * amplitude - amplitude) as i16
        })
        .collect()
}

/// Sends sound over AudioSocket in messages of 20 ms, `speed` times as fast as it is spoken, and hangs up.
pub fn call(address: std::net::SocketAddr, id: [u8; 16], samples: &[i16], speed: f64) {
    use std::io::Write as _;
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&message(0x01, &id)).unwrap();
    for piece in samples.chunks(160) {
        stream.write_all(&message(0x10, &bytes(piece))).unwrap();
        std::thread::sleep(Duration::from_secs_f64(0.02 / speed));
    }
    stream.write_all(&message(0x00, &[])).unwrap();
}
