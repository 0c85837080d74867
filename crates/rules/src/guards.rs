//! What takes the force from words that were heard: being denied, told of somebody else, or asked.
//!
//! Not grammar, but the few turns of phrase that matter on the telephone: 我不会说不归我管 denies, 您是说不归我管 and 前台说
//! 不归他们管 tell, 是不是不归我管 asks. 我说了不归我管 does none of these: who says it of himself has said it.

use std::sync::LazyLock;

use hotline_model::TextSpan;
use regex::Regex;

use crate::condition::Ignore;

/// How far before and after the words the turns of phrase are looked for, in characters.
const REACH_CHARS: usize = 16;

/// The first of `ignore` that takes the force from `span` of `text`.
pub(crate) fn cancelled(text: &str, span: TextSpan, ignore: &[Ignore]) -> Option<Ignore> {
    if ignore.is_empty() {
        return None;
    }
    let before = sentence_before(text, span.range().start);
    let after = sentence_after(text, span.range().end);
    ignore.iter().copied().find(|ignore| match ignore {
        Ignore::Negated => NEGATED.iter().any(|re| re.is_match(before)) || DISOWNED.is_match(after),
        Ignore::Quoted => is_quoted(before),
        Ignore::Asked => ASKED.is_match(before) || asks_of_oneself(text, span, after),
    })
}

/// Whether it is denied directly before `at` that something is said: 不会跟您说.
pub(crate) fn denies_saying(text: &str, at: usize) -> bool {
    NEGATED.first().is_some_and(|re| re.is_match(sentence_before(text, at)))
}

/// Whether a verb of speaking stands directly before `span` without anybody being named who speaks: 不会说 and 他说, where
/// the recogniser missed a word, end in the same way. What follows may be meant or told; a person has to listen.
pub(crate) fn perhaps_told(text: &str, span: TextSpan) -> bool {
    let before = sentence_before(text, span.range().start);
    if ["虽说", "再说", "按说", "照说", "应该说", "或者说", "就是说"].iter().any(|word| before.ends_with(word))
    {
        return false;
    }
    SAID.captures(before).is_some_and(|said| !OWN.is_match(said.get(1).map_or("", |m| m.as_str())))
}

/// 这个不归我们管吗: who asks this of his own side wants to know it. With 你 in it (你听不懂吗) it is no question at all.
fn asks_of_oneself(text: &str, span: TextSpan, after: &str) -> bool {
    let words = span.slice(text).unwrap_or("");
    words.contains('我') && !words.contains(['你', '您']) && ASKS_AFTER.is_match(after)
}

fn sentence_before(text: &str, end: usize) -> &str {
    let before = text.get(..end).unwrap_or("");
    let from = before
        .rfind(is_sentence_end)
        .map_or(0, |at| at + before.get(at..).and_then(|r| r.chars().next()).map_or(0, char::len_utf8));
    let sentence = before.get(from..).unwrap_or("");
    let skip = sentence.chars().count().saturating_sub(REACH_CHARS);
    sentence.char_indices().nth(skip).map_or("", |(at, _)| sentence.get(at..).unwrap_or(""))
}

fn sentence_after(text: &str, start: usize) -> &str {
    let after = text.get(start..).unwrap_or("");
    let sentence = after.split(is_sentence_end).next().unwrap_or("");
    sentence.char_indices().nth(REACH_CHARS).map_or(sentence, |(at, _)| sentence.get(..at).unwrap_or(""))
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, '。' | '！' | '!' | '？' | '?' | '；' | ';' | '\n')
}

fn is_quoted(before: &str) -> bool {
    if before.trim_end().ends_with(['“', '‘', '"', '「', '『', '\'']) {
        return true;
    }
    if MEANT.is_match(before) || TOLD_TO.is_match(before) {
        return true;
    }
    let Some(said) = SAID.captures(before) else { return false };
    let subject = said.get(1).map_or("", |m| m.as_str());
    // 他就是说不归他管 tells, 他打得最多的就是说长途 only wins time.
    if let Some(rest) = subject.strip_suffix("就是") {
        return OTHERS.find_iter(rest).any(|m| m.end() == rest.len());
    }
    // 我跟您说, 我都说了: the speaker's own words. 他跟我说: somebody else's.
    let own = OWN.find_iter(subject).any(|m| !OBJECT.is_match(subject.get(..m.start()).unwrap_or("")));
    !own && OTHERS.is_match(subject)
}

/// Patterns are fixed and tested; should one fail to compile, it matches nothing.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants and every one is run by the tests below")]
    Regex::new(text).expect("a constant pattern compiles")
}

/// Denied by 不会说, 没有讲, 绝不 and so on directly before the words.
static NEGATED: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        // With a verb of speaking, any negation will do, and quotation marks or a comma may follow.
        pattern(
            r"(?:不会|不能|不可以|不该|不应该|不应当|不可能|不准|不许|不得|不是|不想|不敢|不要|没有|没|从不|绝不|决不|别|不|无法|未|禁止|怎么会|怎么能|哪能|哪会)(?:随便|随意|这么|这样|再|直接|简单|轻易|就|去|来|在|想)*(?:跟|对|给|向|和|让|叫)?(?:您|你|客户|大家|人家|任何人|别人|他|她)?(?:们)?(?:这么|这样|再|直接|随便)*(?:说|讲|回答|答复|回复|告诉|承诺|保证|答应|出现|使用|表示|认为|觉得)(?:您|你|客户)?(?:成|过|了|什么|句|一句|出|出来)*[，,：:、\s“‘「『]*$",
        ),
        // Without one, only what cannot open a sentence by itself (不是，你怎么… is no denial), and nothing in between.
        pattern(
            r"(?:不会|不能|不可以|不应该|不可能|不得|不许|不准|绝不|决不|别|不要|无法|没法|没办法|没有办法|没有要|不敢|怎么会|怎么能|哪能|哪会|不存在|不至于|并不是|并非|不等于|不代表|不是要|不是想)(?:说|让|叫|要|跟|对|给|是)?(?:您|你|客户)?(?:们)?(?:自己|再|随便|就)*$",
        ),
    ]
});

/// Disowned afterwards: “不归我管”这种话我们是不能说的.
static DISOWNED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[”’」』\s]*(?:这种|这样的|这类|这句|这些|那种|之类的?)?(?:话|说法|态度|用语|字眼).{0,8}(?:不能|不会|不该|不应该|不许|不准|不对|不合适|不妥|没有|没说|禁止|不允许)",
    )
});

/// 您是说, 您的意思是: taking up the other's words to make sure.
static MEANT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:(?:您|你|他|她|他们|客户|对方)(?:刚才|刚刚|前面)?(?:的意思|指的|说的|讲的|反映的|担心的?|觉得|认为|以为|怕)(?:就)?(?:是)?(?:说)?|(?:您|你|他|她|他们)(?:刚才|刚刚|就)?是(?:说|讲|指|觉得|认为|怕|担心)).{0,10}$",
    )
});

/// A verb of speaking directly before the words, and what stands before it in the sentence.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(.*?)(?:说|讲|骂|回复|答复|回答|告诉|反映|提到|表示|称|通知|写)(?:您|你|我|我们|他|她|他们|客户|顾客|用户)?(?:的|是|了|过|到|着)*(?:什么)?[，,：:、\s]*$",
    )
});

/// 前台让您…, 他叫我…: what somebody else told the customer to do.
static TOLD_TO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:他们?|她们?|客服|前台|窗口|师傅|物业|商家|卖家|快递员?|司机|工作人员|人家|有人|对方|同事|那边|银行|医院|社区|街道|店家|保安|经理)(?:之前|当时|刚才|上次|就|又|还|都|一直|只|非)*(?:让|叫|要|喊|劝|要求|推|赶)(?:您|你|我们?|客户|人)?(?:去|再|自己)*$",
    )
});

/// A question mark's worth of particle directly after the words.
static ASKS_AFTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:的|了|这个|这事)*(?:吗|么|呢|是吗|对吗|是不是)"));

static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"我们?|咱们?|本人"));
/// After one of these, 我 is who is spoken to.
static OBJECT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:跟|对|给|向|和|告诉|同|朝)$"));
static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"您|你|他|她|客户|顾客|用户|人家|对方|别人|有人|谁|同事|师傅|前台|窗口|客服|座席|坐席|专员|人员|经理|保安|物业|居委|社区|街道|医院|银行|商家|卖家|快递|那边|那位|那个人|之前|以前|上次|昨天|上午|下午|早上|前天|部门|单位|公司|家属|爱人|孩子|老人|司机|老板|领导|老师|医生|护士|中心|局|所|店|网上|短信|通知",
    )
});

static ASKED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:是不是|是否|会不会|有没有|难道|能不能|可不可以)(?:您|你|他|她|他们|我们|这个)?(?:觉得|认为|说)?$")
});

#[cfg(test)]
mod tests {
    use super::*;

    /// The words between brackets are the hit.
    fn cancelled_by(marked: &str) -> Option<Ignore> {
        let start = marked.find('[').unwrap();
        let end = marked.find(']').unwrap() - 1;
        let text = marked.replace(['[', ']'], "");
        cancelled(&text, TextSpan::new(start, end), &[Ignore::Negated, Ignore::Quoted, Ignore::Asked])
    }

    #[test]
    fn what_is_denied_told_or_asked_has_no_force() {
        let cases = [
            ("我不会说[不归我管]的", Ignore::Negated),
            ("我们不能跟您说“[不归我管]”", Ignore::Negated),
            ("您放心，绝不会让您[自己看着办]的", Ignore::Negated),
            ("怎么会说[不归我管]呢", Ignore::Negated),
            ("[不归我管]这种话我们是不能说的", Ignore::Negated),
            ("您是说[不归我管]是吧", Ignore::Quoted),
            ("您的意思是[不归我们管]，对吗", Ignore::Quoted),
            ("之前的同事跟您说[不归我们管]是吗", Ignore::Quoted),
            ("窗口的人告诉您[快下班了不办]，是这样吗", Ignore::Quoted),
            ("他跟我说[不归他管]", Ignore::Quoted),
            ("您刚才提到“[不归我管]”", Ignore::Quoted),
            ("是不是[不归我管]我得查一下", Ignore::Asked),
            ("这个[不归我们管]吗？我查一下", Ignore::Asked),
            ("快递员让您[自己想办法]，是吗", Ignore::Quoted),
            ("之前的客服叫您[找别人去]对吧", Ignore::Quoted),
            ("我并不是说[不归我管]", Ignore::Negated),
            ("并不是[不归我管]，是要先登记", Ignore::Negated),
            ("这不等于[不归我管]", Ignore::Negated),
            ("怎么能说[不归我管]呢", Ignore::Negated),
            ("“[不归我管]”这样的说法是不对的", Ignore::Negated),
            ("上次那位同事骂您[神经病]是吗", Ignore::Quoted),
            ("他就是说[不归我管]", Ignore::Quoted),
        ];
        for (text, ignore) in cases {
            assert_eq!(cancelled_by(text), Some(ignore), "{text}");
        }
    }

    #[test]
    fn what_is_said_has_force() {
        for text in [
            "这个[不归我管]",
            "我说了[不归我管]",
            "我都跟您说了，[不归我管]",
            "我刚才跟您说过了[不归我管]",
            "不是，[你怎么不早说]",
            "没有。[不归我管]",
            "他说了算。[不归我管]",
            "您好，[不归我管]",
            "[不归我管]，你去别的地方问",
            "不行，[找别人去]",
            "你说什么都没用，[不归我管]",
            "[你听不懂]吗",
            "我让您[自己想办法]",
            "他上个月打得最多的就是说，[不归我管]",
            "[不归我管]，明白吗",
        ] {
            assert_eq!(cancelled_by(text), None, "{text}");
        }
    }

    #[test]
    fn a_verb_of_speaking_without_a_speaker_leaves_a_doubt() {
        let told = |marked: &str| {
            let (start, end) = (marked.find('[').unwrap(), marked.find(']').unwrap() - 1);
            perhaps_told(&marked.replace(['[', ']'], ""), TextSpan::new(start, end))
        };
        assert!(told("放心绘说[不归我管]的"));
        assert!(!told("我说[不归我管]"));
        assert!(!told("虽说[不归我管]"));
        assert!(!told("这个[不归我管]"));
    }

    #[test]
    fn any_place_is_safe() {
        let text = "不，说。";
        for start in 0..=text.len() {
            for end in start..=text.len() + 2 {
                let _ = cancelled(text, TextSpan::new(start, end), &[Ignore::Negated, Ignore::Quoted, Ignore::Asked]);
            }
        }
    }
}
