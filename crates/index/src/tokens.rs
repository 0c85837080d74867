//! How an utterance is cut for each field.
//!
//! Positions of pairs of characters count the characters of the skeleton (spoken ones only), so that phrase queries with exact
//! distances find exact runs, however words are cut.

use hotline_model::TextSpan;
use hotline_text::pinyin::{self, Syllable, SyllableId};
use hotline_text::{Lexicon, number};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Pairs of characters of a skeleton, and the last with [`END`]: finds every run of characters.
#[derive(Clone)]
pub(crate) struct GramTokenizer;

/// jieba words of a folded text, short ones inside long ones too: tells whole words from chance runs.
#[derive(Clone)]
pub(crate) struct WordTokenizer(pub(crate) Lexicon);

/// Characters that stand everywhere and have more readings than one.
const LITTLE: [char; 18] =
    ['的', '了', '着', '都', '地', '得', '还', '说', '少', '没', '会', '一', '和', '什', '吗', '呢', '那', '哪'];

/// What stands behind the last character: with it every character begins a pair, and single ones are found by the
/// beginnings of pairs.
pub(crate) const END: &str = "$";

/// What stands before the first syllable.
pub(crate) const BEGINNING: &str = "^";

/// Pairs of neighbouring syllables (and what is before the first), for all their readings. The text must have its numbers in characters already.
#[derive(Clone)]
pub(crate) struct SoundTokenizer;

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let starts = char_starts(text);
        let mut tokens = Tokens::with_room(text.len() * 2, starts.len());
        for (position, pair) in starts.windows(3).enumerate() {
            let [from, _, to] = pair else { continue };
            tokens.push(text.get(*from..*to).unwrap_or_default(), position);
        }
        if let [.., last, end] = starts.as_slice()
            && let Some(last) = text.get(*last..*end)
        {
            tokens.push_parts(&[last, END], starts.len() - 2);
        }
        tokens
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = Tokens::with_room(text.len() * 2, text.len() / 3);
        for (position, word) in self.0.search_words(text).into_iter().enumerate() {
            // A single character is no word to tell from chance.
            let word = word.span.slice(text).unwrap_or_default();
            if word.chars().nth(1).is_some() {
                tokens.push(word, position);
            }
        }
        tokens
    }
}

impl Tokenizer for SoundTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let syllables = pinyin::syllables(text);
        let mut tokens = Tokens::with_room(text.len() * 4, syllables.len() + 8);
        for first in syllables.first().into_iter().flat_map(|first| readings(first, text)) {
            tokens.push_parts(&[BEGINNING, " ", first.name()], 0);
        }
        for (position, pair) in syllables.windows(2).enumerate() {
            let [one, two] = pair else { continue };
            for first in readings(one, text) {
                for second in readings(two, text) {
                    tokens.push_parts(&[first.name(), " ", second.name()], position);
                }
            }
        }
        tokens
    }
}

/// The readings that a character is indexed under: of the commonest little words only the usual one, since they would make
/// a third of all pairs, and nobody looks for them by another.
fn readings<'s>(syllable: &'s Syllable, text: &str) -> &'s [SyllableId] {
    let all = syllable.readings();
    let written = syllable.span.slice(text).and_then(|c| c.chars().next());
    if written.is_some_and(|c| LITTLE.contains(&c)) { all.get(..1).unwrap_or(all) } else { all }
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

struct Item {
    text: std::ops::Range<usize>,
    position: usize,
}

/// A stream over tokens made beforehand; texts lie in one buffer. Offsets are not kept: the index does not store them.
#[derive(Default)]
pub(crate) struct Tokens {
    buffer: String,
    items: Vec<Item>,
    next: usize,
    token: Token,
}

impl Tokens {
    fn with_room(bytes: usize, tokens: usize) -> Tokens {
        Tokens { buffer: String::with_capacity(bytes), items: Vec::with_capacity(tokens), ..Tokens::default() }
    }

    fn push(&mut self, text: &str, position: usize) {
        self.push_parts(&[text], position);
    }

    fn push_parts(&mut self, parts: &[&str], position: usize) {
        let start = self.buffer.len();
        parts.iter().for_each(|part| self.buffer.push_str(part));
        self.items.push(Item { text: start..self.buffer.len(), position });
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some(item) = self.items.get(self.next) else { return false };
        self.next += 1;
        self.token.text.clear();
        self.token.text.push_str(self.buffer.get(item.text.clone()).unwrap_or_default());
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

    fn stream(mut tokenizer: impl Tokenizer, text: &str) -> String {
        let mut stream = tokenizer.token_stream(text);
        let mut tokens = Vec::new();
        while let Some(token) = stream.next() {
            tokens.push(format!("{}@{}", token.text, token.position));
        }
        tokens.join("|")
    }

    #[test]
    fn grams_begin_at_every_character() {
        assert_eq!(stream(GramTokenizer, "断网了"), "断网@0|网了@1|了$@2");
        assert_eq!(stream(GramTokenizer, "网"), "网$@0");
        assert_eq!(stream(GramTokenizer, ""), "");
    }

    #[test]
    fn words_are_those_of_the_lexicon_short_ones_inside_long_ones_too() {
        assert_eq!(stream(WordTokenizer(Lexicon::built_in()), "我，要投诉"), "投诉@2");
        assert!(stream(WordTokenizer(Lexicon::built_in()), "提取公积金").contains("公积金"));
    }

    #[test]
    fn pairs_of_sounds_have_all_readings() {
        assert_eq!(stream(SoundTokenizer, "银行，二"), "^ yin@0|yin xing@0|yin hang@0|xing er@1|hang er@1");
        assert_eq!(stream(SoundTokenizer, "喂"), "^ wei@0");
        assert_eq!(stream(SoundTokenizer, "网了"), "^ wang@0|wang le@0");
    }
}
