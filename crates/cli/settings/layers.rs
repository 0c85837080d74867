//! Defaults, file, environment and flags laid over each other, key by key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::{Table, Value};

use super::{Settings, user_folder};

/// Prefix of environment variables: `HOTLINE_LANGUAGE`, `HOTLINE_ASR__SESSIONS` (two underscores between section and key).
pub const ENV_PREFIX: &str = "HOTLINE_";

/// Variables with the prefix that are no settings.
const NOT_SETTINGS: [&str; 2] = ["HOTLINE_CONFIG", "HOTLINE_LOG"];

/// Which layer a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// Built in.
    Default,
    /// The settings file.
    File,
    /// An environment variable.
    Environment,
    /// A flag.
    Flag,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Which layer.
    pub kind: OriginKind,
    /// The file, variable or flag.
    pub name: String,
}

/// Settings and where each value came from.
#[derive(Clone, Debug)]
pub struct Layered {
    /// The settings.
    pub settings: Settings,
    /// Key (`asr.sessions`) → value as TOML and its origin, for every key.
    pub origins: BTreeMap<String, (Value, Origin)>,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path}: not valid TOML: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown setting `{key}`{hint}; `hotline config show` lists all")]
    Unknown {
        /// File, variable or flag.
        origin: String,
        /// The key.
        key: String,
        /// A likely correction.
        hint: String,
    },
    /// A value of the wrong type or out of range.
    #[error("{origin}: setting `{key}`: {message}")]
    Value {
        /// File, variable or flag.
        origin: String,
        /// The key.
        key: String,
        /// What is wrong.
        message: String,
    },
}

/// A setting given on the command line.
pub struct FlagSetting {
    /// Key (`asr.sessions`).
    pub key: String,
    /// Value as text, read as TOML where it is TOML and as a string otherwise.
    pub value: String,
    /// The flag, for `config show`.
    pub flag: String,
}

/// Reads all layers. `file`: the file the user named (must exist); otherwise `hotline.toml` here or the user's
/// `hotline/config.toml`, if there is one. `environment`: the variables to look at.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    flags: &[FlagSetting],
) -> Result<Layered, SettingsError> {
    let mut layers = Layers::defaults();
    let file = file.map(Path::to_owned).or_else(default_file);
    if let Some(path) = &file {
        let text =
            std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.clone(), source })?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Syntax {
            path: path.clone(),
            message: error.to_string(),
        })?;
        let origin = Origin { kind: OriginKind::File, name: path.display().to_string() };
        layers.put_table("", table, &origin)?;
    }
    let mut variables: Vec<_> = environment
        .filter(|(name, _)| name.starts_with(ENV_PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
        .collect();
    variables.sort();
    for (name, value) in variables {
        let key = name.trim_start_matches(ENV_PREFIX).to_lowercase().replace("__", ".");
        let origin = Origin { kind: OriginKind::Environment, name };
        layers.put_text(&key, &value, &origin)?;
    }
    for flag in flags {
        let origin = Origin { kind: OriginKind::Flag, name: flag.flag.clone() };
        layers.put_text(&flag.key, &flag.value, &origin)?;
    }
    let settings = layers.settings()?;
    Ok(Layered { settings, origins: layers.values, file })
}

fn default_file() -> Option<PathBuf> {
    let here = PathBuf::from("hotline.toml");
    let users = user_folder("XDG_CONFIG_HOME", ".config").join("hotline/config.toml");
    [here, users].into_iter().find(|path| path.is_file())
}

struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Layers {
    fn defaults() -> Self {
        let mut layers = Layers { values: BTreeMap::new() };
        let origin = Origin { kind: OriginKind::Default, name: String::new() };
        if let Ok(Value::Table(table)) = Value::try_from(Settings::default()) {
            layers.flatten("", table, &origin);
        }
        layers
    }

    /// Enters every leaf of `table` without looking whether it exists.
    fn flatten(&mut self, prefix: &str, table: Table, origin: &Origin) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                Value::Table(inner) => self.flatten(&format!("{key}."), inner, origin),
                value => {
                    self.values.insert(key, (value, origin.clone()));
                }
            }
        }
    }

    fn put_table(&mut self, prefix: &str, table: Table, origin: &Origin) -> Result<(), SettingsError> {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                Value::Table(inner) => self.put_table(&format!("{key}."), inner, origin)?,
                value => self.put(&key, value, origin)?,
            }
        }
        Ok(())
    }

    fn put_text(&mut self, key: &str, text: &str, origin: &Origin) -> Result<(), SettingsError> {
        let wants_text = matches!(self.values.get(key), Some((Value::String(_), _)));
        let value = match format!("value = {text}").parse::<Table>() {
            // A model called `1` or a folder called `true` stays a string where a string is wanted.
            Ok(mut table) if !wants_text => table.remove("value").unwrap_or_else(|| Value::String(text.into())),
            _ if matches!(self.values.get(key), Some((Value::Array(_), _))) => {
                Value::Array(text.split(',').map(|item| Value::String(item.trim().into())).collect())
            }
            _ => Value::String(text.into()),
        };
        self.put(key, value, origin)
    }

    /// Sets a key, after trying it alone: so an error names the one that is wrong and the place it came from.
    fn put(&mut self, key: &str, value: Value, origin: &Origin) -> Result<(), SettingsError> {
        let place = match origin.name.as_str() {
            "" => "default".to_owned(),
            name => name.to_owned(),
        };
        if !self.values.contains_key(key) {
            return Err(SettingsError::Unknown { origin: place, key: key.into(), hint: self.near(key) });
        }
        let previous = self.values.insert(key.to_owned(), (value, origin.clone()));
        if let Err(SettingsError::Value { message, .. }) = self.settings() {
            if let Some(previous) = previous {
                self.values.insert(key.to_owned(), previous);
            }
            return Err(SettingsError::Value { origin: place, key: key.into(), message });
        }
        Ok(())
    }

    fn near(&self, key: &str) -> String {
        let last = key.rsplit('.').next().unwrap_or(key);
        self.values
            .keys()
            .find(|known| known.rsplit('.').next() == Some(last))
            .map(|known| format!(", did you mean `{known}`"))
            .unwrap_or_default()
    }

    fn settings(&self) -> Result<Settings, SettingsError> {
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            let mut table = &mut root;
            let mut parts = key.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    table.insert(part.to_owned(), value.clone());
                    break;
                }
                let entry = table.entry(part.to_owned()).or_insert_with(|| Value::Table(Table::new()));
                let Value::Table(inner) = entry else { break };
                table = inner;
            }
        }
        Value::Table(root).try_into().map_err(|error: toml::de::Error| SettingsError::Value {
            origin: String::new(),
            key: String::new(),
            message: error.message().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(key: &str, value: &str) -> FlagSetting {
        FlagSetting { key: key.into(), value: value.into(), flag: format!("--set {key}") }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn each_layer_beats_the_one_before() {
        let file = file("language = \"en\"\n[asr]\nsessions = 3\nmodel = \"small\"\n");
        let env =
            [("HOTLINE_ASR__SESSIONS", "4"), ("HOTLINE_ASR__BEAM_SIZE", "2"), ("OTHER", "x"), ("HOTLINE_LOG", "debug")];
        let env = env.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter();
        let layered = load(Some(file.path()), env, &[flag("asr.beam_size", "5")]).unwrap();
        let asr = &layered.settings.asr;
        assert_eq!((asr.model.as_str(), asr.sessions, asr.beam_size), ("small", 4, 5));
        let kinds = |key: &str| layered.origins[key].1.kind;
        assert_eq!(kinds("asr.model"), OriginKind::File);
        assert_eq!(kinds("asr.sessions"), OriginKind::Environment);
        assert_eq!(kinds("asr.beam_size"), OriginKind::Flag);
        assert_eq!(kinds("time_zone"), OriginKind::Default);
    }

    #[test]
    fn mistakes_name_the_key_and_the_place() {
        let error = load(None, std::iter::empty(), &[flag("sessions", "4")]).unwrap_err().to_string();
        assert!(error.contains("did you mean `asr.sessions`"), "{error}");
        let error = load(None, std::iter::empty(), &[flag("asr.sessions", "many")]).unwrap_err().to_string();
        assert!(error.contains("--set asr.sessions") && error.contains("asr.sessions"), "{error}");
        let bad = file("[audio]\nlayout = \"left\"\n");
        let error = load(Some(bad.path()), std::iter::empty(), &[]).unwrap_err().to_string();
        assert!(error.contains("audio.layout"), "{error}");
        let error = load(None, std::iter::empty(), &[flag("live.recording", "mp3")]).unwrap_err().to_string();
        assert!(error.contains("live.recording") && error.contains("alaw"), "{error}");
    }

    #[test]
    fn lists_and_tables_can_be_set() {
        let layered =
            load(None, std::iter::empty(), &[flag("rules.paths", "a.toml, b.toml"), flag("asr.model", "1")]).unwrap();
        assert_eq!(layered.settings.rules.paths, [PathBuf::from("a.toml"), PathBuf::from("b.toml")]);
        assert_eq!(layered.settings.asr.model, "1");
        let text = "[[organisations]]\nhotline = \"云江热线\"\norganisation = \"云江\"\n";
        let layered = load(Some(file(text).path()), std::iter::empty(), &[]).unwrap();
        assert_eq!(layered.settings.organisations[0].organisation, "云江");
    }
}
