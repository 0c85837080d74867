//! What a ggml file says it is, held against what it must hold.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ModelError;
use super::ggml::{Dims, MAGIC, TensorType};
use super::layout::{Role, layout};
use super::mel::N_BINS;

const EXPECTED: &str = "a ggml whisper or VAD model";

/// A file's head and tensor table.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What is in it.
    pub contents: Contents,
    /// Every tensor, in file order.
    #[serde(skip)]
    pub tensors: Vec<TensorInfo>,
}

/// What is in a model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Contents {
    /// A whisper model: every tensor whisper.cpp needs is there, in the right shape.
    Whisper {
        /// `tiny` … `large-v3-turbo`, `distilled` or `custom`, judged by its layers.
        size: &'static str,
        /// Whether it knows more than English.
        multilingual: bool,
        /// Type of its matrices: `f16`, `q8_0` …
        precision: &'static str,
        /// Its dimensions.
        dims: Dims,
        /// Number of tensors.
        tensors: usize,
    },
    /// A Silero voice-activity model.
    Vad {
        /// Name it gives itself.
        name: String,
        /// Its version.
        version: String,
        /// Number of tensors.
        tensors: usize,
    },
}

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its shape, rows first.
    pub shape: Vec<u64>,
    /// Type of its numbers.
    pub numbers: &'static str,
    /// Where its data begins, in bytes.
    pub offset: u64,
    /// Length of its data in bytes.
    pub bytes: u64,
}

/// Reads the head and the tensor table of any ggml whisper or VAD file; the weights themselves are skipped.
///
/// # Errors
/// When the file cannot be read, is cut short, is something else, or lacks a tensor or has one in a wrong shape.
pub fn inspect(path: &Path) -> Result<Inspection, ModelError> {
    let file = File::open(path).map_err(ModelError::read(path))?;
    let metadata = file.metadata().map_err(ModelError::read(path))?;
    let mut scan = Scan { path, reader: BufReader::with_capacity(1 << 16, file), at: 0, size: metadata.len() };
    if metadata.is_dir() {
        return Err(scan.foreign("it is a folder".to_string()));
    }
    let magic = if scan.size < 4 { 0 } else { scan.u32("the magic number")? };
    if magic != MAGIC {
        let gguf = u32::from_le_bytes(*b"GGUF");
        let hint =
            if magic == gguf { "it is a GGUF file, made for other programs" } else { "its first bytes are not ggml's" };
        return Err(scan.foreign(hint.to_string()));
    }
    // Whisper's head goes on with its number of tokens; the VAD's with the length of its name.
    let (contents, tensors) = match scan.u32("the first number of the head")? {
        n_vocab @ 1000.. => whisper(&mut scan, n_vocab)?,
        name_len => vad(&mut scan, name_len)?,
    };
    Ok(Inspection { path: path.to_path_buf(), bytes: metadata.len(), contents, tensors })
}

fn whisper(scan: &mut Scan<'_>, n_vocab: u32) -> Result<(Contents, Vec<TensorInfo>), ModelError> {
    let mut numbers = [n_vocab; 10];
    for number in &mut numbers[1..] {
        *number = scan.count("the head")?;
    }
    let dims = Dims::from_array(numbers);
    if !dims.n_audio_state.is_multiple_of(dims.n_audio_head) || !dims.n_text_state.is_multiple_of(dims.n_text_head) {
        return Err(scan.foreign("its attention heads do not divide its width".to_string()));
    }
    let ftype = scan.u32("the head")?;
    let matrices =
        TensorType::from_ftype(ftype).ok_or_else(|| scan.foreign(format!("its number type {ftype} is unknown")))?;
    let (n_mels, n_bins) = (scan.count("the mel filters")?, scan.count("the mel filters")?);
    if (n_mels, n_bins as usize) != (dims.n_mels, N_BINS) {
        return Err(
            scan.foreign(format!("its mel filters are {n_mels} x {n_bins}, expected {} x {N_BINS}", dims.n_mels))
        );
    }
    scan.skip(4 * u64::from(n_mels) * u64::from(n_bins), "the mel filters")?;
    for _ in 0..scan.u32("the vocabulary")? {
        let len = scan.u32("the vocabulary")?;
        scan.skip(len.into(), "the vocabulary")?;
    }
    let tensors = scan.tensors()?;
    if tensors.is_empty() {
        return Err(scan.foreign("it holds no weights (a file for tests?)".to_string()));
    }
    check_whisper_tensors(scan, &dims, matrices, &tensors)?;
    let contents = Contents::Whisper {
        size: dims.size_name(),
        multilingual: dims.is_multilingual(),
        precision: matrices.name,
        dims,
        tensors: tensors.len(),
    };
    Ok((contents, tensors))
}

fn check_whisper_tensors(
    scan: &Scan<'_>,
    dims: &Dims,
    matrices: TensorType,
    tensors: &[TensorInfo],
) -> Result<(), ModelError> {
    // A layer is at least 15 tensors: numbers that cannot be true are refused before a table of them is made.
    if (dims.n_audio_layer as usize + dims.n_text_layer as usize) * 15 > tensors.len() {
        let layers = dims.n_audio_layer.saturating_add(dims.n_text_layer);
        return Err(
            scan.foreign(format!("its head promises {layers} layers, but there are {} tensors only", tensors.len()))
        );
    }
    let mut found: BTreeMap<&str, &TensorInfo> = BTreeMap::new();
    for tensor in tensors {
        if found.insert(&tensor.name, tensor).is_some() {
            return Err(ModelError::tensor(scan.path, &tensor.name, "is there twice"));
        }
    }
    for wanted in layout(dims).0 {
        let Some(tensor) = found.remove(wanted.name.as_str()) else {
            return Err(ModelError::tensor(scan.path, &wanted.name, "is missing"));
        };
        if tensor.shape != wanted.shape {
            let problem = format!("has the shape {:?}, expected {:?}", tensor.shape, wanted.shape);
            return Err(ModelError::tensor(scan.path, &wanted.name, problem));
        }
        let numbers = match wanted.role {
            Role::Exact => TensorType::F32,
            Role::Kernel if matrices == TensorType::F32 => TensorType::F32,
            Role::Kernel => TensorType::F16,
            Role::Matrix => matrices,
        };
        if tensor.numbers != numbers.name {
            let problem = format!("is {}, expected {} in a file of this kind", tensor.numbers, numbers.name);
            return Err(ModelError::tensor(scan.path, &wanted.name, problem));
        }
    }
    match found.keys().next() {
        Some(name) => Err(ModelError::tensor(scan.path, name, "is not part of a whisper model")),
        None => Ok(()),
    }
}

fn vad(scan: &mut Scan<'_>, name_len: u32) -> Result<(Contents, Vec<TensorInfo>), ModelError> {
    let name = scan.text(name_len, "the model's name")?;
    if !name.starts_with("silero") {
        return Err(scan.foreign(format!("it calls itself `{name}`")));
    }
    let version: Vec<String> =
        (0..3).map(|_| Ok(scan.u32("the version")?.to_string())).collect::<Result<_, ModelError>>()?;
    // Window, context; per encoder layer three sizes; four sizes of the recurrent and the last layer.
    scan.skip(8, "the head")?;
    let layers = scan.u32("the head")?;
    scan.skip(12 * u64::from(layers) + 16, "the head")?;
    let tensors = scan.tensors()?;
    // One transform, two tensors a layer, four of the recurrent layer, two of the last.
    let expected = 2 * layers as usize + 7;
    if tensors.len() != expected {
        return Err(scan.foreign(format!("it has {} tensors, expected {expected}", tensors.len())));
    }
    Ok((Contents::Vad { name, version: version.join("."), tensors: tensors.len() }, tensors))
}

struct Scan<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    at: u64,
    size: u64,
}

impl Scan<'_> {
    fn need(&self, len: u64, what: &str) -> Result<(), ModelError> {
        if len <= self.size - self.at {
            return Ok(());
        }
        Err(ModelError::Truncated { path: self.path.into(), what: what.to_string(), offset: self.at, size: self.size })
    }

    fn u32(&mut self, what: &str) -> Result<u32, ModelError> {
        self.need(4, what)?;
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes).map_err(ModelError::read(self.path))?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    /// A number that counts something: neither zero nor absurd.
    fn count(&mut self, what: &str) -> Result<u32, ModelError> {
        match self.u32(what)? {
            count @ 1..=1_000_000 => Ok(count),
            other => Err(self.foreign(format!("{what} holds {other} at byte {}", self.at - 4))),
        }
    }

    fn skip(&mut self, len: u64, what: &str) -> Result<(), ModelError> {
        self.need(len, what)?;
        self.reader.seek_relative(len as i64).map_err(ModelError::read(self.path))?;
        self.at += len;
        Ok(())
    }

    fn text(&mut self, len: u32, what: &str) -> Result<String, ModelError> {
        if len > 256 {
            return Err(self.foreign(format!("{what} at byte {} has {len} bytes", self.at)));
        }
        self.need(len.into(), what)?;
        let mut bytes = vec![0; len as usize];
        self.reader.read_exact(&mut bytes).map_err(ModelError::read(self.path))?;
        self.at += u64::from(len);
        String::from_utf8(bytes)
            .map_err(|_| self.foreign(format!("{what} at byte {} is no text", self.at - u64::from(len))))
    }

    /// Everything to the end of the file.
    fn tensors(&mut self) -> Result<Vec<TensorInfo>, ModelError> {
        let mut tensors = Vec::new();
        while self.at < self.size {
            let what = match tensors.last() {
                Some(TensorInfo { name, .. }) => format!("the tensor after `{name}`"),
                None => "the first tensor".to_string(),
            };
            let (rank, name_len) = (self.u32(&what)?, self.u32(&what)?);
            let type_id = self.u32(&what)?;
            if rank > 4 {
                return Err(self.foreign(format!("{what} has {rank} dimensions")));
            }
            let mut shape = Vec::new();
            for _ in 0..rank {
                shape.insert(0, u64::from(self.count(&what)?));
            }
            let name = self.text(name_len, &what)?;
            let numbers = TensorType::from_id(type_id).ok_or_else(|| {
                ModelError::tensor(self.path, &name, format!("has the unknown number type {type_id}"))
            })?;
            // No dimensions: a single number.
            let row = shape.last().copied().unwrap_or(1);
            let bytes = shape.iter().try_fold(1_u64, |n, &d| n.checked_mul(d)).and_then(|n| numbers.bytes(n, row));
            let bytes = bytes.ok_or_else(|| {
                ModelError::tensor(self.path, &name, format!("of shape {shape:?} cannot be stored as {}", numbers.name))
            })?;
            let offset = self.at;
            self.skip(bytes, &format!("the data of `{name}`"))?;
            tensors.push(TensorInfo { name, shape, numbers: numbers.name, offset, bytes });
        }
        Ok(tensors)
    }

    fn foreign(&self, problem: String) -> ModelError {
        ModelError::Foreign { path: self.path.into(), expected: EXPECTED, problem }
    }
}
