//! Other engines on the same texts, to compare with: what one gets without work of one's own.
//!
//! Each indexes one document a call, so that a query of several words is about the call, as it is in ours.

mod fts5;
mod tantivy_engine;

use hotline_text::Lexicon;

/// What a baseline searches: everything that was said in a call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallText {
    /// Name of the call.
    pub call: String,
    /// Utterances, one a line.
    pub text: String,
}

/// Another engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Baseline {
    /// SQLite's full-text search with character trigrams. All words of a query must be there; those of one or two characters are
    /// looked for with LIKE, as SQLite's manual advises. Ranked by BM25 where trigrams were used.
    Fts5Trigram,
    /// tantivy as it comes: its default tokenizer, its query parser, BM25.
    TantivyDefault,
    /// tantivy with the words of jieba and the hotline lexicon, its query parser, BM25.
    TantivyJieba,
}

/// A baseline that failed.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// SQLite.
    #[error("baseline SQLite FTS5: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// tantivy.
    #[error("baseline tantivy: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
}

impl Baseline {
    /// All of them.
    pub const ALL: [Baseline; 3] = [Baseline::Fts5Trigram, Baseline::TantivyDefault, Baseline::TantivyJieba];

    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Baseline::Fts5Trigram => "sqlite_fts5_trigram",
            Baseline::TantivyDefault => "tantivy_default",
            Baseline::TantivyJieba => "tantivy_jieba",
        }
    }

    /// For each query the calls this engine returns, best first, at most `limit`.
    ///
    /// # Errors
    /// What the engine reports; queries it cannot read are answered with nothing.
    pub fn rank(
        self,
        calls: &[CallText],
        queries: &[&str],
        lexicon: &Lexicon,
        limit: usize,
    ) -> Result<Vec<Vec<String>>, BaselineError> {
        match self {
            Baseline::Fts5Trigram => Ok(fts5::rank(calls, queries, limit)?),
            Baseline::TantivyDefault => Ok(tantivy_engine::rank(calls, queries, None, limit)?),
            Baseline::TantivyJieba => Ok(tantivy_engine::rank(calls, queries, Some(lexicon), limit)?),
        }
    }
}
