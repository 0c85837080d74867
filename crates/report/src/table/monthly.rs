//! Tables of the monthly report.

use super::shared::{Summary, agent_columns, calls, failed, grades, name_or_none, undated};
use super::{Cell, Good, Table, Unit, column};
use crate::{CallLine, Language, MonthlyReport, Review, SatisfactionRow};

/// All of them.
pub(crate) fn monthly(report: &MonthlyReport, l: Language) -> Vec<Table> {
    vec![
        summary(report, l),
        satisfaction(&report.weeks, "weeks", l.pick("按周", "By week"), l),
        satisfaction(&report.businesses, "businesses", l.pick("按业务类型", "By business"), l),
        satisfaction(&report.teams, "teams", l.pick("按班组", "By team"), l),
        satisfaction(&report.hotlines, "hotlines", l.pick("按热线", "By hotline"), l),
        satisfaction(&report.agents, "agents", l.pick("按座席", "By agent"), l),
        ratings(report, l),
        scores(report, l),
        grades(&report.grades, l.pick("座席等级分布", "Agents by grade"), l),
        dissatisfied(report, l),
        calls(report.calls.iter(), |_| String::new(), l).without("clauses"),
        failed(&report.coverage, l),
        undated(&report.coverage, l),
    ]
}

/// Satisfaction by week, business, team, hotline or agent.
pub(crate) fn satisfaction(rows: &[SatisfactionRow], name: &'static str, title: &str, l: Language) -> Table {
    let (key, detail) = match name {
        "weeks" => (l.pick("周", "Week"), l.pick("日期", "Days")),
        "agents" => (l.pick("工号", "Agent id"), l.pick("座席", "Agent")),
        _ => (l.pick("名称", "Name"), ""),
    };
    let columns = vec![
        column("key", key),
        column("name", detail),
        column("calls", l.pick("通话", "Calls")),
        column("answered", l.pick("接通", "Answered")),
        column("rated", l.pick("评价", "Rated")),
        column("response_rate", l.pick("参评率", "Response rate")).percent(),
        column("satisfied", l.pick("满意", "Satisfied")),
        column("neutral", l.pick("一般", "Neutral")),
        column("dissatisfied", l.pick("不满意", "Dissatisfied")),
        column("satisfied_share", l.pick("满意率", "Satisfied")).percent(),
        column("low", l.pick("95%下限", "95% from")).percent(),
        column("high", l.pick("95%上限", "95% to")).percent(),
        column("change", l.pick("较上期", "Change")).unit(Unit::PercentagePoints),
        column("mean_key", l.pick("平均键值", "Mean key")),
    ];
    let mut table = Table::new(name, title, columns);
    table.marks_small = true;
    for row in rows {
        let cells = vec![
            name_or_none(row.key.as_deref(), l),
            Cell::text_or_missing(
                row.name.as_deref().map(|name| name.replace("..", l.pick(" 至 ", " to "))).as_deref(),
            ),
            Cell::Count(row.calls),
            Cell::Count(row.answered),
            Cell::Count(row.rated),
            Cell::share(row.response_rate),
            Cell::Count(row.satisfied),
            Cell::Count(row.neutral),
            Cell::Count(row.dissatisfied),
            Cell::share(row.satisfied_share.now),
            Cell::share(row.interval.map(|i| i.low)),
            Cell::share(row.interval.map(|i| i.high)),
            Cell::share_change(row.satisfied_share.change, Good::Up),
            Cell::decimal(row.mean_key, 2),
        ];
        table.traced(row.key.as_deref().unwrap_or(""), row.small_sample, &row.call_nos, cells);
    }
    // Only weeks and agents have two names; a week stands beside the weeks before it anyway.
    if detail.is_empty() {
        table = table.without("name");
    }
    if name == "weeks" {
        table = table.without("change");
    }
    table
}

/// Quality by rating.
pub(crate) fn ratings(report: &MonthlyReport, l: Language) -> Table {
    let columns = vec![
        column("rating", l.pick("客户评价", "Rating")),
        column("calls", l.pick("通话", "Calls")),
        column("mean_score", l.pick("平均得分", "Score")),
        column("violated_call_share", l.pick("违规通话", "Calls violating")).percent(),
        column("silence_share", l.pick("静音", "Silence")).percent(),
    ];
    let mut table = Table::new("ratings", l.pick("评价与质检得分", "Rating and quality"), columns);
    for row in &report.ratings {
        let cells = vec![
            row.rating.map_or_else(|| Cell::text(l.pick("未评价", "not rated")), Cell::Rating),
            Cell::Count(row.calls),
            Cell::decimal(row.mean_score, 1),
            Cell::share(row.violated_call_share),
            Cell::share(row.silence_share),
        ];
        table.traced(row.rating.map_or("", |rating| rating.name()), false, &row.call_nos, cells);
    }
    table
}

/// Monthly scores.
pub(crate) fn scores(report: &MonthlyReport, l: Language) -> Table {
    let mut columns = agent_columns(l);
    columns.extend([
        column("calls", l.pick("通话", "Calls")),
        column("scored", l.pick("计分通话", "Scored")),
        column("score", l.pick("月度得分", "Monthly score")),
        column("change", l.pick("较上期", "Change")),
        column("grade", l.pick("等级", "Grade")),
        column("pay", l.pick("绩效", "Pay")).unit(Unit::Yuan),
        column("slight", l.pick("轻微", "Slight")),
        column("medium", l.pick("中等", "Medium")),
        column("serious", l.pick("严重", "Serious")),
        column("fatal", l.pick("致命", "Fatal")),
        column("review", l.pick("复核", "Review")),
    ]);
    let mut table = Table::new("scores", l.pick("座席月度得分", "Monthly scores"), columns);
    table.marks_small = true;
    for row in &report.scores {
        let review = match row.review {
            None => Cell::Missing,
            Some(Review::BelowSixty) => Cell::text(l.pick("低于60分", "below 60")),
            Some(Review::LastTwice) => Cell::text(l.pick("连续两期末位且低于70分", "last twice, below 70")),
        };
        let cells = vec![
            Cell::text_or_missing(row.agent_id.as_deref()),
            Cell::text_or_missing(row.name.as_deref()),
            Cell::text_or_missing(row.team.as_deref()),
            Cell::Count(row.calls),
            Cell::Count(row.scored),
            Cell::decimal(row.score.now, 1),
            Cell::change(row.score.change, 1, Good::Up),
            Cell::grade(row.grade),
            row.pay_yuan.map_or(Cell::Missing, |yuan| Cell::Signed(yuan, 0)),
            Cell::Count(row.violations.slight),
            Cell::Count(row.violations.medium),
            Cell::Count(row.violations.serious),
            Cell::Count(row.violations.fatal),
            review,
        ];
        let key = row.agent_id.as_deref().or(row.name.as_deref()).unwrap_or("");
        table.traced(key, row.small_sample, &row.call_nos, cells);
    }
    table
}

/// Calls rated 3.
pub(crate) fn dissatisfied(report: &MonthlyReport, l: Language) -> Table {
    let lines = report.dissatisfied.iter().filter_map(|no| report.calls.get((*no as usize).checked_sub(1)?));
    let lines: Vec<&CallLine> = lines.collect();
    let mut table = calls(lines.into_iter(), |_| String::new(), l).without("clauses").without("rating");
    (table.name, table.title) = ("dissatisfied", l.pick("不满意通话", "Dissatisfied calls").to_owned());
    table
}

fn summary(report: &MonthlyReport, l: Language) -> Table {
    let f = &report.figures;
    let calls = l.pick("通", "calls");
    let mut s = Summary::new(l);
    s.number("calls", l.pick("通话量", "Calls"), calls, f.calls, 0);
    s.number("answered", l.pick("接通", "Answered"), calls, f.answered, 0);
    s.number("rated", l.pick("评价通话", "Rated calls"), calls, f.rated, 0);
    s.share("response_rate", l.pick("参评率", "Response rate"), f.response_rate);
    s.share("satisfied_share", l.pick("满意率", "Satisfied"), f.satisfied_share);
    let end = |end: fn(crate::Interval) -> f64| crate::Trend::new(f.satisfied_interval.map(end), None);
    s.share("satisfied_low", l.pick("满意率95%区间下限", "Satisfied, 95% from"), end(|i| i.low));
    s.share("satisfied_high", l.pick("满意率95%区间上限", "Satisfied, 95% to"), end(|i| i.high));
    s.share("neutral_share", l.pick("一般占比", "Neutral"), f.neutral_share);
    s.share("dissatisfied_share", l.pick("不满意率", "Dissatisfied"), f.dissatisfied_share);
    s.number("mean_key", l.pick("平均键值（1最好，3最差）", "Mean key (1 best, 3 worst)"), "", f.mean_key, 2);
    s.number("mean_score", l.pick("平均得分", "Mean score"), l.pick("分", "points"), f.mean_score, 1);
    s.0
}

impl Table {
    /// The table less one column.
    pub(crate) fn without(mut self, key: &str) -> Self {
        if let Some(index) = self.columns.iter().position(|column| column.key == key) {
            self.columns.remove(index);
            for row in &mut self.rows {
                row.cells.remove(index);
            }
        }
        self
    }
}
