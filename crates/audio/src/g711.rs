//! G.711: the sound of telephones, one byte a sample (ITU-T G.711).

/// One of the two laws by which a sample becomes a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A-law: Europe, China.
    A,
    /// µ-law: North America, Japan.
    Mu,
}

/// µ-law adds this before it looks for the segment, so that each begins at a power of two.
const MU_BIAS: i32 = 0x84;

/// The loudest µ-law can say: what is louder is cut to it.
const MU_CLIP: i32 = 0x7fff - MU_BIAS;

impl Law {
    /// The sample that a byte stands for: 13 bits of A-law or 14 of µ-law, as 16.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Law::A => {
                let value = byte ^ 0x55;
                let (segment, step) = (i16::from(value >> 4 & 7), i16::from(value & 0x0f) << 4);
                let size = match segment {
                    0 => step + 8,
                    _ => (step + 0x108) << (segment - 1),
                };
                if value & 0x80 != 0 { size } else { -size }
            }
            Law::Mu => {
                let value = !byte;
                let size = (((i16::from(value & 0x0f) << 3) + 0x84) << (value >> 4 & 7)) - 0x84;
                if value & 0x80 != 0 { -size } else { size }
            }
        }
    }

    /// The byte whose sample is nearest. What [`Law::decode`] gave becomes the same sample again.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Law::A => {
                // Negative values are mirrored so that −8 lies where 8 does.
                let (sign, size) = if sample < 0 { (0, -1 - i32::from(sample)) } else { (0x80, i32::from(sample)) };
                let segment = leading(size >> 8);
                let shift = if segment == 0 { 4 } else { segment + 3 };
                let step = size >> shift & 0x0f;
                (sign | (segment << 4 | step) as u8) ^ 0x55
            }
            Law::Mu => {
                let sign = if sample < 0 { 0x80 } else { 0 };
                let size = i32::from(sample).abs().min(MU_CLIP) + MU_BIAS;
                let segment = leading(size >> 8);
                let step = size >> (segment + 3) & 0x0f;
                !(sign | (segment << 4 | step) as u8)
            }
        }
    }
}

/// Bits up to the highest that is set: the segment.
fn leading(size: i32) -> i32 {
    (i32::BITS - size.leading_zeros()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_laws_are_those_of_the_standard() {
        // Loudest, quietest and one between, on both sides; the even bits of A-law are turned round on the line.
        let a: Vec<i16> = [0xaa, 0x2a, 0xd5, 0x55, 0x80].map(|byte| Law::A.decode(byte)).to_vec();
        assert_eq!(a, [32_256, -32_256, 8, -8, 5_504]);
        let mu: Vec<i16> = [0x80, 0x00, 0xff, 0x7f, 0xa0].map(|byte| Law::Mu.decode(byte)).to_vec();
        assert_eq!(mu, [32_124, -32_124, 0, 0, 7_932]);
    }

    #[test]
    fn what_was_coded_once_loses_nothing_more() {
        for law in [Law::A, Law::Mu] {
            for byte in 0..=255 {
                let sample = law.decode(byte);
                assert_eq!(law.decode(law.encode(sample)), sample, "{law:?} {byte:#04x}");
            }
        }
    }

    #[test]
    fn every_sample_becomes_the_nearest_or_next_to_it() {
        for law in [Law::A, Law::Mu] {
            let mut values: Vec<i32> = (0..=255).map(|byte| i32::from(law.decode(byte))).collect();
            values.sort_unstable();
            for sample in i16::MIN..=i16::MAX {
                let (sample, coded) = (i32::from(sample), i32::from(law.decode(law.encode(sample))));
                // Half a step, which at the border of two segments is that of the wider.
                let above = values.iter().find(|value| **value > coded).copied();
                let below = values.iter().rev().find(|value| **value < coded).copied();
                let widest = [above, below].into_iter().flatten().map(|value| (value - coded).abs()).max().unwrap_or(0);
                let beyond = sample.abs() > 32_000;
                assert!((sample - coded).abs() * 2 <= widest || beyond, "{law:?} {sample} {coded}");
            }
        }
    }
}
