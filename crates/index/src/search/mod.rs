//! Answering queries.
//!
//! Every text of a query is looked up by itself; calls are then intersected, united and taken away as sets of call
//! numbers. Only the calls of the page asked for are read from disk.
//!
//! Rank of a call: for every text of the query that it answers, `idf · h/(h+1) · w`, summed up, with `idf = ln(1 + (N − n + ½)/(n + ½))` of
//! BM25 (Robertson and Zaragoza 2009) counted in calls, `h` the utterances hit (saturating as BM25's tf part with
//! k₁ = 1 and b = 0 does), and `w` = 1 if the text was hit as whole words, 0.6 if only as a run of characters (our own choice).

mod calls;
mod collect;
mod lookup;
mod mark;
mod sets;

use hotline_model::{CallId, Channel, TextSpan, TimeSpan};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::query::{Field, Filter, Query, china};
use crate::{Index, IndexError};

/// How to search.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// Most calls to give.
    pub limit: usize,
    /// Calls to leave out at the beginning: for paging.
    pub offset: usize,
    /// Which calls come first.
    pub order: Order,
    /// Further conditions, besides those in the query.
    pub filters: SearchFilters,
    /// The zone that days in the query are meant in.
    pub time_zone: TimeZone,
    /// When nothing answers the query as it is, try what sounds alike: recognisers mishear.
    pub or_alike: bool,
}

impl Default for SearchOptions {
    fn default() -> Self {
        let (order, filters) = (Order::default(), SearchFilters::default());
        SearchOptions { limit: 20, offset: 0, order, filters, time_zone: china(), or_alike: false }
    }
}

/// Which calls come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Those that answer best; the newest of equals.
    #[default]
    Best,
    /// The newest.
    Newest,
    /// The oldest.
    Oldest,
}

/// Conditions on calls, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFilters {
    /// Only what this side said.
    pub channel: Option<Channel>,
    /// Begun at this instant or later.
    pub from: Option<Timestamp>,
    /// Begun before this instant.
    pub to: Option<Timestamp>,
    /// Staff number or name of the agent.
    pub agent: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Hotline.
    pub hotline: Option<String>,
    /// Kind of business.
    pub business: Option<String>,
    /// A clause that was violated.
    pub clause: Option<String>,
}

impl SearchFilters {
    /// The same as parts of a query, the channel aside.
    fn filters(&self) -> Vec<Filter> {
        let fields = [
            (Field::Agent, &self.agent),
            (Field::Team, &self.team),
            (Field::Hotline, &self.hotline),
            (Field::Business, &self.business),
            (Field::Clause, &self.clause),
        ];
        let is = fields.into_iter().filter_map(|(field, value)| Some(Filter::Is(field, value.clone()?)));
        let started =
            (self.from.is_some() || self.to.is_some()).then_some(Filter::Started { from: self.from, to: self.to });
        is.chain(started).collect()
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchResults {
    /// Calls that answer the query.
    pub total_calls: usize,
    /// Utterances of these calls that were hit.
    pub total_hits: usize,
    /// Nothing answered the query as it was; these calls answer it with words that sound alike
    /// ([`SearchOptions::or_alike`]).
    pub alike: bool,
    /// The calls of this page.
    pub calls: Vec<CallHits>,
}

/// A call and where it was hit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallHits {
    /// The store's row number.
    pub call_no: u64,
    /// The call.
    pub call_id: CallId,
    /// Name of the recording's file.
    pub file_name: String,
    /// Staff number of the agent.
    pub agent_id: Option<String>,
    /// Name of the agent.
    pub agent_name: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Kind of business.
    pub business_type: Option<String>,
    /// Hotline.
    pub hotline: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Length of the recording in milliseconds.
    pub duration_ms: u32,
    /// Rank; only good for comparing calls of one search.
    pub score: f32,
    /// Utterances that were hit, in order; empty when only filters were asked for.
    pub hits: Vec<Hit>,
}

/// An utterance that was hit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// Its place in the call's transcript, from 0.
    pub utterance: usize,
    /// Who spoke.
    pub channel: Channel,
    /// When the first marked words were spoken: where to begin playing.
    pub time: TimeSpan,
    /// When the whole utterance was spoken.
    pub utterance_time: TimeSpan,
    /// What was said.
    pub text: String,
    /// The words that were asked for, in `text`; sorted, disjoint.
    pub highlights: Vec<TextSpan>,
    /// Not all of them were said as they were asked for: some only sound alike.
    pub alike: bool,
}

impl Index {
    /// The calls that answer `query`.
    ///
    /// # Errors
    /// [`IndexError::Engine`] and [`IndexError::Io`], when files are damaged or gone.
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<SearchResults, IndexError> {
        let searcher = self.searcher()?;
        let run = |query: &Query| {
            calls::Search::new(self, &searcher, options).run(query).map_err(IndexError::engine(self.folder()))
        };
        let exact = run(query)?;
        // What was said as it was asked for is never mixed with what may have been.
        if options.or_alike
            && exact.total_calls == 0
            && let Some(wider) = query.by_sound()
        {
            let found = run(&wider)?;
            return Ok(SearchResults { alike: found.total_calls > 0, ..found });
        }
        Ok(exact)
    }
}
