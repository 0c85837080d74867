//! Markup that cannot be broken by what people wrote.

use std::fmt::Write;

/// HTML under construction. Only names known at compile time enter it unescaped; every other text is escaped on the way in.
#[derive(Default)]
pub(super) struct Markup(String);

/// Attributes of an element.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// `<tag …>`.
    pub fn open(&mut self, tag: &'static str, attributes: Attributes) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(value, &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    /// `</tag>`.
    pub fn close(&mut self, tag: &'static str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    /// `<tag …>text</tag>`.
    pub fn leaf(&mut self, tag: &'static str, attributes: Attributes, text: &str) -> &mut Self {
        self.open(tag, attributes).text(text).close(tag)
    }

    /// `<tag …/>`, for SVG.
    pub fn empty(&mut self, tag: &'static str, attributes: Attributes) -> &mut Self {
        self.open(tag, attributes);
        self.0.pop();
        self.0.push_str("/>");
        self
    }

    /// Text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        escape(text, &mut self.0);
        self
    }

    /// Markup that this crate wrote itself.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A new line between blocks, so that pages can be read and compared.
    pub fn line(&mut self) -> &mut Self {
        self.0.push('\n');
        self
    }

    pub fn finish(self) -> String {
        self.0
    }
}

/// Appends `text` with everything that means something in HTML made harmless. Control characters and the marks that turn
/// the direction of writing are left out: they could make a name look like another.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            '\n' | '\t' => into.push(' '),
            c if c.is_control() => {}
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c => into.push(c),
        }
    }
}

/// Coordinates of a chart with one decimal, without a trailing `.0`.
pub(super) fn px(value: f64) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write!(text, "{:.1}", if value.is_finite() { value } else { 0.0 });
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_become_text() {
        let mut html = Markup::default();
        html.leaf("td", &[("title", "\"><script>")], "<script>alert('1')</script>&\u{202e}\u{0}");
        assert_eq!(
            html.finish(),
            "<td title=\"&quot;&gt;&lt;script&gt;\">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</td>"
        );
    }

    proptest! {
        #[test]
        fn no_text_opens_a_tag_or_ends_an_attribute(text in any::<String>()) {
            let mut html = Markup::default();
            html.text(&text);
            let out = html.finish();
            prop_assert!(!out.contains(['<', '>', '"', '\'']));
            let unescaped = out
                .replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
            let kept: String = text
                .chars()
                .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
                .filter(|c| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
                .collect();
            prop_assert_eq!(unescaped, kept);
        }
    }
}
