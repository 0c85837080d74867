//! Charts as SVG, drawn here: columns, lines with intervals, Pareto, stacked bars. Sizes are in the chart's own units; the page
//! scales it to its column.

use super::markup::{Markup, px};
use super::number::percent;
use crate::Interval;

/// Width of a chart that takes a whole line, and of one that takes half.
pub(super) const WIDE: f64 = 840.0;
/// See [`WIDE`].
pub(super) const HALF: f64 = 410.0;

/// One column or point.
pub(super) struct Point {
    pub label: String,
    pub value: Option<f64>,
    /// The value as text.
    pub text: String,
    /// How sure it is.
    pub interval: Option<Interval>,
    /// Drawn paler: a day off, a small sample.
    pub pale: bool,
}

/// A bar of the Pareto chart.
pub(super) struct ParetoBar {
    pub label: String,
    pub count: u64,
    pub cumulative: f64,
}

/// A bar of parts that add up to one.
pub(super) struct StackedBar {
    pub label: String,
    /// `None` draws an empty bar.
    pub parts: Option<Vec<f64>>,
}

/// Columns from zero up, one a point.
pub(super) fn columns(html: &mut Markup, title: &str, points: &[Point], width: f64) {
    let (height, left, right, top, bottom) = (210.0, 34.0, 8.0, 20.0, 30.0);
    let highest = points.iter().filter_map(|p| p.value).fold(0.0, f64::max);
    let (step, ticks) = ticks(highest);
    let scale = (height - top - bottom) / (step * f64::from(ticks)).max(f64::MIN_POSITIVE);
    start(html, title, width, height);
    for tick in 0..=ticks {
        let value = step * f64::from(tick);
        grid_line(html, left, width - right, height - bottom - value * scale, &axis_text(value, step));
    }
    let slot = (width - left - right) / points.len().max(1) as f64;
    let bar = (slot * 0.56).min(46.0);
    let every = label_stride(points, slot);
    for (index, point) in points.iter().enumerate() {
        let middle = left + slot * (index as f64 + 0.5);
        if let Some(value) = point.value.filter(|value| *value > 0.0) {
            let y = height - bottom - value * scale;
            html.open(
                "rect",
                &[
                    ("x", &px(middle - bar / 2.0)),
                    ("y", &px(y)),
                    ("width", &px(bar)),
                    ("height", &px(value * scale)),
                    ("rx", "1.5"),
                    ("class", if point.pale { "c-main pale" } else { "c-main" }),
                ],
            )
            .leaf("title", &[], &format!("{} {}", point.label, point.text))
            .close("rect");
            if every == 1 {
                label(html, middle, y - 5.0, "middle", "c-value", &point.text);
            }
        }
        if index % every == 0 {
            label(html, middle, height - bottom + 17.0, "middle", "c-label", &point.label);
        }
    }
    end(html);
}

/// A line through the points that exist, with the interval of each, on an axis from `low` to `high`.
pub(super) fn line(
    html: &mut Markup,
    title: &str,
    points: &[Point],
    width: f64,
    axis: (f64, f64),
    tick: fn(f64) -> String,
) {
    let (height, left, right, top, bottom) = (210.0, 44.0, 16.0, 20.0, 30.0);
    let (low, high) = axis;
    let y = |value: f64| {
        let share = (value.clamp(low, high) - low) / (high - low).max(f64::MIN_POSITIVE);
        height - bottom - share * (height - top - bottom)
    };
    start(html, title, width, height);
    for step in 0..=4 {
        let value = low + (high - low) * f64::from(step) / 4.0;
        grid_line(html, left, width - right, y(value), &tick(value));
    }
    let slot = (width - left - right) / points.len().max(1) as f64;
    let x = |index: usize| left + slot * (index as f64 + 0.5);
    // A missing point breaks the line: nothing is drawn where nothing was counted.
    let mut path = String::new();
    let mut pen_down = false;
    for (index, point) in points.iter().enumerate() {
        match point.value {
            Some(value) => {
                path.push_str(if pen_down { "L" } else { "M" });
                path.push_str(&format!("{} {} ", px(x(index)), px(y(value))));
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    html.empty("path", &[("d", path.trim_end()), ("class", "c-line")]);
    let every = label_stride(points, slot);
    for (index, point) in points.iter().enumerate() {
        if let Some(interval) = point.interval {
            whisker(html, (x(index), y(interval.low)), (x(index), y(interval.high)));
        }
        if let Some(value) = point.value {
            let class = if point.pale { "c-dot pale" } else { "c-dot" };
            html.open("circle", &[("cx", &px(x(index))), ("cy", &px(y(value))), ("r", "3.5"), ("class", class)])
                .leaf("title", &[], &format!("{} {}", point.label, point.text))
                .close("circle");
            if every == 1 {
                let top = point.interval.map_or(value, |interval| interval.high);
                label(html, x(index), y(top) - 9.0, "middle", "c-value", &point.text);
            }
        }
        if index % every == 0 {
            label(html, x(index), height - bottom + 17.0, "middle", "c-label", &point.label);
        }
    }
    end(html);
}

/// Bars by falling count and the running share of the whole as a line, both on one axis of shares, with a mark at 80 %.
pub(super) fn pareto(html: &mut Markup, title: &str, bars: &[ParetoBar]) {
    let (row, left, right, top) = (24.0, 262.0, 56.0, 24.0);
    let (width, height) = (WIDE, top + row * bars.len() as f64 + 8.0);
    let span = width - left - right;
    let mut before = 0.0;
    start(html, title, width, height);
    for share in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        let x = left + span * share;
        let class = if share == 0.8 { "c-mark" } else { "c-grid" };
        vertical(html, x, top - 4.0, height - 6.0, class);
        label(html, x, top - 10.0, "middle", "c-axis", &percent(share).replace(".0%", "%"));
    }
    let mut path = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let y = top + row * index as f64;
        label(html, left - 46.0, y + 15.0, "end", "c-label", &shortened(&bar.label, 16.5));
        label(html, left - 8.0, y + 15.0, "end", "c-value", &bar.count.to_string());
        let share = bar.cumulative - before;
        before = bar.cumulative;
        bar_of(html, (left, y + 4.0), (span * share, 14.0), "c-main", &format!("{} {}", bar.label, percent(share)));
        path.push_str(if index == 0 { "M" } else { "L" });
        path.push_str(&format!("{} {} ", px(left + span * bar.cumulative), px(y + 11.0)));
    }
    html.empty("path", &[("d", path.trim_end()), ("class", "c-line second")]);
    for (index, bar) in bars.iter().enumerate() {
        let (x, y) = (left + span * bar.cumulative, top + row * index as f64 + 11.0);
        html.empty("circle", &[("cx", &px(x)), ("cy", &px(y)), ("r", "3"), ("class", "c-dot second")]);
        label(html, x + 8.0, y + 4.0, "start", "c-value second", &percent(bar.cumulative));
    }
    end(html);
}

/// Bars of parts that add up to one, with a legend; part number n has the class `{palette}n`.
pub(super) fn stacked(
    html: &mut Markup,
    title: &str,
    palette: &'static str,
    parts: &[&str],
    bars: &[StackedBar],
    width: f64,
) {
    let (row, left, top) = (32.0, 92.0, 30.0);
    let height = top + row * bars.len() as f64 + 4.0;
    let span = width - left - 6.0;
    start(html, title, width, height);
    let mut x = left;
    for (index, part) in parts.iter().enumerate() {
        html.empty(
            "rect",
            &[
                ("x", &px(x)),
                ("y", "5"),
                ("width", "11"),
                ("height", "11"),
                ("rx", "2"),
                ("class", &format!("{palette}{index}")),
            ],
        );
        label(html, x + 16.0, 15.0, "start", "c-label", part);
        x += 34.0 + text_width(part) * 12.0;
    }
    for (index, bar) in bars.iter().enumerate() {
        let y = top + row * index as f64;
        label(html, left - 10.0, y + 16.0, "end", "c-label", &shortened(&bar.label, 6.5));
        let Some(shares) = &bar.parts else {
            html.empty(
                "rect",
                &[("x", &px(left)), ("y", &px(y)), ("width", &px(span)), ("height", "22"), ("class", "c-empty")],
            );
            label(html, left + 8.0, y + 15.5, "start", "c-axis", "—");
            continue;
        };
        let mut x = left;
        for (part, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let length = span * share;
            html.open(
                "rect",
                &[
                    ("x", &px(x)),
                    ("y", &px(y)),
                    ("width", &px(length)),
                    ("height", "22"),
                    ("class", &format!("{palette}{part}")),
                ],
            )
            .leaf("title", &[], &format!("{} {}", parts.get(part).unwrap_or(&""), percent(*share)))
            .close("rect");
            if length > 44.0 {
                label(html, x + length / 2.0, y + 15.5, "middle", &format!("on-{palette}{part}"), &percent(*share));
            }
            x += length;
        }
    }
    end(html);
}

/// Shares with their intervals, one a row, on an axis from 0 to 100 %.
pub(super) fn intervals(html: &mut Markup, title: &str, points: &[Point]) {
    let (row, left, right, top) = (26.0, 192.0, 20.0, 22.0);
    let (width, height) = (WIDE, top + row * points.len() as f64 + 6.0);
    let span = width - left - right - 110.0;
    start(html, title, width, height);
    for step in 0..=5 {
        let share = f64::from(step) / 5.0;
        let x = left + span * share;
        html.empty(
            "line",
            &[("x1", &px(x)), ("x2", &px(x)), ("y1", &px(top - 4.0)), ("y2", &px(height - 6.0)), ("class", "c-grid")],
        );
        label(html, x, top - 9.0, "middle", "c-axis", &format!("{}%", step * 20));
    }
    for (index, point) in points.iter().enumerate() {
        let y = top + row * (index as f64 + 0.5);
        label(html, left - 12.0, y + 4.0, "end", "c-label", &shortened(&point.label, 14.0));
        if let Some(interval) = point.interval {
            whisker(html, (left + span * interval.low, y), (left + span * interval.high, y));
        }
        if let Some(value) = point.value {
            let class = if point.pale { "c-dot pale" } else { "c-dot" };
            html.empty("circle", &[("cx", &px(left + span * value)), ("cy", &px(y)), ("r", "4.5"), ("class", class)]);
        }
        label(html, width - right, y + 4.0, "end", "c-value", &point.text);
    }
    end(html);
}

/// A bar with its meaning as a tooltip.
fn bar_of(html: &mut Markup, (x, y): (f64, f64), (width, height): (f64, f64), class: &str, meaning: &str) {
    let (x, y, width, height) = (px(x), px(y), px(width), px(height));
    html.open("rect", &[("x", &x), ("y", &y), ("width", &width), ("height", &height), ("class", class)])
        .leaf("title", &[], meaning)
        .close("rect");
}

fn vertical(html: &mut Markup, x: f64, y1: f64, y2: f64, class: &str) {
    html.empty("line", &[("x1", &px(x)), ("x2", &px(x)), ("y1", &px(y1)), ("y2", &px(y2)), ("class", class)]);
}

fn start(html: &mut Markup, title: &str, width: f64, height: f64) {
    html.open("figure", &[]).leaf("figcaption", &[], title);
    html.open(
        "svg",
        &[("viewBox", &format!("0 0 {} {}", px(width), px(height))), ("role", "img"), ("aria-label", title)],
    );
}

fn end(html: &mut Markup) {
    html.close("svg").close("figure").line();
}

fn label(html: &mut Markup, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
    if !text.is_empty() {
        html.leaf("text", &[("x", &px(x)), ("y", &px(y)), ("text-anchor", anchor), ("class", class)], text);
    }
}

fn grid_line(html: &mut Markup, left: f64, right: f64, y: f64, text: &str) {
    html.empty("line", &[("x1", &px(left)), ("x2", &px(right)), ("y1", &px(y)), ("y2", &px(y)), ("class", "c-grid")]);
    label(html, left - 7.0, y + 4.0, "end", "c-axis", text);
}

fn whisker(html: &mut Markup, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    html.empty("line", &[("x1", &px(x1)), ("y1", &px(y1)), ("x2", &px(x2)), ("y2", &px(y2)), ("class", "c-whisker")]);
}

/// Step and number of steps of an axis from 0 that reaches `highest`: steps of 1, 2 or 5 times a power of ten, three to five of
/// them.
fn ticks(highest: f64) -> (f64, u32) {
    if highest.is_nan() || highest <= 0.0 {
        return (1.0, 1);
    }
    let rough = highest / 4.0;
    let power = 10f64.powf(rough.log10().floor()).max(1.0);
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= rough).unwrap_or(10.0 * power);
    (step, (highest / step).ceil().clamp(1.0, 10.0) as u32)
}

fn axis_text(value: f64, step: f64) -> String {
    super::number::grouped(value, u8::from(step < 1.0))
}

/// Every how many points there is room for a label.
fn label_stride(points: &[Point], slot: f64) -> usize {
    let widest = points.iter().map(|p| text_width(&p.label).max(text_width(&p.text))).fold(0.0, f64::max) * 12.0 + 6.0;
    ((widest / slot.max(1.0)).ceil() as usize).max(1)
}

/// Width of a text in ems: Chinese characters are square, others about half as wide.
fn text_width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.56 } else { 1.0 }).sum()
}

/// A text cut to `ems`, with an ellipsis where it was.
fn shortened(text: &str, ems: f64) -> String {
    if text_width(text) <= ems {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if text_width(&out) + text_width(c.encode_utf8(&mut [0; 4])) + 1.0 > ems {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_reach_their_highest_value() {
        for highest in [0.0, 1.0, 3.0, 7.0, 24.0, 99.0, 100.0, 101.0, 4321.0, 1e7] {
            let (step, count) = ticks(highest);
            assert!(step * f64::from(count) >= highest, "{highest}: {count} × {step}");
            assert!(count <= 5, "{highest}: {count} × {step}");
        }
    }

    #[test]
    fn texts_are_cut_by_width() {
        assert_eq!(shortened("开头语缺失", 5.0), "开头语缺失");
        assert_eq!(shortened("开头语缺失", 4.0), "开头语…");
        assert_eq!(shortened("greeting missing", 5.0), "greetin…");
    }
}
