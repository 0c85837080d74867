//! What a report is made of.

use hotline_model::{CallFacts, FailedCall, FindingFacts};
use jiff::Timestamp;

/// The facts and settings of one report.
#[derive(Clone, Debug)]
pub struct ReportInput<'a> {
    /// Calls of the period and of the one before, in any order; others are left out. Calls without a start time are
    /// listed, not counted; copies (`variant_of`) are left out.
    pub calls: &'a [CallFacts],
    /// All findings of those calls, whatever their outcome, in any order; findings of other calls are left out.
    pub findings: &'a [FindingFacts],
    /// Recordings that could not be processed. Nothing dates them, so they are shown as they are given.
    pub failed: &'a [FailedCall],
    /// How to count and what to say at the head.
    pub settings: ReportSettings,
}

/// How to count and what to say at the head.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportSettings {
    /// Name of the organisation or department at the head of the page.
    pub organisation: Option<String>,
    /// Count this hotline only; `None` counts all.
    pub hotline: Option<String>,
    /// Count this team only; `None` counts all.
    pub team: Option<String>,
    /// Figures over fewer calls than this are marked as small samples.
    pub small_sample: u32,
    /// A call whose mean confidence (0…1) lies below this counts as poorly recognised.
    pub low_confidence: f32,
    /// Length of the lists of most frequent violations.
    pub top: usize,
    /// When the report is made, to be printed at its head; `None` leaves it out. Nothing else depends on it.
    pub generated_at: Option<Timestamp>,
}

impl Default for ReportSettings {
    /// Small below 30 calls (the usual rule of thumb for proportions), poor below 0.6, lists of ten.
    fn default() -> Self {
        ReportSettings {
            organisation: None,
            hotline: None,
            team: None,
            small_sample: 30,
            low_confidence: 0.6,
            top: 10,
            generated_at: None,
        }
    }
}
