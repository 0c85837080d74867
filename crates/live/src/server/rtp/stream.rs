//! One party's packets on their way to its leg of a call.

use super::packet::{Packet, RATE_HZ};
use super::reorder::Reorder;
use crate::columns::Columns;
use crate::switchboard::{Leg, Seat};

/// A leg on which nothing comes is kept this close to the time that has passed, in samples: parties that are silent may send nothing.
const BEHIND: u64 = RATE_HZ as u64 / 4;

/// A stretch without packets is filled up to this length, in samples: half an hour. What claims to be longer has a clock that jumped.
const GAP_MAX: u64 = 1_800 * RATE_HZ as u64;

/// Where sound goes.
pub(super) trait Sink {
    /// Samples that follow.
    fn push(&mut self, samples: &[i16]);
}

impl Sink for Leg {
    fn push(&mut self, samples: &[i16]) {
        Leg::push(self, samples);
    }
}

/// Packets in, sound in time out: in order, what is missing filled with silence and counted.
pub(super) struct Stream<S> {
    sink: S,
    ssrc: Option<u32>,
    reorder: Reorder,
    /// A timestamp of the sender and the sample it stands for.
    anchor: Option<(u32, u64)>,
    /// Samples given out.
    position: u64,
    /// Packets lost in streams that are over.
    lost: u64,
    /// Samples of a packet, to tell how long a loss is.
    packet_len: u64,
}

impl<S: Sink> Stream<S> {
    pub(super) fn new(sink: S) -> Self {
        Stream { sink, ssrc: None, reorder: Reorder::default(), anchor: None, position: 0, lost: 0, packet_len: 160 }
    }

    /// Takes a packet. Another sender on the same leg (a call that was put through) goes on where the last one stopped.
    pub(super) fn push(&mut self, packet: Packet) {
        if self.ssrc.is_some_and(|ssrc| ssrc != packet.ssrc) {
            self.flush();
            self.lost += std::mem::take(&mut self.reorder).lost;
            self.anchor = None;
        }
        self.ssrc = Some(packet.ssrc);
        for packet in self.reorder.push(packet) {
            self.give_out(&packet);
        }
    }

    /// So many samples of time have passed since the leg began: what a silent party did not send is filled up.
    pub(super) fn passed(&mut self, samples: u64) {
        if samples > self.position + BEHIND {
            self.silence(samples - BEHIND - self.position);
        }
    }

    /// No more is waited for.
    pub(super) fn flush(&mut self) {
        for packet in self.reorder.flush() {
            self.give_out(&packet);
        }
    }

    /// Milliseconds of sound that was sent and never came.
    pub(super) fn lost_ms(&self) -> u64 {
        (self.lost + self.reorder.lost) * self.packet_len * 1_000 / u64::from(RATE_HZ)
    }

    fn give_out(&mut self, packet: &Packet) {
        if packet.samples.is_empty() {
            return;
        }
        self.packet_len = packet.samples.len() as u64;
        let (timestamp, sample) = *self.anchor.get_or_insert((packet.timestamp, self.position));
        let ahead = packet.timestamp.wrapping_sub(timestamp) as i32;
        let at = sample.saturating_add_signed(i64::from(ahead));
        match at.checked_sub(self.position) {
            Some(gap) if gap <= GAP_MAX => self.silence(gap),
            // It was filled up already, or the sender's clock has jumped: nothing that has come is left out, and time goes on from
            // here.
            _ => {}
        }
        self.anchor = Some((packet.timestamp, self.position));
        self.sink.push(&packet.samples);
        self.position += self.packet_len;
    }

    fn silence(&mut self, samples: u64) {
        const PIECE: [i16; 800] = [0; 800];
        let mut left = samples;
        while left > 0 {
            let now = left.min(PIECE.len() as u64);
            self.sink.push(&PIECE[..now as usize]);
            left -= now;
        }
        self.position += samples;
    }
}

impl Stream<Leg> {
    /// Whether the service hung up.
    pub(super) fn is_over(&self) -> bool {
        self.sink.is_over()
    }

    /// The end of the leg: the rest, and what was lost as an issue of the call.
    pub(super) fn end(mut self, seat: Seat) {
        self.flush();
        let ms = self.lost_ms();
        if ms > 0 {
            let side = if seat == Seat::Customer { "customer" } else { "agent" };
            let mut columns = Columns::default();
            columns.issue(side, &format!("{side}: {ms} ms were lost on the network, silence stands in for them"));
            self.sink.tell(columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Vec<i16>);

    impl Sink for Heard {
        fn push(&mut self, samples: &[i16]) {
            self.0.extend(samples);
        }
    }

    fn packet(ssrc: u32, sequence: u16, timestamp: u32) -> Packet {
        Packet { ssrc, sequence, timestamp, samples: vec![sequence as i16; 160] }
    }

    /// The sound as runs of (value, samples).
    fn runs(stream: &Stream<Heard>) -> Vec<(i16, usize)> {
        let chunks = stream.sink.0.chunk_by(|a, b| a == b);
        chunks.map(|run| (run[0], run.len())).collect()
    }

    #[test]
    fn a_lost_packet_is_silence_of_its_length_and_counted() {
        let mut stream = Stream::new(Heard::default());
        for sequence in [1, 2, 4, 5] {
            stream.push(packet(9, sequence, u32::MAX - 200 + u32::from(sequence) * 160));
        }
        stream.flush();
        assert_eq!(runs(&stream), [(1, 160), (2, 160), (0, 160), (4, 160), (5, 160)]);
        assert_eq!(stream.lost_ms(), 20);
    }

    #[test]
    fn a_party_that_sends_nothing_while_it_is_silent_has_lost_nothing() {
        let mut stream = Stream::new(Heard::default());
        stream.push(packet(9, 1, 1_000));
        // 2 s pass; then the next packet says that it comes 2 s after the first.
        (1..=20).for_each(|tenth| stream.passed(160 + tenth * 800));
        assert_eq!(stream.sink.0.len(), 16_160 - 2_000, "a quarter of a second is waited for");
        stream.push(packet(9, 2, 17_000));
        assert_eq!(runs(&stream), [(1, 160), (0, 15_840), (2, 160)]);
        assert_eq!(stream.lost_ms(), 0);
    }

    #[test]
    fn another_sender_goes_on_where_the_last_one_stopped() {
        let mut stream = Stream::new(Heard::default());
        stream.push(packet(9, 1, 1_000));
        stream.push(packet(9, 3, 1_320));
        stream.push(packet(8, 500, 77));
        stream.push(packet(8, 501, 237));
        stream.push(packet(8, 502, 4_000_000_000));
        assert_eq!(runs(&stream), [(1, 160), (0, 160), (3, 160), (500, 160), (501, 160), (502, 160)]);
        assert_eq!(stream.lost_ms(), 20);
    }
}
