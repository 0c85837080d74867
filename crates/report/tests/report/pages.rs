//! Snapshots of the files of two small reports, and what every page must have.

use hotline_model::FailedCall;
use hotline_report::{Format, Language, Period, RenderOptions, RenderedFile, Report, ReportInput, monthly, weekly};
use jiff::Timestamp;

use crate::facts::{Case, input};

const WEEK: &str = include_str!("../cases/week_figures.json");
const MONTH: &str = include_str!("../cases/month_satisfaction.json");

fn reports() -> [Report; 2] {
    let failed = [FailedCall {
        source: "calls/坏.wav".into(),
        audio_sha256: None,
        error: "calls/坏.wav: no audio inside: record again".into(),
        failed_at: Timestamp::UNIX_EPOCH,
        attempts: 1,
    }];
    [WEEK, MONTH].map(|text| {
        let case = Case::read(text);
        let (calls, findings) = (case.calls(), case.findings());
        let mut settings = case.settings();
        settings.organisation = Some("云江通信".into());
        settings.generated_at = Some("2026-11-01T01:30:00Z".parse().unwrap());
        let input = ReportInput { failed: &failed, ..input(&calls, &findings, settings) };
        let period = |text: &str| Period::parse(text, case.zone()).unwrap();
        match (&case.weekly, &case.monthly) {
            (Some(expected), _) => weekly(&input, &period(&expected.period)).unwrap().into(),
            (None, expected) => monthly(&input, &period(&expected.as_ref().unwrap().period)).unwrap().into(),
        }
    })
}

fn text(file: &RenderedFile) -> String {
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn page(report: &Report, language: Language) -> String {
    let options = RenderOptions { language, ..RenderOptions::default() };
    text(&report.render(Format::Html, &options).unwrap()[0])
}

/// The page without its style, which has no figures in it.
fn content(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    format!("{before}{after}")
}

#[test]
fn pages_look_as_agreed() {
    let [weekly, monthly] = reports();
    insta::assert_snapshot!("weekly_zh", content(&page(&weekly, Language::Zh)));
    insta::assert_snapshot!("monthly_zh", content(&page(&monthly, Language::Zh)));
    insta::assert_snapshot!("weekly_en", content(&page(&weekly, Language::En)));
}

#[test]
fn tables_look_as_agreed() {
    for report in reports() {
        let options = RenderOptions { csv_bom: false, ..RenderOptions::default() };
        let files = report.render(Format::Csv, &options).unwrap();
        let all: Vec<String> = files.iter().map(|file| format!("{}\n{}", file.name, text(file))).collect();
        insta::assert_snapshot!(format!("{}_csv", report.name()), all.join("\n"));
    }
}

#[test]
fn csv_begins_with_a_mark_for_excel_unless_told_otherwise() {
    let [report, _] = reports();
    let first = |options: &RenderOptions| report.render(Format::Csv, options).unwrap()[0].bytes[..3].to_vec();
    assert_eq!(first(&RenderOptions::default()), [0xef, 0xbb, 0xbf]);
    assert_ne!(first(&RenderOptions { csv_bom: false, ..RenderOptions::default() }), [0xef, 0xbb, 0xbf]);
}

#[test]
fn json_is_the_report_itself() {
    let [report, _] = reports();
    let file = &report.render(Format::Json, &RenderOptions::default()).unwrap()[0];
    assert_eq!(file.name, "weekly-2026-W41.json");
    let read: hotline_report::WeeklyReport = serde_json::from_slice(&file.bytes).unwrap();
    // Reading decimals back may change their last digit.
    let (read, written) = (serde_json::to_value(read).unwrap(), serde_json::to_value(&report).unwrap());
    assert!(crate::cases::agrees(&read, &written));
}

#[test]
fn pages_need_and_run_nothing_from_outside() {
    for report in reports() {
        let page = page(&report, Language::Zh);
        for forbidden in ["<script", "http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn every_link_has_a_target_and_every_id_is_one_of_a_kind() {
    for report in reports() {
        let page = page(&report, Language::Zh);
        let after = |mark: &str| -> Vec<String> {
            page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let mut ids = after(" id=\"");
        let links = after("href=\"#");
        assert!(!links.is_empty());
        for link in links {
            assert!(ids.contains(&link), "#{link} leads nowhere");
        }
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}

#[test]
fn rows_name_the_calls_behind_them() {
    let [report, _] = reports();
    let page = page(&report, Language::Zh);
    assert!(page.contains("data-row=\"agents/A1\" data-call-count=\"2\" data-calls=\"2 1\""));
    assert!(page.contains("<a href=\"#c2\">#2</a>"));
}

#[test]
fn long_lists_are_cut_on_the_page_and_whole_elsewhere() {
    let [report, _] = reports();
    let options = RenderOptions { links_per_row: 1, appendix_max: 1, ..RenderOptions::default() };
    let page = text(&report.render(Format::Html, &options).unwrap()[0]);
    assert!(page.contains("另有 1 通，见 CSV 或 JSON"));
    // The calls with the lowest scores of agents, teams and days, and the surest of each rule, are all linked: all three here.
    assert!(page.contains("本期共 3 通，此处列出各表提到的 3 通"));
    let csv = report.render(Format::Csv, &options).unwrap();
    let calls = csv.iter().find(|file| file.name == "weekly-2026-W41-calls.csv").unwrap();
    assert_eq!(text(calls).lines().count(), 4);
}
