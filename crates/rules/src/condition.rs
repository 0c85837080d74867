//! What a condition looks at and what it asks: the vocabulary of the rule language.

use hotline_text::entities::EntityKind;

/// A named question to a call: within a range, every operator must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Whose speech counts.
    pub role: Role,
    /// Where in the call to look.
    pub range: Range,
    /// What must hold there; all of them. Never empty.
    pub operators: Vec<Operator>,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Its words in rule files.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// The word for it in rule files.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Reads its word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

mod range;

pub use range::{Edge, Near, Range, Side, Slice, WhichHit};

words! {
    /// Whose speech a condition looks at.
    Role {
        /// The agent's.
        Agent = "agent",
        /// The customer's.
        Customer = "customer",
        /// Everybody's.
        All = "all",
    }
}

/// One thing to test.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// Words from lists.
    Phrase(PhraseTest),
    /// Patterns.
    Regex(RegexTest),
    /// The organisation of the call's hotline is named.
    Organisation,
    /// A stretch without speech.
    Silence(SilenceTest),
    /// Time from the customer's turn to the agent's answer.
    ResponseTime(ResponseTest),
    /// Spoken characters a minute of voiced time.
    SpeechRate(Limits),
    /// The role cuts the other party short.
    Interruption(OverlapTest),
    /// Both speak at once, begun by the role.
    Overlap(OverlapTest),
    /// Who ended the call.
    Hangup(Hangup),
    /// A field of the call's metadata.
    Metadata(MetadataTest),
    /// Length of the call in seconds.
    Duration(Limits),
    /// Number of utterances of the role in the range.
    UtteranceCount(CountTest),
    /// Share of the call, in percent.
    TalkShare(ShareTest),
    /// Share of the polite 您 among 您 and 你, in percent.
    PronounRatio(RatioTest),
    /// Sentences like these examples.
    Similar(SimilarTest),
    /// Sentences that do what labelled sentences do.
    Meaning(MeaningTest),
    /// The role says again what was said before.
    Repeat(RepeatTest),
    /// Personal data: numbers, names, addresses.
    Entity(EntityTest),
    /// How loud a party is.
    Energy(EnergyTest),
    /// The role speaks another language than Mandarin.
    Language(LanguageTest),
    /// Share of some words among others, in percent.
    PhraseShare(PhraseShareTest),
    /// Occurrences of words in a hundred spoken characters.
    PhraseRate(PhraseRateTest),
}

impl Operator {
    /// The keys of operators in rule files.
    pub const WORDS: &'static [&'static str] = &[
        "phrase",
        "regex",
        "organisation",
        "silence",
        "response_time",
        "speech_rate",
        "interruption",
        "overlap",
        "hangup",
        "metadata",
        "duration",
        "utterance_count",
        "talk_share",
        "pronoun_ratio",
        "similar",
        "meaning",
        "repeat",
        "entity",
        "energy",
        "language",
        "phrase_share",
        "phrase_rate",
    ];
}

/// How many of the wordings must be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// One of them.
    Any,
    /// All of them, anywhere in the range.
    All,
    /// This many different ones.
    AtLeast(u32),
    /// None of them.
    None,
}

words! {
    /// How much the words heard may differ from the words written.
    Matching {
        /// Not at all, apart from script, case and width.
        Exact = "exact",
        /// By punctuation, spaces and fillers in between.
        Variant = "variant",
        /// Also by sound: what is spoken the same or nearly so.
        Phonetic = "phonetic",
    }
}

words! {
    /// What takes the force from words that were heard.
    Ignore {
        /// 我不会说不归我管.
        Negated = "negated",
        /// 您是说不归我管, 他们说不归我管.
        Quoted = "quoted",
        /// 是不是不归我管.
        Asked = "asked",
    }
}

/// Looks for words.
#[derive(Clone, Debug, PartialEq)]
pub struct PhraseTest {
    /// How many must be heard.
    pub quantity: Quantity,
    /// What to listen for: wordings (`不归(我|我们)管`) and lists (`@shirking`). A list counts as one.
    pub wordings: Vec<String>,
    /// Longer wordings; a hit inside one of them does not count.
    pub not_in: Vec<String>,
    /// What takes the force from a hit.
    pub ignore: Vec<Ignore>,
    /// How far the words may differ.
    pub matching: Matching,
    /// How many times they must be heard, all counted together.
    pub times: u32,
    /// A label of [`crate::meaning`] that the sentence around a hit must be able to have, where a hit speaks against the agent.
    pub meant: Option<String>,
}

/// Looks for patterns in the folded text of single utterances.
#[derive(Clone, Debug)]
pub struct RegexTest {
    /// One of these must match.
    pub any: Vec<regex::Regex>,
    /// A match that overlaps a match of this does not count.
    pub not: Option<regex::Regex>,
}

impl PartialEq for RegexTest {
    fn eq(&self, other: &Self) -> bool {
        let texts = |t: &RegexTest| t.any.iter().chain(&t.not).map(|r| r.as_str().to_owned()).collect::<Vec<_>>();
        texts(self) == texts(other) && self.not.is_some() == other.not.is_some()
    }
}

/// Looks for silences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SilenceTest {
    /// Longer than this many seconds.
    pub longer_than_s: f64,
    /// Whose turn it was to speak; `All` does not ask.
    pub owed_by: Role,
    /// How many such silences it takes.
    pub at_least: u32,
}

/// Looks for slow answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseTest {
    /// Longer than this many seconds.
    pub longer_than_s: f64,
    /// Only the first answer of the call.
    pub first_only: bool,
    /// Only answers to questions.
    pub questions_only: bool,
    /// A question that nobody answers before the call ends counts too.
    pub or_never: bool,
    /// How many such answers it takes.
    pub at_least: u32,
}

/// Looks for overlapping speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverlapTest {
    /// The newcomer begins at least this many seconds into the other's turn.
    pub into_s: f64,
    /// Both speak for longer than this many seconds.
    pub longer_than_s: f64,
    /// Only if the other party stopped.
    pub other_yields: bool,
    /// How many it takes.
    pub at_least: u32,
}

words! {
    /// Who ended a call.
    Hangup {
        /// The agent.
        Agent = "agent",
        /// The customer.
        Customer = "customer",
        /// Neither.
        System = "system",
    }
}

/// Bounds for a measure; at least one is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Holds when the measure is greater.
    pub above: Option<f64>,
    /// Holds when the measure is smaller.
    pub below: Option<f64>,
}

/// Tests a metadata field.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataTest {
    /// Column name.
    pub field: String,
    /// What must be true of its text.
    pub test: FieldTest,
    /// What a missing field counts as; `None` is "cannot tell".
    pub missing: Option<bool>,
}

/// What must be true of a metadata field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldTest {
    /// It is one of these, whatever the case.
    OneOf(Vec<String>),
    /// It contains one of these.
    Contains(Vec<String>),
    /// It is a number within these bounds.
    Number(Limits),
    /// It is there and not empty.
    Present,
}

/// Counts utterances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountTest {
    /// At least this many.
    pub at_least: Option<u32>,
    /// At most this many.
    pub at_most: Option<u32>,
}

words! {
    /// Whose share of a call.
    ShareOf {
        /// Agent's speech among all speech.
        Agent = "agent",
        /// Customer's speech among all speech.
        Customer = "customer",
        /// Silence in the time between first and last speech.
        Silence = "silence",
    }
}

/// Tests a share of the call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareTest {
    /// Whose.
    pub of: ShareOf,
    /// Bounds in percent.
    pub limits: Limits,
}

/// Tests the share of 您 among 您 and 你.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioTest {
    /// Bounds in percent.
    pub limits: Limits,
    /// With fewer pronouns than this there is nothing to tell.
    pub at_least: u32,
    /// Count 你 only where it was surely heard: recognisers write it for 您.
    pub sure: bool,
}

/// Looks for sentences like examples: the same syllables in much the same order, whatever stands around them.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarTest {
    /// What such sentences look like.
    pub examples: Vec<String>,
    /// From this likeness on (0…1) a sentence counts.
    pub threshold: f32,
    /// What takes the force from a sentence.
    pub ignore: Vec<Ignore>,
}

/// Looks for sentences by what they do, as learned from labelled sentences ([`crate::meaning`]).
#[derive(Clone, Debug, PartialEq)]
pub struct MeaningTest {
    /// Labels, one of which it must have.
    pub any: Vec<String>,
    /// From this certainty on (0…1) a sentence counts.
    pub at_least: f32,
    /// In so many sentences.
    pub times: u32,
    /// What takes the force from a sentence.
    pub ignore: Vec<Ignore>,
}

/// Looks for what was said before and is said again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatTest {
    /// Whose words are repeated.
    pub of: Role,
    /// The same stretch of at least this many characters.
    pub chars: u32,
    /// At most this many utterances of anybody's back.
    pub within_utterances: u32,
    /// How many such repetitions it takes.
    pub at_least: u32,
}

/// Looks for personal data.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityTest {
    /// Which kinds.
    pub kinds: Vec<EntityKind>,
    /// What this role has said before is no news to anybody and does not count.
    pub unless_said_by: Option<Role>,
    /// How many it takes.
    pub at_least: u32,
}

words! {
    /// What is measured of a voice.
    Loudness {
        /// Level of the speech in dBFS.
        Level = "level",
        /// Highest sample in dBFS.
        Peak = "peak",
        /// Percent of samples at full scale.
        Clipped = "clipped",
        /// How many decibels louder than the other party (negative: quieter).
        Difference = "difference",
    }
}

/// Tests how loud a party is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyTest {
    /// What of it.
    pub of: Loudness,
    /// Bounds, in dBFS, decibels or percent.
    pub limits: Limits,
}

/// Looks for speech that is not Mandarin, by its wording: words of dialects and of other languages.
#[derive(Clone, Debug, PartialEq)]
pub struct LanguageTest {
    /// Varieties that do not count, by name (`cantonese`).
    pub except: Vec<String>,
    /// How many such words it takes.
    pub at_least: u32,
}

/// Tests the share of some words among others.
#[derive(Clone, Debug, PartialEq)]
pub struct PhraseShareTest {
    /// The part: wordings and lists.
    pub of: Vec<String>,
    /// The rest of the whole: wordings and lists. What follows one of `of` in the same sentence belongs to that.
    pub among: Vec<String>,
    /// The same by what sentences do: labels of labelled sentences.
    pub among_meaning: Vec<String>,
    /// Longer wordings; a hit of `among` inside one of them does not count.
    pub not_in: Vec<String>,
    /// Bounds in percent.
    pub limits: Limits,
    /// With fewer occurrences than this there is nothing to tell.
    pub at_least: u32,
}

/// Tests how often words are said.
#[derive(Clone, Debug, PartialEq)]
pub struct PhraseRateTest {
    /// Wordings and lists; a single character is welcome here.
    pub any: Vec<String>,
    /// Longer wordings; a hit inside one of them does not count.
    pub not_in: Vec<String>,
    /// Bounds, in occurrences a hundred spoken characters.
    pub limits: Limits,
}
