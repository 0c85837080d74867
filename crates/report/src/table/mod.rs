//! Reports as tables: one source for the page and for CSV.

mod monthly;
mod shared;
mod weekly;

use hotline_model::{Grade, Satisfaction, Severity};

use crate::Language;

pub(crate) use monthly::{dissatisfied, monthly, ratings, satisfaction, scores};
pub(crate) use shared::{calls, failed, undated};
pub(crate) use weekly::{agents, groups, rules, weekly};

/// Unit of a column's numbers, written beside its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Text, counts, or a unit that changes from row to row.
    None,
    /// Shares as percent.
    Percent,
    /// Differences of shares as percentage points.
    PercentagePoints,
    /// Minutes.
    Minutes,
    /// Seconds.
    Seconds,
    /// Characters a minute.
    CharsPerMin,
    /// Yuan.
    Yuan,
}

/// Which direction of a change is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Good {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// Neither.
    Neither,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Stable English name.
    pub key: &'static str,
    /// Title in the report's language.
    pub title: String,
    /// Unit of its numbers.
    pub unit: Unit,
    /// Whether the page shows it; CSV has all.
    pub on_page: bool,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing to count, shown as a dash and left empty in CSV; never zero.
    Missing,
    /// Text.
    Text(String),
    /// A count.
    Count(u64),
    /// A number and how many decimals to show.
    Decimal(f64, u8),
    /// A share, 0…1, shown as percent.
    Share(f64),
    /// A change of a number, how many decimals to show, and which direction is welcome.
    Change(f64, u8, Good),
    /// A change of a share, shown in percentage points.
    ShareChange(f64, Good),
    /// A number that can be for or against somebody, with its sign, and how many decimals to show.
    Signed(f64, u8),
    /// A grade.
    Grade(Grade),
    /// How bad a violation is.
    Severity(Severity),
    /// A customer's rating.
    Rating(Satisfaction),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the row is about, stable over languages.
    pub key: String,
    /// One cell a column.
    pub cells: Vec<Cell>,
    /// Numbers of the calls behind it, those to listen to first coming first.
    pub calls: Vec<u32>,
    /// Whether it rests on a small sample.
    pub small_sample: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Stable name, part of the CSV file's name.
    pub name: &'static str,
    /// Title in the report's language.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows; each has one cell a column.
    pub rows: Vec<Row>,
    /// Whether rows can rest on small samples, so that CSV has a column that says so.
    pub marks_small: bool,
}

impl Table {
    pub(crate) fn new(name: &'static str, title: &str, columns: Vec<Column>) -> Self {
        Table { name, title: title.to_owned(), columns, rows: Vec::new(), marks_small: false }
    }

    pub(crate) fn row(&mut self, key: impl Into<String>, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "table {}", self.name);
        self.rows.push(Row { key: key.into(), cells, calls: Vec::new(), small_sample: false });
    }

    pub(crate) fn traced(&mut self, key: impl Into<String>, small_sample: bool, calls: &[u32], cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "table {}", self.name);
        self.rows.push(Row { key: key.into(), cells, calls: calls.to_vec(), small_sample });
    }
}

impl Unit {
    /// The unit as people write it.
    pub(crate) fn label(self, language: Language) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Percent => "%",
            Unit::PercentagePoints => language.pick("百分点", "pp"),
            Unit::Minutes => language.pick("分钟", "min"),
            Unit::Seconds => language.pick("秒", "s"),
            Unit::CharsPerMin => language.pick("字/分", "chars/min"),
            Unit::Yuan => language.pick("元", "yuan"),
        }
    }
}

/// A column of text or counts.
pub(crate) fn column(key: &'static str, title: &str) -> Column {
    Column { key, title: title.to_owned(), unit: Unit::None, on_page: true }
}

impl Column {
    pub(crate) fn unit(self, unit: Unit) -> Self {
        Column { unit, ..self }
    }

    pub(crate) fn percent(self) -> Self {
        self.unit(Unit::Percent)
    }

    /// Only in CSV.
    pub(crate) fn off_page(self) -> Self {
        Column { on_page: false, ..self }
    }
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }

    pub(crate) fn text_or_missing(text: Option<&str>) -> Self {
        text.map_or(Cell::Missing, Cell::text)
    }

    pub(crate) fn share(share: Option<f64>) -> Self {
        share.map_or(Cell::Missing, Cell::Share)
    }

    pub(crate) fn share_change(change: Option<f64>, good: Good) -> Self {
        change.map_or(Cell::Missing, |change| Cell::ShareChange(change, good))
    }

    pub(crate) fn decimal(value: Option<f64>, decimals: u8) -> Self {
        value.map_or(Cell::Missing, |value| Cell::Decimal(value, decimals))
    }

    pub(crate) fn change(change: Option<f64>, decimals: u8, good: Good) -> Self {
        change.map_or(Cell::Missing, |change| Cell::Change(change, decimals, good))
    }

    pub(crate) fn grade(grade: Option<Grade>) -> Self {
        grade.map_or(Cell::Missing, Cell::Grade)
    }

    pub(crate) fn seconds(ms: Option<f64>) -> Self {
        Cell::decimal(ms.map(|ms| ms / 1000.0), 1)
    }

    /// The cell as plain text without a unit, for CSV. Text is guarded, see [`guarded`].
    pub(crate) fn plain(&self, language: Language) -> String {
        match self {
            Cell::Missing => String::new(),
            Cell::Text(text) => guarded(text),
            Cell::Count(count) => count.to_string(),
            Cell::Decimal(value, decimals) | Cell::Change(value, decimals, _) | Cell::Signed(value, decimals) => {
                decimal(*value, *decimals)
            }
            Cell::Share(share) | Cell::ShareChange(share, _) => decimal(share * 100.0, 2),
            Cell::Grade(grade) => grade.to_string(),
            Cell::Severity(severity) => language.pick(severity.name_zh(), severity.name()).to_owned(),
            Cell::Rating(rating) => rating_name(*rating, language).to_owned(),
        }
    }
}

/// A number with a fixed number of decimals, without a sign on zero.
pub(crate) fn decimal(value: f64, decimals: u8) -> String {
    let text = format!("{value:.*}", usize::from(decimals));
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        _ => text,
    }
}

/// The name of a rating.
pub(crate) fn rating_name(rating: Satisfaction, language: Language) -> &'static str {
    match rating {
        Satisfaction::Satisfied => language.pick("满意", "satisfied"),
        Satisfaction::Neutral => language.pick("一般", "neutral"),
        Satisfaction::Dissatisfied => language.pick("不满意", "dissatisfied"),
    }
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front: names come from metadata that anybody may
/// have written (OWASP, "CSV injection").
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
