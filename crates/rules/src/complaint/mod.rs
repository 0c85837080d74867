//! Complaints: whether a call is one, and what of it goes into the record: who, what, when, what is wanted, what was promised,
//! whose business it is.
//!
//! A complaint is a grievance and the wish that it be dealt with, whether or not the word 投诉 falls. The signals, kinds and
//! departments are data ([`Guide`]); what is extracted are the words of the call, never made-up ones.

mod detect;
mod extract;
mod guide;
mod open;
mod telling;
mod wish;

use hotline_model::{Complaint, Finding, FollowUp, Transcript};

pub use detect::{Detected, SignalHit};
pub use guide::{Guide, GuideError};

use crate::meaning::Understood;

impl Guide {
    /// The complaint in a call, if it is one.
    pub fn complaint(&self, transcript: &Transcript) -> Option<Complaint> {
        self.complaint_of(&Understood::of(transcript))
    }

    /// As [`Guide::complaint`], with what others have already asked of the call.
    pub fn complaint_of(&self, call: &Understood<'_>) -> Option<Complaint> {
        let detected = self.detected(call);
        detected.is_complaint.then(|| extract::extract(self, call, &detected))
    }

    /// What a call that is no complaint leaves open: an incident that somebody is sent to put right, or an inquiry that `findings` show
    /// was not answered at once (REQ-11) and for which an answer was promised.
    pub fn follow_up(&self, transcript: &Transcript, findings: &[Finding]) -> Option<FollowUp> {
        open::follow_up(self, transcript, findings)
    }
}
