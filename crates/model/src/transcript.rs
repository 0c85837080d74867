//! What was said.

use serde::{Deserialize, Serialize};

use crate::{Channel, TextSpan, TimeSpan};

/// One speaker's stored turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who spoke.
    pub channel: Channel,
    /// When: the voiced extent as the endpointer heard it, padding excluded.
    pub span: TimeSpan,
    /// Simplified, half-width text, as shown, judged and indexed.
    pub text: String,
    /// The recogniser's own text, byte for byte.
    pub raw_text: String,
    /// The recogniser's tokens in order; their text spans index into `text`.
    pub tokens: Vec<Token>,
    /// Mean token probability, 0…1: geometric mean, so that one bad token shows.
    pub confidence: f32,
}

impl Utterance {
    /// When the stretch `text` of this utterance was spoken, from the tokens that overlap it; the whole span without tokens.
    pub fn time_of(&self, text: TextSpan) -> TimeSpan {
        self.tokens
            .iter()
            .filter(|token| token.text.overlaps(text))
            .map(|token| token.time)
            .reduce(TimeSpan::hull)
            .unwrap_or(self.span)
    }

    /// The lowest token probability over the stretch `text`; the utterance's confidence without tokens.
    pub fn certainty_of(&self, text: TextSpan) -> f32 {
        self.tokens
            .iter()
            .filter(|token| token.text.overlaps(text))
            .map(|token| token.p)
            .reduce(f32::min)
            .unwrap_or(self.confidence)
    }
}

/// One token of the recogniser: usually one character or a short word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Where it stands in [`Utterance::text`].
    pub text: TextSpan,
    /// When it was spoken; the recogniser's estimate, good to some 100 ms.
    pub time: TimeSpan,
    /// The recogniser's probability of it, 0…1.
    pub p: f32,
}

/// Why a stretch of speech has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The recogniser itself holds it for no speech.
    NoSpeech,
    /// The text is a known hallucination (subtitle credits and the like).
    Boilerplate,
    /// The text repeats itself in a loop.
    Loop,
    /// The text has far more characters than the time allows.
    TooFast,
    /// The recogniser gave no text.
    Empty,
    /// The recogniser failed.
    Failed,
}

impl GapReason {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            GapReason::NoSpeech => "no_speech",
            GapReason::Boilerplate => "boilerplate",
            GapReason::Loop => "loop",
            GapReason::TooFast => "too_fast",
            GapReason::Empty => "empty",
            GapReason::Failed => "failed",
        }
    }

    /// Chinese name.
    pub const fn name_zh(self) -> &'static str {
        match self {
            GapReason::NoSpeech => "不是语音",
            GapReason::Boilerplate => "识别器的套话",
            GapReason::Loop => "循环重复",
            GapReason::TooFast => "字数超出语速极限",
            GapReason::Empty => "没有识别出文字",
            GapReason::Failed => "识别失败",
        }
    }
}

/// Speech that was heard but has no text: what the guards rejected is kept here, out of judgement and search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// On which channel.
    pub channel: Channel,
    /// When.
    pub span: TimeSpan,
    /// Why there is no text.
    pub reason: GapReason,
    /// What the recogniser said before it was rejected; may be empty.
    pub rejected_text: String,
}

/// What made a transcript, so that it can be told apart from another and made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Recogniser and version (`whisper-rs 0.16`).
    pub engine: String,
    /// Name of the model file, without folders.
    pub model: String,
    /// SHA-256 of the model file, lower-case hexadecimal; empty where there is none.
    pub model_sha256: String,
    /// Speech detector (`silero-v6.2.0`, `energy`).
    pub vad: String,
    /// Hash of the dictionaries used.
    pub lexicon: String,
    /// Version of hotline.
    pub version: String,
}

/// What a second listen to a few words gave: how much likelier the sound makes a certain wording than the one that was heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondListen {
    /// Index into [`Transcript::utterances`].
    pub utterance: u32,
    /// Which bytes of its text.
    pub text: TextSpan,
    /// What stands there: where it no longer does, the listen says nothing any more.
    pub heard: String,
    /// The wording it was compared with.
    pub meant: String,
    /// Natural logarithm of how many times likelier `meant` is than `heard`, by the recogniser; below 0, less likely.
    pub log_ratio: f32,
}

/// Everything that was said in a call, in time order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transcript {
    /// Utterances sorted by start, then by channel.
    pub utterances: Vec<Utterance>,
    /// Speech without text, sorted by start.
    pub gaps: Vec<Gap>,
    /// Words that were listened to again, in the order in which that was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second_listens: Vec<SecondListen>,
    /// What made it.
    pub provenance: Provenance,
}

impl Transcript {
    /// What a second listen gave for these words: how much likelier `meant` is than they are, as a natural logarithm. `None` where nobody listened again.
    pub fn second_listen(&self, utterance: u32, text: TextSpan, meant: &str) -> Option<f32> {
        let is_it =
            |listen: &&SecondListen| listen.utterance == utterance && listen.text == text && listen.meant == meant;
        let listen = self.second_listens.iter().find(is_it)?;
        let stands = self.utterances.get(utterance as usize).and_then(|said| text.slice(&said.text));
        (stands == Some(listen.heard.as_str())).then_some(listen.log_ratio)
    }

    /// Puts utterances and gaps in order: by start, then channel.
    pub fn sort(&mut self) {
        self.utterances.sort_by_key(|u| (u.span.start, u.channel, u.span.end));
        self.gaps.sort_by_key(|g| (g.span.start, g.channel, g.span.end));
    }

    /// Whether the recording has a channel on which speakers cannot be told apart.
    pub fn has_mixed(&self) -> bool {
        self.utterances
            .iter()
            .map(|u| u.channel)
            .chain(self.gaps.iter().map(|g| g.channel))
            .any(|c| c == Channel::Mixed)
    }
}
