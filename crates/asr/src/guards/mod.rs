//! What is held for no transcription although the recogniser wrote it. Pure: text and seconds in, a reason or nothing out.
//!
//! Over sounds that are no speech whisper writes what it saw most in training, with a probability near 1, and over bad telephone
//! speech it falls into loops. Neither shows in its own probabilities, so the text itself is looked at.

mod boilerplate;
mod repetition;

use std::path::Path;

pub use boilerplate::Boilerplate;
use hotline_model::GapReason;
pub use repetition::{Repetition, repetition, said_twice};

use crate::AsrError;

/// What is held for no transcription.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardSettings {
    /// Known hallucinations besides the built-in ones, in the form of the lines of `assets/boilerplate.txt`.
    pub boilerplate: Vec<String>,
    /// More characters a second than this nobody speaks (fast speech is 7, the fastest announcers reach 10).
    pub max_chars_per_second: f32,
}

impl Default for GuardSettings {
    fn default() -> Self {
        GuardSettings { boilerplate: Vec::new(), max_chars_per_second: 12.0 }
    }
}

impl GuardSettings {
    /// Adds the lines of a file in the form of `assets/boilerplate.txt`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn add_boilerplate_file(&mut self, path: &Path) -> Result<(), AsrError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| AsrError::Texts { path: path.to_owned(), problem: format!("cannot be read: {error}") })?;
        self.boilerplate.extend(text.lines().map(str::to_owned));
        Ok(())
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that makes no sense.
    pub fn validate(&self) -> Result<(), AsrError> {
        if self.max_chars_per_second.is_nan() || self.max_chars_per_second < 5.0 {
            return Err(AsrError::Setting {
                field: "guards.max_chars_per_second",
                problem: format!("is {}; ordinary speech has 5, so use more", self.max_chars_per_second),
            });
        }
        Ok(())
    }
}

/// The guards, ready for use.
#[derive(Clone, Debug)]
pub struct Guards {
    boilerplate: Boilerplate,
    max_chars_per_second: f64,
}

impl Guards {
    /// Guards with the built-in boilerplate, that of the settings, and the decoder's prompt, which is echoed at times.
    pub fn new(settings: &GuardSettings, prompt: &str) -> Self {
        let mut boilerplate = Boilerplate::built_in();
        boilerplate.add(prompt);
        for line in &settings.boilerplate {
            boilerplate.add(line);
        }
        Guards { boilerplate, max_chars_per_second: f64::from(settings.max_chars_per_second) }
    }

    /// Why `text`, written for `seconds` of sound, is no transcription; `None` if nothing speaks against it. An empty text is
    /// [`GapReason::Empty`].
    pub fn check(&self, text: &str, seconds: f64) -> Option<GapReason> {
        if !text.chars().any(char::is_alphanumeric) {
            return Some(GapReason::Empty);
        }
        if self.boilerplate.matches(text) {
            return Some(GapReason::Boilerplate);
        }
        if repetition(text).is_some() {
            return Some(GapReason::Loop);
        }
        // A few characters of grace: the first and last sounds may lie outside the segment.
        (spoken_chars(text) > self.max_chars_per_second * seconds + 4.0).then_some(GapReason::TooFast)
    }
}

/// About how many syllables a text has: one a Chinese character or digit, a third a letter.
fn spoken_chars(text: &str) -> f64 {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| if c.is_ascii_alphabetic() { 1.0 / 3.0 } else { 1.0 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_extends_the_list() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "# ours\n彩铃版权所有\n= 嘟\n").unwrap();
        let mut settings = GuardSettings::default();
        settings.add_boilerplate_file(file.path()).unwrap();
        let guards = Guards::new(&settings, "");
        assert_eq!(guards.check("彩铃版权所有，请勿转载", 3.0), Some(GapReason::Boilerplate));
        assert_eq!(guards.check("嘟，嘟。", 3.0), Some(GapReason::Boilerplate));
        assert_eq!(guards.check("电话里嘟的一声就断了", 3.0), None);
        assert!(settings.add_boilerplate_file(Path::new("/no/such/file")).is_err());
    }

    #[test]
    fn a_limit_that_rejects_everybody_is_refused() {
        for limit in [0.0, 4.9, f32::NAN] {
            assert!(GuardSettings { max_chars_per_second: limit, ..GuardSettings::default() }.validate().is_err());
        }
    }
}
