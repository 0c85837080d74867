//! Which calls answer a query.

use std::rc::Rc;

use hotline_model::Direction;
use tantivy::columnar::Column;
use tantivy::{Searcher, TantivyDocument};

use super::align::Ear;
use super::mark::{self, Source};
use super::rows::{self, Calls, Columns, How, Row, Sieve, Spread};
use super::sound::SoundLookup;
use super::{SearchOptions, lookup, widen};
use crate::document::{flag_key, satisfaction_code};
use crate::query::{Filter, Measure, Near, NotIn, Query, TextTerm};
use crate::schema::fast;
use crate::{Index, said};

/// What so many utterances say needs no sound-alikes beside them.
const COMMON: usize = 20_000;

/// One evaluation of a query.
pub(super) struct Evaluation<'a> {
    pub(super) index: &'a Index,
    pub(super) searcher: &'a Searcher,
    pub(super) spread: Spread,
    pub(super) options: &'a SearchOptions,
    /// Whether other words and sound-alikes are tried where the query allows it, and how near these must be.
    pub(super) widened: Option<Ear>,
    /// Calls newer than this do not count: they came after the first page was shown.
    pub(super) newest: Option<u64>,
    /// What was asked for and found, those to be absent left out, in the order of the query.
    pub(super) texts: Vec<Text>,
    /// What an evaluation before this one found as it was typed.
    looked_up: Vec<(TextTerm, Rc<Vec<Row>>)>,
    /// What every call of the results passes, so that sound-alikes are looked for only there.
    filters: Vec<Filter>,
    /// All calls, read when first needed.
    everything: Option<Calls>,
}

/// Something that was looked up.
pub(super) struct Text {
    pub(super) source: Source,
    /// Utterances hit, in order.
    pub(super) rows: Rc<Vec<Row>>,
    /// How many calls these are of.
    pub(super) calls: usize,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(index: &'a Index, searcher: &'a Searcher, options: &'a SearchOptions) -> tantivy::Result<Self> {
        let spread = Spread::of(searcher)?;
        let (texts, looked_up, filters, everything) = (Vec::new(), Vec::new(), Vec::new(), None);
        let (widened, newest) = (None, None);
        Ok(Evaluation { index, searcher, spread, options, widened, newest, texts, looked_up, filters, everything })
    }

    /// Takes over what an evaluation found that looked for nothing but what was typed.
    pub(super) fn after(mut self, other: Evaluation) -> Self {
        for text in other.texts {
            if let Source::Text(term) = &text.source
                && !term.sound
                && let Some(term) = self.scoped(term)
            {
                self.looked_up.push((term, text.rows));
            }
        }
        self
    }

    /// The calls that answer `query` and the filters of the options.
    pub(super) fn run(&mut self, query: &Query) -> tantivy::Result<Calls> {
        if self.widened.is_some() {
            self.filters = self.filters_of(query);
        }
        let mut calls = self.calls(query, true)?;
        for filter in self.options.filters.filters() {
            self.keep(&mut calls, &filter, true)?;
        }
        if !self.options.copies {
            let copy = self.columns(fast::COPY)?;
            if copy.columns.iter().any(|column| column.values.num_vals() > 0) {
                calls.retain(|call| copy.value(*call).is_none());
            }
        }
        if let Some(newest) = self.newest {
            self.keep_by(&mut calls, fast::NUMBER, |number: Option<u64>| number.is_none_or(|n| n <= newest))?;
        }
        Ok(calls)
    }

    /// The filters that every call of the results passes: those of the options and those beside the words.
    fn filters_of(&self, query: &Query) -> Vec<Filter> {
        let mut filters: Vec<Filter> = self.options.filters.filters();
        if let Query::And(parts) = query {
            filters.extend(parts.iter().filter_map(|part| match part {
                Query::Filter(filter) => Some(filter.clone()),
                _ => None,
            }));
        }
        filters
    }

    /// Whether anything is known to hold for all calls of the results.
    pub(super) fn is_filtered(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Keeps the calls that can be among the results.
    pub(super) fn keep_possible(&self, calls: &mut Calls) -> tantivy::Result<()> {
        for filter in &self.filters {
            self.keep(calls, filter, true)?;
        }
        Ok(())
    }

    /// What a lookup yields, in order.
    fn rows(&self, query: &dyn tantivy::query::Query, sieve: Sieve) -> tantivy::Result<Vec<Row>> {
        rows::collect(self.searcher, &self.spread, query, sieve)
    }

    /// `wanted`: not below a negation, so that its hits are to be shown.
    fn calls(&mut self, query: &Query, wanted: bool) -> tantivy::Result<Calls> {
        match query {
            Query::All => self.everything(),
            Query::Text(term) => {
                let rows = match self.scoped(term) {
                    Some(term) => self.text(&term, wanted)?,
                    None => Rc::default(),
                };
                Ok(self.found(Source::Text(term.clone()), rows, wanted))
            }
            Query::Near(near) => {
                let rows = Rc::new(self.near(near)?);
                Ok(self.found(Source::Near(near.clone()), rows, wanted))
            }
            Query::NotIn(not_in) => {
                let rows = Rc::new(self.not_in(not_in)?);
                Ok(self.found(Source::NotIn(not_in.clone()), rows, wanted))
            }
            Query::Filter(_) | Query::Not(_) => self.all_of(std::slice::from_ref(query), wanted),
            Query::Or(parts) => {
                let mut calls = Calls::new();
                for part in parts {
                    calls = rows::unite(calls, self.calls(part, wanted)?);
                }
                Ok(calls)
            }
            Query::And(parts) => self.all_of(parts, wanted),
        }
    }

    fn found(&mut self, source: Source, rows: Rc<Vec<Row>>, wanted: bool) -> Calls {
        let calls = rows::calls_of(&rows);
        if wanted {
            self.texts.push(Text { source, rows, calls: calls.len() });
        }
        calls
    }

    /// First what was said; what must hold besides, and what must not, is then asked of these calls only.
    fn all_of(&mut self, parts: &[Query], wanted: bool) -> tantivy::Result<Calls> {
        let mut calls: Option<Calls> = None;
        for part in parts.iter().filter(|part| !matches!(part, Query::Not(_) | Query::Filter(_))) {
            let more = self.calls(part, wanted)?;
            calls = Some(match calls {
                None => more,
                Some(mut calls) => {
                    rows::retain(&mut calls, &more, true);
                    calls
                }
            });
        }
        let mut calls = match calls {
            Some(calls) => calls,
            None => self.everything()?,
        };
        for part in parts {
            match part {
                Query::Filter(filter) => self.keep(&mut calls, filter, true)?,
                Query::Not(part) => match &**part {
                    Query::Filter(filter) => self.keep(&mut calls, filter, false)?,
                    part => rows::retain(&mut calls, &self.calls(part, false)?, false),
                },
                _ => {}
            }
        }
        Ok(calls)
    }

    fn everything(&mut self) -> tantivy::Result<Calls> {
        if self.everything.is_none() {
            let rows = self.rows(&*lookup::all_calls(&self.index.fields), Sieve::default())?;
            self.everything = Some(rows::calls_of(&rows));
        }
        Ok(self.everything.clone().unwrap_or_default())
    }

    /// Keeps the calls of a kind (`wanted`), or the others.
    fn keep(&self, calls: &mut Calls, filter: &Filter, wanted: bool) -> tantivy::Result<()> {
        let fields = &self.index.fields;
        let by_term = |query: Box<dyn tantivy::query::Query>| -> tantivy::Result<Calls> {
            Ok(rows::calls_of(&self.rows(&*query, Sieve::default())?))
        };
        match filter {
            Filter::Is(field, value) => rows::retain(calls, &by_term(lookup::field(fields, *field, value))?, wanted),
            Filter::Flag(id, outcome) => {
                rows::retain(calls, &by_term(lookup::exact(fields.flag, &flag_key(id, *outcome)))?, wanted);
            }
            Filter::Direction(direction) => {
                let name = Direction::name(*direction);
                rows::retain(calls, &by_term(lookup::exact(fields.direction, name))?, wanted);
            }
            Filter::Reviewed(reviewed) => {
                let ids = self.options.reviewed.iter().map(hotline_model::CallId::as_str);
                rows::retain(calls, &by_term(lookup::calls_with_ids(fields, ids))?, *reviewed == wanted);
            }
            Filter::Satisfaction(key) => {
                let code = satisfaction_code(*key);
                self.keep_by(calls, fast::SATISFACTION, |n: Option<u64>| (n == Some(code)) == wanted)?;
            }
            Filter::Complaint(is) => {
                self.keep_by(calls, fast::COMPLAINT, |n: Option<u64>| ((n == Some(1)) == *is) == wanted)?;
            }
            Filter::Between(measure, bounds) => {
                let name = match measure {
                    Measure::Duration => fast::DURATION_MS,
                    Measure::Silence => fast::SILENCE_MS,
                    Measure::SilenceShare => fast::SILENCE_SHARE,
                    Measure::Score => fast::SCORE,
                };
                self.keep_by(calls, name, |n: Option<u64>| n.is_some_and(|n| bounds.contain(n)) == wanted)?;
            }
            Filter::Days(days) => {
                let (from, to) = days.instants(&self.options.time_zone);
                self.keep_started(calls, from, to, wanted)?;
            }
            Filter::Started { from, to } => self.keep_started(calls, *from, *to, wanted)?,
            Filter::TimeOfDay { from_s, to_s } => {
                let zone = &self.options.time_zone;
                let inside = |ms: Option<i64>| {
                    let Some(Ok(at)) = ms.map(jiff::Timestamp::from_millisecond) else { return false };
                    let time = at.to_zoned(zone.clone()).time();
                    let s = u32::try_from(time.hour()).unwrap_or(0) * 3600
                        + u32::try_from(time.minute()).unwrap_or(0) * 60
                        + u32::try_from(time.second()).unwrap_or(0);
                    if from_s <= to_s { (*from_s..*to_s).contains(&s) } else { s >= *from_s || s < *to_s }
                };
                self.keep_by_time(calls, |ms| inside(ms) == wanted)?;
            }
        }
        Ok(())
    }

    fn keep_started(
        &self,
        calls: &mut Calls,
        from: Option<jiff::Timestamp>,
        to: Option<jiff::Timestamp>,
        wanted: bool,
    ) -> tantivy::Result<()> {
        let (from, to) = (from.map(|t| t.as_millisecond()), to.map(|t| t.as_millisecond()));
        self.keep_by_time(calls, |ms| {
            let inside = ms.is_some_and(|ms| from.is_none_or(|from| ms >= from) && to.is_none_or(|to| ms < to));
            inside == wanted
        })
    }

    fn keep_by_time(&self, calls: &mut Calls, keep: impl Fn(Option<i64>) -> bool) -> tantivy::Result<()> {
        let started_at = self.started_at()?;
        calls.retain(|call| keep(started_at.value(*call)));
        Ok(())
    }

    fn keep_by(&self, calls: &mut Calls, name: &str, keep: impl Fn(Option<u64>) -> bool) -> tantivy::Result<()> {
        let columns = self.columns(name)?;
        calls.retain(|call| keep(columns.value(*call)));
        Ok(())
    }

    /// A number field of all segments.
    pub(super) fn columns(&self, name: &str) -> tantivy::Result<Columns<u64>> {
        let columns = self.searcher.segment_readers().iter().map(|reader| reader.fast_fields().u64(name));
        Ok(Columns::new(&self.spread, columns.collect::<Result<_, _>>()?))
    }

    /// When calls began, in milliseconds since 1970.
    pub(super) fn started_at(&self) -> tantivy::Result<Columns<i64>> {
        let readers = self.searcher.segment_readers().iter();
        let columns = readers.map(|reader| reader.fast_fields().i64(fast::STARTED_AT));
        Ok(Columns::new(&self.spread, columns.collect::<Result<Vec<Column<i64>>, _>>()?))
    }

    /// The term with the channel of the options; both must hold, and unlike ones exclude each other.
    fn scoped(&self, term: &TextTerm) -> Option<TextTerm> {
        let mut term = term.clone();
        if let Some(channel) = self.options.filters.channel {
            if term.channel.is_some_and(|own| own != channel) {
                return None;
            }
            term.channel = Some(channel);
        }
        Some(term)
    }

    /// The utterances that answer a text. The scope of the options is in it already.
    fn text(&self, term: &TextTerm, wanted: bool) -> tantivy::Result<Rc<Vec<Row>>> {
        let fields = &self.index.fields;
        let typed = match self.looked_up.iter().find(|(known, _)| known == term) {
            Some((_, rows)) => Rc::clone(rows),
            None => Rc::new(self.as_typed(term)?),
        };
        let widened = self.widened.filter(|_| wanted && !term.quoted && typed.len() < COMMON);
        if widened.is_none() && !term.sound {
            return Ok(typed);
        }
        let mut rows = Rc::unwrap_or_clone(typed);
        if widened.is_some() {
            for (query, how, cost) in widen::queries(fields, term, !rows.is_empty(), &self.index.lexicon) {
                let mut more = self.rows(&*query, Sieve::of(term))?;
                more.iter_mut().for_each(|row| *row = row.answering(how, cost));
                rows = rows::unite_rows(rows, more);
            }
        }
        let ear = match widened {
            _ if term.sound => Some(Ear::Asked),
            Some(Ear::Strict) if rows.is_empty() => Some(Ear::Alone),
            ear => ear,
        };
        if let Some(ear) = ear {
            let more = SoundLookup { evaluation: self }.rows(term, &rows, ear)?;
            rows = rows::unite_rows(rows, more);
        }
        Ok(Rc::new(rows))
    }

    /// The utterances that say what was typed, in the order of the index.
    fn as_typed(&self, term: &TextTerm) -> tantivy::Result<Vec<Row>> {
        let rows = self.rows(&*lookup::text(&self.index.fields, term), Sieve::of(term))?;
        match lookup::part(&self.index.fields, term) {
            Some(part) if rows.is_empty() => self.rows(&*part, Sieve::of(term)),
            _ => Ok(rows),
        }
    }

    fn any_text(&self, terms: &[TextTerm]) -> tantivy::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for term in terms.iter().filter_map(|term| self.scoped(term)) {
            rows = rows::unite_rows(rows, Rc::unwrap_or_clone(self.text(&term, false)?));
        }
        Ok(rows)
    }

    fn near(&self, near: &Near) -> tantivy::Result<Vec<Row>> {
        let mut rows = self.any_text(&near.left)?;
        rows::retain_rows(&mut rows, &self.any_text(&near.right)?, true);
        self.verified(rows, |text| !mark::near_spans(near, text, &self.index.lexicon).is_empty())
    }

    /// Only where the longer phrase was said too does the text have to be looked at.
    fn not_in(&self, not_in: &NotIn) -> tantivy::Result<Vec<Row>> {
        let mut rows = self.any_text(&not_in.wanted)?;
        let mut doubtful = rows.clone();
        // Wherever the longer phrase was said it takes away, whoever said it: hence without the scope.
        let mut longer = Vec::new();
        for term in &not_in.longer {
            longer = rows::unite_rows(longer, Rc::unwrap_or_clone(self.text(term, false)?));
        }
        rows::retain_rows(&mut doubtful, &longer, true);
        rows::retain_rows(&mut rows, &doubtful, false);
        let kept = self.verified(doubtful, |text| !mark::not_in_spans(not_in, text, &self.index.lexicon).is_empty())?;
        Ok(rows::unite_rows(rows, kept))
    }

    /// Keeps the utterances whose text answers.
    fn verified(&self, rows: Vec<Row>, answers: impl Fn(&str) -> bool) -> tantivy::Result<Vec<Row>> {
        let mut kept = Vec::new();
        for row in rows {
            let document: TantivyDocument = self.searcher.doc(self.spread.address(row.doc))?;
            if answers(&said::text(&document, self.index.fields.said)) {
                kept.push(row.answering(How::Exact, row.cost()));
            }
        }
        Ok(kept)
    }
}
