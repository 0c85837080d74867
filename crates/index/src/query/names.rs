//! The words of the query language, in both languages.

use hotline_model::Channel;

use super::{Field, Measure};

/// What stands before a colon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    Speaker(Channel),
    Role,
    Field(Field),
    Flag,
    Direction,
    Satisfaction,
    Complaint,
    Reviewed,
    Measure(Measure),
    TimeOfDay,
    On,
    After,
    Before,
    First,
    Last,
}

/// What joins words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Not,
    NotIn,
    /// `None`: no number was given.
    Near(Option<u32>),
}

/// Spoken characters between the sides of a `NEAR` without a number.
pub(super) const NEAR_BY_ITSELF: u32 = 10;

pub(super) fn name(text: &str) -> Option<Name> {
    Some(match text.to_lowercase().as_str() {
        "agent" | "座席" | "坐席" | "客服" => Name::Speaker(Channel::Agent),
        "cust" | "customer" | "客户" | "来电人" => Name::Speaker(Channel::Customer),
        "role" | "角色" => Name::Role,
        "call" | "file" | "通话" | "录音" => Name::Field(Field::Call),
        "agentid" | "工号" => Name::Field(Field::Agent),
        "team" | "班组" => Name::Field(Field::Team),
        "business" | "业务" => Name::Field(Field::Business),
        "hotline" | "热线" => Name::Field(Field::Hotline),
        "clause" | "条款" => Name::Field(Field::Clause),
        "flag" | "rule" | "标记" | "违规" | "规则" => Name::Flag,
        "direction" | "方向" => Name::Direction,
        "satisfaction" | "满意度" => Name::Satisfaction,
        "complaint" | "投诉单" | "是否投诉" => Name::Complaint,
        "reviewed" | "复核" | "已复核" => Name::Reviewed,
        "duration" | "length" | "时长" => Name::Measure(Measure::Duration),
        "silence" | "静音" | "静默" => Name::Measure(Measure::Silence),
        "score" | "得分" | "分数" => Name::Measure(Measure::Score),
        "time" | "时段" => Name::TimeOfDay,
        "on" | "date" | "日期" => Name::On,
        "after" | "from" | "起" => Name::After,
        "before" | "止" => Name::Before,
        "first" | "开头" => Name::First,
        "last" | "结尾" => Name::Last,
        _ => return None,
    })
}

/// Most spoken characters that `NEAR` takes.
const NEAR_AT_MOST: u32 = 1000;

const NEAR: [&str; 4] = ["NEAR", "邻近", "附近", "相邻"];

/// `NEAR` (as it is written in `word`) with something behind its stroke that is no number of characters. The names that are ordinary
/// words too (附近/周边) may stand before a stroke.
pub(super) fn broken_near(word: &str) -> Option<&'static str> {
    let near = NEAR
        .into_iter()
        .take(2)
        .find(|near| word.strip_prefix(near).is_some_and(|rest| rest.starts_with(['/', '／'])))?;
    operator(word).is_none().then_some(near)
}

/// The operator that a word standing by itself is. English ones are capitals: `or` may well be looked for.
pub(super) fn operator(word: &str) -> Option<Operator> {
    Some(match word {
        "AND" | "ＡＮＤ" | "&" | "&&" | "＆" | "和" | "且" | "并且" | "与" => Operator::And,
        "OR" | "ＯＲ" | "或" | "或者" => Operator::Or,
        "NOT" | "ＮＯＴ" | "非" | "不含" | "不包含" | "除去" => Operator::Not,
        "NOTIN" | "不在" | "不属于" => Operator::NotIn,
        _ => {
            let rest = NEAR.iter().find_map(|near| word.strip_prefix(near))?;
            match rest.strip_prefix(['/', '／']) {
                Some(number) => Operator::Near(Some(number.parse().ok().filter(|n| *n <= NEAR_AT_MOST)?)),
                None if rest.is_empty() => Operator::Near(None),
                None => return None,
            }
        }
    })
}
