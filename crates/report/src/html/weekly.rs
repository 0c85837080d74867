//! The weekly report as a page.

use std::collections::BTreeMap;

use hotline_model::Grade;
use jiff::civil::Weekday;

use super::charts::{self, HALF, ParetoBar, Point, StackedBar, WIDE};
use super::number::{grouped, or_dash, percent};
use super::page::Page;
use super::parts::{self, Card, Measure};
use super::words;
use crate::table::{self, Cell, Good, Table, column};
use crate::{Language, RenderOptions, Trend, WeeklyReport};

/// The whole page.
pub(crate) fn weekly(report: &WeeklyReport, options: &RenderOptions) -> String {
    let l = options.language;
    let subject = l.pick("服务质量", "Service quality");
    let mut page = Page::new(subject, &report.head, &report.coverage, &report.calls, options);
    overview(&mut page, report);
    volume(&mut page, report);
    talk(&mut page, report);
    violations(&mut page, report);
    groups(&mut page, report);
    agents(&mut page, report);
    recognition(&mut page, report);
    page.notes(&report.notes, &definitions(l));
    let mut clauses: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for line in &report.violations {
        clauses.entry(line.call).or_default().push(&line.clause);
    }
    page.finish(&report.coverage, |no| clauses.get(&no).map(|list| list.join(" ")).unwrap_or_default())
}

fn overview(page: &mut Page, report: &WeeklyReport) {
    let (l, f) = (page.l, &report.figures);
    page.section("overview", l.pick("总体情况", "Overview"), "");
    let card = |label, trend, measure, good, remark| Card { label, trend, measure, good, compared: true, remark };
    let seconds = |ms: Option<f64>| ms.map(|ms| ms / 1000.0);
    let response = Trend::new(seconds(f.response_ms.now), seconds(f.response_ms.before));
    let rated = match l {
        Language::Zh => format!("{} 通评价", grouped(f.rated.now.unwrap_or(0.0), 0)),
        Language::En => format!("{} rated", grouped(f.rated.now.unwrap_or(0.0), 0)),
    };
    let none = String::new;
    let cards = [
        card(l.pick("通话量", "Calls"), f.calls, Measure::Number(0, l.pick("通", "")), Good::Neither, none()),
        card(
            l.pick("录音时长", "Audio"),
            f.audio_minutes,
            Measure::Number(1, l.pick("分钟", "min")),
            Good::Neither,
            none(),
        ),
        card(
            l.pick("平均得分", "Mean score"),
            f.mean_score,
            Measure::Number(1, l.pick("分", "")),
            Good::Up,
            words::grade(f.grade, l),
        ),
        card(
            l.pick("违规通话占比", "Calls with a violation"),
            f.violated_call_share,
            Measure::Percent,
            Good::Down,
            none(),
        ),
        card(l.pick("无法判断占比", "Undecided verdicts"), f.undecided_share, Measure::Percent, Good::Down, none()),
        card(
            l.pick("座席语速", "Agents' speech rate"),
            f.agent_chars_per_min,
            Measure::Number(0, l.pick("字/分", "chars/min")),
            Good::Neither,
            none(),
        ),
        card(
            l.pick("响应时间中位数", "Median response"),
            response,
            Measure::Number(1, l.pick("秒", "s")),
            Good::Down,
            none(),
        ),
        card(l.pick("满意率", "Satisfied"), f.satisfied_share, Measure::Percent, Good::Up, rated),
    ];
    parts::cards(&mut page.html, &cards, l);
    page.list("highlights", &words::weekly_highlights(report, l));
    page.close();
}

fn volume(page: &mut Page, report: &WeeklyReport) {
    let l = page.l;
    page.section("volume", l.pick("业务量", "Volume"), "");
    let label = |date: jiff::civil::Date| format!("{}/{}", date.month(), date.day());
    let weekend = |date: jiff::civil::Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let calls: Vec<Point> = report
        .days
        .iter()
        .map(|day| Point {
            label: label(day.date),
            value: Some(day.calls as f64),
            text: grouped(day.calls as f64, 0),
            interval: None,
            pale: weekend(day.date),
        })
        .collect();
    let scores: Vec<Point> = report
        .days
        .iter()
        .map(|day| Point {
            label: label(day.date),
            value: day.mean_score,
            text: or_dash(day.mean_score, |score| grouped(score, 1)),
            interval: None,
            pale: day.calls < u64::from(report.head.small_sample),
        })
        .collect();
    let width = if report.days.len() > 10 { WIDE } else { HALF };
    page.html.open("div", &[("class", if width == HALF { "pair" } else { "stack" })]).line();
    charts::columns(&mut page.html, l.pick("每日通话量（浅色为周末）", "Calls by day (weekends paler)"), &calls, width);
    let title = l.pick("每日平均得分（浅色为样本少）", "Mean score by day (small samples paler)");
    charts::line(&mut page.html, title, &scores, width, score_axis(&scores), |tick| grouped(tick, 0));
    page.html.close("div").line();
    page.close();
}

fn talk(page: &mut Page, report: &WeeklyReport) {
    let (l, talk) = (page.l, &report.talk);
    let lead = match l {
        Language::Zh => format!(
            "据双声道录音 {} 通；每通被座席打断 {} 次。",
            grouped(talk.calls as f64, 0),
            or_dash(talk.interruptions_per_call.now, |n| grouped(n, 2))
        ),
        Language::En => format!(
            "From {} two-channel recordings; the agent cuts in {} times a call.",
            grouped(talk.calls as f64, 0),
            or_dash(talk.interruptions_per_call.now, |n| grouped(n, 2))
        ),
    };
    page.section("talk", l.pick("通话结构", "Who speaks"), &lead);
    let parts = |side: fn(&Trend) -> Option<f64>| {
        [&talk.agent, &talk.customer, &talk.overlap, &talk.silence].into_iter().map(side).collect::<Option<Vec<f64>>>()
    };
    let bars = [
        StackedBar { label: l.pick("本期", "This period").into(), parts: parts(|trend| trend.now) },
        StackedBar { label: l.pick("上期", "Before").into(), parts: parts(|trend| trend.before) },
    ];
    let names =
        [l.pick("座席", "Agent"), l.pick("客户", "Customer"), l.pick("重叠", "Both"), l.pick("静音", "Silence")];
    charts::stacked(&mut page.html, l.pick("通话时间构成", "Parts of talk time"), "talk", &names, &bars, WIDE);
    page.close();
}

fn violations(page: &mut Page, report: &WeeklyReport) {
    let l = page.l;
    page.section("violations", l.pick("违规分析", "Violations"), "");
    if !report.pareto.is_empty() {
        let bars: Vec<ParetoBar> = report
            .pareto
            .iter()
            .take(PARETO_BARS)
            .map(|row| ParetoBar {
                label: format!("{} {}", row.clause, row.title),
                count: row.violations,
                cumulative: row.cumulative,
            })
            .collect();
        let title =
            l.pick("违规帕累托图（柱为次数，线为累计占比）", "Pareto of violations (bars: count, line: running share)");
        charts::pareto(&mut page.html, title, &bars);
    }
    let grades: u64 = report.grades.iter().map(|row| row.count).sum();
    if grades > 0 {
        let parts = report.grades.iter().map(|row| row.count as f64 / grades as f64).collect();
        let bar = StackedBar { label: l.pick("本期", "This period").into(), parts: Some(parts) };
        let names: Vec<String> = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E, Grade::F]
            .iter()
            .map(|grade| grade.to_string())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        charts::stacked(&mut page.html, l.pick("通话等级分布", "Calls by grade"), "grade", &names, &[bar], WIDE);
    }
    page.html.open("div", &[("class", "pair")]).line();
    for (name, title, rules) in [
        ("top-missing", l.pick("最常缺失的用语（REQ）", "Most often missing (REQ)"), &report.top_missing),
        (
            "top-forbidden",
            l.pick("最常出现的禁语与禁止行为（FRB）", "Most often said or done (FRB)"),
            &report.top_forbidden,
        ),
    ] {
        page.html.open("div", &[]);
        page.table(&top(report, name, title, rules, l));
        page.html.close("div").line();
    }
    page.html.close("div").line();
    page.table(&table::rules(report, l));
    page.close();
}

fn groups(page: &mut Page, report: &WeeklyReport) {
    let l = page.l;
    page.section("groups", l.pick("班组、热线与业务", "Teams, hotlines, business"), "");
    page.table(&table::groups(&report.teams, "teams", l.pick("按班组", "By team"), l));
    page.table(&table::groups(&report.hotlines, "hotlines", l.pick("按热线", "By hotline"), l));
    page.table(&table::groups(&report.businesses, "businesses", l.pick("按业务类型", "By business"), l));
    page.close();
}

fn agents(page: &mut Page, report: &WeeklyReport) {
    let l = page.l;
    let lead = l.pick("按平均得分由低到高排列。", "Lowest mean score first.");
    page.section("agents", l.pick("座席", "Agents"), lead);
    page.bare_table(&table::agents(report, l));
    page.close();
}

fn recognition(page: &mut Page, report: &WeeklyReport) {
    let (l, asr) = (page.l, &report.asr);
    let lead = l.pick(
        "识别越差，判定越不可靠；隔离语音是听到了但不采信其文字的部分。",
        "The poorer the recognition, the less verdicts are worth; quarantined speech was heard, but its text is not trusted.",
    );
    page.section("asr", l.pick("语音识别质量", "Speech recognition"), lead);
    let failed = Trend::new(Some(asr.failed as f64), None);
    let calls = l.pick("通", "");
    let below = match l {
        Language::Zh => format!("置信度低于 {}", percent(asr.low_confidence_below)),
        Language::En => format!("confidence below {}", percent(asr.low_confidence_below)),
    };
    let card = |label, trend, measure, good, remark: &str| Card {
        label,
        trend,
        measure,
        good,
        compared: true,
        remark: remark.to_owned(),
    };
    let cards = [
        card(l.pick("平均置信度", "Mean confidence"), asr.confidence, Measure::Percent, Good::Up, ""),
        card(l.pick("隔离语音占比", "Quarantined speech"), asr.gap_share, Measure::Percent, Good::Down, ""),
        card(
            l.pick("识别较差", "Poorly recognised"),
            asr.low_confidence,
            Measure::Number(0, calls),
            Good::Neither,
            &below,
        ),
        card(l.pick("有声无字", "Speech without words"), asr.wordless, Measure::Number(0, calls), Good::Neither, ""),
        // Nothing dates a recording that could not be read, so there is none "before".
        Card {
            compared: false,
            ..card(l.pick("处理失败", "Failed"), failed, Measure::Number(0, l.pick("份", "")), Good::Neither, "")
        },
    ];
    parts::cards(&mut page.html, &cards, l);
    page.close();
}

/// A short list of rules.
fn top(report: &WeeklyReport, name: &'static str, title: &str, rules: &[String], l: Language) -> Table {
    let columns = vec![
        column("title", l.pick("规则", "Rule")),
        column("violated", l.pick("通话", "Calls")),
        column("rate", l.pick("违规率", "Rate")).percent(),
        column("change", l.pick("较上期", "Change")).unit(table::Unit::PercentagePoints),
    ];
    let mut table = Table::new(name, title, columns);
    for row in rules.iter().filter_map(|id| report.rules.iter().find(|row| row.rule == *id)) {
        let cells = vec![
            Cell::Text(format!("{} {}", row.clause, row.title)),
            Cell::Count(row.violated),
            Cell::share(row.rate.now),
            Cell::share_change(row.rate.change, Good::Down),
        ];
        table.traced(row.rule.as_str(), row.small_sample, &row.call_nos, cells);
    }
    table
}

/// An axis of tens around the scores, with 80 (SCO-01) in sight.
fn score_axis(points: &[Point]) -> (f64, f64) {
    let scores = || points.iter().filter_map(|point| point.value);
    let low = scores().fold(80.0, f64::min);
    let high = scores().fold(80.0, f64::max);
    let low = ((low / 10.0).floor() * 10.0 - 10.0).max(0.0);
    // Four steps of whole numbers.
    let span = (((high - low) / 20.0).ceil() * 20.0).max(20.0);
    (low, low + span)
}

/// How many bars a Pareto chart of one page can have.
const PARETO_BARS: usize = 15;

fn definitions(l: Language) -> Vec<String> {
    let zh = [
        "违规率＝违规通话÷适用通话（符合、违规与无法判断之和）；上限把无法判断全部当作违规。",
        "得分以 80 分为基准，扣分后每通取整体平均，保留一位小数；等级依 SCO-02（高于 90 为 A，80 至 90 为 B，70 以上 C，65 以上 D，60 以上 E，低于 60 为 F）。",
        "话语占比＝座席有声时间÷双方有声时间之和；语速按有声时间计，不含停顿。",
        "“—”表示没有可统计的数据，不是零。",
    ];
    let en = [
        "Rate = calls violating ÷ calls on which the rule is in play (met, violated or undecided); the bound takes all undecided calls for violations.",
        "Scores start at 80 and lose points; means are rounded to one decimal and graded by SCO-02 (above 90 A, 80 to 90 B, from 70 C, from 65 D, from 60 E, below F).",
        "Talk share = the agent's voiced time ÷ both parties' voiced time; speech rate counts voiced time only.",
        "“—” means that there is nothing to count; it is not zero.",
    ];
    (if l == Language::Zh { zh } else { en }).map(str::to_owned).to_vec()
}
