//! What people read of two fixed calls, letter by letter. JSON and vCon are checked field by field elsewhere: they hold structs
//! of the model, which grow.

use hotline_export::{ExportError, Format, Language, Options, export, export_with};

use crate::records::{mono, stereo};

#[test]
fn the_files_are_what_they_were() {
    for (name, record) in [("stereo", stereo()), ("mono", mono())] {
        for format in [Format::Srt, Format::Vtt, Format::Txt] {
            let bytes = export(&record, format, Language::Zh).unwrap();
            insta::assert_snapshot!(format!("{name}.{format}"), String::from_utf8(bytes).unwrap());
        }
    }
}

#[test]
fn english_is_a_choice() {
    for format in [Format::Srt, Format::Vtt, Format::Txt] {
        let bytes = export(&stereo(), format, Language::En).unwrap();
        insta::assert_snapshot!(format!("stereo.en.{format}"), String::from_utf8(bytes).unwrap());
    }
}

#[test]
fn the_json_is_the_whole_record() {
    for record in [stereo(), mono()] {
        let bytes = export(&record, Format::Json, Language::Zh).unwrap();
        assert_eq!(serde_json::from_slice::<hotline_model::CallRecord>(&bytes).unwrap(), record);
    }
}

#[test]
fn people_read_the_start_in_their_own_zone() {
    let time_zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let bytes = export_with(&stereo(), Format::Txt, &Options { language: Language::Zh, time_zone }).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("开始：2026-10-06 09:12:08 +08:00\n"));
}

#[test]
fn a_vcon_needs_the_start_of_the_call_and_says_so() {
    let mut record = stereo();
    record.call.meta.started_at = None;
    match export(&record, Format::Vcon, Language::Zh) {
        Err(error @ ExportError::UnknownStart { .. }) => {
            assert!(error.to_string().starts_with("recordings/c01_broadband_red_light.wav: "), "{error}");
        }
        other => panic!("{other:?}"),
    }
    for format in [Format::Srt, Format::Vtt, Format::Txt, Format::Json] {
        assert!(export(&record, format, Language::Zh).is_ok());
    }
}
