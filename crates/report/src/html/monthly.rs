//! The monthly report as a page.

use super::charts::{self, HALF, Point, StackedBar};
use super::number::{grouped, or_dash, percent};
use super::page::{Page, page_forms};
use super::parts::{self, Card, Measure};
use super::words;
use crate::table::{self, Good, rating_name};
use crate::{Language, MonthlyReport, RenderOptions, SatisfactionRow};

/// The whole page.
pub(crate) fn monthly(report: &MonthlyReport, options: &RenderOptions) -> String {
    let l = options.language;
    let subject = l.pick("客户满意度", "Customer satisfaction");
    let mut page = Page::new(subject, &report.head, &report.coverage, &report.calls, options);
    overview(&mut page, report);
    weeks(&mut page, report);
    businesses(&mut page, report);
    page.section("groups", l.pick("班组与热线", "Teams and hotlines"), "");
    page.table(&page_table(&report.teams, "teams", l.pick("按班组", "By team"), l));
    page.table(&page_table(&report.hotlines, "hotlines", l.pick("按热线", "By hotline"), l));
    page.close();
    agents(&mut page, report);
    ratings(&mut page, report);
    dissatisfied(&mut page, report);
    page.notes(&report.notes, &definitions(l));
    page.finish(&report.coverage, |_| String::new())
}

fn overview(page: &mut Page, report: &MonthlyReport) {
    let (l, f) = (page.l, &report.figures);
    page.section("overview", l.pick("总体情况", "Overview"), "");
    let card = |label, trend, measure, good, remark| Card { label, trend, measure, good, compared: true, remark };
    let interval = f.satisfied_interval.map_or(String::new(), |i| match l {
        Language::Zh => format!("95% 区间 {}–{}", percent(i.low), percent(i.high)),
        Language::En => format!("95 % interval {}–{}", percent(i.low), percent(i.high)),
    });
    let best = l.pick("1 最好，3 最差", "1 best, 3 worst").to_owned();
    let none = String::new;
    let calls = l.pick("通", "");
    let cards = [
        card(l.pick("满意率", "Satisfied"), f.satisfied_share, Measure::Percent, Good::Up, interval),
        card(l.pick("不满意率", "Dissatisfied"), f.dissatisfied_share, Measure::Percent, Good::Down, none()),
        card(l.pick("参评率", "Response rate"), f.response_rate, Measure::Percent, Good::Up, none()),
        card(l.pick("平均键值", "Mean key"), f.mean_key, Measure::Number(2, ""), Good::Down, best),
        card(l.pick("通话量", "Calls"), f.calls, Measure::Number(0, calls), Good::Neither, none()),
        card(l.pick("接通", "Answered"), f.answered, Measure::Number(0, calls), Good::Neither, none()),
        card(l.pick("评价通话", "Rated calls"), f.rated, Measure::Number(0, calls), Good::Neither, none()),
        card(
            l.pick("平均得分", "Mean score"),
            f.mean_score,
            Measure::Number(1, l.pick("分", "")),
            Good::Up,
            words::grade(f.grade, l),
        ),
    ];
    parts::cards(&mut page.html, &cards, l);
    page.list("highlights", &words::monthly_highlights(report, l));
    page.close();
}

fn weeks(page: &mut Page, report: &MonthlyReport) {
    let l = page.l;
    page.section("weeks", l.pick("满意度走势", "Satisfaction over the weeks"), "");
    let label = |row: &SatisfactionRow| {
        let key = row.key.as_deref().unwrap_or_default();
        key.split_once('-').map_or(key, |(_, week)| week).to_owned()
    };
    let bars: Vec<StackedBar> = report
        .weeks
        .iter()
        .map(|row| StackedBar {
            label: label(row),
            parts: (row.rated > 0)
                .then(|| [row.satisfied, row.neutral, row.dissatisfied].map(|n| n as f64 / row.rated as f64).to_vec()),
        })
        .collect();
    let points: Vec<Point> = report.weeks.iter().map(|row| Point { label: label(row), ..point(row) }).collect();
    let names = ratings_names(l);
    page.html.open("div", &[("class", "pair")]).line();
    charts::line(
        &mut page.html,
        l.pick("每周满意率与95%置信区间", "Satisfied by week, with 95 % intervals"),
        &points,
        HALF,
        (0.0, 1.0),
        |tick| format!("{}%", grouped(tick * 100.0, 0)),
    );
    charts::stacked(&mut page.html, l.pick("每周评价构成", "Ratings by week"), "csat", &names, &bars, HALF);
    page.html.close("div").line();
    page.table(&page_table(&report.weeks, "weeks", l.pick("按周", "By week"), l));
    page.close();
}

fn businesses(page: &mut Page, report: &MonthlyReport) {
    let l = page.l;
    page.section("businesses", l.pick("业务类型", "Business"), "");
    let nameless = l.pick("（未填写）", "(not given)");
    let points: Vec<Point> = report
        .businesses
        .iter()
        .filter(|row| row.rated > 0)
        .take(CHART_ROWS)
        .map(|row| {
            let label = row.key.clone().unwrap_or_else(|| nameless.to_owned());
            let text = or_dash(row.satisfied_share.now, percent);
            Point { label, text: format!("{text} · n={}", row.rated), ..point(row) }
        })
        .collect();
    if !points.is_empty() {
        let title = l.pick(
            "各业务满意率与95%置信区间（浅色为样本少）",
            "Satisfied by business, with 95 % intervals (small samples paler)",
        );
        charts::intervals(&mut page.html, title, &points);
    }
    page.bare_table(&page_table(&report.businesses, "businesses", "", l));
    page.close();
}

fn agents(page: &mut Page, report: &MonthlyReport) {
    let l = page.l;
    page.section("agents", l.pick("座席", "Agents"), "");
    page.table(&page_table(&report.agents, "agents", l.pick("座席满意度", "Satisfaction by agent"), l));
    page.table(&table::scores(report, l));
    page.close();
}

fn ratings(page: &mut Page, report: &MonthlyReport) {
    let l = page.l;
    let lead = l.pick(
        "客户评价与质检得分是否一致：不满意的通话得分应更低。",
        "Whether ratings and scores agree: dissatisfied calls should score lower.",
    );
    page.section("ratings", l.pick("评价与质检", "Ratings and quality"), lead);
    page.bare_table(&table::ratings(report, l));
    page.close();
}

fn dissatisfied(page: &mut Page, report: &MonthlyReport) {
    let l = page.l;
    page.section("dissatisfied", l.pick("不满意通话", "Dissatisfied calls"), "");
    let mut table = table::dissatisfied(report, l);
    for row in &mut table.rows {
        page_forms(row);
    }
    page.bare_table(&table);
    page.close();
}

fn point(row: &SatisfactionRow) -> Point {
    Point {
        label: String::new(),
        value: row.satisfied_share.now,
        text: or_dash(row.satisfied_share.now, percent),
        interval: row.interval,
        pale: row.small_sample,
    }
}

/// A table of satisfaction that fits a page.
fn page_table(rows: &[SatisfactionRow], name: &'static str, title: &str, l: Language) -> table::Table {
    let mut table = table::satisfaction(rows, name, title, l);
    for column in table.columns.iter_mut().filter(|column| column.key == "calls") {
        column.on_page = false;
    }
    table
}

fn ratings_names(l: Language) -> [&'static str; 3] {
    use hotline_model::Satisfaction::{Dissatisfied, Neutral, Satisfied};
    [Satisfied, Neutral, Dissatisfied].map(|rating| rating_name(rating, l))
}

/// How many rows a chart of one page can have.
const CHART_ROWS: usize = 20;

fn definitions(l: Language) -> Vec<String> {
    let zh = [
        "满意率＝按1键（满意）的通话÷有评价的通话；参评率＝有评价的通话÷接通的通话。",
        "95%置信区间按 Wilson 法计算；区间互相重叠的两行，差异可能出于偶然。",
        "月度得分＝当月各通得分的平均（SCO-01 以 80 分为基准，上限 110），保留一位小数；等级依 SCO-02；绩效依 SCO-05，每分 10 元，以 ±300 元为限。SCO-03 的月度加扣与 SCO-04 的加分须由人工核定，未计入。",
        "“—”表示没有可统计的数据，不是零。",
    ];
    let en = [
        "Satisfied = calls rated 1 ÷ rated calls; response rate = rated calls ÷ answered calls.",
        "95 % intervals are Wilson's; where those of two rows overlap, the difference may be chance.",
        "Monthly score = mean of the month's call scores (SCO-01: from 80, at most 110), rounded to one decimal; graded by SCO-02; pay by SCO-05, 10 yuan a point within ±300. The monthly surcharge of SCO-03 and the bonuses of SCO-04 take a person's decision and are not included.",
        "“—” means that there is nothing to count; it is not zero.",
    ];
    (if l == Language::Zh { zh } else { en }).map(str::to_owned).to_vec()
}
