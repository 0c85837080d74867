//! Packets of one stream, put in order.

use std::collections::BTreeMap;

use super::packet::Packet;

/// A packet that is missing is waited for until so many later ones have come: 200 ms at the usual 20 ms each.
const WINDOW: usize = 10;

/// A jump this long is no loss: the sender counts from somewhere else now.
const JUMP: u64 = 1_000;

/// Puts the packets of one stream in order and counts those that never came.
#[derive(Debug, Default)]
pub(super) struct Reorder {
    waiting: BTreeMap<u64, Packet>,
    /// Number of the newest packet, counted on over the end of 16 bits.
    newest: Option<u64>,
    /// Number of the packet to give out next.
    next: u64,
    /// Packets that never came.
    pub(super) lost: u64,
    /// Packets that came twice, or after they were given up.
    pub(super) late: u64,
}

impl Reorder {
    /// Takes a packet; gives those whose turn it is.
    pub(super) fn push(&mut self, packet: Packet) -> Vec<Packet> {
        let mut out = Vec::new();
        let mut number = self.number(packet.sequence);
        if number.abs_diff(self.newest.unwrap_or(number)) > JUMP {
            out = self.flush();
            self.newest = None;
            number = self.number(packet.sequence);
        }
        if self.newest.is_none() {
            self.next = number;
        }
        if number < self.next || self.waiting.contains_key(&number) {
            self.late += 1;
            return out;
        }
        self.newest = Some(self.newest.map_or(number, |newest| newest.max(number)));
        self.waiting.insert(number, packet);
        out.extend(self.take());
        out
    }

    /// No more is waited for.
    pub(super) fn flush(&mut self) -> Vec<Packet> {
        let mut out = Vec::new();
        while let Some((number, packet)) = self.waiting.pop_first() {
            self.lost += number - self.next;
            self.next = number + 1;
            out.push(packet);
        }
        out
    }

    fn take(&mut self) -> Vec<Packet> {
        let mut out = Vec::new();
        while let Some(entry) = self.waiting.first_entry() {
            let number = *entry.key();
            if number == self.next || self.waiting.len() > WINDOW {
                self.lost += number - self.next;
                self.next = number + 1;
                out.extend(self.waiting.pop_first().map(|(_, packet)| packet));
            } else {
                break;
            }
        }
        out
    }

    /// The number of a packet, counted on over the end of 16 bits: the one nearest to the newest.
    fn number(&self, sequence: u16) -> u64 {
        // Far from zero, so that nothing comes before it.
        const START: u64 = 1 << 20;
        let newest = self.newest.unwrap_or(START + u64::from(sequence));
        let ahead = sequence.wrapping_sub(newest as u16) as i16;
        newest.saturating_add_signed(i64::from(ahead))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(sequence: u16) -> Packet {
        Packet { ssrc: 1, sequence, timestamp: u32::from(sequence) * 160, samples: vec![0; 160] }
    }

    fn pushed(reorder: &mut Reorder, sequences: &[u16]) -> Vec<u16> {
        let mut out: Vec<u16> = Vec::new();
        for sequence in sequences {
            out.extend(reorder.push(packet(*sequence)).iter().map(|packet| packet.sequence));
        }
        out.extend(reorder.flush().iter().map(|packet| packet.sequence));
        out
    }

    /// What comes, what goes out, how many were lost, how many came too late or twice.
    #[test]
    fn cases() {
        let gap: Vec<u16> = (1..=3).chain(5..=16).collect();
        let given_up: Vec<u16> = gap.iter().copied().chain([4, 17]).collect();
        let cases: [(&[u16], &[u16], u64, u64); 7] = [
            (&[1, 2, 3], &[1, 2, 3], 0, 0),
            (&[1, 3, 2, 4], &[1, 2, 3, 4], 0, 0),
            (&[1, 2, 2, 3, 1], &[1, 2, 3], 0, 2),
            (&[65_534, 65_535, 0, 1], &[65_534, 65_535, 0, 1], 0, 0),
            (&gap, &gap, 1, 0),
            (&given_up, &(1..=3).chain(5..=17).collect::<Vec<u16>>(), 1, 1),
            (&[5, 6, 40_000, 40_001], &[5, 6, 40_000, 40_001], 0, 0),
        ];
        for (come, expected, lost, late) in cases {
            let mut reorder = Reorder::default();
            assert_eq!(pushed(&mut reorder, come), expected);
            assert_eq!((reorder.lost, reorder.late), (lost, late), "{come:?}");
        }
    }

    proptest! {
        /// However packets overtake each other within the window: all come out once, in order.
        #[test]
        fn nothing_is_lost_that_is_not_too_late(
            start in any::<u16>(), swaps in proptest::collection::vec((0usize..60, 0usize..WINDOW), 0..40),
        ) {
            let mut come: Vec<u16> = (0..70).map(|at| start.wrapping_add(at)).collect();
            // The first one comes first: what is before it is not known to be missing.
            for (at, by) in swaps {
                if at > 0 {
                    come[at..at + by + 1].sort_by_key(|sequence| std::cmp::Reverse(sequence.wrapping_sub(start) % 7));
                }
            }
            let expected: Vec<u16> = (0..70).map(|at| start.wrapping_add(at)).collect();
            let mut reorder = Reorder::default();
            let out = pushed(&mut reorder, &come);
            prop_assert_eq!(out.len() as u64 + reorder.lost, 70);
            prop_assert!(out.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) as i16 > 0), "in order");
            if come.iter().zip(&expected).all(|(one, other)| one.wrapping_sub(*other) as i16 <= 5) && reorder.late == 0 {
                prop_assert_eq!(out, expected);
            }
        }
    }
}
