//! From reports to files.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{Language, MonthlyReport, ReportError, Table, WeeklyReport, csv_text, html, table};

/// A form in which a report can be handed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One page that needs nothing else and prints well.
    Html,
    /// One file a table.
    Csv,
    /// The report as data, with stable English names whatever the language.
    Json,
}

impl Format {
    /// The stable name used in settings, and the extension of the files.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format that reports don't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reports are not written as `{0}`: write html, csv or json")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Format::Html, Format::Csv, Format::Json]
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// How to write a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Language of headings and sentences.
    pub language: Language,
    /// Whether CSV files begin with a byte order mark, which Excel needs.
    pub csv_bom: bool,
    /// How many calls a row of the page links to at most; CSV and JSON have all.
    pub links_per_row: usize,
    /// How many calls the page's appendix lists in full; of a longer period it lists those that rows link to.
    pub appendix_max: usize,
}

impl Default for RenderOptions {
    /// Chinese, with a byte order mark, 20 links a row, 500 calls in the appendix.
    fn default() -> Self {
        RenderOptions { language: Language::Zh, csv_bom: true, links_per_row: 20, appendix_max: 500 }
    }
}

/// A file, not yet written anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Its name, without folders: `weekly-2026-W41.html`, `weekly-2026-W41-agents.csv`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A report of either kind. In JSON it is the report itself; its `head.schema` tells the kinds apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Quality.
    Weekly(Box<WeeklyReport>),
    /// Satisfaction.
    Monthly(Box<MonthlyReport>),
}

impl From<WeeklyReport> for Report {
    fn from(report: WeeklyReport) -> Self {
        Report::Weekly(Box::new(report))
    }
}

impl From<MonthlyReport> for Report {
    fn from(report: MonthlyReport) -> Self {
        Report::Monthly(Box::new(report))
    }
}

impl Report {
    /// The stem of its file names: `weekly-2026-W41`, `monthly-2026-10`.
    pub fn name(&self) -> String {
        let (kind, key) = match self {
            Report::Weekly(report) => ("weekly", &report.head.key),
            Report::Monthly(report) => ("monthly", &report.head.key),
        };
        format!("{kind}-{}", key.replace("..", "_"))
    }

    /// Its tables, with titles in `language`.
    pub fn tables(&self, language: Language) -> Vec<Table> {
        match self {
            Report::Weekly(report) => table::weekly(report, language),
            Report::Monthly(report) => table::monthly(report, language),
        }
    }

    /// Its files: one for HTML and JSON, one a table for CSV.
    ///
    /// # Errors
    /// JSON and CSV writing failed, which nothing in a report should bring about.
    pub fn render(&self, format: Format, options: &RenderOptions) -> Result<Vec<RenderedFile>, ReportError> {
        let name = self.name();
        let one = |bytes| vec![RenderedFile { name: format!("{name}.{format}"), bytes }];
        match format {
            Format::Html => Ok(one(match self {
                Report::Weekly(report) => html::weekly(report, options).into_bytes(),
                Report::Monthly(report) => html::monthly(report, options).into_bytes(),
            })),
            Format::Json => {
                let mut bytes = serde_json::to_vec(self)?;
                bytes.push(b'\n');
                Ok(one(bytes))
            }
            Format::Csv => self
                .tables(options.language)
                .iter()
                .map(|table| {
                    let bytes = csv_text::write(table, options.language, options.csv_bom)?;
                    Ok(RenderedFile { name: format!("{name}-{}.csv", table.name), bytes })
                })
                .collect(),
        }
    }
}
