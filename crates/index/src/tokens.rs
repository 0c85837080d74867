//! How an utterance is cut for each field.
//!
//! Positions count characters (of the skeleton: spoken characters only) or syllables, so that phrase queries with exact
//! offsets find exact runs; offsets are bytes of the original text.

use hotline_model::TextSpan;
use hotline_text::pinyin::{self, Syllable, SyllableId};
use hotline_text::{Folded, Lexicon, number, skeleton};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Single characters and pairs: finds every run of characters.
#[derive(Clone)]
pub(crate) struct GramTokenizer;

/// jieba words, short ones inside long ones too: tells whole words from chance runs.
#[derive(Clone)]
pub(crate) struct WordTokenizer(pub(crate) Lexicon);

/// What stands before the first syllable.
pub(crate) const BEGINNING: &str = "^";

/// Pairs of neighbouring syllables (and what is before the first), for all their readings. The text must have its numbers in characters already.
#[derive(Clone)]
pub(crate) struct SoundTokenizer;

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let folded = skeleton(text);
        let starts = char_starts(&folded.text);
        let mut tokens = Tokens::default();
        for position in 0..starts.len().saturating_sub(1) {
            for n in 1..=2 {
                if let (Some(&from), Some(&to)) = (starts.get(position), starts.get(position + n)) {
                    tokens.push(&folded, TextSpan::new(from, to), position);
                }
            }
        }
        tokens
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let folded = skeleton(text);
        let mut tokens = Tokens::default();
        let mut counter = CharCounter::new(&folded.text);
        let mut words = self.0.search_words(text);
        words.sort_by_key(|word| word.span);
        for word in words {
            let span = folded.from_original(word.span);
            if !span.is_empty() {
                tokens.push(&folded, span, counter.chars_before(span.range().start));
            }
        }
        tokens
    }
}

impl Tokenizer for SoundTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = Tokens::default();
        let mut name = String::new();
        let syllables = pinyin::syllables(text);
        for first in syllables.first().into_iter().flat_map(|first| first.readings()) {
            tokens.push_text(&format!("{BEGINNING} {}", first.name()), TextSpan::new(0, 0), 0);
        }
        for (position, pair) in syllables.windows(2).enumerate() {
            let [one, two] = pair else { continue };
            for first in one.readings() {
                for second in two.readings() {
                    pair_name(&mut name, *first, *second);
                    tokens.push_text(&name, one.span.hull(two.span), position);
                }
            }
        }
        tokens
    }
}

/// How a pair of syllables stands in the index.
pub(crate) fn pair_name(name: &mut String, first: SyllableId, second: SyllableId) {
    name.clear();
    name.push_str(first.name());
    name.push(' ');
    name.push_str(second.name());
}

/// The syllables of `text` as it is spoken (128 is 一百二十八), with the bytes of `text` each comes from.
pub(crate) fn sounds(text: &str) -> Vec<(Syllable, TextSpan)> {
    let spoken = number::readings(text).characters;
    pinyin::syllables(&spoken.text).into_iter().map(|s| (s, spoken.to_original(s.span))).collect()
}

/// First bytes of all characters, and the length.
pub(crate) fn char_starts(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

/// Counts characters before rising byte positions without starting over.
pub(crate) struct CharCounter<'a> {
    text: &'a str,
    at: usize,
    chars: usize,
}

impl<'a> CharCounter<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        CharCounter { text, at: 0, chars: 0 }
    }

    pub(crate) fn chars_before(&mut self, byte: usize) -> usize {
        if byte < self.at {
            (self.at, self.chars) = (0, 0);
        }
        self.chars += self.text.get(self.at..byte).map_or(0, |part| part.chars().count());
        self.at = byte;
        self.chars
    }
}

struct Item {
    text: std::ops::Range<usize>,
    offset: TextSpan,
    position: usize,
}

/// A stream over tokens made beforehand; texts lie in one buffer.
#[derive(Default)]
pub(crate) struct Tokens {
    buffer: String,
    items: Vec<Item>,
    next: usize,
    token: Token,
}

impl Tokens {
    fn push(&mut self, folded: &Folded, span: TextSpan, position: usize) {
        if let Some(text) = span.slice(&folded.text) {
            self.push_text(text, folded.to_original(span), position);
        }
    }

    fn push_text(&mut self, text: &str, offset: TextSpan, position: usize) {
        let start = self.buffer.len();
        self.buffer.push_str(text);
        self.items.push(Item { text: start..self.buffer.len(), offset, position });
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some(item) = self.items.get(self.next) else { return false };
        self.next += 1;
        self.token.text.clear();
        self.token.text.push_str(self.buffer.get(item.text.clone()).unwrap_or_default());
        self.token.offset_from = item.offset.range().start;
        self.token.offset_to = item.offset.range().end;
        self.token.position = item.position;
        self.token.position_length = 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(mut tokenizer: impl Tokenizer, text: &str) -> Vec<(String, usize, String)> {
        let mut stream = tokenizer.token_stream(text);
        let mut tokens = Vec::new();
        while let Some(token) = stream.next() {
            tokens.push((token.text.clone(), token.position, text[token.offset_from..token.offset_to].to_owned()));
        }
        tokens
    }

    fn brief(tokens: &[(String, usize, String)]) -> String {
        tokens.iter().map(|(text, at, _)| format!("{text}@{at}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn grams_skip_punctuation_and_lead_back() {
        let tokens = stream(GramTokenizer, "斷，網。");
        assert_eq!(brief(&tokens), "断@0 断网@0 网@1");
        assert_eq!(tokens[1].2, "斷，網");
    }

    #[test]
    fn words_stand_at_character_positions() {
        let tokens = stream(WordTokenizer(Lexicon::built_in()), "我，要投诉");
        assert_eq!(brief(&tokens), "我@0 要@1 投诉@2");
    }

    #[test]
    fn pairs_of_sounds_have_all_readings() {
        assert_eq!(brief(&stream(SoundTokenizer, "银行，二")), "^ yin@0 yin xing@0 yin hang@0 xing er@1 hang er@1");
        assert_eq!(brief(&stream(SoundTokenizer, "喂")), "^ wei@0");
    }
}
