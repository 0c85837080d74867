//! The sums behind every figure, and the figures they give.

use polars::prelude::*;

use crate::figures::{mean_score, ratio};

macro_rules! totals {
    ($($(#[$doc:meta])* $name:ident = $sum:expr;)+) => {
        /// Sums over a group of calls. Whole numbers all, so that they do not depend on the order of adding.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct Totals {
            $($(#[$doc])* pub $name: i64,)+
            /// Median over calls of the call's median response time, in milliseconds.
            pub response_ms: Option<f64>,
        }

        impl Totals {
            /// The sums as expressions over the frame of calls, see `frame.rs`.
            pub fn expressions() -> Vec<Expr> {
                vec![
                    $($sum.cast(DataType::Int64).fill_null(lit(0i64)).alias(stringify!($name)),)+
                    col("response_ms").median().cast(DataType::Float64).alias("response_ms"),
                ]
            }

            /// Row number `row` of a frame that [`Totals::expressions`] made.
            pub fn read(frame: &DataFrame, row: usize) -> PolarsResult<Self> {
                Ok(Totals {
                    $($name: frame.column(stringify!($name))?.i64()?.get(row).unwrap_or(0),)+
                    response_ms: frame.column("response_ms")?.f64()?.get(row),
                })
            }
        }
    };
}

totals! {
    /// Calls.
    calls = len();
    /// Calls that were answered.
    answered = col("answered").sum();
    /// Calls with a rating.
    rated = col("rating").count();
    /// Calls rated 1.
    satisfied = col("rating").eq(lit(1i64)).sum();
    /// Calls rated 2.
    neutral = col("rating").eq(lit(2i64)).sum();
    /// Calls rated 3.
    dissatisfied = col("rating").eq(lit(3i64)).sum();
    /// Length of the recordings.
    duration_ms = col("duration_ms").sum();
    /// Calls recorded with one party a channel.
    two_sided = col("two_sided").sum();
    /// Agent's voiced time in two-sided calls.
    agent_ms = col("agent_ms").sum();
    /// Customer's voiced time in two-sided calls.
    customer_ms = col("customer_ms").sum();
    /// Time both speak in two-sided calls.
    overlap_ms = col("overlap_ms").sum();
    /// Time nobody speaks in two-sided calls.
    two_sided_silence_ms = col("two_sided_silence_ms").sum();
    /// Times the agent cut the customer short in two-sided calls.
    interruptions = col("interruptions").sum();
    /// Voiced time of all channels.
    voiced_ms = col("voiced_ms").sum();
    /// Time nobody speaks, in all calls.
    silence_ms = col("silence_ms").sum();
    /// Time somebody speaks, in all calls.
    speech_ms = col("speech_ms").sum();
    /// Agent's characters, in thousandths, where a speech rate is known.
    agent_milli_chars = col("agent_milli_chars").sum();
    /// Agent's voiced time where a speech rate is known.
    agent_rated_ms = col("agent_rated_ms").sum();
    /// Calls with a score that says something: at least one rule was met or violated.
    scored = col("score_milli").count();
    /// Their scores, in thousandths.
    score_milli = col("score_milli").sum();
    /// Violated rules, counted once a call.
    violations = col("violated").sum();
    /// Calls with a violation.
    violated_calls = col("violated").gt(lit(0i64)).sum();
    /// Undecided rules, counted once a call.
    undecided = col("undecided").sum();
    /// Rules in play: met, violated or undecided, counted once a call.
    applicable = col("applicable").sum();
    /// Points taken off, in thousandths.
    points_milli = col("points_milli").sum();
    /// Violations by severity.
    slight = col("slight").sum();
    /// See `slight`.
    medium = col("medium").sum();
    /// See `slight`.
    serious = col("serious").sum();
    /// See `slight`.
    fatal = col("fatal").sum();
    /// Speech without text.
    gap_ms = col("gap_ms").sum();
    /// Calls with a confidence.
    recognised = col("confidence_micro").count();
    /// Utterances of those calls.
    utterances = col("confidence_utterances").sum();
    /// Confidence times utterances, in millionths.
    confidence_micro = col("confidence_micro").sum();
    /// Calls with a confidence below the setting.
    low_confidence = col("low_confidence").sum();
    /// Calls where speech was heard and no word came of it.
    wordless = col("wordless").sum();
}

impl Totals {
    pub fn minutes(&self) -> f64 {
        self.duration_ms as f64 / 60_000.0
    }

    pub fn mean_score(&self) -> Option<f64> {
        mean_score(self.score_milli, self.scored)
    }

    pub fn violated_call_share(&self) -> Option<f64> {
        ratio(self.violated_calls, self.scored.max(self.violated_calls))
    }

    pub fn undecided_share(&self) -> Option<f64> {
        ratio(self.undecided, self.applicable)
    }

    /// Agent's part of both parties' voiced time.
    pub fn agent_talk_share(&self) -> Option<f64> {
        ratio(self.agent_ms, self.agent_ms + self.customer_ms)
    }

    /// Parts of the time of two-sided calls: agent alone, customer alone, both, nobody. They add up to one.
    pub fn talk_shares(&self) -> Option<[f64; 4]> {
        let parts = [
            (self.agent_ms - self.overlap_ms).max(0),
            (self.customer_ms - self.overlap_ms).max(0),
            self.overlap_ms,
            self.two_sided_silence_ms,
        ];
        let whole: i64 = parts.iter().sum();
        (whole > 0).then(|| parts.map(|part| part as f64 / whole as f64))
    }

    pub fn silence_share(&self) -> Option<f64> {
        ratio(self.silence_ms, self.silence_ms + self.speech_ms)
    }

    pub fn chars_per_min(&self) -> Option<f64> {
        ratio(self.agent_milli_chars, self.agent_rated_ms).map(|milli_chars_per_ms| milli_chars_per_ms * 60.0)
    }

    pub fn interruptions_per_call(&self) -> Option<f64> {
        ratio(self.interruptions, self.two_sided)
    }

    pub fn confidence(&self) -> Option<f64> {
        ratio(self.confidence_micro, self.utterances).map(|micro| micro / 1e6)
    }

    pub fn gap_share(&self) -> Option<f64> {
        // The endpointer's padding can make a quarantined stretch a little longer than its voice.
        ratio(self.gap_ms, self.voiced_ms).map(|share| share.min(1.0))
    }

    pub fn response_rate(&self) -> Option<f64> {
        ratio(self.rated, self.answered)
    }

    pub fn satisfied_share(&self) -> Option<f64> {
        ratio(self.satisfied, self.rated)
    }

    pub fn dissatisfied_share(&self) -> Option<f64> {
        ratio(self.dissatisfied, self.rated)
    }

    pub fn mean_key(&self) -> Option<f64> {
        ratio(self.satisfied + 2 * self.neutral + 3 * self.dissatisfied, self.rated)
    }
}
