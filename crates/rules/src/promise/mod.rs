//! What is promised by when: 二十四小时之内给您回电话, 最晚明天中午, 三个工作日.
//!
//! A time is a promise if the same sentence says what happens by then. How late the promise was kept is reckoned by
//! [`hotline_model::Promise`], which knows calendars; here are words only.

mod times;

use std::ops::Range;
use std::sync::LazyLock;

use hotline_model::Promise;
use regex::Regex;

use times::{Mention, mentions};

/// Farthest that what is promised stands behind its time, in bytes: some twenty characters.
const AFTER: usize = 60;
/// Farthest that it stands before it: 给您回电话，最晚明天中午.
const BEFORE: usize = 36;

/// What can be promised.
static DONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(回(您|你|个|一个|给|复|电|音|话|信|访)|答复|联系|给(您|你)|打(给|过|电话)|通知|告诉|告知|短信|致电|处理|解决|上门|到场|到(您|你)|过去|到账|退|反馈|核实|结果|跟进|办结|办好|办完|修好|修复|抢修|恢复|准信|回音|到位|安排|有(专)?人(来|去|上|联系|跟|给|打|过|处理|回|到|修)|师傅|派人)",
    )
    .ok()
});
/// Of that, what reaches the customer as an answer.
static ANSWERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(回(您|你|个|一个|给|复|电|音|话|信|访)|答复|联系(您|你)|(跟|和|与|同|向)(您|你).{0,6}(联系|说|讲)|打给(您|你)|给(您|你)(打|拨|回|去电|来电)|打过来|通知|告诉|告知|短信|反馈(给|您|你|结果)|(跟|向)(您|你).{0,4}反馈|准信|回音|致电|给(您|你).{0,9}(话|信|结果|消息|电话|通知|说明|解释|日子|准数))",
    )
    .ok()
});

/// Words behind a date that is to come.
const AHEAD: [&str; 8] = ["给", "有", "会", "回", "打", "出", "能", "就"];

/// A time by which something is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// By when.
    pub promise: Promise,
}

/// The last time that `words` name, as a promise; `None` if they say nothing definite (尽快, 过几天).
pub fn parse(words: &str) -> Option<Promise> {
    mentions(words).pop().map(|mention| mention.promise)
}

/// The times by which anything is promised in `text`, in order.
pub fn promised(text: &str) -> Vec<Promised> {
    near(text, DONE.as_ref())
}

/// The times by which an answer is promised in `text`, in order.
pub fn answer_promised(text: &str) -> Vec<Promised> {
    near(text, ANSWERED.as_ref())
}

/// Whether `text` promises an answer, with a time or without one.
pub fn promises_an_answer(text: &str) -> bool {
    ANSWERED.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn near(text: &str, what: Option<&Regex>) -> Vec<Promised> {
    let Some(what) = what else { return Vec::new() };
    let is_end = |c: char| matches!(c, '。' | '？' | '?' | '！' | '!');
    let all = mentions(text);
    let promised = |at: usize, mention: &Mention| {
        // What stands behind the next time belongs to that one.
        let next = at.checked_add(1).and_then(|next| all.get(next)).map_or(text.len(), |next| next.span.start);
        let until = text.floor_char_boundary((mention.span.end + AFTER).min(next));
        let after = text.get(mention.span.end..until).unwrap_or("");
        let after = after.get(..after.find(is_end).unwrap_or(after.len())).unwrap_or("");
        let last = at.checked_sub(1).and_then(|last| all.get(last)).map_or(0, |last| last.span.end);
        let from = text.ceil_char_boundary(mention.span.start.saturating_sub(BEFORE).max(last));
        let before = text.get(from..mention.span.start).unwrap_or("");
        let before = before.rsplit(is_end).next().unwrap_or("");
        let past = ["以来", "开始", "起", "的时候"].iter().any(|word| after.starts_with(word));
        // A date alone is more often one of the past: 二十六号开通的.
        let dated = matches!(mention.promise, Promise::MonthDay { day: ..31, .. });
        let said = text.get(mention.span.clone()).unwrap_or("");
        let ahead = !dated || said.ends_with(['前', '内']) || AHEAD.iter().any(|word| after.starts_with(word));
        !past && ahead && (what.is_match(after) || what.is_match(before))
    };
    let found = all.iter().enumerate().filter(|(at, mention)| promised(*at, mention));
    found.map(|(_, mention)| Promised { span: mention.span.clone(), promise: mention.promise }).collect()
}
