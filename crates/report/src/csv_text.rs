//! Tables as CSV.

use crate::{Language, ReportError, Table};

/// The table in UTF-8, comma separated, quoted where needed, one header line in the report's language. `bom` puts a byte
/// order mark in front, without which Excel takes Chinese for something else.
pub(crate) fn write(table: &Table, language: Language, bom: bool) -> Result<Vec<u8>, ReportError> {
    let failed = |source: csv::Error| ReportError::Csv { table: table.name.to_owned(), source };
    let start = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().from_writer(start);
    let mut header: Vec<String> = (0..table.columns.len()).map(|index| title(table, index, language)).collect();
    if table.marks_small {
        header.push(language.pick("样本少", "small sample").to_owned());
    }
    writer.write_record(&header).map_err(failed)?;
    for row in &table.rows {
        let mut record: Vec<String> = row.cells.iter().map(|cell| cell.plain(language)).collect();
        if table.marks_small {
            record.push(if row.small_sample { language.pick("是", "yes").to_owned() } else { String::new() });
        }
        writer.write_record(&record).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error().into()))
}

/// Title of a column with its unit. Titles that stand beside several columns (较上期) take that column's title in front, since
/// in a spreadsheet they are read alone.
fn title(table: &Table, index: usize, language: Language) -> String {
    let column = &table.columns[index];
    let shared = table.columns.iter().filter(|other| other.title == column.title).count() > 1;
    let title = match index.checked_sub(1).filter(|_| shared) {
        Some(before) => format!("{}{}{}", table.columns[before].title, language.pick("", ": "), column.title),
        None => column.title.clone(),
    };
    match column.unit.label(language) {
        "" => title,
        unit => format!("{title} ({unit})"),
    }
}
