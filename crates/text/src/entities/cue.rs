//! What was asked for: words that tell which number comes.

use hotline_model::Channel;

use super::Found;
use super::text::Text;

/// What kind of number the words around announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    Phone,
    IdCard,
    BankCard,
    /// Another number: an order, a meter, a ticket.
    Other,
}

/// Words and what they announce.
const CUES: [(&str, Cue); 49] = [
    ("身份证", Cue::IdCard),
    ("证件号", Cue::IdCard),
    ("证件", Cue::IdCard),
    ("银行卡", Cue::BankCard),
    ("信用卡", Cue::BankCard),
    ("储蓄卡", Cue::BankCard),
    ("借记卡", Cue::BankCard),
    ("卡号", Cue::BankCard),
    ("账号", Cue::BankCard),
    ("帐号", Cue::BankCard),
    ("账户", Cue::BankCard),
    ("电话", Cue::Phone),
    ("手机", Cue::Phone),
    ("座机", Cue::Phone),
    ("联系方式", Cue::Phone),
    ("号码", Cue::Phone),
    ("来电", Cue::Phone),
    ("回电", Cue::Phone),
    ("尾号", Cue::Other),
    ("后四位", Cue::Other),
    ("后六位", Cue::Other),
    ("订单", Cue::Other),
    ("单号", Cue::Other),
    ("运单", Cue::Other),
    ("工单", Cue::Other),
    ("户号", Cue::Other),
    ("编号", Cue::Other),
    ("工号", Cue::Other),
    ("流水", Cue::Other),
    ("合同", Cue::Other),
    ("取件码", Cue::Other),
    ("验证码", Cue::Other),
    ("车牌", Cue::Other),
    ("邮编", Cue::Other),
    ("学号", Cue::Other),
    ("发票", Cue::Other),
    ("序列号", Cue::Other),
    ("条码", Cue::Other),
    ("型号", Cue::Other),
    ("会员号", Cue::Other),
    ("受理号", Cue::Other),
    ("报修号", Cue::Other),
    ("表号", Cue::Other),
    ("档案号", Cue::Other),
    ("保单", Cue::Other),
    ("批次", Cue::Other),
    ("票号", Cue::Other),
    ("航班", Cue::Other),
    ("车次", Cue::Other),
];

/// Cues that recognisers write in all kinds of ways (深分正, 首机): by their toneless syllables.
const SOUNDS: [(&[&str], Cue); 6] = [
    (&["shen", "fen", "zheng"], Cue::IdCard),
    (&["yin", "hang", "ka"], Cue::BankCard),
    (&["ka", "hao"], Cue::BankCard),
    (&["shou", "ji", "hao"], Cue::Phone),
    (&["dian", "hua"], Cue::Phone),
    (&["hao", "ma"], Cue::Phone),
];

/// How far back a question counts, in utterances.
const REACH: usize = 4;

/// What the number that begins at character `at` of `line` is announced as: by the nearest words before it in the utterance,
/// or in those before.
pub(super) fn before(found: &Found<'_>, line: usize, at: usize) -> Option<Cue> {
    let own = found.texts.get(line).and_then(|text| last_in(text, at));
    own.or_else(|| {
        let earlier = (line.saturating_sub(REACH)..line).rev();
        earlier.filter_map(|line| found.texts.get(line)).find_map(|text| last_in(text, text.len()))
    })
}

/// The same by the words of this utterance alone.
pub(super) fn here(text: &Text, at: usize) -> Option<Cue> {
    last_in(text, at)
}

/// The last cue before character `end`. 身份证号码 is an identity card, though 号码 comes after it.
fn last_in(text: &Text, end: usize) -> Option<Cue> {
    let mut last: Option<(usize, Cue)> = None;
    for at in 0..end.min(text.len()) {
        for (word, cue) in CUES {
            if !text.has(at, word) {
                continue;
            }
            let stop = at + word.chars().count();
            if stop > end {
                continue;
            }
            let general = word == "号码";
            let qualified = general && last.is_some_and(|(before, _)| at <= before + 2);
            if !qualified {
                last = Some((stop, cue));
            }
        }
    }
    let heard = last_heard(text, end);
    // What is written counts before what only sounds so, at the same place.
    match (last, heard) {
        (Some((at, _)), Some((later, cue))) if later > at + 1 => Some(cue),
        (None, heard) => heard.map(|(_, cue)| cue),
        (written, _) => written.map(|(_, cue)| cue),
    }
}

/// The last cue by sound before character `end`, and where it ends.
fn last_heard(text: &Text, end: usize) -> Option<(usize, Cue)> {
    let syllables = text.syllables();
    let mut last = None;
    for at in 0..end.min(syllables.len()) {
        for (sounds, cue) in SOUNDS {
            let stop = at + sounds.len();
            let window = syllables.get(at..stop).unwrap_or_default();
            if stop <= end && window.iter().copied().eq(sounds.iter().map(|sound| Some(*sound))) {
                last = Some((stop, cue));
            }
        }
    }
    last
}

/// Words for an office or a firm: what is said of them is public.
const OFFICES: [&str; 30] = [
    "局",
    "大厅",
    "窗口",
    "中心",
    "营业厅",
    "分行",
    "支行",
    "网点",
    "门店",
    "派出所",
    "办事处",
    "街道办",
    "服务站",
    "医院",
    "客服",
    "热线",
    "总机",
    "值班室",
    "服务点",
    "管理处",
    "物业处",
    "维修部",
    "专柜",
    "代收点",
    "驿站",
    "委员会",
    "社保所",
    "税务所",
    "部门",
    "公司",
];

/// Words that say that a private matter follows, when an agent speaks.
const PRIVATE: [&str; 22] = [
    "机主",
    "户主",
    "业主",
    "他",
    "她",
    "客户",
    "您家",
    "您的",
    "您住",
    "您留",
    "收件人",
    "收货人",
    "寄件人",
    "联系人",
    "持卡人",
    "住址",
    "家庭",
    "登记的",
    "预留",
    "本人",
    "您是",
    "您说",
];

/// Whether what stands at `at` of an utterance by `channel` is said of an office and not of a person: of an agent's words always,
/// unless something private was named after the last office.
pub(super) fn is_public(text: &Text, channel: Channel, at: usize) -> bool {
    let last = |words: &[&str]| (0..=at).rev().find(|&end| words.iter().any(|word| text.has_before(end, word)));
    let (office, private) = (last(&OFFICES), last(&PRIVATE));
    match channel {
        Channel::Agent => private.is_none() || office > private,
        Channel::Customer | Channel::Mixed => false,
    }
}

/// Whether an office is named right behind `end`: 人民路十二号那个营业厅.
pub(super) fn office_follows(text: &Text, end: usize) -> bool {
    (end..end + 4).any(|at| {
        let between = text.chars.get(end..at).unwrap_or_default();
        between.iter().all(|c| matches!(c, '的' | '那' | '个' | '这')) && OFFICES.iter().any(|word| text.has(at, word))
    })
}
