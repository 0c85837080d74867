//! Digests: of a file, against what the manifest says, and of everything in the models folder.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Entry, Inspection, Manifest, ModelError, OnProgress, Progress, Purpose, inspect};

/// A file that was read to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// What its head and tensor table say.
    #[serde(flatten)]
    pub inspection: Inspection,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: String,
    /// Name of the manifest's model with that digest, if there is one.
    pub known_as: Option<String>,
    /// Where that model comes from, in the manifest's words.
    pub origin: Option<String>,
}

/// Inspects a file of any kind, computes its digest and looks it up.
///
/// A file the manifest does not know is no error: `known_as` is then empty.
///
/// # Errors
/// As [`inspect`]; and when a file has the name of a manifest's model, but not its digest.
pub fn verify(path: &Path, manifest: &Manifest, on_progress: OnProgress<'_>) -> Result<Verified, ModelError> {
    let inspection = inspect(path)?;
    let sha256 = sha256_of(path, on_progress)?;
    let known = manifest.models.iter().find(|entry| entry.sha256 == sha256);
    if known.is_none()
        && let Some(entry) =
            manifest.models.iter().find(|entry| path.file_name().is_some_and(|n| n == entry.file.as_str()))
    {
        return Err(ModelError::Digest { path: path.to_path_buf(), expected: entry.sha256.clone(), found: sha256 });
    }
    let known_as = known.map(|entry| entry.name.clone());
    Ok(Verified { inspection, sha256, known_as, origin: known.map(|entry| entry.origin.clone()) })
}

/// SHA-256 of a file's bytes, lower-case hexadecimal.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_of(path: &Path, on_progress: OnProgress<'_>) -> Result<String, ModelError> {
    let mut file = File::open(path).map_err(ModelError::read(path))?;
    let total = file.metadata().map_err(ModelError::read(path))?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let n = file.read(&mut buffer).map_err(ModelError::read(path))?;
        if n == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(&buffer[..n]);
        done += n as u64;
        on_progress(Progress::Checking { name: &name, done, total });
    }
}

/// How a model of the manifest stands on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    /// Name in the manifest.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether a plain fetch gets it.
    pub default: bool,
    /// Where it is or would be.
    pub path: PathBuf,
    /// Its size in bytes, as it should be.
    pub size: u64,
    /// Its licence.
    pub licence: String,
    /// Where it comes from.
    pub origin: String,
    /// How it stands.
    pub state: State,
}

/// Whether a model's file is there and right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// There is no such file.
    Missing,
    /// The file has the right size; its digest was not computed.
    Present,
    /// The file has the right digest.
    Verified,
    /// The file is damaged or another one.
    Wrong {
        /// In what.
        problem: String,
    },
}

/// How every model of the manifest stands in `models_dir`; `thorough` computes digests instead of trusting sizes.
#[must_use]
pub fn status(manifest: &Manifest, models_dir: &Path, thorough: bool, on_progress: OnProgress<'_>) -> Vec<Installed> {
    let mut all = Vec::with_capacity(manifest.models.len());
    for entry in &manifest.models {
        let path = models_dir.join(&entry.file);
        let state = state(entry, &path, thorough, on_progress);
        all.push(Installed {
            name: entry.name.clone(),
            purpose: entry.purpose,
            default: entry.default,
            path,
            size: entry.size,
            licence: entry.licence.clone(),
            origin: entry.origin.clone(),
            state,
        });
    }
    all
}

/// How one file stands against its entry.
pub(crate) fn state(entry: &Entry, path: &Path, thorough: bool, on_progress: OnProgress<'_>) -> State {
    let size = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return State::Wrong { problem: "it is not a file".to_string() },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return State::Missing,
        Err(e) => return State::Wrong { problem: e.to_string() },
    };
    if size != entry.size {
        return State::Wrong { problem: format!("it has {size} bytes, expected {}", entry.size) };
    }
    if !thorough {
        return State::Present;
    }
    match sha256_of(path, on_progress) {
        Ok(found) if found == entry.sha256 => State::Verified,
        Ok(found) => State::Wrong { problem: format!("it has SHA-256 {found}, expected {}", entry.sha256) },
        Err(error) => State::Wrong { problem: error.to_string() },
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of bytes in memory, for tests.
#[cfg(test)]
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
