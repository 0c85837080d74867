//! A run over labelled calls, scored.

use std::collections::{BTreeMap, BTreeSet};

use hotline_asr::cer::Edits;
use hotline_model::{Acoustics, CallRecord, Channel, Outcome, TimeSpan};

use crate::clauses::{ClauseScore, hard_negatives, verdict};
use crate::complaint;
use crate::error_rate::{Spoken, character_edits};
use crate::pii;
use crate::reliability;
use crate::report::{AsrScore, CallCounts, EvalReport, OverallScore, TimingScore, VadScore, VariantScore, share};
use crate::timing::{Frames, Matches, frames, interruptions, silences};
use crate::truth::LabelledCall;

/// A labelled call and what a run made of it.
pub struct ScoredCall<'a> {
    /// The truth.
    pub truth: &'a LabelledCall,
    /// The record; `None` if the call failed. That counts as nothing heard: its words are deletions, its events are missed,
    /// and every clause that a rule serves is undecided. Only speech detection leaves it out.
    pub record: Option<&'a CallRecord>,
    /// Whether it is a copy of another call.
    pub variant: bool,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunCost {
    /// Processor seconds, all stages and threads.
    pub cpu_s: f64,
    /// Of those, recognition.
    pub asr_cpu_s: f64,
    /// Processor seconds of second listens, which are part of `asr_cpu_s`.
    pub second_ear_cpu_s: f64,
    /// Seconds.
    pub wall_s: f64,
}

/// Scores a run. `cost` is that of all calls together, copies included.
pub fn score(calls: &[ScoredCall<'_>], cost: RunCost) -> EvalReport {
    let (variants, own): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.variant);
    let mut report = EvalReport {
        calls: CallCounts {
            labelled: own.len(),
            failed: own.iter().filter(|call| call.record.is_none()).count(),
            variants: variants.len(),
        },
        asr: recognition(&own),
        vad: detection(&own),
        ..EvalReport::default()
    };
    costs(&mut report.asr, calls, cost);
    report.clauses = clauses(&own);
    report.overall = overall(&own, &report.clauses);
    report.reliability = reliability::table(&own);
    report.timing = timing(&own);
    report.complaint = complaint::told(&own);
    report.complaint_detail = complaint::detail(&own);
    report.pii = pii::score(&own.iter().map(|call| (call.truth, call.record)).collect::<Vec<_>>());
    report.variants = (!variants.is_empty()).then(|| variant_score(&variants));
    report
}

/// The verdicts of a run alone.
pub fn verdicts(calls: &[ScoredCall<'_>]) -> OverallScore {
    let own: Vec<_> = calls.iter().filter(|call| !call.variant).collect();
    overall(&own, &clauses(&own))
}

fn recognition(calls: &[&ScoredCall<'_>]) -> AsrScore {
    let (mut all, mut agent, mut customer) = (Edits::default(), Edits::default(), Edits::default());
    let mut codecs: BTreeMap<String, Edits> = BTreeMap::new();
    let mut gap_ms = 0u64;
    for call in calls {
        let mut own = Edits::default();
        if mixed(call) {
            own += edits(call, None);
        } else {
            let (of_agent, of_customer) = (edits(call, Some(Channel::Agent)), edits(call, Some(Channel::Customer)));
            agent += of_agent;
            customer += of_customer;
            own += of_agent;
            own += of_customer;
        }
        all += own;
        *codecs.entry(codec(call.truth)).or_default() += own;
        let gaps = call.record.map_or(&[][..], |record| record.transcript.gaps.as_slice());
        gap_ms += gaps.iter().map(|gap| u64::from(gap.span.len_ms())).sum::<u64>();
    }
    AsrScore {
        cer: all.rate(),
        cer_agent: agent.rate(),
        cer_customer: customer.rate(),
        cer_by_codec: codecs.into_iter().filter_map(|(codec, edits)| Some((codec, edits.rate()?))).collect(),
        characters: all.reference,
        substitutions: all.substitutions,
        insertions: all.insertions,
        deletions: all.deletions,
        gap_s: gap_ms as f64 / 1000.0,
        ..AsrScore::default()
    }
}

fn codec(truth: &LabelledCall) -> String {
    let ending = truth.file.rsplit('.').next().unwrap_or_default();
    match (truth.codec.as_str(), ending) {
        ("" | "none", "wav") => "pcm".to_owned(),
        ("" | "none", ending) => ending.to_owned(),
        (codec, "wav") => codec.to_owned(),
        (codec, ending) => format!("{codec}+{ending}"),
    }
}

fn mixed(call: &ScoredCall<'_>) -> bool {
    call.record.is_some_and(|record| record.acoustics.channel(Channel::Mixed).is_some())
}

/// Edits of one speaker, or of everybody in order of time.
fn edits(call: &ScoredCall<'_>, speaker: Option<Channel>) -> Edits {
    let mut turns: Vec<_> = call
        .truth
        .turns
        .iter()
        .filter(|turn| turn.speaker().is_some_and(|who| speaker.is_none_or(|s| s == who)))
        .collect();
    turns.sort_by(|a, b| a.start.total_cmp(&b.start));
    let written: String = turns.iter().map(|turn| format!("{}\n", turn.text)).collect();
    let spoken: String = turns.iter().map(|turn| format!("{}\n", turn.spoken)).collect();
    let heard: String = call
        .record
        .iter()
        .flat_map(|record| &record.transcript.utterances)
        .filter(|utterance| speaker.is_none_or(|s| s == utterance.channel))
        .map(|utterance| format!("{}\n", utterance.text))
        .collect();
    let spoken = if spoken.trim().is_empty() { "" } else { spoken.as_str() };
    character_edits(Spoken { written: &written, spoken }, &heard)
}

fn detection(calls: &[&ScoredCall<'_>]) -> VadScore {
    let mut sum = Frames::default();
    for call in calls {
        let Some(record) = call.record else { continue };
        for measured in &record.acoustics.channels {
            let speaks = |who: Channel| measured.channel == Channel::Mixed || measured.channel == who;
            let turns = call.truth.turns.iter().filter(|turn| turn.speaker().is_some_and(speaks));
            let truth: Vec<TimeSpan> = turns.map(|turn| turn.span()).collect();
            sum.add(frames(&truth, &measured.voiced, record.call.duration_ms));
        }
    }
    VadScore { miss: share(sum.missed, sum.speech), false_alarm: share(sum.false_alarms, sum.other) }
}

fn costs(asr: &mut AsrScore, calls: &[ScoredCall<'_>], cost: RunCost) {
    let records = || calls.iter().filter_map(|call| call.record);
    let audio_s: f64 = records().map(|record| f64::from(record.call.duration_ms) / 1000.0).sum();
    let speech_ms = |record: &CallRecord| -> u64 {
        let said = record.transcript.utterances.iter().map(|utterance| utterance.span);
        let gaps = record.transcript.gaps.iter().map(|gap| gap.span);
        said.chain(gaps).map(|span| u64::from(span.len_ms())).sum()
    };
    let speech_s = records().map(speech_ms).sum::<u64>() as f64 / 1000.0;
    let per = |cost: f64, seconds: f64| (seconds > 0.0 && cost > 0.0).then(|| cost / seconds);
    asr.rtf_cpu = per(cost.cpu_s, audio_s);
    asr.rtf_wall = per(cost.wall_s, audio_s);
    asr.cpu_per_speech_s = per(cost.asr_cpu_s, speech_s);
    let first_s = cost.asr_cpu_s - cost.second_ear_cpu_s;
    asr.second_ear = (first_s > 0.0).then(|| cost.second_ear_cpu_s / first_s);
    asr.besides_asr = (cost.cpu_s > 0.0).then(|| (cost.cpu_s - cost.asr_cpu_s) / cost.cpu_s);
}

/// Every clause the truth has, with its score if a rule serves it.
fn clauses(calls: &[&ScoredCall<'_>]) -> BTreeMap<String, Option<ClauseScore>> {
    let findings = calls.iter().filter_map(|call| call.record).flat_map(|record| &record.findings);
    let served: BTreeSet<&str> = findings.map(|finding| finding.clause.as_str()).collect();
    let mut scores: BTreeMap<String, Option<ClauseScore>> = BTreeMap::new();
    for call in calls {
        let expected = &call.truth.expected;
        for (clause, truth) in &expected.clauses {
            let score = scores.entry(clause.clone()).or_default();
            let borderline = expected.borderline.iter().any(|entry| entry.clause == *clause);
            let outcome = match call.record {
                Some(record) => verdict(&record.findings, clause),
                None => served.contains(clause.as_str()).then_some(Outcome::Undecided),
            };
            if let (Some(outcome), false) = (outcome, borderline) {
                score.get_or_insert_default().add(truth.verdict == Outcome::Violated.name(), outcome);
            }
        }
    }
    scores
}

fn overall(calls: &[&ScoredCall<'_>], clauses: &BTreeMap<String, Option<ClauseScore>>) -> OverallScore {
    let sum = |wanted: fn(&str) -> bool| {
        let mut sum = ClauseScore::default();
        clauses.iter().filter(|(id, _)| wanted(id)).filter_map(|(_, score)| score.as_ref()).for_each(|s| sum.merge(s));
        sum
    };
    let all = sum(|_| true);
    let forbidden = sum(|id| id.starts_with("FRB-"));
    let (fired, negatives) = calls
        .iter()
        .filter_map(|call| Some(hard_negatives(call.truth, call.record?)))
        .fold((0, 0), |(fired, all), (f, a)| (fired + f, all + a));
    OverallScore {
        violated_precision: all.precision,
        violated_recall: all.recall,
        violated_f1: all.f1,
        forbidden_precision: forbidden.precision,
        undecided_rate: share(all.undecided, all.total()),
        hard_negative_rate: share(fired, negatives),
        hard_negatives: negatives,
    }
}

fn timing(calls: &[&ScoredCall<'_>]) -> TimingScore {
    let (mut interrupted, mut silent) = (Matches::default(), Matches::default());
    let nothing = Acoustics::default();
    for call in calls {
        interrupted.add(interruptions(call.truth, call.record.map_or(&[], |record| &record.findings)));
        silent.add(silences(call.truth, call.record.map_or(&nothing, |record| &record.acoustics)));
    }
    TimingScore { interruption: interrupted.score(), silence: silent.score() }
}

fn variant_score(calls: &[&ScoredCall<'_>]) -> VariantScore {
    let edits: Edits = calls.iter().map(|call| edits(call, None)).sum();
    let mut sum = ClauseScore::default();
    clauses(calls).values().flatten().for_each(|score| sum.merge(score));
    VariantScore { cer: edits.rate(), false_violations: sum.fp, undecided_rate: share(sum.undecided, sum.total()) }
}
