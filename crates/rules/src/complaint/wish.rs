//! What the customer wants: a remedy, and words that ask for it.

use std::sync::LazyLock;

use hotline_model::{Channel, Transcript};
use hotline_text::spoken_chars;
use regex::Regex;

use super::detect::Clause;
use super::extract::{SHORTEST, regex, shortened};

/// What can be done about a grievance.
static REMEDY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(退(钱|款|费|货|还|回|给|掉|了|我)|退$|赔|补偿|补发|补(好|上|回)|道歉|赔礼|(个|的)(说法|交代|解释|答复|公道|日子|准话|准信|结果)|说法|修好|修一|(来|派|去|人|给我|赶紧|时候|才能|能)修|维修|弄好|搞好|换(一|个|新|掉|台|块)|验(一|表|货|$)|查(一查|清|处|明)|解决|处理(掉|好|一下|了|$)?|要回来|还(给)?我|拿回来|停(止|了|工|掉)|别(再|干|吵)|拆(掉|了|除)|清理|清走|恢复|整改|管一?管|(派|来)(个|个把)?人|回(个)?电话|回电|主管|经理|领导|负责人|开除|处罚|严肃)",
    )
});
/// Words that ask for it.
static ASKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(要求|希望|必须|一定|要么|我(就|只|们)?要|想要|得(给|帮|把|让|赔|退|修|换|验|查|解决|处理)|也得|怎么也得|赶紧|赶快|马上|立刻|立即|尽快|今天|给我|帮我|替我|给个|给一个|还我|退我|赔我|把|让(你|他|她|那|我们)|叫(你|他|她|那|个)|别|不要|就行|什么时候|哪天|能不能|能修|请(你|您)|麻烦|你们?(得|要|给|派|来|赶|把|必须|应该)|按|退$|赔(个|三|两|一|[0-9])|管不管)",
    )
});
/// What others said, or what was tried before.
static TOLD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        "(说(是|要|给|会|过|好|让)|答应|承诺|保证|上(次|回)|每(次|回)|之前|找(过|了)|反映过|没(有)?(给|来|修|退|处理|解决|答复|人)|不(给|退|修|处理|解决|赔)|(要|跟|和)(我|我们)说)",
    )
});

/// How strongly a clause asks for a remedy, 0 if it does not.
fn strength(text: &str) -> usize {
    let count = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().map_or(0, |p| p.find_iter(text).count());
    let (remedy, asked) = (count(&REMEDY), count(&ASKED));
    if remedy == 0 || asked == 0 || count(&TOLD) > 0 { 0 } else { remedy + asked }
}

/// Whether a clause asks for a remedy.
pub(super) fn is_wish(text: &str) -> bool {
    strength(text) > 0
}

/// What the customer asks for from utterance `from` on: the clauses of the utterance that asks most, side by side (要么…要么…); of several the last.
pub(super) fn demand(transcript: &Transcript, clauses: &[Clause], from: usize) -> Option<String> {
    let own = |clause: &&Clause| {
        clause.channel != Channel::Agent && clause.utterance >= from && spoken_chars(&clause.text) >= SHORTEST
    };
    let mut best: Option<(usize, usize)> = None;
    for clause in clauses.iter().filter(own) {
        let of_utterance = clauses.iter().filter(own).filter(|other| other.utterance == clause.utterance);
        let sum = of_utterance.map(|other| strength(&other.text)).sum::<usize>();
        if sum > 0 && best.is_none_or(|(most, _)| sum >= most) {
            best = Some((sum, clause.utterance));
        }
    }
    let (_, utterance) = best?;
    let text = transcript.utterances.get(utterance)?.text.as_str();
    let mut asking: Vec<&Clause> =
        clauses.iter().filter(own).filter(|c| c.utterance == utterance && is_wish(&c.text)).collect();
    asking.sort_by_key(|clause| clause.start);
    let strongest = asking.iter().copied().max_by_key(|clause| strength(&clause.text))?;
    let mut span = strongest.start..strongest.end;
    // Only clauses that stand side by side, or with one between them, are one wish.
    for _ in 0..asking.len() {
        for clause in &asking {
            let apart = clause.start.saturating_sub(span.end).max(span.start.saturating_sub(clause.end));
            if apart <= NEAR {
                span = span.start.min(clause.start)..span.end.max(clause.end);
            }
        }
    }
    Some(shortened(text.get(span)?.trim()))
}

/// Farthest apart that two clauses of one wish stand, in bytes: a clause of some ten characters may be between them.
const NEAR: usize = 36;
