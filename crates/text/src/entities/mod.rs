//! Personal data and other things with a name in what was said: telephone, identity card and bank card numbers, names,
//! addresses, e-mail, amounts, dates.
//!
//! Numbers are read in digits and as spoken (幺三八, 两个零, 一百一十, X as 艾克斯), across pauses and fillers, across the
//! utterances of one speaker while the other reads back, and in spite of what recognisers do to them (要 for 幺, a zero too many),
//! as far as length, check digit and what was asked for make it safe.
//!
//! What an organisation publishes (its own switchboard, the address of its counter) is nobody's personal data and is left out,
//! as are an agent's own name and number: see [`find`].

mod address;
mod check;
mod cue;
mod digits;
mod email;
mod mask;
mod name;
mod number;
mod text;

use hotline_model::{Channel, TextSpan};
use serde::{Deserialize, Serialize};

pub use mask::{Language, Masking, mask, placeholder};

use crate::number::{self as numbers, NumberKind};
use text::Text;

/// One utterance of a call, in the order they were said.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Who spoke; [`Channel::Mixed`] where nobody can tell.
    pub channel: Channel,
    /// What was said.
    pub text: &'a str,
}

/// Kinds of entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A person's telephone number, mobile or fixed.
    Phone,
    /// The number of a resident identity card (GB 11643).
    IdCard,
    /// The number of a bank card (ISO/IEC 7812).
    BankCard,
    /// A person's full name; a family name with 先生 alone is none.
    Name,
    /// Where somebody lives, with at least a house number.
    Address,
    /// An e-mail address.
    Email,
    /// An amount of money; no personal data.
    Amount,
    /// A date, absolute or told from today (下周三); no personal data.
    Date,
}

impl EntityKind {
    /// All kinds, in display order.
    pub const ALL: [EntityKind; 8] = [
        EntityKind::Phone,
        EntityKind::IdCard,
        EntityKind::BankCard,
        EntityKind::Name,
        EntityKind::Address,
        EntityKind::Email,
        EntityKind::Amount,
        EntityKind::Date,
    ];

    /// The stable name used in files: `phone`, `id_card` …
    pub const fn name(self) -> &'static str {
        match self {
            EntityKind::Phone => "phone",
            EntityKind::IdCard => "id_card",
            EntityKind::BankCard => "bank_card",
            EntityKind::Name => "name",
            EntityKind::Address => "address",
            EntityKind::Email => "email",
            EntityKind::Amount => "amount",
            EntityKind::Date => "date",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            EntityKind::Phone => "电话",
            EntityKind::IdCard => "身份证号",
            EntityKind::BankCard => "银行卡号",
            EntityKind::Name => "姓名",
            EntityKind::Address => "地址",
            EntityKind::Email => "邮箱",
            EntityKind::Amount => "金额",
            EntityKind::Date => "日期",
        }
    }

    /// The kind of this stable name.
    pub fn of(name: &str) -> Option<EntityKind> {
        EntityKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it tells who somebody is or how to reach them, so that it has to be masked.
    pub const fn is_personal(self) -> bool {
        !matches!(self, EntityKind::Amount | EntityKind::Date)
    }
}

/// A stretch of one utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Index into the lines that were given.
    pub line: usize,
    /// Bytes of its text.
    pub span: TextSpan,
}

/// Something with a name that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its value: digits (with `X`) for numbers, the letters of an e-mail address, the plain number of an amount, an ISO date as
    /// far as it was said; otherwise the words.
    pub value: String,
    /// Where it was said, in order; several where utterances break it.
    pub parts: Vec<Part>,
    /// Whether its form proves it: length and check digit of a number, a written-out address. Otherwise what was asked for and
    /// what stands around it spoke for it.
    pub checked: bool,
}

/// Every entity of a call, in order of where they begin. Two entities never share a byte.
///
/// Left out, because they are nobody's secret: service numbers (400, 12345), fixed-line numbers and addresses that an agent
/// gives of an office, an agent's introduction, the last digits of a card.
pub fn find(lines: &[Line<'_>]) -> Vec<Entity> {
    let texts: Vec<Text> = lines.iter().map(|line| Text::new(line.text)).collect();
    let mut found = Found { lines, texts: &texts, entities: Vec::new() };
    number::find(&mut found);
    email::find(&mut found);
    address::find(&mut found);
    name::find(&mut found);
    plain_numbers(&mut found);
    let mut entities = found.entities;
    entities.sort_by(|a, b| a.parts.cmp(&b.parts));
    entities
}

/// Every entity of one text whose speaker is unknown.
pub fn find_in(text: &str) -> Vec<Entity> {
    find(&[Line { channel: Channel::Mixed, text }])
}

/// The numbers said digit by digit in one text, whatever they are: `0`…`9` and a final `X`, one string each.
pub fn spoken_digits(text: &str) -> Vec<String> {
    digits::runs(&Text::new(text)).iter().map(|run| run.iter().map(|digit| digit.value).collect()).collect()
}

/// What has been found so far; later searches keep out of earlier finds.
struct Found<'a> {
    lines: &'a [Line<'a>],
    texts: &'a [Text],
    entities: Vec<Entity>,
}

impl Found<'_> {
    /// Whether characters `from..to` of a line are free.
    fn is_free(&self, line: usize, from: usize, to: usize) -> bool {
        let Some(text) = self.texts.get(line) else { return false };
        let span = text.span(from, to);
        !self.entities.iter().flat_map(|e| &e.parts).any(|part| part.line == line && part.span.overlaps(span))
    }

    /// Adds an entity that lies in one line, if its place is free.
    fn add(&mut self, kind: EntityKind, line: usize, from: usize, to: usize, value: String, checked: bool) -> bool {
        let Some(text) = self.texts.get(line) else { return false };
        let span = text.span(from, to);
        if span.is_empty() || !self.is_free(line, from, to) {
            return false;
        }
        self.entities.push(Entity { kind, value, parts: vec![Part { line, span }], checked });
        true
    }

    fn channel(&self, line: usize) -> Channel {
        self.lines.get(line).map_or(Channel::Mixed, |line| line.channel)
    }
}

/// Days told from today.
const RELATIVE_DAYS: [&str; 20] = [
    "大前天",
    "前天",
    "昨天",
    "今天",
    "明天",
    "后天",
    "大后天",
    "昨晚",
    "今晚",
    "明晚",
    "今早",
    "明早",
    "上个月",
    "这个月",
    "下个月",
    "上周",
    "本周",
    "下周",
    "月底",
    "年底",
];

/// Amounts and dates.
fn plain_numbers(found: &mut Found<'_>) {
    for (line, said) in found.lines.iter().enumerate() {
        for number in numbers::find(said.text) {
            let kind = match number.kind {
                NumberKind::Amount => EntityKind::Amount,
                NumberKind::Date => EntityKind::Date,
                _ => continue,
            };
            let taken = |e: &Entity| e.parts.iter().any(|part| part.line == line && part.span.overlaps(number.span));
            if !found.entities.iter().any(taken) {
                let parts = vec![Part { line, span: number.span }];
                found.entities.push(Entity { kind, value: number.value, parts, checked: true });
            }
        }
        relative_days(found, line);
    }
}

/// 明天, 下周三.
fn relative_days(found: &mut Found<'_>, line: usize) {
    let Some(text) = found.texts.get(line) else { return };
    let mut at = 0;
    while at < text.chars.len() {
        let longest = RELATIVE_DAYS.iter().filter(|word| text.has(at, word)).max_by_key(|word| word.len());
        let Some(word) = longest else {
            at += 1;
            continue;
        };
        let mut end = at + word.chars().count();
        if word.ends_with('周') {
            match text.get(end) {
                Some('一' | '二' | '三' | '四' | '五' | '六' | '日' | '天' | '末') => end += 1,
                _ => {
                    at = end;
                    continue;
                }
            }
        }
        let value = text.slice(at, end);
        found.add(EntityKind::Date, line, at, end, value, false);
        at = end;
    }
}
