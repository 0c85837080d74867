//! Reading user dictionaries.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::problem::{LexiconProblem, ProblemKind};
use crate::fold;

/// Longest word a dictionary may hold, in characters: names of offices reach about 20.
pub(super) const MAX_WORD_CHARS: usize = 32;

/// One word to add, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) word: String,
    /// `None`: high enough that the word holds together.
    pub(super) frequency: Option<usize>,
    pub(super) tag: String,
}

/// The entries of all files in order, and everything that is wrong with them.
pub(super) fn read_all(paths: &[PathBuf]) -> (Vec<Entry>, Vec<LexiconProblem>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        match std::fs::read(path) {
            Ok(bytes) => read_one(path, &bytes, &mut entries, &mut problems),
            Err(error) => problems.push(LexiconProblem {
                file: path.clone(),
                line: None,
                kind: ProblemKind::Unreadable(error.to_string()),
            }),
        }
    }
    (entries, problems)
}

fn read_one(path: &Path, bytes: &[u8], entries: &mut Vec<Entry>, problems: &mut Vec<LexiconProblem>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut problem = |line, kind| problems.push(LexiconProblem { file: path.to_owned(), line, kind });
    // A file in another encoding is wrong on nearly every line: one message is enough.
    if bytes.contains(&0) {
        return problem(None, ProblemKind::NotUtf8);
    }
    let mut seen: HashMap<String, (usize, Entry)> = HashMap::new();
    let mut not_utf8 = false;
    for (number, line) in bytes.split(|&b| b == b'\n').enumerate() {
        let number = number + 1;
        let Ok(line) = std::str::from_utf8(line) else {
            if !not_utf8 {
                problem(Some(number), ProblemKind::NotUtf8);
            }
            not_utf8 = true;
            continue;
        };
        match read_line(line) {
            Ok(None) => {}
            Ok(Some(entry)) => match seen.get(&entry.word) {
                Some((_, first)) if *first == entry => {}
                Some((first, _)) => problem(Some(number), ProblemKind::Contradicts(entry.word, *first)),
                None => {
                    seen.insert(entry.word.clone(), (number, entry.clone()));
                    entries.push(entry);
                }
            },
            Err(kind) => problem(Some(number), kind),
        }
    }
}

fn read_line(line: &str) -> Result<Option<Entry>, ProblemKind> {
    let line = line.split('#').next().unwrap_or("");
    let mut fields = line.split_whitespace();
    let Some(word) = fields.next() else { return Ok(None) };
    let (second, third) = (fields.next(), fields.next());
    if fields.next().is_some() {
        return Err(ProblemKind::TooManyColumns);
    }
    let word = fold(word).text;
    if !word.chars().all(char::is_alphanumeric) {
        return Err(ProblemKind::NotAWord(word));
    }
    if word.chars().count() > MAX_WORD_CHARS {
        return Err(ProblemKind::TooLong(word));
    }
    let frequency = |text: &str| match text.parse::<usize>() {
        // jieba adds frequencies up; the largest of its own is below a million.
        Ok(n @ 1..=1_000_000_000) => Ok(n),
        _ => Err(ProblemKind::BadFrequency(text.to_owned())),
    };
    let is_tag = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase()) && text.is_ascii();
    let (frequency, tag) = match (second, third) {
        (None, _) => (None, "n"),
        (Some(tag), None) if is_tag(tag) => (None, tag),
        (Some(n), tag) => (Some(frequency(n)?), tag.unwrap_or("n")),
    };
    Ok(Some(Entry { word, frequency, tag: tag.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<Entry>, Vec<LexiconProblem>) {
        let (mut entries, mut problems) = (Vec::new(), Vec::new());
        read_one(Path::new("user.txt"), text, &mut entries, &mut problems);
        (entries, problems)
    }

    fn entry(word: &str, frequency: Option<usize>, tag: &str) -> Entry {
        Entry { word: word.into(), frequency, tag: tag.into() }
    }

    #[test]
    fn all_four_line_forms() {
        let (entries, problems) =
            read("\u{feff}# 注释\n沃家寬頻\n沃宽 500\nＩＰＴＶ nz # 电视\r\n智家工程师 800 n\n".as_bytes());
        assert_eq!(problems, []);
        let expected = [
            entry("沃家宽频", None, "n"),
            entry("沃宽", Some(500), "n"),
            entry("iptv", None, "nz"),
            entry("智家工程师", Some(800), "n"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn one_mistake_does_not_hide_another() {
        let (_, problems) = read("甲乙 很多\n丙丁 1 n x\n戊，己\n庚辛 1\n庚辛 2\n壬癸 0\n".as_bytes());
        let lines: Vec<_> = problems.iter().map(|p| p.line).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(3), Some(5), Some(6)]);
        assert_eq!(problems[3].kind, ProblemKind::Contradicts("庚辛".into(), 4));
    }

    #[test]
    fn a_file_in_another_encoding_gives_one_message() {
        let gbk = b"\xbf\xed\xb4\xf8\n\xb6\xcf\xcd\xf8\n";
        let (_, problems) = read(gbk);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].kind, ProblemKind::NotUtf8);
        assert!(problems[0].to_string().starts_with("user.txt:1: is not UTF-8; save"), "{}", problems[0]);
    }
}
