//! The fields of the index.

use hotline_text::Lexicon;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, TokenizerManager};

use crate::tokens::{GramTokenizer, SoundTokenizer, WordTokenizer};

const GRAMS: &str = "grams";
const WORDS: &str = "words";
const SOUNDS: &str = "sounds";
const DIGITS: &str = "digits";

/// Names of the number fields that searches read in bulk.
pub(crate) mod fast {
    pub(crate) const CALL_NO: &str = "call_no";
    pub(crate) const STARTED_AT: &str = "started_at";
    pub(crate) const UTTERANCE: &str = "utterance";
    pub(crate) const CHANNEL: &str = "channel";
    pub(crate) const START_MS: &str = "start_ms";
    pub(crate) const END_MS: &str = "end_ms";
    pub(crate) const DURATION_MS: &str = "duration_ms";
}

/// What a document is: one for each call, which carries all that filters ask for, and one for each utterance.
pub(crate) const KIND_CALL: u64 = 0;
/// See [`KIND_CALL`].
pub(crate) const KIND_UTTERANCE: u64 = 1;

/// The fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) kind: Field,
    /// The store's row number of the call.
    pub(crate) call_no: Field,
    /// Milliseconds since 1970, in all documents; missing where unknown.
    pub(crate) started_at: Field,
    // Of utterances.
    pub(crate) utterance: Field,
    pub(crate) channel: Field,
    pub(crate) start_ms: Field,
    pub(crate) end_ms: Field,
    /// Length of the call.
    pub(crate) duration_ms: Field,
    pub(crate) text: Field,
    pub(crate) times: Field,
    pub(crate) grams: Field,
    pub(crate) words: Field,
    pub(crate) sounds: Field,
    pub(crate) numbers: Field,
    /// Grams of the text with its numbers in digits, where that makes another text.
    pub(crate) digits: Field,
    // Of calls.
    pub(crate) summary: Field,
    pub(crate) agent: Field,
    pub(crate) agent_name: Field,
    pub(crate) team: Field,
    pub(crate) business: Field,
    pub(crate) hotline: Field,
    pub(crate) direction: Field,
    pub(crate) satisfaction: Field,
    pub(crate) clause: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut b = Schema::builder();
    let fields = Fields {
        kind: b.add_u64_field("kind", INDEXED),
        call_no: b.add_u64_field(fast::CALL_NO, INDEXED | FAST),
        started_at: b.add_i64_field(fast::STARTED_AT, FAST),
        utterance: b.add_u64_field(fast::UTTERANCE, FAST),
        channel: b.add_u64_field(fast::CHANNEL, FAST),
        start_ms: b.add_u64_field(fast::START_MS, FAST),
        end_ms: b.add_u64_field(fast::END_MS, FAST),
        duration_ms: b.add_u64_field(fast::DURATION_MS, FAST),
        text: b.add_text_field("text", STORED),
        times: b.add_bytes_field("times", STORED),
        grams: full_text(&mut b, GRAMS, GRAMS),
        words: full_text(&mut b, WORDS, WORDS),
        sounds: full_text(&mut b, SOUNDS, SOUNDS),
        digits: full_text(&mut b, DIGITS, GRAMS),
        numbers: b.add_text_field("numbers", STRING),
        summary: b.add_text_field("summary", STORED),
        agent: b.add_text_field("agent", STRING),
        agent_name: b.add_text_field("agent_name", STRING),
        team: b.add_text_field("team", STRING),
        business: b.add_text_field("business", STRING),
        hotline: b.add_text_field("hotline", STRING),
        direction: b.add_text_field("direction", STRING),
        satisfaction: b.add_text_field("satisfaction", STRING),
        clause: b.add_text_field("clause", STRING),
    };
    (b.build(), fields)
}

/// A field with positions and without norms: ranking is our own (see `search`).
fn full_text(builder: &mut SchemaBuilder, name: &str, tokenizer: &str) -> Field {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
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
