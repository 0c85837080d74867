//! Words: jieba with the hotline lexicon and the user's own dictionaries.

mod problem;
mod user_dict;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use hotline_model::TextSpan;
use jieba_rs::{Jieba, TokenizeMode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fold;
pub use problem::{LexiconError, LexiconProblem, ProblemKind};
use user_dict::Entry;

const HOTLINE: &str = include_str!("../assets/lexicon.tsv");

/// Changes when the way of cutting changes, so that texts cut before are known to be stale.
const CUTTING_VERSION: &str = "jieba-rs 0.11, folded, no HMM, 1";

/// Least frequency of a hotline word (of 60 million in jieba's dictionary): enough to win against a chance word that
/// overlaps it (盗刷 against 被盗), too little to break up common ones.
const LEAST_FREQUENCY: usize = 1000;

/// Cuts text into words. Cloning is cheap: all clones share one dictionary.
#[derive(Clone)]
pub struct Lexicon {
    jieba: Arc<Jieba>,
    fingerprint: Arc<str>,
}

/// One word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Word {
    /// Where it stands in the text that was given.
    pub span: TextSpan,
    /// What kind of word it is.
    pub tag: WordTag,
}

/// Kinds of words, as coarse as hotline needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordTag {
    /// A common noun.
    Noun,
    /// A person's name.
    Person,
    /// A place.
    Place,
    /// An organisation, an office, a department.
    Organisation,
    /// A product, a brand, a technical term.
    Term,
    /// A verb.
    Verb,
    /// An adjective.
    Adjective,
    /// A set phrase.
    Phrase,
    /// Time words.
    Time,
    /// A number or a measure word.
    Number,
    /// Letters, or letters and digits.
    Latin,
    /// Pronouns, adverbs, particles and all that carries no matter of its own.
    Function,
    /// Anything else.
    Other,
}

impl WordTag {
    /// Whether such words say what a call is about.
    pub const fn is_content(self) -> bool {
        !matches!(self, WordTag::Time | WordTag::Number | WordTag::Function | WordTag::Other)
    }

    /// From the tag set of jieba (ICTCLAS).
    fn from_jieba(tag: &str) -> Self {
        match tag {
            "nr" | "nrt" | "nrfg" => WordTag::Person,
            "ns" => WordTag::Place,
            "nt" => WordTag::Organisation,
            "nz" => WordTag::Term,
            "i" | "l" => WordTag::Phrase,
            "t" | "tg" => WordTag::Time,
            "eng" => WordTag::Latin,
            _ => match tag.as_bytes().first() {
                Some(b'n' | b's') => WordTag::Noun,
                Some(b'v') => WordTag::Verb,
                Some(b'a' | b'b' | b'z') => WordTag::Adjective,
                Some(b'j') => WordTag::Term,
                Some(b'm' | b'q') => WordTag::Number,
                Some(b'r' | b'd' | b'p' | b'c' | b'u' | b'y' | b'e' | b'o' | b'f' | b'h' | b'k') => WordTag::Function,
                _ => WordTag::Other,
            },
        }
    }
}

static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    for entry in hotline_entries() {
        let frequency = add(&mut jieba, &entry).max(LEAST_FREQUENCY);
        add(&mut jieba, &Entry { frequency: Some(frequency), ..entry });
    }
    Lexicon { jieba: Arc::new(jieba), fingerprint: fingerprint(&[]).into() }
});

impl Lexicon {
    /// jieba's dictionary with the hotline lexicon. Loaded once a process (0.1 to 0.3 s).
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// The built-in lexicon with user dictionaries on top, later files winning.
    ///
    /// A dictionary is UTF-8 text, one word a line: `word`, `word frequency`, `word tag` or `word frequency tag`, separated
    /// by spaces or tabs; `#` begins a comment. Without a frequency the word gets the one that makes it hold together.
    ///
    /// # Errors
    /// Every problem of every file at once, each with its line and a hint.
    pub fn with_user_dicts(paths: &[PathBuf]) -> Result<Self, LexiconError> {
        if paths.is_empty() {
            return Ok(Self::built_in());
        }
        let (entries, problems) = user_dict::read_all(paths);
        if !problems.is_empty() {
            return Err(LexiconError { problems });
        }
        let mut jieba = Jieba::clone(&BUILT_IN.jieba);
        for entry in &entries {
            add(&mut jieba, entry);
        }
        Ok(Lexicon { jieba: Arc::new(jieba), fingerprint: fingerprint(&entries).into() })
    }

    /// The words of `text` in order, disjoint; punctuation and spaces are left out. A decimal (128.5) is one word.
    pub fn words(&self, text: &str) -> Vec<Word> {
        let folded = fold(text);
        let mut words: Vec<Word> = Vec::new();
        for word in self.jieba.tag(&folded.text, false).into_iter().filter(|word| is_word(word.word)) {
            let span = TextSpan::new(word.byte_start, word.byte_end);
            match words.last_mut() {
                Some(last) if is_decimal(&folded.text, last.span, span) => last.span = last.span.hull(span),
                _ => words.push(Word { span, tag: WordTag::from_jieba(word.tag) }),
            }
        }
        for word in &mut words {
            word.span = folded.to_original(word.span);
        }
        words
    }

    /// The words of `text` and the shorter words inside long ones (jieba's search mode), for indexing. Spans overlap; they
    /// are sorted by their end, then by their start.
    pub fn search_words(&self, text: &str) -> Vec<Word> {
        let folded = fold(text);
        let tokens = self.jieba.tokenize(&folded.text, TokenizeMode::Search, false);
        let mut words: Vec<Word> = tokens
            .into_iter()
            .filter(|token| is_word(token.word))
            .map(|token| Word {
                span: folded.to_original(TextSpan::new(token.byte_start, token.byte_end)),
                tag: WordTag::Other,
            })
            .collect();
        words.sort_by_key(|word| (word.span.end, word.span.start));
        words.dedup();
        words
    }

    /// Whether the dictionary has this word.
    pub fn contains(&self, word: &str) -> bool {
        self.jieba.has_word(&fold(word).text)
    }

    /// Identifies the dictionary and the way of cutting: 16 hexadecimal digits. Two lexicons with the same fingerprint cut
    /// every text alike.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Whether `whole` and `fraction` are the two sides of one decimal point.
fn is_decimal(text: &str, whole: TextSpan, fraction: TextSpan) -> bool {
    let digits = |span: TextSpan| span.slice(text).is_some_and(|s| s.bytes().all(|b| b.is_ascii_digit()));
    let between = TextSpan { start: whole.end, end: fraction.start };
    between.slice(text) == Some(".") && digits(whole) && digits(fraction)
}

fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Returns the frequency that the word got.
fn add(jieba: &mut Jieba, entry: &Entry) -> usize {
    jieba.add_word(&entry.word, entry.frequency, Some(&entry.tag))
}

/// Words of the hotline lexicon, without its set phrases: what a recogniser may be told to expect. Phrases are what agents are judged by, so
/// none of them may be suggested.
pub fn hotline_terms() -> Vec<String> {
    hotline_entries().filter(|entry| entry.tag != "l").map(|entry| entry.word).collect()
}

fn hotline_entries() -> impl Iterator<Item = Entry> {
    HOTLINE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).flat_map(|line| {
        let (tag, words) = line.split_once('\t').unwrap_or(("n", line));
        let entries: Vec<Entry> = words
            .split_whitespace()
            .map(|word| Entry { word: fold(word).text, frequency: None, tag: tag.to_owned() })
            .collect();
        entries
    })
}

fn fingerprint(user: &[Entry]) -> String {
    let mut hash = Sha256::new();
    hash.update(CUTTING_VERSION);
    hash.update(HOTLINE);
    for entry in user {
        hash.update(format!("\n{}\t{:?}\t{}", entry.word, entry.frequency, entry.tag));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hotline_lexicon_has_no_double_or_split_entries() {
        let mut seen = std::collections::HashSet::new();
        for entry in hotline_entries() {
            assert!(seen.insert(entry.word.clone()), "twice: {}", entry.word);
            assert!(entry.word.chars().count() >= 2, "too short: {}", entry.word);
            assert!(entry.word.chars().all(char::is_alphanumeric), "not one word: {}", entry.word);
        }
        assert!(seen.len() > 400, "{}", seen.len());
    }

    #[test]
    fn every_word_of_the_hotline_lexicon_holds_together() {
        let lexicon = Lexicon::built_in();
        let cut: Vec<String> =
            hotline_entries().filter(|entry| lexicon.words(&entry.word).len() != 1).map(|entry| entry.word).collect();
        assert!(cut.is_empty(), "cut: {cut:?}");
    }

    proptest! {
        #[test]
        fn words_are_ordered_disjoint_and_on_boundaries(text in "\\PC{0,30}|[\u{4e00}-\u{9fa5}Ａ-Ｚ，a-z0-9.]{0,40}") {
            let lexicon = Lexicon::built_in();
            let mut end = 0;
            for word in lexicon.words(&text) {
                prop_assert!(word.span.slice(&text).is_some_and(is_word));
                prop_assert!(word.span.start >= end);
                end = word.span.end;
            }
            for word in lexicon.search_words(&text) {
                prop_assert!(word.span.slice(&text).is_some_and(is_word));
            }
        }

        #[test]
        fn no_han_character_is_lost(text in "[\u{4e00}-\u{9fa5}，]{0,40}") {
            let covered: usize = Lexicon::built_in().words(&text).iter().map(|w| w.span.len()).sum();
            prop_assert_eq!(covered, text.chars().filter(|c| *c != '，').map(char::len_utf8).sum::<usize>());
        }
    }
}
