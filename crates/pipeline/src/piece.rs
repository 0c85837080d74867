//! One recognised speech segment: an utterance, or a gap with its reason.

use hotline_asr::Hypothesis;
use hotline_model::{CallTime, Channel, Gap, GapReason, TimeSpan, Token, Utterance};
use hotline_vad::SpeechSegment;

/// What became of a speech segment.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Words.
    Utterance(Utterance),
    /// Speech without text.
    Gap(Gap),
    /// Speech without text because the recogniser failed, and how.
    Failed(Gap, String),
}

/// Turns a recogniser's answer, or what went wrong with it, into a piece of the transcript.
pub(crate) fn piece(channel: Channel, segment: &SpeechSegment, answer: Result<Hypothesis, String>) -> Piece {
    let gap = |reason, rejected_text: String| Gap { channel, span: segment.span, reason, rejected_text };
    let hypothesis = match answer {
        Ok(hypothesis) => hypothesis,
        Err(error) => return Piece::Failed(gap(GapReason::Failed, String::new()), error),
    };
    if let Some(reason) = hypothesis.rejected {
        return Piece::Gap(gap(reason, hypothesis.text));
    }
    match utterance(channel, segment, &hypothesis) {
        Some(utterance) => Piece::Utterance(utterance),
        None => Piece::Gap(gap(GapReason::Empty, hypothesis.text)),
    }
}

/// The stored form: folded to Simplified with the token spans moved along, times from the start of the recording.
/// `None` if nothing is left but spaces and punctuation.
fn utterance(channel: Channel, segment: &SpeechSegment, hypothesis: &Hypothesis) -> Option<Utterance> {
    let simplified = hotline_text::simplify(&hypothesis.text);
    let text = simplified.text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let cut = simplified.text.len() - simplified.text.trim_start().len();
    let tokens: Vec<Token> = hypothesis
        .tokens
        .iter()
        .filter_map(|token| {
            let span = simplified.from_original(token.text);
            let start = (span.start as usize).saturating_sub(cut).min(text.len());
            let end = (span.end as usize).saturating_sub(cut).min(text.len());
            let time = shift(token.time, segment.padded.start, segment.padded);
            (start < end).then(|| Token { text: hotline_model::TextSpan::new(start, end), time, p: token.p })
        })
        .collect();
    let confidence = mean_probability(tokens.iter().map(|token| token.p));
    Some(Utterance {
        channel,
        span: segment.span,
        text: text.to_owned(),
        raw_text: hypothesis.text.clone(),
        tokens,
        confidence,
    })
}

fn shift(time: TimeSpan, by: CallTime, within: TimeSpan) -> TimeSpan {
    let moved = |instant: CallTime| CallTime::from_ms((instant.ms + by.ms).min(within.end.ms));
    TimeSpan::new(moved(time.start), moved(time.end))
}

/// Geometric mean, 0…1; 0 without tokens.
fn mean_probability(probabilities: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) =
        probabilities.fold((0.0f64, 0u32), |(sum, n), p| (sum + f64::from(p.clamp(1e-6, 1.0)).ln(), n + 1));
    if count == 0 { 0.0 } else { (sum / f64::from(count)).exp() as f32 }
}

#[cfg(test)]
mod tests {
    use hotline_asr::HypothesisToken;
    use hotline_model::TextSpan;

    use super::*;

    fn segment() -> SpeechSegment {
        SpeechSegment {
            span: TimeSpan::from_ms(1_000, 2_000),
            padded: TimeSpan::from_ms(900, 2_100),
            samples: Vec::new(),
            cut: false,
        }
    }

    fn hypothesis(text: &str, pieces: &[&str]) -> Hypothesis {
        let mut at = 0;
        let tokens = pieces
            .iter()
            .enumerate()
            .map(|(i, piece)| {
                let span = TextSpan::new(at, at + piece.len());
                at += piece.len();
                let start = 100 * i as u32;
                HypothesisToken { text: span, time: TimeSpan::from_ms(start, start + 100), p: 0.5 }
            })
            .collect();
        Hypothesis { text: text.into(), tokens, ..Hypothesis::default() }
    }

    #[test]
    fn tokens_keep_pointing_at_their_words_after_folding_and_trimming() {
        let Piece::Utterance(utterance) =
            piece(Channel::Agent, &segment(), Ok(hypothesis(" 您好，請問", &[" ", "您好", "，", "請", "問"])))
        else {
            panic!("an utterance was expected")
        };
        assert_eq!(utterance.text, "您好，请问");
        assert_eq!(utterance.raw_text, " 您好，請問");
        let words: Vec<_> = utterance.tokens.iter().map(|t| t.text.slice(&utterance.text).unwrap()).collect();
        assert_eq!(words, ["您好", "，", "请", "问"]);
        assert_eq!(utterance.tokens[0].time, TimeSpan::from_ms(1_000, 1_100));
        assert!((utterance.confidence - 0.5).abs() < 1e-3);
    }

    #[test]
    fn punctuation_alone_is_no_utterance() {
        let piece = piece(Channel::Agent, &segment(), Ok(hypothesis("。", &["。"])));
        assert!(matches!(piece, Piece::Gap(Gap { reason: GapReason::Empty, .. })));
    }

    #[test]
    fn what_the_guards_reject_is_kept_as_a_gap() {
        let rejected = Hypothesis { rejected: Some(GapReason::Boilerplate), ..hypothesis("字幕", &["字幕"]) };
        let Piece::Gap(gap) = piece(Channel::Customer, &segment(), Ok(rejected)) else { panic!("a gap was expected") };
        assert_eq!((gap.reason, gap.rejected_text.as_str()), (GapReason::Boilerplate, "字幕"));
    }
}
