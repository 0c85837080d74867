//! RTP packets (RFC 3550, section 5.1) with G.711 sound (RFC 3551).

use hotline_audio::Law;

/// Samples a second of G.711.
pub(super) const RATE_HZ: u32 = 8_000;

/// A packet with sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Names the stream it belongs to.
    pub(super) ssrc: u32,
    /// Counts packets.
    pub(super) sequence: u16,
    /// Counts samples.
    pub(super) timestamp: u32,
    /// The sound.
    pub(super) samples: Vec<i16>,
}

impl Packet {
    /// Reads a datagram; `None` if it is no RTP, or carries something else than G.711: comfort noise, keys, another codec.
    pub(super) fn read(bytes: &[u8]) -> Option<Packet> {
        let &[first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = bytes.first_chunk::<12>()?;
        if first >> 6 != 2 {
            return None;
        }
        let law = match second & 0x7f {
            0 => Law::Mu,
            8 => Law::A,
            _ => return None,
        };
        let mut payload = bytes.get(12 + 4 * usize::from(first & 0x0f)..)?;
        if first & 0x10 != 0 {
            let &[_, _, high, low] = payload.first_chunk::<4>()?;
            payload = payload.get(4 + 4 * usize::from(u16::from_be_bytes([high, low]))..)?;
        }
        if first & 0x20 != 0 {
            let padding = usize::from(*payload.last()?);
            payload = payload.get(..payload.len().checked_sub(padding)?)?;
        }
        Some(Packet {
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            samples: payload.iter().map(|byte| law.decode(*byte)).collect(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A packet as it travels.
    pub(crate) fn bytes(kind: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
        let head = [&[0x80, kind][..], &sequence.to_be_bytes(), &timestamp.to_be_bytes(), &ssrc.to_be_bytes()].concat();
        [&head, payload].concat()
    }

    #[test]
    fn what_surrounds_the_sound_is_left_out() {
        let plain = bytes(8, 7, 160, 99, &[0xd5, 0x55]);
        let expected = Packet { ssrc: 99, sequence: 7, timestamp: 160, samples: vec![8, -8] };
        assert_eq!(Packet::read(&plain), Some(expected.clone()));
        let mut marked = plain.clone();
        marked[1] |= 0x80;
        assert_eq!(Packet::read(&marked), Some(expected.clone()), "the marker says nothing about the codec");
        // One contributing source, an extension of one word, two bytes of padding.
        let mut dressed = plain[..12].to_vec();
        dressed[0] = 0x80 | 0x20 | 0x10 | 1;
        dressed.extend([1, 2, 3, 4, 0, 0, 0, 1, 9, 9, 9, 9, 0xd5, 0x55, 0, 2]);
        assert_eq!(Packet::read(&dressed), Some(expected));
    }

    #[test]
    fn what_is_no_sound_of_ours_is_left_alone() {
        let whole = bytes(8, 7, 160, 99, &[0xd5]);
        assert_eq!(Packet::read(&bytes(101, 7, 160, 99, &[1, 2, 3, 4])), None, "keys");
        assert_eq!(Packet::read(&[0x40; 40]), None, "another version");
        let mut wrong = whole.clone();
        wrong[0] |= 0x20;
        wrong[12] = 40;
        assert_eq!(Packet::read(&wrong), None, "more padding than packet");
        for len in 0..12 {
            assert_eq!(Packet::read(&whole[..len]), None);
        }
    }
}
