//! Words that are not Mandarin, by variety: what the `language` operator listens for.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use hotline_model::TextSpan;

/// `variety<TAB>words` a line.
const WORDS: &str = include_str!("../assets/dialect.tsv");

/// The varieties that are told apart.
pub(crate) const NAMES: [&str; 7] =
    ["cantonese", "southwestern", "wu", "min", "northeastern", "central", "hakka_gan_xiang"];

/// A word of a variety in a text.
pub(crate) struct DialectWord {
    pub(crate) variety: &'static str,
    pub(crate) span: TextSpan,
}

struct Book {
    automaton: Option<AhoCorasick>,
    varieties: Vec<&'static str>,
}

static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let mut words: Vec<&'static str> = Vec::new();
    let mut varieties = Vec::new();
    for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
        let Some((variety, list)) = line.split_once('\t') else { continue };
        for word in list.split_whitespace() {
            words.push(word);
            varieties.push(variety);
        }
    }
    let mut builder = aho_corasick::AhoCorasickBuilder::new();
    let automaton = builder.match_kind(aho_corasick::MatchKind::LeftmostLongest).build(&words).ok();
    Book { automaton, varieties }
});

/// The words of other varieties in `text`, which must be folded; spans are bytes of it.
pub(crate) fn words_in(text: &str) -> Vec<DialectWord> {
    let Some(automaton) = &BOOK.automaton else { return Vec::new() };
    automaton
        .find_iter(text)
        .filter_map(|found| {
            let variety = BOOK.varieties.get(found.pattern().as_usize()).copied().filter(|name| *name != "mandarin")?;
            Some(DialectWord { variety, span: TextSpan::new(found.start(), found.end()) })
        })
        .collect()
}

/// How many words each variety has; for the check of the list.
#[cfg_attr(not(test), expect(dead_code, reason = "only the check of the list asks"))]
fn sizes() -> HashMap<&'static str, usize> {
    let mut sizes = HashMap::new();
    for variety in &BOOK.varieties {
        *sizes.entry(*variety).or_default() += 1;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variety_has_words_and_no_other_is_listed() {
        let sizes = sizes();
        for name in NAMES {
            assert!(sizes.get(name).is_some_and(|n| *n >= 5), "{name}: {sizes:?}");
        }
        for name in sizes.keys() {
            assert!(NAMES.contains(name) || *name == "mandarin", "{name}");
        }
    }

    #[test]
    fn mandarin_words_hide_what_looks_like_dialect_in_them() {
        let found = |text: &str| words_in(text).into_iter().map(|w| w.variety).collect::<Vec<_>>();
        assert_eq!(found("你晓得啥子嘛"), ["southwestern", "southwestern"]);
        assert_eq!(found("唔该你睇下先"), ["cantonese", "cantonese"]);
        assert_eq!(found("您好，我帮您查一下，请稍等"), [""; 0]);
        assert_eq!(found("我们系统里没有，关系不大"), [""; 0]);
    }
}
