//! Tables of the weekly report.

use std::collections::BTreeMap;

use super::shared::{Summary, agent_columns, calls, failed, grades, name_or_none, undated};
use super::{Cell, Good, Table, Unit, column};
use crate::{GroupRow, Language, WeeklyReport};

/// All of them.
pub(crate) fn weekly(report: &WeeklyReport, l: Language) -> Vec<Table> {
    let mut clauses: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for line in &report.violations {
        clauses.entry(line.call).or_default().push(&line.clause);
    }
    vec![
        summary(report, l),
        days(report, l),
        grades(&report.grades, l.pick("通话等级分布", "Calls by grade"), l),
        rules(report, l),
        pareto(report, l),
        groups(&report.teams, "teams", l.pick("按班组", "By team"), l),
        groups(&report.hotlines, "hotlines", l.pick("按热线", "By hotline"), l),
        groups(&report.businesses, "businesses", l.pick("按业务类型", "By business"), l),
        agents(report, l),
        violations(report, l),
        calls(report.calls.iter(), |no| clauses.get(&no).map(|list| list.join(" ")).unwrap_or_default(), l),
        failed(&report.coverage, l),
        undated(&report.coverage, l),
    ]
}

/// Every rule.
pub(crate) fn rules(report: &WeeklyReport, l: Language) -> Table {
    let columns = vec![
        column("clause", l.pick("条款", "Clause")),
        column("title", l.pick("规则", "Rule")),
        column("severity", l.pick("程度", "Severity")),
        column("applicable", l.pick("适用通话", "Applicable")),
        column("violated", l.pick("违规", "Violated")),
        column("rate", l.pick("违规率", "Rate")).percent(),
        column("rate_change", l.pick("较上期", "Change")).unit(Unit::PercentagePoints),
        column("undecided", l.pick("无法判断", "Undecided")),
        column("rate_at_most", l.pick("违规率上限", "Rate at most")).percent(),
        column("met", l.pick("符合", "Met")).off_page(),
        column("points", l.pick("扣分", "Points")),
        column("certainty", l.pick("平均把握", "Certainty")).percent(),
        column("rule", l.pick("规则编号", "Rule id")).off_page(),
    ];
    let mut table = Table::new("rules", l.pick("各规则违规情况", "Violations by rule"), columns);
    table.marks_small = true;
    for row in &report.rules {
        let cells = vec![
            Cell::text(&row.clause),
            Cell::text(&row.title),
            Cell::Severity(row.severity),
            Cell::Count(row.applicable),
            Cell::Count(row.violated),
            Cell::share(row.rate.now),
            Cell::share_change(row.rate.change, Good::Down),
            Cell::Count(row.undecided),
            Cell::share(row.rate_at_most),
            Cell::Count(row.met),
            Cell::Decimal(row.points, 1),
            Cell::share(row.certainty),
            Cell::text(&row.rule),
        ];
        table.traced(row.rule.as_str(), row.small_sample, &row.call_nos, cells);
    }
    table
}

/// A table by team, hotline or business.
pub(crate) fn groups(rows: &[GroupRow], name: &'static str, title: &str, l: Language) -> Table {
    let columns = vec![
        column("name", l.pick("名称", "Name")),
        column("calls", l.pick("通话", "Calls")),
        column("calls_change", l.pick("较上期", "Change")),
        column("minutes", l.pick("时长", "Length")).unit(Unit::Minutes),
        column("scored", l.pick("计分通话", "Scored")).off_page(),
        column("mean_score", l.pick("平均得分", "Score")),
        column("score_change", l.pick("较上期", "Change")),
        column("grade", l.pick("等级", "Grade")),
        column("violations", l.pick("违规", "Violations")),
        column("violated_call_share", l.pick("违规通话", "Calls violating")).percent(),
        column("silence_share", l.pick("静音", "Silence")).percent(),
        column("rated", l.pick("评价数", "Rated")),
        column("satisfied_share", l.pick("满意率", "Satisfied")).percent(),
    ];
    let mut table = Table::new(name, title, columns);
    table.marks_small = true;
    for row in rows {
        let cells = vec![
            name_or_none(row.name.as_deref(), l),
            Cell::Count(row.call_nos.len() as u64),
            Cell::change(row.calls.change, 0, Good::Neither),
            Cell::Decimal(row.minutes, 1),
            Cell::Count(row.scored),
            Cell::decimal(row.mean_score.now, 1),
            Cell::change(row.mean_score.change, 1, Good::Up),
            Cell::grade(row.grade),
            Cell::Count(row.violations),
            Cell::share(row.violated_call_share.now),
            Cell::share(row.silence_share),
            Cell::Count(row.rated),
            Cell::share(row.satisfied_share),
        ];
        table.traced(row.name.as_deref().unwrap_or(""), row.small_sample, &row.call_nos, cells);
    }
    table
}

/// Every agent.
pub(crate) fn agents(report: &WeeklyReport, l: Language) -> Table {
    let mut columns = agent_columns(l);
    columns.extend([
        column("calls", l.pick("通话", "Calls")),
        column("minutes", l.pick("时长", "Length")).unit(Unit::Minutes).off_page(),
        column("scored", l.pick("计分通话", "Scored")).off_page(),
        column("mean_score", l.pick("平均得分", "Score")),
        column("score_change", l.pick("较上期", "Change")),
        column("grade", l.pick("等级", "Grade")),
        column("violations", l.pick("违规", "Violations")),
        column("violated_call_share", l.pick("违规通话", "Calls violating")).percent(),
        column("undecided_share", l.pick("无法判断", "Undecided")).percent(),
        column("talk_share", l.pick("话语占比", "Talk share")).percent(),
        column("chars_per_min", l.pick("语速", "Speech rate")).unit(Unit::CharsPerMin),
        column("response", l.pick("响应", "Response")).unit(Unit::Seconds),
        column("interruptions_per_call", l.pick("打断/通", "Interruptions/call")),
        column("rated", l.pick("评价数", "Rated")),
        column("satisfied_share", l.pick("满意率", "Satisfied")).percent(),
    ]);
    let mut table = Table::new("agents", l.pick("座席", "Agents"), columns);
    table.marks_small = true;
    for row in &report.agents {
        let nobody = row.agent_id.is_none() && row.name.is_none();
        let cells = vec![
            Cell::text_or_missing(row.agent_id.as_deref()),
            if nobody { name_or_none(None, l) } else { Cell::text_or_missing(row.name.as_deref()) },
            Cell::text_or_missing(row.team.as_deref()),
            Cell::Count(row.calls),
            Cell::Decimal(row.minutes, 1),
            Cell::Count(row.scored),
            Cell::decimal(row.mean_score.now, 1),
            Cell::change(row.mean_score.change, 1, Good::Up),
            Cell::grade(row.grade),
            Cell::Count(row.violations),
            Cell::share(row.violated_call_share.now),
            Cell::share(row.undecided_share),
            Cell::share(row.talk_share),
            Cell::decimal(row.chars_per_min, 0),
            Cell::seconds(row.response_ms),
            Cell::decimal(row.interruptions_per_call, 1),
            Cell::Count(row.rated),
            Cell::share(row.satisfied_share),
        ];
        let key = row.agent_id.as_deref().or(row.name.as_deref()).unwrap_or("");
        table.traced(key, row.small_sample, &row.call_nos, cells);
    }
    table
}

fn summary(report: &WeeklyReport, l: Language) -> Table {
    let (f, asr, talk) = (&report.figures, &report.asr, &report.talk);
    let (calls, minutes, points) = (l.pick("通", "calls"), l.pick("分钟", "min"), l.pick("分", "points"));
    let mut s = Summary::new(l);
    s.number("calls", l.pick("通话量", "Calls"), calls, f.calls, 0);
    s.number("audio_minutes", l.pick("录音时长", "Audio"), minutes, f.audio_minutes, 1);
    s.number("mean_score", l.pick("平均得分", "Mean score"), points, f.mean_score, 1);
    s.number("violations", l.pick("违规", "Violations"), l.pick("处", "findings"), f.violations, 0);
    s.share("violated_call_share", l.pick("违规通话占比", "Calls with a violation"), f.violated_call_share);
    s.share("undecided_share", l.pick("无法判断占比", "Undecided verdicts"), f.undecided_share);
    s.share("agent_talk_share", l.pick("座席话语占比", "Agent's talk share"), f.agent_talk_share);
    s.share("silence_share", l.pick("静音占比", "Silence"), f.silence_share);
    s.share("overlap_share", l.pick("重叠占比", "Overlap"), f.overlap_share);
    s.number(
        "interruptions_per_call",
        l.pick("每通打断", "Interruptions per call"),
        l.pick("次", "times"),
        talk.interruptions_per_call,
        2,
    );
    s.number(
        "chars_per_min",
        l.pick("座席语速", "Agents' speech rate"),
        Unit::CharsPerMin.label(l),
        f.agent_chars_per_min,
        0,
    );
    let seconds = |ms: Option<f64>| ms.map(|ms| ms / 1000.0);
    let response = crate::Trend::new(seconds(f.response_ms.now), seconds(f.response_ms.before));
    s.number("response", l.pick("响应时间中位数", "Median response"), Unit::Seconds.label(l), response, 1);
    s.number("rated", l.pick("评价通话", "Rated calls"), calls, f.rated, 0);
    s.share("satisfied_share", l.pick("满意率", "Satisfied"), f.satisfied_share);
    s.share("confidence", l.pick("识别置信度", "Recognition confidence"), asr.confidence);
    s.share("gap_share", l.pick("隔离语音占比", "Quarantined speech"), asr.gap_share);
    s.0
}

fn days(report: &WeeklyReport, l: Language) -> Table {
    let columns = vec![
        column("date", l.pick("日期", "Date")),
        column("calls", l.pick("通话", "Calls")),
        column("minutes", l.pick("时长", "Length")).unit(Unit::Minutes),
        column("mean_score", l.pick("平均得分", "Score")),
        column("violations", l.pick("违规", "Violations")),
    ];
    let mut table = Table::new("days", l.pick("按日", "By day"), columns);
    for row in &report.days {
        let cells = vec![
            Cell::text(&row.date.to_string()),
            Cell::Count(row.calls),
            Cell::Decimal(row.minutes, 1),
            Cell::decimal(row.mean_score, 1),
            Cell::Count(row.violations),
        ];
        table.traced(row.date.to_string(), false, &row.call_nos, cells);
    }
    table
}

fn pareto(report: &WeeklyReport, l: Language) -> Table {
    let columns = vec![
        column("clause", l.pick("条款", "Clause")),
        column("title", l.pick("规则", "Rule")),
        column("violations", l.pick("违规", "Violations")),
        column("share", l.pick("占比", "Share")).percent(),
        column("cumulative", l.pick("累计占比", "Cumulative")).percent(),
        column("rule", l.pick("规则编号", "Rule id")).off_page(),
    ];
    let mut table = Table::new("pareto", l.pick("违规帕累托", "Pareto of violations"), columns);
    for row in &report.pareto {
        let cells = vec![
            Cell::text(&row.clause),
            Cell::text(&row.title),
            Cell::Count(row.violations),
            Cell::Share(row.share),
            Cell::Share(row.cumulative),
            Cell::text(&row.rule),
        ];
        table.row(row.rule.as_str(), cells);
    }
    table
}

fn violations(report: &WeeklyReport, l: Language) -> Table {
    let columns = vec![
        column("no", l.pick("序号", "No.")),
        column("id", l.pick("通话编号", "Call id")),
        column("file", l.pick("录音文件", "Recording")),
        column("clause", l.pick("条款", "Clause")),
        column("title", l.pick("规则", "Rule")),
        column("certainty", l.pick("把握", "Certainty")).percent(),
        column("points", l.pick("扣分", "Points")),
        column("rule", l.pick("规则编号", "Rule id")),
    ];
    let mut table = Table::new("violations", l.pick("违规明细", "Violations"), columns);
    let titles: BTreeMap<&str, &str> = report.rules.iter().map(|r| (r.rule.as_str(), r.title.as_str())).collect();
    for line in &report.violations {
        let call = (line.call as usize).checked_sub(1).and_then(|index| report.calls.get(index));
        let cells = vec![
            Cell::Count(u64::from(line.call)),
            Cell::text_or_missing(call.map(|call| call.id.as_str())),
            Cell::text_or_missing(call.map(|call| call.file.as_str())),
            Cell::text(&line.clause),
            Cell::text_or_missing(titles.get(line.rule.as_str()).copied()),
            Cell::Share(line.certainty),
            Cell::Decimal(line.points, 1),
            Cell::text(&line.rule),
        ];
        table.row(format!("{}/{}", line.call, line.rule), cells);
    }
    table
}
