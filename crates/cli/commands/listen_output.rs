//! What `hotline listen` shows.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use hotline_live::{CallEnded, LineReport};
use hotline_model::{CallTime, Channel};
use hotline_pipeline::CallDone;
use hotline_pipeline::live::{Alert, AlertKind, AlertState, LiveCall, LiveEvent, LiveLoad, Mode};
use serde_json::{Value, json};

use crate::progress::done_line;
use crate::settings::Language;

/// Back to the start of the line, and the line away.
const CLEAR: &str = "\r\x1b[2K";

/// What passes is cut to a narrow terminal's width: a line that wraps cannot be taken back.
const PASSING_WIDTH: usize = 78;

/// Standard output: lines for people, or JSON lines for programs.
pub struct Screen {
    language: Language,
    quiet: bool,
    json: bool,
    no_text: bool,
    /// Somebody looks at it: what passes can be shown and overwritten.
    terminal: bool,
    /// Something passing stands on the last line.
    passing: AtomicBool,
}

impl Screen {
    /// A screen. `no_text` keeps words and quotes out.
    pub fn new(language: Language, quiet: bool, json: bool, no_text: bool) -> Screen {
        let terminal = io::stdout().is_terminal();
        Screen { language, quiet, json, no_text, terminal, passing: AtomicBool::new(false) }
    }

    /// Something happened on a call.
    pub fn event(&self, call: &LiveCall, event: &LiveEvent) {
        if self.json {
            self.emit(event_json(call, event, self.no_text));
            return;
        }
        let name = name(call.recording());
        match event {
            LiveEvent::Utterance { utterance, .. } if !self.quiet && !self.no_text => {
                let (at, who) = (short(utterance.span.start), self.channel(utterance.channel));
                self.line(&format!("{name} {at} {who}：{}", utterance.text));
            }
            LiveEvent::Partial { utterance, .. } if !self.quiet && !self.no_text && self.terminal => {
                let (at, who) = (short(utterance.span.start), self.channel(utterance.channel));
                self.passing(&format!("{name} {at} {who}… {}", utterance.text));
            }
            LiveEvent::Alert(alert) => {
                let mut alert = (**alert).clone();
                if self.no_text {
                    alert.quote.clear();
                }
                match alert.state {
                    // It was shown, and nothing about it has changed.
                    AlertState::Confirmed => {}
                    AlertState::Withdrawn => self.line(&format!("↩ {name} {}", self.alert(&alert))),
                    AlertState::Preliminary | AlertState::Final => {
                        self.line(&format!("⚠ {name} {}", self.alert(&alert)));
                    }
                }
            }
            LiveEvent::Mode(mode) if !self.quiet => self.line(&format!("{name} {}", self.mode(*mode))),
            LiveEvent::Utterance { .. } | LiveEvent::Partial { .. } | LiveEvent::Gap(_) | LiveEvent::Mode(_) => {}
        }
    }

    /// A call is over.
    pub fn ended(&self, call: &CallEnded) {
        if self.json {
            let mut value = json!(call);
            value["event"] = json!("ended");
            self.emit(value);
        } else if !self.quiet {
            let seconds = f64::from(call.recorded_ms) / 1000.0;
            let recording = call.recording.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            self.line(&match self.language {
                Language::Zh => format!("■ 通话结束，录音 {seconds:.1} 秒：{recording}"),
                Language::En => format!("■ call over, {seconds:.1} s recorded: {recording}"),
            });
        }
    }

    /// A recorded call is stored, or could not be.
    pub fn stored(&self, call: &CallDone) {
        if self.json {
            let mut value = json!(call);
            value["event"] = json!("stored");
            self.emit(value);
        } else if let Some(line) = done_line(call, self.language) {
            self.line(&line);
        }
    }

    /// The state as a whole.
    pub fn status(&self, lines: &[LineReport], load: &LiveLoad, finishing: usize) {
        let lag_ms = lines.iter().map(|line| line.waiting_ms).max().unwrap_or(0).max(load.oldest_ms);
        let dropped: u64 = lines.iter().map(|line| line.skipped_chunks).sum();
        let alerts: u32 = lines.iter().filter_map(|line| line.live.as_ref()).map(|live| live.alerts).sum();
        if self.json {
            self.emit(json!({
                "event": "status", "lines": lines, "load": load, "finishing": finishing, "lag_ms": lag_ms,
                "skipped_chunks": dropped,
            }));
            return;
        }
        if self.quiet || (lines.is_empty() && finishing == 0) {
            return;
        }
        if self.passing.swap(false, Ordering::SeqCst) {
            eprint!("{CLEAR}");
        }
        let lag = f64::from(lag_ms) / 1000.0;
        let (count, waiting) = (lines.len(), load.waiting);
        let mut text = match self.language {
            Language::Zh => format!(
                "· 线路 {count}，滞后 {lag:.1} 秒，待识别 {waiting}，未监听的块 {dropped}，告警 {alerts}，待入库 {finishing}"
            ),
            Language::En => format!(
                "· {count} lines, {lag:.1} s behind, {waiting} to recognise, {dropped} blocks not listened to, {alerts} alerts, {finishing} to store"
            ),
        };
        // For people who watch, each line; a log gets the meters alone.
        let watched = io::stderr().is_terminal();
        for line in lines {
            text.push_str(&if watched {
                format!("\n{}", self.line_status(line))
            } else {
                format!(" {}", levels(line))
            });
        }
        eprintln!("{text}");
    }

    /// One line: its call, meters, how long it has gone on, how far listening is behind, what is wrong with it.
    fn line_status(&self, line: &LineReport) -> String {
        let zh = self.language == Language::Zh;
        let minutes = short(CallTime::from_ms(line.recorded_ms));
        let lag = f64::from(line.waiting_ms) / 1000.0;
        let name = format!("{} {}", line.line, line.key);
        let mut text = format!("    {} {minutes} {name}", levels(line));
        text.push_str(&if zh { format!("，滞后 {lag:.1} 秒") } else { format!(", {lag:.1} s behind") });
        if line.skipped_chunks > 0 {
            let skipped = line.skipped_chunks;
            text.push_str(&if zh {
                format!("，未监听 {skipped} 块")
            } else {
                format!(", {skipped} blocks not listened to")
            });
        }
        if let Some(live) = &line.live {
            if live.alerts > 0 {
                let alerts = live.alerts;
                text.push_str(&if zh { format!("，告警 {alerts}") } else { format!(", {alerts} alerts") });
            }
            if live.mode != Mode::Prompt {
                text.push_str(&format!("{}{}", if zh { "，" } else { ", " }, self.mode(live.mode)));
            }
        }
        text
    }

    /// A source is open.
    pub fn listening(&self, what: &str, address: &str) {
        if self.json {
            self.emit(json!({"event": "listening", "kind": what, "address": address}));
        } else if !self.quiet {
            eprintln!("{} {what} {address}", self.language.pick("监听", "listening:"));
        }
    }

    /// Something could not be done.
    pub fn problem(&self, text: &str) {
        eprintln!("✗ {text}");
    }

    fn alert(&self, alert: &Alert) -> String {
        let zh = self.language == Language::Zh;
        let at = short(alert.time.start);
        let kind = if zh { alert.kind.name_zh() } else { alert.kind.name() };
        let seconds = alert.seconds;
        let what = match (alert.kind, zh) {
            (AlertKind::Forbidden, _) => alert.title.clone(),
            (AlertKind::Complaint, true) => "客户投诉或情绪加重".to_owned(),
            (AlertKind::Complaint, false) => "the customer complains, or more than before".to_owned(),
            (AlertKind::Silence, true) => format!("已静默 {seconds:.0} 秒"),
            (AlertKind::Silence, false) => format!("nobody has spoken for {seconds:.0} s"),
            (AlertKind::HoldExceeded, true) => format!("超过承诺的等待时间 {seconds:.0} 秒"),
            (AlertKind::HoldExceeded, false) => format!("{seconds:.0} s past the promised end of the hold"),
            (AlertKind::Overlap | AlertKind::Quarrel, true) => format!("同时讲话 {seconds:.1} 秒"),
            (AlertKind::Overlap | AlertKind::Quarrel, false) => format!("both spoke for {seconds:.1} s"),
        };
        let quote = if alert.quote.is_empty() { String::new() } else { format!("「{}」", alert.quote) };
        let clause = alert.clause.as_deref().unwrap_or("");
        let late = f64::from(alert.delay_ms) / 1000.0;
        let state = match (alert.state, zh) {
            (AlertState::Preliminary, true) => format!("（初步，{late:.1} 秒后）"),
            (AlertState::Preliminary, false) => format!(" (preliminary, after {late:.1} s)"),
            (AlertState::Withdrawn, true) => "（撤回：整句不成立）".to_owned(),
            (AlertState::Withdrawn, false) => " (withdrawn: the whole turn does not say so)".to_owned(),
            (AlertState::Final | AlertState::Confirmed, true) => format!("（{late:.1} 秒后）"),
            (AlertState::Final | AlertState::Confirmed, false) => format!(" (after {late:.1} s)"),
        };
        format!("{at} {kind} {clause} {what}{quote}{state}")
    }

    fn mode(&self, mode: Mode) -> &'static str {
        match mode {
            Mode::Prompt => self.language.pick("恢复逐句识别", "heard segment by segment again"),
            Mode::Packed => {
                self.language.pick("机器繁忙：合并识别，稍有延迟", "busy: segments are heard together, a little later")
            }
            Mode::RecordOnly => {
                self.language.pick("机器跟不上：只录音，挂机后补做", "overloaded: recorded only, to be finished later")
            }
        }
    }

    fn channel(&self, channel: Channel) -> &'static str {
        match channel {
            Channel::Agent => self.language.pick("座席", "agent"),
            Channel::Customer => self.language.pick("客户", "customer"),
            Channel::Mixed => self.language.pick("通话", "call"),
        }
    }

    fn emit(&self, value: Value) {
        self.line(&value.to_string());
    }

    /// A reader that has gone must not end a service: calls are recorded whether anybody reads or not.
    fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let over = if self.passing.swap(false, Ordering::SeqCst) { CLEAR } else { "" };
        let _ = writeln!(out, "{over}{text}").and_then(|()| out.flush());
    }

    /// Shows what is true only for now, on the last line: the next line takes its place.
    fn passing(&self, text: &str) {
        let mut out = io::stdout().lock();
        self.passing.store(true, Ordering::SeqCst);
        let _ = write!(out, "{CLEAR}{}", tail(text, PASSING_WIDTH)).and_then(|()| out.flush());
    }
}

/// The name of an event in event streams.
pub fn event_name(event: &LiveEvent) -> &'static str {
    match event {
        LiveEvent::Utterance { .. } => "utterance",
        LiveEvent::Partial { .. } => "partial",
        LiveEvent::Gap(_) => "gap",
        LiveEvent::Alert(_) => "alert",
        LiveEvent::Mode(_) => "mode",
    }
}

/// An event as JSON, without words and quotes where `no_text` says so.
pub fn event_json(call: &LiveCall, event: &LiveEvent, no_text: bool) -> Value {
    let mut value = match event {
        LiveEvent::Utterance { utterance, delay_ms } => json!({
            "channel": utterance.channel, "start_ms": utterance.span.start.ms, "end_ms": utterance.span.end.ms,
            "text": if no_text { "" } else { utterance.text.as_str() },
            "confidence": utterance.confidence, "delay_ms": delay_ms,
        }),
        LiveEvent::Partial { utterance, settled } => {
            let (text, settled) = if no_text { ("", 0) } else { (utterance.text.as_str(), *settled) };
            json!({
                "channel": utterance.channel, "start_ms": utterance.span.start.ms, "end_ms": utterance.span.end.ms,
                "text": text, "settled_chars": text.get(..settled).unwrap_or(text).chars().count(),
            })
        }
        LiveEvent::Gap(gap) => json!({
            "channel": gap.channel, "start_ms": gap.span.start.ms, "end_ms": gap.span.end.ms, "reason": gap.reason.name(),
        }),
        LiveEvent::Alert(alert) => {
            let mut alert = (**alert).clone();
            if no_text {
                alert.quote.clear();
            }
            json!(alert)
        }
        LiveEvent::Mode(mode) => json!({"mode": mode}),
    };
    value["event"] = json!(event_name(event));
    value["line"] = json!(call.line());
    value["recording"] = json!(call.recording());
    value
}

/// The end of a text that is too wide for a line; Chinese characters count for two.
fn tail(text: &str, width: usize) -> String {
    let mut left = width;
    let fits = |c: &char| {
        let own = if c.is_ascii() { 1 } else { 2 };
        let fits = own <= left;
        left = left.saturating_sub(own);
        fits
    };
    let end: Vec<char> = text.chars().rev().take_while(fits).collect();
    end.into_iter().rev().collect()
}

/// Minutes and seconds.
fn short(time: CallTime) -> String {
    format!("{:02}:{:04.1}", time.ms / 60_000, f64::from(time.ms % 60_000) / 1000.0)
}

/// A recording's name without its time and ending.
fn name(recording: &str) -> String {
    let stem = recording.strip_suffix(".wav").unwrap_or(recording);
    stem.split_once('_').map_or(stem, |(_, rest)| rest).chars().take(32).collect()
}

/// The meters of a line.
fn levels(line: &LineReport) -> String {
    line.live.as_ref().map_or(String::new(), |live| meter(&live.levels_dbfs))
}

/// Levels of −60…0 dBFS as bars, one a channel.
fn meter(levels_dbfs: &[f32]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let bar = |level: &f32| BARS[(((level + 60.0) / 60.0 * 8.0) as usize).min(7)];
    levels_dbfs.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_times_and_levels_fit_on_a_line() {
        assert_eq!(name("20261006T091208000_replay_s03-1.wav"), "replay_s03-1");
        assert_eq!(short(CallTime::from_ms(61_250)), "01:01.2");
        assert_eq!(meter(&[-120.0, -30.0, 0.0]), "▁▅█");
        assert_eq!(tail("座席… 您好，请问", 8), "好，请问");
        assert_eq!(tail("ab您", 80), "ab您");
    }
}
