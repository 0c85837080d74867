//! The two languages of a report.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Language of the text that people read. Names in the data (teams, rules) stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 简体中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The stable name used in settings: `zh`, `en`.
    pub const fn name(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// The value of the HTML `lang` attribute.
    pub(crate) const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// One of two wordings; keeping them side by side keeps them in step.
    pub(crate) const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A language the reports do not speak.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reports are not written in `{0}`: write zh or en")]
pub struct UnknownLanguage(pub String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_lowercase().as_str() {
            "zh" | "zh-cn" | "中文" => Ok(Language::Zh),
            "en" | "english" => Ok(Language::En),
            _ => Err(UnknownLanguage(text.to_owned())),
        }
    }
}
