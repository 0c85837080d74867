//! Plain utterances with references: recognition alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hotline_asr::cer::Edits;
use serde::{Deserialize, Serialize};

use crate::error_rate::{Spoken, character_edits};
use crate::report::AsrScore;
use crate::score::RunCost;
use crate::truth::EvalError;

/// An utterance and what was said in it: a line of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct UtteranceTruth {
    /// The recording; relative paths are made to lie beside the manifest.
    pub file: PathBuf,
    /// What was said.
    pub text: String,
    /// Where it comes from, to score apart.
    #[serde(default)]
    pub source: String,
}

/// Recognition of plain utterances. `asr` has the same shape as for calls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UtteranceScore {
    /// Utterances.
    pub utterances: usize,
    /// Of those, utterances that could not be processed.
    pub failed: usize,
    /// Error rates and cost.
    pub asr: AsrScore,
    /// Character error rate by source.
    pub cer_by_source: BTreeMap<String, f64>,
}

/// Reads a manifest: one JSON object a line.
pub fn load_manifest(path: &Path) -> Result<Vec<UtteranceTruth>, EvalError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| EvalError::Unreadable { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut utterances = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut utterance: UtteranceTruth = serde_json::from_str(line).map_err(|error| EvalError::Format {
            path: path.to_owned(),
            message: format!("line {}: {error}", at + 1),
        })?;
        utterance.file = folder.join(&utterance.file);
        utterances.push(utterance);
    }
    if utterances.is_empty() {
        return Err(EvalError::Empty { path: path.to_owned() });
    }
    Ok(utterances)
}

/// Scores hypotheses; `None` = could not be processed, which counts as nothing heard. `audio_s`: seconds of all recordings.
pub fn score_utterances(pairs: &[(&UtteranceTruth, Option<String>)], audio_s: f64, cost: RunCost) -> UtteranceScore {
    let mut all = Edits::default();
    let mut sources: BTreeMap<String, Edits> = BTreeMap::new();
    for (truth, heard) in pairs {
        let reference = Spoken { written: &truth.text, spoken: "" };
        let edits = character_edits(reference, heard.as_deref().unwrap_or(""));
        all += edits;
        *sources.entry(truth.source.clone()).or_default() += edits;
    }
    let per = |cost: f64| (audio_s > 0.0 && cost > 0.0).then(|| cost / audio_s);
    UtteranceScore {
        utterances: pairs.len(),
        failed: pairs.iter().filter(|(_, heard)| heard.is_none()).count(),
        asr: AsrScore {
            cer: all.rate(),
            characters: all.reference,
            substitutions: all.substitutions,
            insertions: all.insertions,
            deletions: all.deletions,
            rtf_cpu: per(cost.cpu_s),
            rtf_wall: per(cost.wall_s),
            besides_asr: (cost.cpu_s > 0.0).then(|| (cost.cpu_s - cost.asr_cpu_s) / cost.cpu_s),
            ..AsrScore::default()
        },
        cer_by_source: sources.into_iter().filter_map(|(source, edits)| Some((source, edits.rate()?))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_answer_counts_as_nothing_heard() {
        let truth = |text: &str, source: &str| UtteranceTruth {
            file: "a.wav".into(),
            text: text.into(),
            source: source.into(),
        };
        let (a, b) = (truth("您好请问", "x"), truth("再见", "y"));
        let pairs = [(&a, Some("您好清问".to_owned())), (&b, None)];
        let score =
            score_utterances(&pairs, 10.0, RunCost { cpu_s: 1.0, asr_cpu_s: 0.9, wall_s: 0.5, ..RunCost::default() });
        assert_eq!(score.failed, 1);
        assert_eq!(score.asr.cer, Some(3.0 / 6.0));
        assert_eq!(score.cer_by_source["x"], 0.25);
        assert_eq!(score.asr.rtf_cpu, Some(0.1));
        assert_eq!(score.asr.cer_agent, None);
    }

    #[test]
    fn manifests_name_the_bad_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.jsonl");
        std::fs::write(&path, "{\"file\":\"a.wav\",\"text\":\"您好\"}\n\nnonsense\n").unwrap();
        let error = load_manifest(&path).unwrap_err().to_string();
        assert!(error.contains("line 3"), "{error}");
        std::fs::write(&path, "{\"file\":\"a.wav\",\"text\":\"您好\"}\n").unwrap();
        assert_eq!(load_manifest(&path).unwrap()[0].file, dir.path().join("a.wav"));
    }
}
