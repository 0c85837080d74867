//! Turns, murmurs and questions.

use std::sync::LazyLock;

use hotline_model::{Channel, TimeSpan, Transcript};
use hotline_text::skeleton;
use regex::Regex;

/// What one party says until the other takes over; murmurs of the other do not count as taking over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub channel: Channel,
    /// From the first to the last sound.
    pub span: TimeSpan,
    /// Indices of its utterances; empty where everything said was lost to the recogniser.
    pub utterances: Vec<u32>,
    /// Whether it is nothing but a murmur.
    pub backchannel: bool,
}

/// The turns of a call in time order. Speech without text takes part, since somebody spoke.
pub fn turns(transcript: &Transcript) -> Vec<Turn> {
    let said = (0..).zip(&transcript.utterances).map(|(index, u)| Turn {
        channel: u.channel,
        span: u.span,
        utterances: vec![index],
        backchannel: is_backchannel(&u.text),
    });
    let lost = transcript.gaps.iter().map(|gap| Turn {
        channel: gap.channel,
        span: gap.span,
        utterances: Vec::new(),
        backchannel: false,
    });
    let mut pieces: Vec<Turn> = said.chain(lost).collect();
    pieces.sort_by_key(|piece| (piece.span.start, piece.channel, piece.span.end));
    let mut turns: Vec<Turn> = Vec::new();
    for piece in pieces {
        // The last turn of the same party, if since its end the other one has only murmured.
        let last = turns.iter().rposition(|turn| turn.channel == piece.channel);
        let open = last.filter(|&at| {
            let end = turns.get(at).map_or(piece.span.start, |turn| turn.span.end);
            turns.iter().all(|turn| turn.channel == piece.channel || turn.backchannel || turn.span.end <= end)
        });
        match open.and_then(|at| turns.get_mut(at)) {
            Some(turn) => {
                turn.span = turn.span.hull(piece.span);
                turn.utterances.extend(piece.utterances);
                turn.backchannel &= piece.backchannel;
            }
            None => turns.push(piece),
        }
    }
    turns
}

/// Most characters of a murmur.
const BACKCHANNEL_CHARS_MAX: usize = 8;

/// Whether `text` is only a sign of listening (嗯, 对对, 好的, 您说): it takes no turn and interrupts nobody. A text without
/// any spoken character is none.
pub fn is_backchannel(text: &str) -> bool {
    static MURMUR: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant pattern, run by the tests below")]
        Regex::new(
            r"^(?:嗯|唔|呃|啊|哦|噢|喔|诶|欸|哎|唉|哼|昂|对|好|是|行|成|中|的|了|吧|呢|呀|嘛|啦|嘞|没错|没事|明白|知道|清楚|理解|可以|能|这样|ok|您说|你说|您讲|你讲|您请说|请说|请讲|您继续|继续)+$",
        )
        .expect("a constant pattern compiles")
    });
    let spoken = skeleton(text).text;
    spoken.chars().count() <= BACKCHANNEL_CHARS_MAX && MURMUR.is_match(&spoken)
}

/// Whether `text` asks something that waits for an answer, as far as its last clause shows.
pub fn is_question(text: &str) -> bool {
    static ASKS: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant pattern, run by the tests below")]
        Regex::new(
            r"(?:吗|么|呢|吧|没有|不|没)$|什么|多少|多久|多长|多大|哪|几[个点号天位月年块次楼]|怎么|咋|如何|为啥|谁|是不是|是否|有没有|能不能|可不可以|要不要|行不行|对不对|好不好|会不会|在不在|能否|可否",
        )
        .expect("a constant pattern compiles")
    });
    /// 行，你看吧 agrees to something and asks nothing.
    static AGREES: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant pattern, run by the tests below")]
        Regex::new(r"^(?:嗯|哦|噢|唔|那|就|好|行|成|可以|没事|没问题|中)+(?:的|了|啊|呀)?(?:.{0,6}吧)?$")
            .expect("a constant pattern compiles")
    });
    let text = text.trim_end();
    if text.ends_with(['？', '?']) {
        return true;
    }
    let clause = text.trim_end_matches(['。', '！', '!', '，', ',', '…', '.', ' ']);
    let clause = clause.rsplit(['。', '！', '!', '？', '?', '；', ';']).next().unwrap_or("");
    let clause = skeleton(clause).text;
    let clause = clause.trim_end_matches(['啊', '呀', '哦', '哈']);
    (ASKS.is_match(clause) || asks_either_or(clause)) && !AGREES.is_match(clause)
}

/// 管不管, 有没有: a word, a negation, the same word.
fn asks_either_or(clause: &str) -> bool {
    let chars: Vec<char> = clause.chars().collect();
    chars.windows(3).any(|w| matches!(w, [a, '不' | '没', b] if a == b))
}

#[cfg(test)]
mod tests {
    use hotline_model::Utterance;

    use super::*;

    #[test]
    fn murmurs_take_no_turn() {
        for text in ["嗯，嗯。", "对对对", "好的好的", "您说", "是的，明白了", "哦"] {
            assert!(is_backchannel(text), "{text}");
        }
        for text in ["", "，。", "好的我帮您查一下", "对，不归我管", "没有", "不是"] {
            assert!(!is_backchannel(text), "{text}");
        }
    }

    #[test]
    fn questions_are_told_from_statements() {
        for text in
            ["请问有什么可以帮您", "号码是多少", "对吗。", "今天能来吗？我等着呢？", "您看可以吧", "你们管不管啊"]
        {
            assert!(is_question(text), "{text}");
        }
        for text in ["好的，我帮您查一下。", "您说什么都行。我记下了。", "谢谢啊", "", "行，你看吧。", "那好吧"]
        {
            assert!(!is_question(text), "{text}");
        }
    }

    fn said(channel: Channel, start: u32, end: u32, text: &str) -> Utterance {
        Utterance {
            channel,
            span: TimeSpan::from_ms(start, end),
            text: text.into(),
            raw_text: text.into(),
            tokens: Vec::new(),
            confidence: 1.0,
        }
    }

    #[test]
    fn a_turn_goes_on_over_a_murmur() {
        let transcript = Transcript {
            utterances: vec![
                said(Channel::Customer, 0, 1000, "我家的宽带"),
                said(Channel::Agent, 900, 1200, "嗯"),
                said(Channel::Customer, 1500, 3000, "昨天就断了"),
                said(Channel::Agent, 3500, 5000, "我帮您查一下"),
                said(Channel::Agent, 6000, 7000, "请稍等"),
            ],
            ..Transcript::default()
        };
        let turns: Vec<_> = turns(&transcript).into_iter().map(|t| (t.channel, t.utterances, t.backchannel)).collect();
        let expected = [
            (Channel::Customer, vec![0, 2], false),
            // The customer went on after the murmur, so it belongs to no turn of the agent's.
            (Channel::Agent, vec![1], true),
            (Channel::Agent, vec![3, 4], false),
        ];
        assert_eq!(turns, expected);
    }
}
