//! A model file as it is given to whisper.cpp: with 8-bit weights, whatever it has on disk.

use std::path::Path;

use rayon::prelude::*;

use super::convert::convert;
use super::ct2::DataType;
use super::ggml::{Precision, TensorType};
use super::{Inspection, ModelError};

/// Byte of `ftype`: behind the magic number and ten dimensions.
const FTYPE_AT: usize = 4 + 10 * 4;

/// Rows converted by one thread at a time.
const ROWS_AT_ONCE: usize = 512;

/// Reads an inspected whisper file and turns 16-bit weight matrices into `q8_0`, which halves what the decoder has to read for every token.
/// Kernels of convolutions, biases and embeddings of positions stay as they are; a file that is quantised already is given as it is.
///
/// # Errors
/// When the file cannot be read or changed since it was inspected, or a matrix has rows that are not whole blocks.
pub(crate) fn eight_bit(inspection: &Inspection) -> Result<Vec<u8>, ModelError> {
    let path: &Path = &inspection.path;
    let file = std::fs::read(path).map_err(ModelError::read(path))?;
    let changed = || ModelError::tensor(path, "all", "changed while it was read");
    let is_matrix = |numbers: &str, dimensions: usize| numbers == TensorType::F16.name && dimensions == 2;
    if !inspection.tensors.iter().any(|tensor| is_matrix(tensor.numbers, tensor.shape.len())) {
        return Ok(file);
    }
    let mut image = Vec::with_capacity(file.len() * 6 / 10);
    let mut at = 0;
    for tensor in &inspection.tensors {
        let (start, end) = (tensor.offset as usize, (tensor.offset + tensor.bytes) as usize);
        let head = file.get(at..start).ok_or_else(changed)?;
        let data = file.get(start..end).ok_or_else(changed)?;
        image.extend_from_slice(head);
        if at == 0 {
            image[FTYPE_AT..FTYPE_AT + 4].copy_from_slice(&Precision::Q8_0.ftype().to_le_bytes());
        }
        at = end;
        if !is_matrix(tensor.numbers, tensor.shape.len()) {
            image.extend_from_slice(data);
            continue;
        }
        // A tensor's head: dimensions, length of the name, type; then as many sizes as dimensions, and the name.
        let type_at = image.len() - tensor.name.len() - 4 * tensor.shape.len() - 4;
        image[type_at..type_at + 4].copy_from_slice(&TensorType::Q8_0.id.to_le_bytes());
        let row = tensor.shape[1] as usize;
        let parts: Vec<Vec<u8>> = data
            .par_chunks(2 * row * ROWS_AT_ONCE)
            .map(|rows| convert(rows.to_vec(), DataType::F16, TensorType::Q8_0, row))
            .collect::<Result<_, String>>()
            .map_err(|problem| ModelError::tensor(path, &tensor.name, problem))?;
        parts.iter().for_each(|part| image.extend_from_slice(part));
    }
    Ok(image)
}
