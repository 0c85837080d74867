//! The small pattern language of phrases: `(请|麻烦)(您|)稍等`, `我~管不了`, `不归…管`.

use hotline_text::fold;

/// Most spellings a stretch without gaps may stand for.
const SPELLINGS_MAX: usize = 2000;
/// What may stand at a gap `…`: this many characters at most, within one sentence.
const WIDE_GAP_CHARS: usize = 6;
/// What may stand at a gap `~`: an adverb or two.
const NARROW_GAP_CHARS: usize = 2;

/// A wording spelled out: stretches with gaps between them, mostly a single one; each with all its spellings, folded,
/// only letters and digits. The first spelling is the one the author wrote first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wording {
    pub(crate) stretches: Vec<Vec<String>>,
    /// Most characters that may stand between a stretch and the next; one fewer than stretches.
    pub(crate) gaps: Vec<usize>,
}

impl Wording {
    /// A single spelling without gaps.
    pub(crate) fn single(text: String) -> Self {
        Wording { stretches: vec![vec![text]], gaps: Vec::new() }
    }

    /// For people: the first spelling, `不归…管`.
    pub(crate) fn written(&self) -> String {
        self.stretches.iter().filter_map(|all| all.first()).map(String::as_str).collect::<Vec<_>>().join("…")
    }

    /// Fewest characters it can have.
    pub(crate) fn chars_min(&self) -> usize {
        self.stretches.iter().map(|all| all.iter().map(|text| text.chars().count()).min().unwrap_or(0)).sum()
    }
}

/// Why a text is no wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WordingError {
    #[error("a bracket is not closed or not opened: ( and ) come in pairs, and not inside each other")]
    Bracket,
    #[error("`|` stands outside brackets: write (this|that)")]
    Bar,
    #[error("nothing to listen for: every spelling needs at least one character")]
    Empty,
    #[error("a choice consists of punctuation only, which is not heard: leave it empty if that is what it means")]
    Punctuation,
    #[error("a gap `…` or `~` must stand between characters, outside brackets")]
    Gap,
    #[error("stands for more than {SPELLINGS_MAX} spellings: split it, or put a gap `…` in")]
    TooMany,
}

/// Spells a wording out. `(a|b|)` is a choice, an empty choice may be left out; `…` is a gap of up to six characters, `~`
/// one of up to two. Other punctuation and spaces mean nothing.
pub(crate) fn spell(wording: &str) -> Result<Wording, WordingError> {
    let folded = fold(wording).text.replace("...", "…");
    let gap = |c: char| match c {
        '…' => Some(WIDE_GAP_CHARS),
        '~' => Some(NARROW_GAP_CHARS),
        _ => None,
    };
    let gaps: Vec<usize> = folded.chars().filter_map(gap).collect();
    let mut stretches = Vec::new();
    for stretch in folded.split(|c| gap(c).is_some()) {
        stretches.push(spell_stretch(stretch)?);
    }
    let several = stretches.len() > 1;
    if stretches.iter().flatten().any(String::is_empty) {
        return Err(if several { WordingError::Gap } else { WordingError::Empty });
    }
    Ok(Wording { stretches, gaps })
}

fn spell_stretch(stretch: &str) -> Result<Vec<String>, WordingError> {
    let mut spelled = vec![String::new()];
    let mut rest = stretch;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        match c {
            '(' => {
                let (inside, tail) = after.split_once(')').ok_or(WordingError::Bracket)?;
                spelled = multiply(&spelled, inside)?;
                rest = tail;
            }
            ')' => return Err(WordingError::Bracket),
            '|' => return Err(WordingError::Bar),
            _ => {
                let piece = spoken_only(c.encode_utf8(&mut [0; 4]));
                spelled.iter_mut().for_each(|text| text.push_str(&piece));
                rest = after;
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    spelled.retain(|text| seen.insert(text.clone()));
    Ok(spelled)
}

fn multiply(spelled: &[String], choices: &str) -> Result<Vec<String>, WordingError> {
    if choices.contains('(') {
        return Err(WordingError::Bracket);
    }
    let choices: Vec<&str> = choices.split('|').collect();
    if choices.iter().any(|choice| !choice.is_empty() && spoken_only(choice).is_empty()) {
        return Err(WordingError::Punctuation);
    }
    if spelled.len() * choices.len() > SPELLINGS_MAX {
        return Err(WordingError::TooMany);
    }
    let with = |before: &String| choices.iter().map(|choice| before.clone() + &spoken_only(choice)).collect::<Vec<_>>();
    Ok(spelled.iter().flat_map(with).collect())
}

/// Letters and digits of any script.
fn spoken_only(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(wording: &str) -> Result<String, WordingError> {
        spell(wording).map(|w| w.stretches.iter().map(|all| all.join(" ")).collect::<Vec<_>>().join("…"))
    }

    #[test]
    fn choices_multiply_within_a_stretch() {
        assert_eq!(spelled("请(您|)稍(等|候)").as_deref(), Ok("请您稍等 请您稍候 请稍等 请稍候"));
        assert_eq!(spelled("（不|没）归…(管|办)！").as_deref(), Ok("不归 没归…管 办"));
        assert_eq!(spell("我～管…了").unwrap().gaps, [2, 6]);
        assert_eq!(spelled("ＯＫ 嗎").as_deref(), Ok("ok吗"));
        assert_eq!(spell("(不|没)归…管").unwrap().written(), "不归…管");
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(spelled("(a|b"), Err(WordingError::Bracket));
        assert_eq!(spelled("a)"), Err(WordingError::Bracket));
        assert_eq!(spelled("((a))"), Err(WordingError::Bracket));
        assert_eq!(spelled("a|b"), Err(WordingError::Bar));
        assert_eq!(spelled("(甲|)"), Err(WordingError::Empty));
        assert_eq!(spelled("…管"), Err(WordingError::Gap));
        assert_eq!(spelled("(不|)…管"), Err(WordingError::Gap));
        assert_eq!(spelled("行(，|)"), Err(WordingError::Punctuation));
        assert_eq!(spelled(&"(a|b)".repeat(13)), Err(WordingError::TooMany));
    }

    proptest! {
        #[test]
        fn any_text_is_spelled_or_refused(text in "[甲乙(|)….~，]{0,20}|\\PC{0,20}") {
            if let Ok(wording) = spell(&text) {
                prop_assert!(wording.chars_min() > 0);
                prop_assert!(wording.stretches.iter().flatten().all(|s| s.chars().all(char::is_alphanumeric)));
            }
        }
    }
}
