//! Who is on which channel, decided once.

use hotline_model::{Channel, ChannelLayout};

/// How the channels of a file become the voices that are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mapping {
    /// One channel, both voices.
    Single,
    /// Two channels; `swapped`: the agent is on the right.
    Split { swapped: bool },
    /// Two channels made one.
    Mixdown,
}

impl Mapping {
    /// The mapping of a file with `file_channels` (1 or 2) channels under the layout asked for.
    pub(crate) fn new(file_channels: usize, asked: ChannelLayout) -> Self {
        match (file_channels, asked) {
            (1, _) => Mapping::Single,
            (_, ChannelLayout::Mono) => Mapping::Mixdown,
            (_, ChannelLayout::AgentLeft) => Mapping::Split { swapped: false },
            (_, ChannelLayout::AgentRight) => Mapping::Split { swapped: true },
        }
    }

    /// The layout in fact.
    pub(crate) fn layout(self) -> ChannelLayout {
        match self {
            Mapping::Single | Mapping::Mixdown => ChannelLayout::Mono,
            Mapping::Split { swapped: false } => ChannelLayout::AgentLeft,
            Mapping::Split { swapped: true } => ChannelLayout::AgentRight,
        }
    }

    /// Whose voices are delivered, in order.
    pub(crate) fn channels(self) -> Vec<Channel> {
        match self {
            Mapping::Single | Mapping::Mixdown => vec![Channel::Mixed],
            Mapping::Split { .. } => vec![Channel::Agent, Channel::Customer],
        }
    }

    /// Rearranges one decoded stretch in place, from the file's channels to the delivered ones, and makes every sample
    /// a finite number in −1…1 (float files can hold anything).
    pub(crate) fn apply(self, channels: &mut Vec<Vec<f32>>) {
        for sample in channels.iter_mut().flatten() {
            *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        match self {
            Mapping::Single | Mapping::Split { swapped: false } => {}
            Mapping::Split { swapped: true } => channels.swap(0, 1),
            Mapping::Mixdown => {
                // The mean, not the sum: it cannot clip when both speak at once.
                if let [left, right] = channels.as_mut_slice() {
                    for (l, r) in left.iter_mut().zip(right.iter()) {
                        *l = 0.5 * (*l + r);
                    }
                }
                channels.truncate(1);
            }
        }
    }
}

/// Notices a stereo recording whose channels are one and the same: nobody can be told apart on it.
#[derive(Debug, Default)]
pub(crate) struct DualMono {
    differ: bool,
    sounded: bool,
}

impl DualMono {
    /// Takes in one decoded stretch, before it is mapped.
    pub(crate) fn push(&mut self, channels: &[Vec<f32>]) {
        if let ([left, right], false) = (channels, self.differ) {
            self.differ = left != right;
            self.sounded |= left.iter().any(|&sample| sample != 0.0);
        }
    }

    /// Whether two channels with sound were the same throughout.
    pub(crate) fn found(&self) -> bool {
        self.sounded && !self.differ
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_and_what_becomes_of_it() {
        use Channel::*;
        use ChannelLayout as L;
        let cases = [
            (1, L::AgentLeft, L::Mono, vec![Mixed], vec![vec![0.5, 0.25]]),
            (1, L::AgentRight, L::Mono, vec![Mixed], vec![vec![0.5, 0.25]]),
            (2, L::AgentLeft, L::AgentLeft, vec![Agent, Customer], vec![vec![0.5, 0.25], vec![-0.5, 1.0]]),
            (2, L::AgentRight, L::AgentRight, vec![Agent, Customer], vec![vec![-0.5, 1.0], vec![0.5, 0.25]]),
            (2, L::Mono, L::Mono, vec![Mixed], vec![vec![0.0, 0.625]]),
        ];
        for (count, asked, layout, channels, expected) in cases {
            let mapping = Mapping::new(count, asked);
            assert_eq!((mapping.layout(), mapping.channels()), (layout, channels), "{count} {asked}");
            let mut signal = vec![vec![0.5, 0.25], vec![-0.5, 3.0]];
            signal.truncate(count);
            mapping.apply(&mut signal);
            assert_eq!(signal, expected, "{count} {asked}");
        }
    }

    #[test]
    fn what_is_no_number_is_silence() {
        let mut signal = vec![vec![f32::NAN, f32::INFINITY, -7.0, 0.5]];
        Mapping::Single.apply(&mut signal);
        assert_eq!(signal, [[0.0, 0.0, -1.0, 0.5]]);
    }
}
