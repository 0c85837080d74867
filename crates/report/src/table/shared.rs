//! Tables of every report.

use super::{Cell, Column, Good, Table, Unit, column};
use crate::{CallLine, Coverage, GradeCount, Language, Trend};

/// One headline number as a row: what, unit, now, before, change.
pub(super) struct Summary(pub Table);

impl Summary {
    pub fn new(l: Language) -> Self {
        let columns = vec![
            column("figure", l.pick("指标", "Figure")),
            column("unit", l.pick("单位", "Unit")),
            column("now", l.pick("本期", "This period")),
            column("before", l.pick("上期", "Period before")),
            column("change", l.pick("变化", "Change")),
        ];
        Summary(Table::new("summary", l.pick("主要指标", "Headline figures"), columns))
    }

    pub fn number(&mut self, key: &str, title: &str, unit: &str, trend: Trend, decimals: u8) {
        let cells = vec![
            Cell::text(title),
            Cell::text(unit),
            Cell::decimal(trend.now, decimals),
            Cell::decimal(trend.before, decimals),
            Cell::change(trend.change, decimals, Good::Neither),
        ];
        self.0.row(key, cells);
    }

    pub fn share(&mut self, key: &str, title: &str, trend: Trend) {
        let cells = vec![
            Cell::text(title),
            Cell::text("%"),
            Cell::share(trend.now),
            Cell::share(trend.before),
            Cell::share_change(trend.change, Good::Neither),
        ];
        self.0.row(key, cells);
    }
}

/// The calls of a report; `violated` gives the clauses a call violates.
pub(crate) fn calls<'a>(
    lines: impl Iterator<Item = &'a CallLine>,
    violated: impl Fn(u32) -> String,
    l: Language,
) -> Table {
    let columns = vec![
        column("no", l.pick("序号", "No.")),
        column("started_at", l.pick("开始时间", "Started at")),
        column("agent_id", l.pick("工号", "Agent id")),
        column("agent_name", l.pick("座席", "Agent")),
        column("team", l.pick("班组", "Team")).off_page(),
        column("hotline", l.pick("热线", "Hotline")).off_page(),
        column("business", l.pick("业务类型", "Business")),
        column("minutes", l.pick("时长", "Length")).unit(Unit::Minutes),
        column("score", l.pick("得分", "Score")),
        column("grade", l.pick("等级", "Grade")),
        column("violations", l.pick("违规", "Violations")),
        column("undecided", l.pick("无法判断", "Undecided")),
        column("clauses", l.pick("违规条款", "Violated clauses")),
        column("rating", l.pick("评价", "Rating")),
        column("file", l.pick("录音文件", "Recording")),
        column("id", l.pick("通话编号", "Call id")),
    ];
    let mut table = Table::new("calls", l.pick("通话清单", "Calls"), columns);
    for call in lines {
        let cells = vec![
            Cell::Count(u64::from(call.no)),
            Cell::text(&call.started_at),
            Cell::text_or_missing(call.agent_id.as_deref()),
            Cell::text_or_missing(call.agent_name.as_deref()),
            Cell::text_or_missing(call.team.as_deref()),
            Cell::text_or_missing(call.hotline.as_deref()),
            Cell::text_or_missing(call.business.as_deref()),
            Cell::Decimal(f64::from(call.duration_ms) / 60_000.0, 1),
            Cell::decimal(call.score, 1),
            Cell::grade(call.grade),
            Cell::Count(call.violations),
            Cell::Count(call.undecided),
            Cell::text_or_missing(Some(violated(call.no).as_str()).filter(|text| !text.is_empty())),
            call.rating.map_or(Cell::Missing, Cell::Rating),
            Cell::text(&call.file),
            Cell::text(call.id.as_str()),
        ];
        table.row(call.id.as_str(), cells);
    }
    table
}

/// How many have each grade.
pub(super) fn grades(counts: &[GradeCount], title: &str, l: Language) -> Table {
    let columns = vec![column("grade", l.pick("等级", "Grade")), column("count", l.pick("数量", "Count"))];
    let mut table = Table::new("grades", title, columns);
    for row in counts {
        table.row(row.grade.to_string(), vec![Cell::Grade(row.grade), Cell::Count(row.count)]);
    }
    table
}

/// Recordings that could not be processed.
pub(crate) fn failed(coverage: &Coverage, l: Language) -> Table {
    let columns = vec![
        column("source", l.pick("录音", "Recording")),
        column("error", l.pick("原因与处理办法", "Reason and cure")),
        column("attempts", l.pick("尝试次数", "Attempts")),
    ];
    let mut table = Table::new("failed", l.pick("未能处理的录音", "Recordings that could not be processed"), columns);
    for line in &coverage.failed {
        let cells = vec![Cell::text(&line.source), Cell::text(&line.error), Cell::Count(u64::from(line.attempts))];
        table.row(line.source.as_str(), cells);
    }
    table
}

/// Calls without a start time.
pub(crate) fn undated(coverage: &Coverage, l: Language) -> Table {
    let columns = vec![column("file", l.pick("录音文件", "Recording")), column("id", l.pick("通话编号", "Call id"))];
    let mut table = Table::new("undated", l.pick("没有开始时间的通话", "Calls without a start time"), columns);
    for line in &coverage.undated {
        table.row(line.id.as_str(), vec![Cell::text(&line.file), Cell::text(line.id.as_str())]);
    }
    table
}

/// The two columns that name an agent, and the team.
pub(super) fn agent_columns(l: Language) -> Vec<Column> {
    vec![
        column("agent_id", l.pick("工号", "Agent id")),
        column("agent_name", l.pick("座席", "Agent")),
        column("team", l.pick("班组", "Team")),
    ]
}

/// The name of a group; calls without one are named as such.
pub(super) fn name_or_none(name: Option<&str>, l: Language) -> Cell {
    Cell::text(name.unwrap_or(l.pick("（未填写）", "(not given)")))
}
