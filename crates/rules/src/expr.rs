//! Boolean expressions over named conditions: `a && (b || !c)`.

use std::fmt;

/// An expression. Operators bind as usual: `!` before `&&` before `||`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A condition by name.
    Name(String),
    /// Not.
    Not(Box<Expr>),
    /// All of them; never empty.
    All(Vec<Expr>),
    /// At least one of them; never empty.
    Any(Vec<Expr>),
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// Byte position in the text.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// Deepest nesting of brackets and negations: far beyond what a person can read, and safe for the stack.
const DEPTH_MAX: usize = 64;

impl Expr {
    /// Reads an expression. Names consist of letters (of any script), digits, `_`, `-` and `.`.
    ///
    /// # Errors
    /// Names the byte position and what was expected there.
    pub fn parse(text: &str) -> Result<Expr, ExprError> {
        let mut parser = Parser { text, at: 0 };
        let expr = parser.any(0)?;
        parser.skip_spaces();
        if parser.at < text.len() {
            return Err(parser.wrong("expected `&&`, `||` or the end"));
        }
        Ok(expr)
    }

    /// The names it uses, each with whether it stands under an odd number of negations, in order of appearance.
    pub fn names(&self) -> Vec<(&str, bool)> {
        let mut names = Vec::new();
        self.collect(false, &mut names);
        names
    }

    fn collect<'a>(&'a self, negated: bool, names: &mut Vec<(&'a str, bool)>) {
        match self {
            Expr::Name(name) => names.push((name, negated)),
            Expr::Not(inner) => inner.collect(!negated, names),
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| part.collect(negated, names)),
        }
    }
}

/// Writes it with as few brackets as its meaning allows; the result parses back to the same expression.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Name(name) => f.write_str(name),
            Expr::Not(inner) => match **inner {
                Expr::Name(_) | Expr::Not(_) => write!(f, "!{inner}"),
                _ => write!(f, "!({inner})"),
            },
            Expr::All(parts) => join(f, parts, " && ", |part| matches!(part, Expr::All(_) | Expr::Any(_))),
            Expr::Any(parts) => join(f, parts, " || ", |part| matches!(part, Expr::Any(_))),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expr], with: &str, bracket: impl Fn(&Expr) -> bool) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(with)?;
        }
        if bracket(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Expr, ExprError> {
        self.chain("||", depth, Self::all, Expr::Any)
    }

    fn all(&mut self, depth: usize) -> Result<Expr, ExprError> {
        self.chain("&&", depth, Self::unit, Expr::All)
    }

    fn chain(
        &mut self,
        operator: &str,
        depth: usize,
        part: impl Fn(&mut Self, usize) -> Result<Expr, ExprError>,
        make: impl Fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, ExprError> {
        let first = part(self, depth)?;
        let mut parts = vec![first];
        while self.take(operator) {
            parts.push(part(self, depth)?);
        }
        Ok(match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                make(parts)
            }
            (_, None) => make(parts),
        })
    }

    fn unit(&mut self, depth: usize) -> Result<Expr, ExprError> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("brackets are nested too deeply"));
        }
        if self.take("!") {
            return Ok(Expr::Not(Box::new(self.unit(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err(self.wrong("expected `)`")) };
        }
        let rest = self.text.get(self.at..).unwrap_or("");
        let len = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        let name = rest.get(..len).unwrap_or("");
        if name.is_empty() {
            return Err(self.wrong("expected the name of a condition, `!` or `(`"));
        }
        self.at += len;
        Ok(Expr::Name(name.to_owned()))
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(token));
        if found {
            self.at += token.len();
        }
        found
    }

    fn skip_spaces(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        self.at += rest.len() - rest.trim_start().len();
    }

    fn wrong(&self, message: &str) -> ExprError {
        ExprError { at: self.at, message: message.to_owned() }
    }
}

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn operators_bind_as_usual() {
        assert_eq!(Expr::parse("a||b&&!c").map(|e| e.to_string()), Ok("a || b && !c".to_owned()));
        assert_eq!(Expr::parse("( a || b ) && !(c&&d)").map(|e| e.to_string()), Ok("(a || b) && !(c && d)".to_owned()));
        assert_eq!(Expr::parse("问候").map(|e| e.to_string()), Ok("问候".to_owned()));
    }

    #[test]
    fn mistakes_are_located() {
        for (text, at) in [("", 0), ("a &&", 4), ("a b", 2), ("(a", 2), ("a & b", 2), ("a) ", 1), ("!", 1)] {
            assert_eq!(Expr::parse(text).map_err(|e| e.at), Err(at), "{text}");
        }
        let deep = "(".repeat(1000);
        assert!(Expr::parse(&deep).is_err());
    }

    #[test]
    fn names_know_their_negation() {
        let expr = Expr::parse("a && !(b || !c)").unwrap();
        assert_eq!(expr.names(), [("a", false), ("b", true), ("c", false)]);
    }

    fn exprs() -> impl Strategy<Value = Expr> {
        let name = "[a-z][a-z0-9_]{0,5}".prop_map(Expr::Name);
        name.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
                proptest::collection::vec(inner, 2..4).prop_map(Expr::Any),
            ]
        })
    }

    proptest! {
        #[test]
        fn written_expressions_read_back(expr in exprs()) {
            prop_assert_eq!(Expr::parse(&expr.to_string()), Ok(expr));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[a-c&|!() \u{4e00}]{0,30}|\\PC{0,20}") {
            match Expr::parse(&text) {
                Ok(expr) => prop_assert_eq!(Expr::parse(&expr.to_string()), Ok(expr)),
                Err(error) => prop_assert!(text.is_char_boundary(error.at)),
            }
        }
    }
}
