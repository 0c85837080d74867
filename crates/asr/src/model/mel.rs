//! The mel filter bank that whisper's weights were trained with, computed instead of carried along.

/// Frequency bins of a 400-point transform: 0 to 8 kHz in steps of 40 Hz.
pub(crate) const N_BINS: usize = 201;
/// Top of the filter bank in Hz: half of 16 kHz.
const MAX_HZ: f64 = 8000.0;
/// Distance of two bins in Hz.
const BIN_HZ: f64 = 40.0;

/// Triangular filters on Slaney's mel scale, each of unit area, as `n_mels` rows of 201 weights.
///
/// Slaney's scale (Auditory Toolbox, 1998) is linear to 1 kHz with 200/3 Hz per mel and logarithmic above with
/// ln(6.4)/27 per mel. Sums are in `f64`, and each weight is rounded to `f32` twice, as a triangle and after the
/// scaling by area: that is what the reference filters went through, so ours equal them bit for bit.
#[must_use]
pub fn mel_filters(n_mels: usize) -> Vec<f32> {
    let step = to_mel(MAX_HZ) / (n_mels + 1) as f64;
    let edges: Vec<f64> =
        (0..n_mels + 2).map(|i| if i == n_mels + 1 { to_hz(to_mel(MAX_HZ)) } else { to_hz(i as f64 * step) }).collect();
    let mut filters = Vec::with_capacity(n_mels * N_BINS);
    for edge in edges.windows(3) {
        let &[low, centre, high] = edge else { continue };
        let area = 2.0 / (high - low);
        for bin in 0..N_BINS {
            let hz = bin as f64 * BIN_HZ;
            // Written so that the very first weight is a negative zero, as it is in the reference.
            let rising = -(low - hz) / (centre - low);
            let falling = (high - hz) / (high - centre);
            let triangle = rising.min(falling);
            let triangle = if triangle < 0.0 { 0.0 } else { triangle as f32 };
            filters.push((f64::from(triangle) * area) as f32);
        }
    }
    filters
}

const MEL_HZ: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = 15.0;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / MEL_HZ } else { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() }
}

fn to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * MEL_HZ } else { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::verify::hex_digest;

    /// Digests of the reference filters (little-endian `f32`), as OpenAI's whisper 20250625 ships them.
    #[test]
    fn equal_the_reference_bit_for_bit() {
        for (n_mels, digest) in [
            (80, "4f2701b1d287d74a0dc9871026e9519d98cb76426615f2539b0d151a0ae4ec2e"),
            (128, "2a5f9822897750e047c85dea37cc268d3be0ecfd23c28a5f10da129d99d05afe"),
        ] {
            let bytes: Vec<u8> = mel_filters(n_mels).iter().flat_map(|w| w.to_le_bytes()).collect();
            assert_eq!(bytes.len(), n_mels * N_BINS * 4);
            assert_eq!(hex_digest(&bytes), digest, "{n_mels} mels");
        }
    }
}
