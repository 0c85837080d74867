//! Records without the personal data in them: what may be shown to those who do not need it (PRV-01).

use hotline_model::{
    CallRecord, Complaint, Evidence, FollowUp, Matched, Quote, TextSpan, TimeSpan, Token, Transcript, Utterance,
};
use hotline_text::entities::{self, EntityKind, Language, Line, Masking};
use hotline_text::fold;

/// The personal data of a call, ready to be taken out of whatever shows it.
#[derive(Clone, Debug)]
pub struct Privacy {
    masking: Masking,
    language: Language,
}

impl Privacy {
    /// Looks for the personal data of a call in all that was said in it.
    pub fn of(transcript: &Transcript, language: Language) -> Self {
        let utterances = &transcript.utterances;
        let lines: Vec<Line<'_>> = utterances.iter().map(|u| Line { channel: u.channel, text: &u.text }).collect();
        let texts: Vec<&str> = utterances.iter().map(|u| u.text.as_str()).collect();
        Privacy { masking: Masking::new(&texts, &entities::find(&lines), language), language }
    }

    /// Stretches of utterance number `utterance`, such as highlights, with the text they belong to, both masked.
    pub fn stretches(&self, utterance: usize, text: &str, stretches: &[TextSpan]) -> (String, Vec<TextSpan>) {
        let masked = self.masking.line(utterance, text);
        let mut stretches: Vec<TextSpan> = stretches.iter().map(|span| masked.from_original(*span)).collect();
        stretches.dedup();
        (masked.text, stretches)
    }

    /// As [`Privacy::stretches`], for a text that is not in the transcript as it stands.
    pub fn stretches_alone(&self, text: &str, stretches: &[TextSpan]) -> (String, Vec<TextSpan>) {
        let masked = Masking::new(&[text], &entities::find_in(text), self.language).line(0, text);
        let stretches = stretches.iter().map(|span| masked.from_original(*span)).collect();
        (masked.text, stretches)
    }

    /// A text about the call that may quote it, masked.
    pub fn quoting(&self, text: &str) -> String {
        self.masking.quoting(text)
    }

    /// A text of the call that stands by itself (what a guard rejected), masked.
    fn alone(&self, text: &str) -> String {
        let text = self.masking.quoting(text);
        Masking::new(&[&text], &entities::find_in(&text), self.language).line(0, &text).text
    }

    /// The whole record without personal data: transcript, evidence, reasons, complaint, what was left open, the customer's number. File names,
    /// agents and measurements stay. Masked utterances have no raw text of their own.
    pub fn record(&self, record: &CallRecord) -> CallRecord {
        let mut masked = record.clone();
        for (at, utterance) in masked.transcript.utterances.iter_mut().enumerate() {
            self.utterance(at, utterance);
        }
        for gap in &mut masked.transcript.gaps {
            gap.rejected_text = self.alone(&gap.rejected_text);
        }
        // They lie in the text by place, which masking moves; what they led to stands in the findings.
        masked.transcript.second_listens.clear();
        for finding in &mut masked.findings {
            finding.reason = self.quoting(&finding.reason);
            for evidence in &mut finding.evidence {
                self.evidence(evidence, &record.transcript);
            }
        }
        masked.complaint = masked.complaint.map(|complaint| self.complaint(complaint));
        masked.follow_up = masked.follow_up.map(|follow_up| self.follow_up(follow_up));
        let meta = &mut masked.call.meta;
        meta.customer_number = meta.customer_number.as_ref().map(|_| self.placeholder(EntityKind::Phone));
        masked
    }

    fn placeholder(&self, kind: EntityKind) -> String {
        entities::placeholder(kind, self.language)
    }

    fn utterance(&self, at: usize, utterance: &mut Utterance) {
        let masked = self.masking.line(at, &utterance.text);
        if masked.is_identity() {
            // Raw text differs from the shown one by script only; but what is not masked there must not slip through here.
            if fold(&utterance.raw_text).text != fold(&utterance.text).text {
                utterance.raw_text = self.alone(&utterance.raw_text);
            }
            return;
        }
        let mut tokens: Vec<Token> = Vec::with_capacity(utterance.tokens.len());
        for token in &utterance.tokens {
            let text = masked.from_original(token.text);
            match tokens.last_mut() {
                // All tokens of a masked stretch become one.
                Some(last) if last.text == text => {
                    last.time = TimeSpan::hull(last.time, token.time);
                    last.p = last.p.min(token.p);
                }
                _ => tokens.push(Token { text, ..*token }),
            }
        }
        utterance.tokens = tokens;
        utterance.text = masked.text;
        utterance.raw_text.clone_from(&utterance.text);
    }

    fn evidence(&self, evidence: &mut Evidence, transcript: &Transcript) {
        match evidence {
            Evidence::Quote(quote) => self.quote(quote, transcript),
            Evidence::Absence { wanted, best, .. } => {
                *wanted = self.quoting(wanted);
                if let Some(quote) = best {
                    self.quote(quote, transcript);
                }
            }
            Evidence::Metadata { field, value } => {
                *value =
                    if field == "customer_number" { self.placeholder(EntityKind::Phone) } else { self.quoting(value) };
            }
            Evidence::Interval { .. } => {}
        }
    }

    fn quote(&self, quote: &mut Quote, transcript: &Transcript) {
        let at = quote.utterance as usize;
        if let Some(utterance) = transcript.utterances.get(at) {
            let masked = self.masking.line(at, &utterance.text);
            quote.text = masked.from_original(quote.text);
            quote.words = quote.text.slice(&masked.text).unwrap_or_default().to_owned();
        } else {
            quote.words = self.alone(&quote.words);
        }
        match &mut quote.matched {
            Matched::Phonetic { heard, .. } => *heard = self.quoting(heard),
            Matched::Pattern { pattern } => *pattern = self.quoting(pattern),
            Matched::Exact { .. } | Matched::Variant { .. } => {}
        }
    }

    /// A complaint without personal data.
    pub fn complaint(&self, complaint: Complaint) -> Complaint {
        let quoting = |text: Option<String>| text.map(|text| self.alone(&text));
        Complaint {
            matter: quoting(complaint.matter),
            demand: quoting(complaint.demand),
            person: complaint.person.map(|_| self.placeholder(EntityKind::Name)),
            contact: complaint.contact.map(|_| self.placeholder(EntityKind::Phone)),
            ..complaint
        }
    }

    /// What a call left open, without personal data.
    pub fn follow_up(&self, follow_up: FollowUp) -> FollowUp {
        FollowUp {
            matter: follow_up.matter.map(|text| self.alone(&text)),
            person: follow_up.person.map(|_| self.placeholder(EntityKind::Name)),
            contact: follow_up.contact.map(|_| self.placeholder(EntityKind::Phone)),
            ..follow_up
        }
    }
}

/// A record without its personal data.
pub fn masked(record: &CallRecord, language: Language) -> CallRecord {
    Privacy::of(&record.transcript, language).record(record)
}
