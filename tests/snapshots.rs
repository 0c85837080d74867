//! What people are shown, word for word. After a wanted change: `INSTA_UPDATE=always cargo test --release --test tests
//! snapshots`, then read the difference.

use std::sync::LazyLock;

use crate::harness::{Hotline, Run};
use crate::typed;

/// One typed store for all snapshots; nothing here writes to it but the index that follows it.
static STORE: LazyLock<Hotline> = LazyLock::new(|| {
    let hotline = typed::store();
    hotline.run(&["index", "update"]).expect(0);
    hotline
});

/// Commands and what came of them, one after the other, without what differs from run to run.
fn transcript(hotline: &Hotline, commands: &[&[&str]]) -> String {
    let mut out = String::new();
    for args in commands {
        let Run { code, out: stdout, err } = hotline.run(args);
        let line: Vec<String> = args
            .iter()
            .map(|arg| if arg.contains([' ', '"']) { format!("'{arg}'") } else { (*arg).to_owned() })
            .collect();
        out.push_str(&format!("$ hotline {}\n{stdout}{}[{code}]\n\n", line.join(" "), prefixed(&err)));
    }
    out
}

/// Lines of standard error with a mark.
fn prefixed(err: &str) -> String {
    err.lines().map(|line| format!("2> {line}\n")).collect()
}

fn check(name: &str, hotline: &Hotline, commands: &[&[&str]]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let data = hotline.dir.path().display().to_string();
    settings.add_filter(&literal(&data), "[DIR]");
    settings.add_filter(&literal(&crate::harness::root().display().to_string()), "[REPOSITORY]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "[NOW]");
    // How long something has been overdue by now.
    settings.add_filter(r"\+\d+ d\b", "+[N] d");
    // Columns are as wide as the longest path in them, which is not the same everywhere.
    settings.add_filter(r"(\S) {3,}", "$1   ");
    settings.add_filter(r"─{3,}", "───");
    settings.add_filter(r"═{3,}", "═══");
    settings.bind(|| insta::assert_snapshot!(name, transcript(hotline, commands)));
}

/// A text as a regular expression that matches it alone.
fn literal(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

const HELP: &[&[&str]] = &[
    &["--help"],
    &["process", "--help"],
    &["watch", "--help"],
    &["search", "--help"],
    &["report", "--help"],
    &["report", "weekly", "--help"],
    &["report", "monthly", "--help"],
    &["calls", "--help"],
    &["show", "--help"],
    &["export", "--help"],
    &["rules", "--help"],
    &["rules", "check", "--help"],
    &["rules", "apply", "--help"],
    &["models", "--help"],
    &["models", "fetch", "--help"],
    &["models", "import", "--help"],
    &["models", "verify", "--help"],
    &["index", "--help"],
    &["follow-ups", "--help"],
    &["follow-ups", "update", "--help"],
    &["deadlines", "--help"],
    &["eval", "--help"],
    &["doctor", "--help"],
    &["config", "--help"],
    &["config", "init", "--help"],
];

#[test]
fn help_in_chinese() {
    check("help_zh", &Hotline::new(), HELP);
}

#[test]
fn help_in_english() {
    let english: Vec<Vec<&str>> = HELP.iter().map(|args| [&["--language", "en"], *args].concat()).collect();
    let english: Vec<&[&str]> = english.iter().map(Vec::as_slice).collect();
    check("help_en", &Hotline::new(), &english);
}

#[test]
fn models() {
    let hotline = Hotline::new();
    let empty = hotline.dir.path().join("models");
    std::fs::create_dir_all(&empty).unwrap();
    let folder = format!("models_dir={}", empty.display());
    check(
        "models",
        &hotline,
        &[
            &["--set", &folder, "models", "list"],
            &["--set", &folder, "--language", "en", "models", "list"],
            &["--set", &folder, "models", "list", "--json"],
            &["--set", &folder, "models", "verify"],
            &["models", "verify", "README.md"],
            &["models", "import", "docs"],
            &["--set", &folder, "models", "fetch", "gigantic"],
        ],
    );
}

#[test]
fn search() {
    check(
        "search",
        &STORE,
        &[
            &["search", "投诉"],
            &["--language", "en", "search", "宽带", "断网"],
            &["search", "128.5"],
            &["search", "客户:不归"],
            &["search", "不归 OR 套餐", "--team", "二组"],
            &["search", "滨海新区"],
            &["--language", "en", "search", "滨海新区"],
            &["search", "--exact", "滨海新区"],
            &["search", "--violates", "frb-02", "您好"],
            &["search", "投诉", "--json"],
            &["search", "滨海新区", "--json"],
            &["search", "量子纠缠", "--json"],
        ],
    );
}

/// What people do about it happens at given times, so that nothing depends on today.
#[test]
fn follow_ups() {
    let hotline = typed::store_with_follow_ups();
    let done = "2026-10-12 11:20";
    check(
        "follow_ups",
        &hotline,
        &[
            &["follow-ups", "update", "1", "--hand-over", "装维班组", "--at", "2026-10-12 09:10"],
            &["follow-ups", "update", "1", "--done", "换了光猫", "--at", done],
            &["follow-ups", "update", "1", "--done", "--at", done],
            &["follow-ups", "update", "2", "--missed", "无人接听", "--at", "2026-10-14 10:00"],
            &["follow-ups", "update", "2", "--give-up", "无人接听", "--at", "2026-10-14 10:00"],
            &["follow-ups", "update", "2", "--promised", "尽快"],
            &["follow-ups", "update", "2", "--field", "colour=red"],
            &["--language", "en", "follow-ups", "update", "2", "--reopen", "客户来电"],
            &["follow-ups", "update", "2", "--done", "不用盖章", "--at", "2026-10-14 11:30"],
            &["follow-ups", "update", "3", "--dismiss", "试打"],
            &["follow-ups", "update", "3"],
            &["follow-ups", "list"],
            &["--language", "en", "follow-ups", "list", "--kind", "incident", "--agent", "A1001"],
            &["follow-ups", "list", "--overdue"],
            &["follow-ups", "show", "1"],
            &["--language", "en", "follow-ups", "show", "2"],
            &["follow-ups", "show", "2", "--unmask"],
            &["follow-ups", "show", "9"],
            &["deadlines"],
            &["--language", "en", "deadlines", "--month", "2026-10"],
            &["deadlines", "--month", "2026-10", "--json"],
            &["deadlines", "--month", "2026-09"],
            &["scores", "offered", "2026-10"],
            &[
                "--set",
                "complaints.deadlines.processes=[{ name = '断网', words = ['宽带'], minutes = 100 }]",
                "follow-ups",
                "show",
                "1",
            ],
            &["scores", "month", "2026-10", "--agent", "A1001"],
            &["scores", "take", "2"],
            &["scores", "take", "1", "--reason", "未上报"],
            &["scores", "take", "1"],
            &["scores", "offered", "2026-10"],
            &["scores", "month", "2026-10", "--agent", "A1001"],
        ],
    );
}

#[test]
fn calls() {
    check(
        "calls",
        &STORE,
        &[
            &["calls"],
            &["--language", "en", "calls"],
            &["calls", "--violates", "FRB-02"],
            &["calls", "--team", "三组"],
            &["calls", "-n", "1"],
            &["calls", "--failed"],
            &["calls", "--from", "2026-10-12", "--to", "2026-10-13", "--json"],
            &["calls", "--failed", "--json"],
        ],
    );
}

#[test]
fn show() {
    check(
        "show",
        &STORE,
        &[
            &["show", "monday_outage.wav"],
            &["show", "monday_outage", "--all"],
            &["--language", "en", "show", "tuesday_mono"],
            &["show", "tuesday_mono"],
            &["show", "undated.wav"],
            &["show", "undated.wav", "--json"],
            &["export", "monday_outage", "--format", "txt"],
        ],
    );
}

#[test]
fn reports() {
    let out = STORE.dir.path().join("reports");
    let folder = out.to_str().unwrap();
    check(
        "reports",
        &STORE,
        &[
            &["report", "weekly", "--out", folder],
            &["--language", "en", "report", "weekly", "--week", "2026-W41", "--format", "html", "--out", folder],
            &["report", "monthly", "--format", "csv", "--team", "一组", "--out", folder],
        ],
    );
    // The figures of the week, as people open them in a spreadsheet.
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let tables = ["summary", "rules", "agents", "failed", "undated"];
    let figures: String =
        tables.iter().map(|table| format!("{table}\n{}\n", read(&format!("weekly-2026-W42-{table}.csv")))).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Columns are as wide as the longest path in them, which is not the same everywhere.
    settings.add_filter(r"(\S) {3,}", "$1   ");
    settings.add_filter(r"─{3,}", "───");
    settings.add_filter(r"═{3,}", "═══");
    settings.bind(|| insta::assert_snapshot!("report_weekly_figures", figures.replace('\u{feff}', "")));
}

#[test]
fn mistakes() {
    let rules = STORE.dir.path().join("rules.toml");
    std::fs::write(&rules, "[[rule]]\nid = \"a\"\nclaus = \"REQ-01\"\nseverity = \"huge\"\n").unwrap();
    check(
        "mistakes",
        &STORE,
        &[
            &["serch"],
            &["search"],
            &["search", "宽带 \"断网"],
            &["search", "(宽带"],
            &["search", "color:红"],
            &["search", "日期:昨天"],
            &["search", "。。"],
            &["--language", "en", "search", "宽带 \"断网"],
            &["search", "投诉", "--from", "yesterday"],
            &["show", "nobody.wav"],
            &["show", "undat", "--json"],
            &["export", "undated.wav", "--format", "docx"],
            &["export", "undated.wav", "monday_outage"],
            &["report", "weekly", "--week", "2026-10"],
            &["report", "weekly", "--week", "2026-W60"],
            &["report", "monthly", "--month", "October"],
            &["report", "weekly", "--hotline", "nobody"],
            &["rules", "check", rules.to_str().unwrap()],
            &["rules", "check", "no/such.toml"],
            &["process", "no/such.wav"],
            &["process", "no/[.wav"],
            &["process", "README.md", "--model", "gigantic"],
            &["process", "README.md", "--started-at", "soon"],
            &["process", "README.md", "--name-pattern", "("],
            &["eval", "no/such/folder"],
            &["eval", "--asr", "no/such.jsonl"],
            &["watch", "no/such/folder"],
            &["--set", "asr.sesions=2", "config", "show"],
            &["--set", "asr.sessions", "config", "show"],
            &["--set", "time_zone=Mars/Olympus", "config", "show"],
            &["--config", "no/such.toml", "config", "show"],
            &["--data-dir", "/dev/null/x", "calls"],
        ],
    );
}

#[test]
fn settings() {
    check("settings", &Hotline::new(), &[&["config", "show"], &["--language", "en", "config", "show", "--json"]]);
}
