//! Answering queries.
//!
//! Every text of a query is looked up by itself; calls are then intersected, united and taken away as sorted lists. Only
//! the calls of the page asked for are read from disk.
//!
//! A search goes as far as it has to. First what was typed is looked up as it is. Where few calls answer and the query allows it,
//! other words for the same and what sounds alike are looked up too; calls that answer so come after. Where still no call
//! has all the words, calls that have most of them are given, or the few that sound least unlike.

mod align;
mod beginning;
mod calls;
mod facets;
mod like;
mod lookup;
mod mark;
mod page;
mod rank;
mod rows;
mod show;
mod sound;
mod widen;

use std::collections::BTreeSet;

use hotline_model::{CallId, Channel, TextSpan, TimeSpan};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::query::{Field, Filter, Query, china};
use crate::schema::fast;
use crate::{Index, IndexError};
use align::Ear;
use calls::Evaluation;
pub use facets::{Count, Facets};
pub use like::LikeResults;
pub use page::CursorError;
use page::{Cursor, Pass};
use rank::{Ranked, Weights};
pub use rows::How;
use show::Reader;

/// Other words and sound-alikes are looked for only where fewer calls than this say what was typed: nobody pages past
/// these, and common words would cost most.
const ENOUGH: usize = 200;

/// The least share of the weight of all words that a call must have where none has all.
const PARTIAL_SHARE: f64 = 0.6;

/// Most calls that are given where nothing is near: a chance to find what was misheard badly, and no list to page through.
const LOOSE_CALLS: usize = 3;

/// How to search.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// Most calls to give.
    pub limit: usize,
    /// Calls to leave out at the beginning: for paging through results that do not change. Better is `after`.
    pub offset: usize,
    /// The [`SearchResults::next`] of the page before: goes on there, whatever calls came in since.
    pub after: Option<String>,
    /// Which calls come first.
    pub order: Order,
    /// Further conditions, besides those in the query.
    pub filters: SearchFilters,
    /// The zone that days and times in the query are meant in.
    pub time_zone: TimeZone,
    /// After what was typed, also give calls that say it in other words or in what sounds alike: recognisers mishear.
    pub or_alike: bool,
    /// Most utterances to give of a call.
    pub snippets: usize,
    /// Whether copies of calls (`variant_of`) are results too. They say the same once more.
    pub copies: bool,
    /// Whether to count the results by team, hotline and so on.
    pub facets: bool,
    /// Calls that a person has reviewed, for `reviewed:`; needed if [`Query::asks_for_reviews`]. The index does not know them:
    /// a review must count at once.
    pub reviewed: BTreeSet<CallId>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        SearchOptions {
            limit: 20,
            offset: 0,
            after: None,
            order: Order::default(),
            filters: SearchFilters::default(),
            time_zone: china(),
            or_alike: false,
            snippets: 20,
            copies: false,
            facets: false,
            reviewed: BTreeSet::new(),
        }
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
    /// Those of which it is surest that the words were said.
    Certainty,
    /// Those with the worst violations; of equals those with the fewest points.
    Severity,
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
    /// Nothing was said as it was typed; these calls answer in other words or in what sounds alike
    /// ([`SearchOptions::or_alike`]).
    pub alike: bool,
    /// No call has all the words; these have most of them.
    pub partial: bool,
    /// Nothing is near what was typed; these are the nearest.
    pub nearest: bool,
    /// Of `total_calls`, those that say what was typed.
    pub exact_calls: usize,
    /// Of `total_calls`, those that say it in other words.
    pub variant_calls: usize,
    /// Of `total_calls`, those that say what sounds alike.
    pub alike_calls: usize,
    /// The calls of this page.
    pub calls: Vec<CallHits>,
    /// What [`SearchOptions::after`] takes to go on; `None` on the last page.
    pub next: Option<String>,
    /// Counts over all calls that answer, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
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
    /// How it answers: as its worst word does.
    pub how: How,
    /// Utterances that were hit, also those that are not given.
    pub hit_count: usize,
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
    /// How it answers: as the worst of its words does.
    pub how: How,
}

impl Index {
    /// The calls that answer `query`: the first ten, in order, with `SearchOptions { limit: 10, or_alike: true, ..Default::default() }`.
    ///
    /// # Errors
    /// [`IndexError::Engine`] and [`IndexError::Io`], when files are damaged or gone; [`IndexError::Cursor`].
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<SearchResults, IndexError> {
        let after: Option<Cursor> = options.after.as_deref().map(str::parse).transpose()?;
        let searcher = self.searcher()?;
        let search = Search { index: self, searcher: &searcher, options, query, after };
        search.run().map_err(IndexError::engine(self.folder()))
    }
}

/// One search.
struct Search<'a> {
    index: &'a Index,
    searcher: &'a tantivy::Searcher,
    options: &'a SearchOptions,
    query: &'a Query,
    after: Option<Cursor>,
}

impl<'a> Search<'a> {
    fn run(&self) -> tantivy::Result<SearchResults> {
        if let Some(cursor) = &self.after {
            return self.results(self.pass(cursor.pass, None)?);
        }
        let exact = self.pass(Pass::Exact, None)?;
        if !self.options.or_alike || !self.query.may_widen() || exact.ranked.len() >= ENOUGH {
            return self.results(exact);
        }
        let widened = self.pass(Pass::Widened, Some(exact))?;
        if !widened.ranked.is_empty() {
            return self.results(widened);
        }
        if is_plain(self.query) {
            let partial = self.pass(Pass::Partial, None)?;
            if !partial.ranked.is_empty() {
                return self.results(partial);
            }
        }
        // Words that stand somewhere were heard well; what leaves their calls out is something else.
        if widened.evaluation.texts.iter().all(|text| !text.rows.is_empty()) {
            return self.results(widened);
        }
        self.results(self.pass(Pass::Loose, None)?)
    }

    /// The calls that answer as far as `pass` goes, after one that did not go as far.
    fn pass(&self, pass: Pass, before: Option<Answer>) -> tantivy::Result<Answer<'a>> {
        let mut evaluation = Evaluation::new(self.index, self.searcher, self.options);
        if let Some(before) = before {
            evaluation = evaluation.after(before.evaluation);
        }
        evaluation.widened = match pass {
            Pass::Exact => None,
            Pass::Widened | Pass::Partial => Some(Ear::Strict),
            Pass::Loose => Some(Ear::Loose),
        };
        evaluation.newest = self.after.as_ref().map(|cursor| cursor.newest);
        let relaxed;
        let query = match (pass, self.query) {
            (Pass::Partial, Query::And(parts)) => {
                relaxed = any_of_words(parts);
                &relaxed
            }
            _ => self.query,
        };
        let calls = evaluation.run(query)?;
        let weights = match &self.after {
            Some(cursor) if cursor.idf.len() == evaluation.texts.len() => Weights { idf: cursor.idf.clone() },
            _ => Weights::of(&evaluation)?,
        };
        let mut ranked = rank::rank(&evaluation, query, calls, &weights)?;
        match pass {
            Pass::Exact | Pass::Widened => {}
            Pass::Partial => rank::keep_most_words(&evaluation, &mut ranked, &weights, PARTIAL_SHARE),
            // The nearest there is, and not everything that is a little like it.
            Pass::Loose => rank::keep_nearest(&mut ranked, LOOSE_CALLS),
        }
        Ok(Answer { pass, evaluation, ranked, weights })
    }

    fn results(&self, answer: Answer) -> tantivy::Result<SearchResults> {
        let Answer { pass, evaluation, ranked, weights } = answer;
        let count = |how: How| ranked.iter().filter(|ranked| ranked.how == how).count();
        let mut results = SearchResults {
            total_calls: ranked.len(),
            total_hits: ranked.iter().map(|ranked| ranked.hits).sum(),
            exact_calls: count(How::Exact),
            variant_calls: count(How::Variant),
            alike_calls: count(How::Alike),
            alike: false,
            partial: pass == Pass::Partial && !ranked.is_empty(),
            nearest: pass == Pass::Loose && !ranked.is_empty(),
            calls: Vec::new(),
            next: None,
            facets: self.options.facets.then(|| facets::count(&evaluation, &ranked)).transpose()?,
        };
        results.alike = pass != Pass::Exact && results.exact_calls == 0 && results.total_calls > 0;
        let newest = match &self.after {
            Some(cursor) => cursor.newest,
            None => self.newest(&evaluation)?,
        };
        let page = self.page(&evaluation, ranked)?;
        let reader = Reader { index: self.index, searcher: self.searcher };
        let widened = evaluation.widened.is_some();
        for ranked in &page.calls {
            let mut call = reader.call(ranked)?;
            call.hits = reader.hits(ranked, &evaluation.texts, widened, self.options.snippets)?;
            results.calls.push(call);
        }
        if let Some(last) = page.calls.last().filter(|_| page.more) {
            results.next = Some(Cursor { newest, pass, last: last.rank, idf: weights.idf }.to_string());
        }
        Ok(results)
    }

    /// The highest number of any call.
    fn newest(&self, evaluation: &Evaluation) -> tantivy::Result<u64> {
        let columns = evaluation.columns(fast::NUMBER)?;
        Ok(columns.iter().filter(|column| column.num_docs() > 0).map(|column| column.max_value()).max().unwrap_or(0))
    }

    /// Thousands answer and twenty are shown: only of those that may be among them the whole rank is read, and only they are
    /// sorted.
    fn page(&self, evaluation: &Evaluation, mut ranked: Vec<Ranked>) -> tantivy::Result<Page> {
        let end = self.options.offset.saturating_add(self.options.limit);
        let mut wanted = end;
        if let Some(Cursor { last, .. }) = &self.after {
            ranked.retain(|ranked| last.compare_coarsely(&ranked.rank).is_le());
            wanted += ranked.iter().filter(|ranked| last.compare_coarsely(&ranked.rank).is_eq()).count();
        }
        let mut left = ranked.len();
        if ranked.len() > wanted && wanted > 0 {
            let (_, nth, _) = ranked.select_nth_unstable_by(wanted - 1, |a, b| a.rank.compare_coarsely(&b.rank));
            let nth = nth.rank;
            ranked.retain(|ranked| ranked.rank.compare_coarsely(&nth).is_le());
        }
        rank::complete(evaluation, &mut ranked)?;
        if let Some(cursor) = &self.after {
            let before = ranked.len();
            ranked.retain(|ranked| cursor.last.compare(&ranked.rank).is_lt());
            left -= before - ranked.len();
        }
        ranked.sort_unstable_by(|a, b| a.rank.compare(&b.rank));
        ranked.truncate(end);
        Ok(Page { calls: ranked.split_off(self.options.offset.min(ranked.len())), more: left > end })
    }
}

/// What a pass came to.
struct Answer<'a> {
    pass: Pass,
    evaluation: Evaluation<'a>,
    ranked: Vec<Ranked>,
    weights: Weights,
}

/// The calls that are shown.
struct Page {
    calls: Vec<Ranked>,
    more: bool,
}

/// Words side by side, with filters and negations at the most: what people type.
fn is_plain(query: &Query) -> bool {
    let Query::And(parts) = query else { return false };
    let texts = parts.iter().filter(|part| matches!(part, Query::Text(term) if !term.quoted)).count();
    texts >= 2 && parts.iter().all(|part| matches!(part, Query::Text(_) | Query::Filter(_) | Query::Not(_)))
}

/// The same with any of the words instead of all.
fn any_of_words(parts: &[Query]) -> Query {
    let (words, others): (Vec<Query>, Vec<Query>) =
        parts.iter().cloned().partition(|part| matches!(part, Query::Text(_)));
    Query::And(std::iter::once(Query::Or(words)).chain(others).collect())
}
