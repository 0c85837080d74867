//! Full text of all calls; can be deleted and rebuilt from the store at any time.
//!
//! In: calls with their utterances ([`CallDocument`]) and how far the store was read (the watermark). Out: the calls that
//! answer a [`Query`], with the utterances that were hit, the hit words marked and timed ([`SearchResults`]).
//! Deliberately unknown here: SQL, rules, audio, HTTP, accounts.
//!
//! Nothing is missed because words were cut differently: every run of characters of an utterance is found, punctuation
//! and spaces not counting. Simplified and Traditional, full and half width, capital and small are the same. A number is
//! found however it was said (128.5 and 一百二十八块五). With `~` what sounds alike is found too; on request
//! ([`SearchOptions::or_alike`]) other words for the same and sound-alikes follow what was said as it was typed, each labelled ([`How`]).
//!
//! ```no_run
//! use hotline_index::{Index, SearchOptions, parse};
//! use hotline_text::Lexicon;
//!
//! let index = Index::open_read_only("data/index".as_ref(), Lexicon::built_in())?;
//! let results = index.search(&parse("宽带 断网 -cust:谢谢 team:一组")?, &SearchOptions::default())?;
//! for call in &results.calls {
//!     println!("{}: {} hits", call.call_id, call.hits.len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod error;
mod folder;
mod index;
mod query;
mod said;
mod schema;
mod search;
mod times;
mod tokens;

pub use document::{CallDocument, Flag, Traits};
pub use error::IndexError;
pub use index::{Index, Opened};
pub use query::{
    Bounds, Days, Field, Filter, Measure, Near, NotIn, Query, QueryError, QueryErrorKind, TextTerm, Within, parse,
};
pub use search::{
    CallHits, Count, CursorError, Facets, Hit, How, LikeResults, Order, SearchFilters, SearchOptions, SearchResults,
};
