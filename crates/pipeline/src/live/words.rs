//! What is said and should not be: forbidden expressions, complaints that grow.

use hotline_model::{CallTime, Channel, Finding, Outcome, Quote, Severity, TimeSpan, Transcript, Utterance};
use hotline_rules::complaint::Detected;

use super::alert::{AlertKind, Sighting};
use super::so_far::quote;

/// Forbidden expressions among the findings: those that are sure and can be quoted, one a rule and turn. `measured` tells rules
/// that count over the whole call: those are one alert a call, and wait for all that was heard. `is_new` tells the turns heard since the last time; words
/// in older ones are forbidden because of what followed, or did not.
pub(crate) fn forbidden(
    findings: &[Finding],
    transcript: &Transcript,
    measured: impl Fn(&str) -> bool,
    is_new: impl Fn(&Utterance) -> bool,
) -> Vec<Sighting> {
    let heard_last = transcript.utterances.iter().filter(|said| is_new(said)).map(|said| said.span.end).max();
    let mut sightings = Vec::new();
    for finding in findings.iter().filter(|finding| is_offence(finding)) {
        let said: Vec<(&Quote, &Utterance)> = quotes(finding, transcript).collect();
        let newest = || said.iter().max_by_key(|(quote, _)| quote.time.end).into_iter();
        if measured(&finding.rule) {
            sightings.extend(newest().map(|(quote, _)| sighting(finding, quote, None, heard_last)));
            continue;
        }
        let mut fresh: Vec<&(&Quote, &Utterance)> = Vec::new();
        // The surest comes first and speaks for its turn.
        for one in said.iter().filter(|(_, utterance)| is_new(utterance)) {
            if fresh.iter().all(|other| other.0.utterance != one.0.utterance) {
                fresh.push(one);
            }
        }
        if fresh.is_empty() {
            sightings.extend(newest().map(|(quote, said)| sighting(finding, quote, Some(said), heard_last)));
        } else {
            sightings.extend(fresh.into_iter().map(|(quote, said)| sighting(finding, quote, Some(said), None)));
        }
    }
    sightings
}

/// Whether a finding is a forbidden expression that was surely used.
pub(crate) fn is_offence(finding: &Finding) -> bool {
    finding.outcome == Outcome::Violated && finding.clause.starts_with("FRB-")
}

/// The words a finding quotes. The customer's among them are its setting, not what is forbidden.
pub(crate) fn quotes<'a>(
    finding: &'a Finding,
    transcript: &'a Transcript,
) -> impl Iterator<Item = (&'a Quote, &'a Utterance)> {
    let quotes = finding.evidence.iter().filter_map(quote).filter(|quote| quote.channel != Channel::Customer);
    quotes.filter_map(|quote| Some((quote, transcript.utterances.get(quote.utterance as usize)?)))
}

/// `said`: the turn it is about; `None` where it is about the whole call.
pub(crate) fn sighting(
    finding: &Finding,
    quote: &Quote,
    said: Option<&Utterance>,
    waited_until: Option<CallTime>,
) -> Sighting {
    // Utterances are renumbered as others come in between; where one begins stays.
    let key = match said {
        Some(said) => (AlertKind::Forbidden, format!("{}/{}", finding.rule, said.channel), said.span.start.ms),
        None => (AlertKind::Forbidden, finding.rule.clone(), u32::MAX),
    };
    Sighting {
        kind: AlertKind::Forbidden,
        finding: Some((finding.rule.clone(), finding.clause.clone(), finding.title.clone(), finding.severity)),
        time: quote.time,
        channel: Some(quote.channel),
        quote: quote.words.clone(),
        seconds: 0.0,
        waited_until,
        key,
    }
}

/// A complaint, told when the call becomes one and again whenever it has grown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rising {
    /// What spoke for it when it was last told.
    told: f32,
    times: u32,
}

impl Rising {
    /// Looks at what speaks for a complaint now; `rise`: how much more there has to be to tell again.
    pub(crate) fn look(&mut self, detected: &Detected, transcript: &Transcript, rise: f32) -> Option<Sighting> {
        if !detected.is_complaint || (self.times > 0 && detected.weight < self.told + rise.max(0.01)) {
            return None;
        }
        let said = detected.hits.iter().filter_map(|hit| transcript.utterances.get(hit.utterance));
        let newest = said.filter(|said| said.channel != Channel::Agent).max_by_key(|said| said.span.end)?;
        let severity = if self.times > 0 { Severity::Serious } else { Severity::Medium };
        self.times += 1;
        self.told = detected.weight;
        let title = AlertKind::Complaint.name_zh().to_owned();
        Some(Sighting {
            kind: AlertKind::Complaint,
            finding: Some((String::new(), String::new(), title, severity)),
            time: TimeSpan::new(newest.span.start, newest.span.end),
            channel: Some(newest.channel),
            quote: newest.text.clone(),
            seconds: 0.0,
            waited_until: None,
            key: (AlertKind::Complaint, String::new(), self.times),
        })
    }
}

#[cfg(test)]
mod tests {
    use hotline_rules::complaint::Guide;

    use super::*;

    fn said(channel: Channel, text: &str, at_ms: u32) -> Utterance {
        Utterance {
            channel,
            span: TimeSpan::from_ms(at_ms, at_ms + 2_000),
            text: text.into(),
            raw_text: text.into(),
            tokens: Vec::new(),
            confidence: 0.9,
        }
    }

    /// What is said, and what is told after each of it.
    type Case<'a> = (&'a [(Channel, &'a str)], &'a [Option<Severity>]);

    /// What is said one after the other, and after which of it a complaint is told, with its severity.
    #[test]
    fn a_complaint_is_told_when_it_is_one_and_when_it_grows() {
        use Channel::{Agent, Customer};
        let calls: [Case<'_>; 3] = [
            (&[(Customer, "你好，我想查一下话费"), (Agent, "好的，请您稍等")], &[None, None]),
            (
                &[
                    (Customer, "我要投诉你们"),
                    (Agent, "您别着急"),
                    (Customer, "我住三号楼"),
                    (Customer, "我打了好几次电话都没人管"),
                    (Customer, "你们什么态度，再不给我解决我就打12345"),
                ],
                &[Some(Severity::Medium), None, None, Some(Severity::Serious), Some(Severity::Serious)],
            ),
            (&[(Agent, "您投诉的问题我们登记了"), (Customer, "好的")], &[None, None]),
        ];
        for (turns, expected) in calls {
            let (mut rising, mut transcript) = (Rising::default(), Transcript::default());
            let mut told = Vec::new();
            for (at, (channel, text)) in (0u32..).zip(turns) {
                transcript.utterances.push(said(*channel, text, 5_000 * at));
                let detected = Guide::built_in().detect(&transcript);
                let sighting = rising.look(&detected, &transcript, 0.6);
                if let Some(sighting) = &sighting {
                    assert_eq!(sighting.quote, *text, "the newest words are quoted");
                }
                told.push(sighting.and_then(|sighting| Some(sighting.finding?.3)));
            }
            assert_eq!(told, expected, "{turns:?}");
        }
    }
}
