//! Everything a call passes through, set up once and shared by all workers.

use std::sync::Arc;

use hotline_asr::Transcriber;
use hotline_model::{ChannelLayout, Provenance};
use hotline_rules::complaint::Guide;
use hotline_rules::{Judge, Organisations, RuleSet};
use hotline_text::Lexicon;
use hotline_vad::{EndpointerSettings, Energy, Silero, SpeechModel};

use crate::CallError;

/// The speech detector of a run.
#[derive(Clone)]
pub enum Vad {
    /// Silero's network, shared weights.
    Silero(Box<Silero>),
    /// Signal level against an adaptive floor; needs no file.
    Energy,
}

impl Vad {
    /// A detector with fresh state.
    pub fn model(&self) -> Box<dyn SpeechModel> {
        match self {
            Vad::Silero(silero) => silero.clone(),
            Vad::Energy => Box::new(Energy::default()),
        }
    }

    /// Name for provenance.
    pub fn name(&self) -> String {
        self.model().name().to_owned()
    }
}

/// Everything a call passes through.
pub struct Rooms {
    /// Recogniser.
    pub transcriber: Arc<dyn Transcriber>,
    /// Speech detector.
    pub vad: Vad,
    /// Where speech starts and ends.
    pub endpointer: EndpointerSettings,
    /// Words.
    pub lexicon: Lexicon,
    /// Rules, compiled, by hotline.
    pub judge: Judge,
    /// What tells complaints from other calls.
    pub guide: Guide,
    /// Names of the organisations behind hotlines.
    pub organisations: Organisations,
    /// Layout of recordings whose metadata names none.
    pub layout: ChannelLayout,
    /// Longest recording taken, in milliseconds.
    pub max_duration_ms: u32,
    /// Most speech of a channel that is recognised in one go, in milliseconds; at most 28 000, whisper's window less some room. Longer is
    /// more accurate and dearer: `docs/benchmarks/`.
    pub window_ms: u32,
    /// Whether words that only sound like a phrase are listened to again, where an outcome hangs on them.
    pub second_ear: bool,
    /// Parallel sessions, at least 1.
    pub sessions: usize,
    /// Puts into the user's words why a recording could not be processed; kept in the store for lists and reports.
    pub explain: fn(&CallError) -> String,
}

impl Rooms {
    /// Rooms with the words, rules and complaints that come with the program, for one session over recordings of up to an hour; a start for tests and
    /// measurements, which change what they are about.
    pub fn plain(transcriber: Arc<dyn Transcriber>, vad: Vad) -> Rooms {
        Rooms {
            transcriber,
            vad,
            endpointer: EndpointerSettings::default(),
            lexicon: Lexicon::built_in(),
            judge: Judge::new(RuleSet::built_in()),
            guide: Guide::built_in(),
            organisations: Organisations::default(),
            layout: ChannelLayout::AgentLeft,
            max_duration_ms: 3_600_000,
            window_ms: 12_000,
            second_ear: true,
            sessions: 1,
            explain: |error| error.to_string(),
        }
    }

    /// What transcripts of these rooms are made with.
    pub fn provenance(&self) -> Provenance {
        let engine = self.transcriber.provenance();
        Provenance {
            engine: engine.engine,
            model: engine.model,
            model_sha256: engine.model_sha256,
            vad: self.vad.name(),
            lexicon: self.lexicon.fingerprint().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
