//! What the customer tells: the clauses that say what is the matter, without greetings, wishes, anger and questions back.

use std::sync::LazyLock;

use hotline_model::{Channel, TextSpan, Transcript};
use hotline_text::{Lexicon, number, spoken_chars};
use regex::Regex;

use super::detect::Clause;
use super::extract::{HAPPENED, LONGEST, SHORTEST, regex};
use super::wish::is_wish;
use crate::meaning::{Meanings, Understood, certainty};

/// What a clause has to weigh to be kept: of the utterance that tells most, and of others.
const OF_MAIN: f32 = 0.4;
const OF_OTHERS: f32 = 1.5;
/// How much less an utterance weighs with each that comes before it: later ones repeat or argue.
const FADING: f32 = 0.12;

/// Words around the matter that carry none of it.
static PREAMBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "^((喂|你好|您好|诶|哎|唉|嗯|呃|啊|那个|就是说?|是这样(的|子)?|我?(要|想)(投诉|举报|反映)(一下|个|你们)?(问题|事儿?|情况)?|我(跟|和)?(你|您)(说|讲|们说)(啊|吧|呀)?|我告诉(你|您))[啊呀吧哈呢,，、 ]*)+",
    )
});
/// Trouble, in a word.
static TROUBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(坏|破|漏|停|断|慢|吵|闹|臭|堵|丢|错|假|差|骗|占|卡|掉|爆|烂|脏|乱|贵|死|湿|滴|关门|跑了|多收|扣|收费|没(有|人|收到|来|修|送|退|到|用)|不(能|行|了|通|来|修|退|给|让|到|上|好|见|够|准|对)|才[0-9一二三四五六七八九十百]|被|又|困|骂|态度|噪音|噪声|扰民|施工|故障|损)",
    )
});
/// Words to the agent, not about the matter: who are you, what do you mean, do you hear.
static TO_AGENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(工号|(叫|姓)什么|什么(态度|意思|名字)|怎么(说话|骂人|这么说|这样)|(你|您)(们)?(到底|是不是|能不能|凭什么|什么|这|那|再|可|叫|别|记|听|先|给句|给我|说(说|吧|谁|什么|怎么))|别跟我|跟我说什么|我(不管|问你|等你|知道了|记住|找你)|要投诉|找(你们?)?(的)?(领导|经理|主管)|12345|12315)",
    )
});
/// Who and where to reach: goes into fields of its own.
static PERSON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex("(我(姓|叫)|名字(是|叫)|(电话|手机|号码)(号|是|就是)|户(号|主)|订单号|[0-9幺零一二三四五六七八九]{7})")
});

/// How the customer was treated, in this call or before: part of the matter, even where it is thrown at the agent.
static CONDUCT: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex("(态度|骂(人|我|客)|吼(我|人)|凶(我|人)|不耐烦|踢皮球|推来推去|挂(了)?(我|人)?(的)?电话)"));

/// A clause of the customer and what it says for the matter.
struct Told<'a> {
    clause: &'a Clause,
    weight: f32,
    /// Whether it has to be kept, whatever it weighs.
    kept: bool,
}

/// What the customer of a call tells from utterance `from` on, in their words; pieces that do not stand side by side are joined by `；`.
pub(super) fn matter(call: &Understood<'_>, clauses: &[Clause], from: usize) -> Option<String> {
    let mut all = told(call.transcript(), &clauses.iter().collect::<Vec<_>>(), from, |at| meant(call, at));
    let conduct = |told: &&mut Told<'_>| {
        let text = told.clause.text.as_str();
        told.clause.channel == Channel::Customer
            && spoken_chars(text) >= SHORTEST
            && CONDUCT.as_ref().is_some_and(|pattern| pattern.is_match(text))
    };
    if let Some(told) = all.iter_mut().find(conduct) {
        told.kept = true;
    }
    summed_up(call.transcript(), &all, OF_OTHERS)
}

/// What a customer reports: of the utterance of `anchor`, with that clause.
pub(super) fn report(transcript: &Transcript, clauses: &[Clause], anchor: &Clause) -> Option<String> {
    let own: Vec<&Clause> = clauses.iter().filter(|clause| clause.utterance == anchor.utterance).collect();
    let mut all = told(transcript, &own, 0, |_| Vec::new());
    for told in all.iter_mut().filter(|told| told.clause.start == anchor.start) {
        told.kept = true;
    }
    summed_up(transcript, &all, f32::INFINITY)
}

/// What a customer asks that is not answered in utterance `unanswered`: the utterance that says most until then, and the questions right before.
pub(super) fn question(transcript: &Transcript, clauses: &[Clause], unanswered: usize) -> Option<String> {
    let before: Vec<&Clause> = clauses.iter().filter(|clause| clause.utterance < unanswered).collect();
    let mut all = told(transcript, &before, 0, |_| Vec::new());
    let said = |told: &Told<'_>| told.clause.channel != Channel::Agent && spoken_chars(&told.clause.text) >= SHORTEST;
    let last = all.iter().filter(|told| said(told)).map(|told| told.clause.utterance).max();
    for told in all.iter_mut().filter(|told| Some(told.clause.utterance) == last) {
        let text = transcript.utterances.get(told.clause.utterance).map_or("", |utterance| utterance.text.as_str());
        if asks(told.clause, text) && spoken_chars(&told.clause.text) >= SHORTEST {
            told.kept = true;
        }
    }
    summed_up(transcript, &all, f32::INFINITY)
}

/// The customer's clauses from utterance `from` on; `meant` says of which runs of clauses of an utterance it is how sure that they tell a
/// grievance.
fn told<'a>(
    transcript: &Transcript,
    clauses: &[&'a Clause],
    from: usize,
    meant: impl Fn(usize) -> Vec<(TextSpan, f32)>,
) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'_>> = Vec::new();
    let mut said = 0;
    for (at, utterance) in transcript.utterances.iter().enumerate().skip(from) {
        if utterance.channel == Channel::Agent {
            continue;
        }
        let meant = meant(at);
        let fading = 1.0 / (1.0 + FADING * said as f32);
        said += 1;
        for clause in clauses.iter().copied().filter(|clause| clause.utterance == at) {
            let weight = weight(clause, &utterance.text, &meant);
            all.push(Told { clause, weight: if weight > 0.0 { weight * fading } else { weight }, kept: false });
        }
    }
    all
}

/// The clauses that weigh most, as far as there is room, in the order of the call: those of the utterance that tells most, then those of
/// others that weigh at least `of_others`.
fn summed_up(transcript: &Transcript, all: &[Told<'_>], of_others: f32) -> Option<String> {
    let sum = |utterance: usize| -> f32 {
        let own = all.iter().filter(|told| told.clause.utterance == utterance);
        own.map(|told| told.weight.max(0.0)).sum()
    };
    let main =
        all.iter().map(|told| told.clause.utterance).max_by(|a, b| sum(*a).total_cmp(&sum(*b)).then(b.cmp(a)))?;
    let of_main = |told: &Told<'_>| told.clause.utterance == main;
    let least = |told: &Told<'_>| if of_main(told) { OF_MAIN } else { of_others };
    let mut order: Vec<(usize, &Told<'_>)> =
        all.iter().enumerate().filter(|(_, told)| told.kept || told.weight >= least(told)).collect();
    order.sort_by(|(i, a), (j, b)| {
        b.kept.cmp(&a.kept).then(of_main(b).cmp(&of_main(a))).then(b.weight.total_cmp(&a.weight)).then(i.cmp(j))
    });
    let mut room = LONGEST;
    order.retain(|(_, told)| {
        let length = spoken_chars(&told.clause.text);
        let fits = length <= room;
        // What has to be kept takes no room from the rest.
        room -= if fits && !told.kept { length } else { 0 };
        fits || told.kept
    });
    order.sort_unstable_by_key(|(at, _)| *at);
    joined(transcript, order.into_iter().map(|(_, told)| told.clause))
}

/// How sure it is of each run of clauses of an utterance that it tells a grievance.
fn meant(call: &Understood<'_>, utterance: usize) -> Vec<(TextSpan, f32)> {
    let (Some(at), Ok(utterance)) = (Meanings::built_in().label("complaint"), u32::try_from(utterance)) else {
        return Vec::new();
    };
    let sentences = call.sentences(utterance);
    let runs = sentences.iter().flatten();
    runs.map(|run| (run.span, run.margins.get(at).copied().map_or(0.0, certainty))).collect()
}

fn weight(clause: &Clause, text: &str, meant: &[(TextSpan, f32)]) -> f32 {
    let said = stripped(&clause.text);
    if spoken_chars(said) < SHORTEST {
        return 0.0;
    }
    let is = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(said));
    let inside = |span: &TextSpan| span.range().start < clause.end && clause.start < span.range().end;
    let grievance = meant.iter().filter(|(span, _)| inside(span)).map(|(_, sure)| *sure).fold(0.0, f32::max);
    let content = Lexicon::built_in().words(said).iter().filter(|word| word.tag.is_content()).count().min(5) as f32;
    let dated = is(&HAPPENED) || !number::find(said).is_empty();
    let asks = asks(clause, text);
    grievance + f32::from(u8::from(is(&TROUBLE))) + 0.25 * content + 0.4 * f32::from(u8::from(dated))
        - 1.2 * f32::from(u8::from(is(&TO_AGENT)))
        - 0.6 * f32::from(u8::from(asks))
        - 1.5 * f32::from(u8::from(is_wish(said)))
        - 3.0 * f32::from(u8::from(is(&PERSON)))
}

/// Whether a clause is a question.
fn asks(clause: &Clause, text: &str) -> bool {
    text.get(clause.end..).is_some_and(|rest| rest.starts_with(['？', '?']))
        || clause.text.trim_end().ends_with(['吗', '呢', '吧', '嘛', '么'])
}

/// A clause without the words before it that carry none of the matter.
fn stripped(text: &str) -> &str {
    let skipped = PREAMBLE.as_ref().and_then(|pattern| pattern.find(text)).map_or(0, |found| found.end());
    text.get(skipped..).unwrap_or("").trim_start()
}

/// Clauses in the words of the call; those that stand side by side keep what is between them.
pub(super) fn joined<'a>(transcript: &Transcript, clauses: impl Iterator<Item = &'a Clause>) -> Option<String> {
    let mut pieces: Vec<(usize, usize, usize)> = Vec::new();
    for clause in clauses {
        let text = transcript.utterances.get(clause.utterance).map_or("", |utterance| utterance.text.as_str());
        match pieces.last_mut() {
            // A stop of one character stands between them.
            Some((utterance, _, end))
                if *utterance == clause.utterance && clause.start.saturating_sub(*end) <= '，'.len_utf8() =>
            {
                *end = clause.end;
            }
            _ => {
                let own = text.get(clause.start..clause.end).unwrap_or("");
                let start = clause.start + own.len() - stripped(own).len().min(own.len());
                pieces.push((clause.utterance, start, clause.end));
            }
        }
    }
    let words = |(utterance, start, end): &(usize, usize, usize)| {
        let text = transcript.utterances.get(*utterance)?.text.get(*start..*end)?;
        let text = text.trim_matches([',', '，', '。', ' ', '、']);
        (!text.is_empty()).then_some(text)
    };
    let words: Vec<&str> = pieces.iter().filter_map(words).collect();
    (!words.is_empty()).then(|| words.join("；"))
}
