//! Reading the query language.

use hotline_model::{Channel, Outcome};
use hotline_text::skeleton;

use super::lex::{Cursor, closing_quote};
use super::names::{self, NEAR_BY_ITSELF, Name, Operator};
use super::{Days, Filter, Near, NotIn, Query, QueryError, QueryErrorKind, TextTerm, Within, values};

/// Longest query in characters: a pasted page is a mistake.
const MAX_CHARS: usize = 2000;
/// Most words and filters of a query.
const MAX_TERMS: usize = 64;
const MAX_DEPTH: usize = 24;

/// Reads a query. An empty one asks for every call.
///
/// | written | finds calls in which |
/// |---|---|
/// | `宽带 断网`, `宽带 AND 断网`, `宽带 和 断网` | both were said, anywhere |
/// | `"服务态度太差"` | exactly this run was said, punctuation aside (also “ ” 「 」) |
/// | `投诉 OR 举报`, `投诉 \| 举报`, `投诉 或 举报` | either was said |
/// | `宽带 -投诉`, `宽带 NOT 投诉`, `宽带 不含 投诉` | the first was said and the second was not |
/// | `(宽带 OR 光猫) 坏` | grouped |
/// | `宽带 NEAR/5 断`, `宽带 邻近/5 断` | both in one utterance, at most 5 characters apart |
/// | `归我管 NOTIN "不归我管"`, `归我管 不在 "不归我管"` | the first was said other than inside the second |
/// | `~头诉` | it was said, or something that sounds alike (投诉) |
/// | `agent:不归我管`, `cust:"我要投诉"`, `cust:(宽带 断网)` | the agent, or the customer, said it |
/// | `first:30s 您好`, `last:20s 再见` | it was said in that part of the call; holds for all words of its group |
/// | `agentid:1001 team:一组 business:宽带 hotline:云江 call:3fa9` | and the call has this agent (number or name), team … |
/// | `flag:FRB-02`, `flag:REQ-04=met` | and this rule or clause was violated, or came to that outcome |
/// | `date:2026-10`, `date:2026-10-05..2026-10-11`, `after:2026-10-01`, `before:2026-W42` | and it began then |
/// | `time:9:00..12:00`, `duration:>2m`, `silence:>10s`, `silence:>20%`, `score:<80` | and it began at that time of day, lasted as long … |
/// | `direction:outbound satisfaction:3 complaint:true reviewed:false` | and it is such a call |
///
/// `OR` binds weakest, then side by side, then `NEAR` and `NOTIN`; `-` binds strongest. English operators are capitals. Everything
/// has Chinese names (座席: 客户: 工号: 班组: 业务: 热线: 标记: 条款: 方向: 满意度: 投诉单: 复核: 时长: 静音: 得分: 时段: 日期: 起: 止: 开头: 结尾:), and
/// full-width signs do as well.
///
/// # Errors
/// What is wrong, where, and a hint; see [`QueryErrorKind`].
pub fn parse(query: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { cursor: Cursor::new(query), terms: 0, depth: 0 };
    if parser.cursor.len() > MAX_CHARS {
        return Err(QueryError { position: 0, kind: QueryErrorKind::TooLong });
    }
    let parsed = parser.either()?;
    match (parsed, parser.cursor.peek()) {
        (_, Some(_)) => Err(parser.cursor.error(QueryErrorKind::UnopenedParenthesis)),
        (Some(parsed), None) => Ok(parsed),
        (None, None) if query.trim().is_empty() => Ok(Query::All),
        (None, None) => Err(QueryError { position: 0, kind: QueryErrorKind::NothingSpoken }),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    terms: usize,
    depth: usize,
}

/// One item of a group.
enum Item {
    Query(Query),
    Within(Within),
    /// Holds for all words of the group.
    Speaker(Channel),
    /// Punctuation only: left out.
    Nothing,
}

impl Parser<'_> {
    /// Groups joined by OR. `None`: nothing but spaces and punctuation.
    fn either(&mut self) -> Result<Option<Query>, QueryError> {
        let mut parts = Vec::new();
        loop {
            let group = self.group()?;
            let here = self.cursor.error(QueryErrorKind::MissingWords);
            let is_or = self.take_or();
            match group {
                Some(group) => parts.push(group),
                None if is_or || !parts.is_empty() => return Err(here),
                None => {}
            }
            if !is_or {
                break;
            }
        }
        Ok(match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Query::Or(parts)),
        })
    }

    /// Items side by side, all of which must hold.
    fn group(&mut self) -> Result<Option<Query>, QueryError> {
        let (mut parts, mut within, mut speaker, mut limits) = (Vec::new(), Within::default(), None, false);
        let start = self.cursor.byte();
        while !self.group_ends(!parts.is_empty()) {
            match self.operator(!parts.is_empty()) {
                Some((Operator::And, length)) => {
                    self.cursor.advance(length);
                    self.cursor.skip_spaces();
                    if parts.is_empty() || self.group_ends(true) {
                        return Err(self.cursor.error(QueryErrorKind::MissingWords));
                    }
                }
                Some((operator @ (Operator::Near(_) | Operator::NotIn), length)) => {
                    let here = self.cursor.error(QueryErrorKind::NotWords);
                    self.cursor.advance(length);
                    self.cursor.skip_spaces();
                    let left = parts.pop().and_then(alternatives).ok_or_else(|| here.clone())?;
                    let position = self.cursor.byte();
                    let Item::Query(right) = self.operand()? else { return Err(here) };
                    let right = alternatives(right).ok_or(QueryError { position, kind: QueryErrorKind::NotWords })?;
                    parts.push(match operator {
                        Operator::Near(chars) => {
                            Query::Near(Near { left, right, chars: chars.unwrap_or(NEAR_BY_ITSELF) })
                        }
                        _ => Query::NotIn(NotIn { wanted: left, longer: right }),
                    });
                }
                _ => match self.item()? {
                    Item::Query(part) => parts.push(part),
                    Item::Within(part) => (within, limits) = (within.and(part), true),
                    Item::Speaker(channel) => (speaker, limits) = (Some(channel), true),
                    Item::Nothing => {}
                },
            }
        }
        if limits {
            if !parts.iter().any(Query::has_text) {
                return Err(QueryError { position: start, kind: QueryErrorKind::MissingWords });
            }
            for part in &mut parts {
                part.each_text(&mut |term| {
                    term.within = term.within.and(within);
                    term.channel = term.channel.or(speaker);
                });
            }
        }
        Ok(match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Query::And(parts)),
        })
    }

    /// The operator here. Chinese ones are words too: without something before and behind they are looked for.
    fn operator(&self, something_before: bool) -> Option<(Operator, usize)> {
        let (operator, length) = self.cursor.operator()?;
        let is_english = self.cursor.peek().is_some_and(|c| c.is_ascii() || ('Ａ'..='Ｚ').contains(&c));
        let joins = !matches!(operator, Operator::Not);
        let has_number = matches!(operator, Operator::Near(Some(_)));
        let is_word = !is_english && !has_number && (self.cursor.is_last_word(length) || (joins && !something_before));
        (!is_word).then_some((operator, length))
    }

    fn group_ends(&mut self, something_before: bool) -> bool {
        self.cursor.skip_spaces();
        matches!(self.cursor.peek(), None | Some(')' | '）' | '|' | '｜'))
            || matches!(self.operator(something_before), Some((Operator::Or, _)))
    }

    fn take_or(&mut self) -> bool {
        if matches!(self.cursor.peek(), Some('|' | '｜')) {
            while matches!(self.cursor.peek(), Some('|' | '｜')) {
                self.cursor.advance(1);
            }
            return true;
        }
        match self.operator(true) {
            Some((Operator::Or, length)) => {
                self.cursor.advance(length);
                true
            }
            _ => false,
        }
    }

    fn item(&mut self) -> Result<Item, QueryError> {
        self.depth += 1;
        self.terms += 1;
        if self.depth > MAX_DEPTH || self.terms > MAX_TERMS {
            return Err(self.cursor.error(QueryErrorKind::TooLong));
        }
        let item = self.item_inside();
        self.depth -= 1;
        item
    }

    fn item_inside(&mut self) -> Result<Item, QueryError> {
        if let Some((Operator::Not, length)) = self.operator(true) {
            self.cursor.advance(length);
            self.cursor.skip_spaces();
            return self.negated();
        }
        match self.cursor.peek() {
            // Alone they are punctuation.
            Some('-' | '－' | '~' | '～') if self.cursor.peek_at(1).is_none_or(char::is_whitespace) => {
                self.cursor.advance(1);
                Ok(Item::Nothing)
            }
            Some('-' | '－') => {
                self.cursor.advance(1);
                self.negated()
            }
            Some('~' | '～') => {
                self.cursor.advance(1);
                let mut item = self.operand()?;
                if let Item::Query(query) = &mut item {
                    query.each_text(&mut |term| term.sound = true);
                }
                Ok(item)
            }
            Some('(' | '（') => self.parenthesis(),
            _ => match self.take_name()? {
                Some((name, typed)) => self.named(name, &typed),
                None => self.words(),
            },
        }
    }

    fn negated(&mut self) -> Result<Item, QueryError> {
        let position = self.cursor.byte();
        match self.operand()? {
            Item::Query(query) => Ok(Item::Query(Query::Not(Box::new(query)))),
            Item::Nothing => Ok(Item::Nothing),
            // Not in the last 30 seconds cannot be asked.
            Item::Within(_) | Item::Speaker(_) => Err(QueryError { position, kind: QueryErrorKind::MissingWords }),
        }
    }

    /// What an operator or a name is about: must follow at once.
    fn operand(&mut self) -> Result<Item, QueryError> {
        if self.cursor.peek().is_none_or(|c| c.is_whitespace() || matches!(c, ')' | '）' | '|' | '｜')) {
            return Err(self.cursor.error(QueryErrorKind::MissingWords));
        }
        self.item()
    }

    fn parenthesis(&mut self) -> Result<Item, QueryError> {
        let opened = self.cursor.error(QueryErrorKind::UnclosedParenthesis);
        self.cursor.advance(1);
        let inside = self.either()?;
        if !matches!(self.cursor.peek(), Some(')' | '）')) {
            return Err(opened);
        }
        self.cursor.advance(1);
        Ok(inside.map_or(Item::Nothing, Item::Query))
    }

    /// A known name with its colon. Latin names that are unknown are errors; Chinese words with a colon are words.
    fn take_name(&mut self) -> Result<Option<(Name, String)>, QueryError> {
        let Some(typed) = self.cursor.before_colon() else { return Ok(None) };
        match names::name(&typed) {
            Some(name) => {
                self.cursor.advance(typed.chars().count() + 1);
                Ok(Some((name, typed)))
            }
            None if typed.is_ascii() => Err(self.cursor.error(QueryErrorKind::UnknownField(typed))),
            None => Ok(None),
        }
    }

    fn named(&mut self, name: Name, typed: &str) -> Result<Item, QueryError> {
        if let Name::Speaker(channel) = name {
            let mut item = self.operand()?;
            if let Item::Query(query) = &mut item {
                query.each_text(&mut |term| term.channel = term.channel.or(Some(channel)));
            }
            return Ok(item);
        }
        let position = self.cursor.byte();
        let value = self.cursor.text()?.trim().to_owned();
        if value.is_empty() {
            return Err(QueryError { position, kind: QueryErrorKind::MissingWords });
        }
        let bad =
            |expected| QueryError { position, kind: QueryErrorKind::BadValue { field: typed.to_owned(), expected } };
        item_of(name, value, bad)
    }

    fn words(&mut self) -> Result<Item, QueryError> {
        let quoted = self.cursor.peek().and_then(closing_quote).is_some();
        let position = self.cursor.byte();
        let text = self.cursor.text()?;
        if !quoted && let Some(near) = names::broken_near(&text) {
            let expected = "write a number of characters up to 1000, such as NEAR/5";
            return Err(QueryError { position, kind: QueryErrorKind::BadValue { field: near.to_owned(), expected } });
        }
        if skeleton(&text).text.is_empty() {
            return Ok(Item::Nothing);
        }
        Ok(Item::Query(Query::Text(TextTerm { quoted, ..TextTerm::new(text) })))
    }
}

/// What a name with its value asks for.
fn item_of(name: Name, value: String, bad: impl Fn(&'static str) -> QueryError) -> Result<Item, QueryError> {
    let length = || values::length_ms(&value).ok_or_else(|| bad("write a length such as 30s, 2m or 1:30"));
    let day = || "write a day, week, month or year: 2026-10-01, 2026-W41, 2026-10, 2026";
    let days = || Days::parse(&value).ok_or_else(|| bad(day()));
    let yes = || values::yes_or_no(&value).ok_or_else(|| bad("write true or false"));
    let filter = match name {
        Name::First => return Ok(Item::Within(Within { first_ms: Some(length()?), last_ms: None })),
        Name::Last => return Ok(Item::Within(Within { first_ms: None, last_ms: Some(length()?) })),
        Name::Role => {
            let role = values::role(&value).ok_or_else(|| bad("write agent or customer"))?;
            return Ok(Item::Speaker(role));
        }
        Name::Speaker(channel) => return Ok(Item::Speaker(channel)),
        Name::Field(field) => Filter::Is(field, value),
        Name::Flag => match value.split_once(['=', '＝']) {
            Some((id, outcome)) => Filter::Flag(
                id.to_owned(),
                values::outcome(outcome).ok_or_else(|| bad("write met, violated, undecided or not_applicable"))?,
            ),
            None => Filter::Flag(value, Outcome::Violated),
        },
        Name::Direction => Filter::Direction(value.parse().map_err(|_| bad("write inbound or outbound"))?),
        Name::Satisfaction => {
            Filter::Satisfaction(value.parse().map_err(|_| bad("write 1 (满意), 2 (一般) or 3 (不满意)"))?)
        }
        Name::Complaint => Filter::Complaint(yes()?),
        Name::Reviewed => Filter::Reviewed(yes()?),
        Name::Measure(measure) => {
            let (measure, bounds) = values::bounds(measure, &value)
                .ok_or_else(|| bad("write a limit or a range such as >10s, <80, 1m..3m; of silence also >20%"))?;
            Filter::Between(measure, bounds)
        }
        Name::TimeOfDay => {
            let (from_s, to_s) =
                values::time_of_day(&value).ok_or_else(|| bad("write a time of day such as 9:00..12:00 or >18:00"))?;
            Filter::TimeOfDay { from_s, to_s }
        }
        Name::On => Filter::Days(Days::parse_range(&value).ok_or_else(|| bad(day()))?),
        Name::After => Filter::Days(Days { to: None, ..days()? }),
        Name::Before => Filter::Days(Days { from: None, to: days()?.from }),
    };
    Ok(Item::Query(Query::Filter(filter)))
}

/// The words that a side of `NEAR` or `NOTIN` may be.
fn alternatives(query: Query) -> Option<Vec<TextTerm>> {
    match query {
        Query::Text(term) => Some(vec![term]),
        Query::Or(parts) => {
            let terms: Option<Vec<Vec<TextTerm>>> = parts.into_iter().map(alternatives).collect();
            terms.map(|terms| terms.into_iter().flatten().collect())
        }
        _ => None,
    }
}
