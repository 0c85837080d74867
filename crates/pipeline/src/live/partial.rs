//! Turns that are still going on: what is heard of them so far. Shown, and looked through for forbidden expressions; never stored, never
//! scored.

use std::time::Duration;

use hotline_model::{CallTime, Channel, Evidence, Matched, Quote, TimeSpan, Utterance};

/// How turns that are still going on are heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartialSettings {
    /// The agent's turn is heard again after so much more speech, in milliseconds; 0 = only when it is over. It is the agent's words that alerts
    /// wait for.
    pub every_ms: u32,
    /// The same for the customer's, and where nobody can tell.
    pub customer_every_ms: u32,
    /// How much of one processor this may take, 0…1. Final utterances come first in any case.
    pub share: f64,
}

impl Default for PartialSettings {
    fn default() -> Self {
        PartialSettings { every_ms: 750, customer_every_ms: 2_000, share: 0.7 }
    }
}

impl PartialSettings {
    /// Turns are heard only when they are over.
    pub const OFF: PartialSettings = PartialSettings { every_ms: 0, customer_every_ms: 0, share: 0.0 };

    /// How much more speech there has to be on `channel`; `None` = it is not heard before it is over.
    pub(crate) fn every_ms(&self, channel: Channel) -> Option<u32> {
        let ms = if channel == Channel::Agent { self.every_ms } else { self.customer_every_ms };
        (ms > 0 && self.share > 0.0).then_some(ms)
    }

    /// How long to rest after `took`, so that the share is kept.
    pub(crate) fn rest(&self, took: Duration) -> Duration {
        let share = self.share.clamp(0.05, 1.0);
        took.mul_f64((1.0 - share) / share)
    }
}

/// When a lane's turn was last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    start: CallTime,
    end: CallTime,
}

impl Asked {
    /// Whether the turn under way has gone on for another `every_ms`; if so, that is remembered.
    pub(crate) fn is_due(&mut self, under_way: TimeSpan, every_ms: u32) -> bool {
        let from = if self.start == under_way.start { self.end } else { under_way.start };
        let due = under_way.end.ms >= from.ms.saturating_add(every_ms);
        if due {
            *self = Asked { start: under_way.start, end: under_way.end };
        }
        due
    }
}

/// What is heard of a turn so far.
#[derive(Clone, Debug)]
pub(crate) struct SoFar {
    /// Its words; its span ends where it had come to.
    pub(crate) utterance: Utterance,
    /// How many bytes of the text came out the same twice.
    pub(crate) settled: usize,
    /// The letters of the hearing before.
    before: Vec<char>,
}

/// Words this far back do not change any more, even when they were heard only once.
const PAST_MS: u32 = 2_000;

/// So many letters have to follow on what is quoted: at the very end words are cut off, and half a word sounds like another.
const FOLLOWED_BY: usize = 2;

/// What a sentence means is clear when it is over, or when so many letters more have not changed it.
const MEANS_SO_STILL: usize = 6;

impl SoFar {
    /// A new hearing of a turn; `before` is the last one of the same turn.
    pub(crate) fn new(utterance: Utterance, before: Option<&SoFar>) -> SoFar {
        let before: Vec<char> = before.map_or(Vec::new(), |before| letters(&before.utterance.text));
        let settled = settled(&utterance.text, &before);
        SoFar { utterance, settled, before }
    }

    /// Whether what `quote` quotes from this turn will still be there when the turn is over: it was heard twice, or lies far enough
    /// back, and something follows; where the meaning of a sentence counts, the sentence is over or has gone on for a while.
    pub(crate) fn is_firm(&self, quote: &Quote) -> bool {
        let text = self.utterance.text.as_str();
        let Some(after) = text.get(quote.text.range().end..) else { return false };
        let following = after.chars().filter(|c| c.is_alphanumeric()).count();
        let words = letters(&quote.words);
        let twice = !words.is_empty() && self.before.windows(words.len()).any(|heard| heard == words.as_slice());
        let past = quote.time.end.ms.saturating_add(PAST_MS) <= self.utterance.span.end.ms;
        let clear = !is_meant(quote) || following >= MEANS_SO_STILL || ends_sentence(&quote.words, after);
        following >= FOLLOWED_BY && clear && (twice || past)
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
    use hotline_model::{TextSpan, Token};

    use super::*;

    /// A turn whose characters take 200 ms each.
    fn turn(text: &str) -> Utterance {
        let tokens = text.char_indices().zip(0u32..).map(|((at, c), n)| Token {
            text: TextSpan::new(at, at + c.len_utf8()),
            time: TimeSpan::from_ms(200 * n, 200 * n + 200),
            p: 0.9,
        });
        let tokens: Vec<Token> = tokens.collect();
        let span = TimeSpan::from_ms(0, tokens.last().map_or(0, |token| token.time.end.ms));
        let raw_text = text.to_owned();
        Utterance { channel: Channel::Agent, span, text: text.to_owned(), raw_text, tokens, confidence: 0.9 }
    }

    fn quoted(said: &Utterance, words: &str, pattern: &str) -> Quote {
        let at = said.text.find(words).unwrap();
        let text = TextSpan::new(at, at + words.len());
        let matched = Matched::Pattern { pattern: pattern.to_owned() };
        Quote { utterance: 0, text, time: said.time_of(text), channel: said.channel, words: words.to_owned(), matched }
    }

    /// Hearings of one turn, words that are quoted from the last of them, what they were found by, and whether they are firm.
    #[test]
    fn what_was_heard_twice_and_goes_on_is_firm() {
        let cases: [(&[&str], &str, &str, bool); 10] = [
            (&["我跟您说不清", "我跟您说不清楚，您自己"], "说不清楚", "x", false),
            (&["我跟您说不清楚", "我跟你说不清楚，您自己"], "说不清楚", "x", true),
            (&["我跟您说不清楚，", "我跟您说不清楚，您"], "说不清楚", "x", false),
            (&["我跟您说不清楚，您自己看"], "说不清楚", "x", false),
            (&["我跟您说不清楚，您自己看那上面写得明明白白的"], "说不清楚", "x", true),
            (&["那我也没办法，您找", "那我也没办法，您找别人"], "那我也没办法", "≈ shirking", false),
            (&["那我也没办法，您找别人", "那我也没办法，您找别人去说吧"], "那我也没办法", "≈ shirking", true),
            (&["那我也没办法。您找", "那我也没办法。您找别人"], "那我也没办法", "≈ shirking", true),
            (&["那我也没办法。您找", "那我也没办法。您找别人"], "那我也没办法。", "≈ shirking", true),
            (&["好的", "不是的"], "", "x", false),
        ];
        for (hearings, words, pattern, firm) in cases {
            let mut so_far: Option<SoFar> = None;
            for text in hearings {
                so_far = Some(SoFar::new(turn(text), so_far.as_ref()));
            }
            let so_far = so_far.unwrap();
            let quote = quoted(&so_far.utterance, words, pattern);
            assert_eq!(so_far.is_firm(&quote), firm, "{hearings:?} {words}");
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
            let before = SoFar::new(turn(before), None);
            let now = SoFar::new(turn(now), Some(&before));
            assert_eq!(&now.utterance.text[..now.settled], expected);
        }
    }

    #[test]
    fn a_turn_is_asked_for_again_after_so_much_more_speech() {
        let mut asked = Asked::default();
        let mut due = |from: u32, to: u32| asked.is_due(TimeSpan::from_ms(from, to), 1_000);
        assert!(!due(5_000, 5_900));
        assert!(due(5_000, 6_040));
        assert!(!due(5_000, 7_000));
        assert!(due(5_000, 7_050));
        assert!(!due(9_000, 9_500), "another turn");
        assert!(due(9_000, 10_000));
    }

    #[test]
    fn a_share_of_the_processor_is_kept() {
        let took = Duration::from_millis(300);
        let rest = |share| PartialSettings { share, ..PartialSettings::default() }.rest(took);
        assert_eq!((rest(1.0).as_millis(), rest(0.5).as_millis()), (0, 300));
        assert!(PartialSettings::OFF.every_ms(Channel::Agent).is_none());
    }
}
