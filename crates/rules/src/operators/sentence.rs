//! Sentences and clauses of an utterance, for tests of whole sentences.

use hotline_model::{Channel, Evidence, TextSpan};

use super::Question;
use crate::condition::{Ignore, Role};
use crate::context::{Evaluated, Hit};
use crate::guards::{cancelled, denies_saying, perhaps_told};
use crate::reason::Reason;

/// Clauses that are tried together: people put a comma where others have none.
const CLAUSES_MAX: usize = 3;

/// For each sentence every run of up to [`CLAUSES_MAX`] of its clauses, as bytes of `text`.
pub(crate) fn clause_runs(text: &str) -> Vec<Vec<TextSpan>> {
    let runs = |clauses: Vec<TextSpan>| {
        let from = |first: usize| (1..=CLAUSES_MAX).map(move |len| (first, first + len - 1));
        (0..clauses.len()).flat_map(from).filter_map(|(a, b)| Some(clauses.get(a)?.hull(*clauses.get(b)?))).collect()
    };
    sentences(text).into_iter().map(runs).collect()
}

/// Where inside a sentence something begins that is told, asked or denied: what is left of the sentence from there on.
pub(super) fn told_parts<'t>(text: &'t str, span: TextSpan, ignore: &[Ignore]) -> Vec<ToldPart<'t>> {
    let told: Vec<Ignore> = ignore.iter().copied().filter(|ignore| *ignore != Ignore::Negated).collect();
    let words = span.slice(text).unwrap_or("");
    let starts = words.char_indices().skip(1).map(|(at, _)| span.range().start + at);
    let part = |start: usize| {
        let rest = TextSpan::new(start, span.range().end);
        let surely =
            cancelled(text, rest, &told).is_some() || ignore.contains(&Ignore::Negated) && denies_saying(text, start);
        let perhaps = ignore.contains(&Ignore::Quoted) && perhaps_told(text, rest);
        (surely || perhaps).then(|| ToldPart { words: rest.slice(text).unwrap_or(""), surely })
    };
    starts.filter_map(part).collect()
}

/// The rest of a sentence that may be somebody else's words.
pub(super) struct ToldPart<'t> {
    pub(super) words: &'t str,
    /// Whether it is clear that it is told, asked or denied.
    pub(super) surely: bool,
}

/// Whether the sentence is denied, told or asked. Who tells or asks may be named in the sentence itself, before the words that
/// make it what it is; a negation in it belongs to its sense (别的部门).
pub(super) fn is_void(text: &str, span: TextSpan, ignore: &[Ignore]) -> bool {
    if cancelled(text, span, ignore).is_some() {
        return true;
    }
    let told: Vec<Ignore> = ignore.iter().copied().filter(|ignore| *ignore != Ignore::Negated).collect();
    let words = span.slice(text).unwrap_or("");
    let reach = words.chars().count() * 2 / 3;
    let mut starts = words.char_indices().take(reach).map(|(at, _)| span.range().start + at);
    starts.any(|start| cancelled(text, TextSpan::new(start, span.range().end), &told).is_some())
}

/// What the sentences found amount to: the best of them decides and is shown first; `reason` puts its words into one.
pub(super) fn concluded(
    best: Hit,
    hits: Vec<Hit>,
    question: &Question,
    reason: impl FnOnce(String) -> Reason,
) -> Evaluated {
    let reason = match &best.evidence {
        Evidence::Quote(quote) if quote.channel == Channel::Mixed && question.role != Role::All => {
            Reason::WhoSpokeUnknown
        }
        Evidence::Quote(quote) => reason(quote.words.clone()),
        _ => Reason::Plain,
    };
    let times_true = u32::try_from(hits.len()).unwrap_or(u32::MAX);
    let others = hits.iter().map(|hit| hit.evidence.clone()).filter(|evidence| *evidence != best.evidence);
    let evidence = std::iter::once(best.evidence.clone()).chain(others).collect();
    Evaluated { belief: best.belief, reason, evidence, hits, times_true, times_false: 1 }
}

/// The clauses of each sentence, as bytes of `text`.
fn sentences(text: &str) -> Vec<Vec<TextSpan>> {
    let mut sentences: Vec<Vec<TextSpan>> = vec![Vec::new()];
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), '。')]) {
        let sentence_ends = matches!(c, '。' | '！' | '!' | '？' | '?' | '；' | ';' | '\n');
        if !sentence_ends && !matches!(c, '，' | ',' | '、' | '：' | ':' | ' ') {
            continue;
        }
        if let Some(sentence) = sentences.last_mut().filter(|_| start < at) {
            sentence.push(TextSpan::new(start, at));
        }
        start = (at + c.len_utf8()).min(text.len());
        if sentence_ends {
            sentences.push(Vec::new());
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_go_together_within_a_sentence() {
        let text = "好的，我看看。行";
        let runs: Vec<Vec<&str>> =
            clause_runs(text).iter().map(|runs| runs.iter().filter_map(|run| run.slice(text)).collect()).collect();
        assert_eq!(runs, [vec!["好的", "好的，我看看", "我看看"], vec!["行"]]);
        assert!(clause_runs("，。").is_empty());
    }
}
