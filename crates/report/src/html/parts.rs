//! Pieces that pages are put together from.

use super::markup::Markup;
use super::number::{DASH, cell_text, change, change_class, grouped};
use crate::table::{Cell, Good, Table};
use crate::{CallLine, Language, RenderOptions, Trend};

/// Rows of a table that a sheet of paper should not cut.
const SHORT: usize = 12;

/// What a number on a card is.
#[derive(Clone, Copy)]
pub(super) enum Measure {
    /// A number with decimals and a unit.
    Number(u8, &'static str),
    /// A share.
    Percent,
}

/// One headline number: its value large, its change small.
pub(super) struct Card<'a> {
    pub label: &'a str,
    pub trend: Trend,
    pub measure: Measure,
    pub good: Good,
    /// Whether it is set beside the period before.
    pub compared: bool,
    /// A remark below, where it matters (a grade, an interval).
    pub remark: String,
}

/// Which calls a page lists at its end, so that rows link only to what is there.
pub(super) struct Linked<'a> {
    pub calls: &'a [CallLine],
    pub options: &'a RenderOptions,
}

impl Linked<'_> {
    fn line(&self, no: u32) -> Option<&CallLine> {
        self.calls.get((no as usize).checked_sub(1)?)
    }
}

/// The headline numbers.
pub(super) fn cards(html: &mut Markup, cards: &[Card], l: Language) {
    html.open("dl", &[("class", "cards")]).line();
    for card in cards {
        html.open("div", &[("class", "card")]).leaf("dt", &[], card.label);
        html.open("dd", &[("class", "value")]);
        let (value, unit) = match (card.trend.now, card.measure) {
            (None, _) => (DASH.to_owned(), ""),
            (Some(now), Measure::Number(decimals, unit)) => (grouped(now, decimals), unit),
            (Some(now), Measure::Percent) => (grouped(now * 100.0, 1), "%"),
        };
        html.text(&value);
        if !unit.is_empty() {
            html.leaf("small", &[], unit);
        }
        html.close("dd").open("dd", &[("class", "delta")]);
        if card.compared {
            html.text(l.pick("较上期 ", "vs before "));
        }
        match card.trend.change {
            None if card.compared => {
                html.text(DASH);
            }
            None => {}
            Some(by) => {
                let (by, decimals, unit) = match card.measure {
                    Measure::Number(decimals, _) => (by, decimals, ""),
                    Measure::Percent => (by * 100.0, 1, l.pick(" 个百分点", " pp")),
                };
                html.leaf("b", &[("class", change_class(by, decimals, card.good))], &change(by, decimals)).text(unit);
            }
        }
        html.close("dd");
        if !card.remark.is_empty() {
            html.leaf("dd", &[("class", "remark")], &card.remark);
        }
        html.close("div").line();
    }
    html.close("dl").line();
}

/// A table with the calls behind each row.
pub(super) fn table(html: &mut Markup, table: &Table, linked: &Linked) {
    let l = linked.options.language;
    let traced = table.rows.iter().any(|row| !row.calls.is_empty());
    // A short table stays on one sheet of paper.
    let class = if table.rows.len() <= SHORT { "scroll short" } else { "scroll" };
    html.open("div", &[("class", class)]).open("table", &[("class", "data"), ("id", &format!("t-{}", table.name))]);
    html.open("thead", &[]).open("tr", &[]);
    for (index, column) in table.columns.iter().enumerate().filter(|(_, column)| column.on_page) {
        html.open("th", &[("scope", "col"), ("class", column_class(table, index))]).text(&column.title);
        match column.unit.label(l) {
            // The cells carry the sign themselves.
            "" | "%" => {}
            unit => {
                html.leaf("small", &[], unit);
            }
        }
        html.close("th");
    }
    if traced {
        html.leaf("th", &[("scope", "col"), ("class", "trace")], l.pick("明细", "Calls"));
    }
    html.close("tr").close("thead").line().open("tbody", &[]).line();
    let rows_max = linked.options.appendix_max.max(SHORT);
    let rows_max = if table.name == "calls" { usize::MAX } else { rows_max };
    for (position, row) in table.rows.iter().enumerate().take(rows_max) {
        let listed = &row.calls[..row.calls.len().min(linked.options.links_per_row)];
        let numbers: Vec<String> = listed.iter().map(u32::to_string).collect();
        let anchor = match (table.name, row.cells.first()) {
            ("calls", Some(Cell::Count(no))) => format!("c{no}"),
            _ => format!("{}-{}", table.name, position),
        };
        html.open(
            "tr",
            &[
                ("id", &anchor),
                ("data-row", &format!("{}/{}", table.name, row.key)),
                ("data-call-count", &row.calls.len().to_string()),
                ("data-calls", &numbers.join(" ")),
                ("class", if row.small_sample { "small" } else { "" }),
            ],
        );
        let shown = row.cells.iter().enumerate().filter(|(index, _)| table.columns[*index].on_page);
        for (place, (index, cell)) in shown.enumerate() {
            html.open(if place == 0 { "th" } else { "td" }, &[("class", column_class(table, index))]);
            cell_markup(html, cell, l);
            if place == 0 && row.small_sample {
                let meaning = l.pick("样本少，仅供参考", "small sample, indicative only");
                html.leaf("span", &[("class", "mark"), ("title", meaning)], "△");
            }
            html.close(if place == 0 { "th" } else { "td" });
        }
        if traced {
            trace(html, &row.calls, linked);
        }
        html.close("tr").line();
    }
    let rest = grouped(table.rows.len().saturating_sub(rows_max) as f64, 0);
    let remark = match l {
        _ if table.rows.is_empty() => l.pick("本期没有数据", "Nothing in this period").to_owned(),
        _ if rest == "0" => String::new(),
        Language::Zh => format!("另有 {rest} 行，见 CSV 或 JSON"),
        Language::En => format!("{rest} more rows, see the CSV or JSON form"),
    };
    if !remark.is_empty() {
        let columns = (table.columns.iter().filter(|column| column.on_page).count() + usize::from(traced)).to_string();
        html.open("tr", &[]).leaf("td", &[("class", "none"), ("colspan", &columns)], &remark).close("tr").line();
    }
    html.close("tbody").close("table").close("div").line();
}

/// The opening of a section.
pub(super) fn section(html: &mut Markup, id: &str, title: &str, lead: &str) {
    html.open("section", &[("id", id)]).leaf("h2", &[], title).line();
    if !lead.is_empty() {
        html.leaf("p", &[("class", "lead")], lead).line();
    }
}

fn cell_markup(html: &mut Markup, cell: &Cell, l: Language) {
    let text = cell_text(cell, l);
    match cell {
        Cell::Missing => html.leaf("span", &[("class", "missing")], &text),
        Cell::Grade(grade) => html.leaf("b", &[("class", &format!("grade g{grade}"))], &text),
        Cell::Severity(severity) => html.leaf("span", &[("class", &format!("sev {}", severity.name()))], &text),
        Cell::Change(value, decimals, good) => {
            html.leaf("span", &[("class", change_class(*value, *decimals, *good))], &text)
        }
        Cell::ShareChange(value, good) => {
            html.leaf("span", &[("class", change_class(*value * 100.0, 1, *good))], &text)
        }
        _ => html.text(&text),
    };
}

/// The calls behind a row, folded away.
fn trace(html: &mut Markup, calls: &[u32], linked: &Linked) {
    html.open("td", &[("class", "trace")]);
    if calls.is_empty() {
        html.leaf("span", &[("class", "missing")], DASH).close("td");
        return;
    }
    html.open("details", &[("name", "calls")]).leaf("summary", &[], &grouped(calls.len() as f64, 0)).open("ul", &[]);
    let shown = calls.len().min(linked.options.links_per_row);
    for no in &calls[..shown] {
        let Some(call) = linked.line(*no) else { continue };
        html.open("li", &[]).leaf("a", &[("href", &format!("#c{no}"))], &format!("#{no}"));
        html.text(" ").leaf("code", &[("title", call.id.as_str())], call.id.short()).text(" ").text(&call.file);
        html.close("li");
    }
    if shown < calls.len() {
        let rest = grouped((calls.len() - shown) as f64, 0);
        let text = match linked.options.language {
            Language::Zh => format!("另有 {rest} 通，见 CSV 或 JSON"),
            Language::En => format!("and {rest} more, see the CSV or JSON form"),
        };
        html.leaf("li", &[("class", "rest")], &text);
    }
    html.close("ul").close("details").close("td");
}

/// Class of a column: numbers stand right, text left.
fn column_class(table: &Table, index: usize) -> &'static str {
    let first = table.rows.iter().filter_map(|row| row.cells.get(index)).find(|cell| **cell != Cell::Missing);
    match first {
        Some(Cell::Text(_)) => "text",
        Some(Cell::Rating(_)) if index == 0 => "text",
        Some(Cell::Grade(_) | Cell::Severity(_) | Cell::Rating(_)) => "mid",
        Some(_) => "num",
        None => "mid",
    }
}
