//! Finds and reads rule files: the only place here that touches a disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::problem::{Problem, ProblemSeverity};

/// Largest rule file that is read, in bytes: a phrase list of a million lines is a mistake.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Reads rule files and folders as `(path, text)`, and the problems met on the way.
pub fn read(paths: &[PathBuf]) -> (Vec<(String, String)>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            match rule_files_in(path) {
                Ok(found) if !found.iter().any(|file| has_extension(file, "toml")) => {
                    problems.push(problem(
                        path,
                        "the folder has no .toml file",
                        Some("name the files, or another folder"),
                    ));
                }
                Ok(found) => files.extend(found),
                Err(error) => problems.push(problem(path, &format!("cannot list the folder: {error}"), None)),
            }
        } else {
            files.push(path.clone());
            // Phrase lists beside a file that was named alone.
            let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            files.extend(rule_files_in(beside).unwrap_or_default().into_iter().filter(|f| is_list(f)));
        }
    }
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    let mut sources = Vec::new();
    for file in files {
        match read_one(&file) {
            Ok(text) => sources.push((file.display().to_string(), text)),
            Err(message) => problems.push(problem(&file, &message, None)),
        }
    }
    (sources, problems)
}

fn rule_files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && (has_extension(path, "toml") || is_list(path)))
        .collect();
    found.sort();
    Ok(found)
}

fn read_one(file: &Path) -> Result<String, String> {
    let size = std::fs::metadata(file).map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("is too large for a rule file: {size} bytes, at most {FILE_BYTES_MAX}"));
    }
    let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    if has_extension(file, "xlsx") {
        // From here on a workbook is the CSV of its first sheet: published rules keep what was read, not what it was read from.
        let rows = hotline_sheet::read_workbook(&bytes).map_err(|error| error.to_string())?;
        return hotline_sheet::rows_to_csv(&rows).map_err(|error| error.to_string());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8: save it as UTF-8".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Whether a file is a phrase list by its name. Spreadsheet programs put a file `~$name.xlsx` beside a workbook that is open.
fn is_list(path: &Path) -> bool {
    let open = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("~$"));
    (has_extension(path, "csv") || has_extension(path, "xlsx")) && !open
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn problem(path: &Path, message: &str, hint: Option<&str>) -> Problem {
    Problem {
        file: path.display().to_string(),
        line: 0,
        column: 0,
        message: message.to_owned(),
        hint: hint.map(str::to_owned),
        excerpt: String::new(),
        severity: ProblemSeverity::Error,
    }
}
