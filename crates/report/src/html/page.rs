//! The frame of every page: head, sections, notes, appendix.

use std::collections::BTreeSet;

use super::markup::Markup;
use super::number::grouped;
use super::parts::{self, Linked};
use super::words;
use crate::table::{self, Row, Table};
use crate::{CallLine, Coverage, Head, Language, Note, RenderOptions};

const STYLE: &str = include_str!("style.css");

/// A page under construction.
pub(super) struct Page<'a> {
    pub html: Markup,
    pub l: Language,
    pub linked: Linked<'a>,
    sections: usize,
    /// Calls that some row links to.
    mentioned: BTreeSet<u32>,
}

impl<'a> Page<'a> {
    /// Begins a page with its head.
    pub fn new(
        subject: &str,
        head: &Head,
        coverage: &Coverage,
        calls: &'a [CallLine],
        options: &'a RenderOptions,
    ) -> Self {
        let l = options.language;
        let mut html = Markup::default();
        let title = match l {
            Language::Zh => format!("{subject}{}", words::kind_word(head, l)),
            Language::En => format!("{subject}: {}", words::kind_word(head, l)),
        };
        let period = words::period(head, l);
        html.raw("<!DOCTYPE html>\n").open("html", &[("lang", l.tag())]).raw("<head><meta charset=\"utf-8\">");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        // Nothing on the page may fetch or run anything.
        html.raw(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
        );
        html.leaf("title", &[], &format!("{title} {period}")).line();
        html.raw("<style>\n").raw(STYLE).raw("</style></head>\n<body>\n<main>\n");
        html.open("header", &[("data-period", &head.key), ("data-schema", &head.schema)]);
        html.open("div", &[("class", "titles")]);
        let owner = head.organisation.clone().unwrap_or_else(|| words::hotline(head, l));
        html.leaf("p", &[("class", "owner")], &owner);
        html.leaf("h1", &[], &title).leaf("p", &[("class", "period")], &period).close("div").line();
        html.open("dl", &[("class", "meta")]);
        let mut fact = |name: &str, value: &str| {
            html.open("div", &[]).leaf("dt", &[], name).leaf("dd", &[], value).close("div");
        };
        if head.organisation.is_some() {
            fact(l.pick("热线", "Hotline"), &words::hotline(head, l));
        }
        if let Some(team) = &head.team {
            fact(l.pick("班组", "Team"), team);
        }
        let days = format!("{}{}{}", head.first, l.pick(" 至 ", " to "), head.last);
        fact(l.pick("统计区间", "Period"), &days);
        fact(l.pick("时区", "Time zone"), &head.zone);
        fact(l.pick("样本", "Basis"), &words::basis(coverage, l));
        let sets: Vec<String> = head
            .rule_sets
            .iter()
            .map(|set| match l {
                Language::Zh => format!("{}（{} 通）", set.version, grouped(set.calls as f64, 0)),
                Language::En => format!("{} ({} calls)", set.version, grouped(set.calls as f64, 0)),
            })
            .collect();
        if !sets.is_empty() {
            fact(l.pick("规则版本", "Rule sets"), &sets.join(l.pick("；", "; ")));
        }
        if let Some(at) = &head.generated_at {
            // Minutes are enough for people; the zone stands above.
            let minutes = at.get(..16).map_or_else(|| at.clone(), |text| text.replace('T', " "));
            fact(l.pick("生成时间", "Made at"), &minutes);
        }
        html.close("dl").close("header").line();
        Page { html, l, linked: Linked { calls, options }, sections: 0, mentioned: BTreeSet::new() }
    }

    /// Begins the next section; close it with [`Page::close`].
    pub fn section(&mut self, id: &str, title: &str, lead: &str) {
        const NUMERALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
        self.sections += 1;
        let title = match (self.l, NUMERALS.get(self.sections - 1)) {
            (Language::Zh, Some(numeral)) => format!("{numeral}、{title}"),
            _ => format!("{}. {title}", self.sections),
        };
        parts::section(&mut self.html, id, &title, lead);
    }

    /// Ends a section.
    pub fn close(&mut self) {
        self.html.close("section").line();
    }

    /// A table with a caption.
    pub fn table(&mut self, table: &Table) {
        self.html.leaf("h3", &[], &table.title).line();
        self.bare_table(table);
    }

    /// A table alone.
    pub fn bare_table(&mut self, table: &Table) {
        let links = self.linked.options.links_per_row;
        self.mentioned.extend(table.rows.iter().flat_map(|row: &Row| row.calls.iter().take(links)));
        parts::table(&mut self.html, table, &self.linked);
    }

    /// Sentences as a list.
    pub fn list(&mut self, class: &str, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        self.html.open("ul", &[("class", class)]);
        for sentence in sentences {
            self.html.leaf("li", &[], sentence);
        }
        self.html.close("ul").line();
    }

    /// The notes, as a section.
    pub fn notes(&mut self, notes: &[Note], definitions: &[String]) {
        self.section("notes", self.l.pick("阅读说明", "How to read this report"), "");
        let mut sentences: Vec<String> = notes.iter().map(|note| words::note(note, self.l)).collect();
        sentences.extend_from_slice(definitions);
        self.list("notes", &sentences);
        self.close();
    }

    /// What could not be counted and the calls themselves; ends the page.
    pub fn finish(mut self, coverage: &Coverage, violated: impl Fn(u32) -> String) -> String {
        let (l, all) = (self.l, self.linked.calls);
        if !coverage.failed.is_empty() || !coverage.undated.is_empty() {
            self.section("uncounted", l.pick("未计入的录音", "What was not counted"), "");
            if !coverage.failed.is_empty() {
                self.table(&table::failed(coverage, l));
            }
            if !coverage.undated.is_empty() {
                self.table(&table::undated(coverage, l));
            }
            self.close();
        }
        let whole = all.len() <= self.linked.options.appendix_max;
        let mentioned = std::mem::take(&mut self.mentioned);
        let shown: Vec<&CallLine> = all.iter().filter(|call| whole || mentioned.contains(&call.no)).collect();
        let (part, of) = (grouped(shown.len() as f64, 0), grouped(all.len() as f64, 0));
        let lead = match (whole, l) {
            (true, Language::Zh) => format!("本期全部 {of} 通，按开始时间排列；各表“明细”中的 #号即此序号。"),
            (true, Language::En) => {
                format!("All {of} calls of the period by start; the # numbers in the tables refer to them.")
            }
            (false, Language::Zh) => format!("本期共 {of} 通，此处列出各表提到的 {part} 通；全部通话见 CSV 或 JSON。"),
            (false, Language::En) => {
                format!("{part} of {of} calls, those that the tables refer to; CSV and JSON have all.")
            }
        };
        // Paper gets the list only while it is a list that somebody would read on paper.
        let class = if shown.len() > PRINTED_CALLS { "appendix long" } else { "appendix" };
        self.html.open("section", &[("id", "calls"), ("class", class)]);
        self.html.leaf("h2", &[], l.pick("附录　通话清单", "Appendix: calls")).leaf("p", &[("class", "lead")], &lead);
        let mut calls = table::calls(shown.into_iter(), violated, l);
        if calls.rows.iter().all(|row| row.cells.get(CLAUSES) == Some(&table::Cell::Missing)) {
            calls = calls.without("clauses");
        }
        for row in &mut calls.rows {
            page_forms(row);
        }
        parts::table(&mut self.html, &calls, &self.linked);
        self.close();
        self.html.raw("</main>\n</body>\n</html>\n");
        self.html.finish()
    }
}

/// Calls that a printed page lists at most.
const PRINTED_CALLS: usize = 120;

/// Positions of columns in the table of calls.
const STARTED_AT: usize = 1;
const CLAUSES: usize = 12;

/// Shortens what a page has no room for; CSV has it in full: `10-06 09:12`, and the first digits of the id.
pub(super) fn page_forms(row: &mut Row) {
    if let Some(table::Cell::Text(started_at)) = row.cells.get_mut(STARTED_AT) {
        let short = started_at.get(5..16).map(|text| text.replace('T', " "));
        *started_at = short.unwrap_or_else(|| started_at.clone());
    }
    if let Some(table::Cell::Text(id)) = row.cells.last_mut() {
        id.truncate(id.char_indices().nth(8).map_or(id.len(), |(index, _)| index));
    }
}
