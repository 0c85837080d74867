//! The variables of a CTranslate2 `model.bin`: where each lies and what it is, without reading the weights.
//!
//! Layout, little-endian: u32 binary version, string spec name, u32 spec revision, u32 number of variables; each
//! variable: string name, u8 rank, u32 per dimension, u8 type, u32 bytes, data; then u32 number of aliases and two
//! strings each. A string is a u16 length that counts its closing NUL, the bytes, the NUL.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::ModelError;

const EXPECTED: &str = "a CTranslate2 whisper model";
/// The variable layout has been the same since version 4, and 6 is the newest (CTranslate2 4.x).
const VERSIONS: std::ops::RangeInclusive<u32> = 4..=6;
const SPEC: &str = "WhisperSpec";
/// Revision 3 gave the layers the names that are known here.
const REVISION: u32 = 3;

/// Type of the numbers of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataType {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl DataType {
    fn from_id(id: u8) -> Option<DataType> {
        use DataType::*;
        [F32, I8, I16, I32, F16, Bf16].get(id as usize).copied()
    }

    /// Bytes of one number.
    pub(crate) fn size(self) -> u64 {
        match self {
            DataType::F32 | DataType::I32 => 4,
            DataType::I16 | DataType::F16 | DataType::Bf16 => 2,
            DataType::I8 => 1,
        }
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, DataType::F32 | DataType::F16 | DataType::Bf16)
    }
}

/// One variable.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) shape: Vec<u64>,
    pub(crate) dtype: DataType,
    /// Where its data begins in the file, in bytes.
    pub(crate) offset: u64,
}

impl Variable {
    pub(crate) fn elements(&self) -> u64 {
        self.shape.iter().product()
    }
}

/// An open `model.bin`.
pub(crate) struct Ct2File {
    pub(crate) path: PathBuf,
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Name to the variable it stands for.
    pub(crate) aliases: BTreeMap<String, String>,
    file: File,
}

impl Ct2File {
    /// Reads the table of `folder/model.bin` and checks it against the file's length.
    pub(crate) fn open(folder: &Path) -> Result<Ct2File, ModelError> {
        let path = folder.join("model.bin");
        if !path.is_file() {
            return Err(not_a_folder(folder));
        }
        let file = File::open(&path).map_err(ModelError::read(&path))?;
        let size = file.metadata().map_err(ModelError::read(&path))?.len();
        let reader = BufReader::with_capacity(1 << 16, file.try_clone().map_err(ModelError::read(&path))?);
        let mut scan = Scan { path: &path, reader, at: 0, size };

        let version = scan.u32("the version")?;
        if !VERSIONS.contains(&version) {
            return Err(scan.foreign(format!(
                "it begins with {version:#x} where a version from {} to {} belongs",
                VERSIONS.start(),
                VERSIONS.end()
            )));
        }
        let spec = scan.string("the model kind")?;
        if spec != SPEC {
            return Err(scan.foreign(format!("it holds a model of the kind `{spec}`, not `{SPEC}`")));
        }
        let revision = scan.u32("the revision")?;
        if revision != REVISION {
            return Err(scan.foreign(format!(
                "its layout is revision {revision}, and only {REVISION} is known; convert the original model again with a current CTranslate2"
            )));
        }
        let mut variables = BTreeMap::new();
        for _ in 0..scan.u32("the number of variables")? {
            let (name, variable) = scan.variable()?;
            if variables.insert(name.clone(), variable).is_some() {
                return Err(ModelError::tensor(&path, &name, "is there twice"));
            }
        }
        let mut aliases = BTreeMap::new();
        for _ in 0..scan.u32("the number of aliases")? {
            let alias = scan.string("an alias")?;
            aliases.insert(alias, scan.string("an alias's target")?);
        }
        if scan.at != size {
            let surplus = size - scan.at;
            return Err(scan.foreign(format!("{surplus} bytes follow where it should end")));
        }
        Ok(Ct2File { path, variables, aliases, file })
    }

    /// Reads bytes of the file.
    pub(crate) fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, ModelError> {
        let mut bytes = vec![0; len];
        self.file.seek(SeekFrom::Start(offset)).map_err(ModelError::read(&self.path))?;
        self.file.read_exact(&mut bytes).map_err(ModelError::read(&self.path))?;
        Ok(bytes)
    }
}

struct Scan<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    at: u64,
    size: u64,
}

impl Scan<'_> {
    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], ModelError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), ModelError> {
        self.need(bytes.len() as u64, what)?;
        self.reader.read_exact(bytes).map_err(ModelError::read(self.path))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn need(&self, len: u64, what: &str) -> Result<(), ModelError> {
        if len <= self.size - self.at {
            return Ok(());
        }
        Err(ModelError::Truncated { path: self.path.into(), what: what.to_string(), offset: self.at, size: self.size })
    }

    fn u32(&mut self, what: &str) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.bytes(what)?))
    }

    fn string(&mut self, what: &str) -> Result<String, ModelError> {
        let len = u16::from_le_bytes(self.bytes(what)?);
        let mut bytes = vec![0; len as usize];
        self.fill(&mut bytes, what)?;
        let text = match bytes.pop() {
            Some(0) => String::from_utf8(bytes).ok(),
            _ => None,
        };
        text.ok_or_else(|| {
            self.foreign(format!("there is no text at byte {}, where {what} should be", self.at - u64::from(len)))
        })
    }

    fn variable(&mut self) -> Result<(String, Variable), ModelError> {
        let name = self.string("the name of a variable")?;
        let what = format!("variable `{name}`");
        let rank = u8::from_le_bytes(self.bytes(&what)?);
        let mut shape = Vec::with_capacity(rank as usize);
        for _ in 0..rank {
            shape.push(u64::from(self.u32(&what)?));
        }
        let id = u8::from_le_bytes(self.bytes(&what)?);
        let dtype = DataType::from_id(id)
            .ok_or_else(|| ModelError::tensor(self.path, &name, format!("has the unknown data type {id}")))?;
        let len = u64::from(self.u32(&what)?);
        let wanted = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d));
        if wanted != Some(len) {
            let problem = format!("has {len} bytes, which does not fit its shape {shape:?}");
            return Err(ModelError::tensor(self.path, &name, problem));
        }
        let offset = self.at;
        self.need(len, &what)?;
        self.reader.seek_relative(len as i64).map_err(ModelError::read(self.path))?;
        self.at += len;
        Ok((name, Variable { shape, dtype, offset }))
    }

    fn foreign(&self, problem: String) -> ModelError {
        ModelError::Foreign { path: self.path.into(), expected: EXPECTED, problem }
    }
}

fn not_a_folder(folder: &Path) -> ModelError {
    let has = |name: &str| folder.join(name).is_file();
    let problem = if folder.is_file() {
        "it is a file; give the folder that holds model.bin (a finished ggml file needs no import: use its path)"
            .to_string()
    } else if has("model.safetensors") || has("pytorch_model.bin") {
        "it is a Transformers folder; convert it first with CTranslate2's `ct2-transformers-converter --quantization float16`".to_string()
    } else {
        "it has no model.bin".to_string()
    };
    ModelError::Foreign { path: folder.to_path_buf(), expected: "a CTranslate2 whisper folder", problem }
}
