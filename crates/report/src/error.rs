//! What can go wrong between facts and bytes.

use crate::PeriodError;

/// Why a report could not be made. Odd facts are no reason: they are counted and named in the report's notes.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A period outside the calendar.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// The counting failed: a defect of this crate.
    #[error("the report's figures could not be counted: {0}")]
    Frame(#[from] polars::error::PolarsError),
    /// The report could not be written as JSON.
    #[error("the report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A table could not be written as CSV.
    #[error("table `{table}` could not be written as CSV: {source}")]
    Csv {
        /// Name of the table.
        table: String,
        /// What the writer said.
        source: csv::Error,
    },
}
