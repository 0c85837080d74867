//! Facts of many calls to reports that can be handed up.
//!
//! In: [`CallFacts`](hotline_model::CallFacts), [`FindingFacts`](hotline_model::FindingFacts) and
//! [`FailedCall`](hotline_model::FailedCall) rows ([`ReportInput`]) and a [`Period`] of the calendar in a time zone.
//! Out: a [`WeeklyReport`] (quality) or a [`MonthlyReport`] (satisfaction) as plain data, its [`Table`]s, and bytes:
//! a self-contained page that prints, CSV, JSON ([`Report::render`]).
//!
//! Deliberately unknown here: where the facts are stored, audio, transcripts, how rules judge, the command line, the
//! clock. The same facts give the same bytes, in whatever order they come; the only time of making is the one the
//! caller puts into [`ReportSettings::generated_at`].
//!
//! The counting is done by polars over one row a call and one row a call and rule (see `frame.rs`). All sums are sums of
//! integers (milliseconds, thousandths of a point): those come out the same in whatever order threads add them up.
//! What each figure means, with its formula, stands in `docs/reports.md`.
//!
//! ```
//! use hotline_report::{Format, Period, RenderOptions, Report, ReportInput, ReportSettings, weekly};
//!
//! let zone = jiff::tz::TimeZone::get("Asia/Shanghai")?;
//! let week = Period::parse("2026-W41", zone)?;
//! let input = ReportInput { calls: &[], findings: &[], failed: &[], settings: ReportSettings::default() };
//! let report = Report::from(weekly(&input, &week)?);
//! let files = report.render(Format::Html, &RenderOptions::default())?;
//! assert_eq!(files[0].name, "weekly-2026-W41.html");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod csv_text;
mod error;
mod figures;
mod frame;
mod head;
mod html;
mod input;
mod language;
mod monthly;
mod period;
mod render;
mod reviews;
mod select;
mod table;
mod totals;
mod weekly;

pub use error::ReportError;
pub use figures::{Interval, Trend, pay_effect_yuan, wilson};
pub use head::{CallLine, Coverage, FailedLine, Head, Note, RuleSetUse, UndatedLine};
pub use input::{ReportInput, ReportSettings};
pub use language::{Language, UnknownLanguage};
pub use monthly::{
    MonthlyFigures, MonthlyReport, RatingRow, Review, SatisfactionRow, ScoreRow, SeverityCounts, monthly,
};
pub use period::{Period, PeriodError, PeriodKind};
pub use render::{Format, RenderOptions, RenderedFile, Report, UnknownFormat};
pub use reviews::{RuleQuality, Share, kappa, rule_quality};
pub use table::{Cell, Column, Good, Row, Table, Unit};
pub use weekly::{
    AgentRow, AsrHealth, DayRow, GradeCount, GroupRow, ParetoRow, RuleRow, TalkShares, ViolationLine, WeeklyFigures,
    WeeklyReport, weekly,
};
