//! Complaints: whether a call is one, and what of it goes into the record: who, what, when, what is wanted, what was promised,
//! whose business it is.
//!
//! A complaint is a grievance and the wish that it be dealt with, whether or not the word 投诉 falls. The signals, kinds and
//! departments are data ([`Guide`]); what is extracted are the words of the call, never made-up ones.

mod detect;
mod extract;
mod guide;

use hotline_model::{Complaint, Transcript};

pub use detect::{Detected, SignalHit};
pub use guide::{Guide, GuideError};

impl Guide {
    /// The complaint in a call, if it is one.
    pub fn complaint(&self, transcript: &Transcript) -> Option<Complaint> {
        let detected = self.detect(transcript);
        detected.is_complaint.then(|| extract::extract(self, transcript, &detected))
    }
}
