//! One call as a file that other programs read.
//!
//! In: a [`CallRecord`]. Out: bytes: subtitles (SRT, WebVTT), a transcript for people (TXT), everything (JSON), or the IETF's
//! conversation container (vCon). Deliberately unknown here: where the record comes from, where the bytes go, who may have
//! them and what has to be masked, the recording itself (its name and hash are given, its sound is not).
//!
//! The same record gives the same bytes: nothing here reads a clock.

mod cue;
mod subtitles;
mod text;
mod vcon;
mod words;

use std::fmt;
use std::str::FromStr;

use hotline_model::{CallId, CallRecord};
use jiff::tz::TimeZone;

pub use cue::{CUE_WIDTH, LINE_WIDTH};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// SubRip subtitles, the speaker before the words.
    Srt,
    /// WebVTT subtitles, the speaker in a voice tag.
    Vtt,
    /// A transcript for people, with what the rules found.
    Txt,
    /// The whole record.
    Json,
    /// A vCon, draft-ietf-vcon-vcon-core-04 with the contact-centre extension (draft-ietf-vcon-cc-extension-02).
    Vcon,
}

impl Format {
    /// All formats, in display order.
    pub const ALL: [Format; 5] = [Format::Srt, Format::Vtt, Format::Txt, Format::Json, Format::Vcon];

    /// The usual file extension, without the dot; also the format's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Srt => "srt",
            Format::Vtt => "vtt",
            Format::Txt => "txt",
            Format::Json => "json",
            Format::Vcon => "vcon",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

/// A format name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`: write srt, vtt, txt, json or vcon")]
pub struct ParseFormatError(pub String);

impl FromStr for Format {
    type Err = ParseFormatError;

    /// Takes the name in any case, with or without a dot before it, and `webvtt`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().trim_start_matches('.').to_ascii_lowercase();
        let name = if name == "webvtt" { "vtt" } else { &name };
        Format::ALL
            .into_iter()
            .find(|format| format.extension() == name)
            .ok_or_else(|| ParseFormatError(text.to_owned()))
    }
}

/// The language of what the export adds to the words of the call: speaker names, headings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// How an export is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// Language of speaker names and headings.
    pub language: Language,
    /// Zone in which a transcript for people shows when the call began. Formats for machines always use UTC.
    pub time_zone: TimeZone,
}

impl Options {
    /// Options with times in UTC.
    pub const fn new(language: Language) -> Self {
        Options { language, time_zone: TimeZone::UTC }
    }
}

/// Why a call cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The format has to say when the call began, and nobody knows.
    #[error(
        "{source_path}: the start of call {call} is unknown, and a vCon must have one: give `started_at` in the metadata, or export another format"
    )]
    UnknownStart {
        /// The call.
        call: CallId,
        /// Its recording.
        source_path: String,
    },
    /// The record has no JSON form.
    #[error("call {call} cannot be written as JSON: {cause}")]
    Json {
        /// The call.
        call: CallId,
        /// Why.
        cause: serde_json::Error,
    },
}

/// A call in `format`, with times in UTC.
///
/// # Errors
/// [`ExportError::UnknownStart`] for a vCon of a call whose start is unknown.
pub fn export(record: &CallRecord, format: Format, language: Language) -> Result<Vec<u8>, ExportError> {
    export_with(record, format, &Options::new(language))
}

/// A call in `format`.
///
/// # Errors
/// As [`export`].
pub fn export_with(record: &CallRecord, format: Format, options: &Options) -> Result<Vec<u8>, ExportError> {
    let words = words::of(options.language);
    Ok(match format {
        Format::Srt => subtitles::srt(&record.transcript, words).into_bytes(),
        Format::Vtt => subtitles::vtt(&record.transcript, words).into_bytes(),
        Format::Txt => text::transcript(record, words, &options.time_zone).into_bytes(),
        Format::Json => pretty(record, &record.call.id)?,
        Format::Vcon => pretty(&vcon::vcon(record)?, &record.call.id)?,
    })
}

fn pretty(value: &impl serde::Serialize, call: &CallId) -> Result<Vec<u8>, ExportError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|cause| ExportError::Json { call: call.clone(), cause })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_parse_from_their_extensions() {
        for format in Format::ALL {
            assert_eq!(format.extension().parse(), Ok(format));
            assert_eq!(format!(".{}", format.extension().to_uppercase()).parse(), Ok(format));
        }
        assert_eq!("WebVTT".parse(), Ok(Format::Vtt));
        assert!("doc".parse::<Format>().is_err());
    }
}
