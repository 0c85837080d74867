//! Tables as workbooks.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Url, Workbook};

use crate::{Cell, SheetError, Table};

/// Rows a sheet holds below its header row.
pub const ROWS_MAX: usize = 1_048_575;

/// Links a sheet holds; further ones are written as text.
const LINKS_MAX: usize = 65_000;

/// Longest text of a cell, in characters.
const TEXT_MAX: usize = 32_767;

/// Longest link.
const LINK_MAX: usize = 2_000;

/// Widest column, in digits.
const WIDTH_MAX: usize = 60;

/// Tables as a workbook, one sheet each: header row in bold and fixed, filters on, columns as wide as they need.
///
/// # Errors
/// [`SheetError::TooLong`], [`SheetError::Write`].
pub fn to_workbook(tables: &[Table]) -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    // The time of making would make two workbooks of the same table differ.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let bold = Format::new().set_bold();
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        if table.rows.len() > ROWS_MAX {
            return Err(SheetError::TooLong { rows: table.rows.len() });
        }
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&table.name, &mut names))?;
        for (column, header) in (0u16..).zip(&table.headers) {
            sheet.write_string_with_format(0, column, header, &bold)?;
        }
        let mut links = 0;
        for (row, cells) in (1u32..).zip(&table.rows) {
            for (column, cell) in (0u16..).zip(cells) {
                match cell {
                    Cell::Empty => {}
                    Cell::Text(text) => {
                        sheet.write_string(row, column, cut(text))?;
                    }
                    Cell::Number(number) => {
                        sheet.write_number(row, column, *number)?;
                    }
                    Cell::Link { text, target } if links < LINKS_MAX && target.len() <= LINK_MAX => {
                        links += 1;
                        sheet.write_url(row, column, Url::new(absolute(target)).set_text(cut(text)))?;
                    }
                    Cell::Link { target, .. } => {
                        sheet.write_string(row, column, cut(target))?;
                    }
                }
            }
        }
        for (column, width) in (0u16..).zip(widths(table)) {
            sheet.set_column_width(column, width)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        if let Some(last) = u16::try_from(table.headers.len()).ok().and_then(|n| n.checked_sub(1)) {
            sheet.autofilter(0, 0, u32::try_from(table.rows.len()).unwrap_or(u32::MAX), last)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// The library takes `file:///data/…` for a path relative to the workbook unless it begins with a drive; written otherwise (case means
/// nothing in schemes) it passes as it is.
fn absolute(target: &str) -> String {
    target.strip_prefix("file://").map_or_else(|| target.to_owned(), |path| format!("FILE://{path}"))
}

/// A name that a workbook allows and no other sheet has.
fn sheet_name(wanted: &str, taken: &mut Vec<String>) -> String {
    let allowed: String = wanted
        .chars()
        .map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') || c.is_control() { ' ' } else { c })
        .take(27)
        .collect();
    let base = match allowed.trim() {
        "" => "Sheet".to_owned(),
        name => name.to_owned(),
    };
    let mut name = base.clone();
    let mut number = 2;
    while taken.iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
        name = format!("{base} {number}");
        number += 1;
    }
    taken.push(name.clone());
    name
}

/// Text as long as a cell may be, without characters that XML doesn't allow.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(TEXT_MAX).collect()
}

fn widths(table: &Table) -> Vec<f64> {
    let of = |cell: &Cell| match cell {
        Cell::Empty => 0,
        Cell::Text(text) | Cell::Link { text, .. } => width(text),
        Cell::Number(_) => 8,
    };
    (table.headers.iter().enumerate())
        .map(|(column, header)| {
            // A filter's button takes some room.
            let widest = table.rows.iter().filter_map(|row| row.get(column)).map(of).max().unwrap_or(0);
            (widest.max(width(header) + 3).min(WIDTH_MAX) + 1) as f64
        })
        .collect()
}

/// Width of a text in digits: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if u32::from(c) < 0x1100 { 1 } else { 2 }).sum()
}
