//! The figures of an evaluation, in the shape they are written as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ClauseScore;
use crate::pii::PiiScore;
use crate::reliability::Reliability;

/// All figures of a run over labelled calls.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EvalReport {
    /// How many calls went in, failed, and were left out as copies.
    pub calls: CallCounts,
    /// Recognition.
    pub asr: AsrScore,
    /// Speech detection.
    pub vad: VadScore,
    /// Verdicts by clause; `None` for a clause that no rule serves.
    pub clauses: BTreeMap<String, Option<ClauseScore>>,
    /// Verdicts together.
    pub overall: OverallScore,
    /// The same verdicts made in other ways, for comparison.
    pub compared: Comparison,
    /// How right flags are, by how certain they say they are.
    pub reliability: Vec<Reliability>,
    /// Interruption and silence.
    pub timing: TimingScore,
    /// Telling complaints from other calls; `None` where no call is labelled.
    pub complaint: Option<MatchScore>,
    /// What was extracted of them: by field (`matter`, `demand`, `department`, `promised_time`), over those that people filled in.
    pub complaint_detail: BTreeMap<String, MatchScore>,
    /// Finding personal data; `None` where nothing is labelled.
    pub pii: Option<PiiScore>,
    /// Copies (mono mixdowns), scored apart.
    pub variants: Option<VariantScore>,
}

/// How many calls.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct CallCounts {
    /// Labelled calls, copies left out.
    pub labelled: usize,
    /// Of those, calls without a record.
    pub failed: usize,
    /// Copies.
    pub variants: usize,
}

/// Recognition. Error rates are micro-averages: all edits over all reference characters.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AsrScore {
    /// Character error rate over all speech, 0…; `None` without reference characters.
    pub cer: Option<f64>,
    /// The agents'.
    pub cer_agent: Option<f64>,
    /// The customers'.
    pub cer_customer: Option<f64>,
    /// By telephone codec.
    pub cer_by_codec: BTreeMap<String, f64>,
    /// Reference characters.
    pub characters: u64,
    /// Substituted characters.
    pub substitutions: u64,
    /// Inserted characters.
    pub insertions: u64,
    /// Missing characters.
    pub deletions: u64,
    /// Processor seconds of the whole run (all stages) per second of recording.
    pub rtf_cpu: Option<f64>,
    /// Seconds of the whole run per second of recording.
    pub rtf_wall: Option<f64>,
    /// Processor seconds of recognition alone per second of speech it was given.
    pub cpu_per_speech_s: Option<f64>,
    /// Processor time of second listens by that of first recognition, 0 = none.
    pub second_ear: Option<f64>,
    /// Share of the run's processor time besides recognition, 0…1.
    pub besides_asr: Option<f64>,
    /// Speech that was heard but has no text, in seconds.
    pub gap_s: f64,
}

/// Speech detection, by 10 ms frame and channel; 100 ms around true edges are not scored.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct VadScore {
    /// Share of true speech that was not heard, 0…1.
    pub miss: Option<f64>,
    /// Share of true non-speech that was heard as speech, 0…1.
    pub false_alarm: Option<f64>,
}

/// Verdicts together, over all clauses that a rule serves.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct OverallScore {
    /// Of the violations reported, the share that are true.
    pub violated_precision: Option<f64>,
    /// Of the true violations, the share reported; an undecided one counts as not reported.
    pub violated_recall: Option<f64>,
    /// Harmonic mean of the two.
    pub violated_f1: Option<f64>,
    /// Precision over forbidden expressions (FRB) alone.
    pub forbidden_precision: Option<f64>,
    /// Share of verdicts that are undecided.
    pub undecided_rate: Option<f64>,
    /// Share of hard negatives on which the clause fired.
    pub hard_negative_rate: Option<f64>,
    /// Number of hard negatives whose clause a rule serves.
    pub hard_negatives: u64,
}

/// Verdicts made in other ways; `None` where nobody asked.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Comparison {
    /// The same rules as plain strings, on the same transcripts: what a system does that only compares strings.
    pub strings: Option<OverallScore>,
    /// The rules on the references instead of the transcripts: what is left when recognition makes no mistake.
    pub references: Option<OverallScore>,
}

/// Timing events.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TimingScore {
    /// Interruptions begun by the agent that are no backchannels.
    pub interruption: MatchScore,
    /// Silences of 2 s and more; see `timing.rs` for how borderline lengths are treated.
    pub silence: MatchScore,
}

/// Events found against events there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MatchScore {
    /// True events.
    pub true_events: u64,
    /// Events found.
    pub found: u64,
    /// Of those found, the share that are true.
    pub precision: Option<f64>,
    /// Of the true ones, the share found.
    pub recall: Option<f64>,
}

/// Copies, scored apart.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct VariantScore {
    /// Character error rate over all speech.
    pub cer: Option<f64>,
    /// Violations reported that the truth does not have.
    pub false_violations: u64,
    /// Share of verdicts that are undecided.
    pub undecided_rate: Option<f64>,
}

/// `part / whole`, or nothing where there is no whole.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
