//! What of a complaint goes into its record: words of the call.

use std::sync::LazyLock;

use hotline_model::{Channel, Complaint, Transcript};
use hotline_text::entities::{self, EntityKind, Line};
use hotline_text::{Lexicon, fold, spoken_chars};
use regex::Regex;

use super::detect::{Clause, Detected, clauses};
use super::guide::{Guide, Topic};

/// Longest text of a matter or demand, in spoken characters.
const LONGEST: usize = 60;

/// Fewest spoken characters of a clause that says something.
const SHORTEST: usize = 4;

fn regex(pattern: &str) -> Option<Regex> {
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

/// What the customer wants.
static DEMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(要求|希望|必须|一定要|要么|赶紧|赶快|马上|立刻|尽快|退(钱|款|费|给我|回|了)|赔|补偿|道歉|说法|交代|答复|别再|不要再|停止|停了|什么时候能|修好|解决|换(一个|新的|掉)|给我(退|换|修|处理|解决|回)|派(个)?人|叫.{0,4}(主管|经理|领导)|回(个)?电话|处理(掉|好|一下)|管一?管|就别)",
    )
});
/// Words around the matter that carry none of it.
static PREAMBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "^((喂|你好|您好|诶|哎|唉|嗯|呃|啊|那个|就是说?|是这样(的|子)?|我?(要|想)(投诉|举报|反映)(一下|个|你们)?(问题|事儿?|情况)?|我跟你说|我告诉你)[啊呀吧哈呢,，、 ]*)+",
    )
});
/// Trouble, in a word.
static TROUBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(坏|破|漏|停|断|慢|吵|闹|臭|堵|丢|错|假|差|骗|占|卡|掉|爆|烂|脏|乱|贵|多收|扣|收费|没(有|人|收到|来|修|送|退|到|用)|不(能|行|了|通|来|修|退|给|让|到|上|好|见|够|准|对)|才[0-9一二三四五六七八九十百]|被|困|骂|态度|噪音|噪声|扰民|施工|故障|问题|投诉|损)",
    )
});
/// A promise of the agent, with its time.
static PROMISE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = "[0-9一二三四五六七八九十两半]{1,4}(个)?(到|至|-)?[0-9一二三四五六七八九十两]{0,3}(个)?";
    regex(&format!(
        "((({number}(工作日|小时|钟头|分钟|天|日|周|星期|礼拜|月))(之内|以内|内|左右|后|之后)?)|((今天|明天|后天|今晚|明早|本周|这周|下周[一二三四五六日]?|月底|周[一二三四五六日])(上午|下午|晚上|中午|早上)?([0-9一二三四五六七八九十]+点(半)?)?(之前|以前|前|内|之内)?)|((上午|下午|晚上|中午)[0-9一二三四五六七八九十]+点(半)?(之前|以前|前)?))"
    ))
});
/// What is promised.
static PROMISED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex("(回(您|个)?(电话|电|复)|答复|回复|联系您|给您|处理|解决|上门|到账|退|反馈|核实|通知您|结果|跟进|办结|修好)")
});
/// A department that is named.
static DEPARTMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(?:转给|转到|转交给|转交|转派给|派给|派到|交给|反馈给|反映给|提交给|提交到|报给|上报给?|通知|由|联系|督促)(?:我们的?|咱们的?|相关的?|负责的?|当地的?)?((?:[\\p{Han}]{1,10}?)?(?:物业|城管|派出所|街道办|局|委员会|委|街道办|办事处|部门|部|科|处|中心|班组|小组|组|物业|供电所|所|队|站点|站|社区|门店|厂家|网点))",
    )
});
/// When it happened.
static HAPPENED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "((从|自|打)?((大?前天|昨天|昨晚|今天|今早|今晚|前几天|前两天|最近|上个?(星期|礼拜|周|月)[一二三四五六日天末]?|这(个)?(星期|礼拜|周|月)|[0-9一二三四五六七八九十]+月(份|[0-9一二三四五六七八九十]+[号日])?|[一二三四五六七八九十]+号|去年|今年|每天|天天))(早上|上午|中午|下午|晚上|半夜|夜里|凌晨)?([0-9一二三四五六七八九十]+点(多|半)?)?(开始|起|以来)?)",
    )
});

/// Fills a complaint from a call.
pub(super) fn extract(guide: &Guide, transcript: &Transcript, detected: &Detected) -> Complaint {
    let clauses = clauses(transcript);
    let begins = detected.hits.iter().map(|hit| hit.utterance).min().unwrap_or(0);
    // The grievance often stands a sentence before the first sign of anger.
    let from = begins.saturating_sub(2);
    let matter = read_back(transcript, &READ_BACK).or_else(|| matter(transcript, &clauses, from));
    let demand = demand(transcript, &clauses, from).or_else(|| read_back(transcript, &READ_BACK_DEMAND));
    let said: String = clauses.iter().filter(|c| is_customer(c)).map(|c| format!("{},", c.text)).collect();
    let about = matter.as_deref().map(|matter| fold(matter).text).unwrap_or_default();
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
    Complaint {
        department: department(transcript, begins).or_else(|| topic(&guide.departments, &about, &said)),
        kind: topic(&guide.kinds, &about, &said),
        promised_time: promised_time(transcript, begins),
        happened: happened(&clauses, from),
        person: of_customer(EntityKind::Name).or_else(|| addressed(transcript)),
        contact: of_customer(EntityKind::Phone),
        begins: u32::try_from(begins).ok(),
        certainty: detected.certainty,
        matter,
        demand,
    }
}

fn is_customer(clause: &Clause) -> bool {
    clause.channel != Channel::Agent
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

/// The clauses of the customer that say what is wrong: the richest utterance near the beginning, without greetings.
fn matter(transcript: &Transcript, clauses: &[Clause], from: usize) -> Option<String> {
    let (trouble, preamble) = (TROUBLE.as_ref()?, PREAMBLE.as_ref()?);
    let lexicon = Lexicon::built_in();
    let weight = |at: usize, text: &str| {
        let content = lexicon.words(text).iter().filter(|word| word.tag.is_content()).count();
        let own = clauses.iter().filter(|c| c.utterance == at && trouble.is_match(&c.text)).count();
        // Later utterances repeat or argue.
        (own * 4 + content) as f32 / (1.0 + 0.25 * at.saturating_sub(from) as f32)
    };
    let utterances = transcript.utterances.iter().enumerate().skip(from);
    let (at, utterance) = utterances
        .filter(|(_, u)| u.channel != Channel::Agent && spoken_chars(&u.text) >= SHORTEST)
        .max_by(|(i, a), (j, b)| weight(*i, &a.text).total_cmp(&weight(*j, &b.text)).then(j.cmp(i)))?;
    let text = utterance.text.as_str();
    let own: Vec<&Clause> = clauses.iter().filter(|c| c.utterance == at).collect();
    let first = own.iter().position(|c| {
        let said = preamble.replace(&c.text, "");
        spoken_chars(&said) >= SHORTEST
    })?;
    // From the first clause that says something to the last that names trouble, as far as there is room.
    let start = own.get(first)?;
    let skipped = start.text.len() - preamble.replace(&start.text, "").len();
    let begin = if start.text.len() == start.end - start.start { start.start + skipped } else { start.start };
    let mut end = start.end;
    for clause in own.iter().skip(first + 1) {
        let wider = text.get(begin..clause.end).unwrap_or_default();
        if spoken_chars(wider) > LONGEST {
            break;
        }
        end = clause.end;
    }
    let piece = text.get(begin..end)?.trim_matches([',', '，', ' ', '、']);
    (spoken_chars(piece) >= SHORTEST).then(|| shortened(piece))
}

/// The customer's last clause that asks for something, with the one behind it if it goes on (要么…要么…).
fn demand(transcript: &Transcript, clauses: &[Clause], from: usize) -> Option<String> {
    let pattern = DEMAND.as_ref()?;
    let asks = |clause: &&Clause| {
        is_customer(clause)
            && clause.utterance >= from
            && pattern.is_match(&clause.text)
            && spoken_chars(&clause.text) >= SHORTEST
    };
    let strength = |clause: &Clause| pattern.find_iter(&clause.text).count();
    let best = clauses.iter().filter(asks).max_by_key(|clause| (strength(clause), clause.utterance, clause.start))?;
    let text = transcript.utterances.get(best.utterance)?.text.as_str();
    let mut span = best.start..best.end;
    for clause in clauses.iter().filter(|c| c.utterance == best.utterance).filter(asks) {
        // Only clauses that stand side by side are one wish.
        let apart = clause.start.saturating_sub(span.end).max(span.start.saturating_sub(clause.end));
        if apart <= 4 {
            span = span.start.min(clause.start)..span.end.max(clause.end);
        }
    }
    Some(shortened(text.get(span)?.trim()))
}

fn shortened(text: &str) -> String {
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

/// A department that the agent names as the one to deal with it.
fn department(transcript: &Transcript, begins: usize) -> Option<String> {
    let pattern = DEPARTMENT.as_ref()?;
    let agent = transcript.utterances.iter().skip(begins).filter(|u| u.channel != Channel::Customer);
    let mut named = agent.filter_map(|u| pattern.captures(&u.text)?.get(1).map(|name| name.as_str().to_owned()));
    named.next_back()
}

/// The last time the agent promises something by.
fn promised_time(transcript: &Transcript, begins: usize) -> Option<String> {
    let (promise, promised) = (PROMISE.as_ref()?, PROMISED.as_ref()?);
    let agent = transcript.utterances.iter().skip(begins).filter(|u| u.channel != Channel::Customer);
    let in_utterance = |text: &str| {
        let mut last = None;
        for hit in promise.find_iter(text) {
            let near = text.ceil_char_boundary((hit.end() + 48).min(text.len()));
            let after = text.get(hit.end()..near).unwrap_or_default();
            let clause_end = after.find(['。', '？', '?', '！']).unwrap_or(after.len());
            if promised.is_match(after.get(..clause_end).unwrap_or_default()) {
                last = Some(hit.as_str().to_owned());
            }
        }
        last
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
