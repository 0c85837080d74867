//! Whisper's vocabulary: token texts as CTranslate2 keeps them, and the bytes whisper.cpp wants.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::ModelError;

/// File names CTranslate2's converters have used, the newest first.
const FILE_NAMES: [&str; 4] = ["vocabulary.json", "vocabulary.txt", "shared_vocabulary.json", "shared_vocabulary.txt"];
const END_OF_TEXT: &str = "<|endoftext|>";
const START: &str = "<|startoftranscript|>";

/// The tokens below `<|endoftext|>`, as bytes.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    pub(crate) tokens: Vec<Vec<u8>>,
}

impl Vocabulary {
    /// Reads the vocabulary of a CTranslate2 folder whose model has `n_vocab` embeddings.
    pub(crate) fn read(folder: &Path, n_vocab: u32) -> Result<Vocabulary, ModelError> {
        let path = find(folder)?;
        let text = std::fs::read_to_string(&path).map_err(ModelError::read(&path))?;
        let wrong = |problem: String| ModelError::Vocabulary { path: path.clone(), problem };
        let tokens: Vec<String> = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).map_err(|e| wrong(format!("not a list of strings: {e}")))?
        } else {
            // Not `lines()`: only the line feed ends a token here.
            text.strip_suffix('\n').unwrap_or(&text).split('\n').map(str::to_string).collect()
        };
        if tokens.len() != n_vocab as usize {
            return Err(wrong(format!(
                "{} tokens, but the model has {n_vocab}; they belong to different models",
                tokens.len()
            )));
        }
        // whisper.cpp counts from these places instead of reading the special tokens.
        let end: usize = match n_vocab {
            51864 => 50256,
            51865 | 51866 => 50257,
            _ => {
                return Err(wrong(format!(
                    "{n_vocab} tokens; whisper.cpp runs models with 51864 (English), 51865 or 51866 (large-v3) tokens only, \
                     so a model with an extended vocabulary cannot be used"
                )));
            }
        };
        for (at, special) in [(end, END_OF_TEXT), (end + 1, START)] {
            if tokens[at] != special {
                return Err(wrong(format!("token {at} is {:?}, expected {special}", tokens[at])));
            }
        }
        let map = byte_map();
        let mut bytes = Vec::with_capacity(end);
        for (id, token) in tokens[..end].iter().enumerate() {
            let mapped: Option<Vec<u8>> = token.chars().map(|c| map.get(&c).copied()).collect();
            let token_bytes = mapped.ok_or_else(|| {
                wrong(format!("token {id}, {token:?}, has a character outside GPT-2's byte alphabet; this is not whisper's vocabulary"))
            })?;
            bytes.push(token_bytes);
        }
        let mut single = [false; 256];
        for token in &bytes {
            if let [byte] = token[..] {
                single[byte as usize] = true;
            }
        }
        if let Some(byte) = single.iter().position(|seen| !seen) {
            return Err(wrong(format!(
                "no token stands for the single byte {byte:#04x}; this is not whisper's vocabulary"
            )));
        }
        Ok(Vocabulary { tokens: bytes })
    }
}

fn find(folder: &Path) -> Result<PathBuf, ModelError> {
    FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(|| ModelError::Foreign {
        path: folder.to_path_buf(),
        expected: "a CTranslate2 whisper folder",
        problem: format!("it has none of {}", FILE_NAMES.join(", ")),
    })
}

/// GPT-2 writes each byte as one printable character: printable Latin-1 as itself, the others from U+0100 on in order.
fn byte_map() -> HashMap<char, u8> {
    let mut map = HashMap::with_capacity(256);
    let mut moved = 0x100_u32;
    for byte in 0..=255_u8 {
        let printable = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let shown = if printable {
            char::from(byte)
        } else {
            let c = char::from_u32(moved).unwrap_or('\u{fffd}');
            moved += 1;
            c
        };
        map.insert(shown, byte);
    }
    map
}

/// A vocabulary that passes every check, for tests: the 256 bytes, made-up words, and the special tokens.
#[cfg(test)]
pub(crate) fn sample(n_vocab: usize) -> Vec<String> {
    let mut shown: Vec<(u8, char)> = byte_map().into_iter().map(|(c, b)| (b, c)).collect();
    shown.sort_unstable();
    let end = if n_vocab == 51864 { 50256 } else { 50257 };
    let mut tokens: Vec<String> = shown.iter().map(|(_, c)| c.to_string()).collect();
    tokens.extend((tokens.len()..end).map(|i| format!("w{i}")));
    tokens.extend([END_OF_TEXT.to_string(), START.to_string()]);
    tokens.extend((tokens.len()..n_vocab).map(|i| format!("<|{i}|>")));
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tokens: &[String], json: bool, n_vocab: u32) -> Result<Vocabulary, ModelError> {
        let folder = tempfile::tempdir().unwrap();
        if json {
            std::fs::write(folder.path().join("vocabulary.json"), serde_json::to_string(tokens).unwrap()).unwrap();
        } else {
            std::fs::write(folder.path().join("vocabulary.txt"), tokens.join("\n") + "\n").unwrap();
        }
        Vocabulary::read(folder.path(), n_vocab)
    }

    #[test]
    fn text_and_json_give_the_same_bytes() {
        for n_vocab in [51864, 51865, 51866] {
            let tokens = sample(n_vocab);
            let text = read(&tokens, false, n_vocab as u32).unwrap();
            let json = read(&tokens, true, n_vocab as u32).unwrap();
            assert_eq!(text.tokens, json.tokens);
            assert_eq!(text.tokens.len(), if n_vocab == 51864 { 50256 } else { 50257 });
            assert_eq!(text.tokens[0], [0]);
            assert_eq!(text.tokens[b' ' as usize], [b' ']);
            assert_eq!(text.tokens[300], b"w300");
        }
    }

    #[test]
    fn the_map_is_a_bijection_and_knows_the_usual_suspects() {
        let map = byte_map();
        assert_eq!(map.len(), 256);
        let mut bytes: Vec<u8> = map.values().copied().collect();
        bytes.sort_unstable();
        assert!(bytes.iter().enumerate().all(|(i, &b)| i == b as usize));
        for (shown, byte) in [('Ġ', b' '), ('Ċ', b'\n'), ('!', b'!'), ('ÿ', 0xff), ('Ń', 0xad)] {
            assert_eq!(map[&shown], byte, "{shown}");
        }
    }

    #[test]
    fn what_is_not_whisper_is_refused_with_its_reason() {
        let good = sample(51865);
        let with = |at: usize, token: &str| {
            let mut tokens = good.clone();
            tokens[at] = token.to_string();
            tokens
        };
        for (tokens, n_vocab, reason) in [
            (good.clone(), 51866, "51865 tokens, but the model has 51866"),
            (good[..50].to_vec(), 50, "extended vocabulary"),
            (with(50257, "x"), 51865, "token 50257"),
            (with(50258, "x"), 51865, "token 50258"),
            (with(400, "你好"), 51865, "byte alphabet"),
            (with(7, "w7"), 51865, "single byte 0x07"),
        ] {
            let error = read(&tokens, true, n_vocab).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Vocabulary::read(empty.path(), 51865), Err(ModelError::Foreign { .. })));
    }
}
