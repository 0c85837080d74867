//! A CTranslate2 whisper folder of any size becomes one ggml file.
//!
//! The weights are streamed in blocks of a few megabytes, so a large model needs no more memory than a small one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use super::atomic::AtomicFile;
use super::convert::{convert, is_zero};
use super::ct2::{Ct2File, DataType, Variable};
use super::ggml::{Dims, Precision, TensorType, write_head, write_tensor_head};
use super::layout::{Dropped, Role, Tensor, layout};
use super::vocabulary::Vocabulary;
use super::{ModelError, OnProgress, Progress, mel_filters};

/// What an import made.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// The ggml file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// The model's dimensions.
    pub dims: Dims,
    /// How its matrices are stored.
    pub precision: Precision,
    /// Number of tensors.
    pub tensors: usize,
}

/// Converts `folder`, which holds `model.bin` and a vocabulary, into the ggml file `output`.
///
/// `output` appears only when it is whole, on the disk and, if `expected_sha256` is given, has that digest.
///
/// # Errors
/// When the folder is not a whisper model of CTranslate2 (4.x, float weights), a tensor is missing, unknown, misshapen,
/// or holds numbers that cannot be kept, the vocabulary is not whisper's, or a file cannot be read or written.
pub fn import(
    folder: &Path,
    output: &Path,
    precision: Precision,
    expected_sha256: Option<&str>,
    on_progress: OnProgress<'_>,
) -> Result<Imported, ModelError> {
    let mut source = Ct2File::open(folder)?;
    let dims = dims(&mut source)?;
    let (tensors, dropped) = layout(&dims);
    check_tensors(&source, &tensors)?;
    check_settings(&mut source, &tensors)?;
    check_dropped(&mut source, &dropped)?;
    let vocabulary = Vocabulary::read(folder, dims.n_vocab)?;

    let mut out = AtomicFile::create(output)?;
    write_head(&mut out, dims, precision, &mel_filters(dims.n_mels as usize), &vocabulary.tokens)?;
    let total = tensors.iter().map(|t| Ok(data(&source, t)?.1)).sum::<Result<u64, ModelError>>()?;
    let mut done = 0;
    for tensor in &tensors {
        let to = match tensor.role {
            Role::Exact => TensorType::F32,
            Role::Kernel => TensorType::F16,
            Role::Matrix => precision.tensor_type(),
        };
        write_tensor_head(&mut out, &tensor.name, &tensor.shape, to)?;
        done += write_data(&mut source, &mut out, tensor, to)?;
        on_progress(Progress::Converting { tensor: &tensor.name, done, total });
    }
    let (bytes, sha256) = out.finish(expected_sha256)?;
    Ok(Imported { path: output.to_path_buf(), bytes, sha256, dims, precision, tensors: tensors.len() })
}

/// Numbers in a block: 2 MiB of 16-bit weights.
const BLOCK: u64 = 1 << 20;

/// Converts one tensor, as many blocks at once as there are threads; returns the bytes read.
fn write_data(source: &mut Ct2File, out: &mut AtomicFile, tensor: &Tensor, to: TensorType) -> Result<u64, ModelError> {
    let (variable, len) = data(source, tensor)?;
    let (dtype, start) = (variable.dtype, variable.offset + tensor.part.0 * len);
    let row = tensor.shape.last().copied().unwrap_or(1).max(1);
    let block_bytes = ((BLOCK / row).max(1) * row * dtype.size()).min(len.max(1));
    let mut at = 0;
    while at < len {
        let mut blocks = Vec::with_capacity(rayon::current_num_threads());
        while at < len && blocks.len() < blocks.capacity() {
            let take = block_bytes.min(len - at);
            blocks.push(source.read_at(start + at, take as usize)?);
            at += take;
        }
        let converted: Result<Vec<_>, String> =
            blocks.into_par_iter().map(|block| convert(block, dtype, to, row as usize)).collect();
        let converted = converted.map_err(|problem| ModelError::tensor(&source.path, &tensor.variable, problem))?;
        for block in converted {
            out.put(&block)?;
        }
    }
    Ok(len)
}

/// The variable a tensor is part of, and the bytes of that part.
fn data(source: &Ct2File, tensor: &Tensor) -> Result<(Variable, u64), ModelError> {
    let variable = variable(source, &tensor.variable)?.clone();
    let len = variable.elements() / tensor.part.1 * variable.dtype.size();
    Ok((variable, len))
}

fn variable<'a>(source: &'a Ct2File, name: &str) -> Result<&'a Variable, ModelError> {
    source.variables.get(name).ok_or_else(|| ModelError::tensor(&source.path, name, "is missing"))
}

/// Derives the dimensions from the shapes.
fn dims(source: &mut Ct2File) -> Result<Dims, ModelError> {
    let [state, mels, _] = shape(source, "encoder/conv1/weight")?;
    let [audio_ctx, _] = shape(source, "encoder/position_encodings/encodings")?;
    let [vocab, text_state] = shape(source, "decoder/embeddings/weight")?;
    let [text_ctx, _] = shape(source, "decoder/position_encodings/encodings")?;
    let audio_head = heads(source, "encoder/num_heads", state)?;
    let text_head = heads(source, "decoder/num_heads", text_state)?;
    let foreign = |problem: String| ModelError::Foreign {
        path: source.path.clone(),
        expected: "a whisper model that whisper.cpp can run",
        problem,
    };
    if state != text_state {
        return Err(foreign(format!("the encoder is {state} wide and the decoder {text_state}; they must be equal")));
    }
    if mels != 80 && mels != 128 {
        return Err(foreign(format!("it has {mels} mel bands; whisper has 80 or 128")));
    }
    Ok(Dims {
        n_vocab: vocab,
        n_audio_ctx: audio_ctx,
        n_audio_state: state,
        n_audio_head: audio_head,
        n_audio_layer: layers(source, "encoder/layer_"),
        n_text_ctx: text_ctx,
        n_text_state: text_state,
        n_text_head: text_head,
        n_text_layer: layers(source, "decoder/layer_"),
        n_mels: mels,
    })
}

fn shape<const N: usize>(source: &Ct2File, name: &str) -> Result<[u32; N], ModelError> {
    let found = &variable(source, name)?.shape;
    let shape: Option<Vec<u32>> = found.iter().map(|&d| u32::try_from(d).ok().filter(|&d| d > 0)).collect();
    shape.and_then(|shape| shape.try_into().ok()).ok_or_else(|| {
        ModelError::tensor(&source.path, name, format!("has the shape {found:?}, expected {N} dimensions"))
    })
}

fn heads(source: &mut Ct2File, name: &str, state: u32) -> Result<u32, ModelError> {
    // Every published whisper has heads of 64.
    let heads = if source.variables.contains_key(name) { setting(source, name)? } else { i64::from(state) / 64 };
    u32::try_from(heads).ok().filter(|&heads| heads > 0 && state.is_multiple_of(heads)).ok_or_else(|| {
        ModelError::tensor(&source.path, name, format!("is {heads}, which does not divide a width of {state}"))
    })
}

/// How many different layers there are. A gap among their numbers shows later, as a missing tensor.
fn layers(source: &Ct2File, prefix: &str) -> u32 {
    let names = source.variables.keys().filter_map(|name| name.strip_prefix(prefix)?.split_once('/'));
    let numbers: BTreeSet<u32> = names.filter_map(|(number, _)| number.parse().ok()).collect();
    numbers.len() as u32
}

fn check_tensors(source: &Ct2File, tensors: &[Tensor]) -> Result<(), ModelError> {
    for tensor in tensors {
        let name = &tensor.variable;
        let variable = variable(source, name)?;
        if !variable.dtype.is_float() {
            let problem = format!(
                "is quantised ({:?}); import the float16 or float32 folder of this model instead",
                variable.dtype
            );
            return Err(ModelError::tensor(&source.path, name, problem));
        }
        let expected = tensor.variable_shape();
        if variable.shape != expected {
            let problem = format!("has the shape {:?}, expected {expected:?}", variable.shape);
            return Err(ModelError::tensor(&source.path, name, problem));
        }
    }
    Ok(())
}

/// Settings that change what the weights mean, with the only value that is whisper as whisper.cpp computes it.
const SETTINGS: [(&str, i64, &str); 5] = [
    ("decoder/activation", 3, "the activation must be GELU"),
    ("decoder/alibi", 0, "there must be no ALiBi"),
    ("decoder/pre_norm", 1, "norms must come first"),
    ("decoder/scale_embeddings", 0, "embeddings must not be scaled"),
    ("decoder/start_from_zero_embedding", 0, "the first embedding must be used"),
];
const PROJECTION: &str = "decoder/projection/weight";
const EMBEDDINGS: &str = "decoder/embeddings/weight";

/// Nothing may be left over that is not understood.
fn check_settings(source: &mut Ct2File, tensors: &[Tensor]) -> Result<(), ModelError> {
    let used: BTreeSet<&str> = tensors.iter().map(|t| t.variable.as_str()).collect();
    let expected: BTreeMap<&str, _> = SETTINGS.iter().map(|&(name, value, why)| (name, (value, why))).collect();
    let rest: Vec<String> = source.variables.keys().filter(|name| !used.contains(name.as_str())).cloned().collect();
    for name in rest {
        // Which heads align words: for word times, which whisper.cpp has tables of its own for.
        if name == "decoder/alignment_heads" {
            continue;
        }
        if name == PROJECTION {
            let problem = "is not shared with the embeddings; whisper.cpp cannot run such a model";
            return Err(ModelError::tensor(&source.path, &name, problem));
        }
        if !variable(source, &name)?.shape.is_empty() {
            return Err(ModelError::tensor(&source.path, &name, "is not part of a whisper model"));
        }
        match expected.get(name.as_str()) {
            Some(&(value, why)) => {
                let found = setting(source, &name)?;
                if found != value {
                    return Err(ModelError::tensor(
                        &source.path,
                        &name,
                        format!("is {found}, expected {value}: {why}"),
                    ));
                }
            }
            // Newer converters add switches; those we know of are irrelevant to whisper.
            None => tracing::debug!(setting = name, "not used by whisper.cpp"),
        }
    }
    if source.aliases.get(PROJECTION).map(String::as_str) != Some(EMBEDDINGS) {
        let problem = format!("is missing: it must be an alias of `{EMBEDDINGS}`");
        return Err(ModelError::tensor(&source.path, PROJECTION, problem));
    }
    Ok(())
}

/// Reads a setting, a single integer.
fn setting(source: &mut Ct2File, name: &str) -> Result<i64, ModelError> {
    let variable = variable(source, name)?.clone();
    let bytes = if variable.elements() == 1 {
        source.read_at(variable.offset, variable.dtype.size() as usize)?
    } else {
        vec![]
    };
    match (variable.dtype, &bytes[..]) {
        (DataType::I8, &[a]) => Ok(i64::from(a as i8)),
        (DataType::I16, &[a, b]) => Ok(i64::from(i16::from_le_bytes([a, b]))),
        (DataType::I32, &[a, b, c, d]) => Ok(i64::from(i32::from_le_bytes([a, b, c, d]))),
        _ => Err(ModelError::tensor(&source.path, name, "is not a single integer")),
    }
}

fn check_dropped(source: &mut Ct2File, dropped: &[Dropped]) -> Result<(), ModelError> {
    for Dropped { variable: name, part } in dropped {
        let variable = variable(source, name)?.clone();
        let len = variable.elements() / part.1 * variable.dtype.size();
        let bytes = source.read_at(variable.offset + part.0 * len, len as usize)?;
        if !is_zero(&bytes, variable.dtype) {
            let problem = "has a bias for the keys; whisper has none, and whisper.cpp has no place for it";
            return Err(ModelError::tensor(&source.path, name, problem));
        }
    }
    Ok(())
}
