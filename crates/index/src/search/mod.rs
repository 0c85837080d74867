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
mod top;
mod widen;

use std::borrow::Cow;
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
use rank::{Ranked, Tally, Weights};
use rows::Calls;
pub use rows::How;
use show::Reader;
use top::{Ties, Top};

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
        let query = &query.without_repeats();
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
        if !self.options.or_alike || !self.query.may_widen() || exact.calls.len() >= ENOUGH {
            return self.results(exact);
        }
        let widened = self.pass(Pass::Widened, Some(exact))?;
        if !widened.calls.is_empty() {
            return self.results(widened);
        }
        if is_plain(self.query) {
            let partial = self.pass(Pass::Partial, None)?;
            if !partial.calls.is_empty() {
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
        let mut evaluation = Evaluation::new(self.index, self.searcher, self.options)?;
        if let Some(before) = before {
            evaluation = evaluation.after(before.evaluation);
        }
        evaluation.widened = match pass {
            Pass::Exact => None,
            Pass::Widened | Pass::Partial => Some(Ear::Strict),
            Pass::Loose => Some(Ear::Loose),
        };
        evaluation.newest = self.after.as_ref().map(|cursor| cursor.newest);
        let query = match (pass, self.query) {
            (Pass::Partial, Query::And(parts)) => Cow::Owned(any_of_words(parts)),
            _ => Cow::Borrowed(self.query),
        };
        let calls = evaluation.run(&query)?;
        let mut answer = Answer { pass, evaluation, query, calls, few: None };
        // What has to be weighed to tell which calls they are.
        let weights = self.weights(&answer)?;
        let mut few = Vec::new();
        match pass {
            Pass::Exact | Pass::Widened => return Ok(answer),
            Pass::Partial => {
                self.rank(&answer, &weights, |ranked| few.push(ranked))?;
                rank::keep_most_words(&answer.evaluation, &mut few, &weights, PARTIAL_SHARE);
            }
            // The nearest there is, and not everything that is a little like it.
            Pass::Loose => {
                let mut top = Top::new(Ties::of(&answer.evaluation)?, LOOSE_CALLS, None);
                self.rank(&answer, &weights, |ranked| top.offer(ranked))?;
                few = top.finish().0;
            }
        }
        answer.calls = few.iter().map(|ranked| ranked.call).collect();
        answer.calls.sort_unstable();
        answer.few = Some(few);
        Ok(answer)
    }

    /// What the texts weigh: what they weighed for the first page.
    fn weights(&self, answer: &Answer) -> tantivy::Result<Weights> {
        match &self.after {
            Some(cursor) if cursor.idf.len() == answer.evaluation.texts.len() => {
                Ok(Weights { idf: cursor.idf.clone() })
            }
            _ => Weights::of(&answer.evaluation),
        }
    }

    fn rank(&self, answer: &Answer, weights: &Weights, give: impl FnMut(Ranked)) -> tantivy::Result<()> {
        rank::rank(&answer.evaluation, &answer.query, &answer.calls, weights, give)
    }

    fn results(&self, answer: Answer) -> tantivy::Result<SearchResults> {
        let Answer { pass, evaluation, calls, .. } = &answer;
        let weights = self.weights(&answer)?;
        let end = self.options.offset.saturating_add(self.options.limit);
        let mut top = Top::new(Ties::of(evaluation)?, end, self.after.as_ref().map(|cursor| cursor.last));
        let mut tally = Tally::default();
        let mut take = |ranked: Ranked| {
            tally.add(&ranked);
            top.offer(ranked);
        };
        match &answer.few {
            Some(few) => few.iter().copied().for_each(take),
            None => self.rank(&answer, &weights, &mut take)?,
        }
        let (mut page, left) = top.finish();
        let page = page.split_off(self.options.offset.min(page.len()));
        let mut results = SearchResults {
            total_calls: tally.all_calls(),
            total_hits: tally.hits,
            exact_calls: tally.calls(How::Exact),
            variant_calls: tally.calls(How::Variant),
            alike_calls: tally.calls(How::Alike),
            alike: false,
            partial: *pass == Pass::Partial && !calls.is_empty(),
            nearest: *pass == Pass::Loose && !calls.is_empty(),
            calls: Vec::new(),
            next: None,
            facets: self.options.facets.then(|| facets::count(evaluation, calls)).transpose()?,
        };
        results.alike = *pass != Pass::Exact && results.exact_calls == 0 && results.total_calls > 0;
        let reader = Reader { index: self.index, searcher: self.searcher, spread: &evaluation.spread };
        let widened = evaluation.widened.is_some();
        for ranked in &page {
            let mut call = reader.call(ranked)?;
            call.hits = reader.hits(ranked, &evaluation.texts, widened, self.options.snippets)?;
            results.calls.push(call);
        }
        if let Some(last) = page.last().filter(|_| left > end) {
            let newest = match &self.after {
                Some(cursor) => cursor.newest,
                None => self.newest(evaluation)?,
            };
            results.next = Some(Cursor { newest, pass: *pass, last: last.rank, idf: weights.idf }.to_string());
        }
        Ok(results)
    }

    /// The highest number of any call.
    fn newest(&self, evaluation: &Evaluation) -> tantivy::Result<u64> {
        let numbers = evaluation.columns(fast::NUMBER)?.columns;
        Ok(numbers.iter().filter(|column| column.num_docs() > 0).map(|column| column.max_value()).max().unwrap_or(0))
    }
}

/// What a pass came to.
struct Answer<'a> {
    pass: Pass,
    evaluation: Evaluation<'a>,
    /// What was evaluated.
    query: Cow<'a, Query>,
    calls: Calls,
    /// The calls with their rank, where that was needed to tell which they are.
    few: Option<Vec<Ranked>>,
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
