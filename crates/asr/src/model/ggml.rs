//! whisper.cpp's ggml file format: numbers at the head, tensor heads, number types.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ModelError;
use super::atomic::AtomicFile;

/// `ggml` as a little-endian number.
pub(crate) const MAGIC: u32 = 0x6767_6d6c;
/// Quantised files add this times the quantisation version to `ftype`.
const QUANT_VERSION_FACTOR: u32 = 1000;
const QUANT_VERSION: u32 = 2;

/// How the weight matrices are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 16-bit floating point: 2 bytes a weight, the weights as published.
    F16,
    /// Blocks of 32 8-bit integers with a scale: 1.06 bytes a weight, about as accurate.
    Q8_0,
}

impl Precision {
    /// The `ftype` of the file's head.
    pub(crate) fn ftype(self) -> u32 {
        match self {
            Precision::F16 => 1,
            Precision::Q8_0 => QUANT_VERSION * QUANT_VERSION_FACTOR + 7,
        }
    }

    /// The type of a weight matrix's tensor.
    pub(crate) fn tensor_type(self) -> TensorType {
        match self {
            Precision::F16 => TensorType::F16,
            Precision::Q8_0 => TensorType::Q8_0,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Precision::F16 => "f16",
            Precision::Q8_0 => "q8_0",
        })
    }
}

impl std::str::FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Precision, String> {
        match text {
            "f16" => Ok(Precision::F16),
            "q8_0" => Ok(Precision::Q8_0),
            other => Err(format!("`{other}` is not a precision; use f16 or q8_0")),
        }
    }
}

/// The numbers at the head of a whisper file, in their order there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dims {
    /// Tokens: 51864 for English-only models, 51865 multilingual, 51866 for large-v3.
    pub n_vocab: u32,
    /// Encoder positions for 30 s of audio: 1500.
    pub n_audio_ctx: u32,
    /// Width of the encoder.
    pub n_audio_state: u32,
    /// Attention heads of the encoder.
    pub n_audio_head: u32,
    /// Layers of the encoder.
    pub n_audio_layer: u32,
    /// Most tokens the decoder sees: 448.
    pub n_text_ctx: u32,
    /// Width of the decoder.
    pub n_text_state: u32,
    /// Attention heads of the decoder.
    pub n_text_head: u32,
    /// Layers of the decoder.
    pub n_text_layer: u32,
    /// Mel bands: 80, or 128 from large-v3 on.
    pub n_mels: u32,
}

impl Dims {
    /// The numbers in file order.
    pub(crate) fn to_array(self) -> [u32; 10] {
        [
            self.n_vocab,
            self.n_audio_ctx,
            self.n_audio_state,
            self.n_audio_head,
            self.n_audio_layer,
            self.n_text_ctx,
            self.n_text_state,
            self.n_text_head,
            self.n_text_layer,
            self.n_mels,
        ]
    }

    pub(crate) fn from_array(numbers: [u32; 10]) -> Dims {
        let [
            n_vocab,
            n_audio_ctx,
            n_audio_state,
            n_audio_head,
            n_audio_layer,
            n_text_ctx,
            n_text_state,
            n_text_head,
            n_text_layer,
            n_mels,
        ] = numbers;
        Dims {
            n_vocab,
            n_audio_ctx,
            n_audio_state,
            n_audio_head,
            n_audio_layer,
            n_text_ctx,
            n_text_state,
            n_text_head,
            n_text_layer,
            n_mels,
        }
    }

    /// Whether the model knows languages other than English.
    #[must_use]
    pub fn is_multilingual(&self) -> bool {
        self.n_vocab >= 51865
    }

    /// The published size this is, by its layers: `tiny` … `large-v3-turbo`, or `custom`.
    #[must_use]
    pub fn size_name(&self) -> &'static str {
        match (self.n_audio_layer, self.n_text_layer, self.n_audio_state, self.n_mels) {
            (4, 4, 384, 80) => "tiny",
            (6, 6, 512, 80) => "base",
            (12, 12, 768, 80) => "small",
            (24, 24, 1024, 80) => "medium",
            (32, 32, 1280, 80) => "large",
            (32, 32, 1280, 128) => "large-v3",
            (32, 4, 1280, 128) => "large-v3-turbo",
            (24 | 32, 2, 1024 | 1280, _) => "distilled",
            _ => "custom",
        }
    }
}

/// Type of a tensor's numbers, by ggml's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TensorType {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    /// Numbers in a block.
    pub(crate) block: u64,
    /// Bytes of a block.
    pub(crate) block_bytes: u64,
}

impl TensorType {
    pub(crate) const F32: TensorType = TensorType::new(0, "f32", 1, 4);
    pub(crate) const F16: TensorType = TensorType::new(1, "f16", 1, 2);
    pub(crate) const Q8_0: TensorType = TensorType::new(8, "q8_0", 32, 34);

    /// Sizes from ggml-common.h.
    const ALL: [TensorType; 12] = [
        TensorType::F32,
        TensorType::F16,
        TensorType::new(2, "q4_0", 32, 18),
        TensorType::new(3, "q4_1", 32, 20),
        TensorType::new(6, "q5_0", 32, 22),
        TensorType::new(7, "q5_1", 32, 24),
        TensorType::Q8_0,
        TensorType::new(10, "q2_k", 256, 84),
        TensorType::new(11, "q3_k", 256, 110),
        TensorType::new(12, "q4_k", 256, 144),
        TensorType::new(13, "q5_k", 256, 176),
        TensorType::new(14, "q6_k", 256, 210),
    ];

    const fn new(id: u32, name: &'static str, block: u64, block_bytes: u64) -> TensorType {
        TensorType { id, name, block, block_bytes }
    }

    pub(crate) fn from_id(id: u32) -> Option<TensorType> {
        TensorType::ALL.into_iter().find(|t| t.id == id)
    }

    /// The type of the matrices in a file with this `ftype`, whose numbers are not those of the types.
    pub(crate) fn from_ftype(ftype: u32) -> Option<TensorType> {
        let id = match ftype % QUANT_VERSION_FACTOR {
            same @ 0..=3 => same,
            7 => 8,
            8 => 6,
            9 => 7,
            k @ 10..=14 => k,
            _ => return None,
        };
        TensorType::from_id(id)
    }

    /// Bytes of `elements` numbers in rows of `row`; nothing when a row is not whole blocks or the product overflows.
    pub(crate) fn bytes(self, elements: u64, row: u64) -> Option<u64> {
        if row == 0 || !row.is_multiple_of(self.block) {
            return None;
        }
        (elements / self.block).checked_mul(self.block_bytes)
    }
}

/// Writes everything before the tensors.
pub(crate) fn write_head(
    out: &mut AtomicFile,
    dims: Dims,
    precision: Precision,
    filters: &[f32],
    tokens: &[Vec<u8>],
) -> Result<(), ModelError> {
    let mut head = Vec::with_capacity(1 << 20);
    head.extend(MAGIC.to_le_bytes());
    head.extend(dims.to_array().iter().flat_map(|n| n.to_le_bytes()));
    head.extend(precision.ftype().to_le_bytes());
    head.extend(dims.n_mels.to_le_bytes());
    head.extend((super::mel::N_BINS as u32).to_le_bytes());
    head.extend(filters.iter().flat_map(|w| w.to_le_bytes()));
    head.extend((tokens.len() as u32).to_le_bytes());
    for token in tokens {
        head.extend((token.len() as u32).to_le_bytes());
        head.extend(token);
    }
    out.put(&head)
}

/// Writes the head of one tensor; `shape` with the fastest dimension last, as everywhere but in the file.
pub(crate) fn write_tensor_head(
    out: &mut AtomicFile,
    name: &str,
    shape: &[u64],
    tensor_type: TensorType,
) -> Result<(), ModelError> {
    let mut head = Vec::with_capacity(64);
    head.extend((shape.len() as u32).to_le_bytes());
    head.extend((name.len() as u32).to_le_bytes());
    head.extend(tensor_type.id.to_le_bytes());
    head.extend(shape.iter().rev().flat_map(|&d| (d as u32).to_le_bytes()));
    head.extend(name.as_bytes());
    out.put(&head)
}
