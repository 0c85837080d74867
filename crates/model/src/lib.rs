//! The nouns of hotline.
//!
//! In: nothing. Out: the types every other crate speaks in: [`Call`], [`Transcript`], [`Acoustics`], [`Finding`],
//! [`ScoreCard`], [`CallRecord`]. Deliberately unknown here: files, codecs, models, Chinese, rules, SQL, HTTP.
//!
//! Units, everywhere: times are milliseconds from the start of the recording ([`CallTime`]), positions in text are
//! bytes into the UTF-8 string they belong to ([`TextSpan`]), audio is 16 kHz mono `f32` in −1…1 ([`SAMPLE_RATE_HZ`]).
//! Other units are converted once, at the door.

mod acoustics;
mod call;
mod channel;
mod complaint;
mod due;
mod facts;
mod finding;
mod follow_up;
mod promise;
mod record;
mod review;
mod score_card;
mod scoring;
mod text;
mod time;
mod transcript;

pub use acoustics::{Acoustics, ChannelAcoustics};
pub use call::{Call, CallId, CallMeta, Direction, HangupBy, ParseMetaError, Satisfaction};
pub use channel::{Channel, ChannelLayout, ParseLayoutError};
pub use complaint::{ComplaintError, ComplaintEvent, ComplaintRecord, ComplaintState};
pub use due::{DeadlinePolicy, Due, DueState, ProcessTime, overdue_event};
pub use facts::{CallFacts, FailedCall, FindingFacts};
pub use finding::{Evidence, Finding, Matched, Outcome, Quote, Severity};
pub use follow_up::{FollowUpError, FollowUpEvent, FollowUpRecord, FollowUpState};
pub use promise::{Moment, Promise};
pub use record::{CallIssue, CallRecord, Complaint, FollowUp, FollowUpKind, IssueKind, TalkMetrics};
pub use review::{Appeal, AppealDecision, Review, ReviewVerdict, StoredReview};
pub use score_card::{Deduction, Grade, ScoreCard};
pub use scoring::{Month, ParseMonthError, QualitySheet, ScoreEvent, SheetMark};
pub use text::TextSpan;
pub use time::{CallTime, TimeSpan};
pub use transcript::{Gap, GapReason, Provenance, SecondListen, Token, Transcript, Utterance};

/// Rate of all audio above the `audio` crate, in samples per second: what whisper and Silero were trained on.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples per millisecond at [`SAMPLE_RATE_HZ`].
pub const SAMPLES_PER_MS: u32 = SAMPLE_RATE_HZ / 1000;
