//! Numbers from one type to another, a block of whole rows at a time.

use half::{bf16, f16};

use super::ct2::DataType;
use super::ggml::TensorType;

/// Converts little-endian numbers of `from` into `to`; `row` numbers make a row. The error says what is wrong with
/// the numbers.
pub(crate) fn convert(bytes: Vec<u8>, from: DataType, to: TensorType, row: usize) -> Result<Vec<u8>, String> {
    if from == DataType::F16 && to == TensorType::F16 {
        let all_finite = bytes.chunks_exact(2).all(|b| f16::from_le_bytes([b[0], b[1]]).is_finite());
        return if all_finite { Ok(bytes) } else { Err(NOT_FINITE.to_string()) };
    }
    let numbers = to_f32(&bytes, from)?;
    if numbers.iter().any(|x| !x.is_finite()) {
        return Err(NOT_FINITE.to_string());
    }
    if to == TensorType::F32 {
        Ok(numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
    } else if to == TensorType::F16 {
        let halves = numbers.iter().map(|&x| f16::from_f32(x));
        let mut out = Vec::with_capacity(numbers.len() * 2);
        for (half, number) in halves.zip(&numbers) {
            if !half.is_finite() {
                return Err(format!("holds {number}, too large for 16 bits"));
            }
            out.extend(half.to_le_bytes());
        }
        Ok(out)
    } else if to == TensorType::Q8_0 {
        quantise_q8_0(&numbers, row)
    } else {
        Err(format!("cannot be stored as {}", to.name))
    }
}

/// Whether all numbers are zero, of either sign.
pub(crate) fn is_zero(bytes: &[u8], from: DataType) -> bool {
    to_f32(bytes, from).is_ok_and(|numbers| numbers.iter().all(|&x| x == 0.0))
}

const NOT_FINITE: &str = "holds an infinity or something that is no number";

fn to_f32(bytes: &[u8], from: DataType) -> Result<Vec<f32>, String> {
    Ok(match from {
        DataType::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        DataType::F16 => bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        DataType::Bf16 => bytes.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        DataType::I8 | DataType::I16 | DataType::I32 => return Err("holds integers".to_string()),
    })
}

/// ggml's own quantiser, so that the blocks are exactly what its kernels expect.
fn quantise_q8_0(numbers: &[f32], row: usize) -> Result<Vec<u8>, String> {
    let block = TensorType::Q8_0.block as usize;
    if row == 0 || !row.is_multiple_of(block) || !numbers.len().is_multiple_of(row) {
        return Err(format!("has rows of {row} numbers, which cannot be cut into q8_0's blocks of {block}; use f16"));
    }
    // A block is a 16-bit scale and 32 bytes: as u16 the buffer has the alignment that C expects.
    let halves_per_block = TensorType::Q8_0.block_bytes as usize / 2;
    let mut out = vec![0_u16; numbers.len() / block * halves_per_block];
    let written = {
        // SAFETY: `numbers` holds `rows * row` floats, which is all that is read; `out` holds exactly one 34-byte
        // block for each 32 of them, which is all that is written, and is aligned for 16-bit values; neither is used
        // elsewhere during the call. q8_0 needs no importance matrix, so null is allowed. The function keeps no
        // pointer, and its one-time table set-up is guarded by ggml's own lock, so threads may call it at once.
        unsafe {
            whisper_rs_sys::ggml_quantize_chunk(
                whisper_rs_sys::ggml_type_GGML_TYPE_Q8_0,
                numbers.as_ptr(),
                out.as_mut_ptr().cast(),
                0,
                (numbers.len() / row) as i64,
                row as i64,
                std::ptr::null(),
            )
        }
    };
    debug_assert_eq!(written, out.len() * 2);
    Ok(out.iter().flat_map(|half| half.to_ne_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn halves(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()
    }

    fn floats(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|&x| x.to_le_bytes()).collect()
    }

    proptest! {
        /// A q8_0 number is within half a step of the original, a step being the block's largest over 127.
        #[test]
        fn q8_0_is_within_half_a_step(numbers in prop::collection::vec(-4.0_f32..4.0, 96)) {
            let out = convert(floats(&numbers), DataType::F32, TensorType::Q8_0, 32).unwrap();
            prop_assert_eq!(out.len(), 3 * 34);
            for (block, original) in out.chunks(34).zip(numbers.chunks(32)) {
                let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
                let largest = original.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
                // The scale itself is rounded to 16 bits: 127 steps of it may be off by 127/2048 of a step.
                let tolerance = largest / 127.0 * (0.5 + 127.0 / 2048.0) + 1e-6;
                for (&q, &x) in block[2..].iter().zip(original) {
                    let back = scale * f32::from(q as i8);
                    prop_assert!((back - x).abs() <= tolerance, "{} became {}", x, back);
                }
            }
        }

        #[test]
        fn f16_passes_through_unchanged(numbers in prop::collection::vec(-6e4_f32..6e4, 0..40)) {
            let bytes = halves(&numbers);
            prop_assert_eq!(convert(bytes.clone(), DataType::F16, TensorType::F16, 1).unwrap(), bytes.clone());
            let wide = convert(bytes.clone(), DataType::F16, TensorType::F32, 1).unwrap();
            prop_assert_eq!(convert(wide, DataType::F32, TensorType::F16, 1).unwrap(), bytes);
        }
    }

    #[test]
    fn numbers_that_cannot_be_kept_are_refused() {
        for (bytes, from, to, reason) in [
            (floats(&[f32::NAN]), DataType::F32, TensorType::F32, "no number"),
            (halves(&[f32::INFINITY]), DataType::F16, TensorType::F16, "infinity"),
            (floats(&[1e6]), DataType::F32, TensorType::F16, "too large for 16 bits"),
            (floats(&[1.0; 8]), DataType::F32, TensorType::Q8_0, "blocks of 32"),
            (vec![1, 2], DataType::I8, TensorType::F16, "integers"),
        ] {
            let error = convert(bytes, from, to, 8).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn bf16_keeps_its_value_and_zero_has_two_signs() {
        let bytes = [bf16::from_f32(-1.5).to_le_bytes(), bf16::from_f32(256.0).to_le_bytes()].concat();
        assert_eq!(convert(bytes, DataType::Bf16, TensorType::F16, 1).unwrap(), halves(&[-1.5, 256.0]));
        assert!(is_zero(&halves(&[0.0, -0.0]), DataType::F16));
        assert!(!is_zero(&halves(&[0.0, 1e-7]), DataType::F16));
    }
}
