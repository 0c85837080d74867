//! The only room that cuts Chinese.
//!
//! In: text as people or recognisers write it. Out: the same text folded ([`fold`], [`simplify`], [`skeleton`]), cut into
//! words ([`Lexicon`]), counted as speech ([`spoken_chars`]), its numbers ([`number`]), its sounds ([`pinyin`]) and the personal
//! data in it ([`entities`]), always
//! with spans that lead back to the bytes of the text that came in.
//! Deliberately unknown here: calls, speakers, time, rules, indexes.
//!
//! Every span is a [`TextSpan`](hotline_model::TextSpan): bytes, end exclusive, on character boundaries. No text makes
//! anything here panic; spans that do not fit are cut to fit.

pub mod entities;
mod fold;
mod lexicon;
mod map;
pub mod number;
pub mod pinyin;
mod spoken;
mod variants;

pub use fold::{fold, fold_char, is_spoken, simplify, skeleton};
pub use lexicon::{Lexicon, LexiconError, LexiconProblem, ProblemKind, Word, WordTag, hotline_terms};
pub use map::Folded;
pub use spoken::spoken_chars;
