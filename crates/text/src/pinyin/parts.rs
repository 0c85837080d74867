//! Initial and final of a syllable.

/// A syllable as it sounds: y and w are spelling, `ui` is `uei`, `ju` is `jü`; `v` stands for ü and `-` for the vowel of
/// zi, zhi and ri.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) initial: &'static str,
    pub(super) rest: String,
}

const INITIALS: [&str; 21] =
    ["zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s"];

/// `None` for letters and anything that is no pinyin syllable.
pub(super) fn split(name: &str) -> Option<Parts> {
    let name = name.replace('ü', "v");
    if name.starts_with('\'') || !name.contains(['a', 'e', 'i', 'o', 'u', 'v']) {
        return None;
    }
    if let Some(rest) = name.strip_prefix('y') {
        let rest = match rest {
            "i" | "in" | "ing" => rest.to_owned(),
            "ou" => "iou".into(),
            _ => match rest.strip_prefix('u') {
                Some(tail) => format!("v{tail}"),
                None => format!("i{rest}"),
            },
        };
        return Some(Parts { initial: "", rest });
    }
    if let Some(rest) = name.strip_prefix('w') {
        let rest = if rest == "u" { rest.to_owned() } else { format!("u{rest}") };
        return Some(Parts { initial: "", rest });
    }
    let initial = INITIALS.into_iter().find(|initial| name.starts_with(initial)).unwrap_or("");
    let rest = name.get(initial.len()..)?;
    let rest = match (initial, rest) {
        ("zh" | "ch" | "sh" | "r" | "z" | "c" | "s", "i") => "-".to_owned(),
        ("j" | "q" | "x", _) if rest.starts_with('u') => rest.replacen('u', "v", 1),
        (_, "ui") => "uei".into(),
        (_, "un") => "uen".into(),
        (_, "iu") => "iou".into(),
        ("b" | "p" | "m" | "f", "o") => "uo".into(),
        _ => rest.to_owned(),
    };
    (!rest.is_empty()).then_some(Parts { initial, rest })
}

/// The name of the class of a syllable: its parts with confusable sounds made one. Upper case keeps classes apart from
/// syllables; letters are their own class.
pub(super) fn fold_name(name: &str) -> String {
    let Some(parts) = split(name) else { return name.to_owned() };
    let (mut initial, mut rest) = (parts.initial, parts.rest.as_str());
    if let Some(tail) = after_hu(&parts) {
        (initial, rest) = ("f", tail);
    }
    let initial = match initial {
        "zh" => "z",
        "ch" => "c",
        "sh" => "s",
        "n" | "r" => "l",
        other => other,
    };
    let rest = rest.strip_suffix('g').unwrap_or(rest);
    format!("{}{}", initial.to_ascii_uppercase(), rest.to_ascii_uppercase())
}

/// The final that an f has where this syllable has h with u: hua is heard as fa, hong as feng, hu as fu.
pub(super) fn after_hu(parts: &Parts) -> Option<&str> {
    if parts.initial != "h" {
        return None;
    }
    match parts.rest.as_str() {
        "u" => Some("u"),
        "uo" => None,
        "ong" => Some("eng"),
        rest => rest.strip_prefix('u'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_becomes_sound() {
        let cases = [
            ("zhong", "zh", "ong"),
            ("yi", "", "i"),
            ("you", "", "iou"),
            ("yuan", "", "van"),
            ("yong", "", "iong"),
            ("wu", "", "u"),
            ("wei", "", "uei"),
            ("xu", "x", "v"),
            ("shi", "sh", "-"),
            ("liu", "l", "iou"),
            ("lüe", "l", "ve"),
            ("er", "", "er"),
            ("a", "", "a"),
        ];
        for (name, initial, rest) in cases {
            let parts = split(name).unwrap();
            assert_eq!((parts.initial, parts.rest.as_str()), (initial, rest), "{name}");
        }
        assert_eq!(split("'g"), None);
        assert_eq!(split("ng"), None);
    }
}
