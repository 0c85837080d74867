//! Tables as files that spreadsheets open: workbooks (XLSX) and CSV out, workbooks in.
//!
//! In: a [`Table`] of cells, or the bytes of a workbook. Out: bytes, or rows of text. The same table always makes the same bytes.
//! Deliberately unknown here: calls, rules, what any column means, files on disk.

mod csv_text;
mod read;
mod write;

pub use csv_text::{rows_to_csv, to_csv};
pub use read::read_workbook;
pub use write::{ROWS_MAX, to_workbook};

/// A table with a header row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name of the sheet; characters that workbooks don't allow are replaced.
    pub name: String,
    /// Headers of the columns.
    pub headers: Vec<String>,
    /// Rows of cells.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text; it is never run as a formula.
    Text(String),
    /// A number.
    Number(f64),
    /// A text that leads somewhere; in CSV the target stands alone.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads, as a URL.
        target: String,
    },
}

impl Cell {
    /// A text, or nothing where there is none.
    pub fn maybe(text: Option<impl Into<String>>) -> Cell {
        text.map_or(Cell::Empty, |text| Cell::Text(text.into()))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

/// A table that cannot be written, or a workbook that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// More rows than a sheet holds.
    #[error("{rows} rows: a sheet of a workbook holds {ROWS_MAX}; write CSV instead")]
    TooLong {
        /// Rows of the table.
        rows: usize,
    },
    /// The workbook cannot be made.
    #[error("the workbook cannot be made: {0}")]
    Write(#[from] rust_xlsxwriter::XlsxError),
    /// The CSV cannot be made.
    #[error("the CSV cannot be made: {0}")]
    Csv(#[from] csv::Error),
    /// The bytes are no workbook.
    #[error("is no workbook (.xlsx) that can be read: {0}")]
    Read(String),
    /// The workbook has no sheet.
    #[error("the workbook has no sheet")]
    NoSheet,
}
