//! Reading the model file: Silero VAD in the ggml layout that whisper.cpp defines (`whisper_vad_init_with_params`).
//!
//! Little-endian. Magic; model type (length, bytes); version (3 × i32); window and context (2 × i32); number of encoder
//! layers, then input channels, output channels and kernel size of each; LSTM input and hidden size, final convolution
//! input and output; then tensors to the end of the file: number of dimensions, length of the name, type (0 = f32,
//! 1 = f16), dimensions with the fastest first, name, values.

use std::collections::HashMap;

use super::SileroError;

const MAGIC: u32 = 0x6767_6d6c;
/// No tensor of this model comes near; a larger count means a damaged file.
const MAX_VALUES: usize = 1 << 20;

/// The network shape that Silero v5 and v6 share: window, context, (in, out, kernel) of the encoder layers, LSTM input
/// and hidden size, final convolution input and output.
const SHAPE: [i32; 19] = [512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1];

/// A parsed file: every tensor as f32, by its name.
pub(super) struct ModelFile {
    /// `6.2.0`.
    pub version: String,
    tensors: HashMap<String, Vec<f32>>,
}

impl ModelFile {
    /// Takes the values of tensor `name`, which has to have `len` of them.
    pub fn take(&mut self, name: &str, len: usize) -> Result<Vec<f32>, SileroError> {
        let values =
            self.tensors.remove(name).ok_or_else(|| SileroError::Foreign(format!("has no tensor `{name}`")))?;
        if values.len() != len {
            let found = values.len();
            return Err(SileroError::Foreign(format!("has {found} values in tensor `{name}` instead of {len}")));
        }
        Ok(values)
    }
}

/// Parses `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<ModelFile, SileroError> {
    let mut reader = Reader { rest: bytes };
    if bytes.len() < 4 || reader.u32()? != MAGIC {
        return Err(SileroError::Foreign("does not start like a ggml file".to_owned()));
    }
    let kind = reader.text()?;
    if kind != "silero-16k" {
        return Err(SileroError::Foreign(format!("holds a model of type `{kind}` instead of `silero-16k`")));
    }
    let version = [reader.i32()?, reader.i32()?, reader.i32()?].map(|n| n.to_string()).join(".");
    for expected in SHAPE {
        let found = reader.i32()?;
        if found != expected {
            return Err(SileroError::Foreign(format!("describes a network of another shape ({found} for {expected})")));
        }
    }
    let mut tensors = HashMap::new();
    while !reader.rest.is_empty() {
        let (name, values) = reader.tensor()?;
        tensors.insert(name, values);
    }
    Ok(ModelFile { version, tensors })
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], SileroError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(SileroError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    fn u32(&mut self) -> Result<u32, SileroError> {
        let (head, rest) = self.rest.split_first_chunk::<4>().ok_or(SileroError::Truncated)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*head))
    }

    fn i32(&mut self) -> Result<i32, SileroError> {
        Ok(self.u32()?.cast_signed())
    }

    /// A length that has to be sane before anything is read or reserved by it.
    fn len(&mut self, what: &str, max: usize) -> Result<usize, SileroError> {
        let n = self.u32()? as usize;
        if n > max { Err(SileroError::Foreign(format!("claims {n} for {what}"))) } else { Ok(n) }
    }

    fn text(&mut self) -> Result<String, SileroError> {
        let n = self.len("the length of a name", 128)?;
        Ok(String::from_utf8_lossy(self.bytes(n)?).into_owned())
    }

    fn tensor(&mut self) -> Result<(String, Vec<f32>), SileroError> {
        let n_dims = self.len("the dimensions of a tensor", 4)?;
        let name_len = self.len("the length of a tensor's name", 128)?;
        let kind = self.u32()?;
        let mut count = 1usize;
        for _ in 0..n_dims {
            count = count.saturating_mul(self.u32()? as usize);
        }
        let name = String::from_utf8_lossy(self.bytes(name_len)?).into_owned();
        if count > MAX_VALUES {
            return Err(SileroError::Foreign(format!("claims {count} values for tensor `{name}`")));
        }
        let values = match kind {
            0 => self.bytes(4 * count)?.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            1 => {
                let halves = self.bytes(2 * count)?.as_chunks::<2>().0.iter();
                halves.map(|b| half::f16::from_le_bytes(*b).to_f32()).collect()
            }
            other => return Err(SileroError::Foreign(format!("has tensor `{name}` in type {other}, not f32 or f16"))),
        };
        Ok((name, values))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(shape: &[i32]) -> Vec<u8> {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.extend(10u32.to_le_bytes());
        bytes.extend(b"silero-16k");
        for n in [6, 2, 0].iter().chain(shape) {
            bytes.extend(n.to_le_bytes());
        }
        bytes
    }

    fn tensor(name: &str, kind: u32, dims: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for n in [dims.len() as u32, name.len() as u32, kind].iter().chain(dims) {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend(name.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn both_value_types_become_f32() {
        let mut bytes = header(&SHAPE);
        bytes.extend(tensor("a", 0, &[1, 2], &[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
        bytes.extend(tensor("b", 1, &[1], &[0x00, 0x38]));
        let mut file = parse(&bytes).unwrap();
        assert_eq!(file.version, "6.2.0");
        assert_eq!(file.take("a", 2).unwrap(), [1.0, -2.0]);
        assert_eq!(file.take("b", 1).unwrap(), [0.5]);
        assert!(matches!(file.take("b", 1), Err(SileroError::Foreign(_))), "taken already");
    }

    #[test]
    fn foreign_files_are_told_from_truncated_ones() {
        let mut other_shape = SHAPE;
        other_shape[0] = 256;
        let mut wrong_type = header(&SHAPE);
        wrong_type.extend(tensor("a", 8, &[1], &[0; 4]));
        let mut huge = header(&SHAPE);
        huge.extend(tensor("a", 0, &[u32::MAX, u32::MAX], &[]));
        for bytes in [b"RIFF....".to_vec(), Vec::new(), header(&other_shape), wrong_type, huge] {
            assert!(matches!(parse(&bytes), Err(SileroError::Foreign(_))));
        }
        let whole = [header(&SHAPE), tensor("a", 0, &[1], &[0; 4])].concat();
        for cut in 4..whole.len() {
            // Cut exactly between header and tensors the file parses; its tensors are then missed when they are taken.
            if cut != header(&SHAPE).len() {
                assert!(matches!(parse(&whole[..cut]), Err(SileroError::Truncated)), "cut at {cut}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&tail);
            let _ = parse(&[header(&SHAPE), tail].concat());
        }
    }
}
