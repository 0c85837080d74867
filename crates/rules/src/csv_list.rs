//! Phrase lists that come from CSV files, or from workbooks that were made CSV when they were read.

use crate::problem::Problems;
use crate::read::Located;
use crate::wording::spell;

/// Whether a source is a phrase list by its name.
pub(crate) fn is_list(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".csv") || name.ends_with(".xlsx")
}

/// Whether `path` is the file that the rule file `file` calls `name`.
pub(crate) fn is_beside(path: &str, file: &str, name: &str) -> bool {
    let folder = |path: &str| path.rfind(['/', '\\']).map_or(0, |at| at + 1);
    let beside = format!("{}{name}", file.get(..folder(file)).unwrap_or(""));
    path == beside || path == name
}

/// The wordings of a CSV file: those of the column with the given header, or of the first column, without a header row
/// that is called `phrase` or `短语`. Mistakes are reported where the rule file names the CSV file, with the CSV line.
pub(crate) fn read(
    path: &str,
    text: &str,
    column: Option<&Located<String>>,
    at: usize,
    problems: &mut Problems,
) -> Vec<String> {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut wordings = Vec::new();
    let mut index = 0;
    for (number, row) in rows.records().enumerate() {
        let line = number + 1;
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                problems.error(at, format!("{path}: {error}"), None);
                break;
            }
        };
        if line == 1 {
            if let Some(column) = column {
                match row.iter().position(|cell| cell.trim() == column.value) {
                    Some(found) => index = found,
                    None => problems.error(column.at, format!("{path} has no column \"{}\"", column.value), None),
                }
                continue;
            }
            if row.get(0).is_some_and(|cell| ["phrase", "短语"].contains(&cell.trim())) {
                continue;
            }
        }
        let Some(wording) = row.get(index).map(str::trim).filter(|cell| !cell.is_empty()) else { continue };
        match spell(wording) {
            Ok(_) => wordings.push(wording.to_owned()),
            Err(error) => problems.error(at, format!("{path}, line {line}: phrase \"{wording}\": {error}"), None),
        }
    }
    wordings
}
