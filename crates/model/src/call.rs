//! A call and what is known of it besides its sound.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{ChannelLayout, TimeSpan};

/// Identity of a call: 32 lower-case hexadecimal digits, derived from its audio bytes and the metadata that cannot
/// change later (see [`CallId::derive`]). The same recording processed twice has the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(String);

impl CallId {
    /// Derives the id from the SHA-256 of the recording's bytes and the metadata that identifies the call: start, agent,
    /// customer number and direction. Attributes that arrive or change later (a satisfaction rating, a team) do not count.
    pub fn derive(audio_sha256: &[u8], meta: &CallMeta) -> Self {
        let mut hash = Sha256::new();
        hash.update(audio_sha256);
        let started_at = meta.started_at.map(|t| t.to_string());
        let direction = meta.direction.map(|d| d.name().to_owned());
        for field in [&started_at, &meta.agent_id, &meta.customer_number, &direction] {
            // A length before each value keeps ("ab", "c") and ("a", "bc") apart.
            let value = field.as_deref().unwrap_or("");
            hash.update((value.len() as u64).to_le_bytes());
            hash.update(value.as_bytes());
        }
        let digest = hash.finalize();
        CallId(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// An id read back from where one was written; the text is taken as it is.
    pub fn from_stored(text: impl Into<String>) -> Self {
        CallId(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, enough to name a call on screen.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A metadata value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {what}: expected {expected}")]
pub struct ParseMetaError {
    /// What was wanted.
    pub what: &'static str,
    /// What was found.
    pub value: String,
    /// What would have been fine.
    pub expected: &'static str,
}

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident, $what:literal, $expected:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// The stable name used in files.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = ParseMetaError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.trim().to_lowercase().as_str() {
                    $($text $(| $alias)* => Ok($name::$variant),)+
                    _ => Err(ParseMetaError { what: $what, value: text.to_owned(), expected: $expected }),
                }
            }
        }
    };
}

named_enum! {
    /// Who called whom.
    Direction, "direction", "inbound or outbound" {
        /// The customer called.
        Inbound = "inbound" | "in" | "呼入",
        /// The agent called.
        Outbound = "outbound" | "out" | "呼出",
    }
}

named_enum! {
    /// Who ended the call.
    HangupBy, "party that hung up", "agent, customer or system" {
        /// The agent.
        Agent = "agent" | "座席",
        /// The customer.
        Customer = "customer" | "客户",
        /// Neither: transfer, time-out, broken line.
        System = "system" | "系统",
    }
}

named_enum! {
    /// The key the customer pressed after the call (satisfaction_key).
    Satisfaction, "satisfaction key", "1 (满意), 2 (一般) or 3 (不满意)" {
        /// 满意.
        Satisfied = "1" | "满意" | "satisfied",
        /// 一般.
        Neutral = "2" | "一般" | "neutral",
        /// 不满意.
        Dissatisfied = "3" | "不满意" | "dissatisfied",
    }
}

impl Satisfaction {
    /// The Chinese name shown to people.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Satisfaction::Satisfied => "满意",
            Satisfaction::Neutral => "一般",
            Satisfaction::Dissatisfied => "不满意",
        }
    }
}

/// What is known of a call besides its sound. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallMeta {
    /// Staff number of the agent (工号).
    pub agent_id: Option<String>,
    /// Name of the agent.
    pub agent_name: Option<String>,
    /// Team of the agent (班组).
    pub team: Option<String>,
    /// The hotline that was called; selects the organisation's names for REQ-02.
    pub hotline: Option<String>,
    /// Kind of business (业务类型).
    pub business_type: Option<String>,
    /// When the call began.
    pub started_at: Option<Timestamp>,
    /// The customer's number: personal data.
    pub customer_number: Option<String>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// Seconds of ringing before the call was answered.
    pub answered_after_s: Option<f64>,
    /// Who ended the call.
    pub hangup_by: Option<HangupBy>,
    /// The customer's rating.
    pub satisfaction: Option<Satisfaction>,
    /// File name of the recording this one is a copy of (a mono mixdown, say); copies are left out of counts.
    pub variant_of: Option<String>,
    /// Any other column, in the order it was found.
    pub extra: IndexMap<String, String>,
}

impl CallMeta {
    /// The text of a field by its sidecar column name, for rules and filters that test metadata. Extra columns by their own name.
    pub fn field(&self, name: &str) -> Option<String> {
        match name {
            "agent_id" => self.agent_id.clone(),
            "agent_name" => self.agent_name.clone(),
            "team" => self.team.clone(),
            "hotline" => self.hotline.clone(),
            "business_type" => self.business_type.clone(),
            "started_at" => self.started_at.map(|t| t.to_string()),
            "customer_number" => self.customer_number.clone(),
            "direction" => self.direction.map(|v| v.name().to_owned()),
            "answered_after_s" => self.answered_after_s.map(|v| v.to_string()),
            "hangup_by" => self.hangup_by.map(|v| v.name().to_owned()),
            "satisfaction_key" => self.satisfaction.map(|v| v.name().to_owned()),
            "variant_of" => self.variant_of.clone(),
            other => self.extra.get(other).cloned(),
        }
    }

    /// Takes over every field that `stronger` has.
    pub fn overlay(&mut self, stronger: CallMeta) {
        fn take<T>(own: &mut Option<T>, other: Option<T>) {
            if other.is_some() {
                *own = other;
            }
        }
        take(&mut self.agent_id, stronger.agent_id);
        take(&mut self.agent_name, stronger.agent_name);
        take(&mut self.team, stronger.team);
        take(&mut self.hotline, stronger.hotline);
        take(&mut self.business_type, stronger.business_type);
        take(&mut self.started_at, stronger.started_at);
        take(&mut self.customer_number, stronger.customer_number);
        take(&mut self.direction, stronger.direction);
        take(&mut self.answered_after_s, stronger.answered_after_s);
        take(&mut self.hangup_by, stronger.hangup_by);
        take(&mut self.satisfaction, stronger.satisfaction);
        take(&mut self.variant_of, stronger.variant_of);
        self.extra.extend(stronger.extra);
    }
}

/// One recorded call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Identity.
    pub id: CallId,
    /// Path of the recording as it was given; only for people and for playing it, never for identity.
    pub source: String,
    /// SHA-256 of the recording's bytes, lower-case hexadecimal.
    pub audio_sha256: String,
    /// Container and codec, as `audio` names them (`wav/alaw`, `mp3`).
    pub format: String,
    /// Rate of the recording in Hz, before resampling.
    pub rate_hz: u32,
    /// Length of the recording in milliseconds.
    pub duration_ms: u32,
    /// How its channels were laid out in fact (a mono file is `Mono` whatever was asked for).
    pub layout: ChannelLayout,
    /// What else is known.
    pub meta: CallMeta,
}

impl Call {
    /// The whole recording as a span.
    pub fn span(&self) -> TimeSpan {
        TimeSpan::from_ms(0, self.duration_ms)
    }

    /// The file name of the recording, without folders.
    pub fn file_name(&self) -> &str {
        self.source.rsplit(['/', '\\']).next().unwrap_or(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_ignores_what_can_change_later() {
        let meta = CallMeta { agent_id: Some("A1".into()), ..CallMeta::default() };
        let rated = CallMeta { satisfaction: Some(Satisfaction::Neutral), team: Some("一组".into()), ..meta.clone() };
        let other = CallMeta { agent_id: Some("A2".into()), ..CallMeta::default() };
        assert_eq!(CallId::derive(b"x", &meta), CallId::derive(b"x", &rated));
        assert_ne!(CallId::derive(b"x", &meta), CallId::derive(b"x", &other));
        assert_ne!(CallId::derive(b"x", &meta), CallId::derive(b"y", &meta));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let one = CallMeta { agent_id: Some("ab".into()), customer_number: Some("c".into()), ..CallMeta::default() };
        let two = CallMeta { agent_id: Some("a".into()), customer_number: Some("bc".into()), ..CallMeta::default() };
        assert_ne!(CallId::derive(b"x", &one), CallId::derive(b"x", &two));
    }

    #[test]
    fn names_parse_back() {
        assert_eq!("3".parse(), Ok(Satisfaction::Dissatisfied));
        assert_eq!("呼出".parse(), Ok(Direction::Outbound));
        assert!("7".parse::<Satisfaction>().is_err());
    }
}
