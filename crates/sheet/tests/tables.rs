//! Tables there and back.

use hotline_sheet::{Cell, SheetError, Table, read_workbook, rows_to_csv, to_csv, to_workbook};

fn table() -> Table {
    let link = |target: &str| Cell::Link { text: "00:12".into(), target: target.into() };
    Table {
        name: "命中: 投诉/退款".into(),
        headers: vec!["通话".into(), "秒".into(), "链接".into()],
        rows: vec![
            vec!["=1+1".into(), Cell::Number(12.5), link("file:///data/%E5%BD%95%E9%9F%B3/a.wav#t=12.5")],
            vec!["我要投诉，\n马上".into(), Cell::Number(3.0), Cell::Empty],
            vec![Cell::maybe(None::<String>), Cell::Empty, link(&format!("file:///{}", "x".repeat(3000)))],
        ],
    }
}

#[test]
fn a_workbook_reads_back_as_it_was_written() {
    let bytes = to_workbook(&[table(), table()]).unwrap();
    let rows = read_workbook(&bytes).unwrap();
    assert_eq!(rows[0], ["通话", "秒", "链接"]);
    assert_eq!(rows[1], ["=1+1", "12.5", "00:12"], "a text that looks like a formula stays a text");
    assert_eq!(rows[2], ["我要投诉，\n马上", "3", ""]);
    assert!(rows[3][2].starts_with("file:///xxx"), "too long for a link, so a text");
    assert_eq!(bytes, to_workbook(&[table(), table()]).unwrap(), "the same table, the same bytes");
}

#[test]
fn the_date_of_making_is_fixed() {
    // The property files are compressed; a workbook made at another time would differ in them, so their stored sum is enough.
    let bytes = to_workbook(&[table()]).unwrap();
    let name = b"docProps/core.xml";
    assert!(bytes.windows(name.len()).any(|window| window == name));
    assert!(to_workbook(&[]).is_ok() || matches!(to_workbook(&[]), Err(SheetError::Write(_))));
}

#[test]
fn csv_runs_nothing_and_opens_as_utf8() {
    let bytes = to_csv(&table()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("\u{feff}通话,秒,链接\n'=1+1,12.5,file:///"), "{text}");
    assert!(text.contains("\"我要投诉，\n马上\",3,\n"), "{text}");
}

#[test]
fn rows_keep_their_numbers_on_the_way_to_csv() {
    let rows = vec![vec![], vec!["短语".to_owned(), "备注".to_owned()], vec!["a,\"b\"".to_owned()]];
    assert_eq!(rows_to_csv(&rows).unwrap(), "\"\"\n短语,备注\n\"a,\"\"b\"\"\"\n");
}

#[test]
fn other_files_are_no_workbooks() {
    assert!(matches!(read_workbook(b"PK\x03\x04 not really"), Err(SheetError::Read(_))));
    assert!(matches!(read_workbook("短语\n".as_bytes()), Err(SheetError::Read(_))));
}
