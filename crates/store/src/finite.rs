//! Numbers that would not come back: JSON and SQLite both turn NaN into null. A record that holds one is refused when it is
//! saved, where the cause can still be found, rather than when it is needed.

use hotline_model::{CallRecord, Evidence, Finding, Matched, Quote, ScoreCard, TalkMetrics};

/// The first number of `record` that is not finite, by name.
pub(crate) fn unfit(record: &CallRecord) -> Option<&'static str> {
    let CallRecord { call, transcript, acoustics, metrics, findings, score_card, complaint, .. } = record;
    unfit_time(call.meta.answered_after_s)
        .or_else(|| {
            let utterances = transcript.utterances.iter();
            utterances
                .flat_map(|u| [u.confidence].into_iter().chain(u.tokens.iter().map(|t| t.p)))
                .find_map(finite("confidence"))
        })
        .or_else(|| transcript.second_listens.iter().map(|l| l.log_ratio).find_map(finite("second listen")))
        .or_else(|| {
            let channels = acoustics.channels.iter();
            channels.flat_map(|c| [c.speech_dbfs, c.peak_dbfs, c.clipped]).find_map(finite("level"))
        })
        .or_else(|| complaint.as_ref().map(|c| c.certainty).and_then(finite("certainty of a complaint")))
        .or_else(|| unfit_judgement(findings, score_card, metrics))
}

/// The same for what a judge makes.
pub(crate) fn unfit_judgement(findings: &[Finding], card: &ScoreCard, metrics: &TalkMetrics) -> Option<&'static str> {
    let rates = [metrics.agent_chars_per_min, metrics.customer_chars_per_min];
    rates
        .into_iter()
        .flatten()
        .find_map(finite("speech rate"))
        .or_else(|| [card.base, card.cap, card.score].into_iter().find_map(finite("score")))
        .or_else(|| card.deductions.iter().map(|d| d.points).find_map(finite("points")))
        .or_else(|| findings.iter().flat_map(|f| [f.certainty, f.points]).find_map(finite("certainty or points")))
        .or_else(|| findings.iter().flat_map(|f| &f.evidence).find_map(unfit_evidence))
}

/// The same for a metadata value.
pub(crate) fn unfit_time(answered_after_s: Option<f64>) -> Option<&'static str> {
    answered_after_s.filter(|s| !s.is_finite()).map(|_| "answered_after_s")
}

fn unfit_evidence(evidence: &Evidence) -> Option<&'static str> {
    let distance = |quote: &Quote| match quote.matched {
        Matched::Phonetic { distance, .. } => finite("phonetic distance")(distance),
        Matched::Exact { .. } | Matched::Variant { .. } | Matched::Pattern { .. } => None,
    };
    match evidence {
        Evidence::Quote(quote) => distance(quote),
        Evidence::Absence { best, .. } => best.as_ref().and_then(distance),
        Evidence::Interval { value, .. } => (!value.is_finite()).then_some("measured value"),
        Evidence::Metadata { .. } => None,
    }
}

fn finite(name: &'static str) -> impl Fn(f32) -> Option<&'static str> {
    move |n| (!n.is_finite()).then_some(name)
}
