//! Figures for monitoring, in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hotline_pipeline::live::{AlertKind, AlertState, LiveLoad};

use crate::switchboard::LineReport;

/// What was counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Calls begun.
    pub calls: AtomicU64,
    /// Connections refused.
    pub refused: AtomicU64,
    /// Milliseconds recorded in calls that are over.
    pub recorded_ms: AtomicU64,
    /// Times a recording could not be written.
    pub recording_errors: AtomicU64,
    /// Chunks that were recorded but not listened to.
    pub skipped_chunks: AtomicU64,
    /// Utterances.
    pub utterances: AtomicU64,
    /// Recorded calls processed and stored.
    pub finished: AtomicU64,
    /// Recorded calls that could not be processed.
    pub failed: AtomicU64,
    /// Preliminary alerts that were confirmed.
    pub alerts_confirmed: AtomicU64,
    /// Preliminary alerts that were withdrawn.
    pub alerts_withdrawn: AtomicU64,
    /// Alerts that were delivered, over all ways.
    pub alerts_sent: AtomicU64,
    /// Alerts that could not be delivered, over all ways.
    pub alerts_lost: AtomicU64,
    alerts: Mutex<BTreeMap<AlertKind, Delays>>,
}

/// Limits of the classes that delays are counted in, in milliseconds.
const DELAY_CLASSES_MS: [u32; 7] = [500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000];

/// How late alerts of a kind were.
#[derive(Clone, Copy, Debug, Default)]
struct Delays {
    count: u64,
    sum_ms: u64,
    /// For each class, how many were no later.
    within: [u64; DELAY_CLASSES_MS.len()],
}

impl Counters {
    /// One more.
    pub fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    /// An alert was raised, confirmed or withdrawn. `delay_ms`: how long after what it is about it was raised.
    pub fn alert(&self, kind: AlertKind, state: AlertState, delay_ms: u32) {
        match state {
            AlertState::Confirmed => Counters::add(&self.alerts_confirmed, 1),
            AlertState::Withdrawn => Counters::add(&self.alerts_withdrawn, 1),
            AlertState::Preliminary | AlertState::Final => self.raised(kind, delay_ms),
        }
    }

    fn raised(&self, kind: AlertKind, delay_ms: u32) {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let delays = alerts.entry(kind).or_default();
        delays.count += 1;
        delays.sum_ms += u64::from(delay_ms);
        let classes = delays.within.iter_mut().zip(DELAY_CLASSES_MS);
        classes.filter(|(_, limit_ms)| delay_ms <= *limit_ms).for_each(|(within, _)| *within += 1);
    }

    fn alerts(&self) -> BTreeMap<AlertKind, Delays> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Delays {
    /// The lines of a histogram in Prometheus' form, behind its name.
    fn samples(&self, kind: &str) -> Vec<(String, f64)> {
        let classes = DELAY_CLASSES_MS.iter().zip(self.within);
        let class = |(ms, within): (&u32, u64)| {
            let le = f64::from(*ms) / 1000.0;
            (format!("_bucket{{kind=\"{kind}\",le=\"{le}\"}}"), within as f64)
        };
        let mut samples: Vec<(String, f64)> = classes.map(class).collect();
        samples.push((format!("_bucket{{kind=\"{kind}\",le=\"+Inf\"}}"), self.count as f64));
        samples.push((format!("_sum{{kind=\"{kind}\"}}"), self.sum_ms as f64 / 1000.0));
        samples.push((format!("_count{{kind=\"{kind}\"}}"), self.count as f64));
        samples
    }
}

/// Everything in Prometheus' text format, version 0.0.4. `finishing`: recorded calls that wait.
pub fn metrics_text(counters: &Counters, lines: &[LineReport], load: &LiveLoad, finishing: usize, up_s: f64) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, values: &[(String, f64)]| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "# HELP hotline_{name} {help}\n# TYPE hotline_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "hotline_{name}{labels} {value}");
        }
    };
    let one = |value: f64| vec![(String::new(), value)];
    let count = |counter: &AtomicU64| one(counter.load(Ordering::Relaxed) as f64);
    let seconds = |ms: f64| one(ms / 1000.0);
    family("up_seconds", "gauge", "Seconds since the service started.", &one(up_s));
    family("lines", "gauge", "Calls that are going on.", &one(lines.len() as f64));
    let modes = ["prompt", "packed", "record_only"].map(|mode| {
        let lines = lines.iter().filter(|line| line.live.as_ref().is_some_and(|live| live.mode.name() == mode));
        (format!("{{mode=\"{mode}\"}}"), lines.count() as f64)
    });
    family("lines_by_mode", "gauge", "Calls that are going on, by how they are listened to.", &modes);
    let lag = lines.iter().map(|line| line.waiting_ms).max().unwrap_or(0);
    family("lag_seconds", "gauge", "Longest that recorded sound waits to be listened to.", &seconds(f64::from(lag)));
    family("asr_queue", "gauge", "Speech segments that wait for the recogniser.", &one(load.waiting as f64));
    let oldest = seconds(f64::from(load.oldest_ms));
    family("asr_queue_oldest_seconds", "gauge", "How long the oldest of them has waited.", &oldest);
    family("asr_speech_seconds_total", "counter", "Speech recognised live.", &seconds(load.speech_ms as f64));
    family("asr_cpu_seconds_total", "counter", "Processor time of live recognition.", &one(load.cpu.asr));
    let rtf = if load.speech_ms > 0 { load.cpu.asr * 1000.0 / load.speech_ms as f64 } else { 0.0 };
    family("asr_rtf", "gauge", "Processor seconds of live recognition a second of speech.", &one(rtf));
    family("calls_total", "counter", "Calls begun.", &count(&counters.calls));
    family("refused_total", "counter", "Connections refused.", &count(&counters.refused));
    let recorded = counters.recorded_ms.load(Ordering::Relaxed) as f64;
    family("recorded_seconds_total", "counter", "Sound recorded in calls that are over.", &seconds(recorded));
    let errors = count(&counters.recording_errors);
    family("recording_errors_total", "counter", "Times a recording could not be written.", &errors);
    let open: u64 = lines.iter().map(|line| line.skipped_chunks).sum();
    let skipped = counters.skipped_chunks.load(Ordering::Relaxed) + open;
    family("skipped_chunks_total", "counter", "Chunks recorded but not listened to.", &one(skipped as f64));
    family("dropped_chunks_total", "counter", "Chunks lost, neither listened to nor recorded.", &errors);
    family("utterances_total", "counter", "Utterances heard live.", &count(&counters.utterances));
    family("finish_queue", "gauge", "Recorded calls that wait to be processed.", &one(finishing as f64));
    family("finished_total", "counter", "Recorded calls processed and stored.", &count(&counters.finished));
    family("failed_total", "counter", "Recorded calls that could not be processed.", &count(&counters.failed));
    // Kinds that were not raised yet too: a series that begins at 1 shows no rise.
    let raised = counters.alerts();
    let raised = AlertKind::ALL.map(|kind| (kind.name(), raised.get(&kind).copied().unwrap_or_default()));
    let alerts = raised.map(|(kind, delays)| (format!("{{kind=\"{kind}\"}}"), delays.count as f64));
    family("alerts_total", "counter", "Alerts raised.", &alerts);
    let delays: Vec<(String, f64)> = raised.iter().flat_map(|(kind, delays)| delays.samples(kind)).collect();
    family("alert_delay_seconds", "histogram", "From the end of what an alert is about to the alert.", &delays);
    let confirmed = count(&counters.alerts_confirmed);
    family("alerts_confirmed_total", "counter", "Preliminary alerts that were confirmed.", &confirmed);
    let withdrawn = count(&counters.alerts_withdrawn);
    family("alerts_withdrawn_total", "counter", "Preliminary alerts that were withdrawn.", &withdrawn);
    family("alerts_sent_total", "counter", "Alerts delivered, over all ways.", &count(&counters.alerts_sent));
    family("alerts_lost_total", "counter", "Alerts that could not be delivered.", &count(&counters.alerts_lost));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_sample_or_a_comment() {
        let counters = Counters::default();
        counters.alert(AlertKind::Silence, AlertState::Final, 400);
        counters.alert(AlertKind::Silence, AlertState::Preliminary, 2_600);
        counters.alert(AlertKind::Silence, AlertState::Withdrawn, 9_000);
        let text = metrics_text(&counters, &[], &LiveLoad { speech_ms: 2_000, ..LiveLoad::default() }, 3, 1.5);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("hotline_") && value.parse::<f64>().is_ok(), "{line}");
        }
        assert!(text.contains("hotline_alerts_total{kind=\"silence\"} 2\n"), "{text}");
        assert!(text.contains("hotline_alerts_withdrawn_total 1\n"), "{text}");
        for (sample, value) in [
            ("bucket{kind=\"silence\",le=\"0.5\"}", "1"),
            ("bucket{kind=\"silence\",le=\"2\"}", "1"),
            ("bucket{kind=\"silence\",le=\"3\"}", "2"),
            ("bucket{kind=\"silence\",le=\"+Inf\"}", "2"),
            ("sum{kind=\"silence\"}", "3"),
            ("count{kind=\"quarrel\"}", "0"),
        ] {
            assert!(text.contains(&format!("hotline_alert_delay_seconds_{sample} {value}\n")), "{text}");
        }
        assert!(text.contains("hotline_finish_queue 3\n"));
        assert!(text.contains("hotline_asr_speech_seconds_total 2\n"));
    }
}
