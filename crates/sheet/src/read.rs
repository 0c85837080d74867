//! Workbooks as rows of text.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use crate::SheetError;

/// The rows of the first sheet of a workbook (XLSX) as text, from the first row and column of the sheet on, so that a row's number is the
/// one people see. Numbers without a fraction are written without one; dates as workbooks count them.
///
/// # Errors
/// [`SheetError::Read`] if the bytes are no workbook, [`SheetError::NoSheet`].
pub fn read_workbook(bytes: &[u8]) -> Result<Vec<Vec<String>>, SheetError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| SheetError::Read(error.to_string()))?;
    let sheet = workbook.worksheet_range_at(0).ok_or(SheetError::NoSheet)?;
    let range = sheet.map_err(|error| SheetError::Read(error.to_string()))?;
    let Some((rows_before, columns_before)) = range.start() else { return Ok(Vec::new()) };
    let mut rows = vec![Vec::new(); rows_before as usize];
    for cells in range.rows() {
        let before = std::iter::repeat_n(String::new(), columns_before as usize);
        rows.push(before.chain(cells.iter().map(text)).collect());
    }
    Ok(rows)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) => text.clone(),
        other => other.to_string(),
    }
}
