//! A recogniser that knows the answers beforehand: for tests of everything around recognition, fast and without a model.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotline_model::{GapReason, SAMPLES_PER_MS, TextSpan, TimeSpan};
use sha2::{Digest, Sha256};

use crate::{AsrError, EngineInfo, Hypothesis, HypothesisToken, Session, Transcriber};

/// Answers from a list instead of from sound. Samples that are all zero are no speech, as for a real recogniser.
#[derive(Clone, Debug)]
pub struct ScriptedTranscriber {
    script: Arc<Script>,
}

#[derive(Debug)]
struct Script {
    texts: Vec<String>,
    by_digest: HashMap<String, String>,
    order: Order,
    next: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The first text for the first segment, and so on.
    Arrival,
    /// The text a segment's own samples select: the same for the same segment, whoever asks when.
    Content,
}

/// Probability of every token.
const P: f32 = 0.9;

impl ScriptedTranscriber {
    /// Gives `texts` one after the other, to all sessions together; afterwards segments are empty. With more than one session the
    /// order is that in which they ask.
    pub fn in_order<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::new(texts.into_iter().map(Into::into).collect(), HashMap::new(), Order::Arrival)
    }

    /// Spreads `texts` over segments by the digest of their samples: the same segment always gets the same text, with any number
    /// of sessions, in any order.
    pub fn by_content<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::new(texts.into_iter().map(Into::into).collect(), HashMap::new(), Order::Content)
    }

    /// Reads a file: one text a line, given in order; or, for certain segments, their [`digest`], a tab and the text. Empty
    /// lines and lines that begin with `#` do not count.
    ///
    /// # Errors
    /// When the file cannot be read or names a digest that is none.
    pub fn from_file(path: &Path) -> Result<Self, AsrError> {
        let wrong = |problem: String| AsrError::Texts { path: path.to_owned(), problem };
        let content = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let (mut texts, mut by_digest) = (Vec::new(), HashMap::new());
        for (number, line) in content.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('\t') {
                None => texts.push(line.to_owned()),
                Some((digest, text)) if is_digest(digest) => drop(by_digest.insert(digest.to_owned(), text.to_owned())),
                Some((digest, _)) => {
                    return Err(wrong(format!(
                        "line {}: `{digest}` is no digest of 64 hexadecimal digits",
                        number + 1
                    )));
                }
            }
        }
        Ok(Self::new(texts, by_digest, Order::Arrival))
    }

    fn new(texts: Vec<String>, by_digest: HashMap<String, String>, order: Order) -> Self {
        ScriptedTranscriber { script: Arc::new(Script { texts, by_digest, order, next: AtomicUsize::new(0) }) }
    }
}

/// What names a segment in a file for [`ScriptedTranscriber::from_file`]: SHA-256 of its samples as little-endian bytes, in
/// lower-case hexadecimal.
pub fn digest(samples: &[f32]) -> String {
    sha256(samples).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Transcriber for ScriptedTranscriber {
    fn session(&self) -> Result<Box<dyn Session>, AsrError> {
        Ok(Box::new(ScriptedSession(Arc::clone(&self.script))))
    }

    fn provenance(&self) -> EngineInfo {
        EngineInfo { engine: "scripted".into(), model: String::new(), model_sha256: String::new() }
    }
}

struct ScriptedSession(Arc<Script>);

impl Session for ScriptedSession {
    fn transcribe(&mut self, samples: &[f32]) -> Result<Hypothesis, AsrError> {
        if samples.iter().all(|s| *s == 0.0) {
            return Ok(Hypothesis { rejected: Some(GapReason::NoSpeech), ..Hypothesis::default() });
        }
        let script = &self.0;
        let known = if script.by_digest.is_empty() { None } else { script.by_digest.get(&digest(samples)) };
        let text = known.or_else(|| match script.order {
            Order::Arrival => script.texts.get(script.next.fetch_add(1, Ordering::Relaxed)),
            Order::Content => {
                let number = sha256(samples).iter().take(8).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
                script.texts.get((number % (script.texts.len().max(1) as u64)) as usize)
            }
        });
        Ok(hypothesis(text.map_or("", String::as_str), samples.len()))
    }
}

/// One token a character, dealt out evenly over the segment.
fn hypothesis(text: &str, samples: usize) -> Hypothesis {
    let length_ms = samples as u64 / u64::from(SAMPLES_PER_MS);
    let count = text.chars().count().max(1) as u64;
    let at = |i: u64| u32::try_from(length_ms * i / count).unwrap_or(u32::MAX);
    let tokens = text.char_indices().zip(0..).map(|((start, c), i)| HypothesisToken {
        text: TextSpan::new(start, start + c.len_utf8()),
        time: TimeSpan::from_ms(at(i), at(i + 1)),
        p: P,
    });
    Hypothesis {
        tokens: tokens.collect(),
        text: text.to_owned(),
        avg_logprob: if text.is_empty() { 0.0 } else { P.ln() },
        rejected: text.is_empty().then_some(GapReason::Empty),
        ..Hypothesis::default()
    }
}

fn sha256(samples: &[f32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for sample in samples {
        hash.update(sample.to_le_bytes());
    }
    hash.finalize().into()
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_in_order_over_all_sessions() {
        let transcriber = ScriptedTranscriber::in_order(["您好", "再见"]);
        let (mut one, mut two) = (transcriber.session().unwrap(), transcriber.session().unwrap());
        let samples = [0.1; 16_000];
        assert_eq!(one.transcribe(&samples).unwrap().text, "您好");
        let second = two.transcribe(&samples).unwrap();
        assert_eq!(second.text, "再见");
        assert_eq!(second.tokens[1].time, TimeSpan::from_ms(500, 1000));
        assert_eq!(second.tokens[1].text.slice(&second.text), Some("见"));
        assert_eq!(one.transcribe(&samples).unwrap().rejected, Some(GapReason::Empty));
        assert_eq!(one.transcribe(&[0.0; 160]).unwrap().rejected, Some(GapReason::NoSpeech));
    }

    #[test]
    fn content_decides_whatever_the_order() {
        let transcriber = ScriptedTranscriber::by_content(["甲", "乙", "丙", "丁"]);
        let segments: Vec<Vec<f32>> = (1..20).map(|i| vec![i as f32 / 100.0; 800]).collect();
        let answers = |session: &mut dyn Session, order: &[usize]| {
            let mut texts = vec![String::new(); segments.len()];
            for &i in order {
                texts[i] = session.transcribe(&segments[i]).unwrap().text;
            }
            texts
        };
        let forward: Vec<usize> = (0..segments.len()).collect();
        let backward: Vec<usize> = forward.iter().rev().copied().collect();
        let mut session = transcriber.session().unwrap();
        let first = answers(session.as_mut(), &forward);
        assert_eq!(first, answers(transcriber.session().unwrap().as_mut(), &backward));
        assert!(first.iter().any(|text| *text != first[0]), "not all the same");
    }

    #[test]
    fn a_file_can_name_segments() {
        let samples = [0.25; 320];
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("# texts\n其余\n\n{}\t这一段\n", digest(&samples))).unwrap();
        let mut session = ScriptedTranscriber::from_file(file.path()).unwrap().session().unwrap();
        assert_eq!(session.transcribe(&[0.5; 320]).unwrap().text, "其余");
        assert_eq!(session.transcribe(&samples).unwrap().text, "这一段");
        std::fs::write(file.path(), "好\nabc\t坏\n").unwrap();
        let error = ScriptedTranscriber::from_file(file.path()).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
