//! The small pattern language of phrases: `(请|麻烦)(您|)稍等`, `我~管不了`, `不归…管`.

use hotline_text::fold;

/// Most spellings a stretch without gaps may stand for.
const SPELLINGS_MAX: usize = 2000;
/// Choices that would multiply to more than this are looked for one after the other.
const SPELLINGS_SPLIT: usize = 400;
/// What may stand at a gap `…`: this many characters at most, within one sentence.
const WIDE_GAP_CHARS: usize = 6;
/// What may stand at a gap `……`, which is how Chinese writes an ellipsis: half a sentence.
const HALF_SENTENCE_CHARS: usize = 14;
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
        let mut written = String::new();
        for (at, first) in self.stretches.iter().filter_map(|all| all.first()).enumerate() {
            if at > 0 && self.gaps.get(at - 1).is_some_and(|gap| *gap > 0) {
                written.push('…');
            }
            written.push_str(first);
        }
        written
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
    #[error("a gap `…`, `……` or `~` must stand between characters, outside brackets")]
    Gap,
    #[error("stands for more than {SPELLINGS_MAX} spellings: split it, or put a gap `…` in")]
    TooMany,
}

/// Spells a wording out. `(a|b|)` is a choice, an empty choice may be left out; `…` is a gap of up to six characters, `……`
/// one of up to fourteen, `~` one of up to two. Other punctuation and spaces mean nothing.
pub(crate) fn spell(wording: &str) -> Result<Wording, WordingError> {
    let folded = fold(wording).text.replace("......", "⋯").replace("...", "…").replace("……", "⋯");
    let gap = |c: char| match c {
        '⋯' => Some(HALF_SENTENCE_CHARS),
        '…' => Some(WIDE_GAP_CHARS),
        '~' => Some(NARROW_GAP_CHARS),
        _ => None,
    };
    let mut wide = folded.chars().filter_map(gap);
    let (mut stretches, mut gaps) = (Vec::new(), Vec::new());
    let several = folded.chars().any(|c| gap(c).is_some());
    for stretch in folded.split(|c| gap(c).is_some()) {
        let pieces = spell_stretch(stretch)?;
        gaps.extend(std::iter::repeat_n(0, pieces.len().saturating_sub(1)));
        gaps.extend(wide.next());
        stretches.extend(pieces);
    }
    if stretches.iter().flatten().any(String::is_empty) {
        return Err(if several { WordingError::Gap } else { WordingError::Empty });
    }
    Ok(Wording { stretches, gaps })
}

/// One stretch between gaps. Where choices would multiply to more than [`SPELLINGS_SPLIT`], it is cut into several that follow
/// each other without any gap: a sum of spellings instead of a product.
fn spell_stretch(stretch: &str) -> Result<Vec<Vec<String>>, WordingError> {
    let mut done: Vec<Vec<String>> = Vec::new();
    let mut spelled = vec![String::new()];
    for choices in elements(stretch)? {
        let whole = spelled.iter().all(|text| !text.is_empty());
        if spelled.len() * choices.len() > SPELLINGS_SPLIT && whole {
            done.push(std::mem::replace(&mut spelled, vec![String::new()]));
        }
        spelled = multiply(&spelled, &choices)?;
    }
    // What can be left out altogether belongs to what stands before it.
    while spelled.iter().any(String::is_empty) {
        let Some(before) = done.pop() else { break };
        spelled = multiply(&before, &spelled)?;
    }
    done.push(spelled);
    Ok(done)
}

/// The choices of a stretch in order; a plain character is a choice of one.
fn elements(stretch: &str) -> Result<Vec<Vec<String>>, WordingError> {
    let mut elements = Vec::new();
    let mut rest = stretch;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        match c {
            '(' => {
                let (inside, tail) = after.split_once(')').ok_or(WordingError::Bracket)?;
                elements.push(choices(inside)?);
                rest = tail;
            }
            ')' => return Err(WordingError::Bracket),
            '|' => return Err(WordingError::Bar),
            _ => {
                elements.push(vec![spoken_only(c.encode_utf8(&mut [0; 4]))]);
                rest = after;
            }
        }
    }
    Ok(elements)
}

fn choices(inside: &str) -> Result<Vec<String>, WordingError> {
    if inside.contains('(') {
        return Err(WordingError::Bracket);
    }
    let choices: Vec<&str> = inside.split('|').collect();
    if choices.iter().any(|choice| !choice.is_empty() && spoken_only(choice).is_empty()) {
        return Err(WordingError::Punctuation);
    }
    Ok(choices.into_iter().map(spoken_only).collect())
}

fn multiply(spelled: &[String], choices: &[String]) -> Result<Vec<String>, WordingError> {
    if spelled.len() * choices.len() > SPELLINGS_MAX {
        return Err(WordingError::TooMany);
    }
    let with = |before: &String| choices.iter().map(|choice| before.clone() + choice).collect::<Vec<_>>();
    let mut seen = std::collections::HashSet::new();
    Ok(spelled.iter().flat_map(with).filter(|text| seen.insert(text.clone())).collect())
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
        assert_eq!(spell("要是……就好了").unwrap().gaps, [14]);
        assert_eq!(spelled("ＯＫ 嗎").as_deref(), Ok("ok吗"));
        assert_eq!(spell("(不|没)归…管").unwrap().written(), "不归…管");
    }

    #[test]
    fn many_choices_follow_each_other_instead_of_multiplying() {
        let wording = spell(&"(甲|乙|丙|丁|戊)".repeat(5)).unwrap();
        assert_eq!(wording.stretches.iter().map(Vec::len).collect::<Vec<_>>(), [125, 25]);
        assert_eq!(
            (wording.gaps.as_slice(), wording.written().as_str(), wording.chars_min()),
            (&[0][..], "甲甲甲甲甲", 5)
        );
        // What may be left out stays with what stands before it.
        let wording = spell(&format!("{}{}", "(甲|乙|丙|丁|戊)".repeat(3), "(子|丑|寅|卯|)")).unwrap();
        assert_eq!((wording.stretches.len(), wording.chars_min()), (1, 3));
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
        assert_eq!(spelled(&"(a|b|)".repeat(8)), Err(WordingError::Empty));
        let choices = (0..=SPELLINGS_MAX).map(|i| format!("字{i}")).collect::<Vec<_>>().join("|");
        assert_eq!(spelled(&format!("({choices})")), Err(WordingError::TooMany));
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
