//! How alerts about forbidden expressions compare with the labels: how late, and how many of them are wrong.

use std::collections::BTreeMap;
use std::time::Instant;

use hotline_pipeline::live::{Alert, AlertState};

use crate::truth::{TrueCall, Verdict};

/// An alert and when it came, in a call that began at `started`.
pub struct Raised<'a> {
    pub call: &'a TrueCall,
    pub started: Instant,
    pub at: Instant,
    pub alert: &'a Alert,
    /// It was preliminary, and withdrawn in the end.
    pub withdrawn: bool,
}

impl Raised<'_> {
    /// Milliseconds from the last syllable, by the labels, to the alert. `None` where nobody spoke by the labels.
    pub fn delay_ms(&self) -> Option<u32> {
        let alert = self.alert;
        let end_ms = self.call.end_of(&alert.quote, alert.channel?, alert.time)?;
        let heard_ms = self.at.saturating_duration_since(self.started).as_millis() as u32;
        Some(heard_ms.saturating_sub(end_ms))
    }

    fn verdict(&self) -> Verdict {
        self.call.verdict(self.alert.clause.as_deref().unwrap_or(""), self.alert.time)
    }

    fn line(&self) -> String {
        let Alert { time, quote, rule, clause, .. } = self.alert;
        let name = self.call.path.file_stem().unwrap_or_default().to_string_lossy();
        let delay = self.delay_ms().map_or("-".to_owned(), |ms| format!("{:.1} s", f64::from(ms) / 1000.0));
        let verdict = match self.verdict() {
            Verdict::Right => "right",
            Verdict::OtherTurn => "other turn",
            Verdict::Borderline => "borderline",
            Verdict::False => "FALSE",
        };
        let (clause, rule) = (clause.as_deref().unwrap_or(""), rule.as_deref().unwrap_or(""));
        let state = self.alert.state.name();
        let waited = if self.alert.waited_ms > 0 { ", it had to wait for what followed" } else { "" };
        let ended = if self.withdrawn { ", WITHDRAWN" } else { "" };
        format!("{name:.3} {time} {clause} {rule} 「{quote}」 {state} after {delay}{waited}: {verdict}{ended}")
    }
}

/// Prints every alert, and how many are right. `stored`: whether the stored call violates the rule too.
pub fn compare(raised: &[Raised], stored: impl Fn(&Raised) -> Option<bool>) {
    let mut verdicts = BTreeMap::<Verdict, u32>::new();
    let mut upheld = [0u32; 2];
    let early = raised.iter().filter(|one| one.alert.state == AlertState::Preliminary).count();
    let withdrawn = raised.iter().filter(|one| one.withdrawn).count();
    println!("alerts: {}, of them preliminary {early}, of those withdrawn {withdrawn}", raised.len());
    for one in raised {
        *verdicts.entry(one.verdict()).or_default() += 1;
        let also = stored(one);
        if let Some(also) = also {
            upheld[usize::from(also)] += 1;
        }
        println!("  {}{}", one.line(), if also == Some(false) { " (not in the stored call)" } else { "" });
    }
    let count = |verdict| verdicts.get(&verdict).copied().unwrap_or(0);
    println!(
        "alerts by the labels: {} in the right turn, {} in another turn of such a call, {} borderline, {} false",
        count(Verdict::Right),
        count(Verdict::OtherTurn),
        count(Verdict::Borderline),
        count(Verdict::False)
    );
    println!("the stored call says so too: {} of {}", upheld[1], upheld[0] + upheld[1]);
}

/// How many of the turns with an offence, in calls that were played to their end, got an alert about its clause.
pub fn found<'a>(calls: impl Iterator<Item = &'a TrueCall>, raised: &[Raised]) -> (usize, usize) {
    let (mut hit, mut all) = (0, 0);
    for call in calls {
        for (clause, turn) in call.offences() {
            all += 1;
            let alerted = raised.iter().any(|one| {
                let same = one.call.path == call.path && one.alert.clause.as_deref() == Some(clause);
                same && call.is_at(turn, one.alert.time)
            });
            hit += usize::from(alerted);
        }
    }
    (hit, all)
}
