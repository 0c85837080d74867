//! Which words are worth a second listen: those that only sound like a phrase, where an outcome hangs on them.

use hotline_model::{Evidence, Finding, Matched, Outcome, Quote, TextSpan};

/// A finding at least this sure is left alone where it clears the agent.
const SURE: f32 = 0.8;

/// Some words that may have been a phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Index into [`hotline_model::Transcript::utterances`].
    pub utterance: u32,
    /// Which bytes of its text.
    pub text: TextSpan,
    /// The phrase that they may have been, as the rule has it.
    pub meant: String,
}

/// The doubts behind `findings`, the weightiest first: outcomes that could not be told, then violations for want of words that were nearly heard, then what was
/// kept by a likeness alone. Phrases with gaps are left out: they cannot be put into a sentence.
pub fn doubts(findings: &[Finding]) -> Vec<Doubt> {
    let mut ranked: Vec<(u32, Doubt)> = Vec::new();
    for finding in findings {
        let rank = match finding.outcome {
            Outcome::Undecided => 0,
            Outcome::Violated => 1,
            Outcome::Met if finding.certainty < SURE => 2,
            Outcome::Met | Outcome::NotApplicable => continue,
        };
        for doubt in finding.evidence.iter().filter_map(quote).filter_map(of_quote) {
            if !ranked.iter().any(|(_, known)| *known == doubt) {
                ranked.push((rank, doubt));
            }
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, doubt)| doubt).collect()
}

fn quote(evidence: &Evidence) -> Option<&Quote> {
    match evidence {
        Evidence::Quote(quote) => Some(quote),
        Evidence::Absence { best, .. } => best.as_ref(),
        Evidence::Interval { .. } | Evidence::Metadata { .. } => None,
    }
}

fn of_quote(quote: &Quote) -> Option<Doubt> {
    match &quote.matched {
        Matched::Phonetic { meant, .. } if !meant.contains(['…', '(', '[', '|']) => {
            Some(Doubt { utterance: quote.utterance, text: quote.text, meant: meant.clone() })
        }
        _ => None,
    }
}
