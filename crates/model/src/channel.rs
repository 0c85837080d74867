//! Who is heard on which channel of a recording.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose voice a channel carries. Decided once, when the recording is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The agent (座席).
    Agent,
    /// The customer (客户).
    Customer,
    /// Both on one channel: nobody can tell from the channel who spoke.
    Mixed,
}

impl Channel {
    /// All channels, in display order.
    pub const ALL: [Channel; 3] = [Channel::Agent, Channel::Customer, Channel::Mixed];

    /// The stable name used in files: `agent`, `customer`, `mixed`.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Agent => "agent",
            Channel::Customer => "customer",
            Channel::Mixed => "mixed",
        }
    }

    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Channel::Agent => "座席",
            Channel::Customer => "客户",
            Channel::Mixed => "混合",
        }
    }

    /// The other party; `None` for a mixed channel.
    pub const fn other(self) -> Option<Channel> {
        match self {
            Channel::Agent => Some(Channel::Customer),
            Channel::Customer => Some(Channel::Agent),
            Channel::Mixed => None,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the channels of a recording are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelLayout {
    /// Stereo: left agent, right customer. A mono file under this layout is [`ChannelLayout::Mono`].
    #[default]
    AgentLeft,
    /// Stereo: left customer, right agent.
    AgentRight,
    /// One channel with both voices; a stereo file under this layout is mixed down.
    Mono,
}

impl ChannelLayout {
    /// The stable name used in settings: `agent-left`, `agent-right`, `mono`.
    pub const fn name(self) -> &'static str {
        match self {
            ChannelLayout::AgentLeft => "agent-left",
            ChannelLayout::AgentRight => "agent-right",
            ChannelLayout::Mono => "mono",
        }
    }
}

impl fmt::Display for ChannelLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A layout name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown channel layout `{0}`: write agent-left (stereo, left agent, right customer), agent-right (swapped) or mono"
)]
pub struct ParseLayoutError(pub String);

impl FromStr for ChannelLayout {
    type Err = ParseLayoutError;

    /// Takes the stable names and the descriptive form of sidecar files (`stereo: left agent, right customer`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let folded: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        match folded.as_str() {
            "agentleft" | "stereo" | "stereoleftagentrightcustomer" => Ok(ChannelLayout::AgentLeft),
            "agentright" | "swapped" | "stereoleftcustomerrightagent" => Ok(ChannelLayout::AgentRight),
            "mono" | "mixed" => Ok(ChannelLayout::Mono),
            _ => Err(ParseLayoutError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_parse_in_both_spellings() {
        for layout in [ChannelLayout::AgentLeft, ChannelLayout::AgentRight, ChannelLayout::Mono] {
            assert_eq!(layout.name().parse(), Ok(layout));
        }
        assert_eq!("stereo: left customer, right agent".parse(), Ok(ChannelLayout::AgentRight));
        assert!("left".parse::<ChannelLayout>().is_err());
    }
}
