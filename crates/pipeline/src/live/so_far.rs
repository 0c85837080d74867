//! What is heard of a turn that still goes on, and which of it will still be there when it is over.

use hotline_model::{Evidence, Matched, Quote, TimeSpan, Token, Utterance};

/// What is heard of a turn so far.
#[derive(Clone, Debug)]
pub(crate) struct SoFar {
    /// Its words; its span ends where it had come to.
    pub(crate) utterance: Utterance,
    /// How many bytes of the text came out the same twice.
    pub(crate) settled: usize,
    /// Its speaker pauses: the last words are not cut off.
    pausing: bool,
    /// The letters of the hearing before.
    before: Vec<char>,
    /// What earlier hearings of the turn said that was not firm.
    suspected: Vec<Suspicion>,
}

/// A rule that the words of one hearing break, without being firm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Suspicion {
    /// Id of the rule.
    pub(crate) rule: String,
    /// When the words were said.
    pub(crate) time: TimeSpan,
}

/// Words this far back do not change any more, even when they were heard only once.
const PAST_MS: u32 = 2_000;

/// So many letters have to follow on what is quoted: at the very end words are cut off, and half a word sounds like another.
const FOLLOWED_BY: usize = 2;

/// Words are taken at the first hearing, if the recogniser gives their tokens this probability in the (geometric) mean and a pause
/// follows, or this many letters.
const SURE_P: f32 = 0.7;
const SURE_FOLLOWED_BY: usize = 4;

/// What a sentence means is clear when it is over, or when so many letters more have not changed it.
const MEANS_SO_STILL: usize = 6;

impl SoFar {
    /// A new hearing of a turn; `before` is the last one of the same turn.
    pub(crate) fn new(utterance: Utterance, pausing: bool, before: Option<&SoFar>) -> SoFar {
        let suspected = before.map_or(Vec::new(), |before| before.suspected.clone());
        let before: Vec<char> = before.map_or(Vec::new(), |before| letters(&before.utterance.text));
        let settled = settled(&utterance.text, &before);
        SoFar { utterance, settled, pausing, before, suspected }
    }

    /// Remembers what this hearing said that was not firm.
    pub(crate) fn suspect(&mut self, suspicions: Vec<Suspicion>) {
        self.suspected.extend(suspicions);
    }

    /// Whether an earlier hearing broke `rule` at `time` too. A recogniser writes an unclear word differently each time; what counts is
    /// that it comes to the same.
    fn was_suspected(&self, rule: &str, time: TimeSpan) -> bool {
        let same = |one: TimeSpan| {
            let common = one.intersection(time).map_or(0, TimeSpan::len_ms);
            2 * common >= one.len_ms().min(time.len_ms()) && common > 0
        };
        self.suspected.iter().any(|suspicion| suspicion.rule == rule && same(suspicion.time))
    }

    /// Whether what `quote` quotes from this turn for breaking `rule` will still be there when the turn is over: it was heard twice, or something
    /// else that breaks the same rule there, lies far enough back, or is sure and followed by more or a pause; something follows, or a pause;
    /// where the meaning of a sentence counts, the sentence is over or has gone on for a while.
    pub(crate) fn is_firm(&self, quote: &Quote, rule: &str) -> bool {
        let text = self.utterance.text.as_str();
        let Some(after) = text.get(quote.text.range().end..) else { return false };
        let following = after.chars().filter(|c| c.is_alphanumeric()).count();
        let words = letters(&quote.words);
        let word_for_word =
            !words.is_empty() && self.before.windows(words.len()).any(|heard| heard == words.as_slice());
        let twice = word_for_word || self.was_suspected(rule, quote.time);
        let past = quote.time.end.ms.saturating_add(PAST_MS) <= self.utterance.span.end.ms;
        let sure = (self.pausing || following >= SURE_FOLLOWED_BY) && self.probability(quote) >= SURE_P;
        let clear = !is_meant(quote) || following >= MEANS_SO_STILL || ends_sentence(&quote.words, after);
        (following >= FOLLOWED_BY || self.pausing) && clear && (twice || past || sure)
    }

    /// The mean probability of the tokens of a quote; 0 without any.
    fn probability(&self, quote: &Quote) -> f32 {
        let quoted = quote.text.range();
        let within = |token: &&Token| token.text.range().start < quoted.end && quoted.start < token.text.range().end;
        let (sum, count) = self
            .utterance
            .tokens
            .iter()
            .filter(within)
            .fold((0.0, 0), |(sum, count), token| (sum + token.p.max(1e-6).ln(), count + 1));
        if count == 0 { 0.0 } else { (sum / count as f32).exp() }
    }
}

/// Whether a quote stands for what a sentence means rather than for its words.
fn is_meant(quote: &Quote) -> bool {
    matches!(&quote.matched, Matched::Pattern { pattern } if pattern.starts_with('≈'))
}

fn ends_sentence(words: &str, after: &str) -> bool {
    let is_end = |c: char| matches!(c, '。' | '？' | '！' | '?' | '!' | '；' | ';');
    words.trim_end().ends_with(is_end) || after.trim_start().starts_with(is_end)
}

/// The quote among evidence, if it is one.
pub(crate) fn quote(evidence: &Evidence) -> Option<&Quote> {
    match evidence {
        Evidence::Quote(quote) => Some(quote),
        _ => None,
    }
}

/// How many bytes of `text` have the same letters as the hearing before, counted from its start.
fn settled(text: &str, before: &[char]) -> usize {
    let own = text.char_indices().filter(|(_, c)| c.is_alphanumeric());
    let same = own.zip(before).take_while(|((_, own), before)| own == *before);
    same.last().map_or(0, |((at, c), _)| at + c.len_utf8())
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use hotline_model::{Channel, TextSpan};

    use super::*;

    /// A turn whose characters take 200 ms each and have the probability `p`.
    fn turn(text: &str, p: f32) -> Utterance {
        let tokens = text.char_indices().zip(0u32..).map(|((at, c), n)| Token {
            text: TextSpan::new(at, at + c.len_utf8()),
            time: TimeSpan::from_ms(200 * n, 200 * n + 200),
            p,
        });
        let tokens: Vec<Token> = tokens.collect();
        let span = TimeSpan::from_ms(0, tokens.last().map_or(0, |token| token.time.end.ms));
        let raw_text = text.to_owned();
        Utterance { channel: Channel::Agent, span, text: text.to_owned(), raw_text, tokens, confidence: p }
    }

    fn quoted(said: &Utterance, words: &str, pattern: &str) -> Quote {
        let at = said.text.find(words).unwrap();
        let text = TextSpan::new(at, at + words.len());
        let matched = Matched::Pattern { pattern: pattern.to_owned() };
        Quote { utterance: 0, text, time: said.time_of(text), channel: said.channel, words: words.to_owned(), matched }
    }

    /// Hearings of one turn (with `|` behind them where the speaker pauses, `?` where the recogniser is unsure), words that are quoted from
    /// the last of them, what they were found by, and whether they are firm.
    #[test]
    fn what_was_heard_twice_and_goes_on_is_firm_or_what_a_pause_follows() {
        let cases: [(&[&str], &str, &str, bool); 18] = [
            (&["我跟您说不清", "我跟您说不清楚，您自己"], "说不清楚", "x", false),
            (&["我跟您说不清楚", "我跟你说不清楚，您自己"], "说不清楚", "x", true),
            (&["我跟您说不清楚，", "我跟您说不清楚，您"], "说不清楚", "x", false),
            (&["我跟您说不清楚，您自己看"], "说不清楚", "x", true),
            (&["我跟您说不清楚，您自己"], "说不清楚", "x", false),
            (&["我跟您说不清楚，您自己看?"], "说不清楚", "x", false),
            (&["我跟您说不清楚，您自己看那上面写得明明白白的"], "说不清楚", "x", true),
            (&["那我也没办法，您找", "那我也没办法，您找别人"], "那我也没办法", "≈ shirking", false),
            (&["那我也没办法，您找别人", "那我也没办法，您找别人去说吧"], "那我也没办法", "≈ shirking", true),
            (&["那我也没办法。您找", "那我也没办法。您找别人"], "那我也没办法", "≈ shirking", true),
            (&["那我也没办法。您找", "那我也没办法。您找别人"], "那我也没办法。", "≈ shirking", true),
            (&["好的", "不是的"], "", "x", false),
            (&["我跟您说不清楚|"], "说不清楚", "x", true),
            (&["我跟您说不清楚|?"], "说不清楚", "x", false),
            (&["我跟您说不清楚", "我跟您说不清楚|?"], "说不清楚", "x", true),
            (&["我跟您说不清楚", "我跟您说不清楚"], "说不清楚", "x", false),
            (&["那我也没办法，|"], "那我也没办法", "≈ shirking", false),
            (&["那我也没办法。|"], "那我也没办法", "≈ shirking", true),
        ];
        for (hearings, words, pattern, firm) in cases {
            let mut so_far: Option<SoFar> = None;
            for hearing in hearings {
                let said = hearing.trim_end_matches(['|', '?']);
                let p = if hearing.ends_with('?') { 0.4 } else { 0.9 };
                so_far = Some(SoFar::new(turn(said, p), hearing.contains('|'), so_far.as_ref()));
            }
            let so_far = so_far.unwrap();
            let quote = quoted(&so_far.utterance, words, pattern);
            assert_eq!(so_far.is_firm(&quote, "rule"), firm, "{hearings:?} {words}");
        }
    }

    /// Hearings of one turn, all unsure, with the words each breaks a rule by, and whether those of the last are firm.
    #[test]
    fn what_comes_to_the_same_twice_is_firm_however_it_was_written() {
        type Hearing<'a> = (&'a str, &'a str, &'a str);
        let cases: [(&[Hearing<'_>], bool); 6] = [
            (&[("我也没招而。", "我也没招而", "curt"), ("我也没招玩。您这", "我也没招玩", "curt")], true),
            (&[("我也没招而。", "我也没招而", "curt"), ("我也没招玩。您", "我也没招玩", "curt")], false),
            (&[("我也没招而。", "我也没招而", "curt"), ("我也没招玩。您这", "我也没招玩", "other")], false),
            (&[("我也没招而。", "", ""), ("我也没招玩。您这", "我也没招玩", "curt")], false),
            (
                &[
                    ("我也没招而。", "我也没招而", "curt"),
                    ("我也没着而。", "", ""),
                    ("我也没招玩。您这", "我也没招玩", "curt"),
                ],
                true,
            ),
            (
                &[("我也没招而。", "我也没招而", "curt"), ("我也没招而。您的我也没招玩。您这", "我也没招玩", "curt")],
                false,
            ),
        ];
        for (hearings, firm) in cases {
            let mut so_far: Option<SoFar> = None;
            let mut last = false;
            for (text, words, rule) in hearings {
                let mut next = SoFar::new(turn(text, 0.4), false, so_far.as_ref());
                last = false;
                if !rule.is_empty() {
                    let quote = quoted(&next.utterance, words, "≈ careless");
                    last = next.is_firm(&quote, rule);
                    next.suspect(vec![Suspicion { rule: (*rule).to_owned(), time: quote.time }]);
                }
                so_far = Some(next);
            }
            assert_eq!(last, firm, "{hearings:?}");
        }
    }

    #[test]
    fn what_came_out_the_same_is_settled_whatever_the_marks() {
        for (before, now, expected) in [
            ("", "您好", ""),
            ("您好", "您好，请", "您好"),
            ("您好，请问", "您好请问您。", "您好请问"),
            ("你好请问", "您好请问", ""),
        ] {
            let before = SoFar::new(turn(before, 0.9), false, None);
            let now = SoFar::new(turn(now, 0.9), false, Some(&before));
            assert_eq!(&now.utterance.text[..now.settled], expected);
        }
    }
}
