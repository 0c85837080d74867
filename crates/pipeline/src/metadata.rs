//! What is known of a recording besides its sound: file-name patterns, sidecar tables and flags, in that order of strength.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hotline_model::{CallIssue, CallMeta, ChannelLayout, IssueKind};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use regex::Regex;

/// Name of the table that is looked for beside the recordings.
pub const SIDECAR_NAME: &str = "calls.csv";

/// Trouble with a source of metadata as a whole. Single bad values become [`CallIssue`]s instead.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The table cannot be read.
    #[error("{path}: cannot be read as a CSV table of calls: {message}")]
    Table {
        /// The table.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// The table lacks the column that names the recording.
    #[error("{path}: no column `file` (文件): the table must name each recording")]
    NoFileColumn {
        /// The table.
        path: String,
    },
    /// A file-name pattern with a mistake in it.
    #[error("file-name pattern `{pattern}`: {message}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        message: String,
    },
    /// A pattern without a single named group takes nothing out of a name.
    #[error("file-name pattern `{pattern}`: no named group, write one like (?P<agent_id>A\\d+)")]
    PatternWithoutGroups {
        /// The pattern.
        pattern: String,
    },
}

/// What was found out about one recording.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// The metadata.
    pub meta: CallMeta,
    /// Layout of the channels, where a source names it.
    pub layout: Option<ChannelLayout>,
    /// Values that could not be read.
    pub issues: Vec<CallIssue>,
}

/// All sources of metadata of a run. Tables beside recordings are read once each.
pub struct MetadataSources {
    patterns: Vec<Regex>,
    explicit: Vec<Table>,
    beside: HashMap<PathBuf, Option<Table>>,
    flags: CallMeta,
    zone: TimeZone,
}

type Row = Vec<(String, String)>;

/// A sidecar table: rows by file name, columns in their order.
struct Table {
    rows: HashMap<String, Row>,
}

impl MetadataSources {
    /// Sets the sources up. `patterns` are regular expressions with named groups (`(?P<agent_id>…)`), tried in order on the
    /// file name without its ending, first match wins; `tables` are sidecar tables for every folder; `flags` override
    /// everything; times without an offset are in `zone`.
    pub fn new(
        patterns: &[String],
        tables: &[PathBuf],
        flags: CallMeta,
        zone: TimeZone,
    ) -> Result<Self, MetadataError> {
        let patterns = patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>()?;
        let explicit = tables.iter().map(|path| Table::read(path)).collect::<Result<_, _>>()?;
        Ok(MetadataSources { patterns, explicit, beside: HashMap::new(), flags, zone })
    }

    /// Describes a recording. A broken table beside it is an error the first time it is met and ignored after.
    pub fn describe(&mut self, recording: &Path) -> Result<Described, MetadataError> {
        let mut described = Described::default();
        let stem = recording.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = recording.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(groups) = self.patterns.iter().find_map(|pattern| named_groups(pattern, &stem)) {
            read_row(&groups, &self.zone, &mut described);
        }
        let folder = recording.parent().map(Path::to_owned).unwrap_or_default();
        self.load_beside(&folder)?;
        let beside = self.beside.get(&folder).and_then(Option::as_ref);
        for table in beside.into_iter().chain(&self.explicit) {
            if let Some(row) = table.rows.get(&name) {
                read_row(row, &self.zone, &mut described);
            }
        }
        described.meta.overlay(self.flags.clone());
        Ok(described)
    }

    fn load_beside(&mut self, folder: &Path) -> Result<(), MetadataError> {
        if self.beside.contains_key(folder) {
            return Ok(());
        }
        let path = folder.join(SIDECAR_NAME);
        // Entered before reading, so that a broken table is reported once and not for each of its recordings.
        self.beside.insert(folder.to_owned(), None);
        if path.is_file() {
            self.beside.insert(folder.to_owned(), Some(Table::read(&path)?));
        }
        Ok(())
    }
}

impl Table {
    fn read(path: &Path) -> Result<Table, MetadataError> {
        let shown = path.display().to_string();
        let broken = |error: csv::Error| MetadataError::Table { path: shown.clone(), message: error.to_string() };
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_path(path).map_err(broken)?;
        // Excel writes a byte order mark before the first header.
        let headers: Vec<String> = reader
            .headers()
            .map_err(broken)?
            .iter()
            .map(|header| column_name(header.trim_start_matches('\u{feff}')).to_owned())
            .collect();
        let file_column = headers
            .iter()
            .position(|header| header == "file")
            .ok_or_else(|| MetadataError::NoFileColumn { path: shown.clone() })?;
        let mut rows = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let Some(file) = record.get(file_column).filter(|file| !file.is_empty()) else { continue };
            // Only the name counts: tables are moved about together with their recordings.
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
            let row = headers
                .iter()
                .zip(record.iter())
                .filter(|(header, value)| *header != "file" && !value.is_empty())
                .map(|(header, value)| (header.clone(), value.to_owned()))
                .collect();
            rows.insert(name, row);
        }
        Ok(Table { rows })
    }
}

fn compile(pattern: &str) -> Result<Regex, MetadataError> {
    let regex = Regex::new(pattern)
        .map_err(|error| MetadataError::Pattern { pattern: pattern.to_owned(), message: error.to_string() })?;
    if regex.capture_names().flatten().next().is_none() {
        return Err(MetadataError::PatternWithoutGroups { pattern: pattern.to_owned() });
    }
    Ok(regex)
}

fn named_groups(pattern: &Regex, stem: &str) -> Option<Row> {
    let captures = pattern.captures(stem)?;
    let groups = pattern
        .capture_names()
        .flatten()
        .filter_map(|name| Some((column_name(name).to_owned(), captures.name(name)?.as_str().to_owned())))
        .collect();
    Some(groups)
}

/// The stable column name for a header that may be Chinese.
fn column_name(header: &str) -> &str {
    match header.trim() {
        "文件" | "录音文件" | "录音" => "file",
        "工号" | "座席工号" => "agent_id",
        "姓名" | "座席" | "座席姓名" => "agent_name",
        "班组" | "团队" => "team",
        "热线" | "热线名称" => "hotline",
        "业务类型" | "业务" => "business_type",
        "开始时间" | "通话时间" | "呼叫时间" => "started_at",
        "客户号码" | "主叫号码" | "来电号码" => "customer_number",
        "方向" | "呼叫方向" => "direction",
        "应答时长" | "振铃时长" => "answered_after_s",
        "挂机方" => "hangup_by",
        "满意度" | "满意度按键" => "satisfaction_key",
        "声道" | "声道布局" => "channel_layout",
        other => other,
    }
}

fn read_row(row: &Row, zone: &TimeZone, described: &mut Described) {
    for (column, value) in row {
        if let Err(message) = read_value(column, value, zone, described) {
            described
                .issues
                .push(CallIssue { kind: IssueKind::Metadata, message: format!("column {column}: {message}") });
        }
    }
}

fn read_value(column: &str, value: &str, zone: &TimeZone, described: &mut Described) -> Result<(), String> {
    let meta = &mut described.meta;
    let text = || Some(value.to_owned());
    match column {
        "agent_id" => meta.agent_id = text(),
        "agent_name" => meta.agent_name = text(),
        "team" => meta.team = text(),
        "hotline" => meta.hotline = text(),
        "business_type" => meta.business_type = text(),
        "customer_number" => meta.customer_number = text(),
        "variant_of" => meta.variant_of = text(),
        "started_at" => meta.started_at = Some(parse_time(value, zone)?),
        "direction" => meta.direction = Some(value.parse().map_err(said)?),
        "hangup_by" => meta.hangup_by = Some(value.parse().map_err(said)?),
        "satisfaction_key" => meta.satisfaction = Some(value.parse().map_err(said)?),
        "channel_layout" => described.layout = Some(value.parse().map_err(said)?),
        "answered_after_s" => {
            let seconds: f64 = value.parse().map_err(|_| format!("`{value}` is no number of seconds"))?;
            if !seconds.is_finite() || seconds < 0.0 {
                return Err(format!("`{value}` is no number of seconds"));
            }
            meta.answered_after_s = Some(seconds);
        }
        // What a live line lost of a party's sound.
        "audio_issue_agent" | "audio_issue_customer" => {
            described.issues.push(CallIssue { kind: IssueKind::Audio, message: value.to_owned() });
        }
        // The recording itself tells how long it is.
        "duration_s" => {}
        other => {
            meta.extra.insert(other.to_owned(), value.to_owned());
        }
    }
    Ok(())
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Reads a time: RFC 3339 with an offset, or a civil date and time in `zone` with `-`, `/` or no separators.
pub fn parse_time(value: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(timestamp) = value.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let civil = value.parse::<civil::DateTime>().ok().or_else(|| {
        ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S", "%Y%m%d_%H%M%S", "%Y%m%d-%H%M%S"]
            .iter()
            .find_map(|format| civil::DateTime::strptime(format, value).ok())
    });
    civil
        .and_then(|datetime| datetime.to_zoned(zone.clone()).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| format!("`{value}` is no time: write 2026-10-06T09:12:08+08:00 or 2026-10-06 09:12:08"))
}

#[cfg(test)]
mod tests {
    use hotline_model::{Direction, Satisfaction};

    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn flags_beat_the_table_and_the_table_beats_the_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join(SIDECAR_NAME),
            "\u{feff}文件,工号,班组,满意度,方向,started_at,工单\nrec/A1_20261006.wav,A7,一组,3,呼入,2026-10-06 09:12:08,T-9\n",
        )
        .unwrap();
        let pattern = r"^(?P<agent_id>A\d+)_(?P<customer_number>\d+)$".to_owned();
        let flags = CallMeta { team: Some("二组".into()), ..CallMeta::default() };
        let mut sources = MetadataSources::new(&[pattern], &[], flags, zone()).unwrap();
        let described = sources.describe(&dir.path().join("A1_20261006.wav")).unwrap();
        let meta = described.meta;
        assert_eq!(meta.agent_id.as_deref(), Some("A7"));
        assert_eq!(meta.customer_number.as_deref(), Some("20261006"));
        assert_eq!(meta.team.as_deref(), Some("二组"));
        assert_eq!(meta.satisfaction, Some(Satisfaction::Dissatisfied));
        assert_eq!(meta.direction, Some(Direction::Inbound));
        assert_eq!(meta.started_at.unwrap().to_string(), "2026-10-06T01:12:08Z");
        assert_eq!(meta.extra["工单"], "T-9");
        assert!(described.issues.is_empty());
    }

    #[test]
    fn a_bad_value_is_an_issue_and_loses_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(SIDECAR_NAME), "file,agent_id,satisfaction_key,team\na.wav,A1,9,一组\n")
            .unwrap();
        let mut sources = MetadataSources::new(&[], &[], CallMeta::default(), zone()).unwrap();
        let described = sources.describe(&dir.path().join("a.wav")).unwrap();
        assert_eq!(described.meta.team.as_deref(), Some("一组"));
        assert_eq!(described.issues.len(), 1);
        assert!(described.issues[0].message.contains("satisfaction_key"), "{:?}", described.issues);
    }

    #[test]
    fn a_table_without_file_names_is_refused_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(SIDECAR_NAME), "agent_id\nA1\n").unwrap();
        let mut sources = MetadataSources::new(&[], &[], CallMeta::default(), zone()).unwrap();
        assert!(matches!(sources.describe(&dir.path().join("a.wav")), Err(MetadataError::NoFileColumn { .. })));
        assert!(sources.describe(&dir.path().join("b.wav")).is_ok());
    }

    #[test]
    fn times_are_read_in_the_hotlines_zone_unless_they_say_otherwise() {
        for (text, utc) in [
            ("2026-10-06T09:12:08+08:00", "2026-10-06T01:12:08Z"),
            ("2026-10-06 09:12:08", "2026-10-06T01:12:08Z"),
            ("2026/10/06 09:12", "2026-10-06T01:12:00Z"),
            ("20261006091208", "2026-10-06T01:12:08Z"),
        ] {
            assert_eq!(parse_time(text, &zone()).unwrap().to_string(), utc, "{text}");
        }
        assert!(parse_time("yesterday", &zone()).is_err());
    }

    #[test]
    fn a_pattern_must_name_what_it_takes() {
        let new = |pattern: &str| MetadataSources::new(&[pattern.to_owned()], &[], CallMeta::default(), zone());
        assert!(matches!(new(r"(\d+)"), Err(MetadataError::PatternWithoutGroups { .. })));
        assert!(matches!(new(r"(?P<a>"), Err(MetadataError::Pattern { .. })));
    }
}
