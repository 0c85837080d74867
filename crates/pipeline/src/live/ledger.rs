//! The alerts of one call: each told once, and what was told too early set right.

use std::collections::HashSet;

use hotline_model::{CallTime, Channel, Severity};
use jiff::Timestamp;

use super::alert::{Alert, AlertKind, AlertState, Key, Sighting};

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    seen: HashSet<Key>,
    count: u32,
    standing: Vec<Standing>,
    /// Rules told so far, with the turns.
    told: Vec<(String, CallTime)>,
}

/// A preliminary alert whose turn is not over.
#[derive(Debug)]
struct Standing {
    key: Key,
    channel: Channel,
    start: CallTime,
    alert: Alert,
}

/// What an alert says of where it comes from.
pub(crate) struct Origin<'a> {
    pub(crate) line: &'a str,
    pub(crate) recording: &'a str,
}

impl Ledger {
    /// How many different alerts were told.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Whether this was not told yet for certain.
    pub(crate) fn is_news(&self, key: &Key) -> bool {
        !self.seen.contains(key)
    }

    /// Whether this was told of a turn that still goes on.
    pub(crate) fn is_standing(&self, key: &Key) -> bool {
        self.standing.iter().any(|standing| standing.key == *key)
    }

    /// In which turns `rule` was told that begin elsewhere than at `start`.
    pub(crate) fn told_elsewhere(&self, rule: &str, start: CallTime) -> Vec<CallTime> {
        self.told.iter().filter(|(told, at)| told == rule && *at != start).map(|(_, at)| *at).collect()
    }

    /// The alerts of what was not told before. `delay_ms`: milliseconds since an instant of the call.
    pub(crate) fn tell(
        &mut self,
        sightings: Vec<Sighting>,
        origin: &Origin,
        delay_ms: impl Fn(CallTime) -> u32,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for sighting in sightings {
            if !self.seen.insert(sighting.key.clone()) {
                continue;
            }
            let standing = self.standing.iter().position(|standing| standing.key == sighting.key);
            alerts.push(match standing.map(|at| self.standing.swap_remove(at)) {
                Some(Standing { alert, .. }) => Alert {
                    state: AlertState::Confirmed,
                    time: sighting.time,
                    quote: sighting.quote,
                    // How late it was is how late it was first told.
                    ..alert
                },
                None => self.alert(sighting, AlertState::Final, origin, &delay_ms),
            });
        }
        alerts
    }

    /// Alerts about a turn that still goes on, begun at `start`.
    pub(crate) fn tell_early(
        &mut self,
        sightings: Vec<Sighting>,
        start: CallTime,
        origin: &Origin,
        delay_ms: impl Fn(CallTime) -> u32,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for sighting in sightings {
            let key = sighting.key.clone();
            let Some(channel) = sighting.channel else { continue };
            if self.seen.contains(&key) || self.is_standing(&key) {
                continue;
            }
            let alert = self.alert(sighting, AlertState::Preliminary, origin, &delay_ms);
            self.standing.push(Standing { key, channel, start, alert: alert.clone() });
            alerts.push(alert);
        }
        alerts
    }

    /// The turns of `channel` that begin at `starts` are over, and what they say was told: what is still preliminary of them
    /// is withdrawn.
    pub(crate) fn withdraw(&mut self, channel: Channel, starts: &[CallTime]) -> Vec<Alert> {
        let over = |standing: &Standing| standing.channel == channel && starts.contains(&standing.start);
        let (over, standing) = std::mem::take(&mut self.standing).into_iter().partition(over);
        self.standing = standing;
        let over: Vec<Standing> = over;
        over.into_iter().map(|standing| Alert { state: AlertState::Withdrawn, ..standing.alert }).collect()
    }

    fn alert(
        &mut self,
        sighting: Sighting,
        state: AlertState,
        origin: &Origin,
        delay_ms: &impl Fn(CallTime) -> u32,
    ) -> Alert {
        self.count += 1;
        let Sighting { kind, finding, time, channel, quote, seconds, waited_until, key } = sighting;
        let (rule, clause, title, severity) = match finding {
            Some((rule, clause, title, severity)) => (some(rule), some(clause), title, severity),
            None => (None, clause_of(kind), kind.name_zh().to_owned(), Severity::Medium),
        };
        if let Some(rule) = &rule {
            self.told.push((rule.clone(), CallTime::from_ms(key.2)));
        }
        let late = delay_ms(time.end);
        Alert {
            number: self.count,
            state,
            line: origin.line.to_owned(),
            call: origin.recording.to_owned(),
            kind,
            rule,
            clause,
            title,
            severity,
            time,
            channel,
            quote,
            seconds,
            raised_at: Timestamp::now(),
            delay_ms: late,
            waited_ms: waited_until.map_or(0, |until| late.saturating_sub(delay_ms(until))),
        }
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn clause_of(kind: AlertKind) -> Option<String> {
    let clause = match kind {
        AlertKind::Silence => "ACU-03",
        AlertKind::Overlap => "ACU-05",
        AlertKind::Quarrel => "FRB-06",
        AlertKind::HoldExceeded => "REQ-08",
        AlertKind::Forbidden | AlertKind::Complaint => return None,
    };
    Some(clause.to_owned())
}

#[cfg(test)]
mod tests {
    use hotline_model::TimeSpan;

    use super::*;

    const ORIGIN: Origin = Origin { line: "test", recording: "a.wav" };

    fn sighting(rule: &str, start_ms: u32) -> Sighting {
        Sighting {
            kind: AlertKind::Forbidden,
            finding: Some((rule.into(), "FRB-04".into(), "语言生硬".into(), Severity::Medium)),
            time: TimeSpan::from_ms(start_ms + 500, start_ms + 1_000),
            channel: Some(Channel::Agent),
            quote: "说了不能办".into(),
            seconds: 0.0,
            waited_until: None,
            key: (AlertKind::Forbidden, format!("{rule}/agent"), start_ms),
        }
    }

    fn states(alerts: &[Alert]) -> Vec<(u32, AlertState)> {
        alerts.iter().map(|alert| (alert.number, alert.state)).collect()
    }

    #[test]
    fn what_was_told_early_is_confirmed_or_withdrawn_under_its_number() {
        use AlertState::{Confirmed, Final, Preliminary, Withdrawn};
        let mut ledger = Ledger::default();
        let start = CallTime::from_ms(2_000);
        let early = |ledger: &mut Ledger, rules: &[&str]| {
            let sightings = rules.iter().map(|rule| sighting(rule, 2_000)).collect();
            states(&ledger.tell_early(sightings, start, &ORIGIN, |_| 700))
        };
        assert!(!ledger.is_standing(&sighting("curt", 2_000).key));
        assert_eq!(early(&mut ledger, &["curt"]), [(1, Preliminary)]);
        assert!(ledger.is_standing(&sighting("curt", 2_000).key));
        assert_eq!(early(&mut ledger, &["curt", "blaming"]), [(2, Preliminary)], "each once");
        assert_eq!(ledger.told_elsewhere("curt", start), []);
        let whole = vec![sighting("curt", 2_000), sighting("insulting", 2_000)];
        let alerts = ledger.tell(whole.clone(), &ORIGIN, |_| 9_000);
        assert_eq!(states(&alerts), [(1, Confirmed), (3, Final)]);
        assert!(!ledger.is_standing(&sighting("curt", 2_000).key));
        assert_eq!((alerts[0].delay_ms, alerts[1].delay_ms), (700, 9_000));
        assert_eq!(states(&ledger.withdraw(Channel::Customer, &[start])), []);
        assert_eq!(states(&ledger.withdraw(Channel::Agent, &[start])), [(2, Withdrawn)]);
        assert_eq!(ledger.withdraw(Channel::Agent, &[start]), []);
        assert_eq!(ledger.tell(whole, &ORIGIN, |_| 0), [], "nothing twice");
        assert_eq!(early(&mut ledger, &["curt"]), [], "it is over");
        assert_eq!(ledger.count(), 3);
        assert_eq!(ledger.told_elsewhere("curt", CallTime::from_ms(8_000)), [start]);
    }

    #[test]
    fn waiting_for_what_follows_is_told_apart() {
        let mut ledger = Ledger::default();
        let sighting = Sighting { waited_until: Some(CallTime::from_ms(9_000)), ..sighting("shirking", 2_000) };
        // Now is 10 s into the call.
        let alerts = ledger.tell(vec![sighting], &ORIGIN, |time| 10_000 - time.ms);
        assert_eq!((alerts[0].delay_ms, alerts[0].waited_ms), (7_000, 6_000));
    }
}
