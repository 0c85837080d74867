//! Known hallucinations.

/// The built-in list.
const BUILT_IN: &str = include_str!("../../assets/boilerplate.txt");

/// A list of known hallucinations.
#[derive(Clone, Debug, Default)]
pub struct Boilerplate {
    /// A sentence that contains one of these is one.
    fragments: Vec<String>,
    /// A sentence that is one of these is one.
    whole: Vec<String>,
}

impl Boilerplate {
    /// The list that comes with the program.
    pub fn built_in() -> Self {
        let mut list = Boilerplate::default();
        BUILT_IN.lines().for_each(|line| list.add(line));
        list
    }

    /// Adds a line: a fragment, a whole sentence after `=`, or nothing if it is empty or a comment (`#`).
    pub fn add(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with('#') {
            return;
        }
        let (list, text) = match line.strip_prefix('=') {
            Some(whole) => (&mut self.whole, bare(whole)),
            None => (&mut self.fragments, bare(line)),
        };
        if !text.is_empty() {
            list.push(text);
        }
    }

    /// Whether at least half of the text, by characters, is on the list. Less than that may be a true sentence with a false tail.
    pub fn matches(&self, text: &str) -> bool {
        let all = bare(text);
        let known: usize = sentences(text).filter(|s| self.knows(s)).map(|s| s.chars().count()).sum();
        !all.is_empty() && (known * 2 >= all.chars().count() || self.is_whole(&all))
    }

    fn knows(&self, sentence: &str) -> bool {
        self.is_whole(sentence) || self.fragments.iter().any(|fragment| sentence.contains(fragment.as_str()))
    }

    fn is_whole(&self, sentence: &str) -> bool {
        self.whole.iter().any(|whole| whole == sentence)
    }
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Sentences and clauses in bare form. A space ends one only between Chinese characters: `Thank you for watching` is one.
fn sentences(text: &str) -> impl Iterator<Item = String> {
    let mut rest: Vec<String> = vec![String::new()];
    let mut last = ' ';
    for c in text.chars() {
        let ends = matches!(c, '。' | '！' | '？' | '!' | '?' | '，' | ',' | '；' | ';' | '、' | '\n')
            || (c.is_whitespace() && !last.is_ascii());
        match rest.last_mut() {
            Some(open) if !ends => open.push(c),
            _ => rest.push(String::new()),
        }
        last = c;
    }
    rest.into_iter().map(|s| bare(&s)).filter(|s| !s.is_empty())
}
