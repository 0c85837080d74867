//! How sure the recogniser was of an utterance, character by character.

use hotline_model::{TextSpan, Utterance};
use hotline_text::is_spoken;

/// So many characters in a row are looked at together.
pub(crate) const ROW: usize = 6;

/// The certainties of an utterance's tokens.
#[derive(Debug)]
pub(crate) struct Certainties {
    /// Each token: where, how certain (0…1), and how many characters of it are spoken.
    tokens: Vec<(TextSpan, f32, usize)>,
    /// Over the whole utterance, as [`Certainties::lowest`] gives it.
    whole: (Option<f32>, usize),
    len: usize,
}

impl Certainties {
    pub(crate) fn of(said: &Utterance) -> Certainties {
        let spoken = |span: TextSpan| span.slice(&said.text).unwrap_or("").chars().filter(|c| is_spoken(*c)).count();
        let tokens: Vec<(TextSpan, f32, usize)> =
            said.tokens.iter().map(|token| (token.text, token.p.clamp(0.0, 1.0), spoken(token.text))).collect();
        let whole = lowest(tokens.iter());
        Certainties { tokens, whole, len: said.text.len() }
    }

    /// The lowest mean of [`ROW`] spoken characters in a row within `text`, if there are so many, and how many there are in all.
    pub(crate) fn lowest(&self, text: TextSpan) -> (Option<f32>, usize) {
        if text == TextSpan::new(0, self.len) {
            return self.whole;
        }
        lowest(self.tokens.iter().filter(|(span, ..)| span.overlaps(text)))
    }
}

fn lowest<'t>(tokens: impl Iterator<Item = &'t (TextSpan, f32, usize)>) -> (Option<f32>, usize) {
    let row: Vec<f32> = tokens.flat_map(|(_, p, chars)| std::iter::repeat_n(*p, *chars)).collect();
    let means = row.windows(ROW).map(|window| window.iter().sum::<f32>() / ROW as f32);
    (means.reduce(f32::min), row.len())
}
