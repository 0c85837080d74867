//! A file that is either whole and in its place or not there at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::ModelError;
use super::verify::hex;

/// Beginning of the name of an unfinished file.
const PART_PREFIX: &str = ".unfinished-";

/// Writes beside the target, hashes what goes through, and renames when it is finished and on the disk.
pub(crate) struct AtomicFile {
    target: PathBuf,
    folder: PathBuf,
    out: BufWriter<NamedTempFile>,
    digest: Sha256,
    size: u64,
}

impl AtomicFile {
    /// Opens an unfinished file in the target's folder, which is made if need be.
    pub(crate) fn create(target: &Path) -> Result<AtomicFile, ModelError> {
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        std::fs::create_dir_all(&folder).map_err(ModelError::write(&folder))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PART_PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A temporary file is private by default; a model may be read by everyone who runs the program.
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let file = builder.tempfile_in(&folder).map_err(ModelError::write(target))?;
        Ok(AtomicFile {
            target: target.to_path_buf(),
            folder,
            out: BufWriter::with_capacity(1 << 20, file),
            digest: Sha256::new(),
            size: 0,
        })
    }

    /// Adds bytes at the end.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.out.write_all(bytes).map_err(ModelError::write(&self.target))
    }

    /// Puts the file in its place if it has the digest it must have; returns its size in bytes and its digest.
    pub(crate) fn finish(self, expected: Option<&str>) -> Result<(u64, String), ModelError> {
        let AtomicFile { target, folder, out, digest, size } = self;
        let found = hex(&digest.finalize());
        if let Some(expected) = expected
            && expected != found
        {
            return Err(ModelError::Digest { path: target, expected: expected.to_string(), found });
        }
        let file = out.into_inner().map_err(|e| ModelError::write(&target)(e.into_error()))?;
        file.as_file().sync_all().map_err(ModelError::write(&target))?;
        file.persist(&target).map_err(|e| ModelError::write(&target)(e.error))?;
        // The new name is on the disk only when the folder is. Not every system can sync a folder, and the file is
        // whole either way.
        if let Ok(folder) = File::open(&folder) {
            let _ = folder.sync_all();
        }
        Ok((size, found))
    }
}

/// Removes unfinished files that a killed run left behind: those that nobody has written to for an hour.
pub(crate) fn remove_unfinished(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let idle = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        let abandoned = idle.is_some_and(|idle| idle > Duration::from_secs(3600));
        if abandoned && entry.file_name().to_string_lossy().starts_with(PART_PREFIX) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
