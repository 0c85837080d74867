//! The fields of the index.

use hotline_text::Lexicon;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};

use crate::tokens::{GramTokenizer, SoundTokenizer, WordTokenizer};

const GRAMS: &str = "grams";
const WORDS: &str = "words";
const SOUNDS: &str = "sounds";
const DIGITS: &str = "digits";

/// Names of the fields that searches read in bulk.
pub(crate) mod fast {
    pub(crate) const PLACE: &str = "place";
    pub(crate) const CHANNEL: &str = "channel";
    pub(crate) const START_MS: &str = "start_ms";
    pub(crate) const END_MS: &str = "end_ms";
    pub(crate) const CONFIDENCE: &str = "confidence";
    pub(crate) const NUMBER: &str = "number";
    pub(crate) const STARTED_AT: &str = "started_at";
    pub(crate) const DURATION_MS: &str = "duration_ms";
    pub(crate) const SILENCE_MS: &str = "silence_ms";
    pub(crate) const SILENCE_SHARE: &str = "silence_share";
    pub(crate) const SCORE: &str = "score";
    pub(crate) const SEVERITY: &str = "severity";
    pub(crate) const COPY: &str = "copy";
    pub(crate) const COMPLAINT: &str = "complaint";
    pub(crate) const SATISFACTION: &str = "satisfaction_key";
    pub(crate) const AGENT: &str = "agent_shown";
    pub(crate) const TEAM: &str = "team_shown";
    pub(crate) const BUSINESS: &str = "business_shown";
    pub(crate) const HOTLINE: &str = "hotline_shown";
    pub(crate) const FLAG: &str = "flag_shown";
}

/// What a document is: one for each call, which carries all that filters ask for, and one for each utterance. The
/// utterances of a call follow its document at once and in order, always: they are added as one and never split.
pub(crate) const KIND_CALL: u64 = 0;

/// The fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// Of calls only.
    pub(crate) kind: Field,
    /// The store's row number of the call, in all documents: what is replaced and deleted by.
    pub(crate) call_no: Field,
    /// How many documents before this one the call's stands; 0 in the call's own.
    pub(crate) place: Field,
    // Of utterances.
    /// Place in the transcript.
    pub(crate) utterance: Field,
    pub(crate) channel: Field,
    pub(crate) start_ms: Field,
    pub(crate) end_ms: Field,
    /// In hundredths.
    pub(crate) confidence: Field,
    /// What was said and when, see `said`.
    pub(crate) said: Field,
    pub(crate) grams: Field,
    pub(crate) words: Field,
    pub(crate) sounds: Field,
    pub(crate) numbers: Field,
    /// Grams of the text with its numbers in digits, where that makes another text.
    pub(crate) digits: Field,
    // Of calls.
    pub(crate) summary: Field,
    pub(crate) number: Field,
    /// Milliseconds since 1970; missing where unknown.
    pub(crate) started_at: Field,
    pub(crate) duration_ms: Field,
    pub(crate) silence_ms: Field,
    /// In thousandths.
    pub(crate) silence_share: Field,
    /// In tenths.
    pub(crate) score: Field,
    /// Of the worst violation: 1 slight … 4 fatal; 0 without any.
    pub(crate) severity: Field,
    pub(crate) complaint: Field,
    /// 1 if the recording is a copy of another call's; missing otherwise.
    pub(crate) copy: Field,
    pub(crate) satisfaction_key: Field,
    pub(crate) call_id: Field,
    pub(crate) file: Field,
    pub(crate) agent: Field,
    pub(crate) agent_name: Field,
    pub(crate) team: Field,
    pub(crate) business: Field,
    pub(crate) hotline: Field,
    pub(crate) direction: Field,
    pub(crate) satisfaction: Field,
    /// Ids of clauses and rules with their outcome: `frb-02=violated`.
    pub(crate) flag: Field,
    // What facets count: as it is shown, not as it is compared.
    pub(crate) agent_shown: Field,
    pub(crate) team_shown: Field,
    pub(crate) business_shown: Field,
    pub(crate) hotline_shown: Field,
    pub(crate) flag_shown: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut b = Schema::builder();
    let shown = || TextOptions::default().set_fast("raw");
    let key = || {
        let whole = TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false);
        TextOptions::default().set_indexing_options(whole.set_index_option(IndexRecordOption::Basic))
    };
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let fields = Fields {
        kind: b.add_u64_field("kind", INDEXED),
        call_no: b.add_u64_field("call_no", INDEXED),
        place: b.add_u64_field(fast::PLACE, FAST),
        utterance: b.add_u64_field("utterance", STORED),
        channel: b.add_u64_field(fast::CHANNEL, FAST),
        start_ms: b.add_u64_field(fast::START_MS, FAST),
        end_ms: b.add_u64_field(fast::END_MS, FAST),
        confidence: b.add_u64_field(fast::CONFIDENCE, FAST),
        said: b.add_bytes_field("said", STORED),
        grams: full_text(&mut b, GRAMS, GRAMS, positions),
        words: full_text(&mut b, WORDS, WORDS, IndexRecordOption::Basic),
        sounds: full_text(&mut b, SOUNDS, SOUNDS, IndexRecordOption::Basic),
        numbers: b.add_text_field("numbers", key()),
        digits: full_text(&mut b, DIGITS, GRAMS, positions),
        summary: b.add_text_field("summary", STORED),
        number: b.add_u64_field(fast::NUMBER, FAST),
        started_at: b.add_i64_field(fast::STARTED_AT, FAST),
        duration_ms: b.add_u64_field(fast::DURATION_MS, FAST),
        silence_ms: b.add_u64_field(fast::SILENCE_MS, FAST),
        silence_share: b.add_u64_field(fast::SILENCE_SHARE, FAST),
        score: b.add_u64_field(fast::SCORE, FAST),
        severity: b.add_u64_field(fast::SEVERITY, FAST),
        complaint: b.add_u64_field(fast::COMPLAINT, FAST),
        copy: b.add_u64_field(fast::COPY, FAST),
        satisfaction_key: b.add_u64_field(fast::SATISFACTION, FAST),
        call_id: b.add_text_field("call_id", key()),
        file: b.add_text_field("file", key()),
        agent: b.add_text_field("agent", key()),
        agent_name: b.add_text_field("agent_name", key()),
        team: b.add_text_field("team", key()),
        business: b.add_text_field("business", key()),
        hotline: b.add_text_field("hotline", key()),
        direction: b.add_text_field("direction", key()),
        satisfaction: b.add_text_field("satisfaction", key()),
        flag: b.add_text_field("flag", key()),
        agent_shown: b.add_text_field(fast::AGENT, shown()),
        team_shown: b.add_text_field(fast::TEAM, shown()),
        business_shown: b.add_text_field(fast::BUSINESS, shown()),
        hotline_shown: b.add_text_field(fast::HOTLINE, shown()),
        flag_shown: b.add_text_field(fast::FLAG, shown()),
    };
    (b.build(), fields)
}

/// A field without norms: ranking is our own (see `search`).
fn full_text(builder: &mut SchemaBuilder, name: &str, tokenizer: &str, option: IndexRecordOption) -> Field {
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false).set_index_option(option);
    builder.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
}

/// The tokenizers of [`schema`]'s text fields.
pub(crate) fn tokenizers(lexicon: &Lexicon) -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(GRAMS, TextAnalyzer::from(GramTokenizer));
    manager.register(WORDS, TextAnalyzer::from(WordTokenizer(lexicon.clone())));
    manager.register(SOUNDS, TextAnalyzer::from(SoundTokenizer));
    manager
}
