//! Text that was changed, and the way back.

use hotline_model::TextSpan;

/// A text made from another, with an exact map of positions in both directions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The text that came out.
    pub text: String,
    /// `None` when nothing changed: positions are the same.
    pieces: Option<Vec<Piece>>,
    original_len: usize,
}

/// A stretch that was changed as one: usually one character, in number readings a whole number. Pieces are sorted and
/// cover the folded text without holes; the original may have holes (dropped characters) between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    folded: TextSpan,
    original: TextSpan,
}

impl Folded {
    /// A text that is its own original.
    pub fn identity(text: impl Into<String>) -> Self {
        let text = text.into();
        Folded { original_len: text.len(), text, pieces: None }
    }

    /// Whether nothing changed, so that spans need no mapping.
    pub fn is_identity(&self) -> bool {
        self.pieces.is_none()
    }

    /// Length of the original in bytes.
    pub fn original_len(&self) -> usize {
        self.original_len
    }

    /// The stretch of the original that `span` of [`Folded::text`] came from. A span that cuts through a piece yields the
    /// whole piece; one past the end is cut; an empty one yields the place where the next character stands.
    pub fn to_original(&self, span: TextSpan) -> TextSpan {
        self.map(span, |p| p.folded, |p| p.original, self.original_len)
    }

    /// The stretch of [`Folded::text`] that came from `span` of the original; empty where everything in it was dropped.
    /// Same rules as [`Folded::to_original`].
    pub fn from_original(&self, span: TextSpan) -> TextSpan {
        self.map(span, |p| p.original, |p| p.folded, self.text.len())
    }

    /// Follows `self` by a change that was made to [`Folded::text`], so that the result maps to the original of `self`.
    pub fn then(&self, next: Folded) -> Folded {
        if self.is_identity() {
            return next;
        }
        let Some(pieces) = next.pieces else {
            return Folded { text: next.text, pieces: self.pieces.clone(), original_len: self.original_len };
        };
        let pieces = pieces
            .into_iter()
            .map(|piece| Piece { folded: piece.folded, original: self.to_original(piece.original) })
            .collect();
        Folded { text: next.text, pieces: Some(pieces), original_len: self.original_len }
    }

    fn map(
        &self,
        span: TextSpan,
        from: impl Fn(&Piece) -> TextSpan,
        to: impl Fn(&Piece) -> TextSpan,
        target_len: usize,
    ) -> TextSpan {
        let Some(pieces) = &self.pieces else {
            let start = self.text.floor_char_boundary(span.range().start);
            let end = self.text.ceil_char_boundary(span.range().end.max(start));
            return TextSpan::new(start, if span.is_empty() { start } else { end });
        };
        let first = pieces.partition_point(|p| from(p).end <= span.start);
        let end = pieces.partition_point(|p| from(p).start < span.end);
        let place = pieces.get(first).map_or(target_len, |p| to(p).range().start);
        match pieces.get(first..end) {
            Some([head, .., tail]) => to(head).hull(to(tail)),
            Some([only]) if !span.is_empty() => to(only),
            _ => TextSpan::new(place, place),
        }
    }
}

/// Builds a [`Folded`] from left to right.
pub(crate) struct FoldedBuilder<'a> {
    original: &'a str,
    text: String,
    pieces: Vec<Piece>,
    changed: bool,
}

impl<'a> FoldedBuilder<'a> {
    pub(crate) fn new(original: &'a str) -> Self {
        FoldedBuilder {
            original,
            text: String::with_capacity(original.len()),
            pieces: Vec::with_capacity(original.len() / 2),
            changed: false,
        }
    }

    /// Adds `c`, which stands for `original[at..at + len]`.
    pub(crate) fn push_char(&mut self, c: char, at: usize, len: usize) {
        let start = self.text.len();
        self.text.push(c);
        self.piece(start, at, len);
    }

    /// Adds `text` as one piece that stands for `original[at..at + len]`.
    pub(crate) fn push_str(&mut self, text: &str, at: usize, len: usize) {
        if text.is_empty() {
            self.changed |= len > 0;
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.piece(start, at, len);
    }

    /// Adds the stretch `original[span]` unchanged, one piece a character.
    pub(crate) fn keep(&mut self, start: usize, end: usize) {
        let original = self.original;
        for (at, c) in original.get(start..end).unwrap_or_default().char_indices() {
            self.push_char(c, start + at, c.len_utf8());
        }
    }

    pub(crate) fn finish(self) -> Folded {
        let changed = self.changed || self.text != self.original;
        Folded { text: self.text, pieces: changed.then_some(self.pieces), original_len: self.original.len() }
    }

    fn piece(&mut self, start: usize, at: usize, len: usize) {
        self.pieces
            .push(Piece { folded: TextSpan::new(start, self.text.len()), original: TextSpan::new(at, at + len) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Folded {
        // "a,一百" → "A100": the comma is dropped, the number is one piece.
        let mut b = FoldedBuilder::new("a,一百");
        b.push_char('A', 0, 1);
        b.push_str("100", 2, 6);
        b.finish()
    }

    #[test]
    fn a_cut_piece_is_whole() {
        let folded = sample();
        assert_eq!(folded.text, "A100");
        assert_eq!(folded.to_original(TextSpan::new(2, 3)), TextSpan::new(2, 8));
        assert_eq!(folded.from_original(TextSpan::new(5, 8)), TextSpan::new(1, 4));
        assert_eq!(folded.to_original(TextSpan::new(0, 4)), TextSpan::new(0, 8));
    }

    #[test]
    fn dropped_and_empty_spans_are_places() {
        let folded = sample();
        assert_eq!(folded.from_original(TextSpan::new(1, 2)), TextSpan::new(1, 1));
        assert_eq!(folded.to_original(TextSpan::new(1, 1)), TextSpan::new(2, 2));
        assert_eq!(folded.to_original(TextSpan::new(90, 99)), TextSpan::new(8, 8));
    }

    #[test]
    fn two_changes_in_a_row_lead_back_to_the_first_text() {
        let first = sample();
        let mut b = FoldedBuilder::new(&first.text);
        b.push_str("x", 0, 1);
        b.push_str("hundred", 1, 3);
        let both = first.then(b.finish());
        assert_eq!(both.text, "xhundred");
        assert_eq!(both.to_original(TextSpan::new(3, 4)), TextSpan::new(2, 8));
    }
}
