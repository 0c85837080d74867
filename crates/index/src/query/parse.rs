//! Reading the query language.

use hotline_model::Channel;
use hotline_text::skeleton;

use super::{Days, Field, Filter, Query, QueryError, QueryErrorKind, TextTerm, Within};

/// Longest query in characters: a pasted page is a mistake.
const MAX_CHARS: usize = 2000;
/// Most words and filters of a query.
const MAX_TERMS: usize = 64;
const MAX_DEPTH: usize = 24;

/// Reads a query. An empty one asks for every call.
///
/// | written | finds calls in which |
/// |---|---|
/// | `宽带 断网`, `宽带 AND 断网` | both were said, anywhere |
/// | `"服务态度太差"` | exactly this run was said, punctuation aside (also “ ” 「 」) |
/// | `投诉 OR 举报`, `投诉 \| 举报` | either was said |
/// | `宽带 -投诉`, `宽带 NOT 投诉` | the first was said and the second was not |
/// | `(宽带 OR 光猫) 坏` | grouped |
/// | `~头诉` | it was said, or something that sounds alike (投诉) |
/// | `agent:不归我管`, `cust:"我要投诉"`, `cust:(宽带 断网)` | the agent, or the customer, said it |
/// | `first:30s 您好`, `last:20s 再见` | it was said in that part of the call; holds for all words of its group |
/// | `agentid:1001 team:一组 business:宽带 hotline:云江 clause:FRB-01` | and the call has this agent (number or name), team … or violation |
/// | `on:2026-10`, `after:2026-10-01`, `before:2026-W42` | and it began in, from, or before that day, week, month or year |
/// | `direction:outbound satisfaction:3` | and it is such a call |
///
/// `OR` binds weakest, `-` strongest. Operators are capitals. Everything has Chinese names (座席: 客户: 工号: 班组: 业务: 热线: 条款: 方向: 满意度: 日期: 起: 止:
/// 开头: 结尾:), and full-width signs do as well.
///
/// # Errors
/// What is wrong, where, and a hint; see [`QueryErrorKind`].
pub fn parse(query: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { source: query, chars: query.char_indices().collect(), at: 0, terms: 0, depth: 0 };
    if parser.chars.len() > MAX_CHARS {
        return Err(QueryError { position: 0, kind: QueryErrorKind::TooLong });
    }
    let parsed = parser.either()?;
    match (parsed, parser.peek()) {
        (_, Some(_)) => Err(parser.error(QueryErrorKind::UnopenedParenthesis)),
        (Some(parsed), None) => Ok(parsed),
        (None, None) if query.trim().is_empty() => Ok(Query::All),
        (None, None) => Err(QueryError { position: 0, kind: QueryErrorKind::NothingSpoken }),
    }
}

struct Parser<'a> {
    source: &'a str,
    chars: Vec<(usize, char)>,
    at: usize,
    terms: usize,
    depth: usize,
}

/// What stands before a colon.
#[derive(Clone, Copy)]
enum Name {
    Speaker(Channel),
    Field(Field),
    Direction,
    Satisfaction,
    On,
    After,
    Before,
    First,
    Last,
}

fn name(text: &str) -> Option<Name> {
    Some(match text.to_lowercase().as_str() {
        "agent" | "座席" | "坐席" | "客服" => Name::Speaker(Channel::Agent),
        "cust" | "customer" | "客户" => Name::Speaker(Channel::Customer),
        "agentid" | "工号" => Name::Field(Field::Agent),
        "team" | "班组" => Name::Field(Field::Team),
        "business" | "业务" => Name::Field(Field::Business),
        "hotline" | "热线" => Name::Field(Field::Hotline),
        "clause" | "条款" => Name::Field(Field::Clause),
        "direction" | "方向" => Name::Direction,
        "satisfaction" | "满意度" => Name::Satisfaction,
        "on" | "日期" => Name::On,
        "after" | "起" => Name::After,
        "before" | "止" => Name::Before,
        "first" | "开头" => Name::First,
        "last" | "结尾" => Name::Last,
        _ => return None,
    })
}

/// One item of a group.
enum Item {
    Query(Query),
    Within(Within),
    /// Punctuation only: left out.
    Nothing,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|&(_, c)| c)
    }

    fn byte(&self) -> usize {
        self.chars.get(self.at).map_or(self.source.len(), |&(byte, _)| byte)
    }

    fn error(&self, kind: QueryErrorKind) -> QueryError {
        QueryError { position: self.byte(), kind }
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Groups joined by OR. `None`: nothing but spaces and punctuation.
    fn either(&mut self) -> Result<Option<Query>, QueryError> {
        let mut parts = Vec::new();
        loop {
            let group = self.group()?;
            let here = self.error(QueryErrorKind::MissingWords);
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
        let (mut parts, mut within, mut limits) = (Vec::new(), Within::default(), false);
        let start = self.byte();
        while !self.group_ends() {
            if self.take_operator("AND") {
                self.skip_spaces();
                if parts.is_empty() || self.group_ends() {
                    return Err(self.error(QueryErrorKind::MissingWords));
                }
                continue;
            }
            match self.item()? {
                Item::Query(part) => parts.push(part),
                Item::Within(part) => (within, limits) = (within.and(part), true),
                Item::Nothing => {}
            }
        }
        if limits {
            if !parts.iter().any(has_text) {
                return Err(QueryError { position: start, kind: QueryErrorKind::MissingWords });
            }
            parts.iter_mut().for_each(|part| each_text(part, &mut |term| term.within = term.within.and(within)));
        }
        Ok(match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Query::And(parts)),
        })
    }

    fn group_ends(&mut self) -> bool {
        self.skip_spaces();
        matches!(self.peek(), None | Some(')' | '）' | '|' | '｜')) || self.operator_here("OR")
    }

    fn take_or(&mut self) -> bool {
        if matches!(self.peek(), Some('|' | '｜')) {
            while matches!(self.peek(), Some('|' | '｜')) {
                self.at += 1;
            }
            return true;
        }
        self.take_operator("OR")
    }

    fn operator_here(&self, word: &str) -> bool {
        let matches = word.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i).is_some_and(|&(_, d)| c == d));
        let after = self.chars.get(self.at + word.len()).map(|&(_, c)| c);
        matches && after.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '（' | ')' | '）'))
    }

    fn take_operator(&mut self, word: &str) -> bool {
        let here = self.operator_here(word);
        if here {
            self.at += word.len();
        }
        here
    }

    fn item(&mut self) -> Result<Item, QueryError> {
        self.depth += 1;
        self.terms += 1;
        if self.depth > MAX_DEPTH || self.terms > MAX_TERMS {
            return Err(self.error(QueryErrorKind::TooLong));
        }
        let item = self.item_inside();
        self.depth -= 1;
        item
    }

    fn item_inside(&mut self) -> Result<Item, QueryError> {
        if self.take_operator("NOT") {
            self.skip_spaces();
            return self.negated();
        }
        match self.peek() {
            // Alone they are punctuation.
            Some('-' | '－' | '~' | '～') if self.chars.get(self.at + 1).is_none_or(|&(_, c)| c.is_whitespace()) => {
                self.at += 1;
                Ok(Item::Nothing)
            }
            Some('-' | '－') => {
                self.at += 1;
                self.negated()
            }
            Some('~' | '～') => {
                self.at += 1;
                let mut item = self.operand()?;
                if let Item::Query(query) = &mut item {
                    each_text(query, &mut |term| term.sound = true);
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
        let position = self.byte();
        match self.operand()? {
            Item::Query(query) => Ok(Item::Query(Query::Not(Box::new(query)))),
            // Not in the last 30 seconds cannot be asked.
            Item::Nothing => Ok(Item::Nothing),
            Item::Within(_) => Err(QueryError { position, kind: QueryErrorKind::MissingWords }),
        }
    }

    /// What an operator or a name is about: must follow at once.
    fn operand(&mut self) -> Result<Item, QueryError> {
        if self.peek().is_none_or(char::is_whitespace) || matches!(self.peek(), Some(')' | '）' | '|' | '｜')) {
            return Err(self.error(QueryErrorKind::MissingWords));
        }
        self.item()
    }

    fn parenthesis(&mut self) -> Result<Item, QueryError> {
        let opened = self.error(QueryErrorKind::UnclosedParenthesis);
        self.at += 1;
        let inside = self.either()?;
        if !matches!(self.peek(), Some(')' | '）')) {
            return Err(opened);
        }
        self.at += 1;
        Ok(inside.map_or(Item::Nothing, Item::Query))
    }

    /// A known name with its colon. Latin names that are unknown are errors; Chinese words with a colon are words.
    fn take_name(&mut self) -> Result<Option<(Name, String)>, QueryError> {
        let is_name_char = |c: char| c.is_alphabetic() && !matches!(c, '（' | '）');
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let typed: String = rest.iter().map(|&(_, c)| c).take_while(|&c| is_name_char(c)).take(20).collect();
        let length = typed.chars().count();
        let colon = matches!(rest.get(length), Some((_, ':' | '：')));
        if typed.is_empty() || !colon {
            return Ok(None);
        }
        match name(&typed) {
            Some(name) => {
                self.at += length + 1;
                Ok(Some((name, typed)))
            }
            None if typed.is_ascii() => Err(self.error(QueryErrorKind::UnknownField(typed))),
            None => Ok(None),
        }
    }

    fn named(&mut self, name: Name, typed: &str) -> Result<Item, QueryError> {
        if let Name::Speaker(channel) = name {
            let mut item = self.operand()?;
            if let Item::Query(query) = &mut item {
                each_text(query, &mut |term| term.channel = term.channel.or(Some(channel)));
            }
            return Ok(item);
        }
        let position = self.byte();
        let value = self.text()?.trim().to_owned();
        let bad =
            |expected| QueryError { position, kind: QueryErrorKind::BadValue { field: typed.to_owned(), expected } };
        if value.is_empty() {
            return Err(QueryError { position, kind: QueryErrorKind::MissingWords });
        }
        let days = || {
            Days::parse(&value)
                .ok_or_else(|| bad("write a day, week, month or year: 2026-10-01, 2026-W41, 2026-10, 2026"))
        };
        let length = || duration_ms(&value).ok_or_else(|| bad("write a length such as 30s, 2m or 1:30"));
        Ok(match name {
            Name::First => Item::Within(Within { first_ms: Some(length()?), last_ms: None }),
            Name::Last => Item::Within(Within { first_ms: None, last_ms: Some(length()?) }),
            Name::Field(field) => Item::Query(Query::Filter(Filter::Is(field, value))),
            Name::Direction => Item::Query(Query::Filter(Filter::Direction(
                value.parse().map_err(|_| bad("write inbound or outbound"))?,
            ))),
            Name::Satisfaction => Item::Query(Query::Filter(Filter::Satisfaction(
                value.parse().map_err(|_| bad("write 1 (满意), 2 (一般) or 3 (不满意)"))?,
            ))),
            Name::On => Item::Query(Query::Filter(Filter::Days(days()?))),
            Name::After => Item::Query(Query::Filter(Filter::Days(Days { to: None, ..days()? }))),
            Name::Before => Item::Query(Query::Filter(Filter::Days(Days { from: None, to: days()?.from }))),
            Name::Speaker(_) => Item::Nothing,
        })
    }

    fn words(&mut self) -> Result<Item, QueryError> {
        let quoted = self.peek().and_then(closing_quote).is_some();
        let text = self.text()?;
        if skeleton(&text).text.is_empty() {
            return Ok(Item::Nothing);
        }
        Ok(Item::Query(Query::Text(TextTerm { quoted, ..TextTerm::new(text) })))
    }

    /// A quoted text without its quotation marks, or a run without spaces, parentheses and quotation marks.
    fn text(&mut self) -> Result<String, QueryError> {
        if let Some(close) = self.peek().and_then(closing_quote) {
            let opened = self.error(QueryErrorKind::UnclosedQuote);
            self.at += 1;
            let mut text = String::new();
            loop {
                match self.peek() {
                    None => return Err(opened),
                    Some(c) if close.contains(&c) => break,
                    Some(c) => text.push(c),
                }
                self.at += 1;
            }
            self.at += 1;
            return Ok(text);
        }
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '(' | ')' | '（' | '）' | '|' | '｜') || closing_quote(c).is_some()
        };
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| !ends(*c)) {
            text.push(c);
            self.at += 1;
        }
        // A closing mark without an opening one would stop everything: it is punctuation.
        Ok(text)
    }
}

/// The marks that close a quotation begun with `c`.
fn closing_quote(c: char) -> Option<&'static [char]> {
    match c {
        '"' | '“' | '”' | '＂' | '„' => Some(&['"', '“', '”', '＂']),
        '「' => Some(&['」']),
        '『' => Some(&['』']),
        _ => None,
    }
}

fn has_text(query: &Query) -> bool {
    match query {
        Query::Text(_) => true,
        Query::And(parts) | Query::Or(parts) => parts.iter().any(has_text),
        Query::Not(part) => has_text(part),
        _ => false,
    }
}

fn each_text(query: &mut Query, change: &mut impl FnMut(&mut TextTerm)) {
    match query {
        Query::Text(term) => change(term),
        Query::And(parts) | Query::Or(parts) => parts.iter_mut().for_each(|part| each_text(part, change)),
        Query::Not(part) => each_text(part, change),
        Query::All | Query::Filter(_) => {}
    }
}

/// `30`, `30s`, `30秒`, `2m`, `2分`, `1:30`.
fn duration_ms(text: &str) -> Option<u32> {
    let seconds = match text.split_once([':', '：']) {
        Some((minutes, seconds)) => minutes.parse::<u32>().ok()?.checked_mul(60)?.checked_add(seconds.parse().ok()?)?,
        None => {
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let unit = match text.get(digits.len()..)? {
                "" | "s" | "秒" | "秒钟" => 1,
                "m" | "min" | "分" | "分钟" => 60,
                _ => return None,
            };
            digits.parse::<u32>().ok()?.checked_mul(unit)?
        }
    };
    seconds.checked_mul(1000)
}
