//! A push towards words that are likely to be said: names of the hotline, terms of its trade.
//!
//! Once the decoder has written a listed word's first character by itself, the tokens that go on with the word get a head start. So a word
//! is never made up out of nothing, but 宽待 becomes 宽带 where 宽带 is listed.

use std::collections::HashMap;

/// The listed words as a tree of tokens.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Node and token to the next node; the root is 0.
    next: HashMap<(u32, u32), u32>,
    /// By node: tokens that go on from it, if the first character is complete there.
    onward: Vec<Vec<u32>>,
}

impl Words {
    /// Builds the tree. Each word comes as its tokens with the bytes they stand for.
    pub fn new<'a>(words: impl Iterator<Item = Vec<(u32, &'a [u8])>>) -> Self {
        let mut tree = Words { next: HashMap::new(), onward: vec![Vec::new()] };
        for word in words {
            let (mut node, mut bytes) = (0, Vec::new());
            for (token, piece) in word {
                if has_whole_character(&bytes) && !tree.onward[node as usize].contains(&token) {
                    tree.onward[node as usize].push(token);
                }
                bytes.extend_from_slice(piece);
                let fresh = tree.onward.len() as u32;
                let child = *tree.next.entry((node, token)).or_insert(fresh);
                if child == fresh {
                    tree.onward.push(Vec::new());
                }
                node = child;
            }
        }
        tree
    }
}

fn has_whole_character(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => !text.is_empty(),
        Err(error) => error.valid_up_to() > 0,
    }
}

/// Which words have been begun.
#[derive(Debug, Default)]
pub(super) struct Begun {
    nodes: Vec<u32>,
    /// Tokens that would go on with one of them.
    pub onward: Vec<u32>,
}

impl Begun {
    /// Moves on by the token that was written.
    pub fn push(&mut self, words: &Words, token: u32) {
        let from = std::mem::take(&mut self.nodes);
        self.nodes = from.into_iter().chain([0]).filter_map(|node| words.next.get(&(node, token)).copied()).collect();
        self.onward.clear();
        for node in &self.nodes {
            self.onward.extend(&words.onward[*node as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token a byte.
    fn bytes(word: &str) -> Vec<(u32, &[u8])> {
        word.as_bytes().chunks(1).map(|byte| (u32::from(byte[0]), byte)).collect()
    }

    fn onward(words: &Words, written: &str) -> Vec<u8> {
        let mut begun = Begun::default();
        written.bytes().for_each(|byte| begun.push(words, byte.into()));
        begun.onward.iter().map(|token| *token as u8).collect()
    }

    #[test]
    fn a_word_is_pushed_from_its_second_character_on() {
        let words = Words::new(["宽带", "宽带费", "投诉"].into_iter().map(bytes));
        assert_eq!(onward(&words, "宽"), "带".as_bytes()[..1]);
        assert_eq!(onward(&words, "我家宽带"), "费".as_bytes()[..1]);
        assert_eq!(onward(&words, "投诉"), b"");
        assert_eq!(onward(&words, "我"), b"");
        let mut begun = Begun::default();
        begun.push(&words, u32::from("宽".as_bytes()[0]));
        assert!(begun.onward.is_empty(), "the first character is the decoder's own affair");
    }

    #[test]
    fn a_word_can_begin_inside_another() {
        let words = Words::new(["一一二", "一二三"].into_iter().map(bytes));
        assert_eq!(onward(&words, "一一"), [&"二".as_bytes()[..1], &"二".as_bytes()[..1]].concat()[..2]);
        assert_eq!(onward(&words, "一一二"), "三".as_bytes()[..1]);
    }
}
