//! What of a complaint goes into its record: words of the call.

use std::sync::LazyLock;

use hotline_model::{Channel, Complaint, Transcript};
use hotline_text::entities::{self, EntityKind, Line};
use hotline_text::{fold, spoken_chars};
use regex::Regex;

use super::detect::{Clause, Detected, clauses};
use super::guide::{Guide, Topic};
use super::telling::matter;
use super::wish::demand;
use crate::meaning::Understood;
use crate::promise::promised;

/// Longest text of a matter or demand, in spoken characters.
pub(super) const LONGEST: usize = 60;

/// Fewest spoken characters of a clause that says something.
pub(super) const SHORTEST: usize = 4;

pub(super) fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// The agent reads back: 您反映的是…，您的要求是….
static READ_BACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex("您(所|刚才|刚刚)?(反映|投诉|说|描述|反馈)的(问题|情况|内容|事情|事)?(主要)?是(关于)?[:,]?")
});
static READ_BACK_DEMAND: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex("您的?(要求|诉求|希望|需求|想法)(是|的是)?(希望)?[:,]?|您(希望|要求)"));
/// The end of a read-back.
static READ_BACK_END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex("[,，]?(对吗|对吧|是吗|是吧|是这样吗|没错吧|对不对)|[,，](是不是|您的|另外|好的)|[。？?！!]")
});

/// A department that is named as the one to deal with it.
static DEPARTMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(?:转给|转到|转至|转交给?|移交给?|交由|转派给?|派给|派到|派单给|交给|递到|递给|反馈给|反馈到|反映给|反映到|提交给|提交到|报给|报到|上报给?|通知|由|联系|督促)(?:我们的?|咱们的?|相关的?|负责的?|当地的?|属地的?|您?那边的?)?((?:[\\p{Han}]{1,10}?)?(?:物业公司|物业|城管局?|派出所|街道办|监管所|局|委员会|委|街道办|办事处|部门|部|科|处|中心|班组|小组|组|供电所|所|队|站点|站|社区|门店|厂家|网点))",
    )
});
/// Colleagues of another trade who will see to it: 理赔的同事.
static COLLEAGUES: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex("(?:由|让|请|叫|得|需要|找|等)([\\p{Han}]{2,4}?)的?(?:同事|专员|专家|专管员)"));
/// Words before 同事 that name no trade, and ends of names that are none: 联系一下, 处理.
static NAMELESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex("^(我|您|你|他|们|这|那|相关|负责|专业|专门|其他|别的|有关|当班|值班|后台)|(一下|这个|那个|我们|您)")
});
/// When it happened.
pub(super) static HAPPENED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "((从|自|打)?((大?前天|昨天|昨晚|今天|今早|今晚|前几天|前两天|最近|上个?(星期|礼拜|周|月)[一二三四五六日天末]?|这(个)?(星期|礼拜|周|月)|[0-9一二三四五六七八九十]+月(份|[0-9一二三四五六七八九十]+[号日])?|[一二三四五六七八九十]+号|去年|今年|每天|天天))(早上|上午|中午|下午|晚上|半夜|夜里|凌晨)?([0-9一二三四五六七八九十]+点(多|半)?)?(开始|起|以来)?)",
    )
});

/// Fills a complaint from a call.
pub(super) fn extract(guide: &Guide, call: &Understood<'_>, detected: &Detected) -> Complaint {
    let transcript = call.transcript();
    let clauses = clauses(transcript);
    let begins = detected.hits.iter().map(|hit| hit.utterance).min().unwrap_or(0);
    // The grievance often stands a sentence before the first sign of anger.
    let from = begins.saturating_sub(2);
    let matter = read_back(transcript, &READ_BACK).or_else(|| matter(call, &clauses, from));
    let demand = demand(transcript, &clauses, from).or_else(|| read_back(transcript, &READ_BACK_DEMAND));
    let said: String = clauses.iter().filter(|c| is_customer(c)).map(|c| format!("{},", c.text)).collect();
    let about = matter.as_deref().map(|matter| fold(matter).text).unwrap_or_default();
    let Caller { person, contact } = caller(transcript);
    Complaint {
        department: department(transcript, begins).or_else(|| topic(&guide.departments, &about, &said)),
        kind: topic(&guide.kinds, &about, &said),
        promised_time: promised_time(transcript, begins),
        happened: happened(&clauses, from),
        person,
        contact,
        begins: u32::try_from(begins).ok(),
        certainty: detected.certainty,
        matter,
        demand,
    }
}

fn is_customer(clause: &Clause) -> bool {
    clause.channel != Channel::Agent
}

/// Who called, and how to reach them.
pub(crate) struct Caller {
    pub(crate) person: Option<String>,
    pub(crate) contact: Option<String>,
}

/// The caller, as far as the call tells.
pub(crate) fn caller(transcript: &Transcript) -> Caller {
    let lines: Vec<Line<'_>> =
        transcript.utterances.iter().map(|u| Line { channel: u.channel, text: &u.text }).collect();
    let found = entities::find(&lines);
    let of_customer = |kind: EntityKind| {
        let own = |e: &&entities::Entity| {
            let first = e.parts.first().and_then(|part| lines.get(part.line));
            e.kind == kind && first.is_some_and(|line| line.channel != Channel::Agent)
        };
        found.iter().find(own).map(|e| e.value.clone())
    };
    let person = of_customer(EntityKind::Name).or_else(|| addressed(transcript));
    Caller { person, contact: of_customer(EntityKind::Phone) }
}

/// What the agent repeats as understood, up to the question or stop behind it.
fn read_back(transcript: &Transcript, cue: &LazyLock<Option<Regex>>) -> Option<String> {
    let (cue, end) = (cue.as_ref()?, READ_BACK_END.as_ref()?);
    transcript.utterances.iter().filter(|u| u.channel != Channel::Customer).find_map(|utterance| {
        let text = utterance.text.as_str();
        let rest = text.get(cue.find(text)?.end()..)?;
        let piece = rest.get(..end.find(rest).map_or(rest.len(), |m| m.start()))?.trim_matches([',', '，', ' ', '、']);
        (spoken_chars(piece) >= SHORTEST).then(|| shortened(piece))
    })
}

pub(super) fn shortened(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if spoken_chars(&out) >= LONGEST {
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

/// The topic with most of its words in the matter, else in all the customer said; the earlier on a tie.
fn topic(topics: &[Topic], about: &str, said: &str) -> Option<String> {
    let best = |text: &str| {
        let count = |topic: &Topic| topic.words.iter().filter(|word| text.contains(word.as_str())).count();
        let top = topics.iter().rev().max_by_key(|topic| count(topic))?;
        (count(top) > 0).then(|| top.name.clone())
    };
    best(about).or_else(|| best(said))
}

/// The department that the agent names last as the one to deal with it.
pub(crate) fn department(transcript: &Transcript, begins: usize) -> Option<String> {
    let (pattern, colleagues, nameless) = (DEPARTMENT.as_ref()?, COLLEAGUES.as_ref()?, NAMELESS.as_ref()?);
    let agent = transcript.utterances.iter().skip(begins).filter(|u| u.channel != Channel::Customer);
    let named = |text: &str| {
        let of = |pattern: &Regex| Some(pattern.captures(text)?.get(1)?.as_str().to_owned());
        of(pattern).or_else(|| of(colleagues)).filter(|name| !nameless.is_match(name))
    };
    agent.filter_map(|u| named(&u.text)).next_back()
}

/// The times that the agent promises something by, last: several of one utterance (看, 然后答复) are all kept.
fn promised_time(transcript: &Transcript, begins: usize) -> Option<String> {
    let agent = transcript.utterances.iter().skip(begins).filter(|u| u.channel != Channel::Customer);
    let in_utterance = |text: &str| {
        let all = promised(text);
        let words: Vec<&str> = all.iter().filter_map(|promised| text.get(promised.span.clone())).collect();
        (!words.is_empty()).then(|| words.join("，"))
    };
    agent.filter_map(|u| in_utterance(&u.text)).next_back()
}

/// When it happened: the first time the customer tells from the beginning on.
fn happened(clauses: &[Clause], from: usize) -> Option<String> {
    let pattern = HAPPENED.as_ref()?;
    let own = clauses.iter().filter(|c| is_customer(c) && c.utterance >= from);
    own.filter_map(|c| pattern.find(&c.text)).map(|m| m.as_str().to_owned()).next()
}

/// How the agent addresses the customer: 刘先生.
fn addressed(transcript: &Transcript) -> Option<String> {
    static TITLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| regex("(?:^|[,，。！、 是叫的])([\\p{Han}]{1,2}(?:先生|女士|小姐))"));
    let pattern = TITLE.as_ref()?;
    let agent = transcript.utterances.iter().filter(|u| u.channel == Channel::Agent);
    agent.filter_map(|u| Some(pattern.captures(&u.text)?.get(1)?.as_str().to_owned())).next()
}
