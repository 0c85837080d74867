//! Tables as CSV.

use crate::{Cell, SheetError, Table};

/// Excel takes CSV as UTF-8 only behind this.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A table as CSV in UTF-8 with a byte order mark. Text that a spreadsheet would run as a formula gets an apostrophe in front.
///
/// # Errors
/// [`SheetError::Csv`].
pub fn to_csv(table: &Table) -> Result<Vec<u8>, SheetError> {
    let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(&table.headers)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(text))?;
    }
    finish(writer)
}

/// Rows of text as plain CSV, cell by cell, for programs: no mark, no apostrophes.
///
/// # Errors
/// [`SheetError::Csv`].
pub fn rows_to_csv(rows: &[Vec<String>]) -> Result<String, SheetError> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        // An empty line would be left out by readers, and line numbers would no longer be those of the workbook.
        if row.iter().all(String::is_empty) { writer.write_record([""])? } else { writer.write_record(row)? }
    }
    let bytes = finish(writer)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, SheetError> {
    writer.into_inner().map_err(|error| SheetError::Csv(error.into_error().into()))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => number.to_string(),
        Cell::Link { target, .. } => harmless(target),
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let formula = text.trim_start_matches([' ', '\u{3000}']).starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
